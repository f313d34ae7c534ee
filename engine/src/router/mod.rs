//! Which model answers: the class from the prompt's features, then the models of that class and
//! those to fall back on.

mod choice;
mod clearance;
mod plan;
mod prior;
mod warm;

use moecraft_catalog::{AliasTarget, Capability, Catalog, Class};
use serde::Serialize;
use thiserror::Error;

use crate::features::Features;
pub use choice::{Care, Choice, Figures, Ground, Worth, choose};
pub use clearance::{Clearance, least};
pub use plan::{
    Candidate, Filter, Fleet, MAX_CANDIDATES, MAX_REMOVED, Needs, Plan, Removed, RouteRequest, plan,
};
pub use prior::Prior;
pub use warm::Warm;

/// The policy that leaves the choice of model to the router.
pub const AUTO: &str = "moecraft/auto";
/// What the ids of models on the tenant's own machines begin with.
pub const LOCAL_PREFIX: &str = "local/";

/// Scores under this go to the haiku class.
const SONNET_FROM: f64 = 0.3;
/// Scores from this on go to the opus class.
const OPUS_FROM: f64 = 0.7;
/// How much of an unknown name an error repeats, characters.
const MAX_NAME_CHARS: usize = 100;

/// What the client's model name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The router chooses.
    Auto,
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
    /// Reads the name a client sent: a policy, a catalogue id, `local/<name>`, the name a vendor
    /// gives its model, or an alias, in this order.
    pub fn resolve(name: &str, catalog: &Catalog) -> Result<Self, UnknownModel> {
        if name == AUTO {
            return Ok(Self::Auto);
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

/// What the router thinks of a prompt.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// How much the prompt asks for: -0.3 the least, 0.8 the most.
    pub score: f64,
    /// The class that should answer.
    pub class: Class,
    /// Why, in one line of ASCII.
    pub reason: String,
}

/// The seed formula: how much a prompt asks for, -0.3 the least, 0.8 the most.
fn score(features: &Features) -> f64 {
    0.7 * features.complexity - 0.3 * features.confidence + 0.1 * features.urgency
}

/// Chooses the class from the features, by the seed formula: a fixed weighing of complexity,
/// confidence and urgency. A router that learns takes this function's place.
pub fn classify(features: &Features) -> Verdict {
    let Features {
        complexity,
        confidence,
        urgency,
        ..
    } = *features;
    let score = score(features);
    let class = match score {
        score if score < SONNET_FROM => Class::Haiku,
        score if score < OPUS_FROM => Class::Sonnet,
        _ => Class::Opus,
    };
    let reason = format!(
        "{} class: score {score:.2} (complexity {complexity:.2}, confidence {confidence:.2}, \
         urgency {urgency:.2})",
        class.as_str()
    );
    Verdict {
        score,
        class,
        reason,
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
    use crate::features::{Prompt, Role, Turn};
    use moecraft_catalog::catalog;

    fn class_of(text: &str) -> (Class, String) {
        let messages = [Turn {
            role: Role::User,
            text,
        }];
        let verdict = classify(&Features::of(&Prompt {
            messages: &messages,
            ..Prompt::default()
        }));
        (verdict.class, verdict.reason)
    }

    fn expect(class: Class, prompts: &[&str]) {
        for prompt in prompts {
            let (got, reason) = class_of(prompt);
            assert_eq!(got, class, "{prompt}: {reason}");
        }
    }

    #[test]
    fn small_talk_and_questions_of_fact_go_to_the_haiku_class() {
        expect(
            Class::Haiku,
            &[
                "hi",
                "Hello, how are you today?",
                "Thanks, that was great!",
                "What is the capital of France?",
                "Who wrote War and Peace?",
                "When did the Berlin wall come down?",
                "Spell the word rhythm.",
                "What time is it in Tokyo when it is noon in London?",
                "Tell me a fun fact about otters.",
                "Is 17 a prime number? Answer yes or no.",
                "Translate 'good morning' to Spanish.",
                "Name three primary colours.",
                "Say OK.",
            ],
        );
    }

    #[test]
    fn ordinary_work_goes_to_the_sonnet_class() {
        expect(
            Class::Sonnet,
            &[
                "Write a Python function that checks whether a string is a palindrome.",
                "Explain the difference between TCP and UDP with an example of each.",
                "Fix this bug: `for i in range(len(xs)): del xs[i]` raises an error. Explain why.",
                "Summarize the following report in one paragraph and suggest a better title for \
                 it: The quarter closed with revenue up four percent while costs rose by six.",
                "Write a SQL query that returns the ten customers with the highest total orders.",
                "Refactor this JavaScript function so that it uses async code and has unit tests.",
                "Draft an email to a customer that explains why the delivery is late, then \
                 suggest a plan.",
                "Compare React and Vue for a small team and explain which you would choose.",
            ],
        );
    }

    #[test]
    fn proofs_and_designs_of_systems_go_to_the_opus_class() {
        expect(
            Class::Opus,
            &[
                "Prove that every finite integral domain is a field, then derive from the proof \
                 why the theorem fails for infinite rings, with a counterexample.",
                "Design the architecture of a distributed rate limiter over five regions that \
                 stays linearizable under network partitions. Compare consensus protocols, \
                 analyse the trade-offs, and justify each step.",
                "Give a rigorous proof by induction that the algorithm below terminates, state \
                 the loop invariant, and derive its asymptotic complexity.",
                "Implement a lock-free concurrent hash map in Rust. It must be linearizable, \
                 support resizing without blocking readers, and come with a proof sketch of \
                 each invariant, and tests.",
                "Plan a zero-downtime migration of a sharded Postgres database to a multi-region \
                 setup: replication, failover, consistency guarantees, and a rollback for every \
                 step.",
            ],
        );
    }

    #[test]
    fn the_thresholds_are_those_of_the_seed_formula() {
        let class = |complexity, confidence, urgency| {
            classify(&Features {
                complexity,
                confidence,
                urgency,
                ..Features::default()
            })
            .class
        };
        assert_eq!(class(0.0, 1.0, 0.0), Class::Haiku);
        assert_eq!(class(0.42, 0.0, 0.0), Class::Haiku);
        assert_eq!(class(0.43, 0.0, 0.0), Class::Sonnet);
        assert_eq!(class(0.42, 0.0, 0.1), Class::Sonnet);
        assert_eq!(class(0.99, 0.0, 0.0), Class::Sonnet);
        assert_eq!(class(1.0, 0.0, 0.0), Class::Opus);
        assert_eq!(class(1.0, 0.3, 0.9), Class::Opus);
        assert_eq!(class(1.0, 0.4, 0.1), Class::Sonnet);
    }

    #[test]
    fn the_reason_names_the_figures_and_fits_in_a_header() {
        let reason = class_of("hi").1;
        assert!(reason.starts_with("haiku class: score -0."), "{reason}");
        assert!(
            reason.bytes().all(|byte| (0x20..0x7F).contains(&byte)),
            "{reason}"
        );
    }

    #[test]
    fn clients_names_lead_to_a_policy_or_a_model() {
        let target = |name: &str| Target::resolve(name, catalog());
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
