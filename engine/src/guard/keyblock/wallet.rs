//! Private keys of wallets in hexadecimal: 64 digits after `0x`, as hashes have too, so a word near
//! by must say that it is a key.

use std::ops::Range;

use super::super::finding::Kind;
use super::super::hits::Hits;
use super::super::shape::{Alphabet, after};
use super::super::token::random;

const KIND: Kind = Kind::credential("wallet_private_key", "a wallet's private key");

/// The digits of a key.
const DIGITS: usize = 64;

/// How far before the key its word may stand, bytes.
const NEAR: usize = 80;

/// Lower case.
const KEY_WORDS: &[&str] = &[
    "priv",
    "secret",
    "signer",
    "deployer",
    "wallet_key",
    "wallet key",
];

/// Lower case. Nearer than a key's word, they say that it is none.
const HASH_WORDS: &[&str] = &[
    "hash",
    "txid",
    "tx:",
    "tx =",
    "transaction",
    "public",
    "address",
    "root",
];

/// Looks at `0x`.
pub(super) fn at_hex(text: &str, at: Range<usize>, hits: &mut Hits) {
    let end = at.end + Alphabet::HEX.run(text, at.end, DIGITS);
    let exact = end - at.end == DIGITS && !after(text, end).is_some_and(|b| Alphabet::WORD.has(b));
    let digits = text.get(at.end..end).unwrap_or_default();
    if !exact || !random(digits, Alphabet::HEX) {
        return;
    }
    let head = text.as_bytes().get(at.start.saturating_sub(NEAR)..at.start);
    let head = head.unwrap_or_default().to_ascii_lowercase();
    let last = |words: &[&str]| {
        let places = words.iter().filter_map(|word| {
            head.windows(word.len())
                .rposition(|window| window == word.as_bytes())
        });
        places.max()
    };
    if last(KEY_WORDS).is_some_and(|key| last(HASH_WORDS).is_none_or(|hash| hash < key)) {
        hits.by_context(KIND, at.start..end);
    }
}
