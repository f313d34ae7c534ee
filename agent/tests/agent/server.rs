//! A model server, played by the test: each request is handed over with its connection.

use std::collections::HashMap;

use moecraft_agent::address::server_url;
use reqwest::Url;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::soon;

/// Where requests arrive.
pub(crate) struct ModelServer {
    pub(crate) base: Url,
    requests: mpsc::UnboundedReceiver<Call>,
}

/// A request as it came over the wire, and the connection to answer on.
pub(crate) struct Call {
    pub(crate) line: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
    connection: TcpStream,
}

impl ModelServer {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = server_url(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let (calls, requests) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let calls = calls.clone();
                tokio::spawn(async move {
                    if let Some(call) = Call::read(connection).await {
                        let _ = calls.send(call);
                    }
                });
            }
        });
        Self { base, requests }
    }

    /// A server that answers each request line with a JSON text, and everything else with 404. Names
    /// itself as given.
    pub(crate) async fn fixed(
        name: &'static str,
        answers: &'static [(&'static str, &'static str)],
    ) -> Url {
        let mut server = Self::start().await;
        let base = server.base.clone();
        tokio::spawn(async move {
            while let Some(mut call) = server.requests.recv().await {
                let answer = answers.iter().find(|(line, _)| call.line == *line);
                let (status, body) = answer.map_or((404, "{}"), |(_, body)| (200, *body));
                let head = format!("server: {name}\r\ncontent-type: application/json\r\n");
                call.respond(status, &head, body.as_bytes()).await;
            }
        });
        base
    }

    pub(crate) async fn call(&mut self) -> Call {
        soon(self.requests.recv()).await.unwrap()
    }

    /// Whether a request has arrived that was not taken.
    pub(crate) fn has_call(&mut self) -> bool {
        !self.requests.is_empty()
    }
}

impl Call {
    async fn read(mut connection: TcpStream) -> Option<Self> {
        let mut bytes = Vec::new();
        let end = loop {
            if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break at;
            }
            if connection.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
        };
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let mut body = bytes.split_off(end + 4);
        let mut lines = head.lines();
        let line = lines
            .next()
            .unwrap()
            .trim_end_matches(" HTTP/1.1")
            .to_owned();
        let headers: HashMap<String, String> = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let length = headers
            .get("content-length")
            .map_or(0, |len| len.parse().unwrap());
        while body.len() < length {
            if connection.read_buf(&mut body).await.ok()? == 0 {
                return None;
            }
        }
        Some(Self {
            line,
            headers,
            body,
            connection,
        })
    }

    /// Sends bytes as they are; whether the other side still takes them.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> bool {
        self.connection.write_all(bytes).await.is_ok()
    }

    /// Sends a whole answer.
    pub(crate) async fn respond(&mut self, status: u16, head: &str, body: &[u8]) {
        let head = format!(
            "HTTP/1.1 {status} X\r\n{head}content-length: {}\r\n\r\n",
            body.len()
        );
        self.send(head.as_bytes()).await;
        self.send(body).await;
    }

    /// Begins a streamed answer.
    pub(crate) async fn begin(&mut self) {
        self.send(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
            .await;
    }

    /// Sends a piece of a streamed answer; the empty one is the end.
    pub(crate) async fn piece(&mut self, bytes: &[u8]) -> bool {
        let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
        chunk.extend_from_slice(bytes);
        chunk.extend_from_slice(b"\r\n");
        self.send(&chunk).await
    }

    /// Waits until the other side has closed the connection.
    pub(crate) async fn closed(mut self) {
        let mut rest = Vec::new();
        let _ = soon(self.connection.read_to_end(&mut rest)).await;
        assert!(rest.is_empty());
    }
}
