//! Which places can be called now: what went wrong, what the provider's limits say, and until when
//! a place is better left alone.
//!
//! A place is a model at a provider. The Worker reads an answer's headers into [`Limits`] and an
//! error into a [`Failure`]; the tenant's object adds both up in [`Health`].
//!
//! ```text
//! headers ──► Limits ──┐
//! error ────► Refusal ─┴─► Failure ──► Attempt ──► Health ──► blocked until …
//! ```

mod failure;
mod ledger;
mod limits;
mod pace;
mod refusal;
mod times;

pub use failure::{Failure, FailureClass, Scope, classify};
pub use ledger::{Blocked, Change, Health, Observation, PROBE_MS, State};
pub use limits::{Limits, Window};
pub use pace::Paces;
pub use refusal::Refusal;
