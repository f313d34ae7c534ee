//! `POST /v1/route`: what would be decided about a request. No model is called, nothing is kept.

use std::collections::BTreeMap;
use std::rc::Rc;

use moecraft_engine::admission::Snapshot;
use moecraft_engine::key::TenantKey;
use moecraft_engine::money::{Usage, format_usd};
use moecraft_engine::router::{AUTO, Candidate, Plan};
use moecraft_engine::tariff::baseline;
use moecraft_wire::{Dialect, Members};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use worker::{Request, Response};

use crate::asked::{Asked, Door};
use crate::config::Config;
use crate::error::ApiError;
use crate::guard::{Inspected, Terms};
use crate::keys::{field, read_bounded};
use crate::planning::{Known, Planned};
use crate::record::Decision;
use crate::{bounds, sessions, snapshot};

/// The longest body, bytes: that of a model call.
const MAX_BODY: usize = 32 << 20;
/// The bound on the answer that a Messages request is given where it sets none: it must have one.
const USUAL_BOUND: u32 = 4_096;

/// Decides about a request as if it were made now.
///
/// # Errors
/// Those that the request itself would be refused with before any model is called.
pub async fn route(
    mut request: Request,
    config: &Config,
    key: &TenantKey,
    policy: Snapshot,
) -> Result<Response, ApiError> {
    let now = worker::Date::now().as_millis();
    let headers: BTreeMap<String, String> = request.headers().entries().collect();
    let body = read_bounded(&mut request, MAX_BODY).await?;
    // Chat and Messages look alike: Anthropic's clients name its API's version.
    let (door, body) = conversation(&body, headers.contains_key("anthropic-version"))?;
    let asked = Asked::read(door, &body)?;
    let policy = Rc::new(policy);
    let inspected = Inspected::of(body, policy.clone(), Terms::default());
    let session = sessions::key(&key.tenant, &headers);
    let session = session.and_then(|key| sessions::warm(&key, now));
    let known = Known {
        snapshot: &policy,
        refused: &snapshot::refused(&key.tenant, now),
        session: session.as_ref(),
        inspected: &inspected,
        now,
        bounds: bounds::read(&headers)?,
        // What is drawn at random is drawn for the request itself.
        seed: None,
    };
    let planned = Planned::of(&asked, config, &known)?;
    let response = Response::from_json(&told(&asked, &inspected, &planned, now)?)?;
    let tier = inspected.tier().number().to_string();
    response.headers().set("x-moecraft-tier", &tier)?;
    Ok(response)
}

/// The request in the dialect it is written in. A bare `prompt` is a conversation of one turn, and
/// without a `model` the router chooses.
fn conversation(body: &[u8], of_anthropic: bool) -> Result<(Door, Vec<u8>), ApiError> {
    let Some(mut members) = Members::of(body) else {
        return Err(field("body", "the body must be a JSON object"));
    };
    let has = |name: &str| members.get(name).is_some();
    let door = match (has("prompt"), has("input"), has("messages")) {
        (true, false, false) => Door::Chat,
        (false, true, false) => Door::Responses,
        (false, false, true) if of_anthropic || has("system") => Door::Messages,
        (false, false, true) => Door::Chat,
        _ => {
            let what = "give one of `prompt`, `messages` and `input`: a text, or a request of Chat Completions, Messages or Responses";
            return Err(field("prompt", what));
        }
    };
    if let Some(prompt) = members.get("prompt") {
        let prompt: String =
            serde_json::from_str(prompt).map_err(|_| field("prompt", "`prompt` must be a text"))?;
        members.set("messages", &json!([{"role": "user", "content": prompt}]));
        members.remove("prompt");
    }
    if members.get("model").is_none() {
        members.set("model", &AUTO);
    }
    if door == Door::Messages && members.get("max_tokens").is_none() {
        members.set("max_tokens", &USUAL_BOUND);
    }
    Ok((door, members.to_bytes()))
}

fn told(
    asked: &Asked,
    inspected: &Inspected,
    planned: &Planned,
    now: u64,
) -> Result<Value, ApiError> {
    let decision = Decision::of(asked, inspected, planned, None);
    // By way of its text, so that figures have the digits that the history shows.
    let mut told: Value = serde_json::from_str(decision.raw().get())
        .map_err(|error| ApiError::Internal(error.to_string()))?;
    let Plan {
        candidates,
        removed,
        ..
    } = &planned.plan;
    // The first that is called: some candidates have no place that takes calls now.
    let first = planned.targets.first();
    let usage = first.map_or_else(Usage::default, |first| {
        asked.expected(&first.model, first.class)
    });
    let chosen = first.map(
        |target| json!({"model": target.model, "class": target.class, "provider": target.provider}),
    );
    told["target"] = json!({
        "requested": inspected.kept_name(&asked.requested), "routed": planned.policy,
        "dialect": name(asked.door.dialect()),
    });
    told["choice"] = json!(chosen);
    told["calls"] = planned
        .targets
        .iter()
        .map(|target| json!({"model": target.model, "provider": target.provider}))
        .collect();
    told["candidates"] = candidates.iter().map(candidate).collect();
    told["removed"] = removed
        .iter()
        .map(|removed| {
            json!({"model": removed.model, "filter": removed.filter, "why": removed.filter.text()})
        })
        .collect();
    told["baseline"] = json!(usd(baseline(&usage, now)));
    Ok(told)
}

fn candidate(candidate: &Candidate) -> Value {
    let estimate = candidate.estimate;
    json!({
        "model": candidate.model_id, "class": candidate.class, "provider": candidate.provider,
        "p": estimate.p, "cost": usd(estimate.cost_nanos), "utility": estimate.utility,
        "answer_tokens": estimate.answer_tokens, "latency_ms": estimate.latency_ms,
        "reason": candidate.reason,
    })
}

const fn name(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Chat => "chat",
        Dialect::Responses => "responses",
        Dialect::Messages => "messages",
    }
}

/// Dollars as an exact decimal.
fn usd(nanos: u64) -> Box<RawValue> {
    RawValue::from_string(format_usd(nanos)).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door(body: Value, versioned: bool) -> (Door, String) {
        let (door, body) = conversation(body.to_string().as_bytes(), versioned).unwrap();
        let asked = Asked::read(door, &body).unwrap();
        (door, asked.requested)
    }

    #[test]
    fn a_request_is_read_in_the_dialect_it_is_written_in() {
        let auto = AUTO.to_owned();
        let turn = json!([{"role": "user", "content": "Why?"}]);
        assert_eq!(
            door(json!({"prompt": "Why?"}), false),
            (Door::Chat, auto.clone())
        );
        assert_eq!(
            door(json!({"input": "Why?", "model": "gpt-4o"}), false),
            (Door::Responses, "gpt-4o".to_owned())
        );
        assert_eq!(
            door(json!({"messages": turn}), false),
            (Door::Chat, auto.clone())
        );
        assert_eq!(
            door(json!({"messages": turn}), true),
            (Door::Messages, auto.clone())
        );
        let system = json!({"messages": turn, "system": "Be brief."});
        assert_eq!(door(system, false), (Door::Messages, auto));
    }

    #[test]
    fn what_is_no_request_is_told_so() {
        for (body, param) in [
            ("{}", "prompt"),
            ("[]", "body"),
            (r#"{"prompt":1}"#, "prompt"),
            (r#"{"prompt":"a","input":"b"}"#, "prompt"),
        ] {
            let error = conversation(body.as_bytes(), false).expect_err(body);
            assert_eq!(error.param(), Some(param), "{body}");
        }
    }
}
