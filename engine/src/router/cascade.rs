//! Two cheap models to ask before the planned one.

use moecraft_catalog::{Class, Model, family_of};
use serde::Serialize;

use super::belief::{Beliefs, CLASSES};
use super::candidate::Candidate;
use super::plan::RouteRequest;
use super::weights::Weights;
use crate::cascade::{Stakes, is_checkable};
use crate::guard::{Access, Recipient};

/// From here on a prompt is of no kind that the verifier was learned from.
const FOREIGN: f64 = 0.5;
/// The verifier was learned from questions that stood alone, with an instruction at most.
const MOST_TURNS: u32 = 2;

/// The cheap models that are asked first, and what decides whether the first one's answer is taken.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cascade {
    /// Two models of different makers: the first one's answer may be taken, the second one's tells
    /// whether.
    pub probes: [Candidate; 2],
    /// What there is to win and to lose.
    pub stakes: Stakes,
}

impl Cascade {
    /// The cascade before a `planned` model, where it pays: of the models at hand with their prices,
    /// the two cheapest of the cheapest class, which may be given the request as it is.
    pub(super) fn before<'m>(
        planned: &Candidate,
        offers: impl Iterator<Item = (u64, &'m Model)>,
        beliefs: &Beliefs,
        weights: &Weights,
        request: &RouteRequest,
    ) -> Option<Self> {
        let [cheapest, ..] = CLASSES;
        let features = request.features;
        let known = request.assessment.foreign < FOREIGN
            && features.turns <= MOST_TURNS
            && is_checkable(features);
        // Whoever bounds the time of one call does not want three.
        let bounds = &request.outlay.bounds;
        if planned.class == cheapest
            || planned.class == Class::Local
            || !known
            || bounds.latency_ms.is_some()
        {
            return None;
        }
        let [(first_cost, first), (second_cost, second)] = pair(offers, cheapest, request)?;
        let cheap = first_cost.saturating_add(second_cost);
        let cost = request.outlay.cost(&planned.model_id, planned.class);
        let all = cheap.saturating_add(cost);
        let stakes = Stakes {
            cheap: beliefs.of(cheapest)?,
            planned: beliefs.of(planned.class)?,
            cheap_cost: weights.burden(cheap, 0.0),
            planned_cost: weights.burden(cost, 0.0),
        };
        if bounds.cost_nanos.is_some_and(|most| all > most) {
            return None;
        }
        let probe = |model| Candidate::listed(model, "asked first, for a cheap answer");
        stakes.pays().then(|| Self {
            probes: [probe(first), probe(second)],
            stakes,
        })
    }
}

/// The cheapest model of a class, and the cheapest of another maker at another provider, each with its
/// price: those of one maker err alike, and providers fail as a whole.
fn pair<'m>(
    offers: impl Iterator<Item = (u64, &'m Model)>,
    class: Class,
    request: &RouteRequest,
) -> Option<[(u64, &'m Model); 2]> {
    let whole = |model: &Model| {
        let recipient = Recipient {
            model: &model.id,
            trust: model.trust,
            local: false,
        };
        request.clearance.access(&recipient) == Access::Whole
    };
    let mut cheap: Vec<_> = offers
        .filter(|(_, model)| model.class == class && whole(model))
        .collect();
    cheap.sort_by_key(|(price, model)| (*price, &model.id));
    let first = *cheap.first()?;
    let maker = |model: &Model| family_of(&model.id).map(|family| family.developer);
    let other = |model: &Model| maker(model).is_some() && maker(model) != maker(first.1);
    let mut others = cheap.into_iter();
    let second = others.find(|(_, model)| model.provider != first.1.provider && other(model))?;
    Some([first, second])
}

#[cfg(test)]
mod tests;
