use nalgebra::DMatrix;

use super::super::{Bagging, Ensemble, Error, Library, Moments, RowBag, Stlsq};
use super::apart;
use crate::random::Generator;

/// Rows of a degree-2 library over five inputs, and a target of three of its terms with noise.
fn sample(rows: usize, generator: &mut Generator) -> (DMatrix<f64>, DMatrix<f64>) {
    let names = (0..5).map(|place| format!("x{place}")).collect();
    let library = Library::polynomial(names, 2).unwrap();
    let inputs = DMatrix::from_fn(rows, 5, |_, _| generator.unit());
    let terms = library.matrix(&inputs).unwrap();
    let targets = DMatrix::from_fn(rows, 1, |i, _| {
        let noise = 0.1 * (generator.unit() - 0.5);
        0.9 - 0.55 * inputs[(i, 2)].powi(2) - 0.4 * inputs[(i, 0)] * inputs[(i, 3)] + noise
    });
    (terms, targets)
}

const STLSQ: Stlsq = Stlsq {
    threshold: 0.15,
    alpha: 0.05,
    max_iter: 20,
    normalize: false,
    unbias: true,
};

#[test]
fn rows_one_by_one_give_what_they_give_together() {
    let (terms, targets) = sample(200, &mut Generator::new(1));
    let mut moments = Moments::new(terms.ncols(), 1);
    for (row, target) in terms.row_iter().zip(targets.row_iter()) {
        let row: Vec<f64> = row.iter().copied().collect();
        moments.add(&row, &[target[0]], 1.0).unwrap();
    }
    let together = STLSQ.fit(&terms, &targets).unwrap();
    let one_by_one = STLSQ.fit_moments(&moments).unwrap();
    assert!(apart(&together, &one_by_one) < 1e-9);
}

#[test]
fn a_weight_counts_a_row_so_often() {
    let mut weighted = Moments::new(2, 1);
    weighted.add(&[1.0, 2.0], &[3.0], 3.0).unwrap();
    let mut repeated = Moments::new(2, 1);
    for _ in 0..3 {
        repeated.add(&[1.0, 2.0], &[3.0], 1.0).unwrap();
    }
    assert_eq!(weighted, repeated);
    weighted.fade(0.5).unwrap();
    assert_eq!(weighted.gram()[(1, 1)], 6.0);
    assert_eq!(weighted.cross()[(1, 0)], 9.0);
}

#[test]
fn what_cannot_be_taken_in_changes_nothing() {
    let mut moments = Moments::new(2, 1);
    moments.add(&[1.0, 2.0], &[3.0], 1.0).unwrap();
    let before = moments.clone();
    let shape = moments.add(&[1.0], &[3.0], 1.0);
    assert!(matches!(shape, Err(Error::Shape { .. })));
    let wrong = [
        (1.0, f64::NAN, 1.0),
        (f64::INFINITY, 1.0, 1.0),
        (1e200, 1.0, 1.0),
        (1e150, 1.0, 1e150),
    ];
    for (term, target, weight) in wrong {
        let result = moments.add(&[term, 1.0], &[target], weight);
        assert_eq!(result, Err(Error::NotFinite));
    }
    let negative = moments.add(&[1.0, 1.0], &[1.0], -1.0);
    assert_eq!(negative, Err(Error::Setting("weight")));
    assert_eq!(moments.fade(1.5), Err(Error::Setting("factor")));
    assert_eq!(moments, before);
}

#[test]
fn drawn_rows_and_terms_find_them_too() {
    let mut generator = Generator::new(3);
    let (terms, targets) = sample(400, &mut generator);
    let bagging = Bagging {
        models: 20,
        rows: Some(RowBag {
            count: 240,
            replace: true,
        }),
        dropped_terms: 2,
    };
    let draws = bagging.draw(400, terms.ncols(), &mut generator).unwrap();
    let ensemble = Ensemble::fit(&STLSQ, &draws, &terms, &targets).unwrap();
    for (draw, member) in draws.iter().zip(ensemble.members()) {
        let seen = draw.terms.as_ref().unwrap();
        assert_eq!((seen.len(), draw.rows.as_ref().unwrap().len()), (19, 240));
        let unseen = (0..21).filter(|term| !seen.contains(term));
        assert!(unseen.into_iter().all(|term| member[(term, 0)] == 0.0));
    }
    let inclusion = ensemble.inclusion();
    assert!([0, 9, 15].iter().all(|&term| inclusion[(term, 0)] > 0.7));
    let mean = ensemble.predict(&terms).unwrap().mean;
    let error = (mean - targets).norm() / 20.0;
    assert!(error < 0.1, "{error}");
}

#[test]
fn impossible_draws_are_refused() {
    let mut generator = Generator::new(4);
    let bagging = |models, count, replace, dropped_terms| Bagging {
        models,
        rows: Some(RowBag { count, replace }),
        dropped_terms,
    };
    let mut refused = |bagging: Bagging, rows| bagging.draw(rows, 5, &mut generator).unwrap_err();
    assert_eq!(refused(bagging(0, 3, true, 0), 9), Error::Setting("models"));
    assert_eq!(
        refused(bagging(257, 3, true, 0), 9),
        Error::Setting("models")
    );
    assert_eq!(refused(bagging(2, 10, false, 0), 9), Error::Setting("rows"));
    assert_eq!(refused(bagging(2, 1, true, 0), 0), Error::Setting("rows"));
    let dropped = refused(bagging(2, 3, true, 6), 9);
    assert_eq!(dropped, Error::Setting("dropped_terms"));
}
