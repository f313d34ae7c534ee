//! Changes in a Messages body that leave every other byte as the client sent it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use super::tools::raw;
use crate::json::{Members, Text};

/// What is looked at of a block to judge it.
#[derive(Deserialize)]
pub(super) struct BlockHead<'a> {
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
    #[serde(borrow)]
    signature: Option<Text<'a>>,
    #[serde(borrow)]
    data: Option<Text<'a>>,
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    tool_use_id: Option<Text<'a>>,
}

/// What becomes of a block.
pub(super) enum Verdict {
    Keep,
    Drop,
    /// It gets other values for some members.
    Set(&'static str, String),
}

impl BlockHead<'_> {
    /// The proof of a block of thinking, empty where it has none; none for other blocks.
    pub(super) fn proof(&self) -> Option<&str> {
        let field = match self.kind.0.as_ref() {
            "thinking" => &self.signature,
            "redacted_thinking" => &self.data,
            _ => return None,
        };
        Some(field.as_ref().map_or("", |Text(text)| text))
    }

    /// The id of a call or its result, and the member it stands in.
    pub(super) fn call_id(&self) -> Option<(&'static str, &str)> {
        let (member, field) = match self.kind.0.as_ref() {
            "tool_use" => ("id", &self.id),
            "tool_result" => ("tool_use_id", &self.tool_use_id),
            _ => return None,
        };
        Some((member, &field.as_ref()?.0))
    }
}

/// Judges every block of the conversation and rewrites the messages that change. A message that
/// loses all its blocks goes, because an empty one is refused. Says whether anything changed.
pub(super) fn edit_blocks(
    members: &mut Members<'_>,
    judge: impl Fn(&BlockHead<'_>) -> Verdict,
) -> bool {
    let messages = members.get("messages").unwrap_or_default();
    let Ok(messages) = serde_json::from_str::<Vec<&RawValue>>(messages) else {
        return false;
    };
    let mut changed = false;
    let mut kept = Vec::with_capacity(messages.len());
    for message in messages {
        match edit_message(message, &judge) {
            None => kept.push(Cow::Borrowed(message)),
            Some(edited) => {
                changed = true;
                kept.extend(edited.map(Cow::Owned));
            }
        }
    }
    if changed && let Ok(messages) = to_raw_value(&kept) {
        members.set("messages", &messages);
    }
    changed
}

/// A message after its blocks were judged: none where nothing changes, none within where nothing
/// is left of it.
fn edit_message(
    message: &RawValue,
    judge: &impl Fn(&BlockHead<'_>) -> Verdict,
) -> Option<Option<Box<RawValue>>> {
    let mut members = Members::of(message.get().as_bytes())?;
    let content: Vec<&RawValue> = serde_json::from_str(members.get("content")?).ok()?;
    let mut changed = false;
    let mut kept = Vec::with_capacity(content.len());
    for block in content {
        let verdict = serde_json::from_str(block.get()).map_or(Verdict::Keep, |head| judge(&head));
        match verdict {
            Verdict::Keep => kept.push(Cow::Borrowed(block)),
            Verdict::Drop => changed = true,
            Verdict::Set(name, value) => {
                let mut block = Members::of(block.get().as_bytes())?;
                block.set(name, &value);
                kept.push(Cow::Owned(raw(block.to_bytes())?));
                changed = true;
            }
        }
    }
    if !changed {
        return None;
    }
    if kept.is_empty() {
        return Some(None);
    }
    let kept = to_raw_value(&kept).ok()?;
    members.set("content", &kept);
    Some(Some(raw(members.to_bytes())?))
}

/// Takes a member of a member out, and the outer one where nothing is left of it. Says whether it
/// was there.
pub(super) fn remove_within(members: &mut Members<'_>, outer: &'static str, name: &str) -> bool {
    let text = members.get(outer).unwrap_or_default();
    let Some(mut inner) = Members::of(text.as_bytes()) else {
        return false;
    };
    let removed = inner.remove(name);
    let rest = inner.to_bytes();
    if removed && rest == b"{}" {
        members.remove(outer);
    } else if removed && let Some(rest) = raw(rest) {
        members.set(outer, &rest);
    }
    removed
}

/// Gives a member of a member another value, where the outer one is an object.
pub(super) fn set_within(
    members: &mut Members<'_>,
    outer: &'static str,
    name: &'static str,
    value: &impl Serialize,
) {
    let text = members.get(outer).unwrap_or_default();
    let Some(mut inner) = Members::of(text.as_bytes()) else {
        return;
    };
    inner.set(name, value);
    if let Some(inner) = raw(inner.to_bytes()) {
        members.set(outer, &inner);
    }
}

/// Takes the blocks of the system text that begin like this out. Says whether there were any.
pub(super) fn remove_system_text(members: &mut Members<'_>, begin: &str) -> bool {
    #[derive(Deserialize)]
    struct TextBlock<'a> {
        #[serde(borrow)]
        text: Text<'a>,
    }
    let goes = |block: &RawValue| {
        serde_json::from_str::<TextBlock<'_>>(block.get())
            .is_ok_and(|block| block.text.0.starts_with(begin))
    };
    let system = members.get("system").unwrap_or("null");
    let Ok(all) = serde_json::from_str::<Vec<&RawValue>>(system) else {
        return false;
    };
    let kept: Vec<&RawValue> = all.iter().copied().filter(|block| !goes(block)).collect();
    if kept.len() == all.len() {
        return false;
    }
    if kept.is_empty() {
        members.remove("system");
    } else if let Ok(kept) = to_raw_value(&kept) {
        members.set("system", &kept);
    }
    true
}

/// Adds sentences at the end of the system text, in the form it has.
pub(super) fn instruct(members: &mut Members<'_>, sentences: &[String]) {
    #[derive(Serialize)]
    struct TextBlock<'a> {
        r#type: &'static str,
        text: &'a str,
    }
    let system = members.get("system").unwrap_or("null");
    if let Ok(blocks) = serde_json::from_str::<Vec<&RawValue>>(system) {
        let mut blocks: Vec<Cow<'_, RawValue>> = blocks.into_iter().map(Cow::Borrowed).collect();
        let added = sentences.iter().filter_map(|text| {
            let block = TextBlock {
                r#type: "text",
                text,
            };
            to_raw_value(&block).ok().map(Cow::Owned)
        });
        blocks.extend(added);
        if let Ok(blocks) = to_raw_value(&blocks) {
            members.set("system", &blocks);
        }
    } else {
        let before = serde_json::from_str::<Option<String>>(system).unwrap_or_default();
        let mut texts = Vec::from_iter(before.filter(|text| !text.is_empty()));
        texts.extend_from_slice(sentences);
        members.set("system", &texts.join("\n\n"));
    }
}
