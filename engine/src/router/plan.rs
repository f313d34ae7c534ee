//! The models to try for one request, in order, and why the others are not among them.

use std::cmp::Reverse;

use moecraft_catalog::{Capability, Catalog, Class, Model};
use serde::Serialize;

use super::assessment::Assessment;
use super::belief::{Beliefs, CLASSES, explore, rounded};
use super::candidate::{Candidate, Filter, Removed, estimate};
use super::clearance::Clearance;
use super::learnt::Learnt;
use super::settings::{Mode, Settings};
use super::verdict::{Costs, classify};
use super::warm::{Warm, stays};
use super::{LOCAL_PREFIX, Target, UnknownModel, local_can};
use crate::admission::LocalModel;
use crate::features::Features;
use crate::guard::{Access, Recipient, Tier};
use crate::tariff::{Tariff, expected};

/// The most models one request is tried on.
pub const MAX_CANDIDATES: usize = 6;
/// The most refusals a plan reports.
pub const MAX_REMOVED: usize = 16;
/// Where the router chooses, how many models of the chosen class are tried; of the other classes
/// it is one each, and the rest are local.
const OF_CHOSEN_CLASS: usize = 3;
/// At how many providers a model is tried that others may stand in for.
const CARRIERS_OF_PREFERRED: usize = 2;

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
    /// When it came, Unix ms: prices and retirements depend on it.
    pub at_ms: u64,
    /// The model that its session was with, where the router may choose.
    pub warm: Option<Warm<'a>>,
    /// Who may be given it.
    pub clearance: Clearance<'a>,
    /// What the tenant has set for the router.
    pub settings: &'a Settings,
    /// What its outcomes have taught.
    pub learnt: &'a Learnt,
    /// A number in 0..1 drawn at random, by which the request explores; none where it must not.
    pub draw: Option<f64>,
}

/// What to do about a request.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// The models to try, in order; none when no model at hand can take the request.
    pub candidates: Vec<Candidate>,
    /// Models kept out, those that could be called first; at most [`MAX_REMOVED`].
    pub removed: Vec<Removed>,
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
    /// How likely each class is to answer well; none where no class was thought of.
    pub p: Option<Beliefs>,
    /// How likely each was before anything was learnt of the tenant.
    pub prior: Option<Beliefs>,
    /// How much the prompt is like those that the shipped models were learned from, 0 to 1; none where
    /// no class was thought of.
    pub familiarity: Option<f64>,
    /// How far the shipped models differ about each class, bits: doubt about the model, apart from chance.
    pub doubt: Option<Beliefs>,
    /// The probability with which this class was chosen: 1 where nothing was left to chance.
    pub propensity: f64,
}

/// Lists the models to try.
///
/// For a policy: the cheapest of the class that [`classify`] chose, more of that class,
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
    pub fn only(candidate: Candidate, reason: String, clearance: &Clearance) -> Self {
        let access = clearance.access(&candidate.recipient());
        let may = access != Access::Never;
        let plan = Self {
            candidates: may.then(|| candidate.clone()).into_iter().collect(),
            removed: Vec::new(),
            barred: None,
            score: 0.0,
            class: candidate.class,
            reason,
            mode: Mode::default(),
            p: None,
            prior: None,
            familiarity: None,
            doubt: None,
            propensity: 1.0,
        };
        plan.less(Some(candidate), clearance)
    }

    /// The plan with what is expected of each candidate.
    #[must_use]
    pub fn estimated(mut self, features: &Features, at_ms: u64) -> Self {
        estimate(
            &mut self.candidates,
            self.p.as_ref(),
            self.mode,
            features,
            at_ms,
        );
        self
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
            self.removed.truncate(MAX_REMOVED - 1);
            let model = first.model_id.clone();
            self.removed.insert(0, Removed { model, filter });
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
    let mut draft = Draft {
        request,
        fleet,
        candidates: Vec::new(),
        removed: Vec::new(),
    };
    let (assessment, features) = (request.assessment, request.features);
    let verdict = |costs: &Costs| classify(assessment, features, costs, mode, request.learnt);
    let mut thought = verdict(&[None; 3]);
    let mut propensity = 1.0;
    let (class, reason) = match &request.target {
        Target::Model(id) if id.starts_with(LOCAL_PREFIX) => {
            let known = |model: &&LocalModel| id.strip_prefix(LOCAL_PREFIX) == Some(&model.name);
            let model = fleet
                .local
                .iter()
                .find(known)
                .ok_or_else(|| UnknownModel::named(id))?;
            draft.add_local(&[model], "asked for by name");
            (Class::Local, "asked for by name".to_owned())
        }
        Target::Model(id) => {
            let model = fleet
                .catalog
                .model(id)
                .ok_or_else(|| UnknownModel::named(id))?;
            draft.add_carriers(model, MAX_CANDIDATES);
            if fleet.providers.is_empty() && model.chats() {
                draft.add_all_local("no cloud provider");
            }
            (model.class, format!("{id} was asked for by name"))
        }
        Target::Preferred(id) => {
            let model = fleet
                .catalog
                .model(id)
                .ok_or_else(|| UnknownModel::named(id))?;
            draft.add_carriers(model, CARRIERS_OF_PREFERRED);
            if model.chats() {
                let eligible = draft.eligible(&mut fleet.catalog.chat_models());
                draft.add_ranked(eligible, model.class, 1, "stands in, same class");
            }
            (model.class, format!("{id} was asked for"))
        }
        Target::Auto | Target::Mode(_) => {
            let eligible = draft.eligible(&mut fleet.catalog.chat_models());
            thought = verdict(&draft.costs(&eligible));
            let (class, chance) = draft.explored(&eligible, thought.class);
            draft.add_ranked(eligible, class, OF_CHOSEN_CLASS, "cheapest of its class");
            match draft.stay() {
                Some(class) => (
                    class,
                    format!("stays with its session's model; {}", thought.reason),
                ),
                None if class == thought.class => {
                    propensity = chance;
                    (class, thought.reason)
                }
                None => {
                    propensity = chance;
                    let explored = format!("explores the {} class", class.as_str());
                    (class, format!("{explored}; {}", thought.reason))
                }
            }
        }
    };
    let reason = draft.reason(reason);
    let Draft {
        candidates,
        removed,
        ..
    } = draft;
    Ok(Plan {
        candidates,
        removed,
        barred: None,
        score: request.assessment.difficulty,
        class,
        reason,
        mode,
        p: Some(thought.beliefs),
        prior: Some(thought.prior),
        familiarity: Some(rounded(1.0 - request.assessment.foreign)),
        doubt: Some(request.assessment.doubt),
        propensity,
    })
}

/// A plan in the making.
struct Draft<'a> {
    request: &'a RouteRequest<'a>,
    fleet: &'a Fleet<'a>,
    candidates: Vec<Candidate>,
    removed: Vec<Removed>,
}

impl<'a> Draft<'a> {
    /// The class to go to, where the router prefers `greedy`, and with what probability it is that one.
    /// A session in whose cache the prompt is warm does not explore.
    fn explored(&self, eligible: &[(u64, &Model)], greedy: Class) -> (Class, f64) {
        let rate = self.request.settings.explore;
        let at_hand = |class: &Class| eligible.iter().any(|(_, model)| model.class == *class);
        let classes: Vec<Class> = CLASSES.into_iter().filter(at_hand).collect();
        match self.request.draw {
            Some(draw) if self.request.warm.is_none() => explore(rate, draw, &classes, greedy),
            _ => (greedy, 1.0),
        }
    }

    /// What each class would cost by its cheapest model at hand, nano-dollars.
    fn costs(&self, eligible: &[(u64, &Model)]) -> Costs {
        let RouteRequest {
            features, at_ms, ..
        } = *self.request;
        let usage = expected(features.prompt_tokens, features.max_output_tokens);
        CLASSES.map(|class| {
            let of_class = eligible.iter().filter(|(_, model)| model.class == class);
            let costs = of_class.map(|(_, m)| Tariff::of(&m.id, class, at_ms).cost(&usage));
            costs.min().map(|cost| cost as f64)
        })
    }

    /// The models of all classes, and local ones as the last resort.
    fn add_ranked(
        &mut self,
        mut eligible: Vec<(u64, &'a Model)>,
        chosen: Class,
        most: usize,
        reason: &'static str,
    ) {
        eligible.retain(|(_, model)| !self.candidates.iter().any(|c| c.model_id == model.id));
        for (class, most, reason) in steps(chosen, most, reason) {
            for _ in 0..most {
                let uses = |m: &Model| self.uses(&m.provider);
                let next = eligible
                    .iter()
                    .enumerate()
                    .filter(|(_, (_, model))| model.class == class)
                    .min_by_key(|(_, (price, m))| (uses(m), *price, m.id.as_str()));
                let Some((index, _)) = next else { break };
                let (_, model) = eligible.swap_remove(index);
                self.candidates.push(Candidate::listed(model, reason));
            }
        }
        self.add_all_local("last resort");
    }

    /// Puts the session's model first where it pays to stay with it, and gives its class.
    fn stay(&mut self) -> Option<Class> {
        let warm = self.request.warm.as_ref()?;
        let catalog = self.fleet.catalog;
        let model = catalog.model(warm.model).filter(|model| model.chats())?;
        let first = catalog.model(&self.candidates.first()?.model_id)?;
        let (_, model) = self.eligible(&mut std::iter::once(model)).pop()?;
        let (features, at_ms) = (self.request.features, self.request.at_ms);
        if model.id == first.id || !stays(warm, model, first, features, at_ms) {
            return None;
        }
        self.candidates.retain(|known| known.model_id != model.id);
        self.candidates
            .insert(0, Candidate::listed(model, "its session's model"));
        if self.candidates.len() > MAX_CANDIDATES {
            // The last is the last resort; the one before it is missed the least.
            self.candidates.remove(MAX_CANDIDATES - 1);
        }
        Some(model.class)
    }

    /// How many of the candidates are this provider's.
    fn uses(&self, provider: &str) -> usize {
        self.candidates
            .iter()
            .filter(|candidate| candidate.provider == provider)
            .count()
    }

    /// The providers' offers of `model`, at most so many: the named one first, then the cheapest.
    fn add_carriers(&mut self, model: &'a Model, most: usize) {
        if !model.chats() {
            self.remove(model.id.clone(), Filter::Kind);
            return;
        }
        let others = self
            .fleet
            .catalog
            .carriers(model.name())
            .filter(|other| other.id != model.id);
        let named = std::iter::once(model);
        let mut eligible = self.eligible(&mut named.chain(others));
        eligible.sort_by_key(|(price, other)| (other.id != model.id, *price));
        for (_, other) in eligible.into_iter().take(most) {
            let named = other.id == model.id;
            let reason = if named {
                "asked for by name"
            } else {
                "same model, other provider"
            };
            self.candidates.push(Candidate::listed(other, reason));
        }
    }

    /// The local models with the most room first.
    fn add_all_local(&mut self, reason: &'static str) {
        let settings = self.request.settings;
        let permits =
            |model: &&LocalModel| settings.permits(&format!("{LOCAL_PREFIX}{}", model.name));
        let (mut local, denied): (Vec<&LocalModel>, Vec<_>) =
            self.fleet.local.iter().partition(permits);
        for model in denied {
            self.remove(format!("{LOCAL_PREFIX}{}", model.name), Filter::Denied);
        }
        local.sort_by_key(|model| (Reverse(model.context_tokens), model.name.as_str()));
        self.add_local(&local, reason);
    }

    fn add_local(&mut self, models: &[&LocalModel], reason: &'static str) {
        for model in models {
            let local = Candidate::local(model, reason);
            let able = local_can(&model.capabilities, &self.request.needs.capabilities);
            let recipient = local.recipient();
            if let Some(filter) = self.filter(able, model.context_tokens, &recipient) {
                self.remove(local.model_id, filter);
            } else if self.candidates.len() < MAX_CANDIDATES {
                self.candidates.push(local);
            }
        }
    }

    /// The models that can take the request, with the price to compare them by. Those that
    /// cannot be called at all are reported after those that were turned away.
    fn eligible(&mut self, models: &mut dyn Iterator<Item = &'a Model>) -> Vec<(u64, &'a Model)> {
        let mut eligible = Vec::new();
        let (mut denied, mut without_key) = (Vec::new(), Vec::new());
        let at_ms = self.request.at_ms;
        for model in models {
            if !self.fleet.providers.contains(&model.provider) {
                without_key.push(model);
            } else if !self.permits(&model.id) {
                denied.push(model);
            } else if model.retired(at_ms) {
                self.remove(model.id.clone(), Filter::Retired);
            } else if let Some(filter) = self.filter(
                model.can(&self.request.needs.capabilities),
                model.context_tokens,
                &Recipient {
                    model: &model.id,
                    trust: model.trust,
                    local: false,
                },
            ) {
                self.remove(model.id.clone(), filter);
            } else {
                let prompt = self.request.features.prompt_tokens.into();
                let price = model.price_at(at_ms);
                let blended = price.map(|price| price.rates(prompt, at_ms).blended());
                eligible.push((blended.unwrap_or(u64::MAX), model));
            }
        }
        for (models, filter) in [(denied, Filter::Denied), (without_key, Filter::NoKey)] {
            for model in models.into_iter().take(MAX_REMOVED) {
                self.remove(model.id.clone(), filter);
            }
        }
        eligible
    }

    /// Whether the tenant's settings let the router choose a model. One that the client has pinned is
    /// not the router's choice.
    fn permits(&self, model: &str) -> bool {
        matches!(self.request.target, Target::Model(_)) || self.request.settings.permits(model)
    }

    /// What keeps a model out. Whom the guard keeps out could have taken the request.
    fn filter(&self, able: bool, context_tokens: u32, recipient: &Recipient<'_>) -> Option<Filter> {
        let clearance = &self.request.clearance;
        if !able {
            Some(Filter::Capability)
        } else if self.request.needs.context_tokens > context_tokens {
            Some(Filter::Context)
        } else if clearance.access(recipient) == Access::Never {
            Some(refusal(clearance))
        } else {
            None
        }
    }

    fn remove(&mut self, model: String, filter: Filter) {
        if self.removed.len() < MAX_REMOVED {
            self.removed.push(Removed { model, filter });
        }
    }

    /// The reason in view of what was found.
    fn reason(&self, wanted: String) -> String {
        let cloud = !self.fleet.providers.is_empty();
        let local = self
            .candidates
            .first()
            .is_some_and(|first| first.class == Class::Local);
        let named =
            matches!(&self.request.target, Target::Model(id) if id.starts_with(LOCAL_PREFIX));
        match (self.candidates.is_empty(), local && !named) {
            (true, _) if !cloud && self.fleet.local.is_empty() => {
                "no cloud provider is configured and no local model is connected".to_owned()
            }
            (true, _) => {
                let first = self.removed.first().map(|removed| removed.filter.text());
                let why = first.unwrap_or("there is none");
                format!("no model at hand can take this request: {why} ({wanted})")
            }
            (false, true) if cloud => {
                format!("no cloud model can take this request: local model ({wanted})")
            }
            (false, true) => format!("no cloud provider is configured: local model ({wanted})"),
            (false, false) => wanted,
        }
    }
}

/// The classes in the order they are tried, with how many models of each.
fn steps(chosen: Class, most: usize, reason: &'static str) -> [(Class, usize, &'static str); 3] {
    const UP: &str = "next class up";
    const DOWN: &str = "next class down";
    let first = (chosen, most, reason);
    match chosen {
        Class::Sonnet => [first, (Class::Opus, 1, UP), (Class::Haiku, 1, DOWN)],
        Class::Opus => [first, (Class::Sonnet, 1, DOWN), (Class::Haiku, 1, DOWN)],
        _ => [first, (Class::Sonnet, 1, UP), (Class::Opus, 1, UP)],
    }
}

#[cfg(test)]
mod guard_tests;
#[cfg(test)]
mod tests;
