//! Seed phrases of wallets (BIP-39): twelve to twenty-four lower-case words after a label.

use std::ops::Range;

use super::super::finding::Kind;
use super::super::hits::{Hit, Hits};
use super::super::shape::Alphabet;
use super::super::vocabulary::Vocabulary;

const KIND: Kind = Kind::credential("seed_phrase", "a wallet's seed phrase");

/// How far from its label a phrase begins or ends, bytes.
const NEAR: usize = 80;

/// The longest phrase, bytes: 24 words, numbered.
const LONGEST: usize = 320;

/// The fewest words of a phrase, and the most, with a word or two of its label.
const WORDS: std::ops::RangeInclusive<usize> = 12..=28;

/// The fewest and the most letters of a word of the list.
const LETTERS: std::ops::RangeInclusive<usize> = 3..=8;

/// Words that sentences are full of and the list has not.
const FUNCTION_WORDS: &[&str] = &[
    "the", "and", "for", "are", "from", "not", "has", "was", "but", "were", "which", "its",
    "their", "his", "her", "der", "die", "das", "und", "les", "des", "que", "para", "una", "del",
    "con", "por",
];

/// The English list (BIP-39, `wordlists/english.txt`).
static LIST: Vocabulary = Vocabulary::new(include_str!("bip39.txt"));

/// How many words a phrase has (BIP-39, "Generating the mnemonic").
const COUNTS: [usize; 5] = [12, 15, 18, 21, 24];

/// What a row of words is made of, and the shortest, bytes.
const ROW: Alphabet = Alphabet::LOWER.with(b" ");
const SHORTEST: usize = 12 * 4;

/// What may stand between two words: blanks, commas, quotes, numbering.
const BETWEEN: Alphabet = Alphabet::DIGIT.with(b" \t\r\n,\"'.)");

/// Looks at a label such as `seed` or `mnemonic`.
pub(super) fn at_label(text: &str, at: Range<usize>, hits: &mut Hits) {
    let known = |hit: &Hit| hit.kind == KIND && hit.range.end + NEAR > at.start;
    if hits.0.iter().rev().take(4).any(known) {
        return;
    }
    let ahead = streak(text, at.end, at.end + NEAR + LONGEST)
        .filter(|phrase| phrase.start <= at.end + NEAR);
    let start = at.start.saturating_sub(NEAR + LONGEST);
    let phrase = ahead
        .or_else(|| streak(text, start, at.start).filter(|phrase| phrase.end + NEAR >= at.start));
    if let Some(phrase) = phrase {
        hits.by_context(KIND, phrase);
    }
}

/// Looks for a phrase that no label tells of: a row of words of the list alone.
pub(super) fn scan(text: &str, hits: &mut Hits) {
    let mut at = 0;
    while let Some(run) = ROW.next_run(text, at, SHORTEST) {
        at = run.end;
        let row = text.get(run.clone()).unwrap_or_default();
        let words = || row.split_ascii_whitespace();
        if COUNTS.contains(&words().count()) && words().all(|word| LIST.has(word)) {
            let start = run.end - row.trim_start().len();
            hits.by_form(KIND, start..run.start + row.trim_end().len());
        }
    }
}

/// The first row of words within bounds that are as a phrase's are.
fn streak(text: &str, from: usize, to: usize) -> Option<Range<usize>> {
    let mut words: Vec<&str> = vec![];
    let mut row = from..from;
    let mut at = from;
    while at < to.min(text.len()) {
        let end = at + Alphabet::LETTER.run(text, at, 20);
        let word = text.get(at..end).unwrap_or_default();
        let lower = word.bytes().all(|byte| byte.is_ascii_lowercase());
        if lower && LETTERS.contains(&word.len()) && !FUNCTION_WORDS.contains(&word) {
            if words.is_empty() {
                row.start = at;
            }
            words.push(word);
            row.end = end;
            let gap = BETWEEN.run(text, end, 8);
            if gap > 0 {
                at = end + gap;
                continue;
            }
        }
        if is_phrase(&words) {
            return Some(row);
        }
        words.clear();
        at = end.max(at + 1);
    }
    is_phrase(&words).then_some(row)
}

/// Whether there are enough words, and enough different ones: one word again and again is a test
/// vector. Words in the order of the alphabet are a list.
fn is_phrase(words: &[&str]) -> bool {
    let mut distinct = words.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    WORDS.contains(&words.len()) && distinct.len() * 3 >= words.len() * 2 && !words.is_sorted()
}
