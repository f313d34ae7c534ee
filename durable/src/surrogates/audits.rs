//! How far answers to other questions are trusted, and how sure one has to be to serve one.

use moecraft_engine::semantic::{Bar, Trust};
use serde::Deserialize;
use wasm_bindgen::JsValue;
use worker::Result;

use crate::sql::{Sql, int, text};

#[derive(Deserialize)]
struct Trusted {
    right: f64,
    wrong: f64,
}

#[derive(Deserialize)]
struct Barred {
    accepted: f64,
    bar: f64,
    audits: u64,
    wrong: u64,
}

/// How the answers that were looked at again turned out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Record {
    /// How sure one has to be: the least probability that is served.
    pub(super) bar: f64,
    pub(super) count: u64,
    pub(super) wrong: u64,
}

/// What the tables say of that.
pub(super) struct Audits(Sql);

impl Audits {
    pub(super) const fn new(sql: Sql) -> Self {
        Self(sql)
    }

    /// A model was shown an answer that would have served, and says whether it is right. Only such audits
    /// move the bar: they are drawn by lot, where words come from who is cross.
    pub(super) fn audited(&self, key: &str, right: bool) -> Result<()> {
        self.trust(key, |trust| trust.audited(right))?;
        let Some(barred) = self.barred()? else {
            return Ok(());
        };
        let mut bar = read_bar(&barred);
        bar.audited(right, barred.accepted);
        self.store_bar(&Barred {
            bar: bar.into(),
            audits: barred.audits + 1,
            wrong: barred.wrong + u64::from(!right),
            ..barred
        })
    }

    /// A model that was shown an answer that was not sure enough, or somebody who was served one, says
    /// whether it is right.
    pub(super) fn weighed(&self, key: &str, right: bool) -> Result<()> {
        self.trust(key, |trust| trust.audited(right))
    }

    /// Somebody who was served an answer says that it is wrong.
    pub(super) fn complained(&self, key: &str) -> Result<()> {
        self.trust(key, Trust::complained)
    }

    /// How sure one has to be, and how that came about; none where nothing was looked for yet.
    pub(super) fn record(&self) -> Result<Option<Record>> {
        Ok(self.barred()?.map(|barred| Record {
            bar: read_bar(&barred).probability(),
            count: barred.audits,
            wrong: barred.wrong,
        }))
    }

    /// Changes how far a question is trusted; one that has lost all trust goes, and its answer serves its
    /// equals only.
    fn trust(&self, key: &str, change: impl FnOnce(&mut Trust)) -> Result<()> {
        let kept: Option<Trusted> = self.0.row(
            "SELECT right, wrong FROM surrogate_questions WHERE key = ?",
            vec![text(key)],
        )?;
        let Some(Trusted { right, wrong }) = kept else {
            return Ok(());
        };
        let mut trust = Trust::try_from((right, wrong)).unwrap_or_default();
        change(&mut trust);
        if trust.is_lost() {
            self.0.run(
                "DELETE FROM surrogate_questions WHERE key = ?",
                vec![text(key)],
            )?;
            return Ok(());
        }
        let (right, wrong) = trust.into();
        self.0.run(
            "UPDATE surrogate_questions SET right = ?, wrong = ? WHERE key = ?",
            vec![
                JsValue::from_f64(right),
                JsValue::from_f64(wrong),
                text(key),
            ],
        )?;
        Ok(())
    }

    /// The bar of a tenant who accepts this share; it begins anew with another share.
    pub(super) fn bar(&self, accepted: f64) -> Result<Bar> {
        match self.barred()? {
            Some(barred) if barred.accepted == accepted => Ok(read_bar(&barred)),
            _ => {
                let bar = Bar::new(accepted);
                self.store_bar(&Barred {
                    accepted,
                    bar: bar.into(),
                    audits: 0,
                    wrong: 0,
                })?;
                Ok(bar)
            }
        }
    }

    fn barred(&self) -> Result<Option<Barred>> {
        let row = "SELECT accepted, bar, audits, wrong FROM surrogate_bar";
        self.0.row(row, vec![])
    }

    fn store_bar(&self, barred: &Barred) -> Result<()> {
        self.0.run(
            "INSERT OR REPLACE INTO surrogate_bar VALUES (0, ?, ?, ?, ?)",
            vec![
                JsValue::from_f64(barred.accepted),
                JsValue::from_f64(barred.bar),
                int(barred.audits),
                int(barred.wrong),
            ],
        )?;
        Ok(())
    }
}

fn read_bar(barred: &Barred) -> Bar {
    Bar::try_from(barred.bar).unwrap_or_else(|_| Bar::new(barred.accepted))
}
