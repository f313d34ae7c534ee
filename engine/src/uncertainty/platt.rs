//! Platt calibration: two numbers, learned from few outcomes and kept up to date one by one.
//!
//! logit p' = offset + scale * logit p (Platt 1999), both numbers with a Gaussian prior.
//! Probabilities of a learner on traffic it was not trained on are too bold more often than not:
//! hence the prior of the scale is below 1.

mod newton;

use serde::{Deserialize, Serialize};

use super::{Error, Graded};
use crate::logistic::{log_odds, probability};

/// The prior: offset ~ N(0, 2^2), scale ~ N(0.6, 0.4^2).
const PRIOR: Platt = Platt {
    offset: 0.0,
    scale: 0.6,
    precision: Precision {
        offset: 1.0 / (2.0 * 2.0),
        both: 0.0,
        scale: 1.0 / (0.4 * 0.4),
    },
};

/// The least scale. Above 0: what was thought likelier stays likelier.
const LEAST_SCALE: f64 = 0.05;

/// Logits are cut here: a probability beyond 0.0001 or 0.9999 weighs no more than that.
const MOST_LOGIT: f64 = 9.21;

/// Halvings of an interval, or of a step: enough for all digits there are.
const HALVINGS: usize = 60;

/// A calibrator of two numbers that knows how sure they are.
///
/// What is read from storage is checked.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub struct Platt {
    offset: f64,
    scale: f64,
    precision: Precision,
}

#[derive(Deserialize)]
struct Stored {
    offset: f64,
    scale: f64,
    precision: Precision,
}

/// The inverse of the covariance of offset and scale: symmetric, positive definite.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Precision {
    offset: f64,
    both: f64,
    scale: f64,
}

impl Precision {
    fn determinant(&self) -> f64 {
        self.offset * self.scale - self.both * self.both
    }

    /// The step whose product with this is `right`.
    fn solve(&self, right: (f64, f64)) -> (f64, f64) {
        let determinant = self.determinant();
        (
            (self.scale * right.0 - self.both * right.1) / determinant,
            (self.offset * right.1 - self.both * right.0) / determinant,
        )
    }

    /// With an observation at `logit` of so much information.
    fn with(self, logit: f64, information: f64) -> Self {
        Self {
            offset: self.offset + information,
            both: self.both + information * logit,
            scale: self.scale + information * logit * logit,
        }
    }
}

impl Default for Platt {
    /// Before any outcome.
    fn default() -> Self {
        PRIOR
    }
}

impl Platt {
    /// The likeliest numbers, given prior and outcomes. No outcomes leave the prior.
    ///
    /// # Errors
    /// [`Error::Range`].
    pub fn fit(graded: &[Graded]) -> Result<Self, Error> {
        graded.iter().try_for_each(Graded::check)?;
        let mut fitted = PRIOR.climbed(graded, false);
        if fitted.scale < LEAST_SCALE {
            fitted.scale = LEAST_SCALE;
            fitted = fitted.climbed(graded, true);
        }
        Ok(fitted)
    }

    /// The calibrated probability, 0..=1; it never falls where `predicted` rises. What is no
    /// number is taken for 0.5.
    pub fn apply(&self, predicted: f64) -> f64 {
        probability(self.offset + self.scale * logit(predicted))
    }

    /// Learns from one more outcome: the step that is best in hindsight under the belief so far,
    /// so that it never goes further than the outcome asks for.
    ///
    /// # Errors
    /// [`Error::Range`]; nothing is learned then.
    pub fn update(&mut self, graded: &Graded) -> Result<(), Error> {
        graded.check()?;
        let logit = logit(graded.predicted);
        let before = self.offset + self.scale * logit;
        let (offset, scale) = self.precision.solve((1.0, logit));
        let reach = graded.weight * (offset + scale * logit);
        let surprise = surprise(before, reach, graded.outcome);
        self.offset += graded.weight * surprise * offset;
        self.scale += graded.weight * surprise * scale;
        let p = self.apply(graded.predicted);
        self.precision = self.precision.with(logit, graded.weight * p * (1.0 - p));
        if self.scale < LEAST_SCALE {
            // The likeliest offset once the scale is known.
            let missing = LEAST_SCALE - self.scale;
            self.offset -= missing * self.precision.both / self.precision.offset;
            self.scale = LEAST_SCALE;
        }
        Ok(())
    }

    /// Lets all outcomes so far count `factor` (0..=1) times what they counted. The numbers stay,
    /// but later outcomes move them more.
    ///
    /// # Errors
    /// [`Error::Range`] for any other factor.
    pub fn fade(&mut self, factor: f64) -> Result<(), Error> {
        if !(0.0..=1.0).contains(&factor) {
            return Err(Error::Range("factor"));
        }
        let fade = |now: f64, prior: f64| prior + factor * (now - prior);
        self.precision = Precision {
            offset: fade(self.precision.offset, PRIOR.precision.offset),
            both: fade(self.precision.both, PRIOR.precision.both),
            scale: fade(self.precision.scale, PRIOR.precision.scale),
        };
        Ok(())
    }

    /// What is added to logits.
    pub const fn offset(&self) -> f64 {
        self.offset
    }

    /// What logits are multiplied with.
    pub const fn scale(&self) -> f64 {
        self.scale
    }
}

impl TryFrom<Stored> for Platt {
    type Error = Error;

    fn try_from(stored: Stored) -> Result<Self, Error> {
        let Stored {
            offset,
            scale,
            precision,
        } = stored;
        let prior = PRIOR.precision;
        // Storage as text may change the last digit.
        let rounded = 1.0 - 1e-12;
        let sure =
            precision.offset >= prior.offset * rounded && precision.scale >= prior.scale * rounded;
        let solvable = precision.determinant() > 0.0 && precision.determinant().is_finite();
        let finite = offset.is_finite() && scale.is_finite();
        if sure && solvable && finite && scale >= LEAST_SCALE * rounded {
            Ok(Self {
                offset,
                scale,
                precision,
            })
        } else {
            Err(Error::Range("calibrator"))
        }
    }
}

/// What is left of the outcome to be explained once the logit has moved from `before` by `reach`
/// times just that: found by halving, since both sides of the equation are monotone.
fn surprise(before: f64, reach: f64, outcome: f64) -> f64 {
    let (mut low, mut high) = (-1.0, 1.0);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if outcome - probability(before + reach * middle) > middle {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

fn logit(p: f64) -> f64 {
    log_odds(p, MOST_LOGIT)
}
