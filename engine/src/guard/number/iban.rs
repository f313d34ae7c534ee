//! International bank account numbers (ISO 13616): country, length, mod 97.

use super::checksum::mod97;
use super::form::separator;
use crate::guard::finding::{Family, Kind};
use crate::guard::hits::Hits;
use crate::guard::reader::in_word;
use crate::guard::shape::before;

const IBAN: Kind = Kind::of("iban", "a bank account (IBAN)", Family::Financial);

/// Countries and the lengths of their numbers.
#[rustfmt::skip]
const LENGTHS: &[(&[u8; 2], usize)] = &[
    (b"AD", 24), (b"AE", 23), (b"AL", 28), (b"AT", 20), (b"AZ", 28), (b"BA", 20), (b"BE", 16),
    (b"BG", 22), (b"BH", 22), (b"BI", 27), (b"BR", 29), (b"BY", 28), (b"CH", 21), (b"CR", 22),
    (b"CY", 28), (b"CZ", 24), (b"DE", 22), (b"DJ", 27), (b"DK", 18), (b"DO", 28), (b"EE", 20),
    (b"EG", 29), (b"ES", 24), (b"FI", 18), (b"FK", 18), (b"FO", 18), (b"FR", 27), (b"GB", 22),
    (b"GE", 22), (b"GI", 23), (b"GL", 18), (b"GR", 27), (b"GT", 28), (b"HN", 28), (b"HR", 21),
    (b"HU", 28), (b"IE", 22), (b"IL", 23), (b"IQ", 23), (b"IS", 26), (b"IT", 27), (b"JO", 30),
    (b"KW", 30), (b"KZ", 20), (b"LB", 28), (b"LC", 32), (b"LI", 21), (b"LT", 20), (b"LU", 20),
    (b"LV", 21), (b"LY", 25), (b"MC", 27), (b"MD", 24), (b"ME", 22), (b"MK", 19), (b"MN", 20),
    (b"MR", 27), (b"MT", 31), (b"MU", 30), (b"NI", 28), (b"NL", 18), (b"NO", 15), (b"OM", 23),
    (b"PK", 24), (b"PL", 28), (b"PS", 29), (b"PT", 25), (b"QA", 29), (b"RO", 24), (b"RS", 22),
    (b"RU", 33), (b"SA", 24), (b"SC", 31), (b"SD", 18), (b"SE", 24), (b"SI", 19), (b"SK", 24),
    (b"SM", 27), (b"SO", 23), (b"ST", 25), (b"SV", 28), (b"TL", 23), (b"TN", 24), (b"TR", 26),
    (b"UA", 29), (b"VA", 22), (b"VG", 24), (b"XK", 20), (b"YE", 30),
];

/// Those of textbooks and of the registry itself.
#[rustfmt::skip]
const TEXTBOOK: &[&[u8]] = &[
    b"DE89370400440532013000", b"GB82WEST12345698765432", b"GB29NWBK60161331926819",
    b"GB33BUKB20201555555555", b"FR1420041010050500013M02606", b"FR7630006000011234567890189",
    b"ES9121000418450200051332", b"ES7921000813610123456789", b"IT60X0542811101000000123456",
    b"NL91ABNA0417164300", b"CH9300762011623852957", b"BE68539007547034", b"AT611904300234573201",
    b"PL61109010140000071219812874", b"PT50000201231234567890154", b"SE4550000000058398257466",
    b"NO9386011117947", b"DK5000400440116243", b"FI2112345600000785", b"IE29AIBK93115212345678",
    b"LU280019400644750000", b"DE91100000000123456789", b"DE75512108001245126199",
    b"DE12500105170648489890", b"FR7612345678901234567890123",
];

/// Finds a number whose country begins at a place; gives its end.
pub(super) fn find(text: &str, at: usize, hits: &mut Hits) -> Option<usize> {
    let bytes = text.as_bytes();
    if before(text, at).is_some_and(|b| in_word(b) || b == b'_') {
        return None;
    }
    let country = [
        bytes.get(at)?.to_ascii_uppercase(),
        bytes.get(at + 1)?.to_ascii_uppercase(),
    ];
    let (_, size) = LENGTHS.iter().find(|(listed, _)| **listed == country)?;
    let mut number = Vec::with_capacity(*size);
    let mut place = at;
    while number.len() < *size {
        match bytes.get(place) {
            Some(byte) if byte.is_ascii_alphanumeric() => {
                number.push(byte.to_ascii_uppercase());
                place += 1;
            }
            _ if number.len() > 2 => place += separator(text, place)?,
            _ => return None,
        }
    }
    let turned = number.iter().skip(4).chain(number.iter().take(4)).copied();
    let ended = !bytes.get(place).is_some_and(u8::is_ascii_alphanumeric);
    let checked = ended
        && number
            .get(2..4)
            .is_some_and(|two| two.iter().all(u8::is_ascii_digit));
    if !checked || mod97(turned) != 1 || TEXTBOOK.contains(&number.as_slice()) {
        return None;
    }
    hits.by_form(IBAN, at..place);
    Some(place)
}
