//! `/moecraft/routing/history`: what was decided for each request, and why. Newest first.

use std::collections::HashMap;

use serde_json::value::RawValue;
use serde_json::{Value, json};
use wasm_bindgen::JsValue;
use worker::Result;

use crate::live::usd;
use crate::row::Row;
use crate::sql::{Sql, int, text};

const DEFAULT_PAGE: u64 = 50;
const MAX_PAGE: u64 = 500;

/// Filters that match a column exactly, by query parameter.
const FILTERS: &[(&str, &str)] = &[
    ("id", "id = ?"),
    ("class", "class = ?"),
    ("model", "model = ?"),
    ("requested", "requested = ?"),
    ("provider", "provider = ?"),
    ("outcome", "outcome = ?"),
    ("key_id", "key_id = ?"),
];

/// Filters that bound a number, by query parameter.
const BOUNDS: &[(&str, &str)] = &[
    ("before", "seq < ?"),
    ("since", "at >= ?"),
    ("until", "at < ?"),
];

/// A query the history does not understand: what is wrong with it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadQuery {
    pub(crate) field: String,
    pub(crate) message: String,
}

#[derive(Debug, PartialEq)]
enum Bind {
    Text(String),
    Number(u64),
}

/// What to select: SQL conditions with their values, and the page's length.
#[derive(Debug, PartialEq)]
pub(crate) struct Query {
    conditions: Vec<&'static str>,
    values: Vec<Bind>,
    limit: u64,
}

impl Query {
    /// Reads the query parameters.
    pub(crate) fn parse(
        parameters: &HashMap<String, String>,
    ) -> std::result::Result<Self, BadQuery> {
        let mut query = Self {
            conditions: Vec::new(),
            values: Vec::new(),
            limit: DEFAULT_PAGE,
        };
        for (name, value) in parameters {
            let number = || {
                value.parse::<u64>().map_err(|_| BadQuery {
                    field: name.clone(),
                    message: format!("`{name}` must be a whole number, not `{value}`"),
                })
            };
            if let Some((_, condition)) = FILTERS.iter().find(|(filter, _)| filter == name) {
                query.conditions.push(condition);
                query.values.push(Bind::Text(value.clone()));
            } else if let Some((_, condition)) = BOUNDS.iter().find(|(bound, _)| bound == name) {
                query.conditions.push(condition);
                query.values.push(Bind::Number(number()?));
            } else if name == "limit" {
                query.limit = number()?.clamp(1, MAX_PAGE);
            } else {
                let known: Vec<&str> = FILTERS
                    .iter()
                    .chain(BOUNDS)
                    .map(|(name, _)| *name)
                    .collect();
                return Err(BadQuery {
                    field: name.clone(),
                    message: format!(
                        "`{name}` is no filter; the filters are {}, limit",
                        known.join(", ")
                    ),
                });
            }
        }
        Ok(query)
    }

    fn sql(&self) -> String {
        let filter = match self.conditions.as_slice() {
            [] => String::new(),
            conditions => format!("WHERE {}", conditions.join(" AND ")),
        };
        format!("SELECT * FROM ledger {filter} ORDER BY seq DESC LIMIT ?")
    }
}

/// One page. `next_before` is the `before` of the next page; none at the end.
pub(crate) fn page(sql: &Sql, query: &Query) -> Result<Value> {
    let mut values: Vec<JsValue> = query
        .values
        .iter()
        .map(|value| match value {
            Bind::Text(value) => text(value),
            Bind::Number(value) => int(*value),
        })
        .collect();
    values.push(int(query.limit));
    let rows: Vec<Row> = sql.rows(&query.sql(), values)?;
    let next = (rows.len() as u64 == query.limit)
        .then(|| rows.last().map(|row| row.seq))
        .flatten();
    let data: Vec<Value> = rows.iter().map(show).collect();
    Ok(json!({"data": data, "next_before": next}))
}

fn show(row: &Row) -> Value {
    let raw = |json: &str| RawValue::from_string(json.to_owned()).ok();
    json!({
        "seq": row.seq, "id": row.id, "at": row.at, "settled_at": row.settled_at, "key_id": row.key_id,
        "requested": row.requested, "model": row.model, "model_used": row.class, "provider": row.provider,
        "outcome": row.outcome, "status": row.status, "stream": row.stream == 1,
        "usage": {
            "input": row.input, "cache_read": row.cache_read, "cache_write": row.cache_write,
            "cache_write_long": row.cache_write_long,
            "output": row.output, "reasoning": row.reasoning, "source": row.usage_source,
        },
        "cost": usd(row.cost as i64), "baseline": usd(row.baseline as i64), "savings": usd(row.savings()),
        "cost_nanos": row.cost, "baseline_nanos": row.baseline, "price_version": row.price_version,
        "latency": {"admit_ms": row.admit_ms, "first_byte_ms": row.first_byte_ms, "total_ms": row.total_ms},
        "attempts": raw(&row.attempts), "decision": raw(&row.decision), "tokens_saved": raw(&row.tokens_saved), "saved_by_nanos": raw(&row.saved_by),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pairs: &[(&str, &str)]) -> std::result::Result<Query, BadQuery> {
        let parameters = pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        Query::parse(&parameters.collect())
    }

    #[test]
    fn values_are_bound_never_spliced() {
        let query = parse(&[("model", "x' OR 1=1 --")]).unwrap();
        assert_eq!(
            query.sql(),
            "SELECT * FROM ledger WHERE model = ? ORDER BY seq DESC LIMIT ?"
        );
        assert_eq!(query.values, [Bind::Text("x' OR 1=1 --".into())]);
    }

    #[test]
    fn a_page_is_bounded() {
        assert_eq!(parse(&[("limit", "100000")]).unwrap().limit, MAX_PAGE);
        assert_eq!(parse(&[]).unwrap().limit, DEFAULT_PAGE);
    }

    #[test]
    fn an_unknown_filter_and_a_wrong_number_are_named() {
        assert_eq!(parse(&[("modle", "x")]).unwrap_err().field, "modle");
        assert_eq!(parse(&[("before", "x")]).unwrap_err().field, "before");
    }
}
