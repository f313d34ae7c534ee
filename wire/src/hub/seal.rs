//! Thinking in a dialect that is not its maker's.
//!
//! A client keeps a block of thinking and sends it back with the next turn, in its own dialect:
//! Anthropic's has a `signature`, OpenAI's `encrypted_content`. Where the answer came from another
//! maker, that field holds a seal: a mark, who made the block, and its maker's own proof. Going
//! back to the maker the seal is opened; on the way to anybody else the block is left out, because
//! providers refuse thinking that they did not sign.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::event::Origin;
use crate::json::from_bytes;

/// What a seal begins with. No provider's own signature does.
pub const SEAL_MARK: &str = "moecraft.";

#[derive(Serialize, Deserialize)]
struct Sealed {
    origin: Origin,
    proof: Option<String>,
}

/// The seal for a block of thinking: visible ASCII, to stand in a foreign dialect's proof.
pub fn seal(origin: &Origin, proof: Option<&str>) -> String {
    let sealed = Sealed {
        origin: origin.clone(),
        proof: proof.map(str::to_owned),
    };
    let json = serde_json::to_vec(&sealed).unwrap_or_default();
    format!("{SEAL_MARK}{}", URL_SAFE_NO_PAD.encode(&json))
}

/// Opens a seal: who made the block, and the maker's proof. None for what is no seal.
pub fn unseal(text: &str) -> Option<(Origin, Option<String>)> {
    let json = URL_SAFE_NO_PAD.decode(text.strip_prefix(SEAL_MARK)?).ok()?;
    let Sealed { origin, proof } = from_bytes(&json).ok()?;
    Some((origin, proof))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_sealed_comes_back(id in ".{0,20}", proof in prop::option::of(".{0,80}"), which in 0..3u8) {
            let origin = match which {
                0 => Origin::Anthropic { redacted: false },
                1 => Origin::Responses { id },
                _ => Origin::Plain,
            };
            let sealed = seal(&origin, proof.as_deref());
            prop_assert!(sealed.is_ascii());
            prop_assert_eq!(unseal(&sealed), Some((origin, proof)));
        }

        #[test]
        fn nothing_else_is_taken_for_a_seal_or_makes_it_panic(text in ".{0,60}") {
            let marked = format!("{SEAL_MARK}{text}");
            let _ = unseal(&marked);
            if !text.starts_with(SEAL_MARK) {
                prop_assert_eq!(unseal(&text), None);
            }
        }
    }
}
