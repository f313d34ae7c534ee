//! Prompts made shorter: what tools have told is written with fewer tokens.
//!
//! Only results of tools are ever changed. What a person, the application or the model wrote goes out
//! as it came, and so does everything inside a code fence.
//!
//! Two properties hold for every rule, and are tested as such. **Append-stable:** what becomes of a
//! piece depends on the pieces up to it alone, so that a longer conversation begins with the same bytes
//! and the provider's prompt cache holds. (The rule for stale results changes its mind in batches, where
//! that pays.) **Lossless**, but for that rule: what is left out stands elsewhere in the prompt, or
//! means nothing.

mod ansi;
mod form;
mod json;
mod lines;
pub mod marks;
mod repeats;
mod stale;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::tokens;

/// The most bytes of a prompt that are looked at; a longer one is left alone.
const MAX_BYTES: usize = 8 << 20;
/// An edit that saves less than this many tokens is not worth a change.
const LEAST_SAVED: u32 = 8;

/// How far prompts may be changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Optimise {
    /// Not at all: the model reads what the client wrote.
    #[default]
    Off,
    /// Where nothing is lost.
    Lossless,
    /// Stale results of tools are cut too.
    Lossy,
}

/// Whether the gateway tells a provider which prefixes to keep in its prompt cache.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CacheMarks {
    /// Where the client does not, and a second use is likely.
    #[default]
    Auto,
    /// Never.
    Off,
}

/// What a rule does; its name in the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Colours and other orders to a terminal are left out.
    Terminal,
    /// JSON is written without blanks between its parts.
    Json,
    /// Blanks at the ends of lines and further empty lines are left out.
    Blanks,
    /// A line that comes many times over is told once.
    Log,
    /// What an earlier result has told is referred to.
    Repeat,
    /// An old result is cut to what is near the question.
    Stale,
}

/// A text of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The text.
    pub text: &'a str,
    /// Whose it is.
    pub source: Source,
}

/// Whose a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// What a tool has told.
    Result,
    /// What the user says.
    User,
    /// Anything else.
    Other,
}

/// On which terms a prompt is changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Terms {
    /// How far.
    pub optimise: Optimise,
    /// The model can change files by naming what stands in them: it must see every blank of a result.
    pub exact: bool,
    /// Somebody else may take earlier results out, so that nothing may refer to them.
    pub fleeting: bool,
    /// The provider charges less for a prefix that it has seen.
    pub cached: bool,
}

/// A text that goes out in another form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit<'a> {
    /// The index of its piece.
    pub piece: usize,
    /// What it was.
    pub was: &'a str,
    /// What it is now.
    pub now: String,
}

/// What was done about a prompt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Optimised<'a> {
    /// The texts that change, in order: with what they were, so that all of it can be undone.
    pub edits: Vec<Edit<'a>>,
    /// The tokens saved by each rule.
    pub saved: BTreeMap<Rule, u32>,
}

/// Makes a conversation shorter. The pieces are all of its texts, in order.
pub fn optimise<'a>(pieces: &[Piece<'a>], terms: &Terms) -> Optimised<'a> {
    let size: usize = pieces.iter().map(|piece| piece.text.len()).sum();
    if terms.optimise == Optimise::Off || size > MAX_BYTES {
        return Optimised::default();
    }
    let mut drafts: Vec<Draft<'_>> = pieces.iter().map(Draft::of).collect();
    let mut told = repeats::Told::default();
    for draft in &mut drafts {
        if draft.source != Source::Result {
            continue;
        }
        draft.apply(Rule::Terminal, ansi::without_orders);
        draft.apply(Rule::Log, lines::folded);
        if !terms.exact {
            draft.apply(Rule::Json, json::minified);
            draft.apply(Rule::Blanks, lines::without_blanks);
        }
        if !terms.fleeting {
            draft.apply(Rule::Repeat, |text| told.referring(text));
            told.note(&draft.text);
        }
    }
    if terms.optimise == Optimise::Lossy {
        stale::cut(&mut drafts, terms.cached);
    }
    let mut done = Optimised::default();
    for (index, (draft, piece)) in drafts.into_iter().zip(pieces).enumerate() {
        for (rule, saved) in draft.saved {
            *done.saved.entry(rule).or_default() += saved;
        }
        if let Cow::Owned(now) = draft.text {
            done.edits.push(Edit {
                piece: index,
                was: piece.text,
                now,
            });
        }
    }
    done
}

/// A text on its way.
struct Draft<'a> {
    text: Cow<'a, str>,
    source: Source,
    saved: Vec<(Rule, u32)>,
}

impl<'a> Draft<'a> {
    fn of(piece: &Piece<'a>) -> Self {
        Self {
            text: Cow::Borrowed(piece.text),
            source: piece.source,
            saved: Vec::new(),
        }
    }

    /// Changes the text by a rule, where that saves anything worth it.
    fn apply(&mut self, rule: Rule, change: impl FnOnce(&str) -> Option<String>) {
        let Some(changed) = change(&self.text) else {
            return;
        };
        let saved = tokens::estimate(&self.text).saturating_sub(tokens::estimate(&changed));
        if saved >= LEAST_SAVED {
            self.text = Cow::Owned(changed);
            self.saved.push((rule, saved));
        }
    }
}

#[cfg(test)]
mod tests;
