//! A simulated tenant: four models of rising price whose answers are good with a probability that is
//! logistic in seven features of the prompt.

use moecraft_engine::meta::Generator;

/// Features of a prompt, each uniform in −1 to 1.
pub(crate) const FEATURES: usize = 7;

/// Of an answer by each model.
pub(crate) const COSTS: [f64; 4] = [0.02, 0.08, 0.3, 1.0];

/// What a unit of cost is worth in good answers.
pub(crate) const LAMBDA: f64 = 0.25;

/// The constant of a model and the weights of the features.
pub(crate) type Weights = (f64, [f64; FEATURES]);

/// What is true of the four models.
pub(crate) type Truth = [Weights; 4];

/// Drawn once: weights of deviation 0.5, and the first feature is hard on the cheap models.
pub(crate) const TRUTH: Truth = [
    (
        -0.4160,
        [-1.1795, -1.2778, 0.2090, -0.2839, -0.2263, -0.1078, -1.0100],
    ),
    (
        0.4046,
        [-2.0326, 1.6615, 0.1129, -0.1763, -0.1406, -0.3340, -0.5276],
    ),
    (
        1.2474,
        [-0.8590, -0.1193, 0.4789, -0.0999, 0.0121, 0.7729, 0.2726],
    ),
    (
        2.4541,
        [-0.5914, 0.2703, 0.9675, -0.1348, -0.1218, 0.5012, -0.4432],
    ),
];

/// The second model gets much worse, the first somewhat better.
pub(crate) fn drifted([mut first, mut second, third, fourth]: Truth) -> Truth {
    first.0 += 0.8;
    second.0 -= 2.0;
    [first, second, third, fourth]
}

/// The features of the next prompt.
pub(crate) fn prompt(generator: &mut Generator) -> [f64; FEATURES] {
    std::array::from_fn(|_| 2.0 * generator.uniform() - 1.0)
}

/// The probability of a good answer by each model.
pub(crate) fn probabilities(truth: &Truth, prompt: &[f64; FEATURES]) -> [f64; 4] {
    truth.map(|(constant, weights)| {
        let products = weights.iter().zip(prompt).map(|(weight, x)| weight * x);
        1.0 / (1.0 + (-constant - products.sum::<f64>()).exp())
    })
}
