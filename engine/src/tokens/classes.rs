//! What a text consists of, as far as tokens go: one pass over its bytes, no vocabulary.
//!
//! Tokenizers first split a text by the class of its characters and then each piece by what is common.
//! How often each class occurs, and how long its pieces are, says nearly all about their number.

use std::ops::{AddAssign, Index};

use super::language::Evidence;

/// A class of what is counted; [`Classes`] holds how often each occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// A word in Latin letters, with the blank before it.
    Word,
    /// A letter of such a word past the sixth.
    LongLetter,
    /// One past the twelfth: long words are put together, or no words.
    VeryLongLetter,
    /// A capital after a small letter within a word.
    Step,
    /// A further capital of a run.
    Capital,
    /// A letter past the fourth of a word that is not English.
    ForeignLetter,
    /// A place where letters and digits touch, as in a digest.
    Mixed,
    /// A digit.
    Digit,
    /// Up to three digits.
    DigitGroup,
    /// A single blank before a digit: it belongs to no word.
    LooseBlank,
    /// The first of a run of punctuation marks.
    Mark,
    /// A further mark of the run.
    FurtherMark,
    /// One that formulas in TeX are full of: there it is a token of its own.
    TexMark,
    /// The same mark once more, as in a rule of dashes.
    SameMark,
    /// The same where a word follows at once: the two are often one token.
    Joined,
    /// A run of line breaks.
    Break,
    /// One behind a mark.
    MarkedBreak,
    /// A run of two or more blanks.
    Blanks,
    /// A word of Greek, Cyrillic, Hebrew, Arabic or like letters.
    ScriptWord,
    /// A letter of Greek or Cyrillic.
    Cyrillic,
    /// A letter of Hebrew, Arabic and others of two bytes.
    Semitic,
    /// A kana.
    Kana,
    /// A Chinese character.
    Han,
    /// A Korean syllable.
    Hangul,
    /// A letter of three bytes of another script, such as Devanagari or Thai.
    Indic,
    /// A typographic mark or sign beyond ASCII.
    Sign,
    /// A character of four bytes, such as an emoji.
    Astral,
}

/// The number of classes.
pub const CLASSES: usize = Class::Astral as usize + 1;

/// How often each [`Class`] occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Classes([u32; CLASSES]);

impl Default for Classes {
    fn default() -> Self {
        Self([0; CLASSES])
    }
}

impl Index<Class> for Classes {
    type Output = u32;

    fn index(&self, class: Class) -> &u32 {
        // Every class has its place.
        &self.0[class as usize]
    }
}

impl AddAssign for Classes {
    fn add_assign(&mut self, other: Self) {
        for (own, more) in self.0.iter_mut().zip(other.0) {
            *own = own.saturating_add(more);
        }
    }
}

/// What the run of bytes being read consists of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Run {
    Start,
    Word,
    Digits(u32),
    Mark(u8),
    Break,
    Blank,
    Blanks,
    Script,
    Other,
}

/// A word being read.
#[derive(Clone, Copy, Default)]
struct Word {
    letters: u32,
    /// Whether the last letter is small.
    small: bool,
    /// The first four letters in lower case, one behind another.
    head: u32,
}

impl Classes {
    /// Reads a text.
    pub fn of(text: &str) -> Self {
        let mut reading = Reading {
            counts: Self::default(),
            run: Run::Start,
            word: Word::default(),
            evidence: Evidence::default(),
            late_letters: 0,
        };
        let bytes = text.as_bytes();
        for (at, &byte) in bytes.iter().enumerate() {
            let next = || bytes.get(at + 1).copied().unwrap_or(0);
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' => reading.letter(byte),
                b'0'..=b'9' => reading.digit(),
                b' ' | b'\t' | b'\r' => reading.blank(),
                b'\n' => reading.line_break(),
                0..=0x7F => reading.mark(byte, next()),
                // The rest of a character that has been counted.
                0x80..=0xBF => {}
                _ => reading.wide(byte, next()),
            }
        }
        reading.close();
        reading.counts
    }

    /// The counts in the order of the classes.
    pub fn counts(&self) -> &[u32; CLASSES] {
        &self.0
    }

    fn add(&mut self, class: Class, more: u32) {
        let own = &mut self.0[class as usize];
        *own = own.saturating_add(more);
    }
}

struct Reading {
    counts: Classes,
    run: Run,
    word: Word,
    evidence: Evidence,
    /// Letters past the fourth of their word.
    late_letters: u32,
}

impl Reading {
    fn letter(&mut self, byte: u8) {
        let small = byte.is_ascii_lowercase();
        if self.run != Run::Word {
            if matches!(self.run, Run::Digits(_)) {
                self.counts.add(Class::Mixed, 1);
            }
            self.begin();
        } else if !small {
            match self.word.small {
                true => {
                    self.end_word();
                    self.counts.add(Class::Step, 1);
                }
                false => self.counts.add(Class::Capital, 1),
            }
        }
        self.grow(small, byte | 0x20);
    }

    fn begin(&mut self) {
        self.leave();
        self.run = Run::Word;
        self.word = Word::default();
        self.counts.add(Class::Word, 1);
    }

    fn grow(&mut self, small: bool, low: u8) {
        let word = &mut self.word;
        word.letters += 1;
        word.small = small;
        match word.letters {
            0..=4 => word.head = word.head << 8 | u32::from(low),
            5..=6 => self.late_letters += 1,
            7..=12 => {
                self.late_letters += 1;
                self.counts.add(Class::LongLetter, 1);
            }
            _ => {
                self.late_letters += 1;
                self.counts.add(Class::VeryLongLetter, 1);
            }
        }
    }

    /// The word ends, and with it what it says of the language.
    fn end_word(&mut self) {
        if self.word.letters <= 4 {
            self.evidence.take(self.word.head);
        }
        self.word = Word::default();
    }

    /// Something else than what was read follows.
    fn leave(&mut self) {
        if self.run == Run::Word {
            self.end_word();
        }
    }

    fn digit(&mut self) {
        let before = match self.run {
            Run::Digits(count) => count,
            run => {
                match run {
                    Run::Word => self.counts.add(Class::Mixed, 1),
                    Run::Blank => self.counts.add(Class::LooseBlank, 1),
                    _ => {}
                }
                self.leave();
                0
            }
        };
        self.counts.add(Class::Digit, 1);
        if before % 3 == 0 {
            self.counts.add(Class::DigitGroup, 1);
        }
        self.run = Run::Digits(before + 1);
    }

    fn blank(&mut self) {
        self.leave();
        self.run = match self.run {
            Run::Blank => {
                self.counts.add(Class::Blanks, 1);
                Run::Blanks
            }
            Run::Blanks => Run::Blanks,
            _ => Run::Blank,
        };
    }

    fn line_break(&mut self) {
        if self.run != Run::Break {
            self.leave();
            let class = match self.run {
                Run::Mark(_) => Class::MarkedBreak,
                _ => Class::Break,
            };
            self.counts.add(class, 1);
        }
        self.run = Run::Break;
    }

    fn mark(&mut self, byte: u8, next: u8) {
        self.leave();
        let class = match self.run {
            Run::Mark(last) if last == byte => Class::SameMark,
            Run::Mark(_) if matches!(byte, b'{' | b'}' | b'\\' | b'^' | b'_' | b'$') => {
                Class::TexMark
            }
            Run::Mark(_) => Class::FurtherMark,
            _ if next.is_ascii_alphabetic() => Class::Joined,
            _ => Class::Mark,
        };
        self.counts.add(class, 1);
        self.run = Run::Mark(byte);
    }

    /// A character of more than one byte, by its first two.
    fn wide(&mut self, first: u8, second: u8) {
        match (first, second) {
            // Latin-1 and Latin Extended letters; the lower half of C2 and the signs in C3 are rare.
            (0xC3..=0xC9, _) | (0xE1, 0xB8..=0xBB) => {
                if self.run != Run::Word {
                    self.begin();
                }
                self.evidence.accent();
                self.grow(true, 0);
            }
            (0xC2 | 0xCA..=0xCC, _) => self.other(Class::Sign),
            (0xCD..=0xD4, _) => self.script(Class::Cyrillic),
            (0xD5..=0xDF, _) => self.script(Class::Semitic),
            (0xE0 | 0xE1, _) => self.script(Class::Indic),
            (0xE2, _) => self.other(Class::Sign),
            (0xE3, 0x80) => self.other(Class::Sign),
            (0xE3, 0x81..=0x83) => self.other(Class::Kana),
            (0xE3..=0xE9, _) => self.other(Class::Han),
            (0xEA, 0xB0..) | (0xEB..=0xED, _) => self.other(Class::Hangul),
            (0xEF, _) => self.other(Class::Sign),
            (0xEA | 0xEE, _) => self.other(Class::Indic),
            _ => self.other(Class::Astral),
        }
    }

    fn script(&mut self, class: Class) {
        if self.run != Run::Script {
            self.leave();
            self.counts.add(Class::ScriptWord, 1);
        }
        self.run = Run::Script;
        self.counts.add(class, 1);
    }

    fn other(&mut self, class: Class) {
        self.leave();
        self.run = Run::Other;
        self.counts.add(class, 1);
    }

    fn close(&mut self) {
        self.leave();
        let letters = self.evidence.foreign_part(self.late_letters);
        self.counts.add(Class::ForeignLetter, letters);
    }
}
