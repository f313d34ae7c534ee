//! Isotonic calibration: the best rising curve through the outcomes, whatever its form.
//!
//! Pool adjacent violators (Ayer et al. 1955): neighbours that are in the wrong order share their
//! mean. It wants data: some thousand outcomes.

use serde::{Deserialize, Serialize};

use super::{Error, Graded};

/// Predictions and values that differ by no more than this are equal. Storage as text may change
/// the last digit.
const ROUNDING: f64 = 1e-12;

/// A rising curve from probabilities to probabilities, straight between its knots and level
/// beyond them.
///
/// What is read from storage is checked to be one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub struct Isotonic {
    /// Predicted and calibrated probability, both rising, the first one strictly.
    knots: Vec<(f64, f64)>,
    /// How much of the prediction itself is mixed in.
    slope: f64,
}

#[derive(Deserialize)]
struct Stored {
    knots: Vec<(f64, f64)>,
    slope: f64,
}

/// Neighbouring predictions with one value.
#[derive(Clone, Copy)]
struct Block {
    first: f64,
    last: f64,
    value: f64,
    weight: f64,
}

impl Block {
    fn with(self, next: Self) -> Self {
        let weight = self.weight + next.weight;
        Self {
            first: self.first,
            last: next.last,
            // Rounding may carry a mean past the ends.
            value: ((self.value * self.weight + next.value * next.weight) / weight).clamp(0.0, 1.0),
            weight,
        }
    }
}

impl Isotonic {
    /// The rising curve with the least squared error. Of it 1 - `slope` (0..1) is taken and
    /// `slope` of the prediction itself: a little of that keeps predictions apart which the curve
    /// alone would make equal, so that their ranks stay.
    ///
    /// # Errors
    /// [`Error::Empty`]; [`Error::Range`].
    pub fn fit(graded: &[Graded], slope: f64) -> Result<Self, Error> {
        graded.iter().try_for_each(Graded::check)?;
        let mut sorted = graded.to_vec();
        sorted.sort_by(|a, b| a.predicted.total_cmp(&b.predicted));
        let mut blocks: Vec<Block> = Vec::new();
        for point in &sorted {
            let mut block = Block {
                first: point.predicted,
                last: point.predicted,
                value: point.outcome,
                weight: point.weight,
            };
            // Equal predictions have to be one before they are compared with others.
            if let Some(before) = blocks.pop_if(|tie| block.first - tie.first <= ROUNDING) {
                block = Block {
                    last: before.last,
                    ..before.with(block)
                };
            }
            blocks.push(block);
        }
        let knots = pooled(blocks)
            .iter()
            .flat_map(|block| {
                let end = (block.last > block.first).then_some((block.last, block.value));
                [Some((block.first, block.value)), end]
            })
            .flatten()
            .collect();
        Stored { knots, slope }.try_into()
    }

    /// The calibrated probability, 0..=1. What is no number is taken for 0.5.
    pub fn apply(&self, predicted: f64) -> f64 {
        let predicted = match predicted.is_nan() {
            true => 0.5,
            false => predicted.clamp(0.0, 1.0),
        };
        let above = self.knots.partition_point(|(x, _)| *x < predicted);
        let before = above.checked_sub(1).and_then(|place| self.knots.get(place));
        let curve = match (before, self.knots.get(above)) {
            (Some((x0, y0)), Some((x1, y1))) => y0 + (y1 - y0) * ((predicted - x0) / (x1 - x0)),
            (Some((_, y)), None) | (None, Some((_, y))) => *y,
            (None, None) => predicted,
        };
        (curve + self.slope * (predicted - curve)).clamp(0.0, 1.0)
    }

    /// Predicted and calibrated probability at each corner of the curve, before any slope.
    pub fn knots(&self) -> &[(f64, f64)] {
        &self.knots
    }
}

/// Blocks of strictly rising predictions, those in the wrong order made one.
fn pooled(blocks: Vec<Block>) -> Vec<Block> {
    let mut pooled: Vec<Block> = Vec::new();
    for mut block in blocks {
        while let Some(before) = pooled.pop_if(|before| before.value >= block.value) {
            block = before.with(block);
        }
        pooled.push(block);
    }
    pooled
}

impl TryFrom<Stored> for Isotonic {
    type Error = Error;

    fn try_from(Stored { knots, slope }: Stored) -> Result<Self, Error> {
        if knots.is_empty() {
            return Err(Error::Empty);
        }
        if !(0.0..1.0).contains(&slope) {
            return Err(Error::Range("slope"));
        }
        let unit = |p: &f64| (0.0..=1.0).contains(p);
        let inside = knots.iter().all(|(x, y)| unit(x) && unit(y));
        let next = knots.iter().skip(1);
        let rising = knots
            .iter()
            .zip(next)
            .all(|((x0, y0), (x1, y1))| x0 < x1 && *y0 <= y1 + ROUNDING);
        if inside && rising {
            Ok(Self { knots, slope })
        } else {
            Err(Error::Range("knots"))
        }
    }
}
