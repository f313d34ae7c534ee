mod belief;
mod conformal;
mod golden;
mod measure;
mod platt;

use proptest::prelude::*;

use super::Graded;

/// A prediction and its outcome, counted once.
fn point(predicted: f64, outcome: f64) -> Graded {
    Graded {
        predicted,
        outcome,
        weight: 1.0,
    }
}

/// Probabilities, whole ones and ties among them.
fn probability() -> impl Strategy<Value = f64> {
    prop_oneof![4 => 0.0..=1.0_f64, 2 => (0..=10_u8).prop_map(|tenths| f64::from(tenths) / 10.0)]
}

/// What may be learned from.
fn graded() -> impl Strategy<Value = Graded> {
    let outcome = prop_oneof![2 => Just(0.0), 2 => Just(1.0), 1 => 0.0..=1.0_f64];
    let weight =
        prop_oneof![4 => Just(1.0), 2 => 0.01..20.0_f64, 1 => Just(1e3), 1 => Just(5e-324)];
    (probability(), outcome, weight).prop_map(|(predicted, outcome, weight)| Graded {
        predicted,
        outcome,
        weight,
    })
}

/// What may or may not be learned from.
fn anything() -> impl Strategy<Value = Graded> {
    let wild = (any::<f64>(), any::<f64>(), any::<f64>());
    let wild = wild.prop_map(|(predicted, outcome, weight)| Graded {
        predicted,
        outcome,
        weight,
    });
    prop_oneof![8 => graded(), 1 => wild, 1 => Just(point(f64::NAN, 1.0))]
}

/// That a calibrator rises, stays within 0..=1 and takes anything.
fn check_curve(apply: impl Fn(f64) -> f64) -> Result<(), TestCaseError> {
    let mut before = 0.0;
    for step in 0..=200_u8 {
        let calibrated = apply(f64::from(step) / 200.0);
        prop_assert!((0.0..=1.0).contains(&calibrated), "{}", calibrated);
        prop_assert!(calibrated >= before - 1e-12, "{} {}", before, calibrated);
        before = calibrated;
    }
    for odd in [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        -3.0,
        1e300,
        -0.0,
    ] {
        prop_assert!((0.0..=1.0).contains(&apply(odd)));
    }
    Ok(())
}
