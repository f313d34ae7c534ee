//! Character codes one after another: `67 68 70`, `0x67, 0x68`, `[103, 104]`, `chr(103)+chr(104)`.

use std::ops::Range;

use crate::guard::shape::{Alphabet, table};

/// The fewest codes that make a text.
const MIN_CODES: usize = 8;
/// The most bytes between two codes: `") + String.fromCharCode("` and the like.
const MAX_BETWEEN: usize = 28;

/// How the codes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Radix {
    Hex,
    Decimal,
    Octal,
    Binary,
}

/// Calls `add` for every list of codes that is a text, with the place of the list.
pub(super) fn decode(text: &str, add: &mut impl FnMut(String, Range<usize>)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(start) = next_number(bytes, at) {
        let groups = groups(bytes, start);
        at = groups.last().map_or(start + 1, |group| group.end);
        if groups.len() >= MIN_CODES {
            let radixes = [Radix::Binary, Radix::Hex, Radix::Decimal, Radix::Octal];
            // Digits alone may be meant in several of them.
            for radix in radixes {
                if let Some(plain) = read(bytes, &groups, radix) {
                    add(plain, start..at);
                }
            }
        }
    }
}

/// What a byte is: a digit in base 16, or any digit or letter.
const DIGITS: [u8; 256] = table(&[Alphabet::HEX, Alphabet::ALNUM]);
const HEX: u8 = 1;

/// Where the next number begins that may be a list's first: two digits behind what is none.
fn next_number(bytes: &[u8], from: usize) -> Option<usize> {
    let sort = |byte: &u8| DIGITS[usize::from(*byte)];
    let hex = |at: usize| bytes.get(at).is_some_and(|byte| sort(byte) & HEX != 0);
    let begins = |at: &usize| {
        let prefixed = matches!(bytes.get(*at..at + 2), Some(b"0x" | b"0X"));
        hex(at + 1) || prefixed && hex(at + 2)
    };
    if from == 0 && hex(0) && begins(&0) {
        return Some(0);
    }
    let from = from.max(1);
    let pairs = bytes.get(from - 1..)?.iter().zip(bytes.get(from..)?);
    let behind_none = (from..)
        .zip(pairs)
        .filter(|(_, (before, here))| sort(here) & HEX != 0 && sort(before) == 0);
    behind_none.map(|(at, _)| at).find(begins)
}

/// The groups of digits from a place on that stand like members of a list.
fn groups(bytes: &[u8], from: usize) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    let mut at = from;
    loop {
        let prefixed = matches!(bytes.get(at..at + 2), Some(b"0x" | b"0X"));
        let start = if prefixed { at + 2 } else { at };
        let run = bytes.iter().skip(start).take(9);
        let size = run.take_while(|b| b.is_ascii_hexdigit()).count();
        let longer = bytes
            .get(start + size)
            .is_some_and(|b| b.is_ascii_alphanumeric());
        if !(1..=8).contains(&size) || longer {
            return groups;
        }
        groups.push(start..start + size);
        match between(bytes, start + size) {
            Some(next) => at = next,
            None => return groups,
        }
    }
}

/// Where the next group begins, where only what separates members stands before it.
fn between(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    let mut call = false;
    while at < bytes.len().min(from + MAX_BETWEEN) {
        let byte = *bytes.get(at)?;
        let word = bytes.get(at..).unwrap_or_default();
        let letters = word.iter().take_while(|b| b.is_ascii_alphabetic()).count();
        match byte {
            b'0' if matches!(bytes.get(at + 1), Some(b'x' | b'X')) => return Some(at),
            b'\\' if bytes.get(at + 1) == Some(&b'x') => at += 2,
            b' ' | b',' | b';' | b':' | b'\n' | b'\r' | b'\t' | b'|' | b'-' | b'.' | b'+'
            | b'&' | b'"' | b'\'' | b'[' | b']' | b'{' | b'}' => at += 1,
            b'(' | b')' => {
                call = true;
                at += 1;
            }
            // A word is part of a call: `chr(`.
            _ if byte.is_ascii_alphabetic()
                && call
                && letters <= 12
                && bytes
                    .get(at + letters)
                    .is_some_and(|b| matches!(b, b'(' | b'.')) =>
            {
                at += letters;
            }
            _ if byte.is_ascii_hexdigit() => return (at > from).then_some(at),
            _ => return None,
        }
    }
    None
}

/// The text that the groups are: the bytes of UTF-8, or the codes of its characters.
fn read(bytes: &[u8], groups: &[Range<usize>], radix: Radix) -> Option<String> {
    let codes = groups.iter().map(|group| {
        let digits = std::str::from_utf8(bytes.get(group.clone())?).ok()?;
        let (sizes, base) = match radix {
            Radix::Hex => (2..=2, 16),
            Radix::Decimal => (1..=4, 10),
            Radix::Octal => (2..=3, 8),
            Radix::Binary => (7..=8, 2),
        };
        let code = u32::from_str_radix(digits, base).ok()?;
        let readable = matches!(code, 0x09 | 0x0A | 0x0D | 0x20..=0x7E | 0x80..);
        (sizes.contains(&digits.len()) && readable).then_some(code)
    });
    let codes: Vec<u32> = codes.collect::<Option<_>>()?;
    let octets: Result<Vec<u8>, _> = codes.iter().map(|code| u8::try_from(*code)).collect();
    if let Ok(octets) = octets
        && let Ok(text) = String::from_utf8(octets)
    {
        return Some(text);
    }
    // Numbers that are no bytes of a text are seldom its characters.
    let beyond = codes.iter().filter(|code| **code > 0x7F).count();
    let text: Option<String> = codes.iter().map(|code| char::from_u32(*code)).collect();
    text.filter(|_| beyond * MIN_CODES <= codes.len())
}
