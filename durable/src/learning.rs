//! What the router has learnt from this tenant's outcomes. It is on disk and nowhere else: a commit that is
//! rolled back takes back what it taught together with the mark that it was taught. What the tenant's
//! prompts of late looked like is held in memory, and stands in the ledger's decisions.
//!
//! What is learnt changes the snapshot, and every isolate then has to be told: news are told at once
//! after a while without any, and else not more often than that.

use std::cell::Cell;
use std::hash::{DefaultHasher, Hash, Hasher};

use moecraft_engine::admission::Admission;
use moecraft_engine::meta::{Drift, Evidence, Voice};
use moecraft_engine::predict::Traffic;
use moecraft_engine::router::{BadState, Learnt, Lesson, Stored};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use worker::Result;

use crate::feedback::{self, IMPLICIT};
use crate::sql::{Sql, int, text};

/// How long what was learnt may wait until it is told, ms.
const PERIOD_MS: u64 = 5_000;
/// The newest changes of a class that are kept.
const MAX_DRIFTS: u64 = 100;

/// What is learnt, and whether the snapshot knows of it.
pub(crate) struct Learning {
    sql: Sql,
    /// What prompts of late looked like, and what the snapshot knows of it.
    traffic: Cell<Traffic>,
    told_traffic: Cell<Traffic>,
    /// Whether the snapshot may know less than is on disk.
    news: Cell<bool>,
    /// When it was told last, Unix ms.
    told: Cell<u64>,
    /// When it has learnt last, Unix ms.
    taught: Cell<u64>,
}

/// What is read of a decision's record.
#[derive(Deserialize)]
struct Record {
    prior: Option<serde_json::Map<String, Value>>,
    x: Vec<f32>,
    talk: Option<String>,
}

/// A class that answers otherwise than its learner knew.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Drifted {
    class: String,
    /// `better` or `worse`.
    change: String,
    /// How many outcomes the class has been learnt from.
    outcomes: u32,
    /// When it became certain, Unix ms.
    at: u64,
}

/// What is read of one to know what its prompt looked like.
#[derive(Deserialize)]
struct Foreignness {
    foreignness: Option<f32>,
}

/// Decisions after which what a prompt looked like has faded.
const FADED: u64 = 256;
/// By how much the chance that a middling prompt is foreign must have changed to be told.
const SHIFT: f64 = 0.1;

impl Learning {
    /// Reads what prompts of late looked like.
    pub(crate) fn load(sql: Sql) -> Result<Self> {
        let mut recent: Vec<Foreignness> = sql.rows(
            "SELECT json_extract(decision, '$.foreignness') AS foreignness FROM ledger
             ORDER BY seq DESC LIMIT ?",
            vec![int(FADED)],
        )?;
        recent.reverse();
        let mut traffic = Traffic::default();
        let seen = recent.iter().filter_map(|decision| decision.foreignness);
        seen.for_each(|foreignness| traffic.observe(foreignness));
        Ok(Self {
            sql,
            traffic: Cell::new(traffic),
            told_traffic: Cell::new(traffic),
            news: Cell::new(false),
            told: Cell::new(0),
            taught: Cell::new(0),
        })
    }

    fn stored(&self) -> Result<Vec<Stored>> {
        let all = "SELECT class, outcomes, state FROM learning ORDER BY class";
        self.sql.rows(all, vec![])
    }

    /// What was learnt. What cannot be read to the last digit is not used: the prior holds.
    pub(crate) fn learnt(&self) -> Result<Learnt> {
        let mut learnt = Learnt::default();
        for one in self.stored()? {
            let _ = learnt.restore(&one.class, &one.state);
        }
        Ok(learnt)
    }

    /// Takes note of what an admitted request looks like.
    pub(crate) fn observe(&self, admission: &Admission) {
        let read = serde_json::from_str::<Foreignness>(admission.decision.get());
        let Some(foreignness) = read.ok().and_then(|decision| decision.foreignness) else {
            return;
        };
        let mut traffic = self.traffic.get();
        traffic.observe(foreignness);
        self.traffic.set(traffic);
        let shift = traffic.foreign(0.0) - self.told_traffic.get().foreign(0.0);
        if shift.abs() > SHIFT {
            self.news.set(true);
        }
    }

    /// What prompts looked like when it was last worth telling.
    pub(crate) fn traffic(&self) -> Traffic {
        self.told_traffic.get()
    }

    /// Whether the snapshot should be made anew.
    pub(crate) fn has_news(&self, now: u64) -> bool {
        self.news.get() && now >= self.told.get().saturating_add(PERIOD_MS)
    }

    /// What was learnt, for a snapshot that is made now; none where the one before knows it.
    pub(crate) fn tell(&self, now: u64) -> Result<Option<Learnt>> {
        if !self.news.get() {
            return Ok(None);
        }
        let learnt = self.learnt()?;
        self.news.set(false);
        self.told.set(now);
        self.told_traffic.set(self.traffic.get());
        Ok(Some(learnt))
    }

    /// Learns of what was only seen, where it has not learnt for a while: that can wait, and comes with
    /// many requests.
    pub(crate) fn learn_in_time(&self, now: u64) -> Result<Vec<Drifted>> {
        match now >= self.taught.get().saturating_add(PERIOD_MS) {
            true => self.learn(now),
            false => Ok(Vec::new()),
        }
    }

    /// Learns from every word that it has not learnt from, of requests that have settled. Gives the
    /// changes that have become certain.
    pub(crate) fn learn(&self, now: u64) -> Result<Vec<Drifted>> {
        self.taught.set(now);
        let mut drifts = Vec::new();
        let lessons = feedback::take_lessons(&self.sql)?;
        if lessons.is_empty() {
            return Ok(drifts);
        }
        let mut learnt = self.learnt()?;
        let mut changed = false;
        for lesson in lessons {
            let Ok(record) = serde_json::from_str::<Record>(&lesson.decision) else {
                continue;
            };
            let prior = record.prior.as_ref();
            let prior = prior.and_then(|prior| prior.get(&lesson.class));
            let Some(prior) = prior.and_then(Value::as_f64) else {
                continue;
            };
            let told = Lesson {
                seen: Evidence::new(lesson.score, lesson.weight),
                voice: voice(&lesson, record.talk.as_deref()),
                now_ms: now,
            };
            let update = learnt.learn(&lesson.class, prior, &record.x, &told);
            changed |= update.weight > 0.0;
            drifts.extend(update.drift.map(|drift| Drifted {
                outcomes: learnt.outcomes(&lesson.class),
                change: name(drift).to_owned(),
                class: lesson.class,
                at: now,
            }));
        }
        if changed {
            self.news.set(true);
            self.store(&learnt, now)?;
        }
        for drift in &drifts {
            self.note(drift)?;
        }
        Ok(drifts)
    }

    fn store(&self, learnt: &Learnt, now: u64) -> Result<()> {
        for stored in learnt.stored() {
            self.sql.run(
                "INSERT OR REPLACE INTO learning VALUES (?, ?, ?, ?)",
                vec![
                    text(&stored.class),
                    int(stored.outcomes.into()),
                    text(&stored.state),
                    int(now),
                ],
            )?;
        }
        Ok(())
    }

    /// Keeps a change, and forgets the oldest beyond what is kept.
    fn note(&self, drift: &Drifted) -> Result<()> {
        self.sql.run(
            "INSERT INTO drifts (at, class, change, outcomes) VALUES (?, ?, ?, ?)",
            vec![
                int(drift.at),
                text(&drift.class),
                text(&drift.change),
                int(drift.outcomes.into()),
            ],
        )?;
        self.sql.run(
            "DELETE FROM drifts WHERE seq <= (SELECT max(seq) FROM drifts) - ?",
            vec![int(MAX_DRIFTS)],
        )?;
        Ok(())
    }

    /// All of it, as it can be imported again, and the changes that were found, the newest first.
    pub(crate) fn export(&self) -> Result<Value> {
        let newest = "SELECT class, change, outcomes, at FROM drifts ORDER BY seq DESC";
        let drifts: Vec<Drifted> = self.sql.rows(newest, vec![])?;
        let learnt = self.learnt()?;
        let classes: Vec<Stored> = learnt.stored().collect();
        Ok(json!({"classes": classes, "drifts": drifts}))
    }

    /// Puts what was exported in the place of what was learnt, or names the first that cannot be used.
    pub(crate) fn import(
        &self,
        classes: &[Stored],
        key_id: &str,
        now: u64,
    ) -> Result<Option<(usize, BadState)>> {
        let mut learnt = Learnt::default();
        for (index, stored) in classes.iter().enumerate() {
            if let Err(bad) = learnt.restore(&stored.class, &stored.state) {
                return Ok(Some((index, bad)));
            }
        }
        self.replace(&learnt, "import", key_id, now)?;
        Ok(None)
    }

    /// Forgets what was learnt. The words that it was learnt from stay, and teach nothing any more.
    pub(crate) fn reset(&self, key_id: &str, now: u64) -> Result<()> {
        self.sql
            .run("UPDATE feedback SET taught = 1 WHERE taught = 0", vec![])?;
        self.replace(&Learnt::default(), "reset", key_id, now)
    }

    /// Sets what is learnt, and notes in the audit who did. The changes were of what was learnt before.
    fn replace(&self, learnt: &Learnt, what: &str, key_id: &str, now: u64) -> Result<()> {
        self.sql.run("DELETE FROM learning", vec![])?;
        self.sql.run("DELETE FROM drifts", vec![])?;
        self.store(learnt, now)?;
        self.sql.run(
            "INSERT INTO audit (at, key_id, event, kinds, detail) VALUES (?, ?, 'learning', '{}', ?)",
            vec![
                int(now),
                text(key_id),
                text(&json!({"change": what}).to_string()),
            ],
        )?;
        self.news.set(true);
        self.told.set(0);
        Ok(())
    }
}

const fn name(drift: Drift) -> &'static str {
    match drift {
        Drift::Better => "better",
        Drift::Worse => "worse",
    }
}

/// Who tells of an outcome, as learners tell voices apart. What was only seen takes nothing of what a key
/// may say. Of another build it may be other numbers: then each has its allowance of that hour once more.
fn voice(lesson: &feedback::Lesson, talk: Option<&str>) -> Voice {
    let seen = lesson.source == IMPLICIT;
    let of = |whose: &str| {
        let mut hasher = DefaultHasher::new();
        (seen, whose).hash(&mut hasher);
        hasher.finish()
    };
    Voice {
        key: of(&lesson.speaker),
        talk: of(talk.unwrap_or(&lesson.request_id)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lesson(speaker: &str, source: &str) -> feedback::Lesson {
        feedback::Lesson {
            request_id: "r".to_owned(),
            key_id: "k".to_owned(),
            speaker: speaker.to_owned(),
            source: source.to_owned(),
            score: 1.0,
            weight: 1.0,
            class: "haiku".to_owned(),
            decision: String::new(),
        }
    }

    #[test]
    fn keys_conversations_and_what_was_only_seen_are_voices_of_their_own() {
        let said = voice(&lesson("a", "client"), Some("t"));
        assert_eq!(said, voice(&lesson("a", "ide"), Some("t")));
        let other = voice(&lesson("b", "client"), Some("u"));
        assert!(said.key != other.key && said.talk != other.talk);
        let seen = voice(&lesson("a", IMPLICIT), Some("t"));
        assert!(said.key != seen.key && said.talk != seen.talk);
        assert_ne!(seen.key, voice(&lesson("b", IMPLICIT), Some("t")).key);
    }
}
