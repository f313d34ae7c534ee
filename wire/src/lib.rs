//! Wire formats: bytes to one hub type and back. No I/O, no clock.
#![deny(missing_docs)]

pub mod anthropic;
mod dialect;
pub mod digest;
mod error;
pub mod hub;
mod json;
pub mod multipart;
pub mod openai;
mod spoken;
pub mod sse;
pub mod tunnel;

pub use dialect::{Dialect, Envelope, StreamReader, StreamWriter};
pub use digest::{Question, QuestionDigest};
pub use error::{ErrorBody, WireError};
pub use json::{Members, from_bytes};
pub use spoken::{Speaker, Spoken, reworded};
