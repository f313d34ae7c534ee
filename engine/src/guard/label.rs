//! Where the value stands that a label names: after it in the sentence, the form, the JSON member
//! or the table's cell; in its column below; before it (`… is my passport number`).

use std::ops::Range;

use super::reader::{in_word, is_one_of, line_before, window_after, window_before, words};
use super::shape::{after, before};

/// How far behind a label its value may begin, bytes.
const REACH: usize = 60;
/// How many rows of a table are looked at below its head, and how far, bytes.
const ROWS: usize = 12;
const BELOW: usize = 900;
/// What German and its neighbours join to a label, and what `camelCase` does.
const TAILS: &[&str] = &[
    "s", "n", "e", "no", "nr", "num", "id", "code", "number", "nummer", "nummern", "numer", "numero", "numarası",
    "numara", "nummeret", "numret", "számú", "szám", "siffra", "tal",
];
/// What stands between a label and its value, besides punctuation.
const LINKS: &[&str] = &[
    "is", "was", "number", "no", "nr", "num", "numero", "número", "numéro", "nummer", "n", "id", "value", "code", "card",
    "ist", "lautet", "es", "est", "è", "são", "é", "of", "the", "on", "for", "my", "ending", "to", "as", "with",
    "reads", "says", "und", "at", "me", "us", "date", "data", "field", "jest", "to", "är", "er", "on", "numer", "bad",
    "invalid", "wrong", "new", "s", "key", "del", "della", "de", "do", "da", "d", "doc", "document", "certificate",
];

/// A place where a value may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) at: usize,
    /// Whether nothing but links and punctuation stands between the label and it.
    pub(super) near: bool,
}

/// Whether a literal stands as a label: not in the middle of a word. A tail such as `nummer` may
/// follow it; the label's true end is given.
pub(super) fn label_end(text: &str, at: &Range<usize>) -> Option<usize> {
    let bytes = text.as_bytes();
    let first = *bytes.get(at.start)?;
    let last = *bytes.get(at.end.checked_sub(1)?)?;
    if let Some(left) = before(text, at.start)
        && first.is_ascii_alphanumeric()
        && in_word(left)
    {
        let camel = left.is_ascii_lowercase() && first.is_ascii_uppercase();
        if !camel {
            return None;
        }
    }
    let Some(right) = after(text, at.end) else {
        return Some(at.end);
    };
    if !in_word(last) || !in_word(right) || right.is_ascii_digit() || last >= 128 && right >= 128 {
        return Some(at.end);
    }
    if last.is_ascii_lowercase() && right.is_ascii_uppercase() {
        return Some(at.end);
    }
    let rest = window_after(text, at.end, 16);
    let tail = rest.split(|c: char| !c.is_alphabetic()).next()?;
    is_one_of(tail, TAILS).then_some(at.end + tail.len())
}

/// Everywhere that a label's value may begin, nearest first.
pub(super) fn places(text: &str, label: &Range<usize>) -> Vec<Place> {
    let mut places = behind(text, label.end);
    if places.iter().all(|place| !place.near) {
        places.extend(below(text, label));
        places.extend(ahead(text, label.start));
    }
    places
}

/// After the label, in the same sentence.
fn behind(text: &str, end: usize) -> Vec<Place> {
    let window = window_after(text, end, REACH);
    let mut places = Vec::new();
    let mut near = true;
    let mut lines = 0;
    let mut word_from = None;
    let mut last = ' ';
    for (offset, c) in window.char_indices() {
        if c.is_alphanumeric() {
            if word_from.is_none() {
                word_from = Some(offset);
                places.push(Place { at: end + offset, near });
            }
        } else {
            if let Some(from) = word_from.take() {
                let word = window.get(from..offset).unwrap_or_default();
                near = near && is_one_of(word, LINKS);
            }
            if matches!(c, '+' | '(') {
                places.push(Place { at: end + offset, near });
            }
            if c == '\n' {
                lines += 1;
            }
            let sentence_ends = c.is_whitespace() && matches!(last, '?' | '!' | '.') && offset > 3;
            if sentence_ends || lines > 2 {
                break;
            }
        }
        last = c;
    }
    places
}

/// In the label's column, in the rows below a table's head; SQL's `(a, b) VALUES (1, 2)` too.
fn below(text: &str, label: &Range<usize>) -> Vec<Place> {
    let head = line_before(text, label.start, 300);
    let rest = window_after(text, label.end, BELOW);
    let next = rest.find(['\n', ')']).unwrap_or(rest.len());
    let line_rest = rest.get(..next).unwrap_or_default();
    let Some(mark) = [';', '\t', '|', ',']
        .into_iter()
        .find(|mark| head.contains(*mark) || line_rest.contains(*mark))
    else {
        return Vec::new();
    };
    let head = head.rsplit('(').next().unwrap_or_default();
    let column = head.matches(mark).count();
    let mut places = Vec::new();
    let mut offset = label.end + next + 1;
    for row in rest.get(next + 1..).unwrap_or_default().split('\n').take(ROWS) {
        let begin = row.find("VALUES (").or_else(|| row.find("values (")).map_or(0, |at| at + 8);
        let mut from = begin;
        for (index, cell) in row.get(begin..).unwrap_or_default().split(mark).enumerate() {
            if index == column {
                let blank = cell.len() - cell.trim_start_matches([' ', '"', '\'', '(']).len();
                places.push(Place { at: offset + from + blank, near: true });
                break;
            }
            from += cell.len() + mark.len_utf8();
        }
        offset += row.len() + 1;
    }
    places
}

/// Before the label: `X1234567 is my passport number`, `943 476 5919 (NHS)`.
fn ahead(text: &str, start: usize) -> Vec<Place> {
    const BETWEEN: &[&str] = &[
        "is", "was", "my", "your", "his", "her", "their", "our", "the", "a", "as", "ist", "meine", "mein", "die", "es", "mi", "est",
        "mon", "ma", "le", "la", "el", "il", "mio", "o", "meu", "s", "mijn", "for",
    ];
    let window = window_before(text, start, 48);
    let mut end = window.trim_end().len();
    let mut linked = window.trim_end().ends_with(['(', '[']);
    for word in words(window).rev().take(4) {
        if !is_one_of(word, BETWEEN) {
            break;
        }
        let kept = window.get(..end).unwrap_or_default();
        end = kept.rfind(word).unwrap_or(end);
        linked = true;
    }
    let kept = window
        .get(..end)
        .unwrap_or_default()
        .trim_end_matches([' ', '(', '[', ',', '"', '\'', '=', '-']);
    let value = kept
        .rfind(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '.' | '/' | '+' | '(' | ')')))
        .map_or(0, |at| at + 1);
    if !linked || !kept.ends_with(|c: char| c.is_ascii_alphanumeric() || c == ')') {
        return Vec::new();
    }
    let base = start - window.len();
    let value = kept.ceil_char_boundary(value);
    let tokens = kept.get(value..).unwrap_or_default().char_indices();
    let mut places = Vec::new();
    let mut last = ' ';
    for (offset, c) in tokens {
        if !last.is_ascii_alphanumeric() && (c.is_ascii_alphanumeric() || c == '+' || c == '(') {
            places.push(Place { at: base + value + offset, near: true });
        }
        last = c;
    }
    places
}
