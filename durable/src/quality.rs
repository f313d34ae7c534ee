//! What the savings may have cost in quality: what was stated of the answers, and what was said of them.

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
        "SELECT json_extract(decision, '$.p.' || class) AS p, score
         FROM feedback JOIN ledger ON ledger.id = feedback.request_id
         WHERE source != ? AND p IS NOT NULL ORDER BY feedback.at DESC LIMIT ?",
        vec![text(IMPLICIT), int(WORDS)],
    )?;
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
        "calibration": calibration(words),
    }))
}

/// How far what was stated and what was said lie apart, in groups of equal size by what was stated.
fn calibration(mut words: Vec<Word>) -> Value {
    let count = words.len();
    if count < ENOUGH {
        return json!({"count": count, "error": null, "verdict": "too little data"});
    }
    words.sort_by(|a, b| a.p.total_cmp(&b.p));
    let gap = |bin: &[Word]| (bin.iter().map(|word| word.p - word.score).sum::<f64>()).abs();
    let error = words.chunks(count.div_ceil(BINS)).map(gap).sum::<f64>() / count as f64;
    let verdict = match error <= 0.05 {
        true => "true",
        false => "not true",
    };
    json!({"count": count, "error": error, "verdict": verdict})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(stated: impl Fn(usize) -> f64, said: impl Fn(usize) -> f64) -> f64 {
        let word = |n| Word {
            p: stated(n),
            score: said(n),
        };
        let told = calibration((0..1_000).map(word).collect());
        told["error"].as_f64().unwrap()
    }

    #[test]
    fn what_comes_as_often_as_stated_has_no_error() {
        let good = |n: usize| f64::from(n % 4 != 0);
        assert!(error(|_| 0.75, good) < 0.01);
        assert!((error(|_| 0.95, good) - 0.2).abs() < 0.01);
    }

    #[test]
    fn errors_of_the_two_ends_do_not_cancel_out() {
        let stated = |n: usize| if n < 500 { 0.3 } else { 0.7 };
        assert!((error(stated, |_| 0.5) - 0.2).abs() < 0.01);
    }

    #[test]
    fn few_words_say_nothing() {
        let told = calibration(vec![Word { p: 0.9, score: 1.0 }]);
        assert_eq!(told["verdict"], "too little data");
        assert!(told["error"].is_null());
    }
}
