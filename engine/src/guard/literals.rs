//! One pass over a text for every literal that any rule begins with.
//!
//! Each module of rules lists the literals that it wants to be called for, in lower case, and is
//! called at each place where one stands, whatever its case. One automaton holds them all, so that
//! a text is read once however many rules there are.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::hits::Hits;
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

struct Automaton {
    search: Option<AhoCorasick>,
    /// For each literal: the module, and the literal's index in it.
    owners: Vec<(usize, usize)>,
}

static AUTOMATON: LazyLock<Automaton> = LazyLock::new(|| {
    let mut patterns: Vec<Cow<'static, str>> = Vec::new();
    let mut owners = Vec::new();
    for (module, rules) in MODULES.iter().enumerate() {
        for (index, literal) in (rules.literals)().into_iter().enumerate() {
            // Case is ignored in ASCII alone: other letters are looked for in capitals as well.
            if !literal.is_ascii() {
                patterns.push(Cow::Owned(capitals(literal)));
                owners.push((module, index));
            }
            patterns.push(Cow::Borrowed(literal));
            owners.push((module, index));
        }
    }
    let search = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::Standard)
        .kind(Some(AhoCorasickKind::ContiguousNFA))
        .build(patterns.iter().map(|pattern| pattern.as_bytes()))
        .ok();
    Automaton { search, owners }
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

/// Whether the rules can be applied at all. Where they cannot, nothing may be judged harmless.
pub(super) fn ready() -> bool {
    AUTOMATON.search.is_some()
}

/// Whether a piece of text holds what a token begins with, or is known by.
pub(super) fn marks_token(piece: &str) -> bool {
    let Some(search) = &AUTOMATON.search else {
        return true;
    };
    search.find_overlapping_iter(piece).any(|found| {
        let owner = AUTOMATON.owners.get(found.pattern().as_usize());
        owner.is_some_and(|(module, index)| {
            *module == TOKENS && token::marks(piece, *index, &found.range())
        })
    })
}

/// Calls the rules of tokens, as [`find`] calls all.
pub(super) fn find_tokens(text: &str, hits: &mut Hits) {
    call(text, |module| module == TOKENS, hits);
}

/// Calls every rule whose literal stands in the text.
pub(super) fn find(text: &str, hits: &mut Hits) {
    call(text, |_| true, hits);
}

fn call(text: &str, meant: impl Fn(usize) -> bool, hits: &mut Hits) {
    let Some(search) = &AUTOMATON.search else {
        return;
    };
    for found in search.find_overlapping_iter(text) {
        if let Some(&(module, index)) = AUTOMATON.owners.get(found.pattern().as_usize())
            && meant(module)
            && let Some(rules) = MODULES.get(module)
        {
            (rules.check)(text, index, found.range(), hits);
        }
    }
}
