//! What is kept, in figures, and forgetting some of it by hand.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Value, json};
use wasm_bindgen::JsValue;
use worker::Result;

use super::Surrogates;
use crate::history::BadQuery;
use crate::live::usd;
use crate::sql::{int, text};
use crate::totals;

/// The most models that figures are told of.
const MAX_MODELS: u64 = 100;
/// The length of a key, hexadecimal digits.
const KEY_LENGTH: usize = 64;
/// The longest name of a model, bytes.
const MAX_MODEL: usize = 256;

/// Which answers are to be forgotten: those that all conditions hold for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Purge {
    key: Option<String>,
    model: Option<String>,
    older_than_s: Option<u64>,
}

impl Purge {
    /// Reads the query parameters.
    pub(crate) fn parse(
        parameters: &HashMap<String, String>,
    ) -> std::result::Result<Self, BadQuery> {
        let mut purge = Self::default();
        for (name, value) in parameters {
            let bad = |message: &str| BadQuery {
                field: name.clone(),
                message: message.to_owned(),
            };
            match name.as_str() {
                "key"
                    if value.len() == KEY_LENGTH
                        && value.bytes().all(|b| b.is_ascii_hexdigit()) =>
                {
                    purge.key = Some(value.to_ascii_lowercase());
                }
                "key" => {
                    return Err(bad(
                        "`key` must be the header x-moecraft-surrogate-key of an answer",
                    ));
                }
                "model" if (1..=MAX_MODEL).contains(&value.len()) => {
                    purge.model = Some(value.clone());
                }
                "model" => return Err(bad("`model` must be the id of a model")),
                "older_than" => {
                    let seconds = value.parse();
                    let seconds = seconds.map_err(|_| bad("`older_than` must be whole seconds"))?;
                    purge.older_than_s = Some(seconds);
                }
                "tenant" => {}
                _ => {
                    return Err(bad(
                        "surrogates are chosen by `key`, `model` and `older_than`",
                    ));
                }
            }
        }
        Ok(purge)
    }

    /// The condition, and the values in it.
    fn condition(&self, now: u64) -> (String, Vec<JsValue>) {
        let created = |seconds: u64| int(now.saturating_sub(seconds.saturating_mul(1000)));
        let conditions = [
            self.key.as_ref().map(|key| ("key = ?", text(key))),
            self.model.as_ref().map(|model| ("model = ?", text(model))),
            self.older_than_s
                .map(|seconds| ("created < ?", created(seconds))),
        ];
        let (conditions, values): (Vec<&str>, Vec<JsValue>) =
            conditions.into_iter().flatten().unzip();
        match conditions.is_empty() {
            true => ("true".to_owned(), values),
            false => (conditions.join(" AND "), values),
        }
    }
}

#[derive(Deserialize)]
struct OfModel {
    model: String,
    entries: u64,
    bytes: u64,
    hits: u64,
    saved: i64,
    oldest: u64,
}

impl Surrogates {
    /// Forgets answers, and notes in the audit who has had it done. Gives how many they were.
    pub(crate) fn purge(&self, purge: &Purge, key_id: &str, now: u64) -> Result<Value> {
        let (condition, values) = purge.condition(now);
        let count = self.remove(&condition, values)?;
        // A name under which nothing was kept may be any text: it is not for the audit.
        let model = purge.model.as_ref().filter(|_| count > 0);
        let detail = json!({
            "purged": count, "key": purge.key, "model": model, "older_than": purge.older_than_s,
        });
        self.sql.run(
            "INSERT INTO audit (at, key_id, event, kinds, detail) VALUES (?, ?, 'surrogates', '{}', ?)",
            vec![int(now), text(key_id), text(&detail.to_string())],
        )?;
        Ok(json!({"purged": count}))
    }

    /// What is kept now, by model, and what surrogates have come to over all time. `flights` is how
    /// many calls are under way that others may wait for, and how many wait.
    pub(crate) fn figures(&self, flights: (usize, usize)) -> Result<Value> {
        let models: Vec<OfModel> = self.sql.rows(
            "SELECT model, count(*) AS entries, sum(bytes) AS bytes, sum(uses - 1) AS hits,
                    sum((uses - 1) * savings) AS saved, min(created) AS oldest
             FROM surrogates GROUP BY model ORDER BY saved DESC, model LIMIT ?",
            vec![int(MAX_MODELS)],
        )?;
        let sum = |of: fn(&OfModel) -> u64| models.iter().map(of).sum::<u64>();
        let served = totals::by_name(&self.sql, "class", 16)?;
        let served = served.iter().find(|(class, _)| class == "surrogate");
        let show = |one: &OfModel| {
            json!({
                "model": one.model, "entries": one.entries, "bytes": one.bytes, "hits": one.hits,
                "saved": usd(one.saved), "oldest": one.oldest,
            })
        };
        Ok(json!({
            "entries": sum(|one| one.entries), "bytes": sum(|one| one.bytes),
            "limit_bytes": self.limit, "ttl_ms": self.ttl_ms,
            "hits": served.map_or(0, |(_, sum)| sum.requests),
            "saved": usd(served.map_or(0, |(_, sum)| sum.savings())),
            "by_model": models.iter().map(show).collect::<Vec<_>>(),
            "in_flight": {"leading": flights.0, "waiting": flights.1},
            "near": self.neighbours.audits.record()?.map(|record| json!({
                "bar": record.bar, "audits": record.count, "wrong": record.wrong,
            })),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pairs: &[(&str, &str)]) -> std::result::Result<Purge, BadQuery> {
        let pairs = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Purge::parse(&pairs.collect())
    }

    #[test]
    fn conditions_are_read() {
        assert_eq!(parse(&[]).unwrap(), Purge::default());
        let key = "Ab".repeat(KEY_LENGTH / 2);
        let purge = parse(&[("key", &key), ("model", "a/b"), ("older_than", "60")]).unwrap();
        assert_eq!(purge.key, Some(key.to_ascii_lowercase()));
        assert_eq!(purge.model.as_deref(), Some("a/b"));
        assert_eq!(purge.older_than_s, Some(60));
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let long = "x".repeat(MAX_MODEL + 1);
        for (name, value) in [
            ("key", "abc"),
            ("model", ""),
            ("model", &long),
            ("older_than", "1h"),
            ("modle", "a/b"),
        ] {
            assert_eq!(parse(&[(name, value)]).unwrap_err().field, name, "{value}");
        }
    }
}
