//! The forms of tokens that vendors give out, one rule a line.
//!
//! Facts from the vendors' own documents and from the rule sets of gitleaks, betterleaks,
//! CredSweeper, secretlint (MIT), kingfisher and detect-secrets (Apache-2.0).

use super::super::finding::Kind;
use super::super::shape::Alphabet;
use super::rule::{Edge, LONGEST, Needs, Part, Rule};

mod business;
mod cloud;
mod code;
mod crypt;
mod messaging;
mod models;
mod money;
mod operations;

/// All rules.
pub(super) fn all() -> impl Iterator<Item = &'static Rule> {
    let tables: [&'static [Rule]; 8] = [
        business::RULES,
        cloud::RULES,
        code::RULES,
        crypt::RULES,
        messaging::RULES,
        models::RULES,
        money::RULES,
        operations::RULES,
    ];
    tables.into_iter().flatten()
}

/// A token that begins with a literal and goes on as `after` says; no letter or digit before it.
const fn rule(
    id: &'static str,
    title: &'static str,
    literal: &'static str,
    after: &'static [Part],
) -> Rule {
    Rule {
        kind: Kind::credential(id, title),
        before: &[],
        literal,
        after,
        edge: Edge::Word,
        needs: Needs::Nothing,
        labelled: false,
    }
}

impl Rule {
    /// The literal stands inside the token, after these runs.
    const fn preceded(self, before: &'static [Part]) -> Self {
        Self { before, ..self }
    }

    /// Also inside a word.
    const fn anywhere(self) -> Self {
        Self {
            edge: Edge::Any,
            ..self
        }
    }

    /// Not inside a compound name.
    const fn named(self) -> Self {
        Self {
            edge: Edge::Name,
            ..self
        }
    }

    /// Not inside encoded data.
    const fn not_in_blob(self) -> Self {
        Self {
            edge: Edge::Blob,
            ..self
        }
    }

    /// Only with one of these words in the same URL.
    const fn in_run(self, words: &'static [&'static str]) -> Self {
        Self {
            needs: Needs::InRun(words),
            ..self
        }
    }

    /// Only with one of these words near by.
    const fn near(self, words: &'static [&'static str]) -> Self {
        Self {
            needs: Needs::Near(words),
            ..self
        }
    }

    /// The literal is a label, the value follows it.
    const fn labelled(self) -> Self {
        Self {
            labelled: true,
            ..self
        }
    }
}

/// So many letters and digits.
const fn n(count: usize) -> Part {
    between(Alphabet::ALNUM, count, count)
}

/// So many hexadecimal digits.
const fn h(count: usize) -> Part {
    between(Alphabet::HEX, count, count)
}

/// So many characters of URL-safe base64.
const fn u(count: usize) -> Part {
    between(Alphabet::BASE64_URL, count, count)
}

/// So many characters of base64.
const fn b(count: usize) -> Part {
    between(Alphabet::BASE64, count, count)
}

/// So many upper-case letters and digits.
const fn up(count: usize) -> Part {
    between(Alphabet::UPPER_DIGIT, count, count)
}

/// So many lower-case letters and digits.
const fn low(count: usize) -> Part {
    between(Alphabet::LOWER_DIGIT, count, count)
}

/// So many digits.
const fn d(count: usize) -> Part {
    between(Alphabet::DIGIT, count, count)
}

/// From `least` to `most` characters of an alphabet.
const fn between(of: Alphabet, least: usize, most: usize) -> Part {
    Part::Run { of, least, most }
}

/// At least so many characters of an alphabet.
const fn from(of: Alphabet, least: usize) -> Part {
    between(of, least, LONGEST)
}

/// Exactly this.
const fn t(text: &'static str) -> Part {
    Part::Text(text)
}

const N: Alphabet = Alphabet::ALNUM;
const U: Alphabet = Alphabet::BASE64_URL;
const B: Alphabet = Alphabet::BASE64;
const D: Alphabet = Alphabet::DIGIT;
/// Bech32's letters (BIP 173), upper and lower case.
const BECH32: Alphabet = Alphabet::DIGIT.or(Alphabet::EMPTY.with(b"acdefghjklmnpqrstuvwxyz"));
const UUID: Part = Part::Uuid;
/// The padding of base64.
const PAD: Part = between(Alphabet::EMPTY.with(b"="), 0, 2);
