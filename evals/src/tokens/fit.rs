//! Weights, none of them negative, under which the relative errors are least.

use moecraft_engine::tokens::CLASSES;

/// How often the weights are gone through; they stand still long before.
const ROUNDS: usize = 4000;
/// Holds weights of classes that hardly occur near nothing.
const RIDGE: f64 = 1e-7;
/// The weight of a class that no piece holds.
const UNSEEN: u16 = 450;

/// A piece's counts and its true tokens.
pub(super) struct Sample {
    pub(super) counts: [u32; CLASSES],
    pub(super) tokens: f64,
    /// What it counts for.
    pub(super) weight: f64,
}

/// The weights, in thousandths: coordinate descent on the normal equations of the relative errors.
pub(super) fn weights(samples: &[Sample]) -> [u16; CLASSES] {
    let weights = least_squares(samples);
    let seen = |class: usize| {
        samples
            .iter()
            .any(|sample| sample.counts.get(class) > Some(&0))
    };
    std::array::from_fn(|class| match (weights.get(class), seen(class)) {
        (Some(weight), true) => (weight * 1000.0).round().clamp(0.0, f64::from(u16::MAX)) as u16,
        _ => UNSEEN,
    })
}

fn least_squares(samples: &[Sample]) -> [f64; CLASSES] {
    let mut gram = [[0.0; CLASSES]; CLASSES];
    let mut right = [0.0; CLASSES];
    for sample in samples {
        let row = sample.counts.map(|count| f64::from(count) / sample.tokens);
        for (i, value) in row.iter().enumerate() {
            right[i] += sample.weight * value;
            for (j, other) in row.iter().enumerate() {
                gram[i][j] += sample.weight * value * other;
            }
        }
    }
    let mut weights = [0.0_f64; CLASSES];
    for _ in 0..ROUNDS {
        for i in 0..CLASSES {
            let others: f64 = (0..CLASSES)
                .filter(|j| *j != i)
                .map(|j| gram[i][j] * weights[j])
                .sum();
            weights[i] = ((right[i] - others) / (gram[i][i] + RIDGE)).max(0.0);
        }
    }
    weights
}
