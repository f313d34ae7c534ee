//! What a tenant's outcomes have taught of each class, on top of the shipped probabilities.

use std::collections::BTreeMap;

use moecraft_catalog::Class;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::belief::{Beliefs, CLASSES};
use crate::features::{Features, index};
use crate::meta::{Evidence, FORM, Inputs, Learner};

/// How many features a learner is told of.
pub const FEATURES: usize = 8;

/// What a learner is told of a prompt: figures of about 0 to 1, as its decision's record keeps them.
pub fn inputs(features: &Features) -> [f32; FEATURES] {
    let log = |count: u32, most: f64| (f64::from(count).ln_1p() / most.ln_1p()).min(1.0);
    // Counts of marks are of any size; they are told on the same scale as the other counts.
    let marks = |name| index(name).and_then(|at| features.vector.get(at));
    let marks = ["code_marks", "math_symbols"].into_iter().filter_map(marks);
    let all = [
        features.complexity,
        features.confidence,
        features.urgency,
        log(features.question_tokens, 10_000.0),
        log(features.prompt_tokens, 100_000.0),
        log(features.turns, 100.0),
        f64::from(features.tools > 0),
        log(marks.sum::<f32>() as u32, 100.0),
    ];
    all.map(|figure| (figure * 1e3).round() as f32 / 1e3)
}

/// The learners of a tenant, by class.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Learnt(BTreeMap<String, Learner>);

/// A learner as it is stored, exported and imported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stored {
    /// The class.
    pub class: String,
    /// The version of the state's form.
    pub form: u32,
    /// How many outcomes it has learnt from.
    pub outcomes: u32,
    /// The state, as JSON.
    pub state: String,
    /// Of class, form and state.
    pub checksum: String,
}

/// Why a stored learner cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadState {
    /// The router chooses among no such class.
    #[error("there is no such class: they are haiku, sonnet and opus")]
    Class,
    /// It is of another version.
    #[error("the state is of another version: this one is {FORM}")]
    Form,
    /// It was changed after it was written.
    #[error("the checksum is not that of the state: export it again")]
    Checksum,
    /// It is no state.
    #[error("the state cannot be read: export it again")]
    State,
}

impl Learnt {
    /// The probabilities as they are after what was learnt.
    pub fn corrected(&self, prior: &Beliefs, features: &Features) -> Beliefs {
        let features = inputs(features);
        let of = |class: Class, prior: f64| match self.0.get(class.as_str()) {
            Some(learner) => learner.probability(&Inputs::new(prior, &features)),
            None => prior,
        };
        Beliefs {
            haiku: of(Class::Haiku, prior.haiku),
            sonnet: of(Class::Sonnet, prior.sonnet),
            opus: of(Class::Opus, prior.opus),
        }
    }

    /// Learns that a class of this prior probability has answered a prompt of these [`inputs`] so.
    /// Gives whether it is a class that the router chooses among.
    pub fn learn(&mut self, class: &str, prior: f64, features: &[f32], seen: Evidence) -> bool {
        let known = CLASSES.iter().any(|known| known.as_str() == class);
        if known {
            let learner = self.0.entry(class.to_owned());
            let learner = learner.or_insert_with(|| Learner::new(FEATURES));
            learner.update(&Inputs::new(prior, features), seen);
        }
        known
    }

    /// A class as it is stored; none where nothing was learnt of it.
    pub fn stored(&self, class: &str) -> Option<Stored> {
        let learner = self.0.get(class)?;
        let state = serde_json::to_string(learner).ok()?;
        Some(Stored {
            class: class.to_owned(),
            form: FORM,
            outcomes: learner.outcomes(),
            checksum: checksum(class, FORM, &state),
            state,
        })
    }

    /// Takes a class as it was stored.
    ///
    /// # Errors
    /// [`BadState`]: what cannot be trusted to the last digit is not used, and the prior holds.
    pub fn restore(&mut self, stored: &Stored) -> Result<(), BadState> {
        if !CLASSES.iter().any(|class| class.as_str() == stored.class) {
            return Err(BadState::Class);
        }
        if stored.form != FORM {
            return Err(BadState::Form);
        }
        if stored.checksum != checksum(&stored.class, stored.form, &stored.state) {
            return Err(BadState::Checksum);
        }
        let learner: Learner = serde_json::from_str(&stored.state).map_err(|_| BadState::State)?;
        if !learner.is_sound() {
            return Err(BadState::State);
        }
        self.0.insert(stored.class.clone(), learner);
        Ok(())
    }
}

fn checksum(class: &str, form: u32, state: &str) -> String {
    let digest = Sha256::digest(format!("{class} {form} {state}"));
    let head = digest.iter().take(16);
    head.map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRIOR: Beliefs = Beliefs {
        haiku: 0.7,
        sonnet: 0.8,
        opus: 0.9,
    };

    fn taught() -> Learnt {
        let mut learnt = Learnt::default();
        for _ in 0..40 {
            let seen = Evidence::new(0.0, 1.0);
            assert!(learnt.learn("haiku", PRIOR.haiku, &inputs(&Features::default()), seen));
        }
        learnt
    }

    #[test]
    fn what_was_learnt_of_a_class_changes_that_class_alone() {
        let after = taught().corrected(&PRIOR, &Features::default());
        assert!(after.haiku < 0.4, "{after:?}");
        assert_eq!((after.sonnet, after.opus), (PRIOR.sonnet, PRIOR.opus));
        let before = Learnt::default().corrected(&PRIOR, &Features::default());
        assert_eq!(before, PRIOR);
        assert!(!Learnt::default().learn("local", 0.5, &[], Evidence::new(1.0, 1.0)));
    }

    #[test]
    fn a_stored_class_comes_back_as_it_was_or_not_at_all() {
        let learnt = taught();
        let stored = learnt.stored("haiku").unwrap();
        assert!(stored.state.len() < 4_096, "{}", stored.state.len());
        let mut back = Learnt::default();
        back.restore(&stored).unwrap();
        assert_eq!(back, learnt);
        let wrong = |change: &dyn Fn(&mut Stored)| {
            let mut stored = stored.clone();
            change(&mut stored);
            Learnt::default().restore(&stored).expect_err("changed")
        };
        assert_eq!(wrong(&|s| s.state.push(' ')), BadState::Checksum);
        assert_eq!(wrong(&|s| s.class = "opus".to_owned()), BadState::Checksum);
        assert_eq!(wrong(&|s| s.class = "local".to_owned()), BadState::Class);
        assert_eq!(wrong(&|s| s.form = 0), BadState::Form);
        let empty = r#"{"weights":[],"precision":[],"outcomes":0}"#;
        let unsound = |s: &mut Stored| {
            s.state = empty.to_owned();
            s.checksum = checksum(&s.class, s.form, empty);
        };
        assert_eq!(wrong(&unsound), BadState::State);
    }
}
