//! What a tenant's outcomes say beyond the shipped prior, for one class.

use serde::{Deserialize, Serialize};

use super::signal::Evidence;

/// A learner has at most this many inputs, the constant among them.
pub const MAX_INPUTS: usize = 32;
/// The version of the state's form.
pub const FORM: u32 = 1;

/// What of the past counts after one more outcome of weight 1: a memory of some 333 outcomes.
const MEMORY: f64 = 0.997;
/// Precision of every weight before any outcome.
const PRIOR_PRECISION: f64 = 4.0;
/// One outcome moves no weight by more than this.
const MAX_STEP: f64 = 0.5;
/// The learner moves no prompt's logit by more than this.
const MAX_OFFSET: f64 = 4.0;
/// Inputs are brought within ± this.
const MAX_INPUT: f64 = 4.0;

/// The shipped prior's word on a prompt, and the features by which it may be corrected.
#[derive(Debug, Clone, PartialEq)]
pub struct Inputs {
    prior: f64,
    values: Vec<f64>,
}

impl Inputs {
    /// `prior` is the shipped model's probability of a good answer; `features` are about 0 to 1. Those
    /// beyond [`MAX_INPUTS`] are not read, and such as are no number are 0.
    pub fn new(prior: f64, features: &[f32]) -> Self {
        let bounded = |value: f64| match value.is_nan() {
            true => 0.0,
            false => value.clamp(-MAX_INPUT, MAX_INPUT),
        };
        let features = features.iter().map(|feature| f64::from(*feature));
        let values = std::iter::once(1.0).chain(features).take(MAX_INPUTS);
        let prior = match prior.is_nan() {
            true => 0.5,
            false => prior.clamp(1e-6, 1.0 - 1e-6),
        };
        Self {
            prior: (prior / (1.0 - prior)).ln(),
            values: values.map(bounded).collect(),
        }
    }
}

/// Bayesian logistic regression on top of the prior's logit, with a diagonal precision and forgetting:
/// what is not confirmed goes back to the prior.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Learner {
    weights: Vec<f32>,
    precision: Vec<f32>,
    outcomes: u32,
}

impl Learner {
    /// A learner that says what the prior says.
    pub fn new(features: usize) -> Self {
        let inputs = (features + 1).min(MAX_INPUTS);
        Self {
            weights: vec![0.0; inputs],
            precision: vec![PRIOR_PRECISION as f32; inputs],
            outcomes: 0,
        }
    }

    /// How many outcomes have counted.
    pub const fn outcomes(&self) -> u32 {
        self.outcomes
    }

    /// Whether the state is one that learning can lead to.
    pub fn is_sound(&self) -> bool {
        let floor = |precision: &f32| precision.is_finite() && *precision > 0.0;
        (1..=MAX_INPUTS).contains(&self.weights.len())
            && self.weights.len() == self.precision.len()
            && self.weights.iter().all(|weight| weight.is_finite())
            && self.precision.iter().all(floor)
    }

    /// The probability of a good answer.
    pub fn probability(&self, inputs: &Inputs) -> f64 {
        sigmoid(inputs.prior + self.offset(inputs))
    }

    /// Learns from an outcome.
    pub fn update(&mut self, inputs: &Inputs, evidence: Evidence) {
        let Evidence { outcome, weight } = evidence;
        if weight <= 0.0 {
            return;
        }
        let p = self.probability(inputs);
        let memory = MEMORY.powf(weight);
        let state = self.weights.iter_mut().zip(&mut self.precision);
        for ((mean, precision), x) in state.zip(&inputs.values) {
            let (before, known) = (f64::from(*mean), f64::from(*precision));
            let kept = memory * known + (1.0 - memory) * PRIOR_PRECISION;
            let now = kept + weight * p * (1.0 - p) * x * x;
            let back = (1.0 - memory) * PRIOR_PRECISION * before;
            let step = (weight * (outcome - p) * x - back) / now;
            let step = step.clamp(-MAX_STEP * weight, MAX_STEP * weight);
            (*mean, *precision) = ((before + step) as f32, now as f32);
        }
        self.outcomes = self.outcomes.saturating_add(1);
    }

    fn offset(&self, inputs: &Inputs) -> f64 {
        let products = self
            .weights
            .iter()
            .zip(&inputs.values)
            .map(|(w, x)| f64::from(*w) * x);
        products.sum::<f64>().clamp(-MAX_OFFSET, MAX_OFFSET)
    }
}

fn sigmoid(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Generator;
    use proptest::prelude::*;

    fn taught(truth: f64, prior: f64, count: usize) -> f64 {
        let mut chance = Generator::new(5);
        let mut learner = Learner::new(0);
        let inputs = Inputs::new(prior, &[]);
        for _ in 0..count {
            let outcome = f64::from(chance.unit() < truth);
            learner.update(&inputs, Evidence::new(outcome, 1.0));
        }
        learner.probability(&inputs)
    }

    #[test]
    fn it_begins_with_the_prior_and_ends_with_the_truth() {
        assert!((taught(0.2, 0.8, 0) - 0.8).abs() < 1e-9);
        assert!((taught(0.2, 0.8, 500) - 0.2).abs() < 0.1);
        assert!((taught(0.8, 0.8, 500) - 0.8).abs() < 0.05);
    }

    #[test]
    fn what_differs_by_a_feature_is_told_apart() {
        let mut learner = Learner::new(1);
        let [easy, hard] = [0.0, 1.0].map(|feature| Inputs::new(0.5, &[feature]));
        for _ in 0..300 {
            learner.update(&easy, Evidence::new(1.0, 1.0));
            learner.update(&hard, Evidence::new(0.0, 1.0));
        }
        let apart = learner.probability(&easy) - learner.probability(&hard);
        assert!(apart > 0.5, "{apart}");
    }

    proptest! {
        #[test]
        fn nothing_that_is_told_gives_anything_but_a_probability(
            told in prop::collection::vec(any::<(f64, f32, f64, f64)>(), 0..50),
        ) {
            let mut learner = Learner::new(1);
            for (prior, feature, outcome, weight) in told {
                let inputs = Inputs::new(prior, &[feature]);
                learner.update(&inputs, Evidence::new(outcome, weight));
                let p = learner.probability(&inputs);
                prop_assert!((0.0..=1.0).contains(&p));
                prop_assert!(learner.is_sound());
            }
        }
    }
}
