//! One model's correction of the shipped prior, learned from a tenant's outcomes.

use super::drift::{Detector, Drift};
use super::influence::{Influence, Voice};
use super::inputs::{Inputs, MAX_INPUTS, OWN_INPUTS};
use super::logistic::{MAX_LOGIT, bounded, sigmoid};
use super::matrix::{Factor, dot, packed, rows_mut};
use super::signal::Evidence;
use super::trust::Trust;
use crate::random::Generator;

/// What of the past counts after one more outcome: a memory of some 1000 outcomes. Without the drift
/// alarm a third of that would be best (0.997); with it, steady models may be known better.
const MEMORY: f64 = 0.999;

/// What of the past still counts after an alarm: variances grow up to four times.
const MEMORY_AFTER_DRIFT: f64 = 0.25;

/// The learner moves no prompt's logit by more than this: a prior of 88 % never falls below 12 %.
pub const MAX_OFFSET: f64 = 4.0;

/// One outcome of weight 1 moves the logit of its own prompt by no more than this.
pub const MAX_STEP: f64 = 1.0;

/// Halvings of an interval of 2 [`MAX_STEP`] by which a step is found: to 2⁻³⁹.
const HALVINGS: u32 = 40;

/// Bayesian logistic regression with forgetting, on top of the shipped prior's logit.
///
/// The state is the precision Λ of the weights rather than their covariance P: the recursive form
/// P ← (P − P x xᵀP / (γ + xᵀP x)) / γ forgets the prior too, so that P grows without end in
/// directions that are not seen. Λ ← γ Λ + (1 − γ) Λ₀ + w p(1 − p) x xᵀ never falls below the
/// prior's Λ₀, hence needs no cap, and what is no longer confirmed goes back to the prior.
#[derive(Debug, Clone, PartialEq)]
pub struct Learner {
    pub(super) weights: Vec<f32>,
    /// Packed lower triangle.
    pub(super) precision: Vec<f32>,
    /// Of the precision.
    pub(super) factor: Factor,
    pub(super) trust: Trust,
    pub(super) detector: Detector,
    pub(super) influence: Influence,
    pub(super) outcomes: u32,
}

/// What an outcome has done to a learner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Update {
    /// The weight that counted, 0 to 1: less than was given once the voice's allowance is used up.
    pub weight: f64,
    /// A change of the model's answers that has now become certain. The learner has been widened;
    /// the learners of the tenant's other models are best widened with it.
    pub drift: Option<Drift>,
}

impl Update {
    /// Of an outcome that did not count.
    pub const NOTHING: Self = Self {
        weight: 0.0,
        drift: None,
    };
}

/// What is held of a prompt: a normal distribution over the logit of a good answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Belief {
    /// Its mean.
    pub logit: f64,
    /// What of the mean is the learner's; the rest is the prior's.
    pub offset: f64,
    /// Its variance: how little is known, not how much outcomes vary.
    pub variance: f64,
}

impl Belief {
    /// The probability of a good answer.
    pub fn probability(&self) -> f64 {
        sigmoid(self.logit)
    }

    /// A probability drawn from the belief, its deviation multiplied by `scale`.
    pub fn draw(&self, scale: f64, generator: &mut Generator) -> f64 {
        sigmoid(self.logit + scale * self.variance.max(0.0).sqrt() * generator.normal())
    }
}

/// Precision of a weight before any outcome: a deviation of 0.7 logits for the constant, of 0.3
/// for all others. Wider ones find a truth far off sooner, but lose more where the prior is right.
fn prior_precision(input: usize) -> f64 {
    if input == 0 { 2.0 } else { 10.0 }
}

impl Learner {
    /// A learner that says what the prior says, of [`OWN_INPUTS`] and `features` further inputs,
    /// [`MAX_INPUTS`] at most.
    pub fn new(features: usize) -> Self {
        let inputs = OWN_INPUTS.saturating_add(features).min(MAX_INPUTS);
        let mut learner = Self {
            weights: vec![0.0; inputs],
            precision: vec![0.0; packed(inputs)],
            factor: Factor::default(),
            trust: Trust::default(),
            detector: Detector::default(),
            influence: Influence::default(),
            outcomes: 0,
        };
        learner.forget(0.0);
        learner.refactor();
        learner
    }

    /// How many outcomes have counted.
    pub fn outcomes(&self) -> u32 {
        self.outcomes
    }

    /// The learner's share in what it says, 0 to 1; the rest is the prior's.
    pub fn trust(&self) -> f64 {
        self.trust.share()
    }

    /// What is held of a prompt.
    pub fn posterior(&self, inputs: &Inputs) -> Belief {
        let x = self.read(inputs);
        let offset = self.trust.share() * bounded(self.correction(x), MAX_OFFSET);
        let half = self.factor.half_solve(x);
        Belief {
            logit: bounded(inputs.prior + offset, MAX_LOGIT),
            offset,
            variance: dot(&half, &half),
        }
    }

    /// Learns from an outcome, which `voice` has told of; `now_ms` is Unix time.
    pub fn update(
        &mut self,
        inputs: &Inputs,
        evidence: Evidence,
        voice: impl Into<Voice>,
        now_ms: u64,
    ) -> Update {
        let outcome = evidence.outcome();
        let admitted = self
            .influence
            .admit(voice.into(), now_ms, evidence.weight() as f32);
        let weight = f64::from(admitted);
        if weight <= 0.0 {
            return Update::NOTHING;
        }
        let offset = bounded(self.correction(self.read(inputs)), MAX_OFFSET);
        let (prior, learned) = (sigmoid(inputs.prior), sigmoid(inputs.prior + offset));
        self.trust.observe(prior, learned, outcome, weight);
        let drift = self.detector.observe(learned, outcome, weight);
        self.learn(inputs, outcome, weight);
        if drift.is_some() {
            // What the learner said before the change says nothing about it now.
            self.trust = Trust::default();
            self.widen();
        }
        self.outcomes = self.outcomes.saturating_add(1);
        Update { weight, drift }
    }

    /// Makes the learner less sure of what it holds, which it keeps: it learns faster, and Thompson
    /// draws explore more until it is sure again.
    pub fn widen(&mut self) {
        self.forget(MEMORY_AFTER_DRIFT);
        self.refactor();
    }

    /// The inputs that the learner has weights for.
    fn read<'a>(&self, inputs: &'a Inputs) -> &'a [f64] {
        inputs.values.get(..self.weights.len()).unwrap_or_default()
    }

    /// What the weights add to the prior's logit.
    fn correction(&self, x: &[f64]) -> f64 {
        x.iter()
            .zip(&self.weights)
            .map(|(x, weight)| x * f64::from(*weight))
            .sum()
    }

    /// The most probable weights after an outcome, and how sure they then are (Laplace).
    ///
    /// The outcome is about xᵀθ alone, so the most probable weights lie on the line through the present
    /// ones along Λ⁻¹x, and what is left is an equation in one unknown with one solution.
    fn learn(&mut self, inputs: &Inputs, outcome: f64, weight: f64) {
        let memory = MEMORY.powf(weight);
        self.forget(memory);
        self.refactor();
        let forgotten = |(input, weight): (usize, &f32)| {
            (1.0 - memory) * prior_precision(input) * f64::from(*weight)
        };
        let pull: Vec<f64> = self.weights.iter().enumerate().map(forgotten).collect();
        let back = self.factor.solve(&pull);
        self.step(&back, -1.0);

        let x = self.read(inputs);
        let direction = self.factor.solve(x);
        let reach = dot(x, &direction);
        let before = self.correction(x);
        let (mut low, mut high) = (before - weight * MAX_STEP, before + weight * MAX_STEP);
        for _ in 0..HALVINGS {
            let middle = (low + high) / 2.0;
            let error = outcome - sigmoid(inputs.prior + middle);
            if middle - before < weight * reach * error {
                low = middle;
            } else {
                high = middle;
            }
        }
        let after = bounded(low, MAX_OFFSET);
        // The constant is 1 in every prompt, so the reach is never 0.
        self.step(&direction, (after - before) / reach);

        let stated = sigmoid(inputs.prior + after);
        let certainty = weight * stated * (1.0 - stated);
        for (row, left) in rows_mut(&mut self.precision).zip(x) {
            for (entry, right) in row.iter_mut().zip(x) {
                *entry += (certainty * left * right) as f32;
            }
        }
        self.refactor();
    }

    /// Moves the weights along a direction.
    fn step(&mut self, direction: &[f64], length: f64) {
        for (weight, along) in self.weights.iter_mut().zip(direction) {
            *weight += (length * along) as f32;
        }
    }

    /// Keeps this share of the precision, and fills up with the prior's.
    fn forget(&mut self, memory: f64) {
        for (input, row) in rows_mut(&mut self.precision).enumerate() {
            for entry in row.iter_mut() {
                *entry *= memory as f32;
            }
            if let Some(diagonal) = row.last_mut() {
                *diagonal += ((1.0 - memory) * prior_precision(input)) as f32;
            }
        }
    }

    /// To be called whenever the precision has changed.
    fn refactor(&mut self) {
        // The precision never falls below the prior's, so that it always has a factor.
        if let Some(factor) = Factor::of(&self.precision) {
            self.factor = factor;
        }
    }
}

#[cfg(test)]
mod tests;
