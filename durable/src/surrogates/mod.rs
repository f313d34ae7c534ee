//! Answers the tenant has paid for, kept to be served again.
//!
//! The key is a digest over all that can change the answer. Where there is no answer under it, one to a
//! question of the same meaning may serve ([`neighbours`]). Bounded in age, in bytes for one answer and in
//! bytes over all; when room is needed, what is worth least goes
//! ([`moecraft_engine::surrogate::Worth`]).

mod audits;
mod neighbours;
mod purge;
mod room;

use std::cell::RefCell;

use moecraft_engine::admission::{
    Admission, Confirmation, Hint, Near, Replay, Settlement, Surrogate,
};
use moecraft_engine::money::Usage;
use moecraft_engine::semantic::answer_fits;
use moecraft_engine::surrogate::Worth;
use moecraft_wire::hub::Answer;
use serde::Deserialize;
use wasm_bindgen::JsValue;
use worker::Result;

use crate::settings::Settings;
use crate::sql::{Sql, int, text};
use neighbours::{Neighbour, Neighbours, Wanted};
pub(crate) use purge::Purge;
use room::Room;

/// The longest answer that is kept, bytes: SQLite rows end at 2 MB in the object.
const MAX_ANSWER: usize = 256 << 10;
/// What an answer takes beyond its own length, bytes: its key, what it is weighed by, the indexes.
const OVERHEAD: u64 = 512;
/// What a question takes beyond its own length, bytes: its vector, its scope, the indexes.
const OVERHEAD_OF_QUESTION: u64 = 512;

#[derive(Deserialize)]
struct Stored {
    model: String,
    created: u64,
    bytes: u64,
    cost: u64,
    savings: u64,
    tokens: String,
    uses: u64,
    answer: String,
}

/// An answer to another question of the same meaning.
pub(crate) enum Nearest {
    /// It may be served, and had this usage.
    Served(Surrogate, Usage),
    /// A model has to say first whether it fits.
    Open(Hint),
}

#[derive(Deserialize)]
struct Expiry {
    expires: Option<u64>,
}

/// The tenant's stored answers.
pub(crate) struct Surrogates {
    sql: Sql,
    ttl_ms: u64,
    limit: u64,
    /// Of so many answers that serve another question, a model looks at one again; none at 0.
    audit_every: u64,
    room: RefCell<Room>,
    neighbours: Neighbours,
}

impl Surrogates {
    pub(crate) fn load(sql: Sql, settings: &Settings) -> Result<Self> {
        Ok(Self {
            room: RefCell::new(Room::load(&sql)?),
            neighbours: Neighbours::new(sql.clone()),
            audit_every: settings.audit_every,
            sql,
            ttl_ms: settings.surrogate_ttl_ms,
            limit: settings.surrogate_bytes,
        })
    }

    /// Whether answers are kept at all.
    pub(crate) fn keeps(&self) -> bool {
        self.ttl_ms > 0
    }

    /// Finds an answer that may serve this request, with the usage it had, and counts the use.
    pub(crate) fn find(
        &self,
        admission: &Admission,
        replay: &Replay,
        now: u64,
    ) -> Result<Option<(Surrogate, Usage)>> {
        let oldest = oldest(admission, replay);
        let stored = self.stored(&replay.key, oldest, now)?;
        let stored = stored.filter(|(stored, _)| replay.models.contains(&stored.model));
        let Some((stored, usage)) = stored.filter(|(_, usage)| is_within(replay, usage)) else {
            return Ok(None);
        };
        self.count_use(&replay.key, &stored, now)?;
        Ok(Some((stored.surrogate(&replay.key, None), usage)))
    }

    /// Finds an answer to another question of the same meaning, where the tenant accepts this share of
    /// wrong ones. Where it is served, the use is counted.
    pub(crate) fn find_near(
        &self,
        admission: &Admission,
        replay: &Replay,
        near: &Near,
        accepted: f64,
        now: u64,
    ) -> Result<Option<Nearest>> {
        let oldest = oldest(admission, replay);
        let found = self.neighbours.find(&Wanted {
            question: &near.question,
            models: &near.models,
            accepted,
            oldest,
            now,
        })?;
        let Some(found) = found else { return Ok(None) };
        let stored = self.stored(&found.key, oldest, now)?;
        let Some((stored, usage)) = stored.filter(|(_, usage)| is_within(replay, usage)) else {
            return Ok(None);
        };
        let serves = found.serves && names_the_same(&found, &stored.answer);
        let audit = serves && self.is_audited(&admission.id);
        if serves && !audit {
            self.count_use(&found.key, &stored, now)?;
            let surrogate = stored.surrogate(&found.key, Some(found.p));
            return Ok(Some(Nearest::Served(surrogate, usage)));
        }
        Ok(Some(Nearest::Open(Hint {
            surrogate: stored.surrogate(&found.key, Some(found.p)),
            question: found.question,
            audit,
        })))
    }

    /// Whether a model looks again at the answer that this request would be served. The same for the same
    /// id, whose last digits are random.
    fn is_audited(&self, id: &str) -> bool {
        let digits = id.get(id.len().saturating_sub(8)..).unwrap_or_default();
        let drawn = u64::from_str_radix(digits, 16).unwrap_or_default();
        drawn.checked_rem(self.audit_every) == Some(0)
    }

    fn stored(&self, key: &str, oldest: u64, now: u64) -> Result<Option<(Stored, Usage)>> {
        let stored: Option<Stored> = self.sql.row(
            "SELECT model, created, bytes, cost, savings, tokens, uses, answer
             FROM surrogates JOIN surrogate_answers USING (key)
             WHERE key = ? AND expires > ? AND created >= ?",
            vec![text(key), int(now), int(oldest)],
        )?;
        Ok(stored.map(|stored| {
            let usage = serde_json::from_str(&stored.tokens).unwrap_or_default();
            (stored, usage)
        }))
    }

    fn count_use(&self, key: &str, stored: &Stored, now: u64) -> Result<()> {
        let worth = Worth {
            cost: stored.cost,
            bytes: stored.bytes,
            uses: stored.uses + 1,
        };
        let priority = worth.priority(self.room.borrow().inflation());
        self.sql.run(
            "UPDATE surrogates SET uses = uses + 1, used = ?, priority = ? WHERE key = ?",
            vec![int(now), JsValue::from_f64(priority), text(key)],
        )?;
        Ok(())
    }

    /// Keeps the answer that a settlement brings, if it brings one that nobody has complained of yet.
    /// Gives the key it is kept under.
    pub(crate) fn keep<'s>(&self, settlement: &'s Settlement) -> Result<Option<&'s str>> {
        let Some(fill) = &settlement.fill else {
            return Ok(None);
        };
        let question = fill.question.as_ref();
        let asked = question.map_or(0, |one| one.text.len() as u64 + OVERHEAD_OF_QUESTION);
        let bytes = fill.answer.len() as u64 + OVERHEAD + asked;
        if fill.answer.len() > MAX_ANSWER || bytes > self.limit || !self.keeps() {
            return Ok(None);
        }
        let worth = Worth {
            cost: settlement.cost,
            bytes,
            uses: 1,
        };
        let tokens = fill.usage.as_ref().unwrap_or(&settlement.usage);
        self.remove("key = ?", vec![text(&fill.key)])?;
        let written = self.sql.run(
            "INSERT INTO surrogates SELECT ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?
             WHERE NOT EXISTS (SELECT 1 FROM feedback WHERE request_id = ? AND score < 0.5)",
            vec![
                text(&fill.key),
                text(&settlement.model),
                int(settlement.at),
                int(settlement.at.saturating_add(self.ttl_ms)),
                int(bytes),
                int(settlement.cost),
                int(settlement.baseline),
                text(&serde_json::to_string(tokens).unwrap_or_default()),
                int(settlement.at),
                JsValue::from_f64(worth.priority(self.room.borrow().inflation())),
                text(&settlement.id),
            ],
        )?;
        if written == 0 {
            return Ok(None);
        }
        self.sql.run(
            "INSERT INTO surrogate_answers VALUES (?, ?)",
            vec![text(&fill.key), text(&fill.answer)],
        )?;
        if let Some(question) = question {
            self.neighbours.keep(&fill.key, question)?;
        }
        let mut room = self.room.borrow_mut();
        room.take(bytes);
        room.make(&self.sql, self.limit)?;
        Ok(Some(&fill.key))
    }

    /// Forgets the answer under a key.
    pub(crate) fn forget(&self, key: &str) -> Result<()> {
        self.remove("key = ?", vec![text(key)])?;
        Ok(())
    }

    /// Somebody says whether the answer was right that a request was served, or gave. A wrong one is
    /// forgotten; one that was given for another question may still be right for that.
    pub(crate) fn judged(&self, request_id: &str, right: bool) -> Result<()> {
        #[derive(Deserialize)]
        struct Served {
            surrogate: String,
            near: u64,
        }
        let served: Option<Served> = self.sql.row(
            "SELECT surrogate, class = 'surrogate' AND json_extract(decision, '$.near') IS NOT NULL AS near
             FROM ledger WHERE id = ? AND surrogate <> ''",
            vec![text(request_id)],
        )?;
        let Some(Served { surrogate, near }) = served else {
            return Ok(());
        };
        match (near > 0, right) {
            (true, true) => self.neighbours.audits.weighed(&surrogate, true),
            (true, false) => self.neighbours.audits.complained(&surrogate),
            (false, true) => Ok(()),
            (false, false) => self.forget(&surrogate),
        }
    }

    /// Forgets the questions: answers serve their equals only.
    pub(crate) fn forget_questions(&self) -> Result<()> {
        self.neighbours.forget_all()
    }

    /// A model says whether an answer fits that it was shown.
    pub(crate) fn confirmed(&self, confirmation: &Confirmation) -> Result<()> {
        let Confirmation { key, right, .. } = confirmation;
        match confirmation.audit {
            true => self.neighbours.audits.audited(key, *right),
            false => self.neighbours.audits.weighed(key, *right),
        }
    }

    /// When the next answer expires, Unix ms.
    pub(crate) fn next_expiry(&self) -> Result<Option<u64>> {
        let first: Option<Expiry> = self
            .sql
            .row("SELECT min(expires) AS expires FROM surrogates", vec![])?;
        Ok(first.and_then(|first| first.expires))
    }

    /// Forgets what has expired.
    pub(crate) fn expire(&self, now: u64) -> Result<()> {
        self.remove("expires <= ?", vec![int(now)])?;
        Ok(())
    }

    /// The last transaction was undone: what is known of the table beside it is read anew.
    pub(crate) fn roll_back(&self) -> Result<()> {
        *self.room.borrow_mut() = Room::load(&self.sql)?;
        self.neighbours.reload();
        Ok(())
    }

    /// Removes what a condition holds for; gives how many that were.
    fn remove(&self, condition: &str, values: Vec<JsValue>) -> Result<usize> {
        #[derive(Deserialize)]
        struct Gone {
            bytes: u64,
        }
        let statement = format!("DELETE FROM surrogates WHERE {condition} RETURNING bytes");
        let gone: Vec<Gone> = self.sql.rows(&statement, values)?;
        let bytes = gone.iter().map(|gone| gone.bytes).sum();
        self.room.borrow_mut().give_back(bytes);
        Ok(gone.len())
    }
}

impl Stored {
    fn surrogate(self, key: &str, fits: Option<f64>) -> Surrogate {
        Surrogate {
            answer: self.answer,
            key: key.to_owned(),
            model: self.model,
            created: self.created,
            savings: self.savings,
            fits,
        }
    }
}

/// The oldest answer that a client takes, Unix ms.
fn oldest(admission: &Admission, replay: &Replay) -> u64 {
    let age = replay.max_age_ms;
    age.map_or(0, |age| admission.at.saturating_sub(age))
}

/// Whether an answer is within the client's bound.
fn is_within(replay: &Replay, usage: &Usage) -> bool {
    let bound = replay.max_output_tokens.map(u64::from);
    bound.is_none_or(|bound| usage.output <= bound)
}

/// Whether the answer to a question speaks of nothing that is not asked about here.
fn names_the_same(found: &Neighbour, answer: &str) -> bool {
    let (asked, was_asked) = &found.readings;
    let answer = serde_json::from_str::<Answer>(answer);
    answer.is_ok_and(|answer| answer_fits(asked, was_asked, &answer.text()))
}
