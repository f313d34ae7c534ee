//! What the guard did: one row for each event, which nobody can change or take away.
//!
//! Kinds and counts, never a part of a request. A request leaves one row at most of each event and
//! model, so telling twice changes nothing. Changes of the policy are written here by the database
//! itself (`migrations/0005_audit.sql`).

use std::collections::HashMap;

use moecraft_engine::admission::{Admission, AuditNote, Block, Settlement};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use wasm_bindgen::JsValue;
use worker::Result;

use crate::history::BadQuery;
use crate::sql::{Sql, int, text};

const DEFAULT_PAGE: u64 = 50;
const MAX_PAGE: u64 = 500;

/// Notes what the guard did about a request that was admitted, or served an earlier answer.
pub(crate) fn admitted(sql: &Sql, admission: &Admission) -> Result<()> {
    for note in &admission.notes {
        append(sql, &admission.id, admission.at, &admission.key_id, note)?;
    }
    Ok(())
}

/// Notes what the guard did about a request of this key's after it was admitted.
pub(crate) fn settled(sql: &Sql, settlement: &Settlement, key_id: &str) -> Result<()> {
    for note in &settlement.notes {
        append(sql, &settlement.id, settlement.at, key_id, note)?;
    }
    Ok(())
}

/// Notes a request that was stopped. Gives whether it is news.
pub(crate) fn blocked(sql: &Sql, block: &Block) -> Result<bool> {
    append(sql, &block.id, block.at, &block.key_id, &block.note)
}

fn append(sql: &Sql, request_id: &str, at: u64, key_id: &str, note: &AuditNote) -> Result<bool> {
    let written = sql.run(
        "INSERT INTO audit (at, key_id, request_id, event, tier, kinds, model)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
        vec![
            int(at),
            text(key_id),
            text(request_id),
            text(note.event.as_str()),
            int(note.tier.number().into()),
            text(&serde_json::to_string(&note.kinds)?),
            note.model.as_deref().map_or(JsValue::NULL, text),
        ],
    )?;
    Ok(written > 0)
}

/// Which page of the audit is wanted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Query {
    before: u64,
    limit: u64,
}

impl Query {
    /// Reads the query parameters.
    pub(crate) fn parse(
        parameters: &HashMap<String, String>,
    ) -> std::result::Result<Self, BadQuery> {
        let mut query = Self {
            // The greatest number that JavaScript holds exactly.
            before: (1 << 53) - 1,
            limit: DEFAULT_PAGE,
        };
        for (name, value) in parameters {
            let bad = |message| BadQuery {
                field: name.clone(),
                message,
            };
            let number = || {
                let number = value.parse::<u64>();
                number.map_err(|_| bad(format!("`{name}` must be a whole number")))
            };
            match name.as_str() {
                "before" => query.before = number()?.min(query.before),
                "limit" => query.limit = number()?.clamp(1, MAX_PAGE),
                _ => return Err(bad("the audit takes `limit` and `before`".to_owned())),
            }
        }
        Ok(query)
    }
}

#[derive(Deserialize)]
struct Row {
    seq: u64,
    at: u64,
    key_id: String,
    request_id: Option<String>,
    event: String,
    tier: Option<u8>,
    kinds: String,
    model: Option<String>,
    detail: Option<String>,
}

/// One page, the newest first. `next_before` is the `before` of the next page; none at the end.
pub(crate) fn page(sql: &Sql, query: &Query) -> Result<Value> {
    let rows: Vec<Row> = sql.rows(
        "SELECT * FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT ?",
        vec![int(query.before), int(query.limit)],
    )?;
    let next = (rows.len() as u64 == query.limit)
        .then(|| rows.last().map(|row| row.seq))
        .flatten();
    let raw = |json: &str| RawValue::from_string(json.to_owned()).ok();
    let show = |row: &Row| {
        json!({
            "id": row.seq, "at": row.at, "key_id": row.key_id, "request_id": row.request_id,
            "event": row.event, "tier": row.tier, "kinds": raw(&row.kinds), "model": row.model,
            "policy": row.detail.as_deref().and_then(raw),
        })
    };
    let data: Vec<Value> = rows.iter().map(show).collect();
    Ok(json!({"data": data, "next_before": next}))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(name: &str, value: &str) -> std::result::Result<Query, BadQuery> {
        Query::parse(&HashMap::from([(name.to_owned(), value.to_owned())]))
    }

    #[test]
    fn a_page_is_bounded() {
        assert_eq!(parse("limit", "100000").unwrap().limit, MAX_PAGE);
        assert_eq!(parse("limit", "0").unwrap().limit, 1);
    }

    #[test]
    fn what_is_no_parameter_and_what_is_no_number_is_named() {
        assert_eq!(parse("since", "1").unwrap_err().field, "since");
        assert_eq!(parse("before", "x").unwrap_err().field, "before");
    }
}
