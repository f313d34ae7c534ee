//! What two questions have in common, as numbers of 0..=1. Which of them was asked first does not
//! matter.

use super::HashSet;
use super::alignment::{Alignment, Bond};
use super::guard;
use super::kind::Asks;
use super::lexicon::Lexicon;
use super::reading::{Part, Reading, Word};
use crate::embedding::{DIMENSIONS, Embedding};

/// How many figures a pair has.
pub const FIGURES: usize = NAMES.len();

/// What they are, in order. A flag is 1 where what it says holds.
pub const NAMES: [&str; 47] = [
    "words",
    "cosine",
    "content_cosine",
    "matched",
    "matched_exactly",
    "left_over",
    "left_over_words",
    "left_over_both",
    "left_over_most",
    "left_over_names",
    "left_over_alike",
    "left_over_cosine",
    "left_over_worst",
    "synonyms",
    "roots",
    "typos",
    "same_numbers",
    "number_order",
    "same_negation",
    "opposites",
    "same_kind",
    "other_kind",
    "open_kind",
    "same_question_word",
    "turned_roles",
    "other_roles",
    "order",
    "symmetric",
    "code",
    "soft_shared",
    "soft_words",
    "function_words",
    "person",
    "tense",
    "scope",
    "length",
    "bigrams",
    "trigrams",
    "shared_words",
    "superlatives",
    "units",
    "form",
    "number_neighbours",
    "left_over_one_side",
    "left_over_less",
    "names_agree",
    "swapped",
];

/// The figures of a pair.
pub type Figures = [f32; FIGURES];

/// Measures two questions.
pub fn figures(one: &Reading, other: &Reading) -> Figures {
    let (one, other) = if one.plain <= other.plain {
        (one, other)
    } else {
        (other, one)
    };
    let lexicon = Lexicon::shipped();
    let aligned = Alignment::of(one, other);
    let left = || aligned.left.iter().chain(&aligned.right).copied();
    let sum = |words: &mut dyn Iterator<Item = &Word>| words.map(weight).sum::<f32>();
    let total = |reading: &Reading| {
        sum(&mut reading
            .words
            .iter()
            .filter(|word| matches!(word.part, Part::Content | Part::Number)))
    };
    let totals = total(one) + total(other);
    let bound = |bonds: &[Bond]| {
        let pairs = aligned
            .pairs
            .iter()
            .filter(|pair| bonds.contains(&pair.bond));
        pairs
            .map(|pair| weight(pair.one) + weight(pair.other))
            .sum::<f32>()
    };
    let count = |bond: Bond| {
        aligned
            .pairs
            .iter()
            .filter(|pair| pair.bond == bond)
            .count()
    };
    let fewer = aligned.left.len().min(aligned.right.len());
    let all = Bond::Same;
    let (soft_one, soft_other) = (texts(one, Part::Soft), texts(other, Part::Soft));
    let (form_one, form_other) = (texts(one, Part::Function), texts(other, Part::Function));
    let words = |reading: &Reading| reading.words.len() as f32;
    let kinds = (one.asks, other.asks);
    let open = kinds.0 == Asks::Open || kinds.1 == Asks::Open;
    let share = |part: f32| if totals > 0.0 { part / totals } else { 0.0 };
    [
        words(one).max(words(other)) / 30.0,
        one.embedding
            .as_ref()
            .zip(other.embedding.as_ref())
            .map_or(0.0, |(a, b)| cosine(a, b)),
        content_cosine(one, other),
        share(bound(&[all, Bond::Typo, Bond::Synonym, Bond::Root])),
        share(bound(&[all])),
        share(sum(&mut left())),
        left().count() as f32 / 8.0,
        fewer as f32 / 4.0,
        left().map(weight).fold(0.0, f32::max) / 3.0,
        left().filter(|word| is_name(word)).count() as f32 / 4.0,
        alike(&aligned, f32::max),
        rest_cosine(&aligned),
        alike(&aligned, f32::min),
        count(Bond::Synonym) as f32 / 4.0,
        count(Bond::Root) as f32 / 4.0,
        count(Bond::Typo) as f32 / 4.0,
        guard::same_numbers(one, other),
        flag(one.numbers == other.numbers),
        flag(one.negated == other.negated),
        flag(guard::opposed(lexicon, one, other)),
        flag(kinds.0 == kinds.1),
        flag(!open && kinds.0 != kinds.1),
        flag(open),
        guard::question_word(one, other),
        guard::turned(&aligned.pairs) as f32 / 2.0,
        guard::other_roles(&aligned.pairs) as f32 / 3.0,
        guard::order(&aligned.pairs),
        flag(one.symmetric && other.symmetric),
        guard::code(one, other),
        dice(&soft_one, &soft_other),
        soft_one.symmetric_difference(&soft_other).count() as f32 / 6.0,
        form_one.symmetric_difference(&form_other).count() as f32 / 10.0,
        guard::agree(&form_one, &form_other, &guard::PERSONS),
        guard::agree(&form_one, &form_other, &guard::TENSES),
        guard::agree_anywhere(one, other, &guard::SCOPES),
        ratio(words(one), words(other)),
        dice(&bigrams(one), &bigrams(other)),
        dice(&trigrams(&one.plain), &trigrams(&other.plain)),
        aligned.pairs.len() as f32 / 8.0,
        guard::agree_anywhere(one, other, &guard::SUPERLATIVES),
        flag(guard::units(lexicon, one) == guard::units(lexicon, other)),
        dice(&form_one, &form_other),
        flag(guard::number_neighbours(one) == guard::number_neighbours(other)),
        (left().count() - 2 * fewer) as f32 / 6.0,
        sum(&mut aligned.left.iter().copied()).min(sum(&mut aligned.right.iter().copied())) / 4.0,
        guard::names_agree(one, other),
        guard::swapped(&aligned.pairs),
    ]
    .map(|figure: f32| {
        if figure.is_finite() {
            figure.clamp(0.0, 1.0)
        } else {
            0.0
        }
    })
}

/// 1 where it holds.
pub(super) fn flag(holds: bool) -> f32 {
    f32::from(u8::from(holds))
}

fn weight(word: &Word) -> f32 {
    // Numbers and names that no table knows matter as much as a rare word.
    const UNKNOWN: f32 = 1.0;
    word.meaning
        .as_ref()
        .map_or(UNKNOWN, |meaning| meaning.weight)
}

/// A name of code, a name with a capital, or a word that is not common.
pub(super) fn is_name(word: &Word) -> bool {
    word.name || !word.meaning.as_ref().is_some_and(|meaning| meaning.whole)
}

pub(super) fn cosine(one: &Embedding, other: &Embedding) -> f32 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

/// The cosine of what words mean together; where one side has none, of nothing in common.
fn sum_cosine<'a>(
    one: impl Iterator<Item = &'a Word>,
    other: impl Iterator<Item = &'a Word>,
) -> Option<f32> {
    let (one, other) = (sum_of(one)?, sum_of(other)?);
    let length = |vector: &Embedding| cosine(vector, vector).sqrt();
    Some(cosine(&one, &other) / (length(&one) * length(&other)).max(1e-9))
}

fn sum_of<'a>(words: impl Iterator<Item = &'a Word>) -> Option<Embedding> {
    let mut sum = [0.0; DIMENSIONS];
    let mut any = false;
    for meaning in words.filter_map(|word| word.meaning.as_ref()) {
        any = true;
        for (total, number) in sum.iter_mut().zip(&meaning.direction) {
            *total += meaning.weight * number;
        }
    }
    any.then_some(sum)
}

fn content_cosine(one: &Reading, other: &Reading) -> f32 {
    sum_cosine(one.parts(Part::Content), other.parts(Part::Content)).unwrap_or(0.0)
}

fn rest_cosine(aligned: &Alignment<'_>) -> f32 {
    match (aligned.left.is_empty(), aligned.right.is_empty()) {
        (true, true) => 1.0,
        (false, false) => {
            sum_cosine(aligned.left.iter().copied(), aligned.right.iter().copied()).unwrap_or(0.0)
        }
        _ => 0.0,
    }
}

/// How like the words left over are to their best partners, put together by `pick`.
fn alike(aligned: &Alignment<'_>, pick: fn(f32, f32) -> f32) -> f32 {
    let near = |word: &Word, others: &[&Word]| {
        let near = |other: &&Word| match (&word.meaning, &other.meaning) {
            (Some(a), Some(b)) => cosine(&a.direction, &b.direction),
            _ => 0.0,
        };
        others.iter().map(near).fold(0.0, f32::max)
    };
    let (left, right) = (&aligned.left, &aligned.right);
    let near_right = left.iter().map(|word| near(word, right));
    let near_left = right.iter().map(|word| near(word, left));
    near_right.chain(near_left).reduce(pick).unwrap_or(1.0)
}

fn texts(reading: &Reading, part: Part) -> HashSet<&str> {
    reading.parts(part).map(|word| word.text.as_str()).collect()
}

fn dice<T: Eq + std::hash::Hash>(one: &HashSet<T>, other: &HashSet<T>) -> f32 {
    let total = one.len() + other.len();
    if total == 0 {
        return 1.0;
    }
    2.0 * one.intersection(other).count() as f32 / total as f32
}

fn bigrams(reading: &Reading) -> HashSet<(&str, &str)> {
    let stems = reading.words.iter().map(|word| word.stem.as_str());
    let next = reading.words.iter().skip(1).map(|word| word.stem.as_str());
    stems.zip(next).collect()
}

fn trigrams(text: &str) -> HashSet<[u8; 3]> {
    text.as_bytes()
        .windows(3)
        .filter_map(|three| three.try_into().ok())
        .collect()
}

fn ratio(one: f32, other: f32) -> f32 {
    one.min(other) / one.max(other).max(1.0)
}
