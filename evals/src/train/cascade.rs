//! Trains the verifier of a cascade: is the first of two cheap answers right?

use moecraft_engine::cascade::{Answer, INPUTS, row};
use moecraft_engine::predict::{Row, UNIT};
use nalgebra::DMatrix;

use super::data::{Data, Outcome, Pool};
use super::forest::{self, Binned, Forest, Recipe};

/// How the verifier's trees are grown.
const RECIPE: Recipe = Recipe {
    trees: 250,
    leaves: 8,
    rate: 0.03,
    least_rows: 20,
    inputs: 0.4,
    rows: 0.7,
    ridge: 5.0,
};

/// Prompts that all probes answered, and the dear model too.
pub(crate) struct Probed {
    /// The prompt's place.
    pub(crate) at: usize,
    pub(crate) probes: Vec<Outcome>,
    /// Of the most expensive tier.
    pub(crate) last: Outcome,
}

impl Probed {
    /// All of a pool; none where the pool has no probes.
    pub(crate) fn of(data: &Data, pool: &Pool) -> Vec<Self> {
        let Some((_, last)) = pool.tiers.last() else {
            return Vec::new();
        };
        if pool.probes.is_empty() {
            return Vec::new();
        }
        let rows = data.prompts.iter().zip(&data.outcomes).enumerate();
        rows.filter(|(_, (prompt, _))| pool.benchmarks.contains(&prompt.benchmark))
            .filter_map(|(at, (_, outcomes))| {
                let probe = |model| {
                    outcomes
                        .get(model)
                        .filter(|o: &&Outcome| !o.answer.is_empty())
                };
                Some(Self {
                    at,
                    probes: pool
                        .probes
                        .iter()
                        .map(|m| probe(m).cloned())
                        .collect::<Option<_>>()?,
                    last: outcomes.get(last)?.clone(),
                })
            })
            .collect()
    }

    /// Their answers.
    pub(crate) fn answers(&self) -> Vec<Answer<'_>> {
        let answer = |outcome| {
            let Outcome {
                answer, tokens_out, ..
            }: &Outcome = outcome;
            Answer {
                text: answer,
                tokens: *tokens_out,
            }
        };
        self.probes.iter().map(answer).collect()
    }

    /// 1 where the first probe was right, else 0.
    pub(crate) fn grade(&self) -> f64 {
        self.probes.first().map_or(0.0, |outcome| outcome.score)
    }
}

/// Trees over the inputs of a verifier, from `(inputs of the prompt, prompt, probed)`.
pub(crate) fn fit(rows: &[(&Row, &str, &Probed)]) -> Forest {
    let columns: Vec<[i16; INPUTS]> = rows
        .iter()
        .map(|(inputs, prompt, probed)| row(inputs, prompt, &probed.answers()))
        .collect();
    let inputs = DMatrix::from_fn(INPUTS, rows.len(), |place, at| {
        f32::from(columns[at][place]) / UNIT
    });
    let graded: Vec<(usize, f64)> = rows
        .iter()
        .enumerate()
        .map(|(at, (_, _, probed))| (at, probed.grade()))
        .collect();
    forest::grow(&RECIPE, &Binned::of(&inputs, INPUTS), &graded, 1)
}
