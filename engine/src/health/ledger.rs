//! Which places are in trouble, and until when they are left alone. A healthy place has no entry,
//! so that a tenant without trouble pays nothing for this.
//!
//! ```text
//! closed ── failures ──► open ── time ──► half-open ── claim ──► open for PROBE_MS, for all others
//!    ▲                     ▲                                        │
//!    │                     └── the probe fails: twice as long ──────┤
//!    └───────────────── the probe succeeds ─────────────────────────┘
//! ```
//!
//! Where the provider said when it will serve again, and that is soon, there is nothing to probe:
//! the place is simply open until then. A reset far away is not waited for blindly, because money
//! may be paid in or a limit lifted before.

use serde::{Deserialize, Serialize};

use super::failure::{Failure, FailureClass, LONGEST_RATE_LIMIT_MS, Scope};
use super::limits::Window;
use super::pace::{Paces, Watch};

/// How long others are kept away while one request probes a place, ms.
pub const PROBE_MS: u64 = 30_000;

/// The most places remembered. Room is made by one that is not blocked, the oldest first.
const MAX_PLACES: usize = 256;
/// The longest provider or model name remembered, bytes: clients make up the latter.
const MAX_NAME: usize = 200;

/// Pauses between probes of a place without quota or with a refused key, ms.
const QUOTA_LADDER: [u64; 5] = [300_000, 600_000, 1_200_000, 2_400_000, 3_600_000];
/// Pauses between probes of a place that fails, ms.
const OUTAGE_LADDER: [u64; 5] = [5_000, 10_000, 20_000, 40_000, 60_000];
/// Pauses of a place that limits its rate and does not say for how long, ms.
const RATE_LADDER: [u64; 7] = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000];
/// Windows that are reset sooner than this are not left, ms: the next call comes hardly sooner.
const SHORTEST_LEAVE_MS: u64 = 1_000;

/// How one call went.
#[derive(Debug, Clone, Copy)]
pub struct Observation<'a> {
    /// The provider that was called.
    pub provider: &'a str,
    /// The model, as a catalogue id.
    pub model: &'a str,
    /// When the request was admitted, Unix ms, by the clock that `now` is from. What began before a
    /// place was left says nothing about it since.
    pub admitted_ms: u64,
    /// What went wrong; none when it served.
    pub failure: Option<Failure>,
    /// The windows that are exhausted.
    pub windows: &'a [Window],
}

/// A place that is not to be called now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blocked {
    /// When it may be called again, Unix ms.
    pub until_ms: u64,
    /// What went wrong.
    pub why: FailureClass,
}

/// Whether a place is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is left alone.
    Open,
    /// It serves again.
    Closed,
}

/// A place whose state has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The provider.
    pub provider: String,
    /// The model; none is all of the provider's.
    pub model: Option<String>,
    /// What the place is now.
    pub state: State,
    /// When it may be called again, Unix ms; 0 where it serves.
    pub until_ms: u64,
    /// What went wrong, last.
    pub why: FailureClass,
}

/// A place in trouble. It has been opened when `openings` is not 0; until then it only counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    provider: String,
    /// None is all of the provider's models.
    model: Option<String>,
    why: FailureClass,
    /// Failures in a row.
    failures: u32,
    /// How often it was left in a row, for the same kind of trouble.
    openings: u32,
    until_ms: u64,
    /// When it was last left; of a place never left, its last failure.
    since_ms: u64,
    /// Whether the provider named the end: then it needs no probe.
    told: bool,
}

/// What is known of a tenant's places.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Health {
    entries: Vec<Entry>,
    #[serde(default, skip_serializing_if = "Watch::is_empty")]
    watch: Watch,
    #[serde(skip)]
    revision: u64,
}

impl Health {
    /// Learns from a call that ended at `now` (Unix ms); `jitter`, 0 to 1, spreads the returns of
    /// many tenants. Gives the places whose state has changed.
    pub fn observe(&mut self, seen: &Observation<'_>, now: u64, jitter: f64) -> Vec<Change> {
        let mut changes = Vec::new();
        match seen.failure {
            None => self.close(seen, &mut changes),
            Some(failure) => changes.extend(self.fail(seen, failure, now, jitter)),
        }
        for window in seen.windows.iter().filter(|window| window.is_exhausted()) {
            // A refusal about one model cannot be about the model that has just served.
            let contradicted = window.is_rejected() && window.scope() == Scope::Model;
            if seen.failure.is_some() || !contradicted {
                changes.extend(self.leave(seen, window, now, jitter));
            }
        }
        changes
    }

    /// Learns how long a model took for an answer that came at `now` (Unix ms).
    pub fn timed(&mut self, model: &str, took_ms: u32, now: u64) {
        if self.watch.note(model, took_ms, now) {
            self.revision += 1;
        }
    }

    /// How long models have taken of late.
    pub fn paces(&self) -> Paces {
        self.watch.told()
    }

    /// Whether, and until when, a model at a provider is left alone.
    pub fn blocked_until(&self, provider: &str, model: &str, now: u64) -> Option<Blocked> {
        let blocked = self.entries.iter().filter(|entry| {
            entry.until_ms > now && entry.provider == provider && entry.covers(model)
        });
        let longest = blocked.max_by_key(|entry| entry.until_ms)?;
        Some(Blocked {
            until_ms: longest.until_ms,
            why: longest.why,
        })
    }

    /// Whether a request may call this place now. Of a place that is half-open it may one, which is
    /// thereby the probe, and no other for [`PROBE_MS`].
    pub fn claim_probe(&mut self, provider: &str, model: &str, now: u64) -> bool {
        if self.entries.is_empty() {
            return true;
        }
        if self.blocked_until(provider, model, now).is_some() {
            return false;
        }
        let covering = self
            .entries
            .iter_mut()
            .filter(|entry| entry.provider == provider && entry.covers(model));
        for entry in covering.filter(|entry| entry.is_half_open(now)) {
            entry.until_ms = now.saturating_add(PROBE_MS);
            self.revision += 1;
        }
        true
    }

    /// The places left alone at `now`: provider, model (none is all of the provider's), and why.
    pub fn blocked(&self, now: u64) -> impl Iterator<Item = (&str, Option<&str>, Blocked)> {
        let blocked = self.entries.iter().filter(move |e| e.until_ms > now);
        blocked.map(|entry| {
            let why = Blocked {
                until_ms: entry.until_ms,
                why: entry.why,
            };
            (entry.provider.as_str(), entry.model.as_deref(), why)
        })
    }

    /// The places that may be called again on probation, and that nobody has claimed: provider and
    /// model (none is all of the provider's).
    pub fn half_open(&self, now: u64) -> impl Iterator<Item = (&str, Option<&str>)> {
        let half_open = self.entries.iter().filter(move |e| e.is_half_open(now));
        half_open.map(|entry| (entry.provider.as_str(), entry.model.as_deref()))
    }

    /// When the next block ends, Unix ms.
    pub fn next_return(&self, now: u64) -> Option<u64> {
        self.blocked(now).map(|(_, _, why)| why.until_ms).min()
    }

    /// A number that differs after every change; it starts afresh when the value is read back.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    fn close(&mut self, seen: &Observation<'_>, changes: &mut Vec<Change>) {
        let before = self.entries.len();
        self.entries.retain(|entry| {
            let stays = entry.provider != seen.provider
                || !entry.covers(seen.model)
                || entry.is_newer_than(seen);
            if !stays && entry.openings > 0 {
                changes.push(entry.change(State::Closed));
            }
            stays
        });
        if self.entries.len() != before {
            self.revision += 1;
        }
    }

    fn fail(
        &mut self,
        seen: &Observation<'_>,
        failure: Failure,
        now: u64,
        jitter: f64,
    ) -> Option<Change> {
        if !failure.class.blocks() {
            return None;
        }
        let entry = self.entry(seen, failure.scope, failure.class, now)?;
        if entry.is_newer_than(seen) {
            return None;
        }
        let probed = entry.openings > 0 && !entry.told;
        entry.failures = entry.failures.saturating_add(1);
        entry.since_ms = now;
        let opens = probed || entry.failures >= patience(failure.class);
        let change = opens.then(|| {
            entry.open(failure.class, failure.retry_after_ms, now, jitter);
            entry.change(State::Open)
        });
        self.revision += 1;
        change
    }

    /// Leaves a place before it refuses, because the next request would not be served.
    fn leave(
        &mut self,
        seen: &Observation<'_>,
        window: &Window,
        now: u64,
        jitter: f64,
    ) -> Option<Change> {
        let told_ms = window.reset_ms.map(|reset| reset.saturating_sub(now));
        if told_ms.is_some_and(|told| told < SHORTEST_LEAVE_MS) {
            return None;
        }
        let class = match told_ms {
            Some(told) if told <= LONGEST_RATE_LIMIT_MS => FailureClass::RateLimited,
            None if !window.is_rejected() => FailureClass::RateLimited,
            _ => FailureClass::OutOfQuota,
        };
        let entry = self.entry(seen, window.scope(), class, now)?;
        if entry.until_ms > now || entry.is_newer_than(seen) {
            return None;
        }
        entry.open(class, told_ms, now, jitter);
        let change = entry.change(State::Open);
        self.revision += 1;
        Some(change)
    }

    /// The entry of what was called, begun if there is none; none for names beyond all measure.
    fn entry(
        &mut self,
        seen: &Observation<'_>,
        scope: Scope,
        why: FailureClass,
        now: u64,
    ) -> Option<&mut Entry> {
        let model = (scope == Scope::Model).then_some(seen.model);
        let found = self
            .entries
            .iter()
            .position(|entry| entry.provider == seen.provider && entry.model.as_deref() == model);
        if found.is_none() {
            if seen.provider.len() > MAX_NAME || seen.model.len() > MAX_NAME {
                return None;
            }
            if self.entries.len() >= MAX_PLACES {
                let places = self.entries.iter().enumerate();
                let oldest = places.min_by_key(|(_, entry)| (entry.until_ms > now, entry.since_ms));
                let (oldest, _) = oldest?;
                self.entries.swap_remove(oldest);
            }
            self.entries.push(Entry {
                provider: seen.provider.to_owned(),
                model: model.map(str::to_owned),
                why,
                failures: 0,
                openings: 0,
                until_ms: 0,
                since_ms: now,
                told: false,
            });
        }
        match found {
            Some(at) => self.entries.get_mut(at),
            None => self.entries.last_mut(),
        }
    }
}

impl Entry {
    fn covers(&self, model: &str) -> bool {
        self.model.as_deref().is_none_or(|own| own == model)
    }

    fn is_half_open(&self, now: u64) -> bool {
        self.openings > 0 && !self.told && self.until_ms <= now
    }

    /// Whether the place was left after this call's request was admitted.
    fn is_newer_than(&self, seen: &Observation<'_>) -> bool {
        self.openings > 0 && seen.admitted_ms < self.since_ms
    }

    fn open(&mut self, class: FailureClass, told_ms: Option<u64>, now: u64, jitter: f64) {
        let trouble = Trouble::of(class);
        if trouble != Trouble::of(self.why) {
            self.openings = 0;
        }
        let (pause_ms, told) = trouble.pause(self.openings, told_ms, jitter);
        self.openings = self.openings.saturating_add(1);
        self.until_ms = now.saturating_add(pause_ms);
        self.since_ms = now;
        (self.why, self.told) = (class, told);
    }

    fn change(&self, state: State) -> Change {
        Change {
            provider: self.provider.clone(),
            model: self.model.clone(),
            state,
            until_ms: match state {
                State::Open => self.until_ms,
                State::Closed => 0,
            },
            why: self.why,
        }
    }
}

/// The kinds of trouble, by how they pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    /// By money, by a new key, or by a reset that may be far away.
    Quota,
    /// By itself, and soon.
    Rate,
    /// Nobody knows when.
    Outage,
}

impl Trouble {
    fn of(class: FailureClass) -> Self {
        match class {
            FailureClass::OutOfQuota | FailureClass::Auth => Self::Quota,
            FailureClass::RateLimited => Self::Rate,
            _ => Self::Outage,
        }
    }

    /// How long to leave a place for the `step`th time in a row, ms, and whether that is the end
    /// that the provider told.
    fn pause(self, step: u32, told_ms: Option<u64>, jitter: f64) -> (u64, bool) {
        let told_ms = told_ms.filter(|told| *told > 0);
        match self {
            Self::Quota => {
                let guess = spread(rung(&QUOTA_LADDER, step), jitter);
                match told_ms {
                    Some(told) if told <= guess => (told, true),
                    _ => (guess, false),
                }
            }
            Self::Rate => {
                let guess = spread(rung(&RATE_LADDER, step), jitter).min(LONGEST_RATE_LIMIT_MS);
                (told_ms.unwrap_or(guess).min(LONGEST_RATE_LIMIT_MS), true)
            }
            Self::Outage => {
                let guess = spread(rung(&OUTAGE_LADDER, step), jitter);
                (told_ms.unwrap_or(0).min(QUOTA_LADDER[0]).max(guess), false)
            }
        }
    }
}

/// How many failures in a row it takes to leave a place.
fn patience(class: FailureClass) -> u32 {
    match (Trouble::of(class), class) {
        (Trouble::Quota | Trouble::Rate, _) => 1,
        (Trouble::Outage, FailureClass::Overloaded) => 2,
        (Trouble::Outage, _) => 3,
    }
}

fn rung<const N: usize>(ladder: &[u64; N], step: u32) -> u64 {
    let step = usize::try_from(step).unwrap_or(usize::MAX);
    ladder.get(step).or(ladder.last()).copied().unwrap_or(0)
}

/// A pause between nine and eleven tenths of its length.
fn spread(pause_ms: u64, jitter: f64) -> u64 {
    let jitter = if jitter.is_nan() {
        0.5
    } else {
        jitter.clamp(0.0, 1.0)
    };
    (pause_ms as f64 * (0.9 + 0.2 * jitter)) as u64
}

#[cfg(test)]
mod tests;
