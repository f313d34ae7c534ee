//! Copies settled rows to D1, where reports over all tenants are made.
//!
//! The ledger itself is the outbox: a mark says how far it has been copied. A copy that fails is
//! tried again at the next alarm; a row copied twice replaces itself, keyed by tenant and request.

use serde::Deserialize;
use worker::{D1Database, Result};

use crate::row::Row;
use crate::sql::{Sql, int, text};

/// Rows in one D1 batch.
const BATCH: u64 = 100;

#[derive(Deserialize)]
struct Mark {
    exported_seq: u64,
}

#[derive(Deserialize)]
struct Identity {
    tenant: String,
}

fn mark(sql: &Sql) -> Result<u64> {
    let mark: Option<Mark> = sql.row("SELECT exported_seq FROM outbox", vec![])?;
    Ok(mark.map_or(0, |mark| mark.exported_seq))
}

/// Whether rows wait to be copied.
pub(crate) fn pending(sql: &Sql) -> Result<bool> {
    Ok(crate::ledger::last_seq(sql)? > mark(sql)?)
}

/// Copies all that waits, batch by batch.
pub(crate) async fn flush(sql: &Sql, d1: &D1Database) -> Result<()> {
    let Some(Identity { tenant }) = sql.row("SELECT tenant FROM identity", vec![])? else {
        return Err("the object does not know whose it is".into());
    };
    loop {
        let rows: Vec<Row> = sql.rows(
            "SELECT * FROM ledger WHERE seq > ? ORDER BY seq LIMIT ?",
            vec![int(mark(sql)?), int(BATCH)],
        )?;
        let Some(last) = rows.last().map(|row| row.seq) else {
            return Ok(());
        };
        let statement = d1
            .prepare("INSERT OR REPLACE INTO usage VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
        let bound: Result<Vec<_>> = rows
            .iter()
            .map(|row| {
                statement.clone().bind(&[
                    text(&tenant),
                    text(&row.id),
                    int(row.at),
                    text(&row.key_id),
                    text(&row.model),
                    text(&row.class),
                    text(&row.provider),
                    text(&row.outcome),
                    int(row.prompt()),
                    int(row.output),
                    int(row.cost),
                    int(row.baseline),
                    text(&row.price_version),
                ])
            })
            .collect();
        d1.batch(bound?).await?;
        sql.run("UPDATE outbox SET exported_seq = ?", vec![int(last)])?;
    }
}
