//! What one tenant adds to the rules: its own words.

use serde::{Deserialize, Serialize};

/// The most terms of each sort.
pub const MAX_TERMS: usize = 500;

/// A tenant's own dictionaries. Terms are found as whole words, whatever their case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lexicon {
    /// Terms that make a text tier 0: code names, customers.
    pub confidential: Vec<String>,
    /// Terms that make a text tier 1: names of own systems and packages. They are masked where
    /// tier 1 is masked.
    pub restricted: Vec<String>,
    /// Domains of internal systems: any host below one is an internal endpoint.
    pub domains: Vec<String>,
}
