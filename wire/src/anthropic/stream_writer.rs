//! A stream of events, written as Anthropic's: the order and the fields that its SDKs rely on.

use serde::Serialize;

use super::answer::{OutMessage, signature, write_stop};
use super::block::OutBlock;
use super::tools::arguments;
use super::usage::OutUsage;
use crate::dialect::Envelope;
use crate::hub::{CallKind, Event, Head, Origin, Stop, Usage, flat_name, portable_id};

/// Writes a stream. A block begins only when something is said in it, because clients send back
/// what they were given, and empty blocks are refused.
#[derive(Debug)]
pub struct StreamWriter {
    envelope: Envelope,
    /// The place of the next block.
    index: u64,
    open: Option<Open>,
    usage: Usage,
    started: bool,
    refused: bool,
    over: bool,
}

#[derive(Debug)]
struct Open {
    kind: Kind,
    begun: bool,
}

#[derive(Debug)]
enum Kind {
    Text,
    Thinking {
        origin: Origin,
        proof: Option<String>,
    },
    Function,
    /// Free text, which goes into the one member of an object.
    Custom,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Frame<'a> {
    MessageStart {
        message: OutMessage<'a>,
    },
    ContentBlockStart {
        index: u64,
        content_block: OutBlock<'a>,
    },
    ContentBlockDelta {
        index: u64,
        delta: Delta<'a>,
    },
    ContentBlockStop {
        index: u64,
    },
    MessageDelta {
        delta: Ending<'a>,
        usage: OutUsage,
    },
    MessageStop,
    Ping,
}

#[derive(Serialize)]
#[serde(tag = "type")]
enum Delta<'a> {
    #[serde(rename = "text_delta")]
    Text { text: &'a str },
    #[serde(rename = "thinking_delta")]
    Thinking { thinking: &'a str },
    #[serde(rename = "signature_delta")]
    Signature { signature: &'a str },
    #[serde(rename = "input_json_delta")]
    Input { partial_json: &'a str },
}

#[derive(Serialize)]
struct Ending<'a> {
    stop_reason: &'static str,
    stop_sequence: Option<&'a str>,
}

impl Frame<'_> {
    const fn name(&self) -> &'static str {
        match self {
            Self::MessageStart { .. } => "message_start",
            Self::ContentBlockStart { .. } => "content_block_start",
            Self::ContentBlockDelta { .. } => "content_block_delta",
            Self::ContentBlockStop { .. } => "content_block_stop",
            Self::MessageDelta { .. } => "message_delta",
            Self::MessageStop => "message_stop",
            Self::Ping => "ping",
        }
    }

    fn write(&self, out: &mut String) {
        // Types of this file alone: they are always JSON.
        let Ok(json) = serde_json::to_string(self) else {
            return;
        };
        for part in ["event: ", self.name(), "\ndata: ", &json, "\n\n"] {
            out.push_str(part);
        }
    }
}

impl StreamWriter {
    /// A writer for one answer.
    pub fn new(envelope: Envelope) -> Self {
        Self {
            envelope,
            index: 0,
            open: None,
            usage: Usage::default(),
            started: false,
            refused: false,
            over: false,
        }
    }

    /// Takes an event, and adds what the client is to see of it. After a fault or the end that is
    /// nothing: how a broken stream is ended is not decided here.
    pub fn push(&mut self, event: &Event, out: &mut String) {
        if self.over {
            return;
        }
        match event {
            Event::Start { .. } => self.start(out),
            Event::Open(head) => self.open(head, out),
            Event::Delta(text) => self.delta(text, out),
            Event::Proof(more) => {
                if let Some(Open {
                    kind: Kind::Thinking { proof, .. },
                    ..
                }) = &mut self.open
                {
                    proof.get_or_insert_default().push_str(more);
                }
            }
            Event::Close => self.close(out),
            Event::Usage(usage) => self.usage = *usage,
            Event::Stop(stop) => self.stop(stop, out),
            Event::End => {
                Frame::MessageStop.write(out);
                self.over = true;
            }
            Event::Fault(_) => self.over = true,
            Event::Ping => Frame::Ping.write(out),
        }
    }

    fn start(&mut self, out: &mut String) {
        if !std::mem::replace(&mut self.started, true) {
            let message = OutMessage::begun(&self.envelope);
            Frame::MessageStart { message }.write(out);
        }
    }

    fn open(&mut self, head: &Head, out: &mut String) {
        self.close(out);
        let kind = match head {
            Head::Text | Head::Refusal => Kind::Text,
            Head::Thinking { origin } => Kind::Thinking {
                origin: origin.clone(),
                proof: None,
            },
            Head::ToolCall { kind, .. } if *kind == CallKind::Custom => Kind::Custom,
            Head::ToolCall { .. } => Kind::Function,
        };
        self.refused |= *head == Head::Refusal;
        self.open = Some(Open { kind, begun: false });
        if let Head::ToolCall {
            id,
            name,
            namespace,
            kind,
        } = head
        {
            let call = OutBlock::ToolUse {
                id: portable_id(id),
                name: flat_name(namespace.as_deref(), name),
                input: arguments(""),
                cache_control: None,
            };
            self.begin(call, out);
            if *kind == CallKind::Custom {
                self.say(
                    Delta::Input {
                        partial_json: r#"{"input":""#,
                    },
                    out,
                );
            }
        }
    }

    /// Writes the start of the open block, once.
    fn begin(&mut self, block: OutBlock<'_>, out: &mut String) {
        self.start(out);
        if let Some(open) = &mut self.open
            && !std::mem::replace(&mut open.begun, true)
        {
            let frame = Frame::ContentBlockStart {
                index: self.index,
                content_block: block,
            };
            frame.write(out);
        }
    }

    fn say(&self, delta: Delta<'_>, out: &mut String) {
        let index = self.index;
        Frame::ContentBlockDelta { index, delta }.write(out);
    }

    fn delta(&mut self, text: &str, out: &mut String) {
        let Some(Open { kind, .. }) = &self.open else {
            return;
        };
        if text.is_empty() {
            return;
        }
        match kind {
            Kind::Text => {
                self.begin(OutBlock::text(""), out);
                self.say(Delta::Text { text }, out);
            }
            // All of a redacted block is in its proof.
            Kind::Thinking {
                origin: Origin::Anthropic { redacted: true },
                ..
            } => {}
            Kind::Thinking { .. } => {
                self.begin(empty_thinking(), out);
                self.say(Delta::Thinking { thinking: text }, out);
            }
            Kind::Function => self.say(Delta::Input { partial_json: text }, out),
            Kind::Custom => {
                let quoted = serde_json::Value::from(text).to_string();
                // The text escaped, without the quotes around all of it.
                let partial_json = &quoted[1..quoted.len() - 1];
                self.say(Delta::Input { partial_json }, out);
            }
        }
    }

    fn close(&mut self, out: &mut String) {
        match &mut self.open {
            None => return,
            Some(Open {
                kind: Kind::Text | Kind::Function,
                ..
            }) => {}
            Some(Open {
                kind: Kind::Custom, ..
            }) => self.say(
                Delta::Input {
                    partial_json: r#""}"#,
                },
                out,
            ),
            Some(Open {
                kind: Kind::Thinking { origin, proof },
                begun,
            }) => {
                let (origin, proof, begun) = (origin.clone(), proof.take(), *begun);
                self.prove(&origin, proof.as_deref(), begun, out);
            }
        }
        if self.open.take().is_some_and(|open| open.begun) {
            Frame::ContentBlockStop { index: self.index }.write(out);
            self.index += 1;
        }
    }

    /// Writes what proves the open block of thinking.
    fn prove(&mut self, origin: &Origin, proof: Option<&str>, begun: bool, out: &mut String) {
        if *origin == (Origin::Anthropic { redacted: true }) {
            if let Some(data) = proof {
                self.begin(OutBlock::RedactedThinking { data }, out);
            }
        } else if begun || proof.is_some() {
            self.begin(empty_thinking(), out);
            let signature = signature(origin, proof);
            self.say(
                Delta::Signature {
                    signature: &signature,
                },
                out,
            );
        }
    }

    fn stop(&mut self, stop: &Stop, out: &mut String) {
        self.start(out);
        self.close(out);
        let (stop_reason, stop_sequence) = write_stop(stop, self.refused);
        let frame = Frame::MessageDelta {
            delta: Ending {
                stop_reason,
                stop_sequence,
            },
            usage: OutUsage::at_end(self.usage),
        };
        frame.write(out);
    }
}

const fn empty_thinking() -> OutBlock<'static> {
    OutBlock::Thinking {
        thinking: "",
        signature: std::borrow::Cow::Borrowed(""),
    }
}
