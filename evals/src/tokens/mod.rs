//! The token counter beside real tokenizers: `scripts/tokens/count.mjs` writes what is read here.
//!
//! ```text
//! node scripts/tokens/count.mjs FOLDER > counted.jsonl
//! cargo run -q --release -p moecraft-evals -- tokens < counted.jsonl
//! cargo run -q --release -p moecraft-evals -- tokens --fit < counted.jsonl
//! ```

mod fit;

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::{Context, Result};
use moecraft_engine::tokens::{Classes, Correction, Kind, Vocabulary};
use serde::Deserialize;

/// A piece of text with its true counts, by the name of the vocabulary.
#[derive(Debug, Deserialize)]
struct Piece {
    kind: String,
    half: String,
    text: String,
    counts: BTreeMap<String, u32>,
}

/// The names that the counts go by.
const NAMES: [(&str, Vocabulary); 7] = [
    ("o200k", Vocabulary::O200k),
    ("cl100k", Vocabulary::Cl100k),
    ("claude2", Vocabulary::Claude),
    ("qwen2", Vocabulary::Qwen),
    ("llama3", Vocabulary::Llama),
    ("gemma", Vocabulary::Gemma),
    ("deepseek3", Vocabulary::Deepseek),
];

fn read(lines: &str) -> Result<Vec<Piece>> {
    let lines = lines
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.is_empty());
    lines
        .map(|(at, line)| {
            serde_json::from_str(line).with_context(|| format!("line {} of the pieces", at + 1))
        })
        .collect()
}

/// The weights that fit the pieces of the first half best, as `vocabulary.rs` holds them.
pub(crate) fn fitted(lines: &str) -> Result<String> {
    let pieces = read(lines)?;
    let mut out = String::new();
    for (name, vocabulary) in NAMES {
        let weights = fit::weights(&samples(&pieces, name));
        writeln!(out, "Self::{vocabulary:?} => &{weights:?},")?;
    }
    Ok(out)
}

fn samples(pieces: &[Piece], name: &str) -> Vec<fit::Sample> {
    let mut sizes = BTreeMap::<&str, usize>::new();
    let fits = || pieces.iter().filter(|piece| piece.half == "fit");
    for piece in fits() {
        *sizes.entry(&piece.kind).or_default() += 1;
    }
    fits()
        .filter_map(|piece| {
            let size = *sizes.get(piece.kind.as_str())?;
            Some(fit::Sample {
                counts: *Classes::of(&piece.text).counts(),
                tokens: (*piece.counts.get(name)?).max(1).into(),
                weight: 1.0 / size as f64,
            })
        })
        .collect()
}

/// The mean error of each kind on the second half.
pub(crate) fn table(lines: &str) -> Result<String> {
    let pieces = read(lines)?;
    let test: Vec<&Piece> = pieces.iter().filter(|piece| piece.half == "test").collect();
    let mut kinds: Vec<&str> = test.iter().map(|piece| piece.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut out = String::new();
    write!(out, "mean error, %      pieces   chars/4")?;
    for (name, _) in NAMES {
        write!(out, "{name:>11}")?;
    }
    writeln!(out, "   (learnt)")?;
    let mut sums = vec![0.0; NAMES.len() + 2];
    for kind in &kinds {
        let of: Vec<&Piece> = test
            .iter()
            .filter(|piece| piece.kind == *kind)
            .copied()
            .collect();
        let mut cells = vec![mean(&of, "o200k", |text| text.chars().count() as f64 / 4.0)];
        for (name, vocabulary) in NAMES {
            cells.push(mean(&of, name, |text| {
                Classes::of(text).tokens(vocabulary).into()
            }));
        }
        cells.push(learnt(&of));
        write!(out, "{kind:<18} {:>6}", of.len())?;
        for (cell, sum) in cells.iter().zip(&mut sums) {
            write!(out, "{:>11.1}", cell * 100.0)?;
            *sum += cell;
        }
        writeln!(out)?;
    }
    write!(out, "{:<25}", "mean of the kinds")?;
    for sum in sums {
        write!(out, "{:>11.1}", sum / kinds.len() as f64 * 100.0)?;
    }
    writeln!(out)?;
    Ok(out)
}

/// The mean of the relative errors of single pieces.
fn mean(pieces: &[&Piece], name: &str, count: impl Fn(&str) -> f64) -> f64 {
    let errors = pieces.iter().filter_map(|piece| {
        let tokens = f64::from(*piece.counts.get(name)?);
        Some((count(&piece.text) - tokens).abs() / tokens)
    });
    errors.sum::<f64>() / pieces.len().max(1) as f64
}

/// The same for Claude's vocabulary where only OpenAI's is known, and a correction is learnt from the
/// pieces as they come.
fn learnt(pieces: &[&Piece]) -> f64 {
    let mut correction = Correction::default();
    let mut sum = 0.0;
    for piece in pieces {
        let Some(&tokens) = piece.counts.get("claude2") else {
            continue;
        };
        let classes = Classes::of(&piece.text);
        let kind = Kind::of(&classes);
        let counted = classes.tokens(Vocabulary::O200k);
        let corrected = f64::from(correction.correct(kind, counted));
        sum += (corrected - f64::from(tokens)).abs() / f64::from(tokens);
        correction.learn(kind, counted, tokens);
    }
    sum / pieces.len().max(1) as f64
}
