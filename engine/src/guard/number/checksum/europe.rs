//! Numbers of Europe.

use super::{digits, ean13, luhn, month_day, pair, remainder, weighted};

/// UK national insurance number: prefixes that are given out.
pub(in super::super) fn uk_nino(number: &[u8]) -> bool {
    let &[first, second, .., last] = number else {
        return false;
    };
    !b"DFIQUV".contains(&first)
        && !b"DFIOQUV".contains(&second)
        && !matches!(
            &[first, second],
            b"BG" | b"GB" | b"KN" | b"NK" | b"NT" | b"TN" | b"ZZ"
        )
        && (b'A'..=b'D').contains(&last)
}

/// German pension insurance number: area, birth date, letter.
pub(in super::super) fn de_pension(number: &[u8]) -> bool {
    pair(number, 2).is_some_and(|day| (1..=31).contains(&day))
        && pair(number, 4).is_some_and(|month| (1..=12).contains(&month))
}

/// French NIR: sex, month, and the key by 97 where it is there.
pub(in super::super) fn fr_nir(number: &[u8]) -> bool {
    let month = pair(number, 3).is_some_and(|month| (1..=12).contains(&month));
    let sex = matches!(number.first(), Some(b'1' | b'2'));
    let body = number.get(..13).unwrap_or_default();
    let department = match body.get(5..7) {
        Some(b"2A") => 1_000_000,
        Some(b"2B") => 2_000_000,
        _ => 0,
    };
    let plain: Vec<u8> = body
        .iter()
        .map(|b| if b.is_ascii_alphabetic() { b'0' } else { *b })
        .collect();
    let key = pair(number, 13).map(u64::from);
    let rest = remainder(&plain, 97).map(|rest| 97 - (rest + 97 * 1_000_000 - department) % 97);
    sex && month && key.is_some() && key == rest
}

/// Spanish DNI and NIE: the letter by 23.
pub(in super::super) fn es_letter(number: &[u8]) -> bool {
    let Some((letter, body)) = number.split_last() else {
        return false;
    };
    let plain: Vec<u8> = body
        .iter()
        .map(|b| match b {
            b'X' => b'0',
            b'Y' => b'1',
            b'Z' => b'2',
            other => *other,
        })
        .collect();
    let expected =
        remainder(&plain, 23).and_then(|rest| b"TRWAGMYFPDXBNJZSQVHLCKE".get(rest as usize));
    expected == Some(letter)
}

/// Italian codice fiscale: the letter from even and odd places.
pub(in super::super) fn it_fiscal(number: &[u8]) -> bool {
    const ODD: [u32; 26] = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24,
        23,
    ];
    let Some((letter, body)) = number.split_last() else {
        return false;
    };
    let value = |byte: &u8| match byte {
        b'0'..=b'9' => u32::from(byte - b'0'),
        _ => u32::from(byte.saturating_sub(b'A')),
    };
    let sum: u32 = body
        .iter()
        .enumerate()
        .map(|(place, byte)| match place % 2 {
            0 => ODD.get(value(byte) as usize).copied().unwrap_or(0),
            _ => value(byte),
        })
        .sum();
    u32::from(letter.saturating_sub(b'A')) == sum % 26
}

/// Belgian national number: 97 less the remainder, with a 2 before it for those born since 2000.
pub(in super::super) fn be_national(number: &[u8]) -> bool {
    let body = number.get(..9).unwrap_or_default();
    let check = pair(number, 9).map(u64::from);
    let since: Vec<u8> = b"2".iter().chain(body).copied().collect();
    let before = remainder(body, 97).map(|rest| 97 - rest);
    let after = remainder(&since, 97).map(|rest| 97 - rest);
    check.is_some() && (check == before || check == after)
}

/// Swedish personal number: a date (day + 60 for co-ordination numbers) and Luhn over ten digits.
pub(in super::super) fn se_personal(number: &[u8]) -> bool {
    let ten = number
        .get(number.len().saturating_sub(10)..)
        .unwrap_or_default();
    let month = pair(ten, 2).is_some_and(|month| (1..=12).contains(&month));
    let day = pair(ten, 4).is_some_and(|day| matches!(day, 1..=31 | 61..=91));
    month && day && luhn(ten)
}

/// Norwegian birth number: a date and two check digits.
pub(in super::super) fn no_birth(number: &[u8]) -> bool {
    let Some(digits) = digits(number) else {
        return false;
    };
    let date = pair(number, 0).is_some_and(|day| matches!(day, 1..=31 | 41..=71))
        && pair(number, 2).is_some_and(|month| (1..=12).contains(&month));
    date && weighted(&digits, &[3, 7, 6, 1, 8, 9, 4, 5, 2, 1]).is_multiple_of(11)
        && weighted(&digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)
}

/// Finnish personal code: a date and the character by 31.
pub(in super::super) fn fi_personal(number: &[u8]) -> bool {
    let all: Vec<u8> = number
        .iter()
        .filter(|b| b.is_ascii_digit())
        .copied()
        .collect();
    let body = all.get(..9).unwrap_or_default();
    let expected =
        remainder(body, 31).and_then(|rest| b"0123456789ABCDEFHJKLMNPRSTUVWXY".get(rest as usize));
    month_day(number, 2, 0) && body.len() == 9 && expected == number.last()
}

/// Swiss social insurance number.
pub(in super::super) fn ch_ahv(number: &[u8]) -> bool {
    number.starts_with(b"756") && ean13(number)
}

/// Czech and Slovak birth number: a date and divisibility by 11.
pub(in super::super) fn cz_birth(number: &[u8]) -> bool {
    let month =
        pair(number, 2).is_some_and(|month| matches!(month, 1..=12 | 21..=32 | 51..=62 | 71..=82));
    let day = pair(number, 4).is_some_and(|day| (1..=31).contains(&day));
    month && day && remainder(number, 11) == Some(0)
}

/// Russian SNILS: by 101.
pub(in super::super) fn ru_snils(number: &[u8]) -> bool {
    digits(number).is_some_and(|digits| {
        let sum = weighted(&digits, &[9, 8, 7, 6, 5, 4, 3, 2, 1]);
        pair(number, 9) == Some(sum % 101 % 100)
    })
}
