//! Many fits on drawn rows and drawn terms (Fasel et al. 2022): what all of them find is there,
//! what few of them find is chance.

use nalgebra::DMatrix;

use crate::random::Generator;

use super::{Error, Moments, Stlsq, same, within};

/// The most members of an ensemble.
pub const MAX_MODELS: usize = 256;

/// What the members of an ensemble are to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bagging {
    /// How many members there are, 1..=[`MAX_MODELS`].
    pub models: usize,
    /// The rows of each member; all of them if none.
    pub rows: Option<RowBag>,
    /// How many terms each member must do without.
    pub dropped_terms: usize,
}

/// How rows are drawn for a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowBag {
    /// How many.
    pub count: usize,
    /// Whether the same row may come again.
    pub replace: bool,
}

/// What one member sees.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draw {
    /// Rows by their place, some of them perhaps more than once; all if none.
    pub rows: Option<Vec<usize>>,
    /// Terms by their place; all if none.
    pub terms: Option<Vec<usize>>,
}

impl Bagging {
    /// Draws for each member out of so many rows and terms.
    ///
    /// # Errors
    /// [`Error::Setting`] for no or too many models, or when there is less to draw from than is
    /// to be drawn.
    pub fn draw(
        &self,
        rows: usize,
        terms: usize,
        generator: &mut Generator,
    ) -> Result<Vec<Draw>, Error> {
        if !(1..=MAX_MODELS).contains(&self.models) {
            return Err(Error::Setting("models"));
        }
        let kept = terms
            .checked_sub(self.dropped_terms)
            .ok_or(Error::Setting("dropped_terms"))?;
        let short = |bag: RowBag| match bag.replace {
            true => rows == 0 && bag.count > 0,
            false => rows < bag.count,
        };
        if self.rows.is_some_and(short) {
            return Err(Error::Setting("rows"));
        }
        let draw = |_| Draw {
            rows: self.rows.map(|bag| match bag.replace {
                true => (0..bag.count).map(|_| generator.below(rows)).collect(),
                false => without_replacement(rows, bag.count, generator),
            }),
            terms: (self.dropped_terms > 0).then(|| {
                let mut kept = without_replacement(terms, kept, generator);
                kept.sort_unstable();
                kept
            }),
        };
        Ok((0..self.models).map(draw).collect())
    }
}

/// `count` different numbers below `bound`: the first steps of a Fisher-Yates shuffle.
fn without_replacement(bound: usize, count: usize, generator: &mut Generator) -> Vec<usize> {
    let mut numbers: Vec<usize> = (0..bound).collect();
    for place in 0..count.min(bound) {
        numbers.swap(place, place + generator.below(bound - place));
    }
    numbers.truncate(count);
    numbers
}

/// Coefficients of several fits to the same terms and targets.
#[derive(Debug, Clone, PartialEq)]
pub struct Ensemble {
    members: Vec<DMatrix<f64>>,
}

/// What the members make of rows, rows by targets.
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    /// The mean over members.
    pub mean: DMatrix<f64>,
    /// The standard deviation over members, divided by their number.
    pub deviation: DMatrix<f64>,
}

impl Ensemble {
    /// Of members' coefficients, terms by targets.
    ///
    /// # Errors
    /// [`Error::Setting`] for no or too many members, [`Error::Shape`] where they differ in size.
    pub fn of(members: Vec<DMatrix<f64>>) -> Result<Self, Error> {
        let first = members.first().ok_or(Error::Setting("models"))?;
        if members.len() > MAX_MODELS {
            return Err(Error::Setting("models"));
        }
        for member in &members {
            same("terms of a member", member.nrows(), first.nrows())?;
            same("targets of a member", member.ncols(), first.ncols())?;
        }
        Ok(Self { members })
    }

    /// A fit for each draw. Terms that a member did not see have 0 in it.
    ///
    /// # Errors
    /// [`Error::Shape`] also for a row or term that is not there; else as [`Stlsq::fit`].
    pub fn fit(
        stlsq: &Stlsq,
        draws: &[Draw],
        terms: &DMatrix<f64>,
        targets: &DMatrix<f64>,
    ) -> Result<Self, Error> {
        same("rows of targets", targets.nrows(), terms.nrows())?;
        let member = |draw: &Draw| {
            let moments = match &draw.rows {
                None => Moments::of(terms, targets)?,
                Some(rows) => {
                    within("rows", rows, terms.nrows())?;
                    Moments::of(&terms.select_rows(rows), &targets.select_rows(rows))?
                }
            };
            let Some(seen) = &draw.terms else {
                return stlsq.fit_moments(&moments);
            };
            let fitted = stlsq.fit_moments(&moments.select(seen)?)?;
            let mut all = DMatrix::zeros(terms.ncols(), targets.ncols());
            for (&term, row) in seen.iter().zip(fitted.row_iter()) {
                all.set_row(term, &row);
            }
            Ok(all)
        };
        Self::of(draws.iter().map(member).collect::<Result<_, _>>()?)
    }

    /// The coefficients of each member.
    pub fn members(&self) -> &[DMatrix<f64>] {
        &self.members
    }

    /// The mean of each coefficient.
    pub fn mean(&self) -> DMatrix<f64> {
        self.each(mean)
    }

    /// The median of each coefficient; of an even number of members the mean of the middle two.
    pub fn median(&self) -> DMatrix<f64> {
        self.each(median)
    }

    /// The standard deviation of each coefficient, divided by the number of members.
    pub fn deviation(&self) -> DMatrix<f64> {
        self.each(deviation)
    }

    /// The share of members in which each coefficient is not 0.
    pub fn inclusion(&self) -> DMatrix<f64> {
        self.each(|values| {
            let included = values.iter().filter(|value| **value != 0.0).count();
            included as f64 / values.len() as f64
        })
    }

    /// What the members make of `terms`, rows by terms.
    ///
    /// # Errors
    /// [`Error::Shape`] when the terms are not as many as the coefficients.
    pub fn predict(&self, terms: &DMatrix<f64>) -> Result<Spread, Error> {
        let fitted = self.members.first().map_or(0, DMatrix::nrows);
        same("terms", terms.ncols(), fitted)?;
        let predictions = Self {
            members: self.members.iter().map(|member| terms * member).collect(),
        };
        Ok(Spread {
            mean: predictions.mean(),
            deviation: predictions.deviation(),
        })
    }

    /// A figure of the members' values, place by place.
    fn each(&self, figure: impl Fn(&mut [f64]) -> f64) -> DMatrix<f64> {
        let (rows, columns) = self.members.first().map_or((0, 0), DMatrix::shape);
        let mut values = Vec::with_capacity(self.members.len());
        DMatrix::from_fn(rows, columns, |i, j| {
            values.clear();
            values.extend(self.members.iter().map(|member| member[(i, j)]));
            figure(&mut values)
        })
    }
}

fn mean(values: &mut [f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn deviation(values: &mut [f64]) -> f64 {
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / values.len() as f64).sqrt()
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    let at = |place: usize| values.get(place).copied().unwrap_or_default();
    if values.len() % 2 == 1 {
        at(middle)
    } else {
        f64::midpoint(at(middle.saturating_sub(1)), at(middle))
    }
}
