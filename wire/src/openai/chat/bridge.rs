//! Words in place of what a model does not know as a field, and what nothing can stand for.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};

use super::turn::BREAK;
use crate::hub::{Message, Profile, Role, Unsupported};
use crate::json::{Members, Object, Text};

/// Asks for a call: of this tool, or of any.
pub(super) fn must_call(name: Option<&str>) -> String {
    match name {
        Some(name) => format!("You must call the tool {name} now."),
        None => "You must call a tool now.".to_owned(),
    }
}

/// Asks for an answer of this form.
pub(super) fn follow_schema(schema: &RawValue) -> String {
    let schema = schema.get();
    format!("Answer with JSON that follows this JSON schema, and nothing else:\n{schema}")
}

/// Refuses a last message that the model would have to go on with and cannot.
///
/// # Errors
/// [`Unsupported`], naming the message.
pub(super) fn check_prefill(
    messages: &[Message<'_>],
    profile: &Profile,
) -> Result<(), Unsupported> {
    let is_assistant = |last: &Message<'_>| last.role == Role::Assistant;
    if profile.prefill || !messages.last().is_some_and(is_assistant) {
        return Ok(());
    }
    let field = format!("messages[{}]", messages.len() - 1);
    let message = format!(
        "`{field}` is the assistant's, and this model does not go on with a message: end with the user's"
    );
    Err(Unsupported::new(field, message))
}

/// Adds sentences at the end of a body's instructions, in the form they have.
pub(super) fn instruct(body: &mut Members<'_>, sentences: &[String]) {
    let text = body.get("messages").unwrap_or_default();
    let Ok(messages) = serde_json::from_str::<Vec<&RawValue>>(text) else {
        return;
    };
    let mut messages: Vec<Cow<'_, RawValue>> = messages.into_iter().map(Cow::Borrowed).collect();
    let leading = messages.iter().take_while(|message| instructs(message));
    match leading.count().checked_sub(1) {
        None => {
            let system = json!({"role": "system", "content": sentences.join(BREAK)});
            let system = to_raw_value(&system).map(Cow::Owned);
            messages.splice(0..0, system);
        }
        Some(last) => {
            if let Some(message) = extended(&messages[last], sentences) {
                messages[last] = Cow::Owned(message);
            }
        }
    }
    if let Ok(messages) = to_raw_value(&messages) {
        body.set("messages", &messages);
    }
}

fn instructs(message: &RawValue) -> bool {
    #[derive(Deserialize)]
    struct Head<'a> {
        #[serde(borrow)]
        role: Text<'a>,
    }
    serde_json::from_str::<Object<Head<'_>>>(message.get())
        .is_ok_and(|Object(head)| matches!(head.role.0.as_ref(), "system" | "developer"))
}

/// A message with sentences at its end; all else of it stays as it stands.
fn extended(message: &RawValue, sentences: &[String]) -> Option<Box<RawValue>> {
    let mut message = Members::of(message.get().as_bytes())?;
    let content = message.get("content").unwrap_or("null");
    let added = sentences.join(BREAK);
    let content = if let Ok(parts) = serde_json::from_str::<Vec<&RawValue>>(content) {
        let part = to_raw_value(&json!({"type": "text", "text": added})).ok()?;
        to_raw_value(&[parts, vec![&part]].concat())
    } else {
        let text: Option<String> = serde_json::from_str(content).ok()?;
        let text = text.filter(|text| !text.is_empty());
        let texts: Vec<String> = text.into_iter().chain([added]).collect();
        to_raw_value(&texts.join(BREAK))
    };
    message.set("content", &content.ok()?);
    RawValue::from_string(String::from_utf8(message.to_bytes()).ok()?).ok()
}
