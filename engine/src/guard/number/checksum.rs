//! Check digits of numbers that are given out to people. Each takes the number without separators,
//! letters in upper case.

mod americas;
mod asia;
mod europe;

pub(super) use americas::*;
pub(super) use asia::*;
pub(super) use europe::*;

/// The digits of a number; none where a letter is among them.
fn digits(number: &[u8]) -> Option<Vec<u32>> {
    let each = number.iter().map(|b| (*b as char).to_digit(10));
    each.collect()
}

/// The sum of digits by weight; weights beyond the number's end count nothing.
fn weighted(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(d, w)| d * w).sum()
}

/// A digit at a place, 10 where there is none, so that it equals no check digit.
fn digit(digits: &[u32], at: usize) -> u32 {
    digits.get(at).copied().unwrap_or(10)
}

/// Two digits as a number.
fn pair(number: &[u8], at: usize) -> Option<u32> {
    let two = std::str::from_utf8(number.get(at..at + 2)?).ok()?;
    two.parse().ok()
}

/// Whether a month and a day stand at these places.
fn month_day(number: &[u8], month: usize, day: usize) -> bool {
    let within = |at, most| pair(number, at).is_some_and(|value| (1..=most).contains(&value));
    within(month, 12) && within(day, 31)
}

/// ISO/IEC 7812-1, annex B.
pub(super) fn luhn(number: &[u8]) -> bool {
    let Some(digits) = digits(number) else {
        return false;
    };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match place % 2 {
            0 => *digit,
            _ => digit * 2 / 10 + digit * 2 % 10,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// The remainder by 97 of digits and letters, a letter being 10 to 35 (ISO 7064).
pub(super) fn mod97(number: impl Iterator<Item = u8>) -> u32 {
    number.fold(0, |rest, byte| match (byte as char).to_digit(36) {
        Some(value) if value > 9 => (rest * 100 + value) % 97,
        Some(value) => (rest * 10 + value) % 97,
        None => rest,
    })
}

/// The number that digits make, by 97 and the like; none where a letter is among them.
fn remainder(number: &[u8], by: u64) -> Option<u64> {
    let digits = digits(number)?;
    Some(
        digits
            .iter()
            .fold(0, |rest, digit| (rest * 10 + u64::from(*digit)) % by),
    )
}

/// German tax number of a person: ISO 7064 mod 11,10.
pub(super) fn iso_11_10(number: &[u8]) -> bool {
    let Some(digits) = digits(number) else {
        return false;
    };
    let Some((check, body)) = digits.split_last() else {
        return false;
    };
    let product = body.iter().fold(10, |product, digit| {
        let sum = match (digit + product) % 10 {
            0 => 10,
            sum => sum,
        };
        sum * 2 % 11
    });
    (11 - product) % 10 == *check && body.first() != Some(&0)
}

/// EAN-13, as Swiss social insurance numbers use it.
pub(super) fn ean13(number: &[u8]) -> bool {
    digits(number).is_some_and(|digits| {
        weighted(&digits, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]).is_multiple_of(10)
    })
}

/// Indian Aadhaar: Verhoeff's scheme.
pub(super) fn verhoeff(number: &[u8]) -> bool {
    const SHIFT: [[u32; 10]; 8] = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
        [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
        [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
        [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
        [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
        [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
        [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
    ];
    // The group of the pentagon's symmetries: below 5 turns, from 5 on mirrors.
    let times = |a: u32, b: u32| match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => 5 + (a + b) % 5,
        (false, true) => 5 + (a + 5 - b) % 5,
        (false, false) => (a + 5 - b) % 5,
    };
    let Some(digits) = digits(number) else {
        return false;
    };
    let rest = digits
        .iter()
        .rev()
        .enumerate()
        .fold(0, |rest, (place, digit)| {
            let row = SHIFT.get(place % 8);
            let shifted = row.and_then(|row| row.get(*digit as usize)).copied();
            times(rest, shifted.unwrap_or(0))
        });
    rest == 0
}

/// US bank routing number: 3-7-1, and a first pair that is given out.
pub(super) fn aba(number: &[u8]) -> bool {
    let area = pair(number, 0).is_some_and(|area| matches!(area, 1..=12 | 21..=32 | 61..=72 | 80));
    area && digits(number)
        .is_some_and(|digits| weighted(&digits, &[3, 7, 1, 3, 7, 1, 3, 7, 1]).is_multiple_of(10))
}

/// The 7-3-1 digit of a field of a machine-readable travel document (ICAO 9303).
pub(super) fn mrz(field: &[u8], check: u8) -> bool {
    let value = |byte: &u8| (*byte as char).to_digit(36).unwrap_or(0);
    let sum: u32 = field
        .iter()
        .zip([7, 3, 1].into_iter().cycle())
        .map(|(byte, weight)| value(byte) * weight)
        .sum();
    (check as char).to_digit(10) == Some(sum % 10)
}

/// For numbers that carry no check, or whose form has to be enough.
pub(super) fn any(_number: &[u8]) -> bool {
    true
}

/// Whether a number is one that people write for show: one digit over and over, or few of them,
/// or counted up or down.
pub(in super::super) fn is_sample(number: &[u8]) -> bool {
    let digits: Vec<u8> = number
        .iter()
        .filter(|b| b.is_ascii_digit())
        .copied()
        .collect();
    let step = |by: u8| {
        let mut pairs = digits.windows(2);
        pairs.all(|two| matches!(two, [a, b] if (a - b'0' + by) % 10 == b - b'0'))
    };
    // `111-22-3333`
    let runs = 1 + digits
        .windows(2)
        .filter(|two| matches!(two, [a, b] if a != b))
        .count();
    // Social security numbers that were sold with wallets, and shown in leaflets.
    let printed = ["078051120", "219099999", "457555462"]
        .iter()
        .any(|printed| digits == printed.as_bytes());
    // Three digits among letters count up by chance.
    let least = if digits.len() < number.len() { 4 } else { 3 };
    printed
        || digits.len() >= least && (step(0) || step(1) || step(9))
        || digits.len() > 7 && runs <= 3
}
