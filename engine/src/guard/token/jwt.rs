//! Signed JSON web tokens (RFC 7519, RFC 7515 §3.1).

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::super::finding::Kind;
use super::super::shape::{Alphabet, before};
use super::rule::escape_ends;
use super::sample;

pub(super) const JWT: Kind = Kind::credential("jwt", "a signed JSON web token");

/// What the base64 of a JSON object begins with.
pub(super) const LITERAL: &str = "eyJ";

/// What the commonest headers begin with: `{"alg":`, `{"typ":`, `{"kid":`, `{"enc":`, `{"cty":`.
/// So plain that it may stand inside a word.
pub(super) const HEADS: &[&str] = &["eyJhbGci", "eyJ0eXAi", "eyJraWQi", "eyJlbmMi", "eyJjdHki"];

const LONGEST_HEADER: usize = 4096;
const LONGEST_PART: usize = 32 * 1024;
const SHORTEST_SIGNATURE: usize = 20;

/// The least of a whole token, bytes: what it begins with, two points, and the signature.
pub(super) const LEAST: usize = LITERAL.len() + 2 + SHORTEST_SIGNATURE;

/// How far a token has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Parsed {
    /// All three parts.
    Complete(Range<usize>),
    /// The text ends within it.
    Unfinished,
}

/// Reads a token that begins at `start`. One that grants nothing (a public role, a published
/// sample) is none.
pub(super) fn parse(text: &str, start: usize) -> Option<Parsed> {
    let inside = before(text, start).is_some_and(|last| Alphabet::BASE64_URL.has(last));
    let rest = text.get(start..)?;
    let plain = || HEADS.iter().any(|head| rest.starts_with(head));
    if inside && !escape_ends(text, start) && !plain() {
        return None;
    }
    let part = |from: usize, most| {
        let end = from + Alphabet::BASE64_URL.run(text, from, most);
        (end, text.as_bytes().get(end).copied())
    };
    let (header_end, dot) = part(start, LONGEST_HEADER);
    if dot.is_some_and(|byte| byte != b'.') {
        return None;
    }
    let header = object(text.get(start..header_end)?)?;
    if !header.get("alg").is_some_and(Value::is_string) {
        return None;
    }
    if dot.is_none() {
        return Some(Parsed::Unfinished);
    }
    let payload_start = header_end + 1;
    let (payload_end, dot) = part(payload_start, LONGEST_PART);
    let signature_start = match dot {
        Some(b'.') => payload_end + 1,
        None => return Some(Parsed::Unfinished),
        Some(_) => return None,
    };
    let (mut end, mut next) = part(signature_start, LONGEST_PART);
    if header.contains_key("enc") {
        // An encrypted token has five parts.
        for _ in 0..2 {
            if next == Some(b'.') {
                (end, next) = part(end + 1, LONGEST_PART);
            }
        }
    }
    if end - signature_start < SHORTEST_SIGNATURE {
        return next.is_none().then_some(Parsed::Unfinished);
    }
    let harmless = object(text.get(payload_start..payload_end)?)
        .is_some_and(|claims| public(&claims))
        || sample::published(text.get(start..end)?);
    (!harmless).then_some(Parsed::Complete(start..end))
}

/// Whether what it claims is public by design: the role that every visitor of a site has.
fn public(claims: &Map<String, Value>) -> bool {
    let says = |name: &str, value: &str| claims.get(name).and_then(Value::as_str) == Some(value);
    says("iss", "supabase") && says("role", "anon") || says("iss", "supabase-demo")
}

fn object(part: &str) -> Option<Map<String, Value>> {
    let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_str(std::str::from_utf8(&bytes).ok()?).ok()
}
