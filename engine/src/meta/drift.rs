//! Page's test (1954) on the log-loss: has a model become better or worse than its learner knows?
//!
//! The Page-Hinkley form compares each loss with the mean of the losses so far, which also moves
//! with how hard the prompts are. Here the loss of the probability that was stated is compared
//! with that of the same probability one [`SHIFT`] higher and lower. As long as the stated one is
//! true, the differences sum up to [`ALARM`] at most once in e^[`ALARM`] outcomes on average
//! (Lorden, 1971), whatever the prompts; after a change they grow with every outcome.

use serde::Serialize;

use super::logistic::{log_loss, logit, sigmoid};

/// The change that is looked for, logits: the odds of a good answer nearly six times as high or low.
const SHIFT: f64 = 1.75;

/// The sum of log-likelihood ratios at which a change is taken for real.
const ALARM: f32 = 9.0;

/// A learner that is new, or was just told to forget, has no alarm until outcomes of this weight.
const SETTLING: f32 = 50.0;

/// How a model's answers have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Drift {
    /// They are better than was thought.
    Better,
    /// They are worse than was thought.
    Worse,
}

/// The two sums of the test, and what the learner has seen since it began.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Detector {
    pub(super) better: f32,
    pub(super) worse: f32,
    pub(super) seen: f32,
}

impl Detector {
    /// Takes in an outcome of which `probability` was stated. On an alarm the test begins anew.
    pub(super) fn observe(&mut self, probability: f64, outcome: f64, weight: f64) -> Option<Drift> {
        self.seen = (self.seen + weight as f32).min(SETTLING);
        if self.seen < SETTLING {
            return None;
        }
        let stated = log_loss(probability, outcome);
        let gain = |shift| {
            let shifted = sigmoid(logit(probability) + shift);
            (weight * (stated - log_loss(shifted, outcome))) as f32
        };
        self.better = (self.better + gain(SHIFT)).max(0.0);
        self.worse = (self.worse + gain(-SHIFT)).max(0.0);
        let drift = if self.worse > ALARM {
            Drift::Worse
        } else if self.better > ALARM {
            Drift::Better
        } else {
            return None;
        };
        *self = Self::default();
        Some(drift)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Generator;

    /// Alarms in so many outcomes of which 0.8 is stated while `truth` is true.
    fn alarms(truth: f64, outcomes: u32) -> Vec<(u32, Drift)> {
        let (mut detector, mut generator) = (Detector::default(), Generator::new(11));
        (0..outcomes)
            .filter_map(|index| {
                let outcome = f64::from(u8::from(generator.unit() < truth));
                Some((index, detector.observe(0.8, outcome, 1.0)?))
            })
            .collect()
    }

    #[test]
    fn what_is_true_gives_hardly_an_alarm() {
        let found = alarms(0.8, 200_000).len();
        assert!(found <= 10, "{found} in 200,000");
    }

    #[test]
    fn a_change_is_seen_once_the_learner_has_settled() {
        for (truth, expected) in [(0.4, Drift::Worse), (0.97, Drift::Better)] {
            let (at, drift) = alarms(truth, 400)[0];
            assert_eq!(drift, expected);
            assert!((50..200).contains(&at), "{at}");
        }
        assert!(alarms(0.0, 49).is_empty());
    }
}
