//! Words and sentences.

use super::super::shape::Mix;

/// Whether a value is one plain word, in any script, perhaps with an apostrophe or punctuation at
/// its end.
pub(super) fn is(value: &str) -> bool {
    let word = value.trim_matches(|c: char| c.is_ascii_punctuation());
    if word.is_empty() {
        return !value.bytes().any(|b| b.is_ascii_digit());
    }
    word.chars().all(|c| {
        c.is_alphabetic() || c == '\'' || c == '-' || c == '_' || !c.is_ascii() && !c.is_numeric()
    }) && {
        let mix = Mix::of(word);
        mix.digit == 0
    }
}
