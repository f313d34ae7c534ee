//! Passwords in statements of databases.

use std::ops::Range;

use super::super::hits::Hits;
use super::super::reader::{window_after, window_before};
use super::super::value::{self, Judged};
use super::{PASSWORD, extract, named};

/// What stands before a password: the plain form, and the one that names a plug-in first.
pub(super) const LITERALS: &[&str] = &["identified by", "identified with", "values"];
/// The longest list of columns, bytes, and the longest list of values.
const COLUMNS: usize = 400;
const VALUES: usize = 2048;
/// How far a plug-in's name may push the password away, bytes.
const WINDOW: usize = 64;

pub(super) fn check(text: &str, at: Range<usize>, hits: &mut Hits) {
    match at.len() {
        6 => inserted(text, &at, hits),
        _ => identified(text, at, hits),
    }
}

/// `INSERT INTO t (name, password) VALUES ('a', 'x')`: a value's name stands in its column.
fn inserted(text: &str, at: &Range<usize>, hits: &mut Hits) {
    let head = window_before(text, at.start, COLUMNS).trim_end();
    let list = head
        .strip_suffix(')')
        .and_then(|head| head.rsplit_once('('));
    let Some((_, list)) = list else {
        return;
    };
    let columns: Vec<&str> = list
        .split(',')
        .map(|column| column.trim().trim_matches(['"', '`', '[', ']']))
        .collect();
    let window = window_after(text, at.end, VALUES);
    let mut column = 0;
    let mut from = 0;
    while let Some(rest) = window.get(from..)
        && let Some(step) = rest.find(['\'', '(', ',', ';'])
    {
        from += step + 1;
        match rest.as_bytes().get(step) {
            Some(b'(') => column = 0,
            Some(b',') => column += 1,
            Some(b'\'') => {
                let start = at.end + from - 1;
                let Some(range) = extract::quoted(text, start) else {
                    return;
                };
                let inner = text.get(range.clone()).unwrap_or_default();
                if let Some(name) = columns.get(column) {
                    let mut found = Hits::default();
                    named(name, inner, &mut found);
                    for hit in found.0 {
                        let place = range.start + hit.range.start..range.start + hit.range.end;
                        hits.by_context(hit.kind, place);
                    }
                }
                from = range.end + 1 - at.end;
            }
            _ => return,
        }
    }
}

/// `IDENTIFIED BY 'x'`, `IDENTIFIED WITH plugin BY 'x'`.
fn identified(text: &str, at: Range<usize>, hits: &mut Hits) {
    let window = text.get(at.clone()).unwrap_or_default();
    let mut from = at.end;
    if window
        .as_bytes()
        .get(11)
        .is_some_and(|b| b.eq_ignore_ascii_case(&b'w'))
    {
        let rest = text
            .get(at.end..text.floor_char_boundary(at.end + WINDOW))
            .unwrap_or_default();
        let rest = rest.to_ascii_lowercase();
        let Some(by) = rest.find(" by ").or_else(|| rest.find(" as ")) else {
            return;
        };
        from += by + 3;
    }
    for word in ["PASSWORD ", "VALUES "] {
        if text
            .get(from + 1..from + 1 + word.len())
            .is_some_and(|next| next.eq_ignore_ascii_case(word))
        {
            from += word.len();
        }
    }
    let start = from
        + text
            .get(from..)
            .unwrap_or_default()
            .bytes()
            .take(4)
            .take_while(|b| *b == b' ')
            .count();
    if let Some(range) = extract::quoted(text, start).or_else(|| Some(extract::bare(text, start))) {
        let inner = text.get(range.clone()).unwrap_or_default();
        let secret = match value::judge(inner) {
            Judged::Random | Judged::Password => true,
            Judged::Ordinary => value::is_weak_password(inner),
            Judged::Placeholder => false,
        };
        if secret {
            hits.by_context(PASSWORD, range);
        }
    }
}
