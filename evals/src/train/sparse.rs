//! The readable model: terms that an ensemble of sparse identifications does not find by chance
//! (E-SINDy), of these the few that carry most together (SR3), weights by logistic regression.

use std::collections::BTreeMap;

use anyhow::Result;
use moecraft_engine::features::{COUNT, NAMES};
use moecraft_engine::predict::{Equation, MOST_TERMS, NONE, Term};
use moecraft_engine::random::Generator;
use moecraft_engine::sindy::{Bagging, Draw, Library, Moments, Regularizer, RowBag, Sr3, Stlsq};
use nalgebra::{DMatrix, DVector};

use super::logistic;

/// Members of the ensemble.
const MEMBERS: usize = 16;
/// The degree of the library. Products of the twenty strongest features, 25 terms chosen among all,
/// predicted unseen prompts better in one pool and worse in four.
const DEGREE: u32 = 1;
/// The share of the library that a member must do without.
const DROPPED: f64 = 0.2;
/// Ridge, as a share of the rows.
const RIDGE: f64 = 0.003;
/// How much the gain counts beside the grades, when terms are chosen.
const GAIN: f64 = 2.0;
/// A term that fewer members have found is there by chance.
const LEAST_VOTES: usize = 2;
/// Halvings of the interval in which the threshold is sought.
const HALVINGS: usize = 24;

/// For each tier the equation to be shown and the members of the ensemble; `graded` holds for each
/// tier `(prompt, grade in 0..=1)`.
///
/// The tiers of a pool share their terms, and these are chosen also for what the dearest tier gains
/// over the cheapest: that is what a choice turns on.
pub(crate) fn fit(
    inputs: &DMatrix<f32>,
    graded: &[Vec<(usize, f64)>],
    seed: u64,
) -> Result<Vec<(Equation, Vec<Equation>)>> {
    let (rows, grades) = common(graded);
    let features = DMatrix::from_fn(rows.len(), COUNT, |row, place| {
        f64::from(inputs[(place, rows[row])])
    });
    let names = NAMES.iter().map(|feature| feature.name.to_owned());
    let library = Library::polynomial(names.collect(), DEGREE)?;
    // The constant is the equation's own.
    let terms = library.matrix(&features)?.columns(1, COUNT).into_owned();
    let bagging = Bagging {
        models: MEMBERS,
        rows: Some(RowBag {
            count: rows.len(),
            replace: true,
        }),
        dropped_terms: (COUNT as f64 * DROPPED) as usize,
    };
    let draws = bagging.draw(rows.len(), COUNT, &mut Generator::new(seed))?;
    let mut votes = vec![0; COUNT];
    let mut fitted: Vec<(Equation, Vec<Equation>)> = Vec::new();
    let mut members = vec![Vec::new(); graded.len()];
    for Draw { rows, terms: seen } in &draws {
        let (rows, seen) = (
            rows.as_deref().unwrap_or_default(),
            seen.as_deref().unwrap_or_default(),
        );
        let (terms, grades) = (terms.select_rows(rows), grades.select_rows(rows));
        let chosen = voted(&terms.select_columns(seen), &grades)?;
        let places: Vec<usize> = chosen.into_iter().map(|place| seen[place]).collect();
        for &place in &places {
            votes[place] += 1;
        }
        for (members, grades) in members.iter_mut().zip(grades.column_iter()) {
            members.push(equation(&places, &terms, &grades.into_owned())?);
        }
    }
    let stable: Vec<usize> = (0..COUNT)
        .filter(|&place| votes[place] >= LEAST_VOTES)
        .collect();
    let carrying = carrying(&terms.select_columns(&stable), &grades)?;
    let places: Vec<usize> = carrying.into_iter().map(|place| stable[place]).collect();
    for (members, grades) in members.into_iter().zip(grades.column_iter()) {
        fitted.push((equation(&places, &terms, &grades.into_owned())?, members));
    }
    Ok(fitted)
}

/// The prompts graded in all tiers, and their grades, a column for each tier.
fn common(graded: &[Vec<(usize, f64)>]) -> (Vec<usize>, DMatrix<f64>) {
    let mut by_prompt: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for (at, grade) in graded.iter().flatten() {
        by_prompt.entry(*at).or_default().push(*grade);
    }
    by_prompt.retain(|_, grades| grades.len() == graded.len());
    let values: Vec<f64> = by_prompt.values().flatten().copied().collect();
    let grades = DMatrix::from_row_slice(by_prompt.len(), graded.len(), &values);
    (by_prompt.into_keys().collect(), grades)
}

/// The grades, and what the dearest tier gains over the cheapest.
fn targets(grades: &DMatrix<f64>) -> DMatrix<f64> {
    let last = grades.ncols().saturating_sub(1);
    let gain = (grades.column(last) - grades.column(0)) * GAIN;
    let mut targets = grades.clone().insert_column(grades.ncols(), 0.0);
    targets.set_column(last + 1, &gain);
    centred(&targets)
}

/// The terms that stay when the threshold is as low as the most terms allow, by sequentially
/// thresholded least squares.
fn voted(terms: &DMatrix<f64>, grades: &DMatrix<f64>) -> Result<Vec<usize>> {
    let moments = Moments::of(&centred(terms), &targets(grades))?;
    // In units of the target over the length of a column: no coefficient that matters is above
    // the root of the number of rows.
    fewest((grades.nrows() as f64).sqrt(), |threshold| {
        let stlsq = Stlsq {
            threshold,
            alpha: RIDGE,
            max_iter: terms.ncols(),
            normalize: true,
            unbias: false,
        };
        Ok(stlsq.fit_moments(&moments)?)
    })
}

/// The same by relaxed regression, which weighs all terms against each other in every round and does
/// not drop one for good.
fn carrying(terms: &DMatrix<f64>, grades: &DMatrix<f64>) -> Result<Vec<usize>> {
    let mut terms = centred(terms);
    for mut column in terms.column_iter_mut() {
        let length = column.norm().max(f64::MIN_POSITIVE);
        column /= length;
    }
    let moments = Moments::of(&terms, &targets(grades))?;
    fewest((grades.nrows() as f64).sqrt(), |threshold| {
        let sr3 = Sr3 {
            // Coefficients up to the threshold are priced away.
            weight: threshold * threshold / 2.0,
            relaxation: 1.0,
            regularizer: Regularizer::L0,
            tolerance: 1e-6,
            max_iter: 200,
        };
        Ok(sr3.fit_moments(&moments)?.sparse)
    })
}

/// The terms that are left with the lowest threshold that leaves no more than may be.
fn fewest(highest: f64, fit: impl Fn(f64) -> Result<DMatrix<f64>>) -> Result<Vec<usize>> {
    let (mut low, mut high) = (0.0, highest);
    let mut found = Vec::new();
    for _ in 0..HALVINGS {
        let threshold = f64::midpoint(low, high);
        let weights = fit(threshold)?;
        let stays = |place: &usize| weights.row(*place).iter().any(|weight| *weight != 0.0);
        let kept: Vec<usize> = (0..weights.nrows()).filter(stays).collect();
        if kept.len() > MOST_TERMS {
            low = threshold;
        } else {
            high = threshold;
            found = kept;
        }
    }
    Ok(found)
}

/// Columns less their means.
fn centred(matrix: &DMatrix<f64>) -> DMatrix<f64> {
    let mut centred = matrix.clone();
    for mut column in centred.column_iter_mut() {
        let mean = column.mean();
        column.add_scalar_mut(-mean);
    }
    centred
}

/// Log-odds as a sum of the terms at these places.
fn equation(places: &[usize], terms: &DMatrix<f64>, grades: &DVector<f64>) -> Result<Equation> {
    let inputs = terms
        .select_columns(places)
        .insert_column(places.len(), 1.0);
    let weights = logistic::fit(&inputs, grades, RIDGE * grades.len() as f64)?;
    let term = |(place, weight): (&usize, &f64)| Term {
        first: *place as u16,
        second: NONE,
        weight: *weight as f32,
    };
    Ok(Equation {
        constant: weights[places.len()] as f32,
        terms: places.iter().zip(&weights).map(term).collect(),
    })
}
