//! How likely each class is to answer well, what that is weighed against, and which class follows.

use moecraft_catalog::Class;
use serde::{Serialize, Serializer};

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

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the form that serde calls"
)]
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

/// What probability is demanded, and what it is weighed against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Taste {
    /// A probability above this will do.
    pub bar: f64,
    /// What a dearer model has to be better by: probability for the cost of the dearest candidate.
    pub lambda: f64,
}

impl Mode {
    /// What the mode stands for.
    pub const fn taste(self) -> Taste {
        match self {
            Self::Efficiency => Taste {
                bar: 0.35,
                lambda: 1.0,
            },
            Self::Balanced => Taste {
                bar: 0.5,
                lambda: 0.5,
            },
            Self::Performance => Taste {
                bar: 0.65,
                lambda: 0.1,
            },
        }
    }
}

impl Taste {
    /// The cheapest class that will do; where none will, the dearest.
    pub fn class(&self, beliefs: &Beliefs) -> Class {
        let does = |class: &Class| beliefs.of(*class).is_some_and(|p| p > self.bar);
        CLASSES.into_iter().find(does).unwrap_or(Class::Opus)
    }

    /// How much a candidate is worth: its probability less its cost, as a share of the dearest
    /// candidate's.
    pub fn utility(&self, p: f64, cost: u64, dearest: u64) -> f64 {
        let share = cost as f64 / dearest.max(1) as f64;
        p - self.lambda * share
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

    const BELIEFS: Beliefs = Beliefs {
        haiku: 0.4,
        sonnet: 0.6,
        opus: 0.8,
    };

    #[test]
    fn a_mode_demands_more_or_less() {
        assert_eq!(Mode::Efficiency.taste().class(&BELIEFS), Class::Haiku);
        assert_eq!(Mode::Balanced.taste().class(&BELIEFS), Class::Sonnet);
        assert_eq!(Mode::Performance.taste().class(&BELIEFS), Class::Opus);
        let hopeless = Beliefs {
            haiku: 0.1,
            sonnet: 0.1,
            opus: 0.1,
        };
        assert_eq!(Mode::Efficiency.taste().class(&hopeless), Class::Opus);
    }

    #[test]
    fn what_costs_nothing_is_worth_its_probability() {
        let taste = Mode::Balanced.taste();
        assert_eq!(taste.utility(0.7, 0, 100), 0.7);
        assert_eq!(taste.utility(0.7, 0, 0), 0.7);
        assert_eq!(taste.utility(0.7, 100, 100), 0.7 - taste.lambda);
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
