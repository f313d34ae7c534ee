//! The readable model: for each tier a few sums of a few terms, as sparse identification finds
//! them. Their mean can be printed, their spread says how far they disagree.

use super::artifact::{Damage, Reader};
use super::inputs::{Row, UNIT};
use crate::features::{COUNT, NAMES};

/// In place of a second factor: there is none.
pub const NONE: u16 = u16::MAX;
/// The most terms of an equation.
pub const MOST_TERMS: usize = 25;

/// A factor times another, or alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Term {
    /// The place of the first factor among the features.
    pub first: u16,
    /// The place of the second, or [`NONE`].
    pub second: u16,
    /// What the product is multiplied with.
    pub weight: f32,
}

/// log-odds = constant + the sum of the terms, of standardised features.
#[derive(Debug, Clone, PartialEq)]
pub struct Equation {
    /// The log-odds of an average prompt.
    pub constant: f32,
    /// The terms.
    pub terms: Vec<Term>,
}

impl Equation {
    pub(super) fn read(from: &mut Reader<'_>) -> Result<Self, Damage> {
        let constant = from.f32()?;
        let count = usize::from(from.u8()?);
        if count > MOST_TERMS {
            return Err(Damage::Range("terms of an equation"));
        }
        let terms = (0..count)
            .map(|_| Term::read(from))
            .collect::<Result<_, _>>()?;
        Ok(Self { constant, terms })
    }

    /// Writes what is read from a file.
    pub fn write(&self, body: &mut Vec<u8>) {
        body.extend_from_slice(&self.constant.to_le_bytes());
        body.push(self.terms.len() as u8);
        for term in &self.terms {
            body.extend_from_slice(&term.first.to_le_bytes());
            body.extend_from_slice(&term.second.to_le_bytes());
            body.extend_from_slice(&term.weight.to_le_bytes());
        }
    }

    /// The log-odds of a row of inputs.
    pub fn score(&self, inputs: &Row) -> f32 {
        let terms = self
            .terms
            .iter()
            .map(|term| term.weight * term.product(inputs));
        self.constant + terms.sum::<f32>()
    }
}

/// For people: `0.52 - 0.31 log_chars + 0.08 digits * options`.
impl std::fmt::Display for Equation {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{:.3}", self.constant)?;
        for term in &self.terms {
            let sign = if term.weight < 0.0 { '-' } else { '+' };
            write!(out, " {sign} {:.3} {}", term.weight.abs(), name(term.first))?;
            if term.second != NONE {
                write!(out, " * {}", name(term.second))?;
            }
        }
        Ok(())
    }
}

fn name(place: u16) -> &'static str {
    NAMES
        .get(usize::from(place))
        .map_or("", |feature| feature.name)
}

impl Term {
    fn read(from: &mut Reader<'_>) -> Result<Self, Damage> {
        let (first, second) = (from.u16()?, from.u16()?);
        let known = |place: u16| usize::from(place) < COUNT;
        if known(first) && (second == NONE || known(second)) {
            Ok(Self {
                first,
                second,
                weight: from.f32()?,
            })
        } else {
            Err(Damage::Range("term of an equation"))
        }
    }

    /// The product of the factors.
    pub fn product(&self, inputs: &Row) -> f32 {
        let factor = |place: u16| {
            let input = inputs.get(usize::from(place)).copied().unwrap_or_default();
            f32::from(input) / UNIT
        };
        factor(self.first)
            * if self.second == NONE {
                1.0
            } else {
                factor(self.second)
            }
    }
}
