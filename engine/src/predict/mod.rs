//! The probability that a tier of models answers a prompt well, known before any model is called.
//!
//! A network that has seen the outcomes of all models and boosted trees for each tier give a score
//! each; their weighted mean is calibrated on rows that they were not trained on. Beside it stands
//! a readable model of a few terms, whose ensemble supplies the spread. The training is in
//! `evals`, the measured figures in `models/MODEL_CARD.md`.

mod artifact;
mod equation;
mod familiar;
mod forest;
mod head;
mod inputs;
mod network;
mod policy;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use serde::Serialize;

use crate::embedding::Embedding;
use crate::features::Features;
use crate::uncertainty::EnsembleBelief;
use head::Head;
use network::Network;

pub(crate) use artifact::Reader;
pub use artifact::{Damage, MAGIC, VERSION, sealed};
pub use equation::{Equation, MOST_TERMS, NONE, Term};
pub use familiar::{Curve, Distance, Familiar, MEASURES, Traffic, Usual, assumed, drawn};
pub(crate) use forest::Forest;
pub use forest::MOST_SPLITS;
pub(crate) use head::logistic;
pub(crate) use inputs::fixed;
pub use inputs::{EMBEDDING_RATE, MOST, Row, Scaling, UNIT, WIDTH};
pub use policy::{PoolPolicy, Standing};

/// The pool that stands for any other: tiers by class of model.
pub const GENERAL: &str = "general";

/// The most networks of a file, pools of a file, and tiers of a pool.
const MOST_NETWORKS: u16 = 16;
const MOST_POOLS: u16 = 64;

/// The file of the general model.
static GENERAL_FILE: &[u8] = include_bytes!("../../models/general.bin");

/// What tells the shipped models from those of any other training: the checksums of their files.
/// What was learned on top of others does not fit these.
pub fn edition() -> String {
    let files = [GENERAL_FILE, policy::GENERAL_FILE];
    let sum = |file| artifact::stated_checksum(file).unwrap_or_default();
    let [model, policy] = files.map(sum);
    format!("{GENERAL} {model:08x} {policy:08x}")
}

/// A class of models by price. In the catalogue: haiku, sonnet, opus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// The cheapest.
    Cheap,
    /// In between.
    Mid,
    /// The dearest.
    Expensive,
}

impl Tier {
    /// All tiers, the cheapest first.
    pub const ALL: [Self; 3] = [Self::Cheap, Self::Mid, Self::Expensive];

    fn from_index(index: u8) -> Option<Self> {
        Self::ALL.get(usize::from(index)).copied()
    }

    /// Its name, as in files and interfaces.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cheap => "cheap",
            Self::Mid => "mid",
            Self::Expensive => "expensive",
        }
    }
}

/// What is expected of one tier.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Outlook {
    /// The tier.
    pub tier: Tier,
    /// The calibrated probability of a good answer, within 0..1.
    pub p: f64,
    /// What the readable ensemble believes. Its mean is not `p`; its spread is doubt about the
    /// model.
    pub belief: Option<EnsembleBelief>,
    /// Expected tokens of the answer, where it was learned.
    pub tokens_out: Option<f64>,
    /// Expected cost of the call in dollars, where the pool has prices of its own.
    pub cost_usd: Option<f64>,
}

/// Predicts for the tiers of one pool of models.
#[derive(Debug, Clone)]
pub struct Predictor<'a> {
    scaling: Scaling,
    networks: Vec<Network<'a>>,
    heads: Vec<Head<'a>>,
}

impl Predictor<'static> {
    /// The model that comes with the engine: [`GENERAL`]. The first call reads it.
    pub fn shipped() -> &'static Self {
        static SHIPPED: LazyLock<Predictor<'static>> = LazyLock::new(|| {
            // A test reads the file. Were it broken all the same, there would be no tier to
            // predict for, and the default policy takes over.
            Predictor::read(GENERAL_FILE, GENERAL).unwrap_or_else(|_| Predictor {
                scaling: Scaling::default(),
                networks: Vec::new(),
                heads: Vec::new(),
            })
        });
        &SHIPPED
    }
}

impl<'a> Predictor<'a> {
    /// The model of a pool out of a file. Weights stay where they are; only small parts are copied.
    ///
    /// # Errors
    /// [`Damage`], where the file is broken, was trained on other inputs, or lacks the pool.
    pub fn read(file: &'a [u8], pool: &str) -> Result<Self, Damage> {
        let mut from = Reader::open(file)?;
        let scaling = Scaling::read(&mut from)?;
        let count = from.u16()?;
        if !(1..=MOST_NETWORKS).contains(&count) {
            return Err(Damage::Range("networks"));
        }
        let networks: Vec<Network> = (0..count)
            .map(|_| Network::read(&mut from))
            .collect::<Result<_, _>>()?;
        let outputs = networks
            .iter()
            .map(Network::outputs)
            .min()
            .unwrap_or_default();
        let count = from.u16()?;
        if count > MOST_POOLS {
            return Err(Damage::Range("pools"));
        }
        let mut found = None;
        for _ in 0..count {
            let name = from.text()?;
            let tiers = from.u8()?;
            let heads: Vec<Head> = (0..tiers)
                .map(|_| Head::read(&mut from))
                .collect::<Result<_, _>>()?;
            if heads.iter().any(|head| head.output >= outputs) || !ascending(&heads) {
                return Err(Damage::Range("tiers of a pool"));
            }
            if name == pool {
                found = Some(heads);
            }
        }
        if !from.is_empty() {
            return Err(Damage::Shape);
        }
        let heads = found.ok_or(Damage::Pool)?;
        Ok(Self {
            scaling,
            networks,
            heads,
        })
    }

    /// A prompt as all that was learned reads it.
    pub fn inputs(&self, features: &Features, embedding: Option<&Embedding>) -> Row {
        self.scaling.row(features, embedding)
    }

    /// What is expected of each tier of the pool, the cheapest first.
    pub fn predict(&self, features: &Features, embedding: Option<&Embedding>) -> Vec<Outlook> {
        self.outlooks(&self.inputs(features, embedding))
    }

    /// The same of a prompt that has been read.
    pub fn outlooks(&self, inputs: &Row) -> Vec<Outlook> {
        let hidden: Vec<_> = self
            .networks
            .iter()
            .map(|network| network.hidden(inputs))
            .collect();
        let outlook = |head: &Head<'_>| {
            let scores = self.networks.iter().zip(&hidden);
            let sum: f32 = scores
                .map(|(network, hidden)| network.output(head.output, hidden))
                .sum();
            Outlook {
                tier: head.tier,
                p: head.probability(sum / self.networks.len().max(1) as f32, inputs),
                belief: EnsembleBelief::of(&head.members(inputs)),
                tokens_out: head.tokens_out.as_ref().map(|amount| amount.of(inputs)),
                cost_usd: head.cost_usd.as_ref().map(|amount| amount.of(inputs)),
            }
        };
        self.heads.iter().map(outlook).collect()
    }

    /// The probability of a good answer of each tier, as the readable model alone has it.
    pub fn readable(&self, features: &Features) -> Vec<f64> {
        let inputs = self.scaling.row(features, None);
        self.heads
            .iter()
            .map(|head| logistic(head.equation.score(&inputs)))
            .collect()
    }

    /// The readable model: an equation for each tier, in log-odds of standardised features.
    pub fn equations(&self) -> impl Iterator<Item = (Tier, &Equation)> {
        self.heads.iter().map(|head| (head.tier, &head.equation))
    }
}

/// Each tier at most once, the cheapest first.
fn ascending(heads: &[Head<'_>]) -> bool {
    heads.is_sorted_by(|a, b| a.tier < b.tier)
}
