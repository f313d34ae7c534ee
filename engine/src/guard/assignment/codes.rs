//! Lists of codes that each work once, and the private part of a JSON web key.

use std::ops::Range;

use super::super::finding::Kind;
use super::super::hits::Hits;
use super::super::shape::Alphabet;
use super::names::Name;
use super::words::Class;
use super::{CODE, extract};

const WEB_KEY: Kind = Kind::credential("jwk_private", "a private JSON web key");
/// The member that every JSON web key has.
pub(super) const LITERALS: &[&str] = &["\"kty\"", "kty\\\""];
/// Fewer codes are words.
const FEWEST: usize = 3;
/// The longest list, bytes.
const LIST: usize = 640;
/// How far the private part of a web key stands from its type, bytes.
const WEB_KEY_WINDOW: usize = 1600;
/// The shortest private part, of a key of 256 bits in base64url.
const PRIVATE: usize = 42;

/// The codes below or after a name such as `backup codes`. Tells whether there are any.
pub(super) fn check(text: &str, name: &Name, hits: &mut Hits) -> bool {
    if name.class != Class::Code {
        return false;
    }
    let window = text.get(name.range.end..text.floor_char_boundary(name.range.end + LIST));
    let window = window.unwrap_or_default();
    let Some(colon) = window.find([':', '\n']).filter(|colon| *colon < 64) else {
        return false;
    };
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut from = colon + 1;
    for piece in window
        .get(from..)
        .unwrap_or_default()
        .split_inclusive(|c: char| c.is_whitespace() || c == ',' || c == '\\')
    {
        let begin = from;
        from += piece.len();
        // An escaped line's end begins the next piece with an `n`.
        let escaped =
            begin > 0 && window.as_bytes().get(begin - 1) == Some(&b'\\') && piece.starts_with('n');
        let piece = if escaped {
            piece.get(1..).unwrap_or_default()
        } else {
            piece
        };
        let begin = begin + usize::from(escaped);
        let lead = piece.trim_start_matches(['+', '-', '*', '>', '"', '`', '\'', '[', '(', '|']);
        let inner = lead.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        if inner.is_empty() || inner.bytes().all(|b| b.is_ascii_digit()) && inner.len() < 3 {
            continue;
        }
        if !is_group(inner) {
            break;
        }
        let start = name.range.end + begin + piece.len() - lead.len();
        found.push(start..start + inner.len());
    }
    let codes = found.len();
    let digits = found
        .iter()
        .filter_map(|range| text.get(range.clone()))
        .filter(|code| code.bytes().any(|b| b.is_ascii_digit()))
        .count();
    if codes < FEWEST || digits * 2 < codes {
        return false;
    }
    for range in found {
        hits.by_context(CODE, range);
    }
    true
}

/// One code: groups of letters and digits in one case.
fn is_group(code: &str) -> bool {
    let one_case = !code.bytes().any(|b| b.is_ascii_lowercase())
        || !code.bytes().any(|b| b.is_ascii_uppercase());
    (6..=24).contains(&code.len())
        && one_case
        && code.split('-').all(|group| {
            (3..=10).contains(&group.len())
                && Alphabet::ALNUM.run(group, 0, group.len()) == group.len()
        })
        && (code.contains('-') || code.bytes().any(|b| b.is_ascii_digit()))
}

/// The member `d` of a JSON web key, escaped or not.
pub(super) fn web_key(text: &str, at: Range<usize>, hits: &mut Hits) {
    let begin = text.ceil_char_boundary(at.start.saturating_sub(WEB_KEY_WINDOW));
    let end = text.floor_char_boundary(at.end + WEB_KEY_WINDOW);
    let window = text.get(begin..end).unwrap_or_default();
    for (found, _) in window.match_indices("\"d").take(8) {
        let rest = window.get(found + 2..).unwrap_or_default();
        let value = rest
            .trim_start_matches('\\')
            .strip_prefix('"')
            .map(|rest| rest.trim_start_matches([' ', '\n', '\t']));
        let Some(value) = value
            .and_then(|rest| rest.strip_prefix(':'))
            .map(|rest| rest.trim_start_matches([' ', '\n', '\t']))
        else {
            continue;
        };
        let start = begin + window.len() - value.len();
        if let Some(range) = extract::quoted(text, start)
            && range.len() >= PRIVATE
            && Alphabet::BASE64_URL
                .with(b"=")
                .run(text, range.start, range.len())
                == range.len()
        {
            hits.by_context(WEB_KEY, range);
        }
    }
}
