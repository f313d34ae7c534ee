//! Cheap checks of an answer: is there something wrong with it that can be seen without knowing
//! what would be right?
//!
//! An answer in which a [`Defect`] is found is not served again, and not taken from a cheaper model
//! in place of a dearer one. One in which none is found may still be wrong. The checks lean towards
//! silence: a good answer that is called defective costs a needless call. Each is one pass over the
//! answer or a part of it, and the schemas' work is counted.
//!
//! A refusal that is right, of a harmful request, reads like one that is wrong: the check names
//! both.

mod cut;
mod json;
mod language;
mod prose;
mod refusal;
mod repair;
mod repetition;
mod schema;

pub use repair::repaired;

use serde::Serialize;

/// What was asked, as far as an answer can be held against it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked<'a> {
    /// What the user says last; empty where that is no text.
    pub question: &'a str,
    /// What else instructs: the system's texts, and the user's earlier ones.
    pub context: &'a [&'a str],
    /// What the text of the answer has to be.
    pub form: Form<'a>,
    /// What may be called.
    pub tools: &'a [Tool<'a>],
    /// Whether something has to be.
    pub duty: Duty<'a>,
}

/// What the text of an answer has to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Form<'a> {
    /// Anything.
    #[default]
    Free,
    /// A JSON object.
    Json,
    /// JSON of this schema, which is JSON text.
    Schema(&'a str),
}

/// A tool that was offered.
#[derive(Debug, Clone, Copy)]
pub struct Tool<'a> {
    /// The name that an answer calls it by.
    pub name: &'a str,
    /// The JSON schema of its arguments; none where they are free text, or nothing is said of them.
    pub schema: Option<&'a str>,
}

/// Whether an answer has to call something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Duty<'a> {
    /// As the model sees fit.
    #[default]
    None,
    /// Anything that was offered.
    Any,
    /// This tool.
    Named(&'a str),
}

/// An answer.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// Its text, without thinking and calls.
    pub text: &'a str,
    /// What it calls.
    pub calls: &'a [Call<'a>],
    /// Why it ended.
    pub end: End,
}

/// A call in an answer.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// What is called.
    pub name: &'a str,
    /// The arguments: JSON text of an object, or free text.
    pub arguments: &'a str,
    /// Which of the two: whether it is free text.
    pub custom: bool,
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The model was done, or waits for the results of its calls.
    Own,
    /// It came to a text that the client wants answers to end at.
    Sequence,
    /// It came to the bound on its length, or to the end of the context.
    Length,
    /// The model or a filter declined, and says so by a mark of the API's.
    Declined,
    /// It paused a long turn, to be gone on with.
    Pause,
}

/// What is wrong with an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Defect {
    /// It says nothing and calls nothing.
    Empty,
    /// It was cut off by a bound on its length.
    Length,
    /// Its last sentence stops in the middle.
    Sentence,
    /// A block of code is not closed.
    Fence,
    /// It declines; also where that is right.
    Refusal,
    /// It goes round in a circle.
    Repetition,
    /// What should be JSON is not.
    BrokenJson(Part),
    /// The JSON is not as its schema has it.
    Mismatch(Part, Mismatch),
    /// It is in another language than the question, and nobody asked for that.
    Language,
    /// It calls nothing, and had to; or not what it had to.
    NoCall,
    /// It calls what was not offered.
    UnknownCall,
}

/// Where in an answer a defect is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// In the text.
    Text,
    /// In the arguments of the call with this number, from 0.
    Call(usize),
}

/// The first place at which JSON departs from its schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The place, as a JSON pointer; empty for the whole.
    pub path: String,
    /// The keyword of the schema that is not met, such as `required`.
    pub keyword: &'static str,
}

/// How sure it is that an answer with a defect is of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It looks wrong, and may be right: a refusal may be, and so may another language.
    Suspect,
    /// It cannot be used as what was asked for.
    Broken,
}

impl Defect {
    /// The name in records.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Length => "cut_by_length",
            Self::Sentence => "unfinished_sentence",
            Self::Fence => "unclosed_code",
            Self::Refusal => "refusal",
            Self::Repetition => "repetition",
            Self::BrokenJson(_) => "broken_json",
            Self::Mismatch(..) => "schema_mismatch",
            Self::Language => "wrong_language",
            Self::NoCall => "no_call",
            Self::UnknownCall => "unknown_call",
        }
    }

    /// How sure it is that the answer is of no use.
    pub const fn severity(&self) -> Severity {
        match self {
            Self::Sentence | Self::Refusal | Self::Repetition | Self::Language => Severity::Suspect,
            Self::Empty
            | Self::Length
            | Self::Fence
            | Self::BrokenJson(_)
            | Self::Mismatch(..)
            | Self::NoCall
            | Self::UnknownCall => Severity::Broken,
        }
    }

    /// What a model is told that shall mend its text; none where telling it would not help, or where
    /// it is not the text.
    pub fn complaint(&self) -> Option<String> {
        match self {
            Self::BrokenJson(Part::Text) => Some("it is not valid JSON".to_owned()),
            Self::Mismatch(Part::Text, Mismatch { path, keyword }) => {
                let place = if path.is_empty() { "/" } else { path };
                Some(format!(
                    "at {place} it does not meet the schema's `{keyword}`"
                ))
            }
            _ => None,
        }
    }
}

/// What is wrong with an answer: of each kind the first, the plainest first; none where nothing is
/// found.
pub fn defects(asked: &Asked<'_>, answer: &Answer<'_>) -> Vec<Defect> {
    let text = answer.text.trim();
    let mut found = Vec::new();
    if answer.end == End::Declined {
        return vec![Defect::Refusal];
    }
    if text.is_empty() && answer.calls.is_empty() && answer.end != End::Pause {
        found.push(Defect::Empty);
    }
    if answer.end == End::Length {
        found.push(Defect::Length);
    }
    found.extend(misses(asked, answer.calls));
    found.extend(answer.calls.iter().enumerate().find_map(|(place, call)| {
        let tool = asked.tools.iter().find(|tool| tool.name == call.name);
        let form = match tool.and_then(|tool| tool.schema) {
            _ if call.custom => return None,
            Some(schema) => Form::Schema(schema),
            None => Form::Json,
        };
        // A call without arguments is written as nothing by some.
        (!call.arguments.trim().is_empty())
            .then(|| json::check(form, call.arguments, Part::Call(place)))?
    }));
    if text.is_empty() {
        return found;
    }
    match asked.form {
        // Where the model calls something instead, its text is a remark.
        Form::Json | Form::Schema(_) if answer.calls.is_empty() => {
            let wrong = json::check(asked.form, text, Part::Text);
            // One that declines in words does so in place of the JSON.
            let declined = wrong.is_some() && refusal::declines(text);
            found.extend(declined.then_some(Defect::Refusal));
            found.extend(wrong);
        }
        _ => prose_defects(asked, answer, text, &mut found),
    }
    found
}

fn misses(asked: &Asked<'_>, calls: &[Call<'_>]) -> Option<Defect> {
    let met = match asked.duty {
        Duty::None => true,
        Duty::Any => !calls.is_empty(),
        Duty::Named(name) => calls.iter().any(|call| call.name == name),
    };
    let offered = |call: &Call<'_>| asked.tools.iter().any(|tool| tool.name == call.name);
    if !met {
        Some(Defect::NoCall)
    } else if !asked.tools.is_empty() && !calls.iter().all(offered) {
        Some(Defect::UnknownCall)
    } else {
        None
    }
}

fn prose_defects(asked: &Asked<'_>, answer: &Answer<'_>, text: &str, found: &mut Vec<Defect>) {
    if refusal::declines(text) {
        found.push(Defect::Refusal);
    }
    let prose = prose::of(text);
    if answer.calls.is_empty() && answer.end == End::Own {
        if prose.open_fence {
            found.push(Defect::Fence);
        } else if cut::in_a_sentence(text, &prose) {
            found.push(Defect::Sentence);
        }
        if json::is_cut(asked.question, text) {
            found.push(Defect::BrokenJson(Part::Text));
        }
    }
    if repetition::circles(text, &prose, asked.question) {
        found.push(Defect::Repetition);
    }
    if language::differs(asked, &prose) {
        found.push(Defect::Language);
    }
}

#[cfg(test)]
mod tests;
