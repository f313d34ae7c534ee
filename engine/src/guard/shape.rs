//! What a string looks like: the alphabets it is made of, how random it is, where it ends.

use std::ops::Range;

/// A set of ASCII bytes: a bit for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Alphabet([u32; 8]);

impl Alphabet {
    pub(super) const EMPTY: Self = Self([0; 8]);
    pub(super) const DIGIT: Self = Self::range(b'0', b'9');
    pub(super) const LOWER: Self = Self::range(b'a', b'z');
    pub(super) const UPPER: Self = Self::range(b'A', b'Z');
    pub(super) const LETTER: Self = Self::LOWER.or(Self::UPPER);
    pub(super) const ALNUM: Self = Self::LETTER.or(Self::DIGIT);
    pub(super) const LOWER_HEX: Self = Self::DIGIT.or(Self::range(b'a', b'f'));
    pub(super) const HEX: Self = Self::LOWER_HEX.or(Self::range(b'A', b'F'));
    pub(super) const UPPER_DIGIT: Self = Self::UPPER.or(Self::DIGIT);
    pub(super) const LOWER_DIGIT: Self = Self::LOWER.or(Self::DIGIT);
    pub(super) const BASE32: Self = Self::UPPER.or(Self::range(b'2', b'7'));
    /// Letters, digits and `_`.
    pub(super) const WORD: Self = Self::ALNUM.with(b"_");
    /// RFC 4648 §4, padding not counted in.
    pub(super) const BASE64: Self = Self::ALNUM.with(b"+/");
    /// RFC 4648 §5, padding not counted in.
    pub(super) const BASE64_URL: Self = Self::ALNUM.with(b"-_");

    /// All bytes from one to another; both are ASCII.
    pub(super) const fn range(from: u8, to: u8) -> Self {
        let mut set = Self([0; 8]);
        let mut byte = from;
        while byte <= to {
            set.0[(byte >> 5) as usize] |= 1 << (byte & 31);
            byte += 1;
        }
        set
    }

    pub(super) const fn or(self, other: Self) -> Self {
        let mut set = self;
        let mut at = 0;
        while at < 8 {
            set.0[at] |= other.0[at];
            at += 1;
        }
        set
    }

    /// These ASCII bytes too.
    pub(super) const fn with(self, bytes: &[u8]) -> Self {
        let mut set = self;
        let mut at = 0;
        while at < bytes.len() {
            set.0[(bytes[at] >> 5) as usize] |= 1 << (bytes[at] & 31);
            at += 1;
        }
        set
    }

    pub(super) const fn has(self, byte: u8) -> bool {
        self.0[(byte >> 5) as usize] >> (byte & 31) & 1 == 1
    }

    /// How many bytes of the alphabet stand at `from`, at most `most`.
    pub(super) fn run(self, text: &str, from: usize, most: usize) -> usize {
        let rest = text.as_bytes().get(from..).unwrap_or_default();
        let run = rest.iter().take(most).take_while(|b| self.has(**b));
        run.count()
    }

    /// How many bytes of the alphabet stand before `to`, at most `most`.
    pub(super) fn run_back(self, text: &str, to: usize, most: usize) -> usize {
        let before = text.as_bytes().get(..to).unwrap_or_default();
        let run = before.iter().rev().take(most).take_while(|b| self.has(**b));
        run.count()
    }
}

impl Alphabet {
    /// The next place from `from` on where at least `least` bytes of the alphabet stand in a row, as
    /// many as there are. Looks at few of the bytes where such places are rare.
    pub(super) fn next_run(self, text: &str, from: usize, least: usize) -> Option<Range<usize>> {
        let bytes = text.as_bytes();
        let mut at = from;
        loop {
            // No run begins in a stretch of so many bytes whose last byte is none of the alphabet.
            let last = at + least.max(1) - 1;
            if !self.has(*bytes.get(last)?) {
                at = last + 1;
                continue;
            }
            let start = last - self.run_back(text, last, last - at);
            let end = last + self.run(text, last, usize::MAX);
            if end - start >= least {
                return Some(start..end);
            }
            at = end;
        }
    }
}

/// A table by which a byte is told at the cost of one look-up: a bit for each of the sets that has it,
/// the first set's the lowest.
pub(super) const fn table(sets: &[Alphabet]) -> [u8; 256] {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 * sets.len() {
        let (set, byte) = (at / 256, at % 256);
        if sets[set].has(byte as u8) {
            table[byte] |= 1 << set;
        }
        at += 1;
    }
    table
}

/// The byte before a place; none at the beginning.
pub(super) fn before(text: &str, at: usize) -> Option<u8> {
    text.as_bytes().get(at.checked_sub(1)?).copied()
}

/// The byte at a place; none at the end.
pub(super) fn after(text: &str, at: usize) -> Option<u8> {
    text.as_bytes().get(at).copied()
}

/// Shannon entropy of the bytes, bits per byte; 0 of an empty string.
pub(super) fn entropy(text: &str) -> f64 {
    let mut counts = [0u32; 256];
    for byte in text.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let size = text.len() as f64;
    let parts = counts.iter().filter(|count| **count > 0).map(|count| {
        let share = f64::from(*count) / size;
        -share * share.log2()
    });
    parts.sum()
}

/// How many of a string's bytes are of each class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Mix {
    pub(super) lower: usize,
    pub(super) upper: usize,
    pub(super) digit: usize,
    /// Everything else, bytes beyond ASCII included.
    pub(super) other: usize,
    /// How often a letter's case, or letter and digit, change from one byte to the next.
    pub(super) turns: usize,
}

impl Mix {
    pub(super) fn of(text: &str) -> Self {
        let mut mix = Self::default();
        let mut last = None;
        for byte in text.bytes() {
            let class = match byte {
                b'a'..=b'z' => {
                    mix.lower += 1;
                    0
                }
                b'A'..=b'Z' => {
                    mix.upper += 1;
                    1
                }
                b'0'..=b'9' => {
                    mix.digit += 1;
                    2
                }
                _ => {
                    mix.other += 1;
                    3
                }
            };
            if last.is_some_and(|last| last != class) {
                mix.turns += 1;
            }
            last = Some(class);
        }
        mix
    }

    /// How many of lower case, upper case and digits there are at all.
    pub(super) fn classes(self) -> usize {
        usize::from(self.lower > 0) + usize::from(self.upper > 0) + usize::from(self.digit > 0)
    }
}
