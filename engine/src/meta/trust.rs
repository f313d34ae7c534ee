//! How far the learner is believed over the shipped prior, by which of the two has said better
//! what came.

use super::logistic::{log_loss, sigmoid};

/// What of the past counts after one more outcome: a window of some 100 outcomes.
const MEMORY: f64 = 0.99;

/// What a learner may have lost more than the prior over the window, nats, before it is believed
/// half only. A learner that is right loses one or two by still learning. More patience finds a
/// truth far from the prior sooner, less of it costs less where the prior is right.
const PATIENCE: f64 = 4.5;

/// The lead is kept within these, so that either side can be won back in a few outcomes.
const LEADS: (f64, f64) = (-9.0, 5.0);

/// Two experts weighed by their discounted log-loss (exponentially weighted forecaster, Vovk 1990).
///
/// The loss of a mean of logits is at most the mean of the losses, so a learner that does worse than
/// the prior over the window costs little more than its share, and that falls to 1 %.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Trust {
    /// How much less the learner has lost than the prior, nats.
    pub(super) lead: f32,
}

impl Trust {
    /// The learner's share, 0 to 1.
    pub(super) fn share(&self) -> f64 {
        sigmoid(PATIENCE + f64::from(self.lead))
    }

    /// Takes in an outcome of which the prior and the learner had stated these probabilities.
    pub(super) fn observe(&mut self, prior: f64, learner: f64, outcome: f64, weight: f64) {
        let gain = weight * (log_loss(prior, outcome) - log_loss(learner, outcome));
        let lead = MEMORY.powf(weight) * f64::from(self.lead) + gain;
        self.lead = lead.clamp(LEADS.0, LEADS.1) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prior_takes_over_from_a_learner_that_does_worse_and_gives_back() {
        let mut trust = Trust::default();
        assert!(trust.share() > 0.98);
        let mut until = |outcome, enough: fn(f64) -> bool| {
            (1..1000).find(|_| {
                trust.observe(0.5, 0.8, outcome, 1.0);
                enough(trust.share())
            })
        };
        let fallen = until(0.0, |share| share < 0.03).unwrap();
        assert!(fallen < 20, "{fallen}");
        let regained = until(1.0, |share| share > 0.95).unwrap();
        assert!(regained < 40, "{regained}");
    }
}
