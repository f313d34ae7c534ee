//! Makes probabilities true: one scale for all tiers of a pool, so that their order by gain stays
//! as learned, and an offset for each; fitted to scores of rows that the learners had not seen.

use moecraft_engine::logistic::probability;
use nalgebra::{DMatrix, DVector};

/// Newton steps; some 6 are needed.
const ROUNDS: usize = 25;
/// A prior for the scale, N(1, 1/PRIOR): what few rows say is believed little.
const PRIOR: f64 = 20.0;

/// log-odds' = offset of the tier + scale * log-odds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Calibration {
    pub(crate) scale: f64,
    pub(crate) offsets: Vec<f64>,
}

impl Calibration {
    /// Nothing changed.
    pub(crate) fn none(tiers: usize) -> Self {
        Self {
            scale: 1.0,
            offsets: vec![0.0; tiers],
        }
    }

    /// Fits rows of (tier, log-odds, grade).
    pub(crate) fn fit(tiers: usize, rows: &[(usize, f64, f64)]) -> Self {
        let mut at = Self::none(tiers);
        for _ in 0..ROUNDS {
            let mut slope = DVector::zeros(tiers + 1);
            let mut curve = DMatrix::identity(tiers + 1, tiers + 1) * 1e-9;
            slope[tiers] = PRIOR * (1.0 - at.scale);
            curve[(tiers, tiers)] += PRIOR;
            for &(tier, score, grade) in rows {
                let p = probability(at.apply(tier, score));
                let (miss, weight) = (grade - p, p * (1.0 - p));
                slope[tier] += miss;
                slope[tiers] += miss * score;
                curve[(tier, tier)] += weight;
                curve[(tier, tiers)] += weight * score;
                curve[(tiers, tier)] += weight * score;
                curve[(tiers, tiers)] += weight * score * score;
            }
            let Some(step) = curve.cholesky().map(|factor| factor.solve(&slope)) else {
                break;
            };
            for (offset, step) in at.offsets.iter_mut().zip(&step) {
                *offset += step;
            }
            at.scale = (at.scale + step[tiers]).clamp(0.2, 2.0);
            if step.amax() < 1e-9 {
                break;
            }
        }
        at
    }

    /// The calibrated log-odds.
    pub(crate) fn apply(&self, tier: usize, score: f64) -> f64 {
        self.offsets.get(tier).copied().unwrap_or_default() + self.scale * score
    }
}
