//! The table of all pools, from models trained for it: shipped ones have seen every prompt at hand.

use std::collections::HashMap;
use std::fmt::Write;

use anyhow::Result;
use moecraft_engine::cascade::Verifier;

use super::cascade::Probed;
use super::measure::measure;
use super::metrics;
use super::policy::{self, Subject, View};

/// Of the pools of a file.
pub(crate) fn text(view: &View<'_>, subjects: &[Subject<'_>]) -> Result<String> {
    let measured = measure(view, subjects)?;
    let mut out = String::from(
        "known traffic, by folds (trained on the others; tier: policy set on the others)\n\
         pool         n   apgr  area   s95   s97  s97x   ece brier | tier: quality saving\n",
    );
    for pool in &measured {
        let f = pool.figures;
        writeln!(
            out,
            "{:<10} {:>5}  {:.3} {:.3} {:.3} {:.3} {:.3} {:.3} {:.3} |       {:.3}  {:.3}",
            pool.pool,
            pool.rows,
            f.apgr,
            f.area,
            f.save95,
            f.save97,
            f.save97x,
            f.ece,
            f.brier,
            pool.known.quality(),
            pool.known.saving(),
        )?;
    }
    out += "\nunknown traffic: one field or benchmark that nothing was learned from or set by (ece: before any outcome;\n\
            taught: of the tier chosen, last quarter, each outcome told)\n";
    for pool in &measured {
        writeln!(out, "{}", pool.pool)?;
        for field in &pool.unknown {
            writeln!(
                out,
                "  {:<28} n {:>4}  quality {:.3}  saving {:.3}  foreign {:.2}  ece {:.3}  taught {:.3}",
                field.name,
                field.rows,
                field.kept.quality(),
                field.kept.saving(),
                field.foreign,
                field.ece,
                field.taught,
            )?;
        }
    }
    out += "\ncascade, by folds; then with a benchmark left out\n\
            pool           n    s95   s97   s99  s100   ece\n";
    for subject in subjects.iter().filter(|subject| !subject.probed.is_empty()) {
        let fold = |at: usize| view.labels.folds[at];
        out += &cascade(view, subject.name, &subject.probed, &fold)?;
        let benchmark = |at: usize| view.labels.fields[at];
        out += &cascade(view, "  left out", &subject.probed, &benchmark)?;
    }
    out.push('\n');
    Ok(out)
}

/// Judges each part by a verifier learned on the others.
fn cascade(
    view: &View<'_>,
    name: &str,
    probed: &[Probed],
    part: &dyn Fn(usize) -> usize,
) -> Result<String> {
    let mut parts: HashMap<usize, Vec<usize>> = HashMap::new();
    for (place, probed) in probed.iter().enumerate() {
        parts.entry(part(probed.at)).or_default().push(place);
    }
    if parts.len() < 2 {
        return Ok(String::new());
    }
    let mut trust = vec![0.0; probed.len()];
    for here in parts.values() {
        let held: Vec<bool> = {
            let mut held = vec![false; probed.len()];
            here.iter().for_each(|&place| held[place] = true);
            held
        };
        let others = probed
            .iter()
            .zip(&held)
            .filter(|(_, held)| !**held)
            .map(|(p, _)| p);
        let Some(forest) = policy::verifier(view, others) else {
            continue;
        };
        let mut body = Vec::new();
        forest.write(&mut body);
        let verifier = Verifier::of(&body)?;
        for &place in here {
            let Probed { at, .. } = probed[place];
            let prompt = view.data.prompts[at].text.as_str();
            trust[place] = verifier.accept(&view.read[at], prompt, &probed[place].answers());
        }
    }
    let row = |(probed, trust): (&Probed, &f64)| {
        let spent: f64 = probed.probes.iter().map(|outcome| outcome.cost_usd).sum();
        [
            *trust,
            probed.grade(),
            spent,
            probed.last.score,
            probed.last.cost_usd,
        ]
    };
    let rows: Vec<[f64; 5]> = probed.iter().zip(&trust).map(row).collect();
    let ece = metrics::ece(rows.iter().map(|row| (row[0], row[1])));
    let [s95, s97, s99, s100] = metrics::cascade(rows);
    Ok(format!(
        "{name:<10} {:>5}  {s95:.3} {s97:.3} {s99:.3} {s100:.3} {ece:.3}\n",
        probed.len()
    ))
}
