//! Sequentially thresholded least squares (Brunton, Proctor and Kutz 2016).

use nalgebra::{DMatrix, DVector};

use super::linear::Factor;
use super::moments::{Moments, square};
use super::{Error, finite};

/// Coefficients up to this size are nought when the terms to refit are chosen.
const NOUGHT: f64 = 1e-14;

/// Fits with ridge, strikes out the terms of small coefficients, and again with what is left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stlsq {
    /// The smallest coefficient that stays, in units of the target, or of the target over the
    /// length of the term's column if normalised. Not negative.
    pub threshold: f64,
    /// Ridge: what is added to the diagonal of the Gram matrix. Not negative; 0 is plain least
    /// squares.
    pub alpha: f64,
    /// How often terms are struck out, at most. At least 1.
    pub max_iter: usize,
    /// Whether columns are brought to unit length before the coefficients are judged.
    pub normalize: bool,
    /// Whether the terms that stay are fitted once more without ridge.
    pub unbias: bool,
}

impl Default for Stlsq {
    fn default() -> Self {
        Self {
            threshold: 0.1,
            alpha: 0.05,
            max_iter: 20,
            normalize: false,
            unbias: true,
        }
    }
}

impl Stlsq {
    /// The coefficients, terms by targets, that carry `targets` (rows by targets) as sums of
    /// `terms` (rows by terms). Terms struck out have 0.
    ///
    /// No rows, or no term that stays, give noughts. Of dependent columns the solution of least
    /// length is taken, with columns at unit length; so it is with more terms than rows.
    ///
    /// # Errors
    /// [`Error::Shape`] when the numbers of rows differ; [`Error::NotFinite`];
    /// [`Error::Setting`]; [`Error::Unsolvable`].
    pub fn fit(&self, terms: &DMatrix<f64>, targets: &DMatrix<f64>) -> Result<DMatrix<f64>, Error> {
        self.fit_moments(&Moments::of(terms, targets)?)
    }

    /// The same from sums of products.
    ///
    /// # Errors
    /// [`Error::NotFinite`]; [`Error::Setting`]; [`Error::Unsolvable`].
    pub fn fit_moments(&self, moments: &Moments) -> Result<DMatrix<f64>, Error> {
        self.check()?;
        let lengths = if self.normalize {
            lengths(moments.gram())
        } else {
            DVector::repeat(moments.gram().nrows(), 1.0)
        };
        let gram = moments
            .gram()
            .clone()
            .component_div(&(&lengths * lengths.transpose()));
        let mut coefficients = moments.cross().clone();
        for mut column in coefficients.column_iter_mut() {
            let cross = column.component_div(&lengths);
            let fitted = self.fit_target(&gram, &cross)?;
            column.copy_from(&fitted.component_div(&lengths));
        }
        finite(&coefficients)?;
        Ok(coefficients)
    }

    fn check(&self) -> Result<(), Error> {
        let natural = |figure: f64| figure.is_finite() && figure >= 0.0;
        match self {
            _ if !natural(self.threshold) => Err(Error::Setting("threshold")),
            _ if !natural(self.alpha) => Err(Error::Setting("alpha")),
            _ if self.max_iter == 0 => Err(Error::Setting("max_iter")),
            _ => Ok(()),
        }
    }

    /// One target by itself: the others have no say in which of its terms stay.
    fn fit_target(&self, gram: &DMatrix<f64>, cross: &DVector<f64>) -> Result<DVector<f64>, Error> {
        let mut support: Vec<usize> = (0..cross.len()).collect();
        let mut coefficients = DVector::zeros(cross.len());
        for _ in 0..self.max_iter {
            let fitted = regress(gram, cross, &support, self.alpha)?;
            let before = support.len();
            coefficients.fill(0.0);
            let mut values = fitted.iter();
            support.retain(|&term| {
                let value = values.next().copied().unwrap_or_default();
                let stays = value.abs() >= self.threshold;
                if stays {
                    coefficients[term] = value;
                }
                stays
            });
            if support.len() == before || support.is_empty() {
                break;
            }
        }
        if self.unbias {
            support.retain(|&term| coefficients[term].abs() > NOUGHT);
            let fitted = regress(gram, cross, &support, 0.0)?;
            coefficients.fill(0.0);
            for (&term, &value) in support.iter().zip(&fitted) {
                coefficients[term] = value;
            }
        }
        Ok(coefficients)
    }
}

/// Least squares with ridge on the terms of `support` alone.
fn regress(
    gram: &DMatrix<f64>,
    cross: &DVector<f64>,
    support: &[usize],
    ridge: f64,
) -> Result<DMatrix<f64>, Error> {
    let right = DMatrix::from_fn(support.len(), 1, |i, _| cross[support[i]]);
    Factor::of(square(gram, support), ridge)?.solve(&right)
}

/// The length of each column; 1 of a column of zeros.
fn lengths(gram: &DMatrix<f64>) -> DVector<f64> {
    gram.diagonal()
        .map(|square| if square > 0.0 { square.sqrt() } else { 1.0 })
}
