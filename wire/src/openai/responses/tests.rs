//! The dialect as a specification, and what must hold for any input.

mod answers;
mod codex;
mod properties;
mod requests;
mod streams;
mod writing;

use crate::hub::Event;
use crate::openai::responses::StreamReader;

/// The events of a stream that comes in these pieces.
fn events_of<'s>(pieces: impl IntoIterator<Item = &'s [u8]>) -> Vec<Event> {
    let mut reader = StreamReader::default();
    let mut events = Vec::new();
    for piece in pieces {
        reader.push(piece, &mut events).unwrap();
    }
    events
}

/// A stream of these events, one a line.
fn stream(lines: &[&str]) -> Vec<Event> {
    let text: String = lines
        .iter()
        .map(|line| format!("data: {line}\n\n"))
        .collect();
    events_of([text.as_bytes()])
}
