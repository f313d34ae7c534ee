//! What a proposed policy would have come to on the tenant's own history, without trying it.
//!
//! Each logged decision tells the outcome of one model; its propensity tells how often that model
//! would have been tried on such a prompt, hence for how many such prompts the outcome stands.

use serde::Serialize;

/// No outcome stands for more prompts than this: a little bias for much less variance.
pub const MAX_WEIGHT: f64 = 20.0;

/// Fewer outcomes, by effective size, say too little.
pub const MIN_EFFECTIVE_SIZE: f64 = 200.0;

/// The mean weight is 1 where outcomes stand for all prompts. By how much less it may be: for that
/// share nobody knows more than what was predicted.
const MOST_UNSEEN: f64 = 0.1;

/// Deviations to either side of an interval that holds the truth 19 times in 20.
const QUANTILE: f64 = 1.96;

/// What was predicted, at the time, of a model that could have taken a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forecast {
    /// Probability of a good answer.
    pub probability: f64,
    /// Cost, in any unit.
    pub cost: f64,
}

/// A decision of which the outcome is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Logged {
    /// All that could have been chosen.
    pub candidates: Vec<Forecast>,
    /// Index of the one that was.
    pub chosen: usize,
    /// Probability with which it was.
    pub propensity: f64,
    /// 0 the answer was bad to 1 it was good.
    pub outcome: f64,
}

/// A mean, and how far it may be off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Figure {
    /// The estimate.
    pub mean: f64,
    /// Its standard error.
    pub error: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end of the 95 % interval.
    pub high: f64,
}

/// Whether the policy is better than what was in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The effective size is below [`MIN_EFFECTIVE_SIZE`], or what the policy would choose was too
    /// rarely tried: not to be relied on.
    TooLittleData,
    /// Answers get better: the whole interval of the change lies above 0.
    Better,
    /// Answers get worse.
    Worse,
    /// No change can be told.
    NoDifference,
}

/// What a policy would have come to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// Decisions that the policy was asked about: those with usable figures.
    pub decisions: usize,
    /// How many of them it agrees with.
    pub agreed: usize,
    /// How many of these would have stood for more than [`MAX_WEIGHT`] prompts.
    pub clipped: usize,
    /// Number of outcomes of equal weight that would say as much.
    pub effective_size: f64,
    /// The share of prompts for which outcomes stand, by their mean weight: less than 1 where what the
    /// policy would choose was hardly ever tried, or its outcomes were clipped.
    pub covered: f64,
    /// Mean outcome of what was in force.
    pub logged: Figure,
    /// Mean outcome by inverse propensity: true on average, and noisy.
    pub ips: Figure,
    /// The same over the mean weight: less noisy, a little biased.
    pub snips: Figure,
    /// Doubly robust: what was predicted, corrected by the outcomes. To be preferred.
    pub dr: Figure,
    /// Change of the mean outcome, doubly robust, decision by decision.
    pub change: Figure,
    /// Mean cost as predicted, of what was in force.
    pub logged_cost: f64,
    /// Mean cost as predicted, of the policy.
    pub cost: f64,
    /// On the change.
    pub verdict: Verdict,
}

/// One decision, as far as the policy is concerned.
struct Term {
    weight: f64,
    outcome: f64,
    doubly_robust: f64,
    costs: (f64, f64),
    clipped: bool,
}

/// Judges a policy by decisions, each with the index of what the policy would have chosen. One whose
/// figures are no numbers or out of range is left out.
///
/// Only decisions with an outcome are seen. If outcomes are reported more often of bad answers than
/// of good ones, both sides of the comparison are too low.
pub fn evaluate<'a>(decisions: impl IntoIterator<Item = (&'a Logged, usize)>) -> Estimate {
    let terms: Vec<Term> = decisions
        .into_iter()
        .filter_map(|(logged, proposed)| term(logged, proposed))
        .collect();
    let sum = |value: fn(&Term) -> f64| terms.iter().map(value).sum::<f64>();
    let mean = |value: fn(&Term) -> f64| sum(value) / terms.len().max(1) as f64;
    let figure = |value: fn(&Term) -> f64| Figure::of(terms.iter().map(value), terms.len());
    let weight = sum(|t| t.weight);
    let squares = sum(|t| t.weight * t.weight);
    let effective_size = if squares > 0.0 {
        weight * weight / squares
    } else {
        0.0
    };
    let covered = mean(|t| t.weight);
    let change = figure(|t| t.doubly_robust - t.outcome);
    Estimate {
        decisions: terms.len(),
        agreed: terms.iter().filter(|t| t.weight > 0.0).count(),
        clipped: terms.iter().filter(|t| t.clipped).count(),
        effective_size,
        covered,
        logged: figure(|t| t.outcome),
        ips: figure(|t| t.weight * t.outcome),
        snips: snips(&terms, weight),
        dr: figure(|t| t.doubly_robust),
        change,
        logged_cost: mean(|t| t.costs.0),
        cost: mean(|t| t.costs.1),
        verdict: if effective_size < MIN_EFFECTIVE_SIZE || covered < 1.0 - MOST_UNSEEN {
            Verdict::TooLittleData
        } else if change.low > 0.0 {
            Verdict::Better
        } else if change.high < 0.0 {
            Verdict::Worse
        } else {
            Verdict::NoDifference
        },
    }
}

fn term(logged: &Logged, taken: usize) -> Option<Term> {
    let usable = |figure: f64, least: f64| (figure >= least && figure <= 1.0).then_some(figure);
    let was = logged.candidates.get(logged.chosen)?;
    let would = logged.candidates.get(taken)?;
    let outcome = usable(logged.outcome, 0.0)?;
    let propensity = usable(logged.propensity, f64::MIN_POSITIVE)?;
    let (seen, predicted) = (
        usable(was.probability, 0.0)?,
        usable(would.probability, 0.0)?,
    );
    if !(was.cost.is_finite() && would.cost.is_finite()) {
        return None;
    }
    let full = if taken == logged.chosen {
        1.0 / propensity
    } else {
        0.0
    };
    let weight = full.min(MAX_WEIGHT);
    Some(Term {
        weight,
        outcome,
        doubly_robust: predicted + weight * (outcome - seen),
        costs: (was.cost, would.cost),
        clipped: full > weight,
    })
}

/// Without an outcome that agrees, the policy is not known at all: all the range from 0 to 1.
fn snips(terms: &[Term], weight: f64) -> Figure {
    if weight <= 0.0 {
        return Figure {
            mean: 0.5,
            error: 0.5,
            low: 0.0,
            high: 1.0,
        };
    }
    let mean = terms.iter().map(|t| t.weight * t.outcome).sum::<f64>() / weight;
    let spread = |t: &Term| (t.weight * (t.outcome - mean)).powi(2);
    Figure::new(mean, terms.iter().map(spread).sum::<f64>().sqrt() / weight)
}

impl Figure {
    fn new(mean: f64, error: f64) -> Self {
        Self {
            mean,
            error,
            low: mean - QUANTILE * error,
            high: mean + QUANTILE * error,
        }
    }

    /// The mean of independent values; of fewer than two, nothing is known of its error.
    fn of(values: impl Iterator<Item = f64> + Clone, count: usize) -> Self {
        let n = count as f64;
        let mean = values.clone().sum::<f64>() / n.max(1.0);
        let squares: f64 = values.map(|value| (value - mean).powi(2)).sum();
        Self::new(mean, (squares / (n - 1.0).max(1.0) / n.max(1.0)).sqrt())
    }
}

#[cfg(test)]
mod tests;
