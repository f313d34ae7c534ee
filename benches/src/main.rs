//! What a measurement needs on both sides of a gateway. Both print one line of JSON.
//!
//! ```text
//! moecraft-benches upstream                      a provider on a free port; prints {"port":…}, runs until killed
//! moecraft-benches load --url U --key K --concurrency C --seconds S [--stream]
//! ```

mod load;
mod upstream;

use std::io::Write;

use anyhow::{Result, bail};
use serde::Serialize;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut args = pico_args::Arguments::from_env();
    match args.subcommand()?.as_deref() {
        Some("upstream") => upstream::serve().await,
        Some("load") => {
            let plan = load::Plan {
                url: args.value_from_str("--url")?,
                key: args.value_from_str("--key")?,
                concurrency: args.value_from_str("--concurrency")?,
                seconds: args.value_from_str("--seconds")?,
                stream: args.contains("--stream"),
            };
            print(&load::run(plan).await?)
        }
        _ => bail!("usage: moecraft-benches upstream | load …"),
    }
}

fn print(value: &impl Serialize) -> Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "{}", serde_json::to_string(value)?)?;
    Ok(out.flush()?)
}
