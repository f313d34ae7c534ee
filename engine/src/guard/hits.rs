//! What the rules find in one text.

use std::ops::Range;

use super::finding::Kind;

/// What a hit rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Basis {
    /// The form of the value alone proves what it is: a prefix with a body of the right length and
    /// alphabet, a checksum, a key block. Holds wherever the value stands, so also in a text that
    /// was put together from pieces.
    Form,
    /// The words around it say what it is. Means nothing once they are lost.
    Context,
    /// A word such as `password` without a value. Counts in security-strict mode alone.
    Suspicion,
}

/// One place in a text that a rule has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) kind: Kind,
    /// Bytes of the examined text.
    pub(super) range: Range<usize>,
    pub(super) basis: Basis,
}

/// What all rules together have found in one text.
#[derive(Debug, Default)]
pub(super) struct Hits(pub(super) Vec<Hit>);

impl Hits {
    /// The value's form proves what it is.
    pub(super) fn by_form(&mut self, kind: Kind, range: Range<usize>) {
        self.add(kind, range, Basis::Form);
    }

    /// The words around the value say what it is.
    pub(super) fn by_context(&mut self, kind: Kind, range: Range<usize>) {
        self.add(kind, range, Basis::Context);
    }

    /// A word that makes suspicious, and nothing more.
    pub(super) fn suspect(&mut self, kind: Kind, range: Range<usize>) {
        self.add(kind, range, Basis::Suspicion);
    }

    fn add(&mut self, kind: Kind, range: Range<usize>, basis: Basis) {
        if range.start < range.end {
            self.0.push(Hit { kind, range, basis });
        }
    }
}
