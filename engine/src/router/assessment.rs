//! What is thought of a prompt among its traffic, before anything that its tenant has taught.

use moecraft_catalog::Class;

use super::belief::{Beliefs, CLASSES};
use super::reading::Reading;
use crate::features::{Features, Prompt};
use crate::predict::{PoolPolicy, Tier, Traffic};
use crate::uncertainty::Advice;

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
    /// Of a prompt and its features, as the first of its traffic.
    pub fn of(prompt: &Prompt, features: &Features) -> Self {
        Reading::of(prompt, features).among(&Traffic::default())
    }

    /// Of features alone, as if the prompt were like none that was learned from.
    pub fn assumed(features: &Features) -> Self {
        Reading::assumed(features).among(&Traffic::default())
    }
}

/// What to do with the answer of a class that is good with this probability, to a prompt that is so
/// likely to be foreign.
pub fn advice(class: Class, p: f64, foreign: f64) -> Advice {
    let place = CLASSES.iter().position(|of| *of == class);
    let tier = place.and_then(|place| Tier::ALL.get(place));
    let mut standings = PoolPolicy::shipped().standings.iter();
    let standing = standings.find(|standing| Some(&standing.tier) == tier);
    match standing {
        Some(standing) if foreign <= 0.5 => standing.advice.advice(p),
        _ => Advice::DontKnow,
    }
}

/// What a call of each class usually costs beside the others, dollars: for where no model of it is at
/// hand whose price could be asked.
pub(super) fn usual_costs() -> [Option<f64>; CLASSES.len()] {
    let standings = &PoolPolicy::shipped().standings;
    Tier::ALL.map(|tier| {
        let standing = standings.iter().find(|standing| standing.tier == tier);
        standing.map(|standing| standing.cost_usd)
    })
}

/// What the price of the dearest class is worth, in good answers: set on prompts that nothing was
/// trained on, so that nearly all of the best class's quality is kept.
pub(super) fn usual_lambda() -> f64 {
    let dearest = usual_costs().into_iter().flatten().fold(0.0, f64::max);
    PoolPolicy::shipped().lambda * dearest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predict::Predictor;

    #[test]
    fn what_is_foreign_or_of_no_class_is_not_known() {
        assert_eq!(advice(Class::Opus, 0.99, 0.0), Advice::Alone);
        assert_eq!(advice(Class::Opus, 0.99, 0.9), Advice::DontKnow);
        assert_eq!(advice(Class::Opus, 0.01, 0.0), Advice::DontKnow);
        assert_eq!(advice(Class::Local, 0.99, 0.0), Advice::DontKnow);
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
