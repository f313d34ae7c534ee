//! Predictions of prompts by learners that had not seen them: a fold, or a whole benchmark, is left
//! out at a time.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use moecraft_engine::predict::Predictor;

use super::calibrate::Calibration;
use super::data::Data;
use super::fit::{Plan, Seen, fit};
use super::lessons::{self, Course};
use super::policy::{self, Unseen};
use super::targets::Targets;
use moecraft_engine::logistic::probability;

/// Folds of the data.
const FOLDS: usize = 5;

/// A prompt out of fold: its place, and what is said of each tier. Scores are log-odds.
pub(super) struct Row {
    at: usize,
    scores: Vec<f64>,
    /// The same of the readable model, and of its ensemble.
    readable: Vec<f64>,
    ensemble: Vec<f64>,
    costs: Vec<Option<f64>>,
}

/// The scores of one of the models.
pub(super) type Score = fn(&Row) -> &[f64];

/// The models that are measured: all learners together, the readable one, and its ensemble.
pub(super) const KINDS: [(&str, Score); 3] = [
    ("", |row| &row.scores),
    ("-readable", |row| &row.readable),
    ("-ensemble", |row| &row.ensemble),
];

impl Row {
    pub(super) fn calibrated(&self, of: Score, by: &Calibration) -> Unseen {
        let scores = of(self).iter().enumerate();
        let p = |(tier, score): (usize, &f64)| probability(by.apply(tier, *score));
        Unseen {
            at: self.at,
            p: scores.map(p).collect(),
            costs: self.costs.clone(),
        }
    }
}

/// Probabilities of prompts out of fold, each part calibrated on the others.
pub(super) fn calibrated(course: &Course, of: Score, rows: &[Row], parts: &[usize]) -> Vec<Unseen> {
    let mut calibrated = Vec::with_capacity(rows.len());
    for part in 0..=parts.iter().copied().max().unwrap_or_default() {
        let (here, others): (Vec<&Row>, Vec<&Row>) =
            rows.iter().partition(|row| parts[row.at] == part);
        let calibration = calibration(course, of, others.into_iter());
        calibrated.extend(here.into_iter().map(|row| row.calibrated(of, &calibration)));
    }
    calibrated
}

/// To which part each prompt belongs that is left out together.
pub(super) fn parts(data: &Data, by_benchmark: bool) -> Vec<usize> {
    if !by_benchmark {
        return data
            .prompts
            .iter()
            .map(|prompt| prompt.fold % FOLDS)
            .collect();
    }
    // The same questions under two names are one benchmark.
    let family = |name: &str| {
        name.trim_start_matches("rl-")
            .trim_start_matches("rb-")
            .to_owned()
    };
    let mut names: Vec<String> = data.prompts.iter().map(|p| family(&p.benchmark)).collect();
    let each = names.clone();
    names.sort();
    names.dedup();
    each.iter()
        .filter_map(|name| names.binary_search(name).ok())
        .collect()
}

/// For each pool the scores of all its prompts, each by learners trained without its part.
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
        let rows = policy::without(data, &all, &|at| parts[at] == part);
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
                    scores: outlooks.iter().map(|o| log_odds(o.p)).collect(),
                    readable: predictor
                        .readable(features)
                        .into_iter()
                        .map(log_odds)
                        .collect(),
                    ensemble: outlooks
                        .iter()
                        .map(|o| log_odds(o.belief.map_or(0.5, |belief| belief.mean)))
                        .collect(),
                    costs: outlooks.iter().map(|o| o.cost_usd).collect(),
                });
            }
        }
        eprintln!("part {part}: {:.0} s", started.elapsed().as_secs_f64());
    }
    Ok(unseen)
}

fn log_odds(p: f64) -> f64 {
    (p / (1.0 - p)).ln()
}

/// The prompts of a course.
fn prompts_of(course: &Course) -> impl Iterator<Item = usize> {
    let first = course.lessons.first();
    first
        .into_iter()
        .flat_map(|lesson| &lesson.grades)
        .map(|(at, _)| *at)
}

/// Fitted to some of the rows of a pool.
pub(super) fn calibration<'a>(
    course: &Course,
    of: Score,
    rows: impl Iterator<Item = &'a Row>,
) -> Calibration {
    let grades: Vec<HashMap<usize, f64>> = course
        .lessons
        .iter()
        .map(|lesson| lesson.grades.iter().copied().collect())
        .collect();
    let graded: Vec<(usize, f64, f64)> = rows
        .flat_map(|row| {
            of(row)
                .iter()
                .enumerate()
                .filter_map(|(tier, score)| Some((tier, *score, *grades.get(tier)?.get(&row.at)?)))
        })
        .collect();
    Calibration::fit(course.lessons.len(), &graded)
}

/// A file for each pool and kind.
fn path(folder: &Path, course: &Course, kind: &str) -> PathBuf {
    folder.join(format!("{}{kind}.jsonl", course.name))
}

/// Reads what [`write_kinds`] wrote: by kind, then by pool.
pub(super) fn read_kinds(
    folder: &Path,
    courses: &[Course],
    data: &Data,
) -> Result<Vec<Vec<Vec<Unseen>>>> {
    let kind = |(kind, _): &(&str, Score)| {
        courses
            .iter()
            .map(|course| read(&path(folder, course, kind), course, data))
            .collect()
    };
    KINDS.iter().map(kind).collect()
}

/// Writes what `eval_routing.py --scores` reads.
pub(super) fn write_kinds(
    folder: &Path,
    courses: &[Course],
    kinds: &[Vec<Vec<Unseen>>],
    data: &Data,
) -> Result<()> {
    fs::create_dir_all(folder)?;
    for ((kind, _), pools) in KINDS.iter().zip(kinds) {
        for (course, rows) in courses.iter().zip(pools) {
            write(&path(folder, course, kind), course, rows, data)?;
        }
    }
    Ok(())
}

fn read(path: &Path, course: &Course, data: &Data) -> Result<Vec<Unseen>> {
    let places: HashMap<&str, usize> = (data.prompts.iter().enumerate())
        .map(|(at, prompt)| (prompt.id.as_str(), at))
        .collect();
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let unseen = |line: &str| -> Result<Unseen> {
        let line: serde_json::Value = serde_json::from_str(line)?;
        let of = |key: &str, lesson: &lessons::Lesson| line[key][lesson.tier.name()].as_f64();
        let id = line["id"].as_str().context("id")?;
        let p = course.lessons.iter().map(|lesson| of("scores", lesson));
        Ok(Unseen {
            at: *places.get(id).context("another id")?,
            p: p.collect::<Option<_>>().context("scores")?,
            costs: course
                .lessons
                .iter()
                .map(|lesson| of("costs", lesson))
                .collect(),
        })
    };
    text.lines().map(unseen).collect()
}

fn write(path: &Path, course: &Course, rows: &[Unseen], data: &Data) -> Result<()> {
    let mut out = fs::File::create(path)?;
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
