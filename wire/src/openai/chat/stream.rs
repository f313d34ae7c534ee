//! Reads streams: chunks come in as servers send them, events go out in the hub's order.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::answer::{Spoken, is_known, made_up_id, stop_of};
use super::blocks::{Blocks, Words};
use super::content::{Called, holds_something, or_empty, string};
use super::usage::read_usage;
use crate::hub::{Event, Head, StreamFault, Usage};
use crate::json::{Object, Text, from_bytes};
use crate::sse::{self, Parser, SseError};

#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    model: Option<Text<'a>>,
    choices: Option<Vec<Object<Choice<'a>>>>,
    usage: Option<&'a RawValue>,
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    index: Option<u32>,
    #[serde(borrow)]
    delta: Option<Object<Spoken<'a>>>,
    finish_reason: Option<Text<'a>>,
    logprobs: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct ErrorObject<'a> {
    #[serde(rename = "type", borrow)]
    kind: Option<Text<'a>>,
    code: Option<&'a RawValue>,
    message: Option<Text<'a>>,
}

/// Reads a stream.
#[derive(Debug, Default)]
pub struct StreamReader {
    parser: Parser,
    answer: Reading,
}

impl StreamReader {
    /// Takes the next bytes and gives the events they complete. Of several choices only the first
    /// is told.
    ///
    /// # Errors
    /// [`SseError`] when the stream cannot be read on.
    pub fn push(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> Result<(), SseError> {
        let answer = &mut self.answer;
        self.parser
            .push(bytes, |event| answer.event(&event, events))
    }
}

/// What was read so far.
#[derive(Debug, Default)]
struct Reading {
    started: bool,
    blocks: Blocks,
    refused: bool,
    /// Something was said that no event can tell.
    more: bool,
    reason: Option<String>,
    usage: Option<Usage>,
    /// All blocks are out, because the usage has come.
    closed: bool,
    /// The answer is whole, or failed.
    ended: bool,
}

impl Reading {
    fn event(&mut self, event: &sse::Event<'_>, out: &mut Vec<Event>) {
        if self.ended {
            return;
        }
        if event.data.is_empty() {
            return out.push(Event::Ping);
        }
        if event.data == b"[DONE]" {
            return self.end(out);
        }
        match from_bytes(&event.data) {
            Ok(Object(chunk)) => self.chunk(chunk, out),
            Err(error) => {
                let message = format!("an event is no chat completion chunk: {error}");
                self.fail("garbled", None, message, out);
            }
        }
        if self.blocks.overflow() {
            let message = "the calls of one answer are too long to be put in order".to_owned();
            self.fail("too_long", None, message, out);
        }
    }

    fn chunk(&mut self, chunk: Chunk<'_>, out: &mut Vec<Event>) {
        if let Some(error) = chunk.error {
            return self.error(error, out);
        }
        self.start(chunk.model, out);
        let id = or_empty(chunk.id);
        for Object(choice) in chunk.choices.into_iter().flatten() {
            self.choice(choice, &id, out);
        }
        self.usage = chunk.usage.and_then(read_usage).or(self.usage);
        if self.reason.is_some() && chunk.usage.is_some() {
            self.close(out);
        }
    }

    fn start(&mut self, model: Option<Text<'_>>, out: &mut Vec<Event>) {
        if !self.started {
            self.started = true;
            let model = or_empty(model).into_owned();
            out.push(Event::Start { model });
        }
    }

    fn choice(&mut self, choice: Choice<'_>, id: &str, out: &mut Vec<Event>) {
        let first = choice.index.unwrap_or(0) == 0;
        self.more |= !first || holds_something(choice.logprobs);
        if !first || self.closed {
            return;
        }
        if let Some(Object(spoken)) = choice.delta {
            self.spoken(spoken, id, out);
        }
        if let Some(Text(reason)) = choice.finish_reason {
            self.reason = Some(reason.into_owned());
        }
    }

    fn spoken(&mut self, spoken: Spoken<'_>, answer_id: &str, out: &mut Vec<Event>) {
        self.more |= spoken.says_more();
        if let Some(text) = spoken.thinking() {
            self.blocks.words(Words::Thinking, &text, out);
        }
        for text in spoken.texts() {
            self.blocks.words(Words::Text, text, out);
        }
        if let Some(text) = spoken.refusal() {
            self.refused = true;
            self.blocks.words(Words::Refusal, &text, out);
        }
        let fallback = |at| made_up_id(answer_id, at);
        for (at, Object(mut call)) in spoken.tool_calls.into_iter().flatten().enumerate() {
            let index = call.index.unwrap_or(u32::try_from(at).unwrap_or(u32::MAX));
            let id = or_empty(call.id.take());
            if let Some(called) = call.called() {
                self.blocks.call(index, &id, &called, fallback, out);
            }
        }
        if let Some(Object(call)) = spoken.function_call {
            self.blocks.call(0, "", &Called::from(call), fallback, out);
        }
    }

    /// Ends the blocks and tells the usage, where it is known.
    fn close(&mut self, out: &mut Vec<Event>) {
        if !self.closed {
            self.closed = true;
            self.blocks.close_all(out);
            if self.more || !is_known(self.reason.as_deref()) {
                // See the mark in whole answers.
                out.extend([Event::Open(Head::Text), Event::Close]);
            }
        }
        out.extend(self.usage.take().map(Event::Usage));
    }

    fn end(&mut self, out: &mut Vec<Event>) {
        self.start(None, out);
        self.close(out);
        let calls = self.blocks.calls() > 0;
        match stop_of(self.reason.as_deref(), calls, self.refused) {
            Some(stop) => out.extend([Event::Stop(stop), Event::End]),
            None => {
                let kind = self.reason.take().unwrap_or_default();
                let message = "the provider broke off its answer".to_owned();
                return self.fail(&kind, None, message, out);
            }
        }
        self.ended = true;
    }

    /// The error a server sends in the middle: an object, or plain text.
    fn error(&mut self, raw: &RawValue, out: &mut Vec<Event>) {
        match serde_json::from_str::<Object<ErrorObject<'_>>>(raw.get()) {
            Ok(Object(error)) => {
                // Routers send the HTTP status as a number.
                let code = error.code.filter(|code| code.get() != "null");
                let code = code.map(|raw| {
                    string(raw).map_or_else(|| raw.get().to_owned(), |code| code.into_owned())
                });
                let message = or_empty(error.message).into_owned();
                self.fail(&or_empty(error.kind), code, message, out);
            }
            Err(_) => {
                let message = string(raw).unwrap_or(raw.get().into()).into_owned();
                self.fail("", None, message, out);
            }
        }
    }

    fn fail(&mut self, kind: &str, code: Option<String>, message: String, out: &mut Vec<Event>) {
        self.ended = true;
        out.push(Event::Fault(StreamFault {
            kind: kind.to_owned(),
            code,
            message,
        }));
    }
}
