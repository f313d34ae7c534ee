//! The router as a command: JSON lines in, JSON lines out.
//!
//! `score` reads all prompts, then answers `{"id", "scores", "costs", "tier"}` for each. `serve`
//! answers each prompt at once and learns from lines of feedback. `judge` says how likely the first
//! of several answers is right: `{"id", "accept"}`. A pool that is not known is treated as the
//! general one. `explain` prints the readable model.

mod explain;
mod judge;
mod pool;
mod score;
mod serve;

use std::io::{BufRead, BufWriter, Write, stdin, stdout};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;

use pool::{Files, Pool};

/// What to do.
pub(crate) struct Order {
    what: Option<String>,
    pool: String,
    models: PathBuf,
}

/// A line of input.
#[derive(Deserialize)]
struct Request {
    id: Value,
    prompt: String,
    #[serde(default)]
    answers: Vec<Answer>,
}

#[derive(Deserialize)]
struct Answer {
    answer: String,
    #[serde(default)]
    tokens: u32,
}

impl Order {
    /// Takes its own from the arguments, where the command is `route`.
    pub(crate) fn of(args: &mut pico_args::Arguments, models: PathBuf) -> Result<Self> {
        Ok(Self {
            pool: args.opt_value_from_str("--pool")?.unwrap_or_default(),
            what: args.opt_free_from_str()?,
            models,
        })
    }
}

/// Answers standard input on standard output.
pub(crate) fn run(order: &Order) -> Result<()> {
    let files = Files::load(&order.models)?;
    let pool = Pool::find(&files, &order.pool)?;
    match order.what.as_deref() {
        Some("score") => {
            let requests = lines()?;
            write(score::answers(&pool, &requests))
        }
        Some("serve") => serve::run(&pool),
        Some("judge") => {
            let requests = lines()?;
            write(requests.iter().map(|request| judge::answer(&pool, request)))
        }
        Some("explain") => Ok(stdout().write_all(explain::text(&pool.predictor)?.as_bytes())?),
        _ => bail!("route score, serve, judge or explain"),
    }
}

fn lines() -> Result<Vec<Request>> {
    let parsed = |(index, line): (usize, std::io::Result<String>)| {
        serde_json::from_str(&line?).with_context(|| format!("line {}", index + 1))
    };
    stdin().lock().lines().enumerate().map(parsed).collect()
}

fn write(answers: impl IntoIterator<Item = Value>) -> Result<()> {
    let mut out = BufWriter::new(stdout().lock());
    for answer in answers {
        writeln!(out, "{answer}")?;
    }
    out.flush()?;
    Ok(())
}

/// A file of models.
fn file(folder: &Path, name: &str) -> Result<Vec<u8>> {
    let path = folder.join(name);
    std::fs::read(&path).with_context(|| path.display().to_string())
}
