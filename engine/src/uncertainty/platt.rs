//! Platt calibration (Platt 1999): logit p' = offset + scale * logit p.
//!
//! Classes that are chosen among share their scale: scales of their own would change the order by
//! what one gains over another, which is what a choice turns on. Both numbers have a Gaussian prior.

use super::{Error, Graded};
use crate::logistic::{log_odds, probability};

/// Precision of the prior of an offset, N(0, 2²).
const OFFSET: f64 = 0.25;
/// Precision of the prior of the scale, N(1, 1/20): what few outcomes say is believed little.
const SCALE: f64 = 20.0;
/// The least scale. Above 0: what was thought likelier stays likelier.
const LEAST_SCALE: f64 = 0.05;
/// Logits are cut here: a probability beyond 0.0001 or 0.9999 weighs no more than that.
const MOST_LOGIT: f64 = 9.21;
/// Newton steps; some 6 are needed.
const ROUNDS: usize = 50;
/// Halvings of a step that goes too far: enough for all digits there are.
const HALVINGS: usize = 60;

/// A calibrator of two numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Platt {
    offset: f64,
    scale: f64,
}

/// Offsets and the scale that they share.
#[derive(Debug, Clone, PartialEq)]
struct Family {
    offsets: Vec<f64>,
    scale: f64,
}

impl Platt {
    /// Of its numbers.
    ///
    /// # Errors
    /// [`Error::Range`] for such as would not keep the order of what it calibrates.
    pub fn new(offset: f64, scale: f64) -> Result<Self, Error> {
        if offset.is_finite() && scale.is_finite() && scale > 0.0 {
            Ok(Self { offset, scale })
        } else {
            Err(Error::Range("calibrator"))
        }
    }

    /// The likeliest calibrators of classes that are chosen among, given prior and outcomes of each.
    ///
    /// # Errors
    /// [`Error::Range`].
    pub fn family(classes: &[Vec<Graded>]) -> Result<Vec<Self>, Error> {
        classes.iter().flatten().try_for_each(Graded::check)?;
        let mut family = Family {
            offsets: vec![0.0; classes.len()],
            scale: 1.0,
        };
        family.climb(classes, false);
        if family.scale < LEAST_SCALE {
            family.scale = LEAST_SCALE;
            family.climb(classes, true);
        }
        let scale = family.scale;
        let offsets = family.offsets.iter();
        offsets.map(|offset| Self::new(*offset, scale)).collect()
    }

    /// The calibrated probability, 0..=1; it never falls where `predicted` rises. What is no
    /// number is taken for 0.5.
    pub fn apply(&self, predicted: f64) -> f64 {
        probability(self.offset + self.scale * logit(predicted))
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

impl Family {
    /// Newton's method to the likeliest numbers, the scale held or not.
    fn climb(&mut self, classes: &[Vec<Graded>], held: bool) {
        for _ in 0..ROUNDS {
            let now = self.loss(classes);
            let step = self.step(classes, held);
            let moved = |share: f64| Self {
                offsets: (self.offsets.iter().zip(&step.offsets))
                    .map(|(offset, step)| offset + share * step)
                    .collect(),
                scale: self.scale + share * step.scale,
            };
            let shares = (0..HALVINGS).map(|halving| 0.5_f64.powi(halving as i32));
            let better = shares.map(moved).find(|next| next.loss(classes) <= now);
            match better {
                Some(next) if next != *self => *self = next,
                _ => break,
            }
        }
    }

    /// How far prior and outcomes are from what these numbers expect: minus the logarithm of
    /// their probability, but for a constant.
    fn loss(&self, classes: &[Vec<Graded>]) -> f64 {
        let mut loss = SCALE * (self.scale - 1.0).powi(2) / 2.0;
        for (offset, graded) in self.offsets.iter().zip(classes) {
            loss += OFFSET * offset * offset / 2.0;
            for point in graded {
                let z = offset + self.scale * logit(point.predicted);
                // ln(1 + e^z) - y z, without overflow.
                loss += point.weight * (z.max(0.0) + (-z.abs()).exp().ln_1p() - point.outcome * z);
            }
        }
        loss
    }

    /// Newton's step. Offsets meet each other only through the scale, so that it is solved for first.
    fn step(&self, classes: &[Vec<Graded>], held: bool) -> Self {
        let (mut slope, mut curve) = (SCALE * (1.0 - self.scale), SCALE);
        let mut own = Vec::with_capacity(classes.len());
        for (offset, graded) in self.offsets.iter().zip(classes) {
            let (mut along, mut bend, mut both) = (-OFFSET * offset, OFFSET, 0.0);
            for point in graded {
                let logit = logit(point.predicted);
                let p = probability(offset + self.scale * logit);
                let surprise = point.weight * (point.outcome - p);
                let information = point.weight * p * (1.0 - p);
                along += surprise;
                bend += information;
                both += information * logit;
                slope += surprise * logit;
                curve += information * logit * logit;
            }
            slope -= both * along / bend;
            curve -= both * both / bend;
            own.push((along, bend, both));
        }
        let scale = if held { 0.0 } else { slope / curve };
        let offsets = own.iter();
        Self {
            offsets: offsets
                .map(|(along, bend, both)| (along - both * scale) / bend)
                .collect(),
            scale,
        }
    }
}

fn logit(p: f64) -> f64 {
    log_odds(p, MOST_LOGIT)
}
