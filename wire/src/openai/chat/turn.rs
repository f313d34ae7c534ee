//! One message that is written, and its parts.

use std::borrow::Cow;

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::hub::{Block, Media, Profile, Unsupported};

/// What stands between two texts that become one.
pub(super) const BREAK: &str = "\n\n";

/// One message in this dialect.
#[derive(Debug, Default, Serialize)]
pub(super) struct Turn<'r> {
    pub(super) role: &'static str,
    #[serde(rename = "content", serialize_with = "content")]
    pub(super) parts: Vec<Part<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<&'r str>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) reasoning_content: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tool_calls: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tool_call_id: Option<Cow<'r, str>>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Part<'r> {
    Text { text: Cow<'r, str> },
    ImageUrl { image_url: ImageUrl<'r> },
    File { file: File<'r> },
}

#[derive(Debug, Serialize)]
pub(super) struct ImageUrl<'r> {
    url: Cow<'r, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'r str>,
}

#[derive(Debug, Serialize)]
pub(super) struct File<'r> {
    filename: &'r str,
    file_data: String,
}

/// Texts alone are one string, which every server takes; some know no list of parts.
fn content<S: Serializer>(parts: &[Part<'_>], serializer: S) -> Result<S::Ok, S::Error> {
    let texts = parts.iter().map(|part| match part {
        Part::Text { text } => Some(text.as_ref()),
        _ => None,
    });
    match texts.collect::<Option<Vec<_>>>() {
        Some(texts) if texts.is_empty() => serializer.serialize_none(),
        Some(texts) => serializer.serialize_str(&texts.join(BREAK)),
        None => parts.serialize(serializer),
    }
}

/// An image or a document as a part.
///
/// # Errors
/// [`Unsupported`] for what this dialect has no form for, and for what the model does not take.
pub(super) fn media<'r>(
    profile: &Profile,
    block: &'r Block<'r>,
    place: &dyn Fn() -> String,
) -> Result<Part<'r>, Unsupported> {
    let refuse = |what: &str| {
        let place = place();
        let message = format!("`{place}`: this model cannot be shown {what}");
        Err(Unsupported::new(place, message))
    };
    match block {
        Block::Image { .. } if !profile.vision => refuse("an image"),
        Block::Image {
            source: Media::Base64 { media_type, data },
            detail,
            ..
        } => Ok(image(data_url(media_type, data).into(), detail.as_deref())),
        Block::Image {
            source: Media::Url(url),
            detail,
            ..
        } => Ok(image(Cow::Borrowed(url), detail.as_deref())),
        Block::Document {
            source: Media::Text(text),
            name,
            ..
        } => Ok(Part::Text {
            text: match name {
                Some(name) => format!("{name}:\n{text}").into(),
                None => Cow::Borrowed(text),
            },
        }),
        Block::Document { .. } if !profile.documents => refuse("a document"),
        Block::Document {
            source: Media::Base64 { media_type, data },
            name,
            ..
        } => Ok(Part::File {
            file: File {
                filename: name.as_deref().unwrap_or("document"),
                file_data: data_url(media_type, data),
            },
        }),
        Block::Document {
            source: Media::Url(_),
            ..
        } => refuse("a document by its address: send its bytes"),
        _ => refuse("a file that was left with another provider: send its bytes"),
    }
}

/// Text as a part, where there is any.
pub(super) fn text_part<'r>(text: &'r Cow<'r, str>) -> Option<Part<'r>> {
    let text = Cow::Borrowed(text.as_ref());
    (!text.is_empty()).then_some(Part::Text { text })
}

fn image<'r>(url: Cow<'r, str>, detail: Option<&'r str>) -> Part<'r> {
    let image_url = ImageUrl { url, detail };
    Part::ImageUrl { image_url }
}

fn data_url(media_type: &str, data: &str) -> String {
    format!("data:{media_type};base64,{data}")
}
