//! Whether one of the neighbours' answers is served, offered for confirmation, or neither.

use super::reading::Reading;
use super::trust::{Bar, Trust};
use super::verifier::Verifier;

/// From here on a neighbour's answer is worth showing to a model that confirms or corrects it.
const LEAST_HINT: f64 = 0.5;

/// An answer that may fit.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// The entry.
    pub id: u64,
    /// The question that it was given for.
    pub question: &'a Reading,
    /// How its reuse turned out so far.
    pub trust: Trust,
}

/// An entry, and how likely its answer fits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// The entry.
    pub id: u64,
    /// The probability, within 0..=1, with what audits say of the entry.
    pub p: f64,
}

/// What becomes of a question.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    /// The answer is served.
    Serve(Found),
    /// The answer is close, and not certain.
    Hint(Found),
    /// A model answers.
    Ask,
}

/// Judges the neighbours of a question; of equally likely ones the first counts.
pub fn decide<'a>(
    verifier: &Verifier<'_>,
    bar: Bar,
    question: &Reading,
    candidates: impl Iterator<Item = Candidate<'a>>,
) -> Verdict {
    let judged = candidates.map(|candidate| Found {
        id: candidate.id,
        p: candidate
            .trust
            .weigh(verifier.fits(question, candidate.question)),
    });
    let best = judged.reduce(|best, found| if found.p > best.p { found } else { best });
    match best {
        Some(found) if bar.admits(found.p) => Verdict::Serve(found),
        Some(found) if found.p >= LEAST_HINT => Verdict::Hint(found),
        _ => Verdict::Ask,
    }
}
