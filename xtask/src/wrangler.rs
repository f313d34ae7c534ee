//! The part of `wrangler.toml` that a start without wrangler needs too.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
pub(crate) struct Config {
    pub(crate) compatibility_date: String,
    #[serde(default)]
    pub(crate) compatibility_flags: Vec<String>,
    #[serde(default)]
    pub(crate) vars: BTreeMap<String, String>,
    pub(crate) durable_objects: DurableObjects,
}

#[derive(Deserialize)]
pub(crate) struct DurableObjects {
    pub(crate) bindings: Vec<DurableObject>,
}

/// A namespace of Durable Objects: the binding's name and the class behind it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all(serialize = "camelCase"))]
pub(crate) struct DurableObject {
    pub(crate) name: String,
    #[serde(alias = "className")]
    pub(crate) class_name: String,
}

impl Config {
    pub(crate) fn classes(&self) -> Vec<&str> {
        let bindings = self.durable_objects.bindings.iter();
        bindings.map(|object| object.class_name.as_str()).collect()
    }
}

pub(crate) fn read(path: &Path) -> Result<Config> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    toml::from_str(&text).with_context(|| path.display().to_string())
}
