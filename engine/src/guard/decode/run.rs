//! Unbroken runs of an encoding's alphabet, or runs broken into lines of equal length.

use std::ops::Range;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::{Budget, plain};
use crate::guard::shape::Alphabet;

/// The shortest run that is decoded, bytes: 12 bytes of base64, 8 of hex.
const MIN_RUN: usize = 16;
/// From this length on a line may be one of several, bytes; the last of them from that on.
const MIN_LINE: usize = 20;
const MIN_TAIL: usize = 4;
/// The most that stands between the lines of one run: the break and an indentation.
const MAX_BREAK: usize = 24;
/// Runs of this length are decoded even where their beginning is no text: they may be something
/// binary that holds text.
const BINARY_RUN: usize = 256;

/// The bytes of base64 in either alphabet, of base32 and of hex.
pub(in crate::guard) const RUN: Alphabet = Alphabet::BASE64.with(b"-_");

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Calls `add` for every run that decodes to text, with the place of the run.
pub(super) fn decode(text: &str, budget: &Budget, add: &mut impl FnMut(String, Range<usize>)) {
    let mut at = 0;
    while let Some(first) = next(text, at, MIN_RUN) {
        at = first.end;
        let mut lines = vec![first.clone()];
        while let Some(line) = next(text, at, MIN_TAIL)
            && lines
                .last()
                .is_some_and(|last| continues(text, first.len(), last, &line))
        {
            at = line.end;
            lines.push(line);
        }
        if lines.len() > 1 {
            let joined: String = lines
                .iter()
                .filter_map(|line| text.get(line.clone()))
                .collect();
            if let Some(plain) = plain_of(&joined, budget) {
                add(plain, first.start..at);
                continue;
            }
        }
        for line in lines {
            decode_one(text, line, budget, add);
        }
    }
}

fn decode_one(
    text: &str,
    run: Range<usize>,
    budget: &Budget,
    add: &mut impl FnMut(String, Range<usize>),
) {
    let Some(encoded) = text.get(run.clone()).filter(|run| run.len() >= MIN_RUN) else {
        return;
    };
    if let Some(plain) = plain_of(encoded, budget) {
        add(plain, run);
        return;
    }
    // A slash is of the alphabet, and also what stands before a value in a path.
    if !encoded.contains('/') || encoded.len() > BINARY_RUN * 16 {
        return;
    }
    let mut at = run.start;
    for part in encoded.split('/') {
        if part.len() >= MIN_RUN
            && let Some(plain) = plain_of(part, budget)
        {
            add(plain, at..at + part.len());
        }
        at += part.len() + 1;
    }
}

/// Whether a run is the next line of one that began before it.
fn continues(text: &str, width: usize, last: &Range<usize>, next: &Range<usize>) -> bool {
    let between = text.get(last.end..next.start).unwrap_or_default();
    let breaks = between.contains('\n')
        && between.len() <= MAX_BREAK
        && between.bytes().all(|b| {
            matches!(
                b,
                b'\n' | b'\r' | b' ' | b'\t' | b'>' | b'#' | b'"' | b'\'' | b'\\' | b'|'
            )
        });
    breaks && width >= MIN_LINE && last.len() == width && next.len() <= width
}

/// What a run of the alphabet holds as text, in whichever encoding it is one.
pub(super) fn plain_of(run: &str, budget: &Budget) -> Option<String> {
    let body = run.trim_end_matches('=');
    let bytes = body.as_bytes();
    if bytes.len().is_multiple_of(2)
        && bytes.iter().all(u8::is_ascii_hexdigit)
        && let Some(text) = plain::text(&hex(bytes)?, budget)
    {
        return Some(text);
    }
    if bytes.iter().all(|b| Alphabet::BASE32.has(*b))
        && let Some(text) = plain::text(&base32(bytes), budget)
    {
        return Some(text);
    }
    // A lone sixth of a byte at the end belongs to nothing.
    let usable = bytes.len() - usize::from(bytes.len() % 4 == 1);
    let head = standard(bytes.get(..usable.min(12))?)?;
    if usable < BINARY_RUN && !plain::may_begin_text(&head) {
        return None;
    }
    plain::text(&standard(bytes.get(..usable)?)?, budget)
}

/// Base64 of either alphabet (RFC 4648 §4, §5).
pub(super) fn standard(body: &[u8]) -> Option<Vec<u8>> {
    if body.iter().any(|b| matches!(b, b'-' | b'_')) {
        let mapped: Vec<u8> = body
            .iter()
            .map(|b| match b {
                b'-' => b'+',
                b'_' => b'/',
                other => *other,
            })
            .collect();
        return LENIENT.decode(mapped).ok();
    }
    LENIENT.decode(body).ok()
}

fn hex(digits: &[u8]) -> Option<Vec<u8>> {
    let digit = |b: &u8| char::from(*b).to_digit(16);
    digits
        .chunks_exact(2)
        .map(|pair| u8::try_from(digit(&pair[0])? << 4 | digit(&pair[1])?).ok())
        .collect()
}

/// Base32 (RFC 4648 §6), upper case.
fn base32(digits: &[u8]) -> Vec<u8> {
    let (mut bits, mut held, mut out) = (0u32, 0, Vec::with_capacity(digits.len() * 5 / 8));
    for digit in digits {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            _ => digit.wrapping_sub(b'2').wrapping_add(26),
        };
        bits = bits << 5 | u32::from(value & 31);
        held += 5;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held & 0xFF) as u8);
        }
    }
    out
}

/// The next run of the alphabet from a place on, of at least so many bytes, with its padding.
fn next(text: &str, from: usize, least: usize) -> Option<Range<usize>> {
    let run = RUN.next_run(text, from, least)?;
    let behind = text.as_bytes().iter().skip(run.end).take(2);
    let padding = behind.take_while(|b| **b == b'=').count();
    Some(run.start..run.end + padding)
}
