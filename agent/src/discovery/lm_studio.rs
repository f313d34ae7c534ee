//! LM Studio. Only loaded models are offered: of the others it does not say with which context they would
//! be loaded.

use moecraft_wire::tunnel::{Capabilities, LocalModel, ServerKind};
use serde::Deserialize;

use super::query::{Query, Silence};
use super::trust_of;

/// `/api/v1/models`, since 0.4.
#[derive(Deserialize)]
struct Current {
    models: Vec<Model>,
}

#[derive(Deserialize)]
struct Model {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    loaded_instances: Vec<Instance>,
    #[serde(default)]
    capabilities: Abilities,
    #[serde(default)]
    key: String,
    publisher: Option<String>,
    architecture: Option<String>,
}

#[derive(Deserialize)]
struct Instance {
    /// The name that reaches this instance.
    id: String,
    config: InstanceConfig,
}

#[derive(Deserialize)]
struct InstanceConfig {
    context_length: u32,
    parallel: Option<u32>,
}

#[derive(Default, Deserialize)]
struct Abilities {
    #[serde(default)]
    vision: bool,
    #[serde(default)]
    trained_for_tool_use: bool,
}

/// `/api/v0/models`, before.
#[derive(Deserialize)]
struct Former {
    data: Vec<FormerModel>,
}

#[derive(Deserialize)]
struct FormerModel {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    state: String,
    max_context_length: u32,
    loaded_context_length: Option<u32>,
    #[serde(default)]
    capabilities: Vec<String>,
    publisher: Option<String>,
    arch: Option<String>,
}

pub(super) async fn models(query: &Query<'_>) -> Result<Vec<LocalModel>, Silence> {
    match query.get::<Current>("/api/v1/models").await {
        Ok(current) => Ok(current.models.into_iter().flat_map(instances).collect()),
        Err(Silence::Absent) => {
            let former: Former = query.get("/api/v0/models").await?;
            Ok(former.data.into_iter().filter_map(former_model).collect())
        }
        Err(Silence::Busy) => Err(Silence::Busy),
    }
}

fn instances(model: Model) -> Vec<LocalModel> {
    let capabilities = capabilities(
        &model.kind,
        model.capabilities.vision,
        model.capabilities.trained_for_tool_use,
    );
    let said = [&model.publisher, &model.architecture];
    let said = || {
        let optional = said.into_iter().filter_map(|said| said.as_deref());
        optional.chain([model.key.as_str()])
    };
    let offer = |instance: Instance| LocalModel {
        trust: trust_of(&instance.id, said()),
        name: instance.id,
        server: ServerKind::LmStudio,
        context_tokens: instance.config.context_length,
        parallel: instance.config.parallel.unwrap_or(1),
        capabilities: capabilities.clone(),
    };
    model.loaded_instances.into_iter().map(offer).collect()
}

fn former_model(model: FormerModel) -> Option<LocalModel> {
    let tools = model.capabilities.iter().any(|c| c == "tool_use");
    (model.state == "loaded").then(|| LocalModel {
        capabilities: capabilities(&model.kind, model.kind == "vlm", tools),
        trust: trust_of(
            &model.id,
            [&model.publisher, &model.arch]
                .into_iter()
                .filter_map(|said| said.as_deref()),
        ),
        name: model.id,
        server: ServerKind::LmStudio,
        context_tokens: model
            .loaded_context_length
            .unwrap_or(model.max_context_length),
        parallel: 1,
    })
}

/// LM Studio enforces a JSON schema with every language model.
fn capabilities(kind: &str, vision: bool, tools: bool) -> Capabilities {
    let embeds = kind.starts_with("embedding");
    let offered = [
        ("chat", !embeds),
        ("json_schema", !embeds),
        ("embeddings", embeds),
        ("vision", vision),
        ("tools", tools),
    ];
    offered
        .into_iter()
        .filter(|(_, has)| *has)
        .map(|(name, _)| name.to_owned())
        .collect()
}
