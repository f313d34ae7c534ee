//! Probabilities and their logits, kept away from 0 and 1 so that no loss is ever infinite.

use crate::logistic;

/// No logit is farther from 0: probabilities stay within 0.0009 and 0.9991.
pub(super) const MAX_LOGIT: f64 = 7.0;

/// The probability of a logit; of no number, one half.
pub(super) fn sigmoid(logit: f64) -> f64 {
    logistic::probability(bounded(logit, MAX_LOGIT))
}

/// The logit of a probability, within [`MAX_LOGIT`]; of no number, 0.
pub(super) fn logit(probability: f64) -> f64 {
    logistic::log_odds(probability, MAX_LOGIT)
}

/// What is lost by having said `probability` of an outcome in 0 to 1: cross entropy, nats.
pub(super) fn log_loss(probability: f64, outcome: f64) -> f64 {
    -(outcome * probability.ln() + (1.0 - outcome) * (1.0 - probability).ln())
}

/// The value brought within ± `limit`; 0 for what is no number.
pub(super) fn bounded(value: f64, limit: f64) -> f64 {
    if value.is_nan() {
        0.0
    } else {
        value.clamp(-limit, limit)
    }
}
