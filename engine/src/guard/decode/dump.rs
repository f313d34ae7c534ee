//! Hex dumps with offsets and a gutter, as `hexdump -C`, `xxd` and `od` print them.

use std::ops::Range;

use super::{Budget, plain};
use crate::guard::reader::lines;

/// The fewest bytes of a dump that are read.
const MIN_BYTES: usize = 8;
/// How many digits an offset has.
const MIN_OFFSET: usize = 4;
const MAX_OFFSET: usize = 16;

/// Calls `add` for every dump that is a text, with the place of its lines.
pub(super) fn decode(text: &str, budget: &Budget, add: &mut impl FnMut(String, Range<usize>)) {
    let (mut bytes, mut place) = (Vec::new(), 0..0);
    for (at, line) in lines(text) {
        match bytes_of(line) {
            Some(more) if !more.is_empty() => {
                if bytes.is_empty() {
                    place.start = at;
                }
                bytes.extend(more);
                place.end = at + line.trim_end().len();
            }
            _ => finish(&mut bytes, &place, budget, add),
        }
    }
    finish(&mut bytes, &place, budget, add);
}

fn finish(
    bytes: &mut Vec<u8>,
    place: &Range<usize>,
    budget: &Budget,
    add: &mut impl FnMut(String, Range<usize>),
) {
    if bytes.len() >= MIN_BYTES
        && let Some(plain) = plain::text(bytes, budget)
    {
        add(plain, place.clone());
    }
    bytes.clear();
}

/// The bytes of one line: behind its offset, up to the gutter.
fn bytes_of(line: &str) -> Option<Vec<u8>> {
    let hex = |word: &str| word.bytes().all(|b| b.is_ascii_hexdigit());
    let line = line.trim_ascii_start();
    // Most lines end here.
    let begun = line.as_bytes().get(..MIN_OFFSET)?;
    if !begun.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let line = line.trim_end();
    let (offset, rest) = line.split_once([' ', '\t'])?;
    let offset = offset.trim_end_matches(':');
    let rest = rest.trim_start();
    if !(MIN_OFFSET..=MAX_OFFSET).contains(&offset.len()) || !hex(offset) || rest.is_empty() {
        return None;
    }
    // Two blanks separate the halves of a line, and the gutter from the bytes; a bar begins it too.
    let body = rest.split('|').next()?;
    let mut bytes = Vec::new();
    let mut words = body.split(' ').filter(|word| !word.is_empty()).peekable();
    while let Some(word) = words.next_if(|word| matches!(word.len(), 2 | 4) && hex(word)) {
        for pair in word.as_bytes().chunks_exact(2) {
            let digits = std::str::from_utf8(pair).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
        }
        if bytes.len() >= 16 {
            break;
        }
    }
    Some(bytes)
}
