//! Predictions of prompts by learners that had not seen them, calibrated on others.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::Result;
use moecraft_engine::predict::Predictor;
use moecraft_engine::uncertainty::{Graded, Platt};
use serde::{Deserialize, Serialize};

use super::data::Data;
use super::fit::{Plan, Seen, fit};
use super::kinds::without;
use super::lessons::Course;
use super::policy::Unseen;
use super::targets::Targets;

/// A prompt by learners that had not seen it: its place, and the probability of a good answer of each
/// tier before any calibration.
#[derive(Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) at: usize,
    all: Vec<f64>,
    /// By the readable model, and by its ensemble.
    readable: Vec<f64>,
    ensemble: Vec<f64>,
    costs: Vec<Option<f64>>,
}

/// What one of the models says.
pub(super) type Says = fn(&Row) -> &[f64];

/// The models that are measured: all learners together, the readable one, and its ensemble.
pub(super) const KINDS: [(&str, Says); 3] = [
    ("all", |row| &row.all),
    ("readable", |row| &row.readable),
    ("ensemble", |row| &row.ensemble),
];

/// All learners together.
pub(super) const ALL: Says = KINDS[0].1;

impl Row {
    fn calibrated(&self, says: Says, by: &[Platt]) -> Unseen {
        let tiers = says(self).iter().zip(by);
        Unseen {
            at: self.at,
            p: tiers.map(|(p, platt)| platt.apply(*p)).collect(),
            costs: self.costs.clone(),
        }
    }
}

/// Probabilities of `rows`, those of each part calibrated on those of `known` that belong to others.
pub(super) fn calibrated(
    course: &Course,
    says: Says,
    rows: &[Row],
    known: &[Row],
    parts: &[usize],
) -> Result<Vec<Unseen>> {
    let mut calibrated = Vec::with_capacity(rows.len());
    for part in 0..=parts.iter().copied().max().unwrap_or_default() {
        let others = known.iter().filter(|row| parts[row.at] != part);
        let by = calibration(course, says, others)?;
        let here = rows.iter().filter(|row| parts[row.at] == part);
        calibrated.extend(here.map(|row| row.calibrated(says, &by)));
    }
    Ok(calibrated)
}

/// A calibrator for each tier, fitted to some of the rows of a pool.
pub(super) fn calibration<'a>(
    course: &Course,
    says: Says,
    rows: impl Iterator<Item = &'a Row>,
) -> Result<Vec<Platt>> {
    let grades: Vec<HashMap<usize, f64>> = course
        .lessons
        .iter()
        .map(|lesson| lesson.grades.iter().copied().collect())
        .collect();
    let mut graded = vec![Vec::new(); grades.len()];
    for row in rows {
        for ((graded, grades), p) in graded.iter_mut().zip(&grades).zip(says(row)) {
            graded.extend(grades.get(&row.at).map(|grade| Graded {
                predicted: *p,
                outcome: *grade,
                weight: 1.0,
            }));
        }
    }
    Ok(Platt::family(&graded)?)
}

/// For each pool what is said of all its prompts, each by learners trained without its part.
pub(super) fn unseen(
    plan: &Plan,
    data: &Data,
    seen: &[Seen],
    targets: &Targets,
    courses: &[Course],
    parts: &[usize],
) -> Result<Vec<Vec<Row>>> {
    let mut unseen: Vec<Vec<Row>> = courses.iter().map(|_| Vec::new()).collect();
    for part in 0..=parts.iter().copied().max().unwrap_or_default() {
        let started = std::time::Instant::now();
        let all: Vec<usize> = (0..parts.len()).collect();
        let rows = without(data, &all, &|at| parts[at] == part);
        let file = fit(plan, data, seen, targets, courses, &rows)?.file();
        for (course, rows) in courses.iter().zip(&mut unseen) {
            let predictor = Predictor::read(&file, &course.name)?;
            for at in prompts_of(course).filter(|&at| parts[at] == part) {
                let Seen {
                    features,
                    embedding,
                } = &seen[at];
                let outlooks = predictor.predict(features, embedding.as_ref());
                rows.push(Row {
                    at,
                    all: outlooks.iter().map(|o| o.p).collect(),
                    readable: predictor.readable(features),
                    ensemble: outlooks
                        .iter()
                        .map(|o| o.belief.map_or(0.5, |belief| belief.mean))
                        .collect(),
                    costs: outlooks.iter().map(|o| o.cost_usd).collect(),
                });
            }
        }
        eprintln!("part {part}: {:.0} s", started.elapsed().as_secs_f64());
    }
    Ok(unseen)
}

/// The prompts of a course.
fn prompts_of(course: &Course) -> impl Iterator<Item = usize> {
    let first = course.lessons.first();
    first
        .into_iter()
        .flat_map(|lesson| &lesson.grades)
        .map(|(at, _)| *at)
}

/// Writes what `eval_routing.py --scores` reads, a file for each pool.
pub(super) fn write(folder: &Path, course: &Course, rows: &[Unseen], data: &Data) -> Result<()> {
    fs::create_dir_all(folder)?;
    let mut out = fs::File::create(folder.join(format!("{}.jsonl", course.name)))?;
    for row in rows {
        let mut scores = serde_json::Map::new();
        let mut costs = serde_json::Map::new();
        for ((lesson, p), cost) in course.lessons.iter().zip(&row.p).zip(&row.costs) {
            scores.insert(lesson.tier.name().into(), (*p).into());
            if let Some(cost) = cost {
                costs.insert(lesson.tier.name().into(), (*cost).into());
            }
        }
        let id = &data.prompts[row.at].id;
        let line = serde_json::json!({"id": id, "scores": scores, "costs": costs});
        writeln!(out, "{line}")?;
    }
    Ok(())
}
