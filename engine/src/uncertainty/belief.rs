//! What an ensemble believes about one outcome, and how much of its doubt is its own.

use serde::Serialize;

/// The probabilities that the members of an ensemble give one yes-or-no outcome, in short.
///
/// `total` is `aleatoric` + `epistemic`; `entropy` is the mean of the members' entropies +
/// `mutual_information`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EnsembleBelief {
    /// The mean probability, 0..=1.
    pub mean: f64,
    /// The variance of the outcome as far as anybody knows: mean (1 - mean), 0..=0.25.
    pub total: f64,
    /// The part that is chance even to the members: the mean of p (1 - p), 0..=0.25.
    pub aleatoric: f64,
    /// The part that is doubt about the model: the variance of the members, 0..=0.25.
    pub epistemic: f64,
    /// The entropy of the mean, bits, 0..=1.
    pub entropy: f64,
    /// The part of the entropy that is doubt about the model, bits, 0..=1: what the outcome would
    /// tell about which member is right. This is what exploration goes by.
    pub mutual_information: f64,
}

impl EnsembleBelief {
    /// Of the members' probabilities. Those beyond 0..=1 count as the end they are beyond, those
    /// that are no number not at all; none if there is none left.
    pub fn of(members: &[f64]) -> Option<Self> {
        let members = || {
            let numbers = members.iter().filter(|p| !p.is_nan());
            numbers.map(|p| p.clamp(0.0, 1.0))
        };
        let count = members().count();
        if count == 0 {
            return None;
        }
        let average = |sum: f64| sum / count as f64;
        // Rounding may carry a mean past the ends.
        let mean = average(members().sum()).clamp(0.0, 1.0);
        let entropy = entropy(mean);
        let own = average(members().map(self::entropy).sum());
        Some(Self {
            mean,
            total: mean * (1.0 - mean),
            aleatoric: average(members().map(|p| p * (1.0 - p)).sum()),
            epistemic: average(members().map(|p| (p - mean).powi(2)).sum()),
            entropy,
            mutual_information: (entropy - own).max(0.0),
        })
    }
}

/// The entropy of a yes-or-no outcome, bits.
fn entropy(p: f64) -> f64 {
    let part = |p: f64| if p > 0.0 { -p * p.log2() } else { 0.0 };
    part(p) + part(1.0 - p)
}
