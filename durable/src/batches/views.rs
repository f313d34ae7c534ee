//! What clients are told of files and batches, in the form of their API.

use moecraft_engine::batch::Phase;
use moecraft_wire::openai::batch::Endpoint;
use moecraft_wire::{anthropic, openai};
use serde_json::Value;
use wasm_bindgen::JsValue;

use super::batch::Batch;
use super::files::File;

/// A file as OpenAI's API shows it.
pub(super) fn file(file: &File) -> Value {
    let shown = openai::batch::File {
        id: &file.id,
        bytes: file.bytes,
        created_at: file.created / 1000,
        expires_at: file.expires / 1000,
        filename: &file.filename,
        purpose: &file.purpose,
        status: "processed",
    };
    serde_json::to_value(shown).unwrap_or_default()
}

/// A batch as OpenAI's API shows it; `files`: which of its result files hold anything.
pub(super) fn openai(batch: &Batch, files: (bool, bool), now: u64) -> Value {
    use openai::batch::{Batch as Shown, Status};
    let status = match batch.progress().phase(now) {
        Phase::Refused => Status::Failed,
        Phase::Running => Status::InProgress,
        Phase::Closing { cancelled: true } => Status::Cancelling,
        Phase::Closing { cancelled: false } => Status::Finalizing,
        Phase::Completed => Status::Completed,
        Phase::Cancelled => Status::Cancelled,
        Phase::Expired => Status::Expired,
    };
    let ended = batch.ended_at.is_some();
    let shown = Shown {
        id: &batch.id,
        endpoint: Endpoint::of(&batch.endpoint).unwrap_or(Endpoint::Chat),
        status,
        faults: &serde_json::from_str::<Vec<_>>(&batch.faults).unwrap_or_default(),
        input_file_id: &batch.input,
        output_file_id: (ended && files.0).then_some(batch.output.as_str()),
        error_file_id: (ended && files.1).then_some(batch.errors.as_str()),
        created_at: batch.created / 1000,
        expires_at: batch.expires / 1000,
        cancelling_at: batch.cancelled_at.map(|at| at / 1000),
        ended_at: batch.ended_at.map(|at| at / 1000),
        counts: (batch.total, batch.succeeded, batch.errored),
        metadata: batch
            .metadata
            .as_deref()
            .and_then(|metadata| serde_json::from_str(metadata).ok()),
    };
    shown.to_value()
}

/// A batch as Anthropic's API shows it; `origin` is where the client found it.
pub(super) fn anthropic(batch: &Batch, origin: &str, now: u64) -> Value {
    let progress = batch.progress();
    let ended = batch.ended_at.is_some();
    let shown = anthropic::batch::Batch {
        id: batch.id.clone(),
        processing_status: match progress.phase(now) {
            Phase::Running | Phase::Closing { cancelled: false } => "in_progress",
            Phase::Closing { cancelled: true } => "canceling",
            Phase::Refused | Phase::Completed | Phase::Cancelled | Phase::Expired => "ended",
        },
        request_counts: match ended {
            // Until the whole has ended, the others are told as under way.
            false => anthropic::batch::Counts {
                processing: batch.total,
                ..Default::default()
            },
            true => anthropic::batch::Counts {
                processing: 0,
                succeeded: batch.succeeded,
                errored: batch.errored,
                canceled: batch.canceled,
                expired: batch.expired,
            },
        },
        ended_at: batch.ended_at.map(rfc3339),
        created_at: rfc3339(batch.created),
        expires_at: rfc3339(batch.expires),
        archived_at: None,
        cancel_initiated_at: batch.cancelled_at.map(rfc3339),
        results_url: ended.then(|| format!("{origin}/v1/messages/batches/{}/results", batch.id)),
    };
    serde_json::to_value(shown).unwrap_or_default()
}

fn rfc3339(ms: u64) -> String {
    js_sys::Date::new(&JsValue::from_f64(ms as f64))
        .to_iso_string()
        .into()
}
