//! `POST /v1/feedback`: what a client says of an answer. A corrected text, and the answer that it is
//! compared with, are measured and forgotten.

use moecraft_durable::Feedback;
use moecraft_engine::key::TenantKey;
use moecraft_engine::meta::{Signal, distance};
use serde::Deserialize;
use worker::{Env, Method, Request, Response};

use crate::error::ApiError;
use crate::keys::{field, read_bounded};
use crate::router::tell;
use crate::setting;

/// The longest body, bytes: a corrected answer may be long.
const MAX_BODY: usize = 1 << 20;
/// The longest request id that is looked up, bytes.
const MAX_ID: usize = 64;
/// Where it comes from, where the client does not say.
const USUAL_SOURCE: &str = "client";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    request_id: String,
    verdict: Option<Thumb>,
    score: Option<f64>,
    corrected: Option<String>,
    answer: Option<String>,
    outcome: Option<Task>,
    source: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Thumb {
    Up,
    Down,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Task {
    Success,
    Failure,
}

/// Takes a word on an answer to the tenant's object.
///
/// # Errors
/// [`ApiError::Field`] for what cannot be used, [`ApiError::UnknownRequest`] for a request that the
/// tenant has not made.
pub async fn post(env: &Env, key: &TenantKey, mut request: Request) -> Result<Response, ApiError> {
    let body = read_bounded(&mut request, MAX_BODY).await?;
    let feedback = read(&body)?;
    let text =
        serde_json::to_string(&feedback).map_err(|error| ApiError::Internal(error.to_string()))?;
    let answer = tell(env, key, Method::Post, "/feedback", &text).await?;
    match answer.status_code() {
        404 => Err(ApiError::UnknownRequest(feedback.request_id)),
        _ => Ok(answer),
    }
}

fn read(body: &[u8]) -> Result<Feedback, ApiError> {
    let Body {
        request_id,
        verdict,
        score,
        corrected,
        answer,
        outcome,
        source,
    } = setting::read(body, "feedback")?;
    let id = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if !(1..=MAX_ID).contains(&request_id.len()) || !request_id.bytes().all(id) {
        let what = "`request_id` must be the header x-moecraft-request-id of the answer";
        return Err(field("request_id", what));
    }
    let source = source.unwrap_or_else(|| USUAL_SOURCE.to_owned());
    if !Feedback::is_source(&source) {
        let what =
            "`source` must be a word of `a`-`z`, `0`-`9` and `_`, at most 32, and not `implicit`";
        return Err(field("source", what));
    }
    if score.is_some_and(|score| !(0.0..=1.0).contains(&score)) {
        let what = "`score` must be a number from 0, useless, to 1, perfect";
        return Err(field("score", what));
    }
    if answer.is_some() && corrected.is_none() {
        let what = "`answer` is what `corrected` is compared with: give both, or neither";
        return Err(field("answer", what));
    }
    let chars = corrected.as_ref().map(|text| text.chars().count() as u64);
    let measured = answer.is_some();
    let signals = [
        verdict.map(|verdict| match verdict {
            Thumb::Up => Signal::ThumbUp,
            Thumb::Down => Signal::ThumbDown,
        }),
        score.map(Signal::Score),
        // The answer is not kept: without it, the lengths tell later how much of it may be left.
        corrected
            .map(|text| Signal::Corrected(answer.map_or(1.0, |answer| distance(&answer, &text)))),
        outcome.map(|outcome| match outcome {
            Task::Success => Signal::TaskDone,
            Task::Failure => Signal::TaskFailed,
        }),
    ];
    let mut signals = signals.into_iter().flatten();
    let (Some(signal), None) = (signals.next(), signals.next()) else {
        let what = "give one of `verdict` (up, down), `score` (0 to 1), `corrected` (your version) and `outcome` (success, failure)";
        return Err(field("verdict", what));
    };
    Ok(Feedback {
        request_id,
        source,
        signal,
        chars,
        measured,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn of(mut body: Value) -> Result<Feedback, ApiError> {
        body["request_id"] = "0190".into();
        read(body.to_string().as_bytes())
    }

    #[test]
    fn a_word_is_taken_in_each_of_its_forms() {
        let signal = |body| of(body).unwrap().signal;
        assert_eq!(signal(json!({"verdict": "up"})), Signal::ThumbUp);
        assert_eq!(signal(json!({"verdict": "down"})), Signal::ThumbDown);
        assert_eq!(signal(json!({"score": 0.5})), Signal::Score(0.5));
        assert_eq!(signal(json!({"outcome": "success"})), Signal::TaskDone);
        assert_eq!(signal(json!({"outcome": "failure"})), Signal::TaskFailed);
        assert_eq!(of(json!({"score": 1})).unwrap().source, USUAL_SOURCE);
    }

    #[test]
    fn of_a_corrected_answer_only_the_length_is_kept() {
        let kept = of(json!({"corrected": "bluebird ü", "source": "ide"})).unwrap();
        assert_eq!(
            (kept.chars, kept.signal),
            (Some(10), Signal::Corrected(1.0))
        );
        assert!(!serde_json::to_string(&kept).unwrap().contains("bluebird"));
        assert!(!kept.measured);
        let answer = "The bluebird is a small thrush of North America, and feeds on insects.";
        let corrected = answer.replace("small", "little");
        let kept = of(json!({"corrected": corrected, "answer": answer})).unwrap();
        assert!(matches!(kept.signal, Signal::Corrected(apart) if 0.0 < apart && apart < 0.2));
        assert!(kept.measured && !serde_json::to_string(&kept).unwrap().contains("thrush"));
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let at_fault = |body: Value| {
            let error = of(body).expect_err("no feedback");
            error.param().expect("a field").to_owned()
        };
        assert_eq!(at_fault(json!({})), "verdict");
        assert_eq!(at_fault(json!({"verdict": "up", "score": 1})), "verdict");
        assert_eq!(at_fault(json!({"verdict": "meh"})), "body");
        assert_eq!(at_fault(json!({"verdict": "up", "answer": "a"})), "answer");
        assert_eq!(at_fault(json!({"score": 1.5})), "score");
        assert_eq!(at_fault(json!({"score": -1})), "score");
        assert_eq!(at_fault(json!({"verdit": "up"})), "verdit");
        assert_eq!(
            at_fault(json!({"verdict": "up", "source": "A b"})),
            "source"
        );
        assert_eq!(
            at_fault(json!({"verdict": "up", "source": "implicit"})),
            "source"
        );
        let error = read(b"{\"verdict\":\"up\"}").expect_err("no request");
        assert_eq!(error.param(), Some("request_id"));
        let error = read(b"{\"request_id\":\"a b\",\"verdict\":\"up\"}").expect_err("no id");
        assert_eq!(error.param(), Some("request_id"));
    }
}
