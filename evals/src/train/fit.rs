//! Trains all learners on some of the prompts.

use anyhow::Result;
use moecraft_engine::embedding::{Embedding, Table};
use moecraft_engine::features::{COUNT, Features, Prompt, Role, Turn};
use moecraft_engine::logistic::probability;
use moecraft_engine::predict::{Equation, Scaling, UNIT, WIDTH};
use moecraft_engine::uncertainty::Platt;
use nalgebra::DMatrix;

use super::data::Data;
use super::forest::{self, Binned};
use super::lessons::{Course, Lesson};
use super::network::{self, Trained};
use super::targets::Targets;
use super::write::{self, Head};
use super::{amount, hindsight, sparse};

/// Least standard deviation of a feature: those that hardly vary say hardly anything.
const LEAST_DEVIATION: f32 = 1e-3;

/// What a prompt looks like to the learners.
pub(crate) struct Seen {
    pub(crate) features: Features,
    pub(crate) embedding: Option<Embedding>,
}

impl Seen {
    /// Of a prompt that is one message.
    pub(crate) fn of(text: &str) -> Self {
        let messages = [Turn {
            role: Role::User,
            text,
        }];
        Self {
            features: Features::of(&Prompt {
                messages: &messages,
                ..Prompt::default()
            }),
            embedding: Table::shipped().embed(text),
        }
    }
}

/// How a file of models is trained.
pub(crate) struct Plan {
    pub(crate) networks: usize,
    pub(crate) network: network::Recipe,
    pub(crate) forest: forest::Recipe,
    /// How much the forest counts beside the network.
    pub(crate) share: f32,
}

/// All learners of all pools, as trained.
pub(crate) struct Fitted {
    scaling: Scaling,
    networks: Vec<Trained>,
    pools: Vec<(String, Vec<Head>)>,
}

/// Trains on the prompts of these places.
pub(crate) fn fit(
    plan: &Plan,
    data: &Data,
    seen: &[Seen],
    targets: &Targets,
    courses: &[Course],
    rows: &[usize],
) -> Result<Fitted> {
    let scaling = scaling(seen, rows)?;
    let inputs = matrix(&scaling, seen);
    let recipe = &plan.network;
    let networks = std::thread::scope(|scope| {
        let train = |seed| network::train(recipe, &inputs, targets, rows, seed);
        let running: Vec<_> = (1..=plan.networks as u64)
            .map(|seed| scope.spawn(move || train(seed)))
            .collect();
        running
            .into_iter()
            .filter_map(|thread| thread.join().ok())
            .collect::<Vec<_>>()
    });
    anyhow::ensure!(networks.len() == plan.networks, "a network was not trained");
    let mut taught = DMatrix::zeros(targets.columns(), seen.len());
    for network in &networks {
        taught += network.scores(&inputs) / networks.len() as f32;
    }
    let mut chosen = vec![false; seen.len()];
    for &row in rows {
        chosen[row] = true;
    }
    let binned = Binned::of(&inputs, COUNT);
    let within = |measured: &[(usize, f64)]| -> Vec<(usize, f64)> {
        measured
            .iter()
            .copied()
            .filter(|(at, _)| chosen[*at])
            .collect()
    };
    let pool = |course: &Course| -> Result<(String, Vec<Head>)> {
        let mut grades = Vec::new();
        let mut taught_grades = Vec::new();
        for lesson in &course.lessons {
            let mut graded = within(&lesson.grades);
            // A class is the mean of several models already.
            if lesson.target < data.models.len() {
                graded = hindsight::smoothed(data, lesson.target, &graded)?;
            }
            let half = |&(at, grade): &(usize, f64)| {
                let p = probability(f64::from(taught[(lesson.target, at)]));
                (at, f64::midpoint(grade, p))
            };
            taught_grades.push(graded.iter().map(half).collect::<Vec<_>>());
            grades.push(graded);
        }
        let readable = sparse::fit(&inputs, &taught_grades, 1)?;
        let head =
            |((lesson, grades), (equation, members)): ((&Lesson, &Vec<_>), (Equation, _))| {
                Ok(Head {
                    tier: lesson.tier,
                    target: lesson.target,
                    share: plan.share,
                    forest: forest::grow(&plan.forest, &binned, grades, lesson.tier as u64 + 1),
                    calibration: Platt::new(0.0, 1.0)?,
                    equation,
                    members,
                    tokens_out: amount::fit(&inputs, &within(&lesson.tokens_out))?,
                    cost_usd: amount::fit(&inputs, &within(&lesson.costs))?,
                })
            };
        let heads = course.lessons.iter().zip(&grades).zip(readable).map(head);
        Ok((course.name.clone(), heads.collect::<Result<_>>()?))
    };
    Ok(Fitted {
        scaling,
        networks,
        pools: courses.iter().map(pool).collect::<Result<_>>()?,
    })
}

impl Fitted {
    /// Calibrates a pool.
    pub(crate) fn calibrate(&mut self, pool: &str, tiers: &[Platt]) {
        let heads = self.pools.iter_mut().filter(|(name, _)| name == pool);
        let heads = heads.flat_map(|(_, heads)| heads.iter_mut().zip(tiers));
        heads.for_each(|(head, platt)| head.calibration = *platt);
    }

    /// The file.
    pub(crate) fn file(&self) -> Vec<u8> {
        write::file(&self.scaling, &self.networks, &self.pools)
    }
}

/// Means and standard deviations of the features over some prompts.
pub(super) fn scaling(seen: &[Seen], rows: &[usize]) -> Result<Scaling> {
    let count = rows.len().max(1) as f64;
    let moment = |place: usize, of: &dyn Fn(f64) -> f64| {
        rows.iter()
            .map(|&row| of(f64::from(seen[row].features.vector[place])))
            .sum::<f64>()
            / count
    };
    let mut mean = Vec::with_capacity(COUNT);
    let mut rate = Vec::with_capacity(COUNT);
    for place in 0..COUNT {
        let middle = moment(place, &|value| value);
        let deviation = moment(place, &|value| (value - middle).powi(2)).sqrt() as f32;
        mean.push(middle as f32);
        rate.push(if deviation > LEAST_DEVIATION {
            1.0 / deviation
        } else {
            0.0
        });
    }
    Ok(Scaling::of(mean, rate)?)
}

/// The inputs exactly as the engine will see them, a column for each prompt.
pub(super) fn matrix(scaling: &Scaling, seen: &[Seen]) -> DMatrix<f32> {
    let mut inputs = DMatrix::zeros(WIDTH, seen.len());
    for (mut column, seen) in inputs.column_iter_mut().zip(seen) {
        let row = scaling.row(&seen.features, seen.embedding.as_ref());
        for (to, from) in column.iter_mut().zip(row) {
            *to = f32::from(from) / UNIT;
        }
    }
    inputs
}
