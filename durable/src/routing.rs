//! What the tenant has set for the router.

use moecraft_engine::router::Settings;
use serde::Deserialize;
use worker::Result;

use crate::sql::{Sql, int, text};

#[derive(Deserialize)]
struct Stored {
    settings: String,
}

/// The settings that were set last; the usual ones where none were.
///
/// # Errors
/// When what is stored cannot be read: a model that the tenant leaves out must not come back unasked.
pub(crate) fn load(sql: &Sql) -> Result<Settings> {
    let stored: Option<Stored> = sql.row("SELECT settings FROM routing_settings", vec![])?;
    match stored {
        Some(stored) => Ok(serde_json::from_str(&stored.settings)?),
        None => Ok(Settings::USUAL),
    }
}

/// Sets them. The database notes in the audit which key did, in the same statement.
pub(crate) fn store(sql: &Sql, settings: &Settings, key_id: &str, at: u64) -> Result<()> {
    sql.run(
        "INSERT OR REPLACE INTO routing_settings VALUES (0, ?, ?, ?)",
        vec![
            text(&serde_json::to_string(settings)?),
            int(at),
            text(key_id),
        ],
    )?;
    Ok(())
}
