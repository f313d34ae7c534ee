//! The internal paths of files and batches.
//!
//! | path | what |
//! |---|---|
//! | `POST /files?filename=`, `GET /files`, `GET, DELETE /files/ID`, `GET /files/ID/content` | files |
//! | `POST /API/batches?within=MS&ordinary=1` | a batch with less time than usual |
//! | `POST, GET /API/batches`, `GET, DELETE /API/batches/ID` | batches, `API` is `openai` or `anthropic` |
//! | `POST /API/batches/ID/cancel`, `GET /anthropic/batches/ID/results` | cancelling; results |
//!
//! 404 is what is not there, 507 that there is no more room.

use std::collections::HashMap;

use moecraft_wire::{anthropic, openai};
use serde_json::Value;
use worker::{Method, Request, Response, Result};

use super::batch::Batch;
use super::files::{File, INPUT};
use super::intake::Terms;
use super::{Batches, views};
use crate::sql::{int, text};

/// The usual length of a page, and the longest of each API.
const PAGE: u64 = 20;
const LONGEST_OPENAI: u64 = 100;
const LONGEST_FILES: u64 = 10_000;
const LONGEST_ANTHROPIC: u64 = 1_000;

/// What a request is answered with: a response, or a field that cannot be used.
type Answered = std::result::Result<Response, Bad>;

/// Why a request is refused.
pub(crate) enum Bad {
    /// A field has a value that cannot be used.
    Field(String, String),
    /// The database or the runtime failed.
    Failed(worker::Error),
}

impl<E: Into<worker::Error>> From<E> for Bad {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Who asks for what.
pub(crate) struct Asked<'a> {
    pub(crate) path: &'a str,
    pub(crate) query: &'a HashMap<String, String>,
    pub(crate) key_id: &'a str,
    pub(crate) now: u64,
}

impl Asked<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    fn terms(&self) -> Terms {
        Terms {
            within_ms: self.text("within").and_then(|ms| ms.parse().ok()),
            ordinary: self.text("ordinary") == Some("1"),
        }
    }

    fn limit(&self, longest: u64) -> std::result::Result<u64, Bad> {
        let Some(limit) = self.text("limit") else {
            return Ok(PAGE.min(longest));
        };
        match limit.parse() {
            Ok(limit) if (1..=longest).contains(&limit) => Ok(limit),
            _ => Err(Bad::Field(
                "limit".into(),
                format!("`limit` must be a whole number from 1 to {longest}"),
            )),
        }
    }
}

impl Batches {
    /// Answers a request about files or batches.
    pub(crate) async fn answer(&self, mut request: Request, asked: &Asked<'_>) -> Answered {
        let parts: Vec<&str> = asked.path.trim_start_matches('/').split('/').collect();
        let method = request.method();
        match (&method, parts.as_slice()) {
            (Method::Post, ["files"]) => match request.bytes().await {
                Ok(content) => self.upload(&content, asked),
                Err(error) => Err(error.into()),
            },
            (Method::Get, ["files"]) => self.files(asked),
            (method, ["files", id, rest @ ..]) => self.on_file(method, id, rest, asked),
            (Method::Post, [api @ ("openai" | "anthropic"), "batches"]) => {
                match request.bytes().await {
                    Ok(body) => self.create_batch(api, &body, asked),
                    Err(error) => Err(error.into()),
                }
            }
            (Method::Get, [api @ ("openai" | "anthropic"), "batches"]) => self.batches(api, asked),
            (method, [api @ ("openai" | "anthropic"), "batches", id, rest @ ..]) => {
                self.on_batch(method, api, id, rest, asked)
            }
            _ => missing(),
        }
    }

    fn upload(&self, content: &[u8], asked: &Asked<'_>) -> Answered {
        if !self.has_room(content.len())? {
            return full();
        }
        let name = asked.text("filename").unwrap_or("batch.jsonl");
        let id = self.put_file(INPUT, name, content, true, asked.now)?;
        match self.file(&id)? {
            Some(file) => json(&views::file(&file)),
            None => missing(),
        }
    }

    fn files(&self, asked: &Asked<'_>) -> Answered {
        let limit = asked.limit(LONGEST_FILES)?;
        let (than, order) = match asked.text("order") {
            Some("asc") => (">", "ASC"),
            None | Some("desc") => ("<", "DESC"),
            Some(_) => {
                let message = "`order` must be `asc` or `desc`";
                return Err(Bad::Field("order".into(), message.into()));
            }
        };
        let mut files: Vec<File> = self.sql.rows(
            &format!(
                "SELECT * FROM files WHERE listed = 1 AND (?1 = '' OR purpose = ?1)
                   AND (?2 = '' OR seq {than} (SELECT seq FROM files WHERE id = ?2))
                 ORDER BY seq {order} LIMIT ?3"
            ),
            vec![
                text(asked.text("purpose").unwrap_or("")),
                text(asked.text("after").unwrap_or("")),
                int(limit + 1),
            ],
        )?;
        let more = files.len() as u64 > limit;
        files.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let shown: Vec<Value> = files.iter().map(views::file).collect();
        json(&openai::batch::page(&shown, more))
    }

    fn on_file(&self, method: &Method, id: &str, rest: &[&str], asked: &Asked<'_>) -> Answered {
        let Some(file) = self.file(id)?.filter(|file| file.expires > asked.now) else {
            return missing();
        };
        match (method, rest) {
            (Method::Get, []) => json(&views::file(&file)),
            (Method::Get, ["content"]) => Ok(self.content(&file)?),
            (Method::Delete, []) => {
                self.delete_file(id)?;
                json(&openai::batch::deleted(id))
            }
            _ => missing(),
        }
    }

    fn create_batch(&self, api: &str, body: &[u8], asked: &Asked<'_>) -> Answered {
        let wrong = |error: moecraft_wire::WireError| {
            let field = error.param().unwrap_or("body").to_owned();
            Err(Bad::Field(field, error.to_string()))
        };
        let id = if api == "openai" {
            let create = match openai::batch::read_create(body) {
                Ok(create) => create,
                Err(error) => return wrong(error),
            };
            match self.create_openai(&create, asked.key_id, asked.terms(), asked.now)? {
                Some(id) => id,
                None => {
                    let message = format!(
                        "no such file: `input_file_id` must name a file that was uploaded with the purpose `batch`, not `{}`",
                        create.input_file_id.chars().take(80).collect::<String>()
                    );
                    return Err(Bad::Field("input_file_id".into(), message));
                }
            }
        } else {
            if !self.has_room(body.len())? {
                return full();
            }
            let client = asked.text("client").unwrap_or("{}");
            match self.create_anthropic(body, client, asked.key_id, asked.terms(), asked.now)? {
                Ok(id) => id,
                Err(error) => return wrong(error),
            }
        };
        match self.batch(api, &id)? {
            Some(batch) => json(&self.shown(&batch, asked)?),
            None => missing(),
        }
    }

    fn batches(&self, api: &str, asked: &Asked<'_>) -> Answered {
        let (after, before, longest) = match api {
            "openai" => (asked.text("after"), None, LONGEST_OPENAI),
            _ => (
                asked.text("after_id"),
                asked.text("before_id"),
                LONGEST_ANTHROPIC,
            ),
        };
        let (batches, more) = self.page(api, after, before, asked.limit(longest)?)?;
        let shown: Result<Vec<Value>> = batches.iter().map(|b| self.shown(b, asked)).collect();
        json(&match api {
            "openai" => openai::batch::page(&shown?, more),
            _ => anthropic::batch::page(&shown?, more),
        })
    }

    fn on_batch(
        &self,
        method: &Method,
        api: &str,
        id: &str,
        rest: &[&str],
        asked: &Asked<'_>,
    ) -> Answered {
        let Some(batch) = self.batch(api, id)? else {
            return missing();
        };
        let refused = |message: &str| Err(Bad::Field("batch_id".into(), message.into()));
        match (method, rest) {
            (Method::Get, []) => json(&self.shown(&batch, asked)?),
            (Method::Post, ["cancel"]) => {
                if batch.ended_at.is_some() && api == "openai" {
                    return refused("the batch has ended, and cannot be cancelled");
                }
                self.cancel(id, asked.now)?;
                match self.batch(api, id)? {
                    Some(batch) => json(&self.shown(&batch, asked)?),
                    None => missing(),
                }
            }
            (Method::Get, ["results"]) => match batch.ended_at {
                Some(_) => match self.hidden(&batch.output)? {
                    Some(file) => Ok(self.content(&file)?),
                    None => missing(),
                },
                None => refused("the batch has not ended, and has no results yet"),
            },
            (Method::Delete, []) if api == "anthropic" => match batch.ended_at {
                Some(_) => {
                    self.delete_batch(&batch)?;
                    json(&anthropic::batch::deleted(id))
                }
                None => refused("the batch has not ended: cancel it before it is deleted"),
            },
            _ => missing(),
        }
    }

    /// A file of results, which its batch's API does not list.
    fn hidden(&self, id: &str) -> Result<Option<File>> {
        self.sql
            .row("SELECT * FROM files WHERE id = ?", vec![text(id)])
    }

    fn shown(&self, batch: &Batch, asked: &Asked<'_>) -> Result<Value> {
        if batch.api == "anthropic" {
            let origin = asked.text("origin").unwrap_or("");
            return Ok(views::anthropic(batch, origin, asked.now));
        }
        let there = |id: &str| Ok::<_, worker::Error>(self.file(id)?.is_some());
        let files = (there(&batch.output)?, there(&batch.errors)?);
        Ok(views::openai(batch, files, asked.now))
    }
}

fn json(value: &Value) -> Answered {
    Ok(Response::from_json(value)?)
}

fn missing() -> Answered {
    Ok(Response::error("not there", 404)?)
}

fn full() -> Answered {
    Ok(Response::error("no room", 507)?)
}
