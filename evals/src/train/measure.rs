//! How good predictions are, measured as the evaluation of routers does.

use moecraft_engine::uncertainty::{Graded, ece};

use super::data::Outcome;

/// Bins of the calibration error.
const BINS: usize = 10;

/// A prompt: for each tier, the cheapest first, what was predicted and what came of it.
pub(crate) struct Judged<'a> {
    pub(crate) p: &'a [f64],
    pub(crate) outcomes: &'a [Outcome],
}

/// Figures of a pool.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    pub(crate) rows: usize,
    /// The share of the gap between cheapest and dearest tier that is recovered, over all shares of
    /// calls sent to the dearest. A coin has 0.5.
    pub(crate) apgr: f64,
    /// How often, of two prompts, the one that the cheapest tier answers right has the higher p.
    pub(crate) auroc_cheap: f64,
    /// Expected calibration error, mean over tiers.
    pub(crate) ece: f64,
    /// The largest saving at 97 % of the dearest tier's quality, read off the curve.
    pub(crate) save97: f64,
}

/// Of the predictions of a pool.
pub(crate) fn figures(rows: &[Judged<'_>]) -> Figures {
    let tiers = rows.first().map_or(0, |row| row.p.len());
    let eces = (0..tiers).map(|tier| {
        let graded = |row: &Judged<'_>| Graded {
            predicted: row.p[tier],
            outcome: row.outcomes[tier].score,
            weight: 1.0,
        };
        ece(&rows.iter().map(graded).collect::<Vec<_>>(), BINS)
    });
    Figures {
        rows: rows.len(),
        apgr: apgr(rows),
        auroc_cheap: auroc(rows),
        ece: eces.sum::<f64>() / tiers.max(1) as f64,
        save97: saving(rows, 0.97),
    }
}

/// Prompts go to the dearest tier in the order of what it is expected to gain.
fn apgr(rows: &[Judged<'_>]) -> f64 {
    let mut gains: Vec<(f64, f64)> = rows
        .iter()
        .filter_map(|row| {
            let expected = row.p.last()? - row.p[0];
            Some((expected, row.outcomes.last()?.score - row.outcomes[0].score))
        })
        .collect();
    gains.sort_by(|a, b| b.0.total_cmp(&a.0));
    let gap: f64 = gains.iter().map(|(_, gain)| gain).sum();
    let (mut so_far, mut area) = (0.0, 0.0);
    for (_, gain) in &gains {
        area += so_far + gain / 2.0;
        so_far += gain;
    }
    area / gap / gains.len() as f64
}

fn auroc(rows: &[Judged<'_>]) -> f64 {
    let mut order: Vec<(f64, f64)> = rows
        .iter()
        .map(|row| (row.p[0], row.outcomes[0].score))
        .collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let right: f64 = order.iter().map(|(_, score)| score).sum();
    let wrong = order.len() as f64 - right;
    // Ties share the mean of their ranks.
    let mut ranks = 0.0;
    let mut below = 0;
    for tied in order.chunk_by(|a, b| a.0 == b.0) {
        let rank = below as f64 + (tied.len() as f64 + 1.0) / 2.0;
        ranks += rank * tied.iter().map(|(_, score)| score).sum::<f64>();
        below += tied.len();
    }
    (ranks - right * (right + 1.0) / 2.0) / (right * wrong)
}

/// The tier of the largest p - weight * mean cost is called, for weights from nothing to much.
fn saving(rows: &[Judged<'_>], share: f64) -> f64 {
    let tiers = rows.first().map_or(0, |row| row.p.len());
    let mean = |tier: usize, of: fn(&Outcome) -> f64| {
        rows.iter().map(|row| of(&row.outcomes[tier])).sum::<f64>() / rows.len() as f64
    };
    let costs: Vec<f64> = (0..tiers)
        .map(|tier| mean(tier, |outcome| outcome.cost_usd))
        .collect();
    let (Some(&dearest), Some(top)) = (costs.last(), tiers.checked_sub(1)) else {
        return 0.0;
    };
    let enough = share * mean(top, |outcome| outcome.score);
    let mut best: f64 = 0.0;
    for step in -40_i32..=140 {
        let size = 10_f64.powf(f64::from(step.abs()) * 0.045 - 4.0);
        let weight = f64::from(step.signum()) * size / dearest;
        let (mut quality, mut cost) = (0.0, 0.0);
        for row in rows {
            let worth = |tier: &usize| row.p[*tier] - weight * costs[*tier];
            // Of equals the cheaper.
            let chosen = (0..tiers)
                .rev()
                .max_by(|a, b| worth(a).total_cmp(&worth(b)))
                .unwrap_or(top);
            quality += row.outcomes[chosen].score;
            cost += row.outcomes[chosen].cost_usd;
        }
        if quality / rows.len() as f64 >= enough {
            best = best.max(1.0 - cost / rows.len() as f64 / dearest);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(score: f64, cost_usd: f64) -> Outcome {
        Outcome {
            score,
            cost_usd,
            tokens_out: 1,
            ..Outcome::default()
        }
    }

    #[test]
    fn a_router_that_knows_recovers_the_gap_at_once() {
        let outcomes: Vec<Vec<Outcome>> = (0..100)
            .map(|at| {
                vec![
                    outcome(f64::from(u8::from(at % 2 == 0)), 0.01),
                    outcome(1.0, 1.0),
                ]
            })
            .collect();
        let p: Vec<Vec<f64>> = (0..100)
            .map(|at| vec![if at % 2 == 0 { 0.9 } else { 0.1 }, 0.95])
            .collect();
        let rows: Vec<Judged<'_>> = p
            .iter()
            .zip(&outcomes)
            .map(|(p, outcomes)| Judged { p, outcomes })
            .collect();
        let figures = figures(&rows);
        assert!((figures.apgr - 0.75).abs() < 1e-9, "{figures:?}");
        assert!((figures.auroc_cheap - 1.0).abs() < 1e-9, "{figures:?}");
        assert!((figures.ece - 0.075).abs() < 1e-9, "{figures:?}");
        assert!((figures.save97 - 0.495).abs() < 1e-9, "{figures:?}");
    }

    #[test]
    fn a_router_that_knows_nothing_is_a_coin() {
        let outcomes: Vec<Vec<Outcome>> = (0..4_000_u32)
            .map(|at| {
                vec![
                    outcome(f64::from(at.wrapping_mul(2_654_435_761) >> 31), 0.1),
                    outcome(1.0, 1.0),
                ]
            })
            .collect();
        let p = [0.5, 0.9];
        let rows: Vec<Judged<'_>> = outcomes
            .iter()
            .map(|outcomes| Judged { p: &p, outcomes })
            .collect();
        let figures = figures(&rows);
        assert!((figures.apgr - 0.5).abs() < 0.03, "{figures:?}");
        assert!((figures.auroc_cheap - 0.5).abs() < 1e-9, "{figures:?}");
    }
}
