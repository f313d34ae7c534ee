//! Where the value stands that a label names: after it in the sentence, the form, the JSON member
//! or the table's cell; in its column below; before it (`… is my passport number`).

use std::ops::Range;

use super::reader::{in_word, is_one_of, line_before, window_after, window_before};
use super::shape::{after, before};

/// How far behind a label its value may begin, bytes.
const REACH: usize = 60;
/// How many words that are no links may stand between.
const STRANGERS: usize = 1;
/// How long a table's head may be up to the label, bytes.
const HEAD: usize = 300;
/// How many rows of a table are looked at below its head, and how far, bytes.
const ROWS: usize = 12;
const BELOW: usize = 900;
/// What German and its neighbours join to a label, and what `camelCase` does.
#[rustfmt::skip]
const TAILS: &[&str] = &[
    "s", "no", "nr", "num", "id", "code", "number", "nummer", "nummern", "numer", "numero",
    "numarası", "numara", "nummeret", "numret", "számú", "szám", "siffra", "tal",
];
/// What stands between a label and its value, besides punctuation.
#[rustfmt::skip]
const LINKS: &[&str] = &[
    "is", "was", "number", "no", "nr", "num", "numero", "número", "numéro", "nummer", "n", "id",
    "value", "code", "card", "ist", "lautet", "es", "est", "è", "são", "é", "of", "the", "on",
    "for", "my", "ending", "to", "as", "with", "reads", "says", "und", "at", "me", "us", "date",
    "data", "field", "jest", "to", "är", "er", "on", "numer", "bad", "invalid", "wrong", "new",
    "s", "key", "del", "della", "de", "do", "da", "d", "doc", "document", "certificate", "which",
    "that", "am", "le", "el", "il", "em", "op", "den", "der", "dia", "dne", "td", "th", "li",
    "span", "input", "label", "number", "nº", "º", "n", "mobile", "am", "i", "we", "has", "have",
    "had",
];

/// A place where a value may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) at: usize,
    /// Whether nothing but links and punctuation stands between the label and it.
    pub(super) near: bool,
}

/// Labels, each of some owner. One of several words is found by its first, and fits however its
/// words are joined: `tax file number`, `tax_file_number`, `taxFileNumber`.
pub(super) struct Vocabulary(Vec<Entry>);

struct Entry {
    label: &'static str,
    /// How long its first word is.
    first: usize,
    owner: usize,
}

impl Vocabulary {
    pub(super) fn of(labels: impl Iterator<Item = (&'static str, usize)>) -> Self {
        let entries = labels.map(|(label, owner)| Entry {
            label,
            first: label.find(JOINTS).unwrap_or(label.len()),
            owner,
        });
        Self(entries.collect())
    }

    /// The words to look for, by the index that [`Self::label`] takes.
    pub(super) fn literals(&self) -> Vec<&'static str> {
        let words = self.0.iter().map(|entry| entry.label.get(..entry.first));
        words.map(Option::unwrap_or_default).collect()
    }

    /// Whose label begins with a word at a place, and where the whole of it stands.
    pub(super) fn label(
        &self,
        text: &str,
        index: usize,
        at: &Range<usize>,
    ) -> Option<(usize, Range<usize>)> {
        let entry = self.0.get(index)?;
        let end = forward(text, at.end, entry.label.get(entry.first..)?)?;
        let end = label_end(text, &(at.start..end))?;
        Some((entry.owner, at.start..end))
    }
}

/// What joins the words of a label.
const JOINTS: [char; 4] = [' ', '-', '_', '\''];

/// Where a part of a label ends that begins at a place.
fn forward(text: &str, at: usize, part: &str) -> Option<usize> {
    part.bytes().try_fold(at, |at, wanted| {
        if JOINTS.contains(&(wanted as char)) {
            return Some(at + joint(text.as_bytes().get(at..)?));
        }
        let same = after(text, at)?.eq_ignore_ascii_case(&wanted);
        same.then_some(at + 1)
    })
}

/// How long the joint is that a text begins with; 0 where words are joined directly.
fn joint(rest: &[u8]) -> usize {
    match rest {
        [b' ' | b'-' | b'_' | b'.' | b'\'' | b'\n', ..] => 1,
        [0xc2, 0xa0, ..] => 2,
        [0xe2, 0x80, 0x90..=0x99, ..] => 3,
        _ => 0,
    }
}

/// Whether a range stands as a label: not in the middle of a word. A tail such as `nummer` may
/// follow it; the label's true end is given.
fn label_end(text: &str, at: &Range<usize>) -> Option<usize> {
    let bytes = text.as_bytes();
    let first = *bytes.get(at.start)?;
    let last = *bytes.get(at.end.checked_sub(1)?)?;
    if let Some(left) = before(text, at.start)
        && first.is_ascii_alphanumeric()
        && in_word(left)
        && !(left.is_ascii_lowercase() && first.is_ascii_uppercase())
    {
        return None;
    }
    let Some(right) = after(text, at.end) else {
        return Some(at.end);
    };
    let camel = last.is_ascii_lowercase() && right.is_ascii_uppercase();
    if !in_word(last)
        || !in_word(right)
        || right.is_ascii_digit()
        || camel
        || last >= 128 && right >= 128
    {
        return Some(at.end);
    }
    let rest = window_after(text, at.end, 16);
    let tail = rest.split(|c: char| !c.is_alphabetic()).next()?;
    is_one_of(tail, TAILS).then_some(at.end + tail.len())
}

/// Everywhere that a label's value may begin, nearest first. A value holds a digit.
pub(super) fn places(text: &str, label: &Range<usize>) -> Vec<Place> {
    let digit = |part: &str| part.bytes().any(|b| b.is_ascii_digit());
    let mut places = Vec::new();
    if digit(window_after(text, label.end, REACH)) {
        places.extend(following(text, label.end));
    }
    places.extend(below(text, label));
    if digit(window_before(text, label.start, 120)) {
        places.extend(ahead(text, label.start));
    }
    places
}

/// After the label, in the same sentence.
pub(super) fn following(text: &str, end: usize) -> Vec<Place> {
    let window = window_after(text, end, REACH);
    let mut places = Vec::new();
    let mut strangers = 0;
    let mut lines = 0;
    let mut word_from = None;
    let mut last = ' ';
    let mut abbreviated = true;
    for (offset, c) in window.char_indices() {
        if c.is_alphanumeric() {
            if word_from.is_none() {
                // The name of a tag or an attribute is no word of the sentence.
                let tag = matches!(last, '<' | '/');
                word_from = Some((offset, tag));
                places.push(Place {
                    at: end + offset,
                    near: strangers <= STRANGERS,
                });
            }
        } else {
            if let Some((from, tag)) = word_from.take() {
                let word = window.get(from..offset).unwrap_or_default();
                let link = is_one_of(word, LINKS);
                abbreviated = link || word.len() <= 3;
                strangers += usize::from(!tag && !link);
            }
            if matches!(c, '+' | '(') {
                places.push(Place {
                    at: end + offset,
                    near: strangers <= STRANGERS,
                });
            }
            lines += usize::from(c == '\n');
            let ended =
                c.is_whitespace() && (matches!(last, '?' | '!') || last == '.' && !abbreviated);
            if ended || lines > 2 {
                break;
            }
        }
        last = c;
    }
    places
}

/// In the label's column, in the rows below a table's head; SQL's `(a, b) VALUES (1, 2)` too.
fn below(text: &str, label: &Range<usize>) -> Vec<Place> {
    let head = line_before(text, label.start, HEAD);
    if head.len() == HEAD {
        return Vec::new();
    }
    let rest = window_after(text, label.end, BELOW);
    let next = rest.find(['\n', ')']).unwrap_or(rest.len());
    let line_rest = rest.get(..next).unwrap_or_default();
    let Some(mark) = [';', '\t', '|', ',']
        .into_iter()
        .find(|mark| head.contains(*mark) || line_rest.contains(*mark))
    else {
        return Vec::new();
    };
    // A row like the one above is no head of a table.
    let above = line_before(text, (label.start - head.len()).saturating_sub(1), HEAD);
    if above.matches(mark).count() == head.matches(mark).count() + line_rest.matches(mark).count() {
        return Vec::new();
    }
    let head = head.rsplit('(').next().unwrap_or_default();
    let column = head.matches(mark).count();
    let mut places = Vec::new();
    let mut offset = label.end + next + 1;
    for row in rest
        .get(next + 1..)
        .unwrap_or_default()
        .split('\n')
        .take(ROWS)
    {
        let begin = row
            .find("VALUES (")
            .or_else(|| row.find("values ("))
            .map_or(0, |at| at + 8);
        let mut from = begin;
        for (index, cell) in row.get(begin..).unwrap_or_default().split(mark).enumerate() {
            if index == column {
                let blank = cell.len() - cell.trim_start_matches([' ', '"', '\'', '(']).len();
                places.push(Place {
                    at: offset + from + blank,
                    near: true,
                });
                break;
            }
            from += cell.len() + mark.len_utf8();
        }
        offset += row.len() + 1;
    }
    places
}

/// Before the label: `X1234567 is my passport number`, `943 476 5919 (NHS)`, and where the label
/// is a comment behind a line of code.
fn ahead(text: &str, start: usize) -> Vec<Place> {
    let line = line_before(text, start, 120);
    let base = start - line.len();
    let comment = ["//", " #", "--", "/*", "<!--"]
        .iter()
        .filter_map(|mark| line.rfind(mark))
        .max();
    if let Some(comment) = comment {
        return starts(line.get(..comment).unwrap_or_default(), base);
    }
    let mut end = line.trim_end_matches([' ', '(', '[', '"', '\'']).len();
    let mut linked = line.get(end..).is_some_and(|gap| gap.contains(['(', '[']));
    for _ in 0..5 {
        let kept = line.get(..end).unwrap_or_default();
        let word = kept
            .rsplit(|c: char| !c.is_alphabetic())
            .next()
            .unwrap_or_default();
        let acronym = word.len() > 2
            && word.bytes().all(|b| b.is_ascii_uppercase())
            && kept.len() > word.len()
            && before(kept, kept.len() - word.len()) == Some(b' ');
        if word.is_empty() || word.len() > 8 || word.starts_with(char::is_uppercase) && !acronym {
            break;
        }
        end = kept
            .get(..end - word.len())
            .unwrap_or_default()
            .trim_end_matches([' ', '"', '\'', '`', ','])
            .len();
        linked = true;
    }
    let kept = line.get(..end).unwrap_or_default();
    let value = kept
        .rfind(|c: char| {
            !(c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '.' | '/' | '+' | '(' | ')'))
        })
        .map_or(0, |at| at + 1);
    let value = kept.ceil_char_boundary(value.max(kept.len().saturating_sub(40)));
    if !linked || !kept.ends_with(|c: char| c.is_ascii_alphanumeric() || c == ')') {
        return Vec::new();
    }
    starts(kept.get(value..).unwrap_or_default(), base + value)
}

/// Where the tokens of a part of a text begin, given where it stands.
fn starts(part: &str, base: usize) -> Vec<Place> {
    let mut places = Vec::new();
    let mut last = ' ';
    for (offset, c) in part.char_indices() {
        if !last.is_ascii_alphanumeric() && (c.is_ascii_alphanumeric() || c == '+' || c == '(') {
            places.push(Place {
                at: base + offset,
                near: true,
            });
        }
        last = c;
    }
    places
}
