//! Running sums of the ledger, changed in the same transaction as its rows.

use std::collections::BTreeMap;

use serde::Deserialize;
use worker::Result;

use crate::row::Row;
use crate::sql::{Sql, int, signed, text};

/// The most sums in one statement: the platform binds 100 values, and a sum takes 7.
const MOST_SUMS: usize = 14;

/// One sum.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Sum {
    pub(crate) requests: i64,
    pub(crate) cost: i64,
    pub(crate) baseline: i64,
    pub(crate) input: i64,
    pub(crate) output: i64,
}

impl Sum {
    /// Baseline less cost. Negative when the tenant paid more than the baseline.
    pub(crate) fn savings(&self) -> i64 {
        self.baseline - self.cost
    }

    fn add(&mut self, row: &Row, sign: i64) {
        self.requests += sign;
        self.cost += sign * row.cost as i64;
        self.baseline += sign * row.baseline as i64;
        self.input += sign * row.prompt() as i64;
        self.output += sign * row.output as i64;
    }
}

/// What one commit changes of the sums.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes(BTreeMap<(&'static str, String), Sum>);

impl Changes {
    /// Counts a new row.
    pub(crate) fn add(&mut self, row: &Row) {
        self.apply(row, 1);
    }

    /// Takes back a row that is about to be replaced.
    pub(crate) fn remove(&mut self, row: &Row) {
        self.apply(row, -1);
    }

    fn apply(&mut self, row: &Row, sign: i64) {
        let hour = row.at / 3_600_000;
        for place in [
            ("all", String::new()),
            ("class", row.class.clone()),
            ("hour", hour.to_string()),
            ("cause", cause(row).to_owned()),
        ] {
            self.0.entry(place).or_default().add(row, sign);
        }
        // What batches and shorter prompts have saved is not the doing of the one who chose.
        for (saver, saved) in row.saved_by() {
            let saved = sign * saved as i64;
            let chosen = ("cause", cause(row).to_owned());
            self.0.entry(chosen).or_default().baseline -= saved;
            let sum = self.0.entry(("saver", saver)).or_default();
            sum.requests += sign;
            sum.baseline += saved;
        }
    }

    /// Adds the changes to the stored sums.
    pub(crate) fn store(&self, sql: &Sql) -> Result<()> {
        let all: Vec<_> = self.0.iter().collect();
        for some in all.chunks(MOST_SUMS) {
            let rows = vec!["(?, ?, ?, ?, ?, ?, ?)"; some.len()].join(", ");
            let values = some.iter().flat_map(|((scope, name), sum)| {
                [
                    text(scope),
                    text(name),
                    signed(sum.requests),
                    signed(sum.cost),
                    signed(sum.baseline),
                    signed(sum.input),
                    signed(sum.output),
                ]
            });
            sql.run(
                &format!(
                    "INSERT INTO totals VALUES {rows} ON CONFLICT DO UPDATE SET
                       requests = requests + excluded.requests, cost = cost + excluded.cost,
                       baseline = baseline + excluded.baseline, input = input + excluded.input,
                       output = output + excluded.output"
                ),
                values.collect(),
            )?;
        }
        Ok(())
    }
}

/// What decided which answer the client got: the choice of model, by itself or after cheap ones were
/// asked, an earlier answer, served or confirmed, or the client.
fn cause(row: &Row) -> &'static str {
    match (row.class.as_str(), row.routed) {
        ("surrogate", _) => "surrogates",
        _ if row.is_confirmed() => "surrogates",
        (_, 1) if row.is_cascaded() => "cascade",
        (_, 1) => "routing",
        _ => "named",
    }
}

/// The sum over everything.
pub(crate) fn all(sql: &Sql) -> Result<Sum> {
    let sum = sql.row("SELECT * FROM totals WHERE scope = 'all'", vec![])?;
    Ok(sum.unwrap_or_default())
}

#[derive(Deserialize)]
struct Named {
    name: String,
    #[serde(flatten)]
    sum: Sum,
}

/// The sums of one scope by name; at most `limit`, the greatest names first.
pub(crate) fn by_name(sql: &Sql, scope: &str, limit: u64) -> Result<Vec<(String, Sum)>> {
    let rows: Vec<Named> = sql.rows(
        "SELECT * FROM totals WHERE scope = ? ORDER BY length(name) DESC, name DESC LIMIT ?",
        vec![text(scope), int(limit)],
    )?;
    Ok(rows.into_iter().map(|row| (row.name, row.sum)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adding_and_removing_a_row_leaves_every_sum_at_nothing() {
        let row = Row {
            cost: 7,
            baseline: 40,
            input: 5,
            cache_read: 3,
            output: 2,
            class: "haiku".into(),
            saved_by: r#"{"batches":7}"#.into(),
            ..Row::default()
        };
        let mut changes = Changes::default();
        changes.add(&row);
        let all = changes.0.get(&("all", String::new())).unwrap().clone();
        assert_eq!((all.requests, all.savings(), all.input), (1, 33, 8));
        let of = |scope, name: &str| changes.0.get(&(scope, name.to_owned())).unwrap().savings();
        assert_eq!((of("cause", "named"), of("saver", "batches")), (26, 7));
        changes.remove(&row);
        assert!(changes.0.values().all(|sum| *sum == Sum::default()));
    }
}
