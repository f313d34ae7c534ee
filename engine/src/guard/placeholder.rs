//! What stands in the place of a masked value: `[[GITHUB_TOKEN_k7q2mwxa]]`.
//!
//! Typed, so that a model knows what it is about; the same for the same value, so that it knows
//! when two are one; made with a secret nonce, so that nobody can guess one.

use std::ops::Range;

use hmac::{Hmac, Mac};
use sha2::Sha256;

const OPEN: &str = "[[";
const CLOSE: &str = "]]";
/// Letters of the tag that tells placeholders of one kind apart: 40 bits.
const TAG: usize = 8;
/// The longest kind that is written out, bytes.
const MAX_KIND: usize = 32;
/// The longest placeholder, bytes, as a model may write it back: with blanks and backslashes.
pub(super) const LONGEST: usize = 96;

const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// The placeholder of a value.
pub(super) fn of(kind: &str, value: &str, nonce: u64) -> String {
    let mut tag = String::with_capacity(TAG);
    // A MAC takes a key of any length.
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&nonce.to_be_bytes()) {
        mac.update(value.as_bytes());
        let digest = mac.finalize().into_bytes();
        tag.extend(digest.iter().take(TAG).filter_map(|byte| {
            LETTERS
                .get(usize::from(byte & 31))
                .map(|letter| char::from(*letter))
        }));
    }
    let kind: String = kind.chars().take(MAX_KIND).collect();
    format!("{OPEN}{}_{tag}{CLOSE}", kind.to_ascii_uppercase())
}

/// Whether a range of a text lies within a placeholder.
pub(super) fn holds(text: &str, range: &Range<usize>) -> bool {
    let bytes = text.as_bytes();
    let from = range.start.saturating_sub(LONGEST);
    let Some(before) = bytes.get(from..bytes.len().min(range.start + OPEN.len())) else {
        return false;
    };
    let Some(open) = memchr::memmem::rfind(before, OPEN.as_bytes()).map(|at| from + at) else {
        return false;
    };
    let rest = bytes
        .get(open + OPEN.len()..bytes.len().min(open + LONGEST))
        .unwrap_or_default();
    let Some(size) = memchr::memmem::find(rest, CLOSE.as_bytes()) else {
        return false;
    };
    let end = open + OPEN.len() + size + CLOSE.len();
    range.end <= end && rest.get(..size).is_some_and(is_name)
}

/// Whether this is what stands between the brackets: a kind and a tag.
fn is_name(name: &[u8]) -> bool {
    let Some((kind, tag)) = name.split_at_checked(name.len().wrapping_sub(TAG)) else {
        return false;
    };
    kind.len() > 1
        && kind.ends_with(b"_")
        && kind
            .iter()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_')
        && tag.iter().all(|b| LETTERS.contains(b))
}

/// A placeholder as it was issued, from one as a model may have written it: with blanks, with
/// backslashes before `_`, in another case.
pub(super) fn canonical(written: &str) -> String {
    written
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '\\')
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_keeps_its_placeholder_and_another_has_another() {
        let one = of("email", "a@b.co", 7);
        assert_eq!(one, of("email", "a@b.co", 7));
        assert!(one.starts_with("[[EMAIL_") && one.len() == "[[EMAIL_".len() + TAG + 2);
        assert_ne!(one, of("email", "c@b.co", 7));
        assert_ne!(one, of("email", "a@b.co", 8));
    }

    #[test]
    fn only_what_lies_inside_is_held() {
        let one = of("email", "a@b.co", 7);
        let text = format!("x={one}y");
        assert!(holds(&text, &(2..2 + one.len())) && holds(&text, &(4..9)));
        assert!(!holds(&text, &(2..3 + one.len())) && !holds(&text, &(0..4)));
        assert!(!holds("[[not one]]", &(2..5)) && !holds("", &(0..0)));
    }
}
