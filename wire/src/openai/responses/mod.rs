//! The OpenAI Responses API: `POST /v1/responses`, its streaming events and its error event.
//!
//! Source: the API reference. Nothing is kept between requests here: every request carries its
//! whole conversation, as Codex and the SDKs do with `store: false`. Codex acts on whole items
//! (`response.output_item.done`) and on `response.completed`; a stream without the latter it asks
//! for again, so a broken stream must never be given that ending.

mod adapt;
mod answer;
mod error;
mod fit;
mod frame;
mod input;
mod items;
mod lanes;
mod options;
mod output;
mod request;
mod stream;
mod stream_writer;
mod tools;
mod write;
mod write_items;

pub use adapt::{adapt_request, without_thinking};
pub use answer::read_answer;
pub use error::error_event;
pub use output::write_answer;
pub use request::read_request;
pub use stream::StreamReader;
pub use stream_writer::StreamWriter;
pub use write::write_request;

#[cfg(test)]
mod tests;
