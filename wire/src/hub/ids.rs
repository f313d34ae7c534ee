//! Ids of tool calls that every provider takes.

use std::borrow::Cow;
use std::fmt::Write;

use sha2::{Digest, Sha256};

/// The longest id that all providers take, characters (OpenAI Chat: 40).
const MAX_ID: usize = 40;

/// The id in a form that every provider takes: letters, digits, `_` and `-`, at most 40 of them
/// (Anthropic refuses other characters, OpenAI longer ids). An id in another form becomes a digest
/// of itself, so that a call and its result still meet, in every turn.
pub fn portable_id(id: &str) -> Cow<'_, str> {
    let fits = (1..=MAX_ID).contains(&id.len())
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    if fits {
        return Cow::Borrowed(id);
    }
    let digest = Sha256::digest(id.as_bytes());
    let mut portable = String::from("call_");
    for byte in digest.iter().take(16) {
        // Writing to a string cannot fail.
        let _ = write!(portable, "{byte:02x}");
    }
    Cow::Owned(portable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_ids_stay_as_they_are() {
        for id in ["toolu_01AbC", "call_9-x", "a"] {
            assert_eq!(portable_id(id), id);
        }
    }

    #[test]
    fn odd_ids_become_the_same_portable_one_every_time() {
        for id in [
            "",
            "functions.read:0",
            "call_abc.weird",
            &"x".repeat(41),
            "ü",
        ] {
            let portable = portable_id(id).into_owned();
            assert_eq!(portable_id(&portable), portable);
            assert_eq!(portable_id(id), portable);
        }
        assert_ne!(portable_id("a.b"), portable_id("a:b"));
    }
}
