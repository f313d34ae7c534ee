//! llama.cpp's server: one model, its context divided by its slots.

use moecraft_wire::tunnel::{Capabilities, LocalModel, MAX_MODEL_NAME, ServerKind};
use serde::Deserialize;

use super::query::{Query, Silence};
use super::trust_of;

/// What the server calls itself in the `Server` header.
const NAME: &str = "llama.cpp";

#[derive(Deserialize)]
struct Health {
    status: String,
}

#[derive(Deserialize)]
struct Props {
    default_generation_settings: Generation,
    total_slots: u32,
    #[serde(default)]
    model_path: String,
    #[serde(default)]
    chat_template_caps: TemplateCaps,
    #[serde(default)]
    modalities: Modalities,
}

#[derive(Deserialize)]
struct Generation {
    /// Per slot, that is, per request.
    n_ctx: u32,
}

#[derive(Default, Deserialize)]
struct TemplateCaps {
    #[serde(default)]
    supports_tools: bool,
}

#[derive(Default, Deserialize)]
struct Modalities {
    #[serde(default)]
    vision: bool,
}

#[derive(Deserialize)]
struct List {
    data: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
}

pub(super) async fn models(query: &Query<'_>) -> Result<Vec<LocalModel>, Silence> {
    let health = query.get_named::<Health>("/health").await?;
    if health.server.as_deref() != Some(NAME) || health.value.status != "ok" {
        return Err(Silence::Absent);
    }
    let props: Props = query.get("/props").await?;
    let list: List = query.get("/v1/models").await?;
    let Some(entry) = list.data.first() else {
        return Ok(Vec::new());
    };
    let name = model_name(&entry.id);
    Ok(vec![LocalModel {
        trust: trust_of(&name, [entry.id.as_str(), props.model_path.as_str()]),
        name,
        server: ServerKind::LlamaCpp,
        context_tokens: props.default_generation_settings.n_ctx,
        parallel: props.total_slots,
        capabilities: capabilities(&props),
    }])
}

/// The server enforces a JSON schema with every model; tools reach the model only through a template
/// that has a place for them, and vanish silently otherwise.
fn capabilities(props: &Props) -> Capabilities {
    let offered = [
        ("chat", true),
        ("json_schema", true),
        ("tools", props.chat_template_caps.supports_tools),
        ("vision", props.modalities.vision),
    ];
    offered
        .into_iter()
        .filter(|(_, has)| *has)
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// Without an alias the server names its model by the file's path. The name on a request does not matter
/// to it, so the file's stem will do, with what cannot stand in a name replaced.
fn model_name(id: &str) -> String {
    let stem = match id.strip_suffix(".gguf") {
        Some(path) => path.rsplit(['/', '\\']).next().unwrap_or(path),
        None => id,
    };
    stem.chars()
        .map(|c| if c.is_ascii_graphic() { c } else { '-' })
        .take(MAX_MODEL_NAME)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_a_name_and_an_alias_stays() {
        assert_eq!(
            model_name("/home/u/My models/Qwen 2.5.Q4_K_M.gguf"),
            "Qwen-2.5.Q4_K_M"
        );
        assert_eq!(model_name("C:\\models\\phi.gguf"), "phi");
        assert_eq!(model_name("org/model:Q4"), "org/model:Q4");
        assert_eq!(model_name(&"x".repeat(500)).len(), MAX_MODEL_NAME);
    }
}
