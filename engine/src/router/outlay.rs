//! What a call would take, tokens, money and time, and what of it the client allows.

use moecraft_catalog::Class;
use serde::Serialize;

use super::belief::CLASSES;
use super::candidate::Filter;
use crate::health::Paces;
use crate::predict::{Outlook, Tier, assumed};
use crate::tariff::{Tariff, USUAL_ANSWER, expecting};

/// How long an answer is expected to be, tokens, by class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Lengths {
    /// Of the haiku class.
    pub haiku: u32,
    /// Of the sonnet class.
    pub sonnet: u32,
    /// Of the opus class.
    pub opus: u32,
}

/// Of a prompt that nothing is known of.
impl Default for Lengths {
    fn default() -> Self {
        Self {
            haiku: USUAL_ANSWER,
            sonnet: USUAL_ANSWER,
            opus: USUAL_ANSWER,
        }
    }
}

impl Lengths {
    /// As the shipped models foretell them for a prompt that is so likely to be foreign: as far as it is, and
    /// where nothing is foretold, they are taken to be usual.
    pub fn foretold(outlooks: &[Outlook], foreign: f64) -> Self {
        let share = assumed(foreign);
        let of = |tier| {
            let outlook = outlooks.iter().find(|outlook| outlook.tier == tier);
            let told = outlook.and_then(|outlook| outlook.tokens_out);
            let told = told.filter(|told| told.is_finite() && *told >= 1.0);
            let usual = f64::from(USUAL_ANSWER);
            // Lengths differ by factors: the mean is that of their logarithms.
            let between = |told: f64| told.powf(1.0 - share) * usual.powf(share);
            told.map_or(USUAL_ANSWER, |told| between(told).round() as u32)
        };
        Self {
            haiku: of(Tier::Cheap),
            sonnet: of(Tier::Mid),
            opus: of(Tier::Expensive),
        }
    }

    /// Of a class; of a local model as of the class between the others.
    pub const fn of(&self, class: Class) -> u32 {
        match class {
            Class::Haiku => self.haiku,
            Class::Opus => self.opus,
            Class::Sonnet | Class::Local | Class::Surrogate => self.sonnet,
        }
    }

    /// No longer than the client takes.
    #[must_use]
    pub fn within(self, most: Option<u32>) -> Self {
        let most = most.unwrap_or(u32::MAX);
        Self {
            haiku: self.haiku.min(most),
            sonnet: self.sonnet.min(most),
            opus: self.opus.min(most),
        }
    }
}

/// What the client allows a call to take. What is not set is not bounded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bounds {
    /// The most it may be expected to cost, nano-dollars.
    pub cost_nanos: Option<u64>,
    /// The longest the model's answers may have taken of late, ms.
    pub latency_ms: Option<u32>,
}

/// What the calls that one request may lead to would take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outlay<'a> {
    /// Tokens of the prompt.
    pub prompt_tokens: u32,
    /// Tokens of the answer, within the client's bound.
    pub lengths: Lengths,
    /// How long the models' answers have taken of late.
    pub paces: &'a Paces,
    /// What of it the client allows.
    pub bounds: Bounds,
    /// When the request came, Unix ms: prices depend on it.
    pub at_ms: u64,
}

impl Outlay<'_> {
    /// What a call of this model is expected to cost, nano-dollars.
    pub fn cost(&self, model: &str, class: Class) -> u64 {
        let usage = expecting(self.prompt_tokens, self.lengths.of(class));
        Tariff::of(model, class, self.at_ms).cost(&usage)
    }

    /// How long an answer of this model takes, ms, where that is known.
    pub fn latency(&self, model: &str) -> Option<u32> {
        self.paces.get(model).copied()
    }

    /// Which of the client's bounds a call of this model would break.
    pub fn breaks(&self, model: &str, class: Class) -> Option<Filter> {
        let Bounds {
            cost_nanos,
            latency_ms,
        } = self.bounds;
        let slow = || self.latency(model).zip(latency_ms);
        if cost_nanos.is_some_and(|most| self.cost(model, class) > most) {
            Some(Filter::Cost)
        } else if slow().is_some_and(|(usual, most)| usual > most) {
            Some(Filter::Latency)
        } else {
            None
        }
    }

    /// How long an answer takes of a model of which that is not known, by class, ms: as long as that
    /// of the others of its class, or of all.
    pub fn usual<'m>(&self, models: impl Iterator<Item = (&'m str, Class)>) -> Usual {
        let known: Vec<(Class, f64)> = models
            .filter_map(|(model, class)| Some((class, self.latency(model)?.into())))
            .collect();
        let mean = |of: &dyn Fn(Class) -> bool| {
            let times = known.iter().filter(|(class, _)| of(*class));
            let (count, sum) = times.fold((0.0, 0.0), |(n, sum), (_, ms)| (n + 1.0, sum + ms));
            (count > 0.0).then(|| sum / count)
        };
        let all = mean(&|_| true);
        Usual {
            classes: CLASSES.map(|class| mean(&|of| of == class).or(all)),
            all,
        }
    }
}

/// How long answers take where nothing is known of the model itself, ms.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Usual {
    classes: [Option<f64>; CLASSES.len()],
    all: Option<f64>,
}

impl Usual {
    /// How long an answer of this model would take, ms; none where nothing is known of any model.
    pub fn latency(&self, outlay: &Outlay<'_>, model: &str, class: Class) -> Option<f64> {
        let own = outlay.latency(model).map(f64::from);
        own.or_else(|| self.of(class))
    }

    /// Of a class; none where nothing is known of any model.
    fn of(&self, class: Class) -> Option<f64> {
        let place = CLASSES.iter().position(|known| *known == class);
        match place {
            Some(place) => self.classes.get(place).copied().flatten(),
            None => self.all,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outlay(paces: &Paces, bounds: Bounds) -> Outlay<'_> {
        Outlay {
            prompt_tokens: 1_000,
            lengths: Lengths::default(),
            paces,
            bounds,
            at_ms: 1_795_305_600_000,
        }
    }

    #[test]
    fn a_client_s_bound_is_on_what_is_expected() {
        let model = "openai/gpt-4o-mini";
        let paces = Paces::from([(model.to_owned(), 900)]);
        let cost = outlay(&paces, Bounds::default()).cost(model, Class::Haiku);
        let breaks = |cost_nanos, latency_ms, model| {
            let bounds = Bounds {
                cost_nanos,
                latency_ms,
            };
            outlay(&paces, bounds).breaks(model, Class::Haiku)
        };
        assert_eq!(breaks(Some(cost), Some(900), model), None);
        assert_eq!(breaks(Some(cost - 1), None, model), Some(Filter::Cost));
        assert_eq!(breaks(None, Some(899), model), Some(Filter::Latency));
        // Of whom nothing is known it cannot be said that it is slow.
        assert_eq!(breaks(None, Some(0), "openai/gpt-4o"), None);
        assert_eq!(breaks(None, None, model), None);
    }

    #[test]
    fn a_longer_answer_costs_more_and_none_is_longer_than_the_client_takes() {
        let paces = Paces::new();
        let of = |lengths| Outlay {
            lengths,
            ..outlay(&paces, Bounds::default())
        };
        let long = Lengths {
            haiku: 4_000,
            ..Lengths::default()
        };
        let cost = |outlay: Outlay<'_>| outlay.cost("openai/gpt-4o-mini", Class::Haiku);
        assert!(cost(of(long)) > cost(of(Lengths::default())));
        assert_eq!(
            cost(of(long.within(Some(400)))),
            cost(of(Lengths::default()))
        );
        assert_eq!(long.within(Some(0)).of(Class::Haiku), 0);
    }

    #[test]
    fn a_length_is_foretold_for_what_is_known_and_usual_for_what_is_foreign() {
        let outlook = |tier, tokens_out| Outlook {
            tier,
            p: 0.5,
            belief: None,
            tokens_out,
            cost_usd: None,
        };
        let outlooks = [
            outlook(Tier::Cheap, Some(100.0)),
            outlook(Tier::Mid, None),
            outlook(Tier::Expensive, Some(f64::NAN)),
        ];
        let known = Lengths::foretold(&outlooks, 0.0);
        assert_eq!((known.haiku, known.sonnet, known.opus), (100, 400, 400));
        assert_eq!(Lengths::foretold(&outlooks, 0.25).haiku, 200);
        assert_eq!(Lengths::foretold(&outlooks, 0.9), Lengths::default());
    }

    #[test]
    fn one_of_whom_nothing_is_known_takes_as_long_as_the_others() {
        let paces = Paces::from([("a".to_owned(), 1_000), ("b".to_owned(), 3_000)]);
        let outlay = outlay(&paces, Bounds::default());
        let models = [("a", Class::Haiku), ("b", Class::Opus), ("c", Class::Haiku)];
        let usual = outlay.usual(models.into_iter());
        assert_eq!(usual.of(Class::Haiku), Some(1_000.0));
        assert_eq!(usual.of(Class::Sonnet), Some(2_000.0));
        assert_eq!(usual.of(Class::Local), Some(2_000.0));
        assert_eq!(
            outlay.usual([("c", Class::Haiku)].into_iter()),
            Usual::default()
        );
    }
}
