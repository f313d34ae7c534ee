//! Answers that go round in a circle.

use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use super::prose::Prose;

/// How much of the end is searched for a loop, bytes.
const TAIL: usize = 4 * 1024;
/// A loop of less is a laugh or a line of marks, bytes.
const LEAST_LOOP: usize = 240;
/// How often a loop goes round.
const ROUNDS: usize = 5;
/// How many words of prose a circle has at least.
const LEAST_WORDS: usize = 200;
/// How many words make a phrase.
const PHRASE: usize = 8;
/// Which share of the phrases has been said before in a circle. A song of three verses with its
/// refrain in full has half.
const SAID_BEFORE: f64 = 0.7;
/// How many words are read.
const MOST_WORDS: usize = 8_000;

/// Words by which a user asks for it.
const ASKED: [&str; 12] = [
    "repeat",
    " times",
    "over and over",
    "wiederhol",
    "répét",
    "repit",
    "repet",
    "ripet",
    "lorem",
    "повтор",
    "重复",
    "繰り返",
];

/// Whether an answer ends in a loop, or says most of its phrases again, and nobody asked for it.
pub(super) fn circles(text: &str, prose: &Prose<'_>, question: &str) -> bool {
    (loops(text) || says_again(prose)) && !asks(question)
}

fn asks(question: &str) -> bool {
    let lower = question.to_lowercase();
    ASKED.iter().any(|word| lower.contains(word))
}

/// Whether the end of a text is one piece again and again. Found by the borders of the text read
/// backwards: where a beginning of it has a long border, it repeats what is left without the border.
fn loops(text: &str) -> bool {
    let tail: Vec<u8> = text.bytes().rev().take(TAIL).collect();
    let mut borders = vec![0_usize; tail.len()];
    for at in 1..tail.len() {
        let mut border = borders.get(at - 1).copied().unwrap_or(0);
        while border > 0 && tail.get(border) != tail.get(at) {
            border = borders.get(border - 1).copied().unwrap_or(0);
        }
        border += usize::from(tail.get(border) == tail.get(at));
        if let Some(place) = borders.get_mut(at) {
            *place = border;
        }
        let length = at + 1;
        let period = length - border;
        if length >= LEAST_LOOP && length / period >= ROUNDS {
            let piece = tail.get(..period).unwrap_or_default();
            // Digits, dots and dashes are data or a drawing.
            let letters = piece
                .iter()
                .filter(|b| b.is_ascii_alphabetic() || **b >= 0x80);
            return 2 * letters.count() >= piece.len();
        }
    }
    false
}

fn says_again(prose: &Prose<'_>) -> bool {
    let hasher = BuildHasherDefault::<DefaultHasher>::default();
    let words: Vec<u64> = (prose.lines.iter())
        .flat_map(|line| line.split_whitespace())
        .filter(|word| word.chars().any(char::is_alphabetic))
        .take(MOST_WORDS)
        .map(|word| hasher.hash_one(word))
        .collect();
    if words.len() < LEAST_WORDS {
        return false;
    }
    let mut seen = HashSet::new();
    let phrases = words.windows(PHRASE);
    let count = phrases.len();
    let again = phrases
        .filter(|phrase| !seen.insert(hasher.hash_one(phrase)))
        .count();
    again as f64 >= SAID_BEFORE * count as f64
}
