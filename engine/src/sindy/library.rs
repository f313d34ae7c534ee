//! The candidate terms: products of powers of named inputs.

use nalgebra::DMatrix;

use super::{Error, same, within};

/// The most terms of a library. A fit takes time by their third power.
pub const MAX_TERMS: usize = 1024;

/// The highest degree of a term.
pub const MAX_DEGREE: u32 = 8;

/// A product of powers of inputs. Without factors: the constant 1.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Term {
    /// Inputs by their place, ascending, with powers of at least 1.
    factors: Vec<(usize, i32)>,
}

impl Term {
    /// The power of the input at `place`.
    pub fn power(&self, place: usize) -> u32 {
        let factor = self.factors.iter().find(|(input, _)| *input == place);
        factor.map_or(0, |(_, power)| power.unsigned_abs())
    }

    /// The sum of all powers.
    pub fn degree(&self) -> u32 {
        self.factors.iter().map(|(_, p)| p.unsigned_abs()).sum()
    }

    /// This term times the input at `place`, which is none before the last one.
    fn times(&self, place: usize) -> Self {
        let mut factors = self.factors.clone();
        match factors.last_mut() {
            Some((input, power)) if *input == place => *power += 1,
            _ => factors.push((place, 1)),
        }
        Self { factors }
    }

    fn value(&self, inputs: &[f64]) -> f64 {
        let power = |(place, power): &(usize, i32)| {
            let input = inputs.get(*place).copied().unwrap_or_default();
            input.powi(*power)
        };
        self.factors.iter().map(power).product()
    }
}

/// Terms over named inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Library {
    names: Vec<String>,
    terms: Vec<Term>,
}

impl Library {
    /// All products of up to `degree` inputs, the same one as often as one likes: the constant
    /// first, then by degree, then in the order of the names.
    ///
    /// # Errors
    /// [`Error::Setting`] above [`MAX_DEGREE`] or [`MAX_TERMS`].
    pub fn polynomial(names: Vec<String>, degree: u32) -> Result<Self, Error> {
        Self::grown(names, degree, 0)
    }

    /// All products of up to `degree` different inputs, in the same order: for inputs that are
    /// 0 or 1, whose powers are themselves.
    ///
    /// # Errors
    /// [`Error::Setting`] above [`MAX_DEGREE`] or [`MAX_TERMS`].
    pub fn interactions(names: Vec<String>, degree: u32) -> Result<Self, Error> {
        Self::grown(names, degree, 1)
    }

    /// Terms of each degree are those of the degree below times every input from `step` places
    /// after their last one on.
    fn grown(names: Vec<String>, degree: u32, step: usize) -> Result<Self, Error> {
        if degree > MAX_DEGREE {
            return Err(Error::Setting("degree"));
        }
        let mut terms = vec![Term::default()];
        let mut below = 0;
        for _ in 0..degree {
            let end = terms.len();
            for index in below..end {
                let term = terms.get(index).cloned().unwrap_or_default();
                let first = term.factors.last().map_or(0, |(place, _)| place + step);
                for place in first..names.len() {
                    if terms.len() == MAX_TERMS {
                        return Err(Error::Setting("terms"));
                    }
                    terms.push(term.times(place));
                }
            }
            below = end;
        }
        Ok(Self { names, terms })
    }

    /// The same inputs with only some of the terms, in the order given.
    ///
    /// # Errors
    /// [`Error::Shape`] for a term that is not there.
    pub fn select(&self, terms: &[usize]) -> Result<Self, Error> {
        within("terms", terms, self.terms.len())?;
        let chosen = terms.iter().filter_map(|&place| self.terms.get(place));
        Ok(Self {
            names: self.names.clone(),
            terms: chosen.cloned().collect(),
        })
    }

    /// The names of the inputs.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The terms, in the order of the coefficients.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// The value of each term for one row of inputs.
    ///
    /// # Errors
    /// [`Error::Shape`] when there are not as many inputs as names.
    pub fn evaluate(&self, inputs: &[f64]) -> Result<Vec<f64>, Error> {
        same("inputs", inputs.len(), self.names.len())?;
        Ok(self.terms.iter().map(|term| term.value(inputs)).collect())
    }

    /// The values of the terms, rows by terms, for rows of inputs.
    ///
    /// # Errors
    /// [`Error::Shape`] when there are not as many inputs as names.
    pub fn matrix(&self, inputs: &DMatrix<f64>) -> Result<DMatrix<f64>, Error> {
        same("inputs", inputs.ncols(), self.names.len())?;
        let mut values = Vec::with_capacity(inputs.nrows() * self.terms.len());
        for row in inputs.row_iter() {
            let row: Vec<f64> = row.iter().copied().collect();
            values.extend(self.terms.iter().map(|term| term.value(&row)));
        }
        Ok(DMatrix::from_row_iterator(
            inputs.nrows(),
            self.terms.len(),
            values,
        ))
    }

    /// A term for people: `1`, `length^2`, `code * json`.
    pub fn label(&self, term: &Term) -> String {
        let factor = |(place, power): &(usize, i32)| {
            let name = self.names.get(*place).map_or("?", String::as_str);
            match power {
                1 => name.to_owned(),
                _ => format!("{name}^{power}"),
            }
        };
        match term.factors.as_slice() {
            [] => "1".to_owned(),
            factors => factors.iter().map(factor).collect::<Vec<_>>().join(" * "),
        }
    }

    /// The sum for people, coefficients with three digits, without the terms that have 0:
    /// `0.9 - 0.55 * difficulty^2`. Coefficients there is no term for are left out.
    pub fn equation(&self, coefficients: &[f64]) -> String {
        let mut text = String::new();
        for (term, &coefficient) in self.terms.iter().zip(coefficients) {
            if coefficient == 0.0 {
                continue;
            }
            text.push_str(match (text.is_empty(), coefficient < 0.0) {
                (true, false) => "",
                (true, true) => "-",
                (false, false) => " + ",
                (false, true) => " - ",
            });
            text.push_str(&digits(coefficient.abs()));
            if !term.factors.is_empty() {
                text.push_str(" * ");
                text.push_str(&self.label(term));
            }
        }
        if text.is_empty() {
            text.push('0');
        }
        text
    }
}

/// Three digits, in powers of ten only where the number would be long.
fn digits(number: f64) -> String {
    let rounded = format!("{number:.2e}");
    match rounded.parse::<f64>() {
        Ok(value) if (1e-4..1e6).contains(&value) => value.to_string(),
        _ => rounded,
    }
}
