//! Whether a string is such as machines make at random.
//!
//! People write placeholders, names and sentences where a token would stand; a token's body has
//! none of their regularities. Every limit is set so that less than one random string in ten
//! thousand is taken for human-made.

use super::super::shape::{Alphabet, Mix, entropy};
use super::super::value::are_words;

/// Below this many bytes there is too little to judge by.
const SHORTEST: usize = 8;

/// From this length on words are told from letters drawn by lot, bytes.
const WORDY: usize = 20;

/// What stands in placeholders, lower case. Long enough that chance does not write them.
const TELLING: &[&str] = &[
    "example",
    "sample",
    "placeholder",
    "changeme",
    "change_me",
    "change-me",
    "redacted",
    "replace",
    "insert",
    "dummy",
    "secret",
    "password",
    "foobar",
    "abcdef",
    "123456",
    "qwerty",
    "deadbeef",
    "notreal",
    "not_real",
    "not-real",
    "your_",
    "your-",
    "yourtoken",
    "yourkey",
    "yourapi",
];

/// What placeholders begin with, lower case.
const BEGINNINGS: &[&str] = &["your", "fake", "test_", "test-", "my_own", "my-own", "here"];

/// More than this many bytes tell no more.
const LONGEST: usize = 256;

/// Whether a token's body of this alphabet is random. The body is ASCII.
pub(in crate::guard) fn random(body: &str, of: Alphabet) -> bool {
    let body = body.get(..LONGEST).unwrap_or(body);
    let drawn = || varied(body) && mixed(body, of) && !sequential(body) && !periodic(body);
    let words = || body.len() >= WORDY && are_words(body);
    let made = || words() || (of.has(b'_') && named(body)) || telling(body);
    body.len() < SHORTEST || (drawn() && !made())
}

/// Whether enough different characters occur.
fn varied(body: &str) -> bool {
    let least = match body.len() {
        0..16 => 1.5,
        16..24 => 2.0,
        _ => 2.5,
    };
    entropy(body) >= least
}

/// Whether all sorts of characters occur that must.
fn mixed(body: &str, of: Alphabet) -> bool {
    if body.len() < 16 {
        return true;
    }
    let mix = Mix::of(body);
    let both_cases = of.has(b'z') && of.has(b'Z');
    if both_cases {
        return mix.classes() >= 2;
    }
    // Hex alone has a few letters only: sixteen in a row without a digit are a word.
    of.has(b'z') || of.has(b'Z') || !of.has(b'a') || mix.digit > 0
}

/// Whether it counts up, as `abcdef123456` does, or stands still.
fn sequential(body: &str) -> bool {
    let lower = |byte: u8| byte.to_ascii_lowercase();
    let pairs = body.bytes().zip(body.bytes().skip(1));
    let steps = pairs.filter(|(one, next)| matches!(lower(*next).wrapping_sub(lower(*one)), 0 | 1));
    steps.count() * 2 >= body.len()
}

/// Whether it repeats itself.
fn periodic(body: &str) -> bool {
    let bytes = body.as_bytes();
    (1..=16usize).any(|period| {
        let Some(shifted) = bytes.get(period..) else {
            return false;
        };
        let same = bytes.iter().zip(shifted).filter(|(a, b)| a == b).count();
        shifted.len() >= 8 && shifted.len() >= period && same * 5 >= shifted.len() * 4
    })
}

/// Whether it says itself that it is no token.
fn telling(body: &str) -> bool {
    let lower = body.to_ascii_lowercase();
    // In a long body, four of one letter are drawn once in some ten thousand.
    let crossed = match body.len() {
        ..40 => body.contains("xxxx") || body.contains("XXXX"),
        _ => body.contains("xxxxxxx") || body.contains("XXXXXXX"),
    };
    crossed
        || BEGINNINGS.iter().any(|word| lower.starts_with(word))
        || TELLING.iter().any(|word| lower.contains(word))
}

/// Whether it is a name of code, or two of them joined: most of it are words between `_` or `-`
/// that change between small letters, capitals and digits once at most, as in
/// `DH_KEM_P256_HKDF_SHA256` and `user_pwd_newOPENSSL_sk_new`.
fn named(body: &str) -> bool {
    let word = |word: &&str| {
        let mut heads = word.bytes().zip(word.bytes().skip(1));
        let capital = matches!(heads.next(), Some((a, b)) if a.is_ascii_uppercase() && b.is_ascii_lowercase());
        Mix::of(word).turns <= 1 + usize::from(capital)
    };
    let parts = body.split(['_', '-']);
    let words: usize = parts.clone().filter(word).map(str::len).sum();
    let gaps = parts.count() - 1;
    let size = body.len() - gaps;
    // In a short body a few words come about by chance.
    let most = if body.len() < 32 {
        size * 4 / 5
    } else {
        size * 2 / 3
    };
    gaps >= 2 && words > most
}
