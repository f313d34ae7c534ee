//! Answers one prompt at a time and learns from what is said of the answers.

use std::collections::{HashMap, VecDeque};
use std::io::{BufRead, Write, stdin, stdout};

use anyhow::{Context, Result};
use moecraft_engine::logistic::{log_odds, probability};
use moecraft_engine::predict::Traffic;
use serde::Deserialize;
use serde_json::Value;

use super::Request;
use super::pool::{Pool, View};
use super::score::shown;

/// Decisions that are kept until feedback comes.
const MOST_OPEN: usize = 4096;

#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Feedback { feedback: Feedback },
    Request(Request),
}

#[derive(Deserialize)]
struct Feedback {
    id: Value,
    tier: String,
    score: f64,
}

/// Answers until there is no more input.
pub(super) fn run(pool: &Pool<'_>) -> Result<()> {
    let mut server = Server::new(pool);
    let mut out = stdout().lock();
    for (index, line) in stdin().lock().lines().enumerate() {
        match serde_json::from_str(&line?).with_context(|| format!("line {}", index + 1))? {
            Line::Request(request) => {
                writeln!(out, "{}", server.answer(&request))?;
                out.flush()?;
            }
            Line::Feedback { feedback } => server.learn(&feedback),
        }
    }
    Ok(())
}

struct Server<'a> {
    pool: &'a Pool<'a>,
    traffic: Traffic,
    /// For each tier, how its probabilities are corrected by its own outcomes.
    corrections: Vec<Correction>,
    open: HashMap<String, Vec<f64>>,
    order: VecDeque<String>,
}

impl<'a> Server<'a> {
    fn new(pool: &'a Pool<'a>) -> Self {
        Self {
            pool,
            traffic: Traffic::default(),
            corrections: pool.tiers().map(|_| Correction::default()).collect(),
            open: HashMap::new(),
            order: VecDeque::new(),
        }
    }

    fn answer(&mut self, request: &Request) -> Value {
        let view: View = self.pool.view(&request.prompt);
        self.traffic.observe(view.foreignness);
        let foreign = self.pool.foreign(&view, &self.traffic);
        let stated = view.shrunk(foreign);
        let pairs = stated.iter().zip(&self.corrections);
        let p: Vec<f64> = pairs.map(|(p, correction)| correction.of(*p)).collect();
        let choice = self
            .pool
            .choose(&view, &p, foreign)
            .map(|choice| choice.index);
        let id = request.id.to_string();
        self.order.push_back(id.clone());
        self.open.insert(id, stated);
        if self.order.len() > MOST_OPEN
            && let Some(oldest) = self.order.pop_front()
        {
            self.open.remove(&oldest);
        }
        shown(self.pool, &request.id, &view, &p, choice)
    }

    fn learn(&mut self, feedback: &Feedback) {
        let Some(stated) = self.open.remove(&feedback.id.to_string()) else {
            return;
        };
        let place = self
            .pool
            .tiers()
            .position(|tier| tier.name() == feedback.tier);
        let Some(place) = place.filter(|_| (0.0..=1.0).contains(&feedback.score)) else {
            return;
        };
        if let (Some(correction), Some(p)) = (self.corrections.get_mut(place), stated.get(place)) {
            correction.learn(*p, feedback.score);
        }
    }
}

/// An offset to log-odds, learned from outcomes one by one; what is old fades.
struct Correction {
    offset: f64,
    precision: f64,
}

/// Before any outcome: an offset of 0, give or take 1.
const PRIOR_PRECISION: f64 = 1.0;
/// What counts of the past after one more outcome: a memory of some 200.
const MEMORY: f64 = 0.995;
/// Predictions are no more certain than this: 0.0001 or 0.9999.
const MOST_LOG_ODDS: f64 = 9.21;
/// No prompt's log-odds are moved by more.
const MOST_OFFSET: f64 = 4.0;

impl Default for Correction {
    fn default() -> Self {
        Self {
            offset: 0.0,
            precision: PRIOR_PRECISION,
        }
    }
}

impl Correction {
    fn of(&self, p: f64) -> f64 {
        probability(log_odds(p, MOST_LOG_ODDS) + self.offset)
    }

    /// One Newton step on the log-likelihood, with a pull back to no correction.
    fn learn(&mut self, stated: f64, outcome: f64) {
        let p = self.of(stated);
        self.precision = MEMORY * self.precision + (1.0 - MEMORY) * PRIOR_PRECISION + p * (1.0 - p);
        let pull = (1.0 - MEMORY) * PRIOR_PRECISION * self.offset;
        self.offset += (outcome - p - pull) / self.precision;
        self.offset = self.offset.clamp(-MOST_OFFSET, MOST_OFFSET);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correction_finds_the_share_of_good_answers() {
        let mut correction = Correction::default();
        for outcome in 0..400 {
            correction.learn(0.8, f64::from(u8::from(outcome % 10 < 3)));
        }
        let p = correction.of(0.8);
        assert!((0.25..0.35).contains(&p), "{p}");
    }

    #[test]
    fn one_outcome_moves_little_and_none_moves_nothing() {
        let mut correction = Correction::default();
        assert!((correction.of(0.7) - 0.7).abs() < 1e-9);
        correction.learn(0.7, 0.0);
        assert!(correction.of(0.7) > 0.5);
    }
}
