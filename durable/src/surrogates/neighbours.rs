//! Questions whose answers may serve others of the same meaning.
//!
//! The table is what counts; the index in memory only says where to look. After a start it is filled by
//! the first look-ups, a page each, the newest first. What it names and the table has no longer, it
//! forgets when it comes upon it.

use std::cell::RefCell;

use moecraft_engine::admission::Question;
use moecraft_engine::semantic::{
    Candidate, Code, Index, Reading, Setting, Trust, Verdict, Verifier, decide, exclusion,
};
use serde::Deserialize;
use worker::{Result, SqlStorageValue};

use super::audits::Audits;
use crate::sql::{Sql, int, text};

/// How many neighbours are read beside a question.
const READ: usize = 5;
/// The most questions that are looked for in: 16 MB of memory.
const CAPACITY: usize = 50_000;
/// How many are left when they have become too many.
const THINNED: u64 = 40_000;
/// How many rows one look-up loads.
const PAGE: u64 = 2_000;
/// No id is as large.
const BEYOND: u64 = 1 << 53;

/// The questions in memory.
struct Loaded {
    index: Index,
    /// Rows below this id are not loaded yet; none where all are.
    before: Option<u64>,
}

impl Loaded {
    fn nothing() -> Self {
        Self {
            index: Index::new(CAPACITY),
            before: Some(BEYOND),
        }
    }
}

#[derive(Deserialize)]
struct Kept {
    id: u64,
    key: String,
    scope: String,
    question: String,
    right: f64,
    wrong: f64,
    model: String,
    created: u64,
    expires: u64,
}

impl Kept {
    fn trust(&self) -> Trust {
        Trust::try_from((self.right, self.wrong)).unwrap_or_default()
    }
}

/// What is looked for.
pub(super) struct Wanted<'a> {
    pub(super) question: &'a Question,
    /// The models whose answers may be served.
    pub(super) models: &'a [String],
    /// The share of wrong ones that is accepted.
    pub(super) accepted: f64,
    /// An answer has to be of then or later, Unix ms.
    pub(super) oldest: u64,
    pub(super) now: u64,
}

/// A question whose answer may serve.
pub(super) struct Neighbour {
    pub(super) key: String,
    pub(super) question: String,
    /// The question that is asked now, and this one, as they were read.
    pub(super) readings: (Reading, Reading),
    /// How likely its answer fits.
    pub(super) p: f64,
    /// Whether that is sure enough.
    pub(super) serves: bool,
}

/// The questions whose answers are kept.
pub(super) struct Neighbours {
    sql: Sql,
    pub(super) audits: Audits,
    loaded: RefCell<Loaded>,
}

impl Neighbours {
    pub(super) fn new(sql: Sql) -> Self {
        Self {
            audits: Audits::new(sql.clone()),
            sql,
            loaded: RefCell::new(Loaded::nothing()),
        }
    }

    /// The question that comes nearest in meaning, if its answer is likely enough to fit.
    pub(super) fn find(&self, wanted: &Wanted<'_>) -> Result<Option<Neighbour>> {
        let reading = Reading::of(&wanted.question.text);
        let (Some(verifier), Some(code)) = (Verifier::shipped(), code(&reading)) else {
            return Ok(None);
        };
        self.load_page()?;
        let scope = &wanted.question.scope;
        let near = {
            let loaded = self.loaded.borrow();
            loaded.index.nearest(short(scope), &code, READ)
        };
        if near.is_empty() {
            return Ok(None);
        }
        let ids: Vec<u64> = near.iter().map(|near| near.id).collect();
        let kept: Vec<Kept> = self.sql.rows(
            "SELECT id, key, scope, question, right, wrong, model, created, expires
             FROM surrogate_questions JOIN surrogates USING (key)
             WHERE id IN (SELECT value FROM json_each(?))",
            vec![text(&serde_json::to_string(&ids)?)],
        )?;
        let by_id = |id: u64| kept.iter().find(|kept| kept.id == id);
        for gone in ids.iter().filter(|id| by_id(**id).is_none()) {
            self.loaded.borrow_mut().index.remove(*gone);
        }
        let fits = |kept: &&Kept| {
            kept.scope == *scope
                && kept.created >= wanted.oldest
                && kept.expires > wanted.now
                && wanted.models.contains(&kept.model)
        };
        let read: Vec<(&Kept, Reading)> = ids
            .iter()
            .filter_map(|id| by_id(*id).filter(fits))
            .map(|kept| (kept, Reading::of(&kept.question)))
            .collect();
        let candidates = read.iter().map(|(kept, question)| Candidate {
            id: kept.id,
            question,
            trust: kept.trust(),
        });
        let bar = self.audits.bar(wanted.accepted)?;
        let (found, serves) = match decide(verifier, bar, &reading, candidates) {
            Verdict::Serve(found) => (found, true),
            Verdict::Hint(found) => (found, false),
            Verdict::Ask => return Ok(None),
        };
        let found_in = read.into_iter().find(|(kept, _)| kept.id == found.id);
        Ok(found_in.map(|(kept, was_asked)| Neighbour {
            key: kept.key.clone(),
            question: kept.question.clone(),
            readings: (reading, was_asked),
            p: found.p,
            serves,
        }))
    }

    /// Keeps a question, if others may be found by it.
    pub(super) fn keep(&self, key: &str, question: &Question) -> Result<()> {
        let Some(code) = code(&Reading::of(&question.text)) else {
            return Ok(());
        };
        #[derive(Deserialize)]
        struct Id {
            id: u64,
        }
        let vector = js_sys::Uint8Array::from(code.bytes().as_slice());
        let row: Option<Id> = self.sql.row(
            "INSERT INTO surrogate_questions (key, scope, question, vector, right, wrong)
             VALUES (?, ?, ?, ?, 0, 0) RETURNING id",
            vec![
                text(key),
                text(&question.scope),
                text(&question.text),
                vector.into(),
            ],
        )?;
        let Some(Id { id }) = row else { return Ok(()) };
        let mut loaded = self.loaded.borrow_mut();
        if !loaded.index.insert(id, short(&question.scope), code) {
            self.sql.run(
                "DELETE FROM surrogate_questions WHERE id <= (
                   SELECT id FROM surrogate_questions ORDER BY id DESC LIMIT 1 OFFSET ?)",
                vec![int(THINNED)],
            )?;
            *loaded = Loaded::nothing();
        }
        Ok(())
    }

    pub(super) fn forget_all(&self) -> Result<()> {
        self.sql.run("DELETE FROM surrogate_questions", vec![])?;
        self.reload();
        Ok(())
    }

    /// The table is not as it was: what is in memory of it is read anew.
    pub(super) fn reload(&self) {
        *self.loaded.borrow_mut() = Loaded::nothing();
    }

    /// Loads the next page, where not all is loaded.
    fn load_page(&self) -> Result<()> {
        let mut loaded = self.loaded.borrow_mut();
        let Some(before) = loaded.before else {
            return Ok(());
        };
        let rows = self.sql.raw(
            "SELECT id, scope, vector FROM surrogate_questions WHERE id < ? ORDER BY id DESC LIMIT ?",
            vec![int(before), int(PAGE)],
        )?;
        let whole = rows.len() as u64 == PAGE;
        let mut lowest = None;
        for (id, scope, code) in rows.iter().filter_map(|row| entry(row)) {
            lowest = Some(id);
            if !loaded.index.insert(id, scope, code) {
                lowest = None;
                break;
            }
        }
        loaded.before = lowest.filter(|_| whole);
        Ok(())
    }
}

fn entry(row: &[SqlStorageValue]) -> Option<(u64, u64, Code)> {
    match row {
        [
            SqlStorageValue::Integer(id),
            SqlStorageValue::String(scope),
            SqlStorageValue::Blob(vector),
        ] => Some((
            u64::try_from(*id).ok()?,
            short(scope),
            Code::from_bytes(vector)?,
        )),
        _ => None,
    }
}

/// What a question is found by, where it has neighbours at all.
fn code(reading: &Reading) -> Option<Code> {
    match exclusion(Setting::default(), reading) {
        Some(_) => None,
        None => reading.embedding().map(Code::of),
    }
}

/// As much of a scope as the index compares; the table has all of it.
fn short(scope: &str) -> u64 {
    let head = scope.get(..16).unwrap_or_default();
    u64::from_str_radix(head, 16).unwrap_or_default()
}
