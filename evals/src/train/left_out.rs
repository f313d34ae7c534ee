//! What learners say of all prompts that they had not seen, kept in a folder between runs.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::out_of_fold::Row;

/// Predictions of the prompts of each pool.
#[derive(Serialize, Deserialize)]
pub(super) struct LeftOut {
    /// A fold left out at a time: known traffic.
    pub(super) folds: Vec<Vec<Row>>,
    /// A few fields of study or benchmarks left out at a time: unknown traffic.
    pub(super) fields: Vec<Vec<Row>>,
}

/// What an earlier run has kept in the folder under this name; else made, and kept.
pub(super) fn kept<T: Serialize + DeserializeOwned>(
    folder: Option<&Path>,
    name: &str,
    make: impl FnOnce() -> Result<T>,
) -> Result<T> {
    let Some(folder) = folder else {
        return make();
    };
    let path = folder.join(format!("{name}.json"));
    if path.exists() {
        let text = fs::read(&path).with_context(|| path.display().to_string())?;
        return serde_json::from_slice(&text).with_context(|| path.display().to_string());
    }
    let made = make()?;
    fs::create_dir_all(folder)?;
    fs::write(&path, serde_json::to_vec(&made)?)?;
    Ok(made)
}
