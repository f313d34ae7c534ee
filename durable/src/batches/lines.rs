//! Lines on their way to a result.

use std::collections::BTreeMap;

use moecraft_engine::batch::{Came, Kept, LineState, LineWork, Outcome, request_id, retry_ms};
use moecraft_wire::{anthropic, openai};
use serde::Deserialize;
use worker::Result;

use super::{Batches, draw};
use crate::sql::{int, text};

/// How many lines are given out at once.
const GIVEN: u64 = 16;
/// How many lines that were never sent are closed at once.
const CLOSED: u64 = 500;
/// How long beyond a batch's time a reservation waits for its settlement, ms.
const GRACE_MS: u64 = 3 * 60 * 60 * 1000;

#[derive(Deserialize)]
struct Given {
    batch: String,
    line: u32,
    custom_id: String,
    ordinary: u64,
    tries: u32,
    kept: Option<String>,
    endpoint: String,
    client: String,
    key_id: String,
    created: u64,
    expires: u64,
    tenant: String,
}

/// What the columns of [`Given`] are read from.
const GIVEN_COLUMNS: &str = "SELECT l.batch, l.line, l.custom_id, l.ordinary, l.tries, l.kept,
   b.endpoint, b.client, b.key_id, b.created, b.expires, i.tenant
 FROM batch_lines l JOIN batches b ON b.id = l.batch JOIN identity i";

impl From<Given> for LineWork {
    fn from(given: Given) -> Self {
        Self {
            id: request_id(&given.batch, given.created, given.line),
            hold_until: given.expires + GRACE_MS,
            client: serde_json::from_str::<BTreeMap<_, _>>(&given.client).unwrap_or_default(),
            kept: given
                .kept
                .and_then(|kept| serde_json::from_str::<Kept>(&kept).ok()),
            ordinary: given.ordinary != 0,
            batch: given.batch,
            line: given.line,
            custom_id: given.custom_id,
            tenant: given.tenant,
            key_id: given.key_id,
            endpoint: given.endpoint,
            tries: given.tries,
        }
    }
}

#[derive(Deserialize)]
struct Body {
    input: String,
    at: u64,
    length: u64,
}

/// What is known of a line that is about to end.
#[derive(Deserialize)]
struct Ending {
    custom_id: String,
    state: String,
    tries: u32,
    replay: Option<String>,
    created: u64,
    api: String,
    output: String,
    errors: String,
}

#[derive(Deserialize)]
struct Lost {
    batch: String,
    line: u32,
    created: u64,
}

#[derive(Deserialize)]
struct Numbered {
    line: u32,
}

#[derive(Deserialize)]
struct Named {
    batch: String,
}

impl Batches {
    /// What only memory held begins again, and what was held for it is given back: whether a call that
    /// was lost was paid for, nobody can tell, and the line has one row all the same.
    pub(super) fn restart_lines(&self) -> Result<()> {
        let states = [LineState::Held, LineState::Grouped, LineState::Calling];
        for state in states {
            let again = state.restarted();
            let lost: Vec<Lost> = self.sql.rows(
                "SELECT l.batch, l.line, b.created FROM batch_lines l JOIN batches b ON b.id = l.batch
                 WHERE l.state = ?",
                vec![text(state.as_str())],
            )?;
            let ids = lost.iter().map(|l| request_id(&l.batch, l.created, l.line));
            let ids = serde_json::to_string(&ids.collect::<Vec<_>>())?;
            self.sql.run(
                "DELETE FROM reservations WHERE id IN (SELECT value FROM json_each(?))",
                vec![text(&ids)],
            )?;
            self.sql.run(
                "UPDATE batch_lines SET state = ?, replay = NULL, kept = NULL WHERE state = ?",
                vec![text(again.as_str()), text(state.as_str())],
            )?;
        }
        Ok(())
    }

    /// The lines to be planned next, of one batch: those first that may go in a provider's batch.
    pub(crate) fn next_lines(&self, now: u64) -> Result<Vec<LineWork>> {
        self.close_leftovers(now)?;
        for ordinary in [0, 1] {
            let first: Option<Named> = self.sql.row(
                "SELECT batch FROM batch_lines
                 WHERE state = 'pending' AND ordinary = ?1 AND due <= ?2
                   AND batch IN (SELECT id FROM batches WHERE cancelled_at IS NULL AND expires > ?2)
                 ORDER BY due LIMIT 1",
                vec![int(ordinary), int(now)],
            )?;
            let Some(first) = first else { continue };
            let given: Vec<Given> = self.sql.rows(
                &format!(
                    "{GIVEN_COLUMNS} WHERE l.batch = ? AND l.state = 'pending' AND l.ordinary = ?
                       AND l.due <= ? ORDER BY l.line LIMIT ?"
                ),
                vec![text(&first.batch), int(ordinary), int(now), int(GIVEN)],
            )?;
            return Ok(given.into_iter().map(Into::into).collect());
        }
        Ok(Vec::new())
    }

    /// A line whose provider has done with it, where it is still waited for.
    pub(crate) fn sent_line(&self, submission: &str, line: u32) -> Result<Option<LineWork>> {
        let given: Option<Given> = self.sql.row(
            &format!(
                "{GIVEN_COLUMNS} WHERE l.submission = ? AND l.line = ? AND l.state = 'submitted'"
            ),
            vec![text(submission), int(line.into())],
        )?;
        Ok(given.map(Into::into))
    }

    /// The body of a line's request.
    pub(crate) fn body(&self, batch: &str, line: u32) -> Result<Vec<u8>> {
        let body: Option<Body> = self.sql.row(
            "SELECT b.input, l.at, l.length FROM batch_lines l JOIN batches b ON b.id = l.batch
             WHERE l.batch = ? AND l.line = ?",
            vec![text(batch), int(line.into())],
        )?;
        match body {
            Some(body) => self.part(&body.input, body.at, body.length),
            None => Ok(Vec::new()),
        }
    }

    /// Takes a line up, unless an equal one is under way: then it waits for that one's answer, which
    /// costs nothing. Gives whether it was taken up.
    pub(crate) fn claim(&self, batch: &str, line: u32, replay: Option<&str>) -> Result<bool> {
        let state = match replay {
            Some(replay) if self.is_led(replay)? => LineState::Held,
            _ => LineState::Calling,
        };
        let taken = self.sql.run(
            "UPDATE batch_lines SET state = ?, replay = ? WHERE batch = ? AND line = ? AND state = 'pending'",
            vec![
                text(state.as_str()),
                replay.map_or(wasm_bindgen::JsValue::NULL, text),
                text(batch),
                int(line.into()),
            ],
        )?;
        Ok(taken > 0 && state == LineState::Calling)
    }

    fn is_led(&self, replay: &str) -> Result<bool> {
        #[derive(Deserialize)]
        struct State {
            state: LineState,
        }
        let equal: Vec<State> = self.sql.rows(
            "SELECT DISTINCT state FROM batch_lines WHERE replay = ?",
            vec![text(replay)],
        )?;
        Ok(equal.iter().any(|line| line.state.leads()))
    }

    /// Notes that a line was written into a submission that is not sealed yet.
    pub(crate) fn group(&self, batch: &str, line: u32, kept: &str) -> Result<()> {
        self.sql.run(
            "UPDATE batch_lines SET state = 'grouped', kept = ? WHERE batch = ? AND line = ? AND state = 'calling'",
            vec![text(kept), text(batch), int(line.into())],
        )?;
        Ok(())
    }

    /// Takes what has come of a line. Gives whether it was still waited for: only then may its
    /// settlement count.
    pub(crate) fn came(&self, batch: &str, line: u32, came: &Came, now: u64) -> Result<bool> {
        let Some(ending) = self.ending(batch, line)? else {
            return Ok(false);
        };
        match came {
            Came::Done { outcome, text } => {
                self.end_line(batch, line, &ending, *outcome, text)?;
            }
            Came::Again { wait_ms, ordinary } => {
                let tries = ending.tries + 1;
                let wait = match (wait_ms, ordinary) {
                    // Another way is open at once.
                    (None, true) if ending.state == "submitted" => 0,
                    _ => retry_ms(self.pace, tries, *wait_ms, draw()),
                };
                self.release(batch, line, &ending)?;
                self.sql.run(
                    "UPDATE batch_lines SET state = 'pending', due = ?, tries = ?, ordinary = ?,
                       submission = NULL, kept = NULL, replay = NULL WHERE batch = ? AND line = ?",
                    vec![
                        int(now + wait),
                        int(tries.into()),
                        int((*ordinary).into()),
                        text(batch),
                        int(line.into()),
                    ],
                )?;
                self.free_equals(ending.replay.as_deref())?;
            }
        }
        self.close_batch(batch, now)?;
        Ok(true)
    }

    /// Puts a line back that could not be called now for want of room: it goes the ordinary way later.
    pub(crate) fn park(&self, batch: &str, line: u32) -> Result<()> {
        if let Some(ending) = self.ending(batch, line)? {
            self.release(batch, line, &ending)?;
            self.sql.run(
                "UPDATE batch_lines SET state = 'pending', ordinary = 1, kept = NULL, replay = NULL
                 WHERE batch = ? AND line = ?",
                vec![text(batch), int(line.into())],
            )?;
            self.free_equals(ending.replay.as_deref())?;
        }
        Ok(())
    }

    /// Ends a line that was not answered: nothing of it was bought.
    pub(super) fn drop_line(&self, batch: &str, line: u32, outcome: Outcome) -> Result<()> {
        let Some(ending) = self.ending(batch, line)? else {
            return Ok(());
        };
        self.release(batch, line, &ending)?;
        let id = request_id(batch, ending.created, line);
        let (kind, code, message) = match outcome {
            Outcome::Canceled => (
                "canceled",
                "batch_cancelled",
                "the batch was cancelled before this request was answered",
            ),
            _ => (
                "expired",
                "batch_expired",
                "this request could not be answered before the batch's time was up",
            ),
        };
        let text = match ending.api.as_str() {
            "anthropic" => anthropic::batch::dropped_line(&ending.custom_id, kind),
            _ => openai::batch::dropped_line(&ending.custom_id, &id, code, message),
        };
        self.end_line(batch, line, &ending, outcome, &text)
    }

    /// Ends the lines that were not sent of batches that are cancelled or whose time is up, some at a
    /// time.
    pub(super) fn close_leftovers(&self, now: u64) -> Result<()> {
        for (batch, progress) in self.closing(now)? {
            let Some(outcome) = progress.leftover(now) else {
                continue;
            };
            let left: Vec<Numbered> = self.sql.rows(
                "SELECT line FROM batch_lines WHERE batch = ? AND state IN ('pending', 'held') LIMIT ?",
                vec![text(&batch), int(CLOSED)],
            )?;
            for Numbered { line } in left {
                self.drop_line(&batch, line, outcome)?;
            }
            self.close_batch(&batch, now)?;
        }
        Ok(())
    }

    fn ending(&self, batch: &str, line: u32) -> Result<Option<Ending>> {
        self.sql.row(
            "SELECT l.custom_id, l.state, l.tries, l.replay, b.created, b.api, b.output, b.errors
             FROM batch_lines l JOIN batches b ON b.id = l.batch
             WHERE l.batch = ? AND l.line = ? AND l.state <> 'done'",
            vec![text(batch), int(line.into())],
        )
    }

    /// Writes a line's result and counts it.
    fn end_line(
        &self,
        batch: &str,
        line: u32,
        ending: &Ending,
        outcome: Outcome,
        result: &str,
    ) -> Result<()> {
        let (file, column) = match outcome {
            Outcome::Succeeded => (&ending.output, "succeeded"),
            Outcome::Errored => (&ending.errors, "errored"),
            Outcome::Canceled => (&ending.errors, "canceled"),
            Outcome::Expired => (&ending.errors, "expired"),
        };
        self.append(file, format!("{result}\n").as_bytes())?;
        self.sql.run(
            "UPDATE batch_lines SET state = 'done', replay = NULL, kept = NULL, submission = NULL
             WHERE batch = ? AND line = ?",
            vec![text(batch), int(line.into())],
        )?;
        self.sql.run(
            &format!("UPDATE batches SET {column} = {column} + 1 WHERE id = ?"),
            vec![text(batch)],
        )?;
        self.free_equals(ending.replay.as_deref())
    }

    /// Lets those be planned that waited for the answer of an equal line.
    fn free_equals(&self, replay: Option<&str>) -> Result<()> {
        let Some(replay) = replay else { return Ok(()) };
        self.sql.run(
            "UPDATE batch_lines SET state = 'pending', replay = NULL WHERE replay = ? AND state = 'held'",
            vec![text(replay)],
        )?;
        Ok(())
    }

    /// Gives back what is held for a line that costs nothing, or nothing yet.
    fn release(&self, batch: &str, line: u32, ending: &Ending) -> Result<()> {
        let id = request_id(batch, ending.created, line);
        self.sql
            .run("DELETE FROM reservations WHERE id = ?", vec![text(&id)])?;
        Ok(())
    }
}
