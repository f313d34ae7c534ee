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

/// Whether a range of a text lies within a placeholder that was `issued`. By its form alone none is
/// honoured: anybody can write one around a value.
pub(super) fn holds(text: &str, range: &Range<usize>, issued: impl Fn(&str) -> bool) -> bool {
    let bytes = text.as_bytes();
    let from = range.start.saturating_sub(LONGEST);
    let Some(before) = bytes.get(from..bytes.len().min(range.start + OPEN.len())) else {
        return false;
    };
    let Some(open) = memchr::memmem::rfind(before, OPEN.as_bytes()).map(|at| from + at) else {
        return false;
    };
    let Some(end) = end(bytes, open).map(|size| open + size) else {
        return false;
    };
    range.end <= end && text.get(open..end).is_some_and(issued)
}

/// Everything in a text that stands between a placeholder's brackets, with them.
pub(super) fn bracketed(text: &str) -> impl Iterator<Item = &str> {
    let bytes = text.as_bytes();
    let opens = memchr::memchr_iter(b'[', bytes);
    let opens = opens.filter(|open| bytes.get(open + 1) == Some(&b'['));
    opens.filter_map(|open| text.get(open..open + end(bytes, open)?))
}

/// How long a placeholder is that opens here; none where it is not closed within [`LONGEST`].
pub(super) fn end(bytes: &[u8], open: usize) -> Option<usize> {
    let rest = bytes.get(open..bytes.len().min(open + LONGEST))?;
    let size = memchr::memmem::find(rest.get(OPEN.len()..)?, CLOSE.as_bytes())?;
    Some(OPEN.len() + size + CLOSE.len())
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
        let held = |range| holds(&text, &range, |name| name == one);
        assert!(held(2..2 + one.len()) && held(4..9));
        assert!(!held(2..3 + one.len()) && !held(0..4));
        assert!(!holds(&text, &(4..9), |_| false) && !holds("", &(0..0), |_| true));
    }
}
