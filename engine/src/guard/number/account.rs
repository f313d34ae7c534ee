//! Bank accounts and cards by their labels: account, routing and sort codes, BIC, card codes; and
//! what somebody is paid.

use std::ops::Range;

use super::checksum::{aba, is_sample};
use super::form::{self, fit};
use crate::guard::finding::{Family, Kind};
use crate::guard::hits::Hits;
use crate::guard::label::{Place, following, places};
use crate::guard::part::Part;
use crate::guard::reader::{has_name, has_word, window_after, window_before};

const ACCOUNT: Kind = Kind::of("bank_account", "a bank account", Family::Financial);
const ROUTING: Kind = Kind::of(
    "bank_code",
    "a bank's code beside an account",
    Family::Financial,
);
const BIC: Kind = Kind::of("bic", "a bank's BIC", Family::Financial);
const CARD_CODE: Kind = Kind::of("card_code", "a card's security code", Family::Financial);
const PAY: Kind = Kind::of("salary", "what somebody is paid", Family::Financial);

#[rustfmt::skip]
const ACCOUNT_LABELS: &[&str] = &[
    "account number", "account no", "account num", "account #", "account_number", "account_no",
    "accountnumber", "accountno", "acct", "a/c", "acc no", "bank account", "checking account",
    "savings account", "current account", "kontonummer", "konto-nr", "konto nr", "kontonr",
    "bankkonto", "kto", "numéro de compte", "compte bancaire", "n° de compte", "número de cuenta",
    "numero de cuenta", "cuenta bancaria", "cuenta corriente", "numero di conto", "conto corrente",
    "número da conta", "conta corrente", "conta bancária", "conta", "nib", "rekeningnummer",
    "bankrekening", "numer konta", "numer rachunku", "bankgiro", "plusgiro", "clabe", "rib", "cbu",
    "口座番号", "银行账号", "银行卡号", "계좌번호", "beneficiary account", "brokerage account", "hesap no",
    "číslo účtu",
];
pub(super) const ACCOUNTS: Part = Part {
    literals: ACCOUNT_LABELS,
    check: account,
};

const ROUTING_LABELS: &[&str] = &["routing", "aba", "rtn", "routing_number"];
pub(super) const ROUTINGS: Part = Part {
    literals: ROUTING_LABELS,
    check: routing,
};

#[rustfmt::skip]
const BANK_LABELS: &[&str] = &[
    "sort code", "sort-code", "sort_code", "sortcode", "bsb", "bankleitzahl", "blz",
    "transit number", "ifsc", "bank code", "branch code", "agência", "agencia",
];
pub(super) const BANKS: Part = Part {
    literals: BANK_LABELS,
    check: bank_code,
};

const BIC_LABELS: &[&str] = &["bic", "swift", "bic/swift", "swift/bic", "swift code"];
pub(super) const BICS: Part = Part {
    literals: BIC_LABELS,
    check: bic,
};

#[rustfmt::skip]
const CARD_CODE_LABELS: &[&str] = &[
    "cvv", "cvv2", "cvc", "cvc2", "cv2", "csc", "card security code", "security code",
    "prüfziffer", "kartenprüfnummer", "cryptogramme", "código de seguridad", "codice di sicurezza",
    "código de segurança",
];
pub(super) const CARD_CODES: Part = Part {
    literals: CARD_CODE_LABELS,
    check: card_code,
};

#[rustfmt::skip]
const PAY_LABELS: &[&str] = &[
    "salary", "salaries", "gehalt", "bruttogehalt", "jahresgehalt", "nettolohn", "bruttolohn",
    "lohn", "salaire", "salario", "stipendio", "payroll", "compensation", "wage", "bonus",
    "net pay", "gross pay", "net salary", "sueldo", "nómina", "salário", "salaris",
    "wynagrodzenie", "pensja", "payslip", "paycheck", "paystub", "earns", "base pay", "annual pay",
    "take-home", "severance", "abfindung",
];
pub(super) const PAYS: Part = Part {
    literals: PAY_LABELS,
    check: pay,
};

fn near(text: &str, at: &Range<usize>) -> Vec<Place> {
    places(text, at)
        .into_iter()
        .filter(|place| place.near)
        .collect()
}

/// The first of several forms that fits at one of the places.
fn first(
    text: &str,
    places: &[Place],
    forms: &[&str],
    accept: fn(&[u8]) -> bool,
) -> Option<Range<usize>> {
    let mut fits = places.iter().flat_map(|place| {
        let fits = forms.iter().filter_map(|form| fit(form, text, place.at));
        fits.map(|fit| (place.at, fit))
    });
    let (at, fit) = fits.find(|(at, fit)| {
        form::ends(text, fit.end) && form::begins(text, *at) && accept(fit.compact())
    })?;
    Some(at..fit.end)
}

fn not_shown(number: &[u8]) -> bool {
    !is_sample(number)
}

fn account(text: &str, at: Range<usize>, hits: &mut Hits) {
    for place in near(text, &at) {
        let Some((end, digits)) = digits(text, place.at) else {
            continue;
        };
        if (6..=26).contains(&digits.len()) && not_shown(&digits) && form::begins(text, place.at) {
            return hits.by_context(ACCOUNT, place.at..end);
        }
    }
}

/// Digits with separators between them, and where they end.
fn digits(text: &str, at: usize) -> Option<(usize, Vec<u8>)> {
    let bytes = text.as_bytes();
    let mut kept = Vec::new();
    let mut place = at;
    let mut end = at;
    while kept.len() < 28 {
        match bytes.get(place) {
            Some(byte) if byte.is_ascii_digit() => {
                kept.push(*byte);
                place += 1;
                end = place;
            }
            _ => match form::separator(text, place) {
                Some(size) if place > at => place += size,
                _ => break,
            },
        }
    }
    (form::ends(text, end) && !kept.is_empty()).then_some((end, kept))
}

fn routing(text: &str, at: Range<usize>, hits: &mut Hits) {
    let accept = |number: &[u8]| aba(number) && !is_sample(number);
    if let Some(found) = first(
        text,
        &near(text, &at),
        &["999999999", "9999_9999_9"],
        accept,
    ) {
        hits.by_context(ROUTING, found);
    }
}

fn bank_code(text: &str, at: Range<usize>, hits: &mut Hits) {
    #[rustfmt::skip]
    const FORMS: &[&str] = &[
        "99_99_99", "999_999_99", "999_999", "AAAA0XXXXXX", "99999_999", "9999_9", "9999",
    ];
    let Some(found) = first(text, &near(text, &at), FORMS, not_shown) else {
        return;
    };
    let short = found.len() < 6;
    let around = window_after(text, found.end, 60);
    let account = around.bytes().filter(u8::is_ascii_digit).count() >= 5;
    if !short || account {
        hits.by_context(ROUTING, found);
    }
}

fn bic(text: &str, at: Range<usize>, hits: &mut Hits) {
    const COUNTRIES: &str = "AD AE AL AT AU AZ BA BE BG BH BR BY CA CH CL CN CO CR CY CZ DE DK DO EE EG ES FI FR \
        GB GE GR HK HR HU ID IE IL IN IS IT JO JP KE KR KW KZ LB LI LT LU LV MA MC MD ME MK \
        MT MX MY NG NL NO NZ OM PA PE PH PK PL PT QA RO RS RU SA SE SG SI SK TH TN TR TW UA \
        US UY VN ZA";
    let behind = following(text, at.end)
        .into_iter()
        .filter(|place| place.near);
    let upper = behind.chain(near(text, &at)).find_map(|place| {
        let long = fit("AAAAAAXXXXX", text, place.at);
        let fit = long.or_else(|| fit("AAAAAAXX", text, place.at))?;
        let shown = text.get(place.at..fit.end)?;
        let country = shown.get(4..6)?;
        let listed = COUNTRIES.split(' ').any(|listed| listed == country);
        let whole = form::ends(text, fit.end) && !shown.bytes().any(|b| b.is_ascii_lowercase());
        (listed && whole).then_some(place.at..fit.end)
    });
    if let Some(found) = upper {
        hits.by_context(BIC, found);
    }
}

fn card_code(text: &str, at: Range<usize>, hits: &mut Hits) {
    if let Some(found) = first(text, &near(text, &at), &["999", "9999"], not_shown) {
        hits.by_context(CARD_CODE, found);
    }
}

/// Words that say whose pay it is.
#[rustfmt::skip]
const PAID: &[&str] = &[
    "employee", "emp", "staff", "personnel", "mitarbeiter", "mitarbeiterin", "empleado", "employé",
    "dipendente", "funcionário", "werknemer", "pracownik",
];
#[rustfmt::skip]
const MONEY: &[&str] = &[
    "usd", "eur", "gbp", "chf", "inr", "pln", "sek", "nok", "dkk", "brl", "cad", "aud", "jpy",
    "euro", "euros", "dollars", "pounds",
];

/// An amount and a person, or a person's number, near a word for pay.
fn pay(text: &str, at: Range<usize>, hits: &mut Hits) {
    // A record has no empty line in it.
    let before = window_before(text, at.start, 90);
    let before = before.rsplit("\n\n").next().unwrap_or_default();
    let after = window_after(text, at.end, 90);
    let after = after.split("\n\n").next().unwrap_or_default();
    let numbered = |window: &str| {
        has_word(window, PAID)
            && window
                .split(|c: char| !c.is_ascii_digit())
                .any(|run| run.len() >= 3 && !(run.len() == 4 && run.starts_with("20")))
    };
    let person = has_name(before) || has_name(after) || numbered(before) || numbered(after);
    if person && (amount(after) || amount(before)) {
        hits.by_context(PAY, at.start..at.end + after.len());
    }
}

/// Whether a text holds a sum of money of at least four digits.
fn amount(window: &str) -> bool {
    let symbol = window.contains(['€', '$', '£', '¥', '₹']) || has_word(window, MONEY);
    let mut digits = 0;
    let mut grouped = false;
    for (byte, next) in window.bytes().zip(window.bytes().skip(1).chain([b' '])) {
        match byte {
            b'0'..=b'9' => digits += 1,
            b',' | b'.' | b' ' | b'\'' if digits > 0 && next.is_ascii_digit() => {
                grouped |= byte != b' '
            }
            b'k' | b'K' if digits >= 2 => return true,
            _ => {
                if digits >= 4 && (symbol || grouped || digits >= 5) {
                    return true;
                }
                digits = 0;
                grouped = false;
            }
        }
    }
    digits >= 4 && (symbol || grouped || digits >= 5)
}
