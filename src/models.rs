//! `GET /v1/models`: what this tenant can ask for by name.

use moecraft_catalog::{AliasTarget, catalog};
use moecraft_engine::admission::Snapshot;
use moecraft_engine::router::{AUTO, LOCAL_PREFIX, Mode, UnknownModel};
use serde::Serialize;

use crate::config::Config;
use crate::error::ApiError;

/// One entry. The fields of both API families together: each client reads its own and ignores the
/// rest.
#[derive(Debug, Serialize)]
struct Entry {
    id: String,
    object: &'static str,
    created: u64,
    owned_by: String,
    #[serde(rename = "type")]
    kind: &'static str,
    display_name: String,
    created_at: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    context_window: Option<u32>,
}

/// The list.
#[derive(Debug, Serialize)]
pub struct ModelList {
    object: &'static str,
    data: Vec<Entry>,
    has_more: bool,
    first_id: Option<String>,
    last_id: Option<String>,
}

/// Both families want a date of creation, which the catalogue does not know: the epoch says so.
fn entry(id: &str, owned_by: &str, display_name: &str, context_window: Option<u32>) -> Entry {
    Entry {
        id: id.to_owned(),
        object: "model",
        created: 0,
        owned_by: owned_by.to_owned(),
        kind: "model",
        display_name: display_name.to_owned(),
        created_at: "1970-01-01T00:00:00Z",
        context_window,
    }
}

/// One model of the list; an id may hold slashes, as it stands or encoded.
///
/// # Errors
/// [`ApiError::Model`] for one that is not in the list.
pub fn one(
    config: &Config,
    snapshot: &Snapshot,
    now: u64,
    id: &str,
) -> Result<impl Serialize, ApiError> {
    let id = id.replace("%2F", "/").replace("%2f", "/");
    let mut models = list(config, snapshot, now).data.into_iter();
    models.find(|entry| entry.id == id).ok_or_else(|| {
        ApiError::Model(UnknownModel {
            model: id.chars().take(100).collect(),
        })
    })
}

/// What can be called now: the routing policy, the models of configured providers, and those of
/// the tenant's agents.
pub fn list(config: &Config, snapshot: &Snapshot, now: u64) -> ModelList {
    let cloud = catalog()
        .models
        .iter()
        .filter(|model| config.can_call(model) && !model.retired(now))
        .map(|model| {
            entry(
                &model.id,
                &model.provider,
                &model.display_name,
                Some(model.context_tokens),
            )
        });
    let local = snapshot.local.iter().map(|model| {
        let id = format!("{LOCAL_PREFIX}{}", model.name);
        entry(&id, "agent", &model.name, Some(model.context_tokens))
    });
    let auto = entry(
        AUTO,
        "moecraft",
        "MOECraft: the cheapest model that will do",
        None,
    );
    // Some clients offer only the models of the vendor they know, by how the name begins.
    let aliases = catalog()
        .aliases
        .iter()
        .filter(|alias| matches!(&alias.target, AliasTarget::Policy(policy) if policy == AUTO))
        .filter(|alias| !alias.name.ends_with('*'))
        .map(|alias| entry(&alias.name, "moecraft", "MOECraft auto", None));
    let modes = Mode::ALL.map(|mode| {
        let name = mode.as_str();
        let shown = format!("MOECraft: {name}");
        entry(&format!("moecraft/{name}"), "moecraft", &shown, None)
    });
    let data: Vec<Entry> = std::iter::once(auto)
        .chain(modes)
        .chain(aliases)
        .chain(local)
        .chain(cloud)
        .collect();
    ModelList {
        object: "list",
        has_more: false,
        first_id: data.first().map(|entry| entry.id.clone()),
        last_id: data.last().map(|entry| entry.id.clone()),
        data,
    }
}
