//! What a request came to: its reservation becomes its one row in the ledger.

use std::collections::HashMap;

use moecraft_engine::admission::{Message, Receipt, Settlement};
use serde::Deserialize;
use worker::Result;

use crate::audit;
use crate::health::Lessons;
use crate::ledger::Batch;
use crate::row::Row;
use crate::sql::{Sql, int, text};
use crate::surrogates::Surrogates;

/// The most reservations closed in one turn of the alarm.
const SWEEP: u64 = 500;

#[derive(Deserialize)]
struct Reserved {
    id: String,
    due: u64,
    reserve: u64,
    admission: String,
}

impl Reserved {
    /// What was admitted. A reservation written in a form no longer read still counts, by its
    /// columns: one row must not stop all the others from being closed.
    fn row(&self) -> Row {
        match serde_json::from_str(&self.admission) {
            Ok(Message::Admit(admission)) => Row::admitted(&admission),
            _ => Row::unreadable(&self.id, self.reserve),
        }
    }
}

/// What was admitted.
pub(crate) struct Admitted {
    /// As the row it begins.
    row: Row,
    /// When its reservation would have run out, Unix ms.
    due: u64,
}

/// Reservations taken off the table, by request.
pub(crate) type Taken = HashMap<String, Admitted>;

/// Takes the reservations of these requests off the table, all in one statement.
pub(crate) fn take(sql: &Sql, ids: &[&str]) -> Result<Taken> {
    if ids.is_empty() {
        return Ok(Taken::new());
    }
    let reserved: Vec<Reserved> = sql.rows(
        "DELETE FROM reservations WHERE id IN (SELECT value FROM json_each(?))
         RETURNING id, due, reserve, admission",
        vec![text(&serde_json::to_string(ids)?)],
    )?;
    let admitted = |reserved: Reserved| {
        let (row, due) = (reserved.row(), reserved.due);
        (reserved.id, Admitted { row, due })
    };
    Ok(reserved.into_iter().map(admitted).collect())
}

/// What a settlement has come to.
pub(crate) struct Settled {
    pub(crate) receipt: Receipt,
    /// Its answer is kept, to serve others.
    pub(crate) kept: bool,
}

impl Settled {
    const fn of(receipt: Receipt, kept: bool) -> Self {
        Self { receipt, kept }
    }
}

/// Writes the row of a request, and learns from how its calls went. Idempotent by its id; figures
/// that come after the reservation was closed at its estimate replace the estimate.
pub(crate) fn settle(
    sql: &Sql,
    surrogates: &Surrogates,
    lessons: &mut Lessons<'_>,
    settlement: &Settlement,
    taken: &mut Taken,
    batch: &mut Batch<'_>,
) -> Result<Settled> {
    if let Some(admitted) = taken.remove(&settlement.id) {
        if let Some(confirmation) = &settlement.confirmation {
            surrogates.confirmed(confirmation)?;
        }
        audit::settled(sql, settlement, &admitted.row.key_id)?;
        let key = surrogates.keep(settlement)?;
        batch.append(admitted.row.settled(settlement).kept_under(key))?;
        lessons.take(settlement, admitted.due);
        return Ok(Settled::of(Receipt::Recorded, key.is_some()));
    }
    match batch.find(&settlement.id)? {
        None => Ok(Settled::of(Receipt::Unknown, false)),
        Some(old) if old.is_unsettled() => {
            audit::settled(sql, settlement, &old.key_id)?;
            let key = surrogates.keep(settlement)?;
            let row = old.clone().settled(settlement).kept_under(key);
            batch.replace(&old, row)?;
            Ok(Settled::of(Receipt::Corrected, key.is_some()))
        }
        Some(_) => Ok(Settled::of(Receipt::Repeated, false)),
    }
}

/// Closes the reservations whose time has run out, each at its estimate.
pub(crate) fn close_overdue(sql: &Sql, now: u64, batch: &mut Batch<'_>) -> Result<()> {
    let overdue: Vec<Reserved> = sql.rows(
        "DELETE FROM reservations WHERE id IN (
           SELECT id FROM reservations WHERE due <= ? LIMIT ?) RETURNING id, due, reserve, admission",
        vec![int(now), int(SWEEP)],
    )?;
    for reserved in &overdue {
        batch.append(reserved.row().unsettled(now))?;
    }
    Ok(())
}

#[derive(Deserialize)]
struct Due {
    due: Option<u64>,
}

/// When the next reservation runs out, Unix ms.
pub(crate) fn next_due(sql: &Sql) -> Result<Option<u64>> {
    let due: Option<Due> = sql.row("SELECT min(due) AS due FROM reservations", vec![])?;
    Ok(due.and_then(|due| due.due))
}

/// How many requests are under way, and the nano-dollars held for them.
#[derive(Deserialize)]
pub(crate) struct Held {
    pub(crate) requests: u64,
    pub(crate) amount: u64,
}

/// What is reserved at this moment.
pub(crate) fn held(sql: &Sql) -> Result<Held> {
    let held = sql.row(
        "SELECT count(*) AS requests, coalesce(sum(reserve), 0) AS amount FROM reservations",
        vec![],
    )?;
    Ok(held.unwrap_or(Held {
        requests: 0,
        amount: 0,
    }))
}
