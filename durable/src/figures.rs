//! `/moecraft/metrics/*`: what was spent and saved, and how long it took.

use std::collections::BTreeMap;

use moecraft_engine::percentile::percentiles;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use worker::Result;

use crate::ledger::last_seq;
use crate::live::usd;
use crate::sql::{Sql, int};
use crate::totals::{self, Sum};
use crate::{quality, savings, settle};

/// The hours shown in the cost figures: a month of them.
const HOURS: u64 = 24 * 31;
/// The newest rows that the latency figures are taken from.
const SAMPLE: u64 = 10_000;

fn sum(sum: &Sum) -> Value {
    json!({
        "requests": sum.requests, "cost": usd(sum.cost), "savings": usd(sum.savings()),
        "baseline": usd(sum.baseline), "input_tokens": sum.input, "output_tokens": sum.output,
    })
}

/// Totals, by class and by hour, what the savings are made of, and what they may have cost in quality.
/// Dollars are exact decimals.
pub(crate) fn cost(sql: &Sql, now: u64) -> Result<Value> {
    let all = totals::all(sql)?;
    let held = settle::held(sql)?;
    let classes = totals::by_name(sql, "class", 16)?;
    let count = |(name, sum): &(String, Sum)| (name.clone(), json!(sum.requests));
    let whole = |(name, class): &(String, Sum)| (name.clone(), sum(class));
    let hours: Vec<Value> = totals::by_name(sql, "hour", HOURS)?
        .iter()
        .map(|(hour, of_hour)| {
            let mut value = sum(of_hour);
            value["start"] = json!(hour.parse::<u64>().unwrap_or(0) * 3_600_000);
            value
        })
        .collect();
    Ok(json!({
        "seq": last_seq(sql)?,
        "total_requests": all.requests,
        "total_cost": usd(all.cost),
        "total_savings": usd(all.savings()),
        "baseline_cost": usd(all.baseline),
        "input_tokens": all.input,
        "output_tokens": all.output,
        "requests_by_class": classes.iter().map(count).collect::<Map<_, _>>(),
        "by_class": classes.iter().map(whole).collect::<Map<_, _>>(),
        "by_hour": hours,
        "reserved": {"requests": held.requests, "amount": usd(held.amount as i64)},
        "counterfactual": savings::counterfactual(now),
        "contributions": savings::contributions(sql, &all)?,
        "quality_risk": quality::risk(sql, now)?,
    }))
}

#[derive(Deserialize)]
struct Timing {
    class: String,
    outcome: String,
    admit_ms: u32,
    first_byte_ms: u32,
    total_ms: u32,
}

#[derive(Default)]
struct Samples {
    admit: Vec<u32>,
    first_byte: Vec<u32>,
    total: Vec<u32>,
}

impl Samples {
    fn add(&mut self, row: &Timing) {
        self.admit.push(row.admit_ms);
        self.first_byte.push(row.first_byte_ms);
        self.total.push(row.total_ms);
    }

    fn show(self) -> Value {
        let requests = self.total.len();
        let phase = |mut samples: Vec<u32>| match percentiles(&mut samples) {
            Some(p) => json!({"p50": p.p50, "p95": p.p95, "p99": p.p99}),
            None => Value::Null,
        };
        json!({
            "requests": requests,
            "admit_ms": phase(self.admit),
            "first_byte_ms": phase(self.first_byte),
            "total_ms": phase(self.total),
        })
    }
}

/// Latency by phase and class over the newest requests, and how requests ended.
pub(crate) fn performance(sql: &Sql) -> Result<Value> {
    let rows: Vec<Timing> = sql.rows(
        "SELECT class, outcome, admit_ms, first_byte_ms, total_ms FROM ledger ORDER BY seq DESC LIMIT ?",
        vec![int(SAMPLE)],
    )?;
    let (mut all, mut classes) = (Samples::default(), BTreeMap::<_, Samples>::new());
    let mut outcomes = BTreeMap::<_, u64>::new();
    for row in rows {
        *outcomes.entry(row.outcome.clone()).or_default() += 1;
        // A surrogate or an estimate has no phases of a model call to report.
        if matches!(row.outcome.as_str(), "complete" | "client_left" | "cut") {
            all.add(&row);
            classes.entry(row.class.clone()).or_default().add(&row);
        }
    }
    let classes: Map<_, _> = classes.into_iter().map(|(k, v)| (k, v.show())).collect();
    Ok(json!({"sample": SAMPLE, "all": all.show(), "by_class": classes, "outcomes": outcomes}))
}
