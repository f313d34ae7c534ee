//! Runs one part of the engine on data from standard input, and writes what it says.
//!
//! ```text
//! cargo run -q --release -p moecraft-evals -- guard < requests.jsonl > answers.jsonl
//! cargo run -q --release -p moecraft-evals -- learning
//! ```

mod features;
mod guard;
mod learners;
mod learning;
mod prompt;
mod route;
mod semcache;
mod tokens;
mod train;

use std::io::{BufRead, BufWriter, Write, read_to_string, stdin, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

const USAGE: &str = "usage: moecraft-evals guard [--strict] < REQUESTS > ANSWERS
       moecraft-evals features < PROMPTS > VECTORS
       moecraft-evals features --names > NAMES
       moecraft-evals train [--policies] [--predictions FOLDER]
       moecraft-evals table [--predictions FOLDER]
       moecraft-evals route score|serve|judge|explain --pool NAME
       moecraft-evals tokens [--fit] < COUNTED
       moecraft-evals prompt < EPISODES
       moecraft-evals semcache pairs|replay|generate|train
       moecraft-evals semcache workload [--requests N] [--seed N] > REQUESTS
       moecraft-evals learning";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("moecraft-evals: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut args = pico_args::Arguments::from_env();
    let command = args.subcommand()?;
    let strict = args.contains("--strict");
    // The interface is the same with and without the flag that other guards take.
    let _ = args.contains("--jsonl");
    let names = args.contains("--names");
    let fit = args.contains("--fit");
    let train = train::Order {
        data: folder("data/routing"),
        models: folder("../engine/models"),
        predictions: args.opt_value_from_str("--predictions")?,
        policies: args.contains("--policies"),
    };
    let semcache = semcache::Order {
        what: match command.as_deref() {
            Some("semcache") => args.opt_free_from_str()?,
            _ => None,
        },
        data: folder("data/semcache"),
        models: folder("../engine/models/semantic"),
        requests: args.opt_value_from_str("--requests")?,
        seed: args.opt_value_from_str("--seed")?,
    };
    let route = route::Order::of(&mut args, folder("../engine/models"))?;
    let rest = args.finish();
    if !rest.is_empty() {
        bail!("unexpected {rest:?}\n{USAGE}");
    }
    match command.as_deref() {
        Some("guard") => each_line(|line| guard::answer(line, strict)),
        Some("learning") => Ok(stdout().write_all(learning::table().as_bytes())?),
        Some("features") if names => Ok(stdout().write_all(features::names().as_bytes())?),
        Some("features") => each_line(features::answer),
        Some("route") => route::run(&route),
        Some("semcache") => semcache::run(&semcache),
        Some("table") => Ok(stdout().write_all(train::table(&train)?.as_bytes())?),
        Some("prompt") => {
            let episodes = read_to_string(stdin())?;
            Ok(stdout().write_all(prompt::table(&episodes)?.as_bytes())?)
        }
        Some("tokens") => {
            let counted = read_to_string(stdin())?;
            let told = match fit {
                true => tokens::fitted(&counted)?,
                false => tokens::table(&counted)?,
            };
            Ok(stdout().write_all(told.as_bytes())?)
        }
        Some("train") => train::run(&train),
        _ => bail!("{USAGE}"),
    }
}

/// A folder by its path from this package.
fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Answers one line of JSON with another.
fn each_line(answer: impl Fn(&str) -> Result<String>) -> Result<()> {
    let mut out = BufWriter::new(stdout().lock());
    for (index, line) in stdin().lock().lines().enumerate() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let answer = answer(&line).with_context(|| format!("line {}", index + 1))?;
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    out.flush()?;
    Ok(())
}
