//! Markings that head a text, stand beside its title or on a line of their own.

use std::ops::Range;

use super::words::{COMPANIONS, INSIDE, TOPICS};
use super::{ENDS, MARKING, apart, protects, rest_of, shouted, topic};
use crate::guard::hits::Hits;
use crate::guard::reader::{
    has_word, is_one_of, line_after, line_before, window_after, window_before, words,
};
use crate::guard::shape::before;

/// A marking's main word stands here.
pub(super) fn check(text: &str, at: Range<usize>, hits: &mut Hits) {
    if !apart(text, &at) {
        return;
    }
    let head = line_before(text, at.start, 80);
    let tail = line_after(text, at.end, 120);
    let shown = text.get(at.clone()).unwrap_or_default();
    let (lead, first) = lead_of(head);
    let (rest, companions) = rest_of(tail);
    let start = at.start - lead;
    let front = head.get(..head.len() - lead).unwrap_or_default().trim_end();
    let quoted = matches!(before(text, start), Some(b'"' | b'\'' | b'`'))
        && rest.starts_with(['"', '\'', '`']);
    let asked = rest.starts_with('?') || tail.contains('?') && !tail.contains('.');
    // `/// For internal use only.` says who calls a function.
    let comment = INSIDE.iter().any(|word| is_one_of(shown, &[word]))
        && !shouted(shown)
        && (head.starts_with("    ") || head.trim_start().starts_with(['/', '#', '*']))
        && !second_near(text, &at);
    // `… for internal use only. This is called by …`, `an attorney-client relationship`
    let aside = INSIDE.iter().any(|word| is_one_of(shown, &[word]))
        && !shouted(shown)
        && front.ends_with('.')
        && words(rest).count() > 2
        && !second_near(text, &at);
    let relation = words(rest)
        .next()
        .is_some_and(|word| is_one_of(word, &["relationship", "relationships"]));
    let talk = quoted || asked || comment || aside || relation;
    if talk || topic(head) || !protects(text, &at) {
        return;
    }
    let phrase = words(text.get(start..at.end).unwrap_or_default()).count() + companions;
    let weak = is_one_of(shown, TOPICS);
    let lower = text
        .get(start..)
        .is_some_and(|phrase| phrase.starts_with(char::is_lowercase));
    let classed = classed(front);
    let first = first && (classed || !(weak && lower));
    let titled =
        words(shown).count() > 1 && words(shown).all(|word| word.starts_with(char::is_uppercase));
    let multiple = phrase > words(shown).count() || strong(shown) && !weak || titled;
    let bracket = front.ends_with(['(', '[', '>', '|', '*', '{']);
    let opened = bracket && !(weak && lower);
    let closed = rest.is_empty() || rest.starts_with(ENDS);
    let explained = rest.starts_with([':', '-', '–', '—']) && words(rest).count() > 2 && !weak;
    let ended = rest.is_empty()
        || rest == ")"
        || rest.starts_with(['.', '!', ']', '|', '*', '/'])
        || rest.starts_with("</")
        || explained;
    // A list of such words is talk of them.
    let listed = has_word(tail, &["tlp"])
        || has_word(head, &["tlp"]) && !shown.is_empty() && head.contains(',');
    let marking = if listed {
        false
    } else if classed || bound(head, shown, rest) {
        true
    } else if shouted(shown) {
        closed && (first && (!weak || prose(text, at.end)) || multiple || ended && !weak)
            || first && multiple
    } else {
        (first || opened)
            && (closed
                && (multiple
                    || opened && words(shown).count() > 1 && shown.starts_with(char::is_uppercase))
                && !rest.starts_with(',')
                || ended)
            || first && heads(text, at.end, shown, head, tail)
            || rest.is_empty() && stands_alone(text, at.end, head, tail)
    };
    if marking || (first || opened) && second_near(text, &at) {
        hits.by_context(MARKING, start..at.end);
    }
}

/// Whether a text is said to be under an agreement with somebody: `Under NDA with Acme: …`,
/// `Covered by the non-disclosure agreement between Acme and …`.
fn bound(head: &str, shown: &str, rest: &str) -> bool {
    const BOUND: &[&str] = &["covered", "subject", "bound", "protected", "under"];
    let party = rest
        .strip_prefix("with ")
        .or_else(|| rest.strip_prefix("between "));
    let named = party.is_some_and(|party| party.starts_with(char::is_uppercase));
    let end = rest.find([':', '.', ',', ';', '?']);
    let stated = end.is_some_and(|end| matches!(rest.as_bytes().get(end), Some(b':' | b'.')));
    let sentence = head.rsplit(['.', ':', '!', '?', '>', '*']).next();
    let mut opening = words(sentence.unwrap_or_default()).chain(words(shown));
    let opens = opening
        .next()
        .is_some_and(|word| is_one_of(word, BOUND) && word.starts_with(char::is_uppercase));
    named && stated && opens && has_word(shown, &["nda", "agreement"])
}

/// Whether a head ends in the name of the field that markings are put in.
fn classed(head: &str) -> bool {
    #[rustfmt::skip]
    const FIELDS: &[&str] = &[
        "distribution", "classification", "sensitivity", "marking", "handling", "confidentiality",
        "klassifizierung", "einstufung", "vertraulichkeit", "clasificación", "classificazione",
        "classificação", "classificatie", "rubricering",
    ];
    let field = head
        .trim_end_matches([' ', '*', '|'])
        .strip_suffix([':', '=']);
    let word = field.and_then(|field| words(field).next_back());
    word.is_some_and(|word| is_one_of(word, FIELDS))
}

/// Whether sentences follow, and no list of words.
fn prose(text: &str, at: usize) -> bool {
    let after = window_after(text, at, 160);
    words(after)
        .filter(|word| word.starts_with(char::is_lowercase))
        .count()
        >= 4
}

/// Whether a line that a marking ends is set apart from a longer text: short, without a verb, and an
/// empty line beside it.
fn stands_alone(text: &str, end: usize, head: &str, tail: &str) -> bool {
    #[rustfmt::skip]
    const VERBS: &[&str] = &[
        "keep", "stay", "stays", "make", "be", "it", "remain", "kept", "treat", "not", "you", "i",
        "or", "sign",
    ];
    let before = window_before(text, end.saturating_sub(head.len()), 200);
    let next = window_after(text, end + tail.len(), 3);
    let above = line_before(text, end.saturating_sub(1), 120);
    let start = end.saturating_sub(1).saturating_sub(above.len());
    let apart = window_before(text, start, 2) == "\n\n"
        || window_before(text, start, 4).ends_with("-\n")
        || next.starts_with("\n\n")
        || next.trim().is_empty();
    let line = above.trim_start();
    line.starts_with(char::is_uppercase)
        && words(line).count() <= 6
        && !has_word(line, VERBS)
        && words(before).count() >= 12
        && apart
}

/// Whether a line that a marking begins is a heading: short, no sentence, with a text below.
fn heads(text: &str, end: usize, shown: &str, head: &str, tail: &str) -> bool {
    #[rustfmt::skip]
    const HEADS: &[&str] = &[
        "confidential", "privileged", "vertraulich", "confidentiel", "confidentielle",
        "confidencial", "riservato", "vertrouwelijk", "under nda",
    ];
    let line = tail.trim_end();
    let count = words(line).count();
    let below = window_after(text, end + tail.len(), 200);
    is_one_of(shown, HEADS)
        && shown.starts_with(char::is_uppercase)
        && (1..=9).contains(&count)
        && !line.ends_with(['.', '?', ',', ':'])
        && words(head).count() < 4
        && !has_word(
            line,
            &[
                "information",
                "computing",
                "mean",
                "means",
                "is",
                "are",
                "client",
                "clients",
            ],
        )
        && words(below).count() >= 6
}

/// The companions before a main word, bytes, and whether nothing else stands before them in its
/// sentence.
fn lead_of(head: &str) -> (usize, bool) {
    let mut end = head.len();
    loop {
        let kept = head
            .get(..end)
            .unwrap_or_default()
            .trim_end_matches([' ', '&', '-', '/', '+', '|', ',']);
        let word = kept
            .rsplit(|c: char| !c.is_alphabetic())
            .next()
            .unwrap_or_default();
        if word.is_empty() || !is_one_of(word, COMPANIONS) {
            break;
        }
        end = kept.len() - word.len();
    }
    end -= owner(head.get(..end).unwrap_or_default());
    let before = head.get(..end).unwrap_or_default();
    let begin = before.trim_end_matches([
        ' ', '/', '#', '*', '-', '>', '[', '(', '=', '_', '|', '!', '<', '"', '\'', '~', '·', '•',
        '\t', '–', '—',
    ]);
    let tagged = before.trim_end().ends_with('>');
    let first = begin.is_empty()
        || tagged
        || begin.ends_with([':', '.', '!', ']', '\r', ')'])
        || begin.ends_with(char::is_numeric) && begin.len() < 4
        || labelled(begin);
    (head.len() - end, first)
}

/// How long the name of an owner is that a head ends in, where nothing stands before it:
/// `[Acme `, `M&A - `.
fn owner(head: &str) -> usize {
    let start = head
        .rfind(['[', '(', '|', '>', '\t', '*'])
        .map_or(0, |at| at + 1);
    let name = head.get(start..).unwrap_or_default();
    let kept = name.trim_start();
    let known = words(kept).count() <= 3
        && words(kept).all(|word| word.starts_with(char::is_uppercase))
        && !kept.contains(['.', ':', ',', ';', '?', '!', ')', '(', '<', '='])
        && kept.starts_with(char::is_alphabetic);
    let alone = start > 0 || head.len() < 40;
    if known && alone && !kept.is_empty() {
        kept.len()
    } else {
        0
    }
}

/// Whether a head such as `Subject`, `Classification`, `// Acme Corp` leads to a marking.
fn labelled(begin: &str) -> bool {
    let owner = begin.trim_start_matches([' ', '/', '#', '*', '-', ';', '<', '!', '%']);
    let comment = owner.len() < begin.len();
    let mut names = owner.split(' ').filter(|word| !word.is_empty());
    let capitals = names.clone().all(|word| {
        word.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit() || c == '©' || c == '(')
    });
    comment && capitals && names.by_ref().count() <= 6
}

/// Whether a phrase is a marking in itself, and hardly a word of talk.
fn strong(shown: &str) -> bool {
    shown.contains([':', '/', '-']) || words(shown).count() > 1 || !shown.is_ascii()
}

/// Whether a second word of markings stands near.
fn second_near(text: &str, at: &Range<usize>) -> bool {
    #[rustfmt::skip]
    const SECOND: &[&str] = &[
        "proprietary", "privileged", "disclose", "distribute", "distribution", "disclosure",
        "confidential", "unauthorized", "unauthorised", "weitergabe", "weitergeben", "diffuser",
        "divulguer", "divulgar", "distribuir", "divulgare", "diffondere", "verspreiden",
        "vertraulich", "vertrouwelijk", "confidentiel", "confidencial", "riservato",
    ];
    let shown = text.get(at.clone()).unwrap_or_default();
    let near = window_after(text, at.end, 70);
    let near = near.split(['\n', '?']).next().unwrap_or_default();
    words(near).any(|word| is_one_of(word, SECOND) && !word.eq_ignore_ascii_case(shown))
        && near.contains(['.', ':', '-', '!', ',', '<'])
}
