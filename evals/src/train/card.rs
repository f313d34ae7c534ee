//! The model card: what was trained, on what, how good it is on prompts that it had not seen, and
//! the readable model as equations.

use std::fmt::Write;

use anyhow::Result;
use moecraft_engine::predict::Predictor;

use super::data::Data;
use super::measure::Figures;

/// The figures of one pool: of all learners together, of the readable model, of its ensemble.
pub(crate) struct Entry {
    pub(crate) pool: String,
    pub(crate) figures: Vec<(&'static str, Figures)>,
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
        "| pool | model | rows | apgr | auroc cheap | ece | saving at 97 % |"
    )?;
    writeln!(out, "| --- | --- | --- | --- | --- | --- | --- |")?;
    for Entry { pool, figures } in entries {
        for (model, f) in figures {
            writeln!(
                out,
                "| {pool} | {model} | {} | {:.3} | {:.3} | {:.3} | {:.2} |",
                f.rows, f.apgr, f.auroc_cheap, f.ece, f.save97
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
the learners nor the calibration had seen. Nothing was chosen by anything else. The prompts are \
graded tasks of 2021 to 2024, not chat; the models are those of 2023 and 2024.

apgr: share of the quality gap recovered over all shares of calls to the dearest tier, 0.5 is a \
coin. Prompts of a kind that the data does not hold are predicted no better than by a coin: such \
prompts must be recognised and treated with care.
";
