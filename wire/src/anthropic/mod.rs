//! Anthropic Messages: `POST /v1/messages`.
//!
//! By file: what a request is read from (`request`, `content`); how one of another dialect is written
//! (`write`, `history`, `pairing`, `tools`, `thinking`, in the shapes of `block`); how one of its own
//! is made to fit (`adapt`, `body`), and its cached prefixes marked (`layout`); answers (`answer`, `usage`); streams (`stream`, read from `frame`
//! and put in order by `sequence`, and `stream_writer`); errors (`error`); batches of
//! requests (`batch`).

mod adapt;
mod answer;
pub mod batch;
mod block;
mod body;
mod content;
mod error;
mod frame;
mod history;
mod layout;
mod pairing;
mod request;
mod sequence;
mod stream;
mod stream_writer;
mod thinking;
mod tools;
mod usage;
mod write;

pub use adapt::{adapt_request, without_thinking};
pub use answer::{read_answer, write_answer};
pub use error::{error_body, error_event};
pub use layout::{LaidBlock, Layout};
pub use request::{read_count_request, read_request};
pub use stream::StreamReader;
pub use stream_writer::StreamWriter;
pub use write::write_request;
