//! Addresses that are routed inside networks alone (RFC 1918, 6598, 3927, 4193, 4291).

use crate::guard::reader::in_word;
use crate::guard::shape::{Alphabet, after};

/// Reads four octets; gives where they end.
pub(super) fn v4(text: &str, at: usize) -> Option<(usize, [u8; 4])> {
    let mut octets = [0; 4];
    let mut place = at;
    for (index, octet) in octets.iter_mut().enumerate() {
        if index > 0 {
            if after(text, place) != Some(b'.') {
                return None;
            }
            place += 1;
        }
        let size = Alphabet::DIGIT.run(text, place, 4);
        *octet = text.get(place..place + size)?.parse().ok()?;
        place += size;
    }
    let next = after(text, place);
    let goes_on = next.is_some_and(|b| in_word(b) || b == b'_')
        || next == Some(b'.') && after(text, place + 1).is_some_and(|b| b.is_ascii_digit());
    (!goes_on).then_some((place, octets))
}

/// Whether an address is private, shared or link-local.
pub(super) fn private(octets: [u8; 4]) -> bool {
    match octets {
        [10, ..] | [192, 168, ..] | [169, 254, ..] => true,
        [172, second, ..] => (16..=31).contains(&second),
        [100, second, ..] => (64..=127).contains(&second),
        _ => false,
    }
}

/// Whether an address is the first that every router and every handbook uses.
pub(super) fn textbook(octets: [u8; 4]) -> bool {
    matches!(
        octets,
        [192, 168, 0 | 1, 0 | 1 | 2 | 100 | 254 | 255]
            | [10, 0, 0, 1 | 2 | 138]
            | [192, 168, 178 | 100 | 99 | 2, 1 | 100]
            | [10, 0, 2, 2]
            | [172, 17, 0, 1]
            | [10, 96, 0, 1 | 10]
            | [10, 1, 1, 1]
            | [10, 10, 10, 10]
    )
}

/// Reads a unique local or link-local address of version 6; gives where it ends.
pub(super) fn v6(text: &str, at: usize) -> Option<usize> {
    const MARKS: Alphabet = Alphabet::HEX.with(b":");
    let size = MARKS.run(text, at, 40);
    let shown = text.get(at..at + size)?.trim_end_matches(':');
    let groups: Vec<&str> = shown.split(':').collect();
    let whole = groups.iter().all(|group| group.len() <= 4) && groups.first()?.len() == 4;
    let apart = !after(text, at + size).is_some_and(in_word);
    let full = groups.len() == 8 || shown.contains("::") && groups.len() >= 3;
    (whole && apart && full).then_some(at + shown.len())
}
