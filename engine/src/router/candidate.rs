//! A model to try with what is expected of it, and a model that was kept out with the reason.

use moecraft_catalog::{Class, Model, Trust, trust_of_name};
use serde::Serialize;

use super::belief::{Beliefs, rounded};
use super::clearance::least;
use super::outlay::{Outlay, Usual};
use super::weights::Weights;
use crate::admission::LocalModel;
use crate::guard::Recipient;

/// The provider of local models.
const LOCAL: &str = "local";

/// What is expected of a candidate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Estimate {
    /// The probability of a good answer; none of a model that nothing is known of.
    pub p: Option<f64>,
    /// What the request would cost, nano-dollars.
    pub cost_nanos: u64,
    /// How long the answer would be, tokens.
    pub answer_tokens: u32,
    /// How long it would take, ms: as the model's answers have of late, or else those of others; none
    /// where nothing is known of any.
    pub latency_ms: Option<u32>,
    /// The probability less cost and time, as the decision has weighed them.
    pub utility: Option<f64>,
}

/// A model to try.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Candidate {
    /// The catalogue id, or `local/<name>`.
    pub model_id: String,
    /// How able it is.
    pub class: Class,
    /// The provider's id, or `local`.
    pub provider: String,
    /// The name the provider expects.
    pub upstream_name: String,
    /// The longest answer it gives, tokens, where that is known: a client may ask for more.
    pub max_output_tokens: Option<u32>,
    /// Whether its origin is trusted.
    pub trust: Trust,
    /// Why it stands where it stands.
    pub reason: &'static str,
    /// What is expected of it.
    #[serde(flatten)]
    pub estimate: Estimate,
}

impl Candidate {
    /// A model of the tenant's own: trusted where both its agent and its name say so.
    pub fn local(model: &LocalModel, reason: &'static str) -> Self {
        let by_name = Self::by_name(LOCAL, &model.name, reason);
        Self {
            class: Class::Local,
            trust: least(by_name.trust, model.trust),
            ..by_name
        }
    }

    /// A model that an upstream takes by a name that the catalogue does not know: its origin is told
    /// by that name. It counts as the most able, since nothing is known of it.
    pub fn by_name(provider: &str, name: &str, reason: &'static str) -> Self {
        Self {
            model_id: format!("{provider}/{name}"),
            class: Class::Opus,
            provider: provider.to_owned(),
            upstream_name: name.to_owned(),
            max_output_tokens: None,
            trust: trust_of_name(name),
            reason,
            estimate: Estimate::default(),
        }
    }

    /// The model of the catalogue, at its own provider.
    pub fn listed(model: &Model, reason: &'static str) -> Self {
        Self {
            model_id: model.id.clone(),
            class: model.class,
            provider: model.provider.clone(),
            upstream_name: model.upstream_name.clone(),
            max_output_tokens: Some(model.max_output_tokens).filter(|_| model.chats()),
            trust: model.trust,
            reason,
            estimate: Estimate::default(),
        }
    }

    /// The candidate as the guard sees it.
    pub fn recipient(&self) -> Recipient<'_> {
        Recipient {
            model: &self.model_id,
            trust: self.trust,
            local: self.class == Class::Local,
        }
    }
}

/// What kept a model out of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Filter {
    /// There is no key for its provider.
    NoKey,
    /// Its provider has taken it out of service.
    Retired,
    /// It lacks something the request needs.
    Capability,
    /// Prompt and answer do not fit into its context.
    Context,
    /// It is not a chat model: it makes vectors, not answers.
    Kind,
    /// Its origin is not trusted with what the request holds.
    Trust,
    /// The tenant's policy gives what the request holds to no model.
    Blocked,
    /// The tenant's routing settings leave it out.
    Denied,
    /// It is expected to cost more than the client allows.
    Cost,
    /// Its answers have taken longer of late than the client allows.
    Latency,
    /// It could have taken the request: others go before it.
    Outranked,
}

impl Filter {
    /// The reason in words.
    pub const fn text(self) -> &'static str {
        match self {
            Self::NoKey => "no key for its provider",
            Self::Retired => "out of service",
            Self::Capability => "it lacks a needed capability",
            Self::Context => "its context is too small",
            Self::Kind => "it is not a chat model",
            Self::Trust => "its origin is not trusted with this data",
            Self::Blocked => "by policy no model is given this data",
            Self::Denied => "the tenant's routing settings leave it out",
            Self::Cost => "it would cost more than the request allows",
            Self::Latency => "it takes longer of late than the request allows",
            Self::Outranked => "others go before it",
        }
    }
}

/// A model that was kept out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Removed {
    /// The catalogue id, or `local/<name>`.
    pub model: String,
    /// What kept it out.
    pub filter: Filter,
}

/// Sets what is expected of each candidate; `usual` tells how long an answer takes of a model of which
/// that is not known.
pub(super) fn estimate(
    candidates: &mut [Candidate],
    beliefs: Option<&Beliefs>,
    weights: &Weights,
    outlay: &Outlay<'_>,
    usual: &Usual,
) {
    for candidate in candidates {
        let class = candidate.class;
        let p = beliefs.and_then(|beliefs| beliefs.of(class));
        let cost_nanos = outlay.cost(&candidate.model_id, class);
        let latency = usual.latency(outlay, &candidate.model_id, class);
        let utility = |p| weights.utility(p, cost_nanos, latency.unwrap_or(0.0));
        candidate.estimate = Estimate {
            p: p.map(rounded),
            cost_nanos,
            answer_tokens: outlay.lengths.of(class),
            latency_ms: latency.map(|ms| ms.round() as u32),
            utility: p.map(|p| rounded(utility(p))),
        };
    }
}
