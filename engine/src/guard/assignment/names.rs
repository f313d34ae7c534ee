//! The name of what is assigned: whether what stands under it is a secret.
//!
//! A key word is found inside identifiers of every style (`DB_PASSWORD`, `clientSecret`,
//! `api-key`, `Datadog API key`). The identifier is read as words. The last key word says what it
//! is about, the words after it whether it is that itself or something about it: `token` is a
//! secret, `token_type` is not.

use std::ops::Range;

use super::super::shape::{Alphabet, before};
use super::words::{self, Class};

/// A name that a secret may stand under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    /// The whole identifier, bytes.
    pub(super) range: Range<usize>,
    pub(super) class: Class,
    /// Whether the identifier is more than one word, so that no sentence has it by chance.
    pub(super) compound: bool,
    /// Whether a function of that name is told what to look up, rather than a secret.
    pub(super) getter: bool,
}

/// The longest identifier that is read to one side of a key word, bytes.
const SIDE: usize = 64;
/// Words of one identifier that are read at most.
const WORDS: usize = 12;
const PART: Alphabet = Alphabet::WORD.with(b"-.");

/// Reads the name around a key word. None where it names no secret, and where a later key word of
/// the same identifier decides.
pub(super) fn around(text: &str, literal: Range<usize>) -> Option<Name> {
    let range = identifier(text, &literal);
    let ident = text.get(range.clone())?;
    let mut parts = [(0, 0); WORDS];
    let count = split(ident, &mut parts);
    let parts = parts.get(..count)?;
    let word = |at: usize| {
        let (from, to) = parts.get(at)?;
        ident.get(*from..*to)
    };
    if ident.eq_ignore_ascii_case("code") && matches!(before(text, range.start), Some(b'?' | b'&'))
    {
        // The key of a function's address, or the code that a token is given for.
        return Some(Name {
            range,
            class: Class::Weak,
            compound: true,
            getter: false,
        });
    }
    let (index, class) = (0..count).rev().find_map(|at| {
        let preceding = at.checked_sub(1).and_then(word);
        let preceding = preceding.or_else(|| said_before(text, range.start));
        let further = at.checked_sub(2).and_then(word);
        Some((at, words::class(word(at)?, preceding, further)?))
    })?;
    let (from, to) = *parts.get(index)?;
    let here = range.start + from..range.start + to;
    if here.end <= literal.start || literal.end <= here.start {
        return None;
    }
    if (index + 1..count).filter_map(word).any(words::is_about) {
        return None;
    }
    if (0..index).filter_map(word).any(words::is_public) && class != Class::Password {
        return None;
    }
    if class == Class::Code
        && (index + 1..count)
            .filter_map(word)
            .any(|word| !word.bytes().all(|b| b.is_ascii_digit()))
    {
        return None;
    }
    // A question (`isPassword`, `has_token`) or an amount (`max_tokens`).
    if word(0).is_some_and(words::is_question) && count > 1 {
        return None;
    }
    let queried = matches!(before(text, range.start), Some(b'?' | b'&'));
    let compound = count > 1 || queried || words::is_joined(word(index)?);
    // Languages that put the sort behind: `clé API`.
    let sort = text
        .get(range.end..range.end + 4)
        .filter(|_| class == Class::Weak);
    if sort.is_some_and(|sort| sort.eq_ignore_ascii_case(" api")) {
        return Some(Name {
            range: range.start..range.end + 4,
            class: Class::Secret,
            compound: true,
            getter: false,
        });
    }
    Some(Name {
        range,
        class,
        compound,
        getter: word(0).is_some_and(words::is_getter),
    })
}

/// The identifier that a key word stands in. Points and hyphens at its ends are none of it.
fn identifier(text: &str, literal: &Range<usize>) -> Range<usize> {
    let from = literal.start - letters_before(text, literal.start);
    let to = literal.end + letters_after(text, literal.end);
    let head = text.get(from..literal.start).unwrap_or_default();
    let after = text.get(literal.end..to).unwrap_or_default();
    // What stands before two hyphens, or before an escaped line's end, is another matter:
    // `run--password`, `\npassword`.
    let start = literal.start - head.trim_start_matches(['-', '.']).len();
    let escaped = text.as_bytes().get(start.wrapping_sub(1)) == Some(&b'\\')
        && !head.is_empty()
        && head.starts_with(['n', 't', 'r']);
    let end = match after.find("--").or_else(|| after.find("..")) {
        Some(at) => literal.end + at,
        None => literal.end + after.trim_end_matches(['-', '.']).len(),
    };
    start + usize::from(escaped)..end
}

/// Bytes of an identifier's part: also letters beyond ASCII, of scripts with blanks between words.
fn letters_after(text: &str, from: usize) -> usize {
    let mut size = PART.run(text, from, SIDE);
    while size < SIDE
        && let Some(next) = text.get(from + size..).and_then(|rest| rest.chars().next())
        && is_latin(next)
    {
        size += next.len_utf8();
        size += PART.run(text, from + size, SIDE);
    }
    size
}

fn letters_before(text: &str, to: usize) -> usize {
    let mut size = PART.run_back(text, to, SIDE);
    while size < SIDE
        && let Some(next) = text
            .get(..to - size)
            .and_then(|rest| rest.chars().next_back())
        && is_latin(next)
    {
        size += next.len_utf8();
        size += PART.run_back(text, to - size, SIDE);
    }
    size
}

/// A letter of the Latin script beyond ASCII.
fn is_latin(c: char) -> bool {
    ('\u{c0}'..='\u{24f}').contains(&c)
}

/// Finds the words of an identifier: at separators, and where a capital follows a small letter or
/// begins a word after capitals (`APIKey`). Returns how many there are.
fn split(ident: &str, parts: &mut [(usize, usize); WORDS]) -> usize {
    let bytes = ident.as_bytes();
    let (mut count, mut from) = (0, 0);
    let mut add = |from: usize, to: usize| {
        if from < to {
            // The last words count; of too long a name the first are forgotten.
            if count == WORDS {
                parts.rotate_left(1);
                count -= 1;
            }
            if let Some(part) = parts.get_mut(count) {
                *part = (from, to);
                count += 1;
            }
        }
    };
    for (at, &byte) in bytes.iter().enumerate() {
        let last = at.checked_sub(1).and_then(|at| bytes.get(at)).copied();
        let next = bytes.get(at + 1).copied();
        if matches!(byte, b'_' | b'-' | b'.' | b' ') {
            add(from, at);
            from = at + 1;
        } else if byte.is_ascii_uppercase()
            && last.is_some_and(|last| begins(last, next, bytes.get(at + 2)))
            || byte.is_ascii_digit() && last.is_some_and(|last| last.is_ascii_alphabetic())
        {
            add(from, at);
            from = at;
        }
    }
    add(from, bytes.len());
    count
}

/// Whether a capital begins a word: after a small letter or a digit, or as the last of several
/// before a word in small letters (`APIKey`).
fn begins(last: u8, next: Option<u8>, second: Option<&u8>) -> bool {
    last.is_ascii_lowercase()
        || last.is_ascii_digit()
        || last.is_ascii_uppercase()
            && next.is_some_and(|next| next.is_ascii_lowercase())
            && second.is_some_and(u8::is_ascii_lowercase)
}

/// The word before an identifier, where one space parts them: `API key`.
fn said_before(text: &str, start: usize) -> Option<&str> {
    let space = start.checked_sub(1)?;
    if !matches!(text.as_bytes().get(space)?, b' ' | b'-' | b'/') {
        return None;
    }
    let run = Alphabet::WORD.run_back(text, space, 24);
    text.get(space - run..space).filter(|word| !word.is_empty())
}
