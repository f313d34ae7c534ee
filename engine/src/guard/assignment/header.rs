//! What headers of requests carry: `Authorization` with its schemes, and cookies.

use std::ops::Range;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::super::finding::Kind;
use super::super::hits::Hits;
use super::super::value::{self, Judged};
use super::Verdict;
use super::extract::{self, Slot};
use super::names::Name;

const AUTHORIZATION: Kind = Kind::credential("authorization_header", "an authorization header");
const COOKIE: Kind = Kind::credential("session_cookie", "a session cookie");

/// Words before the credentials of a request.
const SCHEMES: &[&str] = &[
    "bearer",
    "basic",
    "token",
    "apikey",
    "api-key",
    "key",
    "jwt",
    "digest",
    "bot",
    "negotiate",
    "splunk",
    "ghost",
    "sso-key",
    "genie-key",
];
/// Beginnings of names of cookies that count visits, or keep a choice.
const HARMLESS: &[&str] = &[
    "_ga",
    "_gid",
    "_gat",
    "_gcl",
    "_fb",
    "_hj",
    "__utm",
    "_pk_",
    "_cl",
    "ajs_",
    "amp_",
    "mp_",
    "optimizely",
    "optanon",
    "consent",
    "lang",
    "theme",
    "tz",
    "locale",
    "intercom-id",
    "_dd_s",
    "__cfduid",
    "nid",
    "1p_jar",
    "_uet",
    "_pin_unauth",
    "visitor",
];
/// The longest cookie header, bytes.
const COOKIES: usize = 8192;

/// Base64 as written by any of the usual encoders.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Credentials after the word of a scheme, or in the form of the basic scheme. None where the
/// value has neither.
pub(super) fn credentials(
    text: &str,
    name: &Name,
    slot: &Slot,
    hits: &mut Hits,
) -> Option<Verdict> {
    let inner = text.get(slot.range.clone())?;
    let lead = inner.len() - inner.trim_start().len();
    let inner = inner.trim_start();
    let first = inner.split_whitespace().next()?;
    let label = text.get(name.range.clone())?.to_ascii_lowercase();
    let other = label.ends_with("authorization")
        && first.len() < inner.trim_end().len()
        && (3..=16).contains(&first.len())
        && first
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !other
        && !SCHEMES
            .iter()
            .any(|scheme| first.eq_ignore_ascii_case(scheme))
    {
        let basic = label.ends_with("auth") && is_basic(inner);
        return basic.then(|| {
            hits.by_context(AUTHORIZATION, slot.range.clone());
            Verdict::Secret
        });
    }
    let start = slot.range.start + lead;
    let range = after_scheme(text, start + first.len(), slot)?;
    let value = text.get(range.clone())?;
    let basic = first.eq_ignore_ascii_case("basic");
    let secret = match value::judge(value) {
        Judged::Random => !basic || !is_example(value),
        Judged::Password => !basic || is_basic(value),
        Judged::Ordinary => basic && is_basic(value),
        Judged::Placeholder => false,
    };
    if secret {
        hits.by_context(AUTHORIZATION, range);
        return Some(Verdict::Secret);
    }
    Some(Verdict::Harmless)
}

fn after_scheme(text: &str, end: usize, slot: &Slot) -> Option<Range<usize>> {
    if slot.quoted && end < slot.range.end {
        let rest = text.get(end..slot.range.end)?;
        let value = rest.trim();
        let start = end + rest.len() - rest.trim_start().len();
        // `token="…", other="…"`: the first parameter.
        let size = value.find([' ', ',']).unwrap_or(value.len());
        return Some(start..start + size);
    }
    let rest = text.get(end..)?;
    let blank = rest.bytes().take(4).take_while(|b| *b == b' ').count();
    let start = end + blank;
    let quoted = extract::quoted(text, start);
    (blank > 0).then(|| quoted.unwrap_or_else(|| extract::bare(text, start)))
}

fn decoded(value: &str) -> Option<(String, String)> {
    let value = value.trim().trim_end_matches('=');
    if value.len() < 8 || value.len() > 400 {
        return None;
    }
    let bytes = LENIENT.decode(value).ok()?;
    let pair = String::from_utf8(bytes).ok()?;
    let (user, password) = pair.split_once(':')?;
    let printable = pair.chars().all(|c| !c.is_control());
    (printable && !user.is_empty()).then(|| (user.to_owned(), password.to_owned()))
}

/// Whether this is an account and a password in base64.
pub(super) fn is_basic(value: &str) -> bool {
    decoded(value).is_some_and(|(user, password)| {
        password.len() >= 4
            && user != password
            && !matches!(value::judge(&password), Judged::Placeholder)
    })
}

/// Whether this is an account and no real password in base64.
fn is_example(value: &str) -> bool {
    decoded(value).is_some() && !is_basic(value)
}

pub(super) fn is_cookie(text: &str, name: &Name) -> bool {
    let label = text
        .get(name.range.clone())
        .unwrap_or_default()
        .to_ascii_lowercase();
    matches!(
        label.as_str(),
        "cookie"
            | "cookies"
            | "set-cookie"
            | "document.cookie"
            | "setcookie"
            | "set_cookie"
            | "http_cookie"
    )
}

/// Judges each `name=value` of a cookie header.
pub(super) fn cookies(text: &str, slot: &Slot, hits: &mut Hits) -> Verdict {
    let mut verdict = Verdict::Harmless;
    let end = if slot.quoted {
        slot.range.end
    } else {
        let window =
            text.get(slot.range.start..text.floor_char_boundary(slot.range.start + COOKIES));
        let window = window.unwrap_or_default();
        slot.range.start + window.find(['\n', '"', '\'', '`']).unwrap_or(window.len())
    };
    let mut from = slot.range.start;
    for pair in text.get(from..end).unwrap_or_default().split_inclusive(';') {
        let begin = from;
        from += pair.len();
        let Some((label, value)) = pair.split_once('=') else {
            continue;
        };
        if label.trim().contains([' ', ':']) {
            break;
        }
        let kept = value.trim_end_matches(';');
        let kept = kept
            .get(..kept.find(char::is_whitespace).unwrap_or(kept.len()))
            .unwrap_or_default();
        let start = begin + label.len() + 1;
        let label = label.trim().to_ascii_lowercase();
        let harmless = HARMLESS.iter().any(|known| label.starts_with(known));
        if !harmless && kept.len() >= 12 && value::judge(kept) == Judged::Random {
            hits.by_context(COOKIE, start..start + kept.len());
            verdict = Verdict::Secret;
        }
    }
    verdict
}
