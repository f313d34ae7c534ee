//! Which values are believed to be secrets, under which names and in which places.

use super::super::shape::Mix;
use super::super::value::{self, Judged};
use super::connector::Link;
use super::extract::Slot;
use super::names::Name;
use super::words::Class;

/// Whether a value is a secret, given how sure its name and its place are.
pub(super) fn is_believed(inner: &str, judged: Judged, name: &Name, slot: &Slot) -> bool {
    let sure = matches!(slot.link, Link::Assign) || slot.link == Link::Call && !name.getter;
    match (name.class, judged) {
        (Class::Code, _) if sure && is_code(inner) => true,
        (_, Judged::Placeholder) => false,
        (Class::Code, judged) => {
            sure && slot.link != Link::Call
                && (matches!(judged, Judged::Password | Judged::Random) && inner.len() >= 12
                    || slot.link == Link::Assign && value::is_striking(inner)
                    || value::is_chained(inner))
        }
        (Class::Answer, _) => sure && is_answer(inner),
        (Class::Weak, Judged::Random) => {
            (sure || slot.link == Link::Pair && inner.len() >= 24) && is_key(inner, name)
        }
        (Class::Weak, _) => false,
        (_, Judged::Random) => {
            slot.link != Link::Call || !name.getter || inner.len() >= 20 && !value::is_hex(inner)
        }
        (Class::Password, Judged::Password) => sure || slot.quoted || value::is_striking(inner),
        (Class::Secret, Judged::Password) => {
            let mix = Mix::of(inner);
            let various = mix.other > 0 && mix.digit >= 2 && inner.len() >= 8 || mix.turns >= 5;
            sure && (slot.quoted && (mix.other > 0 || inner.len() >= 12)
                || various && !has_call(inner))
                || value::is_striking(inner) && slot.link != Link::Pair
        }
        (Class::Password, Judged::Ordinary) => {
            let told = slot.quoted
                && matches!(slot.link, Link::Pair | Link::Direct)
                && (value::is_chained(inner)
                    || value::is_irregular(inner) && !value::is_expression(inner));
            told || sure
                && !name.getter
                && slot.link == Link::Assign
                && (value::is_weak_password(inner) || slot.quoted && is_phrase(inner, name))
        }
        (Class::Secret, Judged::Ordinary) => sure && slot.quoted && value::is_chained(inner),
    }
}

fn has_call(inner: &str) -> bool {
    inner.contains(['(', '[', '{'])
}

/// Whether a random value is long and various enough to be a key where the name hardly says so.
pub(super) fn is_key(inner: &str, name: &Name) -> bool {
    if value::is_uuid(inner) {
        return false;
    }
    let various = Mix::of(inner).classes() == 3;
    if value::is_hex(inner) {
        return name.compound && matches!(inner.len(), 32 | 40 | 48 | 64 | 128);
    }
    inner.len() >= if name.compound { 16 } else { 20 } && (various || name.compound)
}

/// A name or the like; not a word of a description.
pub(super) fn is_answer(inner: &str) -> bool {
    (3..48).contains(&inner.len())
        && inner.starts_with(char::is_uppercase)
        && !matches!(value::judge(inner), Judged::Placeholder)
        && inner.split(' ').count() <= 4
        && inner.split(' ').all(|word| {
            word.chars()
                .all(|c| c.is_alphanumeric() || c == '-' || c == '\'')
        })
}

/// Four to ten digits, perhaps in groups; or groups of letters and digits.
pub(super) fn is_code(inner: &str) -> bool {
    let digits = inner.bytes().filter(u8::is_ascii_digit).count();
    let plain = inner
        .bytes()
        .all(|b| b.is_ascii_digit() || b == b'-' || b == b' ');
    let first = inner.bytes().next();
    if inner.bytes().all(|b| Some(b) == first) || "0123456789".contains(inner) {
        return false;
    }
    if plain {
        return (4..=10).contains(&digits)
            && inner.bytes().next().is_some_and(|b| b.is_ascii_digit());
    }
    let groups = inner.split('-').all(|group| {
        (3..=8).contains(&group.len()) && group.bytes().all(|b| b.is_ascii_alphanumeric())
    });
    groups
        && digits >= 2
        && inner.len() >= 8
        && matches!(value::judge(inner), Judged::Random | Judged::Password)
}

/// Four to eight words that make no sentence, under a name that means such.
fn is_phrase(inner: &str, name: &Name) -> bool {
    const GRAMMAR: &[&str] = &[
        "the",
        "a",
        "is",
        "to",
        "your",
        "for",
        "of",
        "and",
        "or",
        "must",
        "be",
        "in",
        "with",
        "not",
        "password",
        "please",
        "this",
        "that",
        "passphrase",
    ];
    let words: Vec<&str> = inner.split(' ').take(10).collect();
    name.class == Class::Password
        && (4..=8).contains(&words.len())
        && words.iter().all(|word| {
            word.len() >= 3
                && word.bytes().all(|b| b.is_ascii_lowercase())
                && !GRAMMAR.contains(word)
        })
}
