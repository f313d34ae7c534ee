//! Dates of birth of persons who may be alive.

use std::ops::Range;

use super::date::{Date, read};
use crate::guard::finding::{Family, Kind};
use crate::guard::hits::Hits;
use crate::guard::label::{label_end, places};
use crate::guard::reader::{has_name, has_word, window_after, window_before, words};

const BIRTH: Kind = Kind::of("date_of_birth", "a date of birth", Family::Personal);

/// Labels of forms.
pub(super) const LABELS: &[&str] = &[
    "dob", "d.o.b", "date of birth", "date_of_birth", "dateofbirth", "date-of-birth", "birth date", "birthdate", "birth_date", "birthday", "birth day", "geburtsdatum", "geburtstag", "geb.", "geb", "date de naissance", "datenaissance", "date_naissance", "ddn",
    "fecha de nacimiento", "fecha_nacimiento", "fechanacimiento", "f. nac", "data di nascita", "data_nascita", "data de nascimento", "data_nascimento", "nascimento", "geboortedatum", "data urodzenia", "fødselsdato", "fødselsdag", "födelsedatum", "syntymäaika",
    "doğum tarihi", "datum narození", "dátum narodenia", "születési", "data nașterii", "дата рождения", "дата народження", "ημερομηνία γέννησης", "生年月日", "出生日期", "出生", "생년월일", "tanggal lahir", "tarikh lahir", "ngày sinh", "वर्ष", "जन्म तिथि", "วันเกิด", "تاريخ الميلاد", "birth",
];

/// What is said of somebody.
pub(super) const VERBS: &[&str] = &["born", "geboren", "né le", "née le", "né(e) le", "nacido", "nacida", "nací el", "nato il", "nata il", "nascido", "nascida", "nasci em", "urodzony", "urodzona", "född", "født", "doğumlu", "narozen", "b."];

/// Who was born before this is of history.
const HISTORY: u32 = 1915;

/// A label stands here: the date beside it.
pub(super) fn check_label(text: &str, at: Range<usize>, hits: &mut Hits) {
    let Some(end) = label_end(text, &at) else {
        return;
    };
    let places = places(text, &(at.start..end));
    let found = places.iter().filter(|place| place.near).find_map(|place| Some((place.at, living(read(text, place.at)?)?)));
    if let Some((start, end)) = found {
        hits.by_context(BIRTH, start..end);
    }
}

/// A verb stands here: a date behind it and a name before, unless an article on a public figure
/// goes on.
pub(super) fn check_verb(text: &str, at: Range<usize>, hits: &mut Hits) {
    const ABOUT: &[&str] = &["patient", "employee", "customer", "client", "applicant", "i", "my", "she", "he", "her", "his", "ich", "mein", "meine", "je", "mi", "yo", "io", "eu", "ik", "user", "tenant", "member", "student", "name", "mr", "mrs", "ms", "herr", "frau", "dr"];
    let Some(end) = label_end(text, &at) else {
        return;
    };
    let Some((start, date)) = places(text, &(at.start..end)).into_iter().filter(|place| place.at >= end && place.near).find_map(|place| Some((place.at, read(text, place.at)?))) else {
        return;
    };
    let before = window_before(text, at.start, 60);
    let before = before.rsplit(['\n', '?', '!']).next().unwrap_or_default();
    let whose = has_name(before) || has_word(before, ABOUT);
    if let Some(end) = living(date)
        && whose
        && !encyclopedic(text, end)
    {
        hits.by_context(BIRTH, start..end);
    }
}

/// The end of a date at which somebody alive may have been born.
fn living(date: Date) -> Option<usize> {
    let recent = date.year < 100 || (HISTORY..2100).contains(&date.year);
    recent.then_some(date.end)
}

/// Whether the text goes on as an article on a public figure does: a date of death, `is an
/// American …`.
fn encyclopedic(text: &str, end: usize) -> bool {
    let after = window_after(text, end, 60);
    let mut next = words(after);
    let article = matches!((next.next(), next.next()), (Some("is" | "was"), Some("a" | "an" | "the" | "best" | "one")));
    article || has_word(after, &["died", "death", "gestorben", "mort", "murió", "†"]) || after.trim_start().starts_with(['–', '—', '†'])
}
