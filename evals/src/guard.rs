//! The guard on a labelled corpus: tier, findings and what sanitising makes of each request.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Context, Result};
use moecraft_engine::guard::{Family, Policy, Screening, Tier};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// Placeholders of a corpus need not be kept from anybody.
const NONCE: u64 = 1;

#[derive(Deserialize)]
struct Request<'a> {
    id: Value,
    #[serde(borrow)]
    messages: &'a RawValue,
}

/// A body as the guard is given it: the messages as they stand in the corpus, byte for byte.
#[derive(Serialize, Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    messages: &'a RawValue,
}

#[derive(Serialize)]
struct Answer<'a> {
    id: Value,
    tier: Tier,
    findings: Vec<Found<'a>>,
    sanitized: Option<&'a RawValue>,
    restore: BTreeMap<&'a str, &'a str>,
    us: f64,
}

/// A finding; without a `msg` it is in no message's text, but in a call or a name.
#[derive(Serialize)]
struct Found<'a> {
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    msg: Option<usize>,
    start: usize,
    end: usize,
}

/// Answers `{"id", "messages"}` with `{"id", "tier", "findings", "sanitized", "restore", "us"}`.
///
/// `sanitized` is what the policy `sanitise` sends to a trusted model, and to an untrusted one in
/// tier 1; `null` where masking is not beyond doubt.
pub(crate) fn answer(line: &str, strict: bool) -> Result<String> {
    let request: Request<'_> = serde_json::from_str(line).context("no request")?;
    let body = serde_json::to_vec(&Body {
        messages: request.messages,
    })?;
    let policy = Policy {
        strict,
        ..Policy::default()
    };
    let began = Instant::now();
    let screening = Screening::of(&body, &policy);
    let us = began.elapsed().as_secs_f64() * 1e6;
    let told = |family: Family| family != Family::Structure;
    let findings = screening
        .findings
        .iter()
        .filter(|found| told(found.kind.family))
        .map(|found| Found {
            kind: found.kind.id,
            msg: message(&found.place),
            start: found.start,
            end: found.start + found.bytes,
        });
    let masked = screening.mask(&body, &policy, NONCE);
    let sanitized = masked
        .as_ref()
        .map(|masked| serde_json::from_slice::<Body<'_>>(&masked.body))
        .transpose()?;
    let restore = masked.iter().flat_map(|masked| masked.table.entries());
    let restore: BTreeMap<&str, &str> = restore.collect();
    debug_assert!(screening.tier != Tier::General || restore.is_empty());
    Ok(serde_json::to_string(&Answer {
        id: request.id,
        tier: screening.tier,
        findings: findings.collect(),
        sanitized: sanitized.map(|body| body.messages),
        restore,
        us,
    })?)
}

/// The message whose text a place is: `messages[3].content`.
fn message(place: &str) -> Option<usize> {
    let index = place.strip_prefix("messages[")?.strip_suffix("].content")?;
    index.parse().ok()
}
