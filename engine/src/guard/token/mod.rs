//! Credentials that tell what they are by their form: a prefix that a vendor gives them, and a
//! random body of known length and alphabet.
//!
//! Each rule is found by its literal, then read from there by hand. The same literals are also
//! looked for backwards and in ROT13: what is found so must hold to the whole rule once it is
//! undone.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use super::hits::Hits;
use super::shape::{Alphabet, before};

mod disguise;
mod jwt;
mod random;
mod rule;
mod rules;
mod sample;
#[cfg(test)]
mod tests;

pub(super) use disguise::{Disguise, Reach};
pub(super) use random::random;
pub(super) use sample::published;

use jwt::{JWT, Parsed};
use rule::Rule;

/// How far a disguised token is followed at first: open-ended ones are followed to their end only
/// once they are known to be tokens.
const NEAR: usize = 700;

/// How far a disguised web token is followed.
const JWT_REACH: Reach = Reach {
    before: 1,
    after: 2048,
};

/// A literal that is looked for, and the rules that it begins.
struct Needle {
    /// In lower case.
    literal: String,
    disguise: Option<Disguise>,
    rules: Vec<&'static Rule>,
    /// Whether a JSON web token begins with it.
    jwt: bool,
    /// How far around it a token may extend.
    reach: Reach,
}

static NEEDLES: LazyLock<Vec<Needle>> = LazyLock::new(|| {
    let mut needles: Vec<Needle> = vec![];
    let mut known = BTreeMap::new();
    let mut add = |literal: &str, disguise: Option<Disguise>, rule: Option<&'static Rule>| {
        let written = disguise.map_or_else(|| literal.to_owned(), |worn| worn.apply(literal));
        let literal = written.to_ascii_lowercase();
        let needle = *known
            .entry((literal.clone(), disguise))
            .or_insert(needles.len());
        if needle == needles.len() {
            needles.push(Needle {
                literal,
                disguise,
                rules: vec![],
                jwt: false,
                reach: Reach {
                    before: 0,
                    after: 0,
                },
            });
        }
        if let Some(needle) = needles.get_mut(needle) {
            let reach = rule.map_or(JWT_REACH, Rule::reach);
            needle.reach.before = needle.reach.before.max(reach.before);
            needle.reach.after = needle.reach.after.max(reach.after);
            needle.jwt |= rule.is_none();
            needle.rules.extend(rule);
        }
    };
    for rule in rules::all() {
        add(rule.literal, None, Some(rule));
        for worn in [Disguise::Reversed, Disguise::Rot13] {
            if rule.stands_alone() && worn.apply(rule.literal) != rule.literal {
                add(rule.literal, Some(worn), Some(rule));
            }
        }
    }
    add(jwt::LITERAL, None, None);
    for head in jwt::HEADS {
        add(head, Some(Disguise::Reversed), None);
        add(head, Some(Disguise::Rot13), None);
    }
    needles
});

/// What the rules want to be called for.
pub(super) fn literals() -> Vec<&'static str> {
    let literals = NEEDLES.iter().map(|needle| needle.literal.as_str());
    literals.collect()
}

/// Whether a literal marks a token, be it a part of one: written as its rule has it, and where a
/// word begins, or where its rule has something before it.
pub(super) fn marks(text: &str, literal: usize, at: &Range<usize>) -> bool {
    let begins = before(text, at.start).is_none_or(|b| !Alphabet::ALNUM.has(b));
    let written = text.get(at.clone()).unwrap_or_default();
    let as_ruled = |rule: &&Rule| {
        rule.stands_alone()
            && rule.literal == written
            && (begins || (!rule.before.is_empty() && written.len() > 1))
    };
    NEEDLES.get(literal).is_some_and(|needle| {
        let known = needle.rules.iter().any(as_ruled);
        needle.disguise.is_none() && (known || (begins && needle.jwt && written == jwt::LITERAL))
    })
}

/// Whether a literal stands here in the case that its rules have.
pub(super) fn is_written(text: &str, literal: usize, at: &Range<usize>) -> bool {
    let needle = NEEDLES.get(literal).zip(text.get(at.clone()));
    needle.is_some_and(|(needle, here)| match needle.disguise {
        Some(worn) => needle.begins(&worn.apply(here)),
        None => needle.begins(here) || needle.jwt && here == jwt::LITERAL,
    })
}

/// The least that a token with a literal has, bytes.
pub(super) fn least(literal: usize) -> usize {
    let needle = NEEDLES.get(literal);
    let rules = needle.into_iter().flat_map(|needle| &needle.rules);
    let web = needle.filter(|needle| needle.jwt).map(|_| jwt::LEAST);
    rules.map(|rule| rule.least()).chain(web).min().unwrap_or(0)
}

/// Looks for a token where a literal stands.
pub(super) fn check(text: &str, literal: usize, at: Range<usize>, hits: &mut Hits) {
    let Some(needle) = NEEDLES.get(literal) else {
        return;
    };
    let Some(worn) = needle.disguise else {
        return needle.find(text, &at, |place| place.clone(), hits);
    };
    if !is_written(text, literal, &at) {
        return;
    }
    let mut tried = Hits::default();
    let mut near = needle.reach;
    if !needle.jwt {
        near.after = near.after.min(NEAR);
    }
    needle.undisguise(text, &at, worn, near, &mut tried);
    if near == needle.reach || tried.0.is_empty() {
        hits.0.append(&mut tried.0);
    } else {
        needle.undisguise(text, &at, worn, needle.reach, hits);
    }
}

impl Needle {
    /// Whether a literal is one of its own, in the case that its rules have.
    fn begins(&self, literal: &str) -> bool {
        let own = |rule: &&Rule| rule.literal == literal;
        self.rules.iter().any(own) || self.jwt && jwt::HEADS.contains(&literal)
    }

    /// Looks for a token in the text around a disguised literal.
    fn undisguise(
        &self,
        text: &str,
        at: &Range<usize>,
        worn: Disguise,
        reach: Reach,
        hits: &mut Hits,
    ) {
        if let Some(bare) = worn.undo(text, at, reach, |byte| byte.is_ascii_graphic()) {
            self.find(&bare.text, &bare.at, |place| bare.place(place), hits);
        }
    }

    fn find(
        &self,
        text: &str,
        at: &Range<usize>,
        place: impl Fn(&Range<usize>) -> Range<usize>,
        hits: &mut Hits,
    ) {
        for rule in &self.rules {
            if let Some(found) = rule.find(text, at) {
                let range = place(&found.value);
                if found.by_neighbours {
                    hits.by_context(rule.kind, range);
                } else {
                    hits.by_form(rule.kind, range);
                }
            }
        }
        if self.jwt
            && text
                .get(at.start..)
                .is_some_and(|rest| rest.starts_with(jwt::LITERAL))
            && let Some(Parsed::Complete(token)) = jwt::parse(text, at.start)
        {
            hits.by_form(JWT, place(&token));
        }
    }
}
