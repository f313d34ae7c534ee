use proptest::prelude::*;

use super::super::{Error, Graded, Isotonic};
use super::{anything, check_curve, graded, point};

#[test]
fn neighbours_in_the_wrong_order_share_their_mean() {
    // 1 at 0.2 and 0 at 0.3 become 1/2 each; 0 at 0.6 pulls in 1 at 0.5, and both stay above.
    let outcomes = [
        (0.1, 0.0),
        (0.2, 1.0),
        (0.3, 0.0),
        (0.5, 1.0),
        (0.6, 0.25),
        (0.9, 1.0),
    ];
    let graded = outcomes.map(|(predicted, outcome)| point(predicted, outcome));
    let isotonic = Isotonic::fit(&graded, 0.0).unwrap();
    let knots = [
        (0.1, 0.0),
        (0.2, 0.5),
        (0.3, 0.5),
        (0.5, 0.625),
        (0.6, 0.625),
        (0.9, 1.0),
    ];
    assert_eq!(isotonic.knots(), knots);
    assert_eq!(isotonic.apply(0.0), 0.0);
    assert_eq!(isotonic.apply(0.25), 0.5);
    assert!((isotonic.apply(0.4) - 0.5625).abs() < 1e-12);
    assert_eq!(isotonic.apply(1.0), 1.0);
}

#[test]
fn equal_predictions_are_one() {
    let graded = [(0.4, 1.0), (0.4, 0.0), (0.4, 0.0), (0.4, 1.0)];
    let graded = graded.map(|(predicted, outcome)| point(predicted, outcome));
    assert_eq!(Isotonic::fit(&graded, 0.0).unwrap().knots(), [(0.4, 0.5)]);
}

#[test]
fn predictions_that_differ_by_rounding_are_equal() {
    let next = 0.3_f64.next_up();
    let isotonic = Isotonic::fit(&[point(0.3, 0.0), point(next, 1.0)], 0.0).unwrap();
    assert_eq!(isotonic.knots(), [(0.3, 0.5)]);
}

#[test]
fn a_slope_keeps_ranks() {
    let graded = [point(0.2, 1.0), point(0.8, 0.0)];
    let level = Isotonic::fit(&graded, 0.0).unwrap();
    assert_eq!(level.apply(0.3), level.apply(0.7));
    let sloped = Isotonic::fit(&graded, 0.02).unwrap();
    assert!(sloped.apply(0.3) < sloped.apply(0.3001));
    assert!((sloped.apply(0.3) - level.apply(0.3)).abs() < 0.02);
}

#[test]
fn what_is_stored_is_checked() {
    assert_eq!(Isotonic::fit(&[], 0.0), Err(Error::Empty));
    assert_eq!(
        Isotonic::fit(&[point(0.5, 1.0)], 1.0),
        Err(Error::Range("slope"))
    );
    assert_eq!(
        Isotonic::fit(&[point(0.5, 1.5)], 0.0),
        Err(Error::Range("outcome"))
    );
    for stored in [
        r#"{"knots":[],"slope":0}"#,
        r#"{"knots":[[0.5,0.5],[0.4,0.6]],"slope":0}"#,
        r#"{"knots":[[0.4,0.6],[0.5,0.5]],"slope":0}"#,
        r#"{"knots":[[0.4,1.6]],"slope":0}"#,
        r#"{"knots":[[0.4,0.6]],"slope":-1}"#,
    ] {
        assert!(
            serde_json::from_str::<Isotonic>(stored).is_err(),
            "{stored}"
        );
    }
}

proptest! {
    #[test]
    fn the_curve_rises(
        graded in proptest::collection::vec(graded(), 1..60),
        slope in prop_oneof![Just(0.0), 0.0..0.99_f64],
    ) {
        let isotonic = Isotonic::fit(&graded, slope).unwrap();
        check_curve(|p| isotonic.apply(p))?;
        let stored = serde_json::to_string(&isotonic).unwrap();
        let read: Isotonic = serde_json::from_str(&stored).unwrap();
        prop_assert!((read.apply(0.3) - isotonic.apply(0.3)).abs() < 1e-9);
        check_curve(|p| read.apply(p))?;
    }

    /// A curve that shares out what came, and that no other rising curve beats.
    #[test]
    fn no_rising_line_is_nearer(
        graded in proptest::collection::vec(graded(), 1..60),
        offset in 0.0..1.0_f64,
        rise in 0.0..1.0_f64,
    ) {
        let graded: Vec<Graded> = graded.iter().map(|p| Graded { weight: 1.0, ..*p }).collect();
        let isotonic = Isotonic::fit(&graded, 0.0).unwrap();
        let loss = |curve: &dyn Fn(f64) -> f64| -> f64 {
            graded.iter().map(|p| (curve(p.predicted) - p.outcome).powi(2)).sum()
        };
        let best = loss(&|p| isotonic.apply(p));
        prop_assert!(best <= loss(&|p| offset + rise * p) + 1e-9);
        let bias: f64 = graded.iter().map(|p| isotonic.apply(p.predicted) - p.outcome).sum();
        prop_assert!(bias.abs() < 1e-9);
    }

    #[test]
    fn anything_gives_a_curve_or_an_error(graded in proptest::collection::vec(anything(), 0..20)) {
        if let Ok(isotonic) = Isotonic::fit(&graded, 0.0) {
            check_curve(|p| isotonic.apply(p))?;
        }
    }
}
