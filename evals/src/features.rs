//! What models learn from, dumped: the feature vector and the embedding of each prompt.

use anyhow::{Context, Result};
use moecraft_engine::embedding::Table;
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
    /// Empty where no word is known.
    embedding: &'a [f32],
}

/// Answers `{"id", "prompt"}` with `{"id", "features", "embedding"}`.
pub(crate) fn answer(line: &str) -> Result<String> {
    let request: Request = serde_json::from_str(line).context("no request")?;
    let read = Features::of(&Prompt {
        messages: &[Turn {
            role: Role::User,
            text: &request.prompt,
        }],
        ..Prompt::default()
    });
    let embedding = Table::shipped().embed_ends(&request.prompt);
    Ok(serde_json::to_string(&Answer {
        id: request.id,
        features: &read.vector,
        embedding: embedding.as_ref().map_or(&[], |vector| vector),
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
