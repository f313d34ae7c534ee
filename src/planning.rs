//! From a request to a plan: what is asked, which models may answer, in which order, and why.

use std::collections::BTreeMap;

use moecraft_catalog::{Capability, Class, ModelKind, catalog};
use moecraft_engine::admission::{BlockedPlace, Near, Question, Replay, Snapshot};
use moecraft_engine::guard::{Access, Tier};
use moecraft_engine::router::{
    Bounds, Candidate, Filter, Fleet, LOCAL_PREFIX, Outlay, Plan, RouteRequest, Target as Wanted,
    UnknownModel, Warm, plan,
};
use moecraft_engine::surrogate::{CacheControl, ReplayParts, ReplayTraits, replay_key, replayable};
use moecraft_wire::hub::Unsupported;

use crate::asked::{Asked, Door};
use crate::bounds;
use crate::config::Config;
use crate::dispatch::{self, Target};
use crate::error::ApiError;
use crate::guard::Inspected;
use crate::keys::field;
use crate::sessions::Session;

/// What is known when a plan is made.
#[derive(Debug, Clone, Copy)]
pub struct Known<'k> {
    /// The tenant's policy, as last seen.
    pub snapshot: &'k Snapshot,
    /// Places that failed a moment ago, and that the policy need not know of yet.
    pub refused: &'k [BlockedPlace],
    /// The session that the request belongs to, while its prompt is warm.
    pub session: Option<&'k Session>,
    /// What the guard says of the request.
    pub inspected: &'k Inspected,
    /// When the request came, Unix ms.
    pub now: u64,
    /// What the client allows the request to take.
    pub bounds: Bounds,
    /// The number drawn for the request, by which it may explore.
    pub seed: Option<u64>,
}

/// A plan, and the calls that carry it out.
#[derive(Debug)]
pub struct Planned {
    /// The engine's decision.
    pub plan: Plan,
    /// The calls, in order; never empty.
    pub targets: Vec<Target>,
    /// Whether the client named a policy, and left the choice of model open.
    pub policy: bool,
    /// Cheap models to call before all of them; two, or none.
    pub probes: Vec<Target>,
}

impl Planned {
    /// The target of this number; those of the probes follow those of the plan.
    pub fn target(&self, number: usize) -> Option<&Target> {
        self.targets.iter().chain(&self.probes).nth(number)
    }

    /// The same, to change it.
    pub fn target_mut(&mut self, number: usize) -> Option<&mut Target> {
        self.targets.iter_mut().chain(&mut self.probes).nth(number)
    }

    /// Whether an answer of this target is one the plan aimed at, and not a stand-in's: only such
    /// an answer may be served again in its place.
    pub fn aimed_at(&self, target: &Target) -> bool {
        let first = self.targets.first();
        first.is_some_and(|first| match self.policy {
            true => first.class == target.class,
            false => first.model == target.model,
        })
    }

    /// On what conditions an earlier answer may serve this request, where one may. Never one of tier 0,
    /// nor one that is masked: its answer is not the request's own.
    pub fn replay(
        &self,
        asked: &Asked,
        inspected: &Inspected,
        client: &BTreeMap<String, String>,
    ) -> Option<Replay> {
        let header = |name: &str| client.get(name).map(String::as_str);
        let wish = header("cache-control").map(CacheControl::parse);
        let wish = wish.unwrap_or_default();
        let may = replayable(&ReplayTraits {
            no_store: wish.no_store,
            ..asked.replay_traits(self.policy)
        });
        let (first, question) = (self.targets.first()?, asked.digest.as_ref()?);
        let access = inspected.clearance().access(&first.recipient());
        if !may || inspected.tier() == Tier::Prohibited || access != Access::Whole {
            return None;
        }
        let (requested, chosen) = match self.policy {
            true => (self.plan.mode.as_str(), first.class.as_str()),
            false => (first.model.as_str(), first.model.as_str()),
        };
        let aimed = |class: Class, model: &str| match self.policy {
            true => class == first.class,
            false => model == first.model,
        };
        let candidates = self.plan.candidates.iter();
        let aimed = candidates.filter(|one| aimed(one.class, &one.model_id));
        let parts = ReplayParts {
            requested,
            chosen,
            tier: inspected.tier(),
            policy: inspected.settings_digest(),
            // Betas change what Anthropic's own models do with a body of their dialect.
            betas: match asked.door {
                Door::Messages => header("anthropic-beta").unwrap_or_default(),
                _ => "",
            },
            question,
        };
        Some(Replay {
            key: replay_key(&parts),
            near: self.near(asked, inspected, &parts),
            max_age_ms: wish.max_age_ms,
            anew: wish.no_cache,
            max_output_tokens: asked
                .max_output_tokens
                .filter(|_| asked.door != Door::Embeddings),
            models: aimed.map(|one| one.model_id.clone()).collect(),
        })
    }

    /// By what questions of the same meaning are found, where the answer to one may serve this request:
    /// where the choice of model is open, from a class that is no less able than the one chosen, which may
    /// be another one for other words. The question is kept, so it must be of no tier that is protected.
    fn near(&self, asked: &Asked, inspected: &Inspected, parts: &ReplayParts<'_>) -> Option<Near> {
        let last = asked.last_words.as_ref()?;
        let least = self.targets.first()?.class;
        let wanted = inspected.routing().false_hits > 0.0;
        if !self.policy || !wanted || inspected.tier() != Tier::General {
            return None;
        }
        let able = |class: Class| class == least || (least..Class::Local).contains(&class);
        let candidates = self.plan.candidates.iter();
        let able = candidates.filter(|one| able(one.class));
        Some(Near {
            question: Question {
                scope: replay_key(&ReplayParts {
                    chosen: "",
                    question: &last.context,
                    ..*parts
                }),
                text: last.text.clone(),
            },
            models: able.map(|one| one.model_id.clone()).collect(),
        })
    }

    /// Plans a request under the tenant's policy.
    ///
    /// # Errors
    /// [`ApiError::Model`] for a name nobody knows, [`ApiError::TooLong`] for a prompt that fits
    /// nowhere, [`ApiError::Guard`] when nobody who could answer may be given the request,
    /// [`ApiError::Resting`] when all that could answer is out of quota for now, and
    /// [`ApiError::NoCandidate`] when nothing that can be called serves the request.
    pub fn of(asked: &Asked, config: &Config, known: &Known<'_>) -> Result<Self, ApiError> {
        if asked.door == Door::Embeddings {
            return Self::of_embeddings(asked, config, known);
        }
        let fleet = Fleet {
            catalog: catalog(),
            providers: config.callable(),
            local: &known.snapshot.local,
        };
        let assessment = asked.reading.among(&known.snapshot.traffic);
        let plan_for = |target| {
            let request = RouteRequest {
                target,
                features: &asked.features,
                assessment: &assessment,
                needs: asked.needs(),
                outlay: outlay(asked, known),
                warm: known.session.map(|session| Warm {
                    model: &session.model,
                    tokens: session.tokens,
                    in_turn: asked.in_turn,
                }),
                clearance: known.inspected.clearance(),
                settings: &known.snapshot.routing,
                learnt: &known.snapshot.learnt,
                // In the middle of a turn a model goes on with its own calls.
                seed: known.seed.filter(|_| !asked.in_turn),
            };
            plan(&request, &fleet)
        };
        // A general upstream takes names that the catalogue does not know, and a vendor's newest
        // model is such a name: the patterns (`gpt-*`) stand in only where nobody takes the name.
        if is_pattern_only(&asked.requested) && config.has_upstreams() {
            let mut by_name = pass_by_name(asked, known)?;
            let stand_ins = plan_for(Wanted::Auto)?.candidates.into_iter();
            by_name
                .candidates
                .extend(stand_ins.filter(|stand_in| stand_in.class == Class::Local));
            return Self::new(by_name, asked, config, known, false);
        }
        let wanted = Wanted::resolve(&asked.requested, catalog());
        let policy = wanted.as_ref().is_ok_and(Wanted::is_policy);
        let plan = match wanted.and_then(plan_for) {
            Err(UnknownModel { .. })
                if config.has_upstreams() && !is_reserved(&asked.requested) =>
            {
                pass_by_name(asked, known)?
            }
            other => other?,
        };
        Self::new(plan, asked, config, known, policy)
    }

    /// Embeddings go to the model that is named and to no other: vectors of two models have nothing
    /// to do with one another.
    fn of_embeddings(asked: &Asked, config: &Config, known: &Known<'_>) -> Result<Self, ApiError> {
        let serving = known.snapshot;
        let name = asked.requested.as_str();
        let listed = catalog()
            .model(name)
            .or_else(|| catalog().by_upstream_name(name))
            .filter(|model| model.kind == ModelKind::Embedding);
        let local = name
            .strip_prefix(LOCAL_PREFIX)
            .and_then(|name| serving.local.iter().find(|model| model.name == name));
        let plan = match (listed, local) {
            (_, Some(local)) => only(Candidate::local(local, "asked for by name"), asked, known),
            (Some(model), _) if config.can_call(model) => {
                only(Candidate::listed(model, "asked for by name"), asked, known)
            }
            (None, None) if config.has_upstreams() && !is_reserved(name) => {
                pass_by_name(asked, known)?
            }
            (Some(model), _) => {
                let why = format!("there is no key for the provider of {}", model.id);
                return Err(ApiError::NoCandidate(why));
            }
            (None, None) => {
                let model = name.chars().take(100).collect();
                return Err(ApiError::Model(UnknownModel { model }));
            }
        };
        Self::new(plan, asked, config, known, false)
    }

    fn new(
        plan: Plan,
        asked: &Asked,
        config: &Config,
        known: &Known<'_>,
        policy: bool,
    ) -> Result<Self, ApiError> {
        let mut targets = dispatch::targets(&plan.candidates, asked.door, config, known);
        let clearance = known.inspected.clearance();
        let barred = |target: &Target| clearance.access(&target.recipient()) == Access::Never;
        if !targets.is_empty() && targets.iter().all(barred) {
            let why = "it has fields that the upstream may take for further models";
            let first = targets.first().map(|target| target.model.as_str());
            return Err(known.inspected.stopped(why, first));
        }
        targets.retain(|target| !barred(target));
        let places = targets.len();
        let resting = rest(&mut targets, known);
        if targets.is_empty() {
            return Err(match resting {
                Some(error) if places > 0 => error,
                _ => nobody(&plan, asked, known),
            });
        }
        let probes = probes(&plan, &targets, asked, config, known);
        Ok(Self {
            plan,
            targets,
            policy,
            probes,
        })
    }
}

/// The places of the plan's cascade, one for each cheap model; none where one of them rests, or where
/// the planned place is to be tried: a place is tried by being called.
fn probes(
    plan: &Plan,
    targets: &[Target],
    asked: &Asked,
    config: &Config,
    known: &Known<'_>,
) -> Vec<Target> {
    let half_open = |target: &Target| {
        let snapshot = known.snapshot;
        snapshot.is_half_open(&target.provider, &target.model)
    };
    let Some(cascade) = &plan.cascade else {
        return Vec::new();
    };
    let planned = targets.first().filter(|first| first.class == plan.class);
    if asked.answers > 1 || planned.is_none_or(half_open) {
        return Vec::new();
    }
    let place = |probe: &Candidate| {
        let mut places = dispatch::targets(std::slice::from_ref(probe), asked.door, config, known);
        places.retain(|place| {
            known.inspected.clearance().access(&place.recipient()) == Access::Whole
        });
        rest(&mut places, known);
        places.into_iter().find(|place| !half_open(place))
    };
    let probes: Option<Vec<Target>> = cascade.probes.iter().map(place).collect();
    probes.unwrap_or_default()
}

/// Takes out the places that rest now; gives what to tell when none is left.
fn rest(targets: &mut Vec<Target>, known: &Known<'_>) -> Option<ApiError> {
    let (snapshot, now) = (known.snapshot, known.now);
    let mut resting: Vec<&BlockedPlace> = Vec::new();
    targets.retain(|target| {
        let blocked = snapshot.blocked(&target.provider, &target.model);
        resting.extend(blocked);
        blocked.is_none()
    });
    // One that has just failed is passed over only while there are others.
    let failed = |target: &Target| {
        known.refused.iter().any(|place| {
            let models = place.model.as_ref();
            place.provider == target.provider && models.is_none_or(|model| *model == target.model)
        })
    };
    if !targets.iter().all(failed) {
        targets.retain(|target| !failed(target));
    }
    // A place that may be probed is probed by one request, which claims it as its first at
    // admission; nobody falls over to it.
    let mut first = true;
    targets.retain(|target| {
        std::mem::take(&mut first) || !snapshot.is_half_open(&target.provider, &target.model)
    });
    let first = resting.into_iter().min_by_key(|place| place.until_ms)?;
    Some(ApiError::Resting {
        provider: first.provider.clone(),
        why: first.why,
        retry_after: first.until_ms.saturating_sub(now).div_ceil(1000).max(1),
    })
}

/// Why nobody can take a request, as exactly as can be said: a prompt that fits nowhere is the
/// client's to shorten.
fn nobody(plan: &Plan, asked: &Asked, known: &Known<'_>) -> ApiError {
    if plan.candidates.is_empty() && plan.barred.is_some() {
        return known.inspected.refusal(plan);
    }
    if let Some(error) = beyond_bounds(plan) {
        return error;
    }
    let snapshot = known.snapshot;
    let room = |model: &str| match model.strip_prefix(LOCAL_PREFIX) {
        Some(name) => {
            let local = snapshot.local.iter().find(|model| model.name == name);
            local.map(|model| model.context_tokens)
        }
        None => catalog().model(model).map(|model| model.context_tokens),
    };
    let too_small = plan
        .removed
        .iter()
        .filter(|removed| removed.filter == Filter::Context);
    match too_small.filter_map(|removed| room(&removed.model)).max() {
        Some(maximum) => ApiError::TooLong {
            tokens: asked.needs().context_tokens,
            maximum,
        },
        None => match incapable(plan, asked) {
            Some(unsupported) => ApiError::Unsupported(unsupported),
            None => ApiError::NoCandidate(plan.reason.clone()),
        },
    }
}

/// The bound of the client's own that the last of the models would break.
fn beyond_bounds(plan: &Plan) -> Option<ApiError> {
    if !plan.candidates.is_empty() {
        return None;
    }
    let (name, filter) = [
        (bounds::MAX_COST, Filter::Cost),
        (bounds::MAX_LATENCY, Filter::Latency),
    ]
    .into_iter()
    .find(|(_, filter)| plan.kept_out.contains_key(filter))?;
    let why = filter.text();
    let message = format!("`{name}` leaves no model: of each that could answer, {why}");
    Some(field(name, &message))
}

/// What of a request no model at hand can do, where that is why none is left: asking again will not
/// help.
fn incapable(plan: &Plan, asked: &Asked) -> Option<Unsupported> {
    let filters = || plan.removed.iter().map(|removed| removed.filter);
    let field = if filters().any(|filter| filter == Filter::Kind) {
        "model"
    } else if !filters().any(|filter| filter == Filter::Capability) {
        return None;
    } else if asked.needed.contains(&Capability::Documents)
        || asked.needed.contains(&Capability::Vision)
    {
        "messages"
    } else {
        "tools"
    };
    let needs: Vec<&str> = asked.needed.iter().map(|need| need.as_str()).collect();
    let message = match needs.as_slice() {
        [] => plan.reason.clone(),
        needs => format!("{} (needed: {})", plan.reason, needs.join(", ")),
    };
    Some(Unsupported::new(field, message))
}

/// What the calls that the request may lead to would take.
pub(crate) fn outlay<'k>(asked: &Asked, known: &Known<'k>) -> Outlay<'k> {
    Outlay {
        prompt_tokens: asked.features.prompt_tokens,
        lengths: asked.lengths,
        paces: &known.snapshot.paces,
        bounds: known.bounds,
        at_ms: known.now,
    }
}

fn only(candidate: Candidate, asked: &Asked, known: &Known<'_>) -> Plan {
    let reason = format!("{} was asked for by name", candidate.model_id);
    let clearance = known.inspected.clearance();
    Plan::only(candidate, reason, &clearance, &outlay(asked, known))
}

/// Whether a name is one of the gateway's own: a policy, or a model on the tenant's machines. Such
/// a name never leaves for an upstream: the prompt was not meant for it.
pub fn is_reserved(name: &str) -> bool {
    name.starts_with(LOCAL_PREFIX) || name.starts_with("moecraft/")
}

/// Whether the catalogue knows a name by nothing but a pattern.
fn is_pattern_only(name: &str) -> bool {
    catalog().model(name).is_none()
        && catalog().by_upstream_name(name).is_none()
        && catalog()
            .alias(name)
            .is_some_and(|alias| alias.name.ends_with('*'))
}

/// # Errors
/// [`ApiError::Guard`] for a name that the guard found something in: it would be kept in the records
/// as the name of a model.
fn pass_by_name(asked: &Asked, known: &Known<'_>) -> Result<Plan, ApiError> {
    let (name, inspected) = (asked.requested.as_str(), known.inspected);
    if inspected.is_telling(name) {
        return Err(inspected.stopped("the name of a model must not hold it", None));
    }
    let reason = format!("{name} is not in the catalogue: passed by name to the general upstream");
    let candidate = Candidate::by_name("upstream", name, "passed by name");
    let (clearance, outlay) = (inspected.clearance(), outlay(asked, known));
    Ok(Plan {
        score: 1.0,
        ..Plan::only(candidate, reason, &clearance, &outlay)
    })
}
