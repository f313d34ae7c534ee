use proptest::prelude::*;

use super::super::EnsembleBelief;

fn near(found: f64, wanted: f64) {
    assert!((found - wanted).abs() < 1e-12, "{found} {wanted}");
}

#[test]
fn members_that_agree_leave_only_chance() {
    let belief = EnsembleBelief::of(&[0.5; 4]).unwrap();
    assert_eq!((belief.total, belief.aleatoric), (0.25, 0.25));
    assert_eq!((belief.epistemic, belief.mutual_information), (0.0, 0.0));
    assert_eq!(belief.entropy, 1.0);
}

#[test]
fn members_that_are_sure_of_different_things_leave_only_doubt() {
    let belief = EnsembleBelief::of(&[0.0, 1.0]).unwrap();
    assert_eq!((belief.aleatoric, belief.epistemic), (0.0, 0.25));
    assert_eq!((belief.entropy, belief.mutual_information), (1.0, 1.0));
}

#[test]
fn figures_are_those_worked_out_by_hand() {
    let belief = EnsembleBelief::of(&[0.25, 0.75, 0.5, 0.5]).unwrap();
    near(belief.mean, 0.5);
    near(
        belief.aleatoric,
        (3.0 / 16.0 + 3.0 / 16.0 + 0.25 + 0.25) / 4.0,
    );
    near(belief.epistemic, 0.031_25);
    near(belief.entropy, 1.0);
    // The entropy of 1/4 is 2 - 3/4 log2 3.
    let quarter = 2.0 - 0.75 * 3.0_f64.log2();
    near(belief.mutual_information, 1.0 - (2.0 * quarter + 2.0) / 4.0);
}

#[test]
fn what_is_no_number_has_no_say() {
    assert_eq!(EnsembleBelief::of(&[]), None);
    assert_eq!(EnsembleBelief::of(&[f64::NAN]), None);
    assert_eq!(
        EnsembleBelief::of(&[f64::NAN, 0.25]),
        EnsembleBelief::of(&[0.25])
    );
    assert_eq!(
        EnsembleBelief::of(&[-5.0, f64::INFINITY]),
        EnsembleBelief::of(&[0.0, 1.0])
    );
}

proptest! {
    #[test]
    fn the_parts_add_up(members in proptest::collection::vec(0.0..=1.0_f64, 1..40)) {
        let belief = EnsembleBelief::of(&members).unwrap();
        prop_assert!((belief.total - belief.aleatoric - belief.epistemic).abs() < 1e-12);
        prop_assert!((0.0..=1.0).contains(&belief.mean));
        prop_assert!((0.0..=1.0 + 1e-12).contains(&belief.entropy));
        prop_assert!((0.0..=belief.entropy).contains(&belief.mutual_information));
        for part in [belief.total, belief.aleatoric, belief.epistemic] {
            prop_assert!((0.0..=0.25 + 1e-12).contains(&part));
        }
    }

    #[test]
    fn the_order_of_members_does_not_matter(mut members in proptest::collection::vec(0.0..=1.0_f64, 1..40)) {
        let one = EnsembleBelief::of(&members).unwrap();
        members.reverse();
        let other = EnsembleBelief::of(&members).unwrap();
        prop_assert!((one.mean - other.mean).abs() < 1e-12);
        prop_assert!((one.mutual_information - other.mutual_information).abs() < 1e-12);
    }

    #[test]
    fn anything_gives_numbers(members in proptest::collection::vec(any::<f64>(), 0..9)) {
        if let Some(belief) = EnsembleBelief::of(&members) {
            prop_assert!(belief.mean.is_finite() && belief.mutual_information.is_finite());
            prop_assert!(belief.aleatoric.is_finite() && belief.epistemic.is_finite());
        }
    }
}
