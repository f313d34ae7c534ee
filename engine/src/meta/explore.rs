//! Which of several models is tried, and with what probability.
//!
//! Outcomes are seen of the chosen model alone. So that a policy that was not in force can be judged
//! later, and a model that got better is found, every plausible model keeps a small probability, and
//! the probability of each choice is to be logged with it.

use serde::{Deserialize, Serialize};

use super::learner::Belief;
use crate::random::Generator;

/// Probability of a model that exploration may try, at least (or that of all of these alike, if
/// there are more than fifty).
pub const FLOOR: f64 = 0.02;

/// Draws from the beliefs that make a Thompson choice.
const DRAWS: u32 = 64;

/// A model that is allowed to take the request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// What is held of its answer.
    pub belief: Belief,
    /// What its answer costs, in units of what a good answer is worth (λ · cost, and the like).
    pub price: f64,
}

/// How models are tried.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Not at all: the best by what is known.
    Greedy,
    /// The best by what is known, but with this probability any of the plausible ones.
    Epsilon(f64),
    /// Each as often as it is the best in draws from the beliefs (Thompson, 1933), their deviations
    /// multiplied by this. One half did best in the simulation.
    Thompson(f64),
}

/// The rules of trying.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Exploration {
    /// How.
    pub method: Method,
    /// No model is tried whose probability of a good answer is thought to be less.
    pub quality: f64,
    /// No model is tried that is thought to be worse than the best by more, in units of what a good
    /// answer is worth. In the simulation 0.2 did best where models change, and 0.05 costs less than 1 %
    /// where they don't.
    pub reach: f64,
}

/// How likely each candidate is to be chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Shares {
    /// Index of the candidate that is the best by what is known.
    pub best: usize,
    /// Probability with which each candidate is to be chosen. They sum up to 1, and are exact: a
    /// Thompson choice is drawn from the shares of the draws, not from one more draw.
    pub propensities: Vec<f64>,
}

/// A choice among candidates.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Index of the chosen candidate.
    pub chosen: usize,
    /// Index of the candidate that is the best by what is known.
    pub best: usize,
    /// Probability with which each candidate was to be chosen, of [`Shares`].
    pub propensities: Vec<f64>,
}

impl Candidate {
    fn utility(&self, probability: f64) -> f64 {
        probability - self.price
    }

    fn known(&self) -> f64 {
        self.utility(self.belief.probability())
    }
}

impl Choice {
    /// Probability with which the chosen candidate was to be chosen: what is logged.
    pub fn propensity(&self) -> f64 {
        self.propensities.get(self.chosen).copied().unwrap_or(0.0)
    }
}

impl Shares {
    /// The same, with no more than `most` for all but the best together; their odds among themselves
    /// stay as they are.
    #[must_use]
    pub fn within(mut self, most: f64) -> Self {
        let best = self.propensities.get(self.best).copied().unwrap_or(1.0);
        let others = 1.0 - best;
        if others > most {
            let scale = most.max(0.0) / others;
            for propensity in &mut self.propensities {
                *propensity *= scale;
            }
            if let Some(best) = self.propensities.get_mut(self.best) {
                *best = 1.0 - most.max(0.0);
            }
        }
        self
    }

    /// Chooses one, each as often as its share says.
    pub fn draw(self, generator: &mut Generator) -> Choice {
        Choice {
            chosen: pick(&self.propensities, generator.unit()).unwrap_or(self.best),
            best: self.best,
            propensities: self.propensities,
        }
    }
}

impl Exploration {
    /// Chooses among candidates, all of which are allowed. None if there are none.
    ///
    /// Without one of the quality asked for, the candidate of most quality is chosen. A price that is
    /// no number is beyond every price.
    pub fn choose(&self, candidates: &[Candidate], generator: &mut Generator) -> Option<Choice> {
        let shares = self.shares(candidates, generator)?;
        Some(shares.draw(generator))
    }

    /// How often each of the candidates is to be chosen. None if there are none.
    pub fn shares(&self, candidates: &[Candidate], generator: &mut Generator) -> Option<Shares> {
        let good = |candidate: &Candidate| candidate.belief.probability() >= self.quality;
        let indexed = || candidates.iter().enumerate();
        let (best, top) = highest(
            indexed()
                .filter(|(_, c)| good(c))
                .map(|(i, c)| (i, c.known())),
        )
        .or_else(|| highest(indexed().map(|(i, c)| (i, c.belief.probability()))))?;
        let plausible: Vec<(usize, &Candidate)> = indexed()
            .filter(|(i, c)| *i == best || good(c) && c.known() >= top - self.reach)
            .collect();
        let share = 1.0 / plausible.len() as f64;
        let floor = match self.method {
            Method::Greedy => 0.0,
            Method::Epsilon(rate) => (rate.clamp(0.0, 1.0) * share).max(FLOOR).min(share),
            Method::Thompson(_) => FLOOR.min(share),
        };
        let free = (1.0 - floor * plausible.len() as f64).max(0.0);
        // How often each is the best, then with the floor mixed in.
        let mut propensities = vec![0.0; candidates.len()];
        let mut win = |index: usize, share: f64| {
            if let Some(sum) = propensities.get_mut(index) {
                *sum += share;
            }
        };
        if let Method::Thompson(scale) = self.method {
            for _ in 0..DRAWS {
                let drawn = plausible
                    .iter()
                    .map(|(i, c)| (*i, c.utility(c.belief.draw(scale, generator))));
                let winner = highest(drawn).map_or(best, |(index, _)| index);
                win(winner, 1.0 / f64::from(DRAWS));
            }
        } else {
            win(best, 1.0);
        }
        for (index, _) in &plausible {
            if let Some(propensity) = propensities.get_mut(*index) {
                *propensity = floor + free * *propensity;
            }
        }
        Some(Shares { best, propensities })
    }
}

/// The highest of what is a number or below all numbers, and its index.
fn highest(scored: impl Iterator<Item = (usize, f64)>) -> Option<(usize, f64)> {
    scored
        .map(|(index, score)| {
            (
                index,
                if score.is_nan() {
                    f64::NEG_INFINITY
                } else {
                    score
                },
            )
        })
        .max_by(|a, b| a.1.total_cmp(&b.1))
}

/// The index at which the sum of the probabilities passes a point in 0 to 1.
fn pick(probabilities: &[f64], point: f64) -> Option<usize> {
    let mut sum = 0.0;
    probabilities.iter().position(|probability| {
        sum += probability;
        point < sum
    })
}

#[cfg(test)]
mod tests;
