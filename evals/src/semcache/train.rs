//! Trains the verifier on pairs made by grammar, and measures it on groups of themes that it was
//! not trained on.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use moecraft_engine::logistic::{log_odds, probability};
use moecraft_engine::predict::{UNIT, sealed};
use moecraft_engine::semantic::{FIGURES, Figures, Reading, Verifier, figures, inputs};
use nalgebra::{DMatrix, DVector};

use super::generate::{self, Pair};
use super::grammar;
use crate::train::forest::{self, Binned, Forest, Recipe};
use crate::train::logistic;
use crate::train::metrics::{auroc, ece};

/// How many pairs are drawn for each theme.
const EACH: usize = 800;
/// Draws the pairs.
const SEED: u64 = 1;
/// Groups of themes are held out in so many parts.
const FOLDS: usize = 5;

const RECIPE: Recipe = Recipe {
    trees: 300,
    leaves: 12,
    rate: 0.06,
    least_rows: 100,
    inputs: 0.4,
    rows: 0.6,
    ridge: 5.0,
};

/// Log-odds beyond this are none that a forest gives.
const MOST_SCORE: f64 = 30.0;

/// The pairs that are learned from.
pub(super) fn pairs(data: &Path) -> Result<Vec<Pair>> {
    Ok(generate::pairs(&grammar::read(data)?, EACH, SEED))
}

/// Pairs as the learner sees them.
struct School {
    pairs: Vec<Pair>,
    figures: Vec<Figures>,
    binned: Binned,
}

impl School {
    fn open(data: &Path) -> Result<Self> {
        let pairs = pairs(data)?;
        let measure =
            |pair: &Pair| figures(&Reading::of(&pair.query), &Reading::of(&pair.cached_query));
        let figures: Vec<Figures> = pairs.iter().map(measure).collect();
        let rows: Vec<[i16; FIGURES]> = figures.iter().map(inputs).collect();
        let matrix = DMatrix::from_fn(FIGURES, rows.len(), |place, at| {
            f32::from(rows[at][place]) / UNIT
        });
        Ok(Self {
            binned: Binned::of(&matrix, FIGURES),
            pairs,
            figures,
        })
    }

    fn grow(&self, chosen: impl Fn(&Pair) -> bool) -> Forest {
        let graded: Vec<(usize, f64)> = (self.pairs.iter().enumerate())
            .filter(|(_, pair)| chosen(pair))
            .map(|(at, pair)| (at, f64::from(pair.label)))
            .collect();
        forest::grow(&RECIPE, &self.binned, &graded, SEED)
    }
}

/// log-odds = offset + scale * score + length * the first figure.
struct Calibration {
    offset: f64,
    scale: f64,
    length: f64,
}

impl Calibration {
    const NONE: Self = Self {
        offset: 0.0,
        scale: 1.0,
        length: 0.0,
    };

    /// Fits scores of pairs that the trees had not seen. What is disputed counts as fitting here: how
    /// sure the verifier may be is one thing, what it should look at is another.
    fn fit(unseen: &[Unseen<'_>]) -> Result<Self> {
        let inputs = DMatrix::from_fn(unseen.len(), 3, |at, place| match place {
            0 => unseen[at].score,
            1 => unseen[at].length,
            _ => 1.0,
        });
        let outcomes =
            DVector::from_iterator(unseen.len(), unseen.iter().map(|row| row.pair.grade()));
        let weights = logistic::fit(&inputs, &outcomes, 1.0)?;
        Ok(Self {
            scale: weights[0],
            length: weights[1],
            offset: weights[2],
        })
    }

    fn apply(&self, row: &Unseen<'_>) -> f64 {
        probability(self.offset + self.scale * row.score + self.length * row.length)
    }
}

/// A pair, and what trees say of it that had not seen its group.
struct Unseen<'a> {
    pair: &'a Pair,
    /// Log-odds.
    score: f64,
    /// The first figure.
    length: f64,
}

/// A file that the engine reads.
fn file(forest: &Forest, calibration: &Calibration) -> Vec<u8> {
    let mut body = Vec::new();
    body.extend_from_slice(&(FIGURES as u16).to_le_bytes());
    forest.write(&mut body);
    for number in [calibration.offset, calibration.scale, calibration.length] {
        body.extend_from_slice(&(number as f32).to_le_bytes());
    }
    sealed(&body)
}

/// Trains, writes the model and its card.
pub(super) fn run(data: &Path, models: &Path) -> Result<()> {
    let school = School::open(data)?;
    let mut unseen = Vec::new();
    for fold in 0..FOLDS {
        let held = |pair: &Pair| pair.group % FOLDS == fold;
        let forest = file(&school.grow(|pair| !held(pair)), &Calibration::NONE);
        let verifier = Verifier::read(&forest)?;
        let rows = school.pairs.iter().zip(&school.figures);
        unseen.extend(
            rows.filter(|(pair, _)| held(pair))
                .map(|(pair, figures)| Unseen {
                    pair,
                    score: log_odds(verifier.score(figures), MOST_SCORE),
                    length: figures.first().copied().map_or(0.0, f64::from),
                }),
        );
    }
    let calibration = Calibration::fit(&unseen)?;
    let model = file(&school.grow(|_| true), &calibration);
    let card = card(&school, &unseen, &calibration, model.len())?;
    for (name, bytes) in [
        ("verifier.bin", &model[..]),
        ("MODEL_CARD.md", card.as_bytes()),
    ] {
        let path = models.join(name);
        fs::write(&path, bytes).with_context(|| path.display().to_string())?;
        eprintln!("{}: {} bytes", path.display(), bytes.len());
    }
    Ok(())
}

/// What was measured, for people.
fn card(
    school: &School,
    unseen: &[Unseen<'_>],
    calibration: &Calibration,
    bytes: usize,
) -> Result<String> {
    let groups: std::collections::HashSet<usize> =
        school.pairs.iter().map(|pair| pair.group).collect();
    let mut text = format!(
        "# Model card: may this answer be served for that question?\n\n\
         Written by `npm run train`, which rebuilds `verifier.bin` from `evals/data/semcache` ({} pairs \
         by grammar, {} groups of themes, CC0).\n\n\
         Boosted trees over {FIGURES} figures of a pair, {bytes} bytes. Split: {FOLDS} folds by groups \
         of themes; every figure below is of groups that neither trees nor calibration had seen.\n\n\
         | pairs | number | fit | auc | recall at 1 % | at 0.5 % | at 0.1 % | ece |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- |\n",
        school.pairs.len(),
        groups.len(),
    );
    let all: Vec<(f64, f64)> = unseen
        .iter()
        .map(|row| (calibration.apply(row), f64::from(row.pair.label)))
        .collect();
    row(&mut text, "all", &all)?;
    let mut kinds: Vec<&str> = unseen.iter().map(|row| row.pair.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    for kind in kinds {
        // Pairs of a kind mostly have one label: they are measured beside all of the other label.
        let label = unseen
            .iter()
            .find(|row| row.pair.kind == kind)
            .map(|row| row.pair.label);
        let chosen = unseen
            .iter()
            .zip(&all)
            .filter(|(row, _)| row.pair.kind == kind || Some(row.pair.label) != label);
        let chosen: Vec<(f64, f64)> = chosen.map(|(_, graded)| *graded).collect();
        self::row(&mut text, kind, &chosen)?;
    }
    text.push_str("\nWhat is served at a bar:\n\n| bar | recall | of those that differ, served | of the served, wrong |\n| --- | --- | --- | --- |\n");
    for bar in [0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99] {
        let served =
            |label: f64| all.iter().filter(|(p, l)| *p >= bar && *l == label).count() as f64;
        let total = |label: f64| all.iter().filter(|(_, l)| *l == label).count().max(1) as f64;
        let (right, wrong) = (served(1.0), served(0.0));
        writeln!(
            text,
            "| {bar} | {:.1} % | {:.2} % | {:.2} % |",
            100.0 * right / total(1.0),
            100.0 * wrong / total(0.0),
            100.0 * wrong / (right + wrong).max(1.0),
        )?;
    }
    Ok(text)
}

fn row(text: &mut String, name: &str, graded: &[(f64, f64)]) -> Result<()> {
    let fit = graded.iter().map(|(_, label)| label).sum::<f64>();
    let recall = |rate| 100.0 * recall_at(graded, rate);
    Ok(writeln!(
        text,
        "| {name} | {} | {fit:.0} | {:.3} | {:.1} % | {:.1} % | {:.1} % | {:.3} |",
        graded.len(),
        auroc(graded.to_vec()),
        recall(0.01),
        recall(0.005),
        recall(0.001),
        ece(graded.iter().copied()),
    )?)
}

/// The share of fitting pairs above the bar that lets through this share of the others.
fn recall_at(graded: &[(f64, f64)], rate: f64) -> f64 {
    let of = |label: f64| {
        graded
            .iter()
            .filter(move |(_, l)| *l == label)
            .map(|(p, _)| *p)
    };
    let mut wrong: Vec<f64> = of(0.0).collect();
    wrong.sort_by(|a, b| b.total_cmp(a));
    let allowed = (rate * wrong.len() as f64) as usize;
    let bar = wrong.get(allowed).copied().unwrap_or(-1.0);
    of(1.0).filter(|p| *p > bar).count() as f64 / of(1.0).count().max(1) as f64
}
