//! What a learner is told about a prompt.

use super::logistic;

/// A learner has at most this many inputs, the two that it is always given among them.
pub const MAX_INPUTS: usize = 32;

/// Those that are always given: a constant, and the prior's logit.
pub const OWN_INPUTS: usize = 2;

/// A feature is brought within ± this: what lies farther out says no more.
const MAX_FEATURE: f64 = 4.0;

/// The shipped prior's word on a prompt, and the features by which it may be corrected.
#[derive(Debug, Clone, PartialEq)]
pub struct Inputs {
    pub(super) prior: f64,
    pub(super) values: [f64; MAX_INPUTS],
}

impl Inputs {
    /// `prior` is the shipped model's probability of a good answer. `features` are about 0 on
    /// average and about 1 in spread (a mark of a cluster: 0 or 1); those past
    /// [`MAX_INPUTS`] − [`OWN_INPUTS`] are not read, missing ones and such as are no number are 0.
    pub fn new(prior: f64, features: &[f32]) -> Self {
        let prior = logistic::logit(prior);
        // At a prior of 12 % or 88 % the slope counts as much as the constant.
        let own = [1.0, prior / 2.0];
        let features = features.iter().map(|feature| f64::from(*feature));
        let mut values = [0.0; MAX_INPUTS];
        for (slot, value) in values.iter_mut().zip(own.into_iter().chain(features)) {
            *slot = logistic::bounded(value, MAX_FEATURE);
        }
        Self { prior, values }
    }
}
