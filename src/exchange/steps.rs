//! The steps between the shell's events: plan, call, fail over, reply, settle.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use moecraft_catalog::Class;
use moecraft_engine::admission::{
    Attempt, Fill, Latency, Message, Outcome, Saver, Settlement, Surrogate, Trace, UsageSource,
};
use moecraft_engine::health::Failure;
use moecraft_engine::money::Usage;
use moecraft_engine::prompt::Optimise;
use moecraft_wire::Envelope;
use moecraft_wire::hub::{Answer, ToolNames};
use moecraft_wire::openai::embeddings;

use super::{Action, Exchange};
use crate::accounting::{self, Tariff};
use crate::asked::Door;
use crate::dispatch::{Changed, Target, outbound};
use crate::economy::Economy;
use crate::egress::Stopped;
use crate::error::ApiError;
use crate::guard::Inspected;
use crate::planning::{Known, Planned};
use crate::reply::Reply;
use crate::trace::Asker;
use crate::{sessions, snapshot, trace};

/// Whose answer is served or shown where it is not the same request's.
pub(super) const NEAR: &str = "an earlier answer to a question of the same meaning";
/// The end of the year 9999, Unix ms.
const LAST_DATE_MS: u64 = 253_402_300_799_000;

impl Exchange {
    /// Plans the request under the policy last seen.
    pub(super) fn replan(&mut self) -> Action {
        let Some(asked) = &self.asked else {
            return self.refuse(&ApiError::Internal("a plan without a request".into()));
        };
        let policy = snapshot::of(&self.tenant);
        let Some(inspected) = self.inspected.take() else {
            return self.refuse(&ApiError::Internal("a plan without a body".into()));
        };
        let inspected = &*self.inspected.insert(inspected.under(policy.clone()));
        let session = self.session.as_deref();
        let session = session.and_then(|key| sessions::warm(key, self.at));
        let known = Known {
            snapshot: &policy,
            refused: &snapshot::refused(&self.tenant, self.at),
            session: session.as_ref(),
            inspected,
            now: self.at,
            bounds: self.bounds,
            seed: self.seed,
        };
        match Planned::of(asked, &self.config, &known) {
            Ok(planned) => {
                self.replay = planned.replay(asked, inspected, &self.client);
                // The lines of a batch are kept for days, and few are like one another in meaning alone.
                if let Some(replay) = self.replay.as_mut().filter(|_| self.line.is_some()) {
                    replay.near = None;
                }
                self.planned = Some(planned);
                self.unplanned = None;
            }
            // The true policy may know better: the object is asked before the client is refused.
            Err(error) => self.unplanned = Some(error),
        }
        Action::Admit
    }

    pub(super) fn call_current(&mut self) -> Action {
        self.drop_shown_where_masked();
        let (Some(asked), Some(target), Some(inspected)) =
            (&self.asked, self.target(), &self.inspected)
        else {
            return self.refuse(&ApiError::Internal("a call without a plan".into()));
        };
        let changed = Changed {
            unsigned: self.tries.unsigned,
            sequel: self.aside.sequel(),
        };
        let economy = self.economy(inspected);
        let call = outbound(target, asked, inspected, &self.client, &economy, changed);
        let mut call = match call {
            Ok(call) => call,
            Err(stopped) => {
                self.call = None;
                if self.is_confirming() {
                    return self.ask_plainly("not to be shown to it", self.at);
                }
                return match stopped {
                    Stopped::Withheld => self.withheld(),
                    Stopped::Unsupported(unsupported) => self.cannot(&unsupported),
                };
            }
        };
        // Written anew, a request of the same dialect loses what only its own bytes hold.
        let loses = target.dialect == self.door.dialect() && !call.left_out.is_empty();
        if loses && self.is_confirming() {
            return self.ask_plainly("not to be shown beside all that is asked", self.at);
        }
        if target.endpoint.is_none() {
            call.headers
                .extend(["x-moecraft-request-id".to_owned(), self.id.clone()]);
        }
        self.call = Some(call);
        self.stream = None;
        self.limits = Default::default();
        self.limit_headers.clear();
        Action::Call
    }

    pub(super) fn target(&self) -> Option<&Target> {
        self.planned.as_ref()?.target(self.tries.current)
    }

    pub(super) fn target_mut(&mut self) -> Option<&mut Target> {
        let current = self.tries.current;
        self.planned.as_mut()?.target_mut(current)
    }

    /// Where in which conversation the request stands.
    pub(super) fn trace(&self) -> Option<Trace> {
        // The lines of a batch are no conversation, whatever they have in common.
        if self.line.is_some() {
            return None;
        }
        let secret = self.config.key_secrets.first()?;
        let asked = self.asked.as_ref()?;
        let asker = Asker {
            tenant: &self.tenant,
            key_id: &self.key_id,
            session: self.session.as_deref(),
        };
        trace::of(secret, asker, asked)
    }

    /// What may be done for the request. A session whose prompt a provider's cache holds goes on as it
    /// was sent until then, unless less is to be changed from now on.
    fn economy(&self, inspected: &Inspected) -> Economy {
        let settings = inspected.routing();
        let session = self.session.as_deref();
        let warm = session.and_then(|key| sessions::warm(key, self.at));
        let as_before = warm.map_or(Optimise::Lossy, |session| session.optimise);
        Economy {
            optimise: settings.optimise.min(as_before),
            cache_marks: settings.cache_marks,
            session: session.is_some(),
            conversation: self.trace().map(|trace| trace.conversation),
        }
    }

    pub(super) fn tariff(&self, target: &Target) -> Tariff {
        let tariff = Tariff::of(&target.model, target.class, self.at);
        match self.goes_in_batch(target) {
            true => tariff.in_batch(),
            false => tariff,
        }
    }

    /// Notes how the current target did.
    pub(super) fn note(&mut self, result: &str, failure: Option<&Failure>) {
        let Some(target) = self.target() else { return };
        let attempt = Attempt {
            model: target.model.clone(),
            provider: target.provider.clone(),
            result: result.to_owned(),
            failure: failure.copied(),
            windows: self.limits.exhausted(),
        };
        self.tries.attempts.push(attempt);
    }

    pub(super) fn note_ok(&mut self) {
        // That a provider has done its batches says nothing of how it answers now.
        let batched = self
            .target()
            .is_some_and(|target| self.goes_in_batch(target));
        self.note(if batched { "batch" } else { Attempt::OK }, None);
    }

    /// Whether a translated answer shows the client its thinking. A model that has to be sent its
    /// reasoning back needs a client that keeps it.
    pub(super) fn shows_thinking(&self) -> bool {
        let replayed = self
            .target()
            .is_some_and(|target| target.profile.replays_reasoning);
        self.asked
            .as_ref()
            .is_some_and(|asked| asked.thinking || replayed && asked.tool_use)
    }

    /// What the writers of an answer need to know beyond it.
    pub(super) fn envelope(&self, now: u64) -> Envelope {
        Envelope {
            id: self.id.clone(),
            model: self
                .target()
                .map_or_else(String::new, |target| target.profile.name.clone()),
            created: now / 1000,
            include_usage: self.asked.as_ref().is_none_or(|asked| asked.include_usage),
            tools: self
                .call
                .as_ref()
                .map_or_else(ToolNames::default, |call| call.tools.clone()),
        }
    }

    /// An answer to `POST /v1/embeddings`.
    pub(super) fn embedded(&mut self, body: &[u8], now: u64) -> Action {
        if !embeddings::is_answer(body) {
            return self.unreadable("it is no list of embeddings", now);
        }
        self.first_byte_at = now;
        self.note_ok();
        let (usage, source) = match embeddings::read_usage(body) {
            Some(usage) => (accounting::usage(&usage), UsageSource::Reported),
            None => (self.counted(""), UsageSource::Estimated),
        };
        let fill = self.replay.as_ref().and_then(|replay| {
            let answer = String::from_utf8(body.to_vec()).ok()?;
            let key = replay.key.clone();
            Some(Fill {
                key,
                answer,
                question: None,
                usage: None,
            })
        });
        let (cost, savings) = self.settle(Outcome::Complete, 200, usage, source, fill, now);
        let reply =
            Reply::new(200, "application/json", &self.id).with_money(cost, savings, "actual");
        self.respond(reply)
    }

    pub(super) fn serve_surrogate(&mut self, surrogate: &Surrogate, now: u64) -> Action {
        let Some((content_type, body)) = self.written_again(surrogate) else {
            return self.refuse(&ApiError::Internal(
                "a stored answer is not readable".into(),
            ));
        };
        let reason = match surrogate.fits {
            None => "an earlier answer to the same request",
            Some(_) => NEAR,
        };
        let reply = Reply::new(200, content_type, &self.id)
            .with("x-moecraft-reason", reason)
            .with("x-moecraft-model", &surrogate.model)
            .with("x-moecraft-class", Class::Surrogate.as_str());
        let reply = told_of(reply, surrogate, now)
            .with_money(0, surrogate.savings as i64, "actual")
            .with_body(Some(body.into_bytes()));
        self.reply = self.tiered(reply);
        Action::Respond
    }

    /// A stored answer in the form that the client asked for, with its content type.
    fn written_again(&self, surrogate: &Surrogate) -> Option<(&'static str, String)> {
        if self.door == Door::Embeddings {
            return Some(("application/json", surrogate.answer.clone()));
        }
        let answer: Answer = serde_json::from_str(&surrogate.answer).ok()?;
        let asked = self.asked.as_ref()?;
        let client = self.door.dialect();
        let envelope = Envelope {
            id: self.id.clone(),
            model: answer.model.clone(),
            created: surrogate.created / 1000,
            include_usage: asked.include_usage,
            tools: ToolNames::default(),
        };
        if !asked.stream {
            return Some(("application/json", client.write_answer(&answer, &envelope)));
        }
        let (mut writer, mut out) = (client.writer(envelope), String::new());
        for event in answer.events() {
            writer.push(&event, &mut out);
        }
        Some(("text/event-stream", out))
    }

    /// An error for the client, before any model was called.
    pub(super) fn refuse(&mut self, error: &ApiError) -> Action {
        self.reply = self.tiered(Reply::error(error, self.door.dialect(), &self.id));
        Action::Respond
    }

    /// The usage counted here, in the vocabulary of the model that was called.
    pub(super) fn counted(&self, text: &str) -> Usage {
        let model = self.target().map_or("", |target| target.model.as_str());
        let asked = self.asked.as_ref();
        let tokens = asked.map_or(0, |asked| asked.features.tokens_at(model));
        let saved = self.call.iter().flat_map(|call| call.saved.values()).sum();
        let shown = self.aside.shown.as_ref().map_or(0, |shown| shown.tokens);
        let tokens = tokens.saturating_sub(saved).saturating_add(shown);
        accounting::counted(tokens, text, model)
    }

    /// What is kept of an answer, to be served again: nothing where anything is wrong with it.
    pub(super) fn fill(&self, answer: impl FnOnce() -> Option<Answer>) -> Option<Fill> {
        let replay = self.replay.as_ref().filter(|_| !self.is_confirming())?;
        let (planned, target) = (self.planned.as_ref()?, self.target()?);
        if !planned.aimed_at(target) {
            return None;
        }
        let answer = answer().filter(Answer::is_whole_text)?;
        if !self.is_sound(&answer) {
            return None;
        }
        let answer = serde_json::to_string(&answer).ok()?;
        let question = replay.near.as_ref().map(|near| near.question.clone());
        self.may_keep(&answer).then(|| Fill {
            key: replay.key.clone(),
            answer,
            question,
            usage: self.aside.alone,
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
        let answered = matches!(outcome, Outcome::Complete | Outcome::Cut);
        if let Some(key) = self.session.as_deref().filter(|_| answered) {
            let optimise = self
                .call
                .as_ref()
                .map_or(Optimise::Off, |call| call.optimise);
            let tokens = usage.prompt() + usage.output;
            sessions::remember(key, &target.model, tokens, optimise, now);
        }
        let tariff = self.tariff(target);
        let spared = match outcome {
            Outcome::Failed => BTreeMap::new(),
            _ => self
                .call
                .as_ref()
                .map(|call| call.saved.clone())
                .unwrap_or_default(),
        };
        let tokens = spared.values().copied().fold(0, u32::saturating_add);
        let alone = accounting::unspared(self.aside.alone(&usage), tokens);
        let baseline = accounting::baseline(&alone, self.at);
        let saved_by = self.saved_by(target, &usage, tokens);
        let (usage, cost) = self.aside.total(&usage, tariff.cost(&usage));
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
            price_version: tariff.version(),
            latency: Latency {
                admit_ms: since(self.at, self.admitted_at),
                first_byte_ms: since(self.admitted_at, self.first_byte_at),
                total_ms: since(self.at, now),
            },
            attempts: self.tries.attempts.clone(),
            fill,
            notes: std::mem::take(&mut self.notes),
            tokens_saved: spared,
            saved_by,
            cascade: self.aside.cascaded.clone(),
            confirmation: self.aside.confirmation.clone(),
        };
        self.settlement = serde_json::to_string(&Message::Settle(settlement)).ok();
        (cost, baseline as i64 - cost as i64)
    }

    /// What was saved at a target otherwise than by choosing it, where so many tokens were left out.
    fn saved_by(&self, target: &Target, usage: &Usage, spared: u32) -> BTreeMap<Saver, u64> {
        let (tariff, whole) = (self.tariff(target), accounting::unspared(usage, spared));
        let at_once = Tariff::of(&target.model, target.class, self.at);
        let shorter = tariff.cost(&whole).saturating_sub(tariff.cost(usage));
        let batched = at_once.cost(usage).saturating_sub(tariff.cost(usage));
        [
            (Saver::PromptOptimisation, shorter),
            (Saver::Batches, batched),
        ]
        .into_iter()
        .filter(|(_, saved)| *saved > 0)
        .collect()
    }

    /// Replies, and says in the headers which model answered and why. Where the head has gone out
    /// already, the stream has its say instead.
    pub(super) fn respond(&mut self, reply: Reply) -> Action {
        let reply = self.tiered(reply);
        let (Some(planned), Some(target)) = (&self.planned, self.target()) else {
            self.reply = reply;
            return Action::Respond;
        };
        let mut reason = planned.plan.reason.clone();
        let attempts = self.tries.attempts.iter();
        for attempt in attempts.filter(|attempt| attempt.result != "ok") {
            let Attempt {
                model,
                provider,
                result,
                ..
            } = attempt;
            reason.push_str(&format!("; {model} at {provider}: {result}"));
        }
        for remark in &self.aside.remarks {
            reason.push_str("; ");
            reason.push_str(remark);
        }
        let mut reply = reply
            .with("x-moecraft-model", &target.model)
            .with("x-moecraft-class", target.class.as_str())
            .with("x-moecraft-reason", &reason);
        if target.dialect == self.door.dialect() {
            reply = reply.with_all(&self.limit_headers);
        }
        let left_out = self.call.as_ref().map_or(&[][..], |call| &call.left_out);
        if !left_out.is_empty() {
            reply = reply.with("x-moecraft-left-out", &left_out.join(", "));
        }
        self.reply = reply;
        Action::Respond
    }
}

/// The reply with what is known of the stored answer in it.
pub(super) fn told_of(reply: Reply, surrogate: &Surrogate, now: u64) -> Reply {
    let age = now.saturating_sub(surrogate.created) / 1000;
    let reply = reply
        .with("x-moecraft-surrogate-age", &age.to_string())
        .with("x-moecraft-surrogate-date", &http_date(surrogate.created))
        .with("x-moecraft-surrogate-key", &surrogate.key);
    match surrogate.fits {
        Some(fits) => reply.with("x-moecraft-surrogate-fits", &format!("{fits:.4}")),
        None => reply,
    }
}

/// A time as headers write it, Unix ms; none of them knows a year beyond 9999.
fn http_date(ms: u64) -> String {
    let since = Duration::from_millis(ms.min(LAST_DATE_MS));
    httpdate::fmt_http_date(UNIX_EPOCH + since)
}
