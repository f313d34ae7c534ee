//! What the shipped models say of a prompt, before anything that its tenant has taught.

use super::belief::{Beliefs, CLASSES};
use super::prior::Prior;
use crate::embedding::Table;
use crate::features::{Features, Prompt};
use crate::predict::{Outlook, Policy, Predictor, Tier, Traffic};

/// How likely each class is to answer well, and how much of that is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Assessment {
    /// How much the prompt asks for by the seed formula: -0.3 the least, 0.8 the most.
    pub difficulty: f64,
    /// How likely it is that the prompt is of no kind that was learned from, 0 to 1.
    pub foreign: f64,
    /// The probability of a good answer by class: what was learned of prompts like it, drawn to what is
    /// assumed of any as far as it is foreign.
    pub p: Beliefs,
    /// How far the models that were learned differ about each class, bits of mutual information: doubt
    /// about the model, and not about the answer.
    pub doubt: Beliefs,
}

impl Assessment {
    /// Of a prompt and its features.
    pub fn of(prompt: &Prompt, features: &Features) -> Self {
        let embedding = Table::shipped().embed(prompt.question());
        let predictor = Predictor::shipped();
        let inputs = predictor.inputs(features, embedding.as_ref());
        let foreignness = Policy::shipped().familiar.foreignness(&inputs);
        let foreign = Traffic::default().foreign(foreignness);
        Self::between(
            Prior::of(features),
            &predictor.outlooks(&inputs),
            if foreign.is_finite() { foreign } else { 1.0 },
        )
    }

    /// Of features alone, as if the prompt were like none that was learned from.
    pub fn assumed(features: &Features) -> Self {
        Self::between(Prior::of(features), &[], 1.0)
    }

    fn between(prior: Prior, outlooks: &[Outlook], foreign: f64) -> Self {
        // A prompt that is rather foreign than not is left to the prior: what was learned says nothing of it.
        let weight = (2.0 * foreign).min(1.0);
        let of = |tier| outlooks.iter().find(|outlook| outlook.tier == tier);
        let p = |tier: Tier| {
            let assumed = prior.p(tier);
            let learned = of(tier).map_or(assumed, |outlook| outlook.p);
            learned + weight * (assumed - learned)
        };
        let doubt = |tier| {
            let belief = of(tier).and_then(|outlook| outlook.belief);
            belief.map_or(0.0, |belief| belief.mutual_information)
        };
        Self {
            difficulty: prior.difficulty,
            foreign,
            p: Beliefs::by(p),
            doubt: Beliefs::by(doubt),
        }
    }
}

impl Beliefs {
    /// One figure for each tier, which is a class.
    fn by(figure: impl Fn(Tier) -> f64) -> Self {
        Self {
            haiku: figure(Tier::Cheap),
            sonnet: figure(Tier::Mid),
            opus: figure(Tier::Expensive),
        }
    }
}

/// What a call of each class usually costs beside the others, dollars: for where no model of it is at
/// hand whose price could be asked.
pub(super) fn usual_costs() -> [Option<f64>; CLASSES.len()] {
    let standings = &Policy::shipped().standings;
    Tier::ALL.map(|tier| {
        let standing = standings.iter().find(|standing| standing.tier == tier);
        standing.map(|standing| standing.cost_usd)
    })
}

/// What the price of the dearest class is worth, in good answers: set on prompts that nothing was
/// trained on, so that nearly all of the best class's quality is kept.
pub(super) fn usual_lambda() -> f64 {
    let dearest = usual_costs().into_iter().flatten().fold(0.0, f64::max);
    Policy::shipped().lambda * dearest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::{Role, Turn};

    fn assess(text: &str) -> Assessment {
        let messages = [Turn {
            role: Role::User,
            text,
        }];
        let prompt = Prompt {
            messages: &messages,
            ..Prompt::default()
        };
        Assessment::of(&prompt, &Features::of(&prompt))
    }

    #[test]
    fn an_exam_s_question_is_known_and_an_invoice_is_foreign() {
        let exam = assess(
            "A train travels 120 miles in 3 hours and then 80 miles in 2 hours. What is its average \
             speed for the whole trip, in miles per hour?",
        );
        let invoice =
            assess("Gutschrift Nr. 4711 vom 3. Mai: bitte umgehend an Frau Özdemir weiterleiten!");
        assert!(exam.foreign < 0.5, "{exam:?}");
        assert!(invoice.foreign > exam.foreign, "{invoice:?}");
    }

    #[test]
    fn as_far_as_a_prompt_is_foreign_the_prior_speaks() {
        let features = Features::default();
        let prior = Prior::of(&features);
        let assumed = Assessment::assumed(&features);
        assert_eq!(assumed.p.haiku, prior.p(Tier::Cheap));
        let outlook = Outlook {
            tier: Tier::Cheap,
            p: 0.2,
            belief: None,
            tokens_out: None,
            cost_usd: None,
        };
        let known = Assessment::between(prior, std::slice::from_ref(&outlook), 0.0);
        assert_eq!(known.p.haiku, 0.2);
        let half = Assessment::between(prior, &[outlook], 0.25);
        assert!((half.p.haiku - (0.2 + prior.p(Tier::Cheap)) / 2.0).abs() < 1e-12);
    }

    #[test]
    fn the_shipped_models_can_be_read() {
        assert!(usual_lambda() > 0.0);
        assert!(usual_costs().iter().all(Option::is_some));
        assert_eq!(
            Predictor::shipped()
                .predict(&Features::default(), None)
                .len(),
            3
        );
    }
}
