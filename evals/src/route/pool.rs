//! A pool of models with all that was learned about it.

use std::path::Path;

use anyhow::Result;
use moecraft_engine::embedding::Table;
use moecraft_engine::features::{Features, Prompt, Role, Turn};
use moecraft_engine::predict::{Damage, GENERAL, Policy, Predictor, Row, Standing, Tier, Traffic};
use moecraft_engine::random::Generator;
use moecraft_engine::router::{Care, Choice, Figures, Prior, Worth, choose};

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
    pub(super) policy: Policy<'a>,
    general: bool,
}

/// What is thought of a prompt.
pub(super) struct View {
    /// Its features as models read them.
    pub(super) inputs: Row,
    /// For each tier: probability of a good answer as predicted, whatever the prompt is.
    pub(super) p: Vec<f64>,
    /// Expected cost, dollars.
    pub(super) costs: Vec<f64>,
    /// The probability by the prior, by which foreign prompts are decided.
    prior: Vec<f64>,
    /// What is shown as the probability of a prompt that is foreign.
    base: Vec<f64>,
    /// Log-odds of being foreign.
    pub(super) foreignness: f32,
    draw: f64,
}

impl<'a> Pool<'a> {
    /// The pool of this name, else the general one.
    pub(super) fn find(files: &'a Files, name: &str) -> Result<Self> {
        let [pools, general] = &files.pools;
        let open = |(predictor, policy): &'a (Vec<u8>, Vec<u8>), name| -> Result<Self, Damage> {
            Ok(Self {
                predictor: Predictor::read(predictor, name)?,
                policy: Policy::read(policy, name)?,
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
        let (prior, base): (Vec<f64>, Vec<f64>) = if self.general {
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
            prior,
            base,
            foreignness: self.policy.familiar.foreignness(&inputs),
            draw: Generator::new(hash(prompt)).unit(),
            inputs,
        }
    }

    /// The tier's place, given what is held of each tier's answer.
    pub(super) fn choose(&self, view: &View, p: &[f64], foreign: f64) -> Option<Choice> {
        let standings = self.policy.standings.iter();
        let figures: Vec<Figures> = (p.iter().zip(&view.prior).zip(&view.costs).zip(standings))
            .map(|(((p, prior), cost_usd), standing)| Figures {
                p: *p,
                prior: *prior,
                // Of what is foreign the cost is foretold no better than the quality.
                cost_usd: if foreign > 0.5 {
                    standing.cost_usd
                } else {
                    *cost_usd
                },
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
        choose(&figures, &worth, &care)
    }

    /// How likely the prompt is foreign.
    pub(super) fn foreign(&self, view: &View, traffic: &Traffic) -> f64 {
        traffic.foreign(view.foreignness)
    }
}

impl View {
    /// The probabilities, drawn toward what is known of all kinds as far as the prompt is foreign.
    pub(super) fn shrunk(&self, foreign: f64) -> Vec<f64> {
        let pairs = self.p.iter().zip(&self.base);
        pairs.map(|(p, base)| p + foreign * (base - p)).collect()
    }
}

/// A seed of the prompt's own, so that it always draws the same (FNV-1a).
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
