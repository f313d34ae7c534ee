//! Finds many literals in one pass over a text.
//!
//! A place is a candidate when its first few bytes may begin a literal; a bitmap tells that at the
//! cost of three look-ups a byte, and the few candidates are compared. Against an automaton of
//! Aho and Corasick over the same literals, this is ready sooner and reads faster,
//! since nearly every place ends at the bitmap: `docs/decisions/0010-reading-a-request.md`.

use std::borrow::Cow;
use std::ops::Range;

/// Bytes fall into 64 classes: letters whatever their case, digits, marks, bytes of characters beyond
/// ASCII, and all others.
const DIGIT: u8 = 26;
const MARKS: &[u8; 28] = b" _-./:@=+%$&|\"'<>#?()[]{}\\;*";
/// Eight classes from here on are those of bytes beyond ASCII, by their last three bits.
const BEYOND: u8 = 55;
/// The class of what is none of these, and of what lies behind the end.
const OTHER: u8 = 63;
/// Literals are found by their first four bytes, where they have so many, or by three, or by two.
const LONG: usize = 4;
const SHORT: usize = 3;
const TINY: usize = 2;
/// Bits and slots of a table: powers of two, many times as many as literals.
const BITS: u32 = 18;
const SLOTS: u32 = 13;

/// The literals, and where in the list each begins.
#[derive(Debug)]
pub(super) struct Matcher {
    classes: [u8; 256],
    long: Table,
    short: Table,
    tiny: Table,
}

/// Literals by the classes of their first bytes.
#[derive(Debug)]
struct Table {
    /// A bit for each beginning that a literal may have, by its digest.
    begins: Vec<u64>,
    /// By a beginning's digest, with open addressing: the beginning, and where its literals stand.
    slots: Vec<(u32, Range<u32>)>,
    literals: Vec<(Cow<'static, str>, usize)>,
}

impl Matcher {
    /// Takes literals in small letters, each with a number by which it is told.
    pub(super) fn new(literals: Vec<(Cow<'static, str>, usize)>) -> Self {
        let mut classes = [OTHER; 256];
        for (class, byte) in (0..26).zip(b'a'..=b'z') {
            classes[usize::from(byte)] = class;
            classes[usize::from(byte.to_ascii_uppercase())] = class;
        }
        for byte in b'0'..=b'9' {
            classes[usize::from(byte)] = DIGIT;
        }
        for (class, byte) in (DIGIT + 1..).zip(MARKS) {
            classes[usize::from(*byte)] = class;
        }
        for byte in 0x80..=0xFF {
            classes[usize::from(byte)] = BEYOND + (byte & 7);
        }
        let long = |literal: &(Cow<'_, str>, usize)| literal.0.len() >= LONG;
        let short = |literal: &(Cow<'_, str>, usize)| literal.0.len() >= SHORT;
        let (long, rest): (Vec<_>, Vec<_>) = literals.into_iter().partition(long);
        let (short, tiny) = rest.into_iter().partition(short);
        Self {
            classes,
            long: Table::new(long, LONG, &classes),
            short: Table::new(short, SHORT, &classes),
            tiny: Table::new(tiny, TINY, &classes),
        }
    }

    /// Calls `found` with the number and the place of every literal in the text.
    pub(super) fn each(&self, text: &str, mut found: impl FnMut(usize, Range<usize>)) {
        let bytes = text.as_bytes();
        // Behind the last byte all is of the class of others, as in the tables.
        let mut code = code(
            bytes.get(..LONG - 1).unwrap_or(bytes),
            LONG - 1,
            &self.classes,
        );
        for at in 0..bytes.len() {
            let next = bytes.get(at + LONG - 1);
            let next = next.map_or(OTHER, |byte| self.classes[usize::from(*byte)]);
            code = code << 6 & 0xFF_FFFF | u32::from(next);
            if self.long.begins(code) {
                self.long.compare(bytes, at, code, &mut found);
            }
            if self.short.begins(code >> 6) {
                self.short.compare(bytes, at, code >> 6, &mut found);
            }
            if self.tiny.begins(code >> 12) {
                self.tiny.compare(bytes, at, code >> 12, &mut found);
            }
        }
    }
}

/// The classes of the first `count` bytes.
fn code(bytes: &[u8], count: usize, classes: &[u8; 256]) -> u32 {
    (0..count).fold(0, |code, at| {
        let byte = bytes.get(at);
        code << 6 | u32::from(byte.map_or(OTHER, |byte| classes[usize::from(*byte)]))
    })
}

/// Knuth's multiplicative hash, so many bits of it.
fn digest(code: u32, bits: u32) -> usize {
    (code.wrapping_mul(2_654_435_769) >> (32 - bits)) as usize
}

impl Table {
    fn new(
        mut literals: Vec<(Cow<'static, str>, usize)>,
        head: usize,
        classes: &[u8; 256],
    ) -> Self {
        let mut table = Self {
            begins: vec![0; (1 << BITS) / 64],
            slots: vec![(0, 0..0); 1 << SLOTS],
            literals: Vec::new(),
        };
        // Whatever follows a literal shorter than the head, its place is a candidate.
        let heads = |literal: &str| {
            let known = literal.len().min(head);
            let open = 6 * (head - known) as u32;
            let first = code(literal.as_bytes(), known, classes) << open;
            first..first + (1 << open)
        };
        let mut by_head: Vec<(u32, usize)> = Vec::new();
        for (index, (literal, _)) in literals.iter().enumerate() {
            by_head.extend(heads(literal).map(|code| (code, index)));
        }
        by_head.sort_unstable();
        let mut sorted = Vec::with_capacity(by_head.len());
        for (code, index) in by_head {
            let at = sorted.len() as u32;
            let bit = digest(code, BITS);
            if let Some(word) = table.begins.get_mut(bit / 64) {
                *word |= 1 << (bit % 64);
            }
            let slot = table.slot(code);
            if let Some((known, range)) = table.slots.get_mut(slot) {
                if range.start == range.end {
                    *range = at..at;
                }
                *known = code;
                range.end = at + 1;
            }
            sorted.push(literals.get(index).cloned().unwrap_or_default());
        }
        literals.clear();
        table.literals = sorted;
        table
    }

    fn begins(&self, code: u32) -> bool {
        let bit = digest(code, BITS);
        self.begins
            .get(bit / 64)
            .is_some_and(|word| word >> (bit % 64) & 1 == 1)
    }

    /// The slot of a code: its own, or the empty one where it would be.
    fn slot(&self, code: u32) -> usize {
        let mut slot = digest(code, SLOTS);
        while self
            .slots
            .get(slot)
            .is_some_and(|(known, range)| *known != code && range.start < range.end)
        {
            slot = (slot + 1) % (1 << SLOTS);
        }
        slot
    }

    fn compare(
        &self,
        bytes: &[u8],
        at: usize,
        code: u32,
        found: &mut impl FnMut(usize, Range<usize>),
    ) {
        let Some((known, range)) = self.slots.get(self.slot(code)) else {
            return;
        };
        if *known != code {
            return;
        }
        let range = range.start as usize..range.end as usize;
        for (literal, number) in self.literals.get(range).unwrap_or_default() {
            let end = at + literal.len();
            let same = |part: &[u8]| {
                let pairs = part.iter().zip(literal.as_bytes());
                // Their ends differ rather than their beginnings, which have been looked at.
                pairs
                    .rev()
                    .all(|(byte, small)| byte.to_ascii_lowercase() == *small)
            };
            if bytes.get(at..end).is_some_and(same) {
                found(*number, at..end);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aho_corasick::AhoCorasick;
    use proptest::prelude::*;

    fn matcher(literals: &[&'static str]) -> Matcher {
        let numbered = literals.iter().enumerate();
        Matcher::new(numbered.map(|(n, l)| (Cow::Borrowed(*l), n)).collect())
    }

    #[test]
    fn literals_of_every_length_are_found_to_the_very_end() {
        let found = |text: &str| {
            let mut found = Vec::new();
            matcher(&["@", "q~", "key", "keys", "пароль"])
                .each(text, |number, at| found.push((number, at)));
            found.sort_by_key(|(number, at)| (at.start, *number));
            found
        };
        assert_eq!(found("KeyS@"), [(2, 0..3), (3, 0..4), (0, 4..5)]);
        assert_eq!(found("aQ~"), [(1, 1..3)]);
        assert_eq!(found("мой пароль"), [(4, 7..19)]);
        assert_eq!(found(""), []);
    }

    proptest! {
        #[test]
        fn it_finds_what_an_automaton_finds(literals in prop::collection::vec("[ab_é@]{1,5}", 1..12), text in "[abAB_é@ ]{0,60}") {
            let mut literals = literals;
            literals.sort();
            literals.dedup();
            let numbered = literals.iter().enumerate();
            let matcher = Matcher::new(numbered.map(|(n, l)| (Cow::Owned(l.clone()), n)).collect());
            let mut found = Vec::new();
            matcher.each(&text, |number, at| found.push((number, at)));
            found.sort_by_key(|(number, at)| (at.start, at.end, *number));
            let automaton = AhoCorasick::builder().ascii_case_insensitive(true).build(&literals).unwrap();
            let mut expected: Vec<_> = automaton.find_overlapping_iter(&text).map(|m| (m.pattern().as_usize(), m.range())).collect();
            expected.sort_by_key(|(number, at)| (at.start, at.end, *number));
            prop_assert_eq!(found, expected);
        }
    }
}
