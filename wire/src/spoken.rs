//! What a body says, text by text, with the places of what tools have told: these can be put in other
//! words, and all else stays byte for byte.

use std::borrow::Cow;
use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::dialect::Dialect;
use crate::json::{Members, Text, span_of, splice};

/// A text of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spoken<'a> {
    /// The text.
    pub text: Cow<'a, str>,
    /// Whose it is.
    pub by: Speaker,
    /// The JSON string in the body.
    at: Range<usize>,
}

/// Who says a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// A tool.
    Tool,
    /// The user.
    User,
}

impl Dialect {
    /// What tools and users say in a body of this dialect, in order. Results that a tool marks as its
    /// failure are left out: they are short, and matter most.
    pub fn spoken(self, body: &[u8]) -> Vec<Spoken<'_>> {
        let Some(members) = Members::of(body) else {
            return Vec::new();
        };
        let conversation = match self {
            Self::Chat | Self::Messages => members.get("messages"),
            Self::Responses => members.get("input"),
        };
        let mut said = Said {
            body,
            texts: Vec::new(),
        };
        // The text is a part of the body, whoever holds it.
        let place = conversation.and_then(|text| span_of(body, text));
        let text = place.and_then(|at| std::str::from_utf8(body.get(at)?).ok());
        let items: Vec<Item<'_>> = text
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default();
        for item in &items {
            said.item(item);
        }
        said.texts
    }
}

/// The body with other words for some of its texts.
pub fn reworded<'w>(
    body: &[u8],
    words: impl Iterator<Item = (&'w Spoken<'w>, &'w str)>,
) -> Vec<u8> {
    let edits = words.map(|(spoken, text)| {
        let quoted = serde_json::Value::from(text).to_string();
        (spoken.at.clone(), Cow::Owned(quoted.into_bytes()))
    });
    splice(body, edits.collect())
}

/// A message or item of any dialect, as far as it is looked at.
#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    role: Option<Text<'a>>,
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
    #[serde(borrow, default)]
    output: Option<&'a RawValue>,
}

/// A block of content of any dialect, likewise.
#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    text: Option<&'a RawValue>,
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
    #[serde(default)]
    is_error: Option<bool>,
}

struct Said<'a> {
    body: &'a [u8],
    texts: Vec<Spoken<'a>>,
}

impl<'a> Said<'a> {
    fn item(&mut self, item: &Item<'a>) {
        let kind = item.kind.as_ref().map(|Text(kind)| kind.as_ref());
        let role = item.role.as_ref().map(|Text(role)| role.as_ref());
        match (kind, role) {
            (Some("function_call_output" | "custom_tool_call_output"), _) => {
                self.content(item.output, Speaker::Tool);
            }
            (_, Some("tool")) => self.content(item.content, Speaker::Tool),
            (_, Some("user")) => self.content(item.content, Speaker::User),
            _ => {}
        }
    }

    /// A string, or a list of parts that hold strings.
    fn content(&mut self, content: Option<&'a RawValue>, by: Speaker) {
        let Some(content) = content else { return };
        if let Ok(parts) = serde_json::from_str::<Vec<Part<'a>>>(content.get()) {
            for part in &parts {
                self.part(part, by);
            }
        } else {
            self.string(content, by);
        }
    }

    fn part(&mut self, part: &Part<'a>, by: Speaker) {
        let kind = part.kind.as_ref().map(|Text(kind)| kind.as_ref());
        match kind {
            Some("tool_result") if part.is_error != Some(true) => {
                self.content(part.content, Speaker::Tool);
            }
            Some("text" | "input_text") => {
                if let Some(text) = part.text {
                    self.string(text, by);
                }
            }
            _ => {}
        }
    }

    fn string(&mut self, value: &'a RawValue, by: Speaker) {
        let text = serde_json::from_str::<Text<'a>>(value.get());
        if let (Ok(Text(text)), Some(at)) = (text, span_of(self.body, value.get())) {
            self.texts.push(Spoken { text, by, at });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn said(dialect: Dialect, body: &Value) -> Vec<(Speaker, String)> {
        let body = body.to_string();
        let spoken = dialect.spoken(body.as_bytes());
        spoken
            .into_iter()
            .map(|spoken| (spoken.by, spoken.text.into_owned()))
            .collect()
    }

    #[test]
    fn users_and_tools_are_heard_in_every_dialect() {
        let texts = [
            (Speaker::User, "q\n".to_owned()),
            (Speaker::Tool, "a \"b\"".to_owned()),
            (Speaker::Tool, "c".to_owned()),
        ];
        let chat = json!({"messages": [
            {"role": "system", "content": "s"},
            {"role": "user", "content": [{"type": "text", "text": "q\n"}, {"type": "image_url", "image_url": {"url": "u"}}]},
            {"role": "assistant", "content": "x"},
            {"role": "tool", "tool_call_id": "1", "content": "a \"b\""},
            {"role": "tool", "tool_call_id": "2", "content": [{"type": "text", "text": "c"}]},
        ]});
        let messages = json!({"system": "s", "messages": [
            {"role": "user", "content": "q\n"},
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "t", "signature": "s"}, {"type": "tool_use", "id": "1", "name": "f", "input": {"text": "no"}}]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "1", "content": "a \"b\""},
                {"type": "tool_result", "tool_use_id": "3", "is_error": true, "content": "failed"},
                {"type": "tool_result", "tool_use_id": "2", "content": [{"type": "text", "text": "c"}, {"type": "image", "source": {}}]},
            ]},
        ]});
        let responses = json!({"instructions": "s", "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "q\n"}]},
            {"type": "reasoning", "encrypted_content": "e", "summary": []},
            {"type": "function_call", "name": "f", "arguments": "{}", "call_id": "1"},
            {"type": "function_call_output", "call_id": "1", "output": "a \"b\""},
            {"type": "custom_tool_call_output", "call_id": "2", "output": [{"type": "input_text", "text": "c"}]},
        ]});
        assert_eq!(said(Dialect::Chat, &chat), texts);
        assert_eq!(said(Dialect::Messages, &messages), texts);
        assert_eq!(said(Dialect::Responses, &responses), texts);
    }

    #[test]
    fn only_what_is_reworded_changes() {
        let body = r#"{ "model":"m", "messages" : [ {"role":"tool","tool_call_id":"1","content":"old\u0041"},
            {"role":"user","content":"n 1.50"} ],"x":[1.0] }"#;
        let spoken = Dialect::Chat.spoken(body.as_bytes());
        let edits = spoken
            .iter()
            .filter(|said| said.by == Speaker::Tool)
            .map(|said| (said, "new \"x\"\n"));
        let out = String::from_utf8(reworded(body.as_bytes(), edits)).unwrap();
        assert_eq!(out, body.replace(r#""old\u0041""#, r#""new \"x\"\n""#));
    }

    proptest! {
        #[test]
        fn no_body_makes_it_panic(text in "[\\[\\]{}\":,\\\\a-z0-9 ]{0,120}", content in "\\PC{0,40}") {
            for dialect in [Dialect::Chat, Dialect::Messages, Dialect::Responses] {
                let _ = dialect.spoken(text.as_bytes());
                let body = json!({"messages": [{"role": "tool", "content": content}], "input": [{"type": "function_call_output", "output": content}]});
                let body = body.to_string();
                for said in dialect.spoken(body.as_bytes()) {
                    let same = reworded(body.as_bytes(), std::iter::once((&said, said.text.as_ref())));
                    prop_assert_eq!(serde_json::from_slice::<Value>(&same).unwrap(), serde_json::from_str::<Value>(&body).unwrap());
                }
            }
        }
    }
}
