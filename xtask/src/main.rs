//! The project's own build tool, so that nothing has to be installed by hand.
//!
//! ```text
//! cargo run -q --locked -p xtask -- build [--release]
//! cargo run -q --locked -p xtask -- key --tenant NAME [--owner]
//! cargo run -q --locked -p xtask -- boundaries
//! ```

mod boundaries;
mod bundle;
mod egress;
mod exports;
mod key;
mod manifest;
mod wrangler;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

const USAGE: &str = "usage: xtask build [--release] | key --tenant NAME [--owner] | boundaries";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut args = pico_args::Arguments::from_env();
    let root = root()?;
    match args.subcommand()?.as_deref() {
        Some("build") => {
            let release = args.contains("--release");
            no_more(args)?;
            bundle::build(&root, if release { "release" } else { "dev" })
        }
        Some("key") => {
            let owner = args.contains("--owner");
            let tenant: String = args.value_from_str("--tenant")?;
            no_more(args)?;
            key::print(&root, &tenant, owner)
        }
        Some("boundaries") => {
            no_more(args)?;
            boundaries::check(&root)?;
            egress::check(&root)
        }
        _ => bail!("{USAGE}"),
    }
}

fn no_more(args: pico_args::Arguments) -> Result<()> {
    let rest = args.finish();
    if rest.is_empty() {
        Ok(())
    } else {
        bail!("unexpected {rest:?}\n{USAGE}")
    }
}

fn root() -> Result<PathBuf> {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(Path::to_path_buf)
        .context("xtask lies in a folder of the workspace")
}

/// The cargo that runs this program, in the workspace's root.
fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}
