//! `build/manifest.json`: what was built, for the scripts that start it without wrangler.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::Result;
use flate2::{Compression, write::GzEncoder};
use serde::{Deserialize, Serialize};

use crate::wrangler::{self, DurableObject};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifest {
    /// The cargo profile: `dev` or `release`.
    pub(crate) profile: String,
    /// Hex SHA-256 over all inputs.
    pub(crate) fingerprint: String,
    compatibility_date: String,
    compatibility_flags: Vec<String>,
    /// Plain-text bindings and their defaults.
    vars: BTreeMap<String, String>,
    durable_objects: Vec<DurableObject>,
    /// Entry first, then by name.
    modules: Vec<Module>,
    pub(crate) wasm: Wasm,
}

/// One module of the Worker, named by its path in `build/`.
#[derive(Serialize, Deserialize)]
struct Module {
    name: String,
    /// As Miniflare calls it: `ESModule` or `CompiledWasm`.
    r#type: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Wasm {
    pub(crate) bytes: usize,
    pub(crate) gzip_bytes: usize,
}

pub(crate) const FILE: &str = "manifest.json";

impl Manifest {
    /// Describes the finished files in `folder`.
    pub(crate) fn describe(
        folder: &Path,
        profile: &str,
        fingerprint: String,
        config: &wrangler::Config,
    ) -> Result<Self> {
        let wasm = fs::read(folder.join("index_bg.wasm"))?;
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&wasm)?;
        let mut modules = Vec::new();
        collect(folder, "", &mut modules)?;
        modules.sort_by_key(|module| (module.name != "worker.js", module.name.clone()));
        Ok(Self {
            profile: profile.to_owned(),
            fingerprint,
            compatibility_date: config.compatibility_date.clone(),
            compatibility_flags: config.compatibility_flags.clone(),
            vars: config.vars.clone(),
            durable_objects: config.durable_objects.bindings.clone(),
            modules,
            wasm: Wasm {
                bytes: wasm.len(),
                gzip_bytes: gzip.finish()?.len(),
            },
        })
    }

    /// The manifest in `folder`; none when there is no build, or one of another form.
    pub(crate) fn read(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(folder.join(FILE)).ok()?).ok()
    }

    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        fs::write(folder.join(FILE), text)?;
        Ok(())
    }
}

fn collect(folder: &Path, prefix: &str, into: &mut Vec<Module>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{name}/"), into)?;
            continue;
        }
        let r#type = match entry.path().extension().and_then(|ext| ext.to_str()) {
            Some("js") => "ESModule",
            Some("wasm") => "CompiledWasm",
            _ => continue,
        };
        into.push(Module {
            name,
            r#type: r#type.to_owned(),
        });
    }
    Ok(())
}
