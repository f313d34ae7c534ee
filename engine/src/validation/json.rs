//! Answers that have to be JSON.

use serde::de::IgnoredAny;
use serde_json::Value;

use super::schema::mismatch;
use super::{Defect, Form, Mismatch, Part};

/// What is wrong with a text that has to have this form.
pub(super) fn check(form: Form<'_>, text: &str, part: Part) -> Option<Defect> {
    let schema = match form {
        Form::Free => return None,
        Form::Json => None,
        Form::Schema(schema) => serde_json::from_str::<Value>(schema).ok(),
    };
    let value = match serde_json::from_str::<Value>(text) {
        Ok(value) => value,
        // What lies deeper than the reader goes may be right.
        Err(error) if is_too_deep(&error) => return None,
        Err(_) => return Some(Defect::BrokenJson(part)),
    };
    let mismatch = match (schema, form) {
        (Some(schema), _) => mismatch(&schema, &value),
        (None, Form::Json) if !value.is_object() => Some(Mismatch {
            path: String::new(),
            keyword: "type",
        }),
        (None, _) => None,
    };
    mismatch.map(|mismatch| Defect::Mismatch(part, mismatch))
}

/// Whether a free text is JSON that was asked for in words and stops in the middle.
pub(super) fn is_cut(question: &str, text: &str) -> bool {
    let mentions = |name: &str| question.contains(name);
    let ends = |error: serde_json::Error| error.is_eof();
    text.starts_with(['{', '['])
        && ["JSON", "json", "Json"].into_iter().any(mentions)
        && serde_json::from_str::<IgnoredAny>(text).is_err_and(ends)
}

fn is_too_deep(error: &serde_json::Error) -> bool {
    error.to_string().starts_with("recursion limit")
}
