//! (token rules)

use std::ops::Range;

use super::hits::Hits;

pub(super) fn literals() -> Vec<&'static str> {
    Vec::new()
}

pub(super) fn check(_text: &str, _literal: usize, _at: Range<usize>, _hits: &mut Hits) {}

pub(super) fn cut_short(_piece: &str) -> bool {
    false
}

pub(super) fn whole(_text: &str) -> Option<super::finding::Kind> {
    None
}
