//! Server-sent events, byte by byte: the same events come out wherever the bytes were cut.
//!
//! Follows the WHATWG HTML standard, §9.2.6 "Interpreting an event stream": lines end in LF, CRLF
//! or CR, a space after the colon is optional, lines that begin with a colon are comments, and an
//! event ends at an empty line. Each event also carries its raw bytes, so that a relay can pass on
//! exactly what it was given.

use memchr::memchr2;
use thiserror::Error;

/// The longest single event that is buffered, bytes. Providers send kilobytes; images as base64
/// deltas a few megabytes.
pub const MAX_EVENT: usize = 8 << 20;

/// An event stream that cannot be read on.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SseError {
    /// One event is longer than [`MAX_EVENT`].
    #[error("an event of the stream is longer than {MAX_EVENT} bytes")]
    EventTooLong,
}

/// One event.
#[derive(Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// The `event:` field; empty where the stream names none.
    pub name: &'a [u8],
    /// The `data:` lines, joined by LF.
    pub data: Vec<u8>,
    /// The bytes of the event as they came, with its closing empty line.
    pub raw: &'a [u8],
}

impl Event<'_> {
    /// Whether the event holds only comments: a keep-alive.
    pub fn is_comment(&self) -> bool {
        self.name.is_empty() && self.data.is_empty()
    }
}

/// Cuts a byte stream into events.
#[derive(Debug, Default)]
pub struct Parser {
    buffer: Vec<u8>,
    /// Where the line being read begins in `buffer`.
    line: usize,
    /// How far `buffer` has been searched for the end of that line.
    searched: usize,
}

impl Parser {
    /// Takes the next bytes, and hands every event they complete to `each`.
    ///
    /// # Errors
    /// [`SseError::EventTooLong`] when an event outgrows [`MAX_EVENT`].
    pub fn push(&mut self, bytes: &[u8], mut each: impl FnMut(Event<'_>)) -> Result<(), SseError> {
        self.buffer.extend_from_slice(bytes);
        let mut begin = 0;
        while let Some(offset) = memchr2(b'\n', b'\r', &self.buffer[self.searched..]) {
            let end = self.searched + offset;
            let next = match (self.buffer[end], self.buffer.get(end + 1)) {
                (b'\r', Some(b'\n')) => end + 2,
                // CR at the very end: LF may still follow, and belongs to this line if it does.
                (b'\r', None) => {
                    self.searched = end;
                    break;
                }
                _ => end + 1,
            };
            if end == self.line {
                each(read(&self.buffer[begin..next]));
                begin = next;
            }
            self.line = next;
            self.searched = next;
        }
        if !matches!(self.buffer.get(self.searched), Some(b'\r')) {
            self.searched = self.buffer.len();
        }
        self.buffer.drain(..begin);
        self.line -= begin;
        self.searched -= begin;
        if self.buffer.len() > MAX_EVENT {
            return Err(SseError::EventTooLong);
        }
        Ok(())
    }

    /// What is left when the stream has ended: an event that was never closed, if any.
    pub fn finish(&mut self) -> Option<Event<'_>> {
        let only_line_ends = self.buffer.iter().all(|b| matches!(b, b'\n' | b'\r'));
        (!only_line_ends).then(|| read(&self.buffer))
    }
}

fn read(raw: &[u8]) -> Event<'_> {
    let mut event = Event {
        name: b"",
        data: Vec::new(),
        raw,
    };
    let mut has_data = false;
    for line in raw.split(|b| matches!(b, b'\n' | b'\r')) {
        let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
        let (field, value) = match line.iter().position(|b| *b == b':') {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &b""[..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"event" => event.name = value,
            b"data" => {
                if has_data {
                    event.data.push(b'\n');
                }
                has_data = true;
                event.data.extend_from_slice(value);
            }
            _ => {}
        }
    }
    event
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Owned = (Vec<u8>, Vec<u8>, Vec<u8>);

    fn parse(chunks: &[&[u8]]) -> Vec<Owned> {
        let mut parser = Parser::default();
        let mut out: Vec<Owned> = Vec::new();
        let mut keep = |e: Event<'_>| out.push((e.name.to_vec(), e.data.clone(), e.raw.to_vec()));
        for chunk in chunks {
            parser.push(chunk, &mut keep).unwrap();
        }
        if let Some(event) = parser.finish() {
            keep(event);
        }
        out
    }

    const STREAM: &[u8] = "event: a\r\ndata: {\"x\":\"é\"}\r\n\r\n: comment\n\ndata:no space\ndata: two\n\ndata: last\r\rdata: [DONE]\n\n".as_bytes();

    #[test]
    fn reads_every_kind_of_line() {
        let events = parse(&[STREAM]);
        let data: Vec<&[u8]> = events.iter().map(|e| e.1.as_slice()).collect();
        assert_eq!(
            data,
            [
                "{\"x\":\"é\"}".as_bytes(),
                b"",
                b"no space\ntwo",
                b"last",
                b"[DONE]"
            ]
        );
        assert_eq!(events[0].0, b"a");
    }

    #[test]
    fn every_split_point_gives_the_same_events() {
        let whole = parse(&[STREAM]);
        for at in 0..=STREAM.len() {
            assert_eq!(
                parse(&[&STREAM[..at], &STREAM[at..]]),
                whole,
                "split at {at}"
            );
        }
        let bytes: Vec<&[u8]> = STREAM.chunks(1).collect();
        assert_eq!(parse(&bytes), whole);
    }

    #[test]
    fn an_endless_event_is_refused() {
        let mut parser = Parser::default();
        let block = vec![b'x'; 1 << 20];
        let mut last = Ok(());
        for _ in 0..10 {
            last = parser.push(&block, |_| {});
        }
        assert_eq!(last, Err(SseError::EventTooLong));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_or_are_lost(bytes in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), Just(b':'), any::<u8>()], 0..200), cut in 0usize..200) {
            let cut = cut.min(bytes.len());
            let mut parser = Parser::default();
            let mut out = Vec::new();
            parser.push(&bytes[..cut], |e| out.extend_from_slice(e.raw)).unwrap();
            parser.push(&bytes[cut..], |e| out.extend_from_slice(e.raw)).unwrap();
            prop_assert!(bytes.starts_with(&out));
            let rest = &bytes[out.len()..];
            match parser.finish() {
                Some(event) => prop_assert_eq!(event.raw, rest),
                None => prop_assert!(rest.iter().all(|b| matches!(b, b'\n' | b'\r'))),
            }
        }
    }
}
