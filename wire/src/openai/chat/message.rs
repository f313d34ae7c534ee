//! Reads the messages of a request.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};
use serde_json::value::RawValue;

use super::content::{
    Call, Called, Content, File, FunctionCall, ImageUrl, Part, holds_something, or_empty, string,
};
use crate::hub::{self, Block, CallKind, Media, Origin};
use crate::json::{Object, Text};
use crate::openai::text_or::TextOr;

/// Who speaks in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Speaker {
    System,
    Developer,
    User,
    Assistant,
    /// The result of a tool call.
    Tool,
    /// The result of a call in the older function form.
    Function,
}

/// One message as it stands in a request.
#[derive(Debug, Deserialize)]
pub(super) struct Message<'a> {
    role: Speaker,
    #[serde(borrow)]
    content: Option<Content<'a>>,
    name: Option<Text<'a>>,
    tool_calls: Option<Vec<Object<Call<'a>>>>,
    tool_call_id: Option<Text<'a>>,
    refusal: Option<Text<'a>>,
    reasoning_content: Option<&'a RawValue>,
    reasoning: Option<&'a RawValue>,
    function_call: Option<Object<FunctionCall<'a>>>,
    audio: Option<&'a RawValue>,
}

/// Reads messages in order; results are matched with the calls before them.
#[derive(Debug, Default)]
pub(super) struct Conversation<'a> {
    custom_calls: HashSet<Cow<'a, str>>,
}

impl<'a> Conversation<'a> {
    /// The messages in the hub's form.
    pub(super) fn read(mut self, messages: Vec<Object<Message<'a>>>) -> Vec<hub::Message<'a>> {
        let numbered = messages.into_iter().enumerate();
        numbered
            .map(|(index, Object(message))| self.message(index, message))
            .collect()
    }

    fn message(&mut self, index: usize, message: Message<'a>) -> hub::Message<'a> {
        let place = || format!("messages[{index}]");
        let name = message.name.map(|Text(name)| name);
        let mut content = Vec::new();
        let thinking = [message.reasoning_content, message.reasoning]
            .into_iter()
            .find_map(|raw| raw.and_then(string).filter(|text| !text.is_empty()));
        content.extend(thinking.map(|text| Block::Thinking {
            text,
            proof: None,
            origin: Origin::Plain,
        }));
        blocks(message.content, place, &mut content);
        content.extend(message.refusal.map(|Text(text)| Block::Refusal { text }));
        for (at, Object(call)) in message.tool_calls.into_iter().flatten().enumerate() {
            content.push(self.call(call, || format!("{}.tool_calls[{at}]", place())));
        }
        let mut only_here = |kind: &'static str| {
            content.push(Block::Other {
                kind: Cow::Borrowed(kind),
                place: format!("{}.{kind}", place()),
                essential: true,
            });
        };
        if holds_something(message.audio) {
            only_here("audio");
        }
        if let Some(Object(call)) = message.function_call {
            only_here("function_call");
            content.push(call_block(Cow::Borrowed(""), call.into()));
        }
        let (role, name) = match message.role {
            Speaker::System => (hub::Role::System, name),
            Speaker::Developer => (hub::Role::Developer, name),
            Speaker::User => (hub::Role::User, name),
            Speaker::Assistant => (hub::Role::Assistant, name),
            Speaker::Tool | Speaker::Function => {
                let id = or_empty(message.tool_call_id);
                content = vec![self.result(id, content)];
                (hub::Role::User, name)
            }
        };
        if message.role == Speaker::Function {
            content.push(Block::Other {
                kind: Cow::Borrowed("function"),
                place: format!("{}.role", place()),
                essential: true,
            });
        }
        hub::Message {
            role,
            content,
            name,
        }
    }

    fn result(&self, id: Cow<'a, str>, content: Vec<Block<'a>>) -> Block<'a> {
        let kind = match self.custom_calls.contains(&id) {
            true => CallKind::Custom,
            false => CallKind::Function,
        };
        Block::ToolResult {
            id,
            content,
            is_error: false,
            kind,
            cache: None,
        }
    }

    fn call(&mut self, mut call: Call<'a>, place: impl FnOnce() -> String) -> Block<'a> {
        let id = or_empty(call.id.take());
        let Some(called) = call.called() else {
            return Block::Other {
                kind: Cow::Borrowed("tool_call"),
                place: place(),
                essential: true,
            };
        };
        if called.kind == CallKind::Custom {
            self.custom_calls.insert(id.clone());
        }
        call_block(id, called)
    }
}

fn call_block<'a>(id: Cow<'a, str>, called: Called<'a>) -> Block<'a> {
    Block::ToolCall {
        id,
        name: called.name,
        namespace: None,
        arguments: called.arguments,
        kind: called.kind,
        cache: None,
    }
}

fn blocks<'a>(
    content: Option<Content<'a>>,
    place: impl Fn() -> String,
    blocks: &mut Vec<Block<'a>>,
) {
    match content {
        None => {}
        Some(TextOr::Text(text)) => blocks.push(Block::Text { text, cache: None }),
        Some(TextOr::Long(parts)) => {
            for (at, Object(part)) in parts.into_iter().enumerate() {
                part_blocks(part, || format!("{}.content[{at}]", place()), blocks);
            }
        }
    }
}

/// A part is one block, or, where it is of an unknown kind, a mark of that and its text: text must
/// be seen whatever carries it.
fn part_blocks<'a>(part: Part<'a>, place: impl FnOnce() -> String, blocks: &mut Vec<Block<'a>>) {
    let cache = part.cache_control;
    let Text(kind) = part.kind;
    let block = match kind.as_ref() {
        "text" => None,
        "refusal" => part.refusal.map(|Text(text)| Block::Refusal { text }),
        "image_url" => part.image_url.map(|image| {
            let (url, detail) = match image {
                TextOr::Text(url) => (url, None),
                TextOr::Long(Object(ImageUrl { url, detail })) => (url.0, detail),
            };
            Block::Image {
                source: media(url),
                detail: detail.map(|Text(detail)| detail),
                cache,
            }
        }),
        "file" => part.file.and_then(|Object(file)| document(file, cache)),
        _ => None,
    };
    let known = kind == "text" && part.text.is_some() || block.is_some();
    if !known {
        blocks.push(Block::Other {
            kind,
            place: place(),
            essential: true,
        });
    }
    blocks.extend(block);
    blocks.extend(part.text.map(|Text(text)| Block::Text { text, cache }));
}

fn document<'a>(file: File<'a>, cache: Option<&'a RawValue>) -> Option<Block<'a>> {
    let source = match (file.file_data, file.file_id) {
        (Some(Text(data)), _) => match media(data) {
            source @ Media::Base64 { .. } => source,
            _ => return None,
        },
        (None, Some(Text(id))) => Media::File(id),
        (None, None) => return None,
    };
    Some(Block::Document {
        source,
        name: file.filename.map(|Text(name)| name),
        cache,
    })
}

/// A `data:` URL as its bytes in base64, any other as the address that it is.
fn media(url: Cow<'_, str>) -> Media<'_> {
    let data_at = url.strip_prefix("data:").and_then(|rest| {
        let (media_type, _) = rest.split_once(";base64,")?;
        let plain = !media_type.is_empty() && !media_type.contains([',', ';']);
        plain.then(|| "data:".len() + media_type.len())
    });
    let Some(end) = data_at else {
        return Media::Url(url);
    };
    let (from, data_from) = ("data:".len(), end + ";base64,".len());
    match url {
        Cow::Borrowed(url) => Media::Base64 {
            media_type: Cow::Borrowed(&url[from..end]),
            data: Cow::Borrowed(&url[data_from..]),
        },
        Cow::Owned(url) => Media::Base64 {
            media_type: Cow::Owned(url[from..end].to_owned()),
            data: Cow::Owned(url[data_from..].to_owned()),
        },
    }
}

impl<'de> Deserialize<'de> for Speaker {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl Visitor<'_> for Name {
            type Value = Speaker;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("one of `system`, `developer`, `user`, `assistant`, `tool`, `function`")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Speaker, E> {
                Ok(match name {
                    "system" => Speaker::System,
                    "developer" => Speaker::Developer,
                    "user" => Speaker::User,
                    "assistant" => Speaker::Assistant,
                    "tool" => Speaker::Tool,
                    "function" => Speaker::Function,
                    other => return Err(E::invalid_value(de::Unexpected::Str(other), &self)),
                })
            }
        }
        deserializer.deserialize_any(Name)
    }
}
