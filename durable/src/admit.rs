//! May these requests be made? Asked before any model is called.

use std::collections::HashSet;

use moecraft_engine::admission::{Admission, PolicyQuery, Snapshot, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use worker::Result;

use crate::ledger::Batch;
use crate::revocation::Revocations;
use crate::row::Row;
use crate::sql::{Sql, text};
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

/// A reservation to be written.
#[derive(Debug, Serialize)]
pub(crate) struct Reservation {
    pub(crate) id: String,
    /// When it is closed at its estimate, Unix ms.
    pub(crate) due: u64,
    /// Nano-dollars held.
    pub(crate) reserve: u64,
    /// The Worker's message.
    pub(crate) admission: Box<RawValue>,
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

/// Writes reservations, all in one statement, and gives the ids of those that were new. One that
/// stands already, or whose request has settled, is not written again.
pub(crate) fn reserve(sql: &Sql, reservations: &[Reservation]) -> Result<HashSet<String>> {
    if reservations.is_empty() {
        return Ok(HashSet::new());
    }
    let ids: Vec<Id> = sql.rows(
        "INSERT OR IGNORE INTO reservations
         SELECT value->>'id', value->>'due', value->>'reserve', value->'admission' FROM json_each(?)
         WHERE NOT EXISTS (SELECT 1 FROM ledger WHERE ledger.id = value->>'id') RETURNING id",
        vec![text(&serde_json::to_string(reservations)?)],
    )?;
    Ok(ids.into_iter().map(|row| row.id).collect())
}
