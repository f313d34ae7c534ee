//! How much room stored answers take, and who makes way for others.

use moecraft_engine::surrogate::victims;
use serde::Deserialize;
use wasm_bindgen::JsValue;
use worker::Result;

use crate::sql::{Sql, int};

/// How many of the least worth are looked at in one go.
const PAGE: u64 = 128;

/// What is known of the table without reading it each time.
pub(super) struct Room {
    bytes: u64,
    /// The priority of what went last.
    inflation: f64,
}

#[derive(Deserialize)]
struct Sums {
    bytes: Option<u64>,
    lowest: Option<f64>,
}

#[derive(Deserialize)]
struct Least {
    bytes: u64,
    priority: f64,
}

impl Room {
    /// Reads it off the table. Nothing that is left has a priority below the inflation, so the lowest
    /// of them does for it.
    pub(super) fn load(sql: &Sql) -> Result<Self> {
        let sums: Option<Sums> = sql.row(
            "SELECT sum(bytes) AS bytes, min(priority) AS lowest FROM surrogates",
            vec![],
        )?;
        Ok(Self {
            bytes: sums.as_ref().and_then(|sums| sums.bytes).unwrap_or(0),
            inflation: sums.and_then(|sums| sums.lowest).unwrap_or(0.0),
        })
    }

    pub(super) const fn inflation(&self) -> f64 {
        self.inflation
    }

    pub(super) fn take(&mut self, bytes: u64) {
        self.bytes += bytes;
    }

    pub(super) fn give_back(&mut self, bytes: u64) {
        self.bytes = self.bytes.saturating_sub(bytes);
    }

    /// Drops what is worth least until the rest has room.
    pub(super) fn make(&mut self, sql: &Sql, limit: u64) -> Result<()> {
        while self.bytes > limit {
            let lowest: Vec<Least> = sql.rows(
                "SELECT bytes, priority FROM surrogates ORDER BY priority, key LIMIT ?",
                vec![int(PAGE)],
            )?;
            let lowest: Vec<_> = lowest.iter().map(|one| (one.bytes, one.priority)).collect();
            let (count, inflation) = victims(&lowest, self.bytes - limit, self.inflation);
            if count == 0 {
                return Ok(());
            }
            sql.run(
                "DELETE FROM surrogates WHERE key IN (
                   SELECT key FROM surrogates ORDER BY priority, key LIMIT ?)",
                vec![JsValue::from_f64(count as f64)],
            )?;
            let freed: u64 = lowest.iter().take(count).map(|(bytes, _)| bytes).sum();
            self.give_back(freed);
            self.inflation = inflation;
        }
        Ok(())
    }
}
