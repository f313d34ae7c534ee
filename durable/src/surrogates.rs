//! Answers the tenant has paid for, kept to be served again.
//!
//! Exact matches only: the key is a digest over all that can change the answer. Bounded in age, in
//! bytes for one answer and in bytes over all; when room is needed, what was used longest ago goes.

use std::cell::Cell;

use moecraft_engine::admission::{Replay, Settlement, Surrogate};
use moecraft_engine::money::Usage;
use serde::Deserialize;
use worker::Result;

use crate::settings::Settings;
use crate::sql::{Sql, int, text};

/// The longest answer that is kept, bytes: SQLite rows end at 2 MB in the object.
const MAX_ANSWER: usize = 256 << 10;

#[derive(Deserialize)]
struct Stored {
    answer: String,
    model: String,
    savings: u64,
    tokens: String,
    created: u64,
}

#[derive(Deserialize)]
struct Bytes {
    bytes: Option<u64>,
}

#[derive(Deserialize)]
struct Expiry {
    expires: Option<u64>,
}

/// The tenant's stored answers.
pub(crate) struct Surrogates {
    sql: Sql,
    ttl_ms: u64,
    limit: u64,
    /// The bytes kept, counted once from the table and then along with each change. A commit that
    /// is rolled back leaves it too high, which only makes room a little early.
    bytes: Cell<u64>,
}

impl Surrogates {
    pub(crate) fn load(sql: Sql, settings: &Settings) -> Result<Self> {
        let surrogates = Self {
            sql,
            ttl_ms: settings.surrogate_ttl_ms,
            limit: settings.surrogate_bytes,
            bytes: Cell::new(0),
        };
        surrogates.count()?;
        Ok(surrogates)
    }

    fn count(&self) -> Result<()> {
        let sum = self
            .sql
            .row::<Bytes>("SELECT sum(bytes) AS bytes FROM surrogates", vec![])?;
        self.bytes.set(sum.and_then(|sum| sum.bytes).unwrap_or(0));
        Ok(())
    }

    /// Finds an answer that may be served under these conditions, and the usage it had.
    pub(crate) fn find(&self, replay: &Replay, now: u64) -> Result<Option<(Surrogate, Usage)>> {
        let oldest = replay.max_age_ms.map_or(0, |age| now.saturating_sub(age));
        let Some(stored) = self.sql.row::<Stored>(
            "SELECT answer, model, savings, tokens, created FROM surrogates
             WHERE key = ? AND expires > ? AND created >= ?",
            vec![text(&replay.key), int(now), int(oldest)],
        )?
        else {
            return Ok(None);
        };
        self.sql.run(
            "UPDATE surrogates SET used = ? WHERE key = ?",
            vec![int(now), text(&replay.key)],
        )?;
        let usage = serde_json::from_str(&stored.tokens).unwrap_or_default();
        let surrogate = Surrogate {
            answer: stored.answer,
            model: stored.model,
            created: stored.created,
            savings: stored.savings,
        };
        Ok(Some((surrogate, usage)))
    }

    /// Keeps the answer that a settlement brings, if it brings one.
    pub(crate) fn keep(&self, settlement: &Settlement) -> Result<()> {
        let Some(fill) = &settlement.fill else {
            return Ok(());
        };
        if fill.answer.len() > MAX_ANSWER || self.ttl_ms == 0 {
            return Ok(());
        }
        let bytes = fill.answer.len() as u64;
        self.sql.run(
            "INSERT OR REPLACE INTO surrogates VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            vec![
                text(&fill.key),
                text(&fill.answer),
                int(bytes),
                text(&settlement.model),
                int(settlement.baseline),
                text(&serde_json::to_string(&settlement.usage).unwrap_or_default()),
                int(settlement.at),
                int(settlement.at + self.ttl_ms),
                int(settlement.at),
            ],
        )?;
        self.bytes.set(self.bytes.get() + bytes);
        if self.bytes.get() > self.limit {
            self.make_room()?;
        }
        Ok(())
    }

    /// Drops what was used longest ago, down to nine tenths of the limit, so that not every fill
    /// has to look for victims.
    fn make_room(&self) -> Result<()> {
        self.sql.run(
            "DELETE FROM surrogates WHERE key IN (
               SELECT key FROM (
                 SELECT key, sum(bytes) OVER (ORDER BY used DESC, key) AS upto FROM surrogates)
               WHERE upto > ?)",
            vec![int(self.limit / 10 * 9)],
        )?;
        self.count()
    }

    /// When the next answer expires, Unix ms.
    pub(crate) fn next_expiry(&self) -> Result<Option<u64>> {
        let first: Option<Expiry> = self
            .sql
            .row("SELECT min(expires) AS expires FROM surrogates", vec![])?;
        Ok(first.and_then(|first| first.expires))
    }

    /// Forgets what has expired.
    pub(crate) fn expire(&self, now: u64) -> Result<()> {
        self.sql
            .run("DELETE FROM surrogates WHERE expires <= ?", vec![int(now)])?;
        self.count()
    }
}
