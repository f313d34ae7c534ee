//! A request to a chat model: a conversation, what may be called, and how to answer.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;
use thiserror::Error;

use super::event::Origin;

/// A request. Text is borrowed from the body wherever it holds no escapes.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The model the client names.
    pub model: Cow<'a, str>,
    /// The conversation in order, instructions included: a top-level system text is the first
    /// message, of [`Role::System`].
    pub messages: Vec<Message<'a>>,
    /// What the model may call.
    pub tools: Vec<Tool<'a>>,
    /// Whether it has to call something; none where the client does not say.
    pub tool_choice: Option<ToolChoice<'a>>,
    /// Whether several calls may stand in one answer; none where the client does not say.
    pub parallel_tool_calls: Option<bool>,
    /// Whether the answer is wanted as a stream.
    pub stream: bool,
    /// Whether the client is to see the usage at the stream's end. Only Chat Completions leaves
    /// the choice; the other dialects always show it.
    pub include_usage: bool,
    /// The bound on the answer, tokens.
    pub max_output_tokens: Option<u32>,
    /// How tokens are drawn.
    pub sampling: Sampling<'a>,
    /// Whether and how much to think.
    pub reasoning: Option<Reasoning>,
    /// What form the answer must have.
    pub format: Option<Format<'a>>,
    /// The end user, as an opaque id of the client's.
    pub user: Option<Cow<'a, str>>,
    /// Top-level fields that only the client's own dialect knows.
    pub extras: Vec<Extra<'a>>,
}

/// A top-level field that has no counterpart here. It passes between equal dialects.
#[derive(Debug, Clone)]
pub struct Extra<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// Its value as it stands in the body.
    pub value: &'a RawValue,
    /// Whether the answer would be another without it: then no other dialect can take the request.
    /// A hint (`store`, `metadata`, `prompt_cache_key`) may be left out, and is told.
    pub essential: bool,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Instructions of the application.
    System,
    /// The newer name for the same, in OpenAI's dialects.
    Developer,
    /// The person or program that asks; results of tools too.
    User,
    /// The model.
    Assistant,
}

/// One turn's content, or a part of it: messages of one role may follow one another.
#[derive(Debug, Clone)]
pub struct Message<'a> {
    /// Who speaks.
    pub role: Role,
    /// What is said; may be empty.
    pub content: Vec<Block<'a>>,
    /// The speaker's name, where one is given.
    pub name: Option<Cow<'a, str>>,
}

/// One piece of a message.
#[derive(Debug, Clone)]
pub enum Block<'a> {
    /// Text.
    Text {
        /// The text.
        text: Cow<'a, str>,
        /// A mark to end a cached prefix here (`cache_control`), as it stands in the body.
        cache: Option<&'a RawValue>,
    },
    /// An image.
    Image {
        /// Where it is.
        source: Media<'a>,
        /// How closely to look (`low`, `high`, `auto`), where the client says.
        detail: Option<Cow<'a, str>>,
        /// As for text.
        cache: Option<&'a RawValue>,
    },
    /// A document, such as a PDF.
    Document {
        /// Where it is.
        source: Media<'a>,
        /// Its name or title.
        name: Option<Cow<'a, str>>,
        /// As for text.
        cache: Option<&'a RawValue>,
    },
    /// The model's thinking of an earlier turn.
    Thinking {
        /// What can be read of it.
        text: Cow<'a, str>,
        /// What proves it: Anthropic's signature, OpenAI's encrypted content.
        proof: Option<Cow<'a, str>>,
        /// Whose proof that is. Only its maker takes it back.
        origin: Origin,
    },
    /// A call that the model made.
    ToolCall {
        /// Pairs it with its result.
        id: Cow<'a, str>,
        /// What is called.
        name: Cow<'a, str>,
        /// The namespace of the tool, in dialects that have them.
        namespace: Option<Cow<'a, str>>,
        /// The arguments: JSON text of an object for a function, free text for a custom tool.
        arguments: Cow<'a, str>,
        /// Which of the two.
        kind: CallKind,
        /// As for text.
        cache: Option<&'a RawValue>,
    },
    /// What a call gave.
    ToolResult {
        /// The call's id.
        id: Cow<'a, str>,
        /// Text, images and documents; may be empty.
        content: Vec<Block<'a>>,
        /// Whether the call failed.
        is_error: bool,
        /// Which kind of call it was, where the dialect says.
        kind: CallKind,
        /// As for text.
        cache: Option<&'a RawValue>,
    },
    /// The model declined.
    Refusal {
        /// Its words.
        text: Cow<'a, str>,
    },
    /// Something only the client's own dialect knows.
    Other {
        /// Its `type`.
        kind: Cow<'a, str>,
        /// Where it stands, such as `messages[3].content[0]`.
        place: String,
        /// Whether the conversation can be understood without it.
        essential: bool,
    },
}

/// Bytes given in the message, or where to get them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Media<'a> {
    /// The bytes in base64, exactly as the client sent them.
    Base64 {
        /// Such as `image/png`.
        media_type: Cow<'a, str>,
        /// The base64 text.
        data: Cow<'a, str>,
    },
    /// An address to fetch them from.
    Url(Cow<'a, str>),
    /// Plain text.
    Text(Cow<'a, str>),
    /// A file the client has left with a provider.
    File(Cow<'a, str>),
}

/// Whether a call's arguments are JSON or free text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CallKind {
    /// A JSON object.
    #[default]
    Function,
    /// Free text, as `apply_patch` takes.
    Custom,
}

/// Something the model may call.
#[derive(Debug, Clone)]
pub struct Tool<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// The namespace it was offered in, in dialects that have them.
    pub namespace: Option<Cow<'a, str>>,
    /// What it does.
    pub description: Option<Cow<'a, str>>,
    /// What it takes.
    pub kind: ToolKind<'a>,
    /// A mark to end a cached prefix here, as it stands in the body.
    pub cache: Option<&'a RawValue>,
    /// Whether the model is to see it only after asking for it (`defer_loading`).
    pub deferred: bool,
}

/// What a tool takes.
#[derive(Debug, Clone)]
pub enum ToolKind<'a> {
    /// A JSON object.
    Function {
        /// Its JSON schema; none where the client gives none.
        parameters: Option<&'a RawValue>,
        /// Whether the arguments must follow the schema.
        strict: Option<bool>,
    },
    /// Free text.
    Custom {
        /// Its grammar, as it stands in the body.
        format: Option<&'a RawValue>,
    },
    /// A tool that the provider itself runs, such as `web_search`.
    Hosted {
        /// Its `type`.
        kind: Cow<'a, str>,
    },
}

/// Whether the model has to call something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolChoice<'a> {
    /// As it sees fit.
    Auto,
    /// It must not.
    None,
    /// It must call something.
    Required,
    /// It must call this.
    Named(Cow<'a, str>),
}

/// How tokens are drawn.
#[derive(Debug, Clone, Default)]
pub struct Sampling<'a> {
    /// 0 to 2 (Anthropic: to 1).
    pub temperature: Option<f64>,
    /// Nucleus sampling.
    pub top_p: Option<f64>,
    /// Only the k likeliest.
    pub top_k: Option<u32>,
    /// For repeatable answers.
    pub seed: Option<i64>,
    /// Against repeated tokens, by how often they came.
    pub frequency_penalty: Option<f64>,
    /// Against repeated tokens, by whether they came.
    pub presence_penalty: Option<f64>,
    /// Texts that end the answer.
    pub stop: Vec<Cow<'a, str>>,
    /// How many answers are wanted; 0 where the client does not say.
    pub answers: u32,
    /// Whether log probabilities are wanted.
    pub logprobs: bool,
}

/// Whether and how much to think.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reasoning {
    /// Thinking is switched off by name.
    pub off: bool,
    /// How hard to think.
    pub effort: Option<Effort>,
    /// The bound on thinking, tokens.
    pub budget_tokens: Option<u32>,
    /// Whether the client wants to read of it.
    pub visible: bool,
}

/// How hard to think.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effort {
    /// `none` or `minimal`.
    Minimal,
    /// `low`.
    Low,
    /// `medium`.
    Medium,
    /// `high`.
    High,
    /// `xhigh` or `max`.
    Max,
}

/// What form the answer must have.
#[derive(Debug, Clone)]
pub enum Format<'a> {
    /// Any JSON object.
    Json,
    /// JSON of a schema.
    Schema {
        /// The schema's name.
        name: Cow<'a, str>,
        /// What it is for.
        description: Option<Cow<'a, str>>,
        /// The JSON schema.
        schema: &'a RawValue,
        /// Whether the schema must be followed to the letter.
        strict: Option<bool>,
    },
}

/// What the model that is to be called can take, from its row in the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The name the upstream knows it by.
    pub name: String,
    /// The longest answer it gives, tokens.
    pub max_output_tokens: Option<u32>,
    /// Tools at all.
    pub tools: bool,
    /// Images.
    pub vision: bool,
    /// Documents.
    pub documents: bool,
    /// Answers that follow a JSON schema.
    pub structured_output: bool,
    /// Thinking that can be asked for.
    pub reasoning: bool,
    /// Temperature, top-p and top-k.
    pub sampling: bool,
    /// A tool choice that forces a call.
    pub forced_tools: bool,
    /// A last message of the assistant that it goes on with.
    pub prefill: bool,
    /// Tools with free text for arguments.
    pub custom_tools: bool,
    /// Its own reasoning of earlier turns has to be sent back (`reasoning_content`).
    pub replays_reasoning: bool,
    /// It knows `max_completion_tokens` and not `max_tokens`.
    pub max_completion_tokens: bool,
    /// The upstream is Anthropic itself, which knows its own clients' private fields.
    pub anthropics_own: bool,
}

impl Profile {
    /// The profile of a model that nothing is known of: it takes what the client sends.
    pub fn permissive(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            max_output_tokens: None,
            tools: true,
            vision: true,
            documents: true,
            structured_output: true,
            reasoning: true,
            sampling: true,
            forced_tools: true,
            prefill: true,
            custom_tools: false,
            replays_reasoning: false,
            max_completion_tokens: false,
            anthropics_own: true,
        }
    }
}

/// A request in the upstream's dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The body.
    pub body: Vec<u8>,
    /// Hints that this upstream has no word for, by the name of their field. What changes the
    /// answer is never among them: that is [`Unsupported`].
    pub left_out: Vec<String>,
}

/// A request that an upstream cannot take.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct Unsupported {
    /// The field, as a path such as `messages[2].content[0]`.
    pub field: String,
    /// What cannot be done, and what can.
    pub message: String,
}

impl Unsupported {
    /// The field cannot be carried, for this reason.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
        }
    }
}

/// The tools of a request whose calls need another form than a plain function's: what a writer of
/// answers must know to call them by the client's own names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolNames {
    /// By the name that the upstream was told, each tool's own name, namespace and kind.
    pub named: BTreeMap<String, (String, Option<String>, CallKind)>,
}

impl ToolNames {
    /// The special tools of a request.
    pub fn of(request: &Request<'_>) -> Self {
        let special = request.tools.iter().filter_map(|tool| {
            let kind = match tool.kind {
                ToolKind::Custom { .. } => CallKind::Custom,
                _ => CallKind::Function,
            };
            let plain = kind == CallKind::Function && tool.namespace.is_none();
            let own = (
                tool.name.to_string(),
                tool.namespace.as_deref().map(str::to_owned),
                kind,
            );
            (!plain).then(|| (tool.flat_name().into_owned(), own))
        });
        Self {
            named: special.collect(),
        }
    }
}

impl Tool<'_> {
    /// The name for dialects without namespaces: `namespace__name`.
    pub fn flat_name(&self) -> Cow<'_, str> {
        flat_name(self.namespace.as_deref(), &self.name)
    }
}

/// The name of a namespaced tool for dialects without namespaces.
pub fn flat_name<'n>(namespace: Option<&str>, name: &'n str) -> Cow<'n, str> {
    match namespace {
        None => Cow::Borrowed(name),
        Some(space) => Cow::Owned(format!("{space}__{name}")),
    }
}

impl<'a> Request<'a> {
    /// The texts of the conversation with who said them, results of tools included.
    pub fn texts(&self) -> impl Iterator<Item = (Role, &str)> {
        self.messages.iter().flat_map(|message| {
            let role = message.role;
            message
                .content
                .iter()
                .flat_map(Block::texts)
                .map(move |text| (role, text))
        })
    }

    /// All blocks of the conversation, those inside tool results included.
    pub fn blocks(&self) -> impl Iterator<Item = &Block<'a>> {
        self.messages
            .iter()
            .flat_map(|message| &message.content)
            .flat_map(|block| {
                let inner = match block {
                    Block::ToolResult { content, .. } => content.as_slice(),
                    _ => &[],
                };
                std::iter::once(block).chain(inner)
            })
    }

    /// Whether the conversation is in the middle of tool use, or may come to it.
    pub fn uses_tools(&self) -> bool {
        !self.tools.is_empty()
            || self
                .blocks()
                .any(|block| matches!(block, Block::ToolCall { .. } | Block::ToolResult { .. }))
    }
}

impl Block<'_> {
    /// What can be read of the block.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let (one, inner) = match self {
            Self::Text { text, .. }
            | Self::Thinking { text, .. }
            | Self::Refusal { text }
            | Self::ToolCall {
                arguments: text, ..
            }
            | Self::Document {
                source: Media::Text(text),
                ..
            } => (Some(text.as_ref()), &[][..]),
            Self::ToolResult { content, .. } => (None, content.as_slice()),
            Self::Image { .. } | Self::Document { .. } | Self::Other { .. } => (None, &[][..]),
        };
        let nested = inner.iter().filter_map(|block| match block {
            Self::Text { text, .. } => Some(text.as_ref()),
            _ => None,
        });
        one.into_iter().chain(nested)
    }
}
