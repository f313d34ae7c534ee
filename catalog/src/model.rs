//! What a model is, what its requests may carry, and by which names it is asked for.

use serde::{Deserialize, Serialize};

use crate::price::Price;

/// How able and how dear a model is; also what `model_used` says of who answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Small and cheap.
    Haiku,
    /// The middle.
    Sonnet,
    /// The most able.
    Opus,
    /// Served by the tenant's own machine.
    Local,
    /// An answer given before, served again without a model.
    Surrogate,
}

impl Class {
    /// The lower-case name, as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Haiku => "haiku",
            Self::Sonnet => "sonnet",
            Self::Opus => "opus",
            Self::Local => "local",
            Self::Surrogate => "surrogate",
        }
    }
}

/// Something a request may need that not every model has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// Calls functions it is told about.
    Tools,
    /// Reads images.
    Vision,
    /// Reads document files such as PDF.
    Documents,
    /// Keeps to a JSON schema.
    StructuredOutput,
    /// Can think before it answers.
    Reasoning,
}

impl Capability {
    /// The name in data and in what agents register.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Vision => "vision",
            Self::Documents => "documents",
            Self::StructuredOutput => "structured_output",
            Self::Reasoning => "reasoning",
        }
    }
}

/// What a model is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelKind {
    /// It answers conversations.
    #[default]
    Chat,
    /// It turns texts into vectors, and can do nothing else.
    Embedding,
}

/// What a request to a model may and must carry, beyond what its wire format says.
///
/// The default is the common case: it holds for models the catalogue does not know, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RequestRules {
    /// It takes `temperature`, `top_p` and `top_k`; where it does not, they are an error.
    pub sampling: bool,
    /// The choice of tool may force one, by name or any.
    pub forced_tools: bool,
    /// It continues an answer that the request's last message begins.
    pub prefill: bool,
    /// It takes freeform tools, whose input is text and not JSON, such as `apply_patch`.
    pub custom_tools: bool,
    /// Turns with tool calls must carry the reasoning that came with them (`reasoning_content`).
    pub replays_reasoning: bool,
    /// The bound on the answer is `max_completion_tokens`, not `max_tokens`.
    pub max_completion_tokens: bool,
}

impl Default for RequestRules {
    fn default() -> Self {
        Self {
            sampling: true,
            forced_tools: true,
            prefill: true,
            custom_tools: false,
            replays_reasoning: false,
            max_completion_tokens: false,
        }
    }
}

/// Who made a model, which decides whether it is trusted, wherever it is served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// The company that developed it.
    pub developer: String,
    /// Country of that company, ISO 3166-1 alpha-2.
    pub jurisdiction: String,
}

/// Whether others than its developer have a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weights {
    /// They are published: anybody can run it.
    Open,
    /// Only the developer and its partners run it.
    Closed,
}

/// Whether restricted data may reach a model. A tenant can only tighten it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trust {
    /// May see what its provider's contract allows.
    Trusted,
    /// May see general data only. What is not known otherwise.
    #[default]
    Untrusted,
}

impl Trust {
    /// The lower-case name, as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trusted => "trusted",
            Self::Untrusted => "untrusted",
        }
    }
}

/// One model as one provider offers it.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// Catalogue id, `provider/name`.
    pub id: String,
    /// Id of the [`Provider`].
    pub provider: String,
    /// The name the provider expects in a request.
    pub upstream_name: String,
    /// The name for people.
    pub display_name: String,
    /// What it is for.
    pub kind: ModelKind,
    /// How able it is.
    pub class: Class,
    /// Tokens that prompt and answer may have together; of an embedding model, one text.
    pub context_tokens: u32,
    /// Tokens that an answer may have; none of an embedding model.
    pub max_output_tokens: u32,
    /// The shortest prefix that the provider's prompt cache keeps, tokens.
    pub min_cached_tokens: u32,
    /// What it can do.
    pub capabilities: Vec<Capability>,
    /// What its requests may and must carry.
    pub rules: RequestRules,
    /// Who made it.
    pub origin: Origin,
    /// Whether others than who made it have it.
    pub weights: Weights,
    /// Whether restricted data may reach it.
    pub trust: Trust,
    /// When the provider takes it out of service, Unix ms, where that is announced.
    pub retires_ms: Option<u64>,
    /// Its prices, the oldest first.
    pub prices: Vec<Price>,
}

impl Model {
    /// The name without the provider: offers of one model by several providers share it.
    pub fn name(&self) -> &str {
        name_of(&self.id)
    }

    /// Whether it answers conversations. Any other model must never be sent one.
    pub fn chats(&self) -> bool {
        self.kind == ModelKind::Chat
    }

    /// Whether the model has every capability in `needed`.
    pub fn can(&self, needed: &[Capability]) -> bool {
        needed.iter().all(|need| self.capabilities.contains(need))
    }

    /// Whether the provider has taken it out of service at `at_ms`.
    pub fn retired(&self, at_ms: u64) -> bool {
        self.retires_ms.is_some_and(|end| at_ms >= end)
    }

    /// The price in force at `at_ms`.
    ///
    /// The first row also covers all time before it: its day is when the price was read, not
    /// when it began, and no request may go unpriced. None only if the model has no price.
    pub fn price_at(&self, at_ms: u64) -> Option<&Price> {
        let begun = self
            .prices
            .iter()
            .rev()
            .find(|price| price.from_ms <= at_ms);
        begun.or(self.prices.first())
    }
}

/// The part of a catalogue id after the provider; the whole of a name that has no provider.
pub fn name_of(id: &str) -> &str {
    id.split_once('/').map_or(id, |(_, name)| name)
}

/// Another name that clients may send.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alias {
    /// The name, or the beginning of names when it ends in `*`.
    pub name: String,
    /// What it stands for.
    pub target: AliasTarget,
}

/// What an [`Alias`] stands for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum AliasTarget {
    /// A routing policy, such as `moecraft/auto`.
    Policy(String),
    /// A catalogue id.
    Model(String),
}

impl From<String> for AliasTarget {
    fn from(target: String) -> Self {
        if target.starts_with("moecraft/") {
            Self::Policy(target)
        } else {
            Self::Model(target)
        }
    }
}
