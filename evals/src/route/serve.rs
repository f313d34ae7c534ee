//! Answers one prompt at a time and learns from what is said of the answers, as the service does.

use std::collections::{HashMap, VecDeque};
use std::io::{BufRead, Write, stdin, stdout};

use anyhow::{Context, Result};
use moecraft_engine::meta::Inputs;
use moecraft_engine::predict::Traffic;
use serde::Deserialize;
use serde_json::Value;

use super::Request;
use super::pool::Pool;
use super::score::shown;
use crate::learners::Learners;

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
    learners: Learners,
    /// What the learners were told of each prompt, tier by tier.
    open: HashMap<String, Vec<Inputs>>,
    order: VecDeque<String>,
}

impl<'a> Server<'a> {
    fn new(pool: &'a Pool<'a>) -> Self {
        Self {
            pool,
            traffic: Traffic::default(),
            learners: Learners::new(pool.tiers().count()),
            open: HashMap::new(),
            order: VecDeque::new(),
        }
    }

    fn answer(&mut self, request: &Request) -> Value {
        let view = self.pool.view(&request.prompt);
        let foreign = self.traffic.foreign(view.foreignness);
        self.traffic.observe(view.foreignness);
        let mut expected = self.pool.careful(&view, foreign);
        let told = self.learners.correct(&mut expected.p, &view.told);
        let chosen = self.pool.choose(&view, &expected, foreign);
        let id = request.id.to_string();
        self.order.push_back(id.clone());
        self.open.insert(id, told);
        if self.order.len() > MOST_OPEN
            && let Some(oldest) = self.order.pop_front()
        {
            self.open.remove(&oldest);
        }
        shown(self.pool, &request.id, &expected, chosen)
    }

    fn learn(&mut self, feedback: &Feedback) {
        let Some(told) = self.open.remove(&feedback.id.to_string()) else {
            return;
        };
        let place = self
            .pool
            .tiers()
            .position(|tier| tier.name() == feedback.tier);
        if let Some(place) = place.filter(|_| (0.0..=1.0).contains(&feedback.score)) {
            self.learners.learn(place, &told, feedback.score);
        }
    }
}
