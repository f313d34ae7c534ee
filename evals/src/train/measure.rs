//! What the default policy of each pool comes to on prompts that nothing has seen by which it was set.
//!
//! Known traffic is one fold at a time, predicted, measured and decided by what was learned and set on
//! the others. Unknown traffic is a field of study or a whole benchmark, all its prompts coming together,
//! of which neither the learners nor the calibration, the scale of foreignness or the policy have seen any;
//! only the constants of traffic and trials were set by looking at all of these kinds.

use std::collections::BTreeMap;

use anyhow::Result;

use super::foreign::{Distances, scales};
use super::kinds::field;
use super::metrics::{self, Figures};
use super::policy::{
    Case, Draft, Kept, LEAST_KIND, Subject, View, draft, share_foreign, standings,
};

/// Of a pool.
pub(crate) struct Measured<'a> {
    pub(crate) pool: &'a str,
    pub(crate) rows: usize,
    /// What the predictions are worth, by whatever policy.
    pub(crate) figures: Figures,
    /// What the default policy comes to on known traffic.
    pub(crate) known: Kept,
    /// The same on unknown traffic.
    pub(crate) unknown: Vec<Unknown>,
}

/// Of a field of study or benchmark left out.
pub(crate) struct Unknown {
    pub(crate) name: String,
    pub(crate) rows: usize,
    pub(crate) kept: Kept,
    /// The share of prompts that are treated as foreign.
    pub(crate) foreign: f64,
    /// Calibration error of what is shown, mean over tiers, before anything is told.
    pub(crate) ece: f64,
    /// The same of the chosen tier in the last quarter, each outcome told.
    pub(crate) taught: f64,
}

/// Measures all pools of a file.
pub(crate) fn measure<'a>(view: &View<'_>, subjects: &[Subject<'a>]) -> Result<Vec<Measured<'a>>> {
    let distances: Vec<&Distances> = subjects.iter().map(|subject| &subject.distances).collect();
    let fields = &view.labels.fields;
    let mut measured = Vec::new();
    for (subject, scale) in subjects.iter().zip(scales(&distances, fields, &|_| true)?) {
        let cases = subject.known(view, &scale);
        let rows: Vec<metrics::Row> = cases.iter().map(Case::row).collect();
        measured.push(Measured {
            pool: subject.name,
            rows: cases.len(),
            figures: metrics::figures(&rows),
            known: known(view, subject, &cases)?,
            unknown: Vec::new(),
        });
    }
    let parts = &view.labels.parts;
    for part in 0..=parts.iter().copied().max().unwrap_or_default() {
        let learns = |at: usize| parts[at] != part;
        let scales = scales(&distances, fields, &learns)?;
        for ((subject, scale), measured) in subjects.iter().zip(&scales).zip(&mut measured) {
            let known = subject.known(view, scale);
            let others: Vec<&Case> = known.iter().filter(|case| learns(case.at)).collect();
            let unknown = subject.unknown(view, scale);
            let left_out = unknown.iter().filter(|case| !learns(case.at));
            if others.is_empty() {
                continue;
            }
            let draft = set(view, subject, &others)?;
            let fields = by(left_out, |case| fields[case.at]).into_values();
            let enough = fields.filter(|cases| cases.len() >= LEAST_KIND);
            measured
                .unknown
                .extend(enough.map(|cases| Unknown::of(view, &draft, &cases)));
        }
    }
    Ok(measured)
}

fn known(view: &View<'_>, subject: &Subject<'_>, cases: &[Case]) -> Result<Kept> {
    let folds = by(cases.iter(), |case| view.labels.folds[case.at]);
    let mut kept = Kept::default();
    for (fold, here) in &folds {
        let others = cases
            .iter()
            .filter(|case| view.labels.folds[case.at] != *fold);
        kept.add(&set(view, subject, &others.collect::<Vec<_>>())?.kept(here));
    }
    Ok(kept)
}

/// The policy as it is set by these prompts.
fn set(view: &View<'_>, subject: &Subject<'_>, cases: &[&Case]) -> Result<Draft> {
    let standings = standings(&subject.tiers, cases, &view.labels.kinds)?;
    Ok(draft(subject.name, &standings, cases))
}

impl Unknown {
    fn of(view: &View<'_>, draft: &Draft, cases: &[&Case]) -> Self {
        let shown = draft.shown(cases);
        let ece = |tier: usize| metrics::ece(shown.iter().map(|tiers| tiers[tier]));
        let tiers = draft.standings.len();
        Self {
            name: cases
                .first()
                .map_or_else(String::new, |case| field(&view.data.prompts[case.at])),
            rows: cases.len(),
            kept: draft.kept(cases),
            foreign: share_foreign(cases),
            taught: draft.taught(view, cases),
            ece: (0..tiers).map(ece).sum::<f64>() / tiers.max(1) as f64,
        }
    }
}

fn by<'a>(
    cases: impl Iterator<Item = &'a Case>,
    part: impl Fn(&Case) -> usize,
) -> BTreeMap<usize, Vec<&'a Case>> {
    let mut parts: BTreeMap<usize, Vec<&Case>> = BTreeMap::new();
    for case in cases {
        parts.entry(part(case)).or_default().push(case);
    }
    parts
}
