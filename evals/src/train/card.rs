//! The model card: what was trained, on what, how good it is on prompts that it had not seen, and
//! the readable model as equations.

use std::fmt::Write;

use anyhow::Result;
use moecraft_engine::predict::Predictor;

use super::data::Data;
use super::lessons::{self, Course};
use super::measure::{Measured, Unknown};
use super::metrics::{self, Figures};
use super::policy::Unseen;

/// A file of models, and what they were measured to be worth.
pub(crate) struct Shown<'a> {
    /// Of the file.
    pub(crate) name: String,
    pub(crate) file: Vec<u8>,
    /// Of its pools, each kind of model.
    pub(crate) entries: Vec<Entry>,
    /// Of its pools, the default policy.
    pub(crate) measured: Vec<Measured<'a>>,
}

/// The figures of one pool by each of the models.
pub(crate) struct Entry {
    pool: String,
    figures: Vec<(&'static str, usize, Figures)>,
}

impl Entry {
    /// Of what each kind of model predicts.
    pub(crate) fn of(
        data: &Data,
        course: &Course,
        kinds: impl Iterator<Item = (&'static str, Vec<Unseen>)>,
    ) -> Self {
        let outcomes = lessons::outcomes(data, course);
        let row = |unseen: &Unseen| {
            let outcomes = outcomes.get(&unseen.at)?;
            let spent: Vec<f64> = outcomes.iter().map(|outcome| outcome.cost_usd).collect();
            let costs = unseen
                .costs
                .iter()
                .zip(&spent)
                .map(|(cost, spent)| cost.unwrap_or(*spent));
            Some(metrics::Row {
                p: unseen.p.clone(),
                costs: costs.collect(),
                scores: outcomes.iter().map(|outcome| outcome.score).collect(),
                spent,
            })
        };
        let figures = |(kind, unseen): (&'static str, Vec<Unseen>)| {
            let rows: Vec<metrics::Row> = unseen.iter().filter_map(row).collect();
            (kind, rows.len(), metrics::figures(&rows))
        };
        Self {
            pool: course.name.clone(),
            figures: kinds.map(figures).collect(),
        }
    }
}

/// The card, in Markdown.
pub(crate) fn card(data: &Data, shown: &[Shown<'_>]) -> Result<String> {
    let mut out = String::new();
    writeln!(out, "# Model card: which tier answers well\n")?;
    writeln!(
        out,
        "Written by `npm run train`, which rebuilds the files beside it from `evals/data/routing` \
         ({} prompts, {} models; sources and licences in the README there).\n",
        data.prompts.len(),
        data.models.len()
    )?;
    out.push_str(ABOUT);
    writeln!(out, "\n## Figures\n")?;
    writeln!(
        out,
        "| pool | model | rows | apgr | area | s95 | s97 | s97x | ece | brier | auroc cheap |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    )?;
    for Entry { pool, figures } in shown.iter().flat_map(|shown| &shown.entries) {
        for (model, rows, f) in figures {
            writeln!(
                out,
                "| {pool} | {model} | {rows} | {:.3} | {:.3} | {:.2} | {:.2} | {:.2} | {:.3} | {:.3} | {:.3} |",
                f.apgr, f.area, f.save95, f.save97, f.save97x, f.ece, f.brier, f.auroc_cheap
            )?;
        }
    }
    policies(shown, &mut out)?;
    writeln!(out, "\n## Equations\n")?;
    writeln!(
        out,
        "Log-odds of a good answer; every feature less its mean, by its deviation, cut at 4.\n"
    )?;
    for Shown {
        name,
        file,
        entries,
        ..
    } in shown
    {
        writeln!(out, "`{name}.bin`: {} bytes.\n", file.len())?;
        for entry in entries {
            let Ok(predictor) = Predictor::read(file, &entry.pool) else {
                continue;
            };
            for (tier, equation) in predictor.equations() {
                writeln!(out, "- {}, {}: {equation}", entry.pool, tier.name())?;
            }
            writeln!(out)?;
        }
    }
    Ok(out)
}

/// What the default policies come to.
fn policies(shown: &[Shown<'_>], out: &mut String) -> Result<()> {
    writeln!(out, "\n## The default policy\n")?;
    out.push_str(POLICY);
    writeln!(
        out,
        "\n| pool | known: quality | saving | unknown kinds | of 95 % or more | worst: quality | saving | which | mean saving |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    )?;
    for pool in shown.iter().flat_map(|shown| &shown.measured) {
        let quality = |field: &&Unknown| field.kept.quality();
        let fields = || pool.unknown.iter();
        let good = fields().filter(|field| quality(field) >= 0.95).count();
        let worst = fields().min_by(|a, b| quality(a).total_cmp(&quality(b)));
        let count = pool.unknown.len();
        let saved: f64 = fields().map(|field| field.kept.saving()).sum();
        let known = (pool.known.quality(), pool.known.saving());
        write!(out, "| {} | {:.3} | {:.2} | ", pool.pool, known.0, known.1)?;
        match worst {
            None => writeln!(out, "0 | | | | | |")?,
            Some(worst) => writeln!(
                out,
                "{count} | {good} | {:.3} | {:.2} | {} | {:.2} |",
                worst.kept.quality(),
                worst.kept.saving(),
                worst.name,
                saved / count as f64,
            )?,
        }
    }
    Ok(())
}

const ABOUT: &str = "\
`general.bin` is what the Worker carries: three classes of models. `pools.bin` holds the pools of \
the data and is for evaluation only.

What predicts: networks of one hidden layer that learned the outcomes of all models at once, and \
boosted trees for each tier that learned from the grade mixed with how all other models did on the \
same prompt; the weighted mean of their log-odds, calibrated by one scale a pool and one offset a \
tier. Beside them a readable model of at most 25 terms a tier, chosen by sixteen sparse \
identifications on drawn rows and terms (E-SINDy), which supply the spread.

Split: five folds by groups of prompts that ask the same. Every figure is of prompts that neither \
the learners nor the calibration had seen; how the learners are built was chosen on the same \
folds. The prompts are graded tasks of 2021 to 2024, not chat; the models are those of 2023 and 2024.

apgr: share of the quality gap recovered over all shares of calls to the dearest tier, 0.5 is a \
coin. area: the same over money spent. sNN: saving against always the dearest at NN % of its \
quality, by predicted costs; s97x with the price set on one half and used on the other. Prompts of a kind that the data does not hold are predicted no better than by a coin: such \
prompts must be recognised and treated with care.
";

const POLICY: &str = "\
Quality and saving are shares of those of always the dearest tier, by the tier that is chosen by \
default. Known traffic: folds, decided by what was learned and set on the others. Unknown kinds: a \
benchmark or field of study of 100 prompts or more, left out of the learners, the calibration, the \
scale of foreignness and the policy, all its prompts coming together. What is known to be foreign goes \
to the dearest tier but for trials; in the general pool, to the class that the seed formula asks for. \
How strongly traffic counts and how much is tried are constants set by looking at these same kinds.
";
