//! Advice with a stated rate of error: split-conformal prediction (Vovk et al. 2005) of a
//! yes-or-no outcome.

use serde::Serialize;

use super::{Error, Graded};

/// What to do with an answer whose probability of being good is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Advice {
    /// A bad answer is what is to be expected, or nothing that was seen is like this.
    DontKnow,
    /// Good and bad are both to be expected.
    SecondOpinion,
    /// Only a good answer is to be expected.
    Alone,
}

/// Outcomes that are less likely than a threshold are not to be expected; so chosen that what was
/// not to be expected happens as often as was stated, where later outcomes are like those it was
/// fitted to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Conformal {
    /// The highest probability of the opposite with which an outcome is to be expected.
    threshold: f64,
}

impl Conformal {
    /// Of its threshold, 0..=1.
    ///
    /// # Errors
    /// [`Error::Range`].
    pub fn new(threshold: f64) -> Result<Self, Error> {
        if (0.0..=1.0).contains(&threshold) {
            Ok(Self { threshold })
        } else {
            Err(Error::Range("threshold"))
        }
    }

    /// From outcomes that the predictions were not fitted to, for a rate of error above 0 and
    /// below 1. Too few outcomes for so small a rate make every advice a second opinion.
    ///
    /// # Errors
    /// [`Error::Range`].
    pub fn fit(graded: &[Graded], error: f64) -> Result<Self, Error> {
        graded.iter().try_for_each(Graded::check)?;
        if !(error > 0.0 && error < 1.0) {
            return Err(Error::Range("error"));
        }
        let mut scores: Vec<(f64, f64)> = graded.iter().map(|p| (score(p), p.weight)).collect();
        scores.sort_by(|a, b| a.0.total_cmp(&b.0));
        let total: f64 = graded.iter().map(|point| point.weight).sum();
        // One more than there are: the outcome to come.
        let needed = (1.0 - error) * (total + 1.0);
        let mut seen = 0.0;
        let reached = scores.iter().find(|(_, weight)| {
            seen += weight;
            seen >= needed
        });
        Self::new(reached.map_or(1.0, |(score, _)| *score))
    }

    /// What to do where the answer is good with this probability. The higher it is, the further
    /// the advice is from [`Advice::DontKnow`], which also goes with what is no number.
    pub fn advice(&self, probability: f64) -> Advice {
        let good = 1.0 - probability <= self.threshold;
        let bad = probability <= self.threshold;
        match (good, bad) {
            (true, false) => Advice::Alone,
            (true, true) => Advice::SecondOpinion,
            (false, _) => Advice::DontKnow,
        }
    }

    /// The highest probability of the opposite with which an outcome is to be expected.
    pub const fn threshold(&self) -> f64 {
        self.threshold
    }
}

/// The probability of the opposite of what came.
fn score(graded: &Graded) -> f64 {
    if graded.outcome >= 0.5 {
        1.0 - graded.predicted
    } else {
        graded.predicted
    }
}
