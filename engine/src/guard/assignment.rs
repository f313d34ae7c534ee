//! (assignment rules)

use std::ops::Range;

use super::hits::Hits;

pub(super) fn literals() -> Vec<&'static str> {
    Vec::new()
}

pub(super) fn check(_text: &str, _literal: usize, _at: Range<usize>, _hits: &mut Hits) {}

pub(super) fn named(_name: &str, _value: &str, _hits: &mut Hits) {}
