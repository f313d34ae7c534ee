use proptest::prelude::*;

use super::super::{Error, Graded, Platt, ece};
use super::{anything, check_curve, graded, point};
use crate::random::Generator;

/// Predictions that are too bold by far, and outcomes as they would be: logit p' = `offset` + 0.5
/// logit p.
fn bold(count: usize, offset: f64, seed: u64) -> Vec<Graded> {
    let mut generator = Generator::new(seed);
    let mut draw = |_| {
        let predicted = 0.02 + 0.96 * generator.unit();
        let logit = (predicted / (1.0 - predicted)).ln();
        let truth = 1.0 / (1.0 + (-offset - 0.5 * logit).exp());
        point(predicted, f64::from(u8::from(generator.unit() < truth)))
    };
    (0..count).map(&mut draw).collect()
}

fn one(graded: Vec<Graded>) -> Platt {
    Platt::family(&[graded]).unwrap()[0]
}

#[test]
fn nothing_learned_changes_nothing() {
    let platt = one(Vec::new());
    assert_eq!((platt.offset(), platt.scale()), (0.0, 1.0));
    assert!((platt.apply(0.9) - 0.9).abs() < 1e-12);
    assert_eq!(Platt::family(&[]), Ok(Vec::new()));
}

#[test]
fn some_hundred_outcomes_are_enough() {
    let held = bold(20_000, -0.5, 1);
    let raw = ece(&held, 15);
    assert!(raw > 0.1, "{raw}");
    let platt = one(bold(400, -0.5, 2));
    let apply = |p: &Graded| point(platt.apply(p.predicted), p.outcome);
    let calibrated: Vec<Graded> = held.iter().map(apply).collect();
    let error = ece(&calibrated, 15);
    assert!(error < 0.05, "{error}");
}

#[test]
fn classes_share_the_scale_and_keep_their_offsets() {
    let classes = [bold(6000, -0.5, 3), bold(6000, 0.7, 4)];
    let family = Platt::family(&classes).unwrap();
    assert_eq!(family[0].scale(), family[1].scale());
    assert!((family[0].scale() - 0.5).abs() < 0.03, "{family:?}");
    assert!((family[0].offset() + 0.5).abs() < 0.06, "{family:?}");
    assert!((family[1].offset() - 0.7).abs() < 0.06, "{family:?}");
}

#[test]
fn predictions_the_wrong_way_round_do_not_turn_it() {
    let wrong = (0..400).map(|i| match i % 2 {
        0 => point(0.9, 0.0),
        _ => point(0.1, 1.0),
    });
    let platt = one(wrong.collect());
    assert_eq!(platt.scale(), 0.05);
    assert!((platt.apply(0.5) - 0.5).abs() < 0.1, "{}", platt.apply(0.5));
}

#[test]
fn numbers_that_would_turn_it_are_refused() {
    assert!(Platt::new(-3.0, 0.4).is_ok());
    for (offset, scale) in [
        (0.0, 0.0),
        (0.0, -1.0),
        (f64::NAN, 1.0),
        (0.0, f64::INFINITY),
    ] {
        assert_eq!(Platt::new(offset, scale), Err(Error::Range("calibrator")));
    }
}

proptest! {
    #[test]
    fn the_curve_rises(graded in proptest::collection::vec(graded(), 0..60)) {
        check_curve(|p| one(graded.clone()).apply(p))?;
    }

    #[test]
    fn anything_gives_a_curve_or_an_error(graded in proptest::collection::vec(anything(), 0..20)) {
        if let Ok(family) = Platt::family(&[graded]) {
            check_curve(|p| family[0].apply(p))?;
        }
    }
}
