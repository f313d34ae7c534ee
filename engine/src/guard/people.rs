//! Data of persons that is not a number: mail addresses, dates of birth, postal addresses, what
//! a doctor knows.

mod address;
mod birth;
mod date;
mod email;
mod health;
mod postcode;

use std::ops::Range;

use super::hits::Hits;
use super::part::{self, Part};

/// What finds mail addresses, which their form proves.
const MAILS: &[Part] = &[
    Part {
        literals: email::LITERALS,
        check: email::check,
    },
    Part {
        literals: email::SPELT,
        check: email::check_spelt,
    },
];

const PARTS: &[Part] = &[
    Part {
        literals: address::STREETS,
        check: address::check_street,
    },
    Part {
        literals: address::STEMS,
        check: address::check_stem,
    },
    Part {
        literals: address::PREFIXES,
        check: address::check_prefix,
    },
    Part {
        literals: address::BOXES,
        check: address::check_box,
    },
    Part {
        literals: address::PLACES,
        check: address::check_place,
    },
    Part {
        literals: address::JAPANESE,
        check: address::check_japanese,
    },
    Part {
        literals: health::LITERALS,
        check: health::check,
    },
];

pub(super) fn mail_literals() -> Vec<&'static str> {
    part::literals(MAILS)
}

pub(super) fn check_mail(text: &str, literal: usize, at: Range<usize>, hits: &mut Hits) {
    part::check(MAILS, literal, text, at, hits);
}

pub(super) fn literals() -> Vec<&'static str> {
    let mut all = part::literals(PARTS);
    all.extend(birth::literals());
    all
}

pub(super) fn check(text: &str, literal: usize, at: Range<usize>, hits: &mut Hits) {
    match literal.checked_sub(part::size(PARTS)) {
        None => part::check(PARTS, literal, text, at, hits),
        Some(word) => birth::check(text, word, at, hits),
    }
}

#[cfg(test)]
mod tests;
