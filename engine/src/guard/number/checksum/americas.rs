//! Numbers of the Americas.

use super::{digit, digits, month_day, pair, weighted};

/// US social security number: area, group and serial that are given out.
pub(in super::super) fn us_ssn(number: &[u8]) -> bool {
    let part = |from: usize, to: usize| number.get(from..to).unwrap_or_default();
    let area = part(0, 3);
    area != b"000"
        && area != b"666"
        && area.first() != Some(&b'9')
        && part(3, 5) != b"00"
        && part(5, 9) != b"0000"
}

/// US individual taxpayer number: 9xx, with the groups that are given out.
pub(in super::super) fn us_itin(number: &[u8]) -> bool {
    number.first() == Some(&b'9')
        && pair(number, 3)
            .is_some_and(|group| matches!(group, 50..=65 | 70..=88 | 90..=92 | 94..=99))
}

/// Brazilian CPF and CNPJ: the last two digits, by 11 each.
fn br_check(number: &[u8], most: u32) -> bool {
    let Some(digits) = digits(number) else {
        return false;
    };
    let body = digits.len().saturating_sub(2);
    let valid = (body..digits.len()).all(|end| {
        let head = digits.get(..end).unwrap_or_default();
        let weights = (2..=most).cycle();
        let sum: u32 = head.iter().rev().zip(weights).map(|(d, w)| d * w).sum();
        let check = match sum % 11 {
            0 | 1 => 0,
            rest => 11 - rest,
        };
        digit(&digits, end) == check
    });
    valid && body > 0
}

/// Brazilian number of a person.
pub(in super::super) fn br_cpf(number: &[u8]) -> bool {
    br_check(number, 11)
}

/// Brazilian number of a company.
pub(in super::super) fn br_cnpj(number: &[u8]) -> bool {
    br_check(number, 9)
}

/// Argentine CUIT and CUIL.
pub(in super::super) fn ar_cuit(number: &[u8]) -> bool {
    digits(number).is_some_and(|digits| {
        let sum = weighted(&digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]);
        (11 - sum % 11) % 11 == digit(&digits, 10)
    })
}

/// Chilean RUT: the digit or K by 11.
pub(in super::super) fn cl_rut(number: &[u8]) -> bool {
    let Some((check, body)) = number.split_last() else {
        return false;
    };
    let Some(digits) = digits(body) else {
        return false;
    };
    let weights = (2..=7).cycle();
    let sum: u32 = digits
        .iter()
        .rev()
        .zip(weights)
        .map(|(d, w): (&u32, u32)| d * w)
        .sum();
    b"0K987654321".get((sum % 11) as usize) == Some(check)
}

/// Mexican CURP: date, sex.
pub(in super::super) fn mx_curp(number: &[u8]) -> bool {
    month_day(number, 6, 8) && matches!(number.get(10), Some(b'H' | b'M' | b'X'))
}
