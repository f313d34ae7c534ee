//! A request under the data-flow guard: its body with what was found in it, and what follows.
//!
//! The body is kept here and nowhere else: it leaves only through [`crate::egress`].

use std::collections::BTreeMap;
use std::rc::Rc;

use moecraft_catalog::Trust;
use moecraft_engine::admission::{AuditEvent, AuditNote, Snapshot};
use moecraft_engine::guard::{
    Access, Located, Masked, Policy, Recipient, Screening, Tier, UNEXAMINED,
};
use moecraft_engine::router::{Clearance, Plan, Settings};
use moecraft_wire::Members;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::beside::{further_models, trust_at_general};
use crate::config::Endpoint;
use crate::error::ApiError;

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
    /// What general upstreams are trusted with at most.
    at_general: Trust,
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
        let members = Members::of(&body);
        let beside = further_models(members.as_ref(), &snapshot.guard);
        let at_general = match screening.tier {
            // Everybody may see it: nobody needs to know whom else the upstream may ask.
            Tier::General => Trust::Trusted,
            Tier::Prohibited | Tier::Restricted => trust_at_general(members.as_ref()),
        };
        let inspected = Self {
            body,
            screening,
            snapshot,
            masked: None,
            beside,
            at_general,
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

    /// What the tenant has set for the router.
    pub fn routing(&self) -> &Settings {
        &self.snapshot.routing
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

    /// The version of the snapshot that it was examined under.
    pub fn version(&self) -> u64 {
        self.snapshot.version
    }

    /// A digest of what the tenant has set for guard and router.
    pub fn settings_digest(&self) -> u64 {
        self.snapshot.policy
    }

    /// What an endpoint is trusted with at most, whatever model is called there.
    pub fn trust_at(&self, endpoint: &Endpoint) -> Trust {
        match endpoint.is_general() {
            true => self.at_general,
            false => Trust::Trusted,
        }
    }

    /// How often each kind was found, by its id.
    pub fn kinds(&self) -> BTreeMap<String, u32> {
        let mut kinds = BTreeMap::new();
        for (kind, count) in self.screening.counts() {
            kinds.insert(kind.to_owned(), u32::try_from(count).unwrap_or(u32::MAX));
        }
        kinds
    }

    /// A name that the client wrote, as it may be kept.
    pub fn kept_name<'n>(&self, name: &'n str) -> &'n str {
        match self.is_telling(name) {
            true => WITHHELD,
            false => name,
        }
    }

    /// Whether a model's name holds something that was found: in the body, or in the name by itself,
    /// because a body that could not be examined tells nothing of its name.
    pub fn is_telling(&self, name: &str) -> bool {
        let body = json!({"model": name}).to_string();
        self.findings()
            .iter()
            .any(|found| found.place == "model" && found.kind != UNEXAMINED)
            || !Screening::of(body.as_bytes(), self.policy())
                .findings
                .is_empty()
    }

    /// What the client is told when nobody is left who may be given the request.
    pub fn refusal(&self, plan: &Plan) -> ApiError {
        let tier = self.tier().number();
        let why = match (&plan.barred, self.clearance().is_blocked()) {
            (_, true) => format!("by the tenant's policy no model is given data of tier {tier}"),
            (Some(model), false) if !self.is_telling(model) => {
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

/// A nonce that a conversation keeps, and that nobody outside can tell: a digest of a secret with the
/// tenant and the conversation, which is known by its session or else by how it begins.
pub fn nonce(secret: &[u8], tenant: &str, conversation: &str) -> u64 {
    let mut hash = Sha256::new_with_prefix(b"moecraft placeholders\0");
    for part in [secret, tenant.as_bytes(), conversation.as_bytes()] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    digest
        .iter()
        .take(8)
        .fold(0, |nonce, byte| nonce << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::access_key;
    use moecraft_engine::guard::MAX_TEXT;

    #[test]
    fn a_conversation_keeps_its_nonce_and_shares_it_with_no_other() {
        let of = |tenant, session| nonce(b"secret", tenant, session);
        assert_eq!(of("a", "s"), of("a", "s"));
        assert_ne!(of("a", "s"), of("a", "t"));
        assert_ne!(of("a", "s"), of("b", "s"));
        assert_ne!(of("a", "s"), nonce(b"other", "a", "s"));
    }

    fn inspected(body: &str) -> Inspected {
        Inspected::of(body.into(), Rc::default(), Terms::default())
    }

    #[test]
    fn a_name_is_examined_even_where_the_whole_cannot_be() {
        let letters = "QXWNTKDJZRBMGPVC";
        let key = format!("AK{}{}", "IA", letters);
        let of = |name: &str, size: usize| {
            let text = "x".repeat(size);
            let body = format!("{{\"model\":\"{name}\",\"input\":\"{text}\"}}");
            Inspected::of(body.into_bytes(), Rc::default(), Terms::default())
        };
        for size in [1, MAX_TEXT + 1] {
            assert!(!of("in-house", size).is_telling("in-house"), "{size}");
            assert!(of(&key, size).is_telling(&key), "{size}");
        }
        assert_eq!(of("in-house", MAX_TEXT + 1).tier(), Tier::Prohibited);
    }

    #[test]
    fn text_as_token_numbers_is_as_good_as_confidential() {
        for body in [
            r#"{"model":"m","input":[1,2,3]}"#,
            r#"{"model":"m","input":[[1,2],[3]]}"#,
            r#"{"model":"m","prompt":["text",[1,2]]}"#,
        ] {
            let inspected = inspected(body);
            assert_eq!(inspected.tier(), Tier::Prohibited, "{body}");
            assert!(inspected.kinds().contains_key("token_numbers"), "{body}");
            assert!(inspected.masked().is_none(), "{body}");
        }
        for body in [
            r#"{"model":"m","input":["1","2"],"stop":[1]}"#,
            r#"{"model":"m","input":[{"role":"user","content":"1"}]}"#,
        ] {
            assert_eq!(inspected(body).tier(), Tier::General, "{body}");
        }
    }

    #[test]
    fn a_name_is_kept_only_where_nothing_is_found_in_it_whatever_came_of_the_body() {
        let key = access_key();
        let unexamined = inspected(&format!("{{\"model\":\"{key}\""));
        assert_eq!(unexamined.kept_name(&key), WITHHELD);
        assert_eq!(
            unexamined.kept_name("openai/gpt-4o-mini"),
            "openai/gpt-4o-mini"
        );
    }
}
