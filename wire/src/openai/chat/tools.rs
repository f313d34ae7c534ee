//! Tools, in both directions.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::content::{or_empty, string};
use crate::error::WireError;
use crate::hub::{Profile, Tool, ToolChoice, ToolKind};
use crate::json::{Object, Text};

/// A tool as it stands in a request.
#[derive(Deserialize)]
pub(super) struct OfferedTool<'a> {
    #[serde(rename = "type", borrow)]
    kind: Option<Text<'a>>,
    function: Option<Object<OfferedFunction<'a>>>,
    custom: Option<Object<OfferedCustom<'a>>>,
}

#[derive(Deserialize)]
struct OfferedFunction<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    description: Option<Text<'a>>,
    parameters: Option<&'a RawValue>,
    strict: Option<bool>,
}

#[derive(Deserialize)]
struct OfferedCustom<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    description: Option<Text<'a>>,
    format: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct NamedTool<'a> {
    #[serde(borrow, alias = "custom")]
    function: Named<'a>,
}

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow)]
    name: Text<'a>,
}

/// Reads the tools that are offered.
///
/// # Errors
/// [`WireError`], naming the tool at fault.
pub(super) fn read_tools<'a>(
    offered: Vec<Object<OfferedTool<'a>>>,
) -> Result<Vec<Tool<'a>>, WireError> {
    let read = |(index, Object(tool)): (usize, Object<OfferedTool<'a>>)| {
        let (name, description, kind) = match tool {
            OfferedTool {
                function: Some(Object(function)),
                ..
            } => {
                let OfferedFunction {
                    name: Text(name),
                    description,
                    parameters,
                    strict,
                } = function;
                let kind = ToolKind::Function { parameters, strict };
                (name, description, kind)
            }
            OfferedTool {
                custom: Some(Object(custom)),
                ..
            } => {
                let format = custom.format;
                let Text(name) = custom.name;
                (name, custom.description, ToolKind::Custom { format })
            }
            OfferedTool { kind, .. } => {
                let kind = or_empty(kind);
                if matches!(kind.as_ref(), "" | "function" | "custom") {
                    let field = match kind.as_ref() {
                        "" => format!("tools[{index}].type"),
                        own => format!("tools[{index}].{own}"),
                    };
                    let message = format!("`{field}`: missing field");
                    return Err(WireError::field(field, message));
                }
                (kind.clone(), None, ToolKind::Hosted { kind })
            }
        };
        Ok(Tool {
            name,
            namespace: None,
            description: description.map(|Text(text)| text),
            kind,
            cache: None,
            deferred: false,
        })
    };
    offered.into_iter().enumerate().map(read).collect()
}

/// Reads the tool choice; none where it is of an unknown form.
pub(super) fn read_tool_choice(raw: &RawValue) -> Option<ToolChoice<'_>> {
    if let Some(word) = string(raw) {
        return match word.as_ref() {
            "auto" => Some(ToolChoice::Auto),
            "none" => Some(ToolChoice::None),
            "required" => Some(ToolChoice::Required),
            _ => None,
        };
    }
    let named: NamedTool<'_> = serde_json::from_str(raw.get()).ok()?;
    Some(ToolChoice::Named(named.function.name.0))
}

/// The tool in this dialect; none where the provider itself would have to run it.
pub(super) fn write_tool(tool: &Tool<'_>, profile: &Profile) -> Option<Value> {
    let mut inner = json!({"name": tool.flat_name()});
    let mut description = tool.description.clone();
    let kind = match &tool.kind {
        ToolKind::Hosted { .. } => return None,
        ToolKind::Function { parameters, strict } => {
            if let Some(parameters) = parameters {
                inner["parameters"] = serde_json::to_value(parameters).ok()?;
            }
            if let Some(strict) = strict {
                inner["strict"] = (*strict).into();
            }
            "function"
        }
        ToolKind::Custom { format } if profile.custom_tools => {
            if let Some(format) = format {
                inner["format"] = custom_format(format);
            }
            "custom"
        }
        ToolKind::Custom { format } => {
            if let Some(grammar) = format.and_then(grammar) {
                let own = description.as_deref().unwrap_or_default();
                let text = format!(
                    "{own}\n\nThe input must follow this {} grammar:\n{}",
                    grammar.syntax.0, grammar.definition.0
                );
                description = Some(text.trim_start().to_owned().into());
            }
            inner["parameters"] = json!({
                "type": "object",
                "properties": {"input": {"type": "string"}},
                "required": ["input"],
                "additionalProperties": false,
            });
            "function"
        }
    };
    if let Some(description) = description {
        inner["description"] = description.into();
    }
    Some(json!({"type": kind, kind: inner}))
}

#[derive(Deserialize)]
struct Grammar<'a> {
    #[serde(borrow)]
    syntax: Text<'a>,
    definition: Text<'a>,
}

/// The grammar of a custom tool: this dialect holds it one level deeper than Responses.
fn grammar(format: &RawValue) -> Option<Grammar<'_>> {
    #[derive(Deserialize)]
    struct Nested<'a> {
        #[serde(borrow)]
        grammar: Grammar<'a>,
    }
    let nested = serde_json::from_str::<Nested<'_>>(format.get()).map(|nested| nested.grammar);
    nested.or_else(|_| serde_json::from_str(format.get())).ok()
}

fn custom_format(format: &RawValue) -> Value {
    match grammar(format) {
        Some(Grammar {
            syntax: Text(syntax),
            definition: Text(definition),
        }) => {
            json!({"type": "grammar", "grammar": {"syntax": syntax, "definition": definition}})
        }
        None => json!({"type": "text"}),
    }
}
