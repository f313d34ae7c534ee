//! Solving normal equations, whatever their rank.

use nalgebra::{Cholesky, DMatrix, DVector, Dyn, SymmetricEigen};

use super::Error;

/// The share of a column's square sum that must be its own for the column to count as
/// independent of the others. Rounding alone leaves some 1e-14.
const INDEPENDENT: f64 = 1e-12;

/// Steps for each eigenvalue after which the search is given up; some 3 are usual.
const EIGEN_STEPS: usize = 100;

/// A Gram matrix made ready for solving.
///
/// Columns are brought to unit length first: no unit of measurement decides what counts as small.
pub(super) struct Factor {
    /// One over each column's length; 0 for a column of zeros, whose coefficient is then 0.
    shrink: DVector<f64>,
    inverse: Inverse,
}

enum Inverse {
    Cholesky(Cholesky<f64, Dyn>),
    /// Of dependent columns: the solution of least length, as least squares by singular values
    /// gives it.
    Pseudo(DMatrix<f64>),
}

impl Factor {
    /// Of `gram`, a square, symmetric matrix of finite sums of products, with `ridge` (not
    /// negative) added to the diagonal.
    pub(super) fn of(mut gram: DMatrix<f64>, ridge: f64) -> Result<Self, Error> {
        for i in 0..gram.nrows() {
            gram[(i, i)] += ridge;
        }
        let shrink = gram.diagonal().map(|square| {
            if square > 0.0 {
                square.sqrt().recip()
            } else {
                0.0
            }
        });
        for (j, mut column) in gram.column_iter_mut().enumerate() {
            column.component_mul_assign(&shrink);
            column *= shrink[j];
            column[j] = 1.0;
        }
        super::finite(&gram)?;
        let inverse = match Cholesky::new(gram.clone()).filter(independent) {
            Some(cholesky) => Inverse::Cholesky(cholesky),
            None => Inverse::Pseudo(pseudo_inverse(gram)?),
        };
        Ok(Self { shrink, inverse })
    }

    /// What, multiplied with the Gram matrix, gives `right`: a column for each of its columns.
    pub(super) fn solve(&self, right: &DMatrix<f64>) -> Result<DMatrix<f64>, Error> {
        let mut solution = self.shrunk(right.clone());
        match &self.inverse {
            Inverse::Cholesky(cholesky) => cholesky.solve_mut(&mut solution),
            Inverse::Pseudo(inverse) => solution = inverse * solution,
        }
        let solution = self.shrunk(solution);
        super::finite(&solution)?;
        Ok(solution)
    }

    fn shrunk(&self, mut matrix: DMatrix<f64>) -> DMatrix<f64> {
        for mut column in matrix.column_iter_mut() {
            column.component_mul_assign(&self.shrink);
        }
        matrix
    }
}

/// Whether no column is, up to rounding, a sum of those before it.
fn independent(cholesky: &Cholesky<f64, Dyn>) -> bool {
    let lower = cholesky.l_dirty();
    (0..lower.nrows()).all(|i| lower[(i, i)] * lower[(i, i)] > INDEPENDENT)
}

fn pseudo_inverse(gram: DMatrix<f64>) -> Result<DMatrix<f64>, Error> {
    let eigen =
        SymmetricEigen::try_new(gram, f64::EPSILON, EIGEN_STEPS).ok_or(Error::Unsolvable)?;
    let floor = eigen.eigenvalues.amax() * INDEPENDENT;
    let mut scaled = eigen.eigenvectors.clone();
    for (mut vector, &value) in scaled.column_iter_mut().zip(&eigen.eigenvalues) {
        vector *= if value > floor { value.recip() } else { 0.0 };
    }
    Ok(scaled * eigen.eigenvectors.transpose())
}
