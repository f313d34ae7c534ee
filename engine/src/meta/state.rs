//! A learner's state as text: a line of JSON of at most 4 KB, with version and checksum.
//!
//! What is stored are the very numbers that the learner computes with, so that one that was stored
//! and read goes on exactly as one that was not.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::drift::Detector;
use super::influence::{Influence, KEYS, TALKS};
use super::inputs::{MAX_INPUTS, OWN_INPUTS};
use super::learner::Learner;
use super::matrix::{Factor, packed};
use super::trust::Trust;

/// Of the layout of the numbers, and of what they mean.
const VERSION: u32 = 2;

/// No state is longer, bytes.
pub const MAX_STATE_BYTES: usize = 4096;

/// Why a stored state was not taken. The prior, which is a new learner, then goes on alone.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StateError {
    /// Not the text that was written: cut off, changed, or something else.
    #[error("the learner's state is damaged")]
    Damaged,
    /// Written by another version of the learner.
    #[error("the learner's state is of version {0}, not {VERSION}")]
    Version(u32),
    /// Learned for another subject: another model, or on top of another prior.
    #[error("the learner's state is another subject's")]
    Foreign,
    /// Of another number of inputs.
    #[error("the learner's state has {found} inputs, not {expected}")]
    Inputs {
        /// Of the state.
        found: usize,
        /// Of the learner.
        expected: usize,
    },
}

/// The stored form.
#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    version: u32,
    /// A hash of the subject's name.
    subject: String,
    inputs: usize,
    outcomes: u32,
    /// Number of the window of influence.
    window: u64,
    /// 32-bit floating point numbers, little-endian, in Base64.
    numbers: String,
    checksum: String,
}

impl Learner {
    /// The state, to be stored. `subject` names what was learned: the model, and the shipped prior
    /// with its version.
    pub fn export(&self, subject: &str) -> String {
        let detector = &self.detector;
        let single = [
            self.trust.lead,
            detector.better,
            detector.worse,
            detector.seen,
        ];
        let bytes: Vec<u8> = single
            .iter()
            .chain(&self.influence.keys)
            .chain(&self.influence.talks)
            .chain(&self.weights)
            .chain(&self.precision)
            .flat_map(|number| number.to_le_bytes())
            .collect();
        let mut stored = Stored {
            version: VERSION,
            subject: digest(subject.as_bytes()),
            inputs: self.weights.len(),
            outcomes: self.outcomes,
            window: self.influence.window,
            numbers: STANDARD.encode(bytes),
            checksum: String::new(),
        };
        stored.checksum = stored.sum();
        // A record of text and whole numbers always has a JSON form.
        serde_json::to_string(&stored).unwrap_or_default()
    }

    /// Reads a state of the subject with so many features. On an error, a new learner takes its place.
    pub fn import(text: &str, subject: &str, features: usize) -> Result<Self, StateError> {
        if text.len() > MAX_STATE_BYTES {
            return Err(StateError::Damaged);
        }
        let stored: Stored = serde_json::from_str(text).map_err(|_| StateError::Damaged)?;
        if stored.checksum != stored.sum() {
            return Err(StateError::Damaged);
        }
        if stored.version != VERSION {
            return Err(StateError::Version(stored.version));
        }
        if stored.subject != digest(subject.as_bytes()) {
            return Err(StateError::Foreign);
        }
        let expected = OWN_INPUTS.saturating_add(features).min(MAX_INPUTS);
        if stored.inputs != expected {
            return Err(StateError::Inputs {
                found: stored.inputs,
                expected,
            });
        }
        stored.learner().ok_or(StateError::Damaged)
    }
}

impl Stored {
    /// Over everything but itself.
    fn sum(&self) -> String {
        let Self {
            version,
            subject,
            inputs,
            outcomes,
            window,
            numbers,
            ..
        } = self;
        digest(format!("{version} {subject} {inputs} {outcomes} {window} {numbers}").as_bytes())
    }

    /// None if a number is missing, is left over or is none.
    fn learner(&self) -> Option<Learner> {
        let bytes = STANDARD.decode(&self.numbers).ok()?;
        let (chunks, rest) = bytes.as_chunks::<4>();
        let mut numbers = chunks.iter().map(|chunk| f32::from_le_bytes(*chunk));
        let all = 4 + KEYS + TALKS + self.inputs + packed(self.inputs);
        if !rest.is_empty() || numbers.len() != all || !numbers.clone().all(f32::is_finite) {
            return None;
        }
        let mut next = || numbers.next();
        let trust = Trust { lead: next()? };
        let detector = Detector {
            better: next()?,
            worse: next()?,
            seen: next()?,
        };
        let mut influence = Influence {
            window: self.window,
            ..Influence::default()
        };
        for used in influence.keys.iter_mut().chain(&mut influence.talks) {
            *used = next()?;
        }
        let weights = numbers.by_ref().take(self.inputs).collect();
        let precision: Vec<f32> = numbers.collect();
        Some(Learner {
            weights,
            factor: Factor::of(&precision)?,
            precision,
            trust,
            detector,
            influence,
            outcomes: self.outcomes,
        })
    }
}

/// The first 64 bits of the SHA-256, in Base64.
fn digest(bytes: &[u8]) -> String {
    STANDARD.encode(Sha256::digest(bytes).get(..8).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meta::{Evidence, Inputs};
    use crate::random::Generator;

    fn taught(features: usize, outcomes: u32) -> (Learner, Generator) {
        let (mut learner, mut generator) = (Learner::new(features), Generator::new(3));
        for _ in 0..outcomes {
            teach(&mut learner, &mut generator);
        }
        (learner, generator)
    }

    fn teach(learner: &mut Learner, generator: &mut Generator) {
        let features: Vec<f32> = (0..40).map(|_| generator.normal() as f32).collect();
        let inputs = Inputs::new(generator.unit(), &features);
        let outcome = Evidence::new(generator.unit().round(), generator.unit());
        learner.update(&inputs, outcome, generator.bits(), 1_000);
    }

    #[test]
    fn what_was_stored_goes_on_as_what_was_not() {
        let (mut learner, mut generator) = taught(9, 700);
        let text = learner.export("haiku");
        let mut read = Learner::import(&text, "haiku", 9).unwrap();
        assert_eq!(read, learner);
        let mut same = generator.clone();
        for _ in 0..300 {
            teach(&mut learner, &mut generator);
            teach(&mut read, &mut same);
        }
        assert_eq!(read.export("haiku"), learner.export("haiku"));
    }

    #[test]
    fn the_largest_state_is_small() {
        let (mut learner, _) = taught(200, 400);
        learner.influence.window = u64::MAX;
        learner.outcomes = u32::MAX;
        let text = learner.export("opus");
        assert!(text.len() <= MAX_STATE_BYTES, "{}", text.len());
        assert_eq!(Learner::import(&text, "opus", 200), Ok(learner));
    }

    #[test]
    fn a_foreign_state_is_told_as_such() {
        let text = taught(4, 30).0.export("haiku");
        let import =
            |text: &str, subject, features| Learner::import(text, subject, features).unwrap_err();
        assert_eq!(import(&text, "sonnet", 4), StateError::Foreign);
        let inputs = StateError::Inputs {
            found: 6,
            expected: 7,
        };
        assert_eq!(import(&text, "haiku", 5), inputs);
        let mut stored: Stored = serde_json::from_str(&text).unwrap();
        stored.version = 3;
        stored.checksum = stored.sum();
        let later = serde_json::to_string(&stored).unwrap();
        assert_eq!(import(&later, "haiku", 4), StateError::Version(3));
        // A checksum does not make numbers of what is none.
        stored.version = 2;
        stored.numbers = STANDARD.encode(f32::NAN.to_le_bytes().repeat(4 + KEYS + TALKS + 6 + 21));
        stored.checksum = stored.sum();
        let none = serde_json::to_string(&stored).unwrap();
        assert_eq!(import(&none, "haiku", 4), StateError::Damaged);
    }

    #[test]
    fn a_damaged_state_is_never_taken() {
        let text = taught(4, 30).0.export("haiku");
        let import = |bytes: &[u8]| Learner::import(&String::from_utf8_lossy(bytes), "haiku", 4);
        for index in 0..text.len() {
            assert!(import(&text.as_bytes()[..index]).is_err());
            let mut bytes = text.clone().into_bytes();
            bytes[index] ^= 1;
            assert!(import(&bytes).is_err(), "{index}");
        }
        assert!(import(&b" ".repeat(MAX_STATE_BYTES + 1)).is_err());
    }
}
