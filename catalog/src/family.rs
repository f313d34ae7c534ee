//! Families of models by the words in a model's name: whose a model is that no catalogue row describes,
//! such as one on a tenant's own machine or at a general upstream.

mod table;

use crate::{Trust, Weights};
use table::{TRUSTED, UNTRUSTED};

/// Models of one developer that share a name.
#[derive(Debug, PartialEq, Eq)]
pub struct Family {
    /// The company or group that develops it.
    pub developer: &'static str,
    /// Country of the developer, ISO 3166-1 alpha-2.
    pub jurisdiction: &'static str,
    /// Whether its models can be had, to be run on a machine of one's own.
    pub weights: Weights,
    /// What tells its models: one of these is enough.
    patterns: &'static [Pattern],
}

/// A text in a normalised name: lower case, with a dash for everything that is no letter or digit.
#[derive(Debug, PartialEq, Eq)]
enum Pattern {
    /// Anywhere, also within a word: too peculiar to be a part of another one by chance.
    Part(&'static str),
    /// As a word: it may touch a dash, or a digit where it has a letter (`phi` in `phi4`).
    Word(&'static str),
    /// As a word at the beginning of the name or behind a `/` or `.` in it. For names that others like
    /// to allude to.
    Head(&'static str),
}

impl Family {
    /// Whether its models are trusted, wherever they run: not if they are developed in China.
    pub fn trust(&self) -> Trust {
        match self.jurisdiction {
            "CN" => Trust::Untrusted,
            _ => Trust::Trusted,
        }
    }

    fn names(&self, name: &Name) -> bool {
        self.patterns.iter().any(|pattern| name.has(pattern))
    }
}

/// The family that a model's name speaks of; none if none is known. The name may have a provider, a
/// publisher or a size with it. Where it speaks of several, such as a distillate of one into another,
/// an untrusted one counts.
///
/// A `local/` model is of no family whose weights are closed: nobody but the developer has these, so it
/// is something else under a borrowed name.
pub fn family_of(name: &str) -> Option<&'static Family> {
    let normal = Name::of(name)?;
    let local = name.starts_with("local/");
    let possible = |family: &&Family| !local || family.weights == Weights::Open;
    let untrusted = UNTRUSTED.iter().find(|family| family.names(&normal));
    let trusted = || {
        let known = TRUSTED.iter().filter(possible);
        known.into_iter().find(|family| family.names(&normal))
    };
    untrusted.or_else(trusted)
}

/// Whether a model of this name is trusted. A name that nobody knows is not.
pub fn trust_of_name(name: &str) -> Trust {
    family_of(name).map_or(Trust::Untrusted, Family::trust)
}

/// Names of programs that hold the name of a model but say nothing of the models they run.
const PROGRAMS: [&str; 2] = ["llama-cpp", "llama-server"];

/// A normalised name, and where its parts begin.
struct Name {
    text: String,
    heads: Vec<usize>,
}

impl Name {
    /// None for a name with letters that only look like others.
    fn of(name: &str) -> Option<Self> {
        if !name.is_ascii() {
            return None;
        }
        let behind = name.bytes().enumerate().filter_map(|(at, byte)| {
            let ends = matches!(byte, b'/' | b'.');
            ends.then_some(at + 1)
        });
        let heads = std::iter::once(0).chain(behind).collect();
        let dashed = |c: char| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        };
        let mut text: String = name.chars().map(dashed).collect();
        for program in PROGRAMS {
            // As long as before: the heads hold.
            text = text.replace(program, &"-".repeat(program.len()));
        }
        Some(Self { text, heads })
    }

    fn has(&self, pattern: &Pattern) -> bool {
        match pattern {
            Pattern::Part(part) => self.places(part).next().is_some(),
            Pattern::Word(word) => self.places(word).any(|at| self.is_word(at, word)),
            Pattern::Head(word) => self.heads.iter().any(|&at| {
                let rest = self.text.get(at..);
                rest.is_some_and(|rest| rest.starts_with(word)) && self.is_word(at, word)
            }),
        }
    }

    /// Where a text stands in the name. Names are so short that preparing a search takes longer than one.
    fn places<'a>(&'a self, part: &'a str) -> impl Iterator<Item = usize> + 'a {
        let windows = self.text.as_bytes().windows(part.len().max(1));
        windows.enumerate().filter_map(|(at, window)| {
            (window.first() == part.as_bytes().first() && window == part.as_bytes()).then_some(at)
        })
    }

    fn is_word(&self, at: usize, word: &str) -> bool {
        let bytes = self.text.as_bytes();
        let end = at + word.len();
        let apart = |left: Option<&u8>, right: Option<&u8>| match (left, right) {
            (Some(left), Some(right)) => {
                !(left.is_ascii_alphabetic() && right.is_ascii_alphabetic()
                    || left.is_ascii_digit() && right.is_ascii_digit())
            }
            _ => true,
        };
        let before = |at: usize| at.checked_sub(1).and_then(|at| bytes.get(at));
        apart(before(at), bytes.get(at)) && apart(before(end), bytes.get(end))
    }
}

#[cfg(test)]
mod tests;
