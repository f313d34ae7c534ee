//! Every case of `golden/golden.json`, to 1e-9.

use nalgebra::DMatrix;
use serde::Deserialize;

use super::super::{Draw, Ensemble, Library, Regularizer, Sr3, Stlsq};
use super::apart;

type Rows = Vec<Vec<f64>>;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    x: Option<Rows>,
    dt: Option<f64>,
    theta: Option<Rows>,
    theta_first_rows: Option<Rows>,
    degree: Option<u32>,
    exponents: Option<Vec<Vec<u32>>>,
    features: Option<Vec<String>>,
    #[serde(alias = "x_dot")]
    y: Rows,
    x_test: Option<Rows>,
    predict_rows: Option<usize>,
    #[serde(default)]
    stlsq: Vec<Fit<StlsqSettings>>,
    #[serde(default)]
    sr3: Vec<Fit<Sr3Settings>>,
    #[serde(default)]
    ensemble: Vec<Members>,
}

#[derive(Deserialize)]
struct Fit<S> {
    params: S,
    coef: Rows,
    #[serde(default)]
    support: Vec<Vec<u8>>,
    #[serde(default)]
    coef_full: Rows,
}

#[derive(Deserialize)]
struct StlsqSettings {
    threshold: f64,
    alpha: f64,
    #[serde(default)]
    normalize_columns: bool,
    unbias: Option<bool>,
    max_iter: Option<usize>,
}

impl StlsqSettings {
    fn stlsq(&self) -> Stlsq {
        Stlsq {
            threshold: self.threshold,
            alpha: self.alpha,
            normalize: self.normalize_columns,
            unbias: self.unbias.unwrap_or(true),
            max_iter: self.max_iter.unwrap_or(20),
        }
    }
}

#[derive(Deserialize)]
struct Sr3Settings {
    reg_weight_lam: f64,
    relax_coeff_nu: f64,
    regularizer: String,
    max_iter: usize,
    tol: f64,
}

#[derive(Deserialize)]
struct Members {
    params: EnsembleSettings,
    rows: Vec<Vec<usize>>,
    cols: Vec<Vec<usize>>,
    coef_list: Vec<Rows>,
    coef_median: Rows,
    coef_mean: Rows,
    coef_std: Rows,
    inclusion_probability: Rows,
    predict_mean: Rows,
    predict_std: Rows,
}

#[derive(Deserialize)]
struct EnsembleSettings {
    stlsq: StlsqSettings,
    n_models: usize,
}

fn matrix(rows: &Rows) -> DMatrix<f64> {
    let columns = rows.first().map_or(0, Vec::len);
    DMatrix::from_row_iterator(rows.len(), columns, rows.iter().flatten().copied())
}

/// What has been compared so far.
#[derive(Default)]
struct Tally {
    checks: usize,
}

impl Tally {
    fn near(&mut self, found: &DMatrix<f64>, wanted: &DMatrix<f64>, what: &str) {
        let error = apart(found, wanted);
        assert!(error <= 1e-9, "{what} is off by {error:e}");
        self.checks += 1;
    }
}

impl Case {
    fn library(&self) -> Option<Library> {
        let inputs = self.x.as_ref()?.first()?.len();
        let names = (0..inputs).map(|input| format!("x{input}")).collect();
        Some(Library::polynomial(names, self.degree?).unwrap())
    }

    fn terms(&self) -> DMatrix<f64> {
        match (self.library(), &self.x) {
            (Some(library), Some(x)) => library.matrix(&matrix(x)).unwrap(),
            _ => matrix(self.theta.as_ref().unwrap()),
        }
    }
}

fn cases() -> Vec<Case> {
    let golden: Golden = serde_json::from_str(include_str!("../golden/golden.json")).unwrap();
    golden.cases
}

/// Central differences, three points at the ends.
fn differences(x: &DMatrix<f64>, dt: f64) -> DMatrix<f64> {
    let last = x.nrows() - 1;
    let difference = |i: usize, j: usize| match i {
        0 => -3.0 * x[(0, j)] + 4.0 * x[(1, j)] - x[(2, j)],
        _ if i == last => 3.0 * x[(i, j)] - 4.0 * x[(i - 1, j)] + x[(i - 2, j)],
        _ => x[(i + 1, j)] - x[(i - 1, j)],
    };
    DMatrix::from_fn(x.nrows(), x.ncols(), |i, j| difference(i, j) / (2.0 * dt))
}

fn check_fits(case: &Case, tally: &mut Tally) {
    let (terms, targets) = (case.terms(), matrix(&case.y));
    for (index, fit) in case.stlsq.iter().enumerate() {
        let what = format!("{} stlsq {index}", case.name);
        let found = fit
            .params
            .stlsq()
            .fit(&terms, &targets)
            .unwrap()
            .transpose();
        tally.near(&found, &matrix(&fit.coef), &what);
        let support = found.map(|coefficient| u8::from(coefficient != 0.0));
        let wanted = DMatrix::from_row_iterator(
            found.nrows(),
            found.ncols(),
            fit.support.iter().flatten().copied(),
        );
        assert_eq!(support, wanted, "{what}");
        tally.checks += 1;
    }
    for fit in &case.sr3 {
        let regularizer = match fit.params.regularizer.as_str() {
            "L0" => Regularizer::L0,
            "L1" => Regularizer::L1,
            "L2" => Regularizer::L2,
            other => panic!("{other}"),
        };
        let what = format!("{} sr3 {}", case.name, fit.params.regularizer);
        let sr3 = Sr3 {
            weight: fit.params.reg_weight_lam,
            relaxation: fit.params.relax_coeff_nu,
            regularizer,
            tolerance: fit.params.tol,
            max_iter: fit.params.max_iter,
        };
        let found = sr3.fit(&terms, &targets).unwrap();
        tally.near(&found.sparse.transpose(), &matrix(&fit.coef), &what);
        tally.near(&found.full.transpose(), &matrix(&fit.coef_full), &what);
    }
}

fn check_ensembles(case: &Case, tally: &mut Tally) {
    let (terms, targets) = (case.terms(), matrix(&case.y));
    let seen = match (&case.x_test, case.predict_rows) {
        (Some(x), _) => case.library().unwrap().matrix(&matrix(x)).unwrap(),
        (None, count) => terms.rows(0, count.unwrap_or(0)).into_owned(),
    };
    for wanted in &case.ensemble {
        let draws: Vec<Draw> = (0..wanted.params.n_models)
            .map(|member| Draw {
                rows: wanted.rows.get(member).cloned(),
                terms: wanted.cols.get(member).cloned(),
            })
            .collect();
        let stlsq = wanted.params.stlsq.stlsq();
        let found = Ensemble::fit(&stlsq, &draws, &terms, &targets).unwrap();
        assert_eq!(found.members().len(), wanted.coef_list.len());
        // As one check, since it is one in the reference.
        let error =
            |(member, rows): (&DMatrix<f64>, &Rows)| apart(&member.transpose(), &matrix(rows));
        let pairs = found.members().iter().zip(&wanted.coef_list);
        let worst = pairs.map(error).fold(0.0, f64::max);
        tally.near(
            &DMatrix::repeat(1, 1, worst),
            &DMatrix::zeros(1, 1),
            &case.name,
        );
        tally.near(
            &found.median().transpose(),
            &matrix(&wanted.coef_median),
            "median",
        );
        let inclusion = matrix(&wanted.inclusion_probability);
        tally.near(&found.inclusion().transpose(), &inclusion, "inclusion");
        assert!(apart(&found.mean().transpose(), &matrix(&wanted.coef_mean)) < 1e-9);
        assert!(apart(&found.deviation().transpose(), &matrix(&wanted.coef_std)) < 1e-9);
        let spread = found.predict(&seen).unwrap();
        tally.near(&spread.mean, &matrix(&wanted.predict_mean), "predictions");
        tally.near(
            &spread.deviation,
            &matrix(&wanted.predict_std),
            "their spread",
        );
    }
}

#[test]
fn every_case_agrees_with_pysindy() {
    let mut tally = Tally::default();
    for case in &cases() {
        if let Some(dt) = case.dt {
            let found = differences(&matrix(case.x.as_ref().unwrap()), dt);
            tally.near(&found, &matrix(&case.y), "differences");
        }
        check_fits(case, &mut tally);
        check_ensembles(case, &mut tally);
    }
    assert_eq!(tally.checks, 121);
}

#[test]
fn terms_come_in_the_order_of_pysindy() {
    let mut compared = 0;
    for case in &cases() {
        let Some(library) = case.library() else {
            continue;
        };
        let wanted = case.exponents.as_ref().unwrap();
        assert_eq!(library.terms().len(), wanted.len());
        for ((term, powers), name) in library
            .terms()
            .iter()
            .zip(wanted)
            .zip(case.features.as_ref().unwrap())
        {
            let found: Vec<u32> = (0..powers.len()).map(|place| term.power(place)).collect();
            assert_eq!(&found, powers);
            assert_eq!(&library.label(term), &name.replace(' ', " * "));
            compared += 1;
        }
        if let Some(first) = &case.theta_first_rows {
            let found = case.terms().rows(0, first.len()).into_owned();
            assert!(apart(&found, &matrix(first)) < 1e-9);
        }
    }
    assert_eq!(compared, 71);
}
