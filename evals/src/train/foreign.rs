//! Learns what distance says of being foreign: known traffic is stood for by folds, unknown traffic by
//! kinds of prompt that were left out whole.

use std::collections::{BTreeSet, HashMap};

use anyhow::{Context, Result};
use moecraft_engine::logistic::probability;
use moecraft_engine::predict::{Distance, MEASURES, PoolPolicy};
use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use super::familiar::{Far, Scale, Space};
use super::kinds::without;
use super::policy::{Draft, View, file};

/// Distances of a pool's prompts from others, by how the others were chosen.
#[derive(Serialize, Deserialize)]
pub(crate) struct Distances {
    /// From the other folds.
    pub(crate) known: Vec<Far>,
    /// From the other parts: from all other fields.
    pub(crate) unknown: Vec<Far>,
}

impl Distances {
    /// Of the prompts of a pool.
    pub(crate) fn of(view: &View<'_>, rows: &[usize]) -> Result<Self> {
        Ok(Self {
            known: left_out(view, rows, &view.labels.folds)?,
            unknown: left_out(view, rows, &view.labels.parts)?,
        })
    }
}

/// Measures every prompt with its part left out.
fn left_out(view: &View<'_>, rows: &[usize], parts: &[usize]) -> Result<Vec<Far>> {
    let present: BTreeSet<usize> = rows.iter().map(|&at| parts[at]).collect();
    let mut measured = Vec::with_capacity(rows.len());
    for part in present {
        let others = without(view.data, rows, &|at| parts[at] == part);
        if others.is_empty() {
            continue;
        }
        let space = Space::fit(view.inputs, &others, &view.labels.kinds)?;
        let file = file(&[(&Draft::default(), &space, &Scale::none()?, None)]);
        let policy = PoolPolicy::read(&file, "")?;
        let here = rows.iter().filter(|&&at| parts[at] == part);
        measured.extend(here.map(|&at| {
            let Distance { kind, measures } = policy.familiar.distance(&view.read[at]);
            Far {
                at,
                label: space.label(kind).unwrap_or_default(),
                measures,
            }
        }));
    }
    Ok(measured)
}

/// The mean foreignness of known traffic, from which the engine tells unknown traffic.
const KNOWN: f64 = -0.8;

/// A pool's curves, and the weights that all pools share, learned from the prompts for which `learns`.
pub(crate) fn scales(
    pools: &[&Distances],
    fields: &[usize],
    learns: &dyn Fn(usize) -> bool,
) -> Result<Vec<Scale>> {
    let mut scales = Vec::new();
    for pool in pools {
        scales.push(Scale::of(pool.known.iter().filter(|far| learns(far.at)))?);
    }
    // Every pool counts the same, and so does every field in it.
    let mut rows: Vec<(DVector<f64>, f64, f64)> = Vec::new();
    for (pool, scale) in pools.iter().zip(&scales) {
        for (cases, foreign) in [(&pool.known, 0.0), (&pool.unknown, 1.0)] {
            let cases = || cases.iter().filter(|far| learns(far.at));
            let mut counts: HashMap<usize, f64> = HashMap::new();
            for far in cases() {
                *counts.entry(fields[far.at]).or_default() += 1.0;
            }
            let fields_of_pool = counts.len() as f64;
            for far in cases() {
                let scores = scale.scores(far).into_iter().chain([1.0]);
                let row = DVector::from_iterator(MEASURES + 1, scores);
                let count = counts.get(&fields[far.at]).copied().unwrap_or(1.0);
                rows.push((row, foreign, (count * fields_of_pool).recip()));
            }
        }
    }
    let mut weights = DVector::zeros(MEASURES + 1);
    for _ in 0..12 {
        let mut slope = DVector::zeros(MEASURES + 1);
        let mut curve = DMatrix::identity(MEASURES + 1, MEASURES + 1) * 1e-6;
        for (row, foreign, weight) in &rows {
            let p = probability(weights.dot(row));
            slope += row * ((foreign - p) * weight);
            curve += row * row.transpose() * (p * (1.0 - p) * weight);
        }
        weights += curve
            .cholesky()
            .context("weights of the measures")?
            .solve(&slope);
    }
    for scale in &mut scales {
        scale.weights = weights.iter().take(MEASURES).copied().collect();
        // Ranks among familiar prompts score 0 in the mean, so that this is what known traffic has.
        scale.constant = KNOWN;
    }
    Ok(scales)
}
