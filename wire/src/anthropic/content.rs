//! The content of a message, read: a text, or a list of blocks.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::WireError;
use crate::hub::{Block, CallKind, Media, Origin, Role, SEAL_MARK, unseal};
use crate::json::{Object, Text, read_at};

/// A text, or a list of blocks.
pub(super) enum Content<'a> {
    Text(Cow<'a, str>),
    Blocks(Vec<Object<RawBlock<'a>>>),
}

/// A block before its type is looked at: what a field holds depends on it.
#[derive(Deserialize)]
pub(super) struct RawBlock<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Text<'a>,
    #[serde(borrow)]
    pub(super) text: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) thinking: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) signature: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) data: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) id: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) name: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) input: Option<&'a RawValue>,
    #[serde(borrow)]
    tool_use_id: Option<&'a RawValue>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    is_error: Option<&'a RawValue>,
    #[serde(borrow)]
    source: Option<&'a RawValue>,
    #[serde(borrow)]
    title: Option<&'a RawValue>,
    #[serde(borrow)]
    cache_control: Option<&'a RawValue>,
}

/// Where the bytes of an image or a document are.
#[derive(Deserialize)]
struct RawSource<'a> {
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
    #[serde(borrow)]
    media_type: Option<Text<'a>>,
    #[serde(borrow)]
    data: Option<Text<'a>>,
    #[serde(borrow)]
    url: Option<Text<'a>>,
    #[serde(borrow)]
    file_id: Option<Text<'a>>,
    #[serde(borrow)]
    content: Option<Content<'a>>,
}

/// Where a block stands in the body.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// In `system`.
    System(usize),
    /// In a message.
    Message(usize, usize),
    /// In a tool's result in a message.
    Result(usize, usize, usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System(block) => write!(f, "system[{block}]"),
            Self::Message(message, block) => write!(f, "messages[{message}].content[{block}]"),
            Self::Result(message, block, inner) => {
                write!(f, "messages[{message}].content[{block}].content[{inner}]")
            }
        }
    }
}

impl Place {
    /// A field of the block is not as it has to be.
    pub(super) fn wrong(self, name: &str, message: impl fmt::Display) -> WireError {
        let field = format!("{self}.{name}");
        let message = format!("`{field}`: {message}");
        WireError::Field { field, message }
    }

    /// A field of the block that has to be there, as text.
    fn text<'a>(self, raw: Option<&'a RawValue>, name: &str) -> Result<Cow<'a, str>, WireError> {
        let text = self.optional_text(raw, name)?;
        text.ok_or_else(|| self.wrong(name, "missing field"))
    }

    fn optional_text<'a>(
        self,
        raw: Option<&'a RawValue>,
        name: &str,
    ) -> Result<Option<Cow<'a, str>>, WireError> {
        let read = |raw| read_at(raw, format_args!("{self}.{name}"));
        Ok(raw.map(read).transpose()?.map(|Text(text)| text))
    }
}

impl<'a> Content<'a> {
    /// The blocks; an empty text is none.
    pub(super) fn blocks(
        self,
        role: Role,
        place: impl Fn(usize) -> Place,
    ) -> Result<Vec<Block<'a>>, WireError> {
        match self {
            Self::Text(text) if text.is_empty() => Ok(Vec::new()),
            Self::Text(text) => Ok(vec![Block::Text { text, cache: None }]),
            Self::Blocks(blocks) => blocks
                .into_iter()
                .enumerate()
                .map(|(index, Object(raw))| raw.block(role, place(index)))
                .collect(),
        }
    }

    /// The text, where there is nothing else.
    fn plain_text(self) -> Option<Cow<'a, str>> {
        let blocks = match self {
            Self::Text(text) => return Some(text),
            Self::Blocks(blocks) => blocks,
        };
        let texts = blocks.iter().map(|Object(block)| {
            let Text(text) = serde_json::from_str(block.text?.get()).ok()?;
            (block.kind.0 == "text").then_some(text)
        });
        let texts: Option<Vec<Cow<'_, str>>> = texts.collect();
        Some(Cow::Owned(texts?.join("\n")))
    }
}

impl<'a> RawBlock<'a> {
    fn block(self, role: Role, place: Place) -> Result<Block<'a>, WireError> {
        let cache = self.cache_control;
        Ok(match self.kind.0.as_ref() {
            "text" => Block::Text {
                text: place.text(self.text, "text")?,
                cache,
            },
            "image" => match self.media(place)? {
                Some(source) => Block::Image {
                    source,
                    detail: None,
                    cache,
                },
                None => self.other(role, place),
            },
            "document" => match self.media(place)? {
                Some(source) => Block::Document {
                    source,
                    name: place.optional_text(self.title, "title")?,
                    cache,
                },
                None => self.other(role, place),
            },
            "search_result" => {
                let content: Option<Content<'a>> = nested(self.content, place, "content")?;
                match content.and_then(Content::plain_text) {
                    Some(text) => Block::Document {
                        source: Media::Text(text),
                        name: place.optional_text(self.title, "title")?,
                        cache,
                    },
                    None => self.other(role, place),
                }
            }
            "thinking" => {
                let signature = place.optional_text(self.signature, "signature")?;
                let (proof, origin) = proof(signature.unwrap_or_default(), false);
                Block::Thinking {
                    text: place.text(self.thinking, "thinking")?,
                    proof,
                    origin,
                }
            }
            "redacted_thinking" => {
                let (proof, origin) = proof(place.text(self.data, "data")?, true);
                Block::Thinking {
                    text: Cow::Borrowed(""),
                    proof,
                    origin,
                }
            }
            "tool_use" => {
                let input = self
                    .input
                    .ok_or_else(|| place.wrong("input", "missing field"))?;
                if !input.get().starts_with('{') {
                    return Err(place.wrong("input", "must be an object"));
                }
                Block::ToolCall {
                    id: place.text(self.id, "id")?,
                    name: place.text(self.name, "name")?,
                    namespace: None,
                    arguments: Cow::Borrowed(input.get()),
                    kind: CallKind::Function,
                    cache,
                }
            }
            "tool_result" => match place {
                Place::Message(message, block) => Block::ToolResult {
                    id: place.text(self.tool_use_id, "tool_use_id")?,
                    content: nested::<Content<'a>>(self.content, place, "content")?
                        .map(|content| {
                            content.blocks(role, |inner| Place::Result(message, block, inner))
                        })
                        .transpose()?
                        .unwrap_or_default(),
                    is_error: nested(self.is_error, place, "is_error")?.unwrap_or_default(),
                    kind: CallKind::Function,
                    cache,
                },
                _ => self.other(role, place),
            },
            // What stands for the messages before it, once their text was too long.
            "compaction" => match place.optional_text(self.content, "content")? {
                Some(text) => Block::Text { text, cache },
                None => self.other(role, place),
            },
            _ => self.other(role, place),
        })
    }

    /// A block that has no counterpart. What the model itself made, such as a search of its own, is
    /// repeated by the text around it; what the client gave cannot be missed. A `tool_reference`
    /// only says that a tool was found, and tools are all shown to foreign models.
    fn other(self, role: Role, place: Place) -> Block<'a> {
        Block::Other {
            essential: role != Role::Assistant && self.kind.0 != "tool_reference",
            kind: self.kind.0,
            place: place.to_string(),
        }
    }

    /// The bytes of an image or a document; none when they are given in an unknown way.
    fn media(&self, place: Place) -> Result<Option<Media<'a>>, WireError> {
        let Some(Object(source)) = nested::<Object<RawSource<'a>>>(self.source, place, "source")?
        else {
            return Err(place.wrong("source", "missing field"));
        };
        let need = |field: Option<Text<'a>>, name: &str| match field {
            Some(Text(text)) => Ok(text),
            None => Err(place.wrong(&format!("source.{name}"), "missing field")),
        };
        Ok(Some(match source.kind.0.as_ref() {
            "base64" => Media::Base64 {
                media_type: need(source.media_type, "media_type")?,
                data: need(source.data, "data")?,
            },
            "text" => Media::Text(need(source.data, "data")?),
            "url" => Media::Url(need(source.url, "url")?),
            "file" => Media::File(need(source.file_id, "file_id")?),
            "content" => match source.content.and_then(Content::plain_text) {
                Some(text) => Media::Text(text),
                None => return Ok(None),
            },
            _ => return Ok(None),
        }))
    }
}

/// Reads a field of a block, where it is given.
fn nested<'a, T: Deserialize<'a>>(
    raw: Option<&'a RawValue>,
    place: Place,
    name: &str,
) -> Result<Option<T>, WireError> {
    raw.map(|raw| read_at(raw, format_args!("{place}.{name}")))
        .transpose()
}

/// What a signature proves, and to whom. Our seal is opened; thinking without a signature, which
/// only other servers of this dialect give, proves nothing.
fn proof(signature: Cow<'_, str>, redacted: bool) -> (Option<Cow<'_, str>>, Origin) {
    if !is_foreign(&signature) {
        return (Some(signature), Origin::Anthropic { redacted });
    }
    match unseal(&signature) {
        Some((origin, proof)) => (proof.map(Cow::Owned), origin),
        None => (None, Origin::Plain),
    }
}

/// Whether a signature is none that Anthropic gave.
pub(super) fn is_foreign(signature: &str) -> bool {
    signature.is_empty() || signature.starts_with(SEAL_MARK)
}

impl<'de: 'a, 'a> Deserialize<'de> for Content<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrBlocks;
        impl<'de> Visitor<'de> for TextOrBlocks {
            type Value = Content<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a list of content blocks")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Content<'de>, E> {
                Ok(Content::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Content<'de>, E> {
                Ok(Content::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Content<'de>, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(Content::Blocks)
            }
        }
        deserializer.deserialize_any(TextOrBlocks)
    }
}
