//! What tests of rules share: what is found in a text.

use super::finding::Tier;
use super::hits::{Basis, Hits};
use super::{literals, number, structure};

/// All that is found in a text: the kinds' ids and the texts they cover.
pub(super) fn found(text: &str) -> Vec<(&'static str, &str)> {
    let mut hits = Hits::default();
    literals::find(text, &mut hits);
    number::scan(text, &mut hits);
    structure::scan(text, &mut hits);
    let each = hits.0.into_iter();
    each.map(|hit| (hit.kind.id, text.get(hit.range).unwrap()))
        .collect()
}

/// The ids of what is found of tier 0.
pub(super) fn prohibited(text: &str) -> Vec<&'static str> {
    let mut hits = Hits::default();
    literals::find(text, &mut hits);
    number::scan(text, &mut hits);
    let each = hits.0.into_iter();
    each.filter(|hit| hit.kind.family.tier() == Tier::Prohibited && hit.basis != Basis::Suspicion)
        .map(|hit| hit.kind.id)
        .collect()
}

/// Panics unless a kind is found in a text.
pub(super) fn assert_found(kind: &str, text: &str) {
    let ids = prohibited(text);
    assert!(ids.contains(&kind), "{kind} not among {ids:?} in {text}");
}

/// Panics if anything of tier 0 is found in a text.
pub(super) fn assert_harmless(text: &str) {
    assert_eq!(prohibited(text), Vec::<&str>::new(), "in {text}");
}
