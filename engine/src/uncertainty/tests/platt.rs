use proptest::prelude::*;

use super::super::{Error, Graded, Platt, ece};
use super::{anything, check_curve, graded, point};
use crate::random::Generator;

/// Predictions that are too bold by far, and outcomes as they would be: logit p' = -0.5 + 0.5
/// logit p.
fn bold(count: usize, seed: u64) -> Vec<Graded> {
    let mut generator = Generator::new(seed);
    let mut draw = |_| {
        let predicted = 0.02 + 0.96 * generator.unit();
        let logit = (predicted / (1.0 - predicted)).ln();
        let truth = 1.0 / (1.0 + (0.5 - 0.5 * logit).exp());
        point(predicted, f64::from(u8::from(generator.unit() < truth)))
    };
    (0..count).map(&mut draw).collect()
}

fn calibrated(platt: &Platt, graded: &[Graded]) -> Vec<Graded> {
    let apply = |p: &Graded| point(platt.apply(p.predicted), p.outcome);
    graded.iter().map(apply).collect()
}

#[test]
fn nothing_learned_is_the_prior() {
    let platt = Platt::fit(&[]).unwrap();
    assert_eq!(platt, Platt::default());
    assert_eq!((platt.offset(), platt.scale()), (0.0, 0.6));
    assert_eq!(platt.apply(0.5), 0.5);
    assert!(platt.apply(0.9) < 0.9 && platt.apply(0.9) > 0.7);
}

#[test]
fn a_hundred_outcomes_are_enough() {
    let held = bold(20_000, 1);
    let raw = ece(&held, 15);
    assert!(raw > 0.1, "{raw}");
    let mut online = Platt::default();
    for graded in bold(100, 2) {
        online.update(&graded).unwrap();
    }
    for platt in [online, Platt::fit(&bold(100, 2)).unwrap()] {
        let error = ece(&calibrated(&platt, &held), 15);
        assert!(error < 0.05, "{error}");
    }
}

#[test]
fn one_by_one_ends_where_all_at_once_does() {
    let graded = bold(3000, 3);
    let together = Platt::fit(&graded).unwrap();
    let mut online = Platt::default();
    for graded in &graded {
        online.update(graded).unwrap();
    }
    assert!((together.offset() - online.offset()).abs() < 0.02);
    assert!((together.scale() - online.scale()).abs() < 0.02);
    assert!(
        (together.scale() - 0.5).abs() < 0.06,
        "{}",
        together.scale()
    );
}

#[test]
fn a_new_truth_is_found_after_fading() {
    let old: Vec<Graded> = bold(2000, 4);
    let mut platt = Platt::fit(&old).unwrap();
    let mut generator = Generator::new(5);
    for _ in 0..600 {
        platt.fade(0.99).unwrap();
        let good = f64::from(u8::from(generator.unit() < 0.9));
        platt.update(&point(0.3, good)).unwrap();
    }
    assert!(
        (platt.apply(0.3) - 0.9).abs() < 0.06,
        "{}",
        platt.apply(0.3)
    );
}

#[test]
fn a_single_outcome_moves_it_no_further_than_it_asks() {
    let mut platt = Platt::default();
    let before = platt.apply(0.9999);
    platt.update(&point(0.9999, 0.0)).unwrap();
    let after = platt.apply(0.9999);
    assert!(after < before && after > 0.1, "{after}");
}

#[test]
fn predictions_the_wrong_way_round_do_not_turn_it() {
    let wrong: Vec<Graded> = (0..400)
        .map(|i| {
            if i % 2 == 0 {
                point(0.9, 0.0)
            } else {
                point(0.1, 1.0)
            }
        })
        .collect();
    let mut online = Platt::default();
    for graded in &wrong {
        online.update(graded).unwrap();
    }
    for platt in [online, Platt::fit(&wrong).unwrap()] {
        assert_eq!(platt.scale(), 0.05);
        assert!((platt.apply(0.5) - 0.5).abs() < 0.1, "{}", platt.apply(0.5));
    }
}

#[test]
fn what_is_stored_is_checked() {
    let mut platt = Platt::default();
    assert_eq!(platt.fade(-0.1), Err(Error::Range("factor")));
    assert_eq!(
        platt.update(&point(1.5, 0.0)),
        Err(Error::Range("probability"))
    );
    assert_eq!(platt, Platt::default());
    let good = r#"{"offset":0,"scale":0.6,"precision":{"offset":0.25,"both":0,"scale":6.25}}"#;
    assert!(serde_json::from_str::<Platt>(good).is_ok());
    for (from, to) in [
        ("0.6", "-0.6"),
        ("0.25", "-0.25"),
        (r#""both":0"#, r#""both":9"#),
    ] {
        let stored = good.replace(from, to);
        assert!(serde_json::from_str::<Platt>(&stored).is_err(), "{stored}");
    }
}

proptest! {
    #[test]
    fn the_curve_rises(graded in proptest::collection::vec(graded(), 0..60)) {
        let platt = Platt::fit(&graded).unwrap();
        check_curve(|p| platt.apply(p))?;
        let stored = serde_json::to_string(&platt).unwrap();
        prop_assert!(serde_json::from_str::<Platt>(&stored).is_ok());
    }

    #[test]
    fn updates_leave_a_curve(
        outcomes in proptest::collection::vec(anything(), 0..200),
        fade in 0.9..=1.0_f64,
    ) {
        let mut platt = Platt::default();
        for graded in &outcomes {
            // Those that are out of range are refused.
            let _ = platt.update(graded);
            platt.fade(fade).unwrap();
        }
        check_curve(|p| platt.apply(p))?;
        let stored = serde_json::to_string(&platt).unwrap();
        prop_assert!(serde_json::from_str::<Platt>(&stored).is_ok());
    }

    #[test]
    fn anything_gives_a_curve_or_an_error(graded in proptest::collection::vec(anything(), 0..20)) {
        if let Ok(platt) = Platt::fit(&graded) {
            check_curve(|p| platt.apply(p))?;
        }
    }

    #[test]
    fn a_good_outcome_raises_and_a_bad_one_lowers(
        before in proptest::collection::vec(graded(), 0..30),
        predicted in 0.05..0.95_f64,
        good in any::<bool>(),
    ) {
        let mut platt = Platt::fit(&before).unwrap();
        let was = platt.apply(predicted);
        platt.update(&point(predicted, f64::from(u8::from(good)))).unwrap();
        let is = platt.apply(predicted);
        prop_assert!(if good { is >= was - 1e-9 } else { is <= was + 1e-9 }, "{} {}", was, is);
    }
}
