//! Which model may be given what: the matrix of tier and trust.

use moecraft_catalog::Trust;
use serde::{Deserialize, Serialize};

use super::finding::Tier;
use super::lexicon::Lexicon;

/// The most models that one list of a policy names.
pub const MAX_MODELS: usize = 200;

/// What becomes of a request of tier 0 on its way to a trusted model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It goes to trusted models, as it is.
    #[default]
    Route,
    /// It goes to trusted models with what was found masked; the answer is given its values back.
    Sanitise,
    /// It goes to no model.
    Block,
}

/// The owner's leave for one untrusted model to be given tier 1. Tier 0 stays refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// The catalogue id, or `local/<name>`.
    pub model: String,
    /// Why, for the audit.
    pub reason: String,
}

/// What a tenant has set for the guard.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Security-strict mode: a suspicious word is enough for tier 0, value or not.
    pub strict: bool,
    /// What becomes of tier 0 on its way to a trusted model.
    pub prohibited: Action,
    /// Models, by catalogue id or `local/<name>`, that this tenant does not trust.
    pub distrusted: Vec<String>,
    /// Untrusted models that may be given tier 1.
    pub overrides: Vec<Override>,
    /// The tenant's own words.
    pub lexicon: Lexicon,
}

/// Whom a request would be given to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recipient<'m> {
    /// The catalogue id, or `local/<name>`.
    pub model: &'m str,
    /// Whether its origin is trusted.
    pub trust: Trust,
    /// Whether it runs on the tenant's own machine.
    pub local: bool,
}

/// In which form a model may be given a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// As it is.
    Whole,
    /// With what was found replaced by placeholders.
    Masked,
    /// Not at all.
    Never,
}

impl Policy {
    /// In which form a recipient may be given a request of this tier.
    ///
    /// | | tier 0 | tier 1 | tier 2 |
    /// |---|---|---|---|
    /// | trusted | as [`Policy::prohibited`] says | whole | whole |
    /// | untrusted, local | never | masked; whole with an override | whole |
    /// | untrusted, hosted | never | never; whole with an override | whole |
    pub fn access(&self, tier: Tier, recipient: &Recipient<'_>) -> Access {
        let allowed = || self.overridden(recipient.model).is_some();
        match (tier, self.trusts(recipient)) {
            (Tier::General, _) | (Tier::Restricted, true) => Access::Whole,
            (Tier::Restricted, false) if allowed() => Access::Whole,
            (Tier::Restricted, false) if recipient.local => Access::Masked,
            (Tier::Restricted, false) => Access::Never,
            (Tier::Prohibited, true) => match self.prohibited {
                Action::Route => Access::Whole,
                Action::Sanitise => Access::Masked,
                Action::Block => Access::Never,
            },
            (Tier::Prohibited, false) => Access::Never,
        }
    }

    /// Whether a recipient is trusted by its origin, and not distrusted by the tenant.
    pub fn trusts(&self, recipient: &Recipient<'_>) -> bool {
        let mut distrusted = self.distrusted.iter();
        recipient.trust == Trust::Trusted && !distrusted.any(|model| model == recipient.model)
    }

    /// The owner's leave for a model, where there is one.
    pub fn overridden(&self, model: &str) -> Option<&Override> {
        self.overrides.iter().find(|leave| leave.model == model)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tier_goes_to_whom_it_may() {
        let policy = |prohibited| Policy {
            prohibited,
            distrusted: vec!["a/shunned".to_owned()],
            overrides: vec![Override {
                model: "b/allowed".to_owned(),
                reason: "a test".to_owned(),
            }],
            ..Policy::default()
        };
        let usual = policy(Action::Route);
        let of = |model, trust, local| Recipient {
            model,
            trust,
            local,
        };
        use Access::{Masked, Never, Whole};
        // What each is given of tier 0, 1 and 2.
        for (recipient, given) in [
            (of("a/one", Trust::Trusted, false), [Whole, Whole, Whole]),
            (
                of("a/shunned", Trust::Trusted, false),
                [Never, Never, Whole],
            ),
            (
                of("a/shunned", Trust::Trusted, true),
                [Never, Masked, Whole],
            ),
            (of("b/one", Trust::Untrusted, false), [Never, Never, Whole]),
            (of("b/one", Trust::Untrusted, true), [Never, Masked, Whole]),
            (
                of("b/allowed", Trust::Untrusted, false),
                [Never, Whole, Whole],
            ),
            (
                of("b/allowed", Trust::Untrusted, true),
                [Never, Whole, Whole],
            ),
        ] {
            let tiers = [Tier::Prohibited, Tier::Restricted, Tier::General];
            let access = tiers.map(|tier| usual.access(tier, &recipient));
            assert_eq!(access, given, "{recipient:?}");
        }
        for (action, given) in [(Action::Sanitise, Masked), (Action::Block, Never)] {
            let policy = policy(action);
            let trusted = of("a/one", Trust::Trusted, false);
            let untrusted = of("b/allowed", Trust::Untrusted, true);
            assert_eq!(policy.access(Tier::Prohibited, &trusted), given);
            assert_eq!(policy.access(Tier::Prohibited, &untrusted), Never);
            assert_eq!(policy.access(Tier::Restricted, &trusted), Whole);
        }
    }
}
