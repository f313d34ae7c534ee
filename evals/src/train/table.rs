//! The table of all pools, from models trained for it: shipped ones have seen every prompt at hand.
//!
//! Known traffic is the mean over folds, each predicted, measured and decided by what was learned
//! and set on the others. Unknown traffic is a field of study or a whole benchmark of which nothing
//! was learned from, all its prompts coming together; only the scales of calibration and of foreignness
//! have seen it.

use std::collections::{BTreeMap, HashMap};

use anyhow::Result;
use moecraft_engine::cascade::Verifier;

use super::cascade::Probed;
use super::metrics::{self, Figures};
use super::policy::{self, Case, Distances, Draft, Subject, View};

/// What was learned without some prompts, of those prompts.
pub(crate) struct Left<'a> {
    /// Predictions by folds, and by fields.
    pub(crate) known: Vec<Subject<'a>>,
    pub(crate) unknown: Vec<Subject<'a>>,
}

/// Prints everything.
pub(crate) fn print(view: &View<'_>, left: &Left<'_>) -> Result<String> {
    let labels = (policy::kinds(view.data), policy::fields(view.data));
    let mut measured = Vec::new();
    for subject in &left.known {
        measured.push(policy::distances(view, &subject.places(), &labels)?);
    }
    let scales = policy::scales(&measured, &labels.1)?;
    let mut out = String::from(
        "known traffic, by folds (trained on the others; tier: lambda set on the others)\n\
         pool         n   apgr  area   s95   s97  s97x   ece | tier: quality saving\n",
    );
    let mut later = String::new();
    for (place, ((known, scale), distances)) in
        left.known.iter().zip(&scales).zip(&measured).enumerate()
    {
        let Distances {
            known: near,
            unknown: far,
        } = distances;
        let cases = policy::cases(known, scale, near);
        let rows: Vec<metrics::Row> = cases.iter().map(row).collect();
        let Figures {
            apgr,
            area,
            save95,
            save97,
            save97x,
            ece,
            ..
        } = metrics::figures(&rows);
        let of = |cases: &[Case]| -> Draft {
            let standings = policy::standings(&known.tiers, cases, &labels.0);
            policy::draft(known.name, standings, cases)
        };
        let folds = by(&cases, |case| view.data.prompts[case.at].fold);
        let mut kept = policy::Kept::default();
        for fold in folds.keys() {
            let others = |case: &&Case| view.data.prompts[case.at].fold != *fold;
            let draft = of(&cases.iter().filter(others).cloned().collect::<Vec<_>>());
            kept.add(&policy::kept(&draft, &folds[fold]));
        }
        out += &format!(
            "{:<10} {:>5}  {apgr:.3} {area:.3} {save95:.3} {save97:.3} {save97x:.3} {ece:.3} |       {:.3}  {:.3}\n",
            known.name,
            cases.len(),
            kept.quality(),
            kept.saving(),
        );
        let Some(unknown) = left.unknown.get(place) else {
            continue;
        };
        later += &format!("{}\n", known.name);
        let foreign = policy::cases(unknown, scale, far);
        for (field, here) in by(&foreign, |case| labels.1[case.at]) {
            if here.len() < 100 {
                continue;
            }
            let others = |case: &&Case| labels.1[case.at] != field;
            let others: Vec<Case> = cases.iter().filter(others).cloned().collect();
            let draft = of(if others.is_empty() { &cases } else { &others });
            let kept = policy::kept(&draft, &here);
            let shown = policy::shown(&draft, &here);
            let ece = |tier: usize| metrics::ece(shown.iter().map(|s| s[tier]).collect());
            let tiers = known.tiers.len();
            later += &format!(
                "  {:<28} n {:>4}  quality {:.3}  saving {:.3}  foreign {:.2}  ece {:.3}\n",
                name(view, here.first().map_or(0, |case| case.at)),
                here.len(),
                kept.quality(),
                kept.saving(),
                policy::foreign(&here),
                (0..tiers).map(ece).sum::<f64>() / tiers as f64,
            );
        }
    }
    out += "\nunknown traffic: one field or benchmark left out of what the learners are trained on, by the tier chosen\n";
    out += &later;
    out += "\ncascade, by folds; then with a benchmark left out\npool           n    s95   s97   s99  s100   ece\n";
    for subject in left
        .known
        .iter()
        .filter(|subject| !subject.probed.is_empty())
    {
        let fold = |at: usize| view.data.prompts[at].fold;
        out += &cascade(view, subject.name, &subject.probed, &fold)?;
        let benchmark = |at: usize| labels.1[at];
        out += &cascade(view, "  left out", &subject.probed, &benchmark)?;
    }
    Ok(out)
}

fn name(view: &View<'_>, at: usize) -> String {
    let prompt = &view.data.prompts[at];
    format!("{}/{}", prompt.benchmark, prompt.category)
}

fn by(cases: &[Case], part: impl Fn(&Case) -> usize) -> BTreeMap<usize, Vec<&Case>> {
    let mut parts: BTreeMap<usize, Vec<&Case>> = BTreeMap::new();
    for case in cases {
        parts.entry(part(case)).or_default().push(case);
    }
    parts
}

pub(super) fn row(case: &Case) -> metrics::Row {
    metrics::Row {
        p: case.p.clone(),
        costs: case.costs.clone(),
        scores: case.outcomes.iter().map(|outcome| outcome.score).collect(),
        spent: case
            .outcomes
            .iter()
            .map(|outcome| outcome.cost_usd)
            .collect(),
    }
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
    let ece = metrics::ece(rows.iter().map(|row| (row[0], row[1])).collect());
    let [s95, s97, s99, s100] = metrics::cascade(rows);
    Ok(format!(
        "{name:<10} {:>5}  {s95:.3} {s97:.3} {s99:.3} {s100:.3} {ece:.3}\n",
        probed.len()
    ))
}
