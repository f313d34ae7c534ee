//! Semantic hits: may the answer to one question be served for another?
//!
//! A static embedding finds neighbours and never decides (word order and negation are invisible to
//! it). Each neighbour is read word by word beside the question, and a learned verifier says how
//! likely its answer fits. Audits move how sure it has to be.

mod alignment;
mod answer;
mod confirm;
mod exclusion;
mod guard;
mod index;
mod kind;
mod lexicon;
mod pair;
mod reading;
#[cfg(test)]
mod tests;
mod token;
mod trust;
mod verdict;
mod verifier;

use foldhash::fast::FixedState;

/// Words are looked up by the hundred for each pair of questions, and a question's words are few: a hasher
/// that cannot be led into collisions is not worth its time.
type HashMap<K, V> = std::collections::HashMap<K, V, FixedState>;
type HashSet<T> = std::collections::HashSet<T, FixedState>;

pub use answer::answer_fits;
pub use confirm::{LEAST_ROOM, MOST_SHOWN, Reply, Showing, WORD, read_reply, remark, repeats};
pub use exclusion::{Exclusion, Setting, exclusion};
pub use index::{Code, Index, Neighbour};
pub use pair::{FIGURES, Figures, NAMES, figures};
pub use reading::Reading;
pub use trust::{Bar, Trust, TrustError};
pub use verdict::{Candidate, Found, Verdict, decide};
pub use verifier::{Verifier, inputs};
