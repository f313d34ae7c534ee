//! What a fit needs to know about the rows: sums of products, in which the rows themselves are
//! no longer to be found.

use nalgebra::{DMatrix, DVector};

use super::{Error, finite, same, within};

/// Sums over rows of term times term and of term times target.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    gram: DMatrix<f64>,
    cross: DMatrix<f64>,
}

impl Moments {
    /// Of no rows yet.
    pub fn new(terms: usize, targets: usize) -> Self {
        Self {
            gram: DMatrix::zeros(terms, terms),
            cross: DMatrix::zeros(terms, targets),
        }
    }

    /// Of rows of terms and rows of targets.
    ///
    /// # Errors
    /// [`Error::Shape`] when the numbers of rows differ, [`Error::NotFinite`].
    pub fn of(terms: &DMatrix<f64>, targets: &DMatrix<f64>) -> Result<Self, Error> {
        same("rows of targets", targets.nrows(), terms.nrows())?;
        let transposed = terms.transpose();
        let moments = Self {
            gram: &transposed * terms,
            cross: transposed * targets,
        };
        finite(&moments.gram)?;
        finite(&moments.cross)?;
        Ok(moments)
    }

    /// Takes in one more row, counted `weight` times.
    ///
    /// # Errors
    /// [`Error::Shape`], [`Error::NotFinite`], and [`Error::Setting`] for a negative weight; the
    /// sums are then what they were.
    pub fn add(&mut self, terms: &[f64], targets: &[f64], weight: f64) -> Result<(), Error> {
        same("terms of the row", terms.len(), self.gram.nrows())?;
        same("targets of the row", targets.len(), self.cross.ncols())?;
        finite(terms.iter().chain(targets).chain([&weight]))?;
        if weight < 0.0 {
            return Err(Error::Setting("weight"));
        }
        let terms = DVector::from_column_slice(terms);
        let targets = DVector::from_column_slice(targets);
        // No product of two figures of the row is larger than this one.
        let largest = terms.amax() * terms.amax().max(targets.amax()) * weight;
        let room = f64::MAX / 4.0;
        if !largest.is_finite() || largest > room || self.largest() > room {
            return Err(Error::NotFinite);
        }
        self.gram.ger(weight, &terms, &terms, 1.0);
        self.cross.ger(weight, &terms, &targets, 1.0);
        Ok(())
    }

    /// Lets all rows so far count `factor` (0..=1) times what they counted.
    ///
    /// # Errors
    /// [`Error::Setting`] for any other factor.
    pub fn fade(&mut self, factor: f64) -> Result<(), Error> {
        if !(0.0..=1.0).contains(&factor) {
            return Err(Error::Setting("factor"));
        }
        self.gram *= factor;
        self.cross *= factor;
        Ok(())
    }

    /// Term times term: square and symmetric.
    pub const fn gram(&self) -> &DMatrix<f64> {
        &self.gram
    }

    /// Term times target: a row for each term.
    pub const fn cross(&self) -> &DMatrix<f64> {
        &self.cross
    }

    /// Those of some terms only, in the order given.
    ///
    /// # Errors
    /// [`Error::Shape`] for a term that is not there.
    pub fn select(&self, terms: &[usize]) -> Result<Self, Error> {
        within("terms", terms, self.gram.nrows())?;
        Ok(Self {
            gram: square(&self.gram, terms),
            cross: self.cross.select_rows(terms),
        })
    }

    fn largest(&self) -> f64 {
        let square = self.gram.diagonal().amax();
        square.max(self.cross.amax())
    }
}

/// The rows and columns `kept` of a square matrix, all of which it has.
pub(super) fn square(matrix: &DMatrix<f64>, kept: &[usize]) -> DMatrix<f64> {
    DMatrix::from_fn(kept.len(), kept.len(), |i, j| matrix[(kept[i], kept[j])])
}
