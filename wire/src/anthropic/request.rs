//! A Messages request, read into the hub's form.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::content::{Content, Place};
use crate::error::WireError;
use crate::hub::{
    Block, Effort, Extra, Format, Message, Reasoning, Request, Role, Sampling, Tool, ToolChoice,
    ToolKind,
};
use crate::json::{Object, Text, WithRest, read};

/// The most messages one request may hold (Anthropic's own limit).
const MAX_MESSAGES: usize = 100_000;
/// The longest model name, bytes.
const MAX_MODEL_NAME: usize = 256;
/// The block that Claude Code puts before its system text. It changes each turn, so that whoever
/// hashes it or sends it on never meets the same prefix twice.
pub(super) const BILLING_HEADER: &str = "x-anthropic-billing-header:";
/// Unknown fields without which the answer would be another.
const ESSENTIAL: [&str; 2] = ["container", "mcp_servers"];

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    model: Text<'a>,
    #[serde(borrow)]
    messages: Vec<Object<RawMessage<'a>>>,
    #[serde(borrow)]
    system: Option<Content<'a>>,
    max_tokens: Option<u32>,
    stream: Option<bool>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    top_k: Option<u32>,
    #[serde(borrow)]
    stop_sequences: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    tools: Option<Vec<Object<RawTool<'a>>>>,
    #[serde(borrow)]
    tool_choice: Option<Object<RawChoice<'a>>>,
    #[serde(borrow)]
    thinking: Option<Object<RawThinking<'a>>>,
    #[serde(borrow)]
    output_config: Option<Object<RawOutput<'a>>>,
    #[serde(borrow)]
    output_format: Option<Object<RawFormat<'a>>>,
    #[serde(borrow)]
    metadata: Option<Object<RawMetadata<'a>>>,
}

#[derive(Deserialize)]
struct RawMessage<'a> {
    #[serde(borrow)]
    role: Text<'a>,
    #[serde(borrow)]
    content: Content<'a>,
}

#[derive(Deserialize)]
struct RawTool<'a> {
    #[serde(rename = "type", borrow)]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    description: Option<Text<'a>>,
    #[serde(borrow)]
    input_schema: Option<&'a RawValue>,
    strict: Option<bool>,
    #[serde(borrow)]
    cache_control: Option<&'a RawValue>,
    defer_loading: Option<bool>,
}

#[derive(Deserialize)]
struct RawChoice<'a> {
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    disable_parallel_tool_use: Option<bool>,
}

#[derive(Deserialize)]
struct RawThinking<'a> {
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
    budget_tokens: Option<u32>,
    #[serde(borrow)]
    display: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RawOutput<'a> {
    #[serde(borrow)]
    effort: Option<Text<'a>>,
    #[serde(borrow)]
    format: Option<Object<RawFormat<'a>>>,
}

#[derive(Deserialize)]
struct RawFormat<'a> {
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
    #[serde(borrow)]
    schema: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct RawMetadata<'a> {
    #[serde(borrow)]
    user_id: Option<Text<'a>>,
}

/// Reads the body of `POST /v1/messages`.
///
/// # Errors
/// [`WireError`], naming the field at fault.
pub fn read_request(body: &[u8]) -> Result<Request<'_>, WireError> {
    let request = read_count_request(body)?;
    if request.max_output_tokens.is_none() {
        return Err(missing("max_tokens", "the most tokens the answer may have"));
    }
    Ok(request)
}

/// Reads the body of `POST /v1/messages/count_tokens`, which needs no `max_tokens`.
///
/// # Errors
/// [`WireError`], naming the field at fault.
pub fn read_count_request(body: &[u8]) -> Result<Request<'_>, WireError> {
    let WithRest { known: body, rest } = read::<WithRest<'_, Body<'_>>>(body)?;
    let Text(model) = body.model;
    if !(1..=MAX_MODEL_NAME).contains(&model.len()) {
        let message = format!("must have 1 to {MAX_MODEL_NAME} bytes");
        return Err(wrong("model", &message));
    }
    let output = body.output_config.map(|Object(output)| output);
    let (effort, format) = output.map_or((None, None), |output| (output.effort, output.format));
    let choice = body.tool_choice.map(|Object(choice)| choice);
    let one_call = choice
        .as_ref()
        .and_then(|choice| choice.disable_parallel_tool_use);
    let tools = body.tools.unwrap_or_default().into_iter().enumerate();
    let stop = body.stop_sequences.unwrap_or_default();
    Ok(Request {
        model,
        messages: messages(body.system, body.messages)?,
        tools: tools.map(tool).collect::<Result<_, _>>()?,
        tool_choice: choice.map(tool_choice).transpose()?,
        parallel_tool_calls: one_call.map(|one_call| !one_call),
        stream: body.stream.unwrap_or_default(),
        include_usage: true,
        max_output_tokens: body.max_tokens,
        sampling: Sampling {
            temperature: body.temperature,
            top_p: body.top_p,
            top_k: body.top_k,
            stop: stop.into_iter().map(|Text(text)| text).collect(),
            ..Sampling::default()
        },
        reasoning: reasoning(body.thinking, effort),
        format: format
            .or(body.output_format)
            .map(answer_format)
            .transpose()?,
        user: body
            .metadata
            .and_then(|Object(metadata)| Some(metadata.user_id?.0))
            // Claude Code writes an object of device and session ids there: nothing to pass on.
            .filter(|user| !user.starts_with('{')),
        extras: rest.into_iter().map(extra).collect(),
    })
}

fn extra<'a>((name, value): (Cow<'a, str>, &'a RawValue)) -> Extra<'a> {
    Extra {
        essential: ESSENTIAL.contains(&name.as_ref()),
        name,
        value,
    }
}

fn messages<'a>(
    system: Option<Content<'a>>,
    messages: Vec<Object<RawMessage<'a>>>,
) -> Result<Vec<Message<'a>>, WireError> {
    if messages.is_empty() || messages.len() > MAX_MESSAGES {
        let message = format!("must hold 1 to {MAX_MESSAGES} messages");
        return Err(wrong("messages", &message));
    }
    let mut read = Vec::with_capacity(messages.len() + 1);
    read.extend(system.map(system_message).transpose()?.flatten());
    for (index, Object(message)) in messages.into_iter().enumerate() {
        let role = match message.role.0.as_ref() {
            "user" => Role::User,
            "assistant" => Role::Assistant,
            "system" => Role::System,
            _ => {
                let field = format!("messages[{index}].role");
                return Err(wrong(&field, "must be `user`, `assistant` or `system`"));
            }
        };
        let place = |block| Place::Message(index, block);
        read.push(Message {
            role,
            content: message.content.blocks(role, place)?,
            name: None,
        });
    }
    Ok(read)
}

/// The system text as a first message; none where it says nothing.
fn system_message(system: Content<'_>) -> Result<Option<Message<'_>>, WireError> {
    let mut content = system.blocks(Role::System, Place::System)?;
    for (index, block) in content.iter().enumerate() {
        if !matches!(block, Block::Text { .. }) {
            return Err(Place::System(index).wrong("type", "must be `text`"));
        }
    }
    content.retain(
        |block| !matches!(block, Block::Text { text, .. } if text.starts_with(BILLING_HEADER)),
    );
    Ok((!content.is_empty()).then_some(Message {
        role: Role::System,
        content,
        name: None,
    }))
}

fn tool<'a>((index, Object(raw)): (usize, Object<RawTool<'a>>)) -> Result<Tool<'a>, WireError> {
    let field = |name| format!("tools[{index}].{name}");
    let name = raw.name.map(|Text(name)| name);
    let (name, kind) = match raw.kind {
        Some(Text(kind)) if kind != "custom" => (
            name.unwrap_or_else(|| kind.clone()),
            ToolKind::Hosted { kind },
        ),
        _ => {
            let Some(name) = name.filter(|name| !name.is_empty()) else {
                return Err(missing(&field("name"), "what the tool is called by"));
            };
            let Some(schema) = raw.input_schema else {
                return Err(missing(&field("input_schema"), "a JSON schema"));
            };
            if !schema.get().starts_with('{') {
                return Err(wrong(&field("input_schema"), "must be an object"));
            }
            let kind = ToolKind::Function {
                parameters: Some(schema),
                strict: raw.strict,
            };
            (name, kind)
        }
    };
    Ok(Tool {
        name,
        namespace: None,
        description: raw.description.map(|Text(text)| text),
        kind,
        cache: raw.cache_control,
        deferred: raw.defer_loading.unwrap_or_default(),
    })
}

fn tool_choice(choice: RawChoice<'_>) -> Result<ToolChoice<'_>, WireError> {
    Ok(match choice.kind.0.as_ref() {
        "auto" => ToolChoice::Auto,
        "any" => ToolChoice::Required,
        "none" => ToolChoice::None,
        "tool" => match choice.name {
            Some(Text(name)) => ToolChoice::Named(name),
            None => return Err(missing("tool_choice.name", "the tool that must be called")),
        },
        _ => {
            let message = "must be `auto`, `any`, `tool` or `none`";
            return Err(wrong("tool_choice.type", message));
        }
    })
}

/// What is said of thinking. Types of thinking that are not known yet are left to the model.
fn reasoning(
    thinking: Option<Object<RawThinking<'_>>>,
    effort: Option<Text<'_>>,
) -> Option<Reasoning> {
    let effort = effort.and_then(|Text(effort)| match effort.as_ref() {
        "none" | "minimal" => Some(Effort::Minimal),
        "low" => Some(Effort::Low),
        "medium" => Some(Effort::Medium),
        "high" => Some(Effort::High),
        "xhigh" | "max" => Some(Effort::Max),
        _ => None,
    });
    let Some(Object(thinking)) = thinking else {
        return effort.map(|effort| Reasoning {
            effort: Some(effort),
            ..Reasoning::default()
        });
    };
    let off = thinking.kind.0 == "disabled";
    Some(Reasoning {
        off,
        effort,
        budget_tokens: thinking.budget_tokens,
        visible: !off
            && thinking
                .display
                .is_none_or(|Text(display)| display != "omitted"),
    })
}

fn answer_format(Object(format): Object<RawFormat<'_>>) -> Result<Format<'_>, WireError> {
    if format.kind.0 != "json_schema" {
        return Err(wrong("output_config.format.type", "must be `json_schema`"));
    }
    let Some(schema) = format.schema else {
        return Err(missing("output_config.format.schema", "a JSON schema"));
    };
    Ok(Format::Schema {
        name: Cow::Borrowed("output"),
        description: None,
        schema,
        // Anthropic follows every schema, but takes more of them than OpenAI's strict mode does.
        strict: None,
    })
}

fn wrong(field: &str, message: &str) -> WireError {
    WireError::field(field, format!("`{field}`: {message}"))
}

fn missing(field: &str, meaning: &str) -> WireError {
    wrong(field, &format!("missing field; it says {meaning}"))
}
