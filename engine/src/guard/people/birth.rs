//! Dates of birth of persons who may be alive.

use std::ops::Range;
use std::sync::LazyLock;

use super::date::{Date, read};
use crate::guard::finding::{Family, Kind};
use crate::guard::hits::Hits;
use crate::guard::label::{Vocabulary, places};
use crate::guard::reader::{has_name, has_word, window_after, window_before, words};

const BIRTH: Kind = Kind::of("date_of_birth", "a date of birth", Family::Personal);

/// Labels of forms.
#[rustfmt::skip]
const LABELS: &[&str] = &[
    "dob", "d.o.b", "date of birth", "birth date", "birthday", "geburtsdatum", "geburtstag",
    "geb.", "geb", "date de naissance", "date naissance", "ddn", "fecha de nacimiento",
    "fecha nacimiento", "fecha nac", "f. nac", "data di nascita", "data nascita",
    "data de nascimento", "data nascimento", "nascimento", "geboortedatum", "data urodzenia",
    "fødselsdato", "fødselsdag", "födelsedatum", "syntymäaika", "doğum tarihi", "datum narození",
    "dátum narodenia", "születési", "data nașterii", "дата рождения", "дата народження",
    "ημερομηνία γέννησης", "生年月日", "出生日期", "出生", "생년월일", "tanggal lahir", "tarikh lahir",
    "ngày sinh", "जन्म तिथि", "วันเกิด", "تاريخ الميلاد", "birth",
];

/// What is said of somebody.
#[rustfmt::skip]
const VERBS: &[&str] = &[
    "born", "geboren", "né le", "née le", "né(e) le", "nacido", "nacida", "nací el", "nato il",
    "nata il", "nascido", "nascida", "nasci em", "urodzony", "urodzona", "född", "født", "doğumlu",
    "narozen", "narozena", "ur.",
];

/// Who was born before this is of history.
const HISTORY: u32 = 1930;
/// A form asks the living alone.
const OLDEST: u32 = 1905;

/// Labels belong to 0, verbs to 1.
static WORDS: LazyLock<Vocabulary> = LazyLock::new(|| {
    let labels = LABELS.iter().map(|label| (*label, 0));
    Vocabulary::of(labels.chain(VERBS.iter().map(|verb| (*verb, 1))))
});

pub(super) fn literals() -> Vec<&'static str> {
    WORDS.literals()
}

/// A word of a label or a verb stands here.
pub(super) fn check(text: &str, literal: usize, at: Range<usize>, hits: &mut Hits) {
    match WORDS.label(text, literal, &at) {
        Some((0, label)) => check_label(text, &label, hits),
        Some((_, verb)) => check_verb(text, &verb, hits),
        None => {}
    }
}

/// A label stands here: the date beside it.
fn check_label(text: &str, label: &Range<usize>, hits: &mut Hits) {
    // `dob < '1990-01-01'` asks for many.
    let compared = window_after(text, label.end, 3)
        .trim_start()
        .starts_with(['<', '>'])
        && !window_after(text, label.end, 2).starts_with("</");
    if compared {
        return;
    }
    let places = places(text, label);
    let found = places
        .iter()
        .filter(|place| place.near)
        .find_map(|place| Some((place.at, living(read(text, place.at)?, OLDEST)?)));
    if let Some((start, end)) = found {
        hits.by_context(BIRTH, start..end);
    }
}

/// A verb stands here: a date behind it and a name before, unless an article on a public figure
/// goes on.
fn check_verb(text: &str, verb: &Range<usize>, hits: &mut Hits) {
    #[rustfmt::skip]
    const ABOUT: &[&str] = &[
        "patient", "employee", "customer", "client", "applicant", "i", "my", "she", "he", "her",
        "his", "ich", "mein", "meine", "je", "mi", "yo", "io", "eu", "ik", "user", "tenant",
        "member", "student", "name", "mr", "mrs", "ms", "herr", "frau", "dr",
    ];
    let Some((start, date)) = places(text, verb)
        .into_iter()
        .filter(|place| place.at >= verb.end && place.near)
        .find_map(|place| Some((place.at, read(text, place.at)?)))
    else {
        return;
    };
    let before = window_before(text, verb.start, 60);
    let before = before.rsplit(['\n', '?', '!']).next().unwrap_or_default();
    let whose = has_name(before) || has_word(before, ABOUT);
    if let Some(end) = living(date, HISTORY)
        && whose
        && !encyclopedic(text, end)
    {
        hits.by_context(BIRTH, start..end);
    }
}

/// The end of a date at which somebody alive may have been born.
fn living(date: Date, since: u32) -> Option<usize> {
    let recent = date.year < 100 || (since..2100).contains(&date.year);
    recent.then_some(date.end)
}

/// Whether the text goes on as an article on a public figure does: a date of death, `is an
/// American …`.
fn encyclopedic(text: &str, end: usize) -> bool {
    let after = window_after(text, end, 60);
    let mut next = words(after);
    let article = matches!(
        (next.next(), next.next()),
        (
            Some("is" | "was"),
            Some("a" | "an" | "the" | "best" | "one")
        )
    );
    article
        || has_word(after, &["died", "death", "gestorben", "mort", "murió", "†"])
        || after.trim_start().starts_with(['–', '—', '†'])
}
