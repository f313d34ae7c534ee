//! Writes a whole answer, and the objects that streams have in common with it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::items::is_namespace;
use crate::dialect::Envelope;
use crate::hub::{Answer, CallKind, Origin, Said, Stop, Usage, portable_id, seal};
use crate::json::Object;

/// An item of `output`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Item {
    Message {
        id: String,
        status: Status,
        role: &'static str,
        content: Vec<Part>,
    },
    Reasoning {
        id: String,
        summary: Vec<Part>,
        encrypted_content: Option<String>,
    },
    FunctionCall {
        id: String,
        status: Status,
        call_id: String,
        name: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        namespace: Option<String>,
        arguments: String,
    },
    CustomToolCall {
        id: String,
        status: Status,
        call_id: String,
        name: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        namespace: Option<String>,
        input: String,
    },
}

/// How far a response or an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    InProgress,
    Completed,
    Incomplete,
}

/// A part of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Part {
    OutputText {
        text: String,
        annotations: [(); 0],
        logprobs: [(); 0],
    },
    Refusal {
        refusal: String,
    },
    SummaryText {
        text: String,
    },
}

impl Part {
    pub(super) fn text(text: &str) -> Self {
        Self::OutputText {
            text: text.to_owned(),
            annotations: [],
            logprobs: [],
        }
    }
}

impl Item {
    pub(super) fn id(&self) -> &str {
        match self {
            Self::Message { id, .. }
            | Self::Reasoning { id, .. }
            | Self::FunctionCall { id, .. }
            | Self::CustomToolCall { id, .. } => id,
        }
    }

    /// Makes it the item at its beginning.
    pub(super) fn blank(&mut self) {
        match self {
            Self::Message {
                status, content, ..
            } => {
                *status = Status::InProgress;
                content.clear();
            }
            Self::Reasoning {
                summary,
                encrypted_content,
                ..
            } => {
                summary.clear();
                *encrypted_content = None;
            }
            Self::FunctionCall {
                status, arguments, ..
            } => {
                *status = Status::InProgress;
                arguments.clear();
            }
            Self::CustomToolCall { status, input, .. } => {
                *status = Status::InProgress;
                input.clear();
            }
        }
    }
}

/// Writes a block as the item at `index`.
pub(super) fn item(said: &Said, index: usize, envelope: &Envelope) -> Item {
    let id = |prefix: &str| format!("{prefix}_{}_{index}", envelope.id);
    let message = |part| Item::Message {
        id: id("msg"),
        status: Status::Completed,
        role: "assistant",
        content: vec![part],
    };
    match said {
        Said::Text(text) => message(Part::text(text)),
        Said::Refusal(text) => message(Part::Refusal {
            refusal: text.clone(),
        }),
        Said::Thinking {
            text,
            proof,
            origin,
        } => {
            let summary = (!text.is_empty()).then(|| Part::SummaryText { text: text.clone() });
            let (own, encrypted_content) = match origin {
                Origin::Responses { id } => (id.clone(), proof.clone()),
                _ => (String::new(), Some(seal(origin, proof.as_deref()))),
            };
            Item::Reasoning {
                id: if own.is_empty() { id("rs") } else { own },
                summary: summary.into_iter().collect(),
                encrypted_content,
            }
        }
        Said::ToolCall {
            id: call_id,
            name,
            namespace,
            arguments,
            custom,
        } => {
            let call = ClientCall::of(name, namespace.as_deref(), *custom, envelope);
            let arguments = call.arguments(arguments).into_owned();
            let call_id = portable_id(call_id).into_owned();
            let (status, namespace) = (Status::Completed, call.namespace.map(str::to_owned));
            let name = call.name.to_owned();
            match call.custom {
                true => Item::CustomToolCall {
                    id: id("ctc"),
                    status,
                    call_id,
                    name,
                    namespace,
                    input: arguments,
                },
                false => Item::FunctionCall {
                    id: id("fc"),
                    status,
                    call_id,
                    name,
                    namespace,
                    arguments,
                },
            }
        }
    }
}

/// A call by the names of the client's own tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ClientCall<'a> {
    name: &'a str,
    namespace: Option<&'a str>,
    custom: bool,
    /// The free text of a custom tool is inside a JSON object.
    pub(super) wrapped: bool,
}

impl<'a> ClientCall<'a> {
    pub(super) fn of(
        name: &'a str,
        namespace: Option<&'a str>,
        custom: bool,
        envelope: &'a Envelope,
    ) -> Self {
        let special = envelope
            .tools
            .named
            .get(name)
            .filter(|_| namespace.is_none());
        let (name, namespace, kind) = match special {
            Some((name, namespace, kind)) => (name.as_str(), namespace.as_deref(), *kind),
            None => (name, namespace, CallKind::Function),
        };
        Self {
            name,
            namespace: namespace.filter(is_namespace),
            custom: custom || kind == CallKind::Custom,
            wrapped: !custom && kind == CallKind::Custom,
        }
    }

    fn arguments(&self, arguments: &'a str) -> Cow<'a, str> {
        #[derive(Deserialize)]
        struct Wrapped {
            input: String,
        }
        if !self.custom && arguments.is_empty() {
            return Cow::Borrowed("{}");
        }
        let wrapped = self
            .wrapped
            .then(|| serde_json::from_str::<Object<Wrapped>>(arguments));
        match wrapped {
            Some(Ok(Object(Wrapped { input }))) => Cow::Owned(input),
            // A model may answer with the bare text in spite of the schema.
            _ => Cow::Borrowed(arguments),
        }
    }
}

/// A `response` object. The client's options are not repeated in it: fields that the official
/// clients want hold the API's defaults.
#[derive(Serialize)]
pub(super) struct Response<'a> {
    id: String,
    object: &'static str,
    created_at: u64,
    status: Status,
    error: Option<()>,
    incomplete_details: Option<Value>,
    instructions: Option<()>,
    max_output_tokens: Option<()>,
    metadata: Value,
    model: &'a str,
    output: &'a [Item],
    parallel_tool_calls: bool,
    previous_response_id: Option<()>,
    reasoning: Value,
    store: bool,
    temperature: Option<()>,
    text: Value,
    tool_choice: &'static str,
    tools: [(); 0],
    top_p: Option<()>,
    truncation: &'static str,
    usage: Option<UsageObject>,
}

impl<'a> Response<'a> {
    /// The object at the beginning of a stream.
    pub(super) fn begun(envelope: &'a Envelope) -> Self {
        Self {
            id: format!("resp_{}", envelope.id),
            object: "response",
            created_at: envelope.created,
            status: Status::InProgress,
            error: None,
            incomplete_details: None,
            instructions: None,
            max_output_tokens: None,
            metadata: json!({}),
            model: &envelope.model,
            output: &[],
            parallel_tool_calls: true,
            previous_response_id: None,
            reasoning: json!({"effort": null, "summary": null}),
            store: false,
            temperature: None,
            text: json!({"format": {"type": "text"}}),
            tool_choice: "auto",
            tools: [],
            top_p: None,
            truncation: "disabled",
            usage: None,
        }
    }

    /// The whole object.
    pub(super) fn ended(
        envelope: &'a Envelope,
        output: &'a [Item],
        stop: &Stop,
        usage: Option<Usage>,
    ) -> Self {
        let reason = incomplete(stop, output);
        Self {
            status: match reason {
                Some(_) => Status::Incomplete,
                None => Status::Completed,
            },
            incomplete_details: reason.map(|reason| json!({ "reason": reason })),
            output,
            usage: Some(usage.unwrap_or_default().into()),
            ..Self::begun(envelope)
        }
    }
}

/// Why the answer is not complete; none where it is. A model that declines in words has completed
/// its answer, one that a filter cut off has not.
pub(super) fn incomplete(stop: &Stop, output: &[Item]) -> Option<&'static str> {
    let declines = |item: &Item| matches!(item, Item::Message { content, .. } if matches!(content.as_slice(), [Part::Refusal { .. }]));
    match stop {
        Stop::MaxTokens | Stop::ContextFull => Some("max_output_tokens"),
        Stop::Refusal if !output.iter().any(declines) => Some("content_filter"),
        _ => None,
    }
}

/// Token counts with all their fields: some clients refuse an object that lacks one.
#[derive(Serialize)]
pub(super) struct UsageObject {
    input_tokens: u64,
    input_tokens_details: Value,
    output_tokens: u64,
    output_tokens_details: Value,
    total_tokens: u64,
}

impl From<Usage> for UsageObject {
    fn from(usage: Usage) -> Self {
        Self {
            input_tokens: usage.prompt(),
            input_tokens_details: json!({
                "cached_tokens": usage.cache_read,
                "cache_write_tokens": usage.cache_write.saturating_add(usage.cache_write_long),
                "cache_write_tokens_details": {
                    "ttl_30m_tokens": usage.cache_write,
                    "ttl_12h_tokens": usage.cache_write_long,
                },
            }),
            output_tokens: usage.output,
            output_tokens_details: json!({"reasoning_tokens": usage.reasoning}),
            total_tokens: usage.prompt().saturating_add(usage.output),
        }
    }
}

/// Writes a whole answer.
pub fn write_answer(answer: &Answer, envelope: &Envelope) -> String {
    let said = answer.said.iter().enumerate();
    let output: Vec<Item> = said
        .map(|(index, said)| item(said, index, envelope))
        .collect();
    let response = Response::ended(envelope, &output, &answer.stop, answer.usage);
    serde_json::to_string(&response).unwrap_or_default()
}
