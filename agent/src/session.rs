//! One connected socket: frames in and out, the streams on it, and its heartbeat.

use std::collections::HashMap;
use std::sync::Arc;

use futures::stream::SplitSink;
use futures::{FutureExt, SinkExt, StreamExt};
use moecraft_catalog::Trust;
use moecraft_wire::tunnel::{
    CLOSE_REPLACED, Fail, FailKind, FrameError, MAX_BODY, MAX_STREAMS, Open, PING, Register,
    ToAgent, ToObject,
};
use reqwest::Url;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Duration, Instant, MissedTickBehavior, interval_at, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{self, Message};

use crate::link::Agent;
use crate::upstream::{Outbox, grant, serve};

/// Frames of answers that wait for the socket. Small, because what waits here is not in the streams'
/// hands any more.
const QUEUE: usize = 16;

/// Frames of the session itself that wait for the socket: a refusal for every stream, and some beats.
const CONTROL_QUEUE: usize = MAX_STREAMS * 2;

/// Request bodies held for all streams together, in bytes.
const MAX_HELD: usize = 256 * 1024 * 1024;

/// How long a clean close may take.
const CLOSING: Duration = Duration::from_secs(1);

/// How a session ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The agent is to stop.
    Stopped,
    /// Another agent of the same id has dialled in.
    Replaced,
    /// The connection is of no more use; the text says why.
    Lost(String),
}

/// A stream as far as it has come.
enum Stream {
    Receiving {
        open: Open,
        base: Url,
        trust: Trust,
        body: Vec<u8>,
    },
    Running {
        held: usize,
        credit: Arc<Semaphore>,
        task: AbortHandle,
    },
}

struct Session<'a> {
    agent: &'a Agent,
    control: mpsc::Sender<Message>,
    frames: mpsc::Sender<Message>,
    streams: HashMap<u32, Stream>,
    tasks: JoinSet<u32>,
    /// Whether anything came in since the last beat.
    heard: bool,
    /// Whether anything ever came in.
    proven: bool,
}

/// Serves a connected socket until it ends. Also answers whether the other side ever spoke, that is,
/// whether the next attempt may come as fast as a first one.
pub(crate) async fn run<S>(
    agent: &Agent,
    socket: WebSocketStream<S>,
    stop: &mut watch::Receiver<bool>,
) -> (Ending, bool)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sink, mut source) = socket.split();
    let (control, control_queue) = mpsc::channel(CONTROL_QUEUE);
    let (frames, queue) = mpsc::channel(QUEUE);
    let mut writer = tokio::spawn(write(sink, control_queue, queue));
    let mut session = Session {
        agent,
        control,
        frames,
        streams: HashMap::new(),
        tasks: JoinSet::new(),
        heard: true,
        proven: false,
    };
    let ending = tokio::select! {
        ending = session.serve(&mut source, stop) => ending,
        _ = &mut writer => Ending::Lost("the connection broke".to_owned()),
    };
    let proven = session.proven;
    // Drops the streams' requests, and with the queues' senders lets the writer close and finish.
    drop(session);
    if !writer.is_finished() && timeout(CLOSING, &mut writer).await.is_err() {
        writer.abort();
    }
    (ending, proven)
}

/// Moves frames into the socket: the session's own first, and whatever is ready in one flush.
async fn write<S>(
    mut sink: SplitSink<WebSocketStream<S>, Message>,
    mut control: mpsc::Receiver<Message>,
    mut frames: mpsc::Receiver<Message>,
) -> Result<(), tungstenite::Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        let message = tokio::select! {
            biased;
            Some(message) = control.recv() => message,
            Some(message) = frames.recv() => message,
            else => return sink.close().await,
        };
        sink.feed(message).await?;
        while let Ok(message) = control.try_recv().or_else(|_| frames.try_recv()) {
            sink.feed(message).await?;
        }
        sink.flush().await?;
    }
}

impl Session<'_> {
    async fn serve(
        &mut self,
        source: &mut (impl futures::Stream<Item = Result<Message, tungstenite::Error>> + Unpin),
        stop: &mut watch::Receiver<bool>,
    ) -> Ending {
        match self.converse(source, stop).await {
            Ok(never) => match never {},
            Err(ending) => ending,
        }
    }

    async fn converse(
        &mut self,
        source: &mut (impl futures::Stream<Item = Result<Message, tungstenite::Error>> + Unpin),
        stop: &mut watch::Receiver<bool>,
    ) -> Result<std::convert::Infallible, Ending> {
        let timing = self.agent.timing;
        let mut beat = interval_at(Instant::now() + timing.heartbeat, timing.heartbeat);
        let mut alive = interval_at(Instant::now() + timing.alive, timing.alive);
        // After a stall, as of a machine that slept, the answer needs its time before the next beat.
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut catalogue = self.agent.catalogue.clone();
        catalogue.mark_unchanged();
        self.register()?;
        loop {
            tokio::select! {
                message = source.next() => self.take(message)?,
                Some(done) = self.tasks.join_next_with_id() => self.finish(done),
                _ = beat.tick() => {
                    // What came while this process stood still was in time.
                    if !self.heard && let Some(message) = source.next().now_or_never() {
                        self.take(message)?;
                    }
                    self.beat()?;
                }
                _ = alive.tick(), if !self.streams.is_empty() => self.say(&ToObject::Alive)?,
                Ok(()) = catalogue.changed() => self.register()?,
                _ = stop.wait_for(|stop| *stop) => return Err(Ending::Stopped),
            }
        }
    }

    fn take(&mut self, message: Option<Result<Message, tungstenite::Error>>) -> Result<(), Ending> {
        let message = message
            .ok_or_else(|| lost("the service closed the connection"))?
            .map_err(|error| lost(format!("the connection broke: {error}")))?;
        self.heard = true;
        self.proven = true;
        match message {
            Message::Binary(bytes) => self.frame(&bytes),
            Message::Close(Some(close)) if u16::from(close.code) == CLOSE_REPLACED => {
                Err(Ending::Replaced)
            }
            Message::Close(close) => Err(lost(close.map_or_else(
                || "the service closed the connection".to_owned(),
                |close| format!("the service closed the connection with code {}", close.code),
            ))),
            _ => Ok(()),
        }
    }

    fn frame(&mut self, bytes: &[u8]) -> Result<(), Ending> {
        match ToAgent::decode(bytes) {
            Ok(ToAgent::Open(stream, open)) => self.open(stream, open),
            Ok(ToAgent::Body(stream, bytes)) => self.body(stream, bytes),
            Ok(ToAgent::End(stream)) => {
                self.start(stream);
                Ok(())
            }
            Ok(ToAgent::Cancel(stream)) => {
                self.forget(stream);
                Ok(())
            }
            Ok(ToAgent::Credit(stream, bytes)) => {
                if let Some(Stream::Running { credit, .. }) = self.streams.get(&stream) {
                    grant(credit, bytes);
                }
                Ok(())
            }
            Err(FrameError::Message { stream, source }) => {
                self.refuse(stream, FailKind::Refused, source.to_string())
            }
            Err(error) => Err(lost(format!("the service broke the protocol: {error}"))),
        }
    }

    fn open(&mut self, stream: u32, open: Open) -> Result<(), Ending> {
        if self.streams.contains_key(&stream) {
            return Err(lost(
                "the service broke the protocol: a stream was opened twice",
            ));
        }
        if self.streams.len() >= MAX_STREAMS {
            return self.refuse(stream, FailKind::AgentBusy, "too many streams");
        }
        let (base, trust) = {
            let catalogue = self.agent.catalogue.borrow();
            let base = catalogue.server_of(&open.model).cloned();
            (base, catalogue.trust_of(&open.model))
        };
        let Some(base) = base else {
            return self.refuse(stream, FailKind::ModelGone, "no server here has this model");
        };
        tracing::debug!(
            stream,
            model = open.model,
            path = open.path,
            "a request came in"
        );
        let receiving = Stream::Receiving {
            open,
            base,
            trust,
            body: Vec::new(),
        };
        self.streams.insert(stream, receiving);
        Ok(())
    }

    fn body(&mut self, stream: u32, bytes: &[u8]) -> Result<(), Ending> {
        let held: usize = self.streams.values().map(Stream::held).sum();
        let Some(Stream::Receiving { body, .. }) = self.streams.get_mut(&stream) else {
            return Ok(());
        };
        let refusal = if body.len() + bytes.len() > MAX_BODY {
            (FailKind::Refused, "the request is too large")
        } else if held + bytes.len() > MAX_HELD {
            (FailKind::AgentBusy, "too many large requests at once")
        } else {
            body.extend_from_slice(bytes);
            return Ok(());
        };
        self.forget(stream);
        self.refuse(stream, refusal.0, refusal.1)
    }

    /// Sends the complete request to its server.
    fn start(&mut self, stream: u32) {
        let Some(Stream::Receiving {
            open,
            base,
            trust,
            body,
        }) = self.streams.remove(&stream)
        else {
            return;
        };
        let out = Outbox::new(stream, self.frames.clone());
        let (held, credit) = (body.len(), out.credit());
        let http = self.agent.http.clone();
        let task = self.tasks.spawn(async move {
            serve(http, base, open, trust, body, out).await;
            stream
        });
        self.streams
            .insert(stream, Stream::Running { held, credit, task });
    }

    /// Drops a stream, and its request to the server with it.
    fn forget(&mut self, stream: u32) {
        if let Some(Stream::Running { task, .. }) = self.streams.remove(&stream) {
            task.abort();
        }
    }

    fn finish(&mut self, done: Result<(tokio::task::Id, u32), tokio::task::JoinError>) {
        let id = match &done {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        };
        let is_done =
            |stream: &Stream| matches!(stream, Stream::Running { task, .. } if task.id() == id);
        self.streams.retain(|_, stream| !is_done(stream));
    }

    fn beat(&mut self) -> Result<(), Ending> {
        if !std::mem::take(&mut self.heard) {
            return Err(lost("the heartbeat was not answered"));
        }
        self.queue(Message::text(PING))
    }

    fn register(&mut self) -> Result<(), Ending> {
        let models = self.agent.catalogue.borrow().models().to_vec();
        tracing::info!(models = models.len(), "registering");
        self.say(&ToObject::Register(Register {
            agent: self.agent.id.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            models,
        }))
    }

    fn refuse(&self, stream: u32, kind: FailKind, why: impl Into<String>) -> Result<(), Ending> {
        let fail = Fail::new(kind, why);
        tracing::warn!(stream, reason = %fail.message, "a request was refused");
        self.say(&ToObject::Fail(stream, fail))
    }

    fn say(&self, frame: &ToObject<'_>) -> Result<(), Ending> {
        let bytes = frame.encode().map_err(|error| lost(error.to_string()))?;
        self.queue(Message::binary(bytes))
    }

    /// Never waits: a session that waits for its socket would miss that the socket is dead.
    fn queue(&self, message: Message) -> Result<(), Ending> {
        self.control
            .try_send(message)
            .map_err(|_| lost("the connection takes nothing more"))
    }
}

impl Stream {
    fn held(&self) -> usize {
        match self {
            Self::Receiving { body, .. } => body.len(),
            Self::Running { held, .. } => *held,
        }
    }
}

fn lost(why: impl Into<String>) -> Ending {
    Ending::Lost(why.into())
}

#[cfg(test)]
mod tests;
