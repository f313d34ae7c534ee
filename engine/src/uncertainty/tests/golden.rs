//! Against scikit-learn and scipy, to 1e-9.

use serde::Deserialize;

use super::super::{Graded, Platt, brier};

#[derive(Deserialize)]
struct Golden {
    predicted: Vec<f64>,
    outcome: Vec<f64>,
    weight: Vec<f64>,
    platt: [f64; 2],
    brier: f64,
}

fn golden() -> (Golden, Vec<Graded>) {
    let golden: Golden = serde_json::from_str(include_str!("../golden/calibration.json")).unwrap();
    let columns = golden
        .predicted
        .iter()
        .zip(&golden.outcome)
        .zip(&golden.weight);
    let graded = columns
        .map(|((&predicted, &outcome), &weight)| Graded {
            predicted,
            outcome,
            weight,
        })
        .collect();
    (golden, graded)
}

fn near(found: f64, wanted: f64) {
    assert!((found - wanted).abs() < 1e-9, "{found} {wanted}");
}

#[test]
fn platt_is_the_most_likely_one() {
    let (golden, graded) = golden();
    let platt = Platt::family(&[graded]).unwrap()[0];
    near(platt.offset(), golden.platt[0]);
    near(platt.scale(), golden.platt[1]);
}

#[test]
fn brier_is_that_of_scikit_learn() {
    let (golden, graded) = golden();
    near(brier(&graded), golden.brier);
}
