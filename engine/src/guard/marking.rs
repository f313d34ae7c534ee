//! Texts that their owner has marked as confidential.
//!
//! A marking is set off from the text it protects: it heads it, stands on a line of its own or
//! in capitals, ends in a full stop, is doubled by another. A text that talks of confidentiality does
//! none of that.

mod leading;
mod words;

use std::ops::Range;

use super::finding::{Family, Kind};
use super::hits::Hits;
use super::part::{self, Part};
use super::reader::{
    has_word, in_word, is_one_of, line_after, line_before, window_after, window_before, words,
};
use super::shape::{after, before};
use words::COMPANIONS;

const MARKING: Kind = Kind::of(
    "confidential_marking",
    "a text marked as confidential",
    Family::Confidential,
);

const PARTS: &[Part] = &[
    Part {
        literals: words::LEADING,
        check: leading::check,
    },
    Part {
        literals: words::ORDERS,
        check: order,
    },
    Part {
        literals: words::STATED,
        check: stated,
    },
];

pub(super) fn literals() -> Vec<&'static str> {
    part::literals(PARTS)
}

pub(super) fn check(text: &str, literal: usize, at: Range<usize>, hits: &mut Hits) {
    part::check(PARTS, literal, text, at, hits);
}

/// An order to the readers stands here: a marking where it begins or ends a sentence, or where the
/// text speaks of itself.
fn order(text: &str, at: Range<usize>, hits: &mut Hits) {
    if !apart(text, &at) {
        return;
    }
    let head = line_before(text, at.start, 100);
    let tail = line_after(text, at.end, 80);
    let shown = text.get(at.clone()).unwrap_or_default();
    let (rest, _) = rest_of(tail);
    let begin = head.trim_end_matches([
        ' ', '/', '#', '*', '-', '>', '[', '(', '–', '—', '|', '_', '=',
    ]);
    let opens = begin.is_empty()
        || begin.ends_with(['.', ';', '!', ',', ':', '"'])
        || head.len() - begin.len() > 2;
    let outside = has_word(
        tail,
        &[
            "outside",
            "externally",
            "external",
            "beyond",
            "third",
            "without",
            "extern",
            "hors",
            "fuera",
            "terceros",
            "terzi",
            "tiers",
            "dritte",
            "buiten",
            "fora",
            "team",
            "company",
            "permission",
            "anyone",
        ],
    ) || has_word(shown, &["external", "public", "onward"]);
    let sentence_rest = rest.split(ENDS).next().unwrap_or_default();
    let closed = words(sentence_rest).count() <= 2;
    let capitals = shouted(shown);
    let company = has_word(
        window_before(text, at.start, 120),
        &[
            "confidential",
            "proprietary",
            "privileged",
            "draft",
            "internal",
            "vertraulich",
            "confidentiel",
            "confidencial",
            "riservato",
            "vertrouwelijk",
            "document",
            "memo",
            "counsel",
            "legal",
            "intern",
            "interne",
            "internes",
            "interner",
            "interno",
            "release",
        ],
    ) || has_word(
        tail,
        &["confidential", "proprietary", "privileged", "draft"],
    );
    let marked = capitals && (opens || closed)
        || opens && (closed || outside) && (company || outside)
        || company && (closed || outside);
    if marked && !topic(head) && protects(text, &at) && !tail.contains('?') {
        hits.by_context(MARKING, at);
    }
}

/// The text says of itself what it is: `this message is confidential and intended solely for …`.
fn stated(text: &str, at: Range<usize>, hits: &mut Hits) {
    #[rustfmt::skip]
    const ITSELF: &[&str] = &[
        "document", "email", "e-mail", "mail", "message", "memo", "memorandum", "file", "report",
        "presentation", "communication", "information", "material", "materials", "letter", "code",
        "software", "source", "deck", "transmission", "attachment", "draft", "slide", "page",
        "conversation", "nachricht", "dokument", "unterlagen", "information", "bericht",
        "courriel", "document", "mensaje", "correo", "documento", "messaggio", "mensagem",
        "bericht", "dit", "data", "contents", "agreement", "note", "record", "analysis",
    ];
    #[rustfmt::skip]
    const DEICTIC: &[&str] = &[
        "this", "these", "the following", "diese", "dieses", "dieser", "ce", "cette", "este",
        "esta", "questo", "questa", "dit", "deze", "esse", "essa",
    ];
    if !apart(text, &at) {
        return;
    }
    let head = window_before(text, at.start, 90);
    let sentence = head
        .rsplit(['.', '!', '?', '\n', ':', '[', '(', '>', '"', '*', '|'])
        .next()
        .unwrap_or_default();
    let tail = window_after(text, at.end, 80);
    let mut before = words(sentence);
    let deictic = before.clone().position(|word| is_one_of(word, DEICTIC));
    let opening = deictic.is_some_and(|place| place <= 1);
    let itself = before
        .by_ref()
        .skip(deictic.unwrap_or(0))
        .take(4)
        .any(|word| is_one_of(word, ITSELF));
    let verb = has_word(
        sentence,
        &[
            "is", "are", "contains", "contain", "may", "remains", "includes", "ist", "sind",
            "enthält", "est", "sont", "contient", "es", "son", "contiene", "è", "sono", "contém",
            "é", "bevat",
        ],
    );
    let asked = tail
        .split(['.', '\n'])
        .next()
        .is_some_and(|rest| rest.contains('?'));
    let asks = words(sentence).next().is_some_and(|word| {
        is_one_of(
            word,
            &[
                "is", "are", "can", "does", "what", "why", "how", "if", "write", "explain",
            ],
        )
    });
    if opening && itself && verb && !asked && !asks && protects(text, &at) {
        hits.by_context(MARKING, at);
    }
}

/// What a marking ends in.
const ENDS: &[char] = &[
    '.', ':', ';', '-', '–', '—', '|', ']', ')', '*', '/', ',', '!', '_', '=', '#', '>', '<', '"',
    '\r', '(', '}',
];

/// What stands behind a main word and its companions, and how many of those there are.
fn rest_of(tail: &str) -> (&str, usize) {
    let mut rest = tail;
    let mut companions = 0;
    loop {
        let trimmed = rest.trim_start_matches([' ', '&', '+']);
        let size = trimmed
            .find(|c: char| !c.is_alphabetic())
            .unwrap_or(trimmed.len());
        let word = trimmed.get(..size).unwrap_or_default();
        if word.is_empty() || !is_one_of(word, COMPANIONS) || companions > 6 {
            return (trimmed.trim_end(), companions);
        }
        companions += 1;
        rest = trimmed.get(size..).unwrap_or_default();
    }
}

/// Whether a phrase is written in capitals.
fn shouted(shown: &str) -> bool {
    let letters = || shown.chars().filter(|c| c.is_alphabetic());
    letters().count() > 3 && !letters().any(char::is_lowercase) && letters().any(char::is_uppercase)
}

/// Whether a head asks about a marking or orders one to be written.
fn topic(head: &str) -> bool {
    #[rustfmt::skip]
    const TALK: &[&str] = &[
        "what", "why", "how", "mean", "means", "meaning", "explain", "define", "definition",
        "difference", "write", "add", "stamp", "watermark", "label", "labelled", "labeled",
        "marked", "marking", "header", "footer", "template", "example", "word", "term", "phrase",
        "translate", "clause", "agreement", "is", "are", "bedeutet", "heißt", "was", "signifie",
        "significa", "erkläre", "when", "should", "can",
    ];
    let sentence = head
        .rsplit(['.', '!', ':', '\n', '>', '['])
        .next()
        .unwrap_or_default();
    has_word(sentence, TALK)
}

/// Whether there is a text beside the marking for it to protect.
fn protects(text: &str, at: &Range<usize>) -> bool {
    let after = window_after(text, at.end, 200);
    let before = window_before(text, at.start, 200);
    words(after).count() >= 4 || words(before).count() >= 12
}

/// Whether a phrase is no part of a longer word.
fn apart(text: &str, at: &Range<usize>) -> bool {
    let shown = text.get(at.clone()).unwrap_or_default();
    let inner = shown.bytes().any(|b| b >= 128);
    inner
        || !before(text, at.start)
            .is_some_and(|b| in_word(b) || b == b'_' || b == b'-' && shown == "sensitive")
            && !after(text, at.end).is_some_and(|b| in_word(b) || b == b'_')
}

#[cfg(test)]
mod tests;
