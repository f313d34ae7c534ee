//! Trains the models that predict which tier answers well, and measures them on prompts that they
//! were not trained on.

mod amount;
mod calibrate;
mod cascade;
pub(crate) mod data;
mod familiar;
mod fit;
mod forest;
mod hindsight;
mod lessons;
mod logistic;
mod metrics;
mod network;
mod policy;
mod sparse;
mod table;
mod targets;
mod write;

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use moecraft_engine::predict::Predictor;

use calibrate::Calibration;
use data::Data;
use fit::{Plan, Seen, fit};
use lessons::Course;
use policy::{Subject, Unseen, View};
use targets::Targets;

/// Folds of the data.
const FOLDS: usize = 5;

/// What to do.
pub(crate) struct Order {
    pub(crate) data: PathBuf,
    pub(crate) models: PathBuf,
    /// Where out-of-fold predictions go, a file for each pool; nowhere if none.
    pub(crate) predictions: Option<PathBuf>,
    /// Only set the policies, by predictions of an earlier run.
    pub(crate) policies: bool,
    /// Only measure; write no model.
    pub(crate) measure: bool,
    /// Measure with a whole benchmark left out at a time instead of a fold.
    pub(crate) leave_out: bool,
}

/// Of the pools: large, since only the evaluation loads it.
const POOLS: Plan = Plan {
    networks: 4,
    network: network::Recipe {
        units: 256,
        epochs: 10,
        dropout: 0.6,
        input_dropout: 0.1,
        decay: 0.3,
    },
    forest: FOREST,
    share: 0.4,
};

/// Of the classes: small, since every Worker carries it.
const CLASSES: Plan = Plan {
    networks: 2,
    network: network::Recipe {
        units: 96,
        epochs: 10,
        dropout: 0.5,
        input_dropout: 0.1,
        decay: 0.3,
    },
    forest: FOREST,
    share: 0.4,
};

const FOREST: forest::Recipe = forest::Recipe {
    trees: 250,
    leaves: 15,
    rate: 0.03,
    least_rows: 20,
    inputs: 0.3,
    rows: 0.7,
    ridge: 5.0,
};

/// A prompt out of fold: its place, and what is said of each tier. Scores are log-odds.
struct Row {
    at: usize,
    scores: Vec<f64>,
    /// The same of the readable model, and of its ensemble.
    readable: Vec<f64>,
    ensemble: Vec<f64>,
    costs: Vec<Option<f64>>,
}

/// The models that are measured: all learners together, the readable one, and its ensemble.
const KINDS: [(&str, fn(&Row) -> &[f64]); 3] = [
    ("", |row| &row.scores),
    ("-readable", |row| &row.readable),
    ("-ensemble", |row| &row.ensemble),
];

impl Row {
    fn calibrated(&self, of: fn(&Self) -> &[f64], by: &Calibration) -> Unseen {
        let scores = of(self).iter().enumerate();
        let p = |(tier, score): (usize, &f64)| logistic::probability(by.apply(tier, *score));
        Unseen {
            at: self.at,
            p: scores.map(p).collect(),
            costs: self.costs.clone(),
        }
    }
}

/// The data as all that learns sees it.
struct School {
    data: Data,
    seen: Vec<Seen>,
    inputs: nalgebra::DMatrix<f32>,
    read: Vec<moecraft_engine::predict::Row>,
}

impl School {
    fn open(folder: &Path) -> Result<Self> {
        let data = Data::load(folder)?;
        let seen: Vec<Seen> = data
            .prompts
            .iter()
            .map(|prompt| Seen::of(&prompt.text))
            .collect();
        let all: Vec<usize> = (0..data.prompts.len()).collect();
        let scaling = fit::scaling(&seen, &all)?;
        let read = seen
            .iter()
            .map(|seen| scaling.row(&seen.features, seen.embedding.as_ref()));
        Ok(Self {
            inputs: fit::matrix(&scaling, &seen),
            read: read.collect(),
            seen,
            data,
        })
    }

    fn view(&self) -> View<'_> {
        View {
            data: &self.data,
            inputs: &self.inputs,
            read: &self.read,
        }
    }
}

/// Trains models for the table of all pools, and prints it. With predictions of an earlier run it
/// trains none and tells of known traffic only.
pub(crate) fn table(order: &Order) -> Result<String> {
    let school = School::open(&order.data)?;
    let School { data, seen, .. } = &school;
    let targets = Targets::of(data);
    let courses = lessons::of_pools(data);
    if let Some(folder) = &order.predictions {
        let known = courses.iter().map(|course| predicted(folder, course, data));
        let left = table::Left {
            known: subjects(data, &courses, known.collect::<Result<_>>()?),
            unknown: Vec::new(),
        };
        return table::print(&school.view(), &left);
    }
    let folds = parts(data, false);
    let fields = policy::fields(data)
        .into_iter()
        .map(|field| field % policy::PARTS)
        .collect();
    let mut left = Vec::new();
    for parts in [&folds, &fields] {
        let unseen = unseen(&POOLS, data, seen, &targets, &courses, parts)?;
        // Calibrated on folds both: of what is foreign no outcomes are at hand.
        left.push(unseen);
    }
    let known = left.first().context("folds")?;
    let calibrations: Vec<Calibration> = (courses.iter().zip(known))
        .map(|(course, rows)| calibration(course, KINDS[0].1, rows.iter()))
        .collect();
    let unknown: Vec<Vec<Unseen>> = (left.get(1).context("fields")?.iter().zip(&calibrations))
        .map(|(rows, calibration)| {
            rows.iter()
                .map(|row| row.calibrated(KINDS[0].1, calibration))
                .collect()
        })
        .collect();
    let known = courses
        .iter()
        .zip(known)
        .map(|(course, rows)| calibrated(course, KINDS[0].1, rows, &folds));
    let left = table::Left {
        known: subjects(data, &courses, known.collect()),
        unknown: subjects(data, &courses, unknown),
    };
    table::print(&school.view(), &left)
}

/// Trains, measures and writes.
pub(crate) fn run(order: &Order) -> Result<()> {
    let school = School::open(&order.data)?;
    let School { data, seen, .. } = &school;
    let targets = Targets::of(data);
    let courses = [
        (
            ("pools.bin", "pools-policy.bin"),
            POOLS,
            lessons::of_pools(data),
        ),
        (
            ("general.bin", "general-policy.bin"),
            CLASSES,
            lessons::of_classes(data),
        ),
    ];
    for ((name, policy_of), plan, courses) in courses {
        if let (true, Some(folder)) = (order.policies, &order.predictions) {
            let unseen = courses
                .iter()
                .map(|course| predicted(folder, course, data))
                .collect::<Result<Vec<_>>>()?;
            let subjects = subjects(data, &courses, unseen);
            save(
                &order.models.join(policy_of),
                &policy::train(&school.view(), &subjects)?,
            )?;
            continue;
        }
        let parts = parts(data, order.leave_out);
        let unseen = unseen(&plan, data, seen, &targets, &courses, &parts)?;
        if let Some(folder) = &order.predictions {
            for (kind, of) in KINDS {
                for (course, rows) in courses.iter().zip(&unseen) {
                    let rows = calibrated(course, of, rows, &parts);
                    predictions(
                        &folder.join(format!("{}{kind}.jsonl", course.name)),
                        course,
                        &rows,
                        data,
                    )?;
                }
            }
        }
        if order.measure {
            continue;
        }
        let all: Vec<usize> = (0..data.prompts.len()).collect();
        let mut fitted = fit(&plan, data, seen, &targets, &courses, &all)?;
        for (course, rows) in courses.iter().zip(&unseen) {
            fitted.calibrate(&course.name, &calibration(course, KINDS[0].1, rows.iter()));
        }
        let file = fitted.file();
        save(&order.models.join(name), &file)?;
        let calibrated = (courses.iter().zip(&unseen))
            .map(|(course, rows)| calibrated(course, KINDS[0].1, rows, &parts))
            .collect();
        let subjects = subjects(data, &courses, calibrated);
        save(
            &order.models.join(policy_of),
            &policy::train(&school.view(), &subjects)?,
        )?;
    }
    Ok(())
}

fn save(path: &Path, file: &[u8]) -> Result<()> {
    fs::write(path, file).with_context(|| path.display().to_string())?;
    eprintln!("{}: {} bytes", path.display(), file.len());
    Ok(())
}

/// What policies are set by, predictions out of fold among it.
fn subjects<'a>(data: &Data, courses: &'a [Course], unseen: Vec<Vec<Unseen>>) -> Vec<Subject<'a>> {
    let subject = |(course, unseen): (&'a Course, Vec<Unseen>)| Subject {
        name: &course.name,
        tiers: course.lessons.iter().map(|lesson| lesson.tier).collect(),
        outcomes: lessons::outcomes(data, course),
        unseen,
        probed: lessons::probed(data, course),
    };
    courses.iter().zip(unseen).map(subject).collect()
}

/// Probabilities of prompts out of fold, each part calibrated on the others.
fn calibrated(
    course: &Course,
    of: fn(&Row) -> &[f64],
    rows: &[Row],
    parts: &[usize],
) -> Vec<Unseen> {
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
fn parts(data: &Data, by_benchmark: bool) -> Vec<usize> {
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
fn unseen(
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
fn calibration<'a>(
    course: &Course,
    of: fn(&Row) -> &[f64],
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

/// Reads what [`predictions`] wrote.
fn predicted(folder: &Path, course: &Course, data: &Data) -> Result<Vec<Unseen>> {
    let places: HashMap<&str, usize> = (data.prompts.iter().enumerate())
        .map(|(at, prompt)| (prompt.id.as_str(), at))
        .collect();
    let path = folder.join(format!("{}.jsonl", course.name));
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
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

/// Writes what `eval_routing.py --scores` reads.
fn predictions(path: &Path, course: &Course, rows: &[Unseen], data: &Data) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
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
