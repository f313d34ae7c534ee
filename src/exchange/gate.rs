//! What the guard does to a call and its answer.

use moecraft_catalog::Trust;
use moecraft_engine::admission::{AuditEvent, AuditNote};
use moecraft_engine::guard::{Access, Screening, Tier};

use super::{Action, Exchange};
use crate::dispatch::Target;
use crate::egress::Cleared;
use crate::error::ApiError;
use crate::guard::Inspected;
use crate::planning::Planned;
use crate::reply::Reply;
use crate::restore::Restoration;

impl Exchange {
    /// The body that the gate has let through to the current target.
    pub(super) fn cleared(&self) -> Option<&Cleared> {
        self.call.as_ref().map(|call| &call.body)
    }

    /// Puts the values back into the current target's answer, where its request was masked.
    pub(super) fn restoration(&self) -> Option<Restoration> {
        let table = self.cleared()?.table()?.clone();
        let trusted = self.target()?.trust == Trust::Trusted;
        Some(Restoration::new(table, trusted))
    }

    /// Whether an answer of the current target may be kept, to be served again.
    pub(super) fn may_keep(&self, answer: &str) -> bool {
        let masked = self
            .cleared()
            .is_none_or(|cleared| cleared.table().is_some());
        let policy = self.inspected.as_ref().map(|inspected| inspected.policy());
        !masked
            && policy.is_some_and(|policy| {
                Screening::of(answer.as_bytes(), policy).tier != Tier::Prohibited
            })
    }

    /// A reply that tells the tier, once it is known.
    pub(super) fn tiered(&self, reply: Reply) -> Reply {
        match &self.inspected {
            Some(inspected) => {
                reply.with("x-moecraft-tier", &inspected.tier().number().to_string())
            }
            None => reply,
        }
    }

    /// What is noted of a target that cannot be asked. The name of a field may be the client's own
    /// word, so it is kept only where nothing was found in the request.
    pub(super) fn kept_field(&self, field: &str) -> String {
        let general = self.inspected.as_ref();
        match general.is_some_and(|inspected| inspected.tier() == Tier::General) {
            true => format!("unsupported {field}"),
            false => "unsupported".to_owned(),
        }
    }

    /// The gate withholds the request from the current target; the next one may be given it. With
    /// none left, the audit is written before the client is told.
    pub(super) fn withheld(&mut self) -> Action {
        self.note("withheld by the guard", None);
        if let Some(next) = self.next_target() {
            return self.go_to(next);
        }
        let model = self.target().map(|target| target.model.clone());
        let why = "what would have been sent holds more than the model may be given";
        let error = self
            .inspected
            .as_ref()
            .map(|inspected| inspected.stopped(why, model.as_deref()));
        let Some(error) = error else {
            return self.refuse(&ApiError::Internal("a call without a body".into()));
        };
        self.settle_failed(error.status(), self.at);
        self.stopped_late = true;
        self.unplanned = Some(error);
        Action::Admit
    }
}

/// What the guard does about a request that goes to these targets. Who is called is known only when
/// one answers, so the first of each kind stands for those that may be.
pub(super) fn notes(inspected: &Inspected, planned: &Planned) -> Vec<AuditNote> {
    let (clearance, policy) = (inspected.clearance(), inspected.policy());
    if clearance.tier == Tier::General {
        return Vec::new();
    }
    let targets = || planned.targets.iter();
    let access = |target: &&Target| clearance.access(&target.recipient());
    let masked = targets().find(|target| access(target) == Access::Masked);
    let allowed = targets().find(|target| {
        let distrusted =
            target.trust == Trust::Untrusted || policy.distrusted.contains(&target.model);
        clearance.tier == Tier::Restricted && distrusted && access(target) == Access::Whole
    });
    let model = |target: &Target| target.model.clone();
    let events = [
        (AuditEvent::Reroute, planned.plan.barred.clone()),
        (AuditEvent::Override, allowed.map(model)),
        (AuditEvent::Sanitise, masked.map(model)),
    ];
    let told = events.into_iter();
    told.filter_map(|(event, model)| Some(inspected.note(event, Some(&model?))))
        .collect()
}
