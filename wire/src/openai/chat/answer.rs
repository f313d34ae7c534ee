//! Whole answers: read for what the gateway counts and keeps, and written for clients.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::calls::ClientCall;
use super::content::{Call, Content, FunctionCall, holds_something, or_empty, string};
use super::usage::{read_usage, write_usage};
use crate::dialect::Envelope;
use crate::hub::{Answer, CallKind, Origin, Said, Stop};
use crate::json::{Object, Text, from_bytes};
use crate::openai::text_or::TextOr;

#[derive(Deserialize)]
struct Completion<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    model: Option<Text<'a>>,
    choices: Vec<Choice<'a>>,
    usage: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow)]
    message: Spoken<'a>,
    finish_reason: Option<Text<'a>>,
    logprobs: Option<&'a RawValue>,
}

/// What the assistant says: a whole message, or a stream's delta of one.
#[derive(Deserialize)]
pub(super) struct Spoken<'a> {
    #[serde(borrow)]
    content: Option<Content<'a>>,
    reasoning_content: Option<&'a RawValue>,
    reasoning: Option<&'a RawValue>,
    refusal: Option<&'a RawValue>,
    pub(super) tool_calls: Option<Vec<Object<Call<'a>>>>,
    pub(super) function_call: Option<Object<FunctionCall<'a>>>,
    annotations: Option<&'a RawValue>,
    audio: Option<&'a RawValue>,
}

impl<'a> Spoken<'a> {
    /// The thinking; servers that send both fields send the same text in both.
    pub(super) fn thinking(&self) -> Option<Cow<'a, str>> {
        [self.reasoning_content, self.reasoning]
            .into_iter()
            .find_map(|raw| raw.and_then(string).filter(|text| !text.is_empty()))
    }

    /// The words of a refusal.
    pub(super) fn refusal(&self) -> Option<Cow<'a, str>> {
        self.refusal
            .and_then(string)
            .filter(|text| !text.is_empty())
    }

    /// The texts of the content, in order.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        let (one, parts) = match &self.content {
            None => (None, &[][..]),
            Some(TextOr::Text(text)) => (Some(text.as_ref()), &[][..]),
            Some(TextOr::Long(parts)) => (None, parts.as_slice()),
        };
        let texts = parts.iter().filter_map(|Object(part)| part.text.as_ref());
        let texts = texts.map(|Text(text)| text.as_ref());
        one.into_iter().chain(texts).filter(|text| !text.is_empty())
    }

    /// Whether something is said that has no place in the hub.
    pub(super) fn says_more(&self) -> bool {
        let odd_parts = matches!(&self.content, Some(TextOr::Long(parts))
            if parts.iter().any(|Object(part)| part.kind.0 != "text"));
        odd_parts || holds_something(self.annotations) || holds_something(self.audio)
    }
}

/// The last block of an answer that says more than the hub can hold: another choice, log
/// probabilities, annotations, audio, an end in unknown words. It shows nothing, and keeps the
/// answer from being served again as if it were whole.
const MARK_OF_MORE: Said = Said::Text(String::new());

/// Why the answer ends, told from what is said before the provider's word is asked. None where the
/// provider says that it broke off.
pub(super) fn stop_of(reason: Option<&str>, calls: bool, refused: bool) -> Option<Stop> {
    Some(match reason {
        Some("error" | "insufficient_system_resource") => return None,
        Some("length") => Stop::MaxTokens,
        Some("content_filter") => Stop::Refusal,
        _ if calls => Stop::ToolUse,
        _ if refused => Stop::Refusal,
        _ => Stop::EndTurn,
    })
}

/// Whether the provider's word for the end is one of those that say that the answer is whole.
pub(super) fn is_known(reason: Option<&str>) -> bool {
    let known = [
        "stop",
        "length",
        "tool_calls",
        "content_filter",
        "function_call",
    ];
    reason.is_some_and(|reason| known.contains(&reason))
}

/// The id of a call that the provider gave none: the answer's own, so that no two turns share it.
pub(super) fn made_up_id(answer: &str, index: usize) -> String {
    format!("{answer}_{index}")
}

/// Reads a chat completion; none when the bytes are no such thing, or say that it failed.
pub fn read_answer(body: &[u8]) -> Option<Answer> {
    let Object(completion): Object<Completion<'_>> = from_bytes(body).ok()?;
    let answer_id = or_empty(completion.id);
    let mut more = completion.choices.len() != 1;
    let mut said = Vec::new();
    let mut stop = Stop::EndTurn;
    if let Some(choice) = completion.choices.into_iter().next() {
        let reason = choice.finish_reason.map(|Text(reason)| reason);
        more |= holds_something(choice.logprobs)
            || choice.message.says_more()
            || !is_known(reason.as_deref());
        said = said_in(choice.message, &answer_id);
        let calls = said
            .iter()
            .any(|said| matches!(said, Said::ToolCall { .. }));
        let refused = said.iter().any(|said| matches!(said, Said::Refusal(_)));
        stop = stop_of(reason.as_deref(), calls, refused)?;
    }
    if more {
        said.push(MARK_OF_MORE);
    }
    Some(Answer {
        model: or_empty(completion.model).into_owned(),
        said,
        stop,
        usage: completion.usage.and_then(read_usage),
    })
}

fn said_in(words: Spoken<'_>, answer_id: &str) -> Vec<Said> {
    let mut said = Vec::new();
    said.extend(words.thinking().map(|text| Said::Thinking {
        text: text.into_owned(),
        proof: None,
        origin: Origin::Plain,
    }));
    let text: String = words.texts().collect();
    if !text.is_empty() {
        said.push(Said::Text(text));
    }
    said.extend(words.refusal().map(|text| Said::Refusal(text.into_owned())));
    let calls = words.tool_calls.into_iter().flatten();
    let calls = calls.filter_map(|Object(mut call)| {
        let id = call.id.take();
        Some((id, call.called()?))
    });
    let old = words.function_call.map(|Object(call)| (None, call.into()));
    for (index, (id, called)) in calls.chain(old).enumerate() {
        let id = or_empty(id);
        said.push(Said::ToolCall {
            id: match id.is_empty() {
                true => made_up_id(answer_id, index),
                false => id.into_owned(),
            },
            name: called.name.into_owned(),
            namespace: None,
            arguments: called.arguments.into_owned(),
            custom: called.kind == CallKind::Custom,
        });
    }
    said
}

/// Writes a chat completion.
pub fn write_answer(answer: &Answer, envelope: &Envelope) -> String {
    let (mut text, mut refusal, mut thinking) = (None::<String>, None::<String>, None::<String>);
    let mut calls = Vec::new();
    for said in &answer.said {
        match said {
            Said::Text(more) => text.get_or_insert_default().push_str(more),
            Said::Refusal(more) => refusal.get_or_insert_default().push_str(more),
            Said::Thinking { text: more, .. } => thinking.get_or_insert_default().push_str(more),
            Said::ToolCall {
                id,
                name,
                namespace,
                arguments,
                custom,
            } => {
                let call = ClientCall::new(name, namespace.as_deref(), *custom, &envelope.tools);
                calls.push(call.whole(id, arguments));
            }
        }
    }
    let mut message =
        json!({"role": "assistant", "content": text, "refusal": refusal, "annotations": []});
    if let Some(thinking) = thinking.filter(|thinking| !thinking.is_empty()) {
        message["reasoning_content"] = thinking.into();
    }
    let finish = finish_reason(&answer.stop, !calls.is_empty(), refusal.is_some());
    if !calls.is_empty() {
        message["tool_calls"] = Value::Array(calls);
    }
    json!({
        "id": completion_id(envelope),
        "object": "chat.completion",
        "created": envelope.created,
        "model": envelope.model,
        "choices": [{"index": 0, "message": message, "logprobs": null, "finish_reason": finish}],
        "usage": write_usage(answer.usage.unwrap_or_default()),
    })
    .to_string()
}

/// The id of the answer.
pub(super) fn completion_id(envelope: &Envelope) -> String {
    format!("chatcmpl-{}", envelope.id)
}

/// Why the answer ends, in Chat's words. Calls are to be run whatever the reason's name, unless
/// they were cut.
pub(super) fn finish_reason(stop: &Stop, calls: bool, refused: bool) -> &'static str {
    match stop {
        Stop::MaxTokens | Stop::ContextFull => "length",
        _ if calls => "tool_calls",
        // A refusal in words ends as any answer does; one without was made by a filter.
        Stop::Refusal if !refused => "content_filter",
        _ => "stop",
    }
}
