//! One pass over a text for every literal that any rule begins with.
//!
//! Each module of rules lists the literals that it wants to be called for, in lower case, and is
//! called at each place where one stands, whatever its case. They are looked for all at once, so
//! that a text is read once however many rules there are.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use super::hits::Hits;
use super::matcher::{Literal, Matcher, Sought};
use super::{assignment, endpoint, keyblock, marking, number, people, structure, token, uri};

/// A module of rules that is called at literals.
struct Rules {
    literals: fn() -> Vec<&'static str>,
    /// Given the text, which of the literals was found, and where.
    check: fn(&str, usize, Range<usize>, &mut Hits),
    /// Whether literals that begin with a letter or a digit count only where a word begins.
    words: bool,
    /// Whether some of what they find is proved by its form alone.
    forms: bool,
}

/// Where the rules of tokens and of names stand among them.
const TOKENS: usize = 0;
const NAMES: usize = 2;

/// Who is called.
const MODULES: &[Rules] = &[
    Rules {
        literals: token::literals,
        check: token::check,
        words: false,
        forms: true,
    },
    Rules {
        literals: keyblock::literals,
        check: keyblock::check,
        words: false,
        forms: true,
    },
    Rules {
        literals: assignment::literals,
        check: assignment::check,
        words: false,
        forms: false,
    },
    Rules {
        literals: uri::literals,
        check: uri::check,
        words: false,
        forms: true,
    },
    Rules {
        literals: endpoint::literals,
        check: endpoint::check,
        words: false,
        forms: false,
    },
    Rules {
        literals: people::mail_literals,
        check: people::check_mail,
        words: false,
        forms: true,
    },
    Rules {
        literals: people::literals,
        check: people::check,
        words: false,
        forms: false,
    },
    Rules {
        literals: marking::literals,
        check: marking::check,
        words: false,
        forms: false,
    },
    Rules {
        literals: || number::TRAVEL_LITERALS.to_vec(),
        check: number::check_travel,
        words: false,
        forms: true,
    },
    Rules {
        literals: number::literals,
        check: number::check,
        words: true,
        forms: false,
    },
    Rules {
        literals: structure::literals,
        check: structure::check,
        words: true,
        forms: false,
    },
];

struct Index {
    matcher: Matcher,
    /// Who wants to be called for each of the matcher's literals.
    callers: Vec<Vec<Caller>>,
}

/// Who wants to be called for a literal.
struct Caller {
    module: usize,
    /// The literal's index in it.
    index: usize,
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

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut callers: Vec<Vec<Caller>> = Vec::new();
    let mut known = BTreeMap::new();
    let mut literals = Vec::new();
    for (module, rules) in MODULES.iter().enumerate() {
        for (index, literal) in (rules.literals)().into_iter().enumerate() {
            // Tokens have edges of their own.
            let short = module != TOKENS && is_short_word(literal);
            let word =
                short || rules.words && literal.starts_with(|c: char| c.is_ascii_alphanumeric());
            let number = *known.entry((literal, word)).or_insert(callers.len());
            if let Some(callers) = callers.get_mut(number) {
                callers.push(Caller { module, index });
                continue;
            }
            callers.push(vec![Caller { module, index }]);
            // Case is ignored in ASCII alone: other letters are looked for in capitals as well.
            let capitals = (!literal.is_ascii()).then(|| Cow::Owned(capitals(literal)));
            for text in capitals.into_iter().chain([Cow::Borrowed(literal)]) {
                let form = false;
                literals.push(Literal {
                    text,
                    number,
                    word,
                    form,
                });
            }
        }
    }
    for literal in &mut literals {
        let callers = callers.get(literal.number).into_iter().flatten();
        let mut rules = callers.filter_map(|caller| MODULES.get(caller.module));
        literal.form = rules.any(|rules| rules.forms);
    }
    Index {
        matcher: Matcher::new(literals),
        callers,
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
    /// The least that a token with it has, bytes.
    pub(super) least: usize,
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
    INDEX.each(piece, Sought::Forms, |caller, at| {
        if caller.module == TOKENS && token::is_written(piece, caller.index, &at) {
            let literal = caller.index;
            marked |= token::marks(piece, literal, &at);
            let least = token::least(literal);
            marks.push(Mark { literal, at, least });
        }
    });
    marked.then_some(marks)
}

/// Calls `found` with every literal of names in a text, and its place.
pub(super) fn each_of_names(text: &str, mut found: impl FnMut(usize, Range<usize>)) {
    INDEX.each(text, Sought::All, |caller, at| {
        if caller.module == NAMES {
            found(caller.index, at);
        }
    });
}

/// Calls every rule whose literal stands in the text.
pub(super) fn find(text: &str, hits: &mut Hits) {
    call(text, Sought::All, hits);
}

/// As [`find`], where only what is proved by its form counts.
pub(super) fn find_forms(text: &str, hits: &mut Hits) {
    call(text, Sought::Forms, hits);
}

fn call(text: &str, sought: Sought, hits: &mut Hits) {
    let meant = |rules: &&Rules| rules.forms || sought == Sought::All;
    INDEX.each(text, sought, |caller, at| {
        if let Some(rules) = MODULES.get(caller.module).filter(meant) {
            (rules.check)(text, caller.index, at, hits);
        }
    });
}

impl Index {
    fn each(&self, text: &str, sought: Sought, mut found: impl FnMut(&Caller, Range<usize>)) {
        self.matcher.each(text, sought, |literal, at| {
            for caller in self.callers.get(literal).into_iter().flatten() {
                found(caller, at.clone());
            }
        });
    }
}
