//! The outcomes to learn from: `data/routing`, described in its README.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, Result};
use flate2::read::GzDecoder;
use moecraft_engine::predict::Tier;
use serde::Deserialize;

/// One prompt.
#[derive(Deserialize)]
pub(crate) struct Prompt {
    pub(crate) id: String,
    pub(crate) benchmark: String,
    pub(crate) category: String,
    /// Which fifth of the data it belongs to, prompts that ask the same always to the same.
    pub(crate) fold: usize,
    /// Prompts of one group ask the same.
    pub(crate) group: u32,
    #[serde(rename = "prompt")]
    pub(crate) text: String,
}

/// A priced answer of a model.
#[derive(Clone, Default)]
pub(crate) struct Outcome {
    /// 1 right, 0 wrong.
    pub(crate) score: f64,
    pub(crate) cost_usd: f64,
    /// 0 where it is not known.
    pub(crate) tokens_out: u32,
    /// The short form of the answer; empty where it was not kept.
    pub(crate) answer: String,
}

/// Tiers and the models they stand for, and where they were compared.
pub(crate) struct Pool {
    pub(crate) name: String,
    /// The cheapest first, each with the place of its model in [`Data::models`].
    pub(crate) tiers: Vec<(Tier, usize)>,
    pub(crate) benchmarks: Vec<String>,
    /// The places of the models that answer first in a cascade; none where there are none.
    pub(crate) probes: Vec<usize>,
    /// The mean cost of each tier, dollars.
    pub(crate) mean_cost: Vec<f64>,
}

/// All of it.
pub(crate) struct Data {
    pub(crate) prompts: Vec<Prompt>,
    pub(crate) models: Vec<String>,
    /// For each prompt and model: right, wrong or not run.
    pub(crate) grades: Vec<Vec<Option<bool>>>,
    /// For each prompt the priced answers by the model's place.
    pub(crate) outcomes: Vec<HashMap<usize, Outcome>>,
    pub(crate) pools: Vec<Pool>,
}

#[derive(Deserialize)]
struct Models {
    models: Vec<String>,
}

#[derive(Deserialize)]
struct PoolRow {
    tiers: HashMap<String, String>,
    benchmarks: Vec<String>,
    dev_mean_cost: HashMap<String, f64>,
    #[serde(default)]
    probe: Vec<String>,
}

#[derive(Deserialize)]
struct OutcomeRow {
    id: String,
    model: String,
    score: f64,
    cost_usd: f64,
    tokens_out: Option<u32>,
    answer: String,
}

#[derive(Deserialize)]
struct MatrixRow {
    id: String,
    correct: String,
}

impl Data {
    /// Reads the folder.
    pub(crate) fn load(folder: &Path) -> Result<Self> {
        let prompts = BufReader::new(unzipped(&folder.join("prompts.jsonl.gz"))?)
            .lines()
            .map(|line| Ok(serde_json::from_str(&line?)?))
            .collect::<Result<Vec<Prompt>>>()
            .context("prompts")?;
        let places: HashMap<&str, usize> = prompts
            .iter()
            .enumerate()
            .map(|(at, prompt)| (prompt.id.as_str(), at))
            .collect();
        let Models { models } = parsed(&folder.join("matrix_models.json"))?;
        let columns: HashMap<&str, usize> = models
            .iter()
            .enumerate()
            .map(|(at, model)| (model.as_str(), at))
            .collect();

        let mut grades = vec![vec![None; models.len()]; prompts.len()];
        let mut reader = csv::Reader::from_reader(unzipped(&folder.join("matrix.csv.gz"))?);
        for row in reader.deserialize() {
            let row: MatrixRow = row?;
            let Some(line) = places
                .get(row.id.as_str())
                .and_then(|at| grades.get_mut(*at))
            else {
                continue;
            };
            for (place, mark) in line.iter_mut().zip(row.correct.bytes()) {
                *place = match mark {
                    b'1' => Some(true),
                    b'0' => Some(false),
                    _ => None,
                };
            }
        }

        let mut outcomes = vec![HashMap::new(); prompts.len()];
        let mut reader = csv::Reader::from_reader(unzipped(&folder.join("outcomes.csv.gz"))?);
        for row in reader.deserialize() {
            let row: OutcomeRow = row?;
            let at = places
                .get(row.id.as_str())
                .and_then(|at| outcomes.get_mut(*at));
            if let (Some(by_model), Some(column)) = (at, columns.get(row.model.as_str())) {
                let outcome = Outcome {
                    score: row.score,
                    cost_usd: row.cost_usd,
                    tokens_out: row.tokens_out.unwrap_or_default(),
                    answer: row.answer,
                };
                by_model.insert(*column, outcome);
            }
        }

        let rows: HashMap<String, PoolRow> = parsed(&folder.join("pools.json"))?;
        let mut pools = rows
            .into_iter()
            .map(|(name, row)| pool(name, &row, &columns))
            .collect::<Result<Vec<_>>>()?;
        pools.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self {
            prompts,
            models,
            grades,
            outcomes,
            pools,
        })
    }

    /// The prompts on which all tiers of a pool were tried, with each tier's outcome.
    pub(crate) fn compared<'a>(
        &'a self,
        pool: &'a Pool,
    ) -> impl Iterator<Item = (usize, Vec<Outcome>)> + 'a {
        let rows = self.prompts.iter().zip(&self.outcomes).enumerate();
        rows.filter_map(|(at, (prompt, outcomes))| {
            if !pool.benchmarks.contains(&prompt.benchmark) {
                return None;
            }
            let of_tiers = pool
                .tiers
                .iter()
                .map(|(_, model)| outcomes.get(model).cloned());
            Some((at, of_tiers.collect::<Option<Vec<_>>>()?))
        })
    }
}

fn pool(name: String, row: &PoolRow, columns: &HashMap<&str, usize>) -> Result<Pool> {
    let mut tiers = Vec::new();
    let mut mean_cost = Vec::new();
    for tier in Tier::ALL {
        let Some(model) = row.tiers.get(tier.name()) else {
            continue;
        };
        let column = columns
            .get(model.as_str())
            .with_context(|| format!("model {model}"))?;
        tiers.push((tier, *column));
        mean_cost.push(
            row.dev_mean_cost
                .get(tier.name())
                .copied()
                .context("mean cost")?,
        );
    }
    Ok(Pool {
        name,
        tiers,
        benchmarks: row.benchmarks.clone(),
        probes: row
            .probe
            .iter()
            .filter_map(|model| columns.get(model.as_str()).copied())
            .collect(),
        mean_cost,
    })
}

fn unzipped(path: &Path) -> Result<GzDecoder<File>> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    Ok(GzDecoder::new(file))
}

fn parsed<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T> {
    let text = std::fs::read(path).with_context(|| path.display().to_string())?;
    serde_json::from_slice(&text).with_context(|| path.display().to_string())
}
