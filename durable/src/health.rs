//! What this tenant's calls have taught about the providers. Held in memory, because every
//! admission asks; written when it changes, with the rows that changed it.
//!
//! A commit that is rolled back leaves here what it learnt: a call that failed has failed all the
//! same. At worst it counts twice, and is written only with the next change.

use std::cell::{Cell, RefCell};

use moecraft_engine::admission::{LocalModel, Own, Place, Settlement, Snapshot};
use moecraft_engine::health::{Change, Health};
use serde::Deserialize;
use worker::Result;

use crate::sql::{Sql, text};

/// The health of every place this tenant has called.
pub(crate) struct ProviderHealth {
    sql: Sql,
    health: RefCell<Health>,
    /// The revision that is on disk.
    stored: Cell<u64>,
}

/// What the settlements of one commit teach.
pub(crate) struct Lessons<'a> {
    health: &'a ProviderHealth,
    /// How long a reservation lasts, ms.
    reservation_ms: u64,
    now: u64,
    /// The places whose state has changed, with the request that told of it.
    pub(crate) changes: Vec<(String, Change)>,
}

#[derive(Deserialize)]
struct Stored {
    places: String,
}

impl ProviderHealth {
    /// Reads what was known when the object last ran. What cannot be read any more is learnt anew.
    pub(crate) fn load(sql: Sql) -> Result<Self> {
        let stored: Option<Stored> = sql.row("SELECT places FROM provider_health", vec![])?;
        let health: Health = stored
            .and_then(|stored| serde_json::from_str(&stored.places).ok())
            .unwrap_or_default();
        Ok(Self {
            sql,
            stored: Cell::new(health.revision()),
            health: RefCell::new(health),
        })
    }

    /// Whether a request may call this place now; of a place under probation, only one may.
    pub(crate) fn claim(&self, place: &Place, now: u64) -> bool {
        let mut health = self.health.borrow_mut();
        health.claim_probe(&place.provider, &place.model, now)
    }

    /// Ready to learn from the settlements that came at `now` (Unix ms).
    pub(crate) fn lessons(&self, reservation_ms: u64, now: u64) -> Lessons<'_> {
        Lessons {
            health: self,
            reservation_ms,
            now,
            changes: Vec::new(),
        }
    }

    /// Writes what has changed since it was last written.
    pub(crate) fn store(&self) -> Result<()> {
        let health = self.health.borrow();
        if health.revision() == self.stored.get() {
            return Ok(());
        }
        self.sql.run(
            "INSERT OR REPLACE INTO provider_health VALUES (0, ?)",
            vec![text(&serde_json::to_string(&*health)?)],
        )?;
        self.stored.set(health.revision());
        Ok(())
    }

    /// A number that differs after every change.
    pub(crate) fn revision(&self) -> u64 {
        self.health.borrow().revision()
    }

    /// The snapshot with what is the tenant's own and these models at `now`, and until when it holds if nothing
    /// changes, Unix ms.
    pub(crate) fn snapshot(
        &self,
        own: Own,
        local: Vec<LocalModel>,
        now: u64,
    ) -> Result<(Snapshot, u64)> {
        let health = self.health.borrow();
        let holds_until = health.next_return(now).unwrap_or(u64::MAX);
        let snapshot = Snapshot::of(own, local, &health, now)?;
        Ok((snapshot, holds_until))
    }
}

impl Lessons<'_> {
    /// Learns from a request that has settled for the first time, and whose reservation would have
    /// run out at `due` (Unix ms).
    pub(crate) fn take(&mut self, settlement: &Settlement, due: u64) {
        // What began before a place was left is old news of it: told by this object's own clock.
        let admitted_ms = due.saturating_sub(self.reservation_ms);
        if let Some(took_ms) = settlement.answer_ms() {
            let mut health = self.health.health.borrow_mut();
            health.timed(&settlement.model, took_ms, self.now);
        }
        for seen in settlement.observations(admitted_ms) {
            let quiet = seen.failure.is_none() && seen.windows.is_empty();
            let jitter = if quiet { 0.0 } else { js_sys::Math::random() };
            let mut health = self.health.health.borrow_mut();
            let learnt = health.observe(&seen, self.now, jitter).into_iter();
            self.changes
                .extend(learnt.map(|change| (settlement.id.clone(), change)));
        }
    }
}
