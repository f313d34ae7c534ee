//! Tokens that were cut in two, for whoever joins the pieces.

use super::super::finding::Kind;
use super::super::shape::{Alphabet, Mix, before};
use super::jwt::{self, JWT, Parsed};
use super::random::random;
use super::rule::Rule;
use super::rules;

/// The longest piece that is looked at, bytes; of a web token, whose parts are long.
const LONGEST: usize = 512;
const LONGEST_JWT: usize = 4096;

/// The fewest bytes of a body that show whether it is random; and where the literal is so short
/// that words begin with it.
const TELLS: usize = 6;
const TELLS_ALONE: usize = 12;

/// A piece reaches back to the last blank.
const SOLID: Alphabet = Alphabet::range(b'!', b'~');
const JWT_BYTES: Alphabet = Alphabet::BASE64_URL.with(b".");

/// The beginning of a token whose rest is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::guard) struct Missing {
    /// What the whole would be.
    pub(in crate::guard) kind: Kind,
    /// Where the beginning starts. It goes to the text's end.
    pub(in crate::guard) start: usize,
    /// How many bytes are missing at least.
    pub(in crate::guard) least: usize,
}

/// Whether a text ends in the beginning of a token: the prefix of a known form, and a random body
/// that is too short for it. Of several, the one that needs the fewest bytes more.
pub(in crate::guard) fn cut_short(text: &str) -> Option<Missing> {
    let start = text.len() - SOLID.run_back(text, text.len(), LONGEST);
    let mut found: Option<Missing> = None;
    let mut add = |missing: Missing| {
        if found.is_none_or(|best| missing.least < best.least) {
            found = Some(missing);
        }
    };
    let begins_word = |place: &usize| {
        *place == start || !before(text, *place).is_some_and(|byte| Alphabet::ALNUM.has(byte))
    };
    let words: Vec<usize> = (start..text.len()).filter(begins_word).collect();
    for rule in rules::all().filter(|rule| rule.stands_alone()) {
        let mut at = |place: usize| {
            if let Some((start, least)) = rule.begins(text, place) {
                add(Missing {
                    kind: rule.kind,
                    start,
                    least,
                });
            }
        };
        let here = |place: &&usize| {
            let rest = text.get(**place..);
            rest.is_some_and(|rest| rest.starts_with(rule.literal))
        };
        if rule.before.is_empty() {
            words.iter().filter(here).for_each(|place| at(*place));
        } else {
            let rest = text.get(start..)?;
            let places = rest.match_indices(rule.literal);
            places.for_each(|(place, _)| at(start + place));
        }
    }
    let start = text.len() - JWT_BYTES.run_back(text, text.len(), LONGEST_JWT);
    let begins = text.get(start..)?.starts_with(jwt::LITERAL);
    if begins && jwt::parse(text, start) == Some(Parsed::Unfinished) {
        add(Missing {
            kind: JWT,
            start,
            least: 1,
        });
    }
    found
}

/// What a text is, where it is one token by its form, and nothing else.
pub(in crate::guard) fn whole(text: &str) -> Option<Kind> {
    let all = 0..text.len();
    let is_at = |rule: &Rule, place: usize| {
        let found = rule.find(text, &(place..place + rule.literal.len()));
        found.is_some_and(|found| found.value == all)
    };
    let fits = |rule: &&Rule| {
        if rule.before.is_empty() {
            return text.starts_with(rule.literal) && is_at(rule, 0);
        }
        let mut places = text.match_indices(rule.literal);
        places.any(|(place, _)| is_at(rule, place))
    };
    let rule = rules::all().filter(|rule| rule.stands_alone()).find(fits);
    rule.map(|rule| rule.kind).or_else(|| {
        let jwt = text
            .starts_with(jwt::LITERAL)
            .then(|| jwt::parse(text, 0))?;
        (jwt == Some(Parsed::Complete(all))).then_some(JWT)
    })
}

impl Rule {
    /// Whether a token of this rule begins, with its literal at `place`, that the text's end cuts
    /// short: where, and how many bytes are missing at least.
    fn begins(&self, text: &str, place: usize) -> Option<(usize, usize)> {
        let (start, _) = self.start(text, place)?;
        let (read, least) = self.unfinished(text, place + self.literal.len())?;
        let body = text.get(read.range.clone())?;
        let mix = Mix::of(body);
        let mixed = mix.digit > 0 || mix.classes() > 1 || !read.of.has(b'a');
        let weak = self.literal.len() < 3
            || self.literal.len() == 3 && self.literal.bytes().all(|b| Alphabet::ALNUM.has(b));
        let told = if weak {
            body.len() >= TELLS_ALONE && mix.digit > 0
        } else {
            body.len() >= TELLS
        };
        (least > 0 && told && mixed && random(body, read.of)).then_some((start, least))
    }
}
