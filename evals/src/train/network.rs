//! Trains the network: one hidden layer for the outcomes of all models at once, by Adam (Kingma
//! and Ba 2015) with decoupled weight decay and dropout.

use moecraft_engine::random::Generator;
use nalgebra::DMatrix;

use super::targets::Targets;

/// How a network is trained.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Recipe {
    pub(crate) units: usize,
    pub(crate) epochs: usize,
    /// The share of hidden units left out in a step.
    pub(crate) dropout: f32,
    /// The share of inputs left out in a step.
    pub(crate) input_dropout: f32,
    /// How much weights shrink, by the learning rate.
    pub(crate) decay: f32,
}

/// Rows of a step.
const BATCH: usize = 128;
/// The learning rate at the beginning; it falls to nothing in a straight line.
const RATE: f32 = 2e-3;
const KEEP_MEAN: f32 = 0.9;
const KEEP_SQUARE: f32 = 0.999;

/// Weights as they are learned: hidden units by inputs, outputs by hidden units.
pub(crate) struct Trained {
    pub(crate) hidden: DMatrix<f32>,
    pub(crate) hidden_offset: DMatrix<f32>,
    pub(crate) outputs: DMatrix<f32>,
    pub(crate) outputs_offset: DMatrix<f32>,
}

impl Trained {
    /// The log-odds of all outputs (rows) for inputs (a column for each prompt).
    pub(crate) fn scores(&self, inputs: &DMatrix<f32>) -> DMatrix<f32> {
        let mut hidden = DMatrix::zeros(self.hidden.nrows(), inputs.ncols());
        product(&mut hidden, &self.hidden, inputs, &self.hidden_offset);
        hidden.apply(|unit| *unit = unit.max(0.0));
        let mut scores = DMatrix::zeros(self.outputs.nrows(), inputs.ncols());
        product(&mut scores, &self.outputs, &hidden, &self.outputs_offset);
        scores
    }
}

/// A block of weights with Adam's running means.
struct Block {
    weights: DMatrix<f32>,
    mean: DMatrix<f32>,
    square: DMatrix<f32>,
    gradient: DMatrix<f32>,
    decay: f32,
}

/// Trains on some rows (places in `inputs`, which has a column for each prompt).
pub(crate) fn train(
    recipe: &Recipe,
    inputs: &DMatrix<f32>,
    targets: &Targets,
    rows: &[usize],
    seed: u64,
) -> Trained {
    let mut chance = Generator::new(seed);
    let (width, outputs) = (inputs.nrows(), targets.columns());
    let spread = 1.0 / (width as f32).sqrt();
    let small = 0.1 / (recipe.units as f32).sqrt();
    let mut hidden = Block::drawn(recipe.units, width, spread, recipe.decay, &mut chance);
    let mut hidden_offset = Block::drawn(recipe.units, 1, 0.0, 0.0, &mut chance);
    let mut out = Block::drawn(outputs, recipe.units, small, recipe.decay, &mut chance);
    let mut out_offset = Block::drawn(outputs, 1, 0.0, 0.0, &mut chance);

    let mut order = rows.to_vec();
    let batch = BATCH.min(rows.len());
    let steps = recipe.epochs * (rows.len() / batch.max(1));
    let mut x = DMatrix::zeros(width, batch);
    let mut h = DMatrix::zeros(recipe.units, batch);
    let mut z = DMatrix::zeros(outputs, batch);
    let mut back = DMatrix::zeros(recipe.units, batch);
    let mut step = 0;
    for _ in 0..recipe.epochs {
        shuffle(&mut order, &mut chance);
        for chosen in order.chunks_exact(batch) {
            for (mut column, &row) in x.column_iter_mut().zip(chosen) {
                column.copy_from(&inputs.column(row));
            }
            drop_out(&mut x, recipe.input_dropout, &mut chance);
            product(&mut h, &hidden.weights, &x, &hidden_offset.weights);
            h.apply(|unit| *unit = unit.max(0.0));
            drop_out(&mut h, recipe.dropout, &mut chance);
            product(&mut z, &out.weights, &h, &out_offset.weights);
            targets.slope(&mut z, chosen);

            back.gemm_tr(1.0, &out.weights, &z, 0.0);
            // What a unit passes on: nothing where it was cut or left out, else as much more as it
            // was scaled.
            let kept = 1.0 / (1.0 - recipe.dropout);
            for (slope, unit) in back.iter_mut().zip(&h) {
                *slope = if *unit > 0.0 { *slope * kept } else { 0.0 };
            }
            out.gradient.gemm(1.0, &z, &h.transpose(), 0.0);
            out_offset.gradient.copy_from(&z.column_sum());
            hidden.gradient.gemm(1.0, &back, &x.transpose(), 0.0);
            hidden_offset.gradient.copy_from(&back.column_sum());

            step += 1;
            let rate = RATE * (1.0 - (step - 1) as f32 / steps as f32) + 1e-5;
            for block in [&mut hidden, &mut hidden_offset, &mut out, &mut out_offset] {
                block.step(step, rate);
            }
        }
    }
    Trained {
        hidden: hidden.weights,
        hidden_offset: hidden_offset.weights,
        outputs: out.weights,
        outputs_offset: out_offset.weights,
    }
}

impl Block {
    /// Weights drawn around 0 with this standard deviation.
    fn drawn(rows: usize, columns: usize, spread: f32, decay: f32, chance: &mut Generator) -> Self {
        // A sum of twelve uniform draws less six: near enough to a Gaussian.
        let mut draw = || (0..12).map(|_| chance.unit()).sum::<f64>() - 6.0;
        Self {
            weights: DMatrix::from_fn(rows, columns, |_, _| draw() as f32 * spread),
            mean: DMatrix::zeros(rows, columns),
            square: DMatrix::zeros(rows, columns),
            gradient: DMatrix::zeros(rows, columns),
            decay,
        }
    }

    fn step(&mut self, step: i32, rate: f32) {
        let mean_share = 1.0 - KEEP_MEAN.powi(step);
        let square_share = 1.0 - KEEP_SQUARE.powi(step);
        let running = self.mean.iter_mut().zip(self.square.iter_mut());
        for ((weight, gradient), (mean, square)) in
            self.weights.iter_mut().zip(&self.gradient).zip(running)
        {
            *mean = KEEP_MEAN * *mean + (1.0 - KEEP_MEAN) * gradient;
            *square = KEEP_SQUARE * *square + (1.0 - KEEP_SQUARE) * gradient * gradient;
            let pull = *mean / mean_share / ((*square / square_share).sqrt() + 1e-8);
            *weight -= rate * (pull + self.decay * *weight);
        }
    }
}

/// `to` = weights * inputs + offset, a column for each row of the batch.
fn product(
    to: &mut DMatrix<f32>,
    weights: &DMatrix<f32>,
    inputs: &DMatrix<f32>,
    offset: &DMatrix<f32>,
) {
    for mut column in to.column_iter_mut() {
        column.copy_from(&offset.column(0));
    }
    to.gemm(1.0, weights, inputs, 1.0);
}

/// Sets a share of the entries to 0 and the others so much higher that the sum is kept.
fn drop_out(matrix: &mut DMatrix<f32>, share: f32, chance: &mut Generator) {
    let bound = (f64::from(share) * 65_536.0) as u64;
    let kept = 1.0 / (1.0 - share);
    for four in matrix.as_mut_slice().chunks_mut(4) {
        let bits = chance.bits();
        for (at, entry) in four.iter_mut().enumerate() {
            let dropped = (bits >> (16 * at)) & 0xffff < bound;
            *entry = if dropped { 0.0 } else { *entry * kept };
        }
    }
}

fn shuffle(order: &mut [usize], chance: &mut Generator) {
    for place in (1..order.len()).rev() {
        order.swap(place, chance.below(place + 1));
    }
}
