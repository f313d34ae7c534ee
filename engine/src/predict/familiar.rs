//! How far a prompt is from all that was learned from.
//!
//! Predictions are tested on prompts of the kinds they were trained on; of other kinds they say
//! little, however sure they sound, and members of an ensemble agree on them for the wrong reasons.
//! So the distance is measured, in three ways: to the nearest known kind of prompt, beyond what is
//! usual for any prompt (relative Mahalanobis distance, Ren et al. 2021, arXiv 2106.09022); to the
//! nearest of many small groups; and to the nearest topic. Each is held against what is usual among
//! the prompts nearest to the same kind, since some kinds are wider than others; what it then means
//! was learned by leaving whole kinds out.

use serde::{Deserialize, Serialize};

use super::artifact::{Damage, Reader};
use super::head::logistic;
use super::inputs::{Row, WIDTH};
use super::network::Matrix;
use crate::embedding::DIMENSIONS;
use crate::features::COUNT;

/// Ways in which distance is measured.
pub const MEASURES: usize = 3;
/// The most axes of the space that distance is measured in.
const MOST_AXES: u16 = 256;
/// The most kinds, groups or topics.
const MOST_POINTS: u16 = 512;
/// The most points of a curve.
const MOST_KNOTS: u16 = 256;
/// Beyond this many standard deviations, farther is not more foreign.
const MOST_SCORE: f32 = 5.0;

/// Measures distance from what was learned from.
#[derive(Debug, Clone)]
pub struct Familiar<'a> {
    /// From inputs to axes along which prompts of one kind vary by 1.
    axes: Matrix<'a>,
    /// By how much all prompts together vary along each axis: variances.
    spread: Vec<f32>,
    kinds: Points,
    groups: Points,
    /// Directions of topics, to be multiplied with an embedding.
    topics: Matrix<'a>,
    /// For each kind: some kinds are wider than others.
    usual: Vec<Usual>,
    /// From each measure, in deviations from what is usual of the kind, to log-odds of its rank.
    curves: Vec<Curve>,
    weights: Vec<f32>,
    constant: f32,
}

/// What is usual among the prompts that are nearest to a kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usual {
    /// The mean of each measure.
    pub mean: [f32; MEASURES],
    /// One over the standard deviation of each.
    pub rate: [f32; MEASURES],
}

impl Usual {
    /// How far measures are from the usual, in standard deviations.
    pub fn apart(&self, measures: &[f32; MEASURES]) -> [f32; MEASURES] {
        let mut apart = *measures;
        for ((figure, mean), rate) in apart.iter_mut().zip(&self.mean).zip(&self.rate) {
            *figure = (*figure - mean) * rate;
        }
        apart
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Damage> {
        let mut usual = Self {
            mean: [0.0; MEASURES],
            rate: [0.0; MEASURES],
        };
        for figure in usual.mean.iter_mut().chain(&mut usual.rate) {
            *figure = from.f32()?;
        }
        Ok(usual)
    }

    /// Writes what is read from a file.
    pub fn write(&self, body: &mut Vec<u8>) {
        for figure in self.mean.iter().chain(&self.rate) {
            body.extend_from_slice(&figure.to_le_bytes());
        }
    }
}

/// How far a prompt is from what is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Distance {
    /// The nearest kind, by its place.
    pub kind: usize,
    /// By each of the measures; larger is farther.
    pub measures: [f32; MEASURES],
}

/// Places in the space of the axes.
#[derive(Debug, Clone)]
struct Points {
    coordinates: Vec<f32>,
    axes: usize,
}

/// A growing function through given points, straight between them and beyond, within ±5.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    at: Vec<f32>,
    score: Vec<f32>,
}

impl<'a> Familiar<'a> {
    /// Reads what [`Familiar`] is made of: number of axes (u16), their matrix, their spread; kinds
    /// and groups, each a number (u16) and so many points; topics, a number (u16) and a matrix;
    /// for each kind what is usual, means and rates; for each measure a number (u16) of knots, where
    /// they are and what they score; a weight for each measure and a constant.
    pub(super) fn read(from: &mut Reader<'a>) -> Result<Self, Damage> {
        let axes = counted(from, MOST_AXES)?;
        let matrix = Matrix::read(from, axes, WIDTH)?;
        let spread = from.f32s(axes)?;
        let kinds = Points::read(from, axes)?;
        let familiar = Self {
            axes: matrix,
            spread,
            groups: Points::read(from, axes)?,
            topics: {
                let topics = counted(from, MOST_POINTS)?;
                Matrix::read(from, topics, DIMENSIONS)?
            },
            usual: (0..kinds.count())
                .map(|_| Usual::read(from))
                .collect::<Result<_, _>>()?,
            kinds,
            curves: (0..MEASURES)
                .map(|_| Curve::read(from))
                .collect::<Result<_, _>>()?,
            weights: from.f32s(MEASURES)?,
            constant: from.f32()?,
        };
        if familiar.spread.iter().all(|variance| *variance > 0.0) {
            Ok(familiar)
        } else {
            Err(Damage::Range("spread"))
        }
    }

    /// One to whom nothing is familiar.
    pub(super) fn nothing() -> Self {
        let points = || Points {
            coordinates: Vec::new(),
            axes: 0,
        };
        Self {
            axes: Matrix::empty(),
            spread: Vec::new(),
            kinds: points(),
            groups: points(),
            topics: Matrix::empty(),
            usual: Vec::new(),
            curves: Vec::new(),
            weights: Vec::new(),
            constant: MOST_SCORE,
        }
    }

    /// How far the prompt is.
    pub fn distance(&self, inputs: &Row) -> Distance {
        let place: Vec<f32> = self.axes.times(inputs).collect();
        let from_all = place
            .iter()
            .zip(&self.spread)
            .map(|(x, variance)| x * x / variance);
        let (_, embedding) = inputs.split_at(COUNT);
        let topic = self.topics.times(embedding).fold(0.0, f32::max);
        let (kind, from_kind) = self.kinds.nearest(&place);
        let (_, from_group) = self.groups.nearest(&place);
        Distance {
            kind,
            measures: [from_kind - from_all.sum::<f32>(), from_group, -topic],
        }
    }

    /// How foreign the prompt is, in log-odds. At 0 it is as likely to be of a kind never seen as of
    /// a known one, if both were equally common.
    pub fn foreignness(&self, inputs: &Row) -> f32 {
        let Distance { kind, measures } = self.distance(inputs);
        let apart = self
            .usual
            .get(kind)
            .map_or(measures, |usual| usual.apart(&measures));
        let scores = self
            .curves
            .iter()
            .zip(apart)
            .map(|(curve, measure)| curve.of(measure));
        let weighted = scores
            .zip(&self.weights)
            .map(|(score, weight)| score * weight);
        self.constant + weighted.sum::<f32>()
    }
}

impl Points {
    fn read(from: &mut Reader<'_>, axes: usize) -> Result<Self, Damage> {
        let count = counted(from, MOST_POINTS)?;
        Ok(Self {
            coordinates: from.f32s(count * axes)?,
            axes,
        })
    }

    fn count(&self) -> usize {
        self.coordinates.len() / self.axes.max(1)
    }

    /// The nearest point, and the squared distance to it.
    fn nearest(&self, place: &[f32]) -> (usize, f32) {
        let distance = |point: &[f32]| -> f32 {
            let differences = point.iter().zip(place).map(|(a, b)| a - b);
            differences.map(|difference| difference * difference).sum()
        };
        let points = self.coordinates.chunks_exact(self.axes.max(1));
        let nearer = |a: &(usize, f32), b: &(usize, f32)| a.1.total_cmp(&b.1);
        let nearest = points.map(distance).enumerate().min_by(nearer);
        nearest.unwrap_or((0, f32::INFINITY))
    }
}

impl Curve {
    /// Through points (at, score), of which there are two or more, both growing.
    ///
    /// # Errors
    /// [`Damage::Range`] for other points.
    pub fn through(at: Vec<f32>, score: Vec<f32>) -> Result<Self, Damage> {
        let sound = at.len() == score.len() && (2..=MOST_KNOTS.into()).contains(&at.len());
        if sound && at.is_sorted() && score.is_sorted() {
            Ok(Self { at, score })
        } else {
            Err(Damage::Range("curve"))
        }
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Damage> {
        let knots = counted(from, MOST_KNOTS)?;
        Self::through(from.f32s(knots)?, from.f32s(knots)?)
    }

    /// Writes what is read from a file.
    pub fn write(&self, body: &mut Vec<u8>) {
        body.extend_from_slice(&(self.at.len() as u16).to_le_bytes());
        for number in self.at.iter().chain(&self.score) {
            body.extend_from_slice(&number.to_le_bytes());
        }
    }

    /// Its value.
    pub fn of(&self, at: f32) -> f32 {
        let upper = self
            .at
            .partition_point(|knot| *knot < at)
            .clamp(1, self.at.len().max(2) - 1);
        let knot = |place: usize| {
            let at = self.at.get(place).copied().unwrap_or_default();
            (at, self.score.get(place).copied().unwrap_or_default())
        };
        let ((x0, y0), (x1, y1)) = (knot(upper - 1), knot(upper));
        let slope = (y1 - y0) / (x1 - x0).max(1e-6);
        (y0 + slope * (at - x0)).clamp(-MOST_SCORE, MOST_SCORE)
    }
}

/// A number of 1..=`most`.
fn counted(from: &mut Reader<'_>, most: u16) -> Result<usize, Damage> {
    match from.u16()? {
        count if (1..=most).contains(&count) => Ok(usize::from(count)),
        _ => Err(Damage::Range("a number of points")),
    }
}

/// What the prompts of late looked like: a kind of work that is new to the router comes in
/// stretches, so that foreign prompts make those that follow more likely to be foreign too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Traffic {
    sum: f64,
    count: f64,
}

/// Prompts after which what a prompt said counts for a third.
const MEMORY: f64 = 64.0;
/// Mean foreignness between that of known and of unknown traffic. Each known kind by itself has
/// −1.0 to −0.65, all together −0.8; kinds left out −0.4 to 3.1, but for one of −0.8.
const MIDDLE: f64 = -0.55;
/// How many prompts of middling foreignness are imagined before the first one.
const IMAGINED: f64 = 10.0;
/// Log-odds by which foreign traffic makes a prompt foreign, for each unit of the mean.
const PULL: f64 = 8.0;
/// The most log-odds by which traffic speaks for a prompt or against it.
const MOST_PULL: f64 = 3.0;

impl Traffic {
    /// Of prompts that come together, whatever their order.
    pub fn of(foreignness: &[f32]) -> Self {
        let count = foreignness.len() as f64;
        let sum: f64 = foreignness.iter().copied().map(f64::from).sum();
        let weight = MEMORY.min(count) / count.max(1.0);
        Self {
            sum: sum * weight,
            count: count * weight,
        }
    }

    /// Takes note of a prompt, after which traffic before it fades.
    pub fn observe(&mut self, foreignness: f32) {
        if !foreignness.is_finite() {
            return;
        }
        let keep = 1.0 - 1.0 / MEMORY;
        self.sum = self.sum * keep + f64::from(foreignness);
        self.count = self.count * keep + 1.0;
    }

    /// How likely a prompt of this foreignness is of a kind never seen, given the traffic.
    pub fn foreign(&self, foreignness: f32) -> f64 {
        let mean = (self.sum + IMAGINED * MIDDLE) / (self.count + IMAGINED);
        let pull = (PULL * (mean - MIDDLE)).clamp(-MOST_PULL, MOST_PULL);
        logistic(foreignness + pull as f32)
    }
}

/// How much of what is said of a prompt is assumed, where it is so likely to be foreign: 0 to 1. From one
/// half on all of it, since what was learned says nothing of such a prompt.
pub fn assumed(foreign: f64) -> f64 {
    (2.0 * foreign).clamp(0.0, 1.0)
}

/// A figure of a prompt that is so likely to be foreign: as it was learned, drawn to what is assumed.
pub fn drawn(learned: f64, without: f64, foreign: f64) -> f64 {
    learned + assumed(foreign) * (without - learned)
}

#[cfg(test)]
mod tests;
