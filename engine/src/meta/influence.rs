//! How much one voice may move a model: what spam and flipped verdicts can do is bounded.

use crate::random::mix;

/// Keys are told apart by this many places. Those that share one also share its allowance, so that many
/// made-up ones together have no more than [`KEYS`] allowances.
pub(super) const KEYS: usize = 32;
/// The same of conversations.
pub(super) const TALKS: usize = 64;

/// What the outcomes told by one key weigh together in a window at most; an explicit verdict is 1. A
/// program that speaks for all its users has one key.
pub const ALLOWANCE: f32 = 300.0;
/// What those of one conversation weigh: one user of such a program is one voice among many.
pub const TALK_ALLOWANCE: f32 = 12.0;

/// Length of a window, milliseconds.
pub const WINDOW_MS: u64 = 3_600_000;

/// Who tells of an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Voice {
    /// Tells apart the keys: a hash.
    pub key: u64,
    /// Tells apart the conversations: a hash.
    pub talk: u64,
}

/// Of somebody who speaks of one conversation.
impl From<u64> for Voice {
    fn from(voice: u64) -> Self {
        Self {
            key: voice,
            talk: voice,
        }
    }
}

/// The weight that each voice has had in the present window.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Influence {
    /// Number of the window since 1970.
    pub(super) window: u64,
    pub(super) keys: [f32; KEYS],
    pub(super) talks: [f32; TALKS],
}

impl Default for Influence {
    fn default() -> Self {
        Self {
            window: 0,
            keys: [0.0; KEYS],
            talks: [0.0; TALKS],
        }
    }
}

impl Influence {
    /// What of `weight` may still count, and counts it.
    pub(super) fn admit(&mut self, voice: Voice, now_ms: u64, weight: f32) -> f32 {
        let window = now_ms / WINDOW_MS;
        // A clock that was set back opens no new window.
        if window > self.window {
            *self = Self {
                window,
                ..Self::default()
            };
        }
        let (Some(key), Some(talk)) = (
            place(&mut self.keys, voice.key),
            place(&mut self.talks, voice.talk),
        ) else {
            return 0.0;
        };
        let left = (ALLOWANCE - *key).min(TALK_ALLOWANCE - *talk);
        let admitted = weight.min(left).max(0.0);
        *key += admitted;
        *talk += admitted;
        admitted
    }
}

fn place(places: &mut [f32], voice: u64) -> Option<&mut f32> {
    let count = places.len().max(1) as u64;
    places.get_mut((mix(voice) % count) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_has_its_allowance_once_a_window() {
        let mut influence = Influence::default();
        let mut spam = |now_ms| {
            let votes = (0..1000).map(|_| influence.admit(Voice { key: 7, talk: 3 }, now_ms, 1.0));
            votes.sum::<f32>()
        };
        assert_eq!(spam(WINDOW_MS * 5), TALK_ALLOWANCE);
        assert_eq!(spam(WINDOW_MS * 6 - 1), 0.0);
        assert_eq!(spam(WINDOW_MS * 2), 0.0, "the clock was set back");
        assert_eq!(spam(WINDOW_MS * 6), TALK_ALLOWANCE);
    }

    #[test]
    fn a_key_has_its_own_whatever_conversations_it_makes_up_and_leaves_others_theirs() {
        let mut influence = Influence::default();
        let mut admitted = |key, talks: std::ops::Range<u64>| {
            let votes = talks.map(|talk| influence.admit(Voice { key, talk }, 0, 1.0));
            votes.sum::<f32>()
        };
        assert_eq!(admitted(7, 0..100_000), ALLOWANCE);
        let left = admitted(8, 0..100_000);
        assert_eq!(left, ALLOWANCE, "as much is left to another key");
    }

    #[test]
    fn made_up_voices_have_no_more_than_all_places_together() {
        let mut influence = Influence::default();
        let votes = (0..100_000).map(|voice: u64| influence.admit(voice.into(), 0, 1.0));
        assert!(votes.sum::<f32>() <= TALK_ALLOWANCE * TALKS as f32);
    }
}
