//! Secrets in sentences: `the password for the test box is …`.
//!
//! After a name the words of the sentence are judged one by one. Right after the name, after a verb
//! that equates, and after a colon a value need only have the form of a password; elsewhere it has
//! to stand out.

use std::ops::Range;

use super::super::hits::Hits;
use super::super::shape::Mix;
use super::super::value::{self, Judged};
use super::believe::{is_answer, is_code, is_key};
use super::extract;
use super::kind;
use super::names::Name;
use super::words::{self, Class};

/// Words that equate what stands before and after, or hand a value over.
const EQUATING: &[&str] = &[
    "is", "was", "are", "were", "be", "to", "as", "equals", "reads", "ist", "war", "lautet",
    "lauten", "zu", "auf", "als", "es", "era", "son", "est", "était", "sont", "è", "é", "foi",
    "c'est", "à", "en", "mit", "con", "avec", "são", "jest", "je", "to", "это", "был", "är", "er",
    "var", "=", "-", "->", "=>", "→", "–", "—", ":", "|", "like", "with", "use", "used", "using",
    "namely", "called", "now", "still", "just",
];
/// Nouns that claim the word after them: that word is no secret then.
const OTHER: &[&str] = &[
    "commit",
    "sha",
    "sha1",
    "sha256",
    "md5",
    "hash",
    "checksum",
    "digest",
    "id",
    "uuid",
    "guid",
    "version",
    "request",
    "trace",
    "build",
    "image",
    "etag",
    "revision",
    "rev",
    "release",
    "host",
    "server",
    "node",
    "pod",
    "user",
    "username",
    "client",
    "tenant",
    "issue",
    "ticket",
    "branch",
    "tag",
    "file",
    "table",
    "port",
    "error",
    "in",
    "on",
    "at",
    "from",
    "by",
    "via",
    "than",
    "model",
    "cluster",
    "instance",
    "box",
    "machine",
    "named",
    "fingerprint",
    "signature",
    "line",
];
/// Words of a sentence that are looked at.
const MOST: usize = 14;
/// Bytes of a sentence that are looked at.
pub(super) const WINDOW: usize = 320;

/// Judges the words after a name.
pub(super) fn check(text: &str, name: &Name, hits: &mut Hits) {
    let found = forward(text, name).or_else(|| backward(text, name));
    if let Some(range) = found {
        hits.by_context(kind(name.class), range);
    }
}

/// One word of a text, without the marks around it.
pub(super) fn word(text: &str, from: usize, to: usize) -> Range<usize> {
    let raw = text.get(from..to).unwrap_or_default();
    let lead = raw.trim_start_matches(['"', '\'', '`', '(', '[', '*', '“', '«', '‘', '„', '_']);
    let start = from + raw.len() - lead.len();
    let inner = lead.trim_end_matches([
        '"', '\'', '`', '“', '”', '»', '’', '*', ',', ';', ')', '?', '.', '`',
    ]);
    let kept = extract::trimmed(inner);
    start..start + kept.len()
}

/// The end of the word that begins at a place, and the begin of the next one on the line.
fn extent(text: &str, from: usize, limit: usize) -> usize {
    let rest = text.get(from..limit).unwrap_or_default();
    from + rest.find(char::is_whitespace).unwrap_or(rest.len())
}

fn forward(text: &str, name: &Name) -> Option<Range<usize>> {
    let limit = text.floor_char_boundary(name.range.end + WINDOW);
    // What clings to the name belongs to it: a plural, a closing quote, a colon.
    let mut at = extent(text, name.range.end, limit);
    let clinging = text.get(name.range.end..at)?;
    if clinging.contains(['(', '/', '\\', '=', '<', '>', '[', '{', '@', '$']) || clinging.len() > 6
    {
        return None;
    }
    // An attribute's value is no word of a sentence.
    let head = text.get(..name.range.start).unwrap_or_default();
    if clinging.starts_with(['"', '\'']) && head.trim_end_matches(['"', '\'', '\\']).ends_with('=')
    {
        return None;
    }
    // A sign with another word behind it makes no plural: `pw;var`, `key,value`.
    let kept = clinging.trim_end_matches(|c: char| !c.is_alphanumeric());
    if kept.contains([';', ',', '.']) {
        return None;
    }
    let mut equated = clinging.ends_with(':');
    if !equated && clinging.ends_with(['.', '?', '!', ';', ',']) {
        return None;
    }
    let label = text.get(name.range.clone())?;
    // Spanish hands over with `a`, which is an article elsewhere.
    let foreign = !label.is_ascii()
        || label.eq_ignore_ascii_case("clave")
        || label.eq_ignore_ascii_case("senha");
    // Whoever passes or keys something says no password after the verb.
    let verb = label.eq_ignore_ascii_case("pass");
    let mut claimed = false;
    for index in 0..MOST {
        let rest = text.get(at..limit)?;
        let blank = rest.len() - rest.trim_start().len();
        // A label may stand above its value; a verb, and the key of a mapping, do not.
        let below = equated && !verb && !clinging.starts_with(['"', '\'']);
        if blank == 0 || rest.get(..blank)?.contains('\n') && !below {
            return None;
        }
        let from = at + blank;
        let to = extent(text, from, limit);
        at = to;
        let raw = text.get(from..to)?;
        let range = word(text, from, to);
        let inner = text.get(range.clone())?;
        if is_genitive(inner) {
            return None;
        }
        let plain = inner.trim_matches(|c: char| c.is_ascii_punctuation());
        if index == 0 && words::is_about(plain)
            || words::class(plain, None, None).is_some_and(|class| class != Class::Weak)
        {
            return None;
        }
        let equated_now = equated && !(verb && said_to(text, from));
        // `API key (…)` says which; a remark of several words says more of it.
        let remark = raw.starts_with(['[', '{']) || raw.starts_with('(') && !raw.contains(')');
        let near = index == 0 && !verb && !remark;
        if super::is_elided(text, range.end) || matches!(plain, "public" | "publishable") {
            return None;
        }
        if !claimed && accepts(inner, name, near, equated_now) {
            return Some(range);
        }
        let ends = raw.ends_with(['.', '?', '!', ';', '{', '}']) && inner.len() < 20;
        if ends {
            return None;
        }
        equated = raw.ends_with([':', '='])
            || foreign && raw == "a"
            || EQUATING.iter().any(|known| raw.eq_ignore_ascii_case(known));
        claimed = !equated && OTHER.iter().any(|known| plain.eq_ignore_ascii_case(known));
    }
    None
}

/// Whether `to` or `with` stands before a word: `pass it to …`.
fn said_to(text: &str, from: usize) -> bool {
    let head = text.get(..from).unwrap_or_default().trim_end();
    ["to", "with", "as", "a", "-", "by"]
        .iter()
        .any(|word| head.ends_with(word))
}

fn accepts(inner: &str, name: &Name, near: bool, equated: bool) -> bool {
    // Most words of a sentence are no more than that.
    let word = inner.len() < 16 && inner.bytes().all(|b| b.is_ascii_alphabetic());
    if word && name.class != Class::Answer && Mix::of(inner).turns < 3
        || value::is_expression(inner)
    {
        return false;
    }
    let judged = value::judge(inner);
    match (name.class, judged) {
        (Class::Answer, _) => equated && is_answer(inner),
        (Class::Code, _) => {
            (equated || near && inner.bytes().all(|b| b.is_ascii_digit())) && is_code(inner)
                || (near || equated)
                    && (matches!(judged, Judged::Password | Judged::Random) && inner.len() >= 12
                        || value::is_chained(inner))
        }
        (_, Judged::Placeholder) => false,
        (Class::Weak, Judged::Random) => (near || equated) && is_key(inner, name),
        (Class::Weak, _) => false,
        (_, Judged::Random) => near || equated || !value::is_uuid(inner),
        (_, Judged::Password) => {
            (near || equated) && inner.len() >= 8 && is_chosen(inner) || value::is_striking(inner)
        }
        (Class::Password, Judged::Ordinary) => {
            let strange = Mix::of(inner).digit > 0 || inner.len() >= 12;
            equated && value::is_weak_password(inner) && strange || near && value::is_chained(inner)
        }
        (Class::Secret, Judged::Ordinary) => equated && value::is_chained(inner),
    }
}

/// Whether a word with digits is a password rather than the name of a thing in a sentence.
pub(super) fn is_chosen(inner: &str) -> bool {
    let mix = Mix::of(inner);
    mix.digit >= 2 || inner.bytes().any(|b| value::SYMBOL.has(b))
}

/// `Ann's password` is hers, and no password.
fn is_genitive(word: &str) -> bool {
    word.ends_with("'s") || word.ends_with("’s")
}

/// Whether a word may say whose key it is: `as the Cloudflare API key`.
fn is_title(word: &str) -> bool {
    word.starts_with(char::is_uppercase) && word.chars().all(char::is_alphabetic)
}

/// `… is my password`, `use … as the password`.
fn backward(text: &str, name: &Name) -> Option<Range<usize>> {
    const BETWEEN: &[&str] = &[
        "my",
        "the",
        "our",
        "a",
        "new",
        "old",
        "mot",
        "de",
        "di",
        "das",
        "le",
        "la",
        "mon",
        "mi",
        "mijn",
        "mein",
        "root",
        "admin",
        "db",
        "database",
        "current",
        "your",
        "their",
        "his",
        "her",
        "api",
        "access",
        "wifi",
        "global",
        "account",
        "personal",
        "service",
        "auth",
        "application",
        "bearer",
        "client",
        "private",
        "signing",
        "encryption",
        "webhook",
        "bot",
        "deploy",
    ];
    const LINK: &[&str] = &[
        "is", "as", "was", "=", "comme", "como", "als", "come", "jako", "som", "ist", "est", "es",
    ];
    let begin = text.ceil_char_boundary(name.range.start.saturating_sub(WINDOW / 2));
    let mut linked = false;
    let mut end = name.range.start;
    for _ in 0..5 {
        let before = text.get(begin..end)?.trim_end_matches([' ', '(']);
        let from = begin + before.rfind(char::is_whitespace).map_or(0, |at| at + 1);
        let range = word(text, from, begin + before.len());
        let inner = text.get(range.clone())?;
        if is_genitive(inner) {
            return None;
        }
        if inner.is_empty() && from < end {
            end = from;
            continue;
        }
        if LINK.iter().any(|known| inner.eq_ignore_ascii_case(known)) {
            linked = true;
        } else if !BETWEEN
            .iter()
            .any(|known| inner.eq_ignore_ascii_case(known))
            && (linked || !is_title(inner))
        {
            let head = text.get(..range.start).unwrap_or_default().trim_end();
            let quoted = head.ends_with(['«', '"', '\'', '`', '“', '„'])
                && value::judge(inner) == Judged::Password;
            let weak = name.class == Class::Weak;
            let secret = linked
                && (matches!(name.class, Class::Password | Class::Secret)
                    || weak && value::judge(inner) == Judged::Random && is_key(inner, name))
                && (value::is_striking(inner) && (!value::is_hex(inner) || inner.len() >= 32)
                    || value::is_chained(inner)
                    || quoted && inner.len() >= 8);
            return secret.then_some(range);
        }
        end = from;
    }
    None
}
