//! How many tokens a text has, without any vocabulary: one pass, a few hundred bytes of weights.
//!
//! Tokenizers differ by provider and their vocabularies weigh megabytes. [`Classes`] counts what a
//! text consists of; a [`Vocabulary`] is a weight for each class; a [`Correction`] is what a model's
//! own reports have taught. The errors of single pieces of 2,400 characters, on texts that the weights
//! were not fitted to, stand in `docs/decisions/`.

mod classes;
mod correction;
mod language;
mod vocabulary;

pub use classes::{CLASSES, Class, Classes};
pub use correction::{Correction, Kind};
pub use vocabulary::Vocabulary;

/// The approximate number of tokens of a text in the vocabulary that most models come near; 0 only
/// for text without any token, such as "".
pub fn estimate(text: &str) -> u32 {
    Classes::of(text).tokens(Vocabulary::O200k)
}

#[cfg(test)]
mod tests;
