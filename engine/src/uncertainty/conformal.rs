//! Advice with a stated rate of error: split-conformal prediction (Vovk et al. 2005) of a
//! yes-or-no outcome, kept up as outcomes come in (Gibbs and Candes 2021, in the form that moves
//! the threshold itself, of Angelopoulos et al. 2023).

use serde::{Deserialize, Serialize};

use super::{Error, Graded};

/// How far one outcome moves the threshold at most.
const STEP: f64 = 0.01;

/// What to do with an answer whose probability of being good is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Advice {
    /// A bad answer is what is to be expected, or nothing that was seen is like this.
    DontKnow,
    /// Good and bad are both to be expected.
    SecondOpinion,
    /// Only a good answer is to be expected.
    Alone,
}

/// Outcomes that are less likely than a threshold are not to be expected; so chosen that what was
/// not to be expected happens as often as was stated.
///
/// Whatever the predictions are worth and however the outcomes come, after n updates the rate of
/// error is within 1.02 / (0.01 n) of the stated one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub struct Conformal {
    /// The highest probability of the opposite with which an outcome is to be expected.
    threshold: f64,
    /// The stated rate of error.
    error: f64,
}

#[derive(Deserialize)]
struct Stored {
    threshold: f64,
    error: f64,
}

impl Conformal {
    /// From outcomes that the predictions were not fitted to, for a rate of error above 0 and
    /// below 1. Too few outcomes for so small a rate make every advice a second opinion.
    ///
    /// # Errors
    /// [`Error::Range`].
    pub fn fit(graded: &[Graded], error: f64) -> Result<Self, Error> {
        graded.iter().try_for_each(Graded::check)?;
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
        let threshold = reached.map_or(1.0, |(score, _)| *score);
        Stored { threshold, error }.try_into()
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

    /// Learns from one more outcome: a little stricter after what was to be expected, much less
    /// so after what was not.
    ///
    /// # Errors
    /// [`Error::Range`]; nothing is learned then.
    pub fn update(&mut self, graded: &Graded) -> Result<(), Error> {
        graded.check()?;
        let missed = if score(graded) > self.threshold {
            1.0
        } else {
            0.0
        };
        self.threshold += STEP * (missed - self.error);
        Ok(())
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

impl TryFrom<Stored> for Conformal {
    type Error = Error;

    fn try_from(Stored { threshold, error }: Stored) -> Result<Self, Error> {
        if !(error > 0.0 && error < 1.0) {
            return Err(Error::Range("error"));
        }
        if !(-STEP..=1.0 + STEP).contains(&threshold) {
            return Err(Error::Range("threshold"));
        }
        Ok(Self { threshold, error })
    }
}
