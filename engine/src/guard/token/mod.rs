//! Credentials that tell what they are by their form: a prefix that a vendor gives them, and a
//! random body of known length and alphabet.
//!
//! Each rule is found by its literal, then read from there by hand. The same literals are also
//! looked for backwards and in ROT13: what is found so must hold to the whole rule once it is
//! undone.

use std::ops::Range;
use std::sync::LazyLock;

use super::hits::Hits;

mod disguise;
mod fragment;
mod jwt;
mod random;
mod rule;
mod rules;
mod sample;
#[cfg(test)]
mod scratch;
#[cfg(test)]
mod tests;

pub(super) use disguise::Disguise;
pub(super) use fragment::{Missing, cut_short, whole};
pub(super) use random::random;

use jwt::{JWT, Parsed};
use rule::Rule;

/// How far around a disguised literal its token is looked for, bytes.
const REACH: usize = 512;

/// A literal that is looked for, and the rules that it begins.
struct Needle {
    /// In lower case.
    literal: String,
    disguise: Option<Disguise>,
    rules: Vec<&'static Rule>,
    /// Whether a JSON web token begins with it.
    jwt: bool,
}

static NEEDLES: LazyLock<Vec<Needle>> = LazyLock::new(|| {
    let mut needles = vec![];
    let mut add = |literal: &str, disguise: Option<Disguise>, rule: Option<&'static Rule>| {
        let written = disguise.map_or_else(|| literal.to_owned(), |worn| worn.apply(literal));
        let literal = written.to_ascii_lowercase();
        let known = |needle: &&mut Needle| needle.literal == literal && needle.disguise == disguise;
        let needle = match needles.iter_mut().position(|needle| known(&needle)) {
            Some(index) => index,
            None => {
                needles.push(Needle {
                    literal,
                    disguise,
                    rules: vec![],
                    jwt: false,
                });
                needles.len() - 1
            }
        };
        if let Some(needle) = needles.get_mut(needle) {
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
    for worn in [None, Some(Disguise::Reversed), Some(Disguise::Rot13)] {
        add(jwt::LITERAL, worn, None);
    }
    needles
});

/// What the rules want to be called for.
pub(super) fn literals() -> Vec<&'static str> {
    let literals = NEEDLES.iter().map(|needle| needle.literal.as_str());
    literals.collect()
}

/// Looks for a token where a literal stands.
pub(super) fn check(text: &str, literal: usize, at: Range<usize>, hits: &mut Hits) {
    let Some(needle) = NEEDLES.get(literal) else {
        return;
    };
    let Some(worn) = needle.disguise else {
        return needle.find(text, &at, |place| place.clone(), hits);
    };
    if let Some(bare) = worn.undo(text, &at, REACH, |byte| byte.is_ascii_graphic()) {
        needle.find(&bare.text, &bare.at, |place| bare.place(place), hits);
    }
}

impl Needle {
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
            && text.get(at.clone()) == Some(jwt::LITERAL)
            && let Some(Parsed::Complete(token)) = jwt::parse(text, at.start)
        {
            hits.by_form(JWT, place(&token));
        }
    }
}
