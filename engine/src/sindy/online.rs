//! An ensemble of rows that come one by one and are not kept.

use crate::random::Generator;

use super::{Ensemble, Error, MAX_MODELS, Moments, Stlsq};

/// Sums of products for each member of an ensemble, each row counted in each member as often as
/// chance has it: a bootstrap without the rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Bags {
    members: Vec<Moments>,
}

impl Bags {
    /// For so many members, terms and targets. `8 * models * terms * (terms + targets)` bytes.
    ///
    /// # Errors
    /// [`Error::Setting`] for no or more than [`MAX_MODELS`] models.
    pub fn new(models: usize, terms: usize, targets: usize) -> Result<Self, Error> {
        if !(1..=MAX_MODELS).contains(&models) {
            return Err(Error::Setting("models"));
        }
        Ok(Self {
            members: vec![Moments::new(terms, targets); models],
        })
    }

    /// Takes in one more row.
    ///
    /// # Errors
    /// [`Error::Shape`] and [`Error::NotFinite`], by which some members may have taken it in and
    /// others not.
    pub fn add(
        &mut self,
        terms: &[f64],
        targets: &[f64],
        generator: &mut Generator,
    ) -> Result<(), Error> {
        for member in &mut self.members {
            member.add(terms, targets, f64::from(generator.poisson()))?;
        }
        Ok(())
    }

    /// Lets all rows so far count `factor` (0..=1) times what they counted.
    ///
    /// # Errors
    /// [`Error::Setting`] for any other factor.
    pub fn fade(&mut self, factor: f64) -> Result<(), Error> {
        self.members
            .iter_mut()
            .try_for_each(|member| member.fade(factor))
    }

    /// The sums of each member.
    pub fn members(&self) -> &[Moments] {
        &self.members
    }

    /// A fit for each member.
    ///
    /// # Errors
    /// As [`Stlsq::fit_moments`].
    pub fn fit(&self, stlsq: &Stlsq) -> Result<Ensemble, Error> {
        let fits = self
            .members
            .iter()
            .map(|moments| stlsq.fit_moments(moments));
        Ensemble::of(fits.collect::<Result<_, _>>()?)
    }
}
