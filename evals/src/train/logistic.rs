//! Logistic regression with a ridge, by Newton's method.

use anyhow::{Context, Result};
use moecraft_engine::logistic::probability;
use nalgebra::{DMatrix, DVector};

/// Newton steps; some 7 are needed.
const ROUNDS: usize = 15;

/// The weights of the inputs (rows by inputs) for outcomes in 0..=1. The last input is the
/// constant, which the ridge leaves alone.
pub(crate) fn fit(
    inputs: &DMatrix<f64>,
    outcomes: &DVector<f64>,
    ridge: f64,
) -> Result<DVector<f64>> {
    let width = inputs.ncols();
    let mut weights = DVector::zeros(width);
    for _ in 0..ROUNDS {
        let p = (inputs * &weights).map(probability);
        let mut slope = inputs.tr_mul(&(outcomes - &p));
        let mut scaled = inputs.clone();
        for (mut row, p) in scaled.row_iter_mut().zip(&p) {
            row *= (p * (1.0 - p)).max(1e-6);
        }
        let mut curve = inputs.tr_mul(&scaled);
        for place in 0..width {
            let ridge = if place + 1 == width { 1e-6 } else { ridge };
            slope[place] -= ridge * weights[place];
            curve[(place, place)] += ridge;
        }
        let step = curve
            .cholesky()
            .context("inputs that cannot be told apart")?
            .solve(&slope);
        weights += &step;
        if step.amax() < 1e-8 {
            break;
        }
    }
    Ok(weights)
}
