//! Learns what a pool's prompts look like, and what distance from them means.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use moecraft_engine::embedding::DIMENSIONS;
use moecraft_engine::features::COUNT;
use moecraft_engine::predict::{Curve, EMBEDDING_RATE, MEASURES, Usual, WIDTH};
use moecraft_engine::random::Generator;
use nalgebra::{DMatrix, DVector, SymmetricEigen};
use serde::{Deserialize, Serialize};

use super::write::{f32_of, matrix, u16_of};

/// Axes of the space that distance is measured in.
const AXES: usize = 96;
/// How much an entry of the embedding counts beside a standardised feature.
const EMBEDDING_WEIGHT: f64 = 2.0;
/// Ridge on the variance within kinds, as a share of its mean over the axes.
const RIDGE: f64 = 0.03;
/// Small groups of prompts, and topics of embeddings.
const GROUPS: usize = 64;
/// Rounds of k-means; later ones hardly move the centres.
const ROUNDS: usize = 12;

/// The space in which prompts of one kind vary by 1 along each axis, and what is in it.
pub(crate) struct Space {
    axes: DMatrix<f32>,
    offset: DMatrix<f32>,
    spread: Vec<f64>,
    /// A column each, and the labels that they have.
    kinds: DMatrix<f32>,
    labels: Vec<usize>,
    groups: DMatrix<f32>,
    topics: DMatrix<f32>,
}

impl Space {
    /// Of the inputs of these prompts, each of a kind.
    pub(crate) fn fit(inputs: &DMatrix<f32>, rows: &[usize], kinds: &[usize]) -> Result<Self> {
        let chosen = inputs.select_columns(rows);
        let mean = chosen.column_mean();
        let weights = DVector::from_fn(
            WIDTH,
            |place, _| {
                if place < COUNT { 1.0 } else { EMBEDDING_WEIGHT }
            },
        );
        let count = rows.len().max(1) as f64;
        let moment = (&chosen * chosen.transpose()).cast::<f64>() / count;
        let middle = mean.cast::<f64>();
        let scale = DMatrix::from_diagonal(&weights);
        let covariance = &scale * (moment - &middle * middle.transpose()) * &scale;
        let axes = leading(SymmetricEigen::new(covariance.clone()), AXES);
        let total = axes.tr_mul(&covariance) * &axes;
        let principal = axes.transpose() * &scale;
        let labels: Vec<usize> = rows.iter().map(|&row| kinds[row]).collect();
        let means = means(&chosen, &labels);
        let between = between(
            &(&principal * means.centres.clone().cast::<f64>()),
            &means.counts,
            &(&principal * &middle),
            count,
        );
        let mut within = &total - between;
        let ridge = RIDGE * within.trace() / AXES as f64;
        for place in 0..AXES {
            within[(place, place)] += ridge;
        }
        let root = within.cholesky().context("variance within kinds")?.l();
        let whiten = root
            .clone()
            .try_inverse()
            .context("variance within kinds")?;
        let apart = SymmetricEigen::new(&whiten * total * whiten.transpose());
        let axes = apart.eigenvectors.transpose() * whiten * principal;
        let offset = -(&axes * middle);
        let axes = axes.cast::<f32>();
        let offset = DMatrix::from_column_slice(AXES, 1, offset.cast::<f32>().as_slice());
        let place = |points: &DMatrix<f32>| {
            let mut placed = &axes * points;
            for mut column in placed.column_iter_mut() {
                column += offset.column(0);
            }
            placed
        };
        let mut topics = centres(&chosen.rows(COUNT, DIMENSIONS).into_owned());
        for mut topic in topics.column_iter_mut() {
            let length = topic.norm().max(1e-6);
            topic /= length * EMBEDDING_RATE;
        }
        Ok(Self {
            kinds: place(&means.centres),
            labels: means.labels,
            groups: centres(&place(&chosen)),
            spread: apart
                .eigenvalues
                .iter()
                .map(|variance| variance.max(1e-3))
                .collect(),
            topics,
            axes,
            offset,
        })
    }

    /// The label of a kind, by its place.
    pub(crate) fn label(&self, kind: usize) -> Option<usize> {
        self.labels.get(kind).copied()
    }

    /// Writes what the engine reads as familiar.
    pub(crate) fn write(&self, scale: &Scale, body: &mut Vec<u8>) {
        u16_of(AXES, body);
        matrix(&self.axes, &self.offset, body);
        for variance in &self.spread {
            f32_of(*variance as f32, body);
        }
        for points in [&self.kinds, &self.groups] {
            u16_of(points.ncols(), body);
            for number in points {
                f32_of(*number, body);
            }
        }
        u16_of(self.topics.ncols(), body);
        matrix(
            &self.topics.transpose(),
            &DMatrix::zeros(self.topics.ncols(), 1),
            body,
        );
        for label in &self.labels {
            scale.usual(*label).write(body);
        }
        scale.write(body);
    }
}

/// The eigenvectors of the largest eigenvalues, a column each.
fn leading(eigen: SymmetricEigen<f64, nalgebra::Dyn>, count: usize) -> DMatrix<f64> {
    let mut order: Vec<usize> = (0..eigen.eigenvalues.len()).collect();
    order.sort_by(|a, b| eigen.eigenvalues[*b].total_cmp(&eigen.eigenvalues[*a]));
    order.truncate(count);
    eigen.eigenvectors.select_columns(&order)
}

struct Means {
    labels: Vec<usize>,
    centres: DMatrix<f32>,
    counts: Vec<f64>,
}

/// The mean of the columns of each label that occurs.
fn means(columns: &DMatrix<f32>, labels: &[usize]) -> Means {
    let most = labels.iter().copied().max().unwrap_or_default();
    let mut sums = DMatrix::zeros(columns.nrows(), most + 1);
    let mut counts = vec![0.0_f64; most + 1];
    for (column, &label) in columns.column_iter().zip(labels) {
        let mut sum = sums.column_mut(label);
        sum += column;
        counts[label] += 1.0;
    }
    let present: Vec<usize> = (0..=most).filter(|&label| counts[label] > 0.0).collect();
    let mut centres = sums.select_columns(&present);
    let counts: Vec<f64> = present.iter().map(|&label| counts[label]).collect();
    for (mut centre, count) in centres.column_iter_mut().zip(&counts) {
        centre /= *count as f32;
    }
    Means {
        labels: present,
        centres,
        counts,
    }
}

/// The part of the covariance that is due to the kinds' means.
fn between(
    centres: &DMatrix<f64>,
    counts: &[f64],
    mean: &DVector<f64>,
    total: f64,
) -> DMatrix<f64> {
    let mut sum = DMatrix::zeros(mean.len(), mean.len());
    for (centre, count) in centres.column_iter().zip(counts) {
        let apart = centre - mean;
        sum += &apart * apart.transpose() * (count / total);
    }
    sum
}

/// Centres of groups of columns (k-means).
fn centres(columns: &DMatrix<f32>) -> DMatrix<f32> {
    let mut chance = Generator::new(1);
    let first: Vec<usize> = (0..GROUPS).map(|_| chance.below(columns.ncols())).collect();
    let mut centres = columns.select_columns(&first);
    for _ in 0..ROUNDS {
        let products = centres.tr_mul(columns);
        let halves: Vec<f32> = centres
            .column_iter()
            .map(|c| c.norm_squared() / 2.0)
            .collect();
        let nearest: Vec<usize> = products
            .column_iter()
            .map(|products| {
                let apart = |group: usize| halves[group] - products[group];
                (0..halves.len())
                    .min_by(|a, b| apart(*a).total_cmp(&apart(*b)))
                    .unwrap_or(0)
            })
            .collect();
        centres = means(columns, &nearest).centres;
    }
    centres
}

/// What a distance means: how far it is from the usual, how that ranks among familiar prompts, and how
/// much each way of measuring says.
pub(crate) struct Scale {
    /// Of all prompts, and of those nearest to each kind, by its label.
    of_all: Usual,
    of_kinds: BTreeMap<usize, Usual>,
    pub(crate) curves: Vec<Curve>,
    pub(crate) weights: Vec<f64>,
    pub(crate) constant: f64,
}

/// Points of a curve.
const KNOTS: usize = 48;
/// What is usual of all counts as so many prompts of each kind.
const SHRUNK: f64 = 20.0;

impl Scale {
    /// One that says nothing yet: only the measures are to be looked at.
    pub(crate) fn none() -> Result<Self> {
        let line = || Curve::through(vec![0.0, 1.0], vec![0.0, 1.0]);
        Ok(Self {
            of_all: Usual {
                mean: [0.0; MEASURES],
                rate: [1.0; MEASURES],
            },
            of_kinds: BTreeMap::new(),
            curves: (0..MEASURES).map(|_| line()).collect::<Result<_, _>>()?,
            weights: vec![0.0; MEASURES],
            constant: 0.0,
        })
    }

    /// Of familiar prompts, each with the label of the kind it is nearest to; weights are yet to come.
    pub(crate) fn of<'a>(familiar: impl Iterator<Item = &'a Far> + Clone) -> Result<Self> {
        let mut kinds: BTreeMap<usize, Vec<&Far>> = BTreeMap::new();
        for far in familiar.clone() {
            kinds.entry(far.label).or_default().push(far);
        }
        let all: Vec<&Far> = familiar.collect();
        let (mean, variance) = moments(&all, None);
        let shrunk = |far: &Vec<&Far>| usual(moments(far, Some((&mean, &variance))));
        let mut scale = Self {
            of_all: usual((mean, variance)),
            of_kinds: kinds
                .iter()
                .map(|(label, far)| (*label, shrunk(far)))
                .collect(),
            ..Self::none()?
        };
        let apart: Vec<[f32; MEASURES]> = all.iter().map(|far| scale.apart(far)).collect();
        let curve = |way: usize| curve(apart.iter().map(|apart| apart[way]).collect());
        scale.curves = (0..MEASURES).map(curve).collect::<Result<_>>()?;
        Ok(scale)
    }

    fn usual(&self, label: usize) -> &Usual {
        self.of_kinds.get(&label).unwrap_or(&self.of_all)
    }

    fn apart(&self, far: &Far) -> [f32; MEASURES] {
        self.usual(far.label).apart(&far.measures)
    }

    /// How the measures score.
    pub(crate) fn scores(&self, far: &Far) -> [f64; MEASURES] {
        let mut scores = [0.0; MEASURES];
        let apart = self.apart(far);
        for ((score, curve), apart) in scores.iter_mut().zip(&self.curves).zip(apart) {
            *score = curve.of(apart).into();
        }
        scores
    }

    /// Log-odds of being foreign.
    pub(crate) fn foreignness(&self, far: &Far) -> f32 {
        let terms = self.scores(far).into_iter().zip(&self.weights);
        (terms.map(|(score, weight)| score * weight).sum::<f64>() + self.constant) as f32
    }

    fn write(&self, body: &mut Vec<u8>) {
        for curve in &self.curves {
            curve.write(body);
        }
        for weight in &self.weights {
            f32_of(*weight as f32, body);
        }
        f32_of(self.constant as f32, body);
    }
}

/// How far a prompt is from others.
#[derive(Serialize, Deserialize)]
pub(crate) struct Far {
    /// The prompt's place.
    pub(crate) at: usize,
    /// The label of the nearest kind.
    pub(crate) label: usize,
    pub(crate) measures: [f32; MEASURES],
}

type Moments = ([f64; MEASURES], [f64; MEASURES]);

/// Mean and variance of each measure, drawn to others.
fn moments(far: &[&Far], to: Option<(&[f64; MEASURES], &[f64; MEASURES])>) -> Moments {
    let (mut mean, mut variance) = ([0.0; MEASURES], [0.0; MEASURES]);
    let weight = if to.is_some() { SHRUNK } else { 0.0 };
    let count = (far.len() as f64 + weight).max(1.0);
    for way in 0..MEASURES {
        let figures = || far.iter().map(|far| f64::from(far.measures[way]));
        let (to_mean, to_variance) =
            to.map_or((0.0, 0.0), |(mean, variance)| (mean[way], variance[way]));
        mean[way] = (figures().sum::<f64>() + weight * to_mean) / count;
        let squares: f64 = figures().map(|figure| (figure - mean[way]).powi(2)).sum();
        variance[way] = (squares + weight * to_variance) / count;
    }
    (mean, variance)
}

fn usual((mean, variance): Moments) -> Usual {
    Usual {
        mean: mean.map(|mean| mean as f32),
        rate: variance.map(|variance| variance.sqrt().max(1e-6).recip() as f32),
    }
}

/// Scores a measure by the log-odds of its rank among familiar prompts.
fn curve(mut familiar: Vec<f32>) -> Result<Curve> {
    familiar.sort_by(f32::total_cmp);
    let rank = |place: usize| (place as f64 + 0.5) / KNOTS as f64;
    let at = |place| {
        familiar
            .get((rank(place) * familiar.len() as f64) as usize)
            .copied()
    };
    let at: Option<Vec<f32>> = (0..KNOTS).map(at).collect();
    let odds = |place| (rank(place) / (1.0 - rank(place))).ln() as f32;
    let score = (0..KNOTS).map(odds).collect();
    Ok(Curve::through(at.context("no familiar prompt")?, score)?)
}
