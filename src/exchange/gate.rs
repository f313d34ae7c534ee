//! What the guard does to a call and its answer.

use moecraft_engine::admission::{AuditEvent, AuditNote};
use moecraft_engine::guard::{Access, Screening, Tier};

use super::{Action, Exchange};
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
        let clearance = self.inspected.as_ref()?.clearance();
        let trusted = clearance.trusts(&self.target()?.recipient());
        let json = self.asked.as_ref().is_some_and(|asked| asked.wants_json);
        Some(Restoration::new(table, trusted, json))
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

    /// The agent withholds the request from its model, whose server saw nothing of it.
    pub(super) fn note_withheld(&mut self) {
        let (Some(inspected), Some(target)) = (&self.inspected, self.target()) else {
            return;
        };
        let note = inspected.note(AuditEvent::Block, Some(&target.model));
        self.notes.push(note);
    }

    /// The gate withholds the request from the current target; the next one may be given it. With
    /// none left, the audit is written before the client is told.
    pub(super) fn withheld(&mut self) -> Action {
        self.note("withheld by the guard", None);
        if let Some(action) = self.unmended(self.at) {
            return action;
        }
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

/// What the guard does about a request that may go to these targets: who is called is known only
/// when one answers, so each of them is told.
pub(super) fn notes(inspected: &Inspected, planned: &Planned) -> Vec<AuditNote> {
    let clearance = inspected.clearance();
    if clearance.tier == Tier::General {
        return Vec::new();
    }
    let told = planned.targets.iter().chain(&planned.probes);
    let told = told.filter_map(|target| {
        let recipient = target.recipient();
        let event = match clearance.access(&recipient) {
            Access::Masked => AuditEvent::Sanitise,
            Access::Whole if !clearance.trusts(&recipient) => AuditEvent::Override,
            Access::Whole | Access::Never => return None,
        };
        Some((event, &target.model))
    });
    let passed_over = planned.plan.barred.iter();
    let told = passed_over
        .map(|model| (AuditEvent::Reroute, model))
        .chain(told);
    // A model that several places have is told once.
    let mut told: Vec<_> = told.collect();
    told.dedup();
    told.into_iter()
        .map(|(event, model)| inspected.note(event, Some(model)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::Target;
    use crate::guard::Terms;
    use crate::samples::access_key;
    use moecraft_catalog::{Class, Trust};
    use moecraft_engine::admission::Snapshot;
    use moecraft_engine::guard::{Action, Policy};
    use moecraft_engine::health::Paces;
    use moecraft_engine::router::{Bounds, Candidate, Lengths, Outlay, Plan};
    use moecraft_wire::Dialect;
    use moecraft_wire::hub::Profile;
    use std::rc::Rc;

    fn target(model: &str, provider: &str) -> Target {
        Target {
            model: model.to_owned(),
            class: Class::Haiku,
            provider: provider.to_owned(),
            trust: Trust::Trusted,
            profile: Profile::permissive(model),
            dialect: Dialect::Chat,
            endpoint: None,
        }
    }

    #[test]
    fn each_model_that_may_be_called_is_told_once() {
        let guard = Policy {
            prohibited: Action::Sanitise,
            distrusted: vec!["a/barred".to_owned()],
            ..Policy::default()
        };
        let snapshot = Rc::new(Snapshot {
            guard,
            ..Snapshot::default()
        });
        let text = format!("my access key id is {}", access_key());
        let body = serde_json::json!({"messages": [{"role": "user", "content": text}]});
        let inspected = Inspected::of(body.to_string().into(), snapshot, Terms::default());
        let barred = Candidate::by_name("a", "barred", "by name");
        let paces = Paces::new();
        let outlay = Outlay {
            prompt_tokens: 1,
            lengths: Lengths::default(),
            paces: &paces,
            bounds: Bounds::default(),
            at_ms: 1,
        };
        let plan = Plan::only(barred, String::new(), &inspected.clearance(), &outlay);
        let planned = Planned {
            plan,
            targets: vec![
                target("a/one", "a"),
                target("a/one", "upstream"),
                target("b/two", "b"),
            ],
            policy: true,
            probes: Vec::new(),
        };
        let told = notes(&inspected, &planned);
        let told: Vec<_> = told
            .iter()
            .map(|note| (note.event, note.model.as_deref().unwrap_or_default()))
            .collect();
        let expected = [
            (AuditEvent::Reroute, "a/barred"),
            (AuditEvent::Sanitise, "a/one"),
            (AuditEvent::Sanitise, "b/two"),
        ];
        assert_eq!(told, expected);
    }
}
