//! What the Worker and the tenant's object say to one another: two calls a request.
//!
//! ```text
//! Worker ── Admission ──► object      before any model is called; durable when it answers
//! Worker ◄── Verdict ──── object
//! Worker ── Settlement ─► object      after the client has its answer; idempotent by id
//! ```
//!
//! The messages are JSON, because they cross a JavaScript call. Both are idempotent by the
//! request's id, so either may be sent again when the answer to it was lost. Only a few of their
//! fields are read at admission: what the ledger keeps of the decision travels as one raw value.

mod near;
mod snapshot;

use std::collections::BTreeMap;

use moecraft_catalog::Class;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::guard::Tier;
use crate::health::{Failure, Observation, Scope, Window};
use crate::money::Usage;
use crate::prompt::Rule;
use crate::router::LOCAL_PREFIX;
pub use near::{Confirmation, Hint, Near, Question};
pub use snapshot::{BlockedPlace, HalfOpenPlace, LocalModel, Own, Snapshot};
/// A model at a provider.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The provider, as targets name it.
    pub provider: String,
    /// The catalogue id.
    pub model: String,
}

/// A message from the Worker to the object.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// What is the policy? Asked when nothing can be planned under the one last seen.
    Policy(PolicyQuery),
    /// The guard has stopped this request.
    Block(Block),
    /// May this request be made?
    Admit(Admission),
    /// Is there an answer to the equal request that this one waits for?
    Follow(Admission),
    /// The client of this request has left while it waited for another: nothing was called.
    Withdraw(Admission),
    /// This is what it came to.
    Settle(Settlement),
}

/// Asks whether a snapshot is still true.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyQuery {
    /// The id inside the tenant key that asked.
    pub key_id: String,
    /// The version that the Worker has.
    pub snapshot: u64,
}

/// Tells of a request that the guard has stopped, to be on disk before the client is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// The request's id, a UUIDv7.
    pub id: String,
    /// When the Worker received it, Unix ms.
    pub at: u64,
    /// The id inside the tenant key that asked.
    pub key_id: String,
    /// The version of the [`Snapshot`] that it was stopped under, where a newer one might let it
    /// pass: then nothing is written.
    pub snapshot: Option<u64>,
    /// What was found, and whom it was for.
    pub note: AuditNote,
}

/// What the audit keeps of an event: never a part of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditNote {
    /// What happened.
    pub event: AuditEvent,
    /// The tier of the request.
    pub tier: Tier,
    /// The kinds of things that were found, each with how often.
    pub kinds: BTreeMap<String, u32>,
    /// The model it is about: refused, passed over, or given the request.
    pub model: Option<String>,
}

/// What the audit tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditEvent {
    /// A request was stopped.
    Block,
    /// A request was admitted that may go to a model by the owner's leave alone.
    Override,
    /// A request was admitted that may go to a model masked.
    Sanitise,
    /// The model that would have been first was passed over.
    Reroute,
    /// The tenant's policy was changed.
    Policy,
}

impl AuditEvent {
    /// The name in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Override => "override",
            Self::Sanitise => "sanitise",
            Self::Reroute => "reroute",
            Self::Policy => "policy",
        }
    }
}

/// Asks the object to let a request pass, and to hold the money for it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Admission {
    /// The request's id, a UUIDv7.
    pub id: String,
    /// When the Worker received it, Unix ms.
    pub at: u64,
    /// The id inside the tenant key that asked.
    pub key_id: String,
    /// The version of the [`Snapshot`] that the plan was made with.
    pub snapshot: u64,
    /// The model name as the client wrote it; withheld where the guard found something in it.
    pub requested: String,
    /// The first choice of the plan, as a catalogue id.
    pub model: String,
    /// That model's class.
    pub class: Class,
    /// Where it is called first.
    #[serde(default)]
    pub place: Place,
    /// The most this request can cost, nano-dollars: held against the budget until it settles.
    pub reserve: u64,
    /// What it is expected to cost, nano-dollars: recorded when no settlement ever comes.
    pub estimate: u64,
    /// What the estimated tokens would cost at the baseline model, nano-dollars.
    pub baseline: u64,
    /// Under which key an earlier answer may be replayed; none when it may not.
    pub replay: Option<Replay>,
    /// Whether the client asked for a stream.
    pub stream: bool,
    /// What the guard did about it, for the audit; of each event and model one at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<AuditNote>,
    /// Whether the choice of model was the router's.
    #[serde(default)]
    pub routed: bool,
    /// Until when its settlement is awaited, Unix ms, where that is longer than usual: a line of a
    /// provider's batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold_until: Option<u64>,
    /// By what it is known that a later request says something of this one's answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Trace>,
    /// Features, candidates, scores and the reason, as the history shows them.
    pub decision: Box<RawValue>,
}

/// Where in which conversation a request stands: keyed digests and counts, nothing of what is said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// Of the conversation.
    pub conversation: String,
    /// Of what the user asks; none where it is the results of tools that the request brings.
    pub question: Option<String>,
    /// The client says itself which conversation it is.
    #[serde(default)]
    pub named: bool,
    /// The length of the conversation, turns.
    pub turns: u32,
    /// The tool that the last answer called has failed.
    pub tool_failed: bool,
}

/// The conditions on which an earlier answer may be served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replay {
    /// The canonical key over all that can change the answer (see [`crate::surrogate`]).
    pub key: String,
    /// The oldest answer the client takes, ms; none means whatever the cache still holds.
    pub max_age_ms: Option<u64>,
    /// The client wants a new answer, which may be kept.
    #[serde(default)]
    pub anew: bool,
    /// The longest answer the client takes, tokens. It is no part of the key: an answer that ended by
    /// itself is the same under every bound that it stays within.
    #[serde(default)]
    pub max_output_tokens: Option<u32>,
    /// The models whose answers may be served: those that the plan aims at.
    #[serde(default)]
    pub models: Vec<String>,
    /// By what questions of the same meaning are found; none where none of their answers may be served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub near: Option<Near>,
}

/// The object's answer to an [`Admission`] or a [`PolicyQuery`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The reservation is on disk: call the model.
    Proceed,
    /// The same, and here is an earlier answer that may fit.
    Hint(Box<Hint>),
    /// An answer this tenant has paid for before; the ledger row is written already.
    Surrogate(Surrogate),
    /// An equal request is under way: its answer may serve this one. Nothing was written.
    Wait,
    /// There is nothing to wait for any more, or too many wait: ask for admission once more after this
    /// time. Nothing was written.
    Again {
        /// How long, ms.
        after_ms: u64,
    },
    /// The plan was made with an old policy. Nothing was written: decide again with this one.
    Stale(Box<Snapshot>),
    /// The policy asked about is still true; what was told of is written.
    Current,
    /// The key was revoked. Nothing was written.
    Revoked,
    /// This id was admitted and settled before. Nothing was written.
    Spent,
}

impl Verdict {
    /// Whether a model may be called.
    pub const fn proceeds(&self) -> bool {
        matches!(self, Self::Proceed | Self::Hint(_))
    }
}

/// An answer served without a model call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Surrogate {
    /// The stored answer, as JSON text: the hub's, or that of an embeddings endpoint.
    pub answer: String,
    /// The key it is stored under.
    pub key: String,
    /// The model that gave it.
    pub model: String,
    /// When it was given, Unix ms.
    pub created: u64,
    /// What the call would have cost at the baseline, nano-dollars: all of it saved.
    pub savings: u64,
    /// The probability that it fits, where it was given for another question of the same meaning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fits: Option<f64>,
}

/// The status in the ledger where a client left before its head: none was sent, and this is the one
/// that proxies write down.
pub const CLIENT_LEFT: u16 = 499;

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The client has the whole answer.
    Complete,
    /// The client left before the end; the upstream call was aborted.
    ClientLeft,
    /// The upstream broke off after the first byte had gone to the client.
    Cut,
    /// No candidate answered; the client has an error.
    Failed,
    /// An earlier answer was served.
    Surrogate,
    /// No settlement came before the reservation ran out: recorded at its estimate.
    Unsettled,
}

/// Where the token counts of a row come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsageSource {
    /// The provider's own figures.
    Reported,
    /// Counted here, because the provider's figures never came.
    Estimated,
}

/// Milliseconds spent in each phase, from the Worker's clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latency {
    /// Until the object admitted the request.
    pub admit_ms: u32,
    /// From admission to the first byte of the answer.
    pub first_byte_ms: u32,
    /// From the request's arrival to the end of the answer.
    pub total_ms: u32,
}

/// One candidate that was called, and how that went.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The catalogue id.
    pub model: String,
    /// The provider that was called.
    pub provider: String,
    /// Why it did not serve, or [`Attempt::OK`].
    pub result: String,
    /// What went wrong; none where it served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The provider's limits that are used up ([`crate::health::Limits::exhausted`]).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<Window>,
}

impl Attempt {
    /// The result of a candidate that served.
    pub const OK: &'static str = "ok";

    /// What this says of the place, for a request admitted at `admitted_ms` (Unix ms); none where
    /// it failed and nobody knows why.
    pub fn observation(&self, admitted_ms: u64) -> Option<Observation<'_>> {
        // The tenant's own machines share the name of a provider, and nothing else.
        let scope = |failure: Failure| match self.model.starts_with(LOCAL_PREFIX) {
            true => Scope::Model,
            false => failure.scope,
        };
        let failure = self.failure.map(|failure| Failure {
            scope: scope(failure),
            ..failure
        });
        (self.failure.is_some() || self.result == Self::OK).then_some(Observation {
            provider: &self.provider,
            model: &self.model,
            admitted_ms,
            failure,
            windows: &self.windows,
        })
    }
}

/// Tells the object what an admitted request came to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Settlement {
    /// The id it was admitted under.
    pub id: String,
    /// When it ended, Unix ms.
    pub at: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// The HTTP status the client got.
    pub status: u16,
    /// The catalogue id of the model that answered, or of the last one tried.
    pub model: String,
    /// That model's class.
    pub class: Class,
    /// The provider that was called.
    pub provider: String,
    /// Tokens, in disjoint buckets.
    pub usage: Usage,
    /// Who counted them.
    pub usage_source: UsageSource,
    /// What it cost, nano-dollars.
    pub cost: u64,
    /// What the same tokens, and those that were spared, would have cost at the baseline model,
    /// nano-dollars.
    pub baseline: u64,
    /// The price row that was applied.
    pub price_version: String,
    /// Time spent in each phase.
    pub latency: Latency,
    /// Every candidate called, in order.
    pub attempts: Vec<Attempt>,
    /// The answer to keep for later, where it may be replayed.
    pub fill: Option<Fill>,
    /// What was done about it after it was admitted, for the audit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<AuditNote>,
    /// The tokens that each rule of [`crate::prompt`] saved of what was sent, as counted here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tokens_saved: BTreeMap<Rule, u32>,
    /// What was saved otherwise than by the choice of model, nano-dollars; a part of the baseline less
    /// the cost.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub saved_by: BTreeMap<Saver, u64>,
    /// What came of asking cheap models first, where that was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cascade: Option<Cascaded>,
    /// What a model said of an earlier answer, where it was shown one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<Confirmation>,
}

/// What saves beside the choice of model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Saver {
    /// A provider's batch, at a lower price.
    Batches,
    /// A prompt that went out shorter.
    PromptOptimisation,
}

/// What came of asking cheap models first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Cascaded {
    /// The catalogue id of the model whose answer was in question.
    pub first: String,
    /// Whether the client has it.
    pub accepted: bool,
    /// How likely it was right, where that could be told.
    pub p: Option<f64>,
    /// Why it was not taken, where it was not weighed at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// An answer to keep in the surrogate cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fill {
    /// The canonical key.
    pub key: String,
    /// The answer as it is stored ([`Surrogate::answer`]).
    pub answer: String,
    /// What was asked, where the answer may serve questions of the same meaning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<Question>,
    /// Its own tokens, where those of the settlement are not: other calls were made, or a word has
    /// confirmed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}

/// The object's answer to a [`Settlement`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Receipt {
    /// The row is on disk.
    Recorded,
    /// The row was on disk before; nothing changed.
    Repeated,
    /// The row had been closed at its estimate and now holds the true figures.
    Corrected,
    /// No such reservation: nothing was admitted under this id.
    Unknown,
}

impl Settlement {
    /// How long the model took that answered, ms; none where it was not alone in being asked, or did not
    /// come to an end.
    pub fn answer_ms(&self) -> Option<u32> {
        let alone = matches!(self.attempts.as_slice(), [one] if one.result == Attempt::OK);
        // To confirm an answer takes no time, and that tells nothing of how long one takes.
        let told = self.confirmation.is_none();
        let whole = alone && told && self.outcome == Outcome::Complete;
        whole.then(|| self.latency.total_ms.saturating_sub(self.latency.admit_ms))
    }

    /// What the request says of each place it called: of several calls the last. A request that
    /// asks a place once more is one witness, not two.
    pub fn observations(&self, admitted_ms: u64) -> impl Iterator<Item = Observation<'_>> {
        let last = |(index, attempt): &(usize, &Attempt)| {
            let place = (&attempt.provider, &attempt.model);
            let mut later = self.attempts.iter().skip(index + 1);
            !later.any(|later| (&later.provider, &later.model) == place)
        };
        let attempts = self.attempts.iter().enumerate().filter(last);
        attempts.filter_map(move |(_, attempt)| attempt.observation(admitted_ms))
    }
}

#[cfg(test)]
mod tests;
