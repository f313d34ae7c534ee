//! An account and its password in one breath.

use std::ops::Range;

use super::super::hits::Hits;
use super::super::shape::Alphabet;
use super::super::value::{self, Judged};
use super::PASSWORD;
use super::prose::{WINDOW, is_chosen, word};

/// Words before an account and its password.
pub(super) const LITERALS: &[&str] = &[
    "login",
    "user",
    "cred",
    "account",
    "zugang",
    "log in with",
    "sign in with",
    "usuario",
    "utilisateur",
    "benutzer",
    "utente",
];

/// `login admin / …`, `creds admin:…`.
pub(super) fn check(text: &str, at: Range<usize>, hits: &mut Hits) {
    if Alphabet::WORD
        .with(b"/:@.-&?$=")
        .run_back(text, at.start, 1)
        > 0
    {
        return;
    }
    let limit = text.floor_char_boundary(at.end + WINDOW / 2);
    let Some(rest) = text.get(at.end..limit) else {
        return;
    };
    let line = rest.split('\n').next().unwrap_or_default();
    let ending = Alphabet::LETTER.run(line, 0, 12);
    if !matches!(
        line.as_bytes().get(ending),
        Some(b' ' | b':' | b'=' | b'\t' | b'*')
    ) {
        return;
    }
    let mut words = line
        .get(ending..)
        .unwrap_or_default()
        .split_whitespace()
        .scan(at.end + ending, |from, piece| {
            let begin = *from + text.get(*from..limit)?.find(piece)?;
            *from = begin + piece.len();
            Some(begin..begin + piece.len())
        });
    let Some(mut first) = words.next() else {
        return;
    };
    let joiner = |range: &Range<usize>| {
        text.get(range.clone()).is_some_and(|piece| {
            matches!(
                piece,
                ":" | "=" | "is" | "are" | "ist" | "->" | "-" | "name"
            )
        })
    };
    let mut joined = line
        .get(ending..)
        .is_some_and(|rest| rest.starts_with([':', '=']));
    while joiner(&first)
        || text
            .get(first.clone())
            .is_some_and(|piece| piece.len() <= 2 && piece.ends_with(':'))
    {
        joined = true;
        match words.next() {
            Some(next) => first = next,
            None => return,
        }
    }
    let Some(account) = text.get(first.clone()) else {
        return;
    };
    let inner = account.trim_start_matches([':', '=', '"', '\'', '`', '(']);
    let from = first.end - inner.len();
    if let Some(cut) = inner
        .find(['/', ':', '|'])
        .filter(|cut| *cut > 1 && *cut + 1 < inner.len())
    {
        if is_account(inner.get(..cut).unwrap_or_default()) {
            believe(text, word(text, from + cut + 1, first.end), joined, hits);
        }
        return;
    }
    let parted = inner.ends_with([',', '/', ':', '|']);
    if !is_account(inner.trim_end_matches([',', '/', ':', '|', '"', '\'', '`'])) {
        return;
    }
    let Some(second) = words.next() else {
        return;
    };
    let slash = text.get(second.clone()).is_some_and(|piece| {
        matches!(
            piece,
            "/" | "|" | ":" | "\\" | "-" | "+" | "&" | "and" | "und" | "y" | "et" | "e"
        )
    });
    let third = if slash {
        words.next()
    } else {
        parted.then_some(second)
    };
    if let Some(range) = third {
        believe(text, word(text, range.start, range.end), true, hits);
    }
}

fn is_account(name: &str) -> bool {
    name.len() >= 2
        && name.len() < 64
        && name.bytes().all(|b| Alphabet::WORD.with(b".-@+").has(b))
        && name.bytes().any(|b| b.is_ascii_alphabetic())
}

fn believe(text: &str, range: Range<usize>, joined: bool, hits: &mut Hits) {
    let inner = text.get(range.clone()).unwrap_or_default();
    if value::is_expression(inner) {
        return;
    }
    let secret = match value::judge(inner) {
        Judged::Random => !value::is_hex(inner),
        Judged::Password => {
            value::is_striking(inner)
                || joined
                    && inner.len() >= 8
                    && is_chosen(inner)
                    && !inner.contains(['/', ':', '@'])
        }
        Judged::Ordinary => joined && value::is_chained(inner),
        Judged::Placeholder => false,
    };
    if secret {
        hits.by_context(PASSWORD, range);
    }
}
