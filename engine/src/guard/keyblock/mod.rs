//! Private keys that stand as blocks, and keys of wallets: PEM and its kin, PuTTY, JSON web keys,
//! seed phrases.

use std::ops::Range;

use super::finding::Kind;
use super::hits::Hits;

mod jwk;
mod pem;
mod putty;
mod seed;
#[cfg(test)]
mod tests;
mod wallet;

type Check = fn(&str, Range<usize>, &mut Hits);

const PRIVATE_KEY: Kind = Kind::credential("private_key", "a private key");

/// What is looked for, in lower case, and who looks at it.
const LITERALS: &[(&str, Check)] = &[
    ("-----begin", pem::at_begin),
    ("---- begin", pem::at_begin),
    ("-----end", pem::at_end),
    ("-----ortva", pem::at_rot13_begin),
    ("nigeb-----", pem::at_reversed_begin),
    ("b3blbnnzac1rzxktdj", pem::at_openssh),
    ("private-lines:", putty::at_private_lines),
    ("\"kty", jwk::at_type),
    ("'kty", jwk::at_type),
    ("seed", seed::at_label),
    ("mnemonic", seed::at_label),
    ("phrase", seed::at_label),
    ("wallet", seed::at_label),
    ("bip39", seed::at_label),
    ("bip-39", seed::at_label),
    ("mnemonik", seed::at_label),
    ("semilla", seed::at_label),
    ("semente", seed::at_label),
    ("recupero", seed::at_label),
    ("recupera", seed::at_label),
    ("récupération", seed::at_label),
    ("wiederherstellung", seed::at_label),
    ("wortliste", seed::at_label),
    ("0x", wallet::at_hex),
];

/// Looks for what no literal tells of.
pub(super) fn scan(text: &str, hits: &mut Hits) {
    seed::scan(text, hits);
}

/// What the rules want to be called for.
pub(super) fn literals() -> Vec<&'static str> {
    LITERALS.iter().map(|(literal, _)| *literal).collect()
}

/// Looks for a key where a literal stands.
pub(super) fn check(text: &str, literal: usize, at: Range<usize>, hits: &mut Hits) {
    if let Some((_, check)) = LITERALS.get(literal) {
        check(text, at, hits);
    }
}
