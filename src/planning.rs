//! From a request to a plan: what is asked, which models may answer, in which order, and why.

use std::ops::Range;

use moecraft_catalog::{Capability, Class, catalog};
use moecraft_engine::admission::Snapshot;
use moecraft_engine::features::{Features, Prompt, Role, Turn};
use moecraft_engine::router::{
    AUTO, Candidate, Fleet, LOCAL_PREFIX, Needs, Plan, RouteRequest, Target as Wanted,
    UnknownModel, plan,
};
use moecraft_engine::surrogate::{ReplayParts, ReplayTraits, replay_key, replayable};
use moecraft_wire::openai::{self, ChatRequest, WireError};

use crate::config::Config;
use crate::dispatch::{self, Target};
use crate::error::ApiError;

/// What a request asks, taken out of its body.
#[derive(Debug)]
pub struct Asked {
    /// The model name as the client wrote it.
    pub requested: String,
    /// Where the model's name stands in the body.
    pub model_span: Range<usize>,
    /// The edit that makes the upstream report its usage, where the client did not ask for it.
    pub usage_edit: Option<(Range<usize>, Vec<u8>)>,
    /// Whether the client wants a stream.
    pub stream: bool,
    /// Whether the client wants the usage at the stream's end.
    pub include_usage: bool,
    /// What the prompt looks like.
    pub features: Features,
    /// The client's bound on the answer, tokens.
    pub max_output_tokens: Option<u32>,
    /// How many answers are wanted.
    pub answers: u32,
    needs: Vec<Capability>,
    temperature: Option<f64>,
    seed: bool,
    tool_use: bool,
}

impl Asked {
    /// Reads a chat completion request.
    ///
    /// # Errors
    /// [`WireError`], naming the field at fault.
    pub fn read(body: &[u8]) -> Result<Self, WireError> {
        let request = ChatRequest::parse(body)?;
        let turns: Vec<Turn<'_>> = request
            .messages
            .iter()
            .flat_map(|message| message.texts().map(|text| (message.role, text)))
            .map(|(role, text)| Turn {
                role: speaker(role),
                text,
            })
            .collect();
        let needs = [
            (request.tools > 0, Capability::Tools),
            (request.has_image(), Capability::Vision),
        ];
        Ok(Self {
            features: Features::of(&Prompt {
                messages: &turns,
                tools: u32::try_from(request.tools).unwrap_or(u32::MAX),
                max_output_tokens: request.max_output_tokens,
            }),
            usage_edit: (request.stream && !request.include_usage)
                .then(|| openai::include_usage(body, &request)),
            needs: needs
                .into_iter()
                .filter_map(|(is, need)| is.then_some(need))
                .collect(),
            tool_use: request.tools > 0 || request.has_tool_turns(),
            requested: request.model.into_owned(),
            model_span: request.model_span,
            stream: request.stream,
            include_usage: request.include_usage,
            max_output_tokens: request.max_output_tokens,
            temperature: request.temperature,
            seed: request.seed.is_some(),
            answers: request.n,
        })
    }

    /// The key under which an earlier answer may serve this request, where one may.
    pub fn replay_key(
        &self,
        body: &[u8],
        planned: &Planned,
        cache_control: Option<&str>,
    ) -> Option<String> {
        let may = replayable(&ReplayTraits {
            policy: planned.policy,
            temperature: self.temperature,
            seed: self.seed,
            answers: Some(self.answers),
            tool_use: self.tool_use,
            cache_control,
        });
        if !may {
            return None;
        }
        let first = planned.targets.first()?;
        let (requested, chosen) = match planned.policy {
            true => (AUTO, first.class.as_str()),
            false => (first.model.as_str(), first.model.as_str()),
        };
        replay_key(&ReplayParts {
            requested,
            chosen,
            body: std::str::from_utf8(body).ok()?,
        })
        .ok()
    }
}

fn speaker(role: openai::Role) -> Role {
    match role {
        openai::Role::System | openai::Role::Developer => Role::System,
        openai::Role::User => Role::User,
        openai::Role::Assistant => Role::Assistant,
        openai::Role::Tool | openai::Role::Function => Role::Tool,
    }
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
}

impl Planned {
    /// Whether an answer of this target is one the plan aimed at, and not a stand-in's: only such
    /// an answer may be served again in its place.
    pub fn aimed_at(&self, target: &Target) -> bool {
        let first = self.targets.first();
        first.is_some_and(|first| match self.policy {
            true => first.class == target.class,
            false => first.model == target.model,
        })
    }

    /// Plans a request under the tenant's policy.
    ///
    /// # Errors
    /// [`ApiError::Model`] for a name nobody knows, [`ApiError::NoCandidate`] when nothing that can
    /// be called serves the request.
    pub fn of(
        asked: &Asked,
        config: &Config,
        snapshot: &Snapshot,
        now: u64,
    ) -> Result<Self, ApiError> {
        // A general upstream takes names that the catalogue does not know, and a vendor's newest
        // model is such a name: the patterns (`gpt-*`) stand in only where nobody takes the name.
        let by_pattern = is_pattern_only(&asked.requested);
        if by_pattern && config.has_upstreams() {
            let plan = pass_by_name(&asked.requested);
            return Self::new(plan, config, false);
        }
        let wanted = Wanted::resolve(&asked.requested, catalog());
        let policy = matches!(wanted, Ok(Wanted::Auto));
        let fleet = Fleet {
            catalog: catalog(),
            providers: config.callable(),
            local: &snapshot.local,
        };
        let planned = wanted.and_then(|target| {
            let answer = asked.max_output_tokens.unwrap_or(0);
            let request = RouteRequest {
                target,
                features: &asked.features,
                needs: Needs {
                    capabilities: asked.needs.clone(),
                    context_tokens: asked.features.prompt_tokens.saturating_add(answer),
                },
                at_ms: now,
            };
            plan(&request, &fleet)
        });
        let plan = match planned {
            Err(UnknownModel { .. })
                if config.has_upstreams() && !is_reserved(&asked.requested) =>
            {
                pass_by_name(&asked.requested)
            }
            other => other?,
        };
        Self::new(plan, config, policy)
    }

    fn new(plan: Plan, config: &Config, policy: bool) -> Result<Self, ApiError> {
        let targets = dispatch::targets(&plan.candidates, config);
        if targets.is_empty() {
            return Err(ApiError::NoCandidate(plan.reason));
        }
        Ok(Self {
            plan,
            targets,
            policy,
        })
    }
}

/// Whether a name is one of the gateway's own: a policy, or a model on the tenant's machines. Such
/// a name never leaves for an upstream: the prompt was not meant for it.
fn is_reserved(name: &str) -> bool {
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

fn pass_by_name(name: &str) -> Plan {
    let reason = format!("{name} is not in the catalogue: passed by name to the general upstream");
    let candidate = Candidate {
        model_id: format!("upstream/{name}"),
        class: Class::Opus,
        provider: "upstream".to_owned(),
        upstream_name: name.to_owned(),
        max_output_tokens: None,
        reason: "passed by name",
    };
    Plan {
        candidates: vec![candidate],
        removed: Vec::new(),
        score: 1.0,
        class: Class::Opus,
        reason,
    }
}
