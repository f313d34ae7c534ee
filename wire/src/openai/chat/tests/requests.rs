//! Requests as another dialect would have read them, piece by piece.

use serde_json::Value;
use serde_json::value::RawValue;

use super::parse;
use crate::hub::{
    Block, CallKind, Media, Message, Profile, Request, Role, Sampling, Tool, ToolKind, Unsupported,
};
use crate::openai::chat::write_request;

pub(super) fn request<'a>(messages: Vec<Message<'a>>) -> Request<'a> {
    Request {
        model: "client-name".into(),
        messages,
        tools: Vec::new(),
        tool_choice: None,
        parallel_tool_calls: None,
        stream: false,
        include_usage: false,
        max_output_tokens: None,
        sampling: Sampling::default(),
        reasoning: None,
        format: None,
        user: None,
        extras: Vec::new(),
    }
}

pub(super) fn says<'a>(role: Role, content: Vec<Block<'a>>) -> Message<'a> {
    Message {
        role,
        content,
        name: None,
    }
}

pub(super) fn text(text: &str) -> Block<'_> {
    Block::Text {
        text: text.into(),
        cache: None,
    }
}

pub(super) fn call<'a>(id: &'a str, arguments: &'a str, kind: CallKind) -> Block<'a> {
    Block::ToolCall {
        id: id.into(),
        name: "f".into(),
        namespace: None,
        arguments: arguments.into(),
        kind,
        cache: None,
    }
}

pub(super) fn result<'a>(id: &'a str, content: Vec<Block<'a>>) -> Block<'a> {
    Block::ToolResult {
        id: id.into(),
        content,
        is_error: false,
        kind: CallKind::Function,
        cache: None,
    }
}

pub(super) fn image<'a>() -> Block<'a> {
    Block::Image {
        source: Media::Base64 {
            media_type: "image/png".into(),
            data: "eA==".into(),
        },
        detail: None,
        cache: None,
    }
}

pub(super) fn function(name: &str) -> Tool<'_> {
    Tool {
        name: name.into(),
        namespace: None,
        description: None,
        kind: ToolKind::Function {
            parameters: None,
            strict: None,
        },
        cache: None,
        deferred: false,
    }
}

pub(super) fn raw(json: &str) -> &RawValue {
    serde_json::from_str(json).unwrap()
}

pub(super) fn try_write(
    request: &Request<'_>,
    profile: &Profile,
) -> Result<(Value, Vec<String>), Unsupported> {
    let written = write_request(request, profile)?;
    Ok((parse(&written.body), written.left_out))
}

pub(super) fn written(request: &Request<'_>, profile: &Profile) -> Value {
    try_write(request, profile).unwrap().0
}
