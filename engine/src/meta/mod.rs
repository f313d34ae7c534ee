//! Learns from a tenant's own outcomes.

mod evaluate;
mod signal;

pub use evaluate::{Evaluation, Interval, Judgement, Logged, evaluate};
pub use signal::{Evidence, Signal};
