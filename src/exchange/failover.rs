//! What a failed call leads to: the same place again, the next one, a short wait, or the end.
//!
//! Nothing has gone to the client yet, so another candidate can take over unseen. A request that is
//! wrong in itself ends here: it would be refused everywhere.

use std::collections::{BTreeMap, VecDeque};

use moecraft_catalog::Class;
use moecraft_engine::admission::{Attempt, BlockedPlace};
use moecraft_engine::health::{Failure, FailureClass, Refusal, Scope, classify};
use moecraft_wire::hub::{StreamFault, Unsupported};
use moecraft_wire::{Dialect, ErrorBody};
use wasm_bindgen::prelude::*;

use super::{Action, Exchange, Fault, MAX_ANSWER};
use crate::error::ApiError;
use crate::reply::Reply;
use crate::stream::GARBLED;
use crate::{missing, snapshot};

/// How often all places that failed in passing are asked once more.
const MAX_ROUNDS: u32 = 2;
/// The pause before the first of these rounds, ms; twice as long before each further one.
const FIRST_PAUSE_MS: u64 = 250;
/// The longest pause that a provider's wish is followed for, ms: beyond it the client does better to
/// wait by itself, knowing why.
const LONGEST_PAUSE_MS: u64 = 5_000;
/// How long an isolate heeds what it has seen by itself, ms: until the object has learnt it.
const UNTIL_LEARNT_MS: u64 = 2_000;
/// How an agent names its own guard's refusal.
const PROHIBITED: &str = "prohibited";
/// How much of an upstream's error text is told to the client, characters.
const MAX_QUOTE: usize = 300;

/// How the calls of one request went so far.
#[derive(Debug, Default)]
pub(super) struct Tries {
    /// Which of the plan's targets is being called.
    pub(super) current: usize,
    /// Those still to be called in this round, by their place in the plan.
    queue: VecDeque<usize>,
    /// Those that failed in passing and may be called in the next round.
    again: VecDeque<usize>,
    /// Every call, for the history.
    pub(super) attempts: Vec<Attempt>,
    /// Providers that failed as a whole.
    dead: Vec<String>,
    rounds: u32,
    pause_ms: u64,
    /// Thinking was taken out of the conversation for this target, which could not verify it.
    pub(super) unsigned: bool,
    /// The trouble to tell of when nobody answers.
    worst: Option<Trouble>,
}

impl Tries {
    /// Before the first call: all of a plan's targets, in order; with `probes`, the first of those that
    /// stand behind them before all.
    pub(super) fn of(targets: usize, probes: bool) -> Self {
        let current = if probes { targets } else { 0 };
        Self {
            current,
            queue: (usize::from(!probes)..targets).collect(),
            ..Self::default()
        }
    }

    /// Nothing is to be done for so long, ms.
    pub(super) fn pause(&mut self, ms: u64) {
        self.pause_ms = ms;
    }

    pub(super) fn wait_ms(&self) -> u32 {
        u32::try_from(self.pause_ms).unwrap_or(u32::MAX)
    }
}

/// Why a target did not answer.
#[derive(Debug, Clone)]
struct Trouble {
    failure: Failure,
    /// For the history and the metrics, out of a small set.
    label: String,
    /// What it said, or what happened.
    message: String,
    /// The upstream's own words, where a client of the same dialect may have them.
    refusal: Option<(u16, Vec<u8>)>,
    /// The dialect it spoke, and its headers that tell of its limits.
    told: (Dialect, BTreeMap<String, String>),
}

impl Trouble {
    fn new(failure: Failure, label: &str, message: impl Into<String>) -> Self {
        Self {
            failure,
            label: label.to_owned(),
            message: message.into(),
            refusal: None,
            told: Default::default(),
        }
    }

    /// How much it tells the client, when one of several troubles has to be told: that a limit is
    /// reached, and when to come back, before that somebody was busy, before all else.
    fn weight(&self) -> u8 {
        match self.failure.class {
            FailureClass::OutOfQuota | FailureClass::RateLimited => 3,
            FailureClass::Overloaded => 2,
            // What a stand-in does not take is no news to the client.
            FailureClass::InvalidRequest => 0,
            _ => 1,
        }
    }

    /// The error for a client to whom nobody answers.
    fn error(&self) -> ApiError {
        let retry_after = self.failure.retry_after_ms.map(|ms| ms.div_ceil(1000));
        let message = self.message.clone();
        match self.failure.class {
            FailureClass::RateLimited | FailureClass::OutOfQuota => {
                let message = match retry_after {
                    Some(seconds) => format!("{message} (try again in {seconds} s)"),
                    None => message,
                };
                match self.failure.class {
                    FailureClass::OutOfQuota => ApiError::OutOfQuota(message),
                    _ => ApiError::Upstream {
                        status: 429,
                        message,
                    },
                }
            }
            FailureClass::Overloaded => ApiError::Upstream {
                status: 503,
                message,
            },
            FailureClass::TimeoutFirstByte => ApiError::Upstream {
                status: 504,
                message,
            },
            FailureClass::ModelNotFound => ApiError::Upstream {
                status: 404,
                message,
            },
            FailureClass::ContextTooLong
            | FailureClass::InvalidRequest
            | FailureClass::RefusedByPolicy => ApiError::Upstream {
                status: 400,
                message,
            },
            FailureClass::Retryable
            | FailureClass::Auth
            | FailureClass::Idle
            | FailureClass::Unreadable => ApiError::Upstream {
                status: 502,
                message,
            },
        }
    }
}

#[wasm_bindgen]
impl Exchange {
    /// The upstream answered with an error status.
    pub fn refused(&mut self, status: u16, body: Vec<u8>, now: f64) -> Action {
        let now = now as u64;
        let refusal = Refusal::parse(status, &body, now);
        let failure = classify(&refusal, &self.limits, now);
        if let Some(action) = self.mend(status, &refusal, failure.class) {
            return action;
        }
        if self.tunnelled() && refusal.error_code == PROHIBITED {
            self.note_withheld();
        }
        let said = match failure.class {
            FailureClass::Auth => "it refused the gateway's own key",
            _ => refusal.message.as_str(),
        };
        let said: String = said.chars().take(MAX_QUOTE).collect();
        let message = match failure.class {
            // Clients that can shorten their conversation know this by the provider's words.
            FailureClass::ContextTooLong => said,
            _ => format!("it answered {status}: {said}"),
        };
        // A refused key is the gateway's own business, and so is what ails the tunnel; what a model
        // server behind it does not take is not, nor what its agent does not give it.
        let at_fault = matches!(
            failure.class,
            FailureClass::InvalidRequest | FailureClass::RefusedByPolicy
        );
        let quotable = failure.class != FailureClass::Auth && (!self.tunnelled() || at_fault);
        let trouble = Trouble {
            refusal: quotable.then_some((status, body)),
            ..Trouble::new(failure, &format!("status {status}"), message)
        };
        self.fail_over(trouble, now)
    }

    /// The call failed before an answer came.
    pub fn failed(&mut self, fault: Fault, now: f64) -> Action {
        let trouble = match fault {
            Fault::Unreachable => Trouble::new(
                Failure::unreachable(),
                "unreachable",
                "it could not be reached",
            ),
            Fault::Timeout => Trouble::new(
                Failure::new(FailureClass::TimeoutFirstByte),
                "timeout",
                "it did not answer in time",
            ),
            Fault::Oversize => Trouble::new(
                Failure::new(FailureClass::Unreadable),
                "unreadable",
                format!("its answer is longer than {MAX_ANSWER} bytes"),
            ),
        };
        self.fail_over(trouble, now as u64)
    }

    /// The pause is over: the next round begins, or admission is asked for again.
    pub fn waited(&mut self) -> Action {
        if std::mem::take(&mut self.readmits) {
            return Action::Admit;
        }
        self.tries.queue = std::mem::take(&mut self.tries.again);
        self.tries.pause_ms = 0;
        match self.next_target() {
            Some(next) => self.go_to(next),
            None => self.refuse(&ApiError::Internal("a pause for nothing".into())),
        }
    }
}

impl Exchange {
    /// What came is no answer.
    pub(super) fn unreadable(&mut self, what: &str, now: u64) -> Action {
        let failure = Failure::new(FailureClass::Unreadable);
        let message = format!("its answer is not readable: {what}");
        self.fail_over(Trouble::new(failure, "unreadable", message), now)
    }

    /// A stream began with an error.
    pub(super) fn faulted(&mut self, fault: &StreamFault, now: u64) -> Action {
        if fault.kind == GARBLED {
            return self.unreadable(&fault.message, now);
        }
        let failure = self.meaning(fault, now);
        let said: String = fault.message.chars().take(MAX_QUOTE).collect();
        let message = format!("its answer began with an error: {said}");
        self.fail_over(Trouble::new(failure, "error in stream", message), now)
    }

    /// This target cannot be asked this.
    pub(super) fn cannot(&mut self, unsupported: &Unsupported) -> Action {
        self.note(&self.kept_field(&unsupported.field), None);
        if let Some(action) = self.unmended(self.at) {
            return action;
        }
        let next = self.next_target();
        if let Some(next) = next {
            return self.go_to(next);
        }
        // Where another place had failed for a passing reason, that is the better thing to tell.
        match self.tries.worst.take() {
            Some(trouble) => self.give_up(&trouble, self.at),
            None => {
                let error = ApiError::Unsupported(unsupported.clone());
                self.settle_failed(error.status(), self.at);
                let reply = Reply::error(&error, self.door.dialect(), &self.id);
                self.respond(reply)
            }
        }
    }

    /// Two refusals can be mended on the spot: a dialect that the place does not have, and thinking
    /// that it did not sign.
    fn mend(&mut self, status: u16, refusal: &Refusal, class: FailureClass) -> Option<Action> {
        let target = self.target()?;
        let no_path = matches!(status, 404 | 405) && !names_the_model(refusal);
        if no_path
            && let Some(endpoint) = &target.endpoint
            && let Some(common) = target.common_dialect()
        {
            missing::remember(&endpoint.base_url, target.dialect, self.at);
            self.target_mut()?.dialect = common;
            return Some(self.call_current());
        }
        if class == FailureClass::InvalidRequest && doubts_thinking(refusal) && !self.tries.unsigned
        {
            let own = self.inspected.as_ref().map(|inspected| inspected.body());
            let sent = self.cleared()?.written().or(own)?;
            target.dialect.without_thinking(sent)?;
            self.tries.unsigned = true;
            return Some(self.call_current());
        }
        None
    }

    /// Goes on with the next target, or with one that failed in passing, or gives up.
    fn fail_over(&mut self, mut trouble: Trouble, now: u64) -> Action {
        self.stream = None;
        let failure = trouble.failure;
        self.note(&trouble.label, Some(&failure));
        let dialect = self.target().map(|target| target.dialect);
        trouble.told = (dialect.unwrap_or_default(), self.limit_headers.clone());
        // What one provider does not take of a request that was written anew for it, or that is a
        // stand-in's to answer, another may take.
        let translated = trouble.told.0 != self.door.dialect();
        let probing = self.is_probing();
        let own_fault = failure.class == FailureClass::InvalidRequest
            && (translated || self.tries.worst.is_some());
        if let Some(action) = self.unmended(now) {
            return action;
        }
        if self.is_confirming() && is_about_request(failure.class) {
            return self.ask_plainly("not taken by it", now);
        }
        if !failure.class.fails_over() && !own_fault && !probing {
            return self.give_up(&trouble, now);
        }
        if matches!(
            failure.class,
            FailureClass::OutOfQuota | FailureClass::RateLimited | FailureClass::Auth
        ) {
            self.pass_over(&failure, now);
        }
        if failure.scope == Scope::Provider
            && !probing
            && let Some(target) = self.target()
            && target.class != Class::Local
        {
            self.tries.dead.push(target.provider.clone());
        }
        let pause = failure.retry_after_ms.unwrap_or(0);
        let passing = failure.retries || failure.class == FailureClass::RateLimited;
        if passing && pause <= LONGEST_PAUSE_MS && !probing {
            self.tries.again.push_back(self.tries.current);
            self.tries.pause_ms = self.tries.pause_ms.max(pause);
        }
        let worst = self.tries.worst.take();
        let worst = match worst.filter(|worst| worst.weight() > trouble.weight()) {
            Some(worst) => worst,
            None => trouble,
        };
        // No call is begun that the reservation would not outlast.
        if !self.has_time(now) {
            return self.give_up(&worst, now);
        }
        if let Some(next) = self.next_target() {
            // A probe's trouble is no news to the client.
            self.tries.worst = (!probing).then_some(worst);
            return self.go_to(next);
        }
        let in_time = now.saturating_sub(self.admitted_at) < u64::from(self.deadline_ms());
        if !self.tries.again.is_empty() && self.tries.rounds < MAX_ROUNDS && in_time {
            self.tries.dead.clear();
            let doubling = FIRST_PAUSE_MS << self.tries.rounds;
            self.tries.pause_ms = self.tries.pause_ms.max(doubling) + jitter(doubling);
            self.tries.rounds += 1;
            self.tries.worst = Some(worst);
            return Action::Wait;
        }
        self.give_up(&worst, now)
    }

    /// Tells this isolate's next requests of a place that fails. The object learns of it when this
    /// request settles, which may be after the client's next one has come.
    fn pass_over(&self, failure: &Failure, now: u64) {
        let Some(target) = self.target().filter(|_| failure.class.blocks()) else {
            return;
        };
        let place = BlockedPlace {
            provider: target.provider.clone(),
            model: (failure.scope == Scope::Model).then(|| target.model.clone()),
            until_ms: now
                + failure
                    .retry_after_ms
                    .map_or(UNTIL_LEARNT_MS, |ms| ms.min(UNTIL_LEARNT_MS)),
            why: failure.class,
        };
        snapshot::pass_over(&self.tenant, place);
    }

    /// A stream broke off after it had begun: the place did not serve after all, and the client's
    /// next try had better go elsewhere.
    pub(super) fn note_cut(&mut self, now: u64) {
        let fault = self
            .stream
            .as_ref()
            .and_then(|stream| stream.told().fault());
        let failure = match fault.filter(|fault| fault.kind != GARBLED) {
            Some(fault) => self.meaning(fault, now),
            None => Failure::new(FailureClass::Idle),
        };
        if let Some(attempt) = self.tries.attempts.last_mut() {
            attempt.result = "cut".to_owned();
            attempt.failure = Some(failure);
        }
        self.pass_over(&failure, now);
    }

    /// What an error inside a stream means.
    fn meaning(&self, fault: &StreamFault, now: u64) -> Failure {
        let refusal = Refusal {
            status: 200,
            error_type: fault.kind.clone(),
            error_code: fault.code.clone().unwrap_or_default(),
            message: fault.message.clone(),
            resets_ms: None,
        };
        classify(&refusal, &self.limits, now)
    }

    /// The next place to try, those left out whose provider has failed as a whole meanwhile.
    pub(super) fn next_target(&mut self) -> Option<usize> {
        let targets = &self.planned.as_ref()?.targets;
        while let Some(next) = self.tries.queue.pop_front() {
            let target = targets.get(next)?;
            if target.class == Class::Local || !self.tries.dead.contains(&target.provider) {
                return Some(next);
            }
        }
        None
    }

    pub(super) fn go_to(&mut self, target: usize) -> Action {
        self.leave_cascade("a call failed");
        self.tries.unsigned = false;
        self.tries.current = target;
        self.call_current()
    }

    /// Whether nobody is left to take over from the current target.
    pub(super) fn is_last(&self) -> bool {
        self.tries.queue.is_empty() && self.tries.again.is_empty()
    }

    /// Nobody answered.
    fn give_up(&mut self, trouble: &Trouble, now: u64) -> Action {
        let reply = self.bad_news(trouble);
        self.settle_failed(reply.status, now);
        self.tries.worst = Some(trouble.clone());
        self.limit_headers.clear();
        self.respond(reply)
    }

    /// What the client is told: the upstream's own words, where they are in its dialect and mean
    /// the same to it as they would from the provider.
    fn bad_news(&self, trouble: &Trouble) -> Reply {
        let client = self.door.dialect();
        let (dialect, limits) = &trouble.told;
        let own = trouble.refusal.as_ref().filter(|(status, body)| {
            let known = matches!(status, 400 | 404 | 405..=429 | 503)
                || *status == 529 && client == Dialect::Messages;
            *dialect == client && known && is_error_object(body)
        });
        let error = trouble.error();
        let reply = match own {
            Some((status, body)) => Reply::new(*status, "application/json", &self.id)
                .with("x-moecraft-error", error.label())
                .with_body(Some(body.clone())),
            None => Reply::error(&error, client, &self.id),
        };
        match trouble.failure.retry_after_ms {
            _ if *dialect == client => reply.with_all(limits),
            Some(ms) => reply.with("retry-after", &ms.div_ceil(1000).to_string()),
            None => reply,
        }
    }

    /// The error of a stream whose head has gone out already, as its last event.
    pub(super) fn told_in_stream(&self) -> Vec<u8> {
        let message = match &self.tries.worst {
            Some(trouble) => trouble.message.as_str(),
            None => "no model answered",
        };
        let error = ErrorBody {
            status: 502,
            message,
            kind: "server_error",
            param: None,
            code: Some("upstream_failed"),
        };
        let event = self.door.dialect().error_event(&error, &self.id);
        event.into_bytes()
    }
}

/// Whether a refusal may be for what the gateway has added to a request.
const fn is_about_request(class: FailureClass) -> bool {
    matches!(
        class,
        FailureClass::InvalidRequest | FailureClass::ContextTooLong | FailureClass::RefusedByPolicy
    )
}

/// Whether a 404 is about the model, and not about the path.
fn names_the_model(refusal: &Refusal) -> bool {
    refusal.error_code == "model_not_found"
        || refusal.message.to_ascii_lowercase().contains("model")
}

/// Whether a provider refuses a request for thinking that it cannot verify: Anthropic by its
/// signature, OpenAI by its encrypted content.
fn doubts_thinking(refusal: &Refusal) -> bool {
    let message = refusal.message.to_ascii_lowercase();
    message.contains("signature") || message.contains("encrypted content")
}

/// Whether an upstream's error body has the shape that clients of its dialect expect.
fn is_error_object(body: &[u8]) -> bool {
    moecraft_wire::from_bytes::<serde_json::Value>(body).is_ok_and(|body| body["error"].is_object())
}

/// A random part of a pause, so that requests that failed together do not come back together.
pub(super) fn jitter(most: u64) -> u64 {
    let mut random = [0; 2];
    match getrandom::fill(&mut random) {
        Ok(()) => u64::from(u16::from_le_bytes(random)) % most.max(1),
        Err(_) => most / 2,
    }
}
