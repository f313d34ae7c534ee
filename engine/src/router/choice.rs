//! The choice itself: figures of the candidates in, one of them out.
//!
//! The best balance of quality and price wins. Where a prompt is foreign, predictions of it were
//! never tested on its like: then a prior takes their place, and a small share of such prompts may
//! be tried one step cheaper, so that there is something to learn from.

use serde::Serialize;

/// One that could answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures {
    /// The calibrated probability of a good answer to this prompt, 0..=1.
    pub p: f64,
    /// The same by the prior: what is assumed of a prompt unlike those learned from, 0..=1.
    pub prior: f64,
    /// Expected cost of the call, dollars.
    pub cost_usd: f64,
    /// Expected time to the answer's end, milliseconds.
    pub latency_ms: f64,
}

/// What quality, money and time are worth. All are 0 or more.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Worth {
    /// Of a good answer.
    pub value: f64,
    /// Of a dollar. It is what the modes of routing differ in.
    pub lambda: f64,
    /// Of a second of waiting.
    pub second: f64,
    /// No candidate of a lower probability is chosen while there is another.
    pub floor: f64,
}

/// How prompts are treated that are unlike those learned from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Care {
    /// How likely it is that the prompt is of no known kind, 0..=1. Above one half the prior's word
    /// counts.
    pub foreign: f64,
    /// The share of foreign prompts that are tried one step cheaper, 0..=1.
    pub trial: f64,
    /// A number of 0..1 drawn for this prompt.
    pub draw: f64,
}

impl Care {
    /// The likeliest is taken at its word, and nothing is left to chance.
    pub(super) const NONE: Self = Self {
        foreign: 0.0,
        trial: 0.0,
        draw: 0.0,
    };
}

/// Why a candidate was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// The best balance of predicted quality, price and time.
    Familiar,
    /// The prompt is foreign: the same balance by the prior.
    Foreign,
    /// The prompt is foreign, and the next best of the cheaper ones is tried, by chance.
    Trial,
}

/// What was chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Choice {
    /// The candidate's place.
    pub index: usize,
    /// The probability with which it was chosen, above 0.
    pub propensity: f64,
    /// Why.
    pub ground: Ground,
}

impl Figures {
    fn sound(&self) -> bool {
        [self.p, self.prior, self.cost_usd, self.latency_ms]
            .into_iter()
            .all(f64::is_finite)
    }
}

impl Worth {
    /// Value of an answer of this quality less the worth of money and time.
    pub fn utility(&self, p: f64, of: &Figures) -> f64 {
        self.value * p - self.lambda * of.cost_usd - self.second * of.latency_ms / 1000.0
    }
}

/// Chooses one of the candidates; none where there is none whose figures are numbers.
///
/// A larger lambda never chooses a dearer candidate, and the order of the candidates does not
/// matter.
pub fn choose(candidates: &[Figures], worth: &Worth, care: &Care) -> Option<Choice> {
    let foreign = care.foreign > 0.5;
    let quality = |of: &Figures| if foreign { of.prior } else { of.p };
    let merit = |of: &Figures| worth.utility(quality(of), of);
    let sound = || candidates.iter().enumerate().filter(|(_, of)| of.sound());
    let good = sound().filter(|(_, of)| quality(of) >= worth.floor);
    let (index, chosen) = best(good, merit).or_else(|| best(sound(), quality))?;
    let certain = |ground| Choice {
        index,
        propensity: 1.0,
        ground,
    };
    if !foreign {
        return Some(certain(Ground::Familiar));
    }
    let cheaper = sound().filter(|(_, of)| of.cost_usd < chosen.cost_usd);
    let trial = care.trial.clamp(0.0, 1.0);
    Some(match best(cheaper, merit) {
        Some((step, _)) if care.draw < trial => Choice {
            index: step,
            propensity: trial,
            ground: Ground::Trial,
        },
        Some(_) => Choice {
            propensity: 1.0 - trial,
            ..certain(Ground::Foreign)
        },
        None => certain(Ground::Foreign),
    })
}

/// The one of the highest merit; of several the cheapest, then the likeliest, then the fastest.
fn best<'a>(
    candidates: impl Iterator<Item = (usize, &'a Figures)>,
    merit: impl Fn(&Figures) -> f64,
) -> Option<(usize, &'a Figures)> {
    candidates.max_by(|(_, a), (_, b)| {
        merit(a)
            .total_cmp(&merit(b))
            .then_with(|| b.cost_usd.total_cmp(&a.cost_usd))
            .then_with(|| a.p.total_cmp(&b.p))
            .then_with(|| b.latency_ms.total_cmp(&a.latency_ms))
            .then_with(|| a.prior.total_cmp(&b.prior))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FAMILIAR: Care = Care {
        foreign: 0.1,
        trial: 0.14,
        draw: 0.5,
    };
    const WORTH: Worth = Worth {
        value: 1.0,
        lambda: 10.0,
        second: 0.0,
        floor: 0.0,
    };

    fn figures(p: f64, prior: f64, cost_usd: f64) -> Figures {
        Figures {
            p,
            prior,
            cost_usd,
            latency_ms: 900.0,
        }
    }

    /// Cheap, mid and expensive.
    fn tiers(p: [f64; 3]) -> [Figures; 3] {
        let [cheap, mid, expensive] = p;
        [
            figures(cheap, 0.55, 0.0003),
            figures(mid, 0.62, 0.0035),
            figures(expensive, 0.80, 0.0146),
        ]
    }

    #[test]
    fn what_is_familiar_goes_where_quality_is_worth_its_price() {
        let chosen = |p| choose(&tiers(p), &WORTH, &FAMILIAR).map(|choice| choice.index);
        assert_eq!(chosen([0.9, 0.91, 0.92]), Some(0));
        assert_eq!(chosen([0.5, 0.8, 0.85]), Some(1));
        assert_eq!(chosen([0.3, 0.4, 0.8]), Some(2));
    }

    #[test]
    fn what_is_foreign_goes_by_the_prior_but_for_the_trials() {
        let decide = |draw| {
            let care = Care {
                foreign: 0.9,
                draw,
                ..FAMILIAR
            };
            choose(&tiers([0.99, 0.2, 0.1]), &WORTH, &care)
        };
        let choice = |index, propensity, ground| {
            Some(Choice {
                index,
                propensity,
                ground,
            })
        };
        assert_eq!(decide(0.5), choice(2, 0.86, Ground::Foreign));
        assert_eq!(decide(0.1), choice(1, 0.14, Ground::Trial));
    }

    #[test]
    fn the_floor_holds_where_it_can() {
        let worth = Worth {
            floor: 0.6,
            ..WORTH
        };
        let chosen = |p| choose(&tiers(p), &worth, &FAMILIAR).map(|choice| choice.index);
        assert_eq!(chosen([0.59, 0.61, 0.61]), Some(1));
        assert_eq!(chosen([0.3, 0.5, 0.4]), Some(1));
    }

    fn candidate() -> impl Strategy<Value = Figures> {
        (0.0..=1.0, 0.0..=1.0, 0.0..0.1, 0.0..1e5).prop_map(|(p, prior, cost_usd, latency_ms)| {
            Figures {
                p,
                prior,
                cost_usd,
                latency_ms,
            }
        })
    }

    proptest! {
        #[test]
        fn a_larger_lambda_never_chooses_a_dearer_candidate(
            candidates in prop::collection::vec(candidate(), 1..8),
            foreign in 0.0..=1.0,
            draw in 0.0..1.0,
            floor in prop_oneof![Just(0.0), 0.0..=1.0],
            small in 0.0..1e3,
            more in 0.0..1e3,
        ) {
            let cost = |lambda| {
                let worth = Worth { value: 1.0, lambda, second: 0.001, floor };
                let care = Care { foreign, draw, ..FAMILIAR };
                let choice = choose(&candidates, &worth, &care).expect("candidates");
                candidates[choice.index].cost_usd
            };
            prop_assert!(cost(small + more) <= cost(small) + 1e-12);
        }

        #[test]
        fn the_order_of_the_candidates_does_not_matter(
            candidates in prop::collection::vec(candidate(), 1..8),
            foreign in 0.0..=1.0,
            draw in 0.0..1.0,
            turn in 0_usize..8,
        ) {
            let care = Care { foreign, draw, ..FAMILIAR };
            let chosen = |candidates: &[Figures]| {
                let choice = choose(candidates, &WORTH, &care).expect("candidates");
                (candidates[choice.index], choice.ground)
            };
            let mut turned = candidates.clone();
            turned.rotate_left(turn % candidates.len());
            prop_assert_eq!(chosen(&candidates), chosen(&turned));
        }

        #[test]
        fn figures_that_are_no_numbers_are_never_chosen(
            p in prop::num::f64::ANY,
            cost_usd in prop::num::f64::ANY,
            foreign in prop::num::f64::ANY,
            draw in prop::num::f64::ANY,
            lambda in prop::num::f64::ANY,
        ) {
            let candidates = [figures(p, 0.5, cost_usd), figures(0.5, 0.6, 0.01)];
            let worth = Worth { lambda, ..WORTH };
            let choice = choose(&candidates, &worth, &Care { foreign, trial: 0.1, draw });
            let choice = choice.expect("one is sound");
            prop_assert!(candidates[choice.index].sound());
            prop_assert!(choice.propensity > 0.0);
        }
    }

    #[test]
    fn of_none_none_is_chosen() {
        assert_eq!(choose(&[], &WORTH, &FAMILIAR), None);
        assert_eq!(
            choose(&[figures(f64::NAN, 0.5, 0.1)], &WORTH, &FAMILIAR),
            None
        );
    }
}
