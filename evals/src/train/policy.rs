//! Sets the default policy of each pool: what is foreign, what money is worth, which cheap answers
//! are trusted. Nothing is set on a prompt whose prediction or distance was learned from it: known
//! traffic is stood for by folds, unknown traffic by kinds of prompt that were left out whole.

use std::collections::{BTreeSet, HashMap, HashSet};

use anyhow::{Context, Result};
use moecraft_engine::logistic::probability;
use moecraft_engine::predict::{GENERAL, MEASURES, Policy, Row, Tier, Traffic, WIDTH, sealed};
use moecraft_engine::random::Generator;
use moecraft_engine::router::{Care, Figures, Worth, choose};
use nalgebra::{DMatrix, DVector};

use super::cascade::{self, Probed};
use super::data::{Data, Outcome};
use super::familiar::{Scale, Space};
use super::forest::Forest;
use super::write::{f32_of, u16_of};

/// What the trials on foreign prompts save: so many prompts are tried one step cheaper that a tenth
/// of the cost is saved for sure. It keeps 95 % of the quality where the cheaper tier loses a third.
const TRIALS_SAVE: f64 = 0.12;
/// The share of the best tier's quality that is kept on known traffic. A threshold from one sample
/// gives up to one point less on another.
const KEEP: f64 = 0.973;
/// The values of lambda that are tried, in units of one call of the dearest tier.
const LAMBDAS: usize = 60;
/// A kind of fewer prompts says nothing about the worst that can happen.
const LEAST_KIND: usize = 100;

/// A prompt that was predicted by learners that had not seen it.
#[derive(Clone)]
pub(crate) struct Case {
    /// The prompt's place.
    pub(crate) at: usize,
    /// For each tier the probability of a good answer.
    pub(crate) p: Vec<f64>,
    /// For each tier the expected cost, dollars.
    pub(crate) costs: Vec<f64>,
    /// Log-odds of being foreign.
    pub(crate) foreignness: f32,
    pub(crate) outcomes: Vec<Outcome>,
}

/// A tier over all of a pool's prompts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    pub(crate) tier: Tier,
    pub(crate) base: f64,
    pub(crate) prior: f64,
    pub(crate) cost_usd: f64,
}

/// What a policy is, before it is written.
#[derive(Default)]
pub(crate) struct Draft {
    pub(crate) name: String,
    pub(crate) lambda: f64,
    pub(crate) trial: f64,
    pub(crate) standings: Vec<Standing>,
}

/// Mean grade and mean cost of each tier, and how far the cheaper ones may fall behind.
pub(crate) fn standings(tiers: &[Tier], cases: &[Case], kinds: &[usize]) -> Vec<Standing> {
    let mean = |of: &dyn Fn(&Case) -> f64, kind: Option<usize>| {
        let chosen: Vec<f64> = cases
            .iter()
            .filter(|c| kind.is_none_or(|kind| kinds[c.at] == kind))
            .map(of)
            .collect();
        (
            chosen.iter().sum::<f64>() / chosen.len().max(1) as f64,
            chosen.len(),
        )
    };
    let last = tiers.len().saturating_sub(1);
    let present: BTreeSet<usize> = cases.iter().map(|case| kinds[case.at]).collect();
    let standing = |(place, tier): (usize, &Tier)| {
        let (base, _) = mean(&|case| case.outcomes[place].score, None);
        let (best, _) = mean(&|case| case.outcomes[last].score, None);
        let behind = |kind: &usize| {
            let lost = |case: &Case| case.outcomes[last].score - case.outcomes[place].score;
            let (lost, count) = mean(&lost, Some(*kind));
            if count < LEAST_KIND { 0.0 } else { lost }
        };
        let worst = present.iter().map(behind).fold(best - base, f64::max);
        Standing {
            tier: *tier,
            base,
            prior: (best - worst).clamp(0.0, 1.0),
            cost_usd: mean(&|case| case.outcomes[place].cost_usd, None).0,
        }
    };
    tiers.iter().enumerate().map(standing).collect()
}

/// What choices came to, and what the most expensive tier would have.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Kept {
    score: f64,
    best: f64,
    spent: f64,
    dearest: f64,
}

impl Kept {
    /// Quality as a share of the most expensive tier's.
    pub(crate) fn quality(&self) -> f64 {
        self.score / self.best.max(1e-9)
    }

    /// The share of the most expensive tier's cost that is saved.
    pub(crate) fn saving(&self) -> f64 {
        1.0 - self.spent / self.dearest.max(1e-12)
    }

    /// Both together.
    pub(crate) fn add(&mut self, other: &Self) {
        self.score += other.score;
        self.best += other.best;
        self.spent += other.spent;
        self.dearest += other.dearest;
    }
}

/// Prompts that come together, as traffic.
fn traffic(cases: &[&Case]) -> Traffic {
    Traffic::of(
        &cases
            .iter()
            .map(|case| case.foreignness)
            .collect::<Vec<_>>(),
    )
}

/// The share of prompts that are treated as foreign.
pub(crate) fn foreign(cases: &[&Case]) -> f64 {
    let traffic = traffic(cases);
    let foreign = cases
        .iter()
        .filter(|case| traffic.foreign(case.foreignness) > 0.5)
        .count();
    foreign as f64 / cases.len().max(1) as f64
}

/// For each prompt and tier the probability that is shown, and the grade.
pub(crate) fn shown(draft: &Draft, cases: &[&Case]) -> Vec<Vec<(f64, f64)>> {
    let traffic = traffic(cases);
    let of = |case: &&Case| {
        let foreign = traffic.foreign(case.foreignness);
        let tiers = case.p.iter().zip(&draft.standings).zip(&case.outcomes);
        tiers
            .map(|((p, standing), o)| (p + foreign * (standing.base - p), o.score))
            .collect()
    };
    cases.iter().map(of).collect()
}

/// What comes of a policy on these prompts, which come together.
pub(crate) fn kept(draft: &Draft, cases: &[&Case]) -> Kept {
    let traffic = traffic(cases);
    let mut kept = Kept::default();
    for case in cases {
        let care = Care {
            foreign: traffic.foreign(case.foreignness),
            trial: draft.trial,
            draw: Generator::new(case.at as u64).unit(),
        };
        let figures: Vec<Figures> = (draft.standings.iter().zip(&case.p).zip(&case.costs))
            .map(|((standing, p), cost_usd)| Figures {
                p: *p,
                prior: standing.prior,
                // Of what is foreign the cost is foretold no better than the quality.
                cost_usd: if care.foreign > 0.5 {
                    standing.cost_usd
                } else {
                    *cost_usd
                },
                latency_ms: 0.0,
            })
            .collect();
        let choice = choose(&figures, &worth(draft.lambda), &care);
        let chosen = choice.and_then(|choice| case.outcomes.get(choice.index));
        if let (Some(chosen), Some(last)) = (chosen, case.outcomes.last()) {
            kept.add(&Kept {
                score: chosen.score,
                best: last.score,
                spent: chosen.cost_usd,
                dearest: last.cost_usd,
            });
        }
    }
    kept
}

/// A good answer is the unit.
pub(crate) fn worth(lambda: f64) -> Worth {
    Worth {
        value: 1.0,
        lambda,
        second: 0.0,
        floor: 0.0,
    }
}

/// The lambda that saves most and keeps [`KEEP`] of the quality on traffic as in the folds.
pub(crate) fn draft(name: &str, standings: Vec<Standing>, cases: &[Case]) -> Draft {
    let dearest = standings.last().map_or(1.0, |standing| standing.cost_usd);
    let step = standings
        .iter()
        .rev()
        .nth(1)
        .map_or(0.0, |standing| standing.cost_usd);
    let mut draft = Draft {
        name: name.to_owned(),
        lambda: 0.0,
        trial: (TRIALS_SAVE / (1.0 - step / dearest).max(TRIALS_SAVE)).min(1.0),
        standings,
    };
    let cases: Vec<&Case> = cases.iter().collect();
    let mut best = (f64::MIN, 0.0);
    for step in 0..LAMBDAS {
        draft.lambda = 10_f64.powf(-3.0 + 3.5 * step as f64 / LAMBDAS as f64) / dearest;
        let kept = kept(&draft, &cases);
        let (quality, saving) = (kept.quality(), kept.saving());
        if quality >= KEEP && saving > best.0 {
            best = (saving, draft.lambda);
        }
    }
    draft.lambda = best.1;
    draft
}

/// Which prompts are of one kind, by number: a benchmark, or a subject where it has many.
pub(crate) fn kinds(data: &Data) -> Vec<usize> {
    let name = |at: usize| {
        let prompt = &data.prompts[at];
        match bare(&prompt.benchmark) {
            mmlu @ ("mmlu" | "mmlu-pro") => format!("{mmlu}/{}", prompt.category),
            benchmark => benchmark.to_owned(),
        }
    };
    numbered((0..data.prompts.len()).map(name))
}

/// A benchmark's name without the mark of the source that it was taken from.
fn bare(benchmark: &str) -> &str {
    benchmark
        .trim_start_matches("rl-")
        .trim_start_matches("rb-")
}

/// Which prompts are left out together as traffic never seen: a benchmark, or a field of study.
pub(crate) fn fields(data: &Data) -> Vec<usize> {
    let name = |at: usize| {
        let prompt = &data.prompts[at];
        match bare(&prompt.benchmark) {
            "mmlu" | "mmlu-pro" => {
                let field = prompt
                    .category
                    .rsplit(['_', ' '])
                    .next()
                    .unwrap_or_default();
                format!("field {field}")
            }
            benchmark => benchmark.to_owned(),
        }
    };
    numbered((0..data.prompts.len()).map(name))
}

fn numbered(names: impl Iterator<Item = String>) -> Vec<usize> {
    let names: Vec<String> = names.collect();
    let distinct: BTreeSet<&String> = names.iter().collect();
    let places: HashMap<&String, usize> = distinct
        .into_iter()
        .enumerate()
        .map(|(place, name)| (name, place))
        .collect();
    names
        .iter()
        .filter_map(|name| places.get(name).copied())
        .collect()
}

/// The prompts that may be learned from when `out` are left out: none that asks the same as one of
/// them.
pub(crate) fn without(data: &Data, rows: &[usize], out: &dyn Fn(usize) -> bool) -> Vec<usize> {
    let groups: HashSet<u32> = (0..data.prompts.len())
        .filter(|&at| out(at))
        .map(|at| data.prompts[at].group)
        .collect();
    let kept = |at: &usize| !out(*at) && !groups.contains(&data.prompts[*at].group);
    rows.iter().copied().filter(kept).collect()
}

/// Distances of prompts from others, by how the others were chosen.
pub(crate) struct Distances {
    /// From the other folds.
    pub(crate) known: Vec<(usize, [f32; MEASURES])>,
    /// From all other fields.
    pub(crate) unknown: Vec<(usize, [f32; MEASURES])>,
}

/// Parts that fields are left out in: more take longer and measure the same.
pub(crate) const PARTS: usize = 8;

/// Measures every prompt of a pool with its fold left out, and with its field left out.
pub(crate) fn distances(
    view: &View<'_>,
    rows: &[usize],
    labels: &(Vec<usize>, Vec<usize>),
) -> Result<Distances> {
    let (kinds, fields) = labels;
    let present: BTreeSet<usize> = rows.iter().map(|&at| fields[at]).collect();
    let parts: HashMap<usize, usize> = present
        .into_iter()
        .enumerate()
        .map(|(rank, field)| (field, rank % PARTS))
        .collect();
    let measured = |part: &dyn Fn(usize) -> Option<usize>| -> Result<Vec<_>> {
        let present: BTreeSet<usize> = rows.iter().filter_map(|&at| part(at)).collect();
        let mut measured = Vec::with_capacity(rows.len());
        for left_out in present {
            let others = without(view.data, rows, &|at| part(at) == Some(left_out));
            if others.is_empty() {
                continue;
            }
            let space = Space::fit(view.inputs, &others, kinds)?;
            let file = file(&[(&Draft::default(), &space, &Scale::none()?, None)]);
            let policy = Policy::read(&file, "")?;
            let here = rows.iter().filter(|&&at| part(at) == Some(left_out));
            measured.extend(here.map(|&at| (at, policy.familiar.measures(&view.read[at]))));
        }
        Ok(measured)
    };
    Ok(Distances {
        known: measured(&|at| Some(view.data.prompts[at].fold))?,
        unknown: measured(&|at| parts.get(&fields[at]).copied())?,
    })
}

/// A pool's curves, and the weights that all pools share.
pub(crate) fn scales(pools: &[Distances], fields: &[usize]) -> Result<Vec<Scale>> {
    let mut scales = Vec::new();
    for pool in pools {
        let curve = |way: usize| Scale::curve(pool.known.iter().map(|(_, m)| m[way]).collect());
        scales.push(Scale {
            curves: (0..MEASURES).map(curve).collect::<Result<_>>()?,
            ..Scale::none()?
        });
    }
    // Every field of every pool counts the same.
    let mut rows: Vec<(DVector<f64>, f64, f64)> = Vec::new();
    for (pool, scale) in pools.iter().zip(&scales) {
        for (cases, foreign) in [(&pool.known, 0.0), (&pool.unknown, 1.0)] {
            let mut counts: HashMap<usize, f64> = HashMap::new();
            for (at, _) in cases {
                *counts.entry(fields[*at]).or_default() += 1.0;
            }
            for (at, measures) in cases {
                let scores = scale.scores(measures).chain([1.0]);
                let row = DVector::from_iterator(MEASURES + 1, scores);
                rows.push((
                    row,
                    foreign,
                    1.0 / counts.get(&fields[*at]).copied().unwrap_or(1.0),
                ));
            }
        }
    }
    let mut weights = DVector::zeros(MEASURES + 1);
    for _ in 0..12 {
        let mut slope = DVector::zeros(MEASURES + 1);
        let mut curve = DMatrix::identity(MEASURES + 1, MEASURES + 1) * 1e-6;
        for (row, foreign, weight) in &rows {
            let p = probability(weights.dot(row));
            slope += row * ((foreign - p) * weight);
            curve += row * row.transpose() * (p * (1.0 - p) * weight);
        }
        weights += curve
            .cholesky()
            .context("weights of the measures")?
            .solve(&slope);
    }
    for scale in &mut scales {
        scale.weights = weights.iter().take(MEASURES).copied().collect();
        scale.constant = weights[MEASURES];
    }
    Ok(scales)
}

/// A file of policies.
pub(crate) fn file(policies: &[(&Draft, &Space, &Scale, Option<&Forest>)]) -> Vec<u8> {
    let mut body = Vec::new();
    u16_of(WIDTH, &mut body);
    u16_of(policies.len(), &mut body);
    for (draft, space, scale, verifier) in policies {
        body.push(draft.name.len() as u8);
        body.extend_from_slice(draft.name.as_bytes());
        f32_of(draft.lambda as f32, &mut body);
        f32_of(draft.trial as f32, &mut body);
        body.push(draft.standings.len() as u8);
        for standing in &draft.standings {
            body.push(standing.tier as u8);
            for number in [standing.base, standing.prior, standing.cost_usd] {
                f32_of(number as f32, &mut body);
            }
        }
        space.write(scale, &mut body);
        body.push(u8::from(verifier.is_some()));
        if let Some(forest) = verifier {
            forest.write(&mut body);
        }
    }
    sealed(&body)
}

/// The verifier of a pool; none where its cheap answers cannot be compared.
pub(crate) fn verifier<'a>(
    view: &View<'_>,
    probed: impl Iterator<Item = &'a Probed>,
) -> Option<Forest> {
    let row = |p: &'a Probed| (&view.read[p.at], view.data.prompts[p.at].text.as_str(), p);
    let rows: Vec<_> = probed.map(row).collect();
    (!rows.is_empty()).then(|| cascade::fit(&rows))
}

/// A prediction by learners that had not seen the prompt.
pub(crate) struct Unseen {
    pub(crate) at: usize,
    pub(crate) p: Vec<f64>,
    pub(crate) costs: Vec<Option<f64>>,
}

/// A pool whose policy is to be set.
pub(crate) struct Subject<'a> {
    pub(crate) name: &'a str,
    pub(crate) tiers: Vec<Tier>,
    /// What each tier did on a prompt; prompts without are not used.
    pub(crate) outcomes: HashMap<usize, Vec<Outcome>>,
    pub(crate) unseen: Vec<Unseen>,
    pub(crate) probed: Vec<Probed>,
}

impl Subject<'_> {
    /// The places of its prompts.
    pub(crate) fn places(&self) -> Vec<usize> {
        let mut places: Vec<usize> = self.outcomes.keys().copied().collect();
        places.sort_unstable();
        places
    }
}

/// What prompts look like to all that learns.
pub(crate) struct View<'a> {
    pub(crate) data: &'a Data,
    pub(crate) inputs: &'a DMatrix<f32>,
    pub(crate) read: &'a [Row],
}

/// Sets the policies of the pools and writes them to a file.
pub(crate) fn train(view: &View<'_>, subjects: &[Subject<'_>]) -> Result<Vec<u8>> {
    let labels = (kinds(view.data), fields(view.data));
    let mut measured = Vec::new();
    for subject in subjects {
        measured.push(distances(view, &subject.places(), &labels)?);
    }
    let scales = scales(&measured, &labels.1)?;
    let mut parts = Vec::new();
    for ((subject, scale), distances) in subjects.iter().zip(&scales).zip(&measured) {
        let cases = cases(subject, scale, &distances.known);
        let standings = standings(&subject.tiers, &cases, &labels.0);
        let mut draft = draft(subject.name, standings, &cases);
        if subject.name == GENERAL {
            // Whom it serves decides what is tried on their traffic.
            draft.trial = 0.0;
        }
        let all: Vec<&Case> = cases.iter().collect();
        let kept = kept(&draft, &all);
        let (quality, saving) = (kept.quality(), kept.saving());
        eprintln!(
            "{}: known traffic keeps {quality:.3} and saves {saving:.3}",
            subject.name
        );
        let mut rows: Vec<usize> = cases.iter().map(|case| case.at).collect();
        rows.sort_unstable();
        let space = Space::fit(view.inputs, &rows, &labels.0)?;
        parts.push((draft, space, verifier(view, subject.probed.iter())));
    }
    let written: Vec<_> = parts
        .iter()
        .zip(&scales)
        .map(|((draft, space, verifier), scale)| (draft, space, scale, verifier.as_ref()))
        .collect();
    Ok(file(&written))
}

/// Predictions, distances and outcomes of the same prompts.
pub(crate) fn cases(
    subject: &Subject<'_>,
    scale: &Scale,
    distances: &[(usize, [f32; MEASURES])],
) -> Vec<Case> {
    let measures: HashMap<usize, &[f32; MEASURES]> = distances
        .iter()
        .map(|(at, measures)| (*at, measures))
        .collect();
    let outcomes = &subject.outcomes;
    let count = outcomes.len().max(1) as f64;
    let mean = |tier: usize| outcomes.values().map(|o| o[tier].cost_usd).sum::<f64>() / count;
    let means: Vec<f64> = (0..subject.tiers.len()).map(mean).collect();
    let case = |unseen: &Unseen| {
        let costs = unseen.costs.iter().zip(&means);
        Some(Case {
            at: unseen.at,
            p: unseen.p.clone(),
            costs: costs.map(|(cost, mean)| cost.unwrap_or(*mean)).collect(),
            foreignness: scale.foreignness(measures.get(&unseen.at)?),
            outcomes: outcomes.get(&unseen.at)?.clone(),
        })
    };
    subject.unseen.iter().filter_map(case).collect()
}
