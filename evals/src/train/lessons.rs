//! What there is to learn in each pool, tier by tier; and in the general one, class by class.

use std::collections::HashMap;

use moecraft_engine::predict::{GENERAL, Tier};

use super::cascade::Probed;
use super::data::{Data, Outcome, Pool};
use super::targets::{class_grade, standing_for_classes};

/// A pool.
pub(crate) struct Course {
    pub(crate) name: String,
    /// The cheapest first.
    pub(crate) lessons: Vec<Lesson>,
}

/// A tier. Rows are prompts by their place, with what was measured on them.
pub(crate) struct Lesson {
    pub(crate) tier: Tier,
    /// The place of its grade among the network's outputs.
    pub(crate) target: usize,
    pub(crate) grades: Vec<(usize, f64)>,
    pub(crate) tokens_out: Vec<(usize, f64)>,
    /// Dollars; of pools with prices of their own.
    pub(crate) costs: Vec<(usize, f64)>,
}

/// The pools of the data, each with its own models.
pub(crate) fn of_pools(data: &Data) -> Vec<Course> {
    let course = |pool: &Pool| {
        let rows: Vec<(usize, Vec<Outcome>)> = data.compared(pool).collect();
        let column = |tier: usize, of: fn(&Outcome) -> f64| {
            let cell =
                |(at, outcomes): &(usize, Vec<Outcome>)| Some((*at, of(outcomes.get(tier)?)));
            rows.iter().filter_map(cell).collect::<Vec<_>>()
        };
        let lesson = |(place, (tier, model)): (usize, &(Tier, usize))| Lesson {
            tier: *tier,
            target: *model,
            grades: column(place, |outcome| outcome.score),
            tokens_out: column(place, |outcome| f64::from(outcome.tokens_out)),
            costs: column(place, |outcome| outcome.cost_usd),
        };
        Course {
            name: pool.name.clone(),
            lessons: pool.tiers.iter().enumerate().map(lesson).collect(),
        }
    };
    data.pools.iter().map(course).collect()
}

/// The classes, each the mean of the models that stand for it in any pool.
pub(crate) fn of_classes(data: &Data) -> Vec<Course> {
    let lesson = |(place, tier): (usize, Tier)| {
        let grade = |at| Some((at, f64::from(class_grade(data, at, tier)?)));
        Lesson {
            tier,
            target: data.models.len() + place,
            grades: (0..data.prompts.len()).filter_map(grade).collect(),
            tokens_out: (0..data.prompts.len())
                .filter_map(|at| class_tokens(data, at, tier))
                .collect(),
            costs: Vec::new(),
        }
    };
    vec![Course {
        name: GENERAL.to_owned(),
        lessons: Tier::ALL.into_iter().enumerate().map(lesson).collect(),
    }]
}

/// The mean length of the answers that models of a class gave to a prompt, where any was measured.
fn class_tokens(data: &Data, at: usize, tier: Tier) -> Option<(usize, f64)> {
    let outcomes = data.outcomes.get(at)?;
    let models = standing_for_classes(data)
        .flat_map(|pool| &pool.tiers)
        .filter(|(of, _)| *of == tier);
    let tokens: Vec<f64> = models
        .filter_map(|(_, model)| outcomes.get(model))
        .map(|outcome| f64::from(outcome.tokens_out))
        // One token is the answer to a question with options that was asked for its letter only.
        .filter(|tokens| *tokens > 1.0)
        .collect();
    (!tokens.is_empty()).then(|| (at, tokens.iter().sum::<f64>() / tokens.len() as f64))
}

/// What every tier did on the prompts that all were tried on. Classes cost what the tiers of
/// [`PRICES`] do.
pub(crate) fn outcomes(data: &Data, course: &Course) -> HashMap<usize, Vec<Outcome>> {
    if let Some(pool) = data.pools.iter().find(|pool| pool.name == course.name) {
        return data.compared(pool).collect();
    }
    let prices = data.pools.iter().find(|pool| pool.name == PRICES);
    let cost = |tier: usize| prices.and_then(|pool| pool.mean_cost.get(tier)).copied();
    let mut outcomes: HashMap<usize, Vec<Outcome>> = HashMap::new();
    for (tier, lesson) in course.lessons.iter().enumerate() {
        for (at, grade) in &lesson.grades {
            outcomes.entry(*at).or_default().push(Outcome {
                score: *grade,
                cost_usd: cost(tier).unwrap_or(1.0),
                tokens_out: 0,
                answer: String::new(),
            });
        }
    }
    outcomes.retain(|_, tiers| tiers.len() == course.lessons.len());
    outcomes
}

/// The pool whose tiers are the classes of the catalogue.
const PRICES: &str = "claude";

/// The cascade's prompts: a pool's own, and in the general one those of all pools.
pub(crate) fn probed(data: &Data, course: &Course) -> Vec<Probed> {
    let own = |pool: &&Pool| course.name == GENERAL || pool.name == course.name;
    data.pools
        .iter()
        .filter(own)
        .flat_map(|pool| Probed::of(data, pool))
        .collect()
}
