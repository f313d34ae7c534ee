//! Judges answers that are already there.

use moecraft_engine::cascade::Answer;
use serde_json::{Value, json};

use super::Request;
use super::pool::Pool;

/// How likely the first of the answers is right. Without a verifier, or without answers, none is
/// trusted.
pub(super) fn answer(pool: &Pool<'_>, request: &Request) -> Value {
    let answers: Vec<Answer> = request
        .answers
        .iter()
        .map(|given| Answer {
            text: &given.answer,
            tokens: given.tokens,
        })
        .collect();
    let verifier = pool
        .policy
        .verifier
        .as_ref()
        .filter(|_| !answers.is_empty());
    let accept = verifier.map_or(0.0, |verifier| {
        verifier.accept(
            &pool.view(&request.prompt).inputs,
            &request.prompt,
            &answers,
        )
    });
    json!({"id": request.id, "accept": accept})
}
