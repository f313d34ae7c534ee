//! One row of the ledger: what a request was, what it came to, and why.

use std::collections::BTreeMap;

use moecraft_engine::admission::{
    Admission, CLIENT_LEFT, Outcome, Settlement, Surrogate, UsageSource,
};
use moecraft_engine::money::Usage;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use worker::Result;

use crate::sql::{Sql, int, signed, text};

/// A settled request. Field names are the ledger's columns.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) seq: u64,
    pub(crate) id: String,
    pub(crate) at: u64,
    pub(crate) settled_at: u64,
    pub(crate) key_id: String,
    pub(crate) requested: String,
    pub(crate) model: String,
    pub(crate) class: String,
    pub(crate) provider: String,
    pub(crate) outcome: String,
    pub(crate) status: u64,
    pub(crate) stream: u64,
    pub(crate) usage_source: String,
    pub(crate) input: u64,
    pub(crate) cache_read: u64,
    pub(crate) cache_write: u64,
    pub(crate) output: u64,
    pub(crate) reasoning: u64,
    pub(crate) cost: u64,
    pub(crate) baseline: u64,
    pub(crate) cumulative_savings: i64,
    pub(crate) price_version: String,
    pub(crate) admit_ms: u64,
    pub(crate) first_byte_ms: u64,
    pub(crate) total_ms: u64,
    pub(crate) attempts: String,
    pub(crate) decision: String,
    pub(crate) cache_write_long: u64,
    pub(crate) routed: u64,
    pub(crate) surrogate: String,
    pub(crate) tokens_saved: String,
    pub(crate) saved_by: String,
}

/// What the record of a decision says of what came of it.
#[derive(Deserialize)]
struct Parts {
    cascade: Option<Came>,
    near: Option<Came>,
}

#[derive(Deserialize)]
struct Came {
    accepted: Option<bool>,
    right: Option<bool>,
}

impl Row {
    /// What is known of a request when it is admitted; its cost is the estimate.
    pub(crate) fn admitted(admission: &Admission) -> Self {
        Self {
            id: admission.id.clone(),
            at: admission.at,
            key_id: admission.key_id.clone(),
            requested: admission.requested.clone(),
            model: admission.model.clone(),
            class: admission.class.as_str().to_owned(),
            stream: admission.stream.into(),
            cost: admission.estimate,
            baseline: admission.baseline,
            decision: admission.decision.get().to_owned(),
            routed: admission.routed.into(),
            tokens_saved: "{}".to_owned(),
            saved_by: "{}".to_owned(),
            ..Self::default()
        }
    }

    /// The row with what the request came to.
    pub(crate) fn settled(self, settlement: &Settlement) -> Self {
        Self {
            settled_at: settlement.at,
            model: settlement.model.clone(),
            class: settlement.class.as_str().to_owned(),
            provider: settlement.provider.clone(),
            outcome: name(&settlement.outcome),
            status: settlement.status.into(),
            usage_source: name(&settlement.usage_source),
            cost: settlement.cost,
            baseline: settlement.baseline,
            price_version: settlement.price_version.clone(),
            admit_ms: settlement.latency.admit_ms.into(),
            first_byte_ms: settlement.latency.first_byte_ms.into(),
            total_ms: settlement.latency.total_ms.into(),
            attempts: serde_json::to_string(&settlement.attempts).unwrap_or_default(),
            tokens_saved: serde_json::to_string(&settlement.tokens_saved).unwrap_or_default(),
            saved_by: serde_json::to_string(&settlement.saved_by).unwrap_or_default(),
            decision: {
                let (cascaded, confirmed) = (&settlement.cascade, &settlement.confirmation);
                let decision = match cascaded {
                    Some(cascaded) => with(&self.decision, "cascade", cascaded),
                    None => self.decision,
                };
                match confirmed {
                    Some(confirmed) => with(&decision, "near", confirmed),
                    None => decision,
                }
            },
            ..self
        }
        .with_usage(&settlement.usage)
    }

    /// The row with the key that the request's answer is kept under.
    pub(crate) fn kept_under(self, key: Option<&str>) -> Self {
        Self {
            surrogate: key.unwrap_or_default().to_owned(),
            ..self
        }
    }

    /// What is known of a request whose admission cannot be read any more.
    pub(crate) fn unreadable(id: &str, reserve: u64) -> Self {
        Self {
            id: id.to_owned(),
            cost: reserve,
            decision: "null".to_owned(),
            tokens_saved: "{}".to_owned(),
            saved_by: "{}".to_owned(),
            ..Self::default()
        }
    }

    /// The row of a request whose settlement never came: its estimate, marked so.
    pub(crate) fn unsettled(self, now: u64) -> Self {
        Self {
            settled_at: now,
            outcome: name(&Outcome::Unsettled),
            usage_source: name(&UsageSource::Estimated),
            total_ms: now.saturating_sub(self.at),
            attempts: "[]".to_owned(),
            ..self
        }
    }

    /// The row of a request that an earlier answer served.
    pub(crate) fn surrogate(
        admission: &Admission,
        served: &Surrogate,
        usage: &Usage,
        now: u64,
    ) -> Self {
        Self {
            settled_at: now.max(admission.at),
            total_ms: now.saturating_sub(admission.at),
            surrogate: served.key.clone(),
            model: served.model.clone(),
            class: moecraft_catalog::Class::Surrogate.as_str().to_owned(),
            provider: "surrogate".to_owned(),
            outcome: name(&Outcome::Surrogate),
            status: 200,
            usage_source: name(&UsageSource::Reported),
            cost: 0,
            baseline: served.savings,
            attempts: "[]".to_owned(),
            decision: match served.fits {
                Some(p) => with(admission.decision.get(), "near", &json!({"p": p})),
                None => admission.decision.get().to_owned(),
            },
            ..Self::admitted(admission)
        }
        .with_usage(usage)
    }

    /// The row of a request whose client left while it waited for another's answer: nothing was called.
    pub(crate) fn withdrawn(admission: &Admission, now: u64) -> Self {
        Self {
            settled_at: now.max(admission.at),
            total_ms: now.saturating_sub(admission.at),
            outcome: name(&Outcome::ClientLeft),
            status: CLIENT_LEFT.into(),
            usage_source: name(&UsageSource::Reported),
            cost: 0,
            baseline: 0,
            attempts: "[]".to_owned(),
            ..Self::admitted(admission)
        }
    }

    fn with_usage(self, usage: &Usage) -> Self {
        Self {
            input: usage.input,
            cache_read: usage.cache_read,
            cache_write: usage.cache_write,
            cache_write_long: usage.cache_write_long,
            output: usage.output,
            reasoning: usage.reasoning,
            ..self
        }
    }

    /// Whether cheap models were asked before the planned one.
    pub(crate) fn is_cascaded(&self) -> bool {
        self.part("\"accepted\":")
            .is_some_and(|kept| kept.cascade.is_some_and(|came| came.accepted.is_some()))
    }

    /// Whether the client has an earlier answer that a model has confirmed.
    pub(crate) fn is_confirmed(&self) -> bool {
        self.part("\"right\":true")
            .is_some_and(|kept| kept.near.is_some_and(|came| came.right == Some(true)))
    }

    /// What came of the parts of a decision, where its record holds these letters: most are spared the reading.
    fn part(&self, letters: &str) -> Option<Parts> {
        let holds = self.decision.contains(letters);
        holds.then(|| serde_json::from_str(&self.decision).ok())?
    }

    /// What was saved otherwise than by the choice of model, nano-dollars.
    pub(crate) fn saved_by(&self) -> BTreeMap<String, u64> {
        match self.saved_by.as_str() {
            "" | "{}" => BTreeMap::new(),
            saved => serde_json::from_str(saved).unwrap_or_default(),
        }
    }

    /// Whether the row holds an estimate because no settlement had come.
    pub(crate) fn is_unsettled(&self) -> bool {
        self.outcome == name(&Outcome::Unsettled)
    }

    /// All tokens of the prompt, cached or not.
    pub(crate) fn prompt(&self) -> u64 {
        self.input + self.cache_read + self.cache_write + self.cache_write_long
    }

    /// Baseline less cost.
    pub(crate) fn savings(&self) -> i64 {
        self.baseline as i64 - self.cost as i64
    }
}

/// Writes a row. Values are bound one by one: taking them out of one JSON text in SQL was measured
/// to cost five times as much.
pub(crate) fn insert(sql: &Sql, row: &Row) -> Result<()> {
    sql.run(
        "INSERT INTO ledger VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        vec![
            int(row.seq),
            text(&row.id),
            int(row.at),
            int(row.settled_at),
            text(&row.key_id),
            text(&row.requested),
            text(&row.model),
            text(&row.class),
            text(&row.provider),
            text(&row.outcome),
            int(row.status),
            int(row.stream),
            text(&row.usage_source),
            int(row.input),
            int(row.cache_read),
            int(row.cache_write),
            int(row.output),
            int(row.reasoning),
            int(row.cost),
            int(row.baseline),
            signed(row.cumulative_savings),
            text(&row.price_version),
            int(row.admit_ms),
            int(row.first_byte_ms),
            int(row.total_ms),
            text(&row.attempts),
            text(&row.decision),
            int(row.cache_write_long),
            int(row.routed),
            text(&row.surrogate),
            text(&row.tokens_saved),
            text(&row.saved_by),
        ],
    )?;
    Ok(())
}

/// The row of a request, if it has settled.
pub(crate) fn find(sql: &Sql, id: &str) -> Result<Option<Row>> {
    sql.row("SELECT * FROM ledger WHERE id = ?", vec![text(id)])
}

/// The record of a decision with what came of a part of it, beside what was planned of that.
fn with(decision: &str, part: &str, came: &impl Serialize) -> String {
    let record = serde_json::from_str::<Map<String, Value>>(decision);
    let (Ok(mut record), Ok(Value::Object(mut came))) = (record, serde_json::to_value(came)) else {
        return decision.to_owned();
    };
    match record.get_mut(part) {
        Some(Value::Object(planned)) => planned.append(&mut came),
        _ => {
            record.insert(part.to_owned(), Value::Object(came));
        }
    }
    Value::Object(record).to_string()
}

/// A unit variant's name as serde writes it.
fn name(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use moecraft_engine::admission::Cascaded;

    fn row(decision: String) -> Row {
        Row {
            decision,
            ..Row::default()
        }
    }

    #[test]
    fn what_came_of_a_cascade_stands_beside_what_was_planned_of_it() {
        let cascaded = Cascaded {
            first: "a/small".into(),
            accepted: true,
            p: Some(0.93),
            why: None,
        };
        let planned = r#"{"class":"opus","cascade":{"stakes":{"cheap":0.8}}}"#;
        let record = with(planned, "cascade", &cascaded);
        let read: Value = serde_json::from_str(&record).unwrap();
        assert_eq!(read["cascade"]["stakes"]["cheap"], 0.8);
        assert_eq!(read["cascade"]["first"], "a/small");
        assert_eq!(read["cascade"]["p"], 0.93);
        assert_eq!(read["class"], "opus");
        assert!(row(record).is_cascaded());
        assert!(!row(planned.to_owned()).is_cascaded());
        let bare = with("{}", "cascade", &Cascaded::default());
        assert!(
            row(bare).is_cascaded(),
            "one that was not taken is one, too"
        );
        assert_eq!(with("null", "cascade", &cascaded), "null");
    }

    #[test]
    fn an_answer_that_was_confirmed_is_told_from_one_that_was_corrected() {
        let said = |right| row(with("{}", "near", &json!({"p": 0.7, "right": right})));
        assert!(said(true).is_confirmed());
        assert!(!said(false).is_confirmed());
        assert!(!row(with("{}", "near", &json!({"p": 0.99}))).is_confirmed());
    }
}
