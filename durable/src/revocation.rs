//! Keys that no longer open this tenant. Keys verify themselves; only their end is stored.

use std::cell::RefCell;
use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use worker::Result;

use crate::sql::{Sql, int, text};

/// The most revoked keys a tenant may have.
const MAX_REVOKED: u64 = 100_000;

/// The ids of revoked keys, held in memory because every admission asks.
pub(crate) struct Revocations {
    sql: Sql,
    ids: RefCell<HashSet<String>>,
}

/// One revoked key.
#[derive(Serialize, Deserialize)]
pub(crate) struct Revoked {
    key_id: String,
    at: u64,
}

impl Revocations {
    pub(crate) fn load(sql: Sql) -> Result<Self> {
        let rows: Vec<Revoked> = sql.rows(
            "SELECT key_id, at FROM revoked_keys LIMIT ?",
            vec![int(MAX_REVOKED)],
        )?;
        let ids = rows.into_iter().map(|row| row.key_id).collect();
        Ok(Self {
            sql,
            ids: RefCell::new(ids),
        })
    }

    pub(crate) fn contains(&self, key_id: &str) -> bool {
        self.ids.borrow().contains(key_id)
    }

    /// Revokes a key; doing it twice changes nothing.
    pub(crate) fn revoke(&self, key_id: &str, now: u64) -> Result<()> {
        if self.ids.borrow().len() as u64 >= MAX_REVOKED {
            return Err(format!(
                "{MAX_REVOKED} keys of this tenant are revoked: change the signing secret"
            )
            .into());
        }
        self.sql.run(
            "INSERT OR IGNORE INTO revoked_keys VALUES (?, ?)",
            vec![text(key_id), int(now)],
        )?;
        self.ids.borrow_mut().insert(key_id.to_owned());
        Ok(())
    }

    pub(crate) fn list(&self) -> Result<Vec<Revoked>> {
        self.sql.rows(
            "SELECT key_id, at FROM revoked_keys ORDER BY at DESC LIMIT ?",
            vec![int(MAX_REVOKED)],
        )
    }
}
