//! A pool of models with all that was learned about it.

use std::path::Path;

use anyhow::Result;
use moecraft_engine::embedding::Table;
use moecraft_engine::features::{Features, Prompt, Role, Turn};
use moecraft_engine::predict::{
    Damage, GENERAL, PoolPolicy, Predictor, Row, Standing, Tier, drawn,
};
use moecraft_engine::random::Generator;
use moecraft_engine::router::{Care, FEATURES, Figures, Prior, Worth, choose, inputs as inputs_of};

use super::file;

/// The models' files.
pub(super) struct Files {
    /// Of the data's pools, then the general one; of each the predictor and the policy.
    pools: [(Vec<u8>, Vec<u8>); 2],
}

impl Files {
    /// Reads them.
    pub(super) fn load(folder: &Path) -> Result<Self> {
        Ok(Self {
            pools: [
                (
                    file(folder, "pools.bin")?,
                    file(folder, "pools-policy.bin")?,
                ),
                (
                    file(folder, "general.bin")?,
                    file(folder, "general-policy.bin")?,
                ),
            ],
        })
    }
}

/// A pool.
pub(super) struct Pool<'a> {
    pub(super) predictor: Predictor<'a>,
    pub(super) policy: PoolPolicy<'a>,
    general: bool,
}

/// A prompt as a pool's models and policy read it, whatever comes before and after it.
pub(super) struct View {
    /// Its features as models read them.
    pub(super) inputs: Row,
    /// What a learner is told of it.
    pub(super) told: [f32; FEATURES],
    /// Log-odds of being foreign.
    pub(super) foreignness: f32,
    /// For each tier: the probability of a good answer as it was learned.
    p: Vec<f64>,
    /// What is assumed of any prompt, on the whole, and with care.
    base: Vec<f64>,
    assumed: Vec<f64>,
    /// Expected cost as it was learned, dollars.
    costs: Vec<f64>,
    draw: f64,
}

/// What is expected of each tier.
pub(super) struct Expected {
    pub(super) p: Vec<f64>,
    /// Dollars.
    pub(super) costs: Vec<f64>,
}

impl<'a> Pool<'a> {
    /// The pool of this name, else the general one.
    pub(super) fn find(files: &'a Files, name: &str) -> Result<Self> {
        let [pools, general] = &files.pools;
        let open = |(predictor, policy): &'a (Vec<u8>, Vec<u8>), name| -> Result<Self, Damage> {
            Ok(Self {
                predictor: Predictor::read(predictor, name)?,
                policy: PoolPolicy::read(policy, name)?,
                general: name == GENERAL,
            })
        };
        match open(pools, name) {
            Err(Damage::Pool) => Ok(open(general, GENERAL)?),
            found => Ok(found?),
        }
    }

    /// The tiers, the cheapest first.
    pub(super) fn tiers(&self) -> impl Iterator<Item = Tier> {
        self.policy.standings.iter().map(|standing| standing.tier)
    }

    /// Reads a prompt.
    pub(super) fn view(&self, prompt: &str) -> View {
        let features = Features::of(&Prompt {
            messages: &[Turn {
                role: Role::User,
                text: prompt,
            }],
            ..Prompt::default()
        });
        let embedding = Table::shipped().embed(prompt);
        let inputs = self.predictor.inputs(&features, embedding.as_ref());
        let outlooks = self.predictor.outlooks(&inputs);
        let standings = || self.policy.standings.iter();
        let costs = outlooks.iter().zip(standings());
        let (assumed, base): (Vec<f64>, Vec<f64>) = if self.general {
            let prior = Prior::of(&features);
            let p = |standing: &Standing| prior.p(standing.tier);
            (standings().map(p).collect(), standings().map(p).collect())
        } else {
            standings()
                .map(|standing| (standing.prior, standing.base))
                .unzip()
        };
        View {
            costs: costs
                .map(|(o, standing)| o.cost_usd.unwrap_or(standing.cost_usd))
                .collect(),
            p: outlooks.iter().map(|outlook| outlook.p).collect(),
            assumed,
            base,
            foreignness: self.policy.familiar.foreignness(&inputs),
            draw: Generator::new(hash(prompt)).unit(),
            told: inputs_of(&features),
            inputs,
        }
    }

    /// What is expected of a prompt that is so likely to be foreign.
    pub(super) fn expected(&self, view: &View, foreign: f64) -> Expected {
        self.drawn(view, &view.base, foreign)
    }

    /// The same with care: by this it is decided.
    pub(super) fn careful(&self, view: &View, foreign: f64) -> Expected {
        self.drawn(view, &view.assumed, foreign)
    }

    fn drawn(&self, view: &View, assumed: &[f64], foreign: f64) -> Expected {
        let means = self
            .policy
            .standings
            .iter()
            .map(|standing| standing.cost_usd);
        Expected {
            p: (view.p.iter().zip(assumed))
                .map(|(p, assumed)| drawn(*p, *assumed, foreign))
                .collect(),
            costs: (view.costs.iter().zip(means))
                .map(|(cost, mean)| drawn(*cost, mean, foreign))
                .collect(),
        }
    }

    /// The tier's place.
    pub(super) fn choose(&self, view: &View, expected: &Expected, foreign: f64) -> Option<usize> {
        let tiers = expected.p.iter().zip(&expected.costs);
        let figures: Vec<Figures> = tiers
            .map(|(p, cost_usd)| Figures {
                p: *p,
                prior: *p,
                cost_usd: *cost_usd,
                latency_ms: 0.0,
            })
            .collect();
        let worth = Worth {
            value: 1.0,
            lambda: self.policy.lambda,
            second: 0.0,
            floor: 0.0,
        };
        let care = Care {
            foreign,
            trial: self.policy.trial,
            draw: view.draw,
        };
        choose(&figures, &worth, &care).map(|choice| choice.index)
    }
}

/// A seed of the prompt's own, so that it always draws the same (FNV-1a).
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
