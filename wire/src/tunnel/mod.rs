//! The reverse tunnel between a tenant's object and the agents that dial in to it.
//!
//! One frame is one binary WebSocket message: `kind u8 | stream u32 LE | payload`. The object opens
//! streams (one per request); the agent answers on them. Frames are typed by direction,
//! [`ToAgent`] and [`ToObject`], so that neither end can take a frame meant for the other.
//!
//! Flow control: the agent may have [`WINDOW`] bytes of [`ToObject::Data`] in flight per stream; the
//! object gives bytes back with [`ToAgent::Credit`] once its own caller has taken them. Requests are
//! not flow-controlled but bounded by [`MAX_BODY`].
//!
//! Heartbeat: the agent sends the text [`PING`] each [`HEARTBEAT_MS`], which the platform answers with
//! [`PONG`] without waking the object. While a stream is open it also sends [`ToObject::Alive`] each
//! [`ALIVE_MS`], a real message, because an object without events is evicted.

mod frame;
mod message;

pub use frame::{FrameError, ToAgent, ToObject};
pub use message::{
    Capabilities, Fail, FailKind, Head, LocalModel, MessageError, Open, Register, ServerKind,
};

/// The most a frame's payload may hold, in bytes. Longer bodies are cut into chunks of this size.
pub const CHUNK: usize = 64 * 1024;

/// The largest WebSocket message either end accepts, in bytes. Above any frame, below the platform's
/// 32 MiB, so that a broken peer is refused before it costs memory.
pub const MAX_MESSAGE: usize = 1024 * 1024;

/// Response bytes that may be in flight on one stream before the object has to give credit.
pub const WINDOW: u32 = 256 * 1024;

/// The largest request body, in bytes.
pub const MAX_BODY: usize = 16 * 1024 * 1024;

/// Streams one agent serves at once; the object answers `agent_busy` beyond it.
pub const MAX_STREAMS: usize = 64;

/// Models one agent may register.
pub const MAX_MODELS: usize = 64;

/// Agents one tenant may have connected at once.
pub const MAX_AGENTS: usize = 16;

/// The longest model name, in bytes.
pub const MAX_MODEL_NAME: usize = 128;

/// The longest agent id, in bytes.
pub const MAX_AGENT_ID: usize = 64;

/// The longest text of a [`Fail`], in bytes; longer texts are cut.
pub const MAX_FAIL_TEXT: usize = 512;

/// Time between two heartbeats of the agent, in milliseconds.
pub const HEARTBEAT_MS: u64 = 20_000;

/// Time between two [`ToObject::Alive`] frames while a stream is open, in milliseconds.
pub const ALIVE_MS: u64 = 15_000;

/// The heartbeat's text message.
pub const PING: &str = "ping";

/// The answer to [`PING`].
pub const PONG: &str = "pong";

/// Close code with which the object ends a socket whose agent id has dialled in again.
pub const CLOSE_REPLACED: u16 = 4000;

/// Close code with which the object ends a socket that broke the protocol.
pub const CLOSE_PROTOCOL: u16 = 4002;

/// Whether a request may be sent to this path of a model server. Everything else a model server
/// offers (loading, deleting, settings, files) stays out of reach.
#[must_use]
pub fn is_allowed_path(path: &str) -> bool {
    matches!(
        path,
        "/v1/chat/completions"
            | "/v1/completions"
            | "/v1/embeddings"
            | "/v1/messages"
            | "/v1/messages/count_tokens"
            | "/v1/responses"
            | "/tokenize"
    )
}

/// Request headers that pass through the tunnel, in lower case. Credentials and cookies never do.
pub const REQUEST_HEADERS: [&str; 3] = ["accept", "anthropic-version", "content-type"];

/// Whether `id` can name an agent: 1 to [`MAX_AGENT_ID`] bytes of letters, digits, `.`, `_` and `-`.
#[must_use]
pub fn is_agent_id(id: &str) -> bool {
    (1..=MAX_AGENT_ID).contains(&id.len())
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// Whether `name` can name a local model: 1 to [`MAX_MODEL_NAME`] bytes of visible ASCII, so that it
/// travels in a header and in a catalogue id as it is.
#[must_use]
pub fn is_model_name(name: &str) -> bool {
    (1..=MAX_MODEL_NAME).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_graphic())
}
