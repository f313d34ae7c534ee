//! What models learn from, dumped: the feature vector of each prompt.

use anyhow::{Context, Result};
use moecraft_engine::features::{Feature, Features, NAMES, Prompt, Role, Turn};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Deserialize)]
struct Request {
    id: Value,
    prompt: String,
}

#[derive(Serialize)]
struct Answer<'a> {
    id: Value,
    features: &'a [f32],
}

/// Answers `{"id", "prompt"}` with `{"id", "features"}`.
pub(crate) fn answer(line: &str) -> Result<String> {
    let request: Request = serde_json::from_str(line).context("no request")?;
    let read = Features::of(&Prompt {
        messages: &[Turn {
            role: Role::User,
            text: &request.prompt,
        }],
        ..Prompt::default()
    });
    Ok(serde_json::to_string(&Answer {
        id: request.id,
        features: &read.vector,
    })?)
}

/// The entries of the vector, one a line: name, unit, range and meaning between tabs.
pub(crate) fn names() -> String {
    let line = |feature: &Feature| {
        let Feature {
            name,
            unit,
            low,
            high,
            meaning,
        } = feature;
        format!("{name}\t{unit}\t{low}..{high}\t{meaning}\n")
    };
    NAMES.iter().map(line).collect()
}
