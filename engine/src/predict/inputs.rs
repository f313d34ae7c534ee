//! What the learners read: feature vector and embedding in one row of small whole numbers.
//!
//! Whole numbers, so that sums are the same on every machine and in every order.

use super::artifact::{Damage, Reader};
use crate::embedding::{DIMENSIONS, Embedding};
use crate::features::{COUNT, Features};

/// How many numbers a row has.
pub const WIDTH: usize = COUNT + DIMENSIONS;
/// One unit of an input.
pub const UNIT: f32 = 4096.0;
/// Inputs are cut at this many units (standard deviations) either side.
pub const MOST: f32 = 4.0;
/// An embedding's entries are about 1/16; times this they weigh like part of a standard deviation.
pub const EMBEDDING_RATE: f32 = 6.0;

/// A row of inputs, in units of 1 / [`UNIT`].
pub type Row = [i16; WIDTH];

/// How features become inputs: less the mean, divided by the standard deviation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scaling {
    mean: Vec<f32>,
    rate: Vec<f32>,
}

impl Scaling {
    /// Of means and one over standard deviations, [`COUNT`] of each, in the order of
    /// [`crate::features::NAMES`].
    ///
    /// # Errors
    /// [`Damage::Inputs`] for another number of them.
    pub fn of(mean: Vec<f32>, rate: Vec<f32>) -> Result<Self, Damage> {
        if mean.len() == COUNT && rate.len() == COUNT {
            Ok(Self { mean, rate })
        } else {
            Err(Damage::Inputs)
        }
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Result<Self, Damage> {
        let counts = (usize::from(from.u16()?), usize::from(from.u16()?));
        if counts != (COUNT, DIMENSIONS) {
            return Err(Damage::Inputs);
        }
        Self::of(from.f32s(COUNT)?, from.f32s(COUNT)?)
    }

    /// Writes what is read from a file.
    pub fn write(&self, body: &mut Vec<u8>) {
        for count in [COUNT, DIMENSIONS] {
            body.extend_from_slice(&(count as u16).to_le_bytes());
        }
        for number in self.mean.iter().chain(&self.rate) {
            body.extend_from_slice(&number.to_le_bytes());
        }
    }

    /// The inputs of a prompt. Without an embedding its entries are 0, as if the text said nothing.
    pub fn row(&self, features: &Features, embedding: Option<&Embedding>) -> Row {
        let mut row = [0; WIDTH];
        let (head, tail) = row.split_at_mut(COUNT);
        let scales = self.mean.iter().zip(&self.rate);
        for ((place, value), (mean, rate)) in head.iter_mut().zip(&features.vector).zip(scales) {
            *place = fixed((value - mean) * rate);
        }
        for (place, value) in tail.iter_mut().zip(embedding.into_iter().flatten()) {
            *place = fixed(value * EMBEDDING_RATE);
        }
        row
    }
}

/// In whole units. What is no number counts as 0.
pub(crate) fn fixed(value: f32) -> i16 {
    (value.clamp(-MOST, MOST) * UNIT).round_ties_even() as i16
}
