//! Finds many literals in one pass over a text.
//!
//! A place is a candidate when its first three bytes may begin a literal; a bitmap tells that at the
//! cost of two look-ups a byte, and the few candidates are compared. Against an automaton of Aho and
//! Corasick over the same literals, this is ready sooner and reads faster, since nearly every place
//! ends at the bitmap: `docs/decisions/0010-reading-a-request.md`.

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
/// Beside the class, whether a byte is an ASCII letter, and a capital one.
const CLASS: u8 = 63;
const LETTER: u8 = 64;
const CAPITAL: u8 = 128;
const CLASSES: [u8; 256] = {
    let mut classes = [OTHER; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            letter @ b'a'..=b'z' => (letter - b'a') | LETTER,
            letter @ b'A'..=b'Z' => (letter - b'A') | LETTER | CAPITAL,
            b'0'..=b'9' => DIGIT,
            beyond @ 0x80.. => BEYOND + (beyond & 7),
            _ => OTHER,
        };
        byte += 1;
    }
    let mut mark = 0;
    while mark < MARKS.len() {
        classes[MARKS[mark] as usize] = DIGIT + 1 + mark as u8;
        mark += 1;
    }
    classes
};

/// Literals are found by the classes of so many first bytes, six bits each.
const HEAD: usize = 3;
const CODES: usize = 1 << (6 * HEAD);

/// A literal to look for.
#[derive(Debug, Clone)]
pub(super) struct Literal {
    /// In small letters.
    pub(super) text: Cow<'static, str>,
    /// By this it is told.
    pub(super) number: usize,
    /// It counts only where a word begins: behind what is no letter, or with a capital.
    pub(super) word: bool,
    /// It may be looked for without those that are not so.
    pub(super) form: bool,
}

/// Which literals are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sought {
    All,
    Forms,
}

/// The literals, by the codes of their heads.
#[derive(Debug)]
pub(super) struct Matcher {
    /// A bit for each code that a literal may begin with; after them, a bit for each that one may
    /// begin with inside a word; after both, the same of forms alone.
    begins: Vec<u64>,
    /// How many codes are set before each of the words of the first part.
    ranks: Vec<u16>,
    /// For each set code, a bit for each class that may stand behind it.
    nexts: Vec<u64>,
    /// For each set code, where its literals begin in the list below, and a last end.
    starts: Vec<u16>,
    /// What stands behind a literal's head, 0 where that may be anything; and which literal it is.
    entries: Vec<(u8, u16)>,
    literals: Vec<Literal>,
}

impl Matcher {
    /// Takes fewer than 2¹⁶ literals.
    pub(super) fn new(literals: Vec<Literal>) -> Self {
        let mut matcher = Self {
            begins: vec![0; 4 * CODES / 64],
            ranks: Vec::with_capacity(CODES / 64),
            nexts: Vec::new(),
            starts: Vec::new(),
            entries: Vec::new(),
            literals,
        };
        let codes: Vec<_> = matcher
            .literals
            .iter()
            .map(|l| (codes(&l.text), l.word, l.form))
            .collect();
        for (codes, word, form) in &codes {
            for code in codes.clone() {
                for part in [0, 2].into_iter().take(1 + usize::from(*form)) {
                    matcher.set(part * CODES + code);
                    if !word {
                        matcher.set((part + 1) * CODES + code);
                    }
                }
            }
        }
        let mut rank = 0;
        for word in matcher.begins.iter().take(CODES / 64) {
            matcher.ranks.push(rank);
            rank += word.count_ones() as u16;
        }
        // Each code's literals are counted, and put where those of the codes before it end.
        matcher.starts = vec![0; usize::from(rank) + 2];
        matcher.nexts = vec![0; usize::from(rank)];
        let all = || codes.iter().flat_map(|(codes, ..)| codes.clone());
        for code in all() {
            let rank = matcher.rank(code).unwrap_or(0);
            if let Some(count) = matcher.starts.get_mut(rank + 2) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut matcher.starts {
            sum += *start;
            *start = sum;
        }
        matcher.entries = vec![(0, 0); usize::from(sum)];
        for (index, (codes, ..)) in codes.iter().enumerate() {
            let next = matcher
                .literals
                .get(index)
                .and_then(|l| l.text.as_bytes().get(HEAD));
            let entry = (next.copied().unwrap_or(0), index as u16);
            let class = next.map_or(!0, |next| 1 << (CLASSES[usize::from(*next)] & CLASS));
            for code in codes.clone() {
                let rank = matcher.rank(code).unwrap_or(0);
                if let Some(nexts) = matcher.nexts.get_mut(rank) {
                    *nexts |= class;
                }
                if let Some(place) = matcher.starts.get_mut(rank + 1) {
                    if let Some(empty) = matcher.entries.get_mut(usize::from(*place)) {
                        *empty = entry;
                    }
                    *place += 1;
                }
            }
        }
        matcher
    }

    fn set(&mut self, bit: usize) {
        if let Some(word) = self.begins.get_mut(bit / 64) {
            *word |= 1 << (bit % 64);
        }
    }

    /// Calls `found` with the number and the place of every literal sought in the text.
    pub(super) fn each(
        &self,
        text: &str,
        sought: Sought,
        mut found: impl FnMut(usize, Range<usize>),
    ) {
        let bytes = text.as_bytes();
        let part = match sought {
            Sought::All => 0,
            Sought::Forms => 2 * CODES,
        };
        let (mut code, mut flags) = (0, 0u32);
        let mut read = |byte: &u8| {
            let class = CLASSES[usize::from(*byte)];
            code = (code << 6 | usize::from(class & CLASS)) % CODES;
            flags = flags << 8 | u32::from(class);
            (code, flags)
        };
        // What lies behind the last byte is of the class of others.
        let behind = [0; HEAD - 1];
        let ahead = bytes.iter().chain(&behind);
        let heads = ahead.map(&mut read).skip(HEAD - 1);
        heads.enumerate().for_each(|(at, (code, flags))| {
            // The flags of the byte before are the fourth, those of the byte here the third.
            const INSIDE: u32 = (LETTER as u32) << 24;
            const CAMEL: u32 = (CAPITAL as u32) << 16;
            let inside = flags & (INSIDE | CAMEL) == INSIDE;
            let bit = part + code + usize::from(inside) * CODES;
            let word = self.begins.get(bit / 64).copied().unwrap_or(0);
            if word >> (bit % 64) & 1 == 1 {
                let counts = |literal: &Literal| {
                    !(inside && literal.word) && (literal.form || sought == Sought::All)
                };
                self.compare(bytes, at, code, counts, &mut found);
            }
        });
    }

    /// Apart from the loop over all bytes, which few places leave.
    #[inline(never)]
    fn compare(
        &self,
        bytes: &[u8],
        at: usize,
        code: usize,
        counts: impl Fn(&Literal) -> bool,
        found: &mut impl FnMut(usize, Range<usize>),
    ) {
        let next = bytes.get(at + HEAD).copied().unwrap_or(0);
        let class = CLASSES[usize::from(next)] & CLASS;
        let rank = self.rank(code).unwrap_or(0);
        if self
            .nexts
            .get(rank)
            .is_none_or(|nexts| nexts >> class & 1 == 0)
        {
            return;
        }
        let next = next.to_ascii_lowercase();
        for (known, index) in self.with_rank(rank).unwrap_or_default() {
            if *known != next && *known != 0 {
                continue;
            }
            let Some(literal) = self.literals.get(usize::from(*index)) else {
                return;
            };
            let end = at + literal.text.len();
            let same = |part: &[u8]| part.eq_ignore_ascii_case(literal.text.as_bytes());
            if counts(literal) && bytes.get(at..end).is_some_and(same) {
                found(literal.number, at..end);
            }
        }
    }

    /// The entries of the literals that begin with a code of this rank.
    fn with_rank(&self, rank: usize) -> Option<&[(u8, u16)]> {
        let (from, to) = (self.starts.get(rank)?, self.starts.get(rank + 1)?);
        self.entries.get(usize::from(*from)..usize::from(*to))
    }

    /// How many codes are set before one.
    fn rank(&self, code: usize) -> Option<usize> {
        let before = self.begins.get(code / 64)? & ((1 << (code % 64)) - 1);
        Some(usize::from(*self.ranks.get(code / 64)?) + before.count_ones() as usize)
    }
}

/// The codes of the heads that a literal may have: whatever follows one that is shorter.
fn codes(literal: &str) -> Range<usize> {
    let known = literal.len().min(HEAD);
    let head = literal.bytes().take(known).fold(0, |code, byte| {
        code << 6 | usize::from(CLASSES[usize::from(byte)] & CLASS)
    });
    let open = 6 * (HEAD - known);
    head << open..(head + 1) << open
}

#[cfg(test)]
mod tests {
    use super::*;
    use aho_corasick::AhoCorasick;
    use proptest::prelude::*;

    fn matcher(literals: &[&'static str]) -> Matcher {
        let all = literals.iter().enumerate().map(|(number, text)| Literal {
            text: Cow::Borrowed(*text),
            number,
            word: false,
            form: true,
        });
        Matcher::new(all.collect())
    }

    #[test]
    fn literals_of_every_length_are_found_to_the_very_end() {
        let found = |text: &str| {
            let mut found = Vec::new();
            matcher(&["@", "q~", "key", "keys", "пароль"])
                .each(text, Sought::All, |number, at| found.push((number, at)));
            found.sort_by_key(|(number, at)| (at.start, *number));
            found
        };
        assert_eq!(found("KeyS@"), [(2, 0..3), (3, 0..4), (0, 4..5)]);
        assert_eq!(found("aQ~"), [(1, 1..3)]);
        assert_eq!(found("мой пароль"), [(4, 7..19)]);
        assert_eq!(found(""), []);
    }

    #[test]
    fn what_counts_at_the_beginning_of_a_word_is_found_nowhere_else() {
        let word = |text: &'static str| Literal {
            text: Cow::Borrowed(text),
            number: 0,
            word: true,
            form: true,
        };
        let matcher = Matcher::new(vec![word("sid")]);
        for (text, times) in [
            ("sid_sid", 2),
            ("aside", 0),
            ("phpSid", 1),
            ("9sid", 1),
            ("PHPSID", 1),
        ] {
            let mut found = 0;
            matcher.each(text, Sought::All, |_, _| found += 1);
            assert_eq!(found, times, "{text}");
        }
    }

    proptest! {
        #[test]
        fn it_finds_what_an_automaton_finds(literals in prop::collection::vec("[ab_é@]{1,5}", 1..12), text in "[abAB_é@ ]{0,60}") {
            let mut literals = literals;
            literals.sort();
            literals.dedup();
            let numbered = literals.iter().enumerate();
            let numbered = numbered.map(|(number, text)| Literal { text: Cow::Owned(text.clone()), number, word: false, form: true });
            let matcher = Matcher::new(numbered.collect());
            let mut found = Vec::new();
            matcher.each(&text, Sought::All, |number, at| found.push((number, at)));
            found.sort_by_key(|(number, at)| (at.start, at.end, *number));
            let automaton = AhoCorasick::builder().ascii_case_insensitive(true).build(&literals).unwrap();
            let mut expected: Vec<_> = automaton.find_overlapping_iter(&text).map(|m| (m.pattern().as_usize(), m.range())).collect();
            expected.sort_by_key(|(number, at)| (at.start, at.end, *number));
            prop_assert_eq!(found, expected);
        }
    }
}
