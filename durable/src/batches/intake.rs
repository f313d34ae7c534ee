//! From a file of requests to the lines of a batch.

use std::collections::{BTreeMap, HashSet};

use moecraft_wire::openai::batch::{Create, Endpoint, Fault, LineError, read_line};
use moecraft_wire::{WireError, anthropic};
use serde_json::json;
use worker::Result;

use super::files::{INPUT, OUTPUT};
use super::{Batches, random_id};
use crate::sql::{int, text};

/// The most lines of a batch.
pub(super) const MAX_LINES: usize = 50_000;
/// The most faults that are told of one.
const MAX_FAULTS: usize = 100;
/// How many lines one statement writes.
const ROWS: usize = 500;
/// The path of Anthropic's requests.
const MESSAGES: &str = "/v1/messages";

/// Where a line's body stands in the input.
struct Place {
    custom_id: String,
    at: usize,
    length: usize,
}

/// On which terms a batch is made.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Terms {
    /// In how many ms it has to be done, where that is not the usual time.
    pub(super) within_ms: Option<u64>,
    /// Its requests go the ordinary way: there is no time for a provider's batch.
    pub(super) ordinary: bool,
}

/// A batch to be made.
struct New<'n> {
    prefix: &'n str,
    api: &'n str,
    endpoint: &'n str,
    client: &'n str,
    key_id: &'n str,
    input: &'n str,
    metadata: Option<&'n BTreeMap<String, String>>,
    terms: Terms,
    faults: Vec<Fault>,
    lines: Vec<Place>,
}

impl Batches {
    /// Makes a batch of a file. One that cannot be used makes a batch that has failed, and says
    /// why. None where there is no such file.
    pub(super) fn create_openai(
        &self,
        create: &Create,
        key_id: &str,
        terms: Terms,
        now: u64,
    ) -> Result<Option<String>> {
        let Some(file) = self
            .file(&create.input_file_id)?
            .filter(|file| file.purpose == INPUT)
        else {
            return Ok(None);
        };
        let input = self.part(&file.id, 0, file.bytes)?;
        let (lines, faults) = read_lines(&input, create.endpoint);
        let lines = if faults.is_empty() { lines } else { Vec::new() };
        let new = New {
            prefix: "batch_",
            api: "openai",
            endpoint: create.endpoint.as_str(),
            client: "{}",
            key_id,
            input: &file.id,
            metadata: create.metadata.as_ref(),
            terms,
            faults,
            lines,
        };
        self.create(&new, now).map(Some)
    }

    /// Makes a batch of a body with requests, or says what is wrong with it.
    pub(super) fn create_anthropic(
        &self,
        body: &[u8],
        client: &str,
        key_id: &str,
        terms: Terms,
        now: u64,
    ) -> Result<std::result::Result<String, WireError>> {
        let requests = match anthropic::batch::read_create(body, MAX_LINES) {
            Ok(requests) => requests,
            Err(error) => return Ok(Err(error)),
        };
        let lines = requests
            .into_iter()
            .map(|request| Place {
                at: offset(body, request.params.as_bytes()),
                length: request.params.len(),
                custom_id: request.custom_id.into_owned(),
            })
            .collect();
        let input = self.put_file(INPUT, "requests.json", body, false, now)?;
        let new = New {
            prefix: "msgbatch_",
            api: "anthropic",
            endpoint: MESSAGES,
            client,
            key_id,
            input: &input,
            metadata: None,
            terms,
            faults: Vec::new(),
            lines,
        };
        self.create(&new, now).map(Ok)
    }

    fn create(&self, new: &New<'_>, now: u64) -> Result<String> {
        let id = format!("{}{}", new.prefix, random_id()?);
        let file = |name: &str| {
            let filename = format!("{id}_{name}.jsonl");
            self.put_file(OUTPUT, &filename, &[], false, now)
        };
        let output = file("output")?;
        let errors = match new.api {
            "anthropic" => output.clone(),
            _ => file("error")?,
        };
        let ended = !new.faults.is_empty();
        let mut first = 0;
        for lines in new.lines.chunks(ROWS) {
            let rows: Vec<_> = lines
                .iter()
                .map(|l| json!([l.custom_id, l.at, l.length]))
                .collect();
            self.sql.run(
                "INSERT INTO batch_lines (batch, line, custom_id, at, length, state, due, ordinary)
                 SELECT ?1, ?2 + key, value ->> 0, value ->> 1, value ->> 2, 'pending', ?3, ?5
                 FROM json_each(?4)",
                vec![
                    text(&id),
                    int(first),
                    int(now),
                    text(&serde_json::to_string(&rows)?),
                    int(new.terms.ordinary.into()),
                ],
            )?;
            first += lines.len() as u64;
        }
        self.sql.run(
            "INSERT INTO batches (id, api, endpoint, client, key_id, input, output, errors, metadata,
               faults, total, created, expires, ended_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            vec![
                text(&id),
                text(new.api),
                text(new.endpoint),
                text(new.client),
                text(new.key_id),
                text(new.input),
                text(&output),
                text(&errors),
                match new.metadata {
                    Some(metadata) => text(&serde_json::to_string(metadata)?),
                    None => wasm_bindgen::JsValue::NULL,
                },
                text(&serde_json::to_string(&new.faults)?),
                int(new.lines.len() as u64),
                int(now),
                int(now + self.window_ms.min(new.terms.within_ms.unwrap_or(u64::MAX))),
                if ended { int(now) } else { wasm_bindgen::JsValue::NULL },
            ],
        )?;
        Ok(id)
    }
}

/// The lines of a file, and what is wrong with them. Empty lines are passed over.
fn read_lines(input: &[u8], endpoint: Endpoint) -> (Vec<Place>, Vec<Fault>) {
    let (mut lines, mut faults) = (Vec::new(), Vec::new());
    let mut seen = HashSet::new();
    for (number, line) in (1_u32..).zip(input.split(|byte| *byte == b'\n')) {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        if lines.len() == MAX_LINES {
            let message = format!("a batch has at most {MAX_LINES} requests");
            let error = LineError {
                code: "too_many_requests",
                message,
                param: None,
            };
            faults.push(Fault::of(&error, number));
            break;
        }
        match read_line(line, endpoint) {
            Ok(read) if !seen.insert(read.custom_id.clone().into_owned()) => {
                let error = LineError::field(
                    "duplicate_custom_id",
                    "custom_id",
                    "another line of the file has this `custom_id` too",
                );
                faults.push(Fault::of(&error, number));
            }
            Ok(read) => lines.push(Place {
                at: offset(input, read.body.as_bytes()),
                length: read.body.len(),
                custom_id: read.custom_id.into_owned(),
            }),
            Err(error) => faults.push(Fault::of(&error, number)),
        }
        if faults.len() == MAX_FAULTS {
            break;
        }
    }
    if lines.is_empty() && faults.is_empty() {
        let message = "the file holds no request".to_owned();
        let error = LineError {
            code: "empty_file",
            message,
            param: None,
        };
        faults.push(Fault {
            line: None,
            ..Fault::of(&error, 0)
        });
    }
    (lines, faults)
}

/// Where a part that was borrowed from `whole` begins in it.
fn offset(whole: &[u8], part: &[u8]) -> usize {
    (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize)
}
