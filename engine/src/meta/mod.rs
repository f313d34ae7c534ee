//! Learns from a tenant's own outcomes.

mod signal;

pub use signal::{Evidence, Signal};
