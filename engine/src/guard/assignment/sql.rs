//! Passwords in statements of databases.

use std::ops::Range;

use super::super::hits::Hits;
use super::super::value::{self, Judged};
use super::{PASSWORD, extract};

/// What stands before a password: the plain form, and the one that names a plug-in first.
pub(super) const LITERALS: &[&str] = &["identified by", "identified with"];
/// How far a plug-in's name may push the password away, bytes.
const WINDOW: usize = 64;

/// `IDENTIFIED BY 'x'`, `IDENTIFIED WITH plugin BY 'x'`.
pub(super) fn check(text: &str, at: Range<usize>, hits: &mut Hits) {
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
