//! What makes another question of the same words: numbers, negation, opposites, order, direction,
//! names.

use super::HashSet;
use super::alignment::Pair;
use super::lexicon::Lexicon;
use super::pair::{cosine, flag, is_name};
use super::reading::{Part, Reading, Word};

/// Persons, tenses and scopes that change what is asked.
pub(super) const PERSONS: [&str; 3] = ["my", "your", "their"];
pub(super) const TENSES: [&str; 5] = ["did", "was", "were", "will", "would"];
pub(super) const SCOPES: [&str; 14] = [
    "all", "some", "any", "only", "every", "both", "each", "most", "more", "less", "fewer", "few",
    "many", "another",
];
pub(super) const SUPERLATIVES: [&str; 24] = [
    "most", "least", "fewest", "best", "worst", "largest", "smallest", "biggest", "longest",
    "shortest", "oldest", "youngest", "newest", "latest", "highest", "lowest", "fastest",
    "slowest", "cheapest", "richest", "first", "last", "next", "top",
];
/// Roles that turn a question around when one stands for the other.
const TURNED: [(&str, &str); 7] = [
    ("from", "to"),
    ("with", "without"),
    ("before", "after"),
    ("above", "below"),
    ("on", "off"),
    ("for", "against"),
    ("for", "without"),
];

/// 1 where the same numbers are named, one half where one side names some of the other's.
pub(super) fn same_numbers(one: &Reading, other: &Reading) -> f32 {
    let sorted = |reading: &Reading| {
        let mut numbers = reading.numbers.clone();
        numbers.sort_unstable();
        numbers
    };
    let (one, other) = (sorted(one), sorted(other));
    if one == other {
        return 1.0;
    }
    let (few, many) = if one.len() < other.len() {
        (&one, &other)
    } else {
        (&other, &one)
    };
    if few.len() < many.len() && few.iter().all(|number| many.contains(number)) {
        0.5
    } else {
        0.0
    }
}

/// Whether one question has a word whose opposite only the other has.
pub(super) fn opposed(lexicon: &Lexicon, one: &Reading, other: &Reading) -> bool {
    let only = |one: &Reading, other: &Reading| -> Vec<String> {
        let others: HashSet<&str> = other.words.iter().map(|word| word.stem.as_str()).collect();
        let stems = one.words.iter().map(|word| word.stem.clone());
        stems
            .filter(|stem| !others.contains(stem.as_str()))
            .collect()
    };
    let (left, right) = (only(one, other), only(other, one));
    left.iter().any(|a| {
        right
            .iter()
            .any(|b| lexicon.are_antonyms(a, b) || is_denied(a, b))
    })
}

/// Whether one word is the other with a prefix that denies it.
fn is_denied(one: &str, other: &str) -> bool {
    let denies = |short: &str, long: &str| {
        let prefixes = ["un", "in", "im", "ir", "il", "dis", "non", "de", "mis"];
        short.len() > 3
            && prefixes
                .iter()
                .any(|prefix| long.strip_prefix(prefix) == Some(short))
    };
    denies(one, other) || denies(other, one)
}

/// 1 where both ask by the same words, one half where one side asks by none.
pub(super) fn question_word(one: &Reading, other: &Reading) -> f32 {
    let words = [
        "who", "whom", "whose", "what", "which", "when", "where", "why", "how",
    ];
    let of = |reading: &Reading| -> HashSet<&str> {
        let plain = reading.plain.split(' ');
        plain
            .filter_map(|word| words.into_iter().find(|known| *known == word))
            .collect()
    };
    let (one, other) = (of(one), of(other));
    if one == other {
        1.0
    } else if one.is_empty() || other.is_empty() {
        0.5
    } else {
        0.0
    }
}

/// How many words both name stand behind opposite prepositions.
pub(super) fn turned(pairs: &[Pair<'_>]) -> usize {
    let opposite = |pair: &&Pair<'_>| {
        let roles = (
            pair.one.role.unwrap_or_default(),
            pair.other.role.unwrap_or_default(),
        );
        TURNED.contains(&roles) || TURNED.contains(&(roles.1, roles.0))
    };
    pairs.iter().filter(opposite).count()
}

/// How many words both name stand behind other prepositions.
pub(super) fn other_roles(pairs: &[Pair<'_>]) -> usize {
    let other = |pair: &&Pair<'_>| pair.one.role != pair.other.role;
    pairs.iter().filter(other).count()
}

/// The share of neighbours among the paired words that come in the same order on both sides.
pub(super) fn order(pairs: &[Pair<'_>]) -> f32 {
    let steps = pairs.len().saturating_sub(1);
    if steps == 0 {
        return 1.0;
    }
    let kept = pairs
        .iter()
        .zip(pairs.iter().skip(1))
        .filter(|(a, b)| a.places.1 < b.places.1);
    kept.count() as f32 / steps as f32
}

/// How like each other two words are that change places, their prepositions aside: "is A better than
/// B" and "is B better than A".
pub(super) fn swapped(pairs: &[Pair<'_>]) -> f32 {
    let follows = |pair: &Pair<'_>| pair.one.role.is_some() && pair.one.role == pair.other.role;
    // Names are of a kind, even those that no table knows.
    let names = |a: &Pair<'_>, b: &Pair<'_>| {
        if is_name(a.one) && is_name(b.one) {
            0.6
        } else {
            0.0
        }
    };
    let like = |a: &Pair<'_>, b: &Pair<'_>| match (&a.one.meaning, &b.one.meaning) {
        (Some(one), Some(other)) => cosine(&one.direction, &other.direction).max(names(a, b)),
        _ => 0.6,
    };
    let swapped = pairs.iter().enumerate().flat_map(|(at, first)| {
        let later = pairs.iter().skip(at + 1);
        later.filter_map(move |second| {
            let turned = first.places.1 > second.places.1;
            let alike = first.one.part == second.one.part;
            let explained = follows(first) && follows(second);
            (turned && alike && !explained).then(|| like(first, second))
        })
    });
    swapped.fold(0.0, f32::max)
}

/// The share of names of code on either side that the other side has too.
pub(super) fn code(one: &Reading, other: &Reading) -> f32 {
    // What is code here may stand there as a mere word.
    let missing = |one: &Reading, other: &Reading| {
        let absent = |word: &&Word| !other.words.iter().any(|other| other.text == word.text);
        one.words
            .iter()
            .filter(|word| word.code)
            .filter(absent)
            .count()
    };
    let named = |reading: &Reading| reading.words.iter().filter(|word| word.code).count();
    let total = named(one) + named(other);
    if total == 0 {
        return 1.0;
    }
    1.0 - (missing(one, other) + missing(other, one)) as f32 / total as f32
}

/// Whether both sides have the same of some function words.
pub(super) fn agree(one: &HashSet<&str>, other: &HashSet<&str>, words: &[&str]) -> f32 {
    flag(
        words
            .iter()
            .all(|word| one.contains(word) == other.contains(word)),
    )
}

/// The same, wherever they stand in the question.
pub(super) fn agree_anywhere(one: &Reading, other: &Reading, words: &[&str]) -> f32 {
    let all = |reading: &Reading| -> Vec<bool> {
        let plain: HashSet<&str> = reading.plain.split(' ').collect();
        words.iter().map(|word| plain.contains(word)).collect()
    };
    flag(all(one) == all(other))
}

/// Numbers with the word that each of them counts: "2 pounds in grams" is not "2 grams in pounds".
pub(super) fn number_neighbours(reading: &Reading) -> Vec<(&str, &str)> {
    let next = reading.words.iter().skip(1);
    let counted =
        reading.words.iter().zip(next).filter(|(number, next)| {
            number.part == Part::Number && matches!(next.part, Part::Content)
        });
    let mut counted: Vec<(&str, &str)> = counted
        .map(|(number, next)| (number.text.as_str(), next.stem.as_str()))
        .collect();
    counted.sort_unstable();
    counted
}

/// The share of names on either side that the other side has too, however it writes them.
pub(super) fn names_agree(one: &Reading, other: &Reading) -> f32 {
    let named = |reading: &'_ Reading| -> Vec<String> {
        let names = reading
            .words
            .iter()
            .filter(|word| word.name && word.part != Part::Function);
        names.map(|word| word.stem.clone()).collect()
    };
    let held = |names: &[String], other: &Reading| {
        let has = |name: &&String| other.words.iter().any(|word| word.stem == **name);
        names.iter().filter(has).count()
    };
    let (a, b) = (named(one), named(other));
    if a.is_empty() && b.is_empty() {
        return 1.0;
    }
    (held(&a, other) + held(&b, one)) as f32 / (a.len() + b.len()) as f32
}

/// The units a question names.
pub(super) fn units<'a>(lexicon: &'a Lexicon, reading: &Reading) -> Vec<&'a str> {
    let mut units: Vec<&str> = reading
        .words
        .iter()
        .filter_map(|word| lexicon.unit(&word.text))
        .collect();
    units.sort_unstable();
    units
}
