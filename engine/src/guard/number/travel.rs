//! The machine-readable lines of travel documents (ICAO 9303).

use std::ops::Range;

use super::checksum::mrz;
use crate::guard::finding::{Family, Kind};
use crate::guard::hits::Hits;
use crate::guard::shape::{Alphabet, before};

const LINES: Kind = Kind::of(
    "travel_document",
    "a travel document's machine-readable lines",
    Family::Personal,
);
const MARKS: Alphabet = Alphabet::UPPER_DIGIT.with(b"<");

/// The holder of the specimen that the standard shows.
const SPECIMEN: &str = "UTOERIKSSON<<ANNA";

/// What stands between the names and behind them.
pub(in crate::guard) const LITERALS: &[&str] = &["<<"];

/// Two fillers stand here: reads the line around them, and the one below.
pub(in crate::guard) fn check(text: &str, _: usize, at: Range<usize>, hits: &mut Hits) {
    let left = MARKS.run_back(text, at.start, 44);
    let start = at.start - left;
    let size = left + MARKS.run(text, at.start, 45);
    let line = text.get(start..start + size).unwrap_or_default();
    let first_filler = line.find("<<").map(|found| start + found);
    let state = line.get(2..5).unwrap_or_default();
    let head =
        line.starts_with(['P', 'V', 'I', 'A', 'C']) && !state.bytes().any(|b| b.is_ascii_digit());
    // Each line is looked at once, though it holds many fillers.
    if !matches!(size, 28..=44)
        || !head
        || first_filler != Some(at.start)
        || before(text, start).is_some_and(|b| b.is_ascii_alphanumeric())
        || line.get(2..).is_some_and(|line| line.starts_with(SPECIMEN))
    {
        return;
    }
    let gap = text
        .as_bytes()
        .iter()
        .skip(start + size)
        .take_while(|b| b.is_ascii_whitespace())
        .count();
    let next = start + size + gap;
    let below = MARKS.run(text, next, 44);
    let second = text.as_bytes().get(next..next + below).unwrap_or_default();
    let number = second.get(..9).zip(second.get(9));
    let checked = number.is_some_and(|(number, check)| mrz(number, *check));
    if checked && gap < 4 {
        hits.by_form(LINES, start..next + below);
    } else {
        hits.by_form(LINES, start..start + size);
    }
}
