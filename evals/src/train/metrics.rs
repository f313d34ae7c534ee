//! What a router's predictions are worth: cost against quality, and how true its probabilities are.

use moecraft_engine::uncertainty::{self, Graded};

/// Bins of the calibration error.
const BINS: usize = 10;

/// What was predicted of a prompt, and what came of it, tier by tier.
pub(crate) struct Row {
    pub(crate) p: Vec<f64>,
    /// Predicted costs.
    pub(crate) costs: Vec<f64>,
    pub(crate) scores: Vec<f64>,
    /// What the tiers did cost.
    pub(crate) spent: Vec<f64>,
}

/// Figures of one pool.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    /// Share of the quality gap between cheapest and dearest tier that is recovered, averaged over
    /// the share of calls that go to the dearest. By chance 0.5.
    pub(crate) apgr: f64,
    /// The same over money spent, with all tiers.
    pub(crate) area: f64,
    /// The largest saving at 95 % and at 97 % of the dearest tier's quality, read off the curve.
    pub(crate) save95: f64,
    pub(crate) save97: f64,
    /// The saving at 97 % with the price set on one half of the prompts and used on the other.
    pub(crate) save97x: f64,
    /// Expected calibration error, mean over tiers, ten bins of equal mass.
    pub(crate) ece: f64,
    /// Mean squared difference of probability and grade, mean over tiers.
    pub(crate) brier: f64,
    /// How often, of two prompts, the one that the cheapest tier answers right has the higher p.
    pub(crate) auroc_cheap: f64,
}

/// Prices of a dollar that are tried, from "always the dearest" to "always the cheapest".
fn prices() -> impl Iterator<Item = f64> {
    let exponent = |step: i32, steps: i32, from: f64, to: f64| {
        10_f64.powf(from + (to - from) * f64::from(step) / f64::from(steps))
    };
    let negative = (0..=40)
        .rev()
        .map(move |step| -exponent(step, 40, -3.0, 1.0));
    let positive = (0..=140).map(move |step| exponent(step, 140, -4.0, 2.0));
    negative.chain([0.0]).chain(positive)
}

/// Mean cost and mean quality at each price.
fn points(rows: &[&Row], scale: f64) -> Vec<(f64, f64)> {
    let at = |price: f64| {
        let (mut cost, mut quality) = (0.0, 0.0);
        for row in rows {
            let tier = choice(row, price / scale);
            cost += row.spent[tier];
            quality += row.scores[tier];
        }
        let count = rows.len().max(1) as f64;
        (cost / count, quality / count)
    };
    prices().map(at).collect()
}

/// The tier of most predicted quality less cost; of equals the cheapest.
fn choice(row: &Row, price: f64) -> usize {
    let mut best = (0, f64::NEG_INFINITY);
    for (tier, (p, cost)) in row.p.iter().zip(&row.costs).enumerate() {
        let value = p - price * cost;
        if value > best.1 + 1e-12 {
            best = (tier, value);
        }
    }
    best.0
}

fn mean(of: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = of.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    sum / f64::max(count, 1.0)
}

/// All figures of these prompts.
pub(crate) fn figures(rows: &[Row]) -> Figures {
    let all: Vec<&Row> = rows.iter().collect();
    let tiers = all.first().map_or(1, |row| row.p.len());
    let last = tiers - 1;
    let quality = |tier: usize| mean(rows.iter().map(|row| row.scores[tier]));
    let spent = |tier: usize| mean(rows.iter().map(|row| row.spent[tier]));
    let scale = mean(rows.iter().map(|row| row.costs[last])).max(1e-12);
    let curve = points(&all, scale);
    let graded = |tier: usize| rows.iter().map(move |row| (row.p[tier], row.scores[tier]));
    Figures {
        apgr: apgr(rows, last),
        area: area(
            curve.clone(),
            [quality(0), quality(last)],
            [spent(0), spent(last)],
        ),
        save95: saving(&curve, 0.95 * quality(last), spent(last)),
        save97: saving(&curve, 0.97 * quality(last), spent(last)),
        save97x: crossed(&all, scale, last, spent(last)),
        ece: mean((0..tiers).map(|tier| ece(graded(tier)))),
        brier: mean((0..tiers).map(|tier| brier(graded(tier)))),
        auroc_cheap: auroc(rows.iter().map(|row| (row.p[0], row.scores[0])).collect()),
    }
}

/// By the ranks of the right ones; ties share the mean of their ranks.
pub(crate) fn auroc(mut graded: Vec<(f64, f64)>) -> f64 {
    graded.sort_by(|a, b| a.0.total_cmp(&b.0));
    let right: f64 = graded.iter().map(|(_, score)| score).sum();
    let (mut ranks, mut below) = (0.0, 0);
    for tied in graded.chunk_by(|a, b| a.0 == b.0) {
        let rank = below as f64 + (tied.len() as f64 + 1.0) / 2.0;
        ranks += rank * tied.iter().map(|(_, score)| score).sum::<f64>();
        below += tied.len();
    }
    (ranks - right * (right + 1.0) / 2.0) / (right * (graded.len() as f64 - right))
}

/// The largest saving at no less than this quality.
fn saving(curve: &[(f64, f64)], quality: f64, dearest: f64) -> f64 {
    let enough = curve
        .iter()
        .filter(|(_, reached)| *reached >= quality - 1e-12);
    let least = enough.map(|(cost, _)| *cost).fold(dearest, f64::min);
    1.0 - least / dearest.max(1e-12)
}

fn crossed(rows: &[&Row], scale: f64, last: usize, dearest: f64) -> f64 {
    let half = |odd: usize| -> Vec<&Row> {
        rows.iter()
            .enumerate()
            .filter(|(at, _)| at % 2 == odd)
            .map(|(_, row)| *row)
            .collect()
    };
    let (even, odd) = (half(0), half(1));
    let mut spent = 0.0;
    for (set, used) in [(&even, &odd), (&odd, &even)] {
        let enough = 0.97 * mean(set.iter().map(|row| row.scores[last])) - 1e-12;
        let price = points(set, scale)
            .into_iter()
            .zip(prices())
            .filter(|((_, quality), _)| *quality >= enough)
            .min_by(|((a, _), _), ((b, _), _)| a.total_cmp(b))
            .map(|(_, price)| price);
        for row in used {
            let tier = price.map_or(last, |price| choice(row, price / scale));
            spent += row.spent[tier];
        }
    }
    1.0 - spent / rows.len().max(1) as f64 / dearest.max(1e-12)
}

/// Rows by falling gain of the dearest over the cheapest tier: the gain in quality run up.
fn apgr(rows: &[Row], last: usize) -> f64 {
    let mut order: Vec<&Row> = rows.iter().collect();
    order.sort_by(|a, b| (a.p[0] - a.p[last]).total_cmp(&(b.p[0] - b.p[last])));
    let gain = |row: &&Row| row.scores[last] - row.scores[0];
    let gap: f64 = order.iter().map(gain).sum();
    let (mut run, mut sum) = (0.0, 0.0);
    for row in &order {
        sum += run + gain(row) / 2.0;
        run += gain(row);
    }
    sum / gap / order.len().max(1) as f64
}

/// The mean height of the best quality reached, from the cheapest tier's cost to the dearest's.
fn area(mut curve: Vec<(f64, f64)>, quality: [f64; 2], cost: [f64; 2]) -> f64 {
    let ([low, high], [cheap, dear]) = (quality, cost);
    curve.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut sum = 0.0;
    let mut at = cheap;
    let mut best: Option<f64> = None;
    for (cost, quality) in curve {
        let here = cost.clamp(cheap, dear);
        if let Some(best) = best {
            sum += (here - at).max(0.0) * (best - low) / (high - low);
        }
        at = here.max(at);
        best = Some(best.map_or(quality, |best| best.max(quality)));
    }
    let rest = best.map_or(0.0, |best| (dear - at) * (best - low) / (high - low));
    (sum + rest) / (dear - cheap)
}

/// Expected calibration error of (probability, grade).
pub(crate) fn ece(graded: impl Iterator<Item = (f64, f64)>) -> f64 {
    uncertainty::ece(&graded_of(graded), BINS)
}

/// Brier score of (probability, grade).
fn brier(graded: impl Iterator<Item = (f64, f64)>) -> f64 {
    uncertainty::brier(&graded_of(graded))
}

fn graded_of(graded: impl Iterator<Item = (f64, f64)>) -> Vec<Graded> {
    let graded = graded.map(|(predicted, outcome)| Graded {
        predicted,
        outcome,
        weight: 1.0,
    });
    graded.collect()
}

/// What a cascade saves at 95, 97, 99 and 100 % of the dear model's quality, where the least trusted
/// answers are asked again of it. Rows are (trust, score of the cheap answer, its cost, score of the
/// dear one, its cost).
pub(crate) fn cascade(mut rows: Vec<[f64; 5]>) -> [f64; 4] {
    rows.sort_by(|a, b| a[0].total_cmp(&b[0]));
    let sum = |of: usize| rows.iter().map(|row| row[of]).sum::<f64>();
    let (best, dearest) = (sum(3), sum(4));
    let (mut quality, mut cost) = (sum(1), sum(2));
    let mut curve = vec![(cost, quality)];
    for row in &rows {
        quality += row[3] - row[1];
        cost += row[4];
        curve.push((cost, quality));
    }
    [0.95, 0.97, 0.99, 1.0].map(|share| saving(&curve, share * best - 1e-9, dearest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Half of the prompts need the dear tier; the router knows which.
    fn rows(known: bool) -> Vec<Row> {
        (0..100)
            .map(|at| {
                let hard = f64::from(at % 2);
                let cheap = if known { 1.0 - hard } else { 0.5 };
                Row {
                    p: vec![cheap, 1.0],
                    costs: vec![0.1, 1.0],
                    scores: vec![1.0 - hard, 1.0],
                    spent: vec![0.1, 1.0],
                }
            })
            .collect()
    }

    #[test]
    fn one_that_knows_recovers_the_gap_with_half_of_the_calls() {
        let figures = figures(&rows(true));
        assert!((figures.apgr - 0.75).abs() < 1e-9, "{figures:?}");
        assert!((figures.save97 - 0.45).abs() < 0.01, "{figures:?}");
        assert!(figures.ece < 1e-9);
    }

    #[test]
    fn one_that_knows_nothing_saves_nothing() {
        let figures = figures(&rows(false));
        assert!((figures.apgr - 0.5).abs() < 0.02, "{figures:?}");
        assert_eq!(figures.save97, 0.0);
    }

    #[test]
    fn a_verifier_that_knows_asks_again_only_what_is_wrong() {
        let row = |at: usize| {
            let right = f64::from(u8::from(!at.is_multiple_of(4)));
            [right, right, 0.05, 1.0, 1.0]
        };
        let [_, _, _, all] = cascade((0..100).map(row).collect());
        assert!((all - 0.70).abs() < 1e-9, "{all}");
    }
}
