//! `POST /v1/classify`: the tier of a text, and what was found in it. Nothing is kept.

use moecraft_engine::admission::Snapshot;
use moecraft_engine::guard::{Located, Screening};
use moecraft_wire::Members;
use serde_json::{Value, json};
use worker::{Request, Response};

use crate::error::ApiError;
use crate::keys::read_bounded;

/// The longest body, bytes.
const MAX_BODY: usize = 4 << 20;
/// The most findings that are told; `truncated` says whether there were more.
const MAX_TOLD: usize = 1_000;
/// Where the text may stand.
const FIELDS: [&str; 3] = ["text", "messages", "input"];

/// Classifies a text, a conversation, or the input of a request.
///
/// # Errors
/// [`ApiError::Field`] for a body without any of these, [`ApiError::TooLarge`].
pub async fn classify(mut request: Request, snapshot: &Snapshot) -> Result<Response, ApiError> {
    let body = read_bounded(&mut request, MAX_BODY).await?;
    let members = Members::of(&body);
    let named = |field: &str| members.as_ref().is_some_and(|all| all.get(field).is_some());
    if !FIELDS.iter().any(|field| named(field)) {
        return Err(ApiError::Field {
            field: "text".to_owned(),
            message: "the body must be a JSON object with `text`, `messages` or `input`".to_owned(),
        });
    }
    let screening = Screening::of(&body, &snapshot.guard);
    let response = Response::from_json(&told(&screening))?;
    let tier = screening.tier.number().to_string();
    response.headers().set("x-moecraft-tier", &tier)?;
    Ok(response)
}

fn told(screening: &Screening) -> Value {
    let show = |found: &Located| {
        json!({
            "kind": found.kind.id, "title": found.kind.title, "family": found.kind.family,
            "place": found.place, "line": found.line, "bytes": found.bytes,
        })
    };
    let findings = &screening.findings;
    let shown: Vec<Value> = findings.iter().take(MAX_TOLD).map(show).collect();
    json!({"tier": screening.tier, "findings": shown, "truncated": findings.len() > MAX_TOLD})
}
