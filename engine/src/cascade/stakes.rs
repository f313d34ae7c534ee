//! When cheap answers are asked for first, and when one is taken.

use serde::Serialize;

/// How likely the first answer is right where both are the same: 95 to 97 % on kinds of questions that
/// were learned from.
const AGREED: f64 = 0.96;

/// What there is to win and to lose for one request. Costs are in good answers: money times what
/// money is worth.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Stakes {
    /// How likely the cheap class answers well.
    pub cheap: f64,
    /// How likely the planned class does.
    pub planned: f64,
    /// What the two cheap calls cost together.
    pub cheap_cost: f64,
    /// What the planned call costs.
    pub planned_cost: f64,
}

impl Stakes {
    /// Whether it costs less to ask two cheap models first. They are taken to agree no oftener than
    /// two that are right independently of one another do, which leaves out that models tend to be
    /// right about the same prompts, and that they may agree on what is wrong. And their agreement has to
    /// be enough to take the answer.
    pub fn pays(&self) -> bool {
        let agree = self.cheap * self.cheap;
        let expected = self.cheap_cost + (1.0 - agree) * self.planned_cost;
        expected.is_finite() && expected < self.planned_cost && self.accepts(AGREED)
    }

    /// Whether a cheap answer that is right with probability `right` is taken: unless asking the
    /// planned class is worth more than it costs.
    pub fn accepts(&self, right: f64) -> bool {
        right >= self.planned - self.planned_cost
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STAKES: Stakes = Stakes {
        cheap: 0.8,
        planned: 0.9,
        cheap_cost: 0.01,
        planned_cost: 0.1,
    };

    #[test]
    fn it_pays_where_the_cheap_are_good_and_the_planned_is_dear() {
        assert!(STAKES.pays());
        let poor = Stakes {
            cheap: 0.3,
            ..STAKES
        };
        let near = Stakes {
            cheap_cost: 0.07,
            ..STAKES
        };
        let careful = Stakes {
            planned: 0.99,
            cheap_cost: 0.001,
            planned_cost: 0.01,
            ..STAKES
        };
        assert!(!poor.pays() && !near.pays() && !careful.pays());
    }

    #[test]
    fn what_is_saved_may_cost_as_much_certainty_as_it_is_worth() {
        assert!(STAKES.accepts(0.81));
        assert!(!STAKES.accepts(0.79));
    }

    proptest! {
        #[test]
        fn the_surer_and_the_cheaper_the_sooner(
            cheap in 0.0..=1.0f64, more in 0.0..=1.0f64, planned in 0.0..=1.0f64,
            cheap_cost in 0.0..1.0f64, planned_cost in 0.0..1.0f64, right in 0.0..=1.0f64,
        ) {
            let stakes = Stakes { cheap, planned, cheap_cost, planned_cost };
            let surer = Stakes { cheap: cheap.max(more), ..stakes };
            prop_assert!(!stakes.pays() || surer.pays());
            prop_assert!(!stakes.accepts(right) || stakes.accepts(right.max(more)));
        }

        #[test]
        fn no_figure_that_is_no_number_asks_or_accepts(figure in prop::sample::select(vec![f64::NAN, f64::INFINITY])) {
            let stakes = Stakes { cheap_cost: figure, ..STAKES };
            prop_assert!(!stakes.pays());
            prop_assert!(!STAKES.accepts(f64::NAN));
        }
    }
}
