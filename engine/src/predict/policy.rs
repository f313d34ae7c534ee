//! How a pool of models is used by default: what was learned about its traffic, and how it is
//! chosen. The numbers are set by `evals`, on prompts that the predictions were not trained on.

use std::sync::LazyLock;

use super::artifact::{Damage, Reader};
use super::familiar::Familiar;
use super::inputs::WIDTH;
use super::{GENERAL, Tier};
use crate::cascade::Verifier;
use crate::uncertainty::Conformal;

/// The file of the general policy.
pub(super) static GENERAL_FILE: &[u8] = include_bytes!("../../models/general-policy.bin");

/// The most pools of a file.
const MOST_POOLS: u16 = 64;

/// What is known of a tier over all kinds of prompt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// The tier.
    pub tier: Tier,
    /// The share of good answers, 0..=1.
    pub base: f64,
    /// The same as assumed of a foreign prompt, where the cheaper tiers fall as far behind the most
    /// expensive as in the worst of the kinds known.
    pub prior: f64,
    /// Mean cost of a call, dollars.
    pub cost_usd: f64,
    /// What to make of a probability: on prompts that nothing was trained on it errs once in ten.
    pub advice: Conformal,
}

/// The default policy of a pool.
#[derive(Debug, Clone)]
pub struct PoolPolicy<'a> {
    /// What a dollar is worth, in good answers.
    pub lambda: f64,
    /// The share of foreign prompts that are tried one step cheaper.
    pub trial: f64,
    /// The tiers, the cheapest first.
    pub standings: Vec<Standing>,
    /// What is foreign.
    pub familiar: Familiar<'a>,
    /// Judges cheap answers, where the pool has probes.
    pub verifier: Option<Verifier<'a>>,
}

impl<'a> PoolPolicy<'a> {
    /// The policy of a pool out of a file: number of inputs (u16), number of pools (u16), and for
    /// each its name, lambda, trial, number of tiers (u8), the tiers (number u8; base, prior, cost, threshold of the advice),
    /// what is familiar, and 1 with a verifier or 0.
    ///
    /// # Errors
    /// [`Damage`], where the file is broken, was made for other inputs, or lacks the pool.
    pub fn read(file: &'a [u8], pool: &str) -> Result<Self, Damage> {
        let mut from = Reader::open(file)?;
        if usize::from(from.u16()?) != WIDTH {
            return Err(Damage::Inputs);
        }
        let pools = from.u16()?;
        if pools > MOST_POOLS {
            return Err(Damage::Range("pools"));
        }
        let mut found = None;
        for _ in 0..pools {
            let name = from.text()?;
            let policy = Self::of_pool(&mut from)?;
            if name == pool {
                found = Some(policy);
            }
        }
        if from.is_empty() {
            found.ok_or(Damage::Pool)
        } else {
            Err(Damage::Shape)
        }
    }

    fn of_pool(from: &mut Reader<'a>) -> Result<Self, Damage> {
        let (lambda, trial) = (f64::from(from.f32()?), f64::from(from.f32()?));
        if lambda < 0.0 || !(0.0..=1.0).contains(&trial) {
            return Err(Damage::Range("lambda or trial"));
        }
        let tiers = from.u8()?;
        Ok(Self {
            lambda,
            trial,
            standings: (0..tiers)
                .map(|_| Standing::read(from))
                .collect::<Result<_, _>>()?,
            familiar: Familiar::read(from)?,
            verifier: match from.u8()? {
                0 => None,
                1 => Some(Verifier::read(from)?),
                _ => return Err(Damage::Range("verifier")),
            },
        })
    }
}

impl PoolPolicy<'static> {
    /// The policy that comes with the engine, of the general pool. The first call reads it.
    pub fn shipped() -> &'static Self {
        static SHIPPED: LazyLock<PoolPolicy<'static>> = LazyLock::new(|| {
            // A test reads the file. Were it broken all the same, everything would be foreign.
            PoolPolicy::read(GENERAL_FILE, GENERAL).unwrap_or_else(|_| PoolPolicy {
                lambda: 0.0,
                trial: 0.0,
                standings: Vec::new(),
                familiar: Familiar::nothing(),
                verifier: None,
            })
        });
        &SHIPPED
    }
}

impl Standing {
    fn read(from: &mut Reader<'_>) -> Result<Self, Damage> {
        let tier = Tier::from_index(from.u8()?).ok_or(Damage::Range("tier"))?;
        let [base, prior, cost_usd] = [from.f32()?, from.f32()?, from.f32()?].map(f64::from);
        let advice = Conformal::new(from.f32()?.into());
        let advice = advice.map_err(|_| Damage::Range("advice"))?;
        let share = 0.0..=1.0;
        if share.contains(&base) && share.contains(&prior) && cost_usd > 0.0 {
            Ok(Self {
                tier,
                base,
                prior,
                cost_usd,
                advice,
            })
        } else {
            Err(Damage::Range("standing of a tier"))
        }
    }
}

#[cfg(test)]
mod tests;
