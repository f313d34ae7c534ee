//! What a provider is asked about a submission, and what it says.

use moecraft_catalog::{BatchApi, catalog};
use moecraft_engine::batch::{Call, Event, Found, SubmissionWork, read_provider_id};
use moecraft_wire::{anthropic, openai};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use wasm_bindgen::prelude::*;

use super::opening;
use crate::config;
use crate::dispatch::header_object;

/// The most pages of a provider's list that are read for one submission.
const MAX_PAGES: u32 = 10;
/// How far a provider's clock may be behind this one's, ms.
const SKEW_MS: u64 = 10 * 60_000;

/// A question about a submission.
#[wasm_bindgen]
pub struct Lookup {
    work: SubmissionWork,
    api: BatchApi,
    base_url: String,
    headers: Vec<String>,
    /// The last batch of the page before.
    after: Option<String>,
    pages: u32,
    /// Where the results are, once that is known.
    results: Option<Vec<String>>,
}

#[wasm_bindgen]
impl Lookup {
    /// The question that the object wants answered; none where its provider can no longer be called.
    pub fn of(work: &str) -> Option<Lookup> {
        let work: SubmissionWork = serde_json::from_str(work).ok()?;
        let config = config::current().ok()?;
        let endpoints = config.endpoints(&work.provider);
        let endpoint = { endpoints }.find(|endpoint| endpoint.provider == work.provider)?;
        let api = catalog().provider(&work.provider)?.batch?.api;
        let mut lookup = Self {
            api,
            base_url: endpoint.base_url.clone(),
            headers: opening(endpoint, api),
            after: None,
            pages: 0,
            results: None,
            work,
        };
        if (lookup.work.call, api) == (Call::Results, BatchApi::Anthropic) {
            lookup.results = Some(vec![format!("{}/results", lookup.batch_url())]);
        }
        Some(lookup)
    }

    /// Where to call.
    pub fn url(&self) -> String {
        let (list, after) = match self.api {
            BatchApi::Openai => ("/batches", "after"),
            BatchApi::Anthropic => ("/messages/batches", "after_id"),
        };
        match self.work.call {
            Call::List => {
                let behind = self.after.as_ref();
                let behind = behind.map_or_else(String::new, |id| format!("&{after}={id}"));
                format!("{}{list}?limit=100{behind}", self.base_url)
            }
            Call::Cancel => format!("{}/cancel", self.batch_url()),
            Call::Look | Call::Results => self.batch_url(),
        }
    }

    /// The call's method.
    pub fn method(&self) -> String {
        match self.work.call {
            Call::Cancel => "POST".to_owned(),
            Call::List | Call::Look | Call::Results => "GET".to_owned(),
        }
    }

    /// The call's headers, as a JSON object.
    pub fn headers(&self) -> String {
        header_object(&self.headers)
    }

    /// Nothing is sent with a question.
    pub fn body(&self) -> Option<Vec<u8>> {
        None
    }

    /// Whether it is known where the results are.
    pub fn knows_results(&self) -> bool {
        self.results.is_some()
    }

    /// Where the results are.
    pub fn results(&self) -> Vec<String> {
        self.results.clone().unwrap_or_default()
    }

    /// Takes an answer, and gives what was learnt, as JSON; none where there is one more call to make,
    /// or the results can be fetched.
    pub fn answered(&mut self, status: u16, _wait_ms: Option<f64>, body: &[u8]) -> Option<String> {
        let event = match (self.work.call, status) {
            (Call::List, 200) => self.listed(body)?,
            (Call::Look | Call::Results, 404) => Event::Gone,
            (Call::Look, 200) => match self.has_ended(body) {
                Some(true) => Event::Finished,
                Some(false) => Event::Unfinished,
                None => Event::Unreachable,
            },
            (Call::Results, 200) => match openai::batch::read_batch(body) {
                Some(batch) => {
                    let url = |file: &String| {
                        format!("{}/files/{}/content", self.base_url, escaped(file))
                    };
                    self.results = Some(batch.files.iter().map(url).collect());
                    return None;
                }
                None => Event::Unreachable,
            },
            // What cannot be cancelled any more has ended.
            (Call::Cancel, 200..=299 | 400 | 404 | 409) => Event::Cancelled,
            _ => Event::Unreachable,
        };
        serde_json::to_string(&event).ok()
    }

    /// No answer came.
    pub fn failed(&self) -> Option<String> {
        serde_json::to_string(&Event::Unreachable).ok()
    }

    /// Reads a line of the results: `{line, status, body}`, or `{line, dropped: true}` where the provider
    /// has not run it; none for what is another's. The body is JSON text.
    pub fn read(&self, line: &[u8]) -> Option<String> {
        let number = |name: &str| read_provider_id(&self.work.id, name);
        let value = match self.api {
            BatchApi::Openai => {
                let output = openai::batch::read_output(line)?;
                let line = number(&output.custom_id)?;
                match output.response {
                    Some((status, body)) => json!({"line": line, "status": status, "body": body}),
                    None => json!({"line": line, "dropped": true}),
                }
            }
            BatchApi::Anthropic => {
                use anthropic::batch::Outcome;
                let output = anthropic::batch::read_output(line)?;
                let line = number(&output.custom_id)?;
                match output.result {
                    Outcome::Succeeded(body) => json!({"line": line, "status": 200, "body": body}),
                    Outcome::Errored(body) => {
                        let status = anthropic::batch::status_of(body);
                        json!({"line": line, "status": status, "body": body})
                    }
                    Outcome::Canceled | Outcome::Expired => json!({"line": line, "dropped": true}),
                }
            }
        };
        Some(value.to_string())
    }
}

impl Lookup {
    fn batch_url(&self) -> String {
        let list = match self.api {
            BatchApi::Openai => "/batches",
            BatchApi::Anthropic => "/messages/batches",
        };
        let id = self.work.upstream.as_deref().map(escaped);
        format!("{}{list}/{}", self.base_url, id.unwrap_or_default())
    }

    fn has_ended(&self, body: &[u8]) -> Option<bool> {
        match self.api {
            BatchApi::Openai => openai::batch::read_batch(body).map(|batch| batch.ended),
            BatchApi::Anthropic => anthropic::batch::read_batch(body).map(|batch| batch.ended),
        }
    }

    /// What a page of the list says; none where the next one has to be read.
    fn listed(&mut self, body: &[u8]) -> Option<Event> {
        self.pages += 1;
        let (found, last, more) = match self.api {
            BatchApi::Openai => {
                let Some((batches, more)) = openai::batch::read_batches(body) else {
                    return Some(Event::Unreachable);
                };
                let own =
                    |b: &&openai::batch::Upstream| b.submission.as_deref() == Some(&self.work.id);
                let found = batches.iter().find(own).map(|batch| Found {
                    upstream: batch.id.clone(),
                    proven: true,
                });
                (found, batches.last().map(|batch| batch.id.clone()), more)
            }
            BatchApi::Anthropic => {
                let Some((batches, more)) = anthropic::batch::read_batches(body) else {
                    return Some(Event::Unreachable);
                };
                // It has no field of the client's own: what came at the time with as many requests
                // may be it, and the names in its results will tell.
                let since = rfc3339(self.work.created.saturating_sub(SKEW_MS));
                let recent =
                    |b: &&anthropic::batch::Upstream| b.created_at.get(..19) >= since.get(..19);
                let may_be = |b: &&anthropic::batch::Upstream| {
                    b.requests == u64::from(self.work.lines) && !self.work.strangers.contains(&b.id)
                };
                let found = batches.iter().filter(recent).find(may_be);
                let found = found.map(|batch| Found {
                    upstream: batch.id.clone(),
                    proven: false,
                });
                let last = batches.last();
                let more = more && last.as_ref().is_some_and(recent);
                (found, last.map(|batch| batch.id.clone()), more)
            }
        };
        if found.is_none() && more && self.pages < MAX_PAGES && last.is_some() {
            self.after = last.map(|id| escaped(&id));
            return None;
        }
        Some(Event::Listed { found })
    }
}

/// A time as Anthropic's API writes it.
fn rfc3339(ms: u64) -> String {
    let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(ms as f64));
    date.to_iso_string().into()
}

/// An id of the provider's as a part of a path.
fn escaped(id: &str) -> String {
    const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');
    utf8_percent_encode(id, PLAIN).to_string()
}
