//! A provider's batch in the making. Its lines come from the gate, and from nowhere else.

use moecraft_catalog::BatchApi;
use moecraft_engine::batch::{Event, provider_id};
use moecraft_wire::{anthropic, openai};
use wasm_bindgen::prelude::*;

use super::{batch_access, endpoint_of, opening};
use crate::dispatch::header_object;
use crate::exchange::Exchange;

/// The most bytes of a submission: it is made in memory.
const MAX_BYTES: u64 = 8 << 20;
/// The most lines of a submission.
const MAX_LINES: u32 = 5_000;
/// How much of what a provider allows is used, percent.
const SHARE: u64 = 80;
/// Between the parts of an upload; no line of JSON begins with it.
const BOUNDARY: &str = "moecraft-batch-7c1f0e5a";

/// A submission, and what the provider is told of it.
#[wasm_bindgen]
pub struct Submission {
    id: String,
    /// Where it goes; known with the first line.
    place: Option<Place>,
    body: Vec<u8>,
    lines: Vec<u32>,
    /// The file that was made of the lines, once there is one.
    file: Option<String>,
}

struct Place {
    provider: String,
    api: BatchApi,
    path: &'static str,
    base_url: String,
    headers: Vec<String>,
    max_lines: u32,
    max_bytes: u64,
}

#[wasm_bindgen]
impl Submission {
    /// An empty one. `id`: 32 hexadecimal digits.
    #[wasm_bindgen(constructor)]
    pub fn new(id: String) -> Self {
        Self {
            id,
            place: None,
            body: Vec::new(),
            lines: Vec::new(),
            file: None,
        }
    }

    /// What lines must have in common to go in one submission; none where the exchange's line cannot
    /// go in any.
    pub fn group(exchange: &Exchange) -> Option<String> {
        let (target, _, headers) = exchange.cleared_line()?;
        let path = exchange.upstream_path(target);
        let headers = header_object(headers);
        Some(format!(
            "{} {path} {} {headers}",
            target.provider, target.model
        ))
    }

    /// Adds a line whose body the gate has cleared. Gives false where it has no room: then this one
    /// has to be sent first.
    pub fn add(&mut self, exchange: &Exchange) -> bool {
        let (Some((target, body, headers)), Some(number)) =
            (exchange.cleared_line(), exchange.line_number())
        else {
            return false;
        };
        if self.place.is_none() {
            let access = batch_access(target, exchange.at());
            let (Some(access), Some(endpoint)) = (access, &target.endpoint) else {
                return false;
            };
            let mut opening = opening(endpoint, access.api);
            let betas = headers
                .chunks_exact(2)
                .filter(|pair| pair.first().is_some_and(|name| name == "anthropic-beta"));
            opening.extend(betas.flatten().cloned());
            self.place = Some(Place {
                provider: target.provider.clone(),
                api: access.api,
                path: exchange.upstream_path(target),
                base_url: endpoint.base_url.clone(),
                headers: opening,
                max_lines: MAX_LINES.min(access.max_requests / 100 * SHARE as u32),
                max_bytes: MAX_BYTES.min(access.max_bytes / 100 * SHARE),
            });
        }
        let Some(place) = &self.place else {
            return false;
        };
        let name = provider_id(&self.id, number);
        let line = match (place.api, endpoint_of(place.path)) {
            (BatchApi::Anthropic, _) => anthropic::batch::request(&name, body),
            (BatchApi::Openai, Some(endpoint)) => {
                openai::batch::request_line(&name, endpoint, body)
            }
            (BatchApi::Openai, None) => return false,
        };
        let full = self.lines.len() as u64 >= u64::from(place.max_lines)
            || (self.body.len() + line.len()) as u64 > place.max_bytes;
        // A single line goes, however long it is.
        if full && !self.lines.is_empty() {
            return false;
        }
        if place.api == BatchApi::Anthropic && !self.lines.is_empty() {
            self.body.push(b',');
        }
        self.body.extend_from_slice(&line);
        self.lines.push(number);
        true
    }

    /// Its id.
    pub fn id(&self) -> String {
        self.id.clone()
    }

    /// The provider.
    pub fn provider(&self) -> String {
        let place = self.place.as_ref();
        place.map_or_else(String::new, |place| place.provider.clone())
    }

    /// The numbers of its lines.
    pub fn lines(&self) -> Vec<u32> {
        self.lines.clone()
    }

    /// Its length, bytes.
    pub fn size(&self) -> u32 {
        u32::try_from(self.body.len()).unwrap_or(u32::MAX)
    }

    /// Where to call.
    pub fn url(&self) -> String {
        let Some(place) = &self.place else {
            return String::new();
        };
        let path = match (place.api, &self.file) {
            (BatchApi::Anthropic, _) => "/messages/batches",
            (BatchApi::Openai, None) => "/files",
            (BatchApi::Openai, Some(_)) => "/batches",
        };
        format!("{}{path}", place.base_url)
    }

    /// The call's method.
    pub fn method(&self) -> String {
        "POST".to_owned()
    }

    /// The call's headers, as a JSON object.
    pub fn headers(&self) -> String {
        let upload = self.is_upload();
        let kind = match upload {
            true => format!("multipart/form-data; boundary={BOUNDARY}"),
            false => "application/json".to_owned(),
        };
        let mut headers = vec!["content-type".to_owned(), kind];
        if let Some(place) = &self.place {
            headers.extend_from_slice(&place.headers);
        }
        header_object(&headers)
    }

    /// The call's body.
    pub fn body(&self) -> Option<Vec<u8>> {
        let place = self.place.as_ref()?;
        Some(match (place.api, &self.file) {
            (BatchApi::Anthropic, _) => [b"{\"requests\":[", self.body.as_slice(), b"]}"].concat(),
            (BatchApi::Openai, None) => {
                let fields = openai::batch::upload_fields().map(|(name, value)| {
                    format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
                });
                let head = format!(
                    "{}--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{}.jsonl\"\r\ncontent-type: application/jsonl\r\n\r\n",
                    fields.concat(),
                    self.id
                );
                let tail = format!("\r\n--{BOUNDARY}--\r\n");
                [head.as_bytes(), &self.body, tail.as_bytes()].concat()
            }
            (BatchApi::Openai, Some(file)) => {
                let endpoint = endpoint_of(place.path)?;
                openai::batch::create_body(file, endpoint, &self.id).into_bytes()
            }
        })
    }

    /// Takes an answer, and gives what was learnt, as JSON; none where there is one more call to make.
    pub fn answered(&mut self, status: u16, wait_ms: Option<f64>, body: &[u8]) -> Option<String> {
        let wait_ms = wait_ms.map(|ms| ms as u64);
        let anthropic = self
            .place
            .as_ref()
            .is_some_and(|place| place.api == BatchApi::Anthropic);
        if self.is_upload() {
            match (status, openai::batch::read_id(body)) {
                (200..=299, Some(file)) => {
                    self.file = Some(file);
                    return None;
                }
                // A file alone costs nothing: a new one can be made.
                (200..=299 | 408 | 409 | 429 | 500.., _) => return told(&Event::Busy { wait_ms }),
                _ => return told(&Event::Refused),
            }
        }
        let upstream = match anthropic {
            true => anthropic::batch::read_batch(body).map(|batch| batch.id),
            false => openai::batch::read_batch(body).map(|batch| batch.id),
        };
        told(&match (status, upstream) {
            (200..=299, Some(upstream)) => Event::Created { upstream },
            (429, _) => Event::Busy { wait_ms },
            (200..=299 | 408 | 409 | 500.., _) => Event::Unclear,
            _ => Event::Refused,
        })
    }

    /// No answer came: what is to be thought of it, as JSON.
    pub fn failed(&self) -> Option<String> {
        told(&match self.is_upload() {
            true => Event::Busy { wait_ms: None },
            false => Event::Unclear,
        })
    }

    fn is_upload(&self) -> bool {
        let openai = self
            .place
            .as_ref()
            .is_some_and(|place| place.api == BatchApi::Openai);
        openai && self.file.is_none()
    }
}

fn told(event: &Event) -> Option<String> {
    serde_json::to_string(event).ok()
}
