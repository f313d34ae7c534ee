//! A chat completion, read for what the gateway counts by and written again when it is replayed.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;

/// Token counts in OpenAI's form, in which the totals include their parts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenCounts {
    /// All input tokens, those read from or written to a prompt cache included.
    pub prompt: u64,
    /// Input tokens read from the provider's prompt cache.
    pub cached: u64,
    /// Input tokens written to the provider's prompt cache.
    pub cache_write: u64,
    /// All output tokens, reasoning included.
    pub completion: u64,
    /// Output tokens spent on reasoning.
    pub reasoning: u64,
}

/// The `usage` object as providers send it.
#[derive(Debug, Default, Deserialize)]
pub(super) struct UsageObject {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
    #[serde(default)]
    prompt_tokens_details: Option<PromptDetails>,
    #[serde(default)]
    completion_tokens_details: Option<CompletionDetails>,
}

#[derive(Debug, Default, Deserialize)]
struct PromptDetails {
    #[serde(default)]
    cached_tokens: Option<u64>,
    #[serde(default)]
    cache_write_tokens: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
struct CompletionDetails {
    #[serde(default)]
    reasoning_tokens: Option<u64>,
}

impl From<UsageObject> for TokenCounts {
    fn from(usage: UsageObject) -> Self {
        let prompt = usage.prompt_tokens_details.unwrap_or_default();
        let completion = usage.completion_tokens_details.unwrap_or_default();
        Self {
            prompt: usage.prompt_tokens,
            cached: prompt.cached_tokens.unwrap_or(0),
            cache_write: prompt.cache_write_tokens.unwrap_or(0),
            completion: usage.completion_tokens,
            reasoning: completion.reasoning_tokens.unwrap_or(0),
        }
    }
}

#[derive(Deserialize)]
struct Completion<'a> {
    #[serde(borrow)]
    choices: Vec<Choice<'a>>,
    #[serde(default)]
    usage: Option<UsageObject>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow)]
    message: Said<'a>,
    #[serde(borrow, default)]
    finish_reason: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    logprobs: Option<&'a RawValue>,
}

/// What the assistant says: a whole message, or a stream's delta of one.
#[derive(Deserialize)]
pub(super) struct Said<'a> {
    #[serde(borrow, default)]
    pub(super) content: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) reasoning_content: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    reasoning: Option<&'a RawValue>,
    #[serde(borrow, default)]
    tool_calls: Option<&'a RawValue>,
    #[serde(borrow, default)]
    function_call: Option<&'a RawValue>,
    #[serde(borrow, default)]
    refusal: Option<&'a RawValue>,
    #[serde(borrow, default)]
    annotations: Option<&'a RawValue>,
    #[serde(borrow, default)]
    audio: Option<&'a RawValue>,
}

impl Said<'_> {
    /// Whether nothing is said beyond the text of `content`.
    pub(super) fn is_text_only(&self) -> bool {
        let more = [
            self.reasoning,
            self.tool_calls,
            self.function_call,
            self.refusal,
            self.annotations,
            self.audio,
        ];
        self.reasoning_content.as_deref().is_none_or(str::is_empty)
            && !more.into_iter().any(holds_something)
    }
}

/// Whether a field is there with a value other than an empty one.
pub(super) fn holds_something(field: Option<&RawValue>) -> bool {
    field.is_some_and(|raw| !matches!(raw.get(), "null" | "[]" | "{}" | "\"\""))
}

/// What the gateway needs to know of a completed answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The provider's token counts, where it sent any.
    pub usage: Option<TokenCounts>,
    /// The text of all choices, for counting when the provider did not.
    pub text: String,
    /// Whether the answer is one whole text that may be served again: a single choice that ended
    /// by itself and holds nothing beyond its text.
    pub whole_text: bool,
}

impl Answer {
    /// Reads a chat completion object; none when the bytes are no such thing.
    pub fn parse(body: &[u8]) -> Option<Self> {
        let completion: Completion<'_> = serde_json::from_slice(body).ok()?;
        let whole_text = matches!(completion.choices.as_slice(), [choice]
            if choice.finish_reason.as_deref() == Some("stop")
                && !holds_something(choice.logprobs)
                && choice.message.is_text_only()
                && choice.message.content.as_deref().is_some_and(|text| !text.is_empty()));
        Some(Self {
            usage: completion.usage.map(TokenCounts::from),
            text: completion
                .choices
                .iter()
                .filter_map(|choice| choice.message.content.as_deref())
                .collect(),
            whole_text,
        })
    }
}

/// A stored completion under a new id and date, as one JSON object; none when it is not readable.
pub fn replay_answer(stored: &str, id: &str, created: u64) -> Option<String> {
    let mut answer: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(stored).ok()?;
    answer.insert("id".into(), id.into());
    answer.insert("created".into(), created.into());
    serde_json::to_string(&answer).ok()
}

/// A stored completion as the stream the client asked for; none when it is not readable.
pub fn replay_stream(stored: &str, id: &str, created: u64, include_usage: bool) -> Option<String> {
    let answer: serde_json::Value = serde_json::from_str(stored).ok()?;
    let choice = answer.get("choices")?.get(0)?;
    let content = choice.get("message")?.get("content")?;
    let model = answer.get("model")?;
    let chunk = |choices: serde_json::Value| {
        let mut chunk = json!({"id": id, "object": "chat.completion.chunk", "created": created, "model": model, "choices": choices});
        if include_usage {
            chunk["usage"] = serde_json::Value::Null;
        }
        chunk
    };
    let one = |delta: serde_json::Value, finish: &serde_json::Value| {
        chunk(json!([{"index": 0, "delta": delta, "finish_reason": finish}]))
    };
    let mut chunks = vec![
        one(
            json!({"role": "assistant", "content": ""}),
            &serde_json::Value::Null,
        ),
        one(json!({"content": content}), &serde_json::Value::Null),
        one(json!({}), choice.get("finish_reason")?),
    ];
    if include_usage {
        let mut last = chunk(json!([]));
        last["usage"] = answer.get("usage")?.clone();
        chunks.push(last);
    }
    let mut out = String::new();
    for chunk in chunks {
        out.push_str("data: ");
        out.push_str(&chunk.to_string());
        out.push_str("\n\n");
    }
    out.push_str("data: [DONE]\n\n");
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openai::StreamReader;

    const STORED: &str = r#"{"id":"old","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"four"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":1}}}"#;

    #[test]
    fn reads_the_counts_of_a_completion() {
        let answer = Answer::parse(STORED.as_bytes()).unwrap();
        assert_eq!(
            answer.usage,
            Some(TokenCounts {
                prompt: 9,
                cached: 4,
                cache_write: 0,
                completion: 2,
                reasoning: 1
            })
        );
        assert!(answer.whole_text);
        assert_eq!(answer.text, "four");
    }

    #[test]
    fn a_cut_or_tool_answer_is_not_served_again() {
        for (from, to) in [
            ("\"stop\"", "\"length\""),
            (
                "\"content\":\"four\"",
                "\"content\":null,\"tool_calls\":[{}]",
            ),
            ("four", ""),
        ] {
            let answer = Answer::parse(STORED.replace(from, to).as_bytes()).unwrap();
            assert!(!answer.whole_text, "{from} -> {to}");
        }
        assert_eq!(Answer::parse(b"<html>"), None);
    }

    #[test]
    fn a_replayed_stream_reads_back_as_the_stored_answer() {
        let stream = replay_stream(STORED, "new", 7, true).unwrap();
        let mut reader = StreamReader::default();
        reader.push(stream.as_bytes()).unwrap();
        let again = reader.completion().unwrap();
        let (mut again, mut stored): (serde_json::Value, serde_json::Value) = (
            serde_json::from_str(&again).unwrap(),
            serde_json::from_str(STORED).unwrap(),
        );
        for value in [&mut again, &mut stored] {
            value["id"] = "".into();
            value["created"] = 0.into();
        }
        assert_eq!(again, stored);
        assert!(
            !replay_stream(STORED, "new", 7, false)
                .unwrap()
                .contains("usage")
        );
    }

    #[test]
    fn a_replayed_answer_has_its_own_id() {
        let text = replay_answer(STORED, "new", 7).unwrap();
        assert!(text.contains("\"new\"") && !text.contains("\"old\""));
    }
}
