//! The data of a stream's events.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::json::{Object, Text};

/// The data of an event; what a member holds depends on the event's type.
#[derive(Deserialize)]
pub(super) struct Frame<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) index: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) message: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) content_block: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) delta: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) usage: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) error: Option<&'a RawValue>,
}

/// What is known when an answer begins.
#[derive(Deserialize)]
pub(super) struct Started<'a> {
    #[serde(borrow)]
    pub(super) model: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) usage: Option<&'a RawValue>,
}

/// More of a block, or the end of the answer.
#[derive(Deserialize)]
pub(super) struct Delta<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) text: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) thinking: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) signature: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) partial_json: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) stop_reason: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) stop_sequence: Option<Text<'a>>,
}

/// What went wrong.
#[derive(Default, Deserialize)]
pub(super) struct Trouble<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) message: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) details: Option<Details<'a>>,
}

/// More of it.
#[derive(Deserialize)]
pub(super) struct Details<'a> {
    #[serde(borrow)]
    pub(super) error_code: Option<Text<'a>>,
}

/// Reads a member, where it is there and an object of the kind.
pub(super) fn read<'a, T: Deserialize<'a>>(raw: Option<&'a RawValue>) -> Option<T> {
    let Object(value) = serde_json::from_str(raw?.get()).ok()?;
    Some(value)
}

/// The place of a block; servers that give none have one block at a time.
pub(super) fn index(raw: Option<&RawValue>) -> u64 {
    raw.and_then(|raw| raw.get().parse().ok())
        .unwrap_or_default()
}
