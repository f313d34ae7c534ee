//! The providers' batches.

use moecraft_engine::batch::{Came, Event, Step, Submission, SubmissionWork};
use serde::Deserialize;
use worker::Result;

use super::{Batches, draw};
use crate::sql::{int, text};

/// How long a provider is waited for after a batch's time was up, ms: then its lines are given up.
const PATIENCE_MS: u64 = 2 * 60 * 60 * 1000;

#[derive(Deserialize)]
struct Stored {
    id: String,
    batch: String,
    provider: String,
    lines: u32,
    created: u64,
    state: String,
}

#[derive(Deserialize)]
struct Numbered {
    line: u32,
}

impl Stored {
    fn submission(&self) -> Submission {
        serde_json::from_str(&self.state).unwrap_or_default()
    }
}

impl Batches {
    /// Whoever was making a submission has died: the provider's list will tell what came of it.
    pub(super) fn restart_submissions(&self) -> Result<()> {
        let all: Vec<Stored> = self.sql.rows("SELECT * FROM batch_submissions", vec![])?;
        for stored in all {
            let before = stored.submission();
            let after = before.clone().restarted();
            if after != before {
                self.store(&stored.id, &after, None)?;
            }
        }
        Ok(())
    }

    /// Writes down a submission that is about to be made of these lines. Gives false where its batch
    /// is to be closed meanwhile, or one of its lines has ended: then it must not be made.
    pub(crate) fn seal(
        &self,
        batch: &str,
        id: &str,
        provider: &str,
        lines: &[u32],
        now: u64,
    ) -> Result<bool> {
        let numbers = serde_json::to_string(lines)?;
        if self.is_closing(batch, now)? {
            self.sql.run(
                "UPDATE batch_lines SET state = 'pending', kept = NULL WHERE batch = ?
                   AND state = 'grouped' AND line IN (SELECT value FROM json_each(?))",
                vec![text(batch), text(&numbers)],
            )?;
            self.close_leftovers(now)?;
            return Ok(false);
        }
        self.sql.run(
            "INSERT INTO batch_submissions VALUES (?, ?, ?, ?, ?, ?, ?)",
            vec![
                text(id),
                text(batch),
                text(provider),
                int(lines.len() as u64),
                int(now),
                int(now + self.pace.wait_ms(0, draw())),
                text(&serde_json::to_string(&Submission::default())?),
            ],
        )?;
        self.sql.run(
            "UPDATE batch_lines SET state = 'submitted', submission = ? WHERE batch = ?
               AND state = 'grouped' AND line IN (SELECT value FROM json_each(?))",
            vec![text(id), text(batch), text(&numbers)],
        )?;
        Ok(true)
    }

    /// A submission that the provider is to be asked about now.
    pub(crate) fn next_submission(&self, now: u64) -> Result<Option<SubmissionWork>> {
        let due: Vec<Stored> = self.sql.rows(
            "SELECT * FROM batch_submissions WHERE due <= ? ORDER BY due LIMIT 20",
            vec![int(now)],
        )?;
        for stored in due {
            let submission = stored.submission();
            let closing = self.is_closing(&stored.batch, now)?;
            if self.is_overdue(&stored.batch, now)? {
                self.give_up(&stored, now)?;
                continue;
            }
            // Whoever takes it tells of it before that, or has died.
            self.store(
                &stored.id,
                &submission,
                Some(now + self.pace.wait_ms(1, draw())),
            )?;
            let Some(call) = submission.call(closing) else {
                continue;
            };
            return Ok(Some(SubmissionWork {
                call,
                upstream: submission.upstream,
                proven: submission.proven,
                strangers: submission.strangers,
                id: stored.id,
                batch: stored.batch,
                provider: stored.provider,
                created: stored.created,
                lines: stored.lines,
            }));
        }
        Ok(None)
    }

    /// Takes what was learnt of a submission.
    pub(crate) fn told(&self, id: &str, event: Event, now: u64) -> Result<()> {
        let Some(stored) = self.stored(id)? else {
            return Ok(());
        };
        let mut submission = stored.submission();
        match submission.learn(event, self.pace, draw()) {
            Step::Wait(ms) => self.store(id, &submission, Some(now + ms)),
            Step::Collect if submission.upstream.is_none() => self.collected(id, now),
            Step::Collect => self.store(id, &submission, Some(now)),
            Step::GiveBack(wait_ms) => {
                let wait_ms = Some(wait_ms).filter(|ms| *ms > 0);
                self.return_lines(&stored, false, wait_ms, now)
            }
            Step::Ordinary => self.return_lines(&stored, true, None, now),
        }
    }

    /// The results of a submission were read: what is missing in them goes the ordinary way, or is
    /// given up where its batch is to be closed.
    pub(crate) fn collected(&self, id: &str, now: u64) -> Result<()> {
        match self.stored(id)? {
            Some(stored) if self.is_closing(&stored.batch, now)? => self.give_up(&stored, now),
            Some(stored) => self.return_lines(&stored, true, None, now),
            None => Ok(()),
        }
    }

    /// Asks soon about the submissions of a batch: it is to be closed.
    pub(super) fn hasten(&self, batch: &str, now: u64) -> Result<()> {
        self.sql.run(
            "UPDATE batch_submissions SET due = min(due, ?) WHERE batch = ?",
            vec![int(now), text(batch)],
        )?;
        Ok(())
    }

    fn stored(&self, id: &str) -> Result<Option<Stored>> {
        self.sql.row(
            "SELECT * FROM batch_submissions WHERE id = ?",
            vec![text(id)],
        )
    }

    fn store(&self, id: &str, submission: &Submission, due: Option<u64>) -> Result<()> {
        self.sql.run(
            "UPDATE batch_submissions SET state = ?, due = coalesce(?, due) WHERE id = ?",
            vec![
                text(&serde_json::to_string(submission)?),
                due.map_or(wasm_bindgen::JsValue::NULL, int),
                text(id),
            ],
        )?;
        Ok(())
    }

    /// Ends a submission whose lines are to be tried in another way, or once more.
    fn return_lines(
        &self,
        stored: &Stored,
        ordinary: bool,
        wait_ms: Option<u64>,
        now: u64,
    ) -> Result<()> {
        for line in self.open_lines(&stored.id)? {
            let came = Came::Again { wait_ms, ordinary };
            self.came(&stored.batch, line, &came, now)?;
        }
        self.forget(stored, now)
    }

    /// Ends a submission whose lines are not to be answered any more.
    fn give_up(&self, stored: &Stored, now: u64) -> Result<()> {
        let outcome = self.leftover(&stored.batch, now)?;
        for line in self.open_lines(&stored.id)? {
            self.drop_line(&stored.batch, line, outcome)?;
        }
        self.forget(stored, now)
    }

    fn forget(&self, stored: &Stored, now: u64) -> Result<()> {
        self.sql.run(
            "DELETE FROM batch_submissions WHERE id = ?",
            vec![text(&stored.id)],
        )?;
        self.close_batch(&stored.batch, now)
    }

    fn open_lines(&self, submission: &str) -> Result<Vec<u32>> {
        let lines: Vec<Numbered> = self.sql.rows(
            "SELECT line FROM batch_lines WHERE submission = ? AND state = 'submitted'",
            vec![text(submission)],
        )?;
        Ok(lines.into_iter().map(|numbered| numbered.line).collect())
    }

    /// Whether a provider was waited for long enough.
    fn is_overdue(&self, batch: &str, now: u64) -> Result<bool> {
        let progress = self.progress(batch)?;
        Ok(progress.is_none_or(|progress| now >= progress.expires_at.saturating_add(PATIENCE_MS)))
    }
}
