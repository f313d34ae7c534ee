//! What the client gets: status, headers that say what happened, and a body.

use std::borrow::Cow;
use std::collections::BTreeMap;

use moecraft_engine::money::format_usd;
use moecraft_wire::Dialect;

use crate::error::ApiError;

/// The longest header value, characters.
const MAX_VALUE: usize = 1024;

/// A response. Without a body of its own it passes on the upstream's answer as it came.
#[derive(Debug, Default)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body, where it is not the upstream's.
    pub body: Option<Vec<u8>>,
    headers: BTreeMap<Cow<'static, str>, String>,
}

impl Reply {
    /// The reply to the request of this id.
    pub fn new(status: u16, content_type: &str, id: &str) -> Self {
        Self {
            status,
            ..Self::default()
        }
        .with("content-type", content_type)
        .with("x-moecraft-request-id", id)
    }

    /// An error in the client's dialect.
    pub fn error(error: &ApiError, dialect: Dialect, id: &str) -> Self {
        let reply = Self {
            body: Some(error.body(dialect, id).into_bytes()),
            ..Self::new(error.status(), "application/json", id)
        }
        .with("x-moecraft-error", error.label());
        match error.retry_after() {
            Some(seconds) => reply.with("retry-after", &seconds.to_string()),
            None => reply,
        }
    }

    /// The reply with a header. Model names and reasons may hold any text; a header takes visible
    /// ASCII only.
    #[must_use]
    pub fn with(self, name: &'static str, value: &str) -> Self {
        self.with_header(Cow::Borrowed(name), value)
    }

    /// The reply with headers of an upstream's answer.
    #[must_use]
    pub fn with_all(self, headers: &BTreeMap<String, String>) -> Self {
        headers.iter().fold(self, |reply, (name, value)| {
            reply.with_header(Cow::Owned(name.clone()), value)
        })
    }

    fn with_header(mut self, name: Cow<'static, str>, value: &str) -> Self {
        let visible = |c: char| {
            if c.is_ascii_graphic() || c == ' ' {
                c
            } else {
                '?'
            }
        };
        let value = value.chars().take(MAX_VALUE).map(visible).collect();
        self.headers.insert(name, value);
        self
    }

    /// The reply with what it cost and saved, nano-dollars. `basis` is `actual`, or `estimate` for
    /// a stream, whose headers go out before its cost is known.
    #[must_use]
    pub fn with_money(self, cost: u64, savings: i64, basis: &str) -> Self {
        let sign = if savings < 0 { "-" } else { "" };
        let savings = format!("{sign}{}", format_usd(savings.unsigned_abs()));
        self.with("x-moecraft-cost", &format_usd(cost))
            .with("x-moecraft-savings", &savings)
            .with("x-moecraft-cost-basis", basis)
    }

    /// The reply with a body; none is the upstream's answer.
    #[must_use]
    pub fn with_body(self, body: Option<Vec<u8>>) -> Self {
        Self { body, ..self }
    }

    /// When to come back, ms, where the reply says so.
    pub fn retry_after_ms(&self) -> Option<u64> {
        let seconds: u64 = self.headers.get("retry-after")?.parse().ok()?;
        Some(seconds.saturating_mul(1000))
    }

    /// The headers as a JSON object: one string crosses to JavaScript faster than many.
    pub fn headers(&self) -> String {
        serde_json::to_string(&self.headers).unwrap_or_default()
    }
}

/// A new request id, a UUIDv7: its order is the order of arrival.
///
/// # Errors
/// When there is no randomness to be had: two requests of one id would leave one record.
pub fn request_id(at: u64) -> Result<String, ApiError> {
    let mut random = [0; 10];
    getrandom::fill(&mut random).map_err(|error| ApiError::Internal(error.to_string()))?;
    let id = uuid::Builder::from_unix_timestamp_millis(at, &random).into_uuid();
    Ok(id.to_string())
}

/// A number drawn at random: what is left to chance follows from it.
///
/// # Errors
/// As [`request_id`].
pub fn seed() -> Result<u64, ApiError> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|error| ApiError::Internal(error.to_string()))?;
    Ok(u64::from_be_bytes(random))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_can_add_a_header_of_its_own() {
        let reply = Reply::new(200, "application/json", "id")
            .with("x-moecraft-model", "a\r\nset-cookie: b ü");
        assert!(reply.headers().contains("a??set-cookie: b ?"));
    }

    #[test]
    fn ids_of_later_requests_sort_behind() {
        let ids = [1_000, 2_000, 1_000_000].map(|at| request_id(at).unwrap());
        assert!(ids.is_sorted());
    }

    #[test]
    fn a_loss_is_shown_as_one() {
        let headers = Reply::default()
            .with_money(5, -1_000_000_000, "actual")
            .headers();
        assert!(
            headers.contains(r#""x-moecraft-savings":"-1""#),
            "{headers}"
        );
    }
}
