//! Wire formats: bytes to one hub type and back. No I/O, no clock.
#![deny(missing_docs)]

pub mod openai;
pub mod sse;
pub mod tunnel;
