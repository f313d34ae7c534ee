//! Learns from a tenant's own outcomes which models answer well, and tells what a change of policy
//! would do.
//!
//! ```text
//! signal ──► Evidence ──► Learner (one a model) ──► Belief ──► Exploration ──► Choice, propensity
//!                            ▲ shipped prior                                       │
//!                            └──── outcome ◄──── answer ◄──── history ◄────────────┘
//!                                                                └──► evaluate(policy)
//! ```
//!
//! A [`Learner`] corrects the shipped prior's logit and starts as the prior. It can do bounded harm:
//! a key has an allowance ([`ALLOWANCE`] an hour) and a conversation its own, an outcome moves a logit by at most
//! [`MAX_STEP`], all of them together by at most [`MAX_OFFSET`], and one that says worse what comes
//! than the prior does is not listened to.

mod drift;
mod edit;
mod evaluate;
mod explore;
mod influence;
mod inputs;
mod learner;
mod logistic;
mod matrix;
mod signal;
mod state;
mod trust;

pub use drift::Drift;
pub use edit::distance;
pub use evaluate::{
    Estimate, Figure, Forecast, Logged, MAX_WEIGHT, MIN_EFFECTIVE_SIZE, Verdict, evaluate,
};
pub use explore::{Candidate, Choice, Exploration, FLOOR, Method, Shares};
pub use influence::{ALLOWANCE, TALK_ALLOWANCE, Voice, WINDOW_MS};
pub use inputs::{Inputs, MAX_INPUTS, OWN_INPUTS};
pub use learner::{Belief, Learner, MAX_OFFSET, MAX_STEP, Update};
pub use signal::{Evidence, Signal};
pub use state::{MAX_STATE_BYTES, StateError};
