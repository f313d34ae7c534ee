//! A network of one hidden layer that knows all models at once: what one model's outcomes teach
//! about a prompt serves all others.

use super::artifact::{Damage, Reader};
use super::inputs::{Row, UNIT, WIDTH};

/// The most units of a hidden layer.
const MOST_UNITS: usize = 1024;
/// The most outputs.
const MOST_OUTPUTS: usize = 256;

/// A matrix of bytes with a scale and an offset for each row: output = code . input * scale + offset.
#[derive(Debug, Clone)]
pub(super) struct Matrix<'a> {
    scale: Vec<f32>,
    offset: Vec<f32>,
    codes: &'a [u8],
    columns: usize,
}

impl<'a> Matrix<'a> {
    /// One of no rows.
    pub(super) const fn empty() -> Self {
        Self {
            scale: Vec::new(),
            offset: Vec::new(),
            codes: &[],
            columns: 0,
        }
    }

    pub(super) fn read(from: &mut Reader<'a>, rows: usize, columns: usize) -> Result<Self, Damage> {
        Ok(Self {
            scale: from.f32s(rows)?,
            offset: from.f32s(rows)?,
            codes: from.bytes(rows * columns)?,
            columns,
        })
    }

    /// Each row's scale, offset and codes.
    fn rows(&self) -> impl Iterator<Item = (f32, f32, &'a [u8])> {
        let codes = self.codes.chunks_exact(self.columns.max(1));
        let numbers = self.scale.iter().zip(&self.offset);
        numbers
            .zip(codes)
            .map(|((scale, offset), codes)| (*scale, *offset, codes))
    }

    /// The products with a row of inputs.
    pub(super) fn times(&self, inputs: &[i16]) -> impl Iterator<Item = f32> {
        self.rows().map(move |(scale, offset, codes)| {
            // At most 2^7 * 2^14 * WIDTH: below 2^31.
            let sum: i32 = codes
                .iter()
                .zip(inputs)
                .map(|(code, input)| i32::from(code.cast_signed()) * i32::from(*input))
                .sum();
            offset + scale / UNIT * sum as f32
        })
    }
}

const _: () = assert!(WIDTH < 1 << 10, "sums of products must fit in 31 bits");

/// Hidden units, each 0 where its sum is negative, and the outputs made of them.
#[derive(Debug, Clone)]
pub(super) struct Network<'a> {
    hidden: Matrix<'a>,
    outputs: Matrix<'a>,
}

impl<'a> Network<'a> {
    pub(super) fn read(from: &mut Reader<'a>) -> Result<Self, Damage> {
        let (units, outputs) = (usize::from(from.u16()?), usize::from(from.u16()?));
        if !(1..=MOST_UNITS).contains(&units) || !(1..=MOST_OUTPUTS).contains(&outputs) {
            return Err(Damage::Range("size of a network"));
        }
        Ok(Self {
            hidden: Matrix::read(from, units, WIDTH)?,
            outputs: Matrix::read(from, outputs, units)?,
        })
    }

    /// How many outputs there are.
    pub(super) const fn outputs(&self) -> usize {
        self.outputs.scale.len()
    }

    /// The hidden units of a row of inputs.
    pub(super) fn hidden(&self, inputs: &Row) -> Vec<f32> {
        self.hidden.times(inputs).map(|sum| sum.max(0.0)).collect()
    }

    /// One output, from the hidden units; 0 if there is no such output.
    pub(super) fn output(&self, place: usize, hidden: &[f32]) -> f32 {
        self.outputs
            .rows()
            .nth(place)
            .map_or(0.0, |(scale, offset, codes)| {
                let terms = codes.iter().zip(hidden);
                let sum: f32 = terms
                    .map(|(code, unit)| f32::from(code.cast_signed()) * unit)
                    .sum();
                offset + scale * sum
            })
    }
}
