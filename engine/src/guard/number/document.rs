//! National numbers, by label or by form, and documents of any country by their label alone.

use std::ops::Range;

use super::checksum::is_sample;
use super::form::{self, fit};
use super::national::{DOCUMENTS, Document};
use crate::guard::finding::{Family, Kind};
use crate::guard::hits::Hits;
use crate::guard::label::places;
use crate::guard::shape::after;

/// The labels of every sort of document, and then of every sort of paper.
pub(super) fn labels() -> impl Iterator<Item = &'static [&'static str]> {
    let documents = DOCUMENTS.iter().map(|document| document.labels);
    documents.chain(PAPERS.iter().map(|paper| paper.labels))
}

/// How many sorts there are.
pub(super) const fn tables() -> usize {
    DOCUMENTS.len() + PAPERS.len()
}

/// A label of one of the sorts stands here: finds the number that belongs to it.
pub(super) fn check(text: &str, sort: usize, label: &Range<usize>, hits: &mut Hits) {
    match (
        DOCUMENTS.get(sort),
        sort.checked_sub(DOCUMENTS.len())
            .and_then(|sort| PAPERS.get(sort)),
    ) {
        (Some(document), _) => check_document(text, document, label, hits),
        (None, Some(paper)) => check_paper(text, paper, label, hits),
        (None, None) => {}
    }
}

fn check_document(text: &str, document: &Document, label: &Range<usize>, hits: &mut Hits) {
    // Short labels are also words: their numbers have to be beside them.
    let word = label.len() < 4;
    if word && after(text, label.end) == Some(b'(') {
        return;
    }
    for place in places(text, label)
        .into_iter()
        .filter(|place| place.near || !word)
    {
        let fits = document
            .forms
            .iter()
            .filter_map(|form| fit(form, text, place.at));
        let ended = fits.filter(|fit| form::ends(text, fit.end) && form::begins(text, place.at));
        if let Some(fit) = ended.max_by_key(|fit| fit.end)
            && plausible(
                text.get(place.at..fit.end).unwrap_or_default(),
                fit.compact(),
            )
        {
            hits.by_context(document.kind, place.at..fit.end);
        }
    }
}

/// Digits enough to be no word, and not counted up for show.
fn plausible(shown: &str, number: &[u8]) -> bool {
    let digits = number.iter().filter(|b| b.is_ascii_digit()).count();
    let capitals = number.len() > 7 && !shown.bytes().any(|b| b.is_ascii_lowercase());
    // Papers leave out vowels, so that no words come about.
    let wordless = !number.iter().any(|b| b"AEIOU".contains(b));
    (digits > 2 || capitals && (digits > 1 || digits == 1 && wordless)) && !is_sample(number)
}

/// Finds the numbers that begin at a token's start and say by themselves what they are.
pub(super) fn alone(text: &str, at: usize, hits: &mut Hits) -> Option<usize> {
    let (document, end) = DOCUMENTS.iter().find_map(|document| {
        let end = recognised(document, text, at)?;
        Some((document, end))
    })?;
    hits.by_form(document.kind, at..end);
    Some(end)
}

fn recognised(document: &Document, text: &str, at: usize) -> Option<usize> {
    let mut fits = document.alone.iter().filter_map(|form| fit(form, text, at));
    let found = fits.find(|fit| {
        let shown = text.get(at..fit.end).unwrap_or_default();
        let longer = shown.contains(' ') && goes_on(text, at, fit.end);
        let lower = shown.bytes().any(|b| b.is_ascii_lowercase());
        let whole = form::ends(text, fit.end) && !longer && !lower;
        whole && !is_sample(fit.compact()) && (document.check)(fit.compact())
    })?;
    Some(found.end)
}

/// Whether further groups of digits stand beside a number, with a blank between.
fn goes_on(text: &str, start: usize, end: usize) -> bool {
    let digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    let bytes = text.as_bytes();
    let before = start.checked_sub(2).and_then(|at| bytes.get(at..start));
    let left = before.is_some_and(|two| matches!(two, [b'0'..=b'9', b' ']));
    left || bytes.get(end) == Some(&b' ') && digit(bytes.get(end + 1))
}

/// Documents whose numbers look different in every country: the label has to say what they are.
struct Paper {
    kind: Kind,
    labels: &'static [&'static str],
    /// The fewest letters and digits, and the fewest digits.
    least: usize,
    digits: usize,
}

const fn paper(
    id: &'static str,
    title: &'static str,
    least: usize,
    digits: usize,
    labels: &'static [&'static str],
) -> Paper {
    Paper {
        kind: Kind::of(id, title, Family::Personal),
        labels,
        least,
        digits,
    }
}

#[rustfmt::skip]
const PAPERS: &[Paper] = &[
    paper("passport", "a passport", 6, 2, &[
        "passport", "reisepass", "pass-nr", "passeport", "pasaporte", "passaporto", "passaporte",
        "paspoort", "paszport", "paszportu", "passnummer", "pasaport", "护照", "護照", "パスポート", "여권",
        "pas number",
    ]),
    paper("driving_licence", "a driving licence", 5, 4, &[
        "driver's license", "drivers license", "driver license", "driver's licence",
        "drivers licence", "driver licence", "driving licence", "driving license",
        "driver_license", "drivers_license", "driver-license", "driverlicense", "driverslicense",
        "driving_licence", "licence number", "license number", "license no", "licence no",
        "dl number", "dl no", "dl#", "führerschein", "fuehrerschein", "permis de conduire",
        "licencia de conducir", "permiso de conducir", "carnet de conducir", "patente di guida",
        "patente", "carta de condução", "carteira de motorista", "cnh", "rijbewijs", "prawo jazdy",
        "prawa jazdy", "körkort", "førerkort", "kørekort", "ajokortti", "driver’s license",
        "driver’s licence", "sürücü belgesi", "운전면허", "運転免許", "驾驶证",
    ]),
    paper("national_id", "an identity number", 6, 4, &[
        "national id", "national_id", "nationalid", "national identity", "national identification",
        "identity card", "identity number", "id card", "id number", "citizen id",
        "residence permit", "aufenthaltstitel", "green card", "resident permit",
        "alien registration", "uscis", "carte d'identité", "carte nationale", "carta d'identità",
        "carta di identità", "identiteitskaart", "documento de identidad", "tarjeta de identidad",
        "brp number", "social security", "sozialversicherungs", "visa number", "personal id",
        "government id", "govt id",
    ]),
    paper("tax_id", "a tax number", 8, 7, &[
        "tax id", "tax_id", "taxid", "tax number", "tax_number", "tax identification", "taxpayer",
        "steuer-id", "steuernummer", "vat id", "vat number", "ust-id", "ustid", "tin number",
    ]),
    paper("patient_number", "a patient's number", 5, 4, &[
        "mrn", "medical record", "medical_record", "patient id", "patient number", "patient no",
        "patient_id", "patientid", "patient_number", "patienten", "patientennummer",
        "hospital number", "numéro de patient", "chart number", "case number", "health card",
        "health insurance number", "ohip", "health number", "dossier médical", "historia clínica",
    ]),
    paper("insurance_number", "an insurance number", 6, 5, &[
        "insurance id", "insurance number", "insurance no", "insurance policy", "policy number",
        "policy no", "policy #", "policy_number", "policynumber", "policy id", "member id",
        "member number", "member_id", "subscriber id", "subscriber number", "group number",
        "claim number", "claim no", "beneficiary number", "versicherungsnummer",
        "versicherungsschein", "versicherten", "police d'assurance", "numéro d'assuré", "póliza",
        "poliza", "polizza", "apólice", "polisnummer", "health plan",
    ]),
    paper("employee_number", "an employee's number", 5, 4, &[
        "employee id", "employee number", "employee no", "employee_id", "employeeid", "staff id",
        "staff number", "personalnummer", "mitarbeiternummer", "badge number", "badge id",
        "matrícula", "student id", "student number", "matrikelnummer", "numéro étudiant",
        "payroll number",
    ]),
    paper("vehicle", "a vehicle's number", 4, 2, &[
        "licence plate", "license plate", "license_plate", "licenseplate", "number plate",
        "plate number", "plate no", "kennzeichen", "plaque d'immatriculation", "immatriculation",
        "matrícula", "placa", "targa", "kenteken", "vin", "vehicle identification",
        "registration plate", "vehicle registration", "registration number", "chassis number",
        "fahrgestellnummer", "fin/vin", "tablica rejestracyjna", "rejestracyjny",
        "numer rejestracyjny",
    ]),
    paper("device", "a device's number", 14, 14, &[
        "imei", "imsi", "iccid",
    ]),
];

fn check_paper(text: &str, paper: &Paper, label: &Range<usize>, hits: &mut Hits) {
    let near = places(text, label).into_iter().filter(|place| place.near);
    for place in near {
        if let Some(end) = written(text, place.at, paper) {
            return hits.by_context(paper.kind, place.at..end);
        }
    }
}

/// Where a document's number ends: upper-case letters and digits in groups. Dates, versions, words
/// and numbers for show are none.
fn written(text: &str, at: usize, paper: &Paper) -> Option<usize> {
    let mut end = at;
    let mut kept = Vec::new();
    let mut best = None;
    while kept.len() < 24 {
        let from = end;
        let group = text.get(from..)?.bytes().take(24);
        let size = group.take_while(u8::is_ascii_alphanumeric).count();
        let word = text.get(from..from + size)?;
        let has_digit = word.bytes().any(|b| b.is_ascii_digit());
        let short_letters = size <= 4 && word.bytes().all(|b| b.is_ascii_uppercase());
        let lower = word.bytes().any(|b| b.is_ascii_lowercase());
        let mixed_case = lower && (!has_digit || word.bytes().any(|b| b.is_ascii_uppercase()));
        if size == 0 || mixed_case || !(has_digit || short_letters) {
            break;
        }
        kept.extend(word.bytes());
        end += size;
        if has_digit {
            best = Some((end, kept.clone()));
        }
        match form::separator(text, end) {
            Some(size) => end += size,
            None => break,
        }
    }
    let (end, kept) = best?;
    let digits = kept.iter().filter(|b| b.is_ascii_digit()).count();
    let shown = text.get(at..end)?;
    // Capitals among few digits, as on identity cards.
    let capitals = kept.iter().filter(|b| b.is_ascii_uppercase()).count();
    let few = digits > 1 || digits == 1 && kept.len() == 9;
    let coded = kept.len() > 7 && few && digits + capitals == kept.len();
    let whole = kept.len() >= paper.least
        && (digits >= paper.digits || coded)
        && !(digits > 4 && is_sample(&kept))
        && !dated(shown);
    let next = text.as_bytes().get(end).copied();
    let open = next.is_some_and(|b| b == b'_' || b == b'(');
    (whole && !open && form::begins(text, at)).then_some(end)
}

/// Whether it is written like a date or a time: `2024-01-31`, `31.1.2024`.
fn dated(shown: &str) -> bool {
    let parts: Vec<&str> = shown.split(['-', '/', '.']).collect();
    let [a, b, c] = parts.as_slice() else {
        return false;
    };
    let year = |part: &str| part.len() == 4 && (part.starts_with("19") || part.starts_with("20"));
    let small = |part: &str| part.len() <= 2;
    year(a) && small(b) && small(c) || small(a) && small(b) && year(c.get(..4).unwrap_or(c))
}
