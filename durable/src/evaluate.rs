//! A proposed way of choosing, judged by the tenant's own history.

use moecraft_catalog::Class;
use moecraft_engine::meta::{Forecast, Logged, evaluate};
use moecraft_engine::router::{Beliefs, CLASSES, Offer, Proposal, Weights};
use serde::Deserialize;
use serde_json::{Value, json};
use worker::Result;

use crate::feedback::IMPLICIT;
use crate::live::usd;
use crate::sql::{Sql, int, text};

/// The newest requests that are looked at.
const SAMPLE: u64 = 2_000;

/// More choices than this share that had no chance of being made leave the verdict to a guess.
const MOST_UNTRIED: f64 = 0.1;

#[derive(Deserialize)]
struct Judged {
    class: String,
    decision: String,
    outcome: f64,
}

/// What is read of a decision's record.
#[derive(Deserialize)]
struct Record {
    candidates: Vec<Offer>,
    class: Class,
    propensity: f64,
    weights: Option<Weights>,
    chances: Option<Beliefs>,
}

/// A decision as the engine judges it: by classes, each of which stands for its first candidate.
struct Case {
    logged: Logged,
    /// Index of what the proposal would have chosen.
    proposed: usize,
    /// Whether that had no chance of being chosen.
    untried: bool,
}

/// Judges a proposal by the requests that the router chose for, and of which somebody has said
/// something.
pub(crate) fn judge(sql: &Sql, proposal: &Proposal) -> Result<Value> {
    let rows: Vec<Judged> = sql.rows(
        // Words are bounded and the ledger is not: it is looked up by them, never read through.
        "SELECT class, decision, mean AS outcome FROM (
           SELECT request_id, max(at) AS said_at, sum(score * weight) / sum(weight) AS mean
           FROM feedback WHERE weight > 0 AND source != ? GROUP BY request_id)
         CROSS JOIN ledger ON ledger.id = request_id
         WHERE routed = 1 ORDER BY said_at DESC LIMIT ?",
        vec![text(IMPLICIT), int(SAMPLE)],
    )?;
    let cases: Vec<Case> = rows.iter().filter_map(|row| case(row, proposal)).collect();
    let untried = cases.iter().filter(|case| case.untried).count() as f64;
    let untried = untried / cases.len().max(1) as f64;
    let estimate = evaluate(cases.iter().map(|case| (&case.logged, case.proposed)));
    let verdict = match untried > MOST_UNTRIED {
        true => json!("untried"),
        false => json!(estimate.verdict),
    };
    Ok(json!({
        "proposal": proposal,
        "verdict": verdict,
        "untried": untried,
        "estimate": estimate,
        "cost": {"chosen": dollars(estimate.logged_cost), "proposed": dollars(estimate.cost)},
        "sample": {"most": SAMPLE, "requests_with_feedback": rows.len(), "judged": cases.len()},
        "assumptions": [
            "of the requests that the router chose for, those of which somebody has said something: others may differ",
            "a class is taken to answer alike, whichever of its models does",
            "the proposal chooses among the candidates that were recorded, at the cost that was expected of them",
            "what another class answered after the first had failed is left out",
        ],
    }))
}

/// Nano-dollars in dollars, for a mean.
fn dollars(nanos: f64) -> Value {
    json!(usd(nanos as i64))
}

fn case(row: &Judged, proposal: &Proposal) -> Option<Case> {
    let record: Record = serde_json::from_str(&row.decision).ok()?;
    let chosen = record.candidates.first()?;
    if row.class != record.class.as_str() || chosen.class != record.class {
        return None;
    }
    let proposed = proposal.choose(&record.candidates, record.weights.as_ref())?;
    let first = |class: &Class| {
        let of_class = |offer: &&Offer| offer.class == *class;
        // Of its class the proposal may allow another one.
        Some(proposed)
            .filter(|p| of_class(p))
            .or_else(|| record.candidates.iter().find(of_class))
    };
    let offers: Vec<&Offer> = CLASSES.iter().filter_map(first).collect();
    let at = |class: Class| offers.iter().position(|offer| offer.class == class);
    let forecast = |offer: &&Offer| {
        Some(Forecast {
            probability: offer.p?,
            cost: offer.cost_nanos as f64,
        })
    };
    let logged = Logged {
        candidates: offers.iter().map(forecast).collect::<Option<_>>()?,
        chosen: at(chosen.class)?,
        propensity: record.propensity,
        outcome: row.outcome,
    };
    let chance = match record.chances {
        Some(chances) => chances.of(proposed.class),
        // Of a record without them: where nothing was left to chance, nothing else was tried.
        None if proposed.class == chosen.class => Some(record.propensity),
        None => Some(1.0 - record.propensity),
    };
    Some(Case {
        proposed: at(proposed.class)?,
        untried: chance.is_none_or(|chance| chance <= 0.0),
        logged,
    })
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
        let decision = json!({"candidates": candidates, "class": decided, "propensity": 1.0});
        Judged {
            class: class.to_owned(),
            decision: decision.to_string(),
            outcome: 1.0,
        }
    }

    #[test]
    fn a_case_sets_what_was_chosen_beside_what_would_have_been() {
        let performance = serde_json::from_str(r#"{"mode":"performance"}"#).unwrap();
        let other = case(&row("haiku", "haiku"), &performance).unwrap();
        assert_eq!((other.logged.chosen, other.proposed), (0, 1));
        assert_eq!(other.logged.candidates[1].probability, 0.9);
        assert_eq!(other.logged.candidates[1].cost, 100.0);
        assert!(other.untried);
        let saving = serde_json::from_str(r#"{"lambda":1.0}"#).unwrap();
        let same = case(&row("haiku", "haiku"), &saving).unwrap();
        assert_eq!((same.logged.chosen, same.proposed), (0, 0));
        assert!(!same.untried);
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
