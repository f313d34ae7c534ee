//! The events of a stream, as they are written.

use serde::Serialize;

use super::output::{Item, Part, Response};

/// An event: its type, its number, and the fields that its type has.
#[derive(Serialize)]
struct Frame<'a, T> {
    #[serde(rename = "type")]
    kind: &'a str,
    sequence_number: u64,
    #[serde(flatten)]
    fields: T,
}

#[derive(Serialize)]
pub(super) struct OfResponse<'a> {
    pub(super) response: Response<'a>,
}

#[derive(Serialize)]
pub(super) struct OfItem<'a> {
    pub(super) output_index: usize,
    pub(super) item: &'a Item,
}

/// The fields of an event of an item's part.
#[derive(Default, Serialize)]
pub(super) struct OfPart<'a> {
    pub(super) item_id: &'a str,
    pub(super) output_index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content_index: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) summary_index: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) part: Option<&'a Part>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) delta: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) refusal: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) arguments: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) input: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) logprobs: Option<[(); 0]>,
}

/// Adds one event.
pub(super) fn emit<T: Serialize>(sequence: &mut u64, kind: &str, fields: T, out: &mut String) {
    let frame = Frame {
        kind,
        sequence_number: *sequence,
        fields,
    };
    if let Ok(data) = serde_json::to_string(&frame) {
        *sequence += 1;
        out.extend(["event: ", kind, "\ndata: ", &data, "\n\n"]);
    }
}
