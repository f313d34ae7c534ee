//! Sentences that stop in the middle.

use super::prose::{Last, Prose};

/// Words that no sentence ends with, in the languages that share an alphabet: articles,
/// conjunctions, and prepositions that are followed by what they govern.
const LEADING: &str = " the a an and or but because which whose if than of from into \
     der die das den dem des ein eine einen einem einer und oder aber weil mit von für durch \
     le la les un une des et ou mais parce que de du dans avec pour \
     el los las una y pero porque con para por \
     il lo gli e ma perché con di della dei \
     o os as um uma mas com do da ";
/// An answer of fewer words may be anything, a single article among it.
const LEAST_WORDS: usize = 25;

/// Whether the last sentence of an answer stops in the middle: at a word that leads on, or a comma.
/// Only where the answer is prose that ends its sentences elsewhere.
pub(super) fn in_a_sentence(text: &str, prose: &Prose<'_>) -> bool {
    let Some(last) = prose.lines.last().filter(|_| prose.last == Last::Paragraph) else {
        return false;
    };
    let words = prose.lines.iter().map(|line| line.split_whitespace());
    if words.flatten().nth(LEAST_WORDS).is_none() || !ends_elsewhere(text, last) {
        return false;
    }
    let word = last.split_whitespace().next_back().unwrap_or_default();
    // A line of verse may end with a comma, and so may the greeting of a letter.
    last.split_whitespace().nth(4).is_some() && (word.ends_with(',') || leads(word))
}

fn leads(word: &str) -> bool {
    let lower = word.to_lowercase();
    word.chars().all(char::is_alphabetic) && LEADING.contains(&format!(" {lower} "))
}

/// Whether other lines of the answer, or earlier parts of its last, end as sentences do.
fn ends_elsewhere(text: &str, last: &str) -> bool {
    let stops = text.match_indices(". ").chain(text.match_indices(".\n"));
    stops.take(2).count() == 2 || last.contains(". ")
}
