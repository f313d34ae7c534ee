//! How sure a prediction is, and whether it has a right to be.
//!
//! The members of an ensemble give a [`EnsembleBelief`], which keeps doubt about the model apart from
//! chance in the outcome. Doubt says where to look and when to be careful; it hardly says whether
//! an answer is right. What is shown as confidence is therefore the probability after calibration
//! ([`Platt`]). [`Conformal`] makes of a probability one of three pieces of advice, with a stated rate
//! of error. [`ece`] and [`brier`] say how true all that is.

mod belief;
mod conformal;
mod measure;
mod platt;

#[cfg(test)]
mod tests;

pub use belief::EnsembleBelief;
pub use conformal::{Advice, Conformal};
pub use measure::{brier, ece};
pub use platt::Platt;

/// Why there is no calibrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A probability, outcome, weight or setting outside its range.
    #[error("out of range: {0}")]
    Range(&'static str),
}

/// The most that one outcome may count.
pub const MAX_WEIGHT: f64 = 1e3;

/// A prediction and what came of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Graded {
    /// The probability that was predicted, 0..=1.
    pub predicted: f64,
    /// What came of it: 1 a good answer, 0 a bad one, or how good it was in between.
    pub outcome: f64,
    /// How often it counts: above 0, at most [`MAX_WEIGHT`].
    pub weight: f64,
}

impl Graded {
    /// That all figures are in their range.
    fn check(&self) -> Result<(), Error> {
        let unit = 0.0..=1.0;
        match self {
            _ if !unit.contains(&self.predicted) => Err(Error::Range("probability")),
            _ if !unit.contains(&self.outcome) => Err(Error::Range("outcome")),
            // Sums of up to 2^64 of them stay finite.
            _ if !(self.weight > 0.0 && self.weight <= MAX_WEIGHT) => Err(Error::Range("weight")),
            _ => Ok(()),
        }
    }
}
