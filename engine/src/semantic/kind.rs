//! What kind of thing a question asks for: a way, a reason, a price.

use super::token::Token;

/// What kind of thing a question asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks {
    /// The form does not say: an order, or mere words.
    Open,
    /// `howto`, `price`, `when` ..., as the lexicon names them.
    For(&'static str),
}

/// Heads of phrases that say what is asked for rather than of what.
pub(super) const KINDS: [&str; 21] = [
    "howto",
    "howworks",
    "permitted",
    "advised",
    "why",
    "define",
    "when",
    "where",
    "who",
    "price",
    "howmany",
    "howlong",
    "howfar",
    "howoften",
    "howold",
    "howbig",
    "howtall",
    "howheavy",
    "howfast",
    "howgood",
    "differ",
];

/// Words that say what is asked for where no phrase does: at the beginning, or else anywhere.
const CUES: [(&str, &str, bool); 34] = [
    ("how", "howto", true),
    ("why", "why", true),
    ("when", "when", true),
    ("where", "where", true),
    ("who", "who", true),
    ("what", "define", true),
    ("which", "define", true),
    ("is", "whether", true),
    ("are", "whether", true),
    ("was", "whether", true),
    ("were", "whether", true),
    ("do", "whether", true),
    ("does", "whether", true),
    ("did", "whether", true),
    ("has", "whether", true),
    ("have", "whether", true),
    ("will", "whether", true),
    ("would", "whether", true),
    ("can", "permitted", true),
    ("could", "permitted", true),
    ("may", "permitted", true),
    ("should", "advised", true),
    ("allowed", "permitted", false),
    ("legal", "permitted", false),
    ("permitted", "permitted", false),
    ("meaning", "define", false),
    ("definition", "define", false),
    ("define", "define", false),
    ("mean", "define", false),
    ("how", "howto", false),
    ("why", "why", false),
    ("when", "when", false),
    ("where", "where", false),
    ("who", "who", false),
];

/// What single words say of what is asked for.
pub(super) fn cued(tokens: &[Token]) -> Asks {
    let first = tokens.first().map_or("", |token| token.text.as_str());
    let leading = CUES.iter().find(|(cue, _, leads)| *leads && *cue == first);
    let anywhere = || {
        CUES.iter()
            .find(|(cue, _, leads)| !leads && tokens.iter().any(|token| token.text == *cue))
    };
    leading
        .or_else(anywhere)
        .map_or(Asks::Open, |(_, kind, _)| Asks::For(kind))
}
