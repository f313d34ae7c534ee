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
use super::label::Vocabulary;
use super::part::Part;
use super::shape::Alphabet;

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
    let mut all = LABELS.literals();
    all.extend(travel::LITERALS);
    all
}

/// A word of a label stands here, or the filler of a travel document.
pub(super) fn check(text: &str, literal: usize, at: Range<usize>, hits: &mut Hits) {
    if text.get(at.clone()) == travel::LITERALS.first().copied() {
        return travel::check(text, at, hits);
    }
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

/// The fewest digits that anything found by its form alone has, and within how many bytes.
const LEAST: usize = 6;
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
        let enough = || head > 2 || digits_near(bytes, digit) >= LEAST;
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

/// How many digits stand near behind a place.
fn digits_near(bytes: &[u8], at: usize) -> usize {
    let (_, rest) = bytes.split_at(at.min(bytes.len()));
    let (eights, last) = rest.get(..WITHIN).unwrap_or(rest).as_chunks::<8>();
    let count = eights
        .iter()
        .map(|eight| digits(*eight).count_ones() as usize);
    count.sum::<usize>() + last.iter().filter(|b| b.is_ascii_digit()).count()
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
