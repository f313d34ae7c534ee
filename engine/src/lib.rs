//! Pure decisions: no clock, no randomness source, no I/O.
#![deny(missing_docs)]

pub mod admission;
pub mod batch;
pub mod cascade;
pub mod embedding;
pub mod features;
pub mod guard;
pub mod health;
pub mod key;
pub mod logistic;
pub mod meta;
pub mod money;
pub mod percentile;
pub mod predict;
pub mod prompt;
pub mod random;
pub mod router;
pub mod semantic;
pub mod sindy;
pub mod surrogate;
pub mod tariff;
pub mod tokens;
pub mod uncertainty;
pub mod validation;
