//! Symmetric positive definite matrices of up to 32 rows, and solving with them.
//!
//! Plain loops over a packed triangle: that is the form in which a learner's state is stored, half
//! of a square matrix, and at this size a library's kernels gain nothing.

/// Where row `row` of a packed lower triangle begins.
fn start(row: usize) -> usize {
    row * (row + 1) / 2
}

/// How many numbers a packed triangle of `rows` rows holds.
pub(super) fn packed(rows: usize) -> usize {
    start(rows)
}

/// The rows of a packed lower triangle, each up to its diagonal.
pub(super) fn rows<T>(triangle: &[T]) -> impl Iterator<Item = &[T]> {
    (0..).map_while(move |row| triangle.get(start(row)..start(row + 1)))
}

/// The same rows, to be changed.
pub(super) fn rows_mut<T>(mut rest: &mut [T]) -> impl Iterator<Item = &mut [T]> {
    (1..).map_while(move |length| {
        let (row, tail) = std::mem::take(&mut rest).split_at_mut_checked(length)?;
        rest = tail;
        Some(row)
    })
}

/// The sum of the products.
pub(super) fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(a, b)| a * b).sum()
}

/// The Cholesky factor L of a matrix A = L Lᵀ.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Factor(Vec<f64>);

impl Factor {
    /// None if the matrix, a packed lower triangle, is not positive definite or holds no numbers.
    pub(super) fn of(matrix: &[f32]) -> Option<Self> {
        let mut factor: Vec<f64> = Vec::with_capacity(matrix.len());
        for row in rows(matrix) {
            let from = factor.len();
            for (column, &entry) in row.iter().enumerate() {
                let above = factor.get(start(column)..start(column) + column)?;
                let own = factor.get(from..from + column)?;
                let rest = f64::from(entry) - dot(above, own);
                let value = if column + 1 == row.len() {
                    Some(rest.sqrt()).filter(|root| *root > 0.0 && root.is_finite())?
                } else {
                    rest / factor.get(start(column) + column)?
                };
                factor.push(value);
            }
        }
        Some(Self(factor))
    }

    /// L⁻¹ x: its square length is xᵀ A⁻¹ x.
    pub(super) fn half_solve(&self, x: &[f64]) -> Vec<f64> {
        let mut solved: Vec<f64> = Vec::with_capacity(x.len());
        for (row, value) in rows(&self.0).zip(x) {
            let diagonal = row.last().copied().unwrap_or(1.0);
            solved.push((value - dot(row, &solved)) / diagonal);
        }
        solved
    }

    /// A⁻¹ x.
    pub(super) fn solve(&self, x: &[f64]) -> Vec<f64> {
        let mut solved = self.half_solve(x);
        for index in (0..solved.len()).rev() {
            let Some(row) = self.0.get(start(index)..start(index + 1)) else {
                continue;
            };
            let Some((diagonal, left)) = row.split_last() else {
                continue;
            };
            let value = solved.get(index).copied().unwrap_or(0.0) / diagonal;
            for (earlier, weight) in solved.iter_mut().zip(left) {
                *earlier -= weight * value;
            }
            if let Some(slot) = solved.get_mut(index) {
                *slot = value;
            }
        }
        solved
    }
}
