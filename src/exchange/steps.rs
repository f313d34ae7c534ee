//! The steps between the shell's events: plan, call, fail over, reply, settle.

use moecraft_catalog::Class;
use moecraft_engine::admission::{
    Attempt, Fill, Latency, Message, Outcome, Settlement, Surrogate, UsageSource,
};
use moecraft_engine::money::Usage;
use moecraft_wire::openai::{replay_answer, replay_stream};

use super::{Action, Exchange};
use crate::accounting::{self, Tariff};
use crate::dispatch::{Failure, Target, outbound};
use crate::error::ApiError;
use crate::planning::Planned;
use crate::reply::Reply;
use crate::snapshot;
use crate::stream::Opening;

impl Exchange {
    /// Plans the request under the policy last seen.
    pub(super) fn replan(&mut self) -> Action {
        let Some(asked) = &self.asked else {
            return self.refuse(&ApiError::Internal("a plan without a request".into()));
        };
        let policy = snapshot::of(&self.tenant);
        match Planned::of(asked, &self.config, &policy, self.at) {
            Ok(planned) => {
                let cache_control = self.cache_control.as_deref();
                self.replay_key = asked.replay_key(&self.body, &planned, cache_control);
                self.planned = Some(planned);
                self.unplanned = None;
            }
            // The true policy may know better: the object is asked before the client is refused.
            Err(error) => self.unplanned = Some(error),
        }
        Action::Admit
    }

    pub(super) fn call_current(&mut self) -> Action {
        let (Some(asked), Some(target)) = (&self.asked, self.target()) else {
            return self.refuse(&ApiError::Internal("a call without a plan".into()));
        };
        let mut call = outbound(
            target,
            &self.body,
            &asked.model_span,
            asked.usage_edit.as_ref(),
        );
        if target.endpoint.is_none() {
            call.headers
                .extend(["x-moecraft-request-id".to_owned(), self.id.clone()]);
        }
        self.call = Some(call);
        self.opening = Opening::default();
        Action::Call
    }

    pub(super) fn target(&self) -> Option<&Target> {
        self.planned.as_ref()?.targets.get(self.current)
    }

    pub(super) fn tariff(&self, target: &Target) -> Tariff {
        Tariff::of(&target.model, target.class, self.at)
    }

    /// Goes on with the next target, or gives up.
    pub(super) fn fail_over(
        &mut self,
        failure: Failure,
        retry_after: Option<String>,
        now: u64,
    ) -> Action {
        self.note(&failure.label());
        if self
            .planned
            .as_ref()
            .is_some_and(|planned| self.current + 1 < planned.targets.len())
        {
            self.current += 1;
            return self.call_current();
        }
        let status = failure.client_status();
        self.settle_failed(status, now);
        let error = ApiError::Upstream {
            status,
            message: failure.describe(),
        };
        let mut reply = Reply::error(&error, &self.id);
        if let Some(after) = retry_after {
            reply = reply.with("retry-after", &after);
        }
        self.respond(reply)
    }

    /// Notes how the current target did.
    pub(super) fn note(&mut self, result: &str) {
        if let Some(target) = self.target() {
            let attempt = Attempt {
                model: target.model.clone(),
                provider: target.provider.clone(),
                result: result.to_owned(),
            };
            self.attempts.push(attempt);
        }
    }

    pub(super) fn serve_surrogate(&mut self, surrogate: &Surrogate, now: u64) -> Action {
        let streamed = self.asked.as_ref().filter(|asked| asked.stream);
        let created = surrogate.created / 1000;
        let body = match streamed {
            Some(asked) => replay_stream(&surrogate.answer, &self.id, created, asked.include_usage),
            None => replay_answer(&surrogate.answer, &self.id, created),
        };
        let Some(body) = body else {
            return self.refuse(&ApiError::Internal(
                "a stored answer is not readable".into(),
            ));
        };
        let content_type = match streamed {
            Some(_) => "text/event-stream",
            None => "application/json",
        };
        let age = now.saturating_sub(surrogate.created) / 1000;
        self.reply = Reply::new(200, content_type, &self.id)
            .with("x-moecraft-model", &surrogate.model)
            .with("x-moecraft-class", Class::Surrogate.as_str())
            .with("x-moecraft-surrogate-age", &age.to_string())
            .with("x-moecraft-reason", "an earlier answer to the same request")
            .with_money(0, surrogate.savings as i64, "actual")
            .with_body(Some(body.into_bytes()));
        Action::Respond
    }

    /// An error for the client, before any model was called.
    pub(super) fn refuse(&mut self, error: &ApiError) -> Action {
        self.reply = Reply::error(error, &self.id);
        Action::Respond
    }

    /// The usage counted here.
    pub(super) fn counted(&self, text: &str) -> Usage {
        let tokens = self
            .asked
            .as_ref()
            .map_or(0, |asked| asked.features.prompt_tokens);
        accounting::counted(tokens, text)
    }

    pub(super) fn fill(&self, answer: impl FnOnce() -> Option<String>) -> Option<Fill> {
        let key = self.replay_key.clone()?;
        let (planned, target) = (self.planned.as_ref()?, self.target()?);
        if !planned.aimed_at(target) {
            return None;
        }
        Some(Fill {
            key,
            answer: answer()?,
        })
    }

    /// Draws up the settlement of a request that nobody answered: it cost nothing.
    pub(super) fn settle_failed(&mut self, status: u16, now: u64) {
        let (usage, source) = (Usage::default(), UsageSource::Reported);
        self.settle(Outcome::Failed, status, usage, source, None, now);
    }

    /// Draws up the settlement; gives cost and savings, nano-dollars.
    pub(super) fn settle(
        &mut self,
        outcome: Outcome,
        status: u16,
        usage: Usage,
        usage_source: UsageSource,
        fill: Option<Fill>,
        now: u64,
    ) -> (u64, i64) {
        let Some(target) = self.target() else {
            return (0, 0);
        };
        let tariff = self.tariff(target);
        let (cost, baseline) = (tariff.cost(&usage), accounting::baseline(&usage, self.at));
        let since = |from: u64, to: u64| u32::try_from(to.saturating_sub(from)).unwrap_or(u32::MAX);
        let settlement = Settlement {
            id: self.id.clone(),
            at: now,
            outcome,
            status,
            model: target.model.clone(),
            class: target.class,
            provider: target.provider.clone(),
            usage,
            usage_source,
            cost,
            baseline,
            price_version: tariff.version,
            latency: Latency {
                admit_ms: since(self.at, self.admitted_at),
                first_byte_ms: since(self.admitted_at, self.first_byte_at),
                total_ms: since(self.at, now),
            },
            attempts: self.attempts.clone(),
            fill,
        };
        self.settlement = serde_json::to_string(&Message::Settle(settlement)).ok();
        (cost, baseline as i64 - cost as i64)
    }

    /// Replies, and says in the headers which model answered and why.
    pub(super) fn respond(&mut self, reply: Reply) -> Action {
        self.reply = match (&self.planned, self.target()) {
            (Some(planned), Some(target)) => {
                let mut reason = planned.plan.reason.clone();
                for attempt in self
                    .attempts
                    .iter()
                    .filter(|attempt| attempt.result != "ok")
                {
                    let Attempt {
                        model,
                        provider,
                        result,
                    } = attempt;
                    reason.push_str(&format!("; {model} at {provider}: {result}"));
                }
                reply
                    .with("x-moecraft-model", &target.model)
                    .with("x-moecraft-class", target.class.as_str())
                    .with("x-moecraft-reason", &reason)
            }
            _ => reply,
        };
        Action::Respond
    }
}
