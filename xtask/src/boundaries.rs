//! Who may import whom, one way only.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::cargo;

/// Package, and the packages of this workspace it may depend on.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("moecraft-catalog", &[]),
    ("moecraft-wire", &["moecraft-catalog"]),
    ("moecraft-engine", &["moecraft-catalog"]),
    (
        "moecraft-durable",
        &["moecraft-catalog", "moecraft-engine", "moecraft-wire"],
    ),
    (
        "moecraft-agent",
        &["moecraft-catalog", "moecraft-engine", "moecraft-wire"],
    ),
    (
        "moecraft",
        &[
            "moecraft-catalog",
            "moecraft-durable",
            "moecraft-engine",
            "moecraft-wire",
        ],
    ),
    ("moecraft-benches", &[]),
    ("moecraft-evals", &["moecraft-engine"]),
    ("xtask", &["moecraft-engine"]),
];

/// Outside package, and the packages of this workspace that may depend on it.
const KEPT_TO: &[(&str, &[&str])] = &[
    ("worker", &["moecraft", "moecraft-durable"]),
    ("tokio", &["moecraft-agent", "moecraft-benches"]),
];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
}

/// Checks the declared dependencies, then that the pure crates build for the Worker's target alone.
pub(crate) fn check(root: &Path) -> Result<()> {
    let output = cargo(root)
        .args(["metadata", "--locked", "--no-deps", "--format-version", "1"])
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("starting cargo")?;
    if !output.status.success() {
        bail!("cargo metadata failed");
    }
    let metadata: Metadata = serde_json::from_slice(&output.stdout)?;
    let wrong = violations(&metadata);
    if !wrong.is_empty() {
        bail!("import rules broken:\n  {}", wrong.join("\n  "));
    }
    let status = cargo(root)
        .args(["build", "--locked", "--target", "wasm32-unknown-unknown"])
        .args(["-p", "moecraft-catalog"])
        .args(["-p", "moecraft-wire", "-p", "moecraft-engine"])
        .status()
        .context("starting cargo")?;
    if !status.success() {
        bail!("catalog, wire and engine do not build for wasm32 on their own");
    }
    eprintln!("import rules hold");
    Ok(())
}

/// One sentence for each rule broken. Development dependencies are free.
fn violations(metadata: &Metadata) -> Vec<String> {
    let mut wrong = Vec::new();
    for package in &metadata.packages {
        let name = package.name.as_str();
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(of, _)| *of == name) else {
            wrong.push(format!("{name} has no place in xtask/src/boundaries.rs"));
            continue;
        };
        let shipped = package.dependencies.iter();
        for dependency in shipped.filter(|found| found.kind.as_deref() != Some("dev")) {
            let of = dependency.name.as_str();
            let ours = metadata.packages.iter().any(|other| other.name == of);
            if ours && !allowed.contains(&of) {
                wrong.push(format!("{name} must not import {of}"));
            }
            if let Some((_, users)) = KEPT_TO.iter().find(|(outside, _)| *outside == of)
                && !users.contains(&name)
            {
                wrong.push(format!("{name} must not use {of}"));
            }
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A package's name, and for each dependency its name and kind.
    type Declared<'a> = (&'a str, &'a [(&'a str, Option<&'a str>)]);

    fn workspace(packages: &[Declared]) -> Metadata {
        let package = |&(name, dependencies): &Declared| Package {
            name: name.to_owned(),
            dependencies: dependencies
                .iter()
                .map(|&(name, kind)| Dependency {
                    name: name.to_owned(),
                    kind: kind.map(str::to_owned),
                })
                .collect(),
        };
        Metadata {
            packages: packages.iter().map(package).collect(),
        }
    }

    #[test]
    fn imports_in_the_allowed_direction_pass() {
        let found = violations(&workspace(&[
            ("moecraft-engine", &[("serde", None)]),
            (
                "moecraft-durable",
                &[("moecraft-engine", None), ("worker", None)],
            ),
        ]));
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn the_engine_may_import_neither_the_object_nor_the_runtime() {
        let found = violations(&workspace(&[
            (
                "moecraft-engine",
                &[("moecraft-durable", None), ("worker", Some("build"))],
            ),
            ("moecraft-durable", &[]),
        ]));
        assert_eq!(
            found,
            [
                "moecraft-engine must not import moecraft-durable",
                "moecraft-engine must not use worker"
            ]
        );
    }

    #[test]
    fn tests_may_use_what_they_like() {
        let found = violations(&workspace(&[("moecraft-wire", &[("tokio", Some("dev"))])]));
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn a_new_package_must_be_given_a_place() {
        let found = violations(&workspace(&[("moecraft-extra", &[])]));
        assert_eq!(found.len(), 1);
    }
}
