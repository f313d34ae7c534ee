//! A plan in the making: which models can take the request, and which of them go first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use moecraft_catalog::{Class, Model};

use super::refusal;
use super::{Fleet, MAX_CANDIDATES, MAX_REMOVED, RouteRequest};
use crate::admission::LocalModel;
use crate::guard::{Access, Recipient};
use crate::router::belief::{Beliefs, CLASSES};
use crate::router::candidate::{Candidate, Filter, Removed};
use crate::router::cascade::Cascade;
use crate::router::outlay::Usual;
use crate::router::settings::{self, Mode};
use crate::router::verdict::{Call, Calls, Verdict, classify, usual_calls};
use crate::router::warm::stays;
use crate::router::weights::Weights;
use crate::router::{LOCAL_PREFIX, Target, UnknownModel, local_can};

/// Where the router chooses, how many models of the chosen class are tried; of the other classes
/// it is one each, and the rest are local.
const OF_CHOSEN_CLASS: usize = 3;
/// At how many providers a model is tried that others may stand in for.
const CARRIERS_OF_PREFERRED: usize = 2;

/// A plan in the making.
pub(super) struct Draft<'a> {
    request: &'a RouteRequest<'a>,
    fleet: &'a Fleet<'a>,
    pub(super) candidates: Vec<Candidate>,
    pub(super) removed: Vec<Removed>,
    pub(super) kept_out: BTreeMap<Filter, u32>,
    /// The models that were kept out, each of which counts once.
    seen: BTreeSet<String>,
}

/// What was decided beside the candidates.
pub(super) struct Drafted {
    pub(super) thought: Verdict,
    pub(super) weights: Weights,
    pub(super) usual: Usual,
    pub(super) class: Class,
    /// With what probability each class was to be chosen, where it was the router's choice.
    pub(super) chances: Option<Beliefs>,
    /// Cheap models to ask first.
    pub(super) cascade: Option<Cascade>,
    pub(super) reason: String,
}

/// A model that can take the request.
#[derive(Clone, Copy)]
struct Offer<'a> {
    model: &'a Model,
    /// What it is expected to cost, nano-dollars.
    cost: u64,
}

/// The models that can take the request, and by what they are weighed.
struct Offers<'a> {
    offers: Vec<Offer<'a>>,
    weights: Weights,
    usual: Usual,
}

impl<'a> Draft<'a> {
    pub(super) fn new(request: &'a RouteRequest<'a>, fleet: &'a Fleet<'a>) -> Self {
        Self {
            request,
            fleet,
            candidates: Vec::new(),
            removed: Vec::new(),
            kept_out: BTreeMap::new(),
            seen: BTreeSet::new(),
        }
    }

    /// Lists the candidates for what the client asked for.
    pub(super) fn of_target(&mut self, mode: Mode) -> Result<Drafted, UnknownModel> {
        let fleet = self.fleet;
        match &self.request.target {
            Target::Model(id) if id.starts_with(LOCAL_PREFIX) => {
                let known =
                    |model: &&LocalModel| id.strip_prefix(LOCAL_PREFIX) == Some(&model.name);
                let model = fleet
                    .local
                    .iter()
                    .find(known)
                    .ok_or_else(|| UnknownModel::named(id))?;
                self.add_local(&[model], "asked for by name");
                let reason = "asked for by name".to_owned();
                Ok(self.named(mode, Offers::none(mode), Class::Local, reason))
            }
            Target::Model(id) => {
                let model = fleet
                    .catalog
                    .model(id)
                    .ok_or_else(|| UnknownModel::named(id))?;
                let offers = self.add_carriers(model, MAX_CANDIDATES, mode);
                if fleet.providers.is_empty() && model.chats() {
                    self.add_all_local("no cloud provider");
                }
                let reason = format!("{id} was asked for by name");
                Ok(self.named(mode, offers, model.class, reason))
            }
            Target::Preferred(id) => {
                let model = fleet
                    .catalog
                    .model(id)
                    .ok_or_else(|| UnknownModel::named(id))?;
                let mut offers = self.add_carriers(model, CARRIERS_OF_PREFERRED, mode);
                if model.chats() {
                    offers = self.eligible(&mut fleet.catalog.chat_models(), mode);
                    self.add_ranked(&offers, model.class, 1, "stands in, same class");
                    self.note_outranked(&offers);
                }
                Ok(self.named(mode, offers, model.class, format!("{id} was asked for")))
            }
            Target::Auto | Target::Mode(_) => Ok(self.of_policy(mode)),
        }
    }

    /// What is decided where the model is named: nothing, but what is thought of the prompt is told.
    fn named(&self, mode: Mode, offers: Offers<'a>, class: Class, reason: String) -> Drafted {
        Drafted {
            thought: self.thought(&usual_calls(), mode, &Offers::none(mode).weights),
            weights: offers.weights,
            usual: offers.usual,
            class,
            chances: None,
            cascade: None,
            reason,
        }
    }

    fn of_policy(&mut self, mode: Mode) -> Drafted {
        let offers = self.eligible(&mut self.fleet.catalog.chat_models(), mode);
        let calls = self.calls(&offers);
        let thought = match calls.iter().any(Option::is_some) {
            true => self.thought(&calls, mode, &offers.weights),
            false => self.thought(&usual_calls(), mode, &Offers::none(mode).weights),
        };
        let (class, chances) = self.explored(&thought);
        self.add_ranked(&offers, class, OF_CHOSEN_CLASS, "best of its class");
        let why = &thought.reason;
        let stays = self.stay();
        self.note_outranked(&offers);
        let greedy = stays.is_none() && class == thought.class;
        let cascade = greedy.then(|| self.cascade(&offers, &thought.beliefs));
        let (class, chances, reason) = match stays {
            Some(class) => (
                class,
                Beliefs::certain(class),
                format!("stays with its session's model; {why}"),
            ),
            None if class == thought.class => (class, chances, why.clone()),
            None => {
                let explored = format!("explores the {} class", class.as_str());
                (class, chances, format!("{explored}; {why}"))
            }
        };
        Drafted {
            weights: offers.weights,
            usual: offers.usual,
            thought,
            class,
            chances: Some(chances),
            cascade: cascade.flatten(),
            reason,
        }
    }

    /// The cheap models to ask before the first candidate, where the tenant wants it and it pays.
    fn cascade(&self, offers: &Offers<'a>, beliefs: &Beliefs) -> Option<Cascade> {
        let request = self.request;
        let wanted = request.settings.cascade == settings::Cascade::Auto;
        let models = offers.offers.iter().map(|offer| (offer.cost, offer.model));
        let planned = self.candidates.first().filter(|_| wanted)?;
        Cascade::before(planned, models, beliefs, &offers.weights, request)
    }

    fn thought(&self, calls: &Calls, mode: Mode, weights: &Weights) -> Verdict {
        let RouteRequest {
            assessment,
            features,
            learnt,
            ..
        } = self.request;
        classify(assessment, features, calls, (mode, weights), learnt)
    }

    /// The class to go to, and with what probability each was to be it. A session in whose cache the prompt
    /// is warm does not explore.
    fn explored(&self, thought: &Verdict) -> (Class, Beliefs) {
        let most = self.request.settings.explore;
        match self.request.seed.filter(|_| most > 0.0) {
            Some(seed) if self.request.warm.is_none() => thought.explored(most, seed),
            _ => (thought.class, Beliefs::certain(thought.class)),
        }
    }

    /// What each class would take, by the model of it that goes first.
    fn calls(&self, offers: &Offers<'a>) -> Calls {
        CLASSES.map(|class| {
            let of_class = offers.offers.iter().filter(|o| o.model.class == class);
            let calls = of_class.map(|offer| Call {
                cost_nanos: offer.cost,
                latency_ms: self.latency(offers, offer).unwrap_or(0.0),
            });
            let burden = |call: &Call| offers.weights.burden(call.cost_nanos, call.latency_ms);
            calls.min_by(|a, b| burden(a).total_cmp(&burden(b)))
        })
    }

    fn latency(&self, offers: &Offers<'a>, offer: &Offer<'a>) -> Option<f64> {
        let Offer { model, .. } = offer;
        offers
            .usual
            .latency(&self.request.outlay, &model.id, model.class)
    }

    /// The models of all classes, and local ones as the last resort.
    fn add_ranked(
        &mut self,
        offers: &Offers<'a>,
        chosen: Class,
        most: usize,
        reason: &'static str,
    ) {
        let known = |id: &str| self.candidates.iter().any(|c| c.model_id == id);
        let burden = |offer: &Offer<'a>| {
            let latency = self.latency(offers, offer).unwrap_or(0.0);
            offers.weights.burden(offer.cost, latency)
        };
        let mut eligible: Vec<(f64, &Model)> = offers
            .offers
            .iter()
            .filter(|offer| !known(&offer.model.id))
            .map(|offer| (burden(offer), offer.model))
            .collect();
        eligible.sort_by(|(a, m), (b, n)| a.total_cmp(b).then_with(|| m.id.cmp(&n.id)));
        for (class, most, reason) in steps(chosen, most, reason) {
            for _ in 0..most {
                let uses = |m: &Model| self.uses(&m.provider);
                let next = eligible
                    .iter()
                    .enumerate()
                    .filter(|(_, (_, model))| model.class == class)
                    .min_by_key(|(rank, (_, model))| (uses(model), *rank));
                let Some((index, _)) = next else { break };
                let (_, model) = eligible.remove(index);
                self.candidates.push(Candidate::listed(model, reason));
            }
        }
        self.add_all_local("last resort");
    }

    /// Notes of those that could have taken the request, and are not among the candidates, that they
    /// could.
    fn note_outranked(&mut self, offers: &Offers<'a>) {
        for Offer { model, .. } in &offers.offers {
            if !self.candidates.iter().any(|c| c.model_id == model.id) {
                self.remove(model.id.clone(), Filter::Outranked);
            }
        }
    }

    /// Puts the session's model first where it pays to stay with it, and gives its class.
    fn stay(&mut self) -> Option<Class> {
        let warm = self.request.warm.as_ref()?;
        let catalog = self.fleet.catalog;
        let model = catalog.model(warm.model).filter(|model| model.chats())?;
        let first = catalog.model(&self.candidates.first()?.model_id)?;
        self.judge(model).ok()?;
        if model.id == first.id || !stays(warm, model, first, &self.request.outlay) {
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
    fn add_carriers(&mut self, model: &'a Model, most: usize, mode: Mode) -> Offers<'a> {
        if !model.chats() {
            self.remove(model.id.clone(), Filter::Kind);
            return Offers::none(mode);
        }
        let others = self
            .fleet
            .catalog
            .carriers(model.name())
            .filter(|other| other.id != model.id);
        let named = std::iter::once(model);
        let eligible = self.eligible(&mut named.chain(others), mode);
        let mut offers = eligible.offers.clone();
        offers.sort_by_key(|offer| (offer.model.id != model.id, offer.cost));
        for Offer { model: other, .. } in offers.into_iter().take(most) {
            let named = other.id == model.id;
            let reason = if named {
                "asked for by name"
            } else {
                "same model, other provider"
            };
            self.candidates.push(Candidate::listed(other, reason));
        }
        eligible
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
            let room = model.context_tokens;
            if let Some(filter) = self.filter(able, room, &recipient, Class::Local) {
                self.remove(local.model_id, filter);
            } else if self.candidates.len() < MAX_CANDIDATES {
                self.candidates.push(local);
            } else {
                self.remove(local.model_id, Filter::Outranked);
            }
        }
    }

    /// The models that can take the request. Those that cannot be called at all are reported after those
    /// that were turned away.
    fn eligible(&mut self, models: &mut dyn Iterator<Item = &'a Model>, mode: Mode) -> Offers<'a> {
        let mut offers = Vec::new();
        let (mut denied, mut without_key) = (Vec::new(), Vec::new());
        let outlay = &self.request.outlay;
        for model in models {
            match self.judge(model) {
                Ok(()) => offers.push(Offer {
                    model,
                    cost: outlay.cost(&model.id, model.class),
                }),
                Err(Filter::NoKey) => without_key.push(model),
                Err(Filter::Denied) => denied.push(model),
                Err(filter) => self.remove(model.id.clone(), filter),
            }
        }
        for (models, filter) in [(denied, Filter::Denied), (without_key, Filter::NoKey)] {
            for model in models {
                self.remove(model.id.clone(), filter);
            }
        }
        let costs = offers.iter().map(|offer| (offer.model.class, offer.cost));
        let models = offers.iter().map(|o| (o.model.id.as_str(), o.model.class));
        Offers {
            weights: Weights::of(mode, costs),
            usual: outlay.usual(models),
            offers,
        }
    }

    /// Whether a model can take the request, or else what keeps it out.
    fn judge(&self, model: &Model) -> Result<(), Filter> {
        if !self.fleet.providers.contains(&model.provider) {
            return Err(Filter::NoKey);
        }
        if !self.permits(&model.id) {
            return Err(Filter::Denied);
        }
        if model.retired(self.request.outlay.at_ms) {
            return Err(Filter::Retired);
        }
        let recipient = Recipient {
            model: &model.id,
            trust: model.trust,
            local: false,
        };
        let able = model.can(&self.request.needs.capabilities);
        let room = model.context_tokens;
        self.filter(able, room, &recipient, model.class)
            .map_or(Ok(()), Err)
    }

    /// Whether the tenant's settings let the router choose a model. One that the client has pinned is
    /// not the router's choice.
    fn permits(&self, model: &str) -> bool {
        matches!(self.request.target, Target::Model(_)) || self.request.settings.permits(model)
    }

    /// What keeps a model out. Whom the guard keeps out could have taken the request.
    fn filter(
        &self,
        able: bool,
        context_tokens: u32,
        recipient: &Recipient<'_>,
        class: Class,
    ) -> Option<Filter> {
        let clearance = &self.request.clearance;
        if !able {
            Some(Filter::Capability)
        } else if self.request.needs.context_tokens > context_tokens {
            Some(Filter::Context)
        } else if clearance.access(recipient) == Access::Never {
            Some(refusal(clearance))
        } else {
            self.request.outlay.breaks(recipient.model, class)
        }
    }

    /// Notes that a model is kept out: once, however often it is looked at.
    fn remove(&mut self, model: String, filter: Filter) {
        if self.seen.insert(model.clone()) {
            *self.kept_out.entry(filter).or_default() += 1;
            if self.removed.len() < MAX_REMOVED {
                self.removed.push(Removed { model, filter });
            }
        }
    }

    /// The reason in view of what was found.
    pub(super) fn reason(&self, wanted: String) -> String {
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

impl Offers<'_> {
    /// Where there is no model to choose among: at the usual prices of the classes.
    fn none(mode: Mode) -> Self {
        let calls = CLASSES.into_iter().zip(usual_calls());
        let costs = calls.filter_map(|(class, call)| Some((class, call?.cost_nanos)));
        Self {
            offers: Vec::new(),
            weights: Weights::of(mode, costs),
            usual: Usual::default(),
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
