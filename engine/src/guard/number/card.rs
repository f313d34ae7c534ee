//! Payment cards: issuer, length and Luhn, and signs that the digits are a card at all.

use super::checksum::{is_sample, luhn};
use super::form;
use crate::guard::finding::{Family, Kind};
use crate::guard::hits::Hits;
use crate::guard::reader::{has_word, window_after, window_before};

const CARD: Kind = Kind::of("payment_card", "a payment card", Family::Financial);

/// Words near a card, in the languages of the world's larger card markets.
#[rustfmt::skip]
const PAYMENT: &[&str] = &[
    "card", "cards", "credit", "debit", "visa", "mastercard", "amex", "american", "discover",
    "diners", "jcb", "maestro", "unionpay", "cc", "ccn", "pan", "payment", "pay", "paid", "charge",
    "charged", "refund", "cvv", "cvc", "cvv2", "exp", "expiry", "expires", "valid", "billing",
    "cardholder", "holder", "checkout", "purchase", "kreditkarte", "karte", "kartennummer",
    "kreditkartennummer", "karten", "carte", "bancaire", "bleue", "paiement", "tarjeta", "crédito",
    "pago", "carta", "credito", "carta", "cartão", "cartao", "kaart", "creditcard", "kaartnummer",
    "creditcardnummer", "karta", "karty", "kort", "kortnummer", "kredi", "kartı", "кредит",
    "карта", "карты", "カード", "信用卡", "카드", "cardnumber", "cardno",
];

/// Numbers that processors publish for tests, without separators.
#[rustfmt::skip]
const PUBLISHED: &[&str] = &[
    "4242424242424242", "4111111111111111", "4012888888881881", "4222222222222",
    "4000056655665556", "4000002500003155", "4000000000000002", "4000000000009995",
    "4000000000003220", "4005519200000004", "4009348888881881", "4012000033330026",
    "4012000077777777", "4217651111111119", "4500600000000061", "4000111111111115",
    "5555555555554444", "5105105105105100", "5200828282828210", "5454545454545454",
    "5555341244441115", "5424000000000015", "2223003122003222", "2223000048400011",
    "2222405343248877", "2223000048410010", "2222400070000005", "5425233430109903",
    "4263982640269299", "4917484589897107", "4001919257537193", "374245455400126",
    "378282246310005", "371449635398431", "378734493671000", "6011111111111117",
    "6011000990139424", "6011000400000000", "6011601160116611", "3056930009020004",
    "30569309025904", "38520000023237", "36227206271667", "3566002020360505", "3530111333300000",
    "3528000700000000", "6200000000000005", "6759649826438453", "6304000000000000",
    "4462030000000000", "4988438843884305", "370000000000002", "5019717010103742",
    "5577000055770004",
];

/// Whether an issuer gives out numbers with this beginning and length.
fn issued(number: &[u8]) -> bool {
    let head = |size: usize| {
        let head = number
            .get(..size)
            .and_then(|head| std::str::from_utf8(head).ok());
        head.and_then(|head| head.parse::<u32>().ok()).unwrap_or(0)
    };
    match number.len() {
        13 | 19 if head(1) == 4 => true,
        14 => matches!(head(2), 36 | 38 | 39) || matches!(head(3), 300..=305),
        15 => matches!(head(2), 34 | 37),
        16 => {
            head(1) == 4
                || matches!(head(2), 51..=55 | 60 | 62 | 64 | 65 | 35 | 36 | 81)
                || matches!(head(4), 2200..=2204 | 2221..=2720 | 5018 | 5020 | 5038 | 5067 | 5090 | 6304 | 6759 | 6761..=6763 | 9792)
        }
        17..=19 => {
            matches!(head(2), 62)
                || matches!(head(4), 5018 | 5020 | 5038 | 6304 | 6759 | 6761..=6763)
        }
        _ => false,
    }
}

/// Finds a card whose digits begin at a place; gives its end.
pub(super) fn find(text: &str, at: usize, hits: &mut Hits) -> Option<usize> {
    if !form::begins(text, at) {
        return None;
    }
    let run = Run::read(text, at);
    let grouped = run.grouped();
    if !(13..=19).contains(&run.digits.len())
        || !(grouped || run.groups.len() == 1)
        || !form::ends(text, run.end)
        || !issued(&run.digits)
        || !luhn(&run.digits)
    {
        return None;
    }
    let published = PUBLISHED.iter().any(|known| known.as_bytes() == run.digits);
    if published || is_sample(&run.digits) {
        return None;
    }
    let stands = grouped && !run.dotted || run.digits.len() >= 15 && isolated(text, at, run.end);
    let named = has_word(window_before(text, at, 60), PAYMENT)
        || has_word(window_after(text, run.end, 40), PAYMENT);
    if !stands && !named {
        return None;
    }
    hits.by_form(CARD, at..run.end);
    Some(run.end)
}

/// Whether a value is all of a line, a field or a quoted string.
fn isolated(text: &str, from: usize, to: usize) -> bool {
    let left = window_before(text, from, 2).trim_end_matches(' ');
    let right = window_after(text, to, 2).trim_start_matches(' ');
    // One of a list of numbers is none.
    let comma = |part: &str, at_end: bool| {
        let part = part.trim();
        let other = if at_end {
            part.strip_suffix(',')
        } else {
            part.strip_prefix(',')
        };
        let other = other.map(|other| {
            if at_end {
                other.trim_end().chars().next_back()
            } else {
                other.trim_start().chars().next()
            }
        });
        matches!(other, Some(Some('0'..='9' | '-')))
    };
    if comma(window_before(text, from, 6), true) || comma(window_after(text, to, 20), false) {
        return false;
    }
    let edge = |c: char| {
        matches!(
            c,
            '\n' | '\r'
                | '"'
                | '\''
                | '`'
                | ';'
                | '|'
                | '\t'
                | ','
                | '='
                | ':'
                | '>'
                | '<'
                | '['
                | ']'
                | '{'
                | '}'
        )
    };
    (left.is_empty() || left.ends_with(edge)) && (right.is_empty() || right.starts_with(edge))
}

/// Digits in groups with one sort of separator between them.
struct Run {
    digits: Vec<u8>,
    groups: Vec<usize>,
    /// Whether full stops separate the groups, as in tables of codes.
    dotted: bool,
    end: usize,
}

impl Run {
    fn read(text: &str, at: usize) -> Self {
        let bytes = text.as_bytes();
        let mut run = Self {
            digits: Vec::new(),
            groups: vec![0],
            dotted: false,
            end: at,
        };
        let mut mark = None;
        let mut place = at;
        while run.digits.len() <= 20 {
            match bytes.get(place) {
                Some(byte) if byte.is_ascii_digit() => {
                    run.digits.push(*byte);
                    if let Some(group) = run.groups.last_mut() {
                        *group += 1;
                    }
                    place += 1;
                    run.end = place;
                }
                Some(byte) if form::separator(text, place).is_some() => {
                    let size = form::separator(text, place).unwrap_or(1);
                    let next = bytes.get(place + size).is_some_and(u8::is_ascii_digit);
                    if !next || mark.is_some_and(|mark| mark != *byte) || *byte == b'/' {
                        break;
                    }
                    mark = Some(*byte);
                    run.dotted = *byte == b'.';
                    run.groups.push(0);
                    place += size;
                }
                _ => break,
            }
        }
        run
    }

    /// As cards print their numbers.
    fn grouped(&self) -> bool {
        matches!(
            self.groups.as_slice(),
            [4, 4, 4, 4]
                | [4, 6, 5]
                | [4, 6, 4]
                | [4, 4, 4, 4, 3]
                | [4, 4, 4, 1]
                | [6, 13]
                | [4, 4, 4, 3]
                | [8, 8]
        )
    }
}
