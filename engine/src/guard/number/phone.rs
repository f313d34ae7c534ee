//! Telephone numbers: E.164 in any grouping, the national ways of writing them, and any beside a
//! label. Numbers that are set aside for fiction, free lines and emergency numbers are none.

use std::ops::{Range, RangeInclusive};

use super::checksum::is_sample;
use super::form;
use crate::guard::finding::{Family, Kind};
use crate::guard::hits::Hits;
use crate::guard::label::places;
use crate::guard::part::Part;
use crate::guard::reader::window_after;
use crate::guard::shape::before;

const PHONE: Kind = Kind::of("phone", "a telephone number", Family::Personal);

/// What a number is called where it is given, in lower case.
#[rustfmt::skip]
const LABELS: &[&str] = &[
    "phone", "telephone", "tel", "mobile", "cell", "cellphone", "fax", "whatsapp", "handy",
    "telefon", "telefonnummer", "rufnummer", "mobil", "festnetz", "mobilnummer", "handynummer",
    "mobiltelefon", "téléphone", "telephone", "tél", "portable", "móvil", "movil", "celular",
    "teléfono", "telefono", "cellulare", "telefone", "telemóvel", "telefoon", "mobiel",
    "telefoonnummer", "mobilnr", "komórka", "komórkowy", "telefonu", "puhelin", "puhelinnumero",
    "mobiltelefonnummer", "cep telefonu", "cep", "gsm", "sms", "viber", "landline", "hotline",
    "call me", "call us", "call him", "call her", "call them", "reach me", "reach her",
    "reach him", "ring me", "text me", "text her", "text him", "dial", "caller", "contact number",
    "contact no", "contact", "my number", "meine nummer", "ruf mich", "rufen sie", "llámame",
    "mon numéro", "mi número", "meu número", "il mio numero", "mijn nummer", "mój numer", "msisdn",
    "телефон", "тел", "Телефон", "номер", "моб", "電話", "电话", "携帯", "手机", "手機", "전화", "휴대폰", "연락처",
    "هاتف", "जवाल", "फोन", "मोबाइल", "โทร", "điện thoại", "sđt", "phone_number", "phonenumber",
];

/// What is called at a label.
pub(super) const PHONES: Part = Part {
    literals: LABELS,
    check,
};

/// Country codes of two digits; 1 and 7 stand alone, all others have three.
const TWO_DIGITS: &[u16] = &[
    20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56,
    57, 58, 60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98,
];

/// Country codes of three digits.
#[rustfmt::skip]
const THREE_DIGITS: &[RangeInclusive<u16>] = &[
    211..=213, 216..=216, 218..=218, 220..=269, 290..=291, 297..=299, 350..=359,
    370..=389, 420..=423, 500..=509, 590..=599, 670..=692, 800..=800, 808..=808, 850..=856, 870..=888, 960..=979, 992..=998,
];

/// A number as it is written.
#[derive(Default)]
struct Written {
    /// Digits alone.
    digits: Vec<u8>,
    /// The digits' groups.
    groups: Vec<usize>,
    end: usize,
    /// Whether something other than blanks separates groups.
    marked: bool,
    /// How many gaps are a full stop.
    dots: usize,
    /// Whether a mark without a bracket stands before the last group.
    tight: bool,
    /// How many digits stand in brackets before anything else.
    bracketed: usize,
}

impl Written {
    /// Reads digits and what may stand between them, from a digit or an opening bracket on.
    fn read(text: &str, at: usize) -> Self {
        let bytes = text.as_bytes();
        let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
        let mut written = Self {
            end: at,
            ..Self::default()
        };
        let mut place = at;
        while written.digits.len() < 20 {
            let size = match byte(place) {
                digit if digit.is_ascii_digit() => {
                    if written.groups.is_empty() || place > written.end {
                        written.groups.push(0);
                    }
                    written.digits.push(digit);
                    if let Some(group) = written.groups.last_mut() {
                        *group += 1;
                    }
                    written.end = place + 1;
                    1
                }
                _ => gap(bytes, place),
            };
            if size == 0 {
                break;
            }
            let between = bytes.get(place..place + size).unwrap_or_default();
            let mark =
                !byte(place).is_ascii_digit() && between.iter().any(u8::is_ascii_punctuation);
            if byte(place) == b')' && written.groups.len() == 1 {
                written.bracketed = written.digits.len();
            }
            written.tight = if byte(place).is_ascii_digit() {
                written.tight
            } else {
                mark && !between.contains(&b'(')
            };
            written.dots += usize::from(between == b".");
            written.marked |= mark && byte(place + size).is_ascii_digit();
            place += size;
        }
        written
    }

    /// Without the groups at the end that go beyond what a number may have.
    fn cut(mut self, most: usize) -> Self {
        while self.digits.len() > most && self.groups.len() > 1 {
            let last = self.groups.pop().unwrap_or(0);
            self.digits.truncate(self.digits.len().saturating_sub(last));
        }
        self
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.digits).unwrap_or_default()
    }
}

/// How long a gap between two groups is, 0 where there is none: at most a mark and a blank beside
/// it, with a digit behind.
fn gap(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    let size = rest
        .iter()
        .take(6)
        .take_while(|b| {
            matches!(
                b,
                b' ' | b'-' | b'.' | b'/' | b'(' | b')' | 0xc2 | 0xa0 | 0xe2 | 0x80 | 0x90 | 0x91
            )
        })
        .count();
    let gap = rest.get(..size).unwrap_or_default();
    let marks = gap
        .iter()
        .filter(|b| matches!(b, b'-' | b'.' | b'/'))
        .count();
    let blanks = gap.iter().filter(|b| **b == b' ').count();
    let sentence = gap.starts_with(b". ") || gap.starts_with(b"- ") || gap.ends_with(b" .");
    let opens = gap == b"(";
    let fits = marks <= 1 && blanks <= 2 && size <= 4 && !sentence;
    let digit = rest.get(size).is_some_and(u8::is_ascii_digit);
    if fits && (digit || opens) { size } else { 0 }
}

/// Finds a number that begins at a digit; what stands before it says how it is to be read.
pub(super) fn find(text: &str, at: usize, hits: &mut Hits) -> Option<usize> {
    let bytes = text.as_bytes();
    let back = |n: usize| at.checked_sub(n).and_then(|at| bytes.get(at)).copied();
    let (start, plus) = match (back(1), back(2)) {
        (Some(b'+'), _) => (at - 1, true),
        (Some(b'('), Some(b'+')) => (at - 2, true),
        (Some(b'('), _) => (at - 1, false),
        _ => (at, false),
    };
    if !form::begins(text, start) || column(bytes, start) {
        return None;
    }
    let written = Written::read(text, if plus { at } else { start });
    // Blanks between groups of four are a dump.
    let dump = !written.marked && written.groups.iter().all(|size| *size == 4);
    let double_zero = window_after(text, at, 2) == "00"
        && written.groups.len() > 1
        && !dump
        && (written.groups.first() != Some(&3)
            || matches!(written.digits.get(2), Some(b'1' | b'7')));
    let written = if plus { written.cut(15) } else { written };
    let end = if plus {
        end_of(text, at, written.digits.len())
    } else {
        written.end
    };
    let number = written.text();
    if number_like(&written) || !plus && !double_zero && dump && written.groups.len() > 1 {
        return None;
    }
    let found = if plus {
        international(number)
    } else if double_zero {
        number.get(2..).is_some_and(international)
    } else {
        national(&written)
    };
    if !found || !form::ends(text, end) || harmless(&written, plus) {
        return None;
    }
    hits.by_form(PHONE, start..end);
    Some(end)
}

/// Whether it is written like a decimal number or an address of the internet.
fn number_like(written: &Written) -> bool {
    let all_dots = written.dots + 1 == written.groups.len();
    let fits = match written.groups.as_slice() {
        [2, rest @ ..] if rest.len() == 4 => rest.iter().all(|size| *size == 2),
        [_, rest @ ..] if rest.len() >= 2 => {
            rest.iter().all(|size| *size >= 2) && written.groups.iter().any(|size| *size > 3)
        }
        _ => false,
    };
    written.dots > 0 && all_dots && !fits
}

/// Where so many digits end.
fn end_of(text: &str, at: usize, digits: usize) -> usize {
    let bytes = text.bytes().enumerate().skip(at);
    let mut each = bytes.filter(|(_, byte)| byte.is_ascii_digit());
    each.nth(digits.saturating_sub(1))
        .map_or(at, |(place, _)| place + 1)
}

/// Whether numbers stand to the left in the same line, as in a table or a dump.
fn column(bytes: &[u8], at: usize) -> bool {
    let left = bytes.get(..at).unwrap_or_default();
    matches!(left, [.., b'0'..=b'9' | b'a'..=b'f', b'0'..=b'9', b' '] | [.., b'0'..=b'9', b' ', b' '])
}

/// E.164 without its `+`.
fn international(number: &str) -> bool {
    let head = |size: usize| {
        number
            .get(..size)
            .and_then(|head| head.parse::<u16>().ok())
            .unwrap_or(0)
    };
    match number.as_bytes() {
        [b'1', rest @ ..] => rest.len() == 10 && north_american(rest),
        [b'7', rest @ ..] => rest.len() == 10,
        [b'0', ..] => false,
        _ if TWO_DIGITS.contains(&head(2)) => (9..=15).contains(&number.len()),
        _ => {
            (9..=15).contains(&number.len())
                && THREE_DIGITS.iter().any(|codes| codes.contains(&head(3)))
        }
    }
}

/// Ten digits: area and exchange begin with 2 to 9 and are no service codes.
fn north_american(number: &[u8]) -> bool {
    let block = |at: usize| {
        number
            .get(at..at + 3)
            .is_some_and(|block| block.first() > Some(&b'1') && block.get(1..) != Some(b"11"))
    };
    number.len() == 10 && block(0) && block(3)
}

/// The ways in which nations write numbers without a country code, as far as they look like
/// nothing else.
fn national(written: &Written) -> bool {
    let number = written.digits.as_slice();
    let leading = number.first() == Some(&b'0') && number.get(1) > Some(&b'0');
    match (written.groups.as_slice(), number) {
        // A point and a hyphen stand together in numbers of clauses and of parts.
        ([3, 3, 4], _) if written.marked && !leading && written.dots != 1 => {
            north_american(number) && (written.bracketed == 3 || written.tight)
        }
        ([1, 3, 3, 4], [b'1', rest @ ..]) => written.marked && north_american(rest),
        ([1, 3, 3, 2, 2], [b'8', ..]) => written.marked,
        ([2, 5, 4], [_, _, b'9', ..]) | ([2, 4, 4], _) if written.bracketed == 2 => true,
        ([3, 4, 4], [b'1', b'3'..=b'9', ..]) => true,
        ([first, rest @ ..], _) if leading => {
            let year = matches!(number, [_, _, b'1' | b'2', b'9' | b'0', ..]);
            let security = written.groups == [3, 2, 4];
            let date = *first == 2
                && (matches!(rest, [2, year, ..] if *year > 3) || rest.first() == Some(&4) && year);
            let two = matches!(rest, [last] if *last < 5 || *first > 5);
            let least = if rest.len() > 1 { 9 } else { 10 };
            let pairs =
                written.groups.len() != 5 && *first == 2 && rest.iter().all(|size| *size == 2);
            let shape = !security
                && !pairs
                && (2..=6).contains(first)
                && !rest.is_empty()
                && rest.iter().all(|size| *size >= 2);
            shape && !date && !two && (least..=12).contains(&number.len())
        }
        _ => false,
    }
}

/// Numbers for fiction and free lines, and those counted up for show.
fn harmless(written: &Written, plus: bool) -> bool {
    let number = written.text();
    let national = number.strip_prefix("00").unwrap_or(number);
    let coded = plus || written.groups.first() == Some(&1);
    let local = national
        .strip_prefix('1')
        .filter(|_| coded)
        .unwrap_or(national);
    let american = local.len() == 10 && !local.starts_with('0');
    let british = national
        .strip_prefix("44")
        .unwrap_or(national)
        .trim_start_matches('0');
    let fiction = american
        && (local.starts_with("555")
            || (local.get(3..8) == Some("55501") || local.ends_with("5551212")))
        || local.len() == 7 && local.starts_with("55501")
        || ["7700900", "2079460", "1632960"]
            .iter()
            .any(|block| british.starts_with(block));
    let free = american
        && [
            "800", "888", "877", "866", "855", "844", "833", "822", "900",
        ]
        .iter()
        .any(|area| local.starts_with(area))
        || written.groups.first() == Some(&4)
            && (number.starts_with("0800") || number.starts_with("0808"));
    fiction || free || shown(number)
}

/// Whether seven of the digits are counted up, or all but a few are the same.
fn shown(number: &str) -> bool {
    let bytes = number.as_bytes();
    let pairs = || {
        bytes.chunks(2).map(|two| {
            two.iter()
                .fold(0, |value, digit| value * 10 + u32::from(digit - b'0'))
        })
    };
    let counted = pairs()
        .zip(pairs().skip(1))
        .all(|(one, next)| one + 1 == next);
    counted || is_sample(bytes) || bytes.windows(7).any(is_sample)
}

/// A label stands here: finds the number that it names.
fn check(text: &str, at: Range<usize>, hits: &mut Hits) {
    let near = places(text, &at).into_iter().filter(|place| place.near);
    for place in near {
        let led = text.as_bytes().get(place.at) == Some(&b'+');
        let plus = led || before(text, place.at) == Some(b'+');
        let written = Written::read(text, place.at + usize::from(led));
        let year = |digits: &[u8]| digits.starts_with(b"19") || digits.starts_with(b"20");
        let years = written.groups == [4, 4] && written.digits.chunks(4).all(year);
        let date = years
            || matches!(
                written.groups.as_slice(),
                [4, 2, 2, ..] | [2, 2, 4, ..] | [1, 2, 4, ..] | [1, 1, 4] | [2, 1, 4]
            );
        let least = if written.groups.len() > 1 { 7 } else { 9 };
        let known = (least..=15).contains(&written.digits.len()) && !date && !number_like(&written);
        if known
            && form::ends(text, written.end)
            && form::begins(text, place.at)
            && !harmless(&written, plus)
        {
            return hits.by_context(PHONE, place.at..written.end);
        }
    }
}
