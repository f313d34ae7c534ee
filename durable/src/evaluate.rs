//! A proposed way of choosing, judged by the tenant's own history.

use moecraft_catalog::Class;
use moecraft_engine::meta::{Logged, evaluate};
use moecraft_engine::router::{Offer, Proposal};
use serde::Deserialize;
use serde_json::{Value, json};
use worker::Result;

use crate::live::usd;
use crate::sql::{Sql, int};

/// The newest requests that are looked at.
const SAMPLE: u64 = 2_000;

#[derive(Deserialize)]
struct Judged {
    class: String,
    decision: String,
    outcome: f64,
    weight: f64,
}

/// What is read of a decision's record.
#[derive(Deserialize)]
struct Record {
    candidates: Vec<Offer>,
    class: Class,
    propensity: f64,
}

/// What a request tells of a proposal.
struct Case {
    logged: Logged,
    /// What the choice was expected to cost, and what the proposal's, nano-dollars.
    costs: (u64, u64),
}

/// Judges a proposal by the requests that the router chose for, and of which something was said.
pub(crate) fn judge(sql: &Sql, proposal: &Proposal) -> Result<Value> {
    let rows: Vec<Judged> = sql.rows(
        "SELECT class, decision, sum(score * weight) / sum(weight) AS outcome,
           min(1.0, sum(weight)) AS weight
         FROM feedback JOIN ledger ON ledger.id = feedback.request_id
         WHERE routed = 1 AND weight > 0 GROUP BY ledger.id
         ORDER BY max(feedback.at) DESC LIMIT ?",
        vec![int(SAMPLE)],
    )?;
    let cases: Vec<Case> = rows.iter().filter_map(|row| case(row, proposal)).collect();
    let history: Vec<Logged> = cases.iter().map(|case| case.logged).collect();
    let sums = cases.iter().fold((0u64, 0u64), |(chosen, proposed), case| {
        (
            chosen.saturating_add(case.costs.0),
            proposed.saturating_add(case.costs.1),
        )
    });
    let each = |sum: u64| {
        usd(sum
            .checked_div(cases.len() as u64)
            .unwrap_or(0)
            .cast_signed())
    };
    Ok(json!({
        "proposal": proposal,
        "quality": evaluate(&history),
        "cost": {"chosen": each(sums.0), "proposed": each(sums.1)},
        "sample": {"most": SAMPLE, "requests_with_feedback": rows.len(), "judged": cases.len()},
        "assumptions": [
            "of the requests that the router chose for, those of which something was said: others may differ",
            "a class is taken to answer alike, whichever of its models does",
            "the proposal chooses among the candidates that were recorded, at the cost that was expected of them",
            "what another class answered after the first had failed is left out",
        ],
    }))
}

fn case(row: &Judged, proposal: &Proposal) -> Option<Case> {
    let record: Record = serde_json::from_str(&row.decision).ok()?;
    let chosen = record.candidates.first()?;
    if row.class != record.class.as_str() || chosen.class != record.class {
        return None;
    }
    let proposed = proposal.choose(&record.candidates)?;
    let logged = Logged {
        agrees: proposed.class == chosen.class,
        propensity: record.propensity,
        outcome: row.outcome,
        weight: row.weight,
        stated: chosen.p?,
        proposed: proposed.p?,
    };
    let costs = (chosen.cost_nanos, proposed.cost_nanos);
    Some(Case { logged, costs })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(class: &str, decided: &str) -> Judged {
        let offer = |id: &str, class: &str, p: f64, cost: u64| json!({"model_id": id, "class": class, "provider": "a", "p": p, "cost_nanos": cost});
        let candidates = [
            offer("a/small", "haiku", 0.6, 10),
            offer("a/large", "opus", 0.9, 100),
        ];
        let decision = json!({"candidates": candidates, "class": decided, "propensity": 0.9});
        Judged {
            class: class.to_owned(),
            decision: decision.to_string(),
            outcome: 1.0,
            weight: 0.5,
        }
    }

    #[test]
    fn a_case_sets_what_was_chosen_beside_what_would_have_been() {
        let performance = serde_json::from_str(r#"{"mode":"performance"}"#).unwrap();
        let Case { logged, costs } = case(&row("haiku", "haiku"), &performance).unwrap();
        assert!(!logged.agrees);
        assert_eq!((logged.stated, logged.proposed), (0.6, 0.9));
        assert_eq!(costs, (10, 100));
        let same = case(&row("haiku", "haiku"), &Proposal::default()).unwrap();
        assert!(same.logged.agrees);
        assert_eq!(same.costs, (10, 10));
    }

    #[test]
    fn what_another_class_answered_tells_nothing() {
        assert!(case(&row("opus", "haiku"), &Proposal::default()).is_none());
        let unreadable = Judged {
            decision: "null".to_owned(),
            ..row("haiku", "haiku")
        };
        assert!(case(&unreadable, &Proposal::default()).is_none());
    }
}
