//! The grammar of question pairs: questions with slots, in words that ask for the same and in words
//! that ask for something else. See `evals/data/semcache/README.md`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

/// The names of one filler of a slot, all meaning the same.
pub(super) type Filler = Vec<String>;

/// A slot: its name in the frames, and what may stand there.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    pub(super) name: String,
    pub(super) fillers: Vec<Filler>,
    /// The list that the fillers are from, if from one: two slots of one list never hold the same.
    pub(super) list: Option<String>,
}

/// A question and its look-alikes.
#[derive(Debug, Clone)]
pub(super) struct Theme {
    /// Frames that ask for the same.
    pub(super) same: Vec<String>,
    /// Frames that ask for something else, and each for something else than the others.
    pub(super) other: Vec<String>,
    pub(super) slots: Vec<Slot>,
    /// Two slots whose fillers may change places, and whether it is the same question then.
    pub(super) turned: Option<(usize, usize, bool)>,
    /// Themes that share it belong together when data is split.
    pub(super) group: usize,
}

type Lists = BTreeMap<String, Vec<Filler>>;

/// The themes of a folder that are learned from.
pub(super) fn read(folder: &Path) -> Result<Vec<Theme>> {
    themes(folder, &["relations.txt", "themes.txt"])
}

/// The themes of a folder that nothing is learned from.
pub(super) fn workload(folder: &Path) -> Result<Vec<Theme>> {
    themes(folder, &["workload.txt"])
}

fn themes(folder: &Path, files: &[&str]) -> Result<Vec<Theme>> {
    let open = |name: &str| {
        let path = folder.join(name);
        fs::read_to_string(&path).with_context(|| path.display().to_string())
    };
    let lists: Lists = open("lists.txt")?
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, rest)| (name.to_owned(), fillers(rest)))
        .collect();
    let mut themes = Vec::new();
    let texts = files.iter().map(|name| open(name));
    let texts = texts.collect::<Result<Vec<String>>>()?;
    let blocks = texts.iter().flat_map(|text| text.split("\n\n"));
    for (group, block) in blocks.enumerate() {
        themes.extend(block_themes(block, group, &lists)?);
    }
    Ok(themes)
}

fn fillers(line: &str) -> Vec<Filler> {
    let names = |filler: &str| {
        filler
            .split(" ~ ")
            .map(|name| name.trim_start().to_owned())
            .collect()
    };
    line.split("| ")
        .map(|filler| names(filler.strip_suffix(' ').unwrap_or(filler)))
        .collect()
}

/// The themes of a block: one, or one for each list that it is for.
fn block_themes(block: &str, group: usize, lists: &Lists) -> Result<Vec<Theme>> {
    let lines = || {
        block
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty())
    };
    let frames = |mark: &str| -> Vec<String> {
        lines()
            .filter_map(|line| line.strip_prefix(mark))
            .map(str::to_owned)
            .collect()
    };
    let named = lines().filter(|line| !line.starts_with("= ") && !line.starts_with("! "));
    let named: Vec<(&str, &str)> = named.filter_map(|line| line.split_once(": ")).collect();
    let over = named.iter().find(|(name, _)| *name == "for");
    let over: Vec<Option<&str>> = over.map_or(vec![None], |(_, names)| {
        names.split(' ').map(Some).collect()
    });
    let theme = |list: Option<&str>| {
        let slot = |name: &str, rest: &str| {
            let from = if rest == "same" { list } else { Some(rest) };
            let list = from.filter(|name| lists.contains_key(*name));
            Slot {
                name: name.to_owned(),
                fillers: list
                    .and_then(|name| lists.get(name))
                    .cloned()
                    .unwrap_or_else(|| fillers(rest)),
                list: list.map(str::to_owned),
            }
        };
        let first = list.map(|list| slot("x", list));
        let rest = named
            .iter()
            .filter(|(name, _)| !["for", "both", "swap"].contains(name));
        let slots: Vec<Slot> = first
            .into_iter()
            .chain(rest.map(|(name, rest)| slot(name, rest)))
            .collect();
        let turned = named.iter().find_map(|(name, two)| {
            let (one, other) = two
                .split_once(' ')
                .filter(|_| ["both", "swap"].contains(name))?;
            let place = |name: &str| slots.iter().position(|slot| slot.name == name);
            Some((place(one)?, place(other)?, *name == "both"))
        });
        let theme = Theme {
            same: frames("= "),
            other: frames("! "),
            slots,
            turned,
            group,
        };
        ensure!(theme.same.len() > 1, "a block without rewordings:\n{block}");
        ensure!(
            list.is_none_or(|list| lists.contains_key(list)),
            "no list {list:?}"
        );
        Ok(theme)
    };
    over.into_iter().map(theme).collect()
}

/// A question put into words: the frame with a filler in each slot.
pub(super) fn fill(frame: &str, slots: &[Slot], chosen: &[&str]) -> String {
    let mut text = frame.to_owned();
    for (slot, filler) in slots.iter().zip(chosen) {
        let name = &slot.name;
        text = text.replace(&format!("{{{name}}}"), filler);
        text = text.replace(&format!("{{{name}.bare}}"), bare(filler));
        text = text.replace(&format!("{{{name}.ed}}"), &past(filler));
    }
    text
}

/// Without its article.
fn bare(filler: &str) -> &str {
    let articles = ["a ", "an ", "the "];
    articles
        .iter()
        .find_map(|article| filler.strip_prefix(article))
        .unwrap_or(filler)
}

/// The past form of a verb.
fn past(verb: &str) -> String {
    match verb {
        "sell" => "sold".to_owned(),
        "lose" => "lost".to_owned(),
        _ if verb.ends_with('e') => format!("{verb}d"),
        _ => format!("{verb}ed"),
    }
}
