//! The three dialects that chat models are spoken to in, behind one set of calls.
//!
//! A dialect is a folder with a request reader and writer, an answer reader and writer, and a
//! stream reader and writer, each between bytes and the [`crate::hub`]. This file only chooses.

use crate::anthropic;
use crate::error::{ErrorBody, WireError};
use crate::hub::{Answer, Event, Profile, Request, ToolNames, Unsupported, Written};
use crate::openai::{chat, responses};
use crate::sse::SseError;

/// A dialect for conversations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// OpenAI Chat Completions: `POST /v1/chat/completions`.
    #[default]
    Chat,
    /// OpenAI Responses: `POST /v1/responses`.
    Responses,
    /// Anthropic Messages: `POST /v1/messages`.
    Messages,
}

/// What the writers of an answer must know beyond the answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Envelope {
    /// The request's id; each dialect puts its own prefix before it.
    pub id: String,
    /// The model that answers, as the client is told.
    pub model: String,
    /// When the answer began, Unix seconds.
    pub created: u64,
    /// Whether a Chat Completions stream shows its usage.
    pub include_usage: bool,
    /// The client's tools that are no plain functions.
    pub tools: ToolNames,
}

impl Dialect {
    /// The path under the base URL (`…/v1`).
    pub const fn path(self) -> &'static str {
        match self {
            Self::Chat => "/chat/completions",
            Self::Responses => "/responses",
            Self::Messages => "/messages",
        }
    }

    /// Reads a request.
    ///
    /// # Errors
    /// [`WireError`], naming the field at fault.
    pub fn read_request(self, body: &[u8]) -> Result<Request<'_>, WireError> {
        match self {
            Self::Chat => chat::read_request(body),
            Self::Responses => responses::read_request(body),
            Self::Messages => anthropic::read_request(body),
        }
    }

    /// Writes a request for a model.
    ///
    /// # Errors
    /// [`Unsupported`] for the first thing that neither dialect nor model can carry.
    pub fn write_request(
        self,
        request: &Request<'_>,
        profile: &Profile,
    ) -> Result<Written, Unsupported> {
        match self {
            Self::Chat => chat::write_request(request, profile),
            Self::Responses => responses::write_request(request, profile),
            Self::Messages => anthropic::write_request(request, profile),
        }
    }

    /// Makes a request of this dialect fit a model that speaks it too: its name, and what it does
    /// not take. All else stays byte for byte. None where nothing has to change.
    ///
    /// # Errors
    /// [`Unsupported`] for what the model cannot do.
    pub fn adapt_request(
        self,
        body: &[u8],
        request: &Request<'_>,
        profile: &Profile,
    ) -> Result<Option<Written>, Unsupported> {
        match self {
            Self::Chat => chat::adapt_request(body, request, profile),
            Self::Responses => responses::adapt_request(body, request, profile),
            Self::Messages => anthropic::adapt_request(body, request, profile),
        }
    }

    /// A request without the thinking of earlier turns, for one more try after the provider could
    /// not verify it. None where there is none.
    pub fn without_thinking(self, body: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Chat => None,
            Self::Responses => responses::without_thinking(body),
            Self::Messages => anthropic::without_thinking(body),
        }
    }

    /// Reads a whole answer; none when the bytes are no such thing.
    pub fn read_answer(self, body: &[u8]) -> Option<Answer> {
        match self {
            Self::Chat => chat::read_answer(body),
            Self::Responses => responses::read_answer(body),
            Self::Messages => anthropic::read_answer(body),
        }
    }

    /// Writes a whole answer.
    pub fn write_answer(self, answer: &Answer, envelope: &Envelope) -> String {
        match self {
            Self::Chat => chat::write_answer(answer, envelope),
            Self::Responses => responses::write_answer(answer, envelope),
            Self::Messages => anthropic::write_answer(answer, envelope),
        }
    }

    /// Reads a stream.
    pub fn reader(self) -> StreamReader {
        match self {
            Self::Chat => StreamReader::Chat(Box::default()),
            Self::Responses => StreamReader::Responses(Box::default()),
            Self::Messages => StreamReader::Messages(Box::default()),
        }
    }

    /// Writes a stream.
    pub fn writer(self, envelope: Envelope) -> StreamWriter {
        match self {
            Self::Chat => StreamWriter::Chat(Box::new(chat::StreamWriter::new(envelope))),
            Self::Responses => {
                StreamWriter::Responses(Box::new(responses::StreamWriter::new(envelope)))
            }
            Self::Messages => {
                StreamWriter::Messages(Box::new(anthropic::StreamWriter::new(envelope)))
            }
        }
    }

    /// An error, as the body of a response.
    pub fn error_body(self, error: &ErrorBody<'_>, request_id: &str) -> String {
        match self {
            Self::Chat | Self::Responses => crate::openai::error_body(error),
            Self::Messages => anthropic::error_body(error, request_id),
        }
    }

    /// An error in the middle of a stream, as its last event. It begins with an empty line, which
    /// closes an event that was cut.
    pub fn error_event(self, error: &ErrorBody<'_>, request_id: &str) -> String {
        match self {
            Self::Chat => chat::error_event(error),
            Self::Responses => responses::error_event(error),
            Self::Messages => anthropic::error_event(error, request_id),
        }
    }

    /// A sign of life that clients of the dialect heed, between two events of a stream.
    pub const fn keep_alive(self) -> &'static str {
        match self {
            Self::Chat => ": keep-alive\n\n",
            // Codex counts comments as silence.
            Self::Responses => {
                "event: response.in_progress\ndata: {\"type\":\"response.in_progress\"}\n\n"
            }
            Self::Messages => "event: ping\ndata: {\"type\":\"ping\"}\n\n",
        }
    }
}

/// A stream's reader.
#[derive(Debug)]
pub enum StreamReader {
    /// Of Chat Completions.
    Chat(Box<chat::StreamReader>),
    /// Of Responses.
    Responses(Box<responses::StreamReader>),
    /// Of Messages.
    Messages(Box<anthropic::StreamReader>),
}

impl StreamReader {
    /// Takes the next bytes and gives the events they complete.
    ///
    /// # Errors
    /// [`SseError`] when the stream cannot be read on.
    pub fn push(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> Result<(), SseError> {
        match self {
            Self::Chat(reader) => reader.push(bytes, events),
            Self::Responses(reader) => reader.push(bytes, events),
            Self::Messages(reader) => reader.push(bytes, events),
        }
    }
}

/// A stream's writer.
#[derive(Debug)]
pub enum StreamWriter {
    /// Of Chat Completions.
    Chat(Box<chat::StreamWriter>),
    /// Of Responses.
    Responses(Box<responses::StreamWriter>),
    /// Of Messages.
    Messages(Box<anthropic::StreamWriter>),
}

impl StreamWriter {
    /// Takes an event, and adds what the client is to see of it.
    pub fn push(&mut self, event: &Event, out: &mut String) {
        match self {
            Self::Chat(writer) => writer.push(event, out),
            Self::Responses(writer) => writer.push(event, out),
            Self::Messages(writer) => writer.push(event, out),
        }
    }
}
