//! What audits teach: how far an entry is trusted, and how sure the verifier has to be.
//!
//! An audit answers a hit by a model as well and compares the two. Trust of an entry is counted as
//! in `vCache` (Schroeder et al. 2025, arXiv 2502.03771); the bar moves as in adaptive conformal
//! inference (Gibbs and Candès, NeurIPS 2021), so that the share of wrong hits comes to what the
//! tenant accepts whatever the traffic is.

use serde::{Deserialize, Serialize};

use crate::logistic::{log_odds, probability};

/// What is served at a bar is right more often than the bar says, most of it being far above: at
/// 0.95, 0.6 % of what was served was wrong, of pairs by grammar not learned from (see the model card;
/// ordinary traffic has fewer traps).
const LENIENCE: f64 = 10.0;
/// How many audits the verifier's word is worth.
const WORD: f64 = 10.0;
/// How many wrong audits a complaint is worth.
const COMPLAINT: f64 = 5.0;
/// An entry whose reuse is right less often is dropped.
const LEAST_TRUST: f64 = 0.9;
/// Audits of an entry that are remembered: later ones take the place of earlier ones.
const MOST_AUDITS: f64 = 200.0;

/// How reuse of one entry turned out. What is read from storage is checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "(f64, f64)", into = "(f64, f64)")]
pub struct Trust {
    right: f64,
    wrong: f64,
}

/// What is stored is no count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("trust out of range")]
pub struct TrustError;

impl Trust {
    /// Counts an audit.
    pub fn audited(&mut self, right: bool) {
        if right {
            self.right += 1.0;
        } else {
            self.wrong += 1.0;
        }
        self.bound();
    }

    /// Counts a complaint: negative feedback, or the same question asked again at once.
    pub fn complained(&mut self) {
        self.wrong += COMPLAINT;
        self.bound();
    }

    fn bound(&mut self) {
        let fade = (MOST_AUDITS / (self.right + self.wrong)).min(1.0);
        self.right *= fade;
        self.wrong *= fade;
    }

    /// The probability that the entry's answer fits, given what the verifier says: 0..=1.
    pub fn weigh(&self, p: f64) -> f64 {
        (self.right + WORD * p) / (self.right + self.wrong + WORD)
    }

    /// Whether the entry should go: a mean below nine in ten, where the entry was good at first.
    pub fn is_lost(&self) -> bool {
        self.wrong > 0.0 && (self.right + WORD) / (self.right + self.wrong + WORD) < LEAST_TRUST
    }
}

impl TryFrom<(f64, f64)> for Trust {
    type Error = TrustError;

    fn try_from((right, wrong): (f64, f64)) -> Result<Self, TrustError> {
        let sound = |count: f64| (0.0..=MOST_AUDITS).contains(&count);
        if sound(right) && sound(wrong) {
            Ok(Self { right, wrong })
        } else {
            Err(TrustError)
        }
    }
}

impl From<Trust> for (f64, f64) {
    fn from(Trust { right, wrong }: Trust) -> Self {
        (right, wrong)
    }
}

/// How sure the verifier has to be, in log-odds, whatever the audits say: from 0.6 to 0.9995.
const LEAST_BAR: f64 = 0.405;
const MOST_BAR: f64 = 7.6;
/// How far one audit moves the bar, in log-odds.
const STEP: f64 = 0.5;

/// The bar that a probability has to reach, moved by audits. What is read from storage is checked.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Bar {
    log_odds: f64,
}

impl Bar {
    /// Before any audit, for a tenant who accepts this share of wrong hits.
    pub fn new(accepted: f64) -> Self {
        let odds = log_odds(1.0 - LENIENCE * accepted.clamp(0.0, 1.0), MOST_BAR);
        Self {
            log_odds: odds.clamp(LEAST_BAR, MOST_BAR),
        }
    }

    /// The least probability that is served.
    pub fn probability(self) -> f64 {
        probability(self.log_odds)
    }

    /// Whether an answer that fits with this probability is served.
    pub fn admits(self, p: f64) -> bool {
        p >= self.probability()
    }

    /// Learns from the audit of a hit. In the long run the share of wrong hits comes to what is
    /// accepted: a wrong one lifts the bar by a step, a right one lowers it by that share of one.
    pub fn audited(&mut self, right: bool, accepted: f64) {
        let wrong = f64::from(u8::from(!right));
        let step = STEP * (wrong - accepted.clamp(0.0, 1.0));
        self.log_odds = (self.log_odds + step).clamp(LEAST_BAR, MOST_BAR);
    }
}

impl TryFrom<f64> for Bar {
    type Error = TrustError;

    fn try_from(log_odds: f64) -> Result<Self, TrustError> {
        if (LEAST_BAR..=MOST_BAR).contains(&log_odds) {
            Ok(Self { log_odds })
        } else {
            Err(TrustError)
        }
    }
}

impl From<Bar> for f64 {
    fn from(Bar { log_odds }: Bar) -> Self {
        log_odds
    }
}
