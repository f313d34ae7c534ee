//! Numbers of Asia and Africa.

use super::{digit, digits, luhn, month_day, verhoeff, weighted};

/// Chinese resident id: a date and the character by 11 (ISO 7064 mod 11-2).
pub(in super::super) fn cn_resident(number: &[u8]) -> bool {
    let Some(digits) = number.get(..17).and_then(digits) else {
        return false;
    };
    let century = matches!(number.get(6..8), Some(b"19" | b"20"));
    let sum = weighted(
        &digits,
        &[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2],
    );
    century
        && month_day(number, 10, 12)
        && b"10X98765432".get((sum % 11) as usize) == number.get(17)
}

/// Hong Kong identity card.
pub(in super::super) fn hk_id(number: &[u8]) -> bool {
    let value = |b: &u8| match b {
        b'A'..=b'Z' => u32::from(b - b'A') + 10,
        b'0'..=b'9' => u32::from(b - b'0'),
        _ => 36,
    };
    let mut values: Vec<u32> = number
        .iter()
        .filter(|b| b.is_ascii_alphanumeric())
        .map(value)
        .collect();
    if values.len() == 8 {
        values.insert(0, 36);
    }
    weighted(&values, &[9, 8, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)
}

/// Korean resident number: a date and a sex. The check digit is random since 2020.
pub(in super::super) fn kr_resident(number: &[u8]) -> bool {
    month_day(number, 2, 4) && matches!(number.get(6), Some(b'1'..=b'8'))
}

/// Indian Aadhaar: Verhoeff, no 0 or 1 first, and not three years in a row.
pub(in super::super) fn in_aadhaar(number: &[u8]) -> bool {
    let years = number
        .chunks(4)
        .all(|four| four.starts_with(b"19") || four.starts_with(b"20"));
    !years && matches!(number.first(), Some(b'2'..=b'9')) && verhoeff(number)
}

/// Indian PAN: the fourth letter says what the holder is.
pub(in super::super) fn in_pan(number: &[u8]) -> bool {
    number
        .get(3)
        .is_some_and(|holder| b"PCHFATBLJG".contains(holder))
}

/// Singapore NRIC and FIN.
pub(in super::super) fn sg_nric(number: &[u8]) -> bool {
    let Some((&first, rest)) = number.split_first() else {
        return false;
    };
    let Some(digits) = rest.get(..7).and_then(digits) else {
        return false;
    };
    let sum = weighted(&digits, &[2, 7, 6, 5, 4, 3, 2]);
    let (letters, offset): (&[u8; 11], u32) = match first {
        b'S' => (b"JZIHGFEDCBA", 0),
        b'T' => (b"JZIHGFEDCBA", 4),
        b'F' => (b"XWUTRQPNMLK", 0),
        b'G' => (b"XWUTRQPNMLK", 4),
        b'M' => (b"KLJNPQRTUWX", 3),
        _ => return false,
    };
    let place = ((sum + offset) % 11) as usize;
    let place = if first == b'M' { 10 - place } else { place };
    letters.get(place) == rest.last()
}

/// Malaysian MyKad: a date.
pub(in super::super) fn my_kad(number: &[u8]) -> bool {
    month_day(number, 2, 4)
}

/// Thai citizen number: by 11.
pub(in super::super) fn th_citizen(number: &[u8]) -> bool {
    digits(number).is_some_and(|digits| {
        let sum = weighted(&digits, &[13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
        (11 - sum % 11) % 10 == digit(&digits, 12)
    })
}

/// South African id: a date, citizenship and Luhn.
pub(in super::super) fn za_id(number: &[u8]) -> bool {
    month_day(number, 2, 4)
        && matches!(number.get(10), Some(b'0' | b'1'))
        && matches!(number.get(11), Some(b'8' | b'9'))
        && luhn(number)
}

/// Emirates id: the country's code and Luhn.
pub(in super::super) fn ae_id(number: &[u8]) -> bool {
    number.starts_with(b"784")
}
