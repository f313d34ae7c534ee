//! Which names a JavaScript module exports. A Durable Object class that is bound in
//! `wrangler.toml` but not exported would be missed only at the first request.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use regex_lite::Regex;

/// Fails unless `module` exports every name of `wanted`, itself or by `export * from "./…"`.
pub(crate) fn require(module: &Path, wanted: &[&str]) -> Result<()> {
    let names = exports(module, 0)?;
    let missing: Vec<_> = wanted
        .iter()
        .filter(|class| !names.iter().any(|name| name == *class))
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        bail!(
            "wrangler.toml binds {missing:?}, which {} does not export",
            module.display()
        )
    }
}

const DEEPEST: u8 = 8;

fn exports(module: &Path, depth: u8) -> Result<Vec<String>> {
    if depth > DEEPEST {
        bail!("{}: `export *` goes round in a circle", module.display());
    }
    let text = fs::read_to_string(module).with_context(|| module.display().to_string())?;
    let declared = Regex::new(
        r"(?m)^\s*export\s+(?:async\s+)?(?:class|const|let|var|function\*?)\s+([\w$]+)",
    )?;
    let listed = Regex::new(r"(?m)^\s*export\s*\{([^}]*)\}")?;
    let starred = Regex::new(r#"(?m)^\s*export\s*\*\s*from\s*["'](\./[^"']+)["']"#)?;

    let mut names: Vec<String> = declared
        .captures_iter(&text)
        .map(|found| found[1].to_owned())
        .collect();
    for list in listed.captures_iter(&text) {
        // `a as b` exports b.
        let items = list[1].split(',');
        names.extend(items.filter_map(|item| item.split_whitespace().last().map(str::to_owned)));
    }
    for star in starred.captures_iter(&text) {
        names.extend(exports(&module.with_file_name(&star[1][2..]), depth + 1)?);
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    #[test]
    fn every_way_to_export_a_class_counts() {
        let files = [
            (
                "worker.js",
                "export class A {}\nexport { b as B, C };\nexport * from \"./more.js\";",
            ),
            ("more.js", "export const D = durable(wasm.D);"),
        ];
        let folder = module(&files);
        require(&folder.path().join("worker.js"), &["A", "B", "C", "D"]).unwrap();
    }

    #[test]
    fn a_class_that_is_only_mentioned_is_missed_by_name() {
        let folder = module(&[(
            "worker.js",
            "import { A } from './a.js';\n// export class A\n",
        )]);
        let error = require(&folder.path().join("worker.js"), &["A"]).unwrap_err();
        assert!(error.to_string().contains("\"A\""), "{error}");
    }

    #[test]
    fn a_circle_of_stars_ends() {
        let folder = module(&[("worker.js", "export * from \"./worker.js\";")]);
        require(&folder.path().join("worker.js"), &[]).unwrap_err();
    }
}
