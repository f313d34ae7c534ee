//! Blocks and turns as Anthropic writes them, in requests and answers.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;

/// One block.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum OutBlock<'r> {
    Text {
        text: Cow<'r, str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<&'r RawValue>,
    },
    Image {
        source: OutSource<'r>,
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<&'r RawValue>,
    },
    Document {
        source: OutSource<'r>,
        #[serde(skip_serializing_if = "Option::is_none")]
        title: Option<&'r str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<&'r RawValue>,
    },
    Thinking {
        thinking: &'r str,
        signature: Cow<'r, str>,
    },
    RedactedThinking {
        data: &'r str,
    },
    ToolUse {
        id: Cow<'r, str>,
        name: Cow<'r, str>,
        input: Cow<'r, RawValue>,
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<&'r RawValue>,
    },
    ToolResult {
        tool_use_id: Cow<'r, str>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        content: Vec<OutBlock<'r>>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        is_error: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<&'r RawValue>,
    },
}

/// Where the bytes of an image or a document are.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum OutSource<'r> {
    Base64 {
        media_type: &'r str,
        data: &'r str,
    },
    Url {
        url: &'r str,
    },
    Text {
        media_type: &'static str,
        data: Cow<'r, str>,
    },
}

/// Who has a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Side {
    User,
    Assistant,
}

/// All that one side says before the other does.
#[derive(Debug, Serialize)]
pub(super) struct Turn<'r> {
    pub(super) role: Side,
    pub(super) content: Vec<OutBlock<'r>>,
}

impl<'r> OutBlock<'r> {
    pub(super) fn text(text: impl Into<Cow<'r, str>>) -> Self {
        Self::Text {
            text: text.into(),
            cache_control: None,
        }
    }

    /// The block's mark to end a cached prefix; thinking cannot have one.
    pub(super) fn cache_control(&mut self) -> Option<&mut Option<&'r RawValue>> {
        match self {
            Self::Text { cache_control, .. }
            | Self::Image { cache_control, .. }
            | Self::Document { cache_control, .. }
            | Self::ToolUse { cache_control, .. }
            | Self::ToolResult { cache_control, .. } => Some(cache_control),
            Self::Thinking { .. } | Self::RedactedThinking { .. } => None,
        }
    }
}
