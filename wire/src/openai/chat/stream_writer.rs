//! Writes streams: the events of the hub as chunks, as OpenAI sends them.

use std::fmt::Write;

use serde_json::{Value, json};

use super::answer::{completion_id, finish_reason};
use super::calls::ClientCall;
use super::usage::write_usage;
use crate::dialect::Envelope;
use crate::error::ErrorBody;
use crate::hub::{CallKind, Event, Head, Stop, Usage};
use crate::openai::error_body;

/// The longest arguments that are held back to be told whole, bytes.
const MAX_ARGUMENTS: usize = 8 << 20;

/// Writes a stream.
#[derive(Debug)]
pub struct StreamWriter {
    envelope: Envelope,
    /// What every chunk begins with, up to its choices.
    begin: String,
    open: Option<Open>,
    calls: usize,
    refused: bool,
    usage: Usage,
}

/// The open block.
#[derive(Debug)]
enum Open {
    /// One whose pieces stand in this field of the delta.
    Field(&'static str),
    Call(OpenCall),
}

#[derive(Debug)]
struct OpenCall {
    index: usize,
    id: String,
    call: ClientCall,
    /// The arguments, where they have to be whole to be told.
    arguments: String,
    /// Whether there are any.
    any: bool,
}

impl OpenCall {
    fn keep(&mut self, arguments: &str) {
        if self.arguments.len() + arguments.len() <= MAX_ARGUMENTS {
            self.arguments.push_str(arguments);
        }
    }
}

impl StreamWriter {
    /// A writer for one answer.
    pub fn new(envelope: Envelope) -> Self {
        let begin = json!({
            "id": completion_id(&envelope),
            "object": "chat.completion.chunk",
            "created": envelope.created,
            "model": envelope.model,
        });
        let mut begin = format!("data: {begin}");
        begin.pop();
        Self {
            envelope,
            begin,
            open: None,
            calls: 0,
            refused: false,
            usage: Usage::default(),
        }
    }

    /// Takes an event, and adds what the client is to see of it. A fault shows nothing: the error
    /// is the gateway's to tell.
    pub fn push(&mut self, event: &Event, out: &mut String) {
        match event {
            Event::Start { .. } => {
                self.delta(
                    &json!({"role": "assistant", "content": "", "refusal": null}),
                    out,
                );
            }
            Event::Open(head) => self.open(head, out),
            Event::Delta(text) => self.more(text, out),
            Event::Close => self.close(out),
            Event::Usage(usage) => self.usage = *usage,
            Event::Stop(stop) => self.finish(stop, out),
            Event::End => self.end(out),
            Event::Ping => out.push_str(": ping\n\n"),
            Event::Proof(_) | Event::Fault(_) => {}
        }
    }

    fn open(&mut self, head: &Head, out: &mut String) {
        self.open = Some(match head {
            Head::Text => Open::Field("content"),
            Head::Thinking { .. } => Open::Field("reasoning_content"),
            Head::Refusal => {
                self.refused = true;
                Open::Field("refusal")
            }
            Head::ToolCall {
                id,
                name,
                namespace,
                kind,
            } => {
                let custom = *kind == CallKind::Custom;
                let tools = &self.envelope.tools;
                let call = ClientCall::new(name, namespace.as_deref(), custom, tools);
                let index = self.calls;
                self.calls += 1;
                if !call.wrapped {
                    self.call(index, call.begun(id, ""), out);
                }
                Open::Call(OpenCall {
                    index,
                    id: id.clone(),
                    call,
                    arguments: String::new(),
                    any: false,
                })
            }
        });
    }

    fn more(&mut self, text: &str, out: &mut String) {
        match &mut self.open {
            None => {}
            Some(Open::Field(field)) => {
                let delta = json!({*field: text});
                self.delta(&delta, out);
            }
            Some(Open::Call(open)) if open.call.wrapped => open.keep(text),
            Some(Open::Call(open)) => {
                open.any |= !text.is_empty();
                let (index, piece) = (open.index, open.call.piece(text));
                self.call(index, piece, out);
            }
        }
    }

    fn close(&mut self, out: &mut String) {
        let Some(Open::Call(open)) = self.open.take() else {
            return;
        };
        let whole = open.call.told(&open.arguments);
        if open.call.wrapped {
            self.call(open.index, open.call.begun(&open.id, &whole), out);
        } else if !open.any && !whole.is_empty() {
            self.call(open.index, open.call.piece(&whole), out);
        }
    }

    fn finish(&mut self, stop: &Stop, out: &mut String) {
        let reason = finish_reason(stop, self.calls > 0, self.refused);
        self.choice(&json!({}), &json!(reason), out);
    }

    fn end(&self, out: &mut String) {
        if self.envelope.include_usage {
            out.push_str(&self.begin);
            out.push_str(",\"choices\":[],\"usage\":");
            out.push_str(&write_usage(self.usage).to_string());
            out.push_str("}\n\n");
        }
        out.push_str("data: [DONE]\n\n");
    }

    /// A piece of the call of this index.
    fn call(&self, index: usize, mut piece: Value, out: &mut String) {
        piece["index"] = index.into();
        self.delta(&json!({"tool_calls": [piece]}), out);
    }

    fn delta(&self, delta: &Value, out: &mut String) {
        self.choice(delta, &Value::Null, out);
    }

    fn choice(&self, delta: &Value, finish_reason: &Value, out: &mut String) {
        let usage = match self.envelope.include_usage {
            true => ",\"usage\":null",
            false => "",
        };
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            "{},\"choices\":[{{\"index\":0,\"delta\":{delta},\"logprobs\":null,\"finish_reason\":{finish_reason}}}]{usage}}}\n\n",
            self.begin
        );
    }
}

/// An error in the middle of a stream, as its last event. It begins with an empty line, which closes
/// an event that was cut.
pub fn error_event(error: &ErrorBody<'_>) -> String {
    format!("\n\ndata: {}\n\n", error_body(error))
}
