//! What a request asks, taken out of its body.

use moecraft_catalog::{Capability, Class, catalog};
use moecraft_engine::features::{Features, Prompt, Role, Tool, Turn};
use moecraft_engine::money::Usage;
use moecraft_engine::router::{Lengths, Needs, Reading, Target};
use moecraft_engine::surrogate::{ReplayTraits, replayable};
use moecraft_engine::tariff::expecting;
use moecraft_engine::tokens;
use moecraft_wire::hub::{self, Block, Media, Request, ToolKind};
use moecraft_wire::openai::embeddings;
use moecraft_wire::{Dialect, QuestionDigest, WireError, digest};
use sha2::{Digest, Sha256};
use wasm_bindgen::prelude::*;

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

/// How much of a question's beginning, and of its end, it is known again by, bytes.
const ENDS_OF_QUESTION: usize = 16 << 10;
/// Longer last words are no question that others ask in other words, bytes.
const MAX_LAST_WORDS: usize = 4 << 10;

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
    /// What the shipped models say of it.
    pub reading: Reading,
    /// How long an answer is expected to be, tokens.
    pub lengths: Lengths,
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
    /// What a model must be able to do.
    pub needed: Vec<Capability>,
    /// The client's `temperature`.
    pub temperature: Option<f64>,
    /// Whether the client gives a seed.
    pub seed: bool,
    /// Whether tools are offered, or were used before.
    pub tool_use: bool,
    /// Whether the model can change files, as far as its tools' names tell: then every blank of what it
    /// is told of them counts.
    pub edits_files: bool,
    /// Whether the text of the answer has to be JSON.
    pub wants_json: bool,
    /// A digest of how the conversation begins, by which it is known from turn to turn where the
    /// client names no session: its system prompt and the first text after it.
    pub opening: String,
    /// A digest of what the user asks, where the last word is the user's.
    pub question: Option<String>,
    /// Whether a tool that the last answer called has failed.
    pub tool_failed: bool,
    /// A digest of all that is asked; none where no other request's answer could serve this one.
    pub digest: Option<QuestionDigest>,
    /// What else may be asked in the same place.
    pub last_words: Option<LastWords>,
}

/// The words that a request ends with, and a digest of all else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastWords {
    /// The user's last words.
    pub text: String,
    /// What is before and beside them.
    pub context: QuestionDigest,
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
                let mut asked = Self::of(door, &request);
                let policy = Target::resolve(&asked.requested, catalog());
                let policy = policy.is_ok_and(|target| target.is_policy());
                if replayable(&asked.replay_traits(policy)) {
                    let question = door.dialect().question(&request, body);
                    asked.digest = question.map(|question| question.digest);
                    let last = question.and_then(|question| question.last);
                    asked.last_words = last.filter(|(text, _)| text.len() <= MAX_LAST_WORDS).map(
                        |(text, context)| LastWords {
                            text: text.to_owned(),
                            context,
                        },
                    );
                }
                Ok(asked)
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
        let prompt = Prompt {
            messages: &turns,
            tools: &tools(request),
            tokens_beyond: beyond_text(request),
            max_output_tokens: request.max_output_tokens,
        };
        let features = Features::of(&prompt);
        let reading = Reading::of(&prompt, &features);
        Self {
            door,
            lengths: reading.lengths().within(request.max_output_tokens),
            reading,
            features,
            needed: needs
                .into_iter()
                .filter_map(|(is, need)| is.then_some(need))
                .collect(),
            tool_use: request.uses_tools(),
            edits_files: edits_files(request),
            wants_json: request.format.is_some(),
            thinking: door != Door::Messages
                || request.reasoning.is_some_and(|reasoning| !reasoning.off),
            in_turn: request.messages.last().is_some_and(|last| {
                let mut blocks = last.content.iter();
                blocks.any(|block| matches!(block, Block::ToolResult { .. }))
            }),
            opening: opening(&turns),
            question: question(request, &turns),
            digest: None,
            last_words: None,
            tool_failed: request.messages.last().is_some_and(|last| {
                let mut blocks = last.content.iter();
                blocks.any(|block| matches!(block, Block::ToolResult { is_error: true, .. }))
            }),
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
            lengths: Lengths::default().within(Some(0)),
            reading: Reading::assumed(&features),
            features,
            needed: Vec::new(),
            thinking: false,
            in_turn: false,
            tool_use: false,
            edits_files: false,
            wants_json: false,
            opening: opening(&turns),
            question: None,
            digest: digest::of_embeddings(body),
            last_words: None,
            tool_failed: false,
            requested: request.model.into_owned(),
            stream: false,
            include_usage: false,
            max_output_tokens: Some(0),
            temperature: None,
            seed: false,
            answers: 1,
        })
    }

    /// What the rule about replay looks at; `policy`: whether the choice of model is left open.
    pub fn replay_traits(&self, policy: bool) -> ReplayTraits {
        ReplayTraits {
            policy,
            temperature: self.temperature,
            seed: self.seed,
            computed: self.door == Door::Embeddings,
            tool_use: self.tool_use,
            no_store: false,
        }
    }

    /// The usage that is expected of an answer by this model of this class.
    pub fn expected(&self, model: &str, class: Class) -> Usage {
        expecting(self.features.tokens_at(model), self.lengths.of(class))
    }

    /// Whether its answer may be mended: it comes whole, and there is one.
    pub fn may_be_revised(&self) -> bool {
        !self.stream && self.answers == 1
    }

    /// What a model must have to take the request. The tokens are counted without its vocabulary, so
    /// that a tenth more is allowed for.
    pub fn needs(&self) -> Needs {
        // A client's bound is often the most its usual model gives. Room for an answer of a usual
        // length has to be there; the bound is cut to what the model has left.
        let prompt = self.features.prompt_tokens;
        let answer = self.max_output_tokens.unwrap_or(0).min(ROOM_FOR_ANSWER);
        Needs {
            capabilities: self.needed.clone(),
            context_tokens: prompt.saturating_add(prompt / 10).saturating_add(answer),
        }
    }
}

/// Reads a request's prompt as routing does; none where it cannot be read.
pub fn with_prompt<T>(door: Door, body: &[u8], of: impl FnOnce(&Prompt<'_>) -> T) -> Option<T> {
    let request = door.dialect().read_request(body).ok()?;
    Some(of(&Prompt {
        messages: &turns(&request),
        tools: &tools(&request),
        tokens_beyond: beyond_text(&request),
        max_output_tokens: request.max_output_tokens,
    }))
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

/// Parts of the names of tools that can change files.
const EDITORS: [&str; 9] = [
    "edit", "write", "patch", "replace", "bash", "shell", "exec", "terminal", "file",
];

fn edits_files(request: &Request<'_>) -> bool {
    let offered = request.tools.iter().map(|tool| tool.name.as_ref());
    let called = request.blocks().filter_map(|block| match block {
        Block::ToolCall { name, .. } => Some(name.as_ref()),
        _ => None,
    });
    offered.chain(called).any(|name| {
        let name = name.to_ascii_lowercase();
        EDITORS.iter().any(|editor| name.contains(editor))
    })
}

fn opening(turns: &[Turn<'_>]) -> String {
    let system = turns.iter().take_while(|turn| turn.role == Role::System);
    let length = system.count() + 1;
    let mut hash = Sha256::new();
    for turn in turns.iter().take(length) {
        hash.update((turn.text.len() as u64).to_be_bytes());
        hash.update(turn.text);
    }
    hex(&hash.finalize())
}

/// A digest of the last turn, where it is the user's own and no result of a tool.
fn question(request: &Request<'_>, turns: &[Turn<'_>]) -> Option<String> {
    let users = request.messages.last()?.role == hub::Role::User;
    let last = turns
        .last()
        .filter(|turn| users && turn.role == Role::User)?;
    let bytes = last.text.as_bytes();
    let end = bytes.len().saturating_sub(ENDS_OF_QUESTION);
    let mut hash = Sha256::new();
    hash.update((bytes.len() as u64).to_be_bytes());
    hash.update(bytes.get(..ENDS_OF_QUESTION).unwrap_or(bytes));
    hash.update(bytes.get(end..).unwrap_or_default());
    Some(hex(&hash.finalize()))
}

fn hex(digest: &[u8]) -> String {
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
    fn a_question_is_known_again_and_results_of_tools_are_none() {
        let question_of = |messages: serde_json::Value| {
            let body = serde_json::json!({"model": "m", "messages": messages}).to_string();
            Asked::read(Door::Chat, body.as_bytes()).unwrap().question
        };
        let user = |text: &str| serde_json::json!({"role": "user", "content": text});
        let asked = question_of(serde_json::json!([user("Why?")]));
        let again = question_of(serde_json::json!([
            user("Why?"),
            {"role": "assistant", "content": "So."},
            user("Why?"),
        ]));
        assert!(asked.is_some());
        assert_eq!(asked, again);
        assert_ne!(asked, question_of(serde_json::json!([user("How?")])));
        let long = |letter: char| user(&format!("{}{letter}", "x".repeat(100_000)));
        let of_long = |letter| question_of(serde_json::json!([long(letter)]));
        assert_eq!(of_long('a'), of_long('a'));
        assert_ne!(of_long('a'), of_long('b'));
        let call = serde_json::json!({"id": "c", "type": "function",
            "function": {"name": "f", "arguments": "{}"}});
        let result = question_of(serde_json::json!([
            user("Why?"),
            {"role": "assistant", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c", "content": "r"},
        ]));
        assert_eq!(result, None);
    }

    #[test]
    fn a_tool_that_failed_is_noticed() {
        let failed = |is_error: bool| {
            let use_ = serde_json::json!({"type": "tool_use", "id": "c", "name": "f", "input": {}});
            let result = serde_json::json!({"type": "tool_result", "tool_use_id": "c", "is_error": is_error});
            let messages = serde_json::json!([
                {"role": "user", "content": "Why?"},
                {"role": "assistant", "content": [use_]},
                {"role": "user", "content": [result]},
            ]);
            let body = serde_json::json!({"model": "m", "max_tokens": 9, "messages": messages});
            let asked = Asked::read(Door::Messages, body.to_string().as_bytes()).unwrap();
            assert_eq!(asked.question, None);
            asked.tool_failed
        };
        assert!(failed(true));
        assert!(!failed(false));
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
