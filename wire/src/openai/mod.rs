//! The OpenAI Chat Completions API: requests in, answers and streams back.
//!
//! Source: the API reference of `POST /v1/chat/completions`, its streaming events and its error
//! objects. A request is read for what the gateway decides by, and forwarded as the very bytes the
//! client sent: fields unknown here pass through untouched.

mod answer;
mod error;
mod request;
mod stream;

pub use answer::{Answer, TokenCounts, replay_answer, replay_stream};
pub use error::{ErrorBody, error_body};
pub use request::{
    ChatRequest, Content, MAX_MESSAGES, Message, Part, Role, WireError, include_usage, rewrite,
};
pub use stream::{StreamReader, UsageHider};
