//! What the savings may have cost in quality: what was stated of the answers, and what was said of them.

use moecraft_engine::uncertainty::{Graded, ece};
use serde::Deserialize;
use serde_json::{Value, json};
use worker::Result;

use crate::feedback::IMPLICIT;
use crate::savings;
use crate::sql::{Sql, int, text};

/// The newest requests that the stated probabilities are taken from.
const SAMPLE: u64 = 1_000;
/// The newest words that the calibration is taken from.
const WORDS: u64 = 2_000;
/// Fewer words than this say nothing of the calibration.
const ENOUGH: usize = 50;
/// Groups of equal size that the calibration compares.
const BINS: usize = 10;
/// What is stated is true where it is off by no more than this.
const BOUND: f64 = 0.05;

#[derive(Deserialize)]
struct Stated {
    requests: u64,
    answered: Option<f64>,
    baseline: Option<f64>,
}

#[derive(Deserialize)]
struct Said {
    source: String,
    words: u64,
    good: Option<f64>,
}

#[derive(Deserialize)]
struct Word {
    p: f64,
    score: f64,
    weight: f64,
}

/// The risk as far as it is known at `now` (Unix ms).
pub(crate) fn risk(sql: &Sql, now: u64) -> Result<Value> {
    let class = savings::baseline(now).map_or("", |model| model.class.as_str());
    let stated: Option<Stated> = sql.row(
        "SELECT count(*) AS requests, avg(json_extract(decision, '$.p.' || class)) AS answered,
           avg(json_extract(decision, '$.p.' || ?)) AS baseline
         FROM (SELECT * FROM ledger ORDER BY seq DESC LIMIT ?)
         WHERE routed = 1 AND outcome = 'complete' AND class IN ('haiku', 'sonnet', 'opus')",
        vec![text(class), int(SAMPLE)],
    )?;
    let said: Vec<Said> = sql.rows(
        "SELECT CASE source WHEN ?1 THEN ?1 ELSE 'explicit' END AS source, count(*) AS words,
           sum(weight * score) / sum(weight) AS good
         FROM feedback GROUP BY 1",
        vec![text(IMPLICIT)],
    )?;
    let words: Vec<Word> = sql.rows(
        "SELECT json_extract(decision, '$.p.' || class) AS p, score, weight
         FROM feedback JOIN ledger ON ledger.id = feedback.request_id
         WHERE source != ? AND p IS NOT NULL AND weight > 0 ORDER BY feedback.at DESC LIMIT ?",
        vec![text(IMPLICIT), int(WORDS)],
    )?;
    let graded = |word: Word| Graded {
        predicted: word.p,
        outcome: word.score,
        weight: word.weight,
    };
    let words: Vec<Graded> = words.into_iter().map(graded).collect();
    let told = |source: &str| {
        let said = said.iter().find(|said| said.source == source);
        json!({
            "count": said.map_or(0, |said| said.words),
            "good": said.and_then(|said| said.good),
        })
    };
    Ok(json!({
        "stated": stated.map(|stated| json!({
            "sample": SAMPLE,
            "requests": stated.requests,
            "answered": stated.answered,
            "baseline": stated.baseline,
        })),
        "feedback": {"explicit": told("explicit"), "implicit": told(IMPLICIT)},
        "calibration": calibration(&words),
    }))
}

/// How far what was stated and what was said lie apart.
fn calibration(words: &[Graded]) -> Value {
    let count = words.len();
    if count < ENOUGH {
        return json!({"count": count, "error": null, "verdict": "too_little_data"});
    }
    let error = ece(words, BINS);
    let verdict = match error <= BOUND {
        true => "true",
        false => "not_true",
    };
    json!({"count": count, "error": error, "verdict": verdict})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(count: usize, stated: f64) -> Value {
        let graded = |n: usize| Graded {
            predicted: stated,
            outcome: f64::from(!n.is_multiple_of(4)),
            weight: 1.0,
        };
        calibration(&(0..count).map(graded).collect::<Vec<_>>())
    }

    #[test]
    fn what_comes_as_often_as_stated_is_true() {
        assert_eq!(told(1_000, 0.75)["verdict"], "true");
        assert_eq!(told(1_000, 0.95)["verdict"], "not_true");
    }

    #[test]
    fn few_words_say_nothing() {
        assert_eq!(told(ENOUGH - 1, 0.75)["verdict"], "too_little_data");
    }
}
