//! Puts the pieces of a stream in order: one block after the other, none open beside another.
//!
//! Text, thinking and refusal come one after the other already. Calls may come in turns: the first
//! flows, and the others wait until it is known to be whole, which only the end of the answer says.

use std::collections::VecDeque;

use super::content::Called;
use crate::hub::{CallKind, Event, Head, Origin};

/// The most text that waits, bytes.
const MAX_WAITING_TEXT: usize = 8 << 20;
/// The most blocks that wait.
const MAX_WAITING_BLOCKS: usize = 1024;

/// Which block a piece belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Key {
    Words(Words),
    Call { index: u32, id: String },
}

/// The kinds of block that are no calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Words {
    Text,
    Thinking,
    Refusal,
}

#[derive(Debug)]
struct Waiting {
    key: Key,
    /// Of a call: its name, which may come late, and its kind.
    name: String,
    kind: CallKind,
    text: String,
}

/// The blocks of a stream.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    open: Option<Key>,
    waiting: VecDeque<Waiting>,
    waiting_text: usize,
    /// How many calls there were.
    calls: usize,
}

impl Key {
    /// Whether a piece of a call belongs here. A server that gives all its calls one index tells
    /// them apart by id and name; one that repeats or changes only the id does not mean another.
    fn takes(&self, index: u32, id: &str, name: &str) -> bool {
        matches!(self, Self::Call { index: own, id: known }
            if *own == index && (id.is_empty() || name.is_empty() || id == known))
    }
}

impl Waiting {
    fn head(&self) -> Head {
        match &self.key {
            Key::Words(Words::Text) => Head::Text,
            Key::Words(Words::Refusal) => Head::Refusal,
            Key::Words(Words::Thinking) => Head::Thinking {
                origin: Origin::Plain,
            },
            Key::Call { id, .. } => Head::ToolCall {
                id: id.clone(),
                name: self.name.clone(),
                namespace: None,
                kind: self.kind,
            },
        }
    }

    fn is_ready(&self) -> bool {
        matches!(self.key, Key::Words(_)) || !self.name.is_empty()
    }
}

impl Blocks {
    /// How many calls there were.
    pub(super) fn calls(&self) -> usize {
        self.calls
    }

    /// Whether more waits than can be held.
    pub(super) fn overflow(&self) -> bool {
        self.waiting_text > MAX_WAITING_TEXT || self.waiting.len() > MAX_WAITING_BLOCKS
    }

    /// More text, thinking or refusal.
    pub(super) fn words(&mut self, words: Words, text: &str, out: &mut Vec<Event>) {
        let key = Key::Words(words);
        if self.open.as_ref() == Some(&key) {
            out.push(Event::Delta(text.to_owned()));
        } else if let Some(last) = self.waiting.back_mut().filter(|last| last.key == key) {
            last.text.push_str(text);
            self.waiting_text += text.len();
        } else {
            self.begin(key, "", CallKind::Function, text, out);
        }
    }

    /// A piece of a call. `fallback` is its id where the server gives none.
    pub(super) fn call(
        &mut self,
        index: u32,
        id: &str,
        called: &Called<'_>,
        fallback: impl FnOnce(usize) -> String,
        out: &mut Vec<Event>,
    ) {
        let (name, text) = (called.name.as_ref(), called.arguments.as_ref());
        let takes = |key: &Key| key.takes(index, id, name);
        if self.open.as_ref().is_some_and(takes) {
            if !text.is_empty() {
                out.push(Event::Delta(text.to_owned()));
            }
            return;
        }
        if let Some(block) = self
            .waiting
            .iter_mut()
            .rev()
            .find(|block| takes(&block.key))
        {
            if block.name.is_empty() {
                block.name.push_str(name);
            }
            block.text.push_str(text);
            self.waiting_text += text.len();
            return self.advance(out);
        }
        let same_index =
            matches!(&self.open, Some(Key::Call { index: open, .. }) if *open == index);
        if same_index {
            self.close(out);
        }
        let id = match id.is_empty() {
            true => fallback(self.calls),
            false => id.to_owned(),
        };
        self.calls += 1;
        self.begin(Key::Call { index, id }, name, called.kind, text, out);
    }

    /// Ends every block.
    pub(super) fn close_all(&mut self, out: &mut Vec<Event>) {
        self.close(out);
        while !self.waiting.is_empty() {
            self.open_next(out);
            self.close(out);
        }
    }

    fn begin(&mut self, key: Key, name: &str, kind: CallKind, text: &str, out: &mut Vec<Event>) {
        self.waiting_text += text.len();
        self.waiting.push_back(Waiting {
            key,
            name: name.to_owned(),
            kind,
            text: text.to_owned(),
        });
        self.advance(out);
    }

    /// Opens what waits, as far as no call is in the way.
    fn advance(&mut self, out: &mut Vec<Event>) {
        while !matches!(self.open, Some(Key::Call { .. }))
            && self.waiting.front().is_some_and(Waiting::is_ready)
        {
            self.close(out);
            self.open_next(out);
        }
    }

    fn open_next(&mut self, out: &mut Vec<Event>) {
        let Some(block) = self.waiting.pop_front() else {
            return;
        };
        self.waiting_text -= block.text.len();
        out.push(Event::Open(block.head()));
        if !block.text.is_empty() {
            out.push(Event::Delta(block.text));
        }
        self.open = Some(block.key);
    }

    fn close(&mut self, out: &mut Vec<Event>) {
        if self.open.take().is_some() {
            out.push(Event::Close);
        }
    }
}
