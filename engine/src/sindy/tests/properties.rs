use nalgebra::DMatrix;
use proptest::prelude::*;

use super::super::{Draw, Ensemble, Error, Regularizer, Sr3, Stlsq};
use super::{apart, rows};

fn plain() -> impl Strategy<Value = f64> {
    prop_oneof![3 => -10.0..10.0_f64, 1 => (-2..=2_i8).prop_map(f64::from)]
}

/// Any figures at all.
fn figure() -> impl Strategy<Value = f64> {
    prop_oneof![8 => plain(), 1 => any::<f64>(), 1 => prop_oneof![
        Just(f64::NAN), Just(f64::INFINITY), Just(1e150), Just(-1e-170), Just(5e-324)
    ]]
}

/// Plain figures more often than not, so that most fits come to their end.
fn matrix(rows: usize, columns: usize) -> impl Strategy<Value = DMatrix<f64>> {
    let values = prop_oneof![
        4 => proptest::collection::vec(plain(), rows * columns),
        1 => proptest::collection::vec(figure(), rows * columns),
    ];
    values.prop_map(move |values| DMatrix::from_vec(rows, columns, values))
}

/// Terms and targets of any size, also none, with more terms than rows, and with twin columns.
fn data() -> impl Strategy<Value = (DMatrix<f64>, DMatrix<f64>)> {
    let sizes = (0..12_usize, 0..8_usize, 0..3_usize, any::<bool>());
    sizes.prop_flat_map(|(rows, terms, targets, twins)| {
        (matrix(rows, terms), matrix(rows, targets)).prop_map(move |(mut theta, y)| {
            if twins && terms > 1 {
                let first = theta.column(0).into_owned();
                theta.set_column(terms - 1, &first);
            }
            (theta, y)
        })
    })
}

fn settings() -> impl Strategy<Value = Stlsq> {
    let threshold = prop_oneof![9 => 0.0..2.0_f64, 1 => any::<f64>()];
    let alpha = prop_oneof![5 => Just(0.0), 4 => 0.0..2.0_f64, 1 => any::<f64>()];
    (threshold, alpha, 0..6_usize, any::<bool>(), any::<bool>()).prop_map(
        |(threshold, alpha, max_iter, normalize, unbias)| Stlsq {
            threshold,
            alpha,
            max_iter,
            normalize,
            unbias,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn every_fit_is_finite_or_an_error((terms, targets) in data(), stlsq in settings()) {
        if let Ok(found) = stlsq.fit(&terms, &targets) {
            prop_assert_eq!(found.shape(), (terms.ncols(), targets.ncols()));
            prop_assert!(found.iter().all(|coefficient| coefficient.is_finite()));
        }
    }

    #[test]
    fn what_stays_is_at_least_the_threshold((terms, targets) in data(), stlsq in settings()) {
        let stlsq = Stlsq { unbias: false, normalize: false, ..stlsq };
        if let Ok(found) = stlsq.fit(&terms, &targets) {
            let stays = |c: &f64| *c == 0.0 || c.abs() >= stlsq.threshold;
            prop_assert!(found.iter().all(stays));
        }
    }

    #[test]
    fn relaxation_is_finite_or_an_error(
        (terms, targets) in data(),
        weight in figure(),
        relaxation in figure(),
        regularizer in prop_oneof![
            Just(Regularizer::L0), Just(Regularizer::L1), Just(Regularizer::L2)
        ],
    ) {
        let sr3 = Sr3 { weight, relaxation, regularizer, ..Sr3::default() };
        if let Ok(found) = sr3.fit(&terms, &targets) {
            let figures = found.sparse.iter().chain(&found.full);
            prop_assert!(figures.into_iter().all(|coefficient| coefficient.is_finite()));
        }
    }

    #[test]
    fn an_ensemble_is_finite_or_an_error(
        (terms, targets) in data(),
        stlsq in settings(),
        rows in proptest::option::of(proptest::collection::vec(0..13_usize, 0..14)),
        seen in proptest::option::of(proptest::collection::vec(0..9_usize, 0..8)),
    ) {
        let draws = [Draw { rows, terms: seen }, Draw::default()];
        if let Ok(found) = Ensemble::fit(&stlsq, &draws, &terms, &targets) {
            let inclusion = found.inclusion();
            prop_assert!(inclusion.iter().all(|share| (0.0..=1.0).contains(share)));
            prop_assert!(found.median().iter().all(|coefficient| coefficient.is_finite()));
        }
    }

    #[test]
    fn without_noise_the_truth_is_found(
        values in proptest::collection::vec(-1.0..1.0_f64, 40 * 4),
        truth in proptest::collection::vec(prop_oneof![Just(0.0), 0.5..2.0_f64], 4),
    ) {
        let terms = DMatrix::from_vec(40, 4, values);
        let truth = DMatrix::from_vec(4, 1, truth);
        let found = Stlsq { alpha: 1e-6, ..Stlsq::default() }.fit(&terms, &(&terms * &truth));
        prop_assert!(apart(&found.unwrap(), &truth) < 1e-6);
    }

    #[test]
    fn the_order_of_terms_does_not_matter(
        values in proptest::collection::vec(-1.0..1.0_f64, 30 * 4),
        targets in proptest::collection::vec(-1.0..1.0_f64, 30),
    ) {
        let terms = DMatrix::from_vec(30, 4, values);
        let targets = DMatrix::from_vec(30, 1, targets);
        let order = [2, 0, 3, 1];
        let found = Stlsq::default().fit(&terms, &targets).unwrap().select_rows(&order);
        let reordered = Stlsq::default().fit(&terms.select_columns(&order), &targets).unwrap();
        prop_assert!(apart(&found, &reordered) < 1e-9);
    }
}

#[test]
fn twins_share_what_one_of_them_would_carry() {
    let terms = rows([[1.0, 1.0], [2.0, 2.0], [-1.0, -1.0]]);
    let targets = rows([[2.0], [4.0], [-2.0]]);
    let stlsq = Stlsq {
        alpha: 0.0,
        ..Stlsq::default()
    };
    let found = stlsq.fit(&terms, &targets).unwrap();
    assert!(apart(&found, &rows([[1.0], [1.0]])) < 1e-9);
}

#[test]
fn more_terms_than_rows_fit_the_rows() {
    let terms = rows([[1.0, 0.5, -2.0], [0.3, 1.0, 1.0]]);
    let targets = rows([[1.0], [2.0]]);
    let stlsq = Stlsq {
        alpha: 0.0,
        threshold: 0.0,
        ..Stlsq::default()
    };
    let found = stlsq.fit(&terms, &targets).unwrap();
    assert!(apart(&(terms * found), &targets) < 1e-9);
}

#[test]
fn nothing_gives_noughts() {
    let none = Stlsq::default().fit(&DMatrix::zeros(0, 3), &DMatrix::zeros(0, 2));
    assert_eq!(none, Ok(DMatrix::zeros(3, 2)));
    let high = Stlsq {
        threshold: 1e9,
        ..Stlsq::default()
    };
    let gone = high.fit(&rows([[1.0], [2.0]]), &rows([[3.0], [4.0]]));
    assert_eq!(gone, Ok(DMatrix::zeros(1, 1)));
    let empty = Stlsq::default().fit(&DMatrix::zeros(5, 2), &DMatrix::repeat(5, 1, 1.0));
    assert_eq!(empty, Ok(DMatrix::zeros(2, 1)));
}

#[test]
fn what_is_wrong_is_said() {
    let (one, two) = (rows([[1.0]]), rows([[1.0], [2.0]]));
    let fit = |stlsq: Stlsq, terms: &_, targets: &_| stlsq.fit(terms, targets).unwrap_err();
    let shape = Error::Shape {
        what: "rows of targets",
        found: 2,
        expected: 1,
    };
    assert_eq!(fit(Stlsq::default(), &one, &two), shape);
    assert_eq!(
        fit(Stlsq::default(), &rows([[f64::NAN]]), &one),
        Error::NotFinite
    );
    let wrong = [
        (f64::NAN, 0.0, 1, "threshold"),
        (0.0, -1.0, 1, "alpha"),
        (0.0, 0.0, 0, "max_iter"),
    ];
    for (threshold, alpha, max_iter, name) in wrong {
        let stlsq = Stlsq {
            threshold,
            alpha,
            max_iter,
            ..Stlsq::default()
        };
        assert_eq!(fit(stlsq, &one, &one), Error::Setting(name));
    }
    let sr3 = Sr3 {
        relaxation: 0.0,
        ..Sr3::default()
    };
    assert_eq!(sr3.fit(&one, &one), Err(Error::Setting("relaxation")));
}
