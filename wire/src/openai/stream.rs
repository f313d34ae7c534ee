//! A chat completion stream: read for its usage and end, or edited to hide what was not asked for.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::answer::{Said, TokenCounts, UsageObject, holds_something};
use crate::sse::{Event, Parser, SseError};

#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow, default)]
    model: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    choices: Vec<Choice<'a>>,
    #[serde(borrow, default)]
    usage: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(default)]
    index: u32,
    #[serde(borrow, default)]
    delta: Option<Said<'a>>,
    #[serde(borrow, default)]
    finish_reason: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    logprobs: Option<&'a RawValue>,
}

/// Reads a stream as it passes: usage, text, and whether it came to its proper end.
#[derive(Debug, Default)]
pub struct StreamReader {
    parser: Parser,
    usage: Option<String>,
    model: String,
    text: String,
    finish_reason: Option<String>,
    plain: Option<bool>,
    error: Option<String>,
    garbled: bool,
    done: bool,
    events: u64,
}

impl StreamReader {
    /// Takes the next bytes of the stream.
    ///
    /// # Errors
    /// [`SseError`] when the stream cannot be read on.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), SseError> {
        let mut parser = std::mem::take(&mut self.parser);
        let result = parser.push(bytes, |event| self.event(&event));
        self.parser = parser;
        result
    }

    fn event(&mut self, event: &Event<'_>) {
        if event.is_comment() {
            return;
        }
        self.events += 1;
        if event.data == b"[DONE]" {
            self.done = true;
            return;
        }
        let Ok(chunk) = serde_json::from_slice::<Chunk<'_>>(&event.data) else {
            self.garbled = true;
            return;
        };
        if let Some(error) = chunk.error {
            self.error = Some(error.get().to_owned());
        }
        if let Some(usage) = chunk.usage.filter(|raw| raw.get() != "null") {
            self.usage = Some(usage.get().to_owned());
        }
        if let Some(model) = chunk.model.filter(|_| self.model.is_empty()) {
            self.model = model.into_owned();
        }
        for choice in chunk.choices {
            self.choice(choice);
        }
    }

    fn choice(&mut self, choice: Choice<'_>) {
        let plain = self.plain.get_or_insert(true);
        *plain &= choice.index == 0 && !holds_something(choice.logprobs);
        if let Some(delta) = choice.delta {
            *plain &= delta.is_text_only();
            for text in [delta.content, delta.reasoning_content]
                .into_iter()
                .flatten()
            {
                self.text.push_str(&text);
            }
        }
        if let Some(reason) = choice.finish_reason {
            self.finish_reason = Some(reason.into_owned());
        }
    }

    /// The provider's token counts, once they have come.
    pub fn usage(&self) -> Option<TokenCounts> {
        let usage = self.usage.as_deref()?;
        let usage: UsageObject = serde_json::from_str(usage).ok()?;
        Some(usage.into())
    }

    /// All text so far, reasoning included: for counting when the provider did not.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The error the upstream sent inside the stream, as JSON or plain text.
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// Whether an event came that is no chat completion chunk.
    pub fn is_garbled(&self) -> bool {
        self.garbled
    }

    /// Whether the stream's end marker, `[DONE]`, has come.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// How many events have come, comments not counted.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// The whole answer as one chat completion object, where it is one whole text (see
    /// [`super::Answer::whole_text`]) and the provider told its usage.
    pub fn completion(&self) -> Option<String> {
        let whole = self.done
            && self.error.is_none()
            && !self.garbled
            && self.plain == Some(true)
            && self.finish_reason.as_deref() == Some("stop")
            && !self.text.is_empty();
        let usage: serde_json::Value = serde_json::from_str(self.usage.as_deref()?).ok()?;
        whole.then(|| {
            json!({
                "id": "", "object": "chat.completion", "created": 0, "model": self.model,
                "choices": [{"index": 0, "message": {"role": "assistant", "content": self.text}, "finish_reason": "stop"}],
                "usage": usage,
            })
            .to_string()
        })
    }
}

/// Takes the usage chunk out of a stream whose client did not ask for it; all else passes as it is.
#[derive(Debug, Default)]
pub struct UsageHider {
    parser: Parser,
}

impl UsageHider {
    /// Takes the next bytes and gives those that may go to the client: whole events only.
    ///
    /// # Errors
    /// [`SseError`] when the stream cannot be read on.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<u8>, SseError> {
        let mut out = Vec::with_capacity(bytes.len());
        self.parser.push(bytes, |event| {
            if !is_usage_chunk(&event.data) {
                out.extend_from_slice(event.raw);
            }
        })?;
        Ok(out)
    }
}

/// The chunk that `include_usage` adds: no choices, and a usage object.
fn is_usage_chunk(data: &[u8]) -> bool {
    // Most chunks are told apart by this search alone, without being parsed.
    memchr::memmem::find(data, b"\"usage\"").is_some()
        && serde_json::from_slice::<Chunk<'_>>(data).is_ok_and(|chunk| {
            chunk.choices.is_empty() && chunk.usage.is_some_and(|raw| raw.get() != "null")
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = "data: {\"id\":\"a\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"fo\"},\"finish_reason\":null}],\"usage\":null}\n\ndata: {\"id\":\"a\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ür\"},\"finish_reason\":null}]}\n\ndata: {\"id\":\"a\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    const USAGE: &str = "data: {\"id\":\"a\",\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2,\"total_tokens\":7}}\n\n";
    const DONE: &str = "data: [DONE]\n\n";

    fn read(stream: &str) -> StreamReader {
        let mut reader = StreamReader::default();
        reader.push(stream.as_bytes()).unwrap();
        reader
    }

    #[test]
    fn reads_text_usage_and_end() {
        let reader = read(&[TEXT, USAGE, DONE].concat());
        assert_eq!(reader.text(), "foür");
        assert_eq!(reader.usage().unwrap().completion, 2);
        assert!(reader.is_done() && reader.error().is_none());
        assert!(reader.completion().unwrap().contains("foür"));
    }

    #[test]
    fn a_cut_stream_is_known_by_its_missing_end() {
        let reader = read(TEXT);
        assert!(!reader.is_done());
        assert_eq!(reader.completion(), None);
    }

    #[test]
    fn an_error_inside_the_stream_is_seen() {
        assert_eq!(
            read("data: {\"error\":{\"message\":\"overloaded\"}}\n\n").error(),
            Some("{\"message\":\"overloaded\"}")
        );
        assert!(read("data: <html>\n\n").is_garbled());
    }

    #[test]
    fn tool_calls_are_never_kept_for_replay() {
        let stream = [TEXT, USAGE, DONE]
            .concat()
            .replace("\"content\":\"ür\"", "\"tool_calls\":[{\"index\":0}]");
        assert_eq!(read(&stream).completion(), None);
    }

    proptest! {
        #[test]
        fn the_usage_chunk_is_hidden_wherever_the_bytes_are_cut(cuts in prop::collection::vec(0usize..600, 0..8)) {
            let stream = [TEXT, ": keep-alive\n\n", USAGE, DONE].concat();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|at| at.min(stream.len())).collect();
            cuts.extend([0, stream.len()]);
            cuts.sort_unstable();
            let mut hider = UsageHider::default();
            let mut out = Vec::new();
            for pair in cuts.windows(2) {
                out.extend(hider.push(&stream.as_bytes()[pair[0]..pair[1]]).unwrap());
            }
            prop_assert_eq!(String::from_utf8(out).unwrap(), [TEXT, ": keep-alive\n\n", DONE].concat());
        }
    }
}
