use proptest::prelude::*;

use super::super::{Advice, Conformal, Error, Graded};
use super::{anything, graded, point, probability};
use crate::random::Generator;

/// Outcomes of predictions that are true.
fn honest(count: usize, seed: u64) -> Vec<Graded> {
    let mut generator = Generator::new(seed);
    let mut draw = |_| {
        let predicted = generator.unit();
        point(predicted, f64::from(u8::from(generator.unit() < predicted)))
    };
    (0..count).map(&mut draw).collect()
}

/// How often the outcome was not to be expected.
fn missed(conformal: &Conformal, graded: &[Graded]) -> f64 {
    let missed = |p: &&Graded| match conformal.advice(p.predicted) {
        Advice::Alone => p.outcome < 0.5,
        // That a bad answer was expected where none was, or nothing at all, is told apart below.
        Advice::DontKnow => p.outcome >= 0.5,
        Advice::SecondOpinion => false,
    };
    graded.iter().filter(missed).count() as f64 / graded.len() as f64
}

#[test]
fn the_rate_of_error_is_the_stated_one() {
    let conformal = Conformal::fit(&honest(4000, 1), 0.1).unwrap();
    let rate = missed(&conformal, &honest(20_000, 2));
    assert!((rate - 0.1).abs() < 0.02, "{rate}");
    let all = [0.02, 0.5, 0.98].map(|p| conformal.advice(p));
    assert_eq!(
        all,
        [Advice::DontKnow, Advice::SecondOpinion, Advice::Alone]
    );
}

#[test]
fn too_few_outcomes_leave_all_open() {
    let conformal = Conformal::fit(&honest(5, 3), 0.1).unwrap();
    for p in [0.0, 0.3, 0.9999, 1.0] {
        assert_eq!(conformal.advice(p), Advice::SecondOpinion);
    }
    assert_eq!(conformal.advice(f64::NAN), Advice::DontKnow);
}

#[test]
fn what_is_stored_is_checked() {
    for error in [0.0, 1.0, f64::NAN, -1.0] {
        let refused = Conformal::fit(&honest(50, 4), error);
        assert_eq!(refused, Err(Error::Range("error")));
    }
    let stored = r#"{"threshold":2.0,"error":0.1}"#;
    assert!(serde_json::from_str::<Conformal>(stored).is_err());
}

proptest! {
    #[test]
    fn advice_rises_with_the_probability(
        outcomes in proptest::collection::vec(graded(), 0..60),
        error in 0.01..0.99_f64,
        one in probability(),
        other in probability(),
    ) {
        let conformal = Conformal::fit(&outcomes, error).unwrap();
        let (low, high) = (one.min(other), one.max(other));
        prop_assert!(conformal.advice(low) <= conformal.advice(high));
    }

    /// Whatever comes, also against all odds.
    #[test]
    fn updates_keep_the_rate(
        outcomes in proptest::collection::vec(anything(), 300..600),
        error in 0.05..0.5_f64,
    ) {
        let mut conformal = Conformal::fit(&[], error).unwrap();
        let (mut count, mut misses) = (0.0, 0.0);
        for graded in &outcomes {
            let probability = if graded.outcome >= 0.5 { graded.predicted } else { 1.0 - graded.predicted };
            let before = conformal;
            if conformal.update(graded).is_ok() {
                count += 1.0;
                let expected = before.advice(probability) >= Advice::SecondOpinion;
                misses += if expected { 0.0 } else { 1.0 };
            }
        }
        let stored = serde_json::to_string(&conformal).unwrap();
        prop_assert!(serde_json::from_str::<Conformal>(&stored).is_ok());
        prop_assert!(((misses / count) - error).abs() <= 1.03 / (0.01 * count) + 1e-9);
    }
}
