//! One model call, as a state machine without I/O.
//!
//! The shell (`src/shell/exchange.js`) asks [`Exchange::action`] what to do, does it, and tells the
//! outcome; the outcome's method gives the next action. No clock, no sockets, no promises in here:
//! time comes in with each event.
//!
//! 1. the key is verified before the body is read;
//! 2. the body is read into what it asks ([`Asked`]), examined ([`Inspected`]) and planned
//!    ([`Planned`]);
//! 3. the object admits it, or serves an earlier answer, or has it wait for an equal request, or sends a
//!    newer policy: then plan again;
//! 4. the candidates are called in turn until one begins to answer;
//! 5. the answer goes to the client, and what it came to is settled.

mod admission;
mod cascade;
mod confirm;
mod failover;
mod gate;
mod line;
mod steps;
mod streaming;
mod whole;

use std::collections::BTreeMap;
use std::rc::Rc;

use moecraft_engine::admission::{AuditNote, Replay};
use moecraft_engine::health::Limits;
use moecraft_engine::router::Bounds;
use moecraft_wire::Dialect;
use wasm_bindgen::prelude::*;

use crate::asked::{Asked, Door};
use crate::config::{self, Config};
use crate::dispatch::{Outbound, header_object};
use crate::egress::Cleared;
use crate::error::ApiError;
use crate::guard::Inspected;
use crate::planning::Planned;
use crate::reply::{self, Reply};
use crate::stream::AnswerStream;
use crate::{auth, bounds, sessions, snapshot};
use failover::Tries;
use line::Line;
use whole::Aside;

/// The longest request body, bytes: Anthropic's own limit, which agents with images come near.
const MAX_BODY: usize = 32 << 20;
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
    /// Wait, by the object, for the answer to an equal request; then `admitted` or `not_followed`.
    Follow,
    /// Make the call; then `refused`, `answered`, `began` or `failed`.
    Call,
    /// Wait for `wait_ms`, then `waited`.
    Wait,
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

/// One model call.
#[wasm_bindgen]
pub struct Exchange {
    config: Rc<Config>,
    door: Door,
    tenant: String,
    key_id: String,
    /// The request's headers that matter here, by lower-case name.
    client: BTreeMap<String, String>,
    /// The session the request belongs to, where the client names one.
    session: Option<String>,
    id: String,
    at: u64,
    /// The body, and what the guard says of it.
    inspected: Option<Inspected>,
    asked: Option<Asked>,
    planned: Option<Planned>,
    /// On what conditions an earlier answer may be served, and under which key this one kept.
    replay: Option<Replay>,
    /// It waits for the answer to an equal request.
    following: bool,
    /// It waits to ask for admission again.
    readmits: bool,
    /// It was admitted, to be answered by a model.
    proceeds: bool,
    /// What the client allows the request to take.
    bounds: Bounds,
    /// The number drawn for the request, by which it may explore.
    seed: Option<u64>,
    replans: u8,
    /// Why nothing could be planned under the policy last seen, or called after all.
    unplanned: Option<ApiError>,
    /// What the guard did after the request was admitted.
    notes: Vec<AuditNote>,
    /// The request was admitted before the guard stopped it: another policy changes nothing.
    stopped_late: bool,
    tries: Tries,
    aside: Aside,
    call: Option<Outbound>,
    /// What the current upstream's headers say of its limits.
    limits: Limits,
    /// Those headers themselves, for a client that speaks the upstream's dialect.
    limit_headers: BTreeMap<String, String>,
    stream: Option<AnswerStream>,
    /// The client has its head: what goes wrong from here is told inside the stream.
    committed: bool,
    admitted_at: u64,
    first_byte_at: u64,
    reply: Reply,
    settlement: Option<String>,
    /// Which line of a batch it answers, where it is no client's own request.
    line: Option<Line>,
    action: Action,
}

impl Exchange {
    /// A call of which nothing is known yet.
    fn blank(door: Door, at: u64) -> Self {
        Self {
            config: Rc::default(),
            door,
            tenant: String::new(),
            key_id: String::new(),
            client: BTreeMap::new(),
            session: None,
            id: String::new(),
            at,
            inspected: None,
            asked: None,
            planned: None,
            replay: None,
            following: false,
            readmits: false,
            proceeds: false,
            bounds: Bounds::default(),
            seed: None,
            replans: 0,
            unplanned: None,
            notes: Vec::new(),
            stopped_late: false,
            tries: Tries::default(),
            aside: Aside::default(),
            call: None,
            limits: Limits::default(),
            limit_headers: BTreeMap::new(),
            stream: None,
            committed: false,
            admitted_at: at,
            first_byte_at: 0,
            reply: Reply::default(),
            settlement: None,
            line: None,
            action: Action::Read,
        }
    }
}

#[wasm_bindgen]
impl Exchange {
    /// Opens a call: who asks? `headers` is a JSON object of those request headers that matter.
    #[wasm_bindgen(constructor)]
    pub fn new(door: Door, headers: &str, now: f64) -> Self {
        let at = now as u64;
        let mut exchange = Self {
            client: serde_json::from_str(headers).unwrap_or_default(),
            ..Self::blank(door, at)
        };
        let opened = config::current()
            .map_err(ApiError::from)
            .and_then(|config| {
                exchange.id = reply::request_id(at)?;
                exchange.seed = Some(reply::seed()?);
                let header = |name| exchange.client.get(name).map(String::as_str);
                let presented = auth::bearer(header("authorization"), header("x-api-key"));
                let key = auth::verify(&config, presented)?;
                (exchange.tenant, exchange.key_id) = (key.tenant, key.key_id);
                exchange.bounds = bounds::read(&exchange.client)?;
                exchange.session = sessions::key(&exchange.tenant, &exchange.client);
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

    /// Whether the client wants a stream.
    pub fn streams(&self) -> bool {
        self.asked.as_ref().is_some_and(|asked| asked.stream)
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
        match Asked::read(self.door, &body) {
            Ok(asked) => {
                let terms = self.terms(&asked);
                self.inspected = Some(Inspected::of(body, snapshot::of(&self.tenant), terms));
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

    /// Where to call.
    pub fn url(&self) -> String {
        let call = self.call.as_ref();
        call.map_or_else(String::new, |call| call.url.clone())
    }

    /// The call's headers, as a JSON object.
    pub fn call_headers(&self) -> String {
        header_object(self.call.as_ref().map_or(&[], |call| &call.headers))
    }

    /// The call's body, as the gate has let it through; none where it is not written anew.
    pub fn payload(&self) -> Option<Vec<u8>> {
        self.cleared()?.written().map(<[u8]>::to_vec)
    }

    /// Whether the gate lets the client's own bytes through as they came.
    pub fn may_send_own(&self) -> bool {
        self.cleared().is_some_and(Cleared::is_own)
    }

    /// Whether the call goes through the tenant's object to an agent.
    pub fn tunnelled(&self) -> bool {
        self.target()
            .is_some_and(|target| target.endpoint.is_none())
    }

    /// The Worker's binding to call in place of a URL, where the provider is reached by one.
    pub fn binding(&self) -> Option<String> {
        self.target()?.endpoint.as_ref()?.binding.clone()
    }

    /// The name the place knows the model by.
    pub fn upstream_name(&self) -> String {
        let target = self.target();
        target.map_or_else(String::new, |target| target.profile.name.clone())
    }

    /// Where a call through the tunnel is given up.
    pub fn cancel_url(&self) -> String {
        format!("https://orchestrator/cancel/{}", self.id)
    }

    /// How long the call may take to begin its answer, ms.
    pub fn deadline_ms(&self) -> u32 {
        match self.streams() {
            // A model that thinks first may take long to say the word.
            true if !self.is_confirming() => self.config.deadlines.first_byte,
            _ => self.config.deadlines.answer,
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

    /// How long to wait before the call is made once more, ms.
    pub fn wait_ms(&self) -> u32 {
        self.tries.wait_ms()
    }

    /// After how much silence the client gets `keep_alive`, ms.
    pub fn keep_alive_ms(&self) -> u32 {
        self.config.deadlines.keep_alive
    }

    /// A sign of life that the client heeds; `begun` once it has seen any of the stream.
    pub fn keep_alive(&self, begun: bool) -> String {
        let sign = match (self.door.dialect(), begun) {
            // Codex counts comments as silence, and the official clients break on every event of a
            // response but those of its own. OpenAI's sign of life they all take, once the
            // response is created; before that they take nothing but comments.
            (Dialect::Responses, true) => "event: keepalive\ndata: {\"type\":\"keepalive\"}\n\n",
            (Dialect::Responses, false) => ": keep-alive\n\n",
            (dialect, _) => dialect.keep_alive(),
        };
        sign.to_owned()
    }

    /// The headers of the upstream's answer that tell of its limits, as a JSON object.
    pub fn told_limits(&mut self, headers: &str, now: f64) {
        self.limit_headers = serde_json::from_str(headers).unwrap_or_default();
        let pairs = self.limit_headers.iter();
        self.limits = Limits::parse(pairs.map(|(n, v)| (n.as_str(), v.as_str())), now as u64);
    }

    /// An answer that is not a stream, whole.
    pub fn answered(&mut self, body: Vec<u8>, now: f64) -> Action {
        let now = now as u64;
        if self.door == Door::Embeddings {
            return self.embedded(&body, now);
        }
        let Some(target) = self.target() else {
            return self.refuse(&ApiError::Internal("an answer without a call".into()));
        };
        let Some(answer) = target.dialect.read_answer(&body) else {
            return self.unreadable("it is no answer of the API that was called", now);
        };
        let told = self.take(answer, Some(body));
        self.first_byte_at = now;
        if self.is_probing() {
            return self.probed(told, now);
        }
        self.note_ok();
        if self.is_confirming() {
            return self.confirm(told, now);
        }
        self.revise(told, now)
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
