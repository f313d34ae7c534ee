//! May these requests be made? Asked before any model is called.

use std::cell::RefCell;

use moecraft_engine::admission::{Admission, Block, PolicyQuery, Snapshot, Verdict};
use serde::de::IgnoredAny;
use worker::Result;

use crate::health::ProviderHealth;
use crate::ledger::Batch;
use crate::revocation::Revocations;
use crate::row::Row;
use crate::sql::{Sql, int, text};
use crate::surrogates::Surrogates;

/// What an admission is judged by.
pub(crate) struct Gate<'a> {
    pub(crate) sql: &'a Sql,
    pub(crate) revocations: &'a Revocations,
    pub(crate) surrogates: &'a Surrogates,
    pub(crate) health: &'a ProviderHealth,
    /// The policy at this moment.
    pub(crate) snapshot: &'a RefCell<Snapshot>,
}

impl Gate<'_> {
    /// Whether the Worker's policy is still true, and the true one if not.
    pub(crate) fn policy(&self, query: &PolicyQuery) -> Verdict {
        if self.revocations.contains(&query.key_id) {
            Verdict::Revoked
        } else if query.snapshot != self.snapshot.borrow().version {
            self.stale()
        } else {
            Verdict::Current
        }
    }

    /// Whether a request is stopped for good: a newer policy may let it pass.
    pub(crate) fn blocked(&self, block: &Block) -> Verdict {
        let current = self.snapshot.borrow().version;
        self.policy(&PolicyQuery {
            key_id: block.key_id.clone(),
            snapshot: block.snapshot.unwrap_or(current),
        })
    }

    /// Decides, in this order:
    ///
    /// 1. a revoked key is refused;
    /// 2. a plan made with an old policy is sent back with the new one;
    /// 3. an earlier answer is served, where the request allows it, and its row is written;
    /// 4. a plan that begins at a place under probation is sent back, but for one: that is the probe;
    /// 5. otherwise the request may proceed, once its reservation is written.
    ///
    /// Idempotent by the request's id: asked again, it answers the same and writes nothing.
    pub(crate) fn admit(
        &self,
        admission: &Admission,
        now: u64,
        batch: &mut Batch<'_>,
    ) -> Result<Verdict> {
        let policy = self.policy(&PolicyQuery {
            key_id: admission.key_id.clone(),
            snapshot: admission.snapshot,
        });
        if policy != Verdict::Current {
            return Ok(policy);
        }
        if let Some(replay) = &admission.replay
            && let Some((surrogate, usage)) = self.surrogates.find(replay, now)?
        {
            if batch.find(&admission.id)?.is_none() {
                let row = Row::surrogate(admission, &surrogate.model, surrogate.savings, &usage);
                batch.append(row)?;
            }
            return Ok(Verdict::Surrogate(surrogate));
        }
        // A request that has its reservation may be the probe itself, asking again.
        if !self.health.claim(&admission.place, now) && !is_reserved(self.sql, &admission.id)? {
            return Ok(self.stale());
        }
        Ok(Verdict::Proceed)
    }

    fn stale(&self) -> Verdict {
        Verdict::Stale(Box::new(self.snapshot.borrow().clone()))
    }
}

fn is_reserved(sql: &Sql, id: &str) -> Result<bool> {
    let found: Option<IgnoredAny> =
        sql.row("SELECT id FROM reservations WHERE id = ?", vec![text(id)])?;
    Ok(found.is_some())
}

/// Writes a reservation. Gives false when none is needed: one stands already, or the request has
/// settled.
pub(crate) fn reserve(sql: &Sql, admission: &Admission, message: &str, due: u64) -> Result<bool> {
    let written = sql.run(
        "INSERT OR IGNORE INTO reservations SELECT ?1, ?2, ?3, ?4
         WHERE NOT EXISTS (SELECT 1 FROM ledger WHERE ledger.id = ?1)",
        vec![
            text(&admission.id),
            int(due),
            int(admission.reserve),
            text(message),
        ],
    )?;
    Ok(written > 0)
}
