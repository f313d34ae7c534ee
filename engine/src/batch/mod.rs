//! Batches: many requests that may wait, each with one result and one cost.
//!
//! ```text
//! line        pending ─► grouped ─► submitted ─► done        through a provider's batch API
//!                     └► calling ────────────► done        through the ordinary path
//!                     └► held ─► pending                    equal to a line that is under way
//! submission  creating ─► running ─► ended ─► (collected)
//!                     └► doubtful ─► running | (given back)
//! ```
//!
//! Pure: what is told comes in, what to do goes out. The object (`durable/src/batches/`) keeps the
//! rows, the Worker's shell makes the calls.

mod line;
mod poll;
mod status;
mod submission;
mod work;

pub use line::{Kept, LineState, Outcome, provider_id, read_provider_id, request_id};
pub use poll::{Pace, retry_ms};
pub use status::{Counts, Phase, Progress};
pub use submission::{Call, Event, Found, State, Step, Submission};
pub use work::{Came, Landed, LineWork, SubmissionWork};

#[cfg(test)]
mod tests;
