//! How likely each class is to answer well.

use moecraft_catalog::Class;
use serde::{Deserialize, Serialize, Serializer};

use crate::logistic::{log_odds, probability};
use crate::predict::assumed;

/// The classes that the router chooses among, the cheapest first.
pub const CLASSES: [Class; 3] = [Class::Haiku, Class::Sonnet, Class::Opus];

/// A probability of each class: that its answer will be good, and others.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Beliefs {
    /// Of the haiku class.
    #[serde(serialize_with = "kept")]
    pub haiku: f64,
    /// Of the sonnet class.
    #[serde(serialize_with = "kept")]
    pub sonnet: f64,
    /// Of the opus class.
    #[serde(serialize_with = "kept")]
    pub opus: f64,
}

/// To six decimals: what is kept of a figure.
pub(super) fn rounded(figure: f64) -> f64 {
    (figure * 1e6).round() / 1e6
}

fn kept<S: Serializer>(figure: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(rounded(*figure))
}

impl Beliefs {
    /// Of no class any.
    pub(super) const NONE: Self = Self {
        haiku: 0.0,
        sonnet: 0.0,
        opus: 0.0,
    };

    /// Of this class for certain.
    pub(super) const fn certain(class: Class) -> Self {
        Self::NONE.with(class, 1.0)
    }

    /// With another probability of one class.
    #[must_use]
    pub(super) const fn with(self, class: Class, p: f64) -> Self {
        match class {
            Class::Haiku => Self { haiku: p, ..self },
            Class::Sonnet => Self { sonnet: p, ..self },
            Class::Opus => Self { opus: p, ..self },
            Class::Local | Class::Surrogate => self,
        }
    }

    /// The probability of a class; none of those whose models nothing is known of.
    pub const fn of(&self, class: Class) -> Option<f64> {
        match class {
            Class::Haiku => Some(self.haiku),
            Class::Sonnet => Some(self.sonnet),
            Class::Opus => Some(self.opus),
            Class::Local | Class::Surrogate => None,
        }
    }
}

/// As far as a prompt is foreign, its probabilities are set by hand and have never been measured: no
/// logit of one comes as far from 0, which is 0.7 to 99.3 %.
const MOST_ASSUMED: f64 = 5.0;
/// No logit of a probability that was learned is farther: what a tenant teaches must be able to turn it.
const MOST_LEARNED: f64 = 7.0;
/// How far below its bound a logit begins to be drawn in, so that the surer of two remains the surer.
const KNEE: f64 = 1.0;

/// Whether what is stated of a prompt is mostly what was calibrated on prompts like it.
pub(super) fn is_calibrated(foreign: f64) -> bool {
    assumed(foreign) <= 0.5
}

impl Beliefs {
    /// The probabilities, no surer than anybody can be of a prompt that is so likely to be foreign.
    #[must_use]
    pub(super) fn tempered(&self, foreign: f64) -> Self {
        let share = assumed(foreign);
        let of = |p| {
            let odds = log_odds(p, 2.0 * MOST_LEARNED);
            let drawn = bounded(odds, MOST_ASSUMED);
            probability((odds + share * (drawn - odds)).clamp(-MOST_LEARNED, MOST_LEARNED))
        };
        Self {
            haiku: of(self.haiku),
            sonnet: of(self.sonnet),
            opus: of(self.opus),
        }
    }
}

/// Within ± `most`, the farther out the closer to it.
fn bounded(odds: f64, most: f64) -> f64 {
    let knee = most - KNEE;
    let beyond = (odds.abs() - knee).max(0.0) / KNEE;
    odds.signum() * (odds.abs().min(knee) + KNEE * (1.0 - (-beyond).exp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_certain_of_what_was_never_measured_and_the_surer_remains_the_surer() {
        let sure = Beliefs {
            haiku: 0.9,
            sonnet: 0.9996,
            opus: 0.9999,
        };
        let assumed = sure.tempered(0.9);
        assert!((assumed.haiku - 0.9).abs() < 1e-12);
        assert!(0.99 < assumed.sonnet && assumed.sonnet < assumed.opus);
        assert!(assumed.opus < 0.9934);
        let known = sure.tempered(0.0);
        assert!((known.sonnet - sure.sonnet.min(0.9991)).abs() < 1e-4);
        let least = Beliefs { haiku: 0.0, ..sure };
        assert!((least.tempered(1.0).haiku - 0.0067).abs() < 1e-4);
        assert!(is_calibrated(0.2) && !is_calibrated(0.3));
    }
}
