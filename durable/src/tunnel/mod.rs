//! The object's end of the reverse tunnel: agents dial in, requests go out to them.
//!
//! The sockets hibernate. What must outlive that is the agents' models, and these may be more than
//! a socket's attachment can hold (2,048 bytes by the platform's documentation, some 60 KB here), so
//! the owner keeps them: it stores [`Tunnel::registrations`] whenever a call says that they changed,
//! and hands the text back to [`Tunnel::new`]. The attachment only says who the socket is.

mod exchange;
mod registry;
mod slots;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use moecraft_wire::tunnel::{
    CLOSE_PROTOCOL, CLOSE_REPLACED, HEARTBEAT_MS, LocalModel, PING, PONG, ToAgent, ToObject,
    is_agent_id,
};
use serde::{Deserialize, Serialize};
use worker::wasm_bindgen::{JsCast, JsValue};
use worker::worker_sys::DurableObjectState;
use worker::{
    Date, Request, Response, Result, State, WebSocket, WebSocketPair, WebSocketRequestResponsePair,
    js_sys,
};

use self::registry::{Full, Registry};
use self::slots::{Arrival, Delivery, Slots};

/// The tag of every agent's socket. Each also has `agent:<id>`.
pub(crate) const TAG: &str = "agent";

/// An agent that has missed its second heartbeat is not asked: its socket is open only because nobody
/// has told the platform yet that the other side is gone.
const SILENCE_MS: u64 = HEARTBEAT_MS * 5 / 2;

/// How long the tunnel waits for an agent.
#[derive(Debug, Clone, Copy)]
pub struct Deadlines {
    /// From the request to the answer's head, which a model server sends when it has read the prompt.
    pub head: Duration,
    /// Between two pieces of an answer, while the caller waits for the next.
    pub idle: Duration,
}

impl Default for Deadlines {
    /// Ten minutes for the head, which comes last where an answer is not a stream; the Worker gives up
    /// sooner where it can. Two minutes between pieces.
    fn default() -> Self {
        Self {
            head: Duration::from_secs(600),
            idle: Duration::from_secs(120),
        }
    }
}

/// The agents of a tenant and the requests on their way to them. Clones share one state.
#[derive(Debug, Clone)]
pub struct Tunnel(Rc<Shared>);

#[derive(Debug)]
struct Shared {
    state: State,
    deadlines: Deadlines,
    sockets: RefCell<HashMap<u32, WebSocket>>,
    registry: RefCell<Registry>,
    slots: RefCell<Slots>,
}

/// What a socket remembers of itself while the object sleeps.
#[derive(Debug, Serialize, Deserialize)]
struct Attachment {
    agent: String,
    connection: u32,
}

impl Tunnel {
    /// The tunnel of an object that has just started or woken. `stored` is what
    /// [`Self::registrations`] gave when it was last stored, or nothing. Also answers whether the
    /// models differ from it now, as when agents left while the object was away.
    ///
    /// Sets the object's automatic answer to the text `ping`, for all its sockets.
    ///
    /// # Errors
    /// The runtime refuses one of these calls.
    pub fn new(state: &State, stored: Option<&str>, deadlines: Deadlines) -> Result<(Self, bool)> {
        state.set_websocket_auto_response(&WebSocketRequestResponsePair::new(PING, PONG)?);
        let mut sockets = HashMap::new();
        let mut live = Vec::new();
        for ws in state.get_websockets_with_tag(TAG) {
            if ws.as_ref().ready_state() == worker::web_sys::WebSocket::OPEN
                && let Some(Attachment { agent, connection }) = ws.deserialize_attachment()?
            {
                live.push((connection, agent));
                sockets.insert(connection, ws);
            }
        }
        let stored = stored.unwrap_or("{}");
        let registry = Registry::restore(live, stored);
        let changed = registry.to_stored()? != stored;
        let shared = Shared {
            state: share(state),
            deadlines,
            sockets: RefCell::new(sockets),
            registry: RefCell::new(registry),
            slots: RefCell::new(Slots::new(random()?)),
        };
        Ok((Self(Rc::new(shared)), changed))
    }

    /// Accepts an agent's WebSocket upgrade. The caller has verified the key, by whose `key_tag` the
    /// socket can be found again; `agent_id` is what the agent calls itself. A socket of the same agent is replaced and its streams fail.
    ///
    /// Answers 400 for an id out of bounds and 429 when the tenant has too many agents.
    ///
    /// # Errors
    /// The runtime refuses the socket.
    pub fn accept(&self, agent_id: &str, key_tag: &str) -> Result<Response> {
        if !is_agent_id(agent_id) {
            return Response::error("not an agent id", 400);
        }
        let connection = self.0.unused_connection()?;
        let replaced = match self.0.registry.borrow_mut().connect(connection, agent_id) {
            Ok(replaced) => replaced,
            Err(Full) => return Response::error("too many agents", 429),
        };
        if let Some(old) = replaced {
            self.0
                .hang_up(old, CLOSE_REPLACED, "replaced by a newer connection");
        }
        let WebSocketPair { client, server } = WebSocketPair::new()?;
        self.0
            .state
            .accept_websocket_with_tags(&server, &[TAG, &format!("{TAG}:{agent_id}"), key_tag]);
        server.serialize_attachment(Attachment {
            agent: agent_id.to_owned(),
            connection,
        })?;
        self.0.sockets.borrow_mut().insert(connection, server);
        Response::from_websocket(client)
    }

    /// Takes a binary message of an agent's socket; whether the registered models changed.
    pub fn message(&self, ws: &WebSocket, bytes: &[u8]) -> bool {
        match identify(ws) {
            Some(Attachment { agent, connection }) => self.0.receive(connection, &agent, bytes),
            None => false,
        }
    }

    /// Takes the close, or the error, of an agent's socket; whether the registered models changed.
    pub fn closed(&self, ws: &WebSocket) -> bool {
        let Some(Attachment { connection, .. }) = identify(ws) else {
            return false;
        };
        self.0.sockets.borrow_mut().remove(&connection);
        self.0
            .slots
            .borrow_mut()
            .lose(connection, "the agent's connection broke");
        // Runtimes before the automatic close reply wait for this one; on others it does nothing.
        let _ = ws.close(Some(1000), Some(""));
        self.0.registry.borrow_mut().disconnect(connection)
    }

    /// Sends a request to an agent that serves its model and answers what the model server answers.
    ///
    /// The request is `POST /tunnel/<path of the model server>` with the header `x-moecraft-model`
    /// (the model's local name) and, if it is to be cancellable, `x-moecraft-request-id`. The body
    /// streams through as the caller takes it; if the caller drops it, the agent stops. If the agent
    /// is lost in mid-stream the body errors, which may reach the other side as a plain end: a body
    /// without its own end marker is broken.
    ///
    /// What the tunnel itself cannot do is answered as `{"error":{"type","message"}}` with the header
    /// `x-moecraft-tunnel: failed` and the status of
    /// [`FailKind::status`](moecraft_wire::tunnel::FailKind::status).
    ///
    /// # Errors
    /// The runtime refuses to build the response.
    pub async fn forward(&self, request: Request) -> Result<Response> {
        exchange::forward(&self.0, request).await
    }

    /// Gives up the request with this `x-moecraft-request-id`: the object is not told when a caller
    /// leaves before the answer's head. Whether there was one.
    pub fn cancel(&self, request_id: &str) -> bool {
        let cancelled = self.0.slots.borrow_mut().abandon(request_id);
        for &(stream, connection) in &cancelled {
            self.0.send(connection, &ToAgent::Cancel(stream));
        }
        !cancelled.is_empty()
    }

    /// Every local model that can be asked for now, by name.
    #[must_use]
    pub fn models(&self) -> Vec<LocalModel> {
        self.0.registry.borrow().models()
    }

    /// What agents have registered, as text to be stored and given to [`Self::new`]. At most about
    /// 1 MB, below a row's 2 MB.
    ///
    /// # Errors
    /// None that is known; the text is JSON.
    pub fn registrations(&self) -> Result<String> {
        Ok(self.0.registry.borrow().to_stored()?)
    }
}

impl Shared {
    /// Takes a message; whether the registered models changed.
    fn receive(&self, connection: u32, agent: &str, bytes: &[u8]) -> bool {
        let (stream, arrival) = match ToObject::decode(bytes) {
            Ok(ToObject::Register(register)) if register.agent == agent => {
                return self
                    .registry
                    .borrow_mut()
                    .register(connection, register.models);
            }
            Ok(ToObject::Register(_)) | Err(_) => {
                self.hang_up(connection, CLOSE_PROTOCOL, "not a frame of this tunnel");
                return self.registry.borrow_mut().disconnect(connection);
            }
            Ok(ToObject::Alive) => return false,
            Ok(ToObject::Head(stream, head)) => (stream, Arrival::Head(head)),
            Ok(ToObject::Data(stream, bytes)) => (stream, Arrival::Data(bytes.to_vec())),
            Ok(ToObject::Fin(stream)) => (stream, Arrival::End(Ok(()))),
            Ok(ToObject::Fail(stream, fail)) => (stream, Arrival::End(Err(fail))),
        };
        let delivery = self.slots.borrow_mut().deliver(connection, stream, arrival);
        if delivery == Delivery::Violation {
            self.send(connection, &ToAgent::Cancel(stream));
        }
        false
    }

    /// Sends a frame; whether the socket took it.
    fn send(&self, connection: u32, frame: &ToAgent<'_>) -> bool {
        let (Some(ws), Ok(bytes)) = (
            self.sockets.borrow().get(&connection).cloned(),
            frame.encode(),
        ) else {
            return false;
        };
        ws.send_with_bytes(bytes).is_ok()
    }

    /// Closes a socket and fails what was under way on it.
    fn hang_up(&self, connection: u32, code: u16, why: &str) {
        self.slots.borrow_mut().lose(connection, why);
        let socket = self.sockets.borrow_mut().remove(&connection);
        if let Some(ws) = socket {
            // A socket that cannot be closed is closed.
            let _ = ws.close(Some(code), Some(why));
        }
    }

    /// Whether the agent has been heard of lately. Its heartbeats are answered without waking the
    /// object, so the platform is asked for the last one; before the first, the benefit of the doubt.
    fn is_heard(&self, connection: u32) -> bool {
        let Some(ws) = self.sockets.borrow().get(&connection).cloned() else {
            return false;
        };
        match last_heartbeat(&self.state, &ws) {
            Some(at) => Date::now().as_millis().saturating_sub(at) <= SILENCE_MS,
            None => true,
        }
    }

    fn unused_connection(&self) -> Result<u32> {
        let sockets = self.sockets.borrow();
        let mut id = random()?;
        while sockets.contains_key(&id) {
            id = id.wrapping_add(1);
        }
        Ok(id)
    }
}

/// Another handle of the same state, which has no `Clone` of its own.
fn share(state: &State) -> State {
    let raw: &JsValue = state.as_raw().as_ref();
    raw.clone().unchecked_into::<DurableObjectState>().into()
}

fn identify(ws: &WebSocket) -> Option<Attachment> {
    ws.deserialize_attachment().ok().flatten()
}

/// When the platform last answered this socket's heartbeat, in Unix milliseconds. `worker` has no
/// binding for it.
fn last_heartbeat(state: &State, ws: &WebSocket) -> Option<u64> {
    let method = js_sys::Reflect::get(
        state.as_raw(),
        &JsValue::from_str("getWebSocketAutoResponseTimestamp"),
    )
    .ok()?
    .dyn_into::<js_sys::Function>()
    .ok()?;
    let at = method.call1(state.as_raw(), ws.as_ref()).ok()?;
    let at = at.dyn_into::<js_sys::Date>().ok()?.get_time();
    // Unix milliseconds are exact in a float, and never negative here.
    at.is_finite().then_some(at as u64)
}

fn random() -> Result<u32> {
    getrandom::u32().map_err(|e| worker::Error::RustError(e.to_string()))
}
