//! The tools of a request: read from `tools` and from `additional_tools` items, written for a
//! model.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::items::{is_namespace, missing};
use crate::error::WireError;
use crate::hub::{Profile, Tool, ToolKind};
use crate::json::{Object, Text};

/// The most tools in one request.
const MAX_TOOLS: usize = 2048;

/// A tool, or a namespace of tools.
#[derive(Deserialize)]
pub(super) struct ToolItem<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    description: Option<Text<'a>>,
    #[serde(borrow)]
    parameters: Option<&'a RawValue>,
    strict: Option<bool>,
    #[serde(borrow)]
    format: Option<&'a RawValue>,
    defer_loading: Option<bool>,
    #[serde(borrow)]
    tools: Option<Vec<Object<ToolItem<'a>>>>,
}

/// Adds the tools that stand at `place`. A name that is there already keeps its first meaning: a
/// tool that was loaded later in the conversation may have been offered from the start as well.
pub(super) fn read_tools<'a>(
    items: Vec<Object<ToolItem<'a>>>,
    place: &str,
    tools: &mut Vec<Tool<'a>>,
) -> Result<(), WireError> {
    for (index, Object(item)) in items.into_iter().enumerate() {
        item.read(&format!("{place}[{index}]"), None, tools)?;
    }
    Ok(())
}

impl<'a> ToolItem<'a> {
    fn read(
        self,
        place: &str,
        namespace: Option<&Cow<'a, str>>,
        tools: &mut Vec<Tool<'a>>,
    ) -> Result<(), WireError> {
        let Text(kind) = self.kind.ok_or_else(|| missing(place, "type"))?;
        let name = self.name.map(|Text(name)| name);
        let named = |name: Option<_>| name.ok_or_else(|| missing(place, "name"));
        let (name, kind) = match kind.as_ref() {
            // Namespaces do not nest.
            "namespace" if namespace.is_none() => {
                let space = named(name)?;
                let inner = self.tools.ok_or_else(|| missing(place, "tools"))?;
                let space = Some(&space).filter(is_namespace);
                for (index, Object(item)) in inner.into_iter().enumerate() {
                    item.read(&format!("{place}.tools[{index}]"), space, tools)?;
                }
                return Ok(());
            }
            "function" => {
                let (parameters, strict) = (self.parameters, self.strict);
                (named(name)?, ToolKind::Function { parameters, strict })
            }
            "custom" => (
                named(name)?,
                ToolKind::Custom {
                    format: self.format,
                },
            ),
            _ => (kind.clone(), ToolKind::Hosted { kind }),
        };
        let known = |tool: &Tool<'_>| tool.name == name && tool.namespace.as_ref() == namespace;
        if !tools.iter().any(known) {
            if tools.len() == MAX_TOOLS {
                let message = format!("`tools`: more than {MAX_TOOLS} tools");
                return Err(WireError::field("tools", message));
            }
            tools.push(Tool {
                name,
                namespace: namespace.cloned(),
                description: self.description.map(|Text(text)| text),
                kind,
                cache: None,
                deferred: self.defer_loading.unwrap_or(false),
            });
        }
        Ok(())
    }
}

/// A tool as a model is offered it. Namespaces are part of its name.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum OfferedTool<'a> {
    Function {
        name: Cow<'a, str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        description: Option<Cow<'a, str>>,
        parameters: Schema<'a>,
        /// Always said: this API takes silence for true, the others for false.
        strict: bool,
    },
    Custom {
        name: Cow<'a, str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        description: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        format: Option<InputFormat<'a>>,
    },
}

impl OfferedTool<'_> {
    /// The choice that forces a call of the tool.
    pub(super) fn choice(&self) -> Value {
        match self {
            Self::Function { name, .. } => json!({"type": "function", "name": name}),
            Self::Custom { name, .. } => json!({"type": "custom", "name": name}),
        }
    }
}

/// What the free text for a tool may be.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum InputFormat<'a> {
    Text,
    Grammar {
        syntax: Cow<'a, str>,
        definition: Cow<'a, str>,
    },
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Schema<'a> {
    Given(&'a RawValue),
    Made(Value),
}

/// Writes a tool; none for one that only its own provider runs.
pub(super) fn offer<'a>(tool: &'a Tool<'_>, profile: &Profile) -> Option<OfferedTool<'a>> {
    let name = tool.flat_name();
    let description = tool.description.as_deref();
    Some(match &tool.kind {
        ToolKind::Function { parameters, strict } => OfferedTool::Function {
            name,
            description: description.map(Cow::Borrowed),
            parameters: match parameters {
                Some(schema) => Schema::Given(schema),
                None => Schema::Made(json!({"type": "object", "properties": {}})),
            },
            strict: strict.unwrap_or(false),
        },
        ToolKind::Custom { format } if profile.custom_tools => OfferedTool::Custom {
            name,
            description,
            format: format.map(input_format),
        },
        ToolKind::Custom { format } => OfferedTool::Function {
            name,
            description: with_grammar(description, format.map(input_format)),
            parameters: Schema::Made(json!({
                "type": "object",
                "properties": {"input": {"type": "string"}},
                "required": ["input"],
                "additionalProperties": false,
            })),
            strict: false,
        },
        ToolKind::Hosted { .. } => return None,
    })
}

/// Reads the format of a tool for free text. Chat Completions holds a grammar one level deeper.
fn input_format(format: &RawValue) -> InputFormat<'_> {
    #[derive(Deserialize)]
    struct Grammar<'a> {
        #[serde(borrow)]
        syntax: Text<'a>,
        #[serde(borrow)]
        definition: Text<'a>,
    }
    #[derive(Deserialize)]
    struct Nested<'a> {
        #[serde(borrow)]
        grammar: Grammar<'a>,
    }
    let nested = serde_json::from_str::<Nested<'_>>(format.get()).map(|nested| nested.grammar);
    match nested.or_else(|_| serde_json::from_str(format.get())) {
        Ok(Grammar {
            syntax: Text(syntax),
            definition: Text(definition),
        }) => InputFormat::Grammar { syntax, definition },
        Err(_) => InputFormat::Text,
    }
}

/// The description of a tool for free text, with the grammar that the text must follow.
fn with_grammar<'a>(
    description: Option<&'a str>,
    format: Option<InputFormat<'_>>,
) -> Option<Cow<'a, str>> {
    let Some(InputFormat::Grammar { syntax, definition }) = format else {
        return description.map(Cow::Borrowed);
    };
    let lead = description.map_or_else(String::new, |text| format!("{text}\n\n"));
    Some(Cow::Owned(format!(
        "{lead}The input must follow this {syntax} grammar:\n{definition}"
    )))
}
