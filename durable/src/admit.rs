//! May these requests be made? Asked before any model is called.

use moecraft_engine::admission::{Admission, PolicyQuery, Snapshot, Verdict};
use worker::Result;

use crate::ledger::Batch;
use crate::revocation::Revocations;
use crate::row::Row;
use crate::sql::{Sql, int, text};
use crate::surrogates::Surrogates;

/// What an admission is judged by.
pub(crate) struct Gate<'a> {
    pub(crate) revocations: &'a Revocations,
    pub(crate) surrogates: &'a Surrogates,
    pub(crate) snapshot: &'a Snapshot,
}

impl Gate<'_> {
    /// Whether the Worker's policy is still true, and the true one if not.
    pub(crate) fn policy(&self, query: &PolicyQuery) -> Verdict {
        if self.revocations.contains(&query.key_id) {
            Verdict::Revoked
        } else if query.snapshot != self.snapshot.version {
            Verdict::Stale(self.snapshot.clone())
        } else {
            Verdict::Current
        }
    }

    /// Decides, in this order:
    ///
    /// 1. a revoked key is refused;
    /// 2. a plan made with an old policy is sent back with the new one;
    /// 3. an earlier answer is served, where the request allows it, and its row is written;
    /// 4. otherwise the request may proceed, once its reservation is written.
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
        let Some(replay) = &admission.replay else {
            return Ok(Verdict::Proceed);
        };
        let Some((surrogate, usage)) = self.surrogates.find(replay, now)? else {
            return Ok(Verdict::Proceed);
        };
        if batch.find(&admission.id)?.is_none() {
            let row = Row::surrogate(admission, &surrogate.model, surrogate.savings, &usage);
            batch.append(row)?;
        }
        Ok(Verdict::Surrogate(surrogate))
    }
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
