//! What was said of answers, and what was seen of what became of them. Figures, never words.

use moecraft_engine::meta::Signal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wasm_bindgen::JsValue;
use worker::Result;

use crate::ledger::Batch;
use crate::sql::{Sql, int, text};

/// The source of what was only seen.
pub(crate) const IMPLICIT: &str = "implicit";
/// How often a word that is taken back still teaches anything: who flips to and fro is not heard.
const MAX_CHANGES: u64 = 3;
/// How far a correction is of which nothing else is known: some of the answer was left as it was.
const UNKNOWN_EDIT: f64 = 0.5;
/// Characters of a token, about: enough to tell that an answer was cut to a part of it.
const CHARS_PER_TOKEN: f64 = 4.0;
/// The newest that are kept.
const MAX_KEPT: u64 = 50_000;
/// The most that are taught in one turn.
const MAX_LESSONS: u64 = 200;

/// A word on an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feedback {
    /// The request that was answered.
    pub request_id: String,
    /// The client's name for where it comes from; [`Feedback::is_source`].
    pub source: String,
    /// What it says.
    pub signal: Signal,
    /// The length of the client's own version, characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chars: Option<u64>,
    /// Whether that version was compared with the answer. Otherwise the lengths have to say how far it is.
    #[serde(default)]
    pub measured: bool,
}

impl Feedback {
    /// Whether it says that the answer would not do.
    pub(crate) fn is_complaint(&self) -> bool {
        self.signal.evidence().outcome() < 0.5
    }

    /// Whether a text may be the name of a source: a short word, so that it can hold nothing else.
    pub fn is_source(text: &str) -> bool {
        let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        (1..=32).contains(&text.len()) && text.bytes().all(word) && text != IMPLICIT
    }

    /// The word with what the lengths say of a correction that was not compared: that of an answer of so
    /// many tokens, where it has settled.
    fn sized(&self, tokens: Option<u64>) -> Self {
        let mut sized = self.clone();
        if let (Signal::Corrected(_), false) = (self.signal, self.measured) {
            let lengths = self.chars.zip(tokens);
            let apart = lengths.map_or(0.0, |(chars, tokens)| {
                let (one, other) = (chars as f64, tokens as f64 * CHARS_PER_TOKEN);
                (one - other).abs() / one.max(other).max(1.0)
            });
            sized.signal = Signal::Corrected(apart.max(UNKNOWN_EDIT));
        }
        sized
    }
}

#[derive(Deserialize)]
struct Known {
    model: Option<String>,
    class: Option<String>,
    /// Tokens of the answer.
    tokens: Option<u64>,
}

#[derive(Deserialize)]
struct Told {
    signal: String,
    changes: u64,
}

/// A word that was kept.
pub(crate) struct Kept {
    /// As clients and dashboards are told of it.
    pub(crate) told: Value,
    /// Whether it says anything: the same word once more does not, nor does that of who flips to and fro.
    pub(crate) is_heard: bool,
}

/// Keeps a client's word on a request, in the place of what the same key said of it before. None for a
/// request that this tenant has not made.
pub(crate) fn keep(sql: &Sql, feedback: &Feedback, key_id: &str, now: u64) -> Result<Option<Kept>> {
    let id = &feedback.request_id;
    let known: Option<Known> = sql.row(
        "SELECT model, class, output - reasoning AS tokens FROM ledger WHERE id = ?1 UNION ALL
         SELECT NULL, NULL, NULL FROM reservations WHERE id = ?1",
        vec![text(id)],
    )?;
    let Some(Known {
        model,
        class,
        tokens,
    }) = known
    else {
        return Ok(None);
    };
    let feedback = &feedback.sized(tokens);
    let evidence = feedback.signal.evidence();
    let is_heard = store(sql, feedback, key_id, now)?;
    let told = json!({
        "request_id": id, "signal": name(feedback.signal), "score": evidence.outcome(), "weight": evidence.weight(),
        "source": feedback.source, "model": model, "class": class,
    });
    Ok(Some(Kept { told, is_heard }))
}

/// Keeps what a request has shown of an earlier one: of one that was answered, by a model. Gives what
/// dashboards are told.
pub(crate) fn keep_seen(
    sql: &Sql,
    batch: &Batch<'_>,
    request_id: String,
    signal: Signal,
    now: u64,
) -> Result<Option<Value>> {
    let row = batch.find(&request_id)?;
    let Some(row) = row.filter(|row| row.outcome == "complete") else {
        return Ok(None);
    };
    let evidence = signal.evidence();
    let feedback = Feedback {
        request_id,
        source: IMPLICIT.to_owned(),
        signal,
        chars: None,
        measured: false,
    };
    store(sql, &feedback, "", now)?;
    Ok(Some(json!({
        "request_id": row.id, "signal": name(signal), "score": evidence.outcome(), "weight": evidence.weight(),
        "source": IMPLICIT, "model": row.model, "class": row.class,
    })))
}

/// Gives whether the word is heard.
fn store(sql: &Sql, feedback: &Feedback, key_id: &str, now: u64) -> Result<bool> {
    let evidence = feedback.signal.evidence();
    let signal = serde_json::to_string(&feedback.signal)?;
    let before: Option<Told> = sql.row(
        "SELECT signal, changes FROM feedback WHERE request_id = ? AND key_id = ?",
        vec![text(&feedback.request_id), text(key_id)],
    )?;
    let (changes, taught) = match before {
        Some(before) if before.signal == signal => return Ok(false),
        Some(before) => (before.changes + 1, before.changes + 1 >= MAX_CHANGES),
        None => (0, false),
    };
    sql.run(
        "INSERT OR REPLACE INTO feedback VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        vec![
            text(&feedback.request_id),
            text(key_id),
            int(now),
            text(&feedback.source),
            text(&signal),
            JsValue::from_f64(evidence.outcome()),
            JsValue::from_f64(evidence.weight()),
            feedback.chars.map_or(JsValue::NULL, int),
            int(changes),
            int(taught.into()),
        ],
    )?;
    Ok(!taught)
}

/// The signal's name, without what it says.
fn name(signal: Signal) -> Value {
    match serde_json::to_value(signal) {
        Ok(Value::Object(named)) => named.keys().next().cloned().into(),
        Ok(name) => name,
        Err(_) => Value::Null,
    }
}

/// A word from which the router has yet to learn, with the decision that it is about.
#[derive(Debug, Deserialize)]
pub(crate) struct Lesson {
    pub(crate) request_id: String,
    /// Under which it is kept.
    pub(crate) key_id: String,
    /// Whose key it is: of what was only seen, that of the request.
    pub(crate) speaker: String,
    pub(crate) source: String,
    pub(crate) score: f64,
    pub(crate) weight: f64,
    pub(crate) class: String,
    pub(crate) decision: String,
}

/// Takes the lessons whose requests were answered to their end; each is given once. What is said of a
/// request that failed says nothing of the class.
pub(crate) fn take_lessons(sql: &Sql) -> Result<Vec<Lesson>> {
    let lessons: Vec<Lesson> = sql.rows(
        "SELECT feedback.request_id, feedback.key_id, source, score, weight, class, decision,
           iif(feedback.key_id = '', ledger.key_id, feedback.key_id) AS speaker
         FROM feedback JOIN ledger ON ledger.id = feedback.request_id
         WHERE taught = 0 AND outcome = 'complete'
         ORDER BY feedback.at LIMIT ?",
        vec![int(MAX_LESSONS)],
    )?;
    for lesson in &lessons {
        sql.run(
            "UPDATE feedback SET taught = 1 WHERE request_id = ? AND key_id = ?",
            vec![text(&lesson.request_id), text(&lesson.key_id)],
        )?;
    }
    Ok(lessons)
}

/// Forgets the oldest beyond what is kept.
pub(crate) fn prune(sql: &Sql) -> Result<()> {
    sql.run(
        "DELETE FROM feedback WHERE at < (
           SELECT at FROM feedback ORDER BY at DESC LIMIT 1 OFFSET ?)",
        vec![int(MAX_KEPT)],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_a_word_and_never_the_gateway_s_own() {
        assert!(Feedback::is_source("ide_2"));
        let long = "x".repeat(33);
        for source in ["", "implicit", "Two words", "a-b", &long] {
            assert!(!Feedback::is_source(source), "{source}");
        }
    }

    #[test]
    fn a_correction_is_as_far_as_was_measured_or_else_as_the_lengths_say() {
        let corrected = |distance, chars, measured| Feedback {
            request_id: "r".to_owned(),
            source: "client".to_owned(),
            signal: Signal::Corrected(distance),
            chars: Some(chars),
            measured,
        };
        let of = |feedback: Feedback, tokens| feedback.sized(tokens).signal;
        assert_eq!(
            of(corrected(0.02, 400, true), Some(1)),
            Signal::Corrected(0.02)
        );
        assert_eq!(
            of(corrected(1.0, 400, false), Some(100)),
            Signal::Corrected(0.5)
        );
        assert_eq!(
            of(corrected(1.0, 40, false), Some(100)),
            Signal::Corrected(0.9)
        );
        assert_eq!(of(corrected(1.0, 40, false), None), Signal::Corrected(0.5));
        assert_eq!(
            of(corrected(1.0, 0, false), Some(0)),
            Signal::Corrected(0.5)
        );
        let up = Feedback {
            signal: Signal::ThumbUp,
            ..corrected(1.0, 0, false)
        };
        assert_eq!(of(up, Some(100)), Signal::ThumbUp);
    }

    #[test]
    fn what_is_told_of_a_signal_is_its_name() {
        assert_eq!(name(Signal::ThumbUp), "thumb_up");
        assert_eq!(name(Signal::Score(0.3)), "score");
    }
}
