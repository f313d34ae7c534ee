//! Trains the models that predict which tier answers well, and measures them on prompts that they
//! were not trained on.

mod amount;
mod calibrate;
mod card;
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
mod out_of_fold;
mod policy;
mod sparse;
mod table;
mod targets;
#[cfg(test)]
mod tests;
mod write;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use calibrate::Calibration;
use data::Data;
use fit::{Plan, Seen, fit};
use lessons::Course;
use out_of_fold::{KINDS, Score, calibrated, calibration, parts, read_kinds, unseen, write_kinds};
use policy::{Subject, Unseen, View};
use targets::Targets;

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
        let known = read_kinds(folder, &courses, data)?.into_iter().next();
        let left = table::Left {
            known: subjects(data, &courses, known.unwrap_or_default()),
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
    let mut entries = Vec::new();
    let mut files = Vec::new();
    for ((name, policy_of), plan, courses) in courses {
        let models = order.models.join(name);
        let kinds: Vec<Vec<Vec<Unseen>>> = match (order.policies, &order.predictions) {
            (true, Some(folder)) => read_kinds(folder, &courses, data)?,
            _ => {
                let parts = parts(data, order.leave_out);
                let unseen = unseen(&plan, data, seen, &targets, &courses, &parts)?;
                if !order.measure {
                    let all: Vec<usize> = (0..data.prompts.len()).collect();
                    let mut fitted = fit(&plan, data, seen, &targets, &courses, &all)?;
                    for (course, rows) in courses.iter().zip(&unseen) {
                        fitted
                            .calibrate(&course.name, &calibration(course, KINDS[0].1, rows.iter()));
                    }
                    save(&models, &fitted.file())?;
                }
                let kind = |(_, of): &(&str, Score)| {
                    let courses = courses.iter().zip(&unseen);
                    courses
                        .map(|(course, rows)| calibrated(course, *of, rows, &parts))
                        .collect()
                };
                let kinds: Vec<_> = KINDS.iter().map(kind).collect();
                if let Some(folder) = &order.predictions {
                    write_kinds(folder, &courses, &kinds, data)?;
                }
                kinds
            }
        };
        for (place, course) in courses.iter().enumerate() {
            let rows = KINDS
                .iter()
                .zip(&kinds)
                .map(|((kind, _), rows)| (*kind, rows[place].as_slice()));
            entries.push(card::Entry::of(data, course, rows));
        }
        if order.measure {
            continue;
        }
        files.push((
            name,
            fs::read(&models).with_context(|| models.display().to_string())?,
        ));
        let subjects = subjects(data, &courses, kinds.into_iter().next().unwrap_or_default());
        save(
            &order.models.join(policy_of),
            &policy::train(&school.view(), &subjects)?,
        )?;
    }
    let card = card::card(data, &entries, &files)?;
    if order.measure {
        Ok(std::io::stdout().write_all(card.as_bytes())?)
    } else {
        save(&order.models.join("MODEL_CARD.md"), card.as_bytes())
    }
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
