use proptest::prelude::*;

use super::super::{Advice, Conformal, Error, Graded};
use super::{graded, point, probability};
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
        // A bad answer was to be expected: the threshold is above one half here.
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
fn rates_and_thresholds_are_shares() {
    for error in [0.0, 1.0, f64::NAN, -1.0] {
        let refused = Conformal::fit(&honest(50, 4), error);
        assert_eq!(refused, Err(Error::Range("error")));
    }
    for threshold in [-0.1, 1.1, f64::NAN] {
        assert_eq!(Conformal::new(threshold), Err(Error::Range("threshold")));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

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
}
