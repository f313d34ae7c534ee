//! How likely the answer to one question fits another, learned from pairs made by grammar.

use std::sync::LazyLock;

use super::pair::{FIGURES, Figures, figures};
use super::reading::Reading;
use crate::logistic::probability;
use crate::predict::{Damage, Forest, Reader, fixed};

/// What is said of questions that are equal but for their dress of letters.
const EQUAL: f64 = 0.9999;
/// What is said where nothing can be compared: a text of unknown words, or one too long.
const BLIND: f64 = 0.001;

/// Boosted trees over the figures of a pair, and their calibration.
#[derive(Debug, Clone)]
pub struct Verifier<'a> {
    trees: Forest<'a>,
    /// log-odds = offset + scale * what the trees say + length * the first figure: people agree less
    /// on what long questions have in common.
    offset: f32,
    scale: f32,
    length: f32,
}

impl Verifier<'static> {
    /// The verifier that comes with the engine; none if its file were broken, and then there are no
    /// semantic hits.
    pub fn shipped() -> Option<&'static Self> {
        static SHIPPED: LazyLock<Option<Verifier<'static>>> = LazyLock::new(|| {
            Verifier::read(include_bytes!("../../models/semantic/verifier.bin")).ok()
        });
        SHIPPED.as_ref()
    }
}

impl<'a> Verifier<'a> {
    /// Reads a file: number of figures (u16), trees, and the calibration: offset, scale and
    /// length (f32 each).
    ///
    /// # Errors
    /// [`Damage`], where the file is broken or was trained on other figures.
    pub fn read(file: &'a [u8]) -> Result<Self, Damage> {
        let mut from = Reader::open(file)?;
        if usize::from(from.u16()?) != FIGURES {
            return Err(Damage::Inputs);
        }
        let verifier = Self {
            trees: Forest::read(&mut from, FIGURES)?,
            offset: from.f32()?,
            scale: from.f32()?,
            length: from.f32()?,
        };
        if verifier.scale <= 0.0 {
            return Err(Damage::Range("scale"));
        }
        if from.is_empty() {
            Ok(verifier)
        } else {
            Err(Damage::Shape)
        }
    }

    /// The probability that the answer to either question fits the other, within 0..=1.
    pub fn fits(&self, one: &Reading, other: &Reading) -> f64 {
        if one.cut || other.cut {
            return BLIND;
        }
        if one.plain == other.plain && !one.plain.is_empty() {
            return EQUAL;
        }
        if one.embedding.is_none() || other.embedding.is_none() {
            return BLIND;
        }
        self.score(&figures(one, other)).min(EQUAL)
    }

    /// The probability that goes with the figures of a pair.
    pub fn score(&self, figures: &Figures) -> f64 {
        let score = self.trees.score(&inputs(figures));
        let length = figures.first().copied().unwrap_or_default();
        probability(f64::from(
            self.offset + self.scale * score + self.length * length,
        ))
    }
}

/// Figures as the trees read them: spread over all that an input can hold.
pub fn inputs(figures: &Figures) -> [i16; FIGURES] {
    figures.map(|figure| fixed(8.0 * figure - 4.0))
}
