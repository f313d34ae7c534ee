//! Reads a stream's events.

use serde::Deserialize;

use super::answer::{ErrorObject, OutputItem, OutputPart, Response};
use super::lanes::Lanes;
use crate::hub::{Event, Head, Said, StreamFault};
use crate::json::{Object, Text, from_bytes};
use crate::sse::{self, Parser, SseError};

/// Any event: which fields it has follows from its type.
#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    response: Option<Object<Response<'a>>>,
    #[serde(borrow)]
    item: Option<Object<OutputItem<'a>>>,
    #[serde(borrow)]
    part: Option<Object<OutputPart<'a>>>,
    output_index: Option<u64>,
    content_index: Option<u64>,
    summary_index: Option<u64>,
    #[serde(borrow)]
    delta: Option<Text<'a>>,
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(borrow)]
    refusal: Option<Text<'a>>,
    #[serde(borrow)]
    arguments: Option<Text<'a>>,
    #[serde(borrow)]
    input: Option<Text<'a>>,
    #[serde(borrow)]
    error: Option<Object<ErrorObject<'a>>>,
    #[serde(borrow)]
    code: Option<Text<'a>>,
    #[serde(borrow)]
    message: Option<Text<'a>>,
}

/// Only the type of an event, for those that are unknown here.
#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
}

/// The events that are read.
const KNOWN: [&str; 21] = [
    "error",
    "response.completed",
    "response.content_part.added",
    "response.content_part.done",
    "response.created",
    "response.custom_tool_call_input.delta",
    "response.custom_tool_call_input.done",
    "response.failed",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "response.in_progress",
    "response.incomplete",
    "response.output_item.added",
    "response.output_item.done",
    "response.output_text.delta",
    "response.output_text.done",
    "response.queued",
    "response.reasoning_summary_text.delta",
    "response.reasoning_text.delta",
    "response.refusal.delta",
    "response.refusal.done",
];

/// Reads a stream.
#[derive(Debug, Default)]
pub struct StreamReader {
    parser: Parser,
    started: bool,
    over: bool,
    lanes: Lanes,
}

impl StreamReader {
    /// Takes the next bytes and gives the events they complete.
    ///
    /// # Errors
    /// [`SseError`] when the stream cannot be read on.
    pub fn push(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> Result<(), SseError> {
        let mut parser = std::mem::take(&mut self.parser);
        let result = parser.push(bytes, |event| self.event(&event, events));
        self.parser = parser;
        result
    }

    fn event(&mut self, event: &sse::Event<'_>, events: &mut Vec<Event>) {
        if self.over || event.data == b"[DONE]" {
            return;
        }
        if event.data.is_empty() {
            events.push(Event::Ping);
            return;
        }
        let name = std::str::from_utf8(event.name).unwrap_or_default();
        match from_bytes::<Object<Frame<'_>>>(&event.data) {
            Ok(Object(mut frame)) => {
                let kind = frame.kind.take();
                let kind = kind.as_ref().map_or(name, |Text(kind)| kind.as_ref());
                self.frame(kind, frame, events);
            }
            Err(error) => match from_bytes::<Object<Kind<'_>>>(&event.data) {
                // An event that is unknown here may use the same names for other things.
                Ok(Object(Kind {
                    kind: Some(Text(kind)),
                })) if !KNOWN.contains(&kind.as_ref()) => {}
                _ => self.garbled(&format!("an event cannot be read: {error}"), events),
            },
        }
    }

    fn frame(&mut self, kind: &str, frame: Frame<'_>, events: &mut Vec<Event>) {
        let nameless_error = kind.is_empty() && frame.error.is_some();
        if nameless_error || matches!(kind, "error" | "response.failed") {
            return self.failed(frame, events);
        }
        if !KNOWN.contains(&kind) {
            return;
        }
        if !std::mem::replace(&mut self.started, true) {
            let response = frame.response.as_ref();
            let model = response.and_then(|Object(response)| response.model.as_ref());
            let model = model
                .map(|Text(model)| model.to_string())
                .unwrap_or_default();
            events.push(Event::Start { model });
        } else if matches!(kind, "response.in_progress" | "response.queued") {
            events.push(Event::Ping);
        }
        match kind {
            "response.completed" => self.end(frame, false, events),
            "response.incomplete" => self.end(frame, true, events),
            _ => {
                self.block(kind, &frame);
                self.flow(events);
            }
        }
    }

    /// Takes an event of an item or of a part of one.
    fn block(&mut self, kind: &str, frame: &Frame<'_>) {
        let lanes = &mut self.lanes;
        let index = frame.output_index.unwrap_or(0);
        let part = frame.content_index.unwrap_or(0);
        match kind {
            "response.output_item.added" => {
                if let Some(Object(item)) = &frame.item
                    && let Some(head) = item.head()
                {
                    lanes.open(index, 0, head);
                }
            }
            "response.output_item.done" => {
                if let Some(Object(item)) = &frame.item {
                    lanes.finish(index, item.said());
                }
            }
            "response.content_part.added" => {
                let said = frame.part.as_ref().and_then(|Object(part)| part.said());
                match said {
                    Some(Said::Text(_)) => lanes.open(index, part, Head::Text),
                    Some(Said::Refusal(_)) => lanes.open(index, part, Head::Refusal),
                    _ => {}
                }
            }
            "response.content_part.done" => lanes.close_part(index, part),
            "response.output_text.delta" => {
                lanes.open(index, part, Head::Text);
                lanes.extend(index, part, told(&frame.delta));
            }
            "response.output_text.done" => {
                lanes.open(index, part, Head::Text);
                lanes.fill(index, part, told(&frame.text));
            }
            "response.refusal.delta" => {
                lanes.open(index, part, Head::Refusal);
                lanes.extend(index, part, told(&frame.delta));
            }
            "response.refusal.done" => {
                lanes.open(index, part, Head::Refusal);
                lanes.fill(index, part, told(&frame.refusal));
            }
            "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta" => {
                lanes.extend(index, 0, told(&frame.delta));
            }
            "response.function_call_arguments.done" => lanes.fill(index, 0, told(&frame.arguments)),
            "response.custom_tool_call_input.done" => lanes.fill(index, 0, told(&frame.input)),
            "response.reasoning_summary_text.delta" => {
                let section = (true, frame.summary_index.unwrap_or(0));
                lanes.reason(index, section, told(&frame.delta));
            }
            "response.reasoning_text.delta" => {
                lanes.reason(index, (false, part), told(&frame.delta));
            }
            _ => {}
        }
    }

    /// Lets out what may go out by now.
    fn flow(&mut self, events: &mut Vec<Event>) {
        if let Err(overflow) = self.lanes.flow(events) {
            self.garbled(&overflow.to_string(), events);
        }
    }

    fn end(&mut self, frame: Frame<'_>, incomplete: bool, events: &mut Vec<Event>) {
        let response = frame.response.map(|Object(response)| response);
        if self.lanes.were_none() {
            // A server that streams nothing but the end, whole.
            let output = response
                .as_ref()
                .and_then(|response| response.output.as_deref());
            for (index, Object(item)) in (0..).zip(output.unwrap_or_default()) {
                self.lanes.finish(index, item.said());
            }
        }
        self.lanes.close();
        self.flow(events);
        if self.over {
            return;
        }
        let spoken = self.lanes.spoken();
        let stop = match &response {
            Some(response) => response.stop(incomplete, spoken),
            None => Response::default().stop(incomplete, spoken),
        };
        let usage = response.and_then(|response| response.usage);
        events.extend(usage.map(|Object(usage)| Event::Usage(usage.into())));
        events.extend([Event::Stop(stop), Event::End]);
        self.over = true;
    }

    fn failed(&mut self, frame: Frame<'_>, events: &mut Vec<Event>) {
        let response = frame.response.and_then(|Object(response)| response.error);
        let (kind, code, message) = match response.or(frame.error) {
            Some(Object(error)) => (error.kind, error.code, error.message),
            None => (None, frame.code, frame.message),
        };
        let own = |text: Option<Text<'_>>| text.map(|Text(text)| text.into_owned());
        self.fault(
            StreamFault {
                kind: own(kind).unwrap_or_default(),
                code: own(code),
                message: own(message).unwrap_or_default(),
            },
            events,
        );
    }

    fn garbled(&mut self, message: &str, events: &mut Vec<Event>) {
        self.fault(
            StreamFault {
                kind: "garbled".to_owned(),
                code: None,
                message: message.to_owned(),
            },
            events,
        );
    }

    fn fault(&mut self, fault: StreamFault, events: &mut Vec<Event>) {
        self.over = true;
        events.push(Event::Fault(fault));
    }
}

fn told<'f>(text: &'f Option<Text<'_>>) -> &'f str {
    text.as_ref().map_or("", |Text(text)| text.as_ref())
}
