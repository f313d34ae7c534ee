//! What a client asks of a batch: the lines of its file, and the batch itself.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::WireError;
use crate::json::{self, Members};

/// The longest `custom_id`, bytes.
const MAX_CUSTOM_ID: usize = 512;
/// The most pairs of metadata; the longest name and value of one, characters.
const MAX_METADATA: (usize, usize, usize) = (16, 64, 512);

/// What the requests of a batch are sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// `/v1/chat/completions`.
    Chat,
    /// `/v1/responses`.
    Responses,
    /// `/v1/embeddings`.
    Embeddings,
}

impl Endpoint {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Chat, Self::Responses, Self::Embeddings];

    /// The path, as batches write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "/v1/chat/completions",
            Self::Responses => "/v1/responses",
            Self::Embeddings => "/v1/embeddings",
        }
    }

    /// The endpoint of this path.
    pub fn of(path: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|endpoint| endpoint.as_str() == path)
    }
}

/// What is wrong with a line of an input file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineError {
    /// For programs, such as `duplicate_custom_id`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// The field at fault.
    pub param: Option<&'static str>,
}

impl LineError {
    /// An error about a field.
    pub fn field(code: &'static str, param: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            param: Some(param),
        }
    }
}

/// A line of an input file.
#[derive(Debug)]
pub struct InputLine<'a> {
    /// The client's name for it.
    pub custom_id: Cow<'a, str>,
    /// The request's body, as it stands in the line.
    pub body: &'a str,
}

#[derive(Deserialize)]
struct Raw<'a> {
    #[serde(borrow)]
    custom_id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Option<&'a RawValue>,
    #[serde(borrow)]
    url: Option<&'a RawValue>,
    #[serde(borrow)]
    body: Option<&'a RawValue>,
}

/// Reads a line whose requests are for `endpoint`.
///
/// # Errors
/// [`LineError`], naming the field.
pub fn read_line(line: &[u8], endpoint: Endpoint) -> Result<InputLine<'_>, LineError> {
    let malformed = |message: String| LineError {
        code: "invalid_json_line",
        message,
        param: None,
    };
    let text = std::str::from_utf8(line)
        .map_err(|error| malformed(format!("the line is not UTF-8: {error}")))?;
    let raw = serde_json::from_str::<json::Object<Raw<'_>>>(text)
        .map_err(|error| malformed(format!("the line is no JSON object: {error}")))?
        .0;
    let custom_id = named("custom_id", raw.custom_id)?;
    if custom_id.is_empty() || custom_id.len() > MAX_CUSTOM_ID {
        let message = format!("`custom_id` must have 1 to {MAX_CUSTOM_ID} bytes");
        return Err(LineError::field("invalid_custom_id", "custom_id", message));
    }
    let method = named("method", raw.method)?;
    if method != "POST" {
        return Err(LineError::field(
            "invalid_method",
            "method",
            "`method` must be `POST`",
        ));
    }
    let url = named("url", raw.url)?;
    if url != endpoint.as_str() {
        let message = format!(
            "`url` must be the batch's endpoint, `{}`",
            endpoint.as_str()
        );
        return Err(LineError::field("invalid_url", "url", message));
    }
    let body = raw.body.ok_or_else(|| missing("body"))?.get();
    body_of(body)?;
    Ok(InputLine { custom_id, body })
}

/// Checks of a body what has to hold before it is planned: it is an object, and asks for no stream.
fn body_of(body: &str) -> Result<(), LineError> {
    let Some(members) = Members::of(body.as_bytes()) else {
        let message = "`body` must be a JSON object";
        return Err(LineError::field("invalid_body", "body", message));
    };
    match members.get("stream") {
        None | Some("false" | "null") => Ok(()),
        Some(_) => Err(LineError::field(
            "invalid_body",
            "body.stream",
            "`body.stream` cannot be set in a batch: its answers come in a file",
        )),
    }
}

fn missing(field: &'static str) -> LineError {
    let message = format!("`{field}` is missing");
    LineError::field("missing_required_parameter", field, message)
}

fn named<'a>(field: &'static str, value: Option<&'a RawValue>) -> Result<Cow<'a, str>, LineError> {
    let text = value.ok_or_else(|| missing(field))?.get();
    serde_json::from_str::<json::Text<'a>>(text)
        .map(|json::Text(text)| text)
        .map_err(|_| LineError::field("invalid_type", field, format!("`{field}` must be a string")))
}

/// The body of `POST /v1/batches`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Create {
    /// The file that holds the requests.
    pub input_file_id: String,
    /// What they are sent to.
    pub endpoint: Endpoint,
    /// The client's own notes.
    pub metadata: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct RawCreate {
    input_file_id: String,
    endpoint: String,
    completion_window: String,
    #[serde(default)]
    metadata: Option<BTreeMap<String, String>>,
}

/// Reads the body of `POST /v1/batches`.
///
/// # Errors
/// [`WireError`], naming the field.
pub fn read_create(body: &[u8]) -> Result<Create, WireError> {
    let raw: RawCreate = json::read(body)?;
    let Some(endpoint) = Endpoint::of(&raw.endpoint) else {
        let known = Endpoint::ALL.map(|endpoint| format!("`{}`", endpoint.as_str()));
        let message = format!("`endpoint` must be one of {}", known.join(", "));
        return Err(WireError::field("endpoint", message));
    };
    if raw.completion_window != "24h" {
        let message = "`completion_window` must be `24h`";
        return Err(WireError::field("completion_window", message));
    }
    let (most, name, value) = MAX_METADATA;
    let fits = |(key, text): (&String, &String)| {
        key.chars().count() <= name && text.chars().count() <= value
    };
    if let Some(metadata) = &raw.metadata
        && (metadata.len() > most || !metadata.iter().all(fits))
    {
        let message = format!(
            "`metadata` may have {most} pairs, with names of at most {name} and values of at most {value} characters"
        );
        return Err(WireError::field("metadata", message));
    }
    Ok(Create {
        input_file_id: raw.input_file_id,
        endpoint,
        metadata: raw.metadata,
    })
}
