//! Ollama: many models, loaded when asked for.

use moecraft_wire::tunnel::{Capabilities, LocalModel, MAX_MODELS, ServerKind};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::query::{Query, Silence};
use super::{UNKNOWN_CONTEXT, trust_of};

#[derive(Deserialize)]
struct Version {
    #[serde(rename = "version")]
    _version: String,
}

#[derive(Deserialize)]
struct Tags {
    models: Vec<Tag>,
}

#[derive(Deserialize)]
struct Tag {
    name: String,
}

#[derive(Deserialize)]
struct Running {
    models: Vec<Loaded>,
}

#[derive(Deserialize)]
struct Loaded {
    name: String,
    context_length: Option<u32>,
}

#[derive(Deserialize)]
struct Show {
    /// The Modelfile's parameters as text, one `name value` a line.
    #[serde(default)]
    parameters: String,
    #[serde(default)]
    capabilities: Vec<String>,
    #[serde(default)]
    model_info: Map<String, Value>,
    #[serde(default)]
    details: Details,
}

#[derive(Default, Deserialize)]
struct Details {
    #[serde(default)]
    parent_model: String,
    #[serde(default)]
    family: String,
    families: Option<Vec<String>>,
}

pub(super) async fn models(query: &Query<'_>) -> Result<Vec<LocalModel>, Silence> {
    query.get::<Version>("/api/version").await?;
    let tags: Tags = query.get("/api/tags").await?;
    let running: Running = query.get("/api/ps").await?;
    let mut models = Vec::new();
    for Tag { name } in tags.models.into_iter().take(MAX_MODELS) {
        let show: Show = match query.post("/api/show", &json!({"model": name})).await {
            Ok(show) => show,
            // Deleted since it was listed.
            Err(Silence::Absent) => continue,
            Err(Silence::Busy) => return Err(Silence::Busy),
        };
        let loaded = running.models.iter().find(|loaded| loaded.name == name);
        models.push(LocalModel {
            server: ServerKind::Ollama,
            context_tokens: context(&show, loaded.and_then(|l| l.context_length)),
            // The server's default; what it was set to it does not tell.
            parallel: 1,
            capabilities: capabilities(&show),
            trust: trust_of(&name, origin(&show)),
            name,
        });
    }
    Ok(models)
}

/// The context a request gets: what the model is loaded with, or will be loaded with. The trained context
/// is only a bound: Ollama cuts a longer prompt silently.
fn context(show: &Show, loaded: Option<u32>) -> u32 {
    let set = || {
        show.parameters.lines().find_map(|line| {
            let (name, value) = line.trim().split_once(char::is_whitespace)?;
            (name == "num_ctx").then(|| value.trim().parse().ok())?
        })
    };
    let trained = show
        .model_info
        .iter()
        .find(|(key, _)| key.ends_with(".context_length"))
        .and_then(|(_, value)| u32::try_from(value.as_u64()?).ok());
    loaded
        .or_else(set)
        .unwrap_or(UNKNOWN_CONTEXT)
        .min(trained.unwrap_or(u32::MAX))
}

/// What tells where a model comes from, whatever it is called here: `ollama cp` gives any name to any.
fn origin(show: &Show) -> impl Iterator<Item = &str> {
    let Details {
        parent_model,
        family,
        families,
    } = &show.details;
    let families = families.iter().flatten().chain([parent_model, family]);
    let general = show.model_info.iter().filter_map(|(key, value)| {
        let said = value.as_str()?;
        key.starts_with("general.").then_some(said)
    });
    families.map(String::as_str).chain(general)
}

/// Ollama enforces a JSON schema with every model that completes.
fn capabilities(show: &Show) -> Capabilities {
    show.capabilities
        .iter()
        .flat_map(|capability| match capability.as_str() {
            "completion" => &["chat", "json_schema"][..],
            "tools" => &["tools"],
            "vision" => &["vision"],
            "embedding" => &["embeddings"],
            _ => &[],
        })
        .map(|&name| name.to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(parameters: &str, trained: u32) -> Show {
        let info = json!({"general.parameter_count": 1, "qwen2.context_length": trained});
        Show {
            parameters: parameters.into(),
            capabilities: vec![],
            model_info: info.as_object().cloned().unwrap(),
            details: Details::default(),
        }
    }

    #[test]
    fn the_context_is_what_a_request_gets() {
        let quiet = show("stop \"<|im_end|>\"\ntemperature 0.7", 32_768);
        assert_eq!(context(&quiet, None), UNKNOWN_CONTEXT);
        assert_eq!(context(&quiet, Some(8192)), 8192, "as loaded");
        let set = show("temperature 0.7\nnum_ctx                 16384", 32_768);
        assert_eq!(context(&set, None), 16_384, "as it will be loaded");
        assert_eq!(context(&set, Some(2048)), 2048, "loaded with less");
        assert_eq!(context(&show("", 2048), None), 2048, "trained for less");
    }
}
