//! One stream: a request to a model server and its answer, piece by piece, as credit allows.

use std::sync::Arc;
use std::time::Duration;

use moecraft_catalog::Trust;
use moecraft_wire::tunnel::{CHUNK, Fail, FailKind, Head, Open, ToObject, WINDOW};
use reqwest::{Client, Response, Url};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::tungstenite::Message;

use crate::guard;

/// Pieces of one answer that come closer together than this travel in one frame: each frame costs the
/// object more than the bytes in it, and a model's tokens are small.
const COALESCE: Duration = Duration::from_millis(8);

/// The largest answer, in bytes. A model server that never stops is stopped here.
const MAX_ANSWER: usize = 256 * 1024 * 1024;

/// Where a stream's frames go, and how many bytes of data it may send.
#[derive(Debug)]
pub(crate) struct Outbox {
    stream: u32,
    frames: mpsc::Sender<Message>,
    credit: Arc<Semaphore>,
}

/// The session is over, so nobody waits for the answer.
#[derive(Debug)]
struct Over;

/// Why an answer stopped before its end.
enum Stop {
    Over,
    Failed(Fail),
}

impl From<Over> for Stop {
    fn from(_: Over) -> Self {
        Self::Over
    }
}

impl Outbox {
    pub(crate) fn new(stream: u32, frames: mpsc::Sender<Message>) -> Self {
        Self {
            stream,
            frames,
            credit: Arc::new(Semaphore::new(WINDOW as usize)),
        }
    }

    /// The stream's credit, to be added to with [`grant`].
    pub(crate) fn credit(&self) -> Arc<Semaphore> {
        Arc::clone(&self.credit)
    }

    async fn send(&self, frame: ToObject<'_>) -> Result<(), Over> {
        let bytes = frame.encode().map_err(|error| {
            tracing::error!(%error, "a frame could not be made");
            Over
        })?;
        self.frames
            .send(Message::binary(bytes))
            .await
            .map_err(|_| Over)
    }

    /// Sends and empties what is pending, as fast as credit comes in.
    async fn flush(&self, pending: &mut Vec<u8>) -> Result<(), Over> {
        for piece in pending.chunks(CHUNK) {
            let bytes = u32::try_from(piece.len()).map_err(|_| Over)?;
            let permit = self.credit.acquire_many(bytes).await.map_err(|_| Over)?;
            permit.forget();
            self.send(ToObject::Data(self.stream, piece)).await?;
        }
        pending.clear();
        Ok(())
    }
}

/// Adds credit, never beyond the window, whatever the other side grants.
pub(crate) fn grant(credit: &Semaphore, bytes: u32) {
    let room = (WINDOW as usize).saturating_sub(credit.available_permits());
    credit.add_permits(room.min(bytes as usize));
}

/// Asks the model server, if the model may be given the request, and sends its answer. Dropping the future drops the connection, which is how a
/// server learns that nobody waits any more.
pub(crate) async fn serve(
    http: Client,
    base: Url,
    open: Open,
    trust: Trust,
    body: Vec<u8>,
    out: Outbox,
) {
    let fail = match guard::pass(&open.model, trust, body).await {
        Ok(body) => {
            let Err(Stop::Failed(fail)) = exchange(&http, &base, open, body, &out).await else {
                return;
            };
            tracing::warn!(stream = out.stream, reason = %fail.message, "a request failed");
            fail
        }
        Err(fail) => fail,
    };
    // If the session is over there is nobody to tell.
    let _ = out.send(ToObject::Fail(out.stream, fail)).await;
}

async fn exchange(
    http: &Client,
    base: &Url,
    open: Open,
    body: Vec<u8>,
    out: &Outbox,
) -> Result<(), Stop> {
    let url = base
        .join(&open.path)
        .map_err(|_| failed(FailKind::Refused, "the path is no path"))?;
    let mut request = http.post(url).body(body);
    for (name, value) in open.headers {
        request = request.header(name, value);
    }
    let response = request.send().await.map_err(|error| lost(&error))?;
    let content_type = response
        .headers()
        .get("content-type")
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let mut head = Head {
        status: response.status().as_u16(),
        content_type,
    };
    if head.check().is_err() {
        head.content_type = None;
    }
    out.send(ToObject::Head(out.stream, head)).await?;
    relay(response, out).await
}

/// Moves the body: at once after a pause, gathered for [`COALESCE`] when pieces follow each other.
async fn relay(mut response: Response, out: &Outbox) -> Result<(), Stop> {
    let mut pending = Vec::new();
    let mut due = Instant::now();
    let mut total = 0_usize;
    loop {
        let chunk = tokio::select! {
            biased;
            () = sleep_until(due), if !pending.is_empty() => {
                out.flush(&mut pending).await?;
                due = Instant::now() + COALESCE;
                continue;
            }
            chunk = response.chunk() => chunk,
        };
        match chunk {
            Ok(Some(bytes)) => {
                total = total.saturating_add(bytes.len());
                if total > MAX_ANSWER {
                    return Err(failed(FailKind::ServerLost, "the answer is too large"));
                }
                pending.extend_from_slice(&bytes);
                if pending.len() >= CHUNK {
                    out.flush(&mut pending).await?;
                    due = Instant::now() + COALESCE;
                }
            }
            Ok(None) => {
                out.flush(&mut pending).await?;
                return Ok(out.send(ToObject::Fin(out.stream)).await?);
            }
            Err(error) => {
                out.flush(&mut pending).await?;
                return Err(lost(&error));
            }
        }
    }
}

/// The error's kind in words of our own: its text may quote what was sent.
fn lost(error: &reqwest::Error) -> Stop {
    let what = if error.is_connect() {
        "the model server cannot be reached"
    } else if error.is_timeout() {
        "the model server was silent for too long"
    } else {
        "the model server broke off"
    };
    failed(FailKind::ServerLost, what)
}

fn failed(kind: FailKind, message: &str) -> Stop {
    Stop::Failed(Fail::new(kind, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credit_never_exceeds_the_window() {
        let credit = Semaphore::new(WINDOW as usize);
        grant(&credit, u32::MAX);
        assert_eq!(credit.available_permits(), WINDOW as usize);
        credit.forget_permits(1000);
        grant(&credit, 400);
        assert_eq!(credit.available_permits(), WINDOW as usize - 600);
        grant(&credit, u32::MAX);
        assert_eq!(credit.available_permits(), WINDOW as usize);
    }
}
