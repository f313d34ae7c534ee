//! Calls on their way to the client, under the client's own names and in its own form.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::hub::{CallKind, ToolNames, flat_name, portable_id};
use crate::json::{Object, Text};

/// How a call is told to the client.
#[derive(Debug)]
pub(super) struct ClientCall {
    /// The tool's name.
    pub(super) name: String,
    /// Whether the client's tool takes free text.
    pub(super) custom: bool,
    /// Whether that free text comes wrapped in a JSON object, because the upstream knows no other
    /// arguments.
    pub(super) wrapped: bool,
}

impl ClientCall {
    /// A call of the upstream's, by the name that the upstream was told.
    pub(super) fn new(
        name: &str,
        namespace: Option<&str>,
        custom: bool,
        tools: &ToolNames,
    ) -> Self {
        let is_custom = |kind: CallKind| kind == CallKind::Custom;
        let own = tools.named.get(name).map(|(_, _, kind)| is_custom(*kind));
        Self {
            // This dialect has no namespaces: what the upstream was told is the client's name too.
            name: flat_name(namespace, name).into_owned(),
            custom: own.unwrap_or(custom),
            wrapped: own == Some(true) && !custom,
        }
    }

    /// The call as one of a message's `tool_calls`.
    pub(super) fn whole(&self, id: &str, arguments: &str) -> Value {
        self.begun(id, &self.told(arguments))
    }

    /// The call's beginning in a stream, with the arguments that are known.
    pub(super) fn begun(&self, id: &str, arguments: &str) -> Value {
        let id = portable_id(id);
        match self.custom {
            true => {
                json!({"id": id, "type": "custom", "custom": {"name": self.name, "input": arguments}})
            }
            false => {
                json!({"id": id, "type": "function", "function": {"name": self.name, "arguments": arguments}})
            }
        }
    }

    /// More of its arguments in a stream.
    pub(super) fn piece(&self, arguments: &str) -> Value {
        match self.custom {
            true => json!({"custom": {"input": arguments}}),
            false => json!({"function": {"arguments": arguments}}),
        }
    }

    /// Whole arguments as the client is told them.
    pub(super) fn told<'t>(&self, arguments: &'t str) -> Cow<'t, str> {
        if self.wrapped {
            unwrapped(arguments)
        } else if !self.custom && arguments.trim().is_empty() {
            // Clients parse the arguments of a function.
            Cow::Borrowed("{}")
        } else {
            Cow::Borrowed(arguments)
        }
    }
}

#[derive(Deserialize)]
struct Wrapped<'a> {
    #[serde(borrow)]
    input: Text<'a>,
}

/// The free text in `{"input": "…"}`; anything else is taken for the text itself.
fn unwrapped(arguments: &str) -> Cow<'_, str> {
    match serde_json::from_str::<Object<Wrapped<'_>>>(arguments) {
        Ok(Object(Wrapped { input: Text(text) })) => text,
        Err(_) => Cow::Borrowed(arguments),
    }
}
