//! How likely a model was to be right, told how all others did on the same prompt.
//!
//! One graded answer is a coin thrown once; the others' answers say how the coin was weighted. The
//! mean of both has less noise than the grade and the same expectation, so trees learn more from
//! it. Nothing of this is needed once the model is trained.

use anyhow::Result;
use nalgebra::{DMatrix, DVector};

use super::data::Data;
use super::logistic;
use moecraft_engine::logistic::probability;

/// Ridge on all weights but the constant.
const RIDGE: f64 = 30.0;
/// Rows are cut into so many parts, each told by a fit to the others.
const PARTS: usize = 5;
/// With fewer other models than this, they say nothing.
const LEAST_MODELS: usize = 4;
/// How much hindsight counts beside the grade itself.
const SHARE: f64 = 0.5;

/// The grades of one model, mixed with hindsight where other models were tried on the same rows.
pub(crate) fn smoothed(
    data: &Data,
    model: usize,
    grades: &[(usize, f64)],
) -> Result<Vec<(usize, f64)>> {
    let others: Vec<usize> = (0..data.models.len())
        .filter(|&other| other != model)
        .filter(|&other| {
            grades
                .iter()
                .any(|(at, _)| data.grades[*at][other].is_some())
        })
        .collect();
    if others.len() < LEAST_MODELS {
        return Ok(grades.to_vec());
    }
    let mut benchmarks: Vec<&str> = grades
        .iter()
        .map(|(at, _)| data.prompts[*at].benchmark.as_str())
        .collect();
    benchmarks.sort_unstable();
    benchmarks.dedup();
    let cell = |at: usize, column: usize| match others.get(column) {
        Some(other) => {
            data.grades[at][*other].map_or(0.0, |right| f64::from(u8::from(right)) - 0.5)
        }
        None => match benchmarks.get(column - others.len()) {
            Some(benchmark) => f64::from(u8::from(*benchmark == data.prompts[at].benchmark)),
            None => 1.0,
        },
    };
    let width = others.len() + benchmarks.len() + 1;
    let mut smoothed = grades.to_vec();
    for part in 0..PARTS {
        let (told, learned): (Vec<usize>, Vec<usize>) =
            (0..grades.len()).partition(|row| row % PARTS == part);
        let inputs = DMatrix::from_fn(learned.len(), width, |row, column| {
            cell(grades[learned[row]].0, column)
        });
        let outcomes = DVector::from_fn(learned.len(), |row, _| grades[learned[row]].1);
        let weights = logistic::fit(&inputs, &outcomes, RIDGE)?;
        for row in told {
            let (at, grade) = grades[row];
            let score: f64 = (0..width)
                .map(|column| weights[column] * cell(at, column))
                .sum();
            smoothed[row].1 = SHARE * probability(score) + (1.0 - SHARE) * grade;
        }
    }
    Ok(smoothed)
}
