//! Learns from a tenant's own outcomes.

mod evaluate;
mod learner;
mod signal;

pub use evaluate::{Evaluation, Interval, Judgement, Logged, evaluate};
pub use learner::{FORM, Inputs, Learner, MAX_INPUTS};
pub use signal::{Evidence, Signal};
