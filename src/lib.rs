//! MOECraft's Worker: HTTP in and out.
//!
//! Two entrances, both called by the shell in `src/shell/`:
//!
//! - [`Exchange`](exchange::Exchange) carries a model call, step by step, without any I/O of its own;
//! - [`fetch`] answers everything else through [`router`].
//!
//! The Worker holds no state that matters: what is decided here follows from the request and a
//! policy snapshot; what must last is the object's (`durable/`).
#![deny(missing_docs)]

pub mod accounting;
pub mod asked;
pub mod auth;
pub mod batches;
pub mod beside;
pub mod bounds;
pub mod classify;
pub mod config;
pub mod count;
pub mod dispatch;
pub mod economy;
pub mod egress;
pub mod error;
pub mod evaluate;
pub mod exchange;
pub mod feedback;
pub mod guard;
pub mod keys;
pub mod learning;
pub mod missing;
pub mod models;
pub mod passthrough;
pub mod planning;
pub mod policy;
pub mod record;
pub mod rehearsal;
pub mod reply;
pub mod restore;
pub mod route;
pub mod router;
pub mod routing;
#[cfg(test)]
mod samples;
pub mod sessions;
pub mod setting;
pub mod snapshot;
pub mod stream;
pub mod surrogates;
pub mod trace;
pub mod validation;

use std::collections::{BTreeMap, BTreeSet};

use wasm_bindgen::prelude::*;
use worker::{Context, Env, Request, Response, Result, event};

// Links the object's class into the module; without a use of the crate it would vanish silently.
pub use moecraft_durable::MOECraftOrchestrator;

/// Takes the Worker's variables and secrets, as a JSON object of strings, and the names of its
/// bindings, as a JSON array.
///
/// What cannot be used is remembered and told with every answer, so that a wrong setting is seen
/// at the first request and not as a crash at the start.
#[wasm_bindgen]
pub fn configure(vars: &str, bindings: &str) {
    let vars: BTreeMap<String, String> = serde_json::from_str(vars).unwrap_or_default();
    let bindings: BTreeSet<String> = serde_json::from_str(bindings).unwrap_or_default();
    config::install(config::Config::from_vars(&vars, &bindings));
}

/// Answers every request that is not a model call.
///
/// # Errors
/// Only when not even an error response can be made.
#[event(fetch)]
pub async fn fetch(request: Request, env: Env, _context: Context) -> Result<Response> {
    router::route(request, &env).await
}
