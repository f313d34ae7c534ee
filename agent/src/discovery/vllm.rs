//! vLLM's OpenAI-compatible server.

use moecraft_wire::tunnel::{LocalModel, MAX_STREAMS, ServerKind};
use serde::Deserialize;

use super::query::{Query, Silence};
use super::trust_of;

#[derive(Deserialize)]
struct List {
    data: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
    max_model_len: u32,
    /// What it was loaded from, where it is called otherwise.
    root: Option<String>,
}

pub(super) async fn models(query: &Query<'_>) -> Result<Vec<LocalModel>, Silence> {
    let list: List = query.get("/v1/models").await?;
    let model = |entry: Entry| LocalModel {
        trust: trust_of(&entry.id, entry.root.as_deref()),
        name: entry.id,
        server: ServerKind::Vllm,
        context_tokens: entry.max_model_len,
        // It batches more requests than the tunnel has streams.
        parallel: MAX_STREAMS as u32,
        // Tools need a parser that was chosen at its start, of which it says nothing.
        capabilities: ["chat", "json_schema"].map(str::to_owned).into(),
    };
    Ok(list.data.into_iter().map(model).collect())
}
