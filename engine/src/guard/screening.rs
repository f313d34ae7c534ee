//! A request's body under the guard: what it holds, and what of it may go out.

use super::finding::{Kind, Tier};
use super::mask::Masked;
use super::policy::Policy;

/// Something that was found, as people are told of it: what and where, never the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// What it is.
    pub kind: Kind,
    /// The JSON path of the text that holds it, such as `messages[2].content`.
    pub place: String,
    /// The line of that text, from 1.
    pub line: usize,
    /// How long it is, bytes.
    pub bytes: usize,
}

/// What a request's body holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Screening {
    /// The tier of the whole.
    pub tier: Tier,
    /// What was found, in the body's order.
    pub findings: Vec<Located>,
}

impl Screening {
    /// Examines every text of a request's JSON body. What cannot be examined (no JSON, too much
    /// text) is tier 0, and a finding says so.
    pub fn of(_body: &[u8], _policy: &Policy) -> Self {
        Self::default()
    }

    /// The body with all that was found replaced by placeholders; none where the result is not
    /// beyond doubt. `nonce` makes the placeholders unguessable; a conversation keeps its nonce, so
    /// that a value keeps its placeholder.
    pub fn masked(&self, _body: &[u8], _policy: &Policy, _nonce: u64) -> Option<Masked> {
        None
    }

    /// What was found and where, in one line for people; at most a few places.
    pub fn summary(&self) -> String {
        String::new()
    }
}
