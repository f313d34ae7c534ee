//! Writes a request of another dialect for a model that speaks this one.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::fit::{Fit, fit, refused};
use super::input::{InputItem, InputPart};
use super::tools::{OfferedTool, offer};
use super::write_items::write_items;
use crate::hub::{
    Block, Effort, Format, Message, Profile, Reasoning, Request, Role, ToolChoice, Unsupported,
    Written,
};

/// The least bound on an answer that the API takes, tokens.
const LEAST_OUTPUT: u32 = 16;
/// The longest id of an end user that the API takes, characters.
const MAX_USER: usize = 64;

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    instructions: Option<String>,
    input: Vec<InputItem<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<OfferedTool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parallel_tool_calls: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<TextOptions<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_cache_key: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    safety_identifier: Option<&'a RawValue>,
    /// The whole conversation comes with every request, so nothing is left with the provider.
    store: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    include: Option<[&'static str; 1]>,
    stream: bool,
}

#[derive(Serialize)]
struct TextOptions<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<TextFormat<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verbosity: Option<&'a RawValue>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum TextFormat<'a> {
    JsonObject,
    JsonSchema {
        name: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        description: Option<&'a str>,
        schema: &'a RawValue,
        #[serde(skip_serializing_if = "Option::is_none")]
        strict: Option<bool>,
    },
}

/// Writes a request.
///
/// # Errors
/// [`Unsupported`] for the first thing that neither the API nor the model can carry.
pub fn write_request(request: &Request<'_>, profile: &Profile) -> Result<Written, Unsupported> {
    check_sampling(request)?;
    check_end(request, profile)?;
    let mut fit = fit(request, profile)?;
    let (instructions, first) = instructions(&request.messages, &fit.sentences);
    let mut input = write_items(&request.messages[first..], first, profile, &mut fit)?;
    let mut instructions = Some(instructions).filter(|text| !text.is_empty());
    if let (true, Some(text)) = (input.is_empty(), instructions.as_ref()) {
        // The API wants something in `input`.
        let text = Cow::Owned(text.clone());
        input.push(InputItem::Message {
            role: "developer",
            content: vec![InputPart::InputText { text }],
        });
        instructions = None;
    }
    if cached_system(&request.messages[..first]) {
        fit.leave_out("cache_control");
    }
    let (tools, tool_choice) = tools(request, profile, &mut fit)?;
    let extras = extras(request, &mut fit)?;
    let body = Body {
        model: &profile.name,
        instructions,
        input,
        tool_choice,
        parallel_tool_calls: request.parallel_tool_calls.filter(|_| !tools.is_empty()),
        tools,
        max_output_tokens: bound(&mut fit),
        temperature: request.sampling.temperature.filter(|_| profile.sampling),
        top_p: request.sampling.top_p.filter(|_| profile.sampling),
        reasoning: request
            .reasoning
            .filter(|_| profile.reasoning)
            .map(reasoning),
        text: text(request, &fit, extras.verbosity),
        user: user(request, &mut fit),
        prompt_cache_key: extras.prompt_cache_key,
        safety_identifier: extras.safety_identifier,
        store: false,
        include: profile.reasoning.then_some(["reasoning.encrypted_content"]),
        stream: request.stream,
    };
    leave_out_sampling(request, &mut fit);
    let body = serde_json::to_vec(&body).map_err(|error| {
        Unsupported::new("body", format!("the request cannot be written: {error}"))
    })?;
    Ok(Written {
        body,
        left_out: fit.left_out,
    })
}

/// A conversation that ends with the assistant's own words asks the model to go on with them.
fn check_end(request: &Request<'_>, profile: &Profile) -> Result<(), Unsupported> {
    let Some((at, last)) = request.messages.iter().enumerate().next_back() else {
        return Ok(());
    };
    let words = matches!(
        last.content.last(),
        Some(Block::Text { .. } | Block::Refusal { .. })
    );
    if profile.prefill || last.role != Role::Assistant || !words {
        return Ok(());
    }
    let field = format!("messages[{at}]");
    Err(refused(
        profile,
        field,
        "does not go on with an assistant message; end with a user message",
    ))
}

/// What this API has no word for and the answer depends on.
fn check_sampling(request: &Request<'_>) -> Result<(), Unsupported> {
    let sampling = &request.sampling;
    let wanted = [
        ("stop", !sampling.stop.is_empty()),
        ("n", sampling.answers > 1),
        ("logprobs", sampling.logprobs),
    ];
    match wanted.into_iter().find(|(_, wanted)| *wanted) {
        None => Ok(()),
        Some((field, _)) => {
            let message = format!(
                "`{field}`: the model's Responses API has no such option; choose another model"
            );
            Err(Unsupported::new(field, message))
        }
    }
}

fn leave_out_sampling(request: &Request<'_>, fit: &mut Fit) {
    let sampling = &request.sampling;
    let given = [
        ("top_k", sampling.top_k.is_some()),
        ("seed", sampling.seed.is_some()),
        ("frequency_penalty", sampling.frequency_penalty.is_some()),
        ("presence_penalty", sampling.presence_penalty.is_some()),
    ];
    for (name, _) in given.into_iter().filter(|(_, given)| *given) {
        fit.leave_out(name);
    }
}

/// The texts of the leading system messages and the sentences, and how many messages that were.
fn instructions(messages: &[Message<'_>], sentences: &[String]) -> (String, usize) {
    let plain = |message: &&Message<'_>| {
        let mut content = message.content.iter();
        message.role == Role::System && content.all(|block| matches!(block, Block::Text { .. }))
    };
    let leading: Vec<_> = messages.iter().take_while(plain).collect();
    let texts = leading
        .iter()
        .flat_map(|message| message.content.iter().flat_map(Block::texts));
    let texts = texts.chain(sentences.iter().map(String::as_str));
    let texts: Vec<&str> = texts.filter(|text| !text.is_empty()).collect();
    (texts.join("\n\n"), leading.len())
}

fn cached_system(messages: &[Message<'_>]) -> bool {
    let mut blocks = messages.iter().flat_map(|message| &message.content);
    blocks.any(|block| matches!(block, Block::Text { cache: Some(_), .. }))
}

/// The tools that a model can be offered, and which of them it has to call.
fn tools<'r>(
    request: &'r Request<'_>,
    profile: &Profile,
    fit: &mut Fit,
) -> Result<(Vec<OfferedTool<'r>>, Option<Value>), Unsupported> {
    let mut tools = Vec::with_capacity(request.tools.len());
    for tool in &request.tools {
        if tool.cache.is_some() {
            fit.leave_out("cache_control");
        }
        match offer(tool, profile) {
            Some(tool) => tools.push(tool),
            None => fit.leave_out(&format!("tools.{}", tool.name)),
        }
    }
    let choice = match &request.tool_choice {
        None => None,
        Some(ToolChoice::Auto) => Some(json!("auto")),
        Some(ToolChoice::None) => Some(json!("none")),
        Some(ToolChoice::Required) if tools.is_empty() => return Err(not_offered("a tool")),
        Some(ToolChoice::Required) => Some(json!("required")),
        Some(ToolChoice::Named(name)) => {
            let mut meant = request.tools.iter().filter_map(|tool| {
                let named = tool.name == *name || tool.flat_name() == *name;
                let offered = offer(tool, profile).filter(|_| named)?;
                Some(offered.choice())
            });
            Some(meant.next().ok_or_else(|| not_offered(name))?)
        }
    };
    let choice = match fit.frees_choice {
        true => Some(json!("auto")),
        false => choice,
    };
    let choice = choice.filter(|_| !tools.is_empty());
    Ok((tools, choice))
}

fn not_offered(name: &str) -> Unsupported {
    let message = format!(
        "`tool_choice`: it asks for {name}, which is not among the tools that this model can be offered"
    );
    Unsupported::new("tool_choice", message)
}

fn bound(fit: &mut Fit) -> Option<u32> {
    let bound = fit.max_output_tokens?;
    if bound < LEAST_OUTPUT {
        fit.leave_out("max_output_tokens");
    }
    Some(bound.max(LEAST_OUTPUT))
}

/// An effort that the client names keeps its name. A budget has none here: it becomes one of those
/// that every model knows.
fn reasoning(reasoning: Reasoning) -> Value {
    let effort = match (reasoning.off, reasoning.effort, reasoning.budget_tokens) {
        (true, _, _) => Some("none"),
        (_, Some(Effort::Minimal), _) => Some("minimal"),
        (_, Some(Effort::Low), _) | (_, None, Some(..8192)) => Some("low"),
        (_, Some(Effort::Medium), _) | (_, None, Some(8192..16384)) => Some("medium"),
        (_, Some(Effort::High), _) | (_, None, Some(16384..)) => Some("high"),
        (_, Some(Effort::Max), _) => Some("xhigh"),
        (_, None, None) => None,
    };
    let mut value = serde_json::Map::new();
    value.extend(effort.map(|effort| ("effort".to_owned(), json!(effort))));
    if reasoning.visible && !reasoning.off {
        value.insert("summary".to_owned(), json!("auto"));
    }
    Value::Object(value)
}

fn text<'r>(
    request: &'r Request<'_>,
    fit: &Fit,
    verbosity: Option<&'r RawValue>,
) -> Option<TextOptions<'r>> {
    let format = request.format.as_ref().filter(|_| !fit.unties_format);
    let format = format.map(|format| match format {
        Format::Json => TextFormat::JsonObject,
        Format::Schema {
            name,
            description,
            schema,
            strict,
        } => TextFormat::JsonSchema {
            name: if name.is_empty() { "answer" } else { name },
            description: description.as_deref(),
            schema,
            strict: *strict,
        },
    });
    (format.is_some() || verbosity.is_some()).then_some(TextOptions { format, verbosity })
}

fn user<'r>(request: &'r Request<'_>, fit: &mut Fit) -> Option<&'r str> {
    let user = request.user.as_deref()?;
    if user.chars().count() > MAX_USER {
        fit.leave_out("user");
        return None;
    }
    Some(user)
}

/// Fields that OpenAI's two dialects have in common.
#[derive(Default)]
struct Shared<'r> {
    verbosity: Option<&'r RawValue>,
    prompt_cache_key: Option<&'r RawValue>,
    safety_identifier: Option<&'r RawValue>,
}

fn extras<'r>(request: &'r Request<'_>, fit: &mut Fit) -> Result<Shared<'r>, Unsupported> {
    let mut shared = Shared::default();
    for extra in &request.extras {
        match extra.name.as_ref() {
            "verbosity" | "text.verbosity" => shared.verbosity = Some(extra.value),
            "prompt_cache_key" => shared.prompt_cache_key = Some(extra.value),
            "safety_identifier" => shared.safety_identifier = Some(extra.value),
            name if extra.essential => {
                let message = format!(
                    "`{name}`: the model's Responses API cannot carry it; leave it out or choose another model"
                );
                return Err(Unsupported::new(name, message));
            }
            name => fit.leave_out(name),
        }
    }
    Ok(shared)
}
