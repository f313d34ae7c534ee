//! Records whose one field is a name and another its value: `name: DB_PASSWORD` above `value: …`,
//! `key="Password" value="…"`, `variable "token" { default = "…" }`.

use super::super::hits::Hits;
use super::super::shape::{Alphabet, after, before};
use super::connector::Link;
use super::extract;
use super::names::Name;
use super::{Verdict, judge};

/// Names of the field that holds the value.
const FIELDS: &[&str] = &[
    "value",
    "default",
    "val",
    "content",
    "defaultvalue",
    "default_value",
    "plaintext",
    "secret_string",
    "secretstring",
    "secret_data",
    "stringvalue",
    "data",
    "v",
];
/// How far below the name the value may stand, bytes and lines.
const WINDOW: usize = 320;
const LINES: usize = 6;

/// Looks for a value field near a name that is itself a value. Tells whether one was found.
pub(super) fn check(text: &str, name: &Name, hits: &mut Hits) -> bool {
    if !is_value(text, name) {
        return false;
    }
    let window = text
        .get(name.range.end..text.floor_char_boundary(name.range.end + WINDOW))
        .unwrap_or_default();
    let mut from = 0;
    let mut lines = 0;
    while let Some(rest) = window.get(from..) {
        let skip = rest
            .find(|c: char| c.is_ascii_alphabetic() || c == '\n')
            .unwrap_or(rest.len());
        let passed = rest.get(..skip).unwrap_or_default();
        // The record's end, or the next one's begin.
        if skip == rest.len() || passed.contains('}') || passed.contains("/>") {
            return false;
        }
        let begin = from + skip;
        if window.as_bytes().get(begin) == Some(&b'\n') {
            lines += 1;
            let next = window
                .get(begin + 1..)
                .unwrap_or_default()
                .trim_start_matches(' ');
            if lines > LINES || next.starts_with("- ") || next.starts_with('\n') {
                return false;
            }
            from = begin + 1;
            continue;
        }
        let size = Alphabet::WORD.run(window, begin, 64);
        let field = window.get(begin..begin + size).unwrap_or_default();
        from = begin + size.max(1);
        if FIELDS.iter().any(|known| field.eq_ignore_ascii_case(known)) {
            let closed = from
                + Alphabet::range(b'"', b'"')
                    .with(b"'\\ ")
                    .run(window, from, 4);
            if matches!(window.as_bytes().get(closed), Some(b'=' | b':' | b'>')) {
                let at = name.range.end + closed + 1;
                let slot = extract::value(text, at, Link::Assign);
                return slot.is_some_and(|slot| judge(text, name, &slot, hits) == Verdict::Secret);
            }
        }
    }
    false
}

/// Whether a name stands where a value stands: in quotes, or after `name:`.
fn is_value(text: &str, name: &Name) -> bool {
    let quote = |byte| matches!(byte, Some(b'"' | b'\''));
    if quote(before(text, name.range.start))
        && matches!(after(text, name.range.end), Some(b'"' | b'\'' | b'\\'))
    {
        return true;
    }
    if before(text, name.range.start) == Some(b'>') && after(text, name.range.end) == Some(b'<') {
        return true;
    }
    let head = text
        .get(text.ceil_char_boundary(name.range.start.saturating_sub(16))..name.range.start)
        .unwrap_or_default();
    let head = head.trim_end_matches([' ', '"', '\'']);
    let head = head
        .strip_suffix([':', '='])
        .unwrap_or_default()
        .trim_end_matches([' ', '"']);
    ["name", "key", "id", "Name", "Key", "NAME"]
        .iter()
        .any(|field| head.ends_with(field))
}
