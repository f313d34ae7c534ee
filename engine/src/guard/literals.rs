//! One pass over a text for every literal that any rule begins with.
//!
//! Each module of rules lists the literals that it wants to be called for, in lower case, and is
//! called at each place where one stands, whatever its case. They are looked for all at once, so
//! that a text is read once however many rules there are.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use super::hits::Hits;
use super::matcher::Matcher;
use super::shape::{after, before};
use super::{assignment, endpoint, keyblock, marking, number, people, structure, token, uri};

/// A module of rules that is called at literals.
struct Rules {
    literals: fn() -> Vec<&'static str>,
    /// Given the text, which of the literals was found, and where.
    check: fn(&str, usize, Range<usize>, &mut Hits),
}

/// Where the rules of tokens stand among them.
const TOKENS: usize = 0;

/// Who is called.
const MODULES: &[Rules] = &[
    Rules {
        literals: token::literals,
        check: token::check,
    },
    Rules {
        literals: keyblock::literals,
        check: keyblock::check,
    },
    Rules {
        literals: assignment::literals,
        check: assignment::check,
    },
    Rules {
        literals: uri::literals,
        check: uri::check,
    },
    Rules {
        literals: endpoint::literals,
        check: endpoint::check,
    },
    Rules {
        literals: people::literals,
        check: people::check,
    },
    Rules {
        literals: marking::literals,
        check: marking::check,
    },
    Rules {
        literals: number::literals,
        check: number::check,
    },
    Rules {
        literals: structure::literals,
        check: structure::check,
    },
];

struct Index {
    matcher: Matcher,
    owners: Vec<Owner>,
}

/// Who wants to be called for a literal.
struct Owner {
    module: usize,
    /// The literal's index in it.
    index: usize,
    /// It counts only where a word begins. Tokens have edges of their own.
    word: bool,
}

/// Every literal that a rule begins with.
#[cfg(test)]
pub(super) fn all() -> Vec<&'static str> {
    let lists = MODULES.iter().flat_map(|rules| (rules.literals)());
    lists.collect()
}

/// Words of two or three letters stand inside others by the thousand; these mean the same there.
const MEANT_INSIDE: [&str; 10] = [
    "key", "pwd", "pin", "otp", "pat", // of names: `apikey`
    "weg", "hof", "vej", "tie", "str", // of streets: `Birkenweg`
];

fn is_short_word(literal: &str) -> bool {
    literal.len() <= 3
        && literal.bytes().all(|b| b.is_ascii_lowercase())
        && !MEANT_INSIDE.contains(&literal)
}

/// Whether a word begins here: behind what is no letter, or with a capital behind a small one.
fn begins_word(text: &str, at: usize) -> bool {
    let letter = |b: u8| b.is_ascii_alphabetic();
    let camel = |here: u8| here.is_ascii_uppercase();
    !before(text, at).is_some_and(letter) || after(text, at).is_some_and(camel)
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut literals: Vec<(Cow<'static, str>, usize)> = Vec::new();
    let mut owners = Vec::new();
    for (module, rules) in MODULES.iter().enumerate() {
        for (index, literal) in (rules.literals)().into_iter().enumerate() {
            // Case is ignored in ASCII alone: other letters are looked for in capitals as well.
            if !literal.is_ascii() {
                literals.push((Cow::Owned(capitals(literal)), owners.len()));
            }
            literals.push((Cow::Borrowed(literal), owners.len()));
            owners.push(Owner {
                module,
                index,
                word: module != TOKENS && is_short_word(literal),
            });
        }
    }
    Index {
        matcher: Matcher::new(literals),
        owners,
    }
});

/// A literal with all letters beyond ASCII in capitals, as far as one letter stays one.
fn capitals(literal: &str) -> String {
    let upper = |c: char| {
        let mut upper = c.to_uppercase();
        match (upper.next(), upper.next()) {
            (Some(one), None) if !c.is_ascii() => one,
            _ => c,
        }
    };
    literal.chars().map(upper).collect()
}

/// A literal of tokens in a piece of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    /// Its number among those of tokens.
    pub(super) literal: usize,
    at: Range<usize>,
}

impl Mark {
    /// Its place where so much stands before the piece.
    pub(super) fn shifted(&self, by: usize) -> Range<usize> {
        self.at.start + by..self.at.end + by
    }
}

/// The literals of tokens in a piece of text, where one of them marks it as part of a token.
pub(super) fn token_marks(piece: &str) -> Option<Vec<Mark>> {
    let (mut marks, mut marked) = (Vec::new(), false);
    INDEX.each(piece, |owner, at| {
        if owner.module == TOKENS {
            let literal = owner.index;
            marked |= token::marks(piece, literal, &at);
            marks.push(Mark { literal, at });
        }
    });
    marked.then_some(marks)
}

/// Calls every rule whose literal stands in the text.
pub(super) fn find(text: &str, hits: &mut Hits) {
    INDEX.each(text, |owner, at| {
        if let Some(rules) = MODULES.get(owner.module) {
            (rules.check)(text, owner.index, at, hits);
        }
    });
}

impl Index {
    fn each(&self, text: &str, mut found: impl FnMut(&Owner, Range<usize>)) {
        self.matcher.each(text, |literal, at| {
            if let Some(owner) = self.owners.get(literal)
                && (!owner.word || begins_word(text, at.start))
            {
                found(owner, at);
            }
        });
    }
}
