//! A whole answer, read and written.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::block::OutBlock;
use super::content::RawBlock;
use super::tools::{arguments, free_input};
use super::usage::{OutUsage, RawUsage};
use crate::dialect::Envelope;
use crate::hub::{Answer, CallKind, Head, Origin, Said, Stop, flat_name, portable_id, seal};
use crate::json::{Object, Text, from_bytes};

#[derive(Deserialize)]
struct RawAnswer<'a> {
    #[serde(rename = "type", borrow)]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    model: Option<Text<'a>>,
    #[serde(borrow)]
    content: Vec<Object<RawBlock<'a>>>,
    #[serde(borrow)]
    stop_reason: Option<Text<'a>>,
    #[serde(borrow)]
    stop_sequence: Option<Text<'a>>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
}

/// A message as clients want it: every field, always.
#[derive(Serialize)]
pub(super) struct OutMessage<'a> {
    id: String,
    r#type: &'static str,
    role: &'static str,
    model: &'a str,
    content: Vec<OutBlock<'a>>,
    stop_reason: Option<&'static str>,
    stop_sequence: Option<&'a str>,
    usage: OutUsage,
}

impl<'a> OutMessage<'a> {
    /// A message of which nothing has been said yet.
    pub(super) fn begun(envelope: &'a Envelope) -> Self {
        Self {
            id: format!("msg_{}", envelope.id),
            r#type: "message",
            role: "assistant",
            model: &envelope.model,
            content: Vec::new(),
            stop_reason: None,
            stop_sequence: None,
            usage: OutUsage::of_message(Default::default()),
        }
    }
}

/// A block of an answer as it begins, or as it is when it comes whole.
pub(super) struct Opening {
    pub(super) head: Head,
    /// Its text, or its arguments; empty where a call has none.
    pub(super) text: String,
    /// Its signature, or all of a redacted block; may be empty.
    pub(super) proof: String,
}

impl Opening {
    /// Reads a block; none for what only Anthropic's own tools say.
    pub(super) fn of(raw: &RawBlock<'_>) -> Option<Self> {
        let string = |field: Option<&RawValue>| {
            let text = field.and_then(|raw| serde_json::from_str::<Text<'_>>(raw.get()).ok());
            text.map(|Text(text)| text.into_owned()).unwrap_or_default()
        };
        let thinking = |redacted| Head::Thinking {
            origin: Origin::Anthropic { redacted },
        };
        let (head, text, proof) = match raw.kind.0.as_ref() {
            "text" => (Head::Text, string(raw.text), String::new()),
            "thinking" => (thinking(false), string(raw.thinking), string(raw.signature)),
            "redacted_thinking" => (thinking(true), String::new(), string(raw.data)),
            "tool_use" => {
                let head = Head::ToolCall {
                    id: string(raw.id),
                    name: string(raw.name),
                    namespace: None,
                    kind: CallKind::Function,
                };
                let input = raw.input.map(RawValue::get).filter(|input| *input != "{}");
                (head, input.unwrap_or_default().to_owned(), String::new())
            }
            _ => return None,
        };
        Some(Self { head, text, proof })
    }

    /// The block, when it is whole.
    fn said(self) -> Said {
        let text = self.text;
        match self.head {
            Head::Text => Said::Text(text),
            Head::Refusal => Said::Refusal(text),
            Head::Thinking { origin } => Said::Thinking {
                text,
                proof: Some(self.proof).filter(|proof| !proof.is_empty()),
                origin,
            },
            Head::ToolCall {
                id,
                name,
                namespace,
                kind,
            } => Said::ToolCall {
                id,
                name,
                namespace,
                arguments: if text.is_empty() { "{}".into() } else { text },
                custom: kind == CallKind::Custom,
            },
        }
    }
}

/// Reads a whole answer; none when the bytes are no such thing.
pub fn read_answer(body: &[u8]) -> Option<Answer> {
    let Object(raw) = from_bytes::<Object<RawAnswer<'_>>>(body).ok()?;
    if raw.kind.is_some_and(|Text(kind)| kind != "message") {
        return None;
    }
    let blocks = raw.content.iter();
    let said: Vec<Said> = blocks
        .filter_map(|Object(block)| Some(Opening::of(block)?.said()))
        .collect();
    let calls = said
        .iter()
        .any(|said| matches!(said, Said::ToolCall { .. }));
    let sequence = raw.stop_sequence.map(|Text(text)| text.into_owned());
    let reason = raw.stop_reason.as_ref().map_or("", |Text(reason)| reason);
    Some(Answer {
        model: raw
            .model
            .map(|Text(model)| model.into_owned())
            .unwrap_or_default(),
        said,
        stop: read_stop(reason, sequence, calls),
        usage: RawUsage::of(raw.usage).usage(),
    })
}

/// Why an answer ends. Whether it waits for results is told by its calls: servers say `end_turn`
/// after them too.
pub(super) fn read_stop(reason: &str, sequence: Option<String>, calls: bool) -> Stop {
    match reason {
        "max_tokens" => Stop::MaxTokens,
        "stop_sequence" => Stop::Sequence(sequence),
        "model_context_window_exceeded" => Stop::ContextFull,
        "refusal" => Stop::Refusal,
        "pause_turn" => Stop::Pause,
        _ if calls => Stop::ToolUse,
        _ => Stop::EndTurn,
    }
}

/// `stop_reason` and `stop_sequence`. Where the model declined in words, that is why it ends.
pub(super) fn write_stop(stop: &Stop, refused: bool) -> (&'static str, Option<&str>) {
    match stop {
        Stop::EndTurn if refused => ("refusal", None),
        Stop::EndTurn => ("end_turn", None),
        Stop::Sequence(text) => ("stop_sequence", text.as_deref()),
        Stop::MaxTokens => ("max_tokens", None),
        Stop::ContextFull => ("model_context_window_exceeded", None),
        Stop::ToolUse => ("tool_use", None),
        Stop::Refusal => ("refusal", None),
        Stop::Pause => ("pause_turn", None),
    }
}

/// The signature of a block of thinking: Anthropic's own, or a seal around another maker's proof.
pub(super) fn signature<'a>(origin: &Origin, proof: Option<&'a str>) -> Cow<'a, str> {
    match origin {
        Origin::Anthropic { .. } => Cow::Borrowed(proof.unwrap_or_default()),
        Origin::Responses { .. } | Origin::Plain => Cow::Owned(seal(origin, proof)),
    }
}

/// Writes a whole answer.
pub fn write_answer(answer: &Answer, envelope: &Envelope) -> String {
    let refused = answer
        .said
        .iter()
        .any(|said| matches!(said, Said::Refusal(_)));
    let (stop_reason, stop_sequence) = write_stop(&answer.stop, refused);
    let message = OutMessage {
        content: answer.said.iter().filter_map(write_said).collect(),
        stop_reason: Some(stop_reason),
        stop_sequence,
        usage: OutUsage::of_message(answer.usage.unwrap_or_default()),
        ..OutMessage::begun(envelope)
    };
    serde_json::to_string(&message).unwrap_or_default()
}

/// One block; none where it says nothing: an empty text is refused when it comes back.
fn write_said(said: &Said) -> Option<OutBlock<'_>> {
    Some(match said {
        Said::Text(text) | Said::Refusal(text) if text.is_empty() => return None,
        Said::Text(text) | Said::Refusal(text) => OutBlock::text(text),
        Said::Thinking {
            proof,
            origin: Origin::Anthropic { redacted: true },
            ..
        } => OutBlock::RedactedThinking {
            data: proof.as_deref()?,
        },
        Said::Thinking {
            text, proof: None, ..
        } if text.is_empty() => return None,
        Said::Thinking {
            text,
            proof,
            origin,
        } => OutBlock::Thinking {
            thinking: text,
            signature: signature(origin, proof.as_deref()),
        },
        Said::ToolCall {
            id,
            name,
            namespace,
            arguments: text,
            custom,
        } => OutBlock::ToolUse {
            id: portable_id(id),
            name: flat_name(namespace.as_deref(), name),
            input: match custom {
                true => free_input(text),
                false => arguments(text),
            },
            cache_control: None,
        },
    })
}
