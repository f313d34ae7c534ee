//! Dates as people write them.

use crate::guard::reader::window_after;

/// A date in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Date {
    /// Where it ends.
    pub(super) end: usize,
    /// Its year, of four digits or two.
    pub(super) year: u32,
}

/// A piece of a date.
enum Piece {
    Number { value: u32, digits: usize },
    Word,
}

/// The first letters of months in the languages of Europe, lower case.
#[rustfmt::skip]
const MONTHS: &[&str] = &[
    "jan", "feb", "fév", "fev", "mar", "mär", "maa", "mrt", "mrz", "apr", "avr", "abr", "mai",
    "may", "maj", "mei", "mag", "jun", "jui", "giu", "jul", "lug", "lip", "aug", "aoû", "aou",
    "ago", "sep", "set", "sie", "wrz", "okt", "oct", "ott", "out", "paź", "nov", "lis", "dec",
    "dez", "déc", "dic", "gen", "ene", "gru", "sty", "lut", "kwi", "cze", "янв", "фев", "мар",
    "апр", "мая", "июн", "июл", "авг", "сен", "окт", "ноя", "дек", "oca", "şub", "nis", "haz",
    "tem", "ağu", "eyl", "eki", "kas", "ara",
];

/// Reads a date: day, month and year in any order that is in use, with a month's name or number.
pub(super) fn read(text: &str, at: usize) -> Option<Date> {
    let window = window_after(text, at, 40);
    let mut pieces = Vec::with_capacity(3);
    let mut rest = window;
    while pieces.len() < 3 {
        let first = rest.chars().next()?;
        let size = if first.is_ascii_digit() {
            rest.bytes().take_while(u8::is_ascii_digit).count()
        } else if first.is_alphabetic() && !matches!(first, '年' | '月' | '日' | '년' | '월' | '일')
        {
            rest.find(|c: char| !c.is_alphabetic())
                .unwrap_or(rest.len())
        } else {
            return None;
        };
        let piece = rest.get(..size)?;
        rest = rest.get(size..)?;
        match piece.parse::<u32>() {
            Ok(value) => pieces.push(Piece::Number {
                value,
                digits: size,
            }),
            Err(_) if is_month(piece) => pieces.push(Piece::Word),
            Err(_)
                if matches!(
                    piece,
                    "de" | "of" | "del" | "the" | "di" | "st" | "nd" | "rd" | "th" | "er" | "do"
                ) => {}
            Err(_) => return None,
        }
        if let [Piece::Number { value, digits: 8 }] = pieces.as_slice() {
            return compact(*value).map(|year| Date {
                end: at + size,
                year,
            });
        }
        if pieces.len() < 3 {
            let gap = rest.len()
                - rest
                    .trim_start_matches([
                        ' ', '.', '-', '/', ',', '年', '月', '日', '년', '월', '일', 'º', '°',
                    ])
                    .len();
            if gap > 8 {
                return None;
            }
            rest = rest.get(gap..)?;
        }
    }
    let year = year(&pieces)?;
    Some(Date {
        end: at + window.len() - rest.len(),
        year,
    })
}

fn is_month(word: &str) -> bool {
    let lower = word.to_lowercase();
    MONTHS.iter().any(|month| lower.starts_with(month))
}

/// `19850312`.
fn compact(value: u32) -> Option<u32> {
    let (year, month, day) = (value / 10_000, value / 100 % 100, value % 100);
    let valid =
        (1900..2100).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    valid.then_some(year)
}

/// The year of three pieces, if together they make a date.
fn year(pieces: &[Piece]) -> Option<u32> {
    let day = |value: u32| (1..=31).contains(&value);
    let full = |value: u32, digits: usize| digits == 4 && (1000..2100).contains(&value);
    match pieces {
        [
            Piece::Number { value: y, digits },
            Piece::Number { value: m, .. },
            Piece::Number {
                value: d,
                digits: ..=2,
            },
        ] if full(*y, *digits) => (day(*d) && day(*m)).then_some(*y),
        [
            Piece::Number { value: d, .. },
            Piece::Number { value: m, .. },
            Piece::Number { value: y, digits },
        ] if full(*y, *digits) || *digits == 2 => {
            (day(*d) && day(*m) && (*d <= 12 || *m <= 12)).then_some(*y)
        }
        [
            Piece::Number { value: d, .. },
            Piece::Word,
            Piece::Number { value: y, digits },
        ]
        | [
            Piece::Word,
            Piece::Number { value: d, .. },
            Piece::Number { value: y, digits },
        ] if full(*y, *digits) || *digits == 2 => day(*d).then_some(*y),
        [
            Piece::Number { value: y, digits },
            Piece::Word,
            Piece::Number {
                value: d,
                digits: ..=2,
            },
        ] if full(*y, *digits) => day(*d).then_some(*y),
        _ => None,
    }
}
