//! The parts of a Messages body that can carry a mark of a cached prefix, and setting the marks.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memmem;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::json::{Members, Text, span_of, splice};

/// The mark: an entry of five minutes.
const MARK: &str = r#""cache_control":{"type":"ephemeral"}"#;

/// Where marks can go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// The bytes of all tools.
    pub tools: usize,
    /// The bytes of the instructions.
    pub system: usize,
    /// The blocks of the conversation, in order.
    pub blocks: Vec<LaidBlock>,
    last_tool: Option<Range<usize>>,
    last_system: Option<Range<usize>>,
}

/// A block of the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaidBlock {
    /// Whether it can carry a mark.
    pub can: bool,
    /// Whether the model said it.
    pub models: bool,
    at: Range<usize>,
}

impl LaidBlock {
    /// Its bytes.
    pub fn size(&self) -> usize {
        self.at.len()
    }
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    role: Text<'a>,
    #[serde(borrow)]
    content: &'a RawValue,
}

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    text: Option<Text<'a>>,
    #[serde(default)]
    defer_loading: Option<bool>,
}

impl Head<'_> {
    /// Thinking and texts without a visible character carry no mark, nor do tools that are loaded later.
    fn carries(&self) -> bool {
        let kind = self.kind.as_ref().map(|Text(kind)| kind.as_ref());
        let empty = self
            .text
            .as_ref()
            .is_some_and(|Text(text)| text.trim().is_empty());
        !matches!(kind, Some("thinking" | "redacted_thinking"))
            && !empty
            && self.defer_loading != Some(true)
    }
}

impl Layout {
    /// Reads the layout of a body; none where it has marks already, which are the client's to set.
    pub fn of(body: &[u8]) -> Option<Self> {
        if memmem::find(body, b"\"cache_control\"").is_some() {
            return None;
        }
        let members = Members::of(body)?;
        let part = |name| {
            let at = span_of(body, members.get(name)?)?;
            std::str::from_utf8(body.get(at)?).ok()
        };
        let mut layout = Self::default();
        if let Some(tools) = part("tools") {
            layout.tools = tools.len();
            layout.last_tool = last(body, tools);
        }
        if let Some(system) = part("system") {
            layout.system = system.len();
            layout.last_system = last(body, system);
        }
        for message in serde_json::from_str::<Vec<Message<'_>>>(part("messages")?).ok()? {
            let models = message.role.0 == "assistant";
            for (at, can) in blocks(body, message.content.get()) {
                layout.blocks.push(LaidBlock { can, models, at });
            }
        }
        Some(layout)
    }

    /// The body with marks: on the last tool, on the end of the instructions, on these blocks.
    pub fn marked(&self, body: &[u8], tools: bool, system: bool, blocks: &[usize]) -> Vec<u8> {
        let tool = self.last_tool.as_ref().filter(|_| tools);
        let text = self.last_system.as_ref().filter(|_| system);
        let blocks = blocks
            .iter()
            .filter_map(|at| self.blocks.get(*at))
            .map(|block| &block.at);
        let edits = tool.into_iter().chain(text).chain(blocks);
        splice(body, edits.flat_map(|at| mark(body, at)).collect())
    }
}

/// The last part of a list that can carry a mark, or a string that is all of it.
fn last(body: &[u8], value: &str) -> Option<Range<usize>> {
    let mut parts = blocks(body, value);
    parts.rfind(|(_, can)| *can).map(|(at, _)| at)
}

/// The parts of a list, or a string as the only one, each with whether it can carry a mark.
fn blocks<'b>(
    body: &'b [u8],
    value: &'b str,
) -> impl DoubleEndedIterator<Item = (Range<usize>, bool)> {
    let parts = serde_json::from_str::<Vec<&RawValue>>(value);
    let parts = match parts {
        Ok(parts) => parts.into_iter().map(RawValue::get).collect(),
        Err(_) => vec![value],
    };
    parts.into_iter().filter_map(move |part| {
        let can = match part.starts_with('{') {
            true => serde_json::from_str::<Head<'_>>(part).is_ok_and(|head| head.carries()),
            false => {
                serde_json::from_str::<Text<'_>>(part).is_ok_and(|text| !text.0.trim().is_empty())
            }
        };
        Some((span_of(body, part)?, can))
    })
}

/// The edits that mark a block; a string becomes a block first.
fn mark(body: &[u8], at: &Range<usize>) -> Vec<(Range<usize>, Cow<'static, [u8]>)> {
    let insert = |place: usize, text: String| (place..place, Cow::Owned(text.into_bytes()));
    match body.get(at.start) {
        Some(b'{') => vec![insert(at.start + 1, format!("{MARK},"))],
        _ => vec![
            insert(at.start, r#"[{"type":"text","text":"#.to_owned()),
            insert(at.end, format!(",{MARK}}}]")),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn marked(body: &Value, tools: bool, system: bool, blocks: &[usize]) -> Value {
        let body = body.to_string();
        let layout = Layout::of(body.as_bytes()).unwrap();
        serde_json::from_slice(&layout.marked(body.as_bytes(), tools, system, blocks)).unwrap()
    }

    #[test]
    fn marks_go_where_they_are_told_and_nothing_else_changes() {
        let ephemeral = json!({"type": "ephemeral"});
        let body = json!({"system": "Be brief.", "tools": [{"name": "f", "input_schema": {}}, {"name": "g", "defer_loading": true}],
            "messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": [{"type": "text", "text": "x"}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": [{"type": "text", "text": "deep"}]}]}]});
        let mut expected = body.clone();
        expected["system"] =
            json!([{"type": "text", "text": "Be brief.", "cache_control": ephemeral}]);
        expected["tools"][0]["cache_control"] = ephemeral.clone();
        expected["messages"][0]["content"] =
            json!([{"type": "text", "text": "hi", "cache_control": ephemeral}]);
        expected["messages"][2]["content"][0]["cache_control"] = ephemeral;
        assert_eq!(marked(&body, true, true, &[0, 2]), expected);
        assert_eq!(marked(&body, false, false, &[]), body);
    }

    #[test]
    fn what_cannot_carry_a_mark_is_known() {
        let body = json!({"messages": [
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "t", "signature": "s"}, {"type": "text", "text": " "}, {"type": "tool_use", "id": "1", "name": "f", "input": {}}]},
            {"role": "user", "content": ""},
        ]})
        .to_string();
        let layout = Layout::of(body.as_bytes()).unwrap();
        let can: Vec<_> = layout
            .blocks
            .iter()
            .map(|block| (block.can, block.models))
            .collect();
        assert_eq!(
            can,
            [(false, true), (false, true), (true, true), (false, false)]
        );
    }

    #[test]
    fn a_client_that_sets_marks_keeps_its_own_and_one_that_speaks_of_them_has_none() {
        let block = json!({"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}});
        let own = json!({"messages": [{"role": "user", "content": [block]}]}).to_string();
        assert_eq!(Layout::of(own.as_bytes()), None);
        let spoken =
            json!({"messages": [{"role": "user", "content": "what is \"cache_control\"?"}]});
        assert!(Layout::of(spoken.to_string().as_bytes()).is_some());
    }
}
