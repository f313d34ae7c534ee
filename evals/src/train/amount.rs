//! Amounts that grow by factors, as costs and lengths do: their logarithm is fitted by ridge
//! regression.

use anyhow::{Context, Result};
use nalgebra::{DMatrix, DVector};

/// What is added to the diagonal, in rows' worth of a standardised input.
const RIDGE: f64 = 30.0;

/// ln(amount) = constant + weights . inputs, held between the least and the most seen.
pub(crate) struct Amount {
    pub(crate) weights: DMatrix<f32>,
    pub(crate) constant: f32,
    pub(crate) least: f32,
    pub(crate) most: f32,
}

/// Fits positive amounts of prompts (columns of `inputs`); none where nothing was measured.
pub(crate) fn fit(inputs: &DMatrix<f32>, measured: &[(usize, f64)]) -> Result<Option<Amount>> {
    let known: Vec<(usize, f64)> = measured
        .iter()
        .copied()
        .filter(|(_, amount)| *amount > 0.0)
        .collect();
    if known.is_empty() {
        return Ok(None);
    }
    let rows: Vec<usize> = known.iter().map(|(at, _)| *at).collect();
    let x = inputs.select_columns(&rows).map(f64::from);
    let centre = x.column_mean();
    let mut gram = &x * x.transpose() - &centre * centre.transpose() * rows.len() as f64;
    for place in 0..gram.nrows() {
        gram[(place, place)] += RIDGE;
    }
    let logarithms =
        DVector::from_iterator(rows.len(), known.iter().map(|(_, amount)| amount.ln()));
    let middle = logarithms.mean();
    let right = &x * logarithms.map(|logarithm| logarithm - middle);
    let weights = gram
        .cholesky()
        .context("inputs that cannot be told apart")?
        .solve(&right);
    let constant = middle - weights.dot(&centre);
    // The mean of an amount lies above the exponential of its logarithm's mean (Duan 1983).
    let fitted = x.transpose() * &weights;
    let factors = logarithms
        .iter()
        .zip(&fitted)
        .map(|(of, fit)| (of - fit - constant).exp());
    let smear = (factors.sum::<f64>() / rows.len() as f64).ln();
    let amounts = known.iter().map(|(_, amount)| *amount as f32);
    Ok(Some(Amount {
        weights: DMatrix::from_iterator(1, weights.len(), weights.iter().map(|w| *w as f32)),
        constant: (constant + smear) as f32,
        least: amounts.clone().fold(f32::MAX, f32::min),
        most: amounts.fold(0.0, f32::max),
    }))
}
