//! Check digits of numbers that are given out to people. Each takes the number without separators,
//! letters in upper case.

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

/// US social security number: area, group and serial that are given out.
pub(super) fn us_ssn(number: &[u8]) -> bool {
    let part = |from: usize, to: usize| number.get(from..to).unwrap_or_default();
    let area = part(0, 3);
    // Printed on cards that were sold with wallets, and in leaflets.
    let printed = matches!(number, b"078051120" | b"219099999" | b"457555462");
    !printed
        && area != b"000"
        && area != b"666"
        && area.first() != Some(&b'9')
        && part(3, 5) != b"00"
        && part(5, 9) != b"0000"
}

/// US individual taxpayer number: 9xx, with the groups that are given out.
pub(super) fn us_itin(number: &[u8]) -> bool {
    number.first() == Some(&b'9')
        && pair(number, 3)
            .is_some_and(|group| matches!(group, 50..=65 | 70..=88 | 90..=92 | 94..=99))
}

/// UK national insurance number: prefixes that are given out.
pub(super) fn uk_nino(number: &[u8]) -> bool {
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

/// German pension insurance number: area, birth date, letter.
pub(super) fn de_pension(number: &[u8]) -> bool {
    pair(number, 2).is_some_and(|day| (1..=31).contains(&day))
        && pair(number, 4).is_some_and(|month| (1..=12).contains(&month))
}

/// French NIR: sex, month, and the key by 97 where it is there.
pub(super) fn fr_nir(number: &[u8]) -> bool {
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
pub(super) fn es_letter(number: &[u8]) -> bool {
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
pub(super) fn it_fiscal(number: &[u8]) -> bool {
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
pub(super) fn be_national(number: &[u8]) -> bool {
    let body = number.get(..9).unwrap_or_default();
    let check = pair(number, 9).map(u64::from);
    let since: Vec<u8> = b"2".iter().chain(body).copied().collect();
    let before = remainder(body, 97).map(|rest| 97 - rest);
    let after = remainder(&since, 97).map(|rest| 97 - rest);
    check.is_some() && (check == before || check == after)
}

/// Swedish personal number: a date (day + 60 for co-ordination numbers) and Luhn over ten digits.
pub(super) fn se_personal(number: &[u8]) -> bool {
    let ten = number
        .get(number.len().saturating_sub(10)..)
        .unwrap_or_default();
    let month = pair(ten, 2).is_some_and(|month| (1..=12).contains(&month));
    let day = pair(ten, 4).is_some_and(|day| matches!(day, 1..=31 | 61..=91));
    month && day && luhn(ten)
}

/// Norwegian birth number: a date and two check digits.
pub(super) fn no_birth(number: &[u8]) -> bool {
    let Some(digits) = digits(number) else {
        return false;
    };
    let date = pair(number, 0).is_some_and(|day| matches!(day, 1..=31 | 41..=71))
        && pair(number, 2).is_some_and(|month| (1..=12).contains(&month));
    date && weighted(&digits, &[3, 7, 6, 1, 8, 9, 4, 5, 2, 1]) % 11 == 0
        && weighted(&digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 == 0
}

/// Finnish personal code: a date and the character by 31.
pub(super) fn fi_personal(number: &[u8]) -> bool {
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

/// EAN-13, as Swiss social insurance numbers use it.
pub(super) fn ean13(number: &[u8]) -> bool {
    digits(number)
        .is_some_and(|digits| weighted(&digits, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]) % 10 == 0)
}

/// Swiss social insurance number.
pub(super) fn ch_ahv(number: &[u8]) -> bool {
    number.starts_with(b"756") && ean13(number)
}

/// Czech and Slovak birth number: a date and divisibility by 11.
pub(super) fn cz_birth(number: &[u8]) -> bool {
    let month =
        pair(number, 2).is_some_and(|month| matches!(month, 1..=12 | 21..=32 | 51..=62 | 71..=82));
    let day = pair(number, 4).is_some_and(|day| (1..=31).contains(&day));
    month && day && remainder(number, 11) == Some(0)
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
pub(super) fn br_cpf(number: &[u8]) -> bool {
    br_check(number, 11)
}

/// Brazilian number of a company.
pub(super) fn br_cnpj(number: &[u8]) -> bool {
    br_check(number, 9)
}

/// Argentine CUIT and CUIL.
pub(super) fn ar_cuit(number: &[u8]) -> bool {
    digits(number).is_some_and(|digits| {
        let sum = weighted(&digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]);
        (11 - sum % 11) % 11 == digit(&digits, 10)
    })
}

/// Chilean RUT: the digit or K by 11.
pub(super) fn cl_rut(number: &[u8]) -> bool {
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
pub(super) fn mx_curp(number: &[u8]) -> bool {
    month_day(number, 6, 8) && matches!(number.get(10), Some(b'H' | b'M' | b'X'))
}

/// Chinese resident id: a date and the character by 11 (ISO 7064 mod 11-2).
pub(super) fn cn_resident(number: &[u8]) -> bool {
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
pub(super) fn hk_id(number: &[u8]) -> bool {
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
    weighted(&values, &[9, 8, 7, 6, 5, 4, 3, 2, 1]) % 11 == 0
}

/// Korean resident number: a date and a sex. The check digit is random since 2020.
pub(super) fn kr_resident(number: &[u8]) -> bool {
    month_day(number, 2, 4) && matches!(number.get(6), Some(b'1'..=b'8'))
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

/// Indian Aadhaar: Verhoeff, no 0 or 1 first, and not three years in a row.
pub(super) fn in_aadhaar(number: &[u8]) -> bool {
    let years = number
        .chunks(4)
        .all(|four| four.starts_with(b"19") || four.starts_with(b"20"));
    !years && matches!(number.first(), Some(b'2'..=b'9')) && verhoeff(number)
}

/// Indian PAN: the fourth letter says what the holder is.
pub(super) fn in_pan(number: &[u8]) -> bool {
    number
        .get(3)
        .is_some_and(|holder| b"PCHFATBLJG".contains(holder))
}

/// Singapore NRIC and FIN.
pub(super) fn sg_nric(number: &[u8]) -> bool {
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
pub(super) fn my_kad(number: &[u8]) -> bool {
    month_day(number, 2, 4)
}

/// Thai citizen number: by 11.
pub(super) fn th_citizen(number: &[u8]) -> bool {
    digits(number).is_some_and(|digits| {
        let sum = weighted(&digits, &[13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
        (11 - sum % 11) % 10 == digit(&digits, 12)
    })
}

/// South African id: a date, citizenship and Luhn.
pub(super) fn za_id(number: &[u8]) -> bool {
    month_day(number, 2, 4)
        && matches!(number.get(10), Some(b'0' | b'1'))
        && matches!(number.get(11), Some(b'8' | b'9'))
        && luhn(number)
}

/// Russian SNILS: by 101.
pub(super) fn ru_snils(number: &[u8]) -> bool {
    digits(number).is_some_and(|digits| {
        let sum = weighted(&digits, &[9, 8, 7, 6, 5, 4, 3, 2, 1]);
        pair(number, 9) == Some(sum % 101 % 100)
    })
}

/// US bank routing number: 3-7-1, and a first pair that is given out.
pub(super) fn aba(number: &[u8]) -> bool {
    let area = pair(number, 0).is_some_and(|area| matches!(area, 1..=12 | 21..=32 | 61..=72 | 80));
    area && digits(number)
        .is_some_and(|digits| weighted(&digits, &[3, 7, 1, 3, 7, 1, 3, 7, 1]) % 10 == 0)
}

/// Emirates id: the country's code and Luhn.
pub(super) fn ae_id(number: &[u8]) -> bool {
    number.starts_with(b"784")
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
    digits.len() > 2 && (step(0) || step(1) || step(9)) || digits.len() > 7 && runs <= 3
}
