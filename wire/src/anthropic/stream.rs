//! Anthropic's stream, read into the hub's events, in the hub's order, whatever the server does.

use serde_json::value::RawValue;

use super::answer::{Opening, read_stop};
use super::content::RawBlock;
use super::frame::{Delta, Frame, Started, Trouble, index, read};
use super::sequence::{Kind, Sequence};
use super::usage::RawUsage;
use crate::hub::{Event, StreamFault};
use crate::json::{Object, Text, from_bytes};
use crate::sse::{self, SseError};

/// Reads a stream.
#[derive(Debug, Default)]
pub struct StreamReader {
    parser: sse::Parser,
    state: State,
}

#[derive(Debug, Default)]
struct State {
    started: bool,
    /// Nothing more of the stream counts.
    over: bool,
    /// The blocks are all there: the reason of the stop has come.
    complete: bool,
    blocks: Sequence,
    usage: RawUsage,
    reason: String,
    stop_sequence: Option<String>,
}

impl StreamReader {
    /// Takes the next bytes and gives the events they complete.
    ///
    /// # Errors
    /// [`SseError`] when the stream cannot be read on.
    pub fn push(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> Result<(), SseError> {
        let Self { parser, state } = self;
        parser.push(bytes, |event| state.take(&event, events))
    }
}

impl State {
    fn take(&mut self, event: &sse::Event<'_>, events: &mut Vec<Event>) {
        if self.over || event.data == b"[DONE]" {
            return;
        }
        if event.data.is_empty() {
            if event.raw.starts_with(b":") {
                events.push(Event::Ping);
            }
            return;
        }
        let Ok(Object(frame)) = from_bytes::<Object<Frame<'_>>>(&event.data) else {
            return self.garbled("an event of the stream is no JSON object", events);
        };
        let named = std::str::from_utf8(event.name).unwrap_or_default();
        let kind = frame.kind.as_ref().map_or(named, |Text(kind)| kind);
        match kind {
            "message_start" => self.message_start(frame.message, events),
            "content_block_start" | "content_block_delta" if self.complete => {}
            "content_block_start" => self.block_start(&frame, events),
            "content_block_delta" => self.block_delta(&frame, events),
            "content_block_stop" => self.blocks.stop(index(frame.index), events),
            "message_delta" => self.message_delta(&frame, events),
            "message_stop" => self.message_stop(events),
            "ping" => events.push(Event::Ping),
            "error" => self.fault(frame.error, events),
            "" if frame.error.is_some() => self.fault(frame.error, events),
            _ => {}
        }
        if self.blocks.is_full() {
            self.garbled("the stream leaves too many blocks open at once", events);
        }
    }

    fn message_start(&mut self, message: Option<&RawValue>, events: &mut Vec<Event>) {
        let message = read::<Started<'_>>(message);
        let model = message.as_ref().and_then(|message| message.model.as_ref());
        let first = self.start(model.map_or("", |Text(model)| model), events);
        self.usage
            .update(RawUsage::of(message.and_then(|message| message.usage)));
        // Some servers begin with zeros, which tell nothing.
        let told = self.usage.usage().filter(|usage| usage.prompt() > 0);
        if first {
            events.extend(told.map(Event::Usage));
        }
    }

    /// Gives the start, once, and says whether this was the time.
    fn start(&mut self, model: &str, events: &mut Vec<Event>) -> bool {
        let first = !std::mem::replace(&mut self.started, true);
        if first {
            let model = model.to_owned();
            events.push(Event::Start { model });
        }
        first
    }

    fn block_start(&mut self, frame: &Frame<'_>, events: &mut Vec<Event>) {
        let Some(block) = read::<RawBlock<'_>>(frame.content_block) else {
            return self.garbled("a block of the stream cannot be read", events);
        };
        self.start("", events);
        let index = index(frame.index);
        match Opening::of(&block) {
            Some(opening) => self.blocks.start(index, opening, events),
            None => self.blocks.ignore(index),
        }
    }

    fn block_delta(&mut self, frame: &Frame<'_>, events: &mut Vec<Event>) {
        let Some(delta) = read::<Delta<'_>>(frame.delta) else {
            return self.garbled("a delta of the stream cannot be read", events);
        };
        self.start("", events);
        let index = index(frame.index);
        let kind = delta.kind.as_ref().map_or("", |Text(kind)| kind);
        let (kind, text) = match kind {
            "text_delta" => (Kind::Text, delta.text),
            "thinking_delta" => (Kind::Thinking, delta.thinking),
            "input_json_delta" => (Kind::Call, delta.partial_json),
            "signature_delta" => {
                let proof = delta.signature.as_ref().map_or("", |Text(proof)| proof);
                return self.blocks.prove(index, proof);
            }
            _ => return,
        };
        if let Some(Text(text)) = text {
            self.blocks.speak(index, kind, &text, events);
        }
    }

    fn message_delta(&mut self, frame: &Frame<'_>, events: &mut Vec<Event>) {
        self.usage.update(RawUsage::of(frame.usage));
        let Some(delta) = read::<Delta<'_>>(frame.delta) else {
            return;
        };
        if let Some(Text(reason)) = delta.stop_reason {
            self.reason = reason.into_owned();
            self.stop_sequence = delta.stop_sequence.map(|Text(text)| text.into_owned());
            self.complete(events);
        }
    }

    /// The blocks are all there: closes them and tells the tokens so far.
    fn complete(&mut self, events: &mut Vec<Event>) {
        self.start("", events);
        self.blocks.stop_all(events);
        self.complete = true;
        events.extend(self.usage.usage().map(Event::Usage));
    }

    fn message_stop(&mut self, events: &mut Vec<Event>) {
        if !self.complete {
            self.complete(events);
        }
        let sequence = self.stop_sequence.take();
        let stop = read_stop(&self.reason, sequence, self.blocks.has_calls());
        events.extend([Event::Stop(stop), Event::End]);
        self.over = true;
    }

    fn garbled(&mut self, message: &str, events: &mut Vec<Event>) {
        self.over = true;
        events.push(Event::Fault(StreamFault {
            kind: "garbled".into(),
            code: None,
            message: message.into(),
        }));
    }

    fn fault(&mut self, error: Option<&RawValue>, events: &mut Vec<Event>) {
        self.over = true;
        let owned = |text: Option<Text<'_>>| text.map(|Text(text)| text.into_owned());
        let trouble = read::<Trouble<'_>>(error).unwrap_or_default();
        // Some servers give the words alone.
        let words = error.and_then(|raw| serde_json::from_str::<String>(raw.get()).ok());
        events.push(Event::Fault(StreamFault {
            kind: owned(trouble.kind).unwrap_or_default(),
            code: trouble
                .details
                .and_then(|details| owned(details.error_code)),
            message: owned(trouble.message).or(words).unwrap_or_default(),
        }));
    }
}
