//! Anthropic's Message Batches API: as the gateway's clients speak it, and as it speaks it itself to
//! the provider.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::error::WireError;
use crate::json::{self, Members, Text, from_bytes};

/// The longest `custom_id`, characters of `[a-zA-Z0-9_-]`.
const MAX_CUSTOM_ID: usize = 64;

/// A request of a batch.
#[derive(Debug)]
pub struct Request<'a> {
    /// The client's name for it.
    pub custom_id: Cow<'a, str>,
    /// The request's body, as it stands in the batch.
    pub params: &'a str,
}

/// Reads the body of `POST /v1/messages/batches`, which has at most `most` requests.
///
/// # Errors
/// [`WireError`], naming the request and the field.
pub fn read_create(body: &[u8], most: usize) -> Result<Vec<Request<'_>>, WireError> {
    #[derive(Deserialize)]
    struct Create<'a> {
        #[serde(borrow)]
        requests: Vec<Raw<'a>>,
    }
    #[derive(Deserialize)]
    struct Raw<'a> {
        #[serde(borrow)]
        custom_id: Text<'a>,
        #[serde(borrow)]
        params: &'a RawValue,
    }
    let Create { requests } = json::read(body)?;
    if requests.is_empty() || requests.len() > most {
        let message = format!("`requests` must have 1 to {most} entries");
        return Err(WireError::field("requests", message));
    }
    let mut seen = std::collections::HashSet::with_capacity(requests.len());
    let mut read = Vec::with_capacity(requests.len());
    for (index, raw) in requests.into_iter().enumerate() {
        let at = |field: &str| format!("requests[{index}].{field}");
        let wrong = |field: &str, message: &str| {
            Err(WireError::field(
                at(field),
                format!("`{}`: {message}", at(field)),
            ))
        };
        let Text(custom_id) = raw.custom_id;
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if custom_id.is_empty() || custom_id.len() > MAX_CUSTOM_ID || !custom_id.chars().all(fits) {
            return wrong(
                "custom_id",
                "it must have 1 to 64 letters, digits, `_` or `-`",
            );
        }
        let params = raw.params.get();
        let Some(members) = Members::of(params.as_bytes()) else {
            return wrong("params", "it must be an object");
        };
        if !matches!(members.get("stream"), None | Some("false" | "null")) {
            return wrong("params.stream", "a request of a batch cannot be streamed");
        }
        if !seen.insert(custom_id.clone()) {
            return wrong("custom_id", "another request of the batch has it too");
        }
        read.push(Request { custom_id, params });
    }
    Ok(read)
}

/// A batch as a client is told of it. Times are RFC 3339.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename = "message_batch")]
pub struct Batch {
    /// Its id.
    pub id: String,
    /// `in_progress`, `canceling` or `ended`.
    pub processing_status: &'static str,
    /// How many requests stand how.
    pub request_counts: Counts,
    /// When its last request was done.
    pub ended_at: Option<String>,
    /// When it was made.
    pub created_at: String,
    /// When its time is up.
    pub expires_at: String,
    /// When its results were deleted: then there is no object either.
    pub archived_at: Option<String>,
    /// When it was asked to be cancelled.
    pub cancel_initiated_at: Option<String>,
    /// Where its results are, once it has ended.
    pub results_url: Option<String>,
}

/// How many requests of a batch stand how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Under way.
    #[serde(default)]
    pub processing: u64,
    /// Answered.
    #[serde(default)]
    pub succeeded: u64,
    /// Not to be answered.
    #[serde(default)]
    pub errored: u64,
    /// Cancelled before.
    #[serde(default)]
    pub canceled: u64,
    /// Out of time before.
    #[serde(default)]
    pub expired: u64,
}

/// One page of a list.
pub fn page(data: &[Value], has_more: bool) -> Value {
    let id = |item: Option<&Value>| item.and_then(|item| item.get("id")).cloned();
    json!({"data": data, "has_more": has_more, "first_id": id(data.first()), "last_id": id(data.last())})
}

/// The word on a batch that was deleted.
pub fn deleted(id: &str) -> Value {
    json!({"id": id, "type": "message_batch_deleted"})
}

/// The line of a request that was answered, or refused with an error object as the API has it.
pub fn result_line(custom_id: &str, ok: bool, body: &[u8]) -> String {
    let body = json::one_line(body);
    let (kind, field) = match ok {
        true => ("succeeded", "message"),
        false => ("errored", "error"),
    };
    let custom_id = Value::from(custom_id);
    format!(r#"{{"custom_id":{custom_id},"result":{{"type":"{kind}","{field}":{body}}}}}"#)
}

/// The line of a request that was not answered: `canceled` or `expired`.
pub fn dropped_line(custom_id: &str, kind: &str) -> String {
    json!({"custom_id": custom_id, "result": {"type": kind}}).to_string()
}

/// A request, for the provider: the body goes in as it is.
pub fn request(custom_id: &str, params: &[u8]) -> Vec<u8> {
    let mut out = json!({"custom_id": custom_id}).to_string().into_bytes();
    out.pop();
    out.extend_from_slice(b",\"params\":");
    out.extend_from_slice(params);
    out.push(b'}');
    out
}

/// A provider's batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// Its id.
    pub id: String,
    /// The provider is done with it.
    pub ended: bool,
    /// How many requests it has.
    pub requests: u64,
    /// When it was made, as the provider writes it.
    pub created_at: String,
}

#[derive(Deserialize)]
struct Object {
    id: String,
    processing_status: String,
    #[serde(default)]
    request_counts: Counts,
    #[serde(default)]
    created_at: String,
}

impl From<Object> for Upstream {
    fn from(object: Object) -> Self {
        let counts = object.request_counts;
        let ends = [
            counts.succeeded,
            counts.errored,
            counts.canceled,
            counts.expired,
        ];
        Self {
            id: object.id,
            ended: object.processing_status == "ended",
            requests: ends
                .into_iter()
                .fold(counts.processing, u64::saturating_add),
            created_at: object.created_at,
        }
    }
}

/// Reads a batch.
pub fn read_batch(body: &[u8]) -> Option<Upstream> {
    from_bytes::<Object>(body).ok().map(Into::into)
}

/// Reads a page of batches, and whether there are more behind it.
pub fn read_batches(body: &[u8]) -> Option<(Vec<Upstream>, bool)> {
    #[derive(Deserialize)]
    struct List {
        data: Vec<Object>,
        #[serde(default)]
        has_more: bool,
    }
    let list: List = from_bytes(body).ok()?;
    Some((
        list.data.into_iter().map(Into::into).collect(),
        list.has_more,
    ))
}

/// A line of the results.
#[derive(Debug, PartialEq, Eq)]
pub struct Output<'a> {
    /// The gateway's name for the request.
    pub custom_id: Cow<'a, str>,
    /// What came of it.
    pub result: Outcome<'a>,
}

/// What came of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// It was answered with this message.
    Succeeded(&'a str),
    /// It was refused with this error, the whole object.
    Errored(&'a str),
    /// It was cancelled before.
    Canceled,
    /// Time ran out before.
    Expired,
}

/// Reads a line of the results.
pub fn read_output(line: &[u8]) -> Option<Output<'_>> {
    #[derive(Deserialize)]
    struct Line<'a> {
        #[serde(borrow)]
        custom_id: Cow<'a, str>,
        #[serde(borrow)]
        result: Kind<'a>,
    }
    #[derive(Deserialize)]
    struct Kind<'a> {
        #[serde(borrow)]
        r#type: Cow<'a, str>,
        #[serde(borrow, default)]
        message: Option<&'a RawValue>,
        #[serde(borrow, default)]
        error: Option<&'a RawValue>,
    }
    let Line { custom_id, result } = from_bytes(line).ok()?;
    let result = match result.r#type.as_ref() {
        "succeeded" => Outcome::Succeeded(result.message?.get()),
        "errored" => Outcome::Errored(result.error?.get()),
        "canceled" => Outcome::Canceled,
        "expired" => Outcome::Expired,
        _ => return None,
    };
    Some(Output { custom_id, result })
}

/// The HTTP status that an error object of the results stands for, by its type.
pub fn status_of(error: &str) -> u16 {
    #[derive(Deserialize)]
    struct Body {
        error: Inner,
    }
    #[derive(Deserialize)]
    struct Inner {
        r#type: String,
    }
    let kind = serde_json::from_str::<Body>(error).map(|body| body.error.r#type);
    match kind.as_deref() {
        Ok("invalid_request_error") => 400,
        Ok("authentication_error") => 401,
        Ok("billing_error") => 402,
        Ok("permission_error") => 403,
        Ok("not_found_error") => 404,
        Ok("request_too_large") => 413,
        Ok("rate_limit_error") => 429,
        Ok("timeout_error") => 504,
        Ok("overloaded_error") => 529,
        _ => 500,
    }
}

#[cfg(test)]
mod tests;
