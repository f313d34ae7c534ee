//! Trains the models that predict which tier answers well, and measures them on prompts that they
//! were not trained on.

mod amount;
mod card;
mod cascade;
pub(crate) mod data;
mod familiar;
mod fit;
mod foreign;
pub(crate) mod forest;
mod hindsight;
mod kinds;
mod left_out;
mod lessons;
pub(crate) mod logistic;
mod measure;
pub(crate) mod metrics;
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
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use data::Data;
use fit::{Plan, Seen, fit};
use foreign::Distances;
use kinds::Labels;
use left_out::{LeftOut, kept};
use lessons::Course;
use out_of_fold::{ALL, KINDS, calibrated, calibration, unseen};
use policy::{Subject, View};
use targets::Targets;

/// What to do.
pub(crate) struct Order {
    pub(crate) data: PathBuf,
    pub(crate) models: PathBuf,
    /// Where predictions by learners that had not seen the prompts, and distances, are kept between
    /// runs; nowhere if none.
    pub(crate) predictions: Option<PathBuf>,
    /// Only set the policies and write the card: the models are there.
    pub(crate) policies: bool,
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
    labels: Labels,
    targets: Targets,
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
            labels: Labels::of(&data),
            targets: Targets::of(&data),
            seen,
            data,
        })
    }

    fn view(&self) -> View<'_> {
        View {
            data: &self.data,
            seen: &self.seen,
            inputs: &self.inputs,
            read: &self.read,
            labels: &self.labels,
        }
    }
}

/// Models that share a file, and how they are trained.
struct Shelf {
    /// Of the files: `pools` for `pools.bin` and `pools-policy.bin`.
    name: &'static str,
    plan: Plan,
    courses: Vec<Course>,
}

impl Shelf {
    fn all(data: &Data) -> [Self; 2] {
        [
            Self {
                name: "pools",
                plan: POOLS,
                courses: lessons::of_pools(data),
            },
            Self {
                name: "general",
                plan: CLASSES,
                courses: lessons::of_classes(data),
            },
        ]
    }

    /// What learners say of all prompts that they had not seen.
    fn left_out(&self, school: &School, folder: Option<&Path>) -> Result<LeftOut> {
        let School { data, seen, .. } = school;
        let Labels { folds, parts, .. } = &school.labels;
        let learn = |parts: &[usize]| {
            unseen(
                &self.plan,
                data,
                seen,
                &school.targets,
                &self.courses,
                parts,
            )
        };
        kept(folder, &format!("{}.left-out", self.name), || {
            Ok(LeftOut {
                folds: learn(folds)?,
                fields: learn(parts)?,
            })
        })
    }

    /// Trains on all prompts, calibrates by those left out, and gives the file.
    fn fit(&self, school: &School, left_out: &LeftOut) -> Result<Vec<u8>> {
        let School { data, seen, .. } = school;
        let all: Vec<usize> = (0..data.prompts.len()).collect();
        let mut fitted = fit(&self.plan, data, seen, &school.targets, &self.courses, &all)?;
        for (course, rows) in self.courses.iter().zip(&left_out.folds) {
            fitted.calibrate(&course.name, &calibration(course, ALL, rows.iter())?);
        }
        Ok(fitted.file())
    }

    /// The figures of all kinds of models.
    fn entries(&self, school: &School, left_out: &LeftOut) -> Result<Vec<card::Entry>> {
        let folds = &school.labels.folds;
        let mut entries = Vec::new();
        for (course, rows) in self.courses.iter().zip(&left_out.folds) {
            let mut kinds = Vec::new();
            for (kind, says) in KINDS {
                kinds.push((kind, calibrated(course, says, rows, rows, folds)?));
            }
            entries.push(card::Entry::of(&school.data, course, kinds.into_iter()));
        }
        Ok(entries)
    }

    /// What policies are set by.
    fn subjects<'a>(
        &'a self,
        school: &School,
        left_out: &LeftOut,
        folder: Option<&Path>,
    ) -> Result<Vec<Subject<'a>>> {
        let (data, labels) = (&school.data, &school.labels);
        let rows = left_out.folds.iter().zip(&left_out.fields);
        let subject = |(course, (known, unknown)): (&'a Course, (&Vec<_>, &Vec<_>))| {
            let outcomes = lessons::outcomes(data, course);
            let mut places: Vec<usize> = outcomes.keys().copied().collect();
            places.sort_unstable();
            Ok(Subject {
                name: &course.name,
                tiers: course.lessons.iter().map(|lesson| lesson.tier).collect(),
                known: calibrated(course, ALL, known, known, &labels.folds)?,
                unknown: calibrated(course, ALL, unknown, known, &labels.parts)?,
                probed: lessons::probed(data, course),
                distances: kept(folder, &format!("{}.distances", course.name), || {
                    Distances::of(&school.view(), &places)
                })?,
                outcomes,
            })
        };
        self.courses.iter().zip(rows).map(subject).collect()
    }
}

/// Trains models for the table of all pools, the general one among them, and prints it.
pub(crate) fn table(order: &Order) -> Result<String> {
    let school = School::open(&order.data)?;
    let mut out = String::new();
    for shelf in Shelf::all(&school.data) {
        let folder = order.predictions.as_deref();
        let left_out = shelf.left_out(&school, folder)?;
        let subjects = shelf.subjects(&school, &left_out, folder)?;
        out += &table::text(&school.view(), &subjects)?;
    }
    Ok(out)
}

/// Trains, measures and writes.
pub(crate) fn run(order: &Order) -> Result<()> {
    let school = School::open(&order.data)?;
    let shelves = Shelf::all(&school.data);
    let mut shown = Vec::new();
    for shelf in &shelves {
        let folder = order.predictions.as_deref();
        let left_out = shelf.left_out(&school, folder)?;
        let path = order.models.join(format!("{}.bin", shelf.name));
        if !order.policies {
            save(&path, &shelf.fit(&school, &left_out)?)?;
        }
        let subjects = shelf.subjects(&school, &left_out, folder)?;
        let policies = policy::train(&school.view(), &subjects)?;
        save(
            &order.models.join(format!("{}-policy.bin", shelf.name)),
            &policies,
        )?;
        if let Some(folder) = folder {
            for (course, subject) in shelf.courses.iter().zip(&subjects) {
                out_of_fold::write(folder, course, &subject.known, &school.data)?;
            }
        }
        shown.push(card::Shown {
            name: shelf.name.to_owned(),
            file: fs::read(&path).with_context(|| path.display().to_string())?,
            entries: shelf.entries(&school, &left_out)?,
            measured: measure::measure(&school.view(), &subjects)?,
        });
    }
    save(
        &order.models.join("MODEL_CARD.md"),
        card::card(&school.data, &shown)?.as_bytes(),
    )
}

fn save(path: &Path, file: &[u8]) -> Result<()> {
    fs::write(path, file).with_context(|| path.display().to_string())?;
    eprintln!("{}: {} bytes", path.display(), file.len());
    Ok(())
}
