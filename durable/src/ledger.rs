//! The writes of one commit to the ledger, and to the sums that always equal it.

use std::cell::Cell;

use serde::Deserialize;
use serde::de::IgnoredAny;
use worker::Result;

use crate::row::{self, Row};
use crate::sql::{Sql, int, text};
use crate::totals::{self, Changes};

/// The ledger's last sequence number and the running savings.
type End = (u64, i64);

/// The ledger's end as the last transaction left it, so that each need not read it anew.
#[derive(Default)]
pub(crate) struct KnownEnd(Cell<Option<End>>);

impl KnownEnd {
    /// The last transaction was undone.
    pub(crate) fn roll_back(&self) {
        self.0.set(None);
    }
}

/// Rows appended in one transaction. [`Batch::finish`] writes them.
pub(crate) struct Batch<'a> {
    sql: &'a Sql,
    known: &'a KnownEnd,
    /// The ledger's end with the rows so far; read when the first row comes, where it is not known.
    end: Option<End>,
    changes: Changes,
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Last {
    seq: Option<u64>,
}

/// The sequence number of the newest row; 0 when there is none.
pub(crate) fn last_seq(sql: &Sql) -> Result<u64> {
    let last: Option<Last> = sql.row("SELECT max(seq) AS seq FROM ledger", vec![])?;
    Ok(last.and_then(|last| last.seq).unwrap_or(0))
}

impl<'a> Batch<'a> {
    pub(crate) fn new(sql: &'a Sql, known: &'a KnownEnd) -> Self {
        Self {
            sql,
            known,
            end: known.0.get(),
            changes: Changes::default(),
            rows: Vec::new(),
        }
    }

    /// The row of a request, written before or about to be.
    pub(crate) fn find(&self, id: &str) -> Result<Option<Row>> {
        match self.rows.iter().find(|row| row.id == id) {
            Some(row) => Ok(Some(row.clone())),
            None => row::find(self.sql, id),
        }
    }

    /// Whether a request has its row.
    pub(crate) fn has(&self, id: &str) -> Result<bool> {
        if self.rows.iter().any(|row| row.id == id) {
            return Ok(true);
        }
        let query = "SELECT 1 FROM ledger WHERE id = ?";
        let found: Option<IgnoredAny> = self.sql.row(query, vec![text(id)])?;
        Ok(found.is_some())
    }

    /// Appends a row under the next sequence number.
    pub(crate) fn append(&mut self, mut row: Row) -> Result<()> {
        let (seq, savings) = self.end()?;
        row.seq = seq + 1;
        row.cumulative_savings = savings + row.savings();
        self.end = Some((row.seq, row.cumulative_savings));
        self.changes.add(&row);
        self.rows.push(row);
        Ok(())
    }

    /// Puts a corrected row in the place of an earlier one, as the newest: listeners learn of it.
    pub(crate) fn replace(&mut self, old: &Row, new: Row) -> Result<()> {
        let (seq, savings) = self.end()?;
        self.sql
            .run("DELETE FROM ledger WHERE seq = ?", vec![int(old.seq)])?;
        self.sql.run(
            "INSERT INTO superseded VALUES (?, ?)",
            vec![int(old.seq), text(&old.id)],
        )?;
        self.changes.remove(old);
        self.end = Some((seq, savings - old.savings()));
        self.append(new)
    }

    /// Writes rows and sums, and gives the rows, in order.
    pub(crate) fn finish(self) -> Result<Vec<Row>> {
        if !self.rows.is_empty() {
            for row in &self.rows {
                row::insert(self.sql, row)?;
            }
            self.changes.store(self.sql)?;
            self.known.0.set(self.end);
        }
        Ok(self.rows)
    }

    fn end(&self) -> Result<(u64, i64)> {
        match self.end {
            Some(end) => Ok(end),
            None => Ok((last_seq(self.sql)?, totals::all(self.sql)?.savings())),
        }
    }
}
