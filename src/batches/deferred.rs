//! A request that may wait: `x-moecraft-deadline` with `prefer: respond-async` (RFC 7240).
//!
//! It becomes a batch of one line, and the client is told with 202 where its answer will be. With a
//! day's time it may go in a provider's batch at half the price; with less it goes the ordinary way
//! at low priority, because no provider promises a batch sooner.

use std::time::Duration;

use moecraft_engine::key::TenantKey;
use moecraft_wire::{anthropic, openai};
use serde_json::Value;
use worker::{Env, Method, Request, RequestInit, Response, Url};

use super::http::heard;
use crate::asked::{Asked, Door};
use crate::error::ApiError;
use crate::keys::{field, read_bounded};
use crate::router;

/// The header with the time by which the answer is wanted.
const DEADLINE: &str = "x-moecraft-deadline";
/// How long providers may take over a batch, ms.
const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// The longest time to wait, ms.
const LONGEST_MS: u64 = 7 * DAY_MS;
/// The longest body, bytes.
const MAX_BODY: usize = 32 << 20;
/// What the one line is called.
const NAME: &str = "request";

/// The door of a path that a request may be deferred at.
pub fn door(path: &str) -> Option<Door> {
    Some(match path {
        "/v1/chat/completions" => Door::Chat,
        "/v1/responses" => Door::Responses,
        "/v1/embeddings" => Door::Embeddings,
        "/v1/messages" => Door::Messages,
        _ => return None,
    })
}

/// Makes a batch of a request.
///
/// # Errors
/// [`ApiError::Field`] for a deadline that cannot be used, and for a request that asks for a stream.
pub async fn post(
    env: &Env,
    key: &TenantKey,
    mut request: Request,
    url: &Url,
) -> Result<Response, ApiError> {
    let door = door(url.path()).unwrap_or(Door::Chat);
    let now = worker::Date::now().as_millis();
    let wait_ms = wait_ms(&request.headers().get(DEADLINE)?.unwrap_or_default(), now)
        .ok_or_else(|| field(DEADLINE, "`x-moecraft-deadline` must be a time to come, at most a week away: RFC 3339, or seconds from now"))?;
    let body = read_bounded(&mut request, MAX_BODY).await?;
    if Asked::read(door, &body)?.stream {
        return Err(field(
            "stream",
            "an answer that is fetched later cannot be streamed",
        ));
    }
    let terms = [
        ("within", wait_ms.min(DAY_MS).to_string()),
        ("ordinary", u8::from(wait_ms < DAY_MS).to_string()),
        ("origin", url.origin().ascii_serialization()),
    ];
    let (made, place) = match door {
        Door::Messages => {
            let client = ("client", heard(&request)?);
            let line = anthropic::batch::request(NAME, &body);
            let body = [b"{\"requests\":[", line.as_slice(), b"]}"].concat();
            let terms = terms.iter().chain([&client]);
            (
                told(env, key, "/anthropic/batches", terms, &body).await?,
                "/v1/messages/batches",
            )
        }
        Door::Chat | Door::Responses | Door::Embeddings => {
            let endpoint = openai::batch::Endpoint::of(url.path())
                .ok_or_else(|| ApiError::NotFound(url.path().to_owned()))?;
            let line = openai::batch::request_line(NAME, endpoint, &body);
            let file = told(
                env,
                key,
                "/files",
                &[("filename", "request.jsonl".to_owned())],
                &line,
            )
            .await?;
            let file = file["id"].as_str().unwrap_or_default();
            let create = openai::batch::create_body(file, endpoint, NAME);
            (
                told(env, key, "/openai/batches", &terms, create.as_bytes()).await?,
                "/v1/batches",
            )
        }
    };
    let response = Response::from_json(&made)?.with_status(202);
    let headers = response.headers();
    let id = made["id"].as_str().unwrap_or_default();
    headers.set("location", &format!("{place}/{id}"))?;
    headers.set("preference-applied", "respond-async")?;
    Ok(response)
}

/// Sends the tenant's object a body, and reads what it makes of it.
async fn told<'t>(
    env: &Env,
    key: &TenantKey,
    path: &str,
    terms: impl IntoIterator<Item = &'t (&'static str, String)>,
    body: &[u8],
) -> Result<Value, ApiError> {
    let mut url = Url::parse(&format!("https://orchestrator{path}"))
        .map_err(|error| ApiError::Internal(error.to_string()))?;
    url.query_pairs_mut().extend_pairs(terms);
    let mut init = RequestInit::new();
    init.with_method(Method::Post)
        .with_body(Some(js_sys::Uint8Array::from(body).into()));
    let mut answer = router::call(env, key, Request::new_with_init(url.as_str(), &init)?).await?;
    match answer.status_code() {
        507 => Err(ApiError::Full),
        _ => Ok(answer.json().await?),
    }
}

/// How long there is until a deadline, ms: RFC 3339, or seconds from now.
fn wait_ms(deadline: &str, now: u64) -> Option<u64> {
    let text = deadline.trim();
    let wait = match text.parse::<u32>() {
        Ok(seconds) => u64::try_from(Duration::from_secs(seconds.into()).as_millis()).ok()?,
        Err(_) => time(text)?.checked_sub(now)?,
    };
    (1..=LONGEST_MS).contains(&wait).then_some(wait)
}

/// A time in RFC 3339, Unix ms.
fn time(text: &str) -> Option<u64> {
    let part = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let mark = |at: usize| text.as_bytes().get(at).copied();
    let shaped = (mark(4)?, mark(7)?, mark(13)?, mark(16)?) == (b'-', b'-', b':', b':')
        && matches!(mark(10)?, b'T' | b't' | b' ');
    let (year, month, day) = (part(0, 4)?, part(5, 7)?, part(8, 10)?);
    let (hour, minute, second) = (part(11, 13)?, part(14, 16)?, part(17, 19)?);
    let sane = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..=60).contains(&second);
    if !shaped || !sane {
        return None;
    }
    let rest = text.get(19..)?;
    let rest = rest.strip_prefix('.').map_or(rest, |fraction| {
        fraction.trim_start_matches(|c: char| c.is_ascii_digit())
    });
    let offset = match rest {
        "Z" | "z" => 0,
        _ => {
            let sign = match rest.as_bytes().first()? {
                b'+' => 1,
                b'-' => -1,
                _ => return None,
            };
            let (hours, minutes) = rest.get(1..)?.split_once(':')?;
            let whole = |text: &str| text.parse::<u8>().ok().filter(|_| text.len() == 2);
            sign * (i64::from(whole(hours)?) * 60 + i64::from(whole(minutes)?))
        }
    };
    // Days since 1970 (H. Hinnant, "chrono-compatible low-level date algorithms").
    let (y, m) = if month <= 2 {
        (year - 1, month + 9)
    } else {
        (year, month - 3)
    };
    let (era, of_era) = (y / 400, y % 400);
    let of_year = (153 * m + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    let seconds = ((days * 24 + hour) * 60 + minute - offset) * 60 + second;
    u64::try_from(seconds).ok()?.checked_mul(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_795_392_000_000; // 2026-11-23T00:00:00Z

    #[test]
    fn a_deadline_is_a_time_or_so_many_seconds() {
        for (text, wait) in [
            ("1", 1_000),
            ("86400", DAY_MS),
            ("2026-11-24T00:00:00Z", DAY_MS),
            ("2026-11-23T02:00:00.250+01:00", 3_600_000),
            ("2026-11-22T20:00:01-04:00", 1_000),
        ] {
            assert_eq!(wait_ms(text, NOW), Some(wait), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_to_come_is_refused() {
        for text in [
            "",
            "0",
            "-5",
            "soon",
            "604801",
            "2026-11-22T23:59:59Z",
            "2026-12-24T00:00:00Z",
            "2026-11-24",
            "2026-11-24T00:00:00",
            "2026-13-24T00:00:00Z",
            "2026-11-24T00:00:00+1",
            "2026-11-24T00:00:00Zé",
            "é026-11-24T00:00:00Z",
            "2026-11-24T00:00:00+é0:00",
        ] {
            assert_eq!(wait_ms(text, NOW), None, "{text}");
        }
    }
}
