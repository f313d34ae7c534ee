//! What an upstream's failure means: may another target help, may the same one be asked again, and
//! should it be left alone for a while.

use serde::{Deserialize, Serialize};

use super::limits::Limits;
use super::refusal::Refusal;
use super::times::period_ms;

/// A wait longer than this is no rate limit but the end of a quota, ms. Clients wait through a
/// shorter one unseen, and end their turn at a longer one.
pub(super) const LONGEST_RATE_LIMIT_MS: u64 = 60_000;

/// What went wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// A passing fault: no connection, or a server error.
    Retryable,
    /// Too many requests or tokens in a short time.
    RateLimited,
    /// A quota is used up, or there is no money left.
    OutOfQuota,
    /// The provider has more to do than it can.
    Overloaded,
    /// The prompt does not fit into this model.
    ContextTooLong,
    /// The provider does not answer such content.
    RefusedByPolicy,
    /// The request is wrong in itself.
    InvalidRequest,
    /// The gateway's own key is not accepted, or not for this.
    Auth,
    /// The provider does not have this model, or not for this kind of call.
    ModelNotFound,
    /// No first byte came in time.
    TimeoutFirstByte,
    /// An answer that had begun stood still or broke off.
    Idle,
    /// What came is no answer.
    Unreadable,
}

impl FailureClass {
    /// Whether another target may help, as long as nothing has gone to the client. A request that
    /// is wrong would be refused again; one refused for its content is not offered around.
    pub fn fails_over(self) -> bool {
        !matches!(self, Self::InvalidRequest | Self::RefusedByPolicy)
    }

    /// Whether the same target may be asked once more at once.
    pub fn retries(self) -> bool {
        matches!(self, Self::Retryable | Self::Overloaded)
    }

    /// Whether it is about the place, which is then left alone; all others are about the request.
    pub fn blocks(self) -> bool {
        !matches!(
            self,
            Self::ContextTooLong
                | Self::RefusedByPolicy
                | Self::InvalidRequest
                | Self::ModelNotFound
        )
    }

    /// The same in words, to be put behind a provider's name and a colon.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Retryable => "it fails",
            Self::RateLimited => "its rate limit is reached",
            Self::OutOfQuota => "its quota is used up",
            Self::Overloaded => "it is overloaded",
            Self::ContextTooLong => "the prompt does not fit into its context",
            Self::RefusedByPolicy => "it does not answer such content",
            Self::InvalidRequest => "it does not take the request",
            Self::Auth => "it refused the gateway's own key",
            Self::ModelNotFound => "it does not have the model",
            Self::TimeoutFirstByte => "it does not answer in time",
            Self::Idle => "its answers break off",
            Self::Unreadable => "its answers are not readable",
        }
    }

    /// What it is about, where nothing more is known.
    pub fn scope(self) -> Scope {
        match self {
            Self::OutOfQuota | Self::Auth => Scope::Provider,
            _ => Scope::Model,
        }
    }
}

/// How far a failure reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Every model of the provider.
    Provider,
    /// The model that was called, at this provider.
    Model,
}

/// One failed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What went wrong.
    pub class: FailureClass,
    /// How long the provider says to wait, ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// How far it reaches.
    pub scope: Scope,
    /// Whether the same target may be asked once more at once.
    pub retries: bool,
}

impl Failure {
    /// A failure of which no more is known than its class.
    pub fn new(class: FailureClass) -> Self {
        Self {
            class,
            retry_after_ms: None,
            scope: class.scope(),
            retries: class.retries(),
        }
    }

    /// No connection to a provider: none of its models can be reached.
    pub fn unreachable() -> Self {
        Self {
            scope: Scope::Provider,
            ..Self::new(FailureClass::Retryable)
        }
    }
}

/// Types and codes, and what they mean. Of an error's two words the code is the more exact.
const WORDS: &[(&str, FailureClass)] = &[
    // Anthropic
    ("contract_spend_limit_reached", FailureClass::OutOfQuota),
    ("enforced_spend_limit_reached", FailureClass::OutOfQuota),
    (
        "linked_organization_billing_unavailable",
        FailureClass::OutOfQuota,
    ),
    ("organization_on_hold", FailureClass::OutOfQuota),
    ("billing_error", FailureClass::OutOfQuota),
    ("ramp_limit_exceeded", FailureClass::RateLimited),
    ("rate_limit_error", FailureClass::RateLimited),
    ("compaction_unavailable", FailureClass::Overloaded),
    ("overloaded_error", FailureClass::Overloaded),
    ("authentication_error", FailureClass::Auth),
    ("permission_error", FailureClass::Auth),
    ("not_found_error", FailureClass::ModelNotFound),
    ("request_too_large", FailureClass::ContextTooLong),
    ("timeout_error", FailureClass::Retryable),
    // OpenAI
    ("insufficient_quota", FailureClass::OutOfQuota),
    ("credit_balance_exhausted", FailureClass::OutOfQuota),
    (
        "organization_usage_limit_exceeded",
        FailureClass::OutOfQuota,
    ),
    ("billing_hard_limit_reached", FailureClass::OutOfQuota),
    ("billing_not_active", FailureClass::OutOfQuota),
    ("usage_limit_reached", FailureClass::OutOfQuota),
    ("usage_not_included", FailureClass::OutOfQuota),
    ("rate_limit_exceeded", FailureClass::RateLimited),
    ("server_is_overloaded", FailureClass::Overloaded),
    ("context_length_exceeded", FailureClass::ContextTooLong),
    ("content_policy_violation", FailureClass::RefusedByPolicy),
    ("content_policy", FailureClass::RefusedByPolicy),
    ("content_filter", FailureClass::RefusedByPolicy),
    ("invalid_prompt", FailureClass::RefusedByPolicy),
    ("invalid_api_key", FailureClass::Auth),
    ("account_deactivated", FailureClass::Auth),
    ("model_not_found", FailureClass::ModelNotFound),
    // llama.cpp
    ("exceed_context_size_error", FailureClass::ContextTooLong),
    ("unavailable_error", FailureClass::Overloaded),
    ("not_supported_error", FailureClass::ModelNotFound),
    // Moonshot
    ("exceeded_current_quota_error", FailureClass::OutOfQuota),
    ("engine_overloaded_error", FailureClass::Overloaded),
    // DashScope
    (FREE_TIER_USED, FailureClass::OutOfQuota),
    ("Arrearage", FailureClass::OutOfQuota),
    ("Throttling.AllocationQuota", FailureClass::RateLimited),
    ("Throttling.RateQuota", FailureClass::RateLimited),
    // The guard of an agent
    ("prohibited", FailureClass::RefusedByPolicy),
    // Google
    ("UNAVAILABLE", FailureClass::Overloaded),
];

/// DashScope's code for a model whose free requests are used up. Each model has its own.
const FREE_TIER_USED: &str = "AllocationQuota.FreeTierOnly";
/// Google's word for every limit, be it of a minute, of a day or of money.
const GOOGLE_LIMIT: &str = "RESOURCE_EXHAUSTED";

/// Messages that say what type and code do not, by how they begin.
const BEGINNINGS: &[(&str, FailureClass)] = &[
    // Anthropic
    ("prompt is too long", FailureClass::ContextTooLong),
    (
        "input length and `max_tokens` exceed context limit",
        FailureClass::ContextTooLong,
    ),
    ("your credit balance is too low", FailureClass::OutOfQuota),
    (
        "you have reached your specified api usage limits",
        FailureClass::OutOfQuota,
    ),
    // OpenAI, and servers that speak like it
    (
        "this model's maximum context length",
        FailureClass::ContextTooLong,
    ),
    ("you exceeded your current quota", FailureClass::OutOfQuota),
    (
        "the request exceeds the available context size",
        FailureClass::ContextTooLong,
    ),
];

/// What says, wherever it stands in a message, that a prompt is too long.
const TOO_LONG: &[&str] = &[
    "maximum context length is",
    "exceeded model token limit",
    "range of input length",
    "prompt is too long",
];
/// The room for a prompt, and what is said of it when it is too small: neither alone says so.
const ROOM: &[&str] = &["context length", "context window", "input token count"];
const TOO_SMALL: &[&str] = &[
    "exceed",
    "too long",
    "too large",
    "longer than",
    "larger than",
];

/// What an upstream's error means at `now` (Unix ms).
pub fn classify(refusal: &Refusal, limits: &Limits, now: u64) -> Failure {
    // An error inside a stream comes with status 200; some write the true one as the code.
    let status = match refusal.status {
        status @ ..400 => refusal.error_code.parse().unwrap_or(status),
        status => status,
    };
    let class = by_word(&refusal.error_code, status)
        .or_else(|| google_limit(refusal))
        .or_else(|| by_beginning(&refusal.message, status))
        .or_else(|| by_mention(&refusal.message, status))
        .or_else(|| by_word(&refusal.error_type, status))
        .unwrap_or_else(|| by_status(status));
    let ruling = limits.ruling();
    let resets = ruling.iter().filter_map(|window| window.reset_ms);
    let reset_ms = refusal.resets_ms.or(resets.max());
    let told_ms = limits
        .retry_after_ms
        .or(reset_ms.map(|reset| reset.saturating_sub(now)))
        .or_else(|| said_ms(&refusal.message));
    let spent = !ruling.is_empty()
        || limits.should_retry == Some(false)
        || told_ms > Some(LONGEST_RATE_LIMIT_MS);
    let class = match class {
        FailureClass::RateLimited if spent => FailureClass::OutOfQuota,
        class => class,
    };
    let of_one_model = !ruling.is_empty() && ruling.iter().all(|w| w.scope() == Scope::Model);
    let scope = match class {
        FailureClass::OutOfQuota if of_one_model || refusal.error_code == FREE_TIER_USED => {
            Scope::Model
        }
        // A key that is good for other models may be refused for this one.
        FailureClass::Auth if status == 403 => Scope::Model,
        class => class.scope(),
    };
    Failure {
        class,
        retry_after_ms: told_ms.filter(|_| class.blocks()),
        scope,
        retries: class.retries() && limits.should_retry != Some(false),
    }
}

fn by_word(word: &str, status: u16) -> Option<FailureClass> {
    match (word, status) {
        ("slow_down", 503) => return Some(FailureClass::Overloaded),
        ("slow_down", _) => return Some(FailureClass::RateLimited),
        // The types of nearly every error at some: where there is a status, that says more.
        ("invalid_request_error", ..400) => return Some(FailureClass::InvalidRequest),
        ("server_error" | "api_error", ..400) => return Some(FailureClass::Retryable),
        _ => {}
    }
    // Whose limit it is stands before, and what happened to it behind.
    if word.contains("spend_limit") {
        return Some(FailureClass::OutOfQuota);
    }
    let known = WORDS.iter().find(|(known, _)| *known == word);
    known.map(|(_, class)| *class)
}

fn by_beginning(message: &str, status: u16) -> Option<FailureClass> {
    let known = |(beginning, _): &&(&str, FailureClass)| {
        let start = message.get(..beginning.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(beginning))
    };
    let found = BEGINNINGS.iter().find(known).filter(|_| status < 500);
    found.map(|(_, class)| *class)
}

/// Google says of any limit that the quota is exceeded and names the billing page. A wait that is
/// short tells the limits of a minute, but not where the message names the day.
fn google_limit(refusal: &Refusal) -> Option<FailureClass> {
    if refusal.error_type != GOOGLE_LIMIT {
        return None;
    }
    let message = refusal.message.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    let soon = said_ms(&refusal.message).is_some_and(|wait| wait <= LONGEST_RATE_LIMIT_MS);
    let spent = says(&["quota"]) && (says(&["per day"]) || says(&["billing"]) && !soon);
    Some(match spent {
        true => FailureClass::OutOfQuota,
        false => FailureClass::RateLimited,
    })
}

/// Prompts that are too long, in other providers' words. What stands in quotation marks is the
/// client's text and says nothing.
fn by_mention(message: &str, status: u16) -> Option<FailureClass> {
    if !matches!(status, 400 | 413 | 422) {
        return None;
    }
    let own: String = message.split('"').step_by(2).collect();
    let own = own.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| own.contains(word));
    (says(TOO_LONG) || says(ROOM) && says(TOO_SMALL)).then_some(FailureClass::ContextTooLong)
}

fn by_status(status: u16) -> FailureClass {
    match status {
        401 | 403 | 407 => FailureClass::Auth,
        402 => FailureClass::OutOfQuota,
        404 | 501 => FailureClass::ModelNotFound,
        408 | 409 | 425 => FailureClass::Retryable,
        413 => FailureClass::ContextTooLong,
        429 => FailureClass::RateLimited,
        529 => FailureClass::Overloaded,
        400..500 => FailureClass::InvalidRequest,
        500.. => FailureClass::Retryable,
        ..400 => FailureClass::Unreadable,
    }
}

/// The wait that a message names, ms: "Please try again in 1.5s." or "Please retry in 1.5s."
fn said_ms(message: &str) -> Option<u64> {
    let leads = ["try again in ", "retry in "].into_iter();
    let (_, rest) = leads.filter_map(|lead| message.split_once(lead)).next()?;
    let mut words = rest.split_whitespace();
    let wait = words.next()?.trim_end_matches(['.', ',']);
    let has_unit = wait.ends_with(|c: char| c.is_ascii_alphabetic());
    let in_seconds = words.next().is_some_and(|word| word.starts_with("second"));
    (has_unit || in_seconds).then(|| period_ms(wait)).flatten()
}

#[cfg(test)]
mod tests;
