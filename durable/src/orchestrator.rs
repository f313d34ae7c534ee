//! The class. It owns the storage and the sockets, and hands each event to the file that knows it.
//!
//! Two doors lead in. [`commit`](MOECraftOrchestrator::commit) takes admissions and settlements:
//! the JavaScript class around this one (`src/shell/orchestrator.js`) collects those that arrive
//! together and wraps them in one transaction, so that they share one write to disk. `fetch` takes
//! everything else: figures, key revocations, dashboards, and the agent's tunnel.
//!
//! | internal path | what |
//! |---|---|
//! | `GET /metrics/cost`, `GET /metrics/performance`, `GET /history` | figures |
//! | `GET /stream?since=SEQ` | a dashboard's WebSocket |
//! | `GET /agent?agent=ID` | an agent's WebSocket |
//! | `POST /tunnel/…`, `POST /cancel/REQUEST` | a model call through the tunnel, and giving it up |
//! | `GET /snapshot` | the policy, and what stands at this moment |
//! | `GET, PUT /guard` | what the tenant has set for the data-flow guard |
//! | `GET, PUT /routing` | what the tenant has set for the router |
//! | `POST /feedback` | a word on an answer |
//! | `GET, PUT, DELETE /learning` | what the router has learnt |
//! | `GET, DELETE /surrogates` | the answers kept, in figures; forgetting some |
//! | `POST /evaluate` | a proposed way of choosing, judged |
//! | `GET /audit` | what the guard did |
//! | `POST /blocks` | a request that the guard has stopped, and that asks for no admission |
//! | `GET /keys`, `DELETE /keys/ID` | revoked keys |
//! | `/files…`, `/openai/batches…`, `/anthropic/batches…` | files and batches (`batches/http.rs`) |

#![expect(missing_docs, reason = "the class macro generates methods without any")]

use std::collections::HashMap;

use moecraft_engine::admission::Block;
use moecraft_engine::guard::Policy;
use moecraft_engine::router::{Proposal, Settings as Routing, Stored};
use serde_json::json;
use wasm_bindgen::prelude::*;
use worker::{
    DurableObject, Env, Error, Headers, Method, Request, Response, Result, State, WebSocket,
    WebSocketIncomingMessage, durable_object,
};

use crate::batches::{Asked, Bad};
use crate::feedback::{self, Feedback};
use crate::parts::{News, Parts};
use crate::surrogates::Purge;
use crate::{audit, evaluate, figures, history, live, outbox, settle, tunnel};

/// The header by which the Worker says whose key a request came with.
pub const KEY_ID_HEADER: &str = "x-moecraft-key-id";

/// The close code of sockets whose key was revoked.
const CLOSE_REVOKED: u16 = 4401;

/// One tenant's state and its only writer.
#[durable_object]
pub struct MOECraftOrchestrator {
    state: State,
    env: Env,
    /// The parts that need storage; absent when the schema could not be brought up to date.
    parts: Result<Parts>,
}

#[wasm_bindgen]
impl MOECraftOrchestrator {
    /// Carries out admissions, settlements and reports of blocks, in order, and answers each as JSON.
    ///
    /// The caller wraps it in a transaction and rolls back when it fails.
    ///
    /// # Errors
    /// When the database does: then nothing of the batch may count.
    pub fn commit(
        &self,
        messages: Vec<String>,
        now: f64,
    ) -> std::result::Result<Vec<String>, JsError> {
        self.parts()?.commit(&messages, now as u64).map_err(thrown)
    }

    /// Closes what has run out of time. Called in a transaction, like `commit`.
    ///
    /// # Errors
    /// When the database does.
    pub fn sweep(&self, now: f64) -> std::result::Result<(), JsError> {
        self.parts()?.sweep(now as u64).map_err(thrown)
    }

    /// Tells the dashboards what the last transaction wrote. Called once it is certain.
    ///
    /// # Errors
    /// When the object could not be opened.
    pub fn publish(&self) -> std::result::Result<(), JsError> {
        let parts = self.parts()?;
        parts.confirm();
        let News {
            rows,
            changes,
            blocks,
            feedback,
            drifts,
        } = parts.unsent.take();
        if !rows.is_empty() {
            live::broadcast(&self.state, &rows, &changes);
        }
        if !blocks.is_empty() {
            live::tell_blocks(&self.state, &parts.sql, &blocks).map_err(thrown)?;
        }
        if !feedback.is_empty() {
            live::tell_feedback(&self.state, &parts.sql, &feedback).map_err(thrown)?;
        }
        if !drifts.is_empty() {
            live::tell_drifts(&self.state, &parts.sql, &drifts).map_err(thrown)?;
        }
        Ok(())
    }

    /// The requests that wait no longer for an equal one: each is to be told.
    ///
    /// # Errors
    /// When the object could not be opened.
    pub fn released(&self) -> std::result::Result<Vec<String>, JsError> {
        Ok(self.parts()?.flights.borrow_mut().released())
    }

    /// How long a request waits for an equal one at most, ms; 0 where it does not wait.
    ///
    /// # Errors
    /// When the object could not be opened.
    pub fn patience_ms(&self, id: &str, now: f64) -> std::result::Result<f64, JsError> {
        let patience = self.parts()?.flights.borrow().patience_ms(id, now as u64);
        Ok(patience as f64)
    }

    /// Whether others wait for the answer of a request whose client has left. If not, nobody will.
    ///
    /// # Errors
    /// When the object could not be opened.
    pub fn is_awaited(&self, id: &str) -> std::result::Result<bool, JsError> {
        Ok(self.parts()?.flights.borrow_mut().is_awaited(id))
    }

    /// When the alarm should go off next, Unix ms; 0 for never.
    ///
    /// # Errors
    /// When the database does.
    pub fn next_alarm(&self, now: f64) -> std::result::Result<f64, JsError> {
        let parts = self.parts()?;
        let reservation = settle::next_due(&parts.sql).map_err(thrown)?;
        let expiry = parts.surrogates.next_expiry().map_err(thrown)?;
        let export = (parts.exports && outbox::pending(&parts.sql).map_err(thrown)?)
            .then(|| now as u64 + parts.settings.outbox_ms);
        let due = reservation.into_iter().chain(expiry).chain(export).min();
        Ok(due.unwrap_or(0) as f64)
    }

    /// When the first of what the last commit wrote falls due, Unix ms; infinite where nothing does.
    ///
    /// # Errors
    /// When the object could not be opened.
    pub fn falls_due(&self) -> std::result::Result<f64, JsError> {
        let due = self.parts()?.due.get();
        Ok(due.map_or(f64::INFINITY, |due| due as f64))
    }

    /// The shortest time after which anything new can fall due, ms.
    ///
    /// # Errors
    /// When the object could not be opened.
    pub fn shortest_period_ms(&self) -> std::result::Result<f64, JsError> {
        let settings = &self.parts()?.settings;
        let periods = [
            settings.reservation_ms,
            settings.outbox_ms,
            settings.surrogate_ttl_ms,
            settings.batch_step_ms,
        ];
        Ok(periods.into_iter().min().unwrap_or(0) as f64)
    }

    pub(crate) fn parts(&self) -> std::result::Result<&Parts, JsError> {
        self.parts
            .as_ref()
            .map_err(|error| JsError::new(&error.to_string()))
    }
}

pub(crate) fn thrown(error: Error) -> JsError {
    JsError::new(&error.to_string())
}

impl DurableObject for MOECraftOrchestrator {
    fn new(state: State, env: Env) -> Self {
        let parts = Parts::new(&state, &env);
        Self { state, env, parts }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let parts = match &self.parts {
            Ok(parts) => parts,
            Err(error) => return Err(Error::RustError(error.to_string())),
        };
        if revoked(parts, request.headers())? {
            return Response::error("revoked", 401);
        }
        let url = request.url()?;
        let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
        let path = url.path();
        if let Some(first) = path.split('/').nth(1)
            && ["files", "openai", "anthropic"].contains(&first)
        {
            let asked = Asked {
                path,
                query: &query,
                key_id: &key_id(request.headers())?,
                now: worker::Date::now().as_millis(),
            };
            return match parts.batches.answer(request, &asked).await {
                Ok(response) => Ok(response),
                Err(Bad::Field(field, message)) => bad_field(&field, &message),
                Err(Bad::Failed(error)) => Err(error),
            };
        }
        match (request.method(), path) {
            (Method::Get, "/metrics/cost") => {
                let now = worker::Date::now().as_millis();
                Response::from_json(&figures::cost(&parts.sql, now)?)
            }
            (Method::Get, "/metrics/performance") => {
                Response::from_json(&figures::performance(&parts.sql)?)
            }
            (Method::Get, "/history") => match history::Query::parse(&query) {
                Ok(query) => Response::from_json(&history::page(&parts.sql, &query)?),
                Err(bad) => bad_field(&bad.field, &bad.message),
            },
            (Method::Get, "/stream") => match query.get("since").map(|since| since.parse()) {
                Some(Err(_)) => bad_field("since", "`since` must be the last `seq` that was seen"),
                since => {
                    let since = since.and_then(std::result::Result::ok);
                    let key_tag = key_tag(request.headers())?;
                    let snapshot = parts.snapshot_now()?;
                    live::open(&self.state, &parts.sql, since, &key_tag, &snapshot.health)
                }
            },
            (Method::Get, "/agent") => {
                let agent = query.get("agent").map(String::as_str).unwrap_or_default();
                parts.tunnel.accept(agent, &key_tag(request.headers())?)
            }
            (Method::Post, path) if path.starts_with("/tunnel/") => {
                parts.tunnel.forward(request).await
            }
            (Method::Post, path) if path.starts_with("/cancel/") => {
                let found = parts.tunnel.cancel(path.trim_start_matches("/cancel/"));
                Response::from_json(&json!({"cancelled": found}))
            }
            (Method::Get, "/guard") => Response::from_json(&parts.snapshot_now()?.guard),
            (Method::Put, "/guard") => {
                let policy: Policy = request.json().await?;
                parts.take_policy(policy, &key_id(request.headers())?)?;
                Response::from_json(&parts.snapshot_now()?.guard)
            }
            (Method::Get, "/routing") => Response::from_json(&parts.snapshot_now()?.routing),
            (Method::Put, "/routing") => {
                let routing: Routing = request.json().await?;
                parts.take_routing(routing, &key_id(request.headers())?)?;
                Response::from_json(&parts.snapshot_now()?.routing)
            }
            (Method::Post, "/feedback") => {
                let word: Feedback = request.json().await?;
                let now = worker::Date::now().as_millis();
                let key_id = key_id(request.headers())?;
                match feedback::keep(&parts.sql, &word, &key_id, now)? {
                    Some(kept) => {
                        if kept.is_heard {
                            let right = !word.is_complaint();
                            parts.surrogates.judged(&word.request_id, right)?;
                        }
                        let drifts = parts.learning.learn(now)?;
                        let told = std::slice::from_ref(&kept.told);
                        live::tell_feedback(&self.state, &parts.sql, told)?;
                        live::tell_drifts(&self.state, &parts.sql, &drifts)?;
                        Response::from_json(&kept.told)
                    }
                    None => Response::error("no such request", 404),
                }
            }
            (Method::Get, "/learning") => Response::from_json(&parts.learning.export()?),
            (Method::Put, "/learning") => {
                let classes: Vec<Stored> = request.json().await?;
                let key_id = key_id(request.headers())?;
                match parts
                    .learning
                    .import(&classes, &key_id, worker::Date::now().as_millis())?
                {
                    Some((index, bad)) => bad_field(&format!("classes[{index}]"), &bad.to_string()),
                    None => Response::from_json(&parts.learning.export()?),
                }
            }
            (Method::Delete, "/learning") => {
                let key_id = key_id(request.headers())?;
                parts
                    .learning
                    .reset(&key_id, worker::Date::now().as_millis())?;
                Response::from_json(&parts.learning.export()?)
            }
            (Method::Get, "/surrogates") => {
                let flights = parts.flights.borrow().count();
                Response::from_json(&parts.surrogates.figures(flights)?)
            }
            (Method::Delete, "/surrogates") => match Purge::parse(&query) {
                Ok(purge) => {
                    let now = worker::Date::now().as_millis();
                    let key_id = key_id(request.headers())?;
                    Response::from_json(&parts.surrogates.purge(&purge, &key_id, now)?)
                }
                Err(bad) => bad_field(&bad.field, &bad.message),
            },
            (Method::Post, "/evaluate") => {
                let proposal: Proposal = request.json().await?;
                Response::from_json(&evaluate::judge(&parts.sql, &proposal)?)
            }
            (Method::Post, "/blocks") => {
                let block: Block = request.json().await?;
                if audit::blocked(&parts.sql, &block)? {
                    live::tell_blocks(&self.state, &parts.sql, &[block])?;
                }
                Response::empty()
            }
            (Method::Get, "/audit") => match audit::Query::parse(&query) {
                Ok(query) => Response::from_json(&audit::page(&parts.sql, &query)?),
                Err(bad) => bad_field(&bad.field, &bad.message),
            },
            (Method::Get, "/snapshot") => Response::from_json(&*parts.snapshot_now()?),
            (Method::Get, "/keys") => {
                Response::from_json(&json!({"revoked": parts.revocations.list()?}))
            }
            (Method::Delete, path) => match path.strip_prefix("/keys/") {
                Some(key_id) => {
                    let now = worker::Date::now().as_millis();
                    parts.revocations.revoke(key_id, now)?;
                    self.hang_up_on(key_id)?;
                    Response::from_json(&json!({"key_id": key_id, "revoked": true}))
                }
                None => Response::error("no such path", 404),
            },
            _ => Response::error("no such path", 404),
        }
    }

    /// Copies the ledger to D1. Overdue reservations were closed before (see `sweep`).
    async fn alarm(&self) -> Result<Response> {
        if let (Ok(parts), Ok(d1)) = (&self.parts, self.env.d1("DB")) {
            outbox::flush(&parts.sql, &d1).await?;
        }
        Response::empty()
    }

    async fn websocket_message(
        &self,
        socket: WebSocket,
        message: WebSocketIncomingMessage,
    ) -> Result<()> {
        // Dashboards have nothing to say but "ping", which is answered without waking the object.
        if let (Ok(parts), WebSocketIncomingMessage::Binary(bytes)) = (&self.parts, message)
            && self.is_agent(&socket)
            && parts.tunnel.message(&socket, &bytes)
        {
            parts.take_models(true)?;
        }
        Ok(())
    }

    async fn websocket_close(
        &self,
        socket: WebSocket,
        code: usize,
        _reason: String,
        _was_clean: bool,
    ) -> Result<()> {
        self.lost(&socket)?;
        // Answers the close handshake; the code is the peer's own, where it may be sent back.
        let code = u16::try_from(code)
            .ok()
            .filter(|code| (3000..5000).contains(code));
        let _ = socket.close(code.or(Some(1000)), None::<&str>);
        Ok(())
    }

    async fn websocket_error(&self, socket: WebSocket, _error: Error) -> Result<()> {
        self.lost(&socket)
    }
}

impl MOECraftOrchestrator {
    fn is_agent(&self, socket: &WebSocket) -> bool {
        self.state
            .get_tags(socket)
            .iter()
            .any(|tag| tag == tunnel::TAG)
    }

    /// Closes the sockets that a revoked key opened.
    fn hang_up_on(&self, key_id: &str) -> Result<()> {
        for socket in self.state.get_websockets_with_tag(&format!("key:{key_id}")) {
            let _ = socket.close(Some(CLOSE_REVOKED), Some("the key was revoked"));
            self.lost(&socket)?;
        }
        Ok(())
    }

    fn lost(&self, socket: &WebSocket) -> Result<()> {
        if let Ok(parts) = &self.parts
            && self.is_agent(socket)
            && parts.tunnel.closed(socket)
        {
            parts.take_models(true)?;
        }
        Ok(())
    }
}

/// The key in whose name the Worker asks.
fn key_id(headers: &Headers) -> Result<String> {
    Ok(headers.get(KEY_ID_HEADER)?.unwrap_or_default())
}

/// The tag by which a socket is found when the key that opened it is revoked.
fn key_tag(headers: &Headers) -> Result<String> {
    Ok(format!("key:{}", key_id(headers)?))
}

/// A refusal that names a field, for the Worker to put into the client's dialect.
fn bad_field(field: &str, message: &str) -> Result<Response> {
    let body = json!({"field": field, "message": message});
    Ok(Response::from_json(&body)?.with_status(400))
}

fn revoked(parts: &Parts, headers: &Headers) -> Result<bool> {
    Ok(headers
        .get(KEY_ID_HEADER)?
        .is_some_and(|key_id| parts.revocations.contains(&key_id)))
}
