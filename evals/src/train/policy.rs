//! Sets the default policy of each pool: what is foreign, what money is worth, which cheap answers
//! are trusted. Nothing is set on a prompt whose prediction or distance was learned from it: known
//! traffic is stood for by folds, unknown traffic by kinds of prompt that were left out whole.

use std::collections::{BTreeSet, HashMap};

use anyhow::Result;
use moecraft_engine::predict::{GENERAL, Row, Tier, Traffic, WIDTH, drawn, sealed};
use moecraft_engine::random::Generator;
use moecraft_engine::router::{Care, Figures, Prior, Worth, choose, inputs};
use moecraft_engine::uncertainty::{Conformal, Graded};
use nalgebra::DMatrix;

use super::cascade::{self, Probed};
use super::data::{Data, Outcome};
use super::familiar::{Far, Scale, Space};
use super::fit::Seen;
use super::foreign::{Distances, scales};
use super::forest::Forest;
use super::kinds::Labels;
use super::metrics;
use super::write::{f32_of, u16_of};
use crate::learners::Learners;

/// What the trials on foreign prompts save, if they may: so many prompts are tried one step cheaper.
const TRIALS_SAVE: f64 = 0.11;
/// The share of the quality that they may lose on the worst of the kinds known.
const TRIALS_LOSE: f64 = 0.045;
/// How much more than it saves a cheaper tier is assumed to lose on foreign prompts.
const CARE: f64 = 1.5;
/// The share of the best tier's quality that is kept on known traffic. A threshold from one sample
/// gives up to one point less on another.
const KEEP: f64 = 0.973;
/// The values of lambda that are tried, in units of one call of the dearest tier.
const LAMBDAS: usize = 60;
/// How often advice may be wrong.
const ADVICE_ERROR: f64 = 0.1;
/// A kind of fewer prompts says nothing about the worst that can happen.
pub(crate) const LEAST_KIND: usize = 100;

/// A prompt that was predicted by learners that had not seen it.
#[derive(Clone)]
pub(crate) struct Case {
    /// The prompt's place.
    pub(crate) at: usize,
    /// For each tier the probability of a good answer.
    pub(crate) p: Vec<f64>,
    /// For each tier the expected cost, dollars.
    pub(crate) costs: Vec<f64>,
    /// For each tier what is assumed of the prompt by itself; none where that is the tier's standing.
    pub(crate) assumed: Option<Vec<f64>>,
    /// Log-odds of being foreign.
    pub(crate) foreignness: f32,
    pub(crate) outcomes: Vec<Outcome>,
}

impl Case {
    /// As predictions are measured.
    pub(crate) fn row(&self) -> metrics::Row {
        let outcomes = || self.outcomes.iter();
        metrics::Row {
            p: self.p.clone(),
            costs: self.costs.clone(),
            scores: outcomes().map(|outcome| outcome.score).collect(),
            spent: outcomes().map(|outcome| outcome.cost_usd).collect(),
        }
    }
}

/// A tier over all of a pool's prompts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    pub(crate) tier: Tier,
    pub(crate) base: f64,
    pub(crate) prior: f64,
    pub(crate) cost_usd: f64,
    /// The share of the dearest tier's quality that it loses on the worst of the kinds known.
    pub(crate) risk: f64,
    pub(crate) advice: Conformal,
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
pub(crate) fn standings(tiers: &[Tier], cases: &[&Case], kinds: &[usize]) -> Result<Vec<Standing>> {
    let mean = |of: &dyn Fn(&Case) -> f64, kind: Option<usize>| {
        let chosen: Vec<f64> = cases
            .iter()
            .filter(|c| kind.is_none_or(|kind| kinds[c.at] == kind))
            .map(|case| of(case))
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
        let risk = |kind: &usize| {
            let (best, _) = mean(&|case| case.outcomes[last].score, Some(*kind));
            behind(kind) / best.max(1e-9)
        };
        let graded: Vec<Graded> = (cases.iter())
            .map(|case| Graded {
                predicted: case.p[place],
                outcome: case.outcomes[place].score,
                weight: 1.0,
            })
            .collect();
        Ok(Standing {
            tier: *tier,
            base,
            prior: (best - worst).clamp(0.0, 1.0),
            cost_usd: mean(&|case| case.outcomes[place].cost_usd, None).0,
            risk: present.iter().map(risk).fold(0.0, f64::max),
            advice: Conformal::fit(&graded, ADVICE_ERROR)?,
        })
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

/// How likely each of these prompts is foreign, which come together.
fn foreign(cases: &[&Case]) -> Vec<f64> {
    let foreignness: Vec<f32> = cases.iter().map(|case| case.foreignness).collect();
    let traffic = Traffic::of(&foreignness);
    foreignness.iter().map(|at| traffic.foreign(*at)).collect()
}

/// The share of prompts that are treated as foreign.
pub(crate) fn share_foreign(cases: &[&Case]) -> f64 {
    let foreign = foreign(cases);
    foreign.iter().filter(|foreign| **foreign > 0.5).count() as f64 / foreign.len().max(1) as f64
}

impl Draft {
    /// What the policy holds of a prompt's tiers.
    fn held(&self, case: &Case, foreign: f64) -> Vec<Figures> {
        let tiers = self
            .standings
            .iter()
            .zip(&case.p)
            .zip(&case.costs)
            .enumerate();
        let figures = |(place, ((standing, p), cost_usd)): (usize, ((&Standing, &f64), &f64))| {
            let own = case.assumed.as_ref().and_then(|assumed| assumed.get(place));
            let assumed = own.copied().unwrap_or(standing.prior);
            let p = drawn(*p, assumed, foreign);
            Figures {
                p,
                prior: p,
                cost_usd: drawn(*cost_usd, standing.cost_usd, foreign),
                latency_ms: 0.0,
            }
        };
        tiers.map(figures).collect()
    }

    /// For each prompt and tier the probability that is shown, and the grade.
    pub(crate) fn shown(&self, cases: &[&Case]) -> Vec<Vec<(f64, f64)>> {
        let shown = |(case, foreign): (&&Case, f64)| {
            let tiers = case.p.iter().zip(&self.standings).zip(&case.outcomes);
            tiers
                .map(|((p, standing), o)| (drawn(*p, standing.base, foreign), o.score))
                .collect()
        };
        cases.iter().zip(foreign(cases)).map(shown).collect()
    }

    /// Calibration error of what is stated of the chosen tier, over the last quarter of these prompts,
    /// which come one by one, each answer's outcome told before the next.
    pub(crate) fn taught(&self, view: &View<'_>, cases: &[&Case]) -> f64 {
        let mut traffic = Traffic::default();
        let mut learners = Learners::new(self.standings.len());
        let mut stated = Vec::with_capacity(cases.len());
        for case in cases {
            let foreign = traffic.foreign(case.foreignness);
            traffic.observe(case.foreignness);
            let mut figures = self.held(case, foreign);
            let mut p: Vec<f64> = figures.iter().map(|of| of.p).collect();
            let told = learners.correct(&mut p, &inputs(&view.seen[case.at].features));
            for (of, p) in figures.iter_mut().zip(p) {
                (of.p, of.prior) = (p, p);
            }
            let Some(chosen) = choose(&figures, &worth(self.lambda), &self.care(case, foreign))
            else {
                continue;
            };
            let tier = chosen.index;
            if let (Some(of), Some(outcome)) = (figures.get(tier), case.outcomes.get(tier)) {
                stated.push((of.p, outcome.score));
                learners.learn(tier, &told, outcome.score);
            }
        }
        let last = stated.split_off(stated.len() * 3 / 4);
        metrics::ece(last.into_iter())
    }

    fn care(&self, case: &Case, foreign: f64) -> Care {
        Care {
            foreign,
            trial: self.trial,
            draw: Generator::new(case.at as u64).unit(),
        }
    }

    /// What comes of the policy on these prompts, which come together.
    pub(crate) fn kept(&self, cases: &[&Case]) -> Kept {
        let mut kept = Kept::default();
        for (case, foreign) in cases.iter().zip(foreign(cases)) {
            let care = self.care(case, foreign);
            let choice = choose(&self.held(case, foreign), &worth(self.lambda), &care);
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
}

/// A good answer is the unit.
fn worth(lambda: f64) -> Worth {
    Worth {
        value: 1.0,
        lambda,
        second: 0.0,
        floor: 0.0,
    }
}

/// The policy that saves most and keeps [`KEEP`] of the quality on traffic as in the folds.
pub(crate) fn draft(name: &str, standings: &[Standing], cases: &[&Case]) -> Draft {
    let dearest = standings.last().map_or(1.0, |standing| standing.cost_usd);
    let trial = match standings.iter().rev().nth(1) {
        // Whom the general policy serves decides what is tried on their traffic.
        Some(step) if name != GENERAL => {
            let saves = TRIALS_SAVE / (1.0 - step.cost_usd / dearest).max(TRIALS_SAVE);
            saves.min(TRIALS_LOSE / step.risk.max(TRIALS_LOSE))
        }
        _ => 0.0,
    };
    let with = |lambda: f64| Draft {
        name: name.to_owned(),
        lambda,
        trial,
        standings: careful(standings, lambda),
    };
    let mut best = (f64::MIN, 0.0);
    for step in 0..LAMBDAS {
        let lambda = 10_f64.powf(-3.0 + 3.5 * step as f64 / LAMBDAS as f64) / dearest;
        let kept = with(lambda).kept(cases);
        if kept.quality() >= KEEP && kept.saving() > best.0 {
            best = (kept.saving(), lambda);
        }
    }
    with(best.1)
}

/// The same with priors by which no cheaper tier is worth its saving: that it was so on each of a few
/// kinds says little of the next one.
fn careful(standings: &[Standing], lambda: f64) -> Vec<Standing> {
    let Some(last) = standings.last() else {
        return Vec::new();
    };
    let careful = |standing: &Standing| {
        let saved = lambda * (last.cost_usd - standing.cost_usd);
        let most = last.prior - CARE * saved;
        Standing {
            prior: standing.prior.min(most).max(0.0),
            ..*standing
        }
    };
    standings.iter().map(careful).collect()
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
            let Standing {
                base,
                prior,
                cost_usd,
                advice,
                ..
            } = standing;
            for number in [*base, *prior, *cost_usd, advice.threshold()] {
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
    /// Predictions with a fold left out, and with a part.
    pub(crate) known: Vec<Unseen>,
    pub(crate) unknown: Vec<Unseen>,
    pub(crate) probed: Vec<Probed>,
    pub(crate) distances: Distances,
}

/// What prompts look like to all that learns.
pub(crate) struct View<'a> {
    pub(crate) data: &'a Data,
    pub(crate) seen: &'a [Seen],
    pub(crate) inputs: &'a DMatrix<f32>,
    pub(crate) read: &'a [Row],
    pub(crate) labels: &'a Labels,
}

/// Sets the policies of the pools and writes them to a file.
pub(crate) fn train(view: &View<'_>, subjects: &[Subject<'_>]) -> Result<Vec<u8>> {
    let distances: Vec<&Distances> = subjects.iter().map(|subject| &subject.distances).collect();
    let scales = scales(&distances, &view.labels.fields, &|_| true)?;
    let mut parts = Vec::new();
    for (subject, scale) in subjects.iter().zip(&scales) {
        let cases = subject.known(view, scale);
        let all: Vec<&Case> = cases.iter().collect();
        let standings = standings(&subject.tiers, &all, &view.labels.kinds)?;
        let draft = draft(subject.name, &standings, &all);
        let mut rows: Vec<usize> = cases.iter().map(|case| case.at).collect();
        rows.sort_unstable();
        let space = Space::fit(view.inputs, &rows, &view.labels.kinds)?;
        parts.push((draft, space, verifier(view, subject.probed.iter())));
    }
    let written: Vec<_> = parts
        .iter()
        .zip(&scales)
        .map(|((draft, space, verifier), scale)| (draft, space, scale, verifier.as_ref()))
        .collect();
    Ok(file(&written))
}

impl Subject<'_> {
    /// Its prompts as known traffic.
    pub(crate) fn known(&self, view: &View<'_>, scale: &Scale) -> Vec<Case> {
        self.cases(view, scale, &self.known, &self.distances.known)
    }

    /// Its prompts as traffic of kinds never seen.
    pub(crate) fn unknown(&self, view: &View<'_>, scale: &Scale) -> Vec<Case> {
        self.cases(view, scale, &self.unknown, &self.distances.unknown)
    }

    /// Predictions, distances and outcomes of the same prompts.
    fn cases(
        &self,
        view: &View<'_>,
        scale: &Scale,
        unseen: &[Unseen],
        distances: &[Far],
    ) -> Vec<Case> {
        let distances: HashMap<usize, &Far> = distances.iter().map(|far| (far.at, far)).collect();
        let count = self.outcomes.len().max(1) as f64;
        let mean = |tier: usize| {
            self.outcomes
                .values()
                .map(|o| o[tier].cost_usd)
                .sum::<f64>()
                / count
        };
        let means: Vec<f64> = (0..self.tiers.len()).map(mean).collect();
        let assumed = |at: usize| {
            let prior = Prior::of(&view.seen[at].features);
            self.tiers.iter().map(|tier| prior.p(*tier)).collect()
        };
        let case = |unseen: &Unseen| {
            let costs = unseen.costs.iter().zip(&means);
            Some(Case {
                at: unseen.at,
                p: unseen.p.clone(),
                costs: costs.map(|(cost, mean)| cost.unwrap_or(*mean)).collect(),
                assumed: (self.name == GENERAL).then(|| assumed(unseen.at)),
                foreignness: scale.foreignness(distances.get(&unseen.at)?),
                outcomes: self.outcomes.get(&unseen.at)?.clone(),
            })
        };
        unseen.iter().filter_map(case).collect()
    }
}
