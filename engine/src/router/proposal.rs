//! A way of choosing that is not in force, and what it would have chosen.

use moecraft_catalog::Class;
use serde::{Deserialize, Serialize};

use super::choice::{Care, choose};
use super::settings::{Mode, Settings};
use super::weights::{Weights, figures};

/// The greatest weight of cost that is meant seriously.
pub const MAX_LAMBDA: f64 = 100.0;

/// A proposed way of choosing among candidates.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Proposal {
    /// How cost and time are weighed; where `lambda` is given, it is not asked for the cost.
    pub mode: Mode,
    /// What the price of the dearest class at hand is worth, in good answers.
    pub lambda: Option<f64>,
    /// The models that may be chosen; none is all.
    pub allow: Vec<String>,
    /// The models that may not.
    pub deny: Vec<String>,
}

/// A candidate of a decision that was made, as its record tells.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Offer {
    /// The catalogue id.
    pub model_id: String,
    /// How able it is.
    pub class: Class,
    /// The probability of a good answer that was stated.
    pub p: Option<f64>,
    /// The cost that was expected, nano-dollars.
    pub cost_nanos: u64,
    /// The time that was, ms.
    #[serde(default)]
    pub latency_ms: Option<u32>,
}

impl Proposal {
    /// The candidate that would have been chosen; none where none is allowed, or nothing is known of
    /// those that are. `weighed` is by what the decision weighed them: the price that λ is of is the same.
    pub fn choose<'o>(&self, offers: &'o [Offer], weighed: Option<&Weights>) -> Option<&'o Offer> {
        let settings = Settings {
            allow: self.allow.clone(),
            deny: self.deny.clone(),
            ..Settings::USUAL
        };
        let costs = offers.iter().map(|offer| (offer.class, offer.cost_nanos));
        let own = Weights::of(self.mode, costs);
        let weights = Weights {
            lambda: self.lambda.unwrap_or(own.lambda),
            dearest_nanos: weighed.map_or(own.dearest_nanos, |weighed| weighed.dearest_nanos),
            ..own
        };
        let known = offers
            .iter()
            .filter(|offer| settings.permits(&offer.model_id))
            .filter_map(|offer| Some((offer, offer.p.filter(|p| p.is_finite())?)));
        let (known, figures): (Vec<&Offer>, Vec<_>) = known
            .map(|(offer, p)| {
                let latency_ms = offer.latency_ms.unwrap_or(0).into();
                (offer, figures(p, offer.cost_nanos, latency_ms))
            })
            .unzip();
        let chosen = choose(&figures, &weights.worth(), &Care::NONE)?;
        known.get(chosen.index).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn offers() -> Vec<Offer> {
        let offer = |id: &str, class, p, cost_nanos| Offer {
            model_id: id.to_owned(),
            class,
            p,
            cost_nanos,
            latency_ms: None,
        };
        vec![
            offer("a/small", Class::Haiku, Some(0.4), 10),
            offer("b/middle", Class::Sonnet, Some(0.6), 200),
            offer("a/large", Class::Opus, Some(0.9), 1_000),
            offer("local/any", Class::Local, None, 0),
        ]
    }

    fn chosen(json: &str) -> Option<String> {
        let proposal: Proposal = serde_json::from_str(json).unwrap();
        proposal
            .choose(&offers(), None)
            .map(|offer| offer.model_id.clone())
    }

    #[test]
    fn a_mode_weighs_cost_as_the_router_does() {
        let of = |json| chosen(json).unwrap();
        for mode in Mode::ALL {
            let named = chosen(&format!(r#"{{"mode":"{}"}}"#, mode.as_str()));
            let weighed = chosen(&format!(r#"{{"lambda":{}}}"#, mode.lambda()));
            assert_eq!(named, weighed);
        }
        // 0.3 more for the rest of the dearest's price is worth it.
        assert_eq!(of("{}"), "a/large");
        assert_eq!(of(r#"{"allow":["a/*"]}"#), "a/large");
        assert_eq!(of(r#"{"deny":["a/large"]}"#), "b/middle");
        assert_eq!(of(r#"{"deny":["a/large","b/*"]}"#), "a/small");
        assert_eq!(chosen(r#"{"allow":["local/*"]}"#), None);
    }

    #[test]
    fn cost_weighs_as_much_as_is_proposed() {
        let of = |lambda| chosen(&format!("{{\"lambda\":{lambda}}}")).unwrap();
        assert_eq!(of(0.0), "a/large");
        assert_eq!(of(0.5), "b/middle");
        assert_eq!(of(100.0), "a/small");
    }

    proptest! {
        #[test]
        fn the_more_cost_weighs_the_less_is_spent(
            figures in prop::collection::vec((0.0..=1.0f64, 0u64..1_000_000), 1..6),
            lambdas in (0.0..10.0f64, 0.0..10.0f64),
        ) {
            let offers: Vec<Offer> = figures.iter().enumerate().map(|(n, (p, cost))| Offer {
                model_id: n.to_string(),
                class: Class::Haiku,
                p: Some(*p),
                cost_nanos: *cost,
                latency_ms: None,
            }).collect();
            let cost = |lambda| {
                let proposal = Proposal { lambda: Some(lambda), ..Proposal::default() };
                proposal.choose(&offers, None).unwrap().cost_nanos
            };
            let (less, more) = (lambdas.0.min(lambdas.1), lambdas.0.max(lambdas.1));
            // Equal worths may fall either way in the last digit.
            prop_assume!(more - less > 1e-6);
            prop_assert!(cost(less) >= cost(more));
        }
    }
}
