//! The service's side of the tunnel, played by the test.

use futures::{SinkExt, StreamExt};
use moecraft_wire::tunnel::{CHUNK, Fail, Head, Open, PING, PONG, Register, ToAgent, ToObject};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

use crate::soon;

/// Where agents dial in.
pub(crate) struct Service {
    pub(crate) url: String,
    listener: TcpListener,
}

impl Service {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        Self { url, listener }
    }

    /// The next agent that dials in, before it has said anything.
    #[expect(
        clippy::result_large_err,
        reason = "the handshake's callback has this type"
    )]
    pub(crate) async fn accept(&self) -> Tunnel {
        let (stream, _) = soon(self.listener.accept()).await.unwrap();
        let (mut path, mut authorization) = (String::new(), String::new());
        let callback = |request: &Request, response: Response| {
            path = request.uri().to_string();
            let header = request.headers().get("authorization");
            authorization = header.unwrap().to_str().unwrap().to_owned();
            Ok(response)
        };
        let socket = soon(accept_hdr_async(stream, callback)).await.unwrap();
        Tunnel {
            socket,
            path,
            authorization,
            answers_beats: true,
        }
    }

    /// The next agent that dials in, registered.
    pub(crate) async fn registered(&self) -> Tunnel {
        let mut tunnel = self.accept().await;
        tunnel.register().await;
        tunnel
    }

    /// Answers the next upgrade with this status and nothing else.
    pub(crate) async fn refuse(&self, status: u16) {
        let (mut stream, _) = soon(self.listener.accept()).await.unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).await.unwrap();
        let answer =
            format!("HTTP/1.1 {status} No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
}

/// A connected agent as the object sees it.
pub(crate) struct Tunnel {
    socket: WebSocketStream<TcpStream>,
    pub(crate) path: String,
    pub(crate) authorization: String,
    pub(crate) answers_beats: bool,
}

/// A frame to the object that lives on its own.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    Register(Register),
    Alive,
    Head(u32, Head),
    Data(u32, Vec<u8>),
    Fin(u32),
    Fail(u32, Fail),
}

/// A stream's whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) head: Option<Head>,
    pub(crate) body: Vec<u8>,
    pub(crate) end: Result<(), Fail>,
}

impl Tunnel {
    pub(crate) async fn send(&mut self, frame: &ToAgent<'_>) {
        self.send_raw(frame.encode().unwrap()).await;
    }

    pub(crate) async fn send_raw(&mut self, bytes: Vec<u8>) {
        self.socket.send(Message::binary(bytes)).await.unwrap();
    }

    /// Sends a whole request.
    pub(crate) async fn request(&mut self, stream: u32, model: &str, path: &str, body: &[u8]) {
        let headers = [("content-type".to_owned(), "application/json".to_owned())];
        let open = Open {
            path: path.into(),
            model: model.into(),
            headers: headers.into(),
        };
        self.send(&ToAgent::Open(stream, open)).await;
        for piece in body.chunks(CHUNK) {
            self.send(&ToAgent::Body(stream, piece)).await;
        }
        self.send(&ToAgent::End(stream)).await;
    }

    /// The next frame, or nothing if the agent has closed the socket. Heartbeats are answered as the
    /// platform would.
    pub(crate) async fn next(&mut self) -> Option<Frame> {
        loop {
            match soon(self.socket.next()).await? {
                Ok(Message::Binary(bytes)) => {
                    return Some(match ToObject::decode(&bytes).unwrap() {
                        ToObject::Register(register) => Frame::Register(register),
                        ToObject::Alive => Frame::Alive,
                        ToObject::Head(stream, head) => Frame::Head(stream, head),
                        ToObject::Data(stream, bytes) => Frame::Data(stream, bytes.to_vec()),
                        ToObject::Fin(stream) => Frame::Fin(stream),
                        ToObject::Fail(stream, fail) => Frame::Fail(stream, fail),
                    });
                }
                Ok(Message::Text(text)) => {
                    assert_eq!(text.as_str(), PING);
                    if self.answers_beats {
                        self.socket.send(Message::text(PONG)).await.unwrap();
                    }
                }
                Ok(_) => {}
                Err(_) => return None,
            }
        }
    }

    pub(crate) async fn register(&mut self) -> Register {
        match self.next().await {
            Some(Frame::Register(register)) => register,
            other => panic!("no registration but {other:?}"),
        }
    }

    /// Collects a stream to its end, giving credit for what comes in. Frames of other streams are an
    /// error.
    pub(crate) async fn answer(&mut self, stream: u32) -> Answer {
        let (mut head, mut body) = (None, Vec::new());
        loop {
            let end = match self.next().await.expect("the agent closed the socket") {
                Frame::Head(of, found) if of == stream => {
                    head = Some(found);
                    continue;
                }
                Frame::Data(of, bytes) if of == stream => {
                    body.extend(&bytes);
                    let credit = ToAgent::Credit(stream, u32::try_from(bytes.len()).unwrap());
                    self.send(&credit).await;
                    continue;
                }
                Frame::Fin(of) if of == stream => Ok(()),
                Frame::Fail(of, fail) if of == stream => Err(fail),
                other => panic!("not of stream {stream}: {other:?}"),
            };
            return Answer { head, body, end };
        }
    }

    pub(crate) async fn close(mut self, code: u16) {
        let frame = CloseFrame {
            code: code.into(),
            reason: "".into(),
        };
        self.socket.close(Some(frame)).await.unwrap();
        while self.next().await.is_some() {}
    }
}
