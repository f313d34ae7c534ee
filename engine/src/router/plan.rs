//! The models to try for one request, in order, and why the others are not among them.

mod draft;

use std::collections::BTreeMap;

use moecraft_catalog::{Capability, Catalog, Class};
use serde::Serialize;

use super::assessment::Assessment;
use super::belief::{Beliefs, rounded};
use super::candidate::{Candidate, Filter, Removed, estimate};
use super::cascade::Cascade;
use super::clearance::Clearance;
use super::learnt::Learnt;
use super::outlay::Outlay;
use super::settings::{Mode, Settings};
use super::warm::Warm;
use super::weights::Weights;
use super::{Target, UnknownModel};
use crate::admission::LocalModel;
use crate::features::Features;
use crate::guard::{Access, Tier};
use draft::Draft;

/// The most models one request is tried on.
pub const MAX_CANDIDATES: usize = 6;
/// The most refusals a plan reports.
pub const MAX_REMOVED: usize = 16;

/// What the models at hand are.
#[derive(Debug, Clone, Copy)]
pub struct Fleet<'a> {
    /// Every model there is a price for.
    pub catalog: &'a Catalog,
    /// Ids of the providers there is a key for. Their models can be called.
    pub providers: &'a [String],
    /// Models that the tenant's agents serve now.
    pub local: &'a [LocalModel],
}

/// What a model must have to take a request at all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// What it must be able to do.
    pub capabilities: Vec<Capability>,
    /// Tokens it must have room for, prompt and answer together.
    pub context_tokens: u32,
}

/// One request, as routing sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct RouteRequest<'a> {
    /// What the client asked for.
    pub target: Target,
    /// What its prompt looks like.
    pub features: &'a Features,
    /// What the shipped models say of it.
    pub assessment: &'a Assessment,
    /// What the model must have.
    pub needs: Needs,
    /// What the calls it may lead to would take, and when it came.
    pub outlay: Outlay<'a>,
    /// The model that its session was with, where the router may choose.
    pub warm: Option<Warm<'a>>,
    /// Who may be given it.
    pub clearance: Clearance<'a>,
    /// What the tenant has set for the router.
    pub settings: &'a Settings,
    /// What its outcomes have taught.
    pub learnt: &'a Learnt,
    /// A number drawn at random, by which the request explores; none where it must not.
    pub seed: Option<u64>,
}

/// What to do about a request.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// The models to try, in order; none when no model at hand can take the request.
    pub candidates: Vec<Candidate>,
    /// Models kept out, those that could be called first; at most [`MAX_REMOVED`].
    pub removed: Vec<Removed>,
    /// How many models each filter has kept out, all of them.
    pub kept_out: BTreeMap<Filter, u32>,
    /// The model that would have been tried first, and that the guard has kept out.
    pub barred: Option<String>,
    /// How much the prompt asks for: -0.3 the least, 0.8 the most.
    pub score: f64,
    /// The class that was aimed at.
    pub class: Class,
    /// Why, in one line of ASCII.
    pub reason: String,
    /// How cost was weighed.
    pub mode: Mode,
    /// By what the candidates were weighed.
    pub weights: Weights,
    /// How likely each class is to answer well; none where no class was thought of.
    pub p: Option<Beliefs>,
    /// How likely each was before anything was learnt of the tenant.
    pub prior: Option<Beliefs>,
    /// Whether the prior was calibrated on prompts like this one; otherwise it is set by hand for the greater
    /// part, and what is stated has not been measured. None where no class was thought of.
    pub calibrated: Option<bool>,
    /// How much the prompt is like those that the shipped models were learned from, 0 to 1; none where
    /// no class was thought of.
    pub familiarity: Option<f64>,
    /// How far the shipped models differ about each class, bits: doubt about the model, apart from chance.
    pub doubt: Option<Beliefs>,
    /// The probability with which this class was chosen: 1 where nothing was left to chance.
    pub propensity: f64,
    /// With what probability each class was to be chosen; none where the model was named.
    pub chances: Option<Beliefs>,
    /// Cheap models to ask before the first candidate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cascade: Option<Cascade>,
}

/// Lists the models to try.
///
/// For a policy: the cheapest of the class that [`classify`](super::classify) chose, where it does not take
/// much longer, more of that class,
/// one of the next class up, one of those below, then local models. After the first, a provider
/// that is not in the list yet goes before a cheaper one that is, since providers fail as a whole.
///
/// A model asked for by name is tried at every provider that carries it, the named one first.
/// Only where there is no key for any provider do local models stand in for it, and say so. A
/// preferred model is tried in the same way; behind it stand others of its class, of the next, and
/// local ones.
///
/// An embedding model is never a candidate, and nothing stands in for it.
///
/// # Errors
///
/// [`UnknownModel`] if the target is neither in the catalogue nor served by an agent. A model
/// that is known but cannot be called gives a plan without candidates.
pub fn plan(request: &RouteRequest, fleet: &Fleet) -> Result<Plan, UnknownModel> {
    let plan = draft(request, fleet)?;
    if request.clearance.tier == Tier::General {
        return Ok(plan);
    }
    let open = RouteRequest {
        clearance: Clearance::general(request.clearance.policy),
        ..request.clone()
    };
    let first = draft(&open, fleet)?.candidates.into_iter().next();
    Ok(plan.less(first, &request.clearance))
}

impl Plan {
    /// The plan of one model, which was found by its name alone.
    pub fn only(
        candidate: Candidate,
        reason: String,
        clearance: &Clearance,
        outlay: &Outlay<'_>,
    ) -> Self {
        let model = (candidate.model_id.as_str(), candidate.class);
        let cost = outlay.cost(model.0, model.1);
        let weights = Weights::of(Mode::default(), [(candidate.class, cost)]);
        let mut candidates = vec![candidate.clone()];
        let usual = outlay.usual(std::iter::once(model));
        estimate(&mut candidates, None, &weights, outlay, &usual);
        let broken = outlay.breaks(model.0, model.1);
        let access = clearance.access(&candidate.recipient());
        if access == Access::Never || broken.is_some() {
            candidates.clear();
        }
        let mut plan = Self {
            candidates,
            removed: Vec::new(),
            kept_out: BTreeMap::new(),
            barred: None,
            score: 0.0,
            class: candidate.class,
            reason,
            mode: Mode::default(),
            weights,
            p: None,
            prior: None,
            calibrated: None,
            familiarity: None,
            doubt: None,
            propensity: 1.0,
            chances: None,
            cascade: None,
        };
        if let Some(filter) = broken {
            plan.keep_out(candidate.model_id.clone(), filter);
        }
        plan.less(Some(candidate), clearance)
    }

    /// Notes first of all that a model is kept out.
    fn keep_out(&mut self, model: String, filter: Filter) {
        *self.kept_out.entry(filter).or_default() += 1;
        self.removed.truncate(MAX_REMOVED - 1);
        self.removed.insert(0, Removed { model, filter });
    }

    /// Says of the model that would be `first`, were there no guard, if the guard has kept it out.
    fn less(mut self, first: Option<Candidate>, clearance: &Clearance) -> Self {
        let Some(first) = first else { return self };
        if clearance.access(&first.recipient()) != Access::Never {
            return self;
        }
        let filter = refusal(clearance);
        let known = self
            .removed
            .iter()
            .any(|known| known.model == first.model_id);
        if !known {
            self.keep_out(first.model_id.clone(), filter);
        }
        let why = filter.text();
        self.reason = format!("{}; passed over {}: {why}", self.reason, first.model_id);
        self.barred = Some(first.model_id);
        self
    }
}

/// Why the guard keeps a model out.
fn refusal(clearance: &Clearance) -> Filter {
    match clearance.is_blocked() {
        true => Filter::Blocked,
        false => Filter::Trust,
    }
}

fn draft(request: &RouteRequest, fleet: &Fleet) -> Result<Plan, UnknownModel> {
    let mode = match request.target {
        Target::Mode(mode) => mode,
        _ => request.settings.mode,
    };
    let mut draft = Draft::new(request, fleet);
    let drafted = draft.of_target(mode)?;
    let reason = draft.reason(drafted.reason);
    let Draft {
        mut candidates,
        removed,
        kept_out,
        ..
    } = draft;
    let thought = drafted.thought;
    let propensity = drafted
        .chances
        .and_then(|chances| chances.of(drafted.class));
    let beliefs = Some(&thought.beliefs);
    let (outlay, usual) = (&request.outlay, &drafted.usual);
    estimate(&mut candidates, beliefs, &drafted.weights, outlay, usual);
    Ok(Plan {
        candidates,
        removed,
        kept_out,
        barred: None,
        score: request.assessment.difficulty,
        class: drafted.class,
        reason,
        mode,
        weights: drafted.weights,
        p: Some(thought.beliefs),
        prior: Some(thought.prior),
        calibrated: Some(thought.calibrated),
        familiarity: Some(rounded(1.0 - request.assessment.foreign)),
        doubt: Some(request.assessment.doubt),
        propensity: propensity.unwrap_or(1.0),
        chances: drafted.chances,
        cascade: drafted.cascade,
    })
}

#[cfg(test)]
mod guard_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod weighing_tests;
