//! What this dialect promises, by direction: requests in and out, answers, streams.

mod adapt;
mod answer;
mod conversation;
mod request;
mod requests;
mod stream;
mod stream_writer;
mod write;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::hub::Profile;

/// A profile that takes all there is.
fn profile() -> Profile {
    Profile {
        custom_tools: true,
        replays_reasoning: true,
        ..Profile::permissive("upstream-name")
    }
}

/// A body with one user message and these fields.
fn body(fields: &Value) -> Vec<u8> {
    let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "x"}]});
    if let (Some(body), Some(fields)) = (body.as_object_mut(), fields.as_object()) {
        body.extend(fields.clone());
    }
    serde_json::to_vec(&body).unwrap()
}

fn parse(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

/// JSON of the words that this dialect uses, put together at random.
fn any_json() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "user",
        "assistant",
        "tool",
        "system",
        "text",
        "function",
        "custom",
        "image_url",
        "file",
        "refusal",
        "auto",
        "json_schema",
        "data:a/b;base64,eA==",
        "call_1",
        "{\"a\":1}",
        "",
        "stop",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-2i64..300).prop_map(Value::from),
        word.prop_map(Value::from),
    ];
    let key = prop::sample::select(vec![
        "model",
        "messages",
        "role",
        "content",
        "type",
        "text",
        "image_url",
        "url",
        "file",
        "file_data",
        "file_id",
        "tool_calls",
        "tool_call_id",
        "function",
        "custom",
        "name",
        "arguments",
        "input",
        "tools",
        "tool_choice",
        "response_format",
        "json_schema",
        "schema",
        "stream",
        "stream_options",
        "include_usage",
        "stop",
        "n",
        "choices",
        "message",
        "delta",
        "index",
        "id",
        "finish_reason",
        "usage",
        "prompt_tokens",
        "reasoning_content",
        "refusal",
        "logprobs",
        "function_call",
        "error",
        "code",
        "data",
        "embedding",
        "x",
    ]);
    leaf.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..6).prop_map(|fields| {
                let named = fields
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value));
                Value::Object(named.collect())
            }),
        ]
    })
}
