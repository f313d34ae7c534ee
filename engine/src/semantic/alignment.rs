//! Which words of two questions mean the same, and which are left over.

use super::lexicon::Lexicon;
use super::reading::{Part, Reading, Word};

/// Why two words were taken for the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Bond {
    /// The same word, perhaps in another form.
    Same,
    /// One of them misspelt.
    Typo,
    /// Listed as meaning the same.
    Synonym,
    /// Of one root: "connect", "connection".
    Root,
}

/// Two words taken for the same.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair<'a> {
    pub(super) one: &'a Word,
    pub(super) other: &'a Word,
    /// Where they stand among the words that are compared.
    pub(super) places: (usize, usize),
    pub(super) bond: Bond,
}

/// The words that carry a question, laid beside those of another.
#[derive(Debug)]
pub(super) struct Alignment<'a> {
    pub(super) pairs: Vec<Pair<'a>>,
    pub(super) left: Vec<&'a Word>,
    pub(super) right: Vec<&'a Word>,
}

/// The shortest words that may be misspelt, letters.
const SHORTEST_TYPO: usize = 4;
/// The letters that words of one root begin with at least.
const LEAST_ROOT: usize = 5;

impl<'a> Alignment<'a> {
    /// Lays the content words of two questions side by side, the surest pairs first.
    pub(super) fn of(one: &'a Reading, other: &'a Reading) -> Self {
        let lexicon = Lexicon::shipped();
        let carries = |word: &&Word| matches!(word.part, Part::Content | Part::Number);
        let mut left: Vec<Option<&Word>> = one.words.iter().filter(carries).map(Some).collect();
        let mut right: Vec<Option<&Word>> = other.words.iter().filter(carries).map(Some).collect();
        let mut pairs = Vec::new();
        for bond in [Bond::Same, Bond::Typo, Bond::Synonym, Bond::Root] {
            for (at, slot) in left.iter_mut().enumerate() {
                let Some(word) = *slot else { continue };
                let found = right.iter_mut().enumerate().find(|(_, candidate)| {
                    candidate.is_some_and(|candidate| bond.holds(lexicon, word, candidate))
                });
                let Some((place, candidate)) = found else {
                    continue;
                };
                let Some(other) = candidate.take() else {
                    continue;
                };
                *slot = None;
                pairs.push(Pair {
                    one: word,
                    other,
                    places: (at, place),
                    bond,
                });
            }
        }
        pairs.sort_by_key(|pair| pair.places);
        Self {
            pairs,
            left: left.into_iter().flatten().collect(),
            right: right.into_iter().flatten().collect(),
        }
    }
}

impl Bond {
    fn holds(self, lexicon: &Lexicon, one: &Word, other: &Word) -> bool {
        if self == Self::Same {
            return one.text == other.text || (!one.code && !other.code && one.stem == other.stem);
        }
        let plain = |word: &Word| word.part == Part::Content && !word.code;
        if !plain(one) || !plain(other) || lexicon.are_antonyms(&one.stem, &other.stem) {
            return false;
        }
        match self {
            Self::Same => false,
            Self::Typo => is_typo(one, other),
            Self::Synonym => lexicon.are_synonyms(&one.stem, &other.stem),
            Self::Root => is_root(&one.stem, &other.stem),
        }
    }
}

/// One word is the other with two neighbours swapped, or is no common word and one letter away from
/// one that is.
fn is_typo(one: &Word, other: &Word) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (one.text.chars().collect(), other.text.chars().collect());
    if a.len().min(b.len()) < SHORTEST_TYPO || a.len().abs_diff(b.len()) > 1 {
        return false;
    }
    let common = |word: &Word| word.meaning.as_ref().is_some_and(|meaning| meaning.whole);
    if common(one) && common(other) {
        return false;
    }
    let start = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let rest = |word: &[char]| word.get(start..).unwrap_or_default().to_vec();
    let (x, y) = (rest(&a), rest(&b));
    let end = x
        .iter()
        .rev()
        .zip(y.iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let middle = |word: &[char]| word.get(..word.len() - end).unwrap_or_default().to_vec();
    let (x, y) = (middle(&x), middle(&y));
    let swapped = x.len() == 2 && y.len() == 2 && x.iter().rev().eq(y.iter());
    swapped || (x.len() <= 1 && y.len() <= 1 && common(one) != common(other) && start > 0)
}

/// Whether two stems share most of their letters from the beginning.
fn is_root(one: &str, other: &str) -> bool {
    let common = one
        .bytes()
        .zip(other.bytes())
        .take_while(|(a, b)| a == b)
        .count();
    let longer = one.len().max(other.len());
    let digits = |stem: &str| stem.bytes().any(|byte| byte.is_ascii_digit());
    common >= LEAST_ROOT && 5 * common >= 3 * longer && !digits(one) && !digits(other)
}
