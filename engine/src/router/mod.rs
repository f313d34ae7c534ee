//! Which model answers: the class from the prompt's features, then the models of that class and
//! those to fall back on.

mod assessment;
mod belief;
mod candidate;
mod cascade;
mod choice;
mod clearance;
mod learnt;
mod outlay;
mod plan;
mod prior;
mod proposal;
mod reading;
mod settings;
mod verdict;
mod warm;
mod weights;

use moecraft_catalog::{AliasTarget, Capability, Catalog};
use thiserror::Error;

pub use assessment::{Assessment, advice};
pub use belief::{Beliefs, CLASSES};
pub use candidate::{Candidate, Estimate, Filter, Removed};
pub use cascade::Cascade;
pub use choice::{Care, Choice, Figures, Ground, Worth, choose};
pub use clearance::{Clearance, least};
pub use learnt::{BadState, FEATURES, Learnt, Lesson, Stored, inputs};
pub use outlay::{Bounds, Lengths, Outlay, Usual};
pub use plan::{Fleet, MAX_CANDIDATES, MAX_REMOVED, Needs, Plan, RouteRequest, plan};
pub use prior::Prior;
pub use proposal::{MAX_LAMBDA, Offer, Proposal};
pub use reading::Reading;
pub use settings::{MAX_EXPLORE, MAX_FALSE_HITS, MAX_MODELS, Mode, Settings};
pub use verdict::{Call, Calls, Verdict, classify};
pub use warm::Warm;
pub use weights::Weights;

/// The policy that leaves the choice of model to the router.
pub const AUTO: &str = "moecraft/auto";
/// What the ids of models on the tenant's own machines begin with.
pub const LOCAL_PREFIX: &str = "local/";

/// How much of an unknown name an error repeats, characters.
const MAX_NAME_CHARS: usize = 100;

/// What the client's model name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The router chooses, in the tenant's mode.
    Auto,
    /// The router chooses, in this mode.
    Mode(Mode),
    /// This model and no other: a catalogue id, or `local/<name>`.
    Model(String),
    /// This model, by the name its vendor gives it, which is what clients send that know nothing of
    /// the catalogue. Others of its class stand in when it cannot be had: the work goes on.
    Preferred(String),
}

/// The name stands for no model and no policy.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the model {model:?} does not exist")]
pub struct UnknownModel {
    /// The name as the client sent it, at most 100 characters of it.
    pub model: String,
}

impl UnknownModel {
    fn named(model: &str) -> Self {
        Self {
            model: model.chars().take(MAX_NAME_CHARS).collect(),
        }
    }
}

impl Target {
    /// Whether the choice of model is the router's.
    pub const fn is_policy(&self) -> bool {
        matches!(self, Self::Auto | Self::Mode(_))
    }

    /// Reads the name a client sent: a policy, a catalogue id, `local/<name>`, the name a vendor
    /// gives its model, or an alias, in this order.
    pub fn resolve(name: &str, catalog: &Catalog) -> Result<Self, UnknownModel> {
        if name == AUTO {
            return Ok(Self::Auto);
        }
        if let Some(mode) = Mode::of_policy(name) {
            return Ok(Self::Mode(mode));
        }
        if name.starts_with(LOCAL_PREFIX) {
            return Ok(Self::Model(name.to_owned()));
        }
        if let Some(model) = catalog.model(name) {
            return Ok(Self::Model(model.id.clone()));
        }
        if let Some(model) = catalog.by_upstream_name(name) {
            return Ok(Self::Preferred(model.id.clone()));
        }
        match catalog.alias(name).map(|alias| &alias.target) {
            Some(AliasTarget::Policy(policy)) if policy == AUTO => Ok(Self::Auto),
            Some(AliasTarget::Model(id)) => Ok(Self::Preferred(id.clone())),
            _ => Err(UnknownModel::named(name)),
        }
    }
}

/// Whether a local model, by what its agent registered, can do all of `needed`.
fn local_can(registered: &[String], needed: &[Capability]) -> bool {
    needed
        .iter()
        .all(|need| registered.iter().any(|has| has == need.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use moecraft_catalog::catalog;

    #[test]
    fn clients_names_lead_to_a_policy_or_a_model() {
        let target = |name: &str| Target::resolve(name, catalog());
        assert_eq!(
            target("moecraft/efficiency"),
            Ok(Target::Mode(Mode::Efficiency))
        );
        let model = |id: &str| Ok(Target::Model(id.to_owned()));
        assert_eq!(target("moecraft/auto"), Ok(Target::Auto));
        assert_eq!(target("auto"), Ok(Target::Auto));
        assert_eq!(target("claude-moecraft-auto"), Ok(Target::Auto));
        assert_eq!(target("gpt-3.5-turbo"), Ok(Target::Auto));
        let preferred = |id: &str| Ok(Target::Preferred(id.to_owned()));
        assert_eq!(target("gpt-4o-mini"), preferred("openai/gpt-4o-mini"));
        assert_eq!(target("openai/gpt-4o-mini"), model("openai/gpt-4o-mini"));
        assert_eq!(
            target("claude-haiku-4-5-20251001"),
            preferred("anthropic/claude-haiku-4-5")
        );
        assert_eq!(target("local/qwen/7b"), model("local/qwen/7b"));
        for name in ["", "no-such-model", "moecraft/none", "openai/gpt-9"] {
            assert_eq!(
                target(name),
                Err(UnknownModel {
                    model: name.to_owned()
                })
            );
        }
        let long = target(&"x".repeat(5000)).expect_err("unknown");
        assert_eq!(long.model.len(), MAX_NAME_CHARS);
    }
}
