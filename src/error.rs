//! The one table from an error to its HTTP status, its type and code, and its metric label.

use moecraft_engine::health::FailureClass;
use moecraft_engine::router::UnknownModel;
use moecraft_wire::hub::Unsupported;
use moecraft_wire::{Dialect, ErrorBody, WireError};
use thiserror::Error;

use crate::config::ConfigError;

/// Everything that can be wrong with a request, or with answering it.
#[derive(Debug, Error)]
pub enum ApiError {
    /// No key, or one that does not open the gateway.
    #[error("no valid API key: send `Authorization: Bearer <key>` or `x-api-key: <key>`")]
    Unauthorized,
    /// The key was revoked.
    #[error("this API key was revoked: ask the tenant's owner for a new one")]
    Revoked,
    /// The key is valid, but may not do this.
    #[error("this needs the admin key or an owner key of the tenant")]
    Forbidden,
    /// The body cannot be read.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The data-flow guard lets no model have the request.
    #[error("{message}")]
    Guard {
        /// What was found and where, and what to do: kinds and places, never values.
        message: String,
        /// The first place.
        place: Option<String>,
        /// The model that was refused, as the audit keeps it.
        model: Option<String>,
    },
    /// No model at hand can take something the request holds.
    #[error("no model at hand can take this request: {0}")]
    Unsupported(#[from] Unsupported),
    /// The prompt fits into no model at hand. The wording is the provider's own: clients that can
    /// shorten their conversation know it by these words.
    #[error("prompt is too long: {tokens} tokens > {maximum} maximum")]
    TooLong {
        /// Tokens of the prompt, as counted here.
        tokens: u32,
        /// The most that a model at hand can take.
        maximum: u32,
    },
    /// Every place that could answer is resting, after it had refused earlier requests.
    #[error("{provider} is not asked for now, because {}: try again in {retry_after} s", why.describe())]
    Resting {
        /// The provider that returns first.
        provider: String,
        /// What it had refused for.
        why: FailureClass,
        /// When it returns, seconds.
        retry_after: u64,
    },
    /// The body is longer than the gateway reads.
    #[error(
        "the request body is larger than {limit} bytes: shorten the conversation or send images by URL"
    )]
    TooLarge {
        /// The most bytes that are read.
        limit: usize,
    },
    /// A file or a batch that the tenant does not have.
    #[error("no such {0}: it was deleted, has expired, or never was")]
    NoSuch(String),
    /// The tenant's files and results take up all the room there is for them.
    #[error("there is no room for more files and batches: delete some that are done with")]
    Full,
    /// A field or query parameter has a value that cannot be used.
    #[error("{message}")]
    Field {
        /// Its name.
        field: String,
        /// What is wrong with it.
        message: String,
    },
    /// Nobody has a model of this name.
    #[error(transparent)]
    Model(#[from] UnknownModel),
    /// There is a model, but nothing that can be called serves this request.
    #[error("no model can serve this request: {0}")]
    NoCandidate(String),
    /// No such path.
    #[error("there is nothing at {0}; the paths are listed in the README")]
    NotFound(String),
    /// The tenant has made no such request.
    #[error(
        "there is no request {0} of this tenant: `request_id` is the header x-moecraft-request-id"
    )]
    UnknownRequest(String),
    /// Nobody can count this model's tokens.
    #[error("no provider that counts tokens serves the model {0}: estimate instead")]
    Uncounted(String),
    /// The path takes other methods.
    #[error("this path takes {allow}, not {method}")]
    Method {
        /// What it takes.
        allow: &'static str,
        /// What was sent.
        method: String,
    },
    /// The request was settled before under the same id.
    #[error("this request was made and settled before")]
    Spent,
    /// The object did not answer: nothing was reserved, nothing was called.
    #[error("the request could not be admitted and no model was called: try again")]
    NotAdmitted,
    /// Every candidate failed, and the quota of one that could have answered is used up.
    #[error("no upstream answered: {0}")]
    OutOfQuota(String),
    /// Every candidate failed; the last failure, in the upstream's words where it had any.
    #[error("no upstream answered: {message}")]
    Upstream {
        /// The status to give the client.
        status: u16,
        /// What the last upstream said.
        message: String,
    },
    /// The operator's settings cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A fault of the gateway.
    #[error("the gateway failed: {0}")]
    Internal(String),
}

struct Entry {
    status: u16,
    kind: &'static str,
    code: Option<&'static str>,
    label: &'static str,
}

impl ApiError {
    fn entry(&self) -> Entry {
        let (status, kind, code, label) = match self {
            Self::Unauthorized => (
                401,
                "authentication_error",
                Some("invalid_api_key"),
                "unauthorized",
            ),
            Self::Revoked => (
                401,
                "authentication_error",
                Some("revoked_api_key"),
                "revoked",
            ),
            Self::Forbidden => (403, "permission_error", Some("forbidden"), "forbidden"),
            Self::Guard { .. } => (403, "data_guard", Some("data_guard"), "data_guard"),
            Self::Wire(_) => (400, "invalid_request_error", None, "bad_request"),
            Self::Unsupported(_) => (
                400,
                "invalid_request_error",
                Some("unsupported"),
                "unsupported",
            ),
            Self::TooLong { .. } => (
                400,
                "invalid_request_error",
                Some("context_length_exceeded"),
                "too_long",
            ),
            Self::Resting { why, .. } => match why {
                FailureClass::OutOfQuota => (
                    429,
                    "insufficient_quota",
                    Some("insufficient_quota"),
                    "resting",
                ),
                FailureClass::RateLimited => (
                    429,
                    "rate_limit_error",
                    Some("rate_limit_exceeded"),
                    "resting",
                ),
                _ => (503, "server_error", Some("server_is_overloaded"), "resting"),
            },
            Self::TooLarge { .. } => (
                413,
                "invalid_request_error",
                Some("request_too_large"),
                "too_large",
            ),
            Self::NoSuch(_) => (404, "invalid_request_error", Some("not_found"), "no_such"),
            Self::Full => (
                413,
                "invalid_request_error",
                Some("storage_full"),
                "storage_full",
            ),
            Self::Field { .. } => (400, "invalid_request_error", None, "bad_field"),
            Self::Model(_) => (
                404,
                "invalid_request_error",
                Some("model_not_found"),
                "unknown_model",
            ),
            Self::NoCandidate(_) => (503, "server_error", Some("no_candidate"), "no_candidate"),
            Self::Uncounted(_) => (404, "invalid_request_error", Some("not_found"), "uncounted"),
            Self::UnknownRequest(_) => (
                404,
                "invalid_request_error",
                Some("not_found"),
                "unknown_request",
            ),
            Self::NotFound(_) => (404, "invalid_request_error", Some("not_found"), "not_found"),
            Self::Method { .. } => (
                405,
                "invalid_request_error",
                Some("method_not_allowed"),
                "bad_method",
            ),
            Self::Spent => (
                409,
                "invalid_request_error",
                Some("already_settled"),
                "spent",
            ),
            Self::NotAdmitted => (503, "server_error", Some("not_admitted"), "not_admitted"),
            Self::OutOfQuota(_) => (
                429,
                "insufficient_quota",
                Some("insufficient_quota"),
                "upstream_quota",
            ),
            Self::Upstream { status: 429, .. } => (
                429,
                "rate_limit_error",
                Some("rate_limit_exceeded"),
                "upstream_rate_limit",
            ),
            Self::Upstream { status: 404, .. } => (
                404,
                "invalid_request_error",
                Some("model_not_found"),
                "unknown_model",
            ),
            Self::Upstream {
                status: status @ 400..=499,
                ..
            } => (
                *status,
                "invalid_request_error",
                None,
                "upstream_bad_request",
            ),
            Self::Upstream { status, .. } => {
                (*status, "server_error", Some("upstream_failed"), "upstream")
            }
            Self::Config(_) => (500, "server_error", Some("misconfigured"), "config"),
            Self::Internal(_) => (500, "server_error", Some("internal"), "internal"),
        };
        Entry {
            status,
            kind,
            code,
            label,
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.entry().status
    }

    /// When to come back, seconds, where that is known.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Resting { retry_after, .. } => Some(*retry_after),
            _ => None,
        }
    }

    /// A name for metrics, out of a small fixed set.
    pub fn label(&self) -> &'static str {
        self.entry().label
    }

    /// The field at fault, where one is.
    pub fn param(&self) -> Option<&str> {
        match self {
            Self::Wire(error) => error.param(),
            Self::Field { field, .. } => Some(field),
            Self::Model(_) => Some("model"),
            Self::UnknownRequest(_) => Some("request_id"),
            Self::Guard { place, .. } => place.as_deref(),
            Self::Unsupported(unsupported) => Some(&unsupported.field),
            Self::TooLong { .. } => Some("messages"),
            _ => None,
        }
    }

    /// The body in the client's dialect.
    pub fn body(&self, dialect: Dialect, request_id: &str) -> String {
        let entry = self.entry();
        let error = ErrorBody {
            status: entry.status,
            message: &self.to_string(),
            kind: entry.kind,
            param: self.param(),
            code: entry.code,
        };
        dialect.error_body(&error, request_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_names_the_field() {
        let error = ApiError::Field {
            field: "limit".into(),
            message: "`limit` must be a whole number".into(),
        };
        assert_eq!(
            error.body(Dialect::Chat, ""),
            r#"{"error":{"code":null,"message":"`limit` must be a whole number","param":"limit","type":"invalid_request_error"}}"#
        );
    }

    #[test]
    fn an_upstream_s_rate_limit_stays_a_rate_limit() {
        let error = ApiError::Upstream {
            status: 429,
            message: String::new(),
        };
        assert_eq!(
            (error.status(), error.label()),
            (429, "upstream_rate_limit")
        );
    }
}
