//! What messages are made of, in requests and in answers.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::hub::CallKind;
use crate::json::{Object, Text};
use crate::openai::text_or::{LongForm, TextOr};

impl LongForm for Vec<Object<Part<'_>>> {
    const WHAT: &'static str = "a list of content parts";
}

impl LongForm for Object<ImageUrl<'_>> {
    const WHAT: &'static str = "an object with a `url`";
}

/// The content of a message: one text or a list of parts.
pub(super) type Content<'a> = TextOr<'a, Vec<Object<Part<'a>>>>;

/// One part of a message.
#[derive(Debug, Deserialize)]
pub(super) struct Part<'a> {
    /// `text`, `image_url`, `input_audio`, `file` or `refusal`.
    #[serde(rename = "type", borrow)]
    pub(super) kind: Text<'a>,
    pub(super) text: Option<Text<'a>>,
    pub(super) refusal: Option<Text<'a>>,
    pub(super) image_url: Option<TextOr<'a, Object<ImageUrl<'a>>>>,
    pub(super) file: Option<Object<File<'a>>>,
    /// Not OpenAI's: routers take Anthropic's mark here.
    pub(super) cache_control: Option<&'a RawValue>,
}

/// Where an image is.
#[derive(Debug, Deserialize)]
pub(super) struct ImageUrl<'a> {
    #[serde(borrow)]
    pub(super) url: Text<'a>,
    pub(super) detail: Option<Text<'a>>,
}

/// A file, by its id or with its bytes.
#[derive(Debug, Deserialize)]
pub(super) struct File<'a> {
    #[serde(borrow)]
    pub(super) file_id: Option<Text<'a>>,
    pub(super) file_data: Option<Text<'a>>,
    pub(super) filename: Option<Text<'a>>,
}

/// A call, or a stream's piece of one.
#[derive(Debug, Deserialize)]
pub(super) struct Call<'a> {
    /// Which call of the answer; only in streams.
    pub(super) index: Option<u32>,
    #[serde(borrow)]
    pub(super) id: Option<Text<'a>>,
    pub(super) function: Option<Object<FunctionCall<'a>>>,
    pub(super) custom: Option<Object<CustomCall<'a>>>,
}

/// What function is called.
#[derive(Debug, Deserialize)]
pub(super) struct FunctionCall<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Text<'a>>,
    /// A string of JSON; some servers send the object itself.
    pub(super) arguments: Option<&'a RawValue>,
}

/// What custom tool is called.
#[derive(Debug, Deserialize)]
pub(super) struct CustomCall<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Text<'a>>,
    pub(super) input: Option<Text<'a>>,
}

/// What is called, and with what.
#[derive(Debug)]
pub(super) struct Called<'a> {
    /// The tool's name; empty in the later pieces of a stream's call.
    pub(super) name: Cow<'a, str>,
    /// JSON text or free text, or a piece of it.
    pub(super) arguments: Cow<'a, str>,
    /// Which of the two.
    pub(super) kind: CallKind,
}

impl<'a> From<FunctionCall<'a>> for Called<'a> {
    fn from(call: FunctionCall<'a>) -> Self {
        let arguments = call.arguments.map_or(Cow::Borrowed(""), |raw| {
            string(raw).unwrap_or(Cow::Borrowed(raw.get()))
        });
        Self {
            name: or_empty(call.name),
            arguments,
            kind: CallKind::Function,
        }
    }
}

impl<'a> Call<'a> {
    /// What is called; none where the call is of an unknown kind.
    pub(super) fn called(self) -> Option<Called<'a>> {
        match (self.function, self.custom) {
            (Some(Object(call)), _) => Some(call.into()),
            (None, Some(Object(call))) => Some(Called {
                name: or_empty(call.name),
                arguments: or_empty(call.input),
                kind: CallKind::Custom,
            }),
            (None, None) => None,
        }
    }
}

/// The text of an optional field; empty where there is none.
pub(super) fn or_empty(text: Option<Text<'_>>) -> Cow<'_, str> {
    text.map_or(Cow::Borrowed(""), |Text(text)| text)
}

/// A JSON value as text, where it is a string.
pub(super) fn string(raw: &RawValue) -> Option<Cow<'_, str>> {
    let is_string = raw.get().starts_with('"');
    let Text(text) = is_string.then(|| serde_json::from_str(raw.get()).ok())??;
    Some(text)
}

/// Whether a field is there with a value other than an empty one.
pub(super) fn holds_something(field: Option<&RawValue>) -> bool {
    field.is_some_and(|raw| !matches!(raw.get(), "null" | "[]" | "{}" | "\"\""))
}
