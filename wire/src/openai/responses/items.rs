//! The items of `input`, read into messages.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::tools::{ToolItem, read_tools};
use crate::error::WireError;
use crate::hub::{Block, CallKind, Media, Message, Origin, Role, SEAL_MARK, Tool, unseal};
use crate::json::{Object, Text};

/// Items that record what a tool of the provider's own did: the conversation can be understood
/// without them, because the model's next message says what came of it.
const RECORDS: [&str; 5] = [
    "file_search_call",
    "mcp_list_tools",
    "tool_search_call",
    "tool_search_output",
    "web_search_call",
];

/// A text or a list, as `input`, `content` and `output` may be; anything else where an item that
/// is unknown here uses the same name for it.
pub(super) enum TextOrList<'a, T> {
    Text(Cow<'a, str>),
    List(Vec<T>),
    Other,
}

/// Any item: which fields it has follows from its type.
#[derive(Deserialize)]
pub(super) struct Item<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    role: Option<Text<'a>>,
    #[serde(borrow)]
    content: Option<TextOrList<'a, Object<Part<'a>>>>,
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    call_id: Option<Text<'a>>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    namespace: Option<Text<'a>>,
    #[serde(borrow)]
    arguments: Option<TextOrList<'a, IgnoredAny>>,
    #[serde(borrow)]
    input: Option<TextOrList<'a, IgnoredAny>>,
    #[serde(borrow)]
    output: Option<TextOrList<'a, Object<Part<'a>>>>,
    #[serde(borrow)]
    summary: Option<Vec<Object<Part<'a>>>>,
    #[serde(borrow)]
    encrypted_content: Option<Text<'a>>,
    #[serde(borrow)]
    tools: Option<Vec<Object<ToolItem<'a>>>>,
}

/// A part of a message, of a tool's result or of a summary.
#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(borrow)]
    refusal: Option<Text<'a>>,
    #[serde(borrow)]
    image_url: Option<Text<'a>>,
    #[serde(borrow)]
    detail: Option<Text<'a>>,
    #[serde(borrow)]
    file_id: Option<Text<'a>>,
    #[serde(borrow)]
    file_url: Option<Text<'a>>,
    #[serde(borrow)]
    file_data: Option<Text<'a>>,
    #[serde(borrow)]
    filename: Option<Text<'a>>,
}

impl<'a> Item<'a> {
    /// Adds what the item at `place` says to the conversation, or what it offers to the tools.
    pub(super) fn read(
        mut self,
        place: &str,
        messages: &mut Vec<Message<'a>>,
        tools: &mut Vec<Tool<'a>>,
    ) -> Result<(), WireError> {
        let kind = match (self.kind.take(), &self.role) {
            (Some(Text(kind)), _) => kind,
            (None, Some(_)) => Cow::Borrowed("message"),
            (None, None) => return Err(missing(place, "type")),
        };
        if let Some(offered) = self.tools.take()
            && matches!(kind.as_ref(), "additional_tools" | "tool_search_output")
        {
            read_tools(offered, &format!("{place}.tools"), tools)?;
        }
        let (role, content) = match kind.as_ref() {
            "additional_tools" => return Ok(()),
            "message" => self.message(place)?,
            "reasoning" => (Role::Assistant, vec![self.thinking()]),
            "function_call" => (Role::Assistant, vec![self.call(place, CallKind::Function)?]),
            "custom_tool_call" => (Role::Assistant, vec![self.call(place, CallKind::Custom)?]),
            "function_call_output" => (Role::User, vec![self.result(place, CallKind::Function)?]),
            "custom_tool_call_output" => (Role::User, vec![self.result(place, CallKind::Custom)?]),
            other => {
                let block = Block::Other {
                    essential: !RECORDS.contains(&other),
                    place: place.to_owned(),
                    kind,
                };
                (Role::Assistant, vec![block])
            }
        };
        messages.push(Message {
            role,
            content,
            name: None,
        });
        Ok(())
    }

    fn message(self, place: &str) -> Result<(Role, Vec<Block<'a>>), WireError> {
        let Text(role) = self.role.ok_or_else(|| missing(place, "role"))?;
        let role = match role.as_ref() {
            "user" => Role::User,
            "assistant" => Role::Assistant,
            "system" => Role::System,
            "developer" => Role::Developer,
            _ => {
                let wanted = "the role is none of user, assistant, system and developer";
                return Err(wrong(place, "role", wanted));
            }
        };
        Ok((role, blocks(self.content, place, "content")?))
    }

    fn call(self, place: &str, kind: CallKind) -> Result<Block<'a>, WireError> {
        let (field, arguments) = match kind {
            CallKind::Function => ("arguments", self.arguments),
            CallKind::Custom => ("input", self.input),
        };
        let arguments = match arguments {
            Some(TextOrList::Text(text)) => text,
            Some(_) => return Err(wrong(place, field, "not a string")),
            None => return Err(missing(place, field)),
        };
        Ok(Block::ToolCall {
            id: self.call_id.ok_or_else(|| missing(place, "call_id"))?.0,
            name: self.name.ok_or_else(|| missing(place, "name"))?.0,
            namespace: self.namespace.map(|Text(name)| name).filter(is_namespace),
            arguments,
            kind,
            cache: None,
        })
    }

    fn result(self, place: &str, kind: CallKind) -> Result<Block<'a>, WireError> {
        if self.output.is_none() {
            return Err(missing(place, "output"));
        }
        Ok(Block::ToolResult {
            id: self.call_id.ok_or_else(|| missing(place, "call_id"))?.0,
            content: blocks(self.output, place, "output")?,
            is_error: false,
            kind,
            cache: None,
        })
    }

    /// A block of thinking. A seal is opened; one that cannot be opened proves nothing to anybody.
    fn thinking(self) -> Block<'a> {
        let mut text = join(self.summary.unwrap_or_default());
        if let (true, Some(TextOrList::List(parts))) = (text.is_empty(), self.content) {
            text = join(parts);
        }
        let id = self.id.map(|Text(id)| id.into_owned()).unwrap_or_default();
        let (origin, proof) = match self.encrypted_content {
            Some(Text(proof)) if proof.starts_with(SEAL_MARK) => {
                let (origin, proof) = unseal(&proof).unwrap_or((Origin::Plain, None));
                (origin, proof.map(Cow::Owned))
            }
            proof => (Origin::Responses { id }, proof.map(|Text(proof)| proof)),
        };
        Block::Thinking {
            text,
            proof,
            origin,
        }
    }
}

/// Whether a namespace is one that calls must name: `functions` is where plain functions are.
pub(super) fn is_namespace<T: AsRef<str>>(name: &T) -> bool {
    name.as_ref() != "functions"
}

fn join(parts: Vec<Object<Part<'_>>>) -> Cow<'_, str> {
    let mut texts = parts.into_iter().filter_map(|Object(part)| part.text);
    let first = texts.next().map(|Text(text)| text).unwrap_or_default();
    texts.fold(first, |all, Text(next)| {
        Cow::Owned(format!("{all}\n\n{next}"))
    })
}

fn blocks<'a>(
    content: Option<TextOrList<'a, Object<Part<'a>>>>,
    place: &str,
    field: &str,
) -> Result<Vec<Block<'a>>, WireError> {
    match content {
        None => Err(missing(place, field)),
        Some(TextOrList::Other) => Err(wrong(place, field, "neither a string nor an array")),
        Some(TextOrList::Text(text)) => Ok(vec![Block::Text { text, cache: None }]),
        Some(TextOrList::List(parts)) => {
            let parts = parts.into_iter().enumerate();
            parts
                .map(|(index, Object(part))| part.read(&format!("{place}.{field}[{index}]")))
                .collect()
        }
    }
}

impl<'a> Part<'a> {
    fn read(self, place: &str) -> Result<Block<'a>, WireError> {
        let Text(kind) = self.kind.ok_or_else(|| missing(place, "type"))?;
        let other = |kind| Block::Other {
            kind,
            place: place.to_owned(),
            essential: true,
        };
        Ok(match kind.as_ref() {
            "input_text" | "output_text" | "text" => Block::Text {
                text: self.text.ok_or_else(|| missing(place, "text"))?.0,
                cache: None,
            },
            "refusal" => Block::Refusal {
                text: self.refusal.ok_or_else(|| missing(place, "refusal"))?.0,
            },
            "input_image" => {
                let source = match (self.image_url, self.file_id) {
                    (Some(Text(url)), _) => inline(url).unwrap_or_else(Media::Url),
                    (None, Some(Text(id))) => Media::File(id),
                    (None, None) => return Err(missing(place, "image_url")),
                };
                Block::Image {
                    source,
                    detail: self.detail.map(|Text(detail)| detail),
                    cache: None,
                }
            }
            "input_file" => {
                let data = self.file_data.map(|Text(data)| inline(data));
                let source = match (data, self.file_url, self.file_id) {
                    (Some(Ok(media)), _, _) => media,
                    // A form of file that is not documented: only its own API can take it.
                    (Some(Err(_)), _, _) => return Ok(other(kind)),
                    (None, Some(Text(url)), _) => Media::Url(url),
                    (None, None, Some(Text(id))) => Media::File(id),
                    (None, None, None) => return Err(missing(place, "file_data")),
                };
                Block::Document {
                    source,
                    name: self.filename.map(|Text(name)| name),
                    cache: None,
                }
            }
            _ => other(kind),
        })
    }
}

/// Takes a URL that holds its bytes apart: `data:image/png;base64,…`. Gives another one back.
fn inline(url: Cow<'_, str>) -> Result<Media<'_>, Cow<'_, str>> {
    let bounds = url.strip_prefix("data:").and_then(|rest| {
        let (media_type, data) = rest.split_once(";base64,")?;
        // A comma would have ended the head before `;base64,`.
        (!media_type.contains(',')).then_some((media_type.len(), data.len()))
    });
    let Some((media_type, data)) = bounds else {
        return Err(url);
    };
    let (media_type, data) = (
        "data:".len().."data:".len() + media_type,
        url.len() - data..,
    );
    Ok(match url {
        Cow::Borrowed(url) => Media::Base64 {
            media_type: Cow::Borrowed(&url[media_type]),
            data: Cow::Borrowed(&url[data]),
        },
        Cow::Owned(url) => Media::Base64 {
            media_type: Cow::Owned(url[media_type].to_owned()),
            data: Cow::Owned(url[data].to_owned()),
        },
    })
}

/// A field that has to be there.
pub(super) fn missing(place: &str, field: &str) -> WireError {
    wrong(place, field, "missing")
}

/// A field with a value that cannot be used.
pub(super) fn wrong(place: &str, field: &str, message: &str) -> WireError {
    let field = format!("{place}.{field}");
    let message = format!("`{field}`: {message}");
    WireError::Field { field, message }
}

impl<'de: 'a, 'a, T: Deserialize<'de>> Deserialize<'de> for TextOrList<'a, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<'a, T>(PhantomData<(&'a str, T)>);
        impl<'de: 'a, 'a, T: Deserialize<'de>> Visitor<'de> for Either<'a, T> {
            type Value = TextOrList<'a, T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or an array")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(TextOrList::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(TextOrList::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut list = Vec::new();
                while let Some(next) = seq.next_element()? {
                    list.push(next);
                }
                Ok(TextOrList::List(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(TextOrList::Other)
            }

            fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
                Ok(TextOrList::Other)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
                Ok(TextOrList::Other)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
                Ok(TextOrList::Other)
            }

            fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
                Ok(TextOrList::Other)
            }
        }
        deserializer.deserialize_any(Either(PhantomData))
    }
}
