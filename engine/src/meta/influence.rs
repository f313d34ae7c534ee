//! How much one voice may move a model: what spam and flipped verdicts can do is bounded.

use crate::random::mix;

/// Voices are told apart by this many places. Voices that share one also share its allowance, so
/// that many made-up voices together have no more than [`PLACES`] allowances.
pub(super) const PLACES: usize = 32;

/// What the outcomes of one voice weigh together in a window at most; an explicit verdict is 1.
pub const ALLOWANCE: f32 = 60.0;

/// Length of a window, milliseconds.
pub const WINDOW_MS: u64 = 3_600_000;

/// The weight that each voice has had in the present window.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Influence {
    /// Number of the window since 1970.
    pub(super) window: u64,
    pub(super) used: [f32; PLACES],
}

impl Influence {
    /// What of `weight` may still count, and counts it.
    pub(super) fn admit(&mut self, voice: u64, now_ms: u64, weight: f32) -> f32 {
        let window = now_ms / WINDOW_MS;
        // A clock that was set back opens no new window.
        if window > self.window {
            *self = Self {
                window,
                ..Self::default()
            };
        }
        let place = (mix(voice) % PLACES as u64) as usize;
        let Some(used) = self.used.get_mut(place) else {
            return 0.0;
        };
        let admitted = weight.min(ALLOWANCE - *used).max(0.0);
        *used += admitted;
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_voice_has_its_allowance_once_a_window() {
        let mut influence = Influence::default();
        let mut spam = |now_ms| {
            (0..1000)
                .map(|_| influence.admit(7, now_ms, 1.0))
                .sum::<f32>()
        };
        assert_eq!(spam(WINDOW_MS * 5), ALLOWANCE);
        assert_eq!(spam(WINDOW_MS * 6 - 1), 0.0);
        assert_eq!(spam(WINDOW_MS * 2), 0.0, "the clock was set back");
        assert_eq!(spam(WINDOW_MS * 6), ALLOWANCE);
    }

    #[test]
    fn made_up_voices_have_no_more_than_all_places_together() {
        let mut influence = Influence::default();
        let total: f32 = (0..100_000)
            .map(|voice| influence.admit(voice, 0, 1.0))
            .sum();
        assert_eq!(total, ALLOWANCE * PLACES as f32);
    }
}
