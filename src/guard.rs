//! A request under the data-flow guard: its body with what was found in it, and what follows.
//!
//! The body is kept here and nowhere else: it leaves only through [`crate::egress`].

use std::collections::BTreeMap;
use std::rc::Rc;

use moecraft_catalog::{Trust, catalog, trust_of_name};
use moecraft_engine::admission::{AuditEvent, AuditNote, Snapshot};
use moecraft_engine::guard::{
    Access, Family, Kind, Located, Masked, Policy, Recipient, Screening, Tier,
};
use moecraft_engine::router::{Clearance, Plan, least};
use moecraft_wire::Members;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::error::ApiError;

/// Fields in which some upstreams take further models, to fall over to by themselves.
const FURTHER_MODELS: [&str; 3] = ["models", "fallbacks", "fallback_models"];
/// What is kept of a model name that the guard found something in.
const WITHHELD: &str = "(withheld)";

/// A request's body, and what the guard says of it under one policy.
#[derive(Debug)]
pub struct Inspected {
    body: Vec<u8>,
    screening: Screening,
    snapshot: Rc<Snapshot>,
    masked: Option<Masked>,
    beside: Trust,
    terms: Terms,
}

/// What an inspection goes by beyond the policy.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terms {
    /// Makes placeholders unguessable; the same for all of a session.
    pub nonce: u64,
}

impl Inspected {
    /// Examines a body under the policy of a snapshot.
    pub fn of(body: Vec<u8>, snapshot: Rc<Snapshot>, terms: Terms) -> Self {
        let screening = Screening::of(&body, &snapshot.guard);
        let beside = match screening.tier {
            // Everybody may see it: nobody needs to know whom else the body names.
            Tier::General => Trust::Trusted,
            _ => further_models(&body),
        };
        let inspected = Self {
            body,
            screening,
            snapshot,
            masked: None,
            beside,
            terms,
        };
        inspected.masked_where_needed()
    }

    /// The same body under a newer policy.
    #[must_use]
    pub fn under(self, snapshot: Rc<Snapshot>) -> Self {
        if snapshot.guard != self.snapshot.guard {
            return Self::of(self.body, snapshot, self.terms);
        }
        Self { snapshot, ..self }.masked_where_needed()
    }

    /// The masked form is made only where somebody could be given it.
    fn masked_where_needed(mut self) -> Self {
        let policy = &self.snapshot.guard;
        let somebody = Recipient {
            model: "",
            trust: match self.tier() {
                Tier::Prohibited => Trust::Trusted,
                Tier::Restricted | Tier::General => Trust::Untrusted,
            },
            local: true,
        };
        let asked_for = self.tier() == Tier::Prohibited || !self.snapshot.local.is_empty();
        let needed = asked_for && policy.access(self.tier(), &somebody) == Access::Masked;
        if needed && self.masked.is_none() {
            self.masked = self.screening.mask(&self.body, policy, self.terms.nonce);
        }
        self
    }

    /// The body as it came. What leaves of it goes through [`crate::egress::Cleared::of`].
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The masked form, where there is one.
    pub(crate) fn masked(&self) -> Option<&Masked> {
        self.masked.as_ref()
    }

    /// The tier of the whole.
    pub fn tier(&self) -> Tier {
        self.screening.tier
    }

    /// The tenant's policy that it was examined under.
    pub fn policy(&self) -> &Policy {
        &self.snapshot.guard
    }

    /// What was found.
    pub fn findings(&self) -> &[Located] {
        &self.screening.findings
    }

    /// Who may be given the request.
    pub fn clearance(&self) -> Clearance<'_> {
        Clearance {
            tier: self.tier(),
            policy: self.policy(),
            maskable: self.masked.is_some(),
            beside: self.beside,
        }
    }

    /// How often each kind was found, by its id.
    pub fn kinds(&self) -> BTreeMap<String, u32> {
        let counts = self.screening.counts().into_iter();
        counts
            .map(|(kind, count)| (kind.to_owned(), u32::try_from(count).unwrap_or(u32::MAX)))
            .collect()
    }

    /// A name that the client wrote, as it may be kept.
    pub fn kept_name<'n>(&self, name: &'n str) -> &'n str {
        match self.has_model_finding() {
            true => WITHHELD,
            false => name,
        }
    }

    /// Whether something was found in the model's name.
    pub fn has_model_finding(&self) -> bool {
        self.findings().iter().any(|found| found.place == "model")
    }

    /// What the client is told when nobody is left who may be given the request.
    pub fn refusal(&self, plan: &Plan) -> ApiError {
        let tier = self.tier().number();
        let why = match (&plan.barred, self.clearance().is_blocked()) {
            (_, true) => format!("by the tenant's policy no model is given data of tier {tier}"),
            (Some(model), false) if !self.has_model_finding() => {
                format!(
                    "no model that could answer is trusted with data of tier {tier}, {model} for one is not"
                )
            }
            _ => format!("no model that could answer is trusted with data of tier {tier}"),
        };
        self.stopped(&why, plan.barred.as_deref())
    }

    /// The error of a request that goes to no model, for this reason; `model` is the one refused.
    pub fn stopped(&self, why: &str, model: Option<&str>) -> ApiError {
        let remedy = match self.clearance().is_blocked() {
            true => "take it out",
            false => "take it out, or ask for a trusted model (moecraft/auto finds one)",
        };
        ApiError::Guard {
            message: format!(
                "the data guard stopped this request: {}. {why}: {remedy}",
                self.screening.summary()
            ),
            place: self.findings().first().map(|found| found.place.clone()),
            model: model.map(|model| self.kept_name(model).to_owned()),
        }
    }

    /// What the audit keeps of an event.
    pub fn note(&self, event: AuditEvent, model: Option<&str>) -> AuditNote {
        AuditNote {
            event,
            tier: self.tier(),
            kinds: self.kinds(),
            model: model.map(|model| self.kept_name(model).to_owned()),
        }
    }
}

/// A nonce that a session keeps, or a tenant where none is named, and that nobody outside can tell: a
/// digest of a secret with the two.
pub fn nonce(secret: &[u8], tenant: &str, session: Option<&str>) -> u64 {
    let mut hash = Sha256::new_with_prefix(b"moecraft placeholders\0");
    for part in [
        secret,
        tenant.as_bytes(),
        session.unwrap_or_default().as_bytes(),
    ] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    digest
        .iter()
        .take(8)
        .fold(0, |nonce, byte| nonce << 8 | u64::from(*byte))
}

/// The trust of a model by the name that a client writes: that of the catalogue, or of its family.
pub fn trust_of(name: &str) -> Trust {
    let listed = catalog()
        .model(name)
        .or_else(|| catalog().by_upstream_name(name));
    listed.map_or_else(|| trust_of_name(name), |model| model.trust)
}

/// The least trust of the further models that a body names. What is no list of names is trusted
/// with nothing.
fn further_models(body: &[u8]) -> Trust {
    let Some(members) = Members::of(body) else {
        return Trust::Untrusted;
    };
    let named = FURTHER_MODELS.iter().flat_map(|field| members.all(field));
    named
        .map(|value| match serde_json::from_str(value) {
            Ok(Value::Null) => Trust::Trusted,
            Ok(Value::Array(names)) => names
                .iter()
                .map(|name| name.as_str().map_or(Trust::Untrusted, trust_of))
                .fold(Trust::Trusted, least),
            _ => Trust::Untrusted,
        })
        .fold(Trust::Trusted, least)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_models_that_a_body_names_beside_count_by_the_least_trusted() {
        let of =
            |more: &str| further_models(format!("{{\"model\":\"gpt-4o-mini\"{more}}}").as_bytes());
        assert_eq!(of(""), Trust::Trusted);
        assert_eq!(of(r#","models":["gpt-4o-mini"]"#), Trust::Trusted);
        for untrusted in [
            r#","models":["gpt-4o-mini","deepseek/deepseek-chat"]"#,
            r#","fallbacks":["never-heard-of"]"#,
            r#","fallback_models":[{"model":"gpt-4o-mini"}]"#,
            r#","models":"gpt-4o-mini""#,
            r#","models":[],"models":["never-heard-of"]"#,
        ] {
            assert_eq!(of(untrusted), Trust::Untrusted, "{untrusted}");
        }
        assert_eq!(further_models(b"no json"), Trust::Untrusted);
    }

    #[test]
    fn a_conversation_keeps_its_nonce_and_shares_it_with_no_other() {
        let of = |tenant, session| nonce(b"secret", tenant, session);
        assert_eq!(of("a", Some("s")), of("a", Some("s")));
        assert_ne!(of("a", Some("s")), of("a", Some("t")));
        assert_ne!(of("a", Some("s")), of("b", Some("s")));
        assert_ne!(of("a", None), nonce(b"other", "a", None));
    }

    #[test]
    fn text_as_token_numbers_is_as_good_as_confidential() {
        let terms = Terms { nonce: 1 };
        let body = br#"{"model":"m","input":[1,2,3]}"#.to_vec();
        let inspected = Inspected::of(body, Rc::default(), terms);
        assert_eq!(inspected.tier(), Tier::Prohibited);
        assert!(inspected.kinds().contains_key("token_numbers"));
        assert!(inspected.masked().is_none());
    }
}
