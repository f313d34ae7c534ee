//! Batches: the clients' doors to them, and the calls to the providers' own.
//!
//! What is to be done, and when, the object decides (`durable/src/batches/`); the shell in it
//! (`src/shell/batches.js`) does it. Here is what the two need of the Worker's core: a line as an
//! exchange (`src/exchange/line.rs`), what a provider is sent ([`submission`]), and what it is asked
//! ([`lookup`]).

pub mod deferred;
pub mod http;
pub mod lookup;
pub mod submission;

use moecraft_catalog::{BatchAccess, BatchApi, catalog};
use moecraft_wire::{Dialect, openai};

use crate::config::Endpoint;
use crate::dispatch::{ANTHROPIC_VERSION, Target, credentials};

/// How a target takes batches, where it sells them at a price of their own.
pub fn batch_access(target: &Target, at_ms: u64) -> Option<BatchAccess> {
    let access = target.endpoint.as_ref()?.batch?;
    let price = catalog().model(&target.model)?.price_at(at_ms)?;
    let spoken = match access.api {
        BatchApi::Openai => target.dialect != Dialect::Messages,
        BatchApi::Anthropic => target.dialect == Dialect::Messages,
    };
    (spoken && price.batch_percent.is_some()).then_some(access)
}

/// What opens a provider's batches.
fn opening(endpoint: &Endpoint, api: BatchApi) -> Vec<String> {
    match api {
        BatchApi::Openai => credentials(endpoint, Dialect::Chat),
        BatchApi::Anthropic => {
            let mut headers = credentials(endpoint, Dialect::Messages);
            headers.extend(["anthropic-version".to_owned(), ANTHROPIC_VERSION.to_owned()]);
            headers
        }
    }
}

/// The path of requests, as a batch of OpenAI's names it.
fn endpoint_of(path: &str) -> Option<openai::batch::Endpoint> {
    openai::batch::Endpoint::of(&format!("/v1{path}"))
}
