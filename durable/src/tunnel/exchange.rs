//! One request through the tunnel: out to an agent, and its answer back to the caller.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::{Either, select};
use futures::stream;
use moecraft_wire::tunnel::{
    CHUNK, Fail, FailKind, Head, MAX_BODY, Open, REQUEST_HEADERS, ToAgent, is_allowed_path,
};
use serde_json::json;
use worker::{Delay, Request, Response, ResponseBuilder, Result};

use super::Shared;

/// Where the caller addresses the tunnel; the rest of the path is the model server's.
const PREFIX: &str = "/tunnel";
/// The local name of the model that is asked.
const MODEL_HEADER: &str = "x-moecraft-model";
/// The caller's name for the request, by which it can be cancelled.
const REQUEST_HEADER: &str = "x-moecraft-request-id";
/// Marks an answer that is the tunnel's own, so that the caller may ask another model.
const TUNNEL_HEADER: &str = "x-moecraft-tunnel";

/// The longest request id that is kept, in bytes.
const MAX_REQUEST_ID: usize = 64;

/// A failure of the exchange, or of the runtime.
enum Trouble {
    Tunnel(Fail),
    Runtime(worker::Error),
}

impl From<Fail> for Trouble {
    fn from(fail: Fail) -> Self {
        Self::Tunnel(fail)
    }
}

impl From<worker::Error> for Trouble {
    fn from(error: worker::Error) -> Self {
        Self::Runtime(error)
    }
}

pub(super) async fn forward(shared: &Rc<Shared>, request: Request) -> Result<Response> {
    match exchange(shared, request).await {
        Ok(response) => Ok(response),
        Err(Trouble::Tunnel(fail)) => failed(&fail),
        Err(Trouble::Runtime(error)) => Err(error),
    }
}

async fn exchange(shared: &Rc<Shared>, mut request: Request) -> Result<Response, Trouble> {
    let open = head_of(&request)?;
    let request_id = request
        .headers()
        .get(REQUEST_HEADER)?
        .filter(|id| id.len() <= MAX_REQUEST_ID);
    let body = body_of(&mut request).await?;
    // From here to the last frame nothing awaits: the agent that was chosen is the agent that is sent to.
    let lease = Lease::open(shared, &open.model, request_id)?;
    lease.send_request(open, &body)?;
    drop(body);
    let head = before(shared.deadlines.head, poll_fn(|cx| lease.poll_head(cx)))
        .await
        .unwrap_or_else(|| Err(timeout("the answer did not begin in time")))?;
    answer(head, lease)
}

/// What the request asks for, checked here so that no agent is bothered with the rest.
fn head_of(request: &Request) -> Result<Open, Trouble> {
    let path = request.path();
    let path = path
        .strip_prefix(PREFIX)
        .filter(|path| is_allowed_path(path))
        .ok_or_else(|| refused("this path does not go through the tunnel"))?;
    let headers = request.headers();
    let model = headers
        .get(MODEL_HEADER)?
        .ok_or_else(|| refused("the request names no model"))?;
    let mut passed = BTreeMap::new();
    for name in REQUEST_HEADERS {
        if let Some(value) = headers.get(name)? {
            passed.insert(name.to_owned(), value);
        }
    }
    let open = Open {
        path: path.to_owned(),
        model,
        headers: passed,
    };
    open.check().map_err(|e| refused(e.to_string()))?;
    Ok(open)
}

async fn body_of(request: &mut Request) -> Result<Vec<u8>, Trouble> {
    let too_large = || refused(format!("the body is larger than {MAX_BODY} bytes"));
    let announced = request.headers().get("content-length")?;
    if announced
        .and_then(|len| len.parse::<usize>().ok())
        .is_some_and(|len| len > MAX_BODY)
    {
        return Err(too_large().into());
    }
    let body = request.bytes().await?;
    if body.len() > MAX_BODY {
        return Err(too_large().into());
    }
    Ok(body)
}

/// The server's answer, its body moving as the caller takes it.
fn answer(head: Head, lease: Lease) -> Result<Response, Trouble> {
    let mut builder = ResponseBuilder::new().with_status(head.status);
    if let Some(content_type) = &head.content_type {
        builder = builder.with_header("content-type", content_type)?;
    }
    // The runtime throws on a body where HTTP knows none.
    if matches!(head.status, 204 | 205 | 304) {
        return Ok(builder.empty());
    }
    let pieces = stream::unfold(Some(lease), |lease| async move {
        let lease = lease?;
        match lease.next().await? {
            Ok(bytes) => Some((Ok(bytes), Some(lease))),
            Err(fail) => Some((Err(worker::Error::RustError(fail.message)), None)),
        }
    });
    Ok(builder.from_stream(pieces)?)
}

/// A stream that is held open: dropping it frees its slot and, unless it has ended, tells the agent to
/// stop. That is how a caller that leaves reaches the model server.
struct Lease {
    shared: Rc<Shared>,
    connection: u32,
    stream: u32,
}

impl Lease {
    /// Opens a stream to the agent that serves the model and has the fewest open.
    fn open(shared: &Rc<Shared>, model: &str, request: Option<String>) -> Result<Self, Fail> {
        let serving = {
            let registry = shared.registry.borrow();
            if registry.is_empty() {
                return Err(offline());
            }
            registry.serving(model)
        };
        if serving.is_empty() {
            return Err(Fail::new(
                FailKind::ModelGone,
                "no connected agent serves this model",
            ));
        }
        let mut slots = shared.slots.borrow_mut();
        let connection = serving
            .into_iter()
            .filter(|&connection| shared.is_heard(connection))
            .min_by_key(|&connection| slots.load(connection))
            .ok_or_else(offline)?;
        let stream = slots.open(connection, request)?;
        Ok(Self {
            shared: Rc::clone(shared),
            connection,
            stream,
        })
    }

    fn send_request(&self, open: Open, body: &[u8]) -> Result<(), Fail> {
        self.send(&ToAgent::Open(self.stream, open))?;
        for piece in body.chunks(CHUNK) {
            self.send(&ToAgent::Body(self.stream, piece))?;
        }
        self.send(&ToAgent::End(self.stream))
    }

    fn send(&self, frame: &ToAgent<'_>) -> Result<(), Fail> {
        if self.shared.send(self.connection, frame) {
            Ok(())
        } else {
            Err(Fail::new(
                FailKind::AgentLost,
                "the agent's connection is broken",
            ))
        }
    }

    fn poll_head(&self, cx: &Context<'_>) -> Poll<Result<Head, Fail>> {
        self.shared
            .slots
            .borrow_mut()
            .poll_head(self.stream, cx.waker())
    }

    /// The next piece of the body; nothing at its good end.
    async fn next(&self) -> Option<Result<Vec<u8>, Fail>> {
        let arrival = poll_fn(|cx| {
            self.shared
                .slots
                .borrow_mut()
                .poll_piece(self.stream, cx.waker())
        });
        let Some(arrival) = before(self.shared.deadlines.idle, arrival).await else {
            return Some(Err(timeout("the answer stood still for too long")));
        };
        match arrival? {
            Ok(piece) => {
                if let Some(bytes) = piece.credit {
                    // If the socket is broken its close fails the stream.
                    let _ = self.send(&ToAgent::Credit(self.stream, bytes));
                }
                Some(Ok(piece.bytes))
            }
            Err(fail) => Some(Err(fail)),
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let unfinished = self.shared.slots.borrow_mut().close(self.stream);
        if let Some(connection) = unfinished {
            self.shared.send(connection, &ToAgent::Cancel(self.stream));
        }
    }
}

/// The future's value, or nothing if the deadline comes first. The timer is set only if the future has
/// to wait, and cleared with it: a timer keeps an object from hibernating.
async fn before<T>(deadline: Duration, future: impl Future<Output = T>) -> Option<T> {
    match select(pin!(future), pin!(Delay::from(deadline))).await {
        Either::Left((value, _)) => Some(value),
        Either::Right(_) => None,
    }
}

/// A failure as the caller sees it.
fn failed(fail: &Fail) -> Result<Response> {
    ResponseBuilder::new()
        .with_status(fail.kind.status())
        .with_header(TUNNEL_HEADER, "failed")?
        .from_json(&json!({"error": {"type": fail.kind, "message": fail.message}}))
}

fn offline() -> Fail {
    Fail::new(FailKind::AgentOffline, "no agent is connected")
}

fn timeout(message: &str) -> Fail {
    Fail::new(FailKind::AgentTimeout, message)
}

fn refused(message: impl Into<String>) -> Fail {
    Fail::new(FailKind::Refused, message)
}
