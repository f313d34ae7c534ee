//! The options of a request that are objects of their own.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::WireError;
use crate::hub::{Effort, Extra, Format, Reasoning, ToolChoice};
use crate::json::{Object, Text};

/// `reasoning`.
#[derive(Deserialize)]
pub(super) struct ReasoningBody<'a> {
    #[serde(borrow)]
    effort: Option<Text<'a>>,
    #[serde(borrow)]
    summary: Option<Text<'a>>,
    /// The older name of `summary`.
    #[serde(borrow)]
    generate_summary: Option<Text<'a>>,
}

/// `text.format`.
#[derive(Deserialize)]
pub(super) struct FormatBody<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    description: Option<Text<'a>>,
    #[serde(borrow)]
    schema: Option<&'a RawValue>,
    strict: Option<bool>,
}

/// A field at the top with a value that cannot be used.
pub(super) fn refused(field: &str, message: &str) -> WireError {
    WireError::field(field, format!("`{field}`: {message}"))
}

/// Reads `reasoning`; none where it wishes for nothing.
pub(super) fn reasoning(body: &ReasoningBody<'_>) -> Result<Option<Reasoning>, WireError> {
    let effort = body.effort.as_ref().map(|Text(effort)| effort.as_ref());
    let summary = body.summary.as_ref().or(body.generate_summary.as_ref());
    let reasoning = Reasoning {
        off: effort == Some("none"),
        effort: match effort {
            None | Some("none") => None,
            Some("minimal") => Some(Effort::Minimal),
            Some("low") => Some(Effort::Low),
            Some("medium") => Some(Effort::Medium),
            Some("high") => Some(Effort::High),
            Some("xhigh" | "max") => Some(Effort::Max),
            Some(_) => {
                let message = "none of none, minimal, low, medium, high, xhigh and max";
                return Err(refused("reasoning.effort", message));
            }
        },
        budget_tokens: None,
        visible: summary.is_some_and(|Text(summary)| summary != "none"),
    };
    Ok((reasoning != Reasoning::default()).then_some(reasoning))
}

/// Reads `text.format`; none for plain text.
pub(super) fn format(body: FormatBody<'_>) -> Result<Option<Format<'_>>, WireError> {
    let missing = |field: &str| refused(&format!("text.format.{field}"), "missing");
    Ok(match body.kind.0.as_ref() {
        "text" => None,
        "json_object" => Some(Format::Json),
        "json_schema" => Some(Format::Schema {
            name: body.name.ok_or_else(|| missing("name"))?.0,
            description: body.description.map(|Text(text)| text),
            schema: body.schema.ok_or_else(|| missing("schema"))?,
            strict: body.strict,
        }),
        _ => {
            let message = "none of text, json_object and json_schema";
            return Err(refused("text.format.type", message));
        }
    })
}

/// Reads `tool_choice`: a word, or an object that names a tool. A choice among some of the tools
/// has no counterpart elsewhere, and becomes an extra.
pub(super) fn tool_choice<'a>(
    value: &'a RawValue,
    extras: &mut Vec<Extra<'a>>,
) -> Result<ToolChoice<'a>, WireError> {
    #[derive(Deserialize)]
    struct Choice<'a> {
        #[serde(borrow, rename = "type")]
        kind: Text<'a>,
        #[serde(borrow)]
        name: Option<Text<'a>>,
        #[serde(borrow)]
        mode: Option<Text<'a>>,
    }
    let word = |word: &str| match word {
        "auto" => Ok(ToolChoice::Auto),
        "none" => Ok(ToolChoice::None),
        "required" => Ok(ToolChoice::Required),
        _ => Err(refused("tool_choice", "none of auto, none and required")),
    };
    if let Ok(Text(mode)) = serde_json::from_str::<Text<'_>>(value.get()) {
        return word(&mode);
    }
    let Ok(Object(choice)) = serde_json::from_str::<Object<Choice<'a>>>(value.get()) else {
        return Err(refused(
            "tool_choice",
            "neither a string nor an object with a type",
        ));
    };
    match (choice.kind.0.as_ref(), choice.name) {
        ("function" | "custom", Some(Text(name))) => Ok(ToolChoice::Named(name)),
        ("function" | "custom", None) => Err(refused("tool_choice.name", "missing")),
        ("allowed_tools", _) => {
            extras.push(Extra {
                name: Cow::Borrowed("tool_choice"),
                value,
                essential: true,
            });
            word(
                choice
                    .mode
                    .map_or(Cow::Borrowed("auto"), |Text(mode)| mode)
                    .as_ref(),
            )
        }
        // A tool of the provider's own goes by its type.
        _ => Ok(ToolChoice::Named(choice.kind.0)),
    }
}
