//! A last look at the answer itself: what it names must be what is asked about.

use std::collections::HashSet;

use super::reading::{Part, Reading};
use super::token::tokens;

/// Characters of an answer that are searched.
const MOST_SEARCHED: usize = 16 * 1024;

/// Whether nothing in a cached answer speaks of another question: numbers, names and identifiers
/// that it takes from the question it was given for have to stand in the new question too, and what
/// only the new question names has to stand in the answer.
pub fn answer_fits(question: &Reading, cached: &Reading, answer: &str) -> bool {
    let said = words(answer);
    let (asked, was_asked) = (marks(question), marks(cached));
    let known = |reading: &Reading, mark: &str| {
        reading
            .words
            .iter()
            .any(|word| word.text == mark || word.stem == mark)
    };
    let foreign = was_asked
        .iter()
        .any(|mark| said.contains(*mark) && !known(question, mark));
    let missing = asked
        .iter()
        .any(|mark| !known(cached, mark) && !said.contains(*mark));
    !foreign && !missing
}

/// What a question names: numbers, identifiers, and names by their capital.
fn marks(reading: &Reading) -> Vec<&str> {
    let marks = reading.words.iter().filter(|word| {
        word.part == Part::Number || word.code || (word.name && word.part == Part::Content)
    });
    marks.map(|word| word.text.as_str()).collect()
}

fn words(answer: &str) -> HashSet<String> {
    let tokens = tokens(answer, MOST_SEARCHED).into_iter();
    tokens.map(|token| token.text).collect()
}
