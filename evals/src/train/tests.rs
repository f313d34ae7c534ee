use std::collections::HashMap;

use anyhow::Result;
use moecraft_engine::predict::{MEASURES, MOST_TERMS, Predictor, Tier};
use nalgebra::DMatrix;

use super::data::{Data, Outcome, Pool, Prompt};
use super::familiar::{Far, Scale};
use super::fit::{Fitted, Plan, Seen, fit};
use super::forest::{self, Binned};
use super::lessons;
use super::policy::{self, Case};
use super::targets::Targets;
use super::{amount, hindsight, network};

const SMALL: Plan = Plan {
    networks: 2,
    network: network::Recipe {
        units: 16,
        epochs: 20,
        dropout: 0.2,
        input_dropout: 0.1,
        decay: 0.1,
    },
    forest: forest::Recipe {
        trees: 20,
        leaves: 4,
        rate: 0.2,
        least_rows: 5,
        inputs: 0.5,
        rows: 0.7,
        ridge: 1.0,
    },
    share: 0.4,
};

/// Short sums and long puzzles: the cheap model answers only the sums, the dear one both.
fn data() -> Data {
    let text = |at: usize| match at % 2 {
        0 => format!("What is {at} plus {}?", at / 3),
        _ => format!(
            "There are {at} houses in a row, and nobody lives beside a friend. {}",
            "Who owns the fish? ".repeat(9)
        ),
    };
    let prompt = |at: usize| Prompt {
        id: at.to_string(),
        benchmark: "made-up".to_owned(),
        category: String::new(),
        fold: at % 5,
        group: at as u32,
        text: text(at),
    };
    let right = |at: usize, model: usize| model >= 3 || at.is_multiple_of(2);
    let outcome = |at: usize, model: usize| Outcome {
        score: f64::from(u8::from(right(at, model))),
        cost_usd: 0.001 * (model + 1) as f64,
        tokens_out: 10,
        ..Outcome::default()
    };
    let rows = 0..240;
    Data {
        prompts: rows.clone().map(prompt).collect(),
        models: (0..6).map(|model| format!("model-{model}")).collect(),
        grades: rows
            .clone()
            .map(|at| (0..6).map(|model| Some(right(at, model))).collect())
            .collect(),
        outcomes: rows
            .map(|at| HashMap::from([0, 5].map(|model| (model, outcome(at, model)))))
            .collect(),
        pools: vec![Pool {
            name: "pair".to_owned(),
            tiers: vec![(Tier::Cheap, 0), (Tier::Expensive, 5)],
            benchmarks: vec!["made-up".to_owned()],
            mean_cost: vec![0.001, 0.006],
            probes: Vec::new(),
        }],
    }
}

fn seen(data: &Data) -> Vec<Seen> {
    data.prompts
        .iter()
        .map(|prompt| Seen::of(&prompt.text))
        .collect()
}

fn fitted(data: &Data, seen: &[Seen]) -> Result<Fitted> {
    let rows: Vec<usize> = (0..200).collect();
    fit(
        &SMALL,
        data,
        seen,
        &Targets::of(data),
        &lessons::of_pools(data),
        &rows,
    )
}

#[test]
fn training_is_repeatable_and_learns() -> Result<()> {
    let data = data();
    let seen = seen(&data);
    let file = fitted(&data, &seen)?.file();
    assert!(file == fitted(&data, &seen)?.file(), "two runs differ");
    let predictor = Predictor::read(&file, "pair")?;
    for (
        at,
        Seen {
            features,
            embedding,
        },
    ) in seen.iter().enumerate().skip(200)
    {
        let outlooks = predictor.predict(features, embedding.as_ref());
        assert_eq!(outlooks[0].p > 0.5, at % 2 == 0, "{outlooks:?}");
        assert!(outlooks[1].p > 0.8, "{outlooks:?}");
        assert!((outlooks[0].cost_usd.unwrap_or_default() / 0.001 - 1.0).abs() < 0.1);
    }
    for (_, equation) in predictor.equations() {
        assert!((1..=MOST_TERMS).contains(&equation.terms.len()));
    }
    Ok(())
}

#[test]
fn a_forest_finds_the_step() {
    let inputs = DMatrix::from_fn(2, 400, |input, at| match input {
        0 => at as f32 / 100.0 - 2.0,
        _ => (at % 7) as f32 / 7.0,
    });
    let graded: Vec<(usize, f64)> = (0..400)
        .map(|at| (at, f64::from(u8::from(at >= 250))))
        .collect();
    let forest = forest::grow(&SMALL.forest, &Binned::of(&inputs, 2), &graded, 7);
    let mut body = Vec::new();
    forest.write(&mut body);
    // Start and unit, then the trees.
    assert_eq!(u16::from_le_bytes([body[8], body[9]]), 20);
}

#[test]
fn hindsight_needs_others_and_keeps_the_mean() -> Result<()> {
    let mut data = data();
    let grades: Vec<(usize, f64)> = (0..200)
        .map(|at| (at, f64::from(u8::from(data.grades[at][0] == Some(true)))))
        .collect();
    let smoothed = hindsight::smoothed(&data, 0, &grades)?;
    let mean = |rows: &[(usize, f64)]| rows.iter().map(|(_, grade)| grade).sum::<f64>() / 200.0;
    assert!((mean(&smoothed) - mean(&grades)).abs() < 0.02);
    assert!(
        smoothed
            .iter()
            .all(|(at, grade)| (*grade > 0.5) == (at % 2 == 0))
    );
    for grades in &mut data.grades {
        grades[1..].fill(None);
    }
    assert_eq!(hindsight::smoothed(&data, 0, &grades)?, grades);
    Ok(())
}

#[test]
fn an_amount_has_the_right_mean() -> Result<()> {
    let inputs = DMatrix::from_fn(1, 300, |_, at| (at % 30) as f32 / 10.0 - 1.5);
    let measured: Vec<(usize, f64)> = (0..300)
        .map(|at| {
            (
                at,
                (f64::from(inputs[(0, at)]) + f64::from(u8::from(at % 2 == 0))).exp(),
            )
        })
        .collect();
    let Some(fitted) = amount::fit(&inputs, &measured)? else {
        anyhow::bail!("nothing fitted");
    };
    let told = |at: usize| f64::from((fitted.weights[0] * inputs[(0, at)] + fitted.constant).exp());
    let ratio = (0..300).map(|at| measured[at].1 / told(at)).sum::<f64>() / 300.0;
    assert!((ratio - 1.0).abs() < 0.02, "{ratio}");
    assert!(amount::fit(&inputs, &[(0, 0.0)])?.is_none());
    Ok(())
}

/// A prompt whose cheap answer is as good as the dear one, or is not.
fn case(at: usize, cheap: bool, foreignness: f32) -> Case {
    let outcome = |score, cost_usd| Outcome {
        score,
        cost_usd,
        ..Outcome::default()
    };
    Case {
        at,
        p: vec![if cheap { 0.9 } else { 0.1 }, 0.9],
        costs: vec![0.001, 0.01],
        assumed: None,
        foreignness,
        outcomes: vec![
            outcome(f64::from(u8::from(cheap)), 0.001),
            outcome(1.0, 0.01),
        ],
    }
}

#[test]
fn a_policy_saves_on_what_it_knows_and_spends_on_what_it_does_not() -> Result<()> {
    let known: Vec<Case> = (0..400).map(|at| case(at, at % 2 == 0, -2.0)).collect();
    let known: Vec<&Case> = known.iter().collect();
    let standings = policy::standings(&[Tier::Cheap, Tier::Expensive], &known, &[0; 400])?;
    let draft = policy::draft("pair", &standings, &known);
    let kept = draft.kept(&known);
    assert_eq!(kept.quality(), 1.0);
    assert!((kept.saving() - 0.45).abs() < 0.01, "{}", kept.saving());
    // The predictions are as sure as before, and wrong: no cheap answer is good.
    let foreign: Vec<Case> = (0..400)
        .map(|at| Case {
            p: vec![0.9, 0.9],
            ..case(at, false, 3.0)
        })
        .collect();
    let kept = draft.kept(&foreign.iter().collect::<Vec<_>>());
    assert!(kept.quality() > 0.9, "{}", kept.quality());
    assert!((0.02..0.15).contains(&kept.saving()), "{}", kept.saving());
    Ok(())
}

#[test]
fn a_wide_kind_is_no_more_foreign_than_a_narrow_one() -> Result<()> {
    let far = |at: usize| {
        let (label, width) = [(3, 1.0), (7, 3.0)][at % 2];
        let measure = width * (at as f32 * 0.618).fract();
        Far {
            at,
            label,
            measures: [measure; MEASURES],
        }
    };
    let known: Vec<Far> = (0..2000).map(far).collect();
    let mut scale = Scale::of(known.iter())?;
    scale.weights = vec![1.0; MEASURES];
    let mean = |label| {
        let of_kind = known.iter().filter(|far| far.label == label);
        of_kind.map(|far| scale.foreignness(far)).sum::<f32>() / 1000.0
    };
    assert!((mean(3) - mean(7)).abs() < 0.5, "{} {}", mean(3), mean(7));
    let beyond = |label, measure| {
        scale.foreignness(&Far {
            at: 0,
            label,
            measures: [measure; MEASURES],
        })
    };
    assert!(beyond(3, 1.5) > beyond(7, 1.5) + 3.0);
    Ok(())
}
