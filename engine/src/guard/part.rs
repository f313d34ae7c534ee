//! A module of rules may be made of parts, each with its own literals.

use std::ops::Range;

use super::hits::Hits;

/// Rules that begin at the same literals.
pub(super) struct Part {
    /// In lower case.
    pub(super) literals: &'static [&'static str],
    /// Called where one of them stands.
    pub(super) check: fn(&str, Range<usize>, &mut Hits),
}

/// The literals of all parts, one part after another.
pub(super) fn literals(parts: &[Part]) -> Vec<&'static str> {
    let all = parts.iter().flat_map(|part| part.literals);
    all.copied().collect()
}

/// How many literals all parts have.
pub(super) fn size(parts: &[Part]) -> usize {
    parts.iter().map(|part| part.literals.len()).sum()
}

/// Calls the part that a literal belongs to, given its index among all.
pub(super) fn check(parts: &[Part], literal: usize, text: &str, at: Range<usize>, hits: &mut Hits) {
    let mut index = literal;
    for part in parts {
        if index < part.literals.len() {
            return (part.check)(text, at, hits);
        }
        index -= part.literals.len();
    }
}
