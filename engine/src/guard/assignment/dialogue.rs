//! Passwords that a script types when it is asked: `expect "assword:"; send "…\r"`.

use std::ops::Range;

use super::super::hits::Hits;
use super::super::reader::window_before;
use super::super::value::{self, Judged};
use super::{PASSWORD, extract};

/// What types a line.
pub(super) const LITERALS: &[&str] = &["send ", "sendline(", "send_line(", "sendline "];

/// What a prompt for a password ends in, lower case. Scripts leave the first letter out, which may
/// be a capital.
const PROMPTS: &[&str] = &[
    "assword",
    "assphrase",
    "asswort",
    "ontraseña",
    "ot de passe",
];

/// How far before the answer its prompt stands, bytes.
const REACH: usize = 96;

/// Something is typed here.
pub(super) fn check(text: &str, at: &Range<usize>, hits: &mut Hits) {
    let before = window_before(text, at.start, REACH).to_lowercase();
    if !PROMPTS.iter().any(|prompt| before.contains(prompt)) {
        return;
    }
    let rest = text.get(at.end..).unwrap_or_default();
    let start = at.end + if rest.starts_with("-- ") { 3 } else { 0 };
    let Some(range) = extract::quoted(text, start) else {
        return;
    };
    let inner = text.get(range.clone()).unwrap_or_default();
    let ends = ["\\r\\n", "\\n", "\\r"];
    let line = ends.iter().find_map(|end| inner.strip_suffix(end));
    let inner = line.unwrap_or(inner).trim_end_matches('\\');
    let secret = match value::judge(inner) {
        Judged::Random | Judged::Password => true,
        Judged::Ordinary => value::is_weak_password(inner),
        Judged::Placeholder => false,
    };
    if secret {
        hits.by_context(PASSWORD, range.start..range.start + inner.len());
    }
}
