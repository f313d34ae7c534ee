//! What a client is told: files, batches, and the lines of their results.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::input::{Endpoint, LineError};
use crate::json;

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "object", rename = "file")]
pub struct File<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its length.
    pub bytes: u64,
    /// Unix seconds.
    pub created_at: u64,
    /// When it is deleted, Unix seconds.
    pub expires_at: u64,
    /// The name it was given.
    pub filename: &'a str,
    /// `batch` or `batch_output`.
    pub purpose: &'a str,
    /// `processed`: a field of old that clients still read.
    pub status: &'static str,
}

/// What a batch has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Its input cannot be used.
    Failed,
    /// Requests are answered.
    InProgress,
    /// Its time is up; what was sent is waited for.
    Finalizing,
    /// All results are there.
    Completed,
    /// It ended because its time was up.
    Expired,
    /// It was cancelled; what was sent is waited for.
    Cancelling,
    /// It ended because it was cancelled.
    Cancelled,
}

/// What is wrong with the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// For programs.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// The field at fault.
    pub param: Option<String>,
    /// The line, counted from 1.
    pub line: Option<u32>,
}

impl Fault {
    /// What is wrong with this line, counted from 1.
    pub fn of(error: &LineError, line: u32) -> Self {
        Self {
            code: error.code.to_owned(),
            message: error.message.clone(),
            param: error.param.map(str::to_owned),
            line: Some(line),
        }
    }
}

/// A batch. Times are Unix seconds.
#[derive(Debug, Clone)]
pub struct Batch<'a> {
    /// Its id.
    pub id: &'a str,
    /// What its requests are sent to.
    pub endpoint: Endpoint,
    /// What it has come to.
    pub status: Status,
    /// What is wrong with its input.
    pub faults: &'a [Fault],
    /// The file with its requests.
    pub input_file_id: &'a str,
    /// The file with the answers, once there is one.
    pub output_file_id: Option<&'a str>,
    /// The file with the errors, once there is one.
    pub error_file_id: Option<&'a str>,
    /// When it was made.
    pub created_at: u64,
    /// When its time is up.
    pub expires_at: u64,
    /// When it was asked to be cancelled.
    pub cancelling_at: Option<u64>,
    /// When it ended.
    pub ended_at: Option<u64>,
    /// All its requests, those answered, and those that were not.
    pub counts: (u64, u64, u64),
    /// The client's own notes.
    pub metadata: Option<BTreeMap<String, String>>,
}

impl Batch<'_> {
    /// The object as a client gets it.
    pub fn to_value(&self) -> Value {
        let ended = |status| self.ended_at.filter(|_| self.status == status);
        let (total, completed, failed) = self.counts;
        let errors =
            (!self.faults.is_empty()).then(|| json!({"object": "list", "data": self.faults}));
        json!({
            "id": self.id,
            "object": "batch",
            "endpoint": self.endpoint.as_str(),
            "errors": errors,
            "input_file_id": self.input_file_id,
            "completion_window": "24h",
            "status": self.status,
            "output_file_id": self.output_file_id,
            "error_file_id": self.error_file_id,
            "created_at": self.created_at,
            "in_progress_at": (self.status != Status::Failed).then_some(self.created_at),
            "expires_at": self.expires_at,
            "finalizing_at": (self.status == Status::Finalizing).then_some(self.expires_at).or(self.ended_at.filter(|_| self.status != Status::Failed)),
            "completed_at": ended(Status::Completed),
            "failed_at": ended(Status::Failed),
            "expired_at": ended(Status::Expired),
            "cancelling_at": self.cancelling_at,
            "cancelled_at": ended(Status::Cancelled),
            "request_counts": {"total": total, "completed": completed, "failed": failed},
            "metadata": self.metadata,
        })
    }
}

/// One page of a list; `has_more` tells that there is another behind it.
pub fn page(data: &[Value], has_more: bool) -> Value {
    let id = |item: Option<&Value>| item.and_then(|item| item.get("id")).cloned();
    json!({
        "object": "list",
        "data": data,
        "first_id": id(data.first()),
        "last_id": id(data.last()),
        "has_more": has_more,
    })
}

/// The word on a file that was deleted.
pub fn deleted(id: &str) -> Value {
    json!({"id": id, "object": "file", "deleted": true})
}

#[derive(Serialize)]
struct ResultLine<'a> {
    id: String,
    custom_id: &'a str,
    response: Option<Response<'a>>,
    error: Option<Dropped<'a>>,
}

#[derive(Serialize)]
struct Response<'a> {
    status_code: u16,
    request_id: &'a str,
    body: &'a RawValue,
}

#[derive(Serialize)]
struct Dropped<'a> {
    code: &'a str,
    message: &'a str,
}

/// The line of a request that was answered, well or badly. `request_id` is its id in the ledger,
/// `body` the answer's.
pub fn result_line(custom_id: &str, request_id: &str, status: u16, body: &[u8]) -> String {
    let body = json::one_line(body);
    let response = Response {
        status_code: status,
        request_id,
        body: &body,
    };
    written(custom_id, request_id, Some(response), None)
}

/// The line of a request that was never sent: `batch_cancelled` or `batch_expired`.
pub fn dropped_line(custom_id: &str, request_id: &str, code: &str, message: &str) -> String {
    written(custom_id, request_id, None, Some(Dropped { code, message }))
}

fn written(
    custom_id: &str,
    request_id: &str,
    response: Option<Response<'_>>,
    error: Option<Dropped<'_>>,
) -> String {
    let line = ResultLine {
        id: format!("batch_req_{}", request_id.replace('-', "")),
        custom_id,
        response,
        error,
    };
    serde_json::to_string(&line).unwrap_or_default()
}
