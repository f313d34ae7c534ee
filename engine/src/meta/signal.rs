//! What a user's or a program's reaction says about an answer.

use serde::{Deserialize, Serialize};

/// A reaction to an answer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// A thumb up.
    ThumbUp,
    /// A thumb down.
    ThumbDown,
    /// A mark, 0 useless to 1 perfect.
    Score(f64),
    /// What the answer was for has worked (tests pass, the form was valid, the ticket stays closed).
    TaskDone,
    /// What the answer was for has failed.
    TaskFailed,
    /// The user's own version: how far it is from the answer ([`super::distance`]), 0 left as it was to 1
    /// nothing kept.
    Corrected(f64),
    /// The answer was asked for again.
    Regenerated,
    /// The same question came again soon.
    Retried,
    /// A tool call of the answer ended in an error.
    ToolFailed,
    /// The conversation went on with something else. Without it the only things heard of without
    /// asking would be bad ones, and every model would seem to get worse the more it is used.
    Continued,
}

/// An outcome and how far it is to be believed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence {
    outcome: f64,
    weight: f64,
}

/// Weight by source: a verdict was given on purpose; a task's outcome also hangs on other things than
/// the answer; an edit may be a matter of taste; a retry may be a slip of the finger.
const VERDICT: f64 = 1.0;
const TASK: f64 = 0.8;
const EDIT: f64 = 0.5;
const RETRY: f64 = 0.25;
/// Where one good answer in twenty is asked for again and every second bad one, this weight leaves a
/// rate of four good answers in five where it is.
const SILENCE: f64 = 0.15;

impl Signal {
    /// What the signal says. Marks and distances beyond their range count as its end; what is no
    /// number has no weight.
    pub fn evidence(self) -> Evidence {
        let (outcome, weight) = match self {
            Self::ThumbUp => (1.0, VERDICT),
            Self::ThumbDown => (0.0, VERDICT),
            Self::Score(score) => (score, VERDICT),
            Self::TaskDone => (1.0, TASK),
            Self::TaskFailed => (0.0, TASK),
            Self::Corrected(distance) => (1.0 - distance, EDIT),
            Self::Regenerated | Self::Retried | Self::ToolFailed => (0.0, RETRY),
            Self::Continued => (1.0, SILENCE),
        };
        Evidence::new(outcome, weight)
    }
}

impl Evidence {
    /// Both brought into 0 to 1; of no weight if either is no number.
    pub fn new(outcome: f64, weight: f64) -> Self {
        if outcome.is_nan() || weight.is_nan() {
            return Self {
                outcome: 0.5,
                weight: 0.0,
            };
        }
        Self {
            outcome: outcome.clamp(0.0, 1.0),
            weight: weight.clamp(0.0, 1.0),
        }
    }

    /// 0 the answer was bad to 1 it was good.
    pub fn outcome(&self) -> f64 {
        self.outcome
    }

    /// 0 it counts for nothing to 1 it counts as an explicit verdict.
    pub fn weight(&self) -> f64 {
        self.weight
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_weigh_in_the_order_of_their_trust() {
        let weights = [
            Signal::ThumbDown,
            Signal::TaskDone,
            Signal::Corrected(0.3),
            Signal::Retried,
            Signal::Continued,
        ]
        .map(|signal| signal.evidence().weight());
        assert!(weights.is_sorted_by(|a, b| a > b), "{weights:?}");
    }

    #[test]
    fn what_is_out_of_range_counts_as_its_end_and_what_is_no_number_not_at_all() {
        let outcome = |signal: Signal| signal.evidence().outcome();
        assert_eq!(outcome(Signal::Score(7.0)), 1.0);
        assert_eq!(outcome(Signal::Score(f64::NEG_INFINITY)), 0.0);
        assert_eq!(outcome(Signal::Corrected(0.25)), 0.75);
        assert_eq!(Signal::Score(f64::NAN).evidence().weight(), 0.0);
        assert_eq!(Signal::Corrected(f64::NAN).evidence().weight(), 0.0);
    }

    #[test]
    fn what_comes_unasked_leaves_a_usual_rate_of_good_answers_where_it_is() {
        // Of 0.8 good answers one in twenty is retried; of 0.2 bad ones every second.
        let retried = 0.8 * 0.05 + 0.2 * 0.5;
        let bad = retried * Signal::Retried.evidence().weight();
        let good = (1.0 - retried) * Signal::Continued.evidence().weight();
        assert!((good / (good + bad) - 0.8).abs() < 0.02);
    }
}
