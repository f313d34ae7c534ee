//! How prompts belong together: what is learned as one kind, and what is left out together.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::data::{Data, Prompt};

/// Folds of the data.
const FOLDS: usize = 5;
/// Parts that fields are left out in: more take longer and measure the same.
const PARTS: usize = 8;

/// Of each prompt, by its place.
pub(crate) struct Labels {
    /// A benchmark, or a subject where it has many.
    pub(crate) kinds: Vec<usize>,
    /// A benchmark, or a field of study: what stands for traffic never seen.
    pub(crate) fields: Vec<usize>,
    /// What is left out together as known traffic.
    pub(crate) folds: Vec<usize>,
    /// What is left out together as unknown traffic: some fields each.
    pub(crate) parts: Vec<usize>,
}

impl Labels {
    pub(crate) fn of(data: &Data) -> Self {
        let prompts = || data.prompts.iter();
        let fields = numbered(prompts().map(field));
        Self {
            kinds: numbered(prompts().map(kind)),
            parts: fields.iter().map(|field| field % PARTS).collect(),
            folds: prompts().map(|prompt| prompt.fold % FOLDS).collect(),
            fields,
        }
    }
}

fn kind(prompt: &Prompt) -> String {
    match bare(&prompt.benchmark) {
        mmlu @ ("mmlu" | "mmlu-pro") => format!("{mmlu}/{}", prompt.category),
        benchmark => benchmark.to_owned(),
    }
}

/// The name of its field of study or benchmark.
pub(crate) fn field(prompt: &Prompt) -> String {
    match bare(&prompt.benchmark) {
        "mmlu" | "mmlu-pro" => {
            let field = prompt.category.rsplit(['_', ' ']).next();
            format!("field {}", field.unwrap_or_default())
        }
        benchmark => benchmark.to_owned(),
    }
}

/// A benchmark's name without the mark of the source that it was taken from.
fn bare(benchmark: &str) -> &str {
    benchmark
        .trim_start_matches("rl-")
        .trim_start_matches("rb-")
}

fn numbered(names: impl Iterator<Item = String>) -> Vec<usize> {
    let names: Vec<String> = names.collect();
    let distinct: BTreeSet<&String> = names.iter().collect();
    let places: HashMap<&String, usize> = distinct
        .into_iter()
        .enumerate()
        .map(|(place, name)| (name, place))
        .collect();
    names
        .iter()
        .filter_map(|name| places.get(name).copied())
        .collect()
}

/// The prompts that may be learned from when `out` are left out: none that asks the same as one of
/// them.
pub(crate) fn without(data: &Data, rows: &[usize], out: &dyn Fn(usize) -> bool) -> Vec<usize> {
    let groups: HashSet<u32> = (0..data.prompts.len())
        .filter(|&at| out(at))
        .map(|at| data.prompts[at].group)
        .collect();
    let kept = |at: &usize| !out(*at) && !groups.contains(&data.prompts[*at].group);
    rows.iter().copied().filter(kept).collect()
}
