//! One model call, as a state machine without I/O.
//!
//! The shell (`src/shell/exchange.js`) asks [`Exchange::action`] what to do, does it, and tells the
//! outcome; the outcome's method gives the next action. No clock, no sockets, no promises in here:
//! time comes in with each event.
//!
//! 1. the key is verified before the body is read;
//! 2. the body is read into what it asks ([`Asked`]) and planned ([`Planned`]);
//! 3. the object admits it, or serves an earlier answer, or sends a newer policy: then plan again;
//! 4. the candidates are called in turn until one begins to answer;
//! 5. the answer goes to the client, and what it came to is settled.

mod steps;

use std::rc::Rc;

use moecraft_engine::admission::{
    Admission, Attempt, Message, Outcome, PolicyQuery, Replay, UsageSource, Verdict,
};
use moecraft_engine::features::Features;
use moecraft_engine::router::Plan;
use moecraft_wire::openai::{Answer, replay_stream};
use serde::Serialize;
use serde_json::value::RawValue;
use wasm_bindgen::prelude::*;

use crate::accounting::{self};
use crate::config::{self, Config};
use crate::dispatch::{Failure, Outbound, header_object};
use crate::error::ApiError;
use crate::planning::{Asked, Planned};
use crate::reply::{self, Reply};
use crate::stream::{AnswerStream, Beginning, Opening};
use crate::{auth, snapshot};

/// The longest request body, bytes.
const MAX_BODY: usize = 16 << 20;
/// The longest answer that is not a stream, bytes.
const MAX_ANSWER: usize = 32 << 20;
/// How much of an error body is read, bytes.
const MAX_ERROR: usize = 64 << 10;
/// How often a plan is made anew because the policy has changed meanwhile.
const MAX_REPLANS: u8 = 3;

/// What the shell does next.
#[wasm_bindgen]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Read the body, up to `limit`; then `received` or `too_large`.
    Read,
    /// Send `message` to the object of `tenant`; then `admitted` or `not_admitted`.
    Admit,
    /// Make the call; then `refused`, `answered`, `began` or `failed`.
    Call,
    /// Move the stream to the client; then `ended`.
    Relay,
    /// Send the response; then `settlement`.
    Respond,
    /// Read more of the stream: its first event is not whole yet.
    ReadOn,
}

/// What went wrong with a call, as the shell sees it.
#[wasm_bindgen]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No connection, or it broke before the answer began.
    Unreachable,
    /// Nothing came in time.
    Timeout,
    /// The answer is longer than the gateway reads.
    Oversize,
}

/// What the history keeps of a decision.
#[derive(Serialize)]
struct Decision<'a> {
    #[serde(flatten)]
    plan: &'a Plan,
    features: &'a Features,
}

/// One model call.
#[wasm_bindgen]
pub struct Exchange {
    config: Rc<Config>,
    tenant: String,
    key_id: String,
    cache_control: Option<String>,
    id: String,
    at: u64,
    body: Vec<u8>,
    asked: Option<Asked>,
    planned: Option<Planned>,
    replay_key: Option<String>,
    replans: u8,
    /// Why nothing could be planned under the policy last seen.
    unplanned: Option<ApiError>,
    /// Which of the plan's targets is being called.
    current: usize,
    attempts: Vec<Attempt>,
    call: Option<Outbound>,
    opening: Opening,
    stream: AnswerStream,
    admitted_at: u64,
    first_byte_at: u64,
    reply: Reply,
    settlement: Option<String>,
    action: Action,
}

#[wasm_bindgen]
impl Exchange {
    /// Opens a call: who asks?
    #[wasm_bindgen(constructor)]
    pub fn new(
        authorization: Option<String>,
        api_key: Option<String>,
        cache_control: Option<String>,
        now: f64,
    ) -> Self {
        let at = now as u64;
        let mut exchange = Self {
            config: Rc::default(),
            tenant: String::new(),
            key_id: String::new(),
            cache_control,
            id: String::new(),
            at,
            body: Vec::new(),
            asked: None,
            planned: None,
            replay_key: None,
            replans: 0,
            unplanned: None,
            current: 0,
            attempts: Vec::new(),
            call: None,
            opening: Opening::default(),
            stream: AnswerStream::default(),
            admitted_at: at,
            first_byte_at: 0,
            reply: Reply::default(),
            settlement: None,
            action: Action::Read,
        };
        let opened = config::current()
            .map_err(ApiError::from)
            .and_then(|config| {
                exchange.id = reply::request_id(at)?;
                let presented = auth::bearer(authorization.as_deref(), api_key.as_deref());
                let key = auth::verify(&config, presented)?;
                (exchange.tenant, exchange.key_id) = (key.tenant, key.key_id);
                exchange.config = config;
                Ok(())
            });
        exchange.action = match opened {
            Err(error) => exchange.refuse(&error),
            Ok(()) => Action::Read,
        };
        exchange
    }

    /// What to do next.
    pub fn action(&self) -> Action {
        self.action
    }

    /// The longest body to read, bytes.
    pub fn limit(&self) -> u32 {
        MAX_BODY as u32
    }

    /// The body is longer than `limit`.
    pub fn too_large(&mut self) -> Action {
        self.refuse(&ApiError::TooLarge { limit: MAX_BODY })
    }

    /// The body, whole.
    pub fn received(&mut self, body: Vec<u8>) -> Action {
        self.body = body;
        match Asked::read(&self.body) {
            Ok(asked) => {
                self.asked = Some(asked);
                self.replan()
            }
            Err(error) => self.refuse(&error.into()),
        }
    }

    /// The tenant whose object is asked.
    pub fn tenant(&self) -> String {
        self.tenant.clone()
    }

    /// The message for the object: the admission, or a question about the policy.
    pub fn message(&self) -> String {
        let snapshot = snapshot::of(&self.tenant).version;
        if self.unplanned.is_some() {
            let query = PolicyQuery {
                key_id: self.key_id.clone(),
                snapshot,
            };
            return serde_json::to_string(&Message::Policy(query)).unwrap_or_default();
        }
        let (Some(asked), Some(planned)) = (&self.asked, &self.planned) else {
            return String::new();
        };
        let Some(first) = planned.targets.first() else {
            return String::new();
        };
        let tokens = asked.features.prompt_tokens;
        let bound = asked.max_output_tokens;
        let expected = accounting::expected(tokens, bound);
        let tariffs = planned.targets.iter().map(|target| self.tariff(target));
        let worst = tariffs
            .map(|tariff| tariff.worst_case(tokens, bound, asked.answers))
            .max();
        let decision = Decision {
            plan: &planned.plan,
            features: &asked.features,
        };
        let decision = serde_json::value::to_raw_value(&decision)
            .unwrap_or_else(|_| RawValue::NULL.to_owned());
        let admission = Admission {
            id: self.id.clone(),
            at: self.at,
            key_id: self.key_id.clone(),
            snapshot,
            requested: asked.requested.clone(),
            model: first.model.clone(),
            class: first.class,
            reserve: worst.unwrap_or(0),
            estimate: self.tariff(first).cost(&expected),
            baseline: accounting::baseline(&expected, self.at),
            replay: self.replay_key.clone().map(|key| Replay {
                key,
                max_age_ms: self.cache_control.as_deref().and_then(max_age_ms),
            }),
            stream: asked.stream,
            decision,
        };
        serde_json::to_string(&Message::Admit(admission)).unwrap_or_default()
    }

    /// The object could not be reached.
    pub fn not_admitted(&mut self) -> Action {
        self.refuse(&ApiError::NotAdmitted)
    }

    /// The object's verdict.
    pub fn admitted(&mut self, verdict: &str, now: f64) -> Action {
        self.admitted_at = now as u64;
        match serde_json::from_str(verdict) {
            Ok(Verdict::Proceed) => self.call_current(),
            Ok(Verdict::Surrogate(surrogate)) => self.serve_surrogate(&surrogate, now as u64),
            Ok(Verdict::Stale(newer)) => {
                snapshot::remember(&self.tenant, newer);
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

    /// Where to call.
    pub fn url(&self) -> Option<String> {
        self.call.as_ref().map(|call| call.url.clone())
    }

    /// The call's headers, as a JSON object.
    pub fn call_headers(&self) -> String {
        header_object(self.call.as_ref().map_or(&[], |call| &call.headers))
    }

    /// The call's body; none is the client's own.
    pub fn payload(&mut self) -> Option<Vec<u8>> {
        self.call.as_mut().and_then(|call| call.payload.take())
    }

    /// Whether the call goes through the tenant's object to an agent.
    pub fn tunnelled(&self) -> bool {
        self.target()
            .is_some_and(|target| target.endpoint.is_none())
    }

    /// Where a call through the tunnel is given up.
    pub fn cancel_url(&self) -> String {
        format!("https://orchestrator/cancel/{}", self.id)
    }

    /// How long the call may take to begin its answer, ms.
    pub fn deadline_ms(&self) -> u32 {
        match self.asked.as_ref().is_some_and(|asked| asked.stream) {
            true => self.config.deadlines.first_byte,
            false => self.config.deadlines.answer,
        }
    }

    /// How long a stream may stand still, ms.
    pub fn idle_ms(&self) -> u32 {
        self.config.deadlines.idle
    }

    /// How long the whole of a stream may take, ms.
    pub fn stream_ms(&self) -> u32 {
        self.config.deadlines.stream
    }

    /// How much of an error body to read, bytes.
    pub fn error_limit(&self) -> u32 {
        MAX_ERROR as u32
    }

    /// How much of an answer to read, bytes.
    pub fn answer_limit(&self) -> u32 {
        MAX_ANSWER as u32
    }

    /// The upstream answered with an error status.
    pub fn refused(
        &mut self,
        status: u16,
        body: Vec<u8>,
        retry_after: Option<String>,
        now: f64,
    ) -> Action {
        let failure = Failure::status(status, &body);
        if failure.may_fail_over() {
            return self.fail_over(failure, retry_after, now as u64);
        }
        // The request itself is at fault: the upstream's own words help the client most.
        self.note(&failure.label());
        self.settle_failed(status, now as u64);
        let reply = match is_error_object(&body) {
            true => Reply::new(status, "application/json", &self.id).with_body(Some(body)),
            false => {
                let message = failure.describe();
                Reply::error(&ApiError::Upstream { status, message }, &self.id)
            }
        };
        self.respond(reply)
    }

    /// The call failed before an answer came.
    pub fn failed(&mut self, fault: Fault, now: f64) -> Action {
        let failure = match fault {
            Fault::Unreachable => Failure::Unreachable,
            Fault::Timeout => Failure::Timeout,
            Fault::Oversize => Failure::Unreadable(format!("it is longer than {MAX_ANSWER} bytes")),
        };
        self.fail_over(failure, None, now as u64)
    }

    /// An answer that is not a stream, whole.
    pub fn answered(&mut self, body: Vec<u8>, now: f64) -> Action {
        let now = now as u64;
        let Some(answer) = Answer::parse(&body) else {
            return self.fail_over(
                Failure::Unreadable("it is no chat completion".into()),
                None,
                now,
            );
        };
        self.first_byte_at = now;
        self.note("ok");
        let (usage, source) = match &answer.usage {
            Some(counts) => (accounting::usage(counts), UsageSource::Reported),
            None => (self.counted(&answer.text), UsageSource::Estimated),
        };
        let fill = self.fill(|| {
            answer
                .whole_text
                .then(|| String::from_utf8(body.clone()).ok())
                .flatten()
        });
        let (cost, savings) = self.settle(Outcome::Complete, 200, usage, source, fill, now);
        // An upstream that ignores `stream` gets its answer cut into the stream the client expects.
        let asked = self.asked.as_ref();
        let streamed = asked.filter(|asked| asked.stream).and_then(|asked| {
            let text = std::str::from_utf8(&body).ok()?;
            replay_stream(text, &self.id, now / 1000, asked.include_usage)
        });
        let content_type = match streamed {
            Some(_) => "text/event-stream",
            None => "application/json",
        };
        let reply = Reply::new(200, content_type, &self.id)
            .with_body(streamed.map(String::into_bytes))
            .with_money(cost, savings, "actual");
        self.respond(reply)
    }

    /// The first bytes of a stream, as they come; `ended` when no more will.
    pub fn began(&mut self, first: &[u8], ended: bool, now: f64) -> Action {
        match self.opening.judge(first, ended) {
            Beginning::Unclear => return Action::ReadOn,
            Beginning::Error(error) => {
                let failure = Failure::Unreadable(error.chars().take(300).collect());
                return self.fail_over(failure, None, now as u64);
            }
            Beginning::Answer => {}
        }
        self.first_byte_at = now as u64;
        self.note("ok");
        let (show_usage, tokens, bound) = self.asked.as_ref().map_or((true, 0, None), |asked| {
            (
                asked.include_usage,
                asked.features.prompt_tokens,
                asked.max_output_tokens,
            )
        });
        self.stream = AnswerStream::new(show_usage);
        let expected = accounting::expected(tokens, bound);
        let cost = self
            .target()
            .map_or(0, |target| self.tariff(target).cost(&expected));
        let savings = accounting::baseline(&expected, self.at) as i64 - cost as i64;
        let reply = Reply::new(200, "text/event-stream", &self.id)
            .with("cache-control", "no-cache")
            .with_money(cost, savings, "estimate");
        self.respond(reply);
        Action::Relay
    }

    /// Whether the stream's chunks go through [`Self::edit`], or may pass untouched.
    pub fn edits(&self) -> bool {
        self.stream.edits()
    }

    /// A chunk on its way to the client; gives what the client is to see of it.
    pub fn edit(&mut self, chunk: &[u8]) -> Vec<u8> {
        self.stream.edit(chunk)
    }

    /// Whether the stream cannot be read on: the copy ends here.
    pub fn broken(&self) -> bool {
        self.stream.is_broken()
    }

    /// Bytes that went to the client as they were.
    pub fn observe(&mut self, bytes: &[u8]) {
        self.stream.observe(bytes);
    }

    /// What still has to be written before the client's stream is closed.
    pub fn last_words(&self) -> Option<Vec<u8>> {
        self.stream.last_words()
    }

    /// The stream is over; gives the settlement. `delivered`: the client took it to the end.
    pub fn ended(&mut self, delivered: bool, now: f64) -> Option<String> {
        let outcome = match (self.stream.is_whole(), delivered) {
            (true, _) => Outcome::Complete,
            (false, true) => Outcome::Cut,
            (false, false) => Outcome::ClientLeft,
        };
        let reader = self.stream.reader();
        let (usage, source) = match reader.usage() {
            Some(counts) => (accounting::usage(&counts), UsageSource::Reported),
            None => (self.counted(reader.text()), UsageSource::Estimated),
        };
        let fill = self.fill(|| self.stream.reader().completion());
        self.settle(outcome, 200, usage, source, fill, now as u64);
        self.settlement.take()
    }

    /// The response's status.
    pub fn status(&self) -> u16 {
        self.reply.status
    }

    /// The response's headers, as a JSON object.
    pub fn headers(&self) -> String {
        self.reply.headers()
    }

    /// The response's body; none is the upstream's answer as it came.
    pub fn body(&mut self) -> Option<Vec<u8>> {
        self.reply.body.take()
    }

    /// The settlement to deliver, where the request was admitted and is not settled yet.
    pub fn settlement(&mut self) -> Option<String> {
        self.settlement.take()
    }
}

/// Whether an upstream's error body is in OpenAI's form.
fn is_error_object(body: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(body).is_ok_and(|body| body["error"].is_object())
}

/// The `max-age` of a `cache-control` header, as ms.
fn max_age_ms(header: &str) -> Option<u64> {
    header.split(',').find_map(|directive| {
        let (name, value) = directive.trim().split_once('=')?;
        let seconds: u64 = value.trim().parse().ok()?;
        name.eq_ignore_ascii_case("max-age")
            .then(|| seconds.saturating_mul(1000))
    })
}
