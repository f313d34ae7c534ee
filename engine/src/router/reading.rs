//! What the shipped models say of a prompt by itself, whatever comes before and after it.

use super::assessment::Assessment;
use super::belief::Beliefs;
use super::outlay::Lengths;
use super::prior::Prior;
use crate::embedding::Table;
use crate::features::{Features, Prompt};
use crate::predict::{Outlook, PoolPolicy, Predictor, Tier, Traffic, drawn};

/// A prompt as the shipped models read it.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Log-odds that the prompt is of no kind that was learned from, were both equally common; infinite
    /// where nothing was to be measured.
    pub foreignness: f32,
    prior: Prior,
    /// What was learned of prompts like it, by class; nothing where nothing was.
    outlooks: Vec<Outlook>,
}

impl Reading {
    /// Of a prompt and its features.
    pub fn of(prompt: &Prompt, features: &Features) -> Self {
        let embedding = Table::shipped().embed(prompt.question());
        let predictor = Predictor::shipped();
        let inputs = predictor.inputs(features, embedding.as_ref());
        let foreignness = PoolPolicy::shipped().familiar.foreignness(&inputs);
        Self {
            foreignness,
            prior: Prior::of(features),
            outlooks: predictor.outlooks(&inputs),
        }
    }

    /// Of features alone, as if the prompt were like none that was learned from.
    pub fn assumed(features: &Features) -> Self {
        Self {
            foreignness: f32::INFINITY,
            prior: Prior::of(features),
            outlooks: Vec::new(),
        }
    }

    /// What to think of the prompt among such traffic.
    pub fn among(&self, traffic: &Traffic) -> Assessment {
        let foreign = match traffic.foreign(self.foreignness) {
            foreign if foreign.is_finite() => foreign,
            _ => 1.0,
        };
        let of = |tier| self.outlooks.iter().find(|outlook| outlook.tier == tier);
        let p = |tier| {
            let assumed = self.prior.p(tier);
            of(tier).map_or(assumed, |outlook| drawn(outlook.p, assumed, foreign))
        };
        let doubt = |tier| of(tier).and_then(|outlook| outlook.belief);
        Assessment {
            difficulty: self.prior.difficulty,
            foreign,
            p: Beliefs::by(p),
            doubt: Beliefs::by(|tier| doubt(tier).map_or(0.0, |belief| belief.mutual_information)),
        }
    }

    /// How long answers are expected to be, were the prompt the first of its traffic.
    pub fn lengths(&self) -> Lengths {
        let Assessment { foreign, .. } = self.among(&Traffic::default());
        Lengths::foretold(&self.outlooks, foreign)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::{Role, Turn};

    fn read(text: &str) -> Reading {
        let messages = [Turn {
            role: Role::User,
            text,
        }];
        let prompt = Prompt {
            messages: &messages,
            ..Prompt::default()
        };
        Reading::of(&prompt, &Features::of(&prompt))
    }

    const SUM: &str = "A train travels 120 miles in 3 hours and then 80 miles in 2 hours. What is its \
                       average speed for the whole trip, in miles per hour?";

    #[test]
    fn an_exam_s_question_is_known_and_an_invoice_is_foreign() {
        let first = |text| read(text).among(&Traffic::default()).foreign;
        let exam = first(SUM);
        let invoice =
            first("Gutschrift Nr. 4711 vom 3. Mai: bitte umgehend an Frau Özdemir weiterleiten!");
        assert!(exam < 0.5, "{exam:?}");
        assert!(invoice > exam, "{invoice:?}");
    }

    #[test]
    fn the_same_prompt_is_more_foreign_among_foreign_ones() {
        let reading = read(SUM);
        let among = |foreignness: f32| reading.among(&Traffic::of(&[foreignness; 50])).foreign;
        assert!(among(0.0) > among(-0.5) && among(-0.5) > among(-1.0));
    }

    #[test]
    fn as_far_as_a_prompt_is_foreign_the_prior_speaks() {
        let features = Features::default();
        let prior = Prior::of(&features);
        let assumed = Reading::assumed(&features).among(&Traffic::default());
        assert!(assumed.foreign > 0.999);
        assert_eq!(assumed.p.haiku, prior.p(Tier::Cheap));
        let outlook = Outlook {
            tier: Tier::Cheap,
            p: 0.2,
            belief: None,
            tokens_out: None,
            cost_usd: None,
        };
        let haiku = |foreignness| {
            let reading = Reading {
                foreignness,
                prior,
                outlooks: vec![outlook],
            };
            let assessment = reading.among(&Traffic::default());
            (assessment.p.haiku, assessment.foreign)
        };
        assert!((haiku(-30.0).0 - 0.2).abs() < 1e-3);
        let (p, foreign) = haiku(-1.2);
        assert_eq!(p, drawn(0.2, prior.p(Tier::Cheap), foreign));
    }
}
