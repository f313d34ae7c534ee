//! Cheap answers first, and the dear model only where they are not trusted.
//!
//! One cheap model answers, and a second one of another maker. How likely the first answer is right
//! is learned from whether they agree, from the form and the length of both, and from the prompt.
//! This works where answers are short and can be compared: numbers, letters, literals, calls.

mod evidence;
pub mod short;
mod stakes;

use crate::embedding::Table;
use crate::features::{COUNT, Features, Prompt};
use crate::predict::{Damage, Forest, PoolPolicy, Predictor, Reader, Row, fixed, logistic};
pub use evidence::{Answer, EVIDENCE, NAMES, evidence};
pub use stakes::Stakes;

/// How many inputs a verifier has: features of the prompt, then the evidence of the answers.
pub const INPUTS: usize = COUNT + EVIDENCE;

/// Says how likely an answer is right, given a second opinion.
#[derive(Debug, Clone)]
pub struct Verifier<'a> {
    trees: Forest<'a>,
}

impl<'a> Verifier<'a> {
    /// Reads trees over [`INPUTS`] inputs.
    pub(crate) fn read(from: &mut Reader<'a>) -> Result<Self, Damage> {
        Ok(Self {
            trees: Forest::read(from, INPUTS)?,
        })
    }

    /// Reads trees that stand alone.
    ///
    /// # Errors
    /// [`Damage`] where they are none, or over other inputs.
    pub fn of(body: &'a [u8]) -> Result<Self, Damage> {
        Self::read(&mut Reader::of(body))
    }

    /// The probability that the first of the answers is right, within 0..1. `inputs` are the
    /// prompt's, as predictors read them.
    pub fn accept(&self, inputs: &Row, prompt: &str, answers: &[Answer<'_>]) -> f64 {
        logistic(self.trees.score(&row(inputs, prompt, answers)))
    }
}

/// How likely the first of the answers is right, by the verifier that comes with the engine: learned
/// from numbers, letters, words and calls of two cheap models of different makers.
pub fn trust(prompt: &Prompt, features: &Features, answers: &[Answer<'_>]) -> Option<f64> {
    let verifier = PoolPolicy::shipped().verifier.as_ref()?;
    let question = prompt.question();
    let inputs = Predictor::shipped().inputs(features, Table::shipped().embed(question).as_ref());
    (answers.len() > 1).then(|| verifier.accept(&inputs, question, answers))
}

/// Whether a prompt asks for what the verifier can judge: it has options, or is a sum with several
/// numbers, or offers functions to call, and wants no text to be written.
pub fn is_checkable(features: &Features) -> bool {
    let figure = |name| {
        let place = crate::features::index(name);
        place
            .and_then(|place| features.vector.get(place))
            .copied()
            .unwrap_or(0.0)
    };
    let many = f32::ln_1p(2.0);
    let asks = figure("options") >= many || figure("numbers") >= many || features.tools > 0;
    asks && figure("wants_writing") == 0.0 && figure("wants_proof") == 0.0
}

/// The verifier's inputs, in the units of [`Row`].
pub fn row(inputs: &Row, prompt: &str, answers: &[Answer<'_>]) -> [i16; INPUTS] {
    let mut row = [0; INPUTS];
    let evidence = evidence(prompt, answers).map(fixed);
    let values = inputs.iter().take(COUNT).chain(&evidence);
    for (place, value) in row.iter_mut().zip(values) {
        *place = *value;
    }
    row
}

#[cfg(test)]
mod tests;
