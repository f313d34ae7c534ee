//! What is learned: for each prompt the grades of all models that were tried on it, and of the
//! three classes as the mean of the models in them.

use moecraft_engine::predict::Tier;
use nalgebra::DMatrix;

use super::data::{Data, Pool};

/// Grades by prompt (columns) and by model or class (rows), and how much each counts.
pub(crate) struct Targets {
    grade: DMatrix<f32>,
    weight: DMatrix<f32>,
}

impl Targets {
    /// A prompt tried on many models counts for more, but only by the square root of their number.
    pub(crate) fn of(data: &Data) -> Self {
        let models = data.models.len();
        let shape = (models + Tier::ALL.len(), data.prompts.len());
        let mut grade = DMatrix::zeros(shape.0, shape.1);
        let mut weight = DMatrix::zeros(shape.0, shape.1);
        for (at, grades) in data.grades.iter().enumerate() {
            let tried = grades.iter().flatten().count().max(1) as f32;
            for (model, right) in grades.iter().enumerate() {
                if let Some(right) = right {
                    grade[(model, at)] = f32::from(u8::from(*right));
                    weight[(model, at)] = tried.sqrt().recip();
                }
            }
            for (class, tier) in Tier::ALL.into_iter().enumerate() {
                if let Some(mean) = class_grade(data, at, tier) {
                    grade[(models + class, at)] = mean;
                    weight[(models + class, at)] = 1.0;
                }
            }
        }
        Self { grade, weight }
    }

    /// How many grades a prompt can have.
    pub(crate) fn columns(&self) -> usize {
        self.grade.nrows()
    }

    /// Turns log-odds into the slope of the loss (log-likelihood) for these prompts.
    pub(crate) fn slope(&self, scores: &mut DMatrix<f32>, prompts: &[usize]) {
        let share = 1.0 / prompts.len().max(1) as f32;
        for (mut column, &at) in scores.column_iter_mut().zip(prompts) {
            let known = self.grade.column(at);
            for ((score, grade), weight) in
                column.iter_mut().zip(&known).zip(&self.weight.column(at))
            {
                let p = 1.0 / (1.0 + (-*score).exp());
                *score = (p - grade) * weight * share;
            }
        }
    }
}

/// Pools of models of 2023, which stand for no class of today: the small ones among them fail at what
/// any small model has long been good at, such as programs of a few lines.
const DATED: [&str; 2] = ["gpt4-2023", "routellm"];

/// The pools whose models stand for the classes.
pub(crate) fn standing_for_classes(data: &Data) -> impl Iterator<Item = &Pool> {
    let pools = data.pools.iter();
    pools.filter(|pool| !DATED.contains(&pool.name.as_str()))
}

/// The mean grade of the models that stand for a class in the pools that hold this prompt.
pub(crate) fn class_grade(data: &Data, at: usize, tier: Tier) -> Option<f32> {
    let outcomes = data.outcomes.get(at)?;
    let benchmark = &data.prompts.get(at)?.benchmark;
    let pools = standing_for_classes(data).filter(|pool| pool.benchmarks.contains(benchmark));
    let grades: Vec<f64> = pools
        .flat_map(|pool| &pool.tiers)
        .filter(|(of, _)| *of == tier)
        .filter_map(|(_, model)| outcomes.get(model))
        .map(|outcome| outcome.score)
        .collect();
    (!grades.is_empty()).then(|| (grades.iter().sum::<f64>() / grades.len() as f64) as f32)
}
