//! Old results of tools, cut to the lines that are near the question. Something is lost, so this is done
//! only where the tenant allows it.
//!
//! A cut changes the prefix, and a provider's cache with it. So results are cut in batches, and a batch
//! only when what it frees, over as many further turns as there have been, is worth more than writing
//! the rest of the prefix anew. What a batch is decided by has happened before it: until the next one the
//! conversation begins with the same bytes.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::{Draft, LEAST_SAVED, Rule, Source};
use crate::tokens;

/// The newest results, which stay whole.
pub(super) const KEPT: usize = 5;
/// How many results are cut at once.
pub(super) const BATCH: usize = 8;
/// A shorter result stays whole, bytes.
const LEAST_BYTES: usize = 600;
/// Lines that are kept from the beginning of a result.
const HEAD: usize = 2;
/// Lines that are kept because they speak of what is asked.
const NEAR: usize = 8;
/// The most that is kept of a line, bytes.
const MAX_LINE: usize = 200;
/// A word shorter than this says little, bytes.
const LEAST_WORD: usize = 4;
/// What a cached token costs, of one that is not, in hundredths; and one that is written to the cache.
const READ: u64 = 10;
const WRITE: u64 = 125;

/// Cuts what is stale.
pub(super) fn cut(drafts: &mut [Draft<'_>], cached: bool) {
    let results: Vec<usize> = (0..drafts.len())
        .filter(|at| {
            drafts
                .get(*at)
                .is_some_and(|draft| draft.source == Source::Result)
        })
        .collect();
    let mut from = 0;
    for end in (BATCH..).step_by(BATCH) {
        // The results that were there when the batch was due.
        let Some(there) = results.get(..end + KEPT) else {
            return;
        };
        let stale = there.get(from..end).unwrap_or_default();
        let due = there.last().map_or(0, |last| last + 1);
        let asked = words(question(drafts.get(..due).unwrap_or_default()));
        let shorter: Vec<(usize, String, u32)> = stale
            .iter()
            .filter_map(|&at| {
                let text = &drafts.get(at)?.text;
                let kept = excerpt(text, &asked)?;
                let saved = tokens::estimate(text).saturating_sub(tokens::estimate(&kept));
                (saved >= LEAST_SAVED).then_some((at, kept, saved))
            })
            .collect();
        let freed: u64 = shorter.iter().map(|(.., saved)| u64::from(*saved)).sum();
        let first = shorter.first().map_or(due, |(at, ..)| *at);
        let suffix = drafts.get(first..due).unwrap_or_default();
        let suffix: u64 = suffix
            .iter()
            .map(|draft| u64::from(tokens::estimate(&draft.text)))
            .sum();
        let turns = there.len() as u64;
        let rewritten = suffix.saturating_sub(freed);
        if cached && freed * turns * READ <= rewritten * (WRITE - READ) {
            continue;
        }
        for (at, kept, saved) in shorter {
            if let Some(draft) = drafts.get_mut(at) {
                draft.text = Cow::Owned(kept);
                draft.saved.push((Rule::Stale, saved));
            }
        }
        from = end;
    }
}

/// What was asked last.
fn question<'d>(drafts: &'d [Draft<'_>]) -> &'d str {
    let mut users = drafts
        .iter()
        .rev()
        .filter(|draft| draft.source == Source::User);
    users.next().map_or("", |draft| draft.text.as_ref())
}

fn words(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.filter(|word| word.len() >= LEAST_WORD).collect()
}

/// The first lines of a result and those that share most words with what is asked, as they stand; none
/// for a short one.
fn excerpt(text: &str, asked: &BTreeSet<&str>) -> Option<String> {
    if text.len() < LEAST_BYTES {
        return None;
    }
    let all: Vec<&str> = text.lines().collect();
    let shared = |line: &str| words(line).intersection(asked).count();
    let mut near: Vec<(usize, usize)> = all
        .iter()
        .enumerate()
        .skip(HEAD)
        .map(|(at, line)| (at, shared(line)))
        .filter(|(at, shared)| {
            *shared > 0 && all.get(*at).is_some_and(|line| line.len() <= MAX_LINE)
        })
        .collect();
    near.sort_by_key(|(at, shared)| (usize::MAX - shared, *at));
    near.truncate(NEAR);
    let chosen: BTreeSet<usize> = near.into_iter().map(|(at, _)| at).collect();
    let mut out = String::new();
    let mut left = 0_usize;
    for (at, line) in all.iter().enumerate() {
        let head = at < HEAD && line.len() <= MAX_LINE;
        if head || chosen.contains(&at) {
            gap(&mut left, &mut out);
            out.push_str(line);
            out.push('\n');
        } else {
            left += 1;
        }
    }
    gap(&mut left, &mut out);
    out.push_str("[this result is old and was cut; call the tool again if it is needed]");
    Some(out)
}

fn gap(left: &mut usize, out: &mut String) {
    if *left > 0 {
        out.push_str(&format!("[{left} lines left out]\n"));
    }
    *left = 0;
}
