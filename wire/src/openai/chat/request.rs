//! Reads a request, without copying its text.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::content::string;
use super::message::{Conversation, Message};
use super::tools::{OfferedTool, read_tool_choice, read_tools};
use crate::error::WireError;
use crate::hub::{Effort, Extra, Format, Reasoning, Request, Sampling};
use crate::json::{self, Object, Text, WithRest};
use crate::openai::text_or::TextOr;

/// The most messages one request may hold (OpenAI's own limit is 2,048).
pub const MAX_MESSAGES: usize = 2048;

/// The longest model name, bytes.
const MAX_MODEL_NAME: usize = 256;
/// The most answers one request may ask for (OpenAI's own limit).
const MAX_ANSWERS: u32 = 128;
/// Fields without which the answer would be another.
const ESSENTIAL: [&str; 7] = [
    "audio",
    "function_call",
    "functions",
    "logit_bias",
    "modalities",
    "prediction",
    "web_search_options",
];

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    model: &'a RawValue,
    messages: Vec<Object<Message<'a>>>,
    stream: Option<bool>,
    #[serde(default, deserialize_with = "even_null")]
    stream_options: Option<&'a RawValue>,
    max_tokens: Option<u32>,
    max_completion_tokens: Option<u32>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    top_k: Option<&'a RawValue>,
    seed: Option<i64>,
    n: Option<u32>,
    stop: Option<TextOr<'a, Vec<Text<'a>>>>,
    frequency_penalty: Option<f64>,
    presence_penalty: Option<f64>,
    logprobs: Option<bool>,
    user: Option<Text<'a>>,
    tools: Option<Vec<Object<OfferedTool<'a>>>>,
    tool_choice: Option<&'a RawValue>,
    parallel_tool_calls: Option<bool>,
    response_format: Option<&'a RawValue>,
    reasoning_effort: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

#[derive(Deserialize)]
struct ResponseFormat<'a> {
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
    json_schema: Option<Schema<'a>>,
}

#[derive(Deserialize)]
struct Schema<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    description: Option<Text<'a>>,
    schema: &'a RawValue,
    strict: Option<bool>,
}

/// Reads a request.
///
/// # Errors
/// [`WireError`], naming the field at fault.
pub fn read_request(body: &[u8]) -> Result<Request<'_>, WireError> {
    let WithRest { known: body, rest } = json::read::<WithRest<'_, Body<'_>>>(body)?;
    let model = model_name(body.model)?;
    check(&body)?;
    let include_usage = include_usage(body.stream_options)?;
    let mut extras: Vec<Extra<'_>> = rest.into_iter().map(extra).collect();
    let tool_choice = body.tool_choice.and_then(read_tool_choice);
    let format = body.response_format.and_then(response_format);
    let reasoning = body.reasoning_effort.and_then(reasoning);
    let top_k = body
        .top_k
        .and_then(|raw| serde_json::from_str(raw.get()).ok());
    // What the known fields say in a way unknown here is kept as it stands.
    let unread = [
        ("tool_choice", body.tool_choice, tool_choice.is_none(), true),
        (
            "response_format",
            body.response_format,
            format.is_none(),
            true,
        ),
        (
            "reasoning_effort",
            body.reasoning_effort,
            reasoning.is_none(),
            false,
        ),
        ("top_k", body.top_k, top_k.is_none(), false),
        ("stream_options", body.stream_options, !include_usage, false),
    ];
    let unread = unread.into_iter().filter(|(_, _, unread, _)| *unread);
    extras.extend(unread.filter_map(|(name, value, _, essential)| {
        Some(Extra {
            name: Cow::Borrowed(name),
            value: value?,
            essential,
        })
    }));
    Ok(Request {
        model,
        messages: Conversation::default().read(body.messages),
        tools: read_tools(body.tools.unwrap_or_default())?,
        tool_choice,
        parallel_tool_calls: body.parallel_tool_calls,
        stream: body.stream.unwrap_or(false),
        include_usage,
        max_output_tokens: body.max_completion_tokens.or(body.max_tokens),
        sampling: Sampling {
            temperature: body.temperature,
            top_p: body.top_p,
            top_k,
            seed: body.seed,
            frequency_penalty: body.frequency_penalty,
            presence_penalty: body.presence_penalty,
            stop: match body.stop {
                None => Vec::new(),
                Some(TextOr::Text(text)) => vec![text],
                Some(TextOr::Long(texts)) => texts.into_iter().map(|Text(text)| text).collect(),
            },
            answers: body.n.unwrap_or(0),
            logprobs: body.logprobs.unwrap_or(false),
        },
        reasoning,
        format: format.flatten(),
        user: body.user.map(|Text(user)| user),
        extras,
    })
}

fn model_name(raw: &RawValue) -> Result<Cow<'_, str>, WireError> {
    let model = string(raw).ok_or_else(|| WireError::field("model", "`model` must be a string"))?;
    if model.is_empty() || model.len() > MAX_MODEL_NAME {
        let message = format!("`model` must be 1 to {MAX_MODEL_NAME} bytes long");
        return Err(WireError::field("model", message));
    }
    Ok(model)
}

/// The bounds that types do not express.
fn check(body: &Body<'_>) -> Result<(), WireError> {
    let count = body.messages.len();
    if count == 0 {
        let message = "`messages` must hold at least one message";
        return Err(WireError::field("messages", message));
    }
    if count > MAX_MESSAGES {
        let message = format!(
            "`messages` holds {count} messages; at most {MAX_MESSAGES} are accepted: drop or summarise the oldest"
        );
        return Err(WireError::field("messages", message));
    }
    if body.temperature.is_some_and(|t| !(0.0..=2.0).contains(&t)) {
        let message = "`temperature` must lie between 0 and 2";
        return Err(WireError::field("temperature", message));
    }
    if body.n.is_some_and(|n| !(1..=MAX_ANSWERS).contains(&n)) {
        let message = format!("`n` must lie between 1 and {MAX_ANSWERS}");
        return Err(WireError::field("n", message));
    }
    Ok(())
}

fn include_usage(raw: Option<&RawValue>) -> Result<bool, WireError> {
    let Some(raw) = raw else { return Ok(false) };
    let options = serde_json::from_str::<Option<Object<StreamOptions>>>(raw.get());
    let options = options.map_err(|_| {
        let message = "`stream_options` must be an object such as {\"include_usage\": true}";
        WireError::field("stream_options", message)
    })?;
    Ok(options.is_some_and(|Object(options)| options.include_usage == Some(true)))
}

fn extra<'a>((name, value): (Cow<'a, str>, &'a RawValue)) -> Extra<'a> {
    let says_something = !matches!(value.get(), "null" | "[]" | "{}");
    // Text alone is the usual modality.
    let usual = name == "modalities" && !value.get().contains("\"audio\"");
    Extra {
        essential: ESSENTIAL.contains(&name.as_ref()) && says_something && !usual,
        name,
        value,
    }
}

/// The format; an inner none is text, as is usual.
fn response_format(raw: &RawValue) -> Option<Option<Format<'_>>> {
    let format: ResponseFormat<'_> = serde_json::from_str(raw.get()).ok()?;
    match (format.kind.0.as_ref(), format.json_schema) {
        ("text", _) => Some(None),
        ("json_object", _) => Some(Some(Format::Json)),
        ("json_schema", Some(schema)) => Some(Some(Format::Schema {
            name: schema.name.0,
            description: schema.description.map(|Text(text)| text),
            schema: schema.schema,
            strict: schema.strict,
        })),
        _ => None,
    }
}

fn reasoning(raw: &RawValue) -> Option<Reasoning> {
    let effort = match string(raw)?.as_ref() {
        "none" => None,
        "minimal" => Some(Effort::Minimal),
        "low" => Some(Effort::Low),
        "medium" => Some(Effort::Medium),
        "high" => Some(Effort::High),
        "xhigh" | "max" => Some(Effort::Max),
        _ => return None,
    };
    Some(Reasoning {
        off: effort.is_none(),
        effort,
        ..Reasoning::default()
    })
}

/// Keeps a `null` as a value that stands somewhere: it has to be replaced, not doubled.
fn even_null<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}
