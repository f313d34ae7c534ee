//! The model card: what was trained, on what, how good it is on prompts that it had not seen, and
//! the readable model as equations.

use std::fmt::Write;

use anyhow::Result;
use moecraft_engine::predict::Predictor;

use super::data::Data;
use super::lessons::{self, Course};
use super::metrics::{self, Figures};
use super::policy::Unseen;

/// The figures of one pool: of all learners together, of the readable model, of its ensemble.
pub(crate) struct Entry {
    pool: String,
    figures: Vec<(String, usize, Figures)>,
}

impl Entry {
    /// Of what each kind of model predicts.
    pub(crate) fn of<'a>(
        data: &Data,
        course: &Course,
        kinds: impl Iterator<Item = (&'static str, &'a [Unseen])>,
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
        let figures = |(kind, unseen): (&str, &[Unseen])| {
            let rows: Vec<metrics::Row> = unseen.iter().filter_map(row).collect();
            let name = if kind.is_empty() {
                "all"
            } else {
                kind.trim_start_matches('-')
            };
            (name.to_owned(), rows.len(), metrics::figures(&rows))
        };
        Self {
            pool: course.name.clone(),
            figures: kinds.map(figures).collect(),
        }
    }
}

/// The card, in Markdown.
pub(crate) fn card(data: &Data, entries: &[Entry], files: &[(&str, Vec<u8>)]) -> Result<String> {
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
        "| pool | model | rows | apgr | area | s95 | s97 | s97x | ece | auroc cheap |"
    )?;
    writeln!(
        out,
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    )?;
    for Entry { pool, figures } in entries {
        for (model, rows, f) in figures {
            writeln!(
                out,
                "| {pool} | {model} | {rows} | {:.3} | {:.3} | {:.2} | {:.2} | {:.2} | {:.3} | {:.3} |",
                f.apgr, f.area, f.save95, f.save97, f.save97x, f.ece, f.auroc_cheap
            )?;
        }
    }
    writeln!(out, "\n## Equations\n")?;
    writeln!(
        out,
        "Log-odds of a good answer; every feature less its mean, by its deviation, cut at 4.\n"
    )?;
    for (name, file) in files {
        writeln!(out, "`{name}`: {} bytes.\n", file.len())?;
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
