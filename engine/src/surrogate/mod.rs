//! Answers that serve more than one request: when an earlier one may, the key it is found by, what its
//! place in the cache is worth, and who waits for one that is still on its way.

mod flights;
mod key;
mod rule;
mod worth;

pub use flights::{Asking, Flights, Following, MAX_FOLLOWERS};
pub use key::{ReplayParts, replay_key};
pub use rule::{CacheControl, ReplayTraits, replayable};
pub use worth::{Worth, victims};
