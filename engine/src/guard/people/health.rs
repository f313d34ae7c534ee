//! What is wrong with somebody: a named or numbered patient beside a finding.

use std::ops::Range;

use crate::guard::finding::{Family, Kind};
use crate::guard::hits::Hits;
use crate::guard::reader::{has_name, has_word, is_apart, window_after, window_before};

const HEALTH: Kind = Kind::of("health", "somebody's state of health", Family::Personal);

/// Words of findings and treatments.
#[rustfmt::skip]
pub(super) const LITERALS: &[&str] = &[
    "diagnosis", "diagnosed", "diagnoses", "dx", "prescribed", "prescription", "prescribe",
    "medication", "tested positive", "hiv", "chemotherapy", "hba1c", "icd-10", "icd10",
    "treated for", "suffers from", "allergic to", "biopsy", "mg daily", "mg twice", "symptoms",
    "admitted with", "diagnose", "diagnostiziert", "befund", "medikation", "leidet an",
    "diagnostic", "diagnostiqué", "souffre de", "diagnóstico", "diagnosticado", "diagnosticada",
    "diagnosi", "diagnosticato", "terapia", "verordnet", "rozpoznanie", "lab results",
    "blood test", "blood type", "medical history", "discharge summary", "discharged",
];

/// Words that say that somebody is treated.
#[rustfmt::skip]
const PATIENT: &[&str] = &[
    "patient", "patients", "patientin", "paciente", "paziente", "pacjent", "mrn", "dob", "born",
    "mr", "mrs", "ms", "herr", "frau", "ward", "chart", "admitted", "hospital", "clinic", "doctor",
    "dr",
];

/// A word of a finding stands here.
pub(super) fn check(text: &str, at: Range<usize>, hits: &mut Hits) {
    if !is_apart(text, &at) {
        return;
    }
    let before = window_before(text, at.start, 120);
    let after = window_after(text, at.end, 80);
    let before = before.rsplit("\n\n").next().unwrap_or_default();
    let near = after.split("\n\n").next().unwrap_or_default();
    let about = has_word(before, PATIENT) || has_word(near, &["patient", "mrn", "paciente", "dob"]);
    if about && (has_name(before) || has_name(near)) {
        let start = at.start;
        hits.by_context(HEALTH, start..at.end + near.len());
    }
}
