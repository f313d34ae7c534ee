//! Brings the object's database to the newest schema, step by step.

use serde::Deserialize;
use worker::Result;

use crate::sql::{Sql, int};

/// Every step ever shipped, in order. A step that has shipped never changes: add another.
const STEPS: &[&str] = &[
    include_str!("../migrations/0001_ledger.sql"),
    include_str!("../migrations/0002_health.sql"),
    include_str!("../migrations/0003_long_cache_writes.sql"),
    include_str!("../migrations/0004_guard.sql"),
    include_str!("../migrations/0005_audit.sql"),
    include_str!("../migrations/0006_learning.sql"),
    include_str!("../migrations/0007_surrogates.sql"),
    include_str!("../migrations/0008_drift.sql"),
    include_str!("../migrations/0009_tokens_saved.sql"),
    include_str!("../migrations/0010_batches.sql"),
    include_str!("../migrations/0011_surrogate_questions.sql"),
    include_str!("../migrations/0012_saved_by.sql"),
];

#[derive(Deserialize)]
struct Version {
    version: u64,
}

/// Runs the steps that this object has not seen yet.
pub(crate) fn migrate(sql: &Sql) -> Result<()> {
    sql.run(
        "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY)",
        vec![],
    )?;
    let done = sql
        .row::<Version>(
            "SELECT coalesce(max(version), 0) AS version FROM schema_version",
            vec![],
        )?
        .map_or(0, |v| v.version);
    for (number, step) in (1u64..).zip(STEPS) {
        if number > done {
            sql.run(step, vec![])?;
            sql.run("INSERT INTO schema_version VALUES (?)", vec![int(number)])?;
        }
    }
    Ok(())
}
