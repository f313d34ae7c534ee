//! When to look again.

/// How often a provider is asked for a batch, in steps of the pace's minute: most batches end within
/// the hour, and a look costs a call.
const STEPS: [u64; 4] = [1, 2, 5, 10];
/// The longest a line waits for its next try, in steps.
const LONGEST_RETRY: u64 = 30;

/// How fast the clock of polling runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// One step, ms: a minute, unless the operator sets another.
    pub step_ms: u64,
}

impl Pace {
    /// How long to wait before the next look, after so many: 1, 2, 5 and 10 steps, then 10 each, with
    /// a tenth more or less by `draw` (0..1), so that submissions made together are not asked for
    /// together.
    pub fn wait_ms(self, looks: u32, draw: f64) -> u64 {
        let index = usize::try_from(looks).unwrap_or(usize::MAX);
        let last = STEPS.last().copied().unwrap_or(1);
        let steps = STEPS.get(index).copied().unwrap_or(last);
        jittered(self.step_ms.saturating_mul(steps), draw)
    }
}

/// How long a line waits after its `tries`th try in vain: what the provider names, or else 1, 2, 4 …
/// steps, at most 30.
pub fn retry_ms(pace: Pace, tries: u32, named_ms: Option<u64>, draw: f64) -> u64 {
    let steps = 1_u64
        .checked_shl(tries.saturating_sub(1))
        .unwrap_or(u64::MAX);
    let own = pace.step_ms.saturating_mul(steps.min(LONGEST_RETRY));
    jittered(named_ms.unwrap_or(0).max(own), draw)
}

fn jittered(ms: u64, draw: f64) -> u64 {
    let share = 0.9 + 0.2 * draw.clamp(0.0, 1.0);
    ((ms as f64 * share) as u64).max(1)
}
