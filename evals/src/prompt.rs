//! What shorter prompts and marked prefixes save on episodes of agents, which
//! `scripts/episodes/` makes.
//!
//! ```text
//! cargo run -q --release -p moecraft-evals -- prompt < episodes.jsonl
//! ```
//!
//! Every message of the model is a request with all that came before it. The bill is in tokens of the
//! input price: one that is written to the cache counts 1.25, one that is read 0.1. The turns of an
//! episode follow within the five minutes that the cache keeps a prefix.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};

use anyhow::{Context, Result};
use moecraft_engine::prompt::marks::{Mark, Markable, Outline, place};
use moecraft_engine::prompt::{Optimise, Piece, Rule, Source, Terms, optimise};
use moecraft_engine::tokens::estimate;
use serde::Deserialize;

const READ: f64 = 0.1;
const WRITE: f64 = 1.25;
/// The shortest prefix that the cache keeps, tokens.
const MINIMUM: u32 = 1024;
/// How many blocks before a mark the cache is looked up for.
const LOOK_BACK: usize = 20;

#[derive(Deserialize)]
struct Episode {
    set: String,
    edits_files: bool,
    /// Instructions and tools.
    head: String,
    messages: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
    by: By,
    text: String,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
enum By {
    User,
    Model,
    Tool,
}

/// What the requests of an episode come to.
#[derive(Default, Clone, Copy)]
struct Sum {
    /// Tokens of all requests.
    tokens: f64,
    /// Tokens of the last one.
    last: f64,
    /// The bill without a cache's marks, and with them.
    plain: f64,
    marked: f64,
}

/// One way of sending prompts.
struct Way {
    name: &'static str,
    optimise: Optimise,
    cached: bool,
}

const WAYS: [Way; 4] = [
    Way {
        name: "as they came",
        optimise: Optimise::Off,
        cached: true,
    },
    Way {
        name: "lossless",
        optimise: Optimise::Lossless,
        cached: true,
    },
    Way {
        name: "lossy, cache counted in",
        optimise: Optimise::Lossy,
        cached: true,
    },
    Way {
        name: "lossy, no cache",
        optimise: Optimise::Lossy,
        cached: false,
    },
];

/// The table of all sets of episodes.
pub(crate) fn table(lines: &str) -> Result<String> {
    let mut sets = BTreeMap::<String, Vec<Episode>>::new();
    for (at, line) in lines.lines().enumerate() {
        let episode: Episode =
            serde_json::from_str(line).with_context(|| format!("line {}", at + 1))?;
        sets.entry(episode.set.clone()).or_default().push(episode);
    }
    let mut out = String::new();
    for (set, episodes) in &sets {
        let turns = episodes.iter().map(|episode| requests(episode).count());
        writeln!(
            out,
            "\n{set}: {} episodes, {} requests",
            episodes.len(),
            turns.sum::<usize>()
        )?;
        writeln!(
            out,
            "{:<26}{:>14}{:>14}{:>14}{:>14}",
            "saved, %", "last prompt", "all tokens", "bill, plain", "bill, marked"
        )?;
        let base = total(episodes, &WAYS[0]);
        for way in &WAYS {
            let sum = total(episodes, way);
            let saved = |part: f64, whole: f64| 100.0 * (1.0 - part / whole);
            writeln!(
                out,
                "{:<26}{:>14.1}{:>14.1}{:>14.1}{:>14.1}",
                way.name,
                saved(sum.last, base.last),
                saved(sum.tokens, base.tokens),
                saved(sum.plain, base.plain),
                saved(sum.marked, base.plain),
            )?;
        }
        let rules = by_rule(episodes);
        let shares = rules.iter().map(|(rule, saved)| {
            let share = 100.0 * f64::from(*saved) / base.last;
            format!("{rule:?} {share:.1}").to_lowercase()
        });
        let shares: Vec<String> = shares.collect();
        writeln!(out, "last prompt, by rule: {}", shares.join(", "))?;
    }
    Ok(out)
}

/// The numbers of messages that the requests of an episode hold.
fn requests(episode: &Episode) -> impl Iterator<Item = usize> {
    let messages = episode.messages.iter().enumerate();
    messages
        .filter(|(at, message)| message.by == By::Model && *at > 0)
        .map(|(at, _)| at)
}

fn terms(episode: &Episode, way: &Way) -> Terms {
    Terms {
        optimise: way.optimise,
        exact: episode.edits_files,
        fleeting: false,
        cached: way.cached,
    }
}

fn pieces(messages: &[Message]) -> Vec<Piece<'_>> {
    let piece = |message: &'_ Message| match message.by {
        By::Tool => Source::Result,
        By::User => Source::User,
        By::Model => Source::Other,
    };
    messages
        .iter()
        .map(|message| Piece {
            text: &message.text,
            source: piece(message),
        })
        .collect()
}

/// The messages as they are sent.
fn sent(messages: &[Message], terms: &Terms) -> Vec<String> {
    let pieces = pieces(messages);
    let mut texts: Vec<String> = pieces.iter().map(|piece| piece.text.to_owned()).collect();
    for edit in optimise(&pieces, terms).edits {
        if let Some(text) = texts.get_mut(edit.piece) {
            *text = edit.now;
        }
    }
    texts
}

fn total(episodes: &[Episode], way: &Way) -> Sum {
    let mut sum = Sum::default();
    for episode in episodes {
        let head = estimate(&episode.head);
        let mut cache = HashSet::new();
        let mut last = 0.0;
        for count in requests(episode) {
            let messages = episode.messages.get(..count).unwrap_or_default();
            let texts = sent(messages, &terms(episode, way));
            let tokens: Vec<u32> = texts.iter().map(|text| estimate(text)).collect();
            last = f64::from(head) + tokens.iter().map(|count| f64::from(*count)).sum::<f64>();
            sum.tokens += last;
            sum.plain += last;
            sum.marked += billed(head, messages, &texts, &tokens, &mut cache);
        }
        sum.last += last;
    }
    sum
}

/// What a request costs with its marks, as the cache has been left by those before it: prefixes are
/// known by all their bytes.
fn billed(
    head: u32,
    messages: &[Message],
    texts: &[String],
    tokens: &[u32],
    cache: &mut HashSet<u64>,
) -> f64 {
    let blocks: Vec<Markable> = messages
        .iter()
        .zip(tokens)
        .map(|(message, tokens)| Markable {
            tokens: *tokens,
            can: true,
            models: message.by == By::Model,
        })
        .collect();
    let marks = place(&Outline {
        tools: 0,
        system: head,
        blocks: &blocks,
        session: true,
        minimum: MINIMUM,
    });
    // By the number of blocks, each prefix's digest and its tokens; the head alone is the first.
    let mut hasher = DefaultHasher::new();
    let mut prefixes = vec![(hasher.finish(), u64::from(head))];
    for (text, tokens) in texts.iter().zip(tokens) {
        text.hash(&mut hasher);
        let before = prefixes.last().map_or(0, |(_, sum)| *sum);
        prefixes.push((hasher.finish(), before + u64::from(*tokens)));
    }
    let ends: Vec<usize> = marks
        .iter()
        .map(|mark| match mark {
            Mark::Tools | Mark::System => 0,
            Mark::Block(at) => at + 1,
        })
        .collect();
    let known = |count: &usize| {
        prefixes
            .get(*count)
            .is_some_and(|(own, _)| cache.contains(own))
    };
    let read = ends
        .iter()
        .filter_map(|end| (end.saturating_sub(LOOK_BACK)..=*end).rev().find(known))
        .max();
    let size = |count: usize| prefixes.get(count).map_or(0, |(_, sum)| *sum) as f64;
    let (all, read) = (size(texts.len()), read.map_or(0.0, size));
    let written = ends.iter().max().map_or(read, |end| size(*end)).max(read);
    cache.extend(
        ends.iter()
            .filter_map(|end| prefixes.get(*end))
            .map(|(own, _)| own),
    );
    read * READ + (written - read) * WRITE + (all - written)
}

/// The tokens that each rule saves of the last prompts, the lossy one on the terms of no cache.
fn by_rule(episodes: &[Episode]) -> BTreeMap<Rule, u32> {
    let mut saved = BTreeMap::new();
    for episode in episodes {
        let Some(count) = requests(episode).last() else {
            continue;
        };
        let messages = episode.messages.get(..count).unwrap_or_default();
        let done = optimise(&pieces(messages), &terms(episode, &WAYS[3]));
        for (rule, tokens) in done.saved {
            *saved.entry(rule).or_default() += tokens;
        }
    }
    saved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_written_once_and_read_from_then_on() {
        let words = |count: usize| "word ".repeat(count);
        let message = |by, text| Message { by, text };
        let messages = [
            message(By::User, words(2000)),
            message(By::Model, words(10)),
            message(By::Tool, words(1000)),
            message(By::Model, words(10)),
        ];
        let episode = Episode {
            set: "made".to_owned(),
            edits_files: false,
            head: words(3000),
            messages: messages.into(),
        };
        let sum = total(&[episode], &WAYS[0]);
        let head = f64::from(estimate(&words(3000)));
        let tokens = |count| f64::from(estimate(&words(count)));
        let first = head + tokens(2000);
        let second = tokens(10) + tokens(1000);
        assert_eq!(sum.plain, first + first + second);
        let bill = first * WRITE + first * READ + second * WRITE;
        assert!((sum.marked - bill).abs() < 1e-6, "{} {bill}", sum.marked);
    }
}
