//! The likeliest offset and scale of many outcomes at once, by Newton's method.

use super::{Graded, HALVINGS, PRIOR, Platt, Precision, logit};
use crate::logistic::probability;

/// Newton's method doubles the right digits with each round; from the prior some 6 are needed.
const ROUNDS: usize = 50;

impl Platt {
    /// Newton's method from here to the likeliest numbers, the scale held or not.
    pub(super) fn climbed(mut self, graded: &[Graded], held: bool) -> Self {
        for _ in 0..ROUNDS {
            let (gradient, precision) = self.slope(graded);
            self.precision = precision;
            let mut step = match held {
                true => (gradient.0 / precision.offset, 0.0),
                false => precision.solve(gradient),
            };
            let now = self.loss(graded);
            let mut next = self.moved(step);
            for _ in 0..HALVINGS {
                if next.loss(graded) <= now {
                    break;
                }
                step = (step.0 / 2.0, step.1 / 2.0);
                next = self.moved(step);
            }
            if next == self {
                break;
            }
            self = next;
        }
        self
    }

    fn moved(self, step: (f64, f64)) -> Self {
        Self {
            offset: self.offset + step.0,
            scale: self.scale + step.1,
            ..self
        }
    }

    /// How far prior and outcomes are from what these numbers expect: minus the logarithm of
    /// their probability, but for a constant.
    fn loss(&self, graded: &[Graded]) -> f64 {
        let (offset, scale) = (self.offset - PRIOR.offset, self.scale - PRIOR.scale);
        let prior =
            offset * offset * PRIOR.precision.offset + scale * scale * PRIOR.precision.scale;
        let loss = |point: &Graded| {
            let z = self.offset + self.scale * logit(point.predicted);
            // ln(1 + e^z) - y z, without overflow.
            point.weight * (z.max(0.0) + (-z.abs()).exp().ln_1p() - point.outcome * z)
        };
        prior / 2.0 + graded.iter().map(loss).sum::<f64>()
    }

    /// Minus the gradient of the loss, and its curvature.
    fn slope(&self, graded: &[Graded]) -> ((f64, f64), Precision) {
        let mut offset = (PRIOR.offset - self.offset) * PRIOR.precision.offset;
        let mut scale = (PRIOR.scale - self.scale) * PRIOR.precision.scale;
        let mut precision = PRIOR.precision;
        for point in graded {
            let logit = logit(point.predicted);
            let p = probability(self.offset + self.scale * logit);
            let surprise = point.weight * (point.outcome - p);
            offset += surprise;
            scale += surprise * logit;
            precision = precision.with(logit, point.weight * p * (1.0 - p));
        }
        ((offset, scale), precision)
    }
}
