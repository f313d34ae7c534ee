//! Runs of digits: cards, accounts, national ids, phones.

use super::hits::Hits;

/// Looks at every run of digits.
pub(super) fn scan(_text: &str, _hits: &mut Hits) {}
