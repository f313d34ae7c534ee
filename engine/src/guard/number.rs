//! Numbers: cards, accounts, phones, what states number people with.
//!
//! Some say by themselves what they are: their form is distinctive and their check digits are
//! right. They are found in one pass over all runs of digits. All others are only what a label
//! says, and are found from the label.

mod account;
mod card;
mod checksum;
mod document;
mod form;
mod iban;
mod national;
mod phone;
mod travel;

use std::ops::Range;
use std::sync::LazyLock;

use super::hits::Hits;
use super::part::{self, Part};
use super::shape::Alphabet;

const PARTS: &[Part] = &[
    Part {
        literals: phone::LITERALS,
        check: phone::check,
    },
    Part {
        literals: travel::LITERALS,
        check: travel::check,
    },
];

/// How many literals belong to the documents, the papers, the accounts; the rest is [`PARTS`].
static SIZES: LazyLock<[usize; 3]> = LazyLock::new(|| {
    [
        document::literals().len(),
        document::paper_literals().len(),
        part::literals(account::PARTS).len(),
    ]
});

pub(super) fn literals() -> Vec<&'static str> {
    let mut all = document::literals();
    all.extend(document::paper_literals());
    all.extend(part::literals(account::PARTS));
    all.extend(part::literals(PARTS));
    all
}

/// A label stands here.
pub(super) fn check(text: &str, literal: usize, at: Range<usize>, hits: &mut Hits) {
    let [documents, papers, accounts] = *SIZES;
    if literal < documents {
        document::check(text, literal, at, hits);
    } else if literal < documents + papers {
        document::check_paper(text, literal - documents, at, hits);
    } else if literal < documents + papers + accounts {
        part::check(account::PARTS, literal - documents - papers, text, at, hits);
    } else {
        part::check(PARTS, literal - documents - papers - accounts, text, at, hits);
    }
}

/// The fewest digits that anything found by its form alone has, and within how many bytes.
const LEAST: usize = 7;
const WITHIN: usize = 24;
/// Letters before the first digit: a longer run is no number.
const HEAD: usize = 12;

/// Finds everything that says by itself what it is.
pub(super) fn scan(text: &str, hits: &mut Hits) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| rest.iter().position(u8::is_ascii_digit)) {
        let digit = at + found;
        let run = Alphabet::DIGIT.run(text, digit, 64);
        let head = Alphabet::LETTER.run_back(text, digit, HEAD + 1);
        let start = digit - head;
        let apart = !start.checked_sub(1).and_then(|at| bytes.get(at)).is_some_and(|b| b.is_ascii_alphanumeric());
        let enough = bytes.iter().skip(digit).take(WITHIN).filter(|b| b.is_ascii_digit()).count() >= LEAST || head > 2;
        let end = (apart && head <= HEAD && enough).then(|| token(text, start, digit, hits)).flatten();
        at = end.unwrap_or(digit + run).max(digit + run);
    }
}

/// Everything that may begin at a token, which has its first digit at `digit`.
fn token(text: &str, start: usize, digit: usize, hits: &mut Hits) -> Option<usize> {
    if start + 2 == digit
        && let Some(end) = iban::find(text, start, hits)
    {
        return Some(end);
    }
    if form::begins(text, start)
        && let Some(end) = document::alone(text, start, hits)
    {
        return Some(end);
    }
    if start < digit {
        return None;
    }
    card::find(text, digit, hits).or_else(|| phone::find(text, digit, hits))
}
