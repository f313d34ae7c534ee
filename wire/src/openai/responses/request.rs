//! Reads the body of `POST /v1/responses`.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::items::{Item, TextOrList};
use super::options::{FormatBody, ReasoningBody, format, reasoning, refused, tool_choice};
use super::tools::{ToolItem, read_tools};
use crate::error::WireError;
use crate::hub::{Block, Extra, Message, Request, Role, Sampling};
use crate::json::{self, Object, Text, WithRest};

/// The most items in `input`.
const MAX_ITEMS: usize = 4096;
/// The longest model name, bytes.
const MAX_MODEL: usize = 256;

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    model: Text<'a>,
    #[serde(borrow)]
    input: Option<TextOrList<'a, Object<Item<'a>>>>,
    #[serde(borrow)]
    instructions: Option<Text<'a>>,
    #[serde(borrow)]
    tools: Option<Vec<Object<ToolItem<'a>>>>,
    #[serde(borrow)]
    tool_choice: Option<&'a RawValue>,
    parallel_tool_calls: Option<bool>,
    stream: Option<bool>,
    max_output_tokens: Option<u32>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    top_logprobs: Option<u32>,
    #[serde(borrow)]
    reasoning: Option<Object<ReasoningBody<'a>>>,
    #[serde(borrow)]
    text: Option<Object<TextBody<'a>>>,
    #[serde(borrow)]
    user: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct TextBody<'a> {
    #[serde(borrow)]
    format: Option<Object<FormatBody<'a>>>,
    #[serde(borrow)]
    verbosity: Option<&'a RawValue>,
}

/// Reads a request.
///
/// # Errors
/// [`WireError`], naming the field at fault.
pub fn read_request(body: &[u8]) -> Result<Request<'_>, WireError> {
    let WithRest {
        known: fields,
        rest,
    } = json::read::<WithRest<'_, Body<'_>>>(body)?;
    let mut request = Request {
        model: model(fields.model.0)?,
        messages: Vec::new(),
        tools: Vec::new(),
        tool_choice: None,
        parallel_tool_calls: fields.parallel_tool_calls,
        stream: fields.stream.unwrap_or(false),
        include_usage: true,
        max_output_tokens: fields.max_output_tokens,
        sampling: Sampling {
            temperature: within(fields.temperature, 2.0, "temperature")?,
            top_p: within(fields.top_p, 1.0, "top_p")?,
            logprobs: fields.top_logprobs.is_some_and(|count| count > 0),
            ..Sampling::default()
        },
        reasoning: fields
            .reasoning
            .map(|Object(body)| reasoning(&body))
            .transpose()?
            .flatten(),
        format: None,
        user: fields.user.map(|Text(user)| user),
        extras: extras(rest),
    };
    if let Some(Text(text)) = fields.instructions {
        let content = vec![Block::Text { text, cache: None }];
        request.messages.push(message(Role::System, content));
    }
    read_tools(
        fields.tools.unwrap_or_default(),
        "tools",
        &mut request.tools,
    )?;
    read_input(fields.input, &mut request)?;
    if let Some(choice) = fields.tool_choice {
        request.tool_choice = Some(tool_choice(choice, &mut request.extras)?);
    }
    if let Some(Object(text)) = fields.text {
        request.format = text
            .format
            .map(|Object(body)| format(body))
            .transpose()?
            .flatten();
        request.extras.extend(text.verbosity.map(|value| Extra {
            name: Cow::Borrowed("text.verbosity"),
            value,
            essential: false,
        }));
    }
    Ok(request)
}

fn model(model: Cow<'_, str>) -> Result<Cow<'_, str>, WireError> {
    match model.len() {
        1..=MAX_MODEL => Ok(model),
        _ => Err(refused(
            "model",
            &format!("a name has 1 to {MAX_MODEL} bytes"),
        )),
    }
}

fn within(value: Option<f64>, most: f64, field: &str) -> Result<Option<f64>, WireError> {
    match value {
        Some(value) if !(0.0..=most).contains(&value) => {
            Err(refused(field, &format!("not between 0 and {most}")))
        }
        value => Ok(value),
    }
}

fn message<'a>(role: Role, content: Vec<Block<'a>>) -> Message<'a> {
    Message {
        role,
        content,
        name: None,
    }
}

/// What may take the place of `input`: the provider then knows the conversation.
const KEPT_ELSEWHERE: [&str; 3] = ["conversation", "previous_response_id", "prompt"];

fn read_input<'a>(
    input: Option<TextOrList<'a, Object<Item<'a>>>>,
    request: &mut Request<'a>,
) -> Result<(), WireError> {
    match input {
        Some(TextOrList::Text(text)) => {
            let content = vec![Block::Text { text, cache: None }];
            request.messages.push(message(Role::User, content));
        }
        Some(TextOrList::List(items)) if items.len() > MAX_ITEMS => {
            return Err(refused("input", &format!("more than {MAX_ITEMS} items")));
        }
        Some(TextOrList::List(items)) if !items.is_empty() => {
            for (index, Object(item)) in items.into_iter().enumerate() {
                let place = format!("input[{index}]");
                item.read(&place, &mut request.messages, &mut request.tools)?;
            }
        }
        Some(TextOrList::Other) => return Err(refused("input", "neither a string nor an array")),
        Some(TextOrList::List(_)) | None => {
            let elsewhere = |extra: &Extra<'_>| KEPT_ELSEWHERE.contains(&extra.name.as_ref());
            if !request.extras.iter().any(elsewhere) {
                return Err(refused(
                    "input",
                    "missing; send a string or an array of items",
                ));
            }
        }
    }
    Ok(())
}

fn extras<'a>(rest: Vec<(Cow<'a, str>, &'a RawValue)>) -> Vec<Extra<'a>> {
    let given = rest.into_iter().filter(|(_, value)| value.get() != "null");
    let extras = given.map(|(name, value)| Extra {
        essential: match name.as_ref() {
            "background" => value.get() == "true",
            "include" => value.get().contains("\"message.output_text.logprobs\""),
            name => KEPT_ELSEWHERE.contains(&name),
        },
        name,
        value,
    });
    extras.collect()
}
