//! The guard on a labelled corpus: tier, findings and what sanitising makes of each request.

use std::time::Instant;

use anyhow::{Context, Result};
use moecraft_engine::guard::{Family, Policy, Screening, Tier};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Placeholders of a corpus need not be kept from anybody.
const NONCE: u64 = 1;

#[derive(Deserialize)]
struct Request {
    id: Value,
    messages: Vec<Value>,
}

/// Answers `{"id", "messages"}` with `{"id", "tier", "findings", "sanitized", "restore", "us"}`.
///
/// `sanitized` is what the policy `sanitise` sends to a trusted model, and to an untrusted one in
/// tier 1; `null` where masking is not beyond doubt. Findings without a `msg` are in no message's
/// text, but in a call or a name.
pub(crate) fn answer(line: &str, strict: bool) -> Result<Value> {
    let request: Request = serde_json::from_str(line).context("no request")?;
    let body = json!({ "messages": request.messages }).to_string();
    let policy = Policy {
        strict,
        ..Policy::default()
    };
    let began = Instant::now();
    let screening = Screening::of(body.as_bytes(), &policy);
    let us = began.elapsed().as_secs_f64() * 1e6;
    let findings: Vec<Value> = screening
        .findings
        .iter()
        .filter(|found| found.kind.family != Family::Structure)
        .map(|found| {
            let mut finding = json!({ "kind": found.kind.id, "start": found.start, "end": found.start + found.bytes });
            if let Some(message) = message(&found.place) {
                finding["msg"] = message.into();
            }
            finding
        })
        .collect();
    let masked = screening.mask(body.as_bytes(), &policy, NONCE);
    let sanitized = match &masked {
        Some(masked) => serde_json::from_slice::<Value>(&masked.body)?["messages"].take(),
        None => Value::Null,
    };
    let restore: Map<String, Value> = masked
        .iter()
        .flat_map(|masked| masked.table.entries())
        .map(|(placeholder, value)| (placeholder.to_owned(), value.into()))
        .collect();
    debug_assert!(screening.tier != Tier::General || restore.is_empty());
    Ok(json!({
        "id": request.id,
        "tier": screening.tier,
        "findings": findings,
        "sanitized": sanitized,
        "restore": restore,
        "us": us,
    }))
}

/// The message whose text a place is: `messages[3].content`.
fn message(place: &str) -> Option<usize> {
    let index = place.strip_prefix("messages[")?.strip_suffix("].content")?;
    index.parse().ok()
}
