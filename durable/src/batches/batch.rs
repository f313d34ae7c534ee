//! A batch as a whole: what it has come to, its cancellation and its end.

use moecraft_engine::batch::{Counts, Outcome, Phase, Progress};
use serde::Deserialize;
use worker::Result;

use super::Batches;
use crate::sql::{int, text};

/// A batch without its lines.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Batch {
    pub(super) id: String,
    pub(super) api: String,
    pub(super) endpoint: String,
    pub(super) input: String,
    pub(super) output: String,
    pub(super) errors: String,
    pub(super) metadata: Option<String>,
    pub(super) faults: String,
    pub(super) total: u64,
    pub(super) succeeded: u64,
    pub(super) errored: u64,
    pub(super) canceled: u64,
    pub(super) expired: u64,
    pub(super) created: u64,
    pub(super) expires: u64,
    pub(super) cancelled_at: Option<u64>,
    pub(super) ended_at: Option<u64>,
}

impl Batch {
    pub(super) fn progress(&self) -> Progress {
        Progress {
            counts: Counts {
                total: self.total,
                succeeded: self.succeeded,
                errored: self.errored,
                canceled: self.canceled,
                expired: self.expired,
            },
            cancelled_at: self.cancelled_at,
            ended_at: self.ended_at,
            expires_at: self.expires,
            refused: self.faults != "[]",
        }
    }
}

impl Batches {
    /// A batch of one of the APIs.
    pub(super) fn batch(&self, api: &str, id: &str) -> Result<Option<Batch>> {
        self.sql.row(
            "SELECT * FROM batches WHERE id = ? AND api = ?",
            vec![text(id), text(api)],
        )
    }

    pub(super) fn progress(&self, id: &str) -> Result<Option<Progress>> {
        let batch: Option<Batch> = self
            .sql
            .row("SELECT * FROM batches WHERE id = ?", vec![text(id)])?;
        Ok(batch.map(|batch| batch.progress()))
    }

    /// Whether no line of a batch is to be sent any more.
    pub(super) fn is_closing(&self, id: &str, now: u64) -> Result<bool> {
        let progress = self.progress(id)?;
        Ok(progress.is_none_or(|progress| progress.phase(now) != Phase::Running))
    }

    /// How the lines of a batch end that nobody has answered.
    pub(super) fn leftover(&self, id: &str, now: u64) -> Result<Outcome> {
        let progress = self.progress(id)?;
        let leftover = progress.and_then(|progress| progress.leftover(now));
        Ok(leftover.unwrap_or(Outcome::Expired))
    }

    /// The batches whose lines are not to be sent any more, but are still open.
    pub(super) fn closing(&self, now: u64) -> Result<Vec<(String, Progress)>> {
        let open: Vec<Batch> = self.sql.rows(
            "SELECT * FROM batches WHERE ended_at IS NULL AND (expires <= ? OR cancelled_at IS NOT NULL)",
            vec![int(now)],
        )?;
        let open = open.into_iter();
        Ok(open
            .map(|batch| (batch.id.clone(), batch.progress()))
            .collect())
    }

    /// Cancels a batch: what was not sent ends now, what was sent is cancelled at its provider.
    pub(super) fn cancel(&self, id: &str, now: u64) -> Result<()> {
        self.sql.run(
            "UPDATE batches SET cancelled_at = ? WHERE id = ? AND ended_at IS NULL AND cancelled_at IS NULL",
            vec![int(now), text(id)],
        )?;
        self.hasten(id, now)?;
        self.close_leftovers(now)
    }

    /// Ends a batch all of whose lines have a result: from here on its results can be fetched.
    pub(super) fn close_batch(&self, id: &str, now: u64) -> Result<()> {
        let batch: Option<Batch> = self.sql.row(
            "SELECT * FROM batches WHERE id = ? AND ended_at IS NULL",
            vec![text(id)],
        )?;
        let Some(batch) = batch.filter(|batch| batch.progress().counts.open() == 0) else {
            return Ok(());
        };
        self.sql.run(
            "UPDATE batches SET ended_at = ? WHERE id = ?",
            vec![int(now), text(id)],
        )?;
        self.sql
            .run("DELETE FROM batch_lines WHERE batch = ?", vec![text(id)])?;
        self.sql.run(
            "UPDATE files SET listed = 1 WHERE id IN (?, ?) AND bytes > 0 AND ? = 'openai'",
            vec![text(&batch.output), text(&batch.errors), text(&batch.api)],
        )?;
        self.drop_unused(&batch.input)
    }

    /// Forgets a batch that has ended, with its results.
    pub(super) fn delete_batch(&self, batch: &Batch) -> Result<()> {
        self.sql
            .run("DELETE FROM batches WHERE id = ?", vec![text(&batch.id)])?;
        for file in [&batch.output, &batch.errors] {
            self.delete_file(file)?;
        }
        Ok(())
    }

    /// A page of batches of one of the APIs, and whether there are more behind it: the newest first,
    /// from behind the batch `after`, or, for the page before, up to the batch `before`.
    pub(super) fn page(
        &self,
        api: &str,
        after: Option<&str>,
        before: Option<&str>,
        limit: u64,
    ) -> Result<(Vec<Batch>, bool)> {
        let (edge, order) = match (after, before) {
            (Some(id), _) => (Some(("<", id)), "DESC"),
            (None, Some(id)) => (Some((">", id)), "ASC"),
            (None, None) => (None, "DESC"),
        };
        let (condition, id) = match edge {
            Some((than, id)) => (
                format!("AND seq {than} (SELECT seq FROM batches WHERE id = ?3)"),
                id,
            ),
            None => ("AND ?3 = ''".to_owned(), ""),
        };
        let mut page: Vec<Batch> = self.sql.rows(
            &format!(
                "SELECT * FROM batches WHERE api = ?1 {condition} ORDER BY seq {order} LIMIT ?2"
            ),
            vec![text(api), int(limit + 1), text(id)],
        )?;
        let more = page.len() as u64 > limit;
        page.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        if order == "ASC" {
            page.reverse();
        }
        Ok((page, more))
    }
}
