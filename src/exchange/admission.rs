//! What the object is asked, and what its verdict leads to: a call, an earlier answer, another plan, or
//! a wait for an equal request that is under way.

use moecraft_engine::admission::{
    Admission, AuditEvent, Block, CLIENT_LEFT, Message, Outcome, Place, PolicyQuery, UsageSource,
    Verdict,
};
use moecraft_engine::semantic::MOST_SHOWN;
use wasm_bindgen::prelude::*;

use super::cascade::Stage;
use super::failover::{Tries, jitter};
use super::gate::notes;
use super::{Action, Exchange, MAX_REPLANS};
use crate::error::ApiError;
use crate::record::Decision;
use crate::{accounting, snapshot};

#[wasm_bindgen]
impl Exchange {
    /// The request's id.
    pub fn id(&self) -> String {
        self.id.clone()
    }

    /// The message for the object: the admission, a question about the policy, or the report that
    /// the guard has stopped the request.
    pub fn message(&self) -> String {
        let Some(inspected) = &self.inspected else {
            return String::new();
        };
        let snapshot = inspected.version();
        let message = match &self.unplanned {
            Some(ApiError::Guard { model, .. }) => Some(Message::Block(Block {
                id: self.id.clone(),
                at: self.at,
                key_id: self.key_id.clone(),
                snapshot: (!self.stopped_late).then_some(snapshot),
                note: inspected.note(AuditEvent::Block, model.as_deref()),
            })),
            Some(_) => Some(Message::Policy(PolicyQuery {
                key_id: self.key_id.clone(),
                snapshot,
            })),
            None if self.following => self.admission().map(Message::Follow),
            None => self.admission().map(Message::Admit),
        };
        message
            .and_then(|message| serde_json::to_string(&message).ok())
            .unwrap_or_default()
    }

    /// The object could not be reached.
    pub fn not_admitted(&mut self) -> Action {
        self.refuse(&ApiError::NotAdmitted)
    }

    /// The object has forgotten whom this request waits for: it asks like any other.
    pub fn not_followed(&mut self) -> Action {
        self.following = false;
        Action::Admit
    }

    /// The object's verdict.
    pub fn admitted(&mut self, verdict: &str, now: f64) -> Action {
        self.admitted_at = now as u64;
        let verdict = serde_json::from_str(verdict);
        self.following = matches!(verdict, Ok(Verdict::Wait));
        match verdict {
            Ok(verdict @ (Verdict::Proceed | Verdict::Hint(_))) => {
                self.aside.shown = match verdict {
                    Verdict::Hint(hint) => self.worth_showing(*hint),
                    _ => None,
                };
                let planned = self.planned.as_ref();
                let count = planned.map_or(0, |planned| planned.targets.len());
                // A line can be sent in a batch to one model only.
                let cascades = planned.is_some_and(|planned| !planned.probes.is_empty());
                let probes = cascades && self.line.is_none() && self.aside.shown.is_none();
                self.tries = Tries::of(count, probes);
                self.aside.stage = probes.then_some(Stage::First);
                self.proceeds = true;
                self.call_current()
            }
            Ok(Verdict::Surrogate(surrogate)) => self.serve_surrogate(&surrogate, now as u64),
            Ok(Verdict::Wait) => Action::Follow,
            Ok(Verdict::Again { after_ms: 0 }) => Action::Admit,
            Ok(Verdict::Again { after_ms }) => {
                self.readmits = true;
                self.tries.pause(after_ms + jitter(after_ms));
                Action::Wait
            }
            Ok(Verdict::Stale(newer)) => {
                snapshot::remember(&self.tenant, *newer);
                self.replans += 1;
                if self.replans > MAX_REPLANS {
                    return self.refuse(&ApiError::NotAdmitted);
                }
                self.replan()
            }
            Ok(Verdict::Current) => match self.unplanned.take() {
                Some(error) => self.refuse(&error),
                None => self.refuse(&ApiError::NotAdmitted),
            },
            Ok(Verdict::Revoked) => self.refuse(&ApiError::Revoked),
            Ok(Verdict::Spent) => self.refuse(&ApiError::Spent),
            Err(error) => self.refuse(&ApiError::Internal(error.to_string())),
        }
    }

    /// Whether equal requests may wait for this one's answer: then it is read to its end for them even
    /// when its own client has left.
    pub fn leads(&self) -> bool {
        self.proceeds && self.shares()
    }

    /// Whether the answer may serve others, or another's this request.
    pub fn shares(&self) -> bool {
        self.replay.is_some()
    }

    /// The client left while an answer was awaited; gives what the object is told. A call that was under
    /// way may have read the prompt.
    pub fn left(&mut self, now: f64) -> Option<String> {
        if !self.proceeds {
            let withdrawal = self.admission().map(Message::Withdraw)?;
            return serde_json::to_string(&withdrawal).ok();
        }
        self.first_byte_at = self.first_byte_at.max(now as u64);
        self.drop_held();
        if self.stream.is_none() && self.settlement.is_none() {
            let (usage, source) = (self.counted(""), UsageSource::Estimated);
            let status = if self.committed { 200 } else { CLIENT_LEFT };
            let outcome = Outcome::ClientLeft;
            self.settle(outcome, status, usage, source, None, now as u64);
        }
        self.ended(false, now)
    }
}

impl Exchange {
    fn admission(&self) -> Option<Admission> {
        let (asked, planned) = (self.asked.as_ref()?, self.planned.as_ref()?);
        let (inspected, first) = (self.inspected.as_ref()?, planned.targets.first()?);
        let tokens = asked.features.tokens_at(&first.model);
        let bound = asked.max_output_tokens;
        let expected = asked.expected(&first.model, first.class);
        let mends = asked.wants_json && asked.may_be_revised() && inspected.routing().repair;
        let shows = self.may_show();
        let worst = |target| {
            let tariff = self.tariff(target);
            let once = tariff.worst_case(tokens, bound, asked.answers);
            let answer = bound.unwrap_or(u32::MAX).min(tariff.max_output_tokens);
            let again = tariff.worst_case(tokens.saturating_add(answer), bound, asked.answers);
            let shown = tariff.worst_case(tokens.saturating_add(MOST_SHOWN), bound, asked.answers);
            once.saturating_add(if mends { again } else { 0 })
                .saturating_add(if shows { shown } else { 0 })
        };
        let dearest = planned.targets.iter().map(worst).max().unwrap_or(0);
        let probes = planned.probes.iter().map(worst);
        let trace = self.trace();
        Some(Admission {
            id: self.id.clone(),
            at: self.at,
            key_id: self.key_id.clone(),
            snapshot: inspected.version(),
            requested: inspected.kept_name(&asked.requested).to_owned(),
            model: first.model.clone(),
            class: first.class,
            reserve: probes.fold(dearest, u64::saturating_add),
            estimate: self.tariff(first).cost(&expected),
            baseline: accounting::baseline(&expected, self.at),
            place: Place {
                provider: first.provider.clone(),
                model: first.model.clone(),
            },
            replay: self.replay.clone(),
            stream: asked.stream,
            notes: notes(inspected, planned),
            routed: planned.policy,
            hold_until: self.hold_until(first),
            decision: Decision::of(asked, inspected, planned, trace.as_ref()).raw(),
            trace,
        })
    }
}
