//! What is said of one tier: the learners' scores brought together and calibrated, the spread of
//! the readable model, and the size of the answer.

use super::Tier;
use super::artifact::{Damage, Reader};
use super::equation::Equation;
use super::forest::Forest;
use super::inputs::Row;
use super::network::Matrix;
use crate::logistic::probability;
use crate::uncertainty::Platt;

/// The most equations of a tier.
const MOST_MEMBERS: usize = 32;

/// One tier of a pool.
#[derive(Debug, Clone)]
pub(super) struct Head<'a> {
    pub(super) tier: Tier,
    /// The network's output that stands for the tier.
    pub(super) output: usize,
    /// How much the forest's score counts beside the network's: 0..=1.
    share: f32,
    forest: Forest<'a>,
    calibration: Platt,
    /// The equation that is shown, and the members of its ensemble.
    pub(super) equation: Equation,
    members: Vec<Equation>,
    pub(super) tokens_out: Option<Amount<'a>>,
    pub(super) cost_usd: Option<Amount<'a>>,
}

impl<'a> Head<'a> {
    pub(super) fn read(from: &mut Reader<'a>) -> Result<Self, Damage> {
        let tier = Tier::from_index(from.u8()?).ok_or(Damage::Range("tier"))?;
        let output = usize::from(from.u16()?);
        let share = from.f32()?;
        let forest = Forest::read(from, super::inputs::WIDTH)?;
        let (offset, scale) = (f64::from(from.f32()?), f64::from(from.f32()?));
        let calibration =
            Platt::new(offset, scale).map_err(|_| Damage::Range("calibration of a tier"))?;
        if !(0.0..=1.0).contains(&share) {
            return Err(Damage::Range("share of the forest"));
        }
        let equation = Equation::read(from)?;
        let count = usize::from(from.u8()?);
        if count > MOST_MEMBERS {
            return Err(Damage::Range("equations of a tier"));
        }
        Ok(Self {
            tier,
            output,
            share,
            forest,
            calibration,
            equation,
            members: (0..count)
                .map(|_| Equation::read(from))
                .collect::<Result<_, _>>()?,
            tokens_out: Amount::read(from)?,
            cost_usd: Amount::read(from)?,
        })
    }

    /// The calibrated probability, given the network's log-odds.
    pub(super) fn probability(&self, network: f32, inputs: &Row) -> f64 {
        let score = (1.0 - self.share) * network + self.share * self.forest.score(inputs);
        within(self.calibration.apply(logistic(score)))
    }

    /// The probabilities that the members of the readable ensemble give.
    pub(super) fn members(&self, inputs: &Row) -> Vec<f64> {
        let score = |member: &Equation| logistic(member.score(inputs));
        self.members.iter().map(score).collect()
    }
}

/// A positive amount whose logarithm is linear in the inputs.
#[derive(Debug, Clone)]
pub(super) struct Amount<'a> {
    logarithm: Matrix<'a>,
    /// What was seen in training: nothing beyond is predicted.
    least: f32,
    most: f32,
}

impl<'a> Amount<'a> {
    /// A byte of 0 where there is none, else 1 and the amount.
    fn read(from: &mut Reader<'a>) -> Result<Option<Self>, Damage> {
        match from.u8()? {
            0 => return Ok(None),
            1 => {}
            _ => return Err(Damage::Range("amount")),
        }
        let amount = Self {
            logarithm: Matrix::read(from, 1, super::inputs::WIDTH)?,
            least: from.f32()?,
            most: from.f32()?,
        };
        if 0.0 < amount.least && amount.least <= amount.most {
            Ok(Some(amount))
        } else {
            Err(Damage::Range("amount"))
        }
    }

    /// The expected amount.
    pub(super) fn of(&self, inputs: &Row) -> f64 {
        let logarithm = self.logarithm.times(inputs).next().unwrap_or_default();
        f64::from(logarithm.exp().clamp(self.least, self.most))
    }
}

/// The probability of log-odds, never quite 0 or 1; a half where they are no number.
pub(crate) fn logistic(score: f32) -> f64 {
    within(probability(score.into()))
}

fn within(p: f64) -> f64 {
    p.clamp(1e-4, 1.0 - 1e-4)
}
