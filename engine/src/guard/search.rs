//! Texts of one request or tenant, looked for in others: values that were found, terms.
//!
//! An automaton of Aho and Corasick in its plainest form. What is looked for is known only with the
//! request, so being ready soon counts for more than reading fast.

use std::ops::Range;

use aho_corasick::automaton::Automaton;
use aho_corasick::nfa::noncontiguous::NFA;
use aho_corasick::{Input, Match};

/// Several texts that are looked for at once.
#[derive(Debug)]
pub(super) struct Search(NFA);

impl Search {
    /// None where there are too many, or where they are too long. `any_case`: whatever the case of
    /// letters of ASCII.
    pub(super) fn new(sought: &[&str], any_case: bool) -> Option<Self> {
        let mut automaton = NFA::builder();
        automaton.ascii_case_insensitive(any_case).prefilter(false);
        automaton.build(sought).ok().map(Self)
    }

    /// Which one stands where; of those that overlap, the one that ends first.
    pub(super) fn each(&self, text: &str) -> impl Iterator<Item = (usize, Range<usize>)> {
        let found = self.0.try_find_iter(Input::new(text));
        found.into_iter().flatten().map(told)
    }

    /// Every place of every one.
    pub(super) fn all(&self, text: &str) -> impl Iterator<Item = (usize, Range<usize>)> {
        let found = self.0.try_find_overlapping_iter(Input::new(text));
        found.into_iter().flatten().map(told)
    }
}

fn told(found: Match) -> (usize, Range<usize>) {
    (found.pattern().as_usize(), found.range())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_and_all() {
        let search = Search::new(&["ab", "abc", "BC"], false).unwrap();
        let each: Vec<_> = search.each("xabcab").collect();
        assert_eq!(each, [(0, 1..3), (0, 4..6)]);
        let all: Vec<_> = search.all("abc").collect();
        assert_eq!(all, [(0, 0..2), (1, 0..3)]);
        let search = Search::new(&["ab", "abc", "BC"], true).unwrap();
        let all: Vec<_> = search.all("aBc").collect();
        assert_eq!(all, [(0, 0..2), (1, 0..3), (2, 1..3)]);
        assert_eq!(search.each("").count(), 0);
    }
}
