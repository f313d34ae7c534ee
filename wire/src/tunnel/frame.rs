//! The frame: `kind u8 | stream u32 LE | payload`, one to a binary WebSocket message.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{CHUNK, Fail, Head, MAX_MESSAGE, MessageError, Open, Register};
use crate::json::from_bytes;

/// Bytes before the payload.
const HEADER: usize = 5;

// Kinds to the agent are below 16, kinds to the object from 16 on; 0 is never used.
const OPEN: u8 = 1;
const BODY: u8 = 2;
const END: u8 = 3;
const CANCEL: u8 = 4;
const CREDIT: u8 = 5;
const REGISTER: u8 = 16;
const HEAD: u8 = 17;
const DATA: u8 = 18;
const FIN: u8 = 19;
const FAIL: u8 = 20;
const ALIVE: u8 = 21;

/// A message that is no frame, or a frame that may not be sent.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// Fewer bytes than a frame's header.
    #[error("a frame has at least {HEADER} bytes, this one {0}")]
    TooShort(usize),
    /// The payload is longer than [`CHUNK`].
    #[error("a payload has at most {CHUNK} bytes, this one {0}")]
    TooLong(usize),
    /// No such kind in this direction.
    #[error("kind {0} is unknown in this direction")]
    UnknownKind(u8),
    /// Stream 0 belongs to the connection, all others to requests; this kind is on the wrong side.
    #[error("kind {kind} may not be sent on stream {stream}")]
    WrongStream {
        /// The frame's kind.
        kind: u8,
        /// The frame's stream.
        stream: u32,
    },
    /// The payload's length is not what the kind needs.
    #[error("kind {kind} cannot have a payload of {len} bytes")]
    WrongLength {
        /// The frame's kind.
        kind: u8,
        /// The payload's length in bytes.
        len: usize,
    },
    /// The payload is not the JSON that the kind needs.
    #[error("payload: {0}")]
    Json(#[from] serde_json::Error),
    /// The payload breaks a bound. The stream is known, so the peer can be told.
    #[error("stream {stream}: {source}")]
    Message {
        /// The frame's stream.
        stream: u32,
        /// The bound.
        source: MessageError,
    },
}

/// A frame from the object to the agent. Streams are never 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToAgent<'a> {
    /// A request begins.
    Open(u32, Open),
    /// A piece of its body.
    Body(u32, &'a [u8]),
    /// Its body is complete: the agent may call the server.
    End(u32),
    /// Nobody waits for the answer any more; nothing more is said on this stream by the object.
    Cancel(u32),
    /// So many further bytes of [`ToObject::Data`] may be sent.
    Credit(u32, u32),
}

/// A frame from the agent to the object. Streams are never 0 but where the connection is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToObject<'a> {
    /// The agent's models; on the connection.
    Register(Register),
    /// The agent is at work; on the connection.
    Alive,
    /// The server's answer begins.
    Head(u32, Head),
    /// A piece of its body.
    Data(u32, &'a [u8]),
    /// The answer is complete.
    Fin(u32),
    /// The answer cannot be completed.
    Fail(u32, Fail),
}

impl<'a> ToAgent<'a> {
    /// The frame as the bytes of one message.
    ///
    /// # Errors
    /// The payload is out of bounds.
    pub fn encode(&self) -> Result<Vec<u8>, FrameError> {
        match self {
            Self::Open(stream, open) => {
                open.check().map_err(on(*stream))?;
                join(OPEN, *stream, &json(open)?)
            }
            Self::Body(stream, bytes) => join(BODY, *stream, bytes),
            Self::End(stream) => join(END, *stream, &[]),
            Self::Cancel(stream) => join(CANCEL, *stream, &[]),
            Self::Credit(stream, bytes) => join(CREDIT, *stream, &bytes.to_le_bytes()),
        }
    }

    /// Reads a message.
    ///
    /// # Errors
    /// The message is no such frame. Never panics, whatever the bytes.
    pub fn decode(message: &'a [u8]) -> Result<Self, FrameError> {
        let (kind, stream, payload) = split(message)?;
        match kind {
            OPEN => {
                let open: Open = parse(payload)?;
                open.check().map_err(on(stream))?;
                Ok(Self::Open(stream, open))
            }
            BODY => Ok(Self::Body(stream, payload)),
            END => empty(kind, payload).map(|()| Self::End(stream)),
            CANCEL => empty(kind, payload).map(|()| Self::Cancel(stream)),
            CREDIT => {
                let bytes = payload.try_into().map_err(|_| FrameError::WrongLength {
                    kind,
                    len: payload.len(),
                })?;
                Ok(Self::Credit(stream, u32::from_le_bytes(bytes)))
            }
            _ => Err(FrameError::UnknownKind(kind)),
        }
    }
}

impl<'a> ToObject<'a> {
    /// The frame as the bytes of one message.
    ///
    /// # Errors
    /// The payload is out of bounds.
    pub fn encode(&self) -> Result<Vec<u8>, FrameError> {
        match self {
            Self::Register(register) => {
                register.check().map_err(on(0))?;
                join(REGISTER, 0, &json(register)?)
            }
            Self::Alive => join(ALIVE, 0, &[]),
            Self::Head(stream, head) => {
                head.check().map_err(on(*stream))?;
                join(HEAD, *stream, &json(head)?)
            }
            Self::Data(stream, bytes) => join(DATA, *stream, bytes),
            Self::Fin(stream) => join(FIN, *stream, &[]),
            Self::Fail(stream, fail) => {
                fail.check().map_err(on(*stream))?;
                join(FAIL, *stream, &json(fail)?)
            }
        }
    }

    /// Reads a message.
    ///
    /// # Errors
    /// The message is no such frame. Never panics, whatever the bytes.
    pub fn decode(message: &'a [u8]) -> Result<Self, FrameError> {
        let (kind, stream, payload) = split(message)?;
        match kind {
            REGISTER => {
                let register: Register = parse(payload)?;
                register.check().map_err(on(0))?;
                Ok(Self::Register(register))
            }
            ALIVE => empty(kind, payload).map(|()| Self::Alive),
            HEAD => {
                let head: Head = parse(payload)?;
                head.check().map_err(on(stream))?;
                Ok(Self::Head(stream, head))
            }
            DATA => Ok(Self::Data(stream, payload)),
            FIN => empty(kind, payload).map(|()| Self::Fin(stream)),
            FAIL => {
                let fail: Fail = parse(payload)?;
                fail.check().map_err(on(stream))?;
                Ok(Self::Fail(stream, fail))
            }
            _ => Err(FrameError::UnknownKind(kind)),
        }
    }
}

fn json<T: Serialize>(value: &T) -> Result<Vec<u8>, FrameError> {
    Ok(serde_json::to_vec(value)?)
}

fn parse<T: DeserializeOwned>(payload: &[u8]) -> Result<T, FrameError> {
    Ok(from_bytes(payload)?)
}

fn on(stream: u32) -> impl FnOnce(MessageError) -> FrameError {
    move |source| FrameError::Message { stream, source }
}

fn empty(kind: u8, payload: &[u8]) -> Result<(), FrameError> {
    match payload.len() {
        0 => Ok(()),
        len => Err(FrameError::WrongLength { kind, len }),
    }
}

fn join(kind: u8, stream: u32, payload: &[u8]) -> Result<Vec<u8>, FrameError> {
    check(kind, stream, payload)?;
    let mut message = Vec::with_capacity(HEADER + payload.len());
    message.push(kind);
    message.extend_from_slice(&stream.to_le_bytes());
    message.extend_from_slice(payload);
    Ok(message)
}

fn split(message: &[u8]) -> Result<(u8, u32, &[u8]), FrameError> {
    let too_short = || FrameError::TooShort(message.len());
    let (&kind, rest) = message.split_first().ok_or_else(too_short)?;
    let (stream, payload) = rest.split_first_chunk::<4>().ok_or_else(too_short)?;
    let stream = u32::from_le_bytes(*stream);
    check(kind, stream, payload)?;
    Ok((kind, stream, payload))
}

/// What holds for every frame, sent or received.
fn check(kind: u8, stream: u32, payload: &[u8]) -> Result<(), FrameError> {
    const { assert!(HEADER + CHUNK <= MAX_MESSAGE) };
    if payload.len() > CHUNK {
        return Err(FrameError::TooLong(payload.len()));
    }
    let on_connection = matches!(kind, REGISTER | ALIVE);
    if on_connection != (stream == 0) {
        return Err(FrameError::WrongStream { kind, stream });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use moecraft_catalog::Trust;

    use super::super::{FailKind, LocalModel, MAX_MODELS, ServerKind, is_allowed_path};
    use super::*;

    const PATHS: [&str; 3] = ["/v1/chat/completions", "/v1/messages", "/tokenize"];

    fn stream() -> impl Strategy<Value = u32> {
        1..=u32::MAX
    }

    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(any::<u8>(), 0..2048)
    }

    fn model() -> impl Strategy<Value = LocalModel> {
        (
            "[!-~]{1,100}",
            proptest::sample::select(ServerKind::ALL.to_vec()),
            1..=u32::MAX,
            1..=u32::MAX,
            proptest::collection::btree_set("[a-z_]{1,32}", 0..6),
            proptest::sample::select(vec![Trust::Trusted, Trust::Untrusted]),
        )
            .prop_map(
                |(name, server, context_tokens, parallel, capabilities, trust)| LocalModel {
                    name,
                    server,
                    context_tokens,
                    parallel,
                    capabilities,
                    trust,
                },
            )
    }

    fn register() -> impl Strategy<Value = Register> {
        (
            "[A-Za-z0-9._-]{1,64}",
            "[ -~]{0,40}",
            proptest::collection::vec(model(), 0..8),
        )
            .prop_map(|(agent, version, mut models)| {
                models.sort_by(|a, b| a.name.cmp(&b.name));
                models.dedup_by(|a, b| a.name == b.name);
                Register {
                    agent,
                    version,
                    models,
                }
            })
    }

    fn open() -> impl Strategy<Value = Open> {
        (
            proptest::sample::select(PATHS.to_vec()),
            "[!-~]{1,128}",
            "[ -~]{0,60}",
        )
            .prop_map(|(path, model, accept)| Open {
                path: path.into(),
                model,
                headers: [("accept".to_owned(), accept)].into(),
            })
    }

    fn fail() -> impl Strategy<Value = Fail> {
        any::<String>().prop_map(|text| Fail::new(FailKind::ServerLost, text))
    }

    /// Owned, because a strategy cannot lend: the borrowed frame is made from it in the test.
    #[derive(Debug, Clone)]
    enum Any {
        Open(u32, Open),
        Body(u32, Vec<u8>),
        Plain(u32),
        Credit(u32, u32),
        Register(Register),
        Head(u32, Head),
        Fail(u32, Fail),
    }

    fn frame() -> impl Strategy<Value = Any> {
        prop_oneof![
            (stream(), open()).prop_map(|(s, o)| Any::Open(s, o)),
            (stream(), bytes()).prop_map(|(s, b)| Any::Body(s, b)),
            stream().prop_map(Any::Plain),
            (stream(), any::<u32>()).prop_map(|(s, n)| Any::Credit(s, n)),
            register().prop_map(Any::Register),
            (stream(), 200u16..600, proptest::option::of("[ -~]{0,80}")).prop_map(
                |(s, status, content_type)| Any::Head(
                    s,
                    Head {
                        status,
                        content_type
                    }
                )
            ),
            (stream(), fail()).prop_map(|(s, f)| Any::Fail(s, f)),
        ]
    }

    fn messages(any: &Any) -> (Vec<ToAgent<'_>>, Vec<ToObject<'_>>) {
        match any {
            Any::Open(s, open) => (vec![ToAgent::Open(*s, open.clone())], vec![]),
            Any::Body(s, b) => (vec![ToAgent::Body(*s, b)], vec![ToObject::Data(*s, b)]),
            Any::Plain(s) => (
                vec![ToAgent::End(*s), ToAgent::Cancel(*s)],
                vec![ToObject::Fin(*s), ToObject::Alive],
            ),
            Any::Credit(s, n) => (vec![ToAgent::Credit(*s, *n)], vec![]),
            Any::Register(r) => (vec![], vec![ToObject::Register(r.clone())]),
            Any::Head(s, h) => (vec![], vec![ToObject::Head(*s, h.clone())]),
            Any::Fail(s, f) => (vec![], vec![ToObject::Fail(*s, f.clone())]),
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_what_is_decoded(any in frame()) {
            let (to_agent, to_object) = messages(&any);
            for frame in to_agent {
                let bytes = frame.encode().unwrap();
                prop_assert_eq!(ToAgent::decode(&bytes).unwrap(), frame);
                prop_assert!(ToObject::decode(&bytes).is_err(), "read in the wrong direction");
            }
            for frame in to_object {
                let bytes = frame.encode().unwrap();
                prop_assert_eq!(ToObject::decode(&bytes).unwrap(), frame);
                prop_assert!(ToAgent::decode(&bytes).is_err(), "read in the wrong direction");
            }
        }

        #[test]
        fn a_truncated_frame_is_an_error(any in frame()) {
            // Raw pieces are complete at any length, so only their header can be cut.
            let shortest = |raw: bool, len: usize| if raw { HEADER } else { len };
            let (to_agent, to_object) = messages(&any);
            for frame in to_agent {
                let bytes = frame.encode().unwrap();
                for cut in 0..shortest(matches!(frame, ToAgent::Body(..)), bytes.len()) {
                    prop_assert!(ToAgent::decode(&bytes[..cut]).is_err(), "cut at {cut}");
                }
            }
            for frame in to_object {
                let bytes = frame.encode().unwrap();
                for cut in 0..shortest(matches!(frame, ToObject::Data(..)), bytes.len()) {
                    prop_assert!(ToObject::decode(&bytes[..cut]).is_err(), "cut at {cut}");
                }
            }
        }

        #[test]
        fn garbage_is_no_panic_but_an_error_or_encodes_to_the_same_frame(bytes in bytes()) {
            if let Ok(frame) = ToAgent::decode(&bytes) {
                let again = frame.encode().unwrap();
                prop_assert_eq!(ToAgent::decode(&again).unwrap(), frame);
            }
            if let Ok(frame) = ToObject::decode(&bytes) {
                let again = frame.encode().unwrap();
                prop_assert_eq!(ToObject::decode(&again).unwrap(), frame);
            }
        }

        #[test]
        fn unknown_kinds_are_errors(kind in any::<u8>(), stream in stream(), payload in bytes()) {
            prop_assume!(!matches!(kind, OPEN..=CREDIT | REGISTER..=ALIVE));
            let mut message = vec![kind];
            message.extend(stream.to_le_bytes());
            message.extend(payload);
            prop_assert!(matches!(ToAgent::decode(&message), Err(FrameError::UnknownKind(k)) if k == kind));
            prop_assert!(matches!(ToObject::decode(&message), Err(FrameError::UnknownKind(k)) if k == kind));
        }
    }

    #[test]
    fn the_layout_is_kind_stream_little_endian_payload() {
        let bytes = ToObject::Data(0x0403_0201, b"hi").encode().unwrap();
        assert_eq!(bytes, [18, 1, 2, 3, 4, b'h', b'i']);
        let bytes = ToAgent::Credit(1, 0x0102).encode().unwrap();
        assert_eq!(bytes, [5, 1, 0, 0, 0, 2, 1, 0, 0]);
    }

    #[test]
    fn a_payload_over_the_bound_is_neither_sent_nor_read() {
        let fits = vec![7; CHUNK];
        assert!(ToObject::Data(1, &fits).encode().is_ok());
        let over = vec![7; CHUNK + 1];
        assert!(matches!(
            ToObject::Data(1, &over).encode(),
            Err(FrameError::TooLong(_))
        ));
        let mut message = vec![DATA, 1, 0, 0, 0];
        message.extend(over);
        assert!(matches!(
            ToObject::decode(&message),
            Err(FrameError::TooLong(_))
        ));
    }

    #[test]
    fn the_largest_registration_fits_into_one_frame() {
        let models = (0..MAX_MODELS)
            .map(|i| LocalModel {
                // The worst text JSON can make of a legal name: every byte escaped.
                name: format!("{i:02}{}", "\"".repeat(126)),
                server: ServerKind::OpenAiCompatible,
                context_tokens: u32::MAX,
                parallel: u32::MAX,
                capabilities: (0..16)
                    .map(|c| format!("{c:02}{}", "x".repeat(30)))
                    .collect(),
                trust: Trust::Untrusted,
            })
            .collect();
        let register = Register {
            agent: "a".repeat(64),
            version: "v".repeat(256),
            models,
        };
        assert!(ToObject::Register(register).encode().is_ok());
    }

    #[test]
    fn streams_and_the_connection_are_kept_apart() {
        assert!(ToAgent::End(0).encode().is_err());
        assert!(ToObject::decode(&[FIN, 0, 0, 0, 0]).is_err());
        assert!(ToObject::decode(&[ALIVE, 1, 0, 0, 0]).is_err());
    }

    #[test]
    fn a_bound_broken_by_the_peer_is_an_error() {
        let message = |kind: u8, payload: &str| {
            let mut message = vec![kind, 1, 0, 0, 0];
            message.extend(payload.as_bytes());
            message
        };
        let refused = message(OPEN, r#"{"path":"/api/pull","model":"m"}"#);
        assert!(!is_allowed_path("/api/pull"));
        assert!(matches!(
            ToAgent::decode(&refused),
            Err(FrameError::Message {
                stream: 1,
                source: MessageError::Path
            })
        ));
        let odd = message(HEAD, r#"{"status":99}"#);
        assert!(matches!(
            ToObject::decode(&odd),
            Err(FrameError::Message {
                stream: 1,
                source: MessageError::Status(99)
            })
        ));
        let deep = message(OPEN, &"[".repeat(60_000));
        assert!(matches!(ToAgent::decode(&deep), Err(FrameError::Json(_))));
    }
}
