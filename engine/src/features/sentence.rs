//! A sentence, and what it asks for.

use super::lexicon::Set;

/// Words that say what is asked for, each a bit of [`Sentence::asks`].
pub(super) mod ask {
    pub(in super::super) const WHO: u16 = 1;
    pub(in super::super) const WHAT: u16 = 1 << 1;
    pub(in super::super) const WHEN_WHERE: u16 = 1 << 2;
    pub(in super::super) const WHY: u16 = 1 << 3;
    pub(in super::super) const HOW: u16 = 1 << 4;
    pub(in super::super) const HOW_MANY: u16 = 1 << 5;
    pub(in super::super) const WHICH: u16 = 1 << 6;
    pub(in super::super) const WHETHER: u16 = 1 << 7;
}

/// A sentence, or the numbered line, being read.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sentence {
    pub(super) words: u32,
    pub(super) numbers: u32,
    /// Bits of [`ask`].
    pub(super) asks: u16,
    pub(super) classes: Set,
    /// Whether it ends in a question mark.
    pub(super) question: bool,
    /// Whether it ends in any mark.
    pub(super) closed: bool,
    after_how: bool,
}

impl Sentence {
    /// Adds a word in small letters.
    pub(super) fn word(&mut self, word: &[u8], classes: Set) {
        self.asks |= asks(word, self.words == 0, self.after_how);
        self.after_how = word == b"how";
        self.classes.add(classes);
        self.words += 1;
    }

    /// Takes another sentence for a part of this one.
    pub(super) fn join(&mut self, other: &Self) {
        self.asks |= other.asks;
        self.classes.add(other.classes);
        self.words += other.words;
    }
}

/// The bits of [`ask`] for a word in small letters.
fn asks(word: &[u8], first: bool, after_how: bool) -> u16 {
    match word {
        b"who" | b"whom" | b"whose" => ask::WHO,
        b"what" | b"what's" => ask::WHAT,
        b"when" | b"where" => ask::WHEN_WHERE,
        b"why" => ask::WHY,
        b"how" => ask::HOW,
        b"many" | b"much" if after_how => ask::HOW_MANY,
        b"which" => ask::WHICH,
        b"is" | b"are" | b"was" | b"were" | b"do" | b"does" | b"did" | b"can" | b"could"
        | b"will" | b"would" | b"should" | b"has" | b"have"
            if first =>
        {
            ask::WHETHER
        }
        _ => 0,
    }
}
