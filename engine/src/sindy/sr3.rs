//! Sparse relaxed regularised regression (Zheng et al. 2019, Champion et al. 2020).

use nalgebra::DMatrix;

use super::linear::Factor;
use super::moments::Moments;
use super::{Error, finite};

/// What many or large coefficients cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Regularizer {
    /// Each term that is there costs the same: small ones go, the others stay as they are.
    L0,
    /// The sum of sizes: all shrink by as much, small ones go.
    L1,
    /// The sum of squares: all shrink by the same share, none goes.
    L2,
}

/// Sparse coefficients and unbound ones, drawn to each other until they are near.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sr3 {
    /// The price of coefficients. Not negative.
    pub weight: f64,
    /// How far the two may be apart: the less, the more they are held together. Above 0.
    pub relaxation: f64,
    /// What is priced.
    pub regularizer: Regularizer,
    /// A round that moves the sparse coefficients by less than this times the relaxation is the
    /// last one. Not negative.
    pub tolerance: f64,
    /// How many rounds there are, at most. At least 1.
    pub max_iter: usize,
}

/// Both sorts of coefficients, terms by targets.
#[derive(Debug, Clone, PartialEq)]
pub struct Relaxed {
    /// The sparse ones: the model.
    pub sparse: DMatrix<f64>,
    /// The unbound ones of the last round.
    pub full: DMatrix<f64>,
}

impl Default for Sr3 {
    fn default() -> Self {
        Self {
            weight: 0.005,
            relaxation: 1.0,
            regularizer: Regularizer::L0,
            tolerance: 1e-5,
            max_iter: 30,
        }
    }
}

impl Sr3 {
    /// The coefficients that carry `targets` (rows by targets) as sums of `terms` (rows by
    /// terms). No rows give noughts.
    ///
    /// # Errors
    /// [`Error::Shape`] when the numbers of rows differ; [`Error::NotFinite`];
    /// [`Error::Setting`]; [`Error::Unsolvable`].
    pub fn fit(&self, terms: &DMatrix<f64>, targets: &DMatrix<f64>) -> Result<Relaxed, Error> {
        self.fit_moments(&Moments::of(terms, targets)?)
    }

    /// The same from sums of products.
    ///
    /// # Errors
    /// [`Error::NotFinite`]; [`Error::Setting`]; [`Error::Unsolvable`].
    pub fn fit_moments(&self, moments: &Moments) -> Result<Relaxed, Error> {
        self.check()?;
        let pull = self.relaxation.recip();
        let bound = Factor::of(moments.gram().clone(), pull)?;
        let mut sparse = Factor::of(moments.gram().clone(), 0.0)?.solve(moments.cross())?;
        let mut full = sparse.clone();
        for _ in 0..self.max_iter {
            full = bound.solve(&(moments.cross() + &sparse * pull))?;
            let next = full.map(|coefficient| self.priced(coefficient));
            let moved = (&next - &sparse).norm();
            sparse = next;
            if moved * pull < self.tolerance {
                break;
            }
        }
        finite(&sparse)?;
        Ok(Relaxed { sparse, full })
    }

    fn check(&self) -> Result<(), Error> {
        let natural = |figure: f64| figure.is_finite() && figure >= 0.0;
        match self {
            _ if !natural(self.weight) => Err(Error::Setting("weight")),
            _ if !(self.relaxation.is_normal() && self.relaxation > 0.0) => {
                Err(Error::Setting("relaxation"))
            }
            _ if !natural(self.tolerance) => Err(Error::Setting("tolerance")),
            _ if self.max_iter == 0 => Err(Error::Setting("max_iter")),
            _ => Ok(()),
        }
    }

    /// The coefficient that is cheapest, price and distance from `coefficient` taken together.
    fn priced(&self, coefficient: f64) -> f64 {
        let price = self.weight * self.relaxation;
        match self.regularizer {
            Regularizer::L0 if coefficient.abs() > (2.0 * price).sqrt() => coefficient,
            Regularizer::L0 => 0.0,
            Regularizer::L1 => coefficient.signum() * (coefficient.abs() - price).max(0.0),
            Regularizer::L2 => coefficient / (1.0 + 2.0 * price),
        }
    }
}
