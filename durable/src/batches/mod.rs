//! Batches: the files they come in, their lines, and the providers' batches that these go in.
//!
//! The rules are the engine's (`moecraft_engine::batch`), the calls are made by the shell
//! (`src/shell/batches.js`), and here is what must last: each step is one transaction, so that after
//! a crash every line stands where it can go on from. A line's result, its row in the ledger and the
//! batch's counts change together.
//!
//! | file | what |
//! |---|---|
//! | `files` | files in pieces |
//! | `intake` | from a file to lines |
//! | `lines` | lines on their way to a result |
//! | `submissions` | the providers' batches |
//! | `batch` | a batch as a whole |
//! | `views` | what clients are told |
//! | `http` | the internal paths |
//! | `shell` | what the shell calls |

mod batch;
mod files;
mod http;
mod intake;
mod lines;
mod shell;
mod submissions;
mod views;

pub(crate) use http::{Asked, Bad};

use std::fmt::Write;

use moecraft_engine::batch::Pace;
use serde::Deserialize;
use worker::{Error, Result};

use crate::settings::Settings;
use crate::sql::Sql;

/// The tenant's batches.
pub(crate) struct Batches {
    sql: Sql,
    pace: Pace,
    /// How long a batch may take, ms.
    window_ms: u64,
    /// How long files and ended batches are kept, ms.
    keep_ms: u64,
    /// The room for files, bytes.
    room: u64,
}

#[derive(Deserialize)]
struct Due {
    due: Option<u64>,
}

impl Batches {
    /// What is kept, put where it can go on from.
    pub(crate) fn load(sql: Sql, settings: &Settings) -> Result<Self> {
        let batches = Self {
            sql,
            pace: Pace {
                step_ms: settings.batch_step_ms,
            },
            window_ms: settings.batch_window_ms,
            keep_ms: settings.batch_keep_ms,
            room: settings.batch_bytes,
        };
        // Lines are written before their batch: those of one that never came to be are nobody's.
        batches.sql.run(
            "DELETE FROM batch_lines WHERE batch NOT IN (SELECT id FROM batches)",
            vec![],
        )?;
        batches.restart_lines()?;
        batches.restart_submissions()?;
        Ok(batches)
    }

    /// When a provider is to be asked next, Unix ms.
    pub(crate) fn next_look(&self) -> Result<Option<u64>> {
        let query = "SELECT min(due) AS due FROM batch_submissions";
        let found: Option<Due> = self.sql.row(query, vec![])?;
        Ok(found.and_then(|found| found.due))
    }

    /// When a line is to be planned or a file forgotten next, Unix ms.
    pub(crate) fn next_due(&self) -> Result<Option<u64>> {
        let queries = [
            "SELECT min(due) AS due FROM (
               SELECT min(due) AS due FROM batch_lines WHERE state = 'pending' AND ordinary = 0
               UNION ALL SELECT min(due) FROM batch_lines WHERE state = 'pending' AND ordinary = 1)",
            // One whose time is up waits for what it has sent: that has its own time.
            "SELECT min(expires) AS due FROM batches WHERE ended_at IS NULL AND EXISTS (
               SELECT 1 FROM batch_lines WHERE batch = id AND state IN ('pending', 'held'))",
            "SELECT min(expires) AS due FROM files WHERE NOT EXISTS (
               SELECT 1 FROM batches WHERE ended_at IS NULL AND files.id IN (input, output, errors))",
        ];
        let mut next = None;
        for query in queries {
            let found: Option<Due> = self.sql.row(query, vec![])?;
            next = next
                .into_iter()
                .chain(found.and_then(|found| found.due))
                .min();
        }
        Ok(next)
    }
}

/// 32 hexadecimal digits drawn at random.
fn random_id() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| Error::RustError(error.to_string()))?;
    let mut id = String::with_capacity(32);
    for byte in bytes {
        let _ = write!(id, "{byte:02x}");
    }
    Ok(id)
}

/// A number of 0..1 to spread what falls due.
fn draw() -> f64 {
    js_sys::Math::random()
}
