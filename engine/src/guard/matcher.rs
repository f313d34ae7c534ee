//! Finds many literals in one pass over a text.
//!
//! A place is a candidate when its first three bytes may begin a literal; a bitmap tells that at
//! the cost of one look-up a byte, and the few candidates are compared. Against an automaton of
//! Aho and Corasick over the same literals, this is ready some fifty times sooner and reads faster,
//! since nearly every place ends at the bitmap: `docs/decisions/0010-literals.md`.

use std::borrow::Cow;
use std::ops::Range;

/// Bytes fall into so many classes: letters whatever their case, digits, marks, bytes of characters
/// beyond ASCII, and all others.
const CLASSES: usize = 64;
const DIGIT: u8 = 26;
const MARKS: &[u8; 28] = b" _-./:@=+%$&|\"'<>#?()[]{}\\;*";
/// Eight classes from here on are those of bytes beyond ASCII, by their last three bits.
const BEYOND: u8 = 55;
/// The class of what is none of these, and of what lies behind the end.
const OTHER: u8 = 63;
/// Slots of the table of candidates: a power of two, several times as many as literals.
const SLOTS: usize = 8_192;

/// The literals, and where in the list each begins.
#[derive(Debug)]
pub(super) struct Matcher {
    classes: [u8; 256],
    /// A bit for each three classes that a literal may begin with.
    begins: Vec<u64>,
    /// Literals of three bytes and more by their first three classes: those classes, and where
    /// they stand among `literals`. Open addressing.
    slots: Vec<(u32, Range<u32>)>,
    /// Literals of one and two bytes by the class of their first.
    short: Vec<Vec<usize>>,
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
        let mut matcher = Self {
            classes,
            begins: vec![0; CLASSES * CLASSES * CLASSES / 64],
            slots: vec![(0, 0..0); SLOTS],
            short: vec![Vec::new(); CLASSES],
            literals,
        };
        matcher.index();
        matcher
    }

    fn index(&mut self) {
        let mut literals = std::mem::take(&mut self.literals);
        literals.sort_by_key(|(literal, _)| self.code(literal.as_bytes(), 0));
        for (index, (literal, _)) in literals.iter().enumerate() {
            let bytes = literal.as_bytes();
            let code = self.code(bytes, 0);
            if bytes.len() < 3 {
                let first = code >> 12;
                // Whatever follows a short literal, its place is a candidate.
                let open = 6 * (3 - bytes.len()) as u32;
                for rest in 0..1 << open {
                    self.mark(code >> open << open | rest);
                }
                if let Some(short) = self.short.get_mut(first as usize) {
                    short.push(index);
                }
                continue;
            }
            self.mark(code);
            let slot = self.slot(code);
            if let Some((known, range)) = self.slots.get_mut(slot) {
                if range.start == range.end {
                    range.start = index as u32;
                }
                *known = code;
                range.end = index as u32 + 1;
            }
        }
        self.literals = literals;
    }

    fn mark(&mut self, code: u32) {
        if let Some(word) = self.begins.get_mut(code as usize / 64) {
            *word |= 1 << (code % 64);
        }
    }

    /// The classes of three bytes from a place on.
    fn code(&self, bytes: &[u8], at: usize) -> u32 {
        let class = |at: usize| {
            let byte = bytes.get(at);
            u32::from(byte.map_or(OTHER, |byte| self.classes[usize::from(*byte)]))
        };
        class(at) << 12 | class(at + 1) << 6 | class(at + 2)
    }

    /// The slot of a code: its own, or the empty one where it would be.
    fn slot(&self, code: u32) -> usize {
        // Knuth's multiplicative hash.
        let mut slot = (code.wrapping_mul(2_654_435_769) >> 19) as usize % SLOTS;
        while self
            .slots
            .get(slot)
            .is_some_and(|(known, range)| *known != code && range.start < range.end)
        {
            slot = (slot + 1) % SLOTS;
        }
        slot
    }

    /// Calls `found` with the number and the place of every literal in the text.
    pub(super) fn each(&self, text: &str, mut found: impl FnMut(usize, Range<usize>)) {
        let bytes = text.as_bytes();
        // Behind the last byte all is of the class of others, as `code` has it.
        let mut code = self.code(bytes, 0);
        for at in 0..bytes.len() {
            let begins = self
                .begins
                .get(code as usize / 64)
                .is_some_and(|word| word >> (code % 64) & 1 == 1);
            if begins {
                self.compare(bytes, at, code, &mut found);
            }
            let next = bytes.get(at + 3);
            let next = next.map_or(OTHER, |byte| self.classes[usize::from(*byte)]);
            code = code << 6 & 0x3_FFFF | u32::from(next);
        }
    }

    fn compare(
        &self,
        bytes: &[u8],
        at: usize,
        code: u32,
        found: &mut impl FnMut(usize, Range<usize>),
    ) {
        let mut try_one = |literal: &str, number: usize| {
            let end = at + literal.len();
            let same = |part: &[u8]| {
                let pairs = part.iter().zip(literal.as_bytes()).rev();
                pairs
                    .into_iter()
                    .all(|(byte, small)| byte.to_ascii_lowercase() == *small)
            };
            if bytes.get(at..end).is_some_and(same) {
                found(number, at..end);
            }
        };
        if let Some(short) = self.short.get(code as usize >> 12) {
            for index in short {
                if let Some((literal, number)) = self.literals.get(*index) {
                    try_one(literal, *number);
                }
            }
        }
        if let Some((known, range)) = self.slots.get(self.slot(code))
            && *known == code
        {
            let range = range.start as usize..range.end as usize;
            for (literal, number) in self.literals.get(range).unwrap_or_default() {
                try_one(literal, *number);
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
