//! Tools, in both directions.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
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

/// A tool as it is written. Schemas stand in it as the client wrote them: models follow the order of
/// their fields.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum WrittenTool<'t> {
    Function { function: WrittenFunction<'t> },
    Custom { custom: WrittenCustom<'t> },
}

#[derive(Debug, Serialize)]
pub(super) struct WrittenFunction<'t> {
    name: Cow<'t, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<Cow<'t, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<&'t RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    strict: Option<bool>,
}

#[derive(Debug, Serialize)]
pub(super) struct WrittenCustom<'t> {
    name: Cow<'t, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'t str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<Value>,
}

/// The schema of a function that stands for a custom tool.
const FREE_TEXT: &str = r#"{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}"#;

/// The tool in this dialect; none where the provider itself would have to run it.
pub(super) fn write_tool<'t>(tool: &'t Tool<'_>, profile: &Profile) -> Option<WrittenTool<'t>> {
    let name = tool.flat_name();
    let description = tool.description.as_deref();
    let function = match &tool.kind {
        ToolKind::Hosted { .. } => return None,
        ToolKind::Custom { format } if profile.custom_tools => {
            let custom = WrittenCustom {
                name,
                description,
                format: format.map(custom_format),
            };
            return Some(WrittenTool::Custom { custom });
        }
        ToolKind::Function { parameters, strict } => WrittenFunction {
            name,
            description: description.map(Cow::Borrowed),
            parameters: *parameters,
            strict: *strict,
        },
        ToolKind::Custom { format } => WrittenFunction {
            name,
            description: match format.and_then(grammar) {
                None => description.map(Cow::Borrowed),
                Some(grammar) => Some(Cow::Owned(format!(
                    "{}The input must follow this {} grammar:\n{}",
                    description.map_or(String::new(), |own| format!("{own}\n\n")),
                    grammar.syntax.0,
                    grammar.definition.0
                ))),
            },
            parameters: serde_json::from_str(FREE_TEXT).ok(),
            strict: None,
        },
    };
    Some(WrittenTool::Function { function })
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
