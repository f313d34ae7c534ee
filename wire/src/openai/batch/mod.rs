//! OpenAI's Files and Batch APIs: as the gateway's clients speak them, and as it speaks them itself
//! to a provider.
//!
//! `input` reads what clients ask, `object` writes what they are told, `upstream` is the other side.

mod input;
mod object;
mod upstream;

pub use input::{Create, Endpoint, InputLine, LineError, read_create, read_line};
pub use object::{Batch, Fault, File, Status, deleted, dropped_line, page, result_line};
pub use upstream::{
    Output, Upstream, create_body, read_batch, read_batches, read_id, read_output, request_line,
    upload_fields,
};

#[cfg(test)]
mod tests;
