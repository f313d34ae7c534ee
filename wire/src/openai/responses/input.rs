//! The items of `input`, as they are written.

use std::borrow::Cow;

use serde::Serialize;

use crate::hub::{Media, Unsupported};

/// What the ids of files at OpenAI begin with.
const FILE_ID: &str = "file-";

/// An item of `input`.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum InputItem<'a> {
    Message {
        role: &'static str,
        content: Vec<InputPart<'a>>,
    },
    FunctionCall {
        call_id: Cow<'a, str>,
        name: Cow<'a, str>,
        arguments: Cow<'a, str>,
    },
    FunctionCallOutput {
        call_id: Cow<'a, str>,
        output: Output<'a>,
    },
    CustomToolCall {
        call_id: Cow<'a, str>,
        name: Cow<'a, str>,
        input: &'a str,
    },
    CustomToolCallOutput {
        call_id: Cow<'a, str>,
        output: Output<'a>,
    },
    Reasoning {
        #[serde(skip_serializing_if = "str::is_empty")]
        id: &'a str,
        summary: Vec<InputPart<'a>>,
        encrypted_content: &'a str,
    },
}

/// A part of a message, a result or a summary.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum InputPart<'a> {
    InputText {
        text: Cow<'a, str>,
    },
    OutputText {
        text: &'a str,
    },
    Refusal {
        refusal: &'a str,
    },
    SummaryText {
        text: &'a str,
    },
    InputImage {
        #[serde(flatten)]
        source: ImageSource<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        detail: Option<&'a str>,
    },
    InputFile {
        #[serde(skip_serializing_if = "Option::is_none")]
        filename: Option<&'a str>,
        #[serde(flatten)]
        source: FileSource<'a>,
    },
}

#[derive(Serialize)]
pub(super) enum ImageSource<'a> {
    #[serde(rename = "image_url")]
    Url(Cow<'a, str>),
    #[serde(rename = "file_id")]
    Id(&'a str),
}

#[derive(Serialize)]
pub(super) enum FileSource<'a> {
    #[serde(rename = "file_data")]
    Data(String),
    #[serde(rename = "file_url")]
    Url(&'a str),
    #[serde(rename = "file_id")]
    Id(&'a str),
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Output<'a> {
    Text(Cow<'a, str>),
    Parts(Vec<InputPart<'a>>),
}

/// Where an image is.
///
/// # Errors
/// [`Unsupported`] for a file that another provider keeps.
pub(super) fn image<'r>(
    source: &'r Media<'_>,
    place: &str,
) -> Result<ImageSource<'r>, Unsupported> {
    match source {
        Media::Base64 { media_type, data } => {
            let url = format!("data:{media_type};base64,{data}");
            Ok(ImageSource::Url(Cow::Owned(url)))
        }
        Media::Url(url) => Ok(ImageSource::Url(Cow::Borrowed(url))),
        Media::File(id) if id.starts_with(FILE_ID) => Ok(ImageSource::Id(id)),
        Media::File(_) | Media::Text(_) => Err(foreign_file(place)),
    }
}

/// The source of a document, and the name it gets where the client gave none: with bytes the API
/// wants one.
///
/// # Errors
/// [`Unsupported`] for a file that another provider keeps.
pub(super) fn file<'r>(
    source: &'r Media<'_>,
    place: &str,
) -> Result<(FileSource<'r>, Option<&'static str>), Unsupported> {
    match source {
        Media::Base64 { media_type, data } => {
            let data = format!("data:{media_type};base64,{data}");
            let name = match media_type.as_ref() {
                "application/pdf" => "document.pdf",
                _ => "document",
            };
            Ok((FileSource::Data(data), Some(name)))
        }
        Media::Url(url) => Ok((FileSource::Url(url), None)),
        Media::File(id) if id.starts_with(FILE_ID) => Ok((FileSource::Id(id), None)),
        Media::File(_) | Media::Text(_) => Err(foreign_file(place)),
    }
}

fn foreign_file(place: &str) -> Unsupported {
    let message = format!(
        "`{place}`: a file that was left with another provider cannot be sent; send its bytes instead"
    );
    Unsupported::new(place, message)
}
