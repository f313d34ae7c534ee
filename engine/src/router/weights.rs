//! What a good answer is weighed against: money and time, in good answers.

use moecraft_catalog::Class;
use serde::{Deserialize, Serialize};

use super::assessment::usual_lambda;
use super::belief::{CLASSES, rounded};
use super::choice::{Figures, Worth};
use super::settings::Mode;

/// How much more than in balanced mode money weighs where it is to be saved, and how much less where
/// answers are to be good.
const EMPHASIS: f64 = 4.0;

/// What a second of waiting is worth in balanced mode, in good answers: half a minute is as bad as 15
/// answers more in 1,000 that are no good. Set by hand: nobody has measured what people would give.
const SECOND: f64 = 0.0005;

impl Mode {
    /// What the price of the dearest class is worth, in good answers.
    pub fn lambda(self) -> f64 {
        match self {
            Self::Efficiency => usual_lambda() * EMPHASIS,
            Self::Balanced => usual_lambda(),
            Self::Performance => usual_lambda() / EMPHASIS,
        }
    }

    /// What a second of waiting is worth, in good answers: who pays for good answers does not like to
    /// wait for them either.
    pub const fn second(self) -> f64 {
        match self {
            Self::Efficiency => SECOND / EMPHASIS,
            Self::Balanced => SECOND,
            Self::Performance => SECOND * EMPHASIS,
        }
    }
}

/// By what one decision weighs its candidates.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Weights {
    /// What `dearest_nanos` is worth, in good answers. A share of that price and not of a dollar: the
    /// longer the work, the more its outcome matters.
    pub lambda: f64,
    /// What the dearest class at hand would cost by its cheapest model, nano-dollars.
    pub dearest_nanos: u64,
    /// What a second of waiting is worth, in good answers.
    pub second: f64,
}

impl Weights {
    /// Those of a mode, for calls that would cost so much.
    pub fn of(mode: Mode, costs: impl IntoIterator<Item = (Class, u64)>) -> Self {
        Self {
            lambda: rounded(mode.lambda()),
            dearest_nanos: dearest(costs),
            second: mode.second(),
        }
    }

    /// What a candidate is worth: the probability of a good answer less money and time.
    pub fn utility(&self, p: f64, cost_nanos: u64, latency_ms: f64) -> f64 {
        self.worth().utility(p, &figures(p, cost_nanos, latency_ms))
    }

    /// What a call takes, in good answers.
    pub fn burden(&self, cost_nanos: u64, latency_ms: f64) -> f64 {
        -self.utility(0.0, cost_nanos, latency_ms)
    }

    /// The same by nano-dollars.
    pub(super) fn worth(&self) -> Worth {
        Worth {
            value: 1.0,
            lambda: match self.dearest_nanos {
                0 => 0.0,
                dearest => self.lambda / dearest as f64,
            },
            second: self.second,
            floor: 0.0,
        }
    }
}

/// A candidate of which this is expected; its cost is in nano-dollars.
pub(super) fn figures(p: f64, cost_nanos: u64, latency_ms: f64) -> Figures {
    Figures {
        p,
        prior: p,
        cost_usd: cost_nanos as f64,
        latency_ms,
    }
}

/// The price that λ is of: each class stands for its cheapest, and of these it is the dearest.
fn dearest(costs: impl IntoIterator<Item = (Class, u64)>) -> u64 {
    let mut least = CLASSES.map(|class| (class, None));
    for (class, cost) in costs {
        for (known, least) in &mut least {
            if *known == class {
                *least = Some(least.map_or(cost, |least: u64| least.min(cost)));
            }
        }
    }
    let of_classes = least.into_iter().filter_map(|(_, cost)| cost);
    of_classes.max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_costs_nothing_is_worth_its_probability() {
        let weights = Weights::of(Mode::Balanced, [(Class::Opus, 100)]);
        assert_eq!(weights.utility(0.7, 0, 0.0), 0.7);
        let dearest = weights.utility(0.7, 100, 0.0);
        assert!((dearest - 0.7 + weights.lambda).abs() < 1e-12);
        let free = Weights::of(Mode::Balanced, []);
        assert_eq!(free.utility(0.7, 50, 0.0), 0.7);
    }

    #[test]
    fn the_price_is_that_of_the_dearest_class_by_its_cheapest_model() {
        let costs = [
            (Class::Opus, 900),
            (Class::Haiku, 20),
            (Class::Opus, 100),
            (Class::Haiku, 10),
            (Class::Local, 5_000),
        ];
        let weights = Weights::of(Mode::Balanced, costs);
        assert_eq!(weights.dearest_nanos, 100);
        // One of the class that is dearer still weighs more than λ.
        assert!(weights.burden(900, 0.0) > weights.lambda);
    }

    #[test]
    fn money_weighs_more_where_it_is_to_be_saved_and_time_where_answers_are_to_be_good() {
        assert!(Mode::Efficiency.lambda() > Mode::Balanced.lambda());
        assert!(Mode::Balanced.lambda() > Mode::Performance.lambda());
        assert!(Mode::Performance.lambda() > 0.0);
        assert!(Mode::Efficiency.second() < Mode::Balanced.second());
        assert!(Mode::Balanced.second() < Mode::Performance.second());
        let weights = Weights::of(Mode::Performance, [(Class::Opus, 100)]);
        let minute = weights.utility(0.9, 0, 0.0) - weights.utility(0.9, 0, 60_000.0);
        assert!((minute - 60.0 * weights.second).abs() < 1e-12);
    }
}
