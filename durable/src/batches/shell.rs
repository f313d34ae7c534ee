//! What the shell (`src/shell/batches.js`) calls, each in a transaction: work as JSON, and what came
//! of it.

use moecraft_engine::batch::{Came, Event, Landed};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::orchestrator::{MOECraftOrchestrator, thrown};

type Told<T> = Result<T, JsError>;

#[wasm_bindgen]
impl MOECraftOrchestrator {
    /// The lines to be planned now, as a JSON array.
    ///
    /// # Errors
    /// Here and below: when the database fails.
    pub fn batch_lines(&self, now: f64) -> Told<String> {
        let lines = self.parts()?.batches.next_lines(now as u64);
        written(&lines.map_err(thrown)?)
    }

    /// The body of a line's request.
    ///
    /// # Errors
    /// As above.
    pub fn batch_body(&self, batch: &str, line: u32) -> Told<Vec<u8>> {
        self.parts()?.batches.body(batch, line).map_err(thrown)
    }

    /// Takes a line up; false where an equal one is under way, whose answer it waits for.
    ///
    /// # Errors
    /// As above.
    pub fn batch_claim(&self, batch: &str, line: u32, replay: Option<String>) -> Told<bool> {
        let batches = &self.parts()?.batches;
        batches
            .claim(batch, line, replay.as_deref())
            .map_err(thrown)
    }

    /// Notes that a line was written into a submission.
    ///
    /// # Errors
    /// As above.
    pub fn batch_group(&self, batch: &str, line: u32, kept: &str) -> Told<()> {
        self.parts()?
            .batches
            .group(batch, line, kept)
            .map_err(thrown)
    }

    /// Puts a line back that is to be called later.
    ///
    /// # Errors
    /// As above.
    pub fn batch_park(&self, batch: &str, line: u32) -> Told<()> {
        self.parts()?.batches.park(batch, line).map_err(thrown)
    }

    /// Takes what has come of lines, a JSON array, with their settlements.
    ///
    /// # Errors
    /// As above.
    pub fn batch_landed(&self, landed: &str, now: f64) -> Told<()> {
        let landed: Vec<Landed> = serde_json::from_str(landed)?;
        let (parts, now) = (self.parts()?, now as u64);
        let mut settlements = Vec::new();
        for Landed {
            batch,
            line,
            settlement,
            came,
        } in landed
        {
            let open = parts
                .batches
                .came(&batch, line, &came, now)
                .map_err(thrown)?;
            if open && matches!(came, Came::Done { .. }) {
                settlements.extend(settlement);
            }
        }
        parts.commit(&settlements, now).map_err(thrown)?;
        Ok(())
    }

    /// Writes down a submission before it is made; false where it must not be made any more.
    ///
    /// # Errors
    /// As above.
    pub fn batch_seal(
        &self,
        batch: &str,
        id: &str,
        provider: &str,
        lines: &[u32],
        now: f64,
    ) -> Told<bool> {
        let batches = &self.parts()?.batches;
        batches
            .seal(batch, id, provider, lines, now as u64)
            .map_err(thrown)
    }

    /// A submission to ask a provider about now, as JSON.
    ///
    /// # Errors
    /// As above.
    pub fn batch_submission(&self, now: f64) -> Told<Option<String>> {
        let work = self.parts()?.batches.next_submission(now as u64);
        work.map_err(thrown)?.map(|work| written(&work)).transpose()
    }

    /// A line that a submission's results tell of, where it is waited for, as JSON.
    ///
    /// # Errors
    /// As above.
    pub fn batch_sent(&self, submission: &str, line: u32) -> Told<Option<String>> {
        let work = self.parts()?.batches.sent_line(submission, line);
        work.map_err(thrown)?.map(|work| written(&work)).transpose()
    }

    /// Takes what was learnt of a submission, as JSON.
    ///
    /// # Errors
    /// As above.
    pub fn batch_told(&self, submission: &str, event: &str, now: f64) -> Told<()> {
        let event: Event = serde_json::from_str(event)?;
        let batches = &self.parts()?.batches;
        batches.told(submission, event, now as u64).map_err(thrown)
    }

    /// All results of a submission were taken.
    ///
    /// # Errors
    /// As above.
    pub fn batch_collected(&self, submission: &str, now: f64) -> Told<()> {
        let batches = &self.parts()?.batches;
        batches.collected(submission, now as u64).map_err(thrown)
    }

    /// When a line is to be planned or a file forgotten next, Unix ms; 0 for never.
    ///
    /// # Errors
    /// As above.
    pub fn batch_due(&self) -> Told<f64> {
        let due = self.parts()?.batches.next_due().map_err(thrown)?;
        Ok(due.unwrap_or(0) as f64)
    }

    /// When a provider is to be asked next, Unix ms; 0 for never.
    ///
    /// # Errors
    /// As above.
    pub fn batch_submission_due(&self) -> Told<f64> {
        let due = self.parts()?.batches.next_look().map_err(thrown)?;
        Ok(due.unwrap_or(0) as f64)
    }

    /// An id for a submission.
    ///
    /// # Errors
    /// When there is no randomness to be had.
    pub fn batch_id(&self) -> Told<String> {
        super::random_id().map_err(thrown)
    }
}

fn written(value: &impl Serialize) -> Told<String> {
    Ok(serde_json::to_string(value)?)
}
