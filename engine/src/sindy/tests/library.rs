use proptest::prelude::*;

use super::super::{Error, Library, MAX_DEGREE, MAX_TERMS};
use super::rows;

fn names(count: usize) -> Vec<String> {
    (0..count).map(|place| format!("x{place}")).collect()
}

/// The number of ways to choose.
fn choose(from: usize, count: usize) -> usize {
    (0..count).fold(1, |product, i| product * (from - i) / (i + 1))
}

#[test]
fn an_equation_reads_as_one_writes_it() {
    let names = ["tokens", "difficulty"].map(str::to_owned).to_vec();
    let library = Library::polynomial(names, 2).unwrap();
    let equation = library.equation(&[0.9, 0.0, -0.25, 0.0, 1.0 / 3.0, -0.55]);
    assert_eq!(
        equation,
        "0.9 - 0.25 * difficulty + 0.333 * tokens * difficulty - 0.55 * difficulty^2"
    );
    assert_eq!(library.equation(&[0.0; 6]), "0");
    assert_eq!(
        library.equation(&[-1234.5, 2e-7]),
        "-1230 + 2.00e-7 * tokens"
    );
}

#[test]
fn interactions_have_no_squares() {
    let library = Library::interactions(names(4), 3).unwrap();
    assert_eq!(library.terms().len(), 1 + 4 + 6 + 4);
    let highest = |term: &super::super::Term| (0..4).map(|place| term.power(place)).max();
    assert!(library.terms().iter().all(|term| highest(term) <= Some(1)));
    assert_eq!(
        library.evaluate(&[2.0, 3.0, 5.0, 7.0]).unwrap(),
        [
            1.0, 2.0, 3.0, 5.0, 7.0, 6.0, 10.0, 14.0, 15.0, 21.0, 35.0, 30.0, 42.0, 70.0, 105.0
        ]
    );
}

#[test]
fn too_much_is_refused() {
    assert_eq!(
        Library::polynomial(names(1), MAX_DEGREE + 1),
        Err(Error::Setting("degree"))
    );
    assert_eq!(
        Library::polynomial(names(MAX_TERMS), 2),
        Err(Error::Setting("terms"))
    );
    let library = Library::polynomial(names(2), 2).unwrap();
    assert!(matches!(library.evaluate(&[1.0]), Err(Error::Shape { .. })));
    let inputs = rows([[1.0, 2.0, 3.0]]);
    assert!(matches!(library.matrix(&inputs), Err(Error::Shape { .. })));
    assert!(matches!(library.select(&[6]), Err(Error::Shape { .. })));
}

proptest! {
    #[test]
    fn there_are_as_many_terms_as_combinations(inputs in 0..9_usize, degree in 0..4_u32) {
        let library = Library::polynomial(names(inputs), degree).unwrap();
        prop_assert_eq!(library.terms().len(), choose(inputs + degree as usize, degree as usize));
        prop_assert!(library.terms().iter().all(|term| term.degree() <= degree));
        prop_assert!(library.terms().is_sorted_by_key(super::super::Term::degree));
    }

    #[test]
    fn a_selection_evaluates_to_the_same(
        inputs in proptest::collection::vec(-3.0..3.0, 3),
        chosen in proptest::collection::vec(0..20_usize, 0..8),
    ) {
        let library = Library::polynomial(names(3), 3).unwrap();
        let all = library.evaluate(&inputs).unwrap();
        let some = library.select(&chosen).unwrap().evaluate(&inputs).unwrap();
        let expected: Vec<f64> = chosen.iter().map(|&place| all[place]).collect();
        prop_assert_eq!(some, expected);
    }
}
