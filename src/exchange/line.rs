//! A line of a batch, as an exchange: the same reading, guard, plan, admission and price as a
//! request that somebody waits for.
//!
//! ```text
//! Exchange::line ─► received ─► admitted ─► batched: into a submission, answered hours later
//!                                       └► not: called at once, like any request
//! Exchange::sent ─► answered | line_refused         once the provider's batch has ended
//! ```

use moecraft_catalog::catalog;
use moecraft_engine::batch::{Came, Kept, LineWork, Outcome};
use moecraft_engine::guard::{Access, Tier};
use moecraft_engine::router::{Candidate, Plan};
use moecraft_wire::{Dialect, anthropic, openai};
use wasm_bindgen::prelude::*;

use super::failover::Tries;
use super::{Action, Exchange};
use crate::asked::{Asked, Door};
use crate::batches::batch_access;
use crate::config;
use crate::dispatch::{self, Target, dialect_of};
use crate::error::ApiError;
use crate::guard::{self, Inspected, Terms};
use crate::planning::{Known, Planned, outlay};
use crate::reply::Reply;
use crate::snapshot;

/// How often a line is tried while everybody is busy.
const MAX_TRIES: u32 = 8;
/// Why a model was asked that was asked in a batch.
const SENT: &str = "sent in a batch";
/// The path of Anthropic's requests.
const MESSAGES: &str = "/v1/messages";

/// What makes an exchange a line's.
#[derive(Debug)]
pub(super) struct Line {
    work: LineWork,
    /// Its provider has had it in a batch.
    sent: bool,
}

/// The door that a path of batches stands for.
fn door(endpoint: &str) -> Option<Door> {
    match openai::batch::Endpoint::of(endpoint) {
        Some(openai::batch::Endpoint::Chat) => Some(Door::Chat),
        Some(openai::batch::Endpoint::Responses) => Some(Door::Responses),
        Some(openai::batch::Endpoint::Embeddings) => Some(Door::Embeddings),
        None => (endpoint == MESSAGES).then_some(Door::Messages),
    }
}

#[wasm_bindgen]
impl Exchange {
    /// Opens the exchange of a line that is to be planned. Its key was verified when the batch came.
    pub fn line(work: &str, now: f64) -> Exchange {
        Self::of_line(work, now as u64, false)
    }

    /// Opens the exchange of a line that its provider has done with.
    pub fn sent(work: &str, body: Vec<u8>, now: f64) -> Exchange {
        let mut exchange = Self::of_line(work, now as u64, true);
        if exchange.action == Action::Read
            && let Err(error) = exchange.as_sent(body)
        {
            exchange.action = exchange.refuse(&error);
        }
        exchange
    }

    /// The key under which an equal request's answer would do, where one would.
    pub fn replay(&self) -> Option<String> {
        self.replay.as_ref().map(|replay| replay.key.clone())
    }

    /// Whether the call that is to be made can be a line of the provider's own batch. Where it cannot,
    /// it is made at once, and so are those that failing over leads to.
    pub fn batched(&mut self) -> bool {
        let batched = self.cleared_line().is_some();
        if let Some(line) = self.line.as_mut().filter(|_| !batched) {
            line.work.ordinary = true;
        }
        batched
    }

    /// How the line is sent, for the object to keep.
    pub fn kept(&self) -> String {
        let (Some(planned), Some(target)) = (&self.planned, self.target()) else {
            return String::new();
        };
        let kept = Kept {
            model: target.model.clone(),
            provider: target.provider.clone(),
            path: self.upstream_path(target).to_owned(),
            policy: planned.policy,
            replay: self.replay.clone(),
            at: self.at,
        };
        serde_json::to_string(&kept).unwrap_or_default()
    }

    /// The provider has answered the line with an error.
    pub fn line_refused(&mut self, status: u16, body: Vec<u8>, now: f64) {
        let now = now as u64;
        self.note(&format!("batch: status {status}"), None);
        let same = self
            .target()
            .is_some_and(|target| target.dialect == self.door.dialect());
        self.settle_failed(status, now);
        let reply = match same {
            true => Reply::new(status, "application/json", &self.id).with_body(Some(body)),
            false => {
                let message = "the provider could not answer it in its batch".to_owned();
                let error = ApiError::Upstream { status, message };
                Reply::error(&error, self.door.dialect(), &self.id)
            }
        };
        self.respond(reply);
    }

    /// What has come of the line, as JSON; `whole` is the upstream's answer, where it goes on as it
    /// came.
    pub fn came(&mut self, whole: Option<Vec<u8>>) -> String {
        let Some(line) = &self.line else {
            return String::new();
        };
        let status = self.reply.status;
        let passing = matches!(status, 408 | 429 | 500..=504 | 529);
        let came = if passing && line.work.tries < MAX_TRIES {
            Came::Again {
                wait_ms: self.reply.retry_after_ms(),
                ordinary: line.sent || line.work.ordinary,
            }
        } else {
            let body = self.reply.body.take().or(whole).unwrap_or_default();
            let ok = status == 200;
            let text = match self.door {
                Door::Messages => anthropic::batch::result_line(&line.work.custom_id, ok, &body),
                Door::Chat | Door::Responses | Door::Embeddings => {
                    openai::batch::result_line(&line.work.custom_id, &self.id, status, &body)
                }
            };
            Came::Done {
                outcome: if ok {
                    Outcome::Succeeded
                } else {
                    Outcome::Errored
                },
                text,
            }
        };
        serde_json::to_string(&came).unwrap_or_default()
    }
}

impl Exchange {
    fn of_line(work: &str, now: u64, sent: bool) -> Self {
        let work: LineWork = serde_json::from_str(work).unwrap_or_default();
        let found = door(&work.endpoint);
        let at = work.kept.as_ref().map_or(now, |kept| kept.at);
        let mut exchange = Self {
            tenant: work.tenant.clone(),
            key_id: work.key_id.clone(),
            id: work.id.clone(),
            client: work.client.clone(),
            ..Self::blank(found.unwrap_or(Door::Chat), at)
        };
        exchange.admitted_at = at;
        exchange.line = Some(Line { work, sent });
        let config = config::current().map_err(ApiError::from);
        match (config, found) {
            (Ok(config), Some(_)) => exchange.config = config,
            (Err(error), _) => exchange.action = exchange.refuse(&error),
            (Ok(_), None) => {
                let error = ApiError::Internal("a line without an endpoint".into());
                exchange.action = exchange.refuse(&error);
            }
        }
        exchange
    }

    /// Takes the line up where it was sent: to whom, and in which dialect, is known.
    fn as_sent(&mut self, body: Vec<u8>) -> Result<(), ApiError> {
        let lost = |what: &str| ApiError::Internal(format!("a line's {what} is gone"));
        let kept = self.line.as_ref().and_then(|line| line.work.kept.clone());
        let kept = kept.ok_or_else(|| lost("target"))?;
        let asked = Asked::read(self.door, &body)?;
        let snapshot = snapshot::of(&self.tenant);
        let terms = self.terms(&asked);
        let inspected = Inspected::of(body, snapshot.clone(), terms);
        let known = Known {
            snapshot: &snapshot,
            refused: &[],
            session: None,
            inspected: &inspected,
            now: self.at,
            bounds: Default::default(),
            seed: None,
        };
        let planned = Planned::as_sent(&kept, &asked, &self.config, &known);
        self.planned = Some(planned.ok_or_else(|| lost("provider"))?);
        self.replay = kept.replay;
        (self.asked, self.inspected) = (Some(asked), Some(inspected));
        self.tries = Tries::of(1, false);
        // Made anew for what it says of the request, not to be sent.
        self.call_current();
        Ok(())
    }

    /// Whether it is a line that its provider has had in a batch.
    pub(super) fn was_sent(&self) -> bool {
        self.line.as_ref().is_some_and(|line| line.sent)
    }

    /// What a placeholder of this request is made with.
    pub(super) fn terms(&self, asked: &Asked) -> Terms {
        let secret = self.config.key_secrets.first();
        Terms {
            nonce: guard::nonce(
                secret.map(Vec::as_slice).unwrap_or_default(),
                &self.tenant,
                self.session.as_deref().unwrap_or(&asked.opening),
            ),
        }
    }

    /// Whether this target takes the request in a batch, at its price. One of tier 0 is asked at once:
    /// a batch is a file that lies at the provider. So is one that is masked: what the placeholders
    /// stand for is never written down.
    pub(super) fn goes_in_batch(&self, target: &Target) -> bool {
        let Some(line) = &self.line else { return false };
        let clearance = self.inspected.as_ref().map(Inspected::clearance);
        let may_lie = clearance.is_some_and(|clearance| {
            clearance.tier != Tier::Prohibited
                && clearance.access(&target.recipient()) == Access::Whole
        });
        (line.sent || may_lie && !line.work.ordinary) && batch_access(target, self.at).is_some()
    }

    /// Until when a line that goes to this target first is waited for.
    pub(super) fn hold_until(&self, target: &Target) -> Option<u64> {
        let line = self.line.as_ref()?;
        self.goes_in_batch(target).then_some(line.work.hold_until)
    }

    /// The path under the provider's base URL.
    pub(crate) fn upstream_path(&self, target: &Target) -> &'static str {
        match self.door {
            Door::Embeddings => "/embeddings",
            _ => target.dialect.path(),
        }
    }

    /// The current target, with the body that the gate has let through to it.
    pub(crate) fn cleared_line(&self) -> Option<(&Target, &[u8], &[String])> {
        let target = self.target().filter(|target| self.goes_in_batch(target))?;
        let call = self.call.as_ref()?;
        if call.body.table().is_some() {
            return None;
        }
        let own = self.inspected.as_ref().map(Inspected::body);
        let body = match call.body.is_own() {
            true => own?,
            false => call.body.written()?,
        };
        Some((target, body, &call.headers))
    }

    /// When it was planned, Unix ms.
    pub(crate) fn at(&self) -> u64 {
        self.at
    }

    /// The number of the line in its batch.
    pub(crate) fn line_number(&self) -> Option<u32> {
        self.line.as_ref().map(|line| line.work.line)
    }
}

impl Planned {
    /// The plan that a line was sent by.
    fn as_sent(
        kept: &Kept,
        asked: &Asked,
        config: &config::Config,
        known: &Known<'_>,
    ) -> Option<Self> {
        let model = catalog().model(&kept.model)?;
        let dialect = dialect_of(&kept.path).unwrap_or(Dialect::Chat);
        let candidate = Candidate::listed(model, SENT);
        let candidates = std::slice::from_ref(&candidate);
        let mut targets = dispatch::targets(candidates, asked.door, config, known);
        targets.retain(|target| target.provider == kept.provider);
        targets.truncate(1);
        for target in &mut targets {
            target.dialect = dialect;
        }
        let clearance = known.inspected.clearance();
        let plan = Plan::only(
            candidate,
            SENT.to_owned(),
            &clearance,
            &outlay(asked, known),
        );
        (!targets.is_empty()).then_some(Self {
            plan,
            targets,
            probes: Vec::new(),
            policy: kept.policy,
        })
    }
}
