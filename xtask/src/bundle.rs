//! `build/`: the Worker as the runtime takes it, the same files for wrangler, Miniflare and workerd.
//!
//! ```text
//! build/worker.js        the entry: hands on what shell/worker.js exports
//! build/shell/*.js       src/shell/*.js as written
//! build/index.js         wasm-bindgen's glue
//! build/index_bg.wasm    the package `moecraft`
//! build/snippets/**      JavaScript that Rust crates bring along
//! build/manifest.json    what was built, for the scripts that start it (see manifest.rs)
//! ```

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use wasm_bindgen_cli_support::Bindgen;

use crate::manifest::{self, Manifest, Wasm};
use crate::{cargo, exports, wrangler};

const TARGET: &str = "wasm32-unknown-unknown";
const ENTRY: &str =
    "export * from \"./shell/worker.js\";\nexport { default } from \"./shell/worker.js\";\n";

/// Compiles the Worker with cargo profile `profile` and lays it out in `build/`.
///
/// `build/` is replaced in one step, so whoever reads it sees the old Worker or the new one; it
/// is left alone when nothing has changed.
pub(crate) fn build(root: &Path, profile: &str) -> Result<()> {
    let began = SystemTime::now();
    let config = wrangler::read(&root.join("wrangler.toml"))?;
    let shell = root.join("src/shell");
    exports::require(&shell.join("worker.js"), &config.classes())?;
    let wasm = compile(root, profile)?;

    let scratch = root.join(".moecraft");
    fs::create_dir_all(&scratch)?;
    let lock = fs::File::create(scratch.join("build.lock"))?;
    lock.lock().context("waiting for another build")?;

    let build = root.join("build");
    let fingerprint = fingerprint(&wasm, &shell, &root.join("wrangler.toml"))?;
    if let Some(present) = Manifest::read(&build)
        && present.fingerprint == fingerprint
    {
        mark_current(&build, began)?;
        return report(&present.wasm, "unchanged");
    }

    let next = scratch.join("build-next");
    remove(&next)?;
    bindgen(&wasm, &next, profile)?;
    copy_scripts(&shell, &next.join("shell"))?;
    fs::write(next.join("worker.js"), ENTRY)?;
    let manifest = Manifest::describe(&next, profile, fingerprint, &config)?;
    manifest.write(&next)?;
    mark_current(&next, began)?;

    let last = scratch.join("build-last");
    remove(&last)?;
    if build.exists() {
        fs::rename(&build, &last)?;
    }
    fs::rename(&next, &build).context("putting build/ in place")?;
    remove(&last)?;
    report(&manifest.wasm, "built")
}

/// Gives the manifest the time at which its sources were read: what is newer is not in the build.
fn mark_current(build: &Path, began: SystemTime) -> Result<()> {
    let manifest = fs::File::options()
        .append(true)
        .open(build.join(manifest::FILE))?;
    manifest.set_modified(began)?;
    Ok(())
}

fn report(wasm: &Wasm, what: &str) -> Result<()> {
    eprintln!(
        "build/ {what}: WASM {} kB, {} kB gzip",
        wasm.bytes.div_ceil(1000),
        wasm.gzip_bytes.div_ceil(1000)
    );
    Ok(())
}

fn compile(root: &Path, profile: &str) -> Result<PathBuf> {
    let output = cargo(root)
        .args(["build", "--locked", "-p", "moecraft", "--lib"])
        .args(["--target", TARGET, "--profile", profile])
        .args(["--message-format", "json-render-diagnostics"])
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("starting cargo")?;
    if !output.status.success() {
        bail!("the Worker does not compile");
    }
    String::from_utf8(output.stdout)?
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter_map(|message: serde_json::Value| wasm_of(&message))
        .next_back()
        .context("cargo named no .wasm file for the package moecraft")
}

/// The `.wasm` file in one of cargo's messages, if it is about the Worker's own library.
fn wasm_of(message: &serde_json::Value) -> Option<PathBuf> {
    if message["reason"] != "compiler-artifact" || message["target"]["name"] != "moecraft" {
        return None;
    }
    let files = message["filenames"].as_array()?;
    let mut names = files.iter().filter_map(serde_json::Value::as_str);
    names.find(|name| name.ends_with(".wasm")).map(Into::into)
}

fn bindgen(wasm: &Path, out: &Path, profile: &str) -> Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(wasm).out_name("index").typescript(false);
    bindgen.module(true)?;
    bindgen
        .reset_state_function(true)
        .force_enable_abort_handler(true)
        // Names of functions make a tenth of what every isolate has to load.
        .remove_name_section(profile == "release")
        .remove_producers_section(true);
    bindgen.generate(out)?;
    // wasm-bindgen writes a source-phase import, which workerd spells as a plain one.
    let glue = out.join("index.js");
    let text = fs::read_to_string(&glue)?;
    let plain = text.replace("import source wasmModule", "import wasmModule");
    if plain == text {
        bail!("wasm-bindgen's glue has changed its form: no source-phase import in index.js");
    }
    fs::write(&glue, plain)?;
    Ok(())
}

fn copy_scripts(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for file in scripts(from)? {
        if let Some(name) = file.file_name() {
            fs::copy(&file, to.join(name))?;
        }
    }
    Ok(())
}

/// The `.js` files of the shell in the order of their names. It has no sub-folders.
fn scripts(shell: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(shell).with_context(|| shell.display().to_string())? {
        let path = entry?.path();
        if path.extension().is_some_and(|ext| ext == "js") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// SHA-256 over everything that `build/` is made of, and over how this tool makes it.
fn fingerprint(wasm: &Path, shell: &Path, config: &Path) -> Result<String> {
    let mut hash = Sha256::new();
    hash.update(include_bytes!("bundle.rs"));
    hash.update(include_bytes!("manifest.rs"));
    let mut inputs = vec![wasm.to_path_buf(), config.to_path_buf()];
    inputs.extend(scripts(shell)?);
    for path in inputs {
        let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
        hash.update(path.file_name().unwrap_or_default().as_encoded_bytes());
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    }
    let digest = hash.finalize();
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
