//! What the guard has found, as far as routing has to know it: who may be given the request.

use moecraft_catalog::Trust;

use crate::guard::{Access, Policy, Recipient, Tier};

/// How sensitive a request is, and what its tenant has set for that.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clearance<'a> {
    /// The tier of all that the request holds.
    pub tier: Tier,
    /// The tenant's policy.
    pub policy: &'a Policy,
    /// Whether there is a masked form of it that is beyond doubt.
    pub maskable: bool,
    /// The least trust of the models that the body itself names beside the one that is called:
    /// some upstreams fall over to those by themselves.
    pub beside: Trust,
}

impl<'a> Clearance<'a> {
    /// A request that holds nothing that is not for everybody.
    pub const fn general(policy: &'a Policy) -> Self {
        Self {
            tier: Tier::General,
            policy,
            maskable: false,
            beside: Trust::Trusted,
        }
    }

    /// Whether a recipient is trusted: by its origin and by the tenant, and with it all that the body
    /// names beside it.
    pub fn trusts(&self, recipient: &Recipient<'_>) -> bool {
        self.beside == Trust::Trusted && self.policy.trusts(recipient)
    }

    /// In which form a recipient may be given the request.
    pub fn access(&self, recipient: &Recipient<'_>) -> Access {
        let recipient = Recipient {
            trust: match self.trusts(recipient) {
                true => Trust::Trusted,
                false => Trust::Untrusted,
            },
            // The owner's leave for one model is none for those beside it.
            model: match self.beside {
                Trust::Trusted => recipient.model,
                Trust::Untrusted => "",
            },
            ..*recipient
        };
        match self.policy.access(self.tier, &recipient) {
            Access::Masked if !self.maskable => Access::Never,
            access => access,
        }
    }

    /// Whether there is nobody who may be given the request, however much he is trusted.
    pub fn is_blocked(&self) -> bool {
        let anybody = Recipient {
            model: "",
            trust: Trust::Trusted,
            local: true,
        };
        self.access(&anybody) == Access::Never && self.beside == Trust::Trusted
    }
}

/// The lesser trust of two.
pub const fn least(one: Trust, other: Trust) -> Trust {
    match (one, other) {
        (Trust::Trusted, Trust::Trusted) => Trust::Trusted,
        _ => Trust::Untrusted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::{Action, Override};

    const HOSTED: Recipient<'_> = Recipient {
        model: "a/b",
        trust: Trust::Trusted,
        local: false,
    };

    #[test]
    fn a_masked_form_that_is_not_beyond_doubt_is_given_to_nobody() {
        let policy = Policy {
            prohibited: Action::Sanitise,
            ..Policy::default()
        };
        let clearance = |maskable| Clearance {
            tier: Tier::Prohibited,
            maskable,
            ..Clearance::general(&policy)
        };
        assert_eq!(clearance(true).access(&HOSTED), Access::Masked);
        assert_eq!(clearance(false).access(&HOSTED), Access::Never);
        assert!(clearance(false).is_blocked());
    }

    #[test]
    fn a_body_that_names_an_untrusted_model_beside_is_as_good_as_for_that_model() {
        let policy = Policy::default();
        let clearance = |tier| Clearance {
            tier,
            beside: Trust::Untrusted,
            ..Clearance::general(&policy)
        };
        assert_eq!(clearance(Tier::Prohibited).access(&HOSTED), Access::Never);
        assert_eq!(clearance(Tier::Restricted).access(&HOSTED), Access::Never);
        assert_eq!(clearance(Tier::General).access(&HOSTED), Access::Whole);
        assert!(!clearance(Tier::Prohibited).is_blocked());
    }

    #[test]
    fn trusted_is_whom_its_origin_the_tenant_and_all_beside_it_make_so() {
        let usual = Policy::default();
        let policy = Policy {
            distrusted: vec!["a/b".to_owned()],
            ..Policy::default()
        };
        let untrusted = Recipient {
            trust: Trust::Untrusted,
            ..HOSTED
        };
        let beside = Clearance {
            beside: Trust::Untrusted,
            ..Clearance::general(&usual)
        };
        assert!(Clearance::general(&usual).trusts(&HOSTED));
        assert!(!Clearance::general(&usual).trusts(&untrusted));
        assert!(!Clearance::general(&policy).trusts(&HOSTED));
        assert!(!beside.trusts(&HOSTED));
    }

    #[test]
    fn leave_for_one_model_is_none_for_those_that_the_body_names_beside_it() {
        let policy = Policy {
            overrides: vec![Override {
                model: "a/b".to_owned(),
                reason: "contract".to_owned(),
            }],
            ..Policy::default()
        };
        let untrusted = Recipient {
            trust: Trust::Untrusted,
            ..HOSTED
        };
        let clearance = |beside| Clearance {
            tier: Tier::Restricted,
            beside,
            ..Clearance::general(&policy)
        };
        assert_eq!(clearance(Trust::Trusted).access(&untrusted), Access::Whole);
        assert_eq!(
            clearance(Trust::Untrusted).access(&untrusted),
            Access::Never
        );
    }
}
