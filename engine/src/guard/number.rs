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

pub(super) use travel::LITERALS as TRAVEL_LITERALS;
pub(super) use travel::check as check_travel;

use std::ops::Range;
use std::sync::LazyLock;

use super::hits::Hits;
use super::label::Vocabulary;
use super::part::Part;
use super::shape::{Alphabet, table};

/// What is called at labels, besides the tables of documents and papers.
const PARTS: &[Part] = &[
    account::ACCOUNTS,
    account::ROUTINGS,
    account::BANKS,
    account::BICS,
    account::CARD_CODES,
    account::PAYS,
    phone::PHONES,
];

/// Owners are the documents, the papers, and [`PARTS`], one after another.
static LABELS: LazyLock<Vocabulary> = LazyLock::new(|| {
    let tables = document::labels();
    let parts = PARTS.iter().map(|part| part.literals);
    let all = tables.chain(parts).enumerate();
    Vocabulary::of(all.flat_map(|(owner, labels)| labels.iter().map(move |label| (*label, owner))))
});

pub(super) fn literals() -> Vec<&'static str> {
    LABELS.literals()
}

/// A word of a label stands here.
pub(super) fn check(text: &str, literal: usize, at: Range<usize>, hits: &mut Hits) {
    let Some((owner, label)) = LABELS.label(text, literal, &at) else {
        return;
    };
    match owner.checked_sub(document::tables()) {
        None => document::check(text, owner, &label, hits),
        Some(part) => {
            if let Some(part) = PARTS.get(part) {
                (part.check)(text, label, hits);
            }
        }
    }
}

/// The fewest digits that anything found by its form alone has, within how many bytes, and behind
/// more letters than two.
const LEAST: usize = 5;
const LEAST_BEHIND_LETTERS: usize = 4;
const WITHIN: usize = 24;
/// Letters before the first digit: a longer run is no number.
const HEAD: usize = 12;

/// Finds everything that says by itself what it is.
pub(super) fn scan(text: &str, hits: &mut Hits) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(digit) = next_digit(bytes, at) {
        let run = Alphabet::DIGIT.run(text, digit, 64);
        let head = Alphabet::LETTER.run_back(text, digit, HEAD + 1);
        let start = digit - head;
        let apart = !start
            .checked_sub(1)
            .and_then(|at| bytes.get(at))
            .is_some_and(|b| b.is_ascii_alphanumeric());
        let least = if head > 2 {
            LEAST_BEHIND_LETTERS
        } else {
            LEAST
        };
        let enough = || digits_near(bytes, digit) >= least;
        let end = (apart && head <= HEAD && enough())
            .then(|| token(text, start, digit, hits))
            .flatten();
        at = end.unwrap_or(digit + run).max(digit + run);
    }
}

/// Where the next digit stands.
fn next_digit(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let (eights, last) = rest.as_chunks::<8>();
    let found = eights.iter().enumerate().find_map(|(index, eight)| {
        let digits = digits(*eight);
        (digits > 0).then(|| 8 * index + digits.trailing_zeros() as usize / 8)
    });
    let further = || Some(8 * eights.len() + last.iter().position(u8::is_ascii_digit)?);
    Some(from + found.or_else(further)?)
}

/// What may stand in a number: digits; all else that does, blanks and hyphens beyond ASCII included.
const DIGITS: u8 = 1;
const IN_NUMBER: [u8; 256] = table(&[
    Alphabet::DIGIT,
    Alphabet::ALNUM.with(b" -./()+\xc2\xa0\xe2\x80\x90\x91"),
]);

/// How many digits stand near behind a place with nothing between that is in no number.
fn digits_near(bytes: &[u8], at: usize) -> usize {
    let near = bytes.iter().skip(at).take(WITHIN);
    let sorts = near.map(|byte| IN_NUMBER[usize::from(*byte)]);
    let number = sorts.take_while(|sort| *sort != 0);
    number.filter(|sort| sort & DIGITS != 0).count()
}

/// Which of eight bytes are digits: the highest bit of each.
fn digits(eight: [u8; 8]) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    // A digit is less than ten now, and nothing else is.
    let value = u64::from_le_bytes(eight) ^ (EACH * b'0' as u64);
    let more = (value & (EACH * 0x7F)) + EACH * (0x80 - 10);
    !(more | value) & (EACH * 0x80)
}

/// Everything that may begin at a token, which has its first digit at `digit`.
fn token(text: &str, start: usize, digit: usize, hits: &mut Hits) -> Option<usize> {
    if start + 2 == digit
        && let Some(end) = iban::find(text, start, hits)
    {
        return Some(end);
    }
    if start == digit
        && let Some(end) = card::find(text, digit, hits)
    {
        return Some(end);
    }
    // `AB 12 34 56 C`: letters with a blank behind them.
    let letters = start
        .checked_sub(3)
        .filter(|_| text.get(..start).is_some_and(|head| head.ends_with(' ')));
    let spaced = letters.filter(|from| Alphabet::UPPER.run(text, *from, 3) == 2);
    for from in spaced.into_iter().chain([start]) {
        if form::begins(text, from)
            && let Some(end) = document::alone(text, from, hits)
        {
            return Some(end);
        }
    }
    let apart = start == digit;
    apart.then(|| phone::find(text, digit, hits)).flatten()
}

#[cfg(test)]
mod tests;
