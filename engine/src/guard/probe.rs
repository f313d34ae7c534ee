//! What tests of rules share: what is found in a text, and values that are made as they run.

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

/// A small source of digits and letters, the same in every run.
pub(super) struct Source(u64);

impl Source {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `most`.
    pub(super) fn below(&mut self, most: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }

    /// So many digits, no three of them alike in a row.
    pub(super) fn digits(&mut self, size: usize) -> String {
        let mut digits = String::new();
        while digits.len() < size {
            let digit = char::from(b'0' + self.below(10) as u8);
            if !digits.ends_with(digit) {
                digits.push(digit);
            }
        }
        digits
    }

    /// So many capitals of a set.
    pub(super) fn letters(&mut self, set: &str, size: usize) -> String {
        let set: Vec<char> = set.chars().collect();
        (0..size)
            .map(|_| set[self.below(set.len() as u64) as usize])
            .collect()
    }

    /// One of several.
    pub(super) fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }
}
