//! The readable model of a pool, for people.

use std::fmt::Write;

use anyhow::Result;
use moecraft_engine::features::NAMES;
use moecraft_engine::predict::Predictor;

/// An equation for each tier, a term a line, the heaviest first, with what its feature means.
pub(super) fn text(predictor: &Predictor<'_>) -> Result<String> {
    let mut out = String::from(
        "Log-odds of a good answer: the constant and the sum of weight * (feature - mean) / deviation.\n",
    );
    for (tier, equation) in predictor.equations() {
        writeln!(out, "\n{}: {:+.3}", tier.name(), equation.constant)?;
        let mut terms = equation.terms.clone();
        terms.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
        for term in terms {
            if let Some(feature) = NAMES.get(usize::from(term.first)) {
                writeln!(
                    out,
                    "  {:+.3}  {:<20} {}",
                    term.weight, feature.name, feature.meaning
                )?;
            }
        }
    }
    Ok(out)
}
