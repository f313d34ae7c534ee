//! What a tenant's outcomes have taught of each class, on top of the shipped probabilities.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::belief::{Beliefs, CLASSES};
use crate::features::{Features, index};
use crate::meta::{Belief, Evidence, Inputs, Learner, StateError, Update, Voice};
use crate::predict;

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
#[serde(from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct Learnt(BTreeMap<String, Learner>);

/// A learner as it is stored, exported and imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stored {
    /// The class.
    pub class: String,
    /// How many outcomes it has learnt from.
    pub outcomes: u32,
    /// The state with its version and its checksum, as the learner writes it.
    pub state: String,
}

/// Why a stored learner cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadState {
    /// The router chooses among no such class.
    #[error("there is no such class: they are haiku, sonnet and opus")]
    Class,
    /// It is not what a learner of this version has written of this class.
    #[error("{0}: export it again")]
    State(#[from] StateError),
}

/// An outcome, and who told of it.
#[derive(Debug, Clone, Copy)]
pub struct Lesson {
    /// What came of it.
    pub seen: Evidence,
    /// Who says so.
    pub voice: Voice,
    /// When it is learnt, Unix ms.
    pub now_ms: u64,
}

impl Learnt {
    /// What is held of each class after what was learnt, the cheapest first.
    pub fn held(&self, prior: &Beliefs, features: &Features) -> [Belief; CLASSES.len()] {
        static NEW: LazyLock<Learner> = LazyLock::new(|| Learner::new(FEATURES));
        let features = inputs(features);
        CLASSES.map(|class| {
            let learner = self.0.get(class.as_str()).unwrap_or(&NEW);
            learner.posterior(&Inputs::new(prior.of(class).unwrap_or(0.5), &features))
        })
    }

    /// Learns that a class of this prior probability has answered a prompt of these [`inputs`] so. When
    /// it has become certain that the class answers otherwise than before, the others are taken for less
    /// certain, too. Gives what it did: nothing for a class that the router does not choose among, or by
    /// a voice whose allowance is used up.
    pub fn learn(&mut self, class: &str, prior: f64, features: &[f32], lesson: &Lesson) -> Update {
        if !CLASSES.iter().any(|known| known.as_str() == class) {
            return Update::NOTHING;
        }
        let learner = self.0.entry(class.to_owned());
        let learner = learner.or_insert_with(|| Learner::new(FEATURES));
        let inputs = Inputs::new(prior, features);
        let update = learner.update(&inputs, lesson.seen, lesson.voice, lesson.now_ms);
        if update.drift.is_some() {
            let others = self.0.iter_mut().filter(|(name, _)| *name != class);
            others.for_each(|(_, learner)| learner.widen());
        }
        update
    }

    /// From how many outcomes a class was learnt.
    pub fn outcomes(&self, class: &str) -> u32 {
        self.0.get(class).map_or(0, Learner::outcomes)
    }

    /// All classes of which anything was learnt, as they are stored.
    pub fn stored(&self) -> impl Iterator<Item = Stored> {
        self.0.iter().map(|(class, learner)| Stored {
            class: class.clone(),
            outcomes: learner.outcomes(),
            state: learner.export(&subject(class)),
        })
    }

    /// Takes a class as it was stored.
    ///
    /// # Errors
    /// [`BadState`]: what cannot be trusted to the last digit is not used, and the prior holds.
    pub fn restore(&mut self, class: &str, state: &str) -> Result<(), BadState> {
        if !CLASSES.iter().any(|known| known.as_str() == class) {
            return Err(BadState::Class);
        }
        let learner = Learner::import(state, &subject(class), FEATURES)?;
        self.0.insert(class.to_owned(), learner);
        Ok(())
    }
}

/// What cannot be used is left out: the prior holds.
impl From<BTreeMap<String, String>> for Learnt {
    fn from(states: BTreeMap<String, String>) -> Self {
        let mut learnt = Self::default();
        for (class, state) in &states {
            let _ = learnt.restore(class, state);
        }
        learnt
    }
}

impl From<Learnt> for BTreeMap<String, String> {
    fn from(learnt: Learnt) -> Self {
        let stored = learnt.stored();
        stored.map(|stored| (stored.class, stored.state)).collect()
    }
}

/// The class, and the prior that its learner corrects: what was learnt on top of another is of no use.
fn subject(class: &str) -> String {
    format!("{class} on {}", predict::edition())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: Beliefs = Beliefs {
        haiku: 0.7,
        sonnet: 0.8,
        opus: 0.9,
    };

    fn bad(voice: u64) -> Lesson {
        Lesson {
            seen: Evidence::new(0.0, 1.0),
            voice: voice.into(),
            now_ms: 1_000,
        }
    }

    fn taught() -> Learnt {
        let mut learnt = Learnt::default();
        let features = inputs(&Features::default());
        for voice in 0..40 {
            let update = learnt.learn("haiku", BEFORE.haiku, &features, &bad(voice));
            assert_eq!(update.weight, 1.0);
        }
        learnt
    }

    #[test]
    fn what_was_learnt_of_a_class_changes_that_class_alone() {
        let held = |learnt: &Learnt| {
            let held = learnt.held(&BEFORE, &Features::default());
            held.map(|belief| belief.probability())
        };
        let [haiku, sonnet, opus] = held(&taught());
        assert!(haiku < 0.4, "{haiku}");
        let near = |a: f64, b: f64| (a - b).abs() < 1e-12;
        assert!(near(sonnet, BEFORE.sonnet) && near(opus, BEFORE.opus));
        let [haiku, ..] = held(&Learnt::default());
        assert!(near(haiku, BEFORE.haiku));
        let update = Learnt::default().learn("local", 0.5, &[], &bad(0));
        assert_eq!(update, Update::NOTHING);
    }

    #[test]
    fn a_stored_class_comes_back_as_it_was_or_not_at_all() {
        let learnt = taught();
        let stored = learnt.stored().next().unwrap();
        assert!(stored.state.len() <= 4_096, "{}", stored.state.len());
        let mut back = Learnt::default();
        back.restore(&stored.class, &stored.state).unwrap();
        assert_eq!(back, learnt);
        let wrong = |class: &str, state: &str| Learnt::default().restore(class, state);
        assert_eq!(wrong("local", &stored.state), Err(BadState::Class));
        let foreign = Err(BadState::State(StateError::Foreign));
        assert_eq!(wrong("opus", &stored.state), foreign);
        let before = Learner::new(FEATURES).export("haiku on general 00000000 00000000");
        assert_eq!(wrong("haiku", &before), foreign, "learnt on other models");
        let damaged = Err(BadState::State(StateError::Damaged));
        assert_eq!(wrong("haiku", "{}"), damaged);
    }

    #[test]
    fn a_snapshot_tells_it_to_the_last_digit_and_leaves_out_what_is_damaged() {
        let learnt = taught();
        let json = serde_json::to_string(&learnt).unwrap();
        assert_eq!(serde_json::from_str::<Learnt>(&json).unwrap(), learnt);
        let damaged = serde_json::from_str::<Learnt>(r#"{"haiku":"x"}"#).unwrap();
        assert_eq!(damaged, Learnt::default());
    }
}
