//! The verifier as others measure it: pairs in and probabilities out, or a cache that a workload is
//! replayed to. Lines of JSON both ways.

use std::collections::HashMap;

use anyhow::Result;
use moecraft_engine::semantic::{
    Bar, Candidate, Code, Index, Reading, Trust, Verdict, Verifier, decide,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How many neighbours are read beside a question.
const READ: usize = 5;
/// The share of wrong hits that is accepted, as of a tenant who has not said.
const ACCEPTED: f64 = 0.005;
/// Entries of a cache.
const CAPACITY: usize = 50_000;

#[derive(Deserialize)]
struct Asked {
    id: Value,
    query: String,
    #[serde(default)]
    cached_query: String,
}

#[derive(Serialize)]
struct Judged {
    id: Value,
    hit_probability: f64,
}

#[derive(Serialize)]
struct Served {
    id: Value,
    hit: bool,
    source_id: Option<Value>,
}

/// How likely the cached answer fits.
pub(super) fn pair(verifier: &Verifier<'_>, line: &str) -> Result<String> {
    let asked: Asked = serde_json::from_str(line)?;
    let hit_probability = verifier.fits(
        &Reading::of(&asked.query),
        &Reading::of(&asked.cached_query),
    );
    let id = asked.id;
    Ok(serde_json::to_string(&Judged {
        id,
        hit_probability,
    })?)
}

/// A cache without a clock: what is asked is kept, unless it was served.
pub(super) struct Cache<'a> {
    verifier: Verifier<'a>,
    index: Index,
    kept: HashMap<u64, (Value, Reading)>,
    /// Questions word for word, those without a known word among them.
    equal: HashMap<String, u64>,
    bar: Bar,
}

impl<'a> Cache<'a> {
    pub(super) fn new(verifier: Verifier<'a>) -> Self {
        Self {
            verifier,
            index: Index::new(CAPACITY),
            kept: HashMap::new(),
            equal: HashMap::new(),
            bar: Bar::new(ACCEPTED),
        }
    }

    /// Serves one line.
    pub(super) fn serve(&mut self, line: &str) -> Result<String> {
        let asked: Asked = serde_json::from_str(line)?;
        let reading = Reading::of(&asked.query);
        let code = reading.embedding().map(Code::of);
        let equal = self.equal.get(&asked.query).copied();
        let found = match (equal, &code) {
            (Some(key), _) => Some(key),
            (None, Some(code)) => self.nearest(code, &reading),
            (None, None) => None,
        };
        let source_id = found
            .and_then(|key| self.kept.get(&key))
            .map(|(id, _)| id.clone());
        if source_id.is_none() {
            let key = self.kept.len() as u64;
            self.equal.insert(asked.query, key);
            if let Some(code) = code {
                self.index.insert(key, 0, code);
            }
            self.kept.insert(key, (asked.id.clone(), reading));
        }
        Ok(serde_json::to_string(&Served {
            id: asked.id,
            hit: source_id.is_some(),
            source_id,
        })?)
    }

    /// The kept question whose answer is served.
    fn nearest(&self, code: &Code, reading: &Reading) -> Option<u64> {
        let near = self.index.nearest(0, code, READ).into_iter();
        let candidates = near.filter_map(|near| {
            let (_, question) = self.kept.get(&near.id)?;
            Some(Candidate {
                id: near.id,
                question,
                trust: Trust::default(),
            })
        });
        match decide(&self.verifier, self.bar, reading, candidates) {
            Verdict::Serve(found) => Some(found.id),
            Verdict::Hint(_) | Verdict::Ask => None,
        }
    }
}
