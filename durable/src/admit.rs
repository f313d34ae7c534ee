//! May these requests be made? Asked before any model is called.

use std::cell::RefCell;

use moecraft_engine::admission::{
    Admission, Block, Outcome, PolicyQuery, Receipt, Replay, Settlement, Snapshot, Surrogate,
    Verdict,
};
use moecraft_engine::money::Usage;
use moecraft_engine::surrogate::{Asking, Flights, Following};
use serde::de::IgnoredAny;
use worker::Result;

use crate::health::ProviderHealth;
use crate::ledger::Batch;
use crate::recent::Recent;
use crate::revocation::Revocations;
use crate::row::Row;
use crate::sql::{Sql, int, text};
use crate::surrogates::{Nearest, Surrogates};

/// When a request asks again that found too many waiting, ms.
const CROWD_MS: u64 = 2_000;

/// What an admission is judged by.
pub(crate) struct Gate<'a> {
    pub(crate) sql: &'a Sql,
    pub(crate) revocations: &'a Revocations,
    pub(crate) surrogates: &'a Surrogates,
    pub(crate) flights: &'a RefCell<Flights>,
    pub(crate) recent: &'a Recent,
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
    /// 3. an earlier answer is served, where the request allows it, and its row is written: to the same
    ///    request, or else to a question of the same meaning;
    /// 4. while an equal request is under way, it waits for that one's answer;
    /// 5. a plan that begins at a place under probation is sent back, but for one: that is the probe;
    /// 6. otherwise the request may proceed, once its reservation is written, with an answer that may fit
    ///    if there is one.
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
        let mut hint = None;
        if let Some(replay) = admission.replay.as_ref().filter(|replay| !replay.anew) {
            if self.recent.is_repeated(admission, now) {
                self.surrogates.forget(&replay.key)?;
            } else if let Some(verdict) = self.serve(admission, replay, now, batch)? {
                return Ok(verdict);
            } else {
                match self.find_near(admission, replay, now)? {
                    Some(Nearest::Served(surrogate, usage)) => {
                        let served = self.served(admission, surrogate, &usage, now, batch)?;
                        if let Some(verdict) = served {
                            return Ok(verdict);
                        }
                    }
                    Some(Nearest::Open(open)) => hint = Some(open),
                    None => {}
                }
            }
            let asking = asking(admission, replay);
            match self.flights.borrow().seek(&asking, now) {
                Following::Waits => return Ok(Verdict::Wait),
                Following::Crowded => return Ok(Verdict::Again { after_ms: CROWD_MS }),
                Following::Over => {}
            }
        }
        // A request that has its reservation may be the probe itself, asking again.
        if !self.health.claim(&admission.place, now) && !is_reserved(self.sql, &admission.id)? {
            return Ok(self.stale());
        }
        Ok(match hint {
            Some(hint) => Verdict::Hint(Box::new(hint)),
            None => Verdict::Proceed,
        })
    }

    /// Serves a request that waits for another, or says how it goes on. It never proceeds from here: its
    /// client may have left meanwhile, and only who asks by itself may cause a call.
    pub(crate) fn follow(
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
            return Ok(Verdict::Again { after_ms: 0 });
        };
        if let Some(verdict) = self.serve(admission, replay, now, batch)? {
            return Ok(verdict);
        }
        if batch.has(&admission.id)? {
            return Ok(Verdict::Spent);
        }
        let following = self
            .flights
            .borrow_mut()
            .follow(&asking(admission, replay), now);
        Ok(match following {
            Following::Waits => Verdict::Wait,
            Following::Crowded => Verdict::Again { after_ms: CROWD_MS },
            Following::Over => Verdict::Again { after_ms: 0 },
        })
    }

    /// Notes that a request calls a model, so that equal ones wait for it.
    pub(crate) fn lead(&self, admission: &Admission, now: u64) {
        if let Some(replay) = admission
            .replay
            .as_ref()
            .filter(|_| self.surrogates.keeps())
        {
            self.flights
                .borrow_mut()
                .lead(&asking(admission, replay), now);
        }
    }

    /// A request that others may wait for has settled.
    pub(crate) fn landed(&self, settlement: &Settlement, kept: bool, now: u64) {
        let mut flights = self.flights.borrow_mut();
        match (kept, settlement.outcome) {
            (false, Outcome::Complete) => flights.disperse(&settlement.id, now),
            _ => flights.land(&settlement.id),
        }
        if let Some(fill) = settlement.fill.as_ref().filter(|_| kept) {
            flights.serve(&fill.key);
        }
    }

    /// Writes the row of a request whose client left while it waited, unless it has one.
    pub(crate) fn withdraw(
        &self,
        admission: &Admission,
        now: u64,
        batch: &mut Batch<'_>,
    ) -> Result<Receipt> {
        self.flights.borrow_mut().leave(&admission.id);
        if batch.has(&admission.id)? || is_reserved(self.sql, &admission.id)? {
            return Ok(Receipt::Repeated);
        }
        batch.append(Row::withdrawn(admission, now))?;
        Ok(Receipt::Recorded)
    }

    /// Serves an earlier answer, where there is one, and writes the row.
    fn serve(
        &self,
        admission: &Admission,
        replay: &Replay,
        now: u64,
        batch: &mut Batch<'_>,
    ) -> Result<Option<Verdict>> {
        let Some((surrogate, usage)) = self.surrogates.find(admission, replay, now)? else {
            return Ok(None);
        };
        self.served(admission, surrogate, &usage, now, batch)
    }

    fn find_near(
        &self,
        admission: &Admission,
        replay: &Replay,
        now: u64,
    ) -> Result<Option<Nearest>> {
        let accepted = self.snapshot.borrow().routing.false_hits;
        match &replay.near {
            Some(near) if accepted > 0.0 => self
                .surrogates
                .find_near(admission, replay, near, accepted, now),
            _ => Ok(None),
        }
    }

    /// Writes the row of a request that is served. None where it calls a model already: asked again, it goes
    /// on with that, and has one row in the end.
    fn served(
        &self,
        admission: &Admission,
        surrogate: Surrogate,
        usage: &Usage,
        now: u64,
        batch: &mut Batch<'_>,
    ) -> Result<Option<Verdict>> {
        if !batch.has(&admission.id)? {
            if is_reserved(self.sql, &admission.id)? {
                return Ok(None);
            }
            batch.append(Row::surrogate(admission, &surrogate, usage, now))?;
        }
        Ok(Some(Verdict::Surrogate(surrogate)))
    }

    fn stale(&self) -> Verdict {
        Verdict::Stale(Box::new(self.snapshot.borrow().clone()))
    }
}

fn asking<'a>(admission: &'a Admission, replay: &'a Replay) -> Asking<'a> {
    Asking {
        key: &replay.key,
        id: &admission.id,
        at: admission.at,
    }
}

fn is_reserved(sql: &Sql, id: &str) -> Result<bool> {
    let found: Option<IgnoredAny> =
        sql.row("SELECT id FROM reservations WHERE id = ?", vec![text(id)])?;
    Ok(found.is_some())
}

/// Writes a reservation. Gives false when none is needed: one stands already, or the request has
/// settled. What is asked is not a part of it.
pub(crate) fn reserve(sql: &Sql, admission: &Admission, message: &str, due: u64) -> Result<bool> {
    let written = sql.run(
        "INSERT OR IGNORE INTO reservations SELECT ?1, ?2, ?3, json_remove(?4, '$.admit.replay.near')
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
