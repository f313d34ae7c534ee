//! Tools and the choice among them, written for Anthropic.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use super::write::Notes;
use crate::hub::{Block, Profile, Request, Tool, ToolChoice, ToolKind, Unsupported};
use crate::json::Members;

/// What a tool with free text takes where only functions are known.
const FREE_TEXT: &str = r#"{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}"#;
/// What a tool takes that nothing is known of.
const ANYTHING: &str = r#"{"type":"object","properties":{}}"#;

#[derive(Serialize)]
pub(super) struct OutTool<'r> {
    name: Cow<'r, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<Cow<'r, str>>,
    input_schema: Cow<'r, RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cache_control: Option<&'r RawValue>,
}

#[derive(Serialize)]
pub(super) struct OutChoice<'r> {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Cow<'r, str>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    disable_parallel_tool_use: bool,
}

impl OutChoice<'_> {
    /// Whether it makes the model call something.
    pub(super) fn forces(&self) -> bool {
        matches!(self.r#type, "any" | "tool")
    }
}

/// The tools as functions. Those that a provider of another kind runs itself are left out.
pub(super) fn tools<'r>(
    request: &'r Request<'_>,
    notes: &mut Notes,
) -> Result<Vec<OutTool<'r>>, Unsupported> {
    let mut out = Vec::with_capacity(request.tools.len());
    for tool in &request.tools {
        let (schema, description) = match &tool.kind {
            ToolKind::Function { parameters, strict } => {
                if *strict == Some(true) {
                    notes.add("tools.strict");
                }
                let description = tool.description.as_deref().map(Cow::Borrowed);
                (object_schema(*parameters), description)
            }
            ToolKind::Custom { format } => (constant(FREE_TEXT), free_text(tool, *format)),
            ToolKind::Hosted { kind } => {
                if matches!(&request.tool_choice, Some(ToolChoice::Named(name)) if *name == tool.name)
                {
                    let message = format!("this model has no tool of type `{kind}` to be forced");
                    return Err(Unsupported::new("tool_choice", message));
                }
                notes.add(&format!("tools.{kind}"));
                continue;
            }
        };
        out.push(OutTool {
            name: tool.flat_name(),
            description,
            input_schema: schema,
            cache_control: tool.cache,
        });
    }
    if out.is_empty() {
        out = mentioned(request);
    }
    Ok(out)
}

/// A conversation with calls has to come with tools: those it mentions, where the client offers
/// none any more.
fn mentioned<'r>(request: &'r Request<'_>) -> Vec<OutTool<'r>> {
    let names: BTreeSet<Cow<'r, str>> = request
        .blocks()
        .filter_map(|block| match block {
            Block::ToolCall {
                name, namespace, ..
            } => Some(crate::hub::flat_name(namespace.as_deref(), name)),
            _ => None,
        })
        .collect();
    let tool = |name| OutTool {
        name,
        description: None,
        input_schema: constant(ANYTHING),
        cache_control: None,
    };
    names.into_iter().map(tool).collect()
}

/// The choice, and the sentence that stands for it where the model cannot be forced.
pub(super) fn choice<'r>(
    request: &'r Request<'_>,
    profile: &Profile,
    offered: bool,
    notes: &mut Notes,
) -> Result<(Option<OutChoice<'r>>, Option<String>), Unsupported> {
    if !offered {
        return Ok((None, None));
    }
    let all_left_out = request
        .tools
        .iter()
        .all(|tool| matches!(tool.kind, ToolKind::Hosted { .. }));
    let disable_parallel_tool_use = request.parallel_tool_calls == Some(false);
    let plain = |kind| OutChoice {
        r#type: kind,
        name: None,
        disable_parallel_tool_use: disable_parallel_tool_use && kind != "none",
    };
    Ok(match &request.tool_choice {
        // Only there because the history mentions them.
        _ if all_left_out => (Some(plain("none")), None),
        None if !disable_parallel_tool_use => (None, None),
        None | Some(ToolChoice::Auto) => (Some(plain("auto")), None),
        Some(ToolChoice::None) => (Some(plain("none")), None),
        Some(forced) => {
            let name = match forced {
                ToolChoice::Named(name) => Some(named(request, name)?),
                _ => None,
            };
            if profile.forced_tools {
                let kind = if name.is_some() { "tool" } else { "any" };
                (
                    Some(OutChoice {
                        name,
                        ..plain(kind)
                    }),
                    None,
                )
            } else {
                notes.add("tool_choice");
                (Some(plain("auto")), Some(must_call(name.as_deref())))
            }
        }
    })
}

/// The sentence that stands for a forced call.
pub(super) fn must_call(name: Option<&str>) -> String {
    match name {
        Some(name) => format!("You must call the tool {name} now."),
        None => String::from("You must call one of the tools now."),
    }
}

fn named<'r>(request: &'r Request<'_>, name: &str) -> Result<Cow<'r, str>, Unsupported> {
    let is_meant = |tool: &&Tool<'_>| tool.name == name || tool.flat_name() == name;
    let tool = request.tools.iter().find(is_meant);
    tool.map(Tool::flat_name).ok_or_else(|| {
        let message = format!("there is no tool `{name}` to be called");
        Unsupported::new("tool_choice", message)
    })
}

/// A schema whose top says that it is an object: Anthropic takes no other.
fn object_schema(parameters: Option<&RawValue>) -> Cow<'_, RawValue> {
    let Some(schema) = parameters else {
        return constant(ANYTHING);
    };
    match Members::of(schema.get().as_bytes()) {
        Some(members) if members.get("type").is_some() => Cow::Borrowed(schema),
        Some(mut members) => {
            members.set("type", &"object");
            raw(members.to_bytes()).map_or(Cow::Borrowed(schema), Cow::Owned)
        }
        None => constant(ANYTHING),
    }
}

/// The description of a tool with free text: what it does, and by which grammar.
fn free_text<'r>(tool: &'r Tool<'_>, format: Option<&RawValue>) -> Option<Cow<'r, str>> {
    #[derive(Deserialize)]
    struct Grammar<'a> {
        #[serde(borrow)]
        definition: Cow<'a, str>,
        #[serde(borrow)]
        syntax: Option<Cow<'a, str>>,
    }
    let description = tool.description.as_deref();
    let grammar = format.and_then(|raw| serde_json::from_str::<Grammar<'_>>(raw.get()).ok());
    let Some(grammar) = grammar else {
        return description.map(Cow::Borrowed);
    };
    let before = description
        .map(|text| format!("{text}\n\n"))
        .unwrap_or_default();
    let syntax = grammar.syntax.as_deref().unwrap_or("following");
    Some(Cow::Owned(format!(
        "{before}The input is free text by this {syntax} grammar:\n{}",
        grammar.definition
    )))
}

fn constant(json: &'static str) -> Cow<'static, RawValue> {
    serde_json::from_str(json).map_or_else(|_| Cow::Borrowed(RawValue::NULL), Cow::Borrowed)
}

/// Bytes that are known to be JSON, as such.
pub(super) fn raw(json: Vec<u8>) -> Option<Box<RawValue>> {
    RawValue::from_string(String::from_utf8(json).ok()?).ok()
}

/// The arguments of a call as an object: free text, and what is no object, under `input`.
pub(super) fn arguments(text: &str) -> Cow<'_, RawValue> {
    let text = text.trim_matches([' ', '\t', '\n', '\r']);
    if text.is_empty() {
        return constant("{}");
    }
    match serde_json::from_str::<&RawValue>(text) {
        Ok(object) if text.starts_with('{') => Cow::Borrowed(object),
        _ => free_input(text),
    }
}

/// The arguments of a call with free text.
pub(super) fn free_input(text: &str) -> Cow<'static, RawValue> {
    #[derive(Serialize)]
    struct Input<'a> {
        input: &'a str,
    }
    to_raw_value(&Input { input: text }).map_or_else(|_| constant("{}"), Cow::Owned)
}
