//! Whether a value that stands where a secret would stand is one.
//!
//! A name such as `password` has a secret beside it in one case, and in ten a placeholder, a
//! reference to where the secret is kept, a call, a type or a sentence.

mod code;
mod letters;
mod placeholder;
mod plain;
mod technical;

#[cfg(test)]
mod tests;

use super::shape::{Alphabet, Mix};
use super::token;
pub(super) use letters::are_words;

/// What a value is, judged by its form alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judged {
    /// Stands for a value that is not there: `<token>`, `${TOKEN}`, `changeme`, `xxxx`, `...`, a
    /// reference, a call, a masked value.
    Placeholder,
    /// A word, an identifier, a type, a sentence: no secret by itself.
    Ordinary,
    /// As people choose passwords: `Castle-Garden7!`.
    Password,
    /// As machines make keys.
    Random,
}

/// A longer value is judged by so much of its beginning, bytes.
const JUDGED: usize = 256;
/// The shortest password that is told from other words, bytes.
const SHORTEST: usize = 6;
/// The shortest run that is told to be random, bytes.
const RANDOM: usize = 16;
/// What people put into passwords, and programs seldom into names, paths and numbers.
pub(super) const SYMBOL: Alphabet = Alphabet::range(b'!', b'!').with(b"#$%^&*?@+~=");

/// Judges a value by its form, of which a long one's beginning suffices.
pub(super) fn judge(value: &str) -> Judged {
    let value = beginning(value.trim());
    if token::published(value) {
        Judged::Placeholder
    } else if is_noise(value) {
        Judged::Random
    } else if code::is_file(value) {
        Judged::Ordinary
    } else if placeholder::is(value) || code::is_reference(value) {
        Judged::Placeholder
    } else if value.len() < SHORTEST
        || value.contains(char::is_whitespace)
        || technical::is_named(value)
    {
        Judged::Ordinary
    } else if is_uuid(value) || is_random(value) {
        Judged::Random
    } else if code::is(value) || plain::is(value) {
        Judged::Ordinary
    } else if is_password(value) {
        Judged::Password
    } else {
        Judged::Ordinary
    }
}

/// Whether a value that [`judge`] holds for ordinary is a password nevertheless, where the name and
/// the form of the assignment leave no doubt that one stands there: `hunter2`, `summer2024`,
/// `orange-bridge-482`, `four-words-in-row`.
pub(super) fn is_weak_password(value: &str) -> bool {
    let value = beginning(value.trim());
    if value.len() < SHORTEST
        || value.contains(char::is_whitespace)
        || placeholder::is(value)
        || code::is_reference(value)
        || technical::is(value)
    {
        return false;
    }
    let mix = Mix::of(value);
    let letters = mix.lower + mix.upper;
    if letters == 0 {
        return value.bytes().filter(|b| SYMBOL.has(*b)).count() >= 2;
    }
    let words = value.split(['-', '.', '_', ' ']).count();
    is_irregular(value)
        || mix.digit > 0 && (letters >= 3 || mix.digit >= 4) && !code::is(value)
        || mix.digit >= 2 && words >= 2 && letters >= 6
        || words >= 4 && !value.contains(['.', '_']) && letters >= 16
        || value
            .trim_end_matches(['!', '?'])
            .bytes()
            .any(|b| SYMBOL.has(b))
            && letters >= 5
            && !code::is(value)
}

/// Too short or too regular to be a key, but no words either: `hRLTkyHnjL3`.
pub(super) fn is_irregular(value: &str) -> bool {
    let mix = Mix::of(value);
    value.len() >= 10 && mix.lower > 1 && mix.upper > 1 && letters::are_random(value)
}

/// Whether a value is words and a number joined as people join them in passwords, and as few names
/// are: `maple-cricket-nebula-92`.
pub(super) fn is_chained(value: &str) -> bool {
    let mut words = 0;
    let chained = value.split(['-', '.', '_']).all(|part| {
        let letters = Alphabet::LETTER.run(part, 0, part.len());
        words += usize::from(letters >= 4);
        let digits = Alphabet::DIGIT.run(part, letters, part.len());
        letters + digits == part.len() && (letters == 0 || letters >= 4)
    });
    let small = value.bytes().any(|b| b.is_ascii_lowercase());
    chained
        && small
        && words >= 3
        && value.bytes().any(|b| b.is_ascii_digit())
        && !placeholder::is(value)
}

/// Whether a value stands out in a sentence, where any word could stand.
pub(super) fn is_striking(value: &str) -> bool {
    let mix = Mix::of(value);
    match judge(value) {
        Judged::Random => true,
        Judged::Password => {
            let symbols = value.bytes().filter(|b| SYMBOL.has(*b)).count();
            value.len() >= 8 && symbols > 0 && mix.digit > 0 && mix.lower + mix.upper > 2
        }
        Judged::Placeholder | Judged::Ordinary => false,
    }
}

/// Whether this is a digest's or an object's form: hexadecimal, or a UUID. Beside a name that does
/// not say otherwise such a value is more often an id than a key.
pub(super) fn is_hex(value: &str) -> bool {
    is_uuid(value) || value.len() >= 16 && Alphabet::HEX.run(value, 0, value.len()) == value.len()
}

pub(super) fn is_uuid(value: &str) -> bool {
    let groups = value.split('-').map(|group| {
        let hex = Alphabet::HEX.run(group, 0, group.len()) == group.len();
        if hex { group.len() } else { 0 }
    });
    groups.eq([8, 4, 4, 4, 12])
}

/// Whether a value without quotes is what a program computes (a call, a macro, an index, a
/// reference), or another name with its value.
pub(super) fn is_expression(value: &str) -> bool {
    let value = beginning(value);
    code::is_field(value) || code::is_expression(value) && !is_noise(value)
}

/// So much of a value that judging costs no more for a long one.
fn beginning(value: &str) -> &str {
    let end = value.floor_char_boundary(JUDGED);
    value.get(..end).unwrap_or(value)
}

/// Letters, digits and signs of all sorts by lot: brackets and percent signs in it are no field's.
fn is_noise(value: &str) -> bool {
    let signs = value.bytes().filter(u8::is_ascii_punctuation);
    let kinds = signs
        .fold(0u128, |seen, byte| seen | 1 << (byte & 127))
        .count_ones();
    value.len() >= 24
        && kinds >= 6
        && value.is_ascii()
        && !value.contains(char::is_whitespace)
        && !value.contains("://")
        && !technical::is_pattern(value)
        && Mix::of(value).classes() >= 2
        && distinct(value) >= 16
        && letters::are_random(value)
}

fn is_random(value: &str) -> bool {
    let set = Alphabet::ALNUM.with(b"-_+/=.~:%!#*$^&@?");
    if value.len() < RANDOM || set.run(value, 0, value.len()) < value.len() {
        return false;
    }
    if is_hex(value) {
        let mix = Mix::of(value);
        return mix.digit > 0 && mix.digit < value.len() && distinct(value) >= 6;
    }
    // Separators happen in random values too. What stands between two of them has to be random by
    // itself, or the whole needs all three classes, as names joined by separators have not.
    let parts = || {
        value
            .split(['-', '_', '.', '/', ':', '+', '=', '~', '%'])
            .filter(|part| !part.is_empty())
    };
    let drawn: usize = parts()
        .filter(|part| part.len() >= 8 && letters::are_random(part))
        .map(str::len)
        .sum();
    if drawn * 2 >= value.len() || drawn >= 20 {
        return true;
    }
    let alone = parts().count() == 1;
    letters::are_random(value)
        && Mix::of(value).classes() == 3
        && (alone || parts().count() * 5 <= value.len() + 5)
        || alone && letters::are_random(value)
}

fn is_password(value: &str) -> bool {
    let mix = Mix::of(value);
    let letters = mix.lower + mix.upper;
    let symbol = value.bytes().any(|b| SYMBOL.has(b));
    if letters == 0 {
        let symbols = value.bytes().filter(|b| SYMBOL.has(*b)).count();
        return mix.digit > 0 && symbols >= 2 && value.len() >= 8;
    }
    if mix.digit == 0 {
        let inner = value.get(1..value.len() - 1).unwrap_or_default();
        return value.len() >= 8
            && letters >= 4
            && mix.upper > 0
            && mix.lower > 0
            && inner.bytes().any(|b| SYMBOL.has(b));
    }
    if mix.other == 0 {
        return value.len() >= 8 && mix.digit >= 2 && (mix.upper > 0 || mix.turns >= 4);
    }
    symbol || value.len() >= 8 && (mix.digit >= 2 || mix.turns >= 5)
}

fn distinct(value: &str) -> u32 {
    let seen = value.bytes().fold(0u128, |seen, byte| {
        seen | 1 << (byte.to_ascii_lowercase() & 127)
    });
    seen.count_ones()
}
