//! The verifier of semantic hits as a command. `pairs` says of each line how likely the answer to one
//! question fits another, `replay` is a cache that a workload is asked of, line by line; both speak
//! JSON lines. `workload` writes such a workload, `generate` the pairs by grammar, `train` learns from
//! them.

mod dressing;
mod generate;
mod grammar;
mod judge;
mod train;
mod workload;

use std::cell::RefCell;
use std::fs;
use std::io::{BufWriter, Write, stdout};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use moecraft_engine::semantic::Verifier;

use judge::Cache;

/// Requests of a workload, unless said otherwise.
const REQUESTS: usize = 3_000;

/// What to do.
pub(crate) struct Order {
    pub(crate) what: Option<String>,
    /// The grammar.
    pub(crate) data: PathBuf,
    /// Where the verifier and its card are.
    pub(crate) models: PathBuf,
    /// How many requests a workload has, and what they are drawn by.
    pub(crate) requests: Option<usize>,
    pub(crate) seed: Option<u64>,
}

/// Carries it out.
pub(crate) fn run(order: &Order) -> Result<()> {
    let read = || {
        let path = order.models.join("verifier.bin");
        fs::read(&path).with_context(|| path.display().to_string())
    };
    match order.what.as_deref() {
        Some("pairs") => {
            let file = read()?;
            let verifier = Verifier::read(&file)?;
            crate::each_line(|line| judge::pair(&verifier, line))
        }
        Some("replay") => {
            let file = read()?;
            let cache = RefCell::new(Cache::new(Verifier::read(&file)?));
            crate::each_line(|line| cache.borrow_mut().serve(line))
        }
        Some("train") => train::run(&order.data, &order.models),
        Some("generate") => {
            let mut out = BufWriter::new(stdout().lock());
            for pair in train::pairs(&order.data)? {
                writeln!(out, "{}", serde_json::to_string(&pair)?)?;
            }
            Ok(out.flush()?)
        }
        Some("workload") => {
            let mut out = BufWriter::new(stdout().lock());
            let themes = grammar::workload(&order.data)?;
            let foreign = grammar::read(&order.data)?;
            let (count, seed) = (order.requests.unwrap_or(REQUESTS), order.seed.unwrap_or(1));
            for request in workload::requests(&themes, &foreign, count, seed) {
                writeln!(out, "{}", serde_json::to_string(&request)?)?;
            }
            Ok(out.flush()?)
        }
        _ => bail!("semcache pairs, replay, workload, generate or train"),
    }
}
