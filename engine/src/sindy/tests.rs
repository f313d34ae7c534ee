mod golden;
mod library;
mod online;
mod properties;

use nalgebra::DMatrix;

/// The largest difference between two matrices of the same size.
fn apart(left: &DMatrix<f64>, right: &DMatrix<f64>) -> f64 {
    assert_eq!(left.shape(), right.shape());
    (left - right).amax()
}

fn rows<const N: usize, const M: usize>(values: [[f64; M]; N]) -> DMatrix<f64> {
    DMatrix::from_row_iterator(N, M, values.into_iter().flatten())
}
