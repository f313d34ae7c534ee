//! From a request to a plan: what is asked, which models may answer, in which order, and why.

use moecraft_catalog::{Capability, Class, ModelKind, catalog};
use moecraft_engine::admission::{BlockedPlace, Snapshot};
use moecraft_engine::features::{Features, Prompt, Role, Tool, Turn};
use moecraft_engine::guard::{Access, Tier};
use moecraft_engine::router::{
    AUTO, Candidate, Filter, Fleet, LOCAL_PREFIX, Needs, Plan, RouteRequest, Target as Wanted,
    UnknownModel, Warm, plan,
};
use moecraft_engine::surrogate::{ReplayParts, ReplayTraits, replay_key, replayable};
use moecraft_engine::tokens;
use moecraft_wire::hub::{self, Block, Media, Request, ToolKind, Unsupported};
use moecraft_wire::openai::embeddings;
use moecraft_wire::{Dialect, WireError};
use sha2::{Digest, Sha256};
use wasm_bindgen::prelude::*;

use crate::config::Config;
use crate::dispatch::{self, Target};
use crate::error::ApiError;
use crate::guard::Inspected;
use crate::sessions::Session;

/// What an image counts for, tokens: providers count 85 to 1,600 by its size, which is not known
/// here.
const IMAGE_TOKENS: u32 = 1_000;
/// How many base64 characters of a document count for a token: a PDF's page has some 2,000 tokens in
/// 50 to 100 kB.
const DOCUMENT_CHARS_PER_TOKEN: usize = 40;
/// What a document counts for whose size is not known here, tokens.
const DOCUMENT_TOKENS: u32 = 4_000;
/// The room a model must have for its answer, tokens, where the client allows for as much.
const ROOM_FOR_ANSWER: u32 = 1_024;

/// The path a model call came in by.
#[wasm_bindgen]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// `POST /v1/chat/completions`.
    Chat,
    /// `POST /v1/responses`.
    Responses,
    /// `POST /v1/messages`.
    Messages,
    /// `POST /v1/embeddings`.
    Embeddings,
}

impl Door {
    /// The client's dialect; embeddings have OpenAI's errors.
    pub const fn dialect(self) -> Dialect {
        match self {
            Self::Chat | Self::Embeddings => Dialect::Chat,
            Self::Responses => Dialect::Responses,
            Self::Messages => Dialect::Messages,
        }
    }
}

/// What a request asks, taken out of its body.
#[derive(Debug)]
pub struct Asked {
    /// The path it came in by.
    pub door: Door,
    /// The model name as the client wrote it.
    pub requested: String,
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
    /// Whether the client wants to read the model's thinking. Anthropic's clients take an answer's
    /// first block for its text unless they have asked for thinking; the others find it in a field
    /// of its own.
    pub thinking: bool,
    /// Whether the request brings the results of calls that the model made.
    pub in_turn: bool,
    needs: Vec<Capability>,
    temperature: Option<f64>,
    seed: bool,
    /// Whether tools are offered, or were used before.
    pub tool_use: bool,
    /// A digest of how the conversation begins, by which it is known from turn to turn where the
    /// client names no session: its system prompt and the first text after it.
    pub opening: String,
}

impl Asked {
    /// Reads a request.
    ///
    /// # Errors
    /// [`WireError`], naming the field at fault.
    pub fn read(door: Door, body: &[u8]) -> Result<Self, WireError> {
        match door {
            Door::Embeddings => Self::read_embeddings(body),
            Door::Chat | Door::Responses | Door::Messages => {
                let request = door.dialect().read_request(body)?;
                Ok(Self::of(door, &request))
            }
        }
    }

    fn of(door: Door, request: &Request<'_>) -> Self {
        let turns = turns(request);
        let has = |is: fn(&Block<'_>) -> bool| request.blocks().any(is);
        let needs = [
            (!request.tools.is_empty(), Capability::Tools),
            (
                has(|b| matches!(b, Block::Image { .. })),
                Capability::Vision,
            ),
            (
                has(|b| matches!(b, Block::Document { .. })),
                Capability::Documents,
            ),
        ];
        let features = Features::of(&Prompt {
            messages: &turns,
            tools: &tools(request),
            tokens_beyond: beyond_text(request),
            max_output_tokens: request.max_output_tokens,
        });
        Self {
            door,
            features,
            needs: needs
                .into_iter()
                .filter_map(|(is, need)| is.then_some(need))
                .collect(),
            tool_use: request.uses_tools(),
            thinking: door != Door::Messages
                || request.reasoning.is_some_and(|reasoning| !reasoning.off),
            in_turn: request.messages.last().is_some_and(|last| {
                let mut blocks = last.content.iter();
                blocks.any(|block| matches!(block, Block::ToolResult { .. }))
            }),
            opening: opening(&turns),
            requested: request.model.to_string(),
            stream: request.stream,
            include_usage: request.include_usage || door.dialect() != Dialect::Chat,
            max_output_tokens: request.max_output_tokens,
            temperature: request.sampling.temperature,
            seed: request.sampling.seed.is_some(),
            answers: request.sampling.answers.max(1),
        }
    }

    fn read_embeddings(body: &[u8]) -> Result<Self, WireError> {
        let request = embeddings::read_request(body)?;
        let turns: Vec<Turn<'_>> = request
            .texts()
            .map(|text| Turn {
                role: Role::User,
                text,
            })
            .collect();
        let features = Features::of(&Prompt {
            messages: &turns,
            tools: &[],
            tokens_beyond: request.given_tokens(),
            max_output_tokens: Some(0),
        });
        Ok(Self {
            door: Door::Embeddings,
            features,
            needs: Vec::new(),
            thinking: false,
            in_turn: false,
            tool_use: false,
            opening: opening(&turns),
            requested: request.model.into_owned(),
            stream: false,
            include_usage: false,
            max_output_tokens: Some(0),
            temperature: None,
            seed: false,
            answers: 1,
        })
    }

    /// What a model must have to take the request.
    fn needs(&self) -> Needs {
        // A client's bound is often the most its usual model gives. Room for an answer of a usual
        // length has to be there; the bound is cut to what the model has left.
        let answer = self.max_output_tokens.unwrap_or(0).min(ROOM_FOR_ANSWER);
        Needs {
            capabilities: self.needs.clone(),
            context_tokens: self.features.prompt_tokens.saturating_add(answer),
        }
    }

    /// The key under which an earlier answer may serve this request, where one may. Never one of tier
    /// 0, nor one that is masked: its answer is not the request's own.
    pub fn replay_key(
        &self,
        inspected: &Inspected,
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
        let first = planned.targets.first()?;
        let access = inspected.clearance().access(&first.recipient());
        let tier = inspected.tier();
        if !may
            || self.door == Door::Embeddings
            || tier == Tier::Prohibited
            || access != Access::Whole
        {
            return None;
        }
        let (requested, chosen) = match planned.policy {
            true => (AUTO, first.class.as_str()),
            false => (first.model.as_str(), first.model.as_str()),
        };
        replay_key(&ReplayParts {
            requested: &format!(
                "{} tier {} {requested}",
                self.door.dialect().path(),
                tier.number()
            ),
            chosen,
            body: std::str::from_utf8(inspected.body()).ok()?,
        })
        .ok()
    }
}

/// The conversation as routing reads it: one turn for each text.
fn turns<'r>(request: &'r Request<'_>) -> Vec<Turn<'r>> {
    let messages = request.messages.iter();
    let blocks = messages.flat_map(|message| message.content.iter().map(|b| (message.role, b)));
    blocks
        .flat_map(|(role, block)| {
            let role = match (role, block) {
                (_, Block::ToolResult { .. }) => Role::Tool,
                (hub::Role::System | hub::Role::Developer, _) => Role::System,
                (hub::Role::User, _) => Role::User,
                (hub::Role::Assistant, _) => Role::Assistant,
            };
            block.texts().map(move |text| Turn { role, text })
        })
        .collect()
}

fn opening(turns: &[Turn<'_>]) -> String {
    let system = turns.iter().take_while(|turn| turn.role == Role::System);
    let length = system.count() + 1;
    let mut hash = Sha256::new();
    for turn in turns.iter().take(length) {
        hash.update((turn.text.len() as u64).to_be_bytes());
        hash.update(turn.text);
    }
    let digest = hash.finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn tools<'r>(request: &'r Request<'_>) -> Vec<Tool<'r>> {
    let tools = request.tools.iter().map(|tool| Tool {
        name: &tool.name,
        description: tool.description.as_deref().unwrap_or(""),
        parameters: match tool.kind {
            ToolKind::Function {
                parameters: Some(schema),
                ..
            } => schema.get(),
            _ => "",
        },
    });
    tools.collect()
}

/// Tokens of what is no turn: the tools' descriptions and schemas, images and documents.
fn beyond_text(request: &Request<'_>) -> u32 {
    let tools = request.tools.iter().map(|tool| {
        let schema = match tool.kind {
            ToolKind::Function {
                parameters: Some(schema),
                ..
            } => tokens::estimate(schema.get()),
            _ => 0,
        };
        let description = tool.description.as_deref().map_or(0, tokens::estimate);
        schema.saturating_add(description).saturating_add(8)
    });
    let media = request.blocks().map(|block| match block {
        Block::Image { .. } => IMAGE_TOKENS,
        Block::Document {
            source: Media::Base64 { data, .. },
            ..
        } => u32::try_from(data.len() / DOCUMENT_CHARS_PER_TOKEN).unwrap_or(u32::MAX),
        Block::Document {
            source: Media::Url(_) | Media::File(_),
            ..
        } => DOCUMENT_TOKENS,
        _ => 0,
    });
    tools.chain(media).fold(0, u32::saturating_add)
}

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
        let plan_for = |target| {
            let request = RouteRequest {
                target,
                features: &asked.features,
                needs: asked.needs(),
                at_ms: known.now,
                warm: known.session.map(|session| Warm {
                    model: &session.model,
                    tokens: session.tokens,
                    in_turn: asked.in_turn,
                }),
                clearance: known.inspected.clearance(),
            };
            plan(&request, &fleet)
        };
        // A general upstream takes names that the catalogue does not know, and a vendor's newest
        // model is such a name: the patterns (`gpt-*`) stand in only where nobody takes the name.
        if is_pattern_only(&asked.requested) && config.has_upstreams() {
            let mut by_name = pass_by_name(&asked.requested, known)?;
            let stand_ins = plan_for(Wanted::Auto)?.candidates.into_iter();
            by_name
                .candidates
                .extend(stand_ins.filter(|stand_in| stand_in.class == Class::Local));
            return Self::new(by_name, asked, config, known, false);
        }
        let wanted = Wanted::resolve(&asked.requested, catalog());
        let policy = matches!(wanted, Ok(Wanted::Auto));
        let plan = match wanted.and_then(plan_for) {
            Err(UnknownModel { .. })
                if config.has_upstreams() && !is_reserved(&asked.requested) =>
            {
                pass_by_name(&asked.requested, known)?
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
            (_, Some(local)) => only(Candidate::local(local, "asked for by name"), known),
            (Some(model), _) if config.can_call(model) => {
                only(Candidate::listed(model, "asked for by name"), known)
            }
            (None, None) if config.has_upstreams() && !is_reserved(name) => {
                pass_by_name(name, known)?
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
        Ok(Self {
            plan,
            targets,
            policy,
        })
    }
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

/// What of a request no model at hand can do, where that is why none is left: asking again will not
/// help.
fn incapable(plan: &Plan, asked: &Asked) -> Option<Unsupported> {
    let filters = || plan.removed.iter().map(|removed| removed.filter);
    let field = if filters().any(|filter| filter == Filter::Kind) {
        "model"
    } else if !filters().any(|filter| filter == Filter::Capability) {
        return None;
    } else if asked.needs.contains(&Capability::Documents)
        || asked.needs.contains(&Capability::Vision)
    {
        "messages"
    } else {
        "tools"
    };
    let needs: Vec<&str> = asked.needs.iter().map(|need| need.as_str()).collect();
    let message = match needs.as_slice() {
        [] => plan.reason.clone(),
        needs => format!("{} (needed: {})", plan.reason, needs.join(", ")),
    };
    Some(Unsupported::new(field, message))
}

fn only(candidate: Candidate, known: &Known<'_>) -> Plan {
    let reason = format!("{} was asked for by name", candidate.model_id);
    Plan::only(candidate, reason, &known.inspected.clearance())
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
fn pass_by_name(name: &str, known: &Known<'_>) -> Result<Plan, ApiError> {
    let inspected = known.inspected;
    if inspected.is_telling(name) {
        return Err(inspected.stopped("the name of a model must not hold it", None));
    }
    let reason = format!("{name} is not in the catalogue: passed by name to the general upstream");
    let candidate = Candidate::by_name("upstream", name, "passed by name");
    Ok(Plan {
        score: 1.0,
        ..Plan::only(candidate, reason, &inspected.clearance())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opening_of(messages: &[(&str, &str)]) -> String {
        let message =
            |(role, text): &(&str, &str)| serde_json::json!({"role": role, "content": text});
        let messages: Vec<_> = messages.iter().map(message).collect();
        let body = serde_json::json!({"model": "m", "messages": messages}).to_string();
        Asked::read(Door::Chat, body.as_bytes()).unwrap().opening
    }

    #[test]
    fn a_conversation_without_a_session_is_known_by_how_it_begins() {
        let first = [("system", "Be brief."), ("user", "Hi.")];
        let later = [first.as_slice(), &[("assistant", "Hi!"), ("user", "More.")]].concat();
        assert_eq!(opening_of(&first), opening_of(&later));
        assert_ne!(opening_of(&first), opening_of(&[first[0], ("user", "Ho.")]));
        assert_ne!(
            opening_of(&first),
            opening_of(&[("system", "Be long."), first[1]])
        );
    }
}
