//! A stream on its way to the client: read for its usage, and edited where the client asked for less.

use moecraft_wire::openai::{ErrorBody, StreamReader, UsageHider, error_body};

/// How much of a stream is held back to see its first event whole, bytes.
const MAX_HELD: usize = 1 << 20;

/// The stream of one answer.
#[derive(Debug, Default)]
pub struct AnswerStream {
    reader: StreamReader,
    hider: Option<UsageHider>,
    broken: Option<String>,
}

/// Watches the first bytes of a stream until they show what it is.
#[derive(Debug, Default)]
pub struct Opening {
    reader: StreamReader,
    held: usize,
}

impl Opening {
    /// Takes the next bytes; `ended` when no more will come.
    pub fn judge(&mut self, bytes: &[u8], ended: bool) -> Beginning {
        self.held += bytes.len();
        if let Err(error) = self.reader.push(bytes) {
            return Beginning::Error(error.to_string());
        }
        match (self.reader.error(), self.reader.events()) {
            (Some(error), _) => Beginning::Error(error.to_owned()),
            _ if self.reader.is_garbled() => {
                Beginning::Error("its first event is no chat completion chunk".into())
            }
            (None, 0) if ended => Beginning::Error("the stream was empty".into()),
            // A first event of a megabyte is an answer of some kind: no more is held back.
            (None, 0) if self.held < MAX_HELD => Beginning::Unclear,
            (None, _) => Beginning::Answer,
        }
    }
}

/// What the first bytes of a stream show.
#[derive(Debug, PartialEq, Eq)]
pub enum Beginning {
    /// An answer, or the promise of one.
    Answer,
    /// An error in place of an answer: another candidate may still be asked.
    Error(String),
    /// Not one whole event yet, or only comments.
    Unclear,
}

impl AnswerStream {
    /// A stream whose usage chunk the client sees (`show_usage`), or does not.
    pub fn new(show_usage: bool) -> Self {
        Self {
            hider: (!show_usage).then(UsageHider::default),
            ..Self::default()
        }
    }

    /// Whether chunks have to be passed through [`Self::edit`].
    pub fn edits(&self) -> bool {
        self.hider.is_some()
    }

    /// Takes bytes that went to the client as they were.
    pub fn observe(&mut self, bytes: &[u8]) {
        if let Err(error) = self.reader.push(bytes) {
            self.broken = Some(error.to_string());
        }
    }

    /// Takes bytes, and gives those that go to the client.
    pub fn edit(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.observe(bytes);
        match self.hider.as_mut().map(|hider| hider.push(bytes)) {
            None => bytes.to_vec(),
            Some(Ok(out)) => out,
            Some(Err(error)) => {
                self.broken = Some(error.to_string());
                Vec::new()
            }
        }
    }

    /// Whether the stream cannot be read on.
    pub fn is_broken(&self) -> bool {
        self.broken.is_some() || self.reader.is_garbled()
    }

    /// Whether the stream came to its proper end.
    pub fn is_whole(&self) -> bool {
        !self.is_broken() && self.reader.is_done() && self.reader.error().is_none()
    }

    /// What must still be written to the client: nothing after a proper end, otherwise an error
    /// event, so that a broken answer is never taken for a whole one.
    pub fn last_words(&self) -> Option<Vec<u8>> {
        // An error event of the upstream's own has told the client already.
        if self.is_whole() || self.reader.error().is_some() {
            return None;
        }
        let message = self.broken.as_deref().unwrap_or(
            "the upstream broke off in the middle of the answer; what came is incomplete: ask again",
        );
        let body = error_body(&ErrorBody {
            message,
            kind: "server_error",
            param: None,
            code: Some("stream_cut"),
        });
        // The empty line first closes an event that was cut in the middle.
        Some(format!("\n\ndata: {body}\n\n").into_bytes())
    }

    /// What was read.
    pub fn reader(&self) -> &StreamReader {
        &self.reader
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELTA: &[u8] = b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"}}]}\n\n";

    #[test]
    fn a_stream_that_breaks_off_ends_with_an_error_event() {
        let mut stream = AnswerStream::new(true);
        stream.observe(DELTA);
        stream.observe(b"data: {\"choi");
        let words = String::from_utf8(stream.last_words().unwrap()).unwrap();
        assert!(words.starts_with("\n\ndata: {\"error\""), "{words}");
    }

    #[test]
    fn a_proper_end_needs_no_words() {
        let mut stream = AnswerStream::new(true);
        stream.observe(DELTA);
        stream.observe(b"data: [DONE]\n\n");
        assert_eq!(stream.last_words(), None);
        assert!(stream.is_whole());
    }

    #[test]
    fn an_error_in_place_of_an_answer_is_seen_before_anything_is_sent() {
        let error = b"data: {\"error\":{\"message\":\"overloaded\"}}\n\n";
        assert_eq!(Opening::default().judge(DELTA, false), Beginning::Answer);
        assert!(matches!(
            Opening::default().judge(error, false),
            Beginning::Error(_)
        ));
        assert!(matches!(
            Opening::default().judge(b"", true),
            Beginning::Error(_)
        ));
    }

    #[test]
    fn comments_and_half_an_event_show_nothing_yet() {
        assert_eq!(
            Opening::default().judge(b": keep-alive\n\n", false),
            Beginning::Unclear
        );
        assert_eq!(
            Opening::default().judge(&DELTA[..20], false),
            Beginning::Unclear
        );
        let error = b": wait\n\ndata: {\"error\":\"x\"}\n\n";
        assert!(matches!(
            Opening::default().judge(error, false),
            Beginning::Error(_)
        ));
    }
}
