//! How likely each class is to answer well, and what that is weighed against.

use moecraft_catalog::Class;
use serde::{Serialize, Serializer};

use super::assessment::usual_lambda;
use super::choice::{Figures, Worth};
use super::settings::Mode;

/// The classes that the router chooses among, the cheapest first.
pub const CLASSES: [Class; 3] = [Class::Haiku, Class::Sonnet, Class::Opus];

/// The probability, by class, that an answer will be good.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Beliefs {
    /// Of the haiku class.
    #[serde(serialize_with = "kept")]
    pub haiku: f64,
    /// Of the sonnet class.
    #[serde(serialize_with = "kept")]
    pub sonnet: f64,
    /// Of the opus class.
    #[serde(serialize_with = "kept")]
    pub opus: f64,
}

/// To six decimals: what is kept of a figure.
pub(super) fn rounded(figure: f64) -> f64 {
    (figure * 1e6).round() / 1e6
}

fn kept<S: Serializer>(figure: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(rounded(*figure))
}

impl Beliefs {
    /// The probability of a class; none of those whose models nothing is known of.
    pub const fn of(&self, class: Class) -> Option<f64> {
        match class {
            Class::Haiku => Some(self.haiku),
            Class::Sonnet => Some(self.sonnet),
            Class::Opus => Some(self.opus),
            Class::Local | Class::Surrogate => None,
        }
    }
}

/// How much more than in balanced mode money weighs where it is to be saved, and how much less where
/// answers are to be good.
const EMPHASIS: f64 = 4.0;

impl Mode {
    /// What the price of the dearest candidate is worth, in good answers.
    pub fn lambda(self) -> f64 {
        match self {
            Self::Efficiency => usual_lambda() * EMPHASIS,
            Self::Balanced => usual_lambda(),
            Self::Performance => usual_lambda() / EMPHASIS,
        }
    }

    /// What quality and money are worth where the dearest candidate costs so much.
    pub fn worth(self, dearest: f64) -> Worth {
        worth(self.lambda(), dearest)
    }
}

/// What quality and money are worth where the price of the dearest candidate is worth `lambda` good
/// answers. Against that price, and not in dollars: the longer the work, the more its outcome matters.
pub(super) fn worth(lambda: f64, dearest: f64) -> Worth {
    Worth {
        value: 1.0,
        lambda: if dearest > 0.0 { lambda / dearest } else { 0.0 },
        second: 0.0,
        floor: 0.0,
    }
}

/// A candidate of which this is expected.
pub(super) const fn figures(p: f64, cost_usd: f64) -> Figures {
    Figures {
        p,
        prior: p,
        cost_usd,
        latency_ms: 0.0,
    }
}

/// The class of a request that explores with probability `rate`: with `draw`, a number in 0..1, one of
/// `classes` at random, or the `greedy` one. Gives it with the probability that it is chosen.
pub(super) fn explore(rate: f64, draw: f64, classes: &[Class], greedy: Class) -> (Class, f64) {
    let even = rate / classes.len().max(1) as f64;
    let drawn = (rate > 0.0 && draw < rate)
        .then(|| classes.get((draw / even) as usize))
        .flatten();
    match drawn {
        Some(&class) if class != greedy => (class, even),
        _ => (greedy, propensity(rate, classes.len())),
    }
}

/// The probability that a request which explores at this rate among so many classes goes to the one
/// that the router prefers.
pub(super) fn propensity(rate: f64, classes: usize) -> f64 {
    1.0 - rate + rate / classes.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_costs_nothing_is_worth_its_probability() {
        let worth = Mode::Balanced.worth(100.0);
        assert_eq!(worth.utility(0.7, &figures(0.7, 0.0)), 0.7);
        let dearest = worth.utility(0.7, &figures(0.7, 100.0));
        assert!((dearest - 0.7 + Mode::Balanced.lambda()).abs() < 1e-12);
        let free = Mode::Balanced.worth(0.0);
        assert_eq!(free.utility(0.7, &figures(0.7, 0.0)), 0.7);
    }

    #[test]
    fn money_weighs_more_where_it_is_to_be_saved() {
        assert!(Mode::Efficiency.lambda() > Mode::Balanced.lambda());
        assert!(Mode::Balanced.lambda() > Mode::Performance.lambda());
        assert!(Mode::Performance.lambda() > 0.0);
    }

    proptest! {
        #[test]
        fn propensities_are_the_shares_that_draws_come_to(rate in 0.0..=0.2f64, count in 1usize..=3) {
            let classes = CLASSES.get(..count).unwrap_or_default();
            let greedy = Class::Haiku;
            let draws = 20_000;
            let mut told = [0.0; 3];
            let mut seen = [0.0; 3];
            for n in 0..draws {
                let draw = f64::from(n) / f64::from(draws);
                let (class, propensity) = explore(rate, draw, classes, greedy);
                let at = CLASSES.iter().position(|known| *known == class).unwrap();
                told[at] = propensity;
                seen[at] += 1.0 / f64::from(draws);
            }
            for (told, seen) in told.iter().zip(seen) {
                prop_assert!((told - seen).abs() < 1e-3, "{told} {seen}");
            }
        }
    }
}
