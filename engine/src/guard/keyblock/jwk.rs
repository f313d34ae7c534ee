//! Private JSON web keys (RFC 7517, RFC 7518 §6).

use std::ops::Range;

use super::super::finding::Kind;
use super::super::hits::Hits;
use super::super::shape::Alphabet;
use super::super::token::random;

const KIND: Kind = Kind::credential("jwk_private_key", "a private JSON web key");

/// How far around the key's type its members are looked for, bytes.
const REACH: usize = 4096;

/// The members that are secret.
const SECRET: &[&str] = &["d", "p", "q", "dp", "dq", "qi", "k"];

/// The fewest base64 characters of a secret member: 128 bits.
const SHORTEST: usize = 22;

/// Looks at `"kty"`.
pub(super) fn at_type(text: &str, at: Range<usize>, hits: &mut Hits) {
    // Not beyond the next key, nor beyond the object: so each byte is looked at for two at most.
    let bytes = text.as_bytes();
    let first = at.start.saturating_sub(REACH);
    let head = bytes.get(first..at.start).unwrap_or_default();
    let other = head.windows(3).rposition(|around| around == b"kty");
    let own = head.get(other.unwrap_or(0)..).unwrap_or_default();
    let opened = own.iter().rposition(|byte| *byte == b'{');
    let start = at.start - own.len() + opened.unwrap_or(0);
    let last = at.end.saturating_add(REACH).min(bytes.len());
    let rest = bytes.get(at.end..last).unwrap_or_default();
    let other = rest.windows(3).position(|around| around == b"kty");
    let own = rest.get(..other.unwrap_or(rest.len())).unwrap_or_default();
    let closed = own.iter().position(|byte| *byte == b'}');
    let end = at.end + closed.unwrap_or(own.len());
    for (place, quote) in bytes.iter().enumerate().take(end).skip(start) {
        if (*quote == b'"' || *quote == b'\'')
            && let Some(value) = member(text, place + 1)
        {
            hits.by_form(KIND, value);
        }
    }
}

/// The value of a secret member whose name begins at a place.
fn member(text: &str, from: usize) -> Option<Range<usize>> {
    let name = from..from + Alphabet::LOWER.run(text, from, 3);
    if !SECRET.contains(&text.get(name.clone())?) {
        return None;
    }
    let quotes = Alphabet::EMPTY.with(b"\"'\\");
    let closed = name.end + quotes.run(text, name.end, 4);
    let colon = closed + Alphabet::EMPTY.with(b" :\n\t").run(text, closed, 16);
    let start = colon + quotes.run(text, colon, 4);
    let value = start..start + Alphabet::BASE64_URL.run(text, start, REACH);
    let assigned = text.get(closed..colon)?.contains(':') && closed > name.end && start > colon;
    let secret = value.len() >= SHORTEST && random(text.get(value.clone())?, Alphabet::BASE64_URL);
    (assigned && secret).then_some(value)
}
