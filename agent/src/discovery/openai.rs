//! Any other server with OpenAI's API. That API has no word for a context; some servers add one.

use moecraft_wire::tunnel::{LocalModel, ServerKind};
use serde::Deserialize;

use super::query::{Query, Silence};
use super::{UNKNOWN_CONTEXT, trust_of};

#[derive(Deserialize)]
struct List {
    data: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
    max_model_len: Option<u32>,
    context_length: Option<u32>,
    root: Option<String>,
    owned_by: Option<String>,
}

pub(super) async fn models(query: &Query<'_>) -> Result<Vec<LocalModel>, Silence> {
    let list: List = query.get("/v1/models").await?;
    let model = |entry: Entry| LocalModel {
        trust: trust_of(
            &entry.id,
            [&entry.root, &entry.owned_by]
                .into_iter()
                .filter_map(|said| said.as_deref()),
        ),
        name: entry.id,
        server: ServerKind::OpenAiCompatible,
        context_tokens: entry
            .max_model_len
            .or(entry.context_length)
            .unwrap_or(UNKNOWN_CONTEXT),
        parallel: 1,
        capabilities: ["chat"].map(str::to_owned).into(),
    };
    Ok(list.data.into_iter().map(model).collect())
}
