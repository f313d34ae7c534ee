//! A provider that answers at once, so that what is measured is the way to it and back.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use futures::stream;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpListener;

/// Content chunks in a streamed answer.
const CHUNKS: u32 = 64;
/// Time between two of them.
const GAP: Duration = Duration::from_millis(5);

#[derive(Deserialize)]
struct Ask {
    #[serde(default)]
    stream: bool,
}

/// Answers chat completions on a free port of the loopback until killed.
pub(crate) async fn serve() -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    crate::print(&json!({"port": listener.local_addr()?.port()}))?;
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        let connection = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(socket), hyper::service::service_fn(answer));
        // A client that goes away is the client's affair.
        tokio::spawn(async move { drop(connection.await) });
    }
}

async fn answer(
    request: Request<Incoming>,
) -> Result<Response<BoxBody<Bytes, Infallible>>, hyper::Error> {
    let body = request.into_body().collect().await?.to_bytes();
    let stream = serde_json::from_slice::<Ask>(&body).is_ok_and(|ask| ask.stream);
    let (kind, body) = if stream {
        ("text/event-stream", events().boxed())
    } else {
        ("application/json", Full::new(completion()).boxed())
    };
    let mut response = Response::new(body);
    let kind = hyper::header::HeaderValue::from_static(kind);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    Ok(response)
}

fn completion() -> Bytes {
    let message = json!({"role": "assistant", "content": "The quick brown fox."});
    let answer = json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "bench",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 64, "completion_tokens": 5, "total_tokens": 69},
    });
    Bytes::from(answer.to_string())
}

fn events() -> StreamBody<impl stream::Stream<Item = Result<Frame<Bytes>, Infallible>>> {
    StreamBody::new(stream::unfold(0, |sent| async move {
        if sent > CHUNKS {
            return None;
        }
        if sent > 0 {
            tokio::time::sleep(GAP).await;
        }
        Some((Ok(Frame::data(event(sent))), sent + 1))
    }))
}

/// Chunk number `sent`; the one after the last carries the usage and the end.
fn event(sent: u32) -> Bytes {
    let head = json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "bench",
    });
    let mut chunk = head;
    if sent < CHUNKS {
        chunk["choices"] =
            json!([{"index": 0, "delta": {"content": "word "}, "finish_reason": null}]);
        return Bytes::from(format!("data: {chunk}\n\n"));
    }
    chunk["choices"] = json!([{"index": 0, "delta": {}, "finish_reason": "stop"}]);
    chunk["usage"] = json!({"prompt_tokens": 64, "completion_tokens": CHUNKS, "total_tokens": 128});
    Bytes::from(format!("data: {chunk}\n\ndata: [DONE]\n\n"))
}
