//! Sparse identification of equations from data (SINDy): an outcome as the sum of a few terms out
//! of a library of candidates, so that a model can be read.
//!
//! Inputs become terms ([`Library`]); rows of terms and outcomes become sums of products
//! ([`Moments`]), which are all that a fit needs, so rows need not be kept; [`Stlsq`] or [`Sr3`]
//! finds the few terms that carry the outcome; an [`Ensemble`] of such fits on drawn rows and
//! terms says which terms are there by chance. Coefficients are matrices of terms by targets, so
//! that rows of terms times coefficients are predictions.
//!
//! Sources: Brunton, Proctor and Kutz 2016 (SINDy); Zheng et al. 2019 and Champion et al. 2020
//! (SR3); Fasel et al. 2022 (Ensemble-SINDy). Where these leave a choice, `pysindy` 2.1.0 is
//! followed; `golden/` holds its answers.

mod ensemble;
mod library;
mod linear;
mod moments;
mod sr3;
mod stlsq;

#[cfg(test)]
mod tests;

pub use ensemble::{Bagging, Draw, Ensemble, MAX_MODELS, RowBag, Spread};
pub use library::{Library, MAX_DEGREE, MAX_TERMS, Term};
pub use moments::Moments;
pub use sr3::{Regularizer, Relaxed, Sr3};
pub use stlsq::Stlsq;

/// Why there is no fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A matrix, row or index does not have the size that the others ask for.
    #[error("{what}: {found} where {expected} are needed")]
    Shape {
        /// What was counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there must be.
        expected: usize,
    },
    /// A figure is not finite, or became so large on the way that nothing can be computed of it.
    #[error("a figure is not finite")]
    NotFinite,
    /// A setting lies outside its range.
    #[error("setting out of range: {0}")]
    Setting(&'static str),
    /// A matrix could not be decomposed.
    #[error("the equations cannot be solved")]
    Unsolvable,
}

/// That a count is what it must be.
const fn same(what: &'static str, found: usize, expected: usize) -> Result<(), Error> {
    if found == expected {
        Ok(())
    } else {
        Err(Error::Shape {
            what,
            found,
            expected,
        })
    }
}

/// That all places lie within the count.
fn within(what: &'static str, places: &[usize], count: usize) -> Result<(), Error> {
    match places.iter().max() {
        Some(&last) if last >= count => same(what, count, last.saturating_add(1)),
        _ => Ok(()),
    }
}

/// That all figures are finite.
fn finite<'a>(figures: impl IntoIterator<Item = &'a f64>) -> Result<(), Error> {
    if figures.into_iter().all(|figure| figure.is_finite()) {
        Ok(())
    } else {
        Err(Error::NotFinite)
    }
}
