//! Answers the tenant has paid for, kept to be served again.
//!
//! Exact matches only: the key is a digest over all that can change the answer. Bounded in age, in
//! bytes for one answer and in bytes over all; when room is needed, what is worth least goes
//! ([`moecraft_engine::surrogate::Worth`]).

mod purge;
mod room;

use std::cell::RefCell;

use moecraft_engine::admission::{Admission, Replay, Settlement, Surrogate};
use moecraft_engine::money::Usage;
use moecraft_engine::surrogate::Worth;
use serde::Deserialize;
use wasm_bindgen::JsValue;
use worker::Result;

use crate::settings::Settings;
use crate::sql::{Sql, int, text};
pub(crate) use purge::Purge;
use room::Room;

/// The longest answer that is kept, bytes: SQLite rows end at 2 MB in the object.
const MAX_ANSWER: usize = 256 << 10;
/// What an answer takes beyond its own length, bytes: its key, what it is weighed by, the indexes.
const OVERHEAD: u64 = 512;

#[derive(Deserialize)]
struct Stored {
    model: String,
    created: u64,
    bytes: u64,
    cost: u64,
    savings: u64,
    tokens: String,
    uses: u64,
    answer: String,
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
    room: RefCell<Room>,
}

impl Surrogates {
    pub(crate) fn load(sql: Sql, settings: &Settings) -> Result<Self> {
        Ok(Self {
            room: RefCell::new(Room::load(&sql)?),
            sql,
            ttl_ms: settings.surrogate_ttl_ms,
            limit: settings.surrogate_bytes,
        })
    }

    /// Whether answers are kept at all.
    pub(crate) fn keeps(&self) -> bool {
        self.ttl_ms > 0
    }

    /// Finds an answer that may serve this request, with the usage it had, and counts the use.
    pub(crate) fn find(
        &self,
        admission: &Admission,
        replay: &Replay,
        now: u64,
    ) -> Result<Option<(Surrogate, Usage)>> {
        let age = replay.max_age_ms;
        let oldest = age.map_or(0, |age| admission.at.saturating_sub(age));
        let Some(stored) = self.sql.row::<Stored>(
            "SELECT model, created, bytes, cost, savings, tokens, uses, answer
             FROM surrogates JOIN surrogate_answers USING (key)
             WHERE key = ? AND expires > ? AND created >= ?",
            vec![text(&replay.key), int(now), int(oldest)],
        )?
        else {
            return Ok(None);
        };
        let usage: Usage = serde_json::from_str(&stored.tokens).unwrap_or_default();
        let bound = replay.max_output_tokens.map(u64::from);
        if !replay.models.contains(&stored.model) || bound.is_some_and(|bound| usage.output > bound)
        {
            return Ok(None);
        }
        let worth = Worth {
            cost: stored.cost,
            bytes: stored.bytes,
            uses: stored.uses + 1,
        };
        let priority = worth.priority(self.room.borrow().inflation());
        self.sql.run(
            "UPDATE surrogates SET uses = uses + 1, used = ?, priority = ? WHERE key = ?",
            vec![int(now), JsValue::from_f64(priority), text(&replay.key)],
        )?;
        let surrogate = Surrogate {
            answer: stored.answer,
            key: replay.key.clone(),
            model: stored.model,
            created: stored.created,
            savings: stored.savings,
        };
        Ok(Some((surrogate, usage)))
    }

    /// Keeps the answer that a settlement brings, if it brings one that nobody has complained of yet.
    /// Gives the key it is kept under.
    pub(crate) fn keep<'s>(&self, settlement: &'s Settlement) -> Result<Option<&'s str>> {
        let Some(fill) = &settlement.fill else {
            return Ok(None);
        };
        let bytes = fill.answer.len() as u64 + OVERHEAD;
        if fill.answer.len() > MAX_ANSWER || bytes > self.limit || !self.keeps() {
            return Ok(None);
        }
        let worth = Worth {
            cost: settlement.cost,
            bytes,
            uses: 1,
        };
        self.remove("key = ?", vec![text(&fill.key)])?;
        let written = self.sql.run(
            "INSERT INTO surrogates SELECT ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?
             WHERE NOT EXISTS (SELECT 1 FROM feedback WHERE request_id = ? AND score < 0.5)",
            vec![
                text(&fill.key),
                text(&settlement.model),
                int(settlement.at),
                int(settlement.at.saturating_add(self.ttl_ms)),
                int(bytes),
                int(settlement.cost),
                int(settlement.baseline),
                text(&serde_json::to_string(&settlement.usage).unwrap_or_default()),
                int(settlement.at),
                JsValue::from_f64(worth.priority(self.room.borrow().inflation())),
                text(&settlement.id),
            ],
        )?;
        if written == 0 {
            return Ok(None);
        }
        self.sql.run(
            "INSERT INTO surrogate_answers VALUES (?, ?)",
            vec![text(&fill.key), text(&fill.answer)],
        )?;
        let mut room = self.room.borrow_mut();
        room.take(bytes);
        room.make(&self.sql, self.limit)?;
        Ok(Some(&fill.key))
    }

    /// Forgets the answer under a key.
    pub(crate) fn forget(&self, key: &str) -> Result<()> {
        self.remove("key = ?", vec![text(key)])?;
        Ok(())
    }

    /// Forgets the answer that a request was served, or gave.
    pub(crate) fn forget_of(&self, request_id: &str) -> Result<()> {
        self.remove(
            "key = (SELECT surrogate FROM ledger WHERE id = ?)",
            vec![text(request_id)],
        )?;
        Ok(())
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
        self.remove("expires <= ?", vec![int(now)])?;
        Ok(())
    }

    /// The last transaction was undone: what is known of the table beside it is read anew.
    pub(crate) fn roll_back(&self) -> Result<()> {
        *self.room.borrow_mut() = Room::load(&self.sql)?;
        Ok(())
    }

    /// Removes what a condition holds for; gives how many that were.
    fn remove(&self, condition: &str, values: Vec<JsValue>) -> Result<usize> {
        #[derive(Deserialize)]
        struct Gone {
            bytes: u64,
        }
        let statement = format!("DELETE FROM surrogates WHERE {condition} RETURNING bytes");
        let gone: Vec<Gone> = self.sql.rows(&statement, values)?;
        let bytes = gone.iter().map(|gone| gone.bytes).sum();
        self.room.borrow_mut().give_back(bytes);
        Ok(gone.len())
    }
}
