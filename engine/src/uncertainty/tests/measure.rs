use proptest::prelude::*;

use super::super::{Graded, brier, ece};
use super::{anything, graded, point};

#[test]
fn figures_are_those_worked_out_by_hand() {
    let graded = [
        point(0.1, 0.0),
        point(0.3, 1.0),
        point(0.6, 1.0),
        point(0.8, 1.0),
    ];
    // Two bins: |0.4 - 1| and |1.4 - 2|, over four.
    assert!((ece(&graded, 2) - 0.3).abs() < 1e-12);
    assert!((ece(&graded, 1) - 0.3).abs() < 1e-12);
    assert!((ece(&graded, 4) - (0.1 + 0.7 + 0.4 + 0.2) / 4.0).abs() < 1e-12);
    assert!((brier(&graded) - (0.01 + 0.49 + 0.16 + 0.04) / 4.0).abs() < 1e-12);
}

#[test]
fn ties_are_kept_together() {
    let graded: Vec<Graded> = (0..100).map(|i| point(0.5, f64::from(i % 2))).collect();
    assert!(ece(&graded, 10) < 1e-12);
    let mut sorted = graded.clone();
    sorted.sort_by(|a, b| a.outcome.total_cmp(&b.outcome));
    assert!(ece(&sorted, 10) < 1e-12);
}

#[test]
fn a_tie_over_several_bins_fills_all_of_them() {
    // Six at 0.5 reach past the second of three bins of three; the other three make the last.
    let tied = (0..6).map(|i| point(0.5, f64::from(i % 2)));
    let graded: Vec<Graded> = tied.chain([point(0.7, 0.0); 3]).collect();
    assert!((ece(&graded, 3) - 3.0 * 0.7 / 9.0).abs() < 1e-12);
}

#[test]
fn nothing_is_not_wrong() {
    assert_eq!((ece(&[], 10), brier(&[])), (0.0, 0.0));
    let wrong = [point(f64::NAN, 1.0)];
    assert_eq!((ece(&wrong, 0), brier(&wrong)), (0.0, 0.0));
}

proptest! {
    #[test]
    fn both_are_between_0_and_1(
        graded in proptest::collection::vec(anything(), 0..60),
        bins in 0..30_usize,
    ) {
        prop_assert!((0.0..=1.0).contains(&ece(&graded, bins)));
        prop_assert!((0.0..=1.0).contains(&brier(&graded)));
    }

    #[test]
    fn the_order_does_not_matter(
        mut graded in proptest::collection::vec(graded(), 0..60),
        bins in 1..20_usize,
    ) {
        // Weights of very different size are rounded away in one order and not in the other.
        graded.iter_mut().for_each(|point| point.weight = 1.0);
        let before = ece(&graded, bins);
        graded.reverse();
        prop_assert!((ece(&graded, bins) - before).abs() < 1e-9);
    }

    #[test]
    fn fewer_bins_hide_more(graded in proptest::collection::vec(graded(), 1..60)) {
        prop_assert!(ece(&graded, 1) <= ece(&graded, 10) + 1e-9);
    }
}
