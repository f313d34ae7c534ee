//! Requests whose answers are their own: no neighbour is looked for, and none is found by them.

use super::lexicon::Lexicon;
use super::reading::Reading;

/// Why a request is answered by a model or by its exact repeat only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exclusion {
    /// Tools are offered, or results of tools are in the history.
    ToolUse,
    /// Something other than text is asked about.
    Attachment,
    /// Several answers, or chance in the answer, are asked for.
    Variety,
    /// The answer depends on when it is given.
    Time,
    /// The answer depends on who asks.
    Person,
    /// The text is too long to be compared.
    Length,
    /// No word of the text is known.
    Unknown,
}

/// What the rules look at in a request beside its question.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Setting {
    /// Tools are offered, or results of tools are in the history.
    pub tool_use: bool,
    /// The question comes with an image, a file or a sound.
    pub attachment: bool,
    /// A temperature, a number of answers or a policy asks for variety.
    pub variety: bool,
}

/// Why a request has no neighbours, where it has none.
pub fn exclusion(setting: Setting, question: &Reading) -> Option<Exclusion> {
    let Setting {
        tool_use,
        attachment,
        variety,
    } = setting;
    let lexicon = Lexicon::shipped();
    let plain = format!(" {} ", question.plain);
    let has = |section: &str| lexicon.has_any(section, &plain);
    let rules = [
        (tool_use, Exclusion::ToolUse),
        (attachment, Exclusion::Attachment),
        (question.cut, Exclusion::Length),
        (question.embedding.is_none(), Exclusion::Unknown),
        (variety || has("variety"), Exclusion::Variety),
        (has("time"), Exclusion::Time),
        (has("person"), Exclusion::Person),
    ];
    rules
        .into_iter()
        .find_map(|(holds, exclusion)| holds.then_some(exclusion))
}
