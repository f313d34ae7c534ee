//! What the router has learnt from this tenant's outcomes. Held in memory, written with each lesson. A
//! commit that is rolled back leaves here what it taught, and teaches it once more: each step is bounded.
//!
//! What is learnt changes the snapshot, and every isolate then has to be told: news are told at once
//! after a while without any, and else not more often than that.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use moecraft_engine::meta::Evidence;
use moecraft_engine::router::{BadState, CLASSES, Learnt, Stored};
use serde::Deserialize;
use serde_json::{Value, json};
use worker::Result;

use crate::feedback;
use crate::sql::{Sql, int, text};

/// How long what was learnt may wait until it is told, ms.
const PERIOD_MS: u64 = 5_000;

/// The learners, and what of them the snapshot knows.
pub(crate) struct Learning {
    sql: Sql,
    learnt: RefCell<Learnt>,
    /// Whether the snapshot knows less.
    news: Cell<bool>,
    /// When it was told last, Unix ms.
    told: Cell<u64>,
    /// When it has learnt last, Unix ms.
    taught: Cell<u64>,
}

/// What is read of a decision's record.
#[derive(Deserialize)]
struct Record {
    prior: Option<serde_json::Map<String, Value>>,
    x: Vec<f32>,
}

impl Learning {
    /// Reads what was learnt. What cannot be read to the last digit is not used: the prior holds.
    pub(crate) fn load(sql: Sql) -> Result<Self> {
        let stored: Vec<Stored> = sql.rows(
            "SELECT class, form, outcomes, state, checksum FROM learning",
            vec![],
        )?;
        let mut learnt = Learnt::default();
        for one in &stored {
            let _ = learnt.restore(one);
        }
        Ok(Self {
            sql,
            learnt: RefCell::new(learnt),
            news: Cell::new(false),
            told: Cell::new(0),
            taught: Cell::new(0),
        })
    }

    /// What was learnt.
    pub(crate) fn learnt(&self) -> Learnt {
        self.learnt.borrow().clone()
    }

    /// Whether the snapshot should be made anew.
    pub(crate) fn has_news(&self, now: u64) -> bool {
        self.news.get() && now >= self.told.get().saturating_add(PERIOD_MS)
    }

    /// What was learnt, for a snapshot that is made now.
    pub(crate) fn tell(&self, now: u64) -> Learnt {
        if self.news.replace(false) {
            self.told.set(now);
        }
        self.learnt()
    }

    /// Learns of what was only seen, where it has not learnt for a while: that can wait, and comes with
    /// many requests.
    pub(crate) fn learn_in_time(&self, now: u64) -> Result<()> {
        match now >= self.taught.get().saturating_add(PERIOD_MS) {
            true => self.learn(now),
            false => Ok(()),
        }
    }

    /// Learns from every word that it has not learnt from, of requests that have settled.
    pub(crate) fn learn(&self, now: u64) -> Result<()> {
        self.taught.set(now);
        let mut changed = BTreeSet::new();
        for lesson in feedback::take_lessons(&self.sql)? {
            let Ok(record) = serde_json::from_str::<Record>(&lesson.decision) else {
                continue;
            };
            let prior = record
                .prior
                .as_ref()
                .and_then(|prior| prior.get(&lesson.class));
            let Some(prior) = prior.and_then(Value::as_f64) else {
                continue;
            };
            let seen = Evidence::new(lesson.score, lesson.weight);
            let mut learnt = self.learnt.borrow_mut();
            if learnt.learn(&lesson.class, prior, &record.x, seen) {
                changed.insert(lesson.class);
            }
        }
        for class in &changed {
            self.store(class, now)?;
        }
        self.news.set(self.news.get() || !changed.is_empty());
        Ok(())
    }

    fn store(&self, class: &str, now: u64) -> Result<()> {
        let Some(stored) = self.learnt.borrow().stored(class) else {
            return Ok(());
        };
        self.sql.run(
            "INSERT OR REPLACE INTO learning VALUES (?, ?, ?, ?, ?, ?)",
            vec![
                text(&stored.class),
                int(stored.form.into()),
                int(stored.outcomes.into()),
                text(&stored.state),
                text(&stored.checksum),
                int(now),
            ],
        )?;
        Ok(())
    }

    /// All of it, as it can be imported again.
    pub(crate) fn export(&self) -> Result<Value> {
        let learnt = self.learnt.borrow();
        let stored = CLASSES
            .iter()
            .filter_map(|class| learnt.stored(class.as_str()));
        Ok(json!({"classes": stored.collect::<Vec<_>>()}))
    }

    /// Puts what was exported in the place of what was learnt, or names the first that cannot be used.
    pub(crate) fn import(
        &self,
        classes: &[Stored],
        key_id: &str,
        now: u64,
    ) -> Result<Option<(usize, BadState)>> {
        let mut learnt = Learnt::default();
        for (index, stored) in classes.iter().enumerate() {
            if let Err(bad) = learnt.restore(stored) {
                return Ok(Some((index, bad)));
            }
        }
        self.replace(learnt, "import", key_id, now)?;
        Ok(None)
    }

    /// Forgets what was learnt. The words that it was learnt from stay, and teach nothing any more.
    pub(crate) fn reset(&self, key_id: &str, now: u64) -> Result<()> {
        self.sql
            .run("UPDATE feedback SET taught = 1 WHERE taught = 0", vec![])?;
        self.replace(Learnt::default(), "reset", key_id, now)
    }

    /// Sets what is learnt, and notes in the audit who did.
    fn replace(&self, learnt: Learnt, what: &str, key_id: &str, now: u64) -> Result<()> {
        *self.learnt.borrow_mut() = learnt;
        self.sql.run("DELETE FROM learning", vec![])?;
        for class in CLASSES {
            self.store(class.as_str(), now)?;
        }
        self.sql.run(
            "INSERT INTO audit (at, key_id, event, kinds, detail) VALUES (?, ?, 'learning', '{}', ?)",
            vec![
                int(now),
                text(key_id),
                text(&json!({"change": what}).to_string()),
            ],
        )?;
        self.news.set(true);
        self.told.set(0);
        Ok(())
    }
}
