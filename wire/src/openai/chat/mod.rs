//! OpenAI Chat Completions: requests, answers and streams, to and from the hub.
//!
//! Source: the API reference of `POST /v1/chat/completions` and of its streaming events. Servers
//! that follow it add `reasoning_content` or `reasoning` (DeepSeek, vLLM, OpenRouter), errors in the
//! middle of a stream, and comments; these are read too.

mod adapt;
mod answer;
mod blocks;
mod bridge;
mod calls;
mod content;
mod conversation;
mod message;
mod request;
mod stream;
mod stream_writer;
mod tools;
mod turn;
pub(in crate::openai) mod usage;
mod usage_hider;
mod write;

pub use adapt::adapt_request;
pub use answer::{read_answer, write_answer};
pub use request::{MAX_MESSAGES, read_request};
pub use stream::StreamReader;
pub use stream_writer::{StreamWriter, error_event};
pub use usage_hider::UsageHider;
pub use write::write_request;

#[cfg(test)]
mod tests;
