//! What a batch as a whole has come to.

use serde::{Deserialize, Serialize};

use super::Outcome;

/// How many lines have ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// All lines.
    pub total: u64,
    /// Answered.
    pub succeeded: u64,
    /// Not to be answered.
    pub errored: u64,
    /// Cancelled before they were answered.
    pub canceled: u64,
    /// Out of time before they were answered.
    pub expired: u64,
}

impl Counts {
    /// How many lines have a result.
    pub const fn done(&self) -> u64 {
        self.succeeded
            .saturating_add(self.errored)
            .saturating_add(self.canceled)
            .saturating_add(self.expired)
    }

    /// How many lines have none yet.
    pub const fn open(&self) -> u64 {
        self.total.saturating_sub(self.done())
    }

    /// The counts with one more line done.
    #[must_use]
    pub const fn with(self, outcome: Outcome) -> Self {
        match outcome {
            Outcome::Succeeded => Self {
                succeeded: self.succeeded + 1,
                ..self
            },
            Outcome::Errored => Self {
                errored: self.errored + 1,
                ..self
            },
            Outcome::Canceled => Self {
                canceled: self.canceled + 1,
                ..self
            },
            Outcome::Expired => Self {
                expired: self.expired + 1,
                ..self
            },
        }
    }
}

/// A batch at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Its lines.
    pub counts: Counts,
    /// When it was asked to be cancelled, Unix ms.
    pub cancelled_at: Option<u64>,
    /// When it ended, Unix ms.
    pub ended_at: Option<u64>,
    /// When its time is up, Unix ms.
    pub expires_at: u64,
    /// Its input cannot be used.
    pub refused: bool,
}

/// What a batch has come to, in words that both APIs have their own for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Its input cannot be used: nothing is done.
    Refused,
    /// Lines are to be answered.
    Running,
    /// It was cancelled or its time is up, and lines already sent are waited for.
    Closing {
        /// Because it was cancelled.
        cancelled: bool,
    },
    /// Every line has its result.
    Completed,
    /// It ended before its time, because it was cancelled.
    Cancelled,
    /// It ended because its time was up.
    Expired,
}

impl Progress {
    /// What it has come to at `now`, Unix ms.
    pub const fn phase(&self, now: u64) -> Phase {
        if self.refused {
            return Phase::Refused;
        }
        if self.ended_at.is_none() {
            return match self.cancelled_at {
                Some(_) => Phase::Closing { cancelled: true },
                None if now >= self.expires_at => Phase::Closing { cancelled: false },
                None => Phase::Running,
            };
        }
        match self.cancelled_at {
            Some(_) => Phase::Cancelled,
            None if self.counts.expired > 0 => Phase::Expired,
            None => Phase::Completed,
        }
    }

    /// How lines end that were not sent yet, once no more are to be.
    pub const fn leftover(&self, now: u64) -> Option<Outcome> {
        match self.phase(now) {
            Phase::Closing { cancelled: true } => Some(Outcome::Canceled),
            Phase::Closing { cancelled: false } => Some(Outcome::Expired),
            _ => None,
        }
    }
}
