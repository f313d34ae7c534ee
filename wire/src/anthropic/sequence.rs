//! Puts the blocks of a stream one after another: what comes for a block whose turn has not come is
//! held back until those before it have ended.

use std::collections::VecDeque;

use super::answer::Opening;
use crate::hub::{Event, Head, Origin};

/// The most that is held back, bytes.
const MAX_HELD: usize = 8 << 20;
/// What a block that waits is counted as besides its text, bytes.
const BLOCK_SIZE: usize = 256;

/// The blocks that have begun and not ended.
#[derive(Debug, Default)]
pub(super) struct Sequence {
    open: Option<Part>,
    waiting: VecDeque<Part>,
    held: usize,
    /// The place of a block that is not relayed.
    ignored: Option<u64>,
    calls: bool,
}

/// A block that has begun.
#[derive(Debug)]
struct Part {
    index: u64,
    head: Head,
    /// What has come but was not given on: all of a block that waits, or arguments that stood at
    /// the block's start and count unless others come.
    text: String,
    /// Whether anything of it has come besides its start.
    spoke: bool,
    proof: String,
    /// Its end has come.
    whole: bool,
}

/// What a delta is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Thinking,
    Call,
}

impl Sequence {
    /// Whether anything was called.
    pub(super) fn has_calls(&self) -> bool {
        self.calls
    }

    /// Whether more is held back than may be.
    pub(super) fn is_full(&self) -> bool {
        self.held > MAX_HELD
    }

    /// A block of no known kind begins: nothing of it is given on.
    pub(super) fn ignore(&mut self, index: u64) {
        self.ignored = Some(index);
    }

    /// A block begins.
    pub(super) fn start(&mut self, index: u64, opening: Opening, events: &mut Vec<Event>) {
        if self.ignored == Some(index) {
            self.ignored = None;
        }
        let kind = Kind::of(&opening.head);
        let mut part = Part::new(index, opening.head);
        part.proof = opening.proof;
        if kind == Kind::Call {
            self.calls = true;
            part.text = opening.text;
            self.begin(part, events);
        } else {
            self.begin(part, events);
            self.speak(index, kind, &opening.text, events);
        }
    }

    /// Opens a block, or has it wait for the open one to end.
    fn begin(&mut self, part: Part, events: &mut Vec<Event>) {
        match &self.open {
            // A delta that came too early has opened it.
            Some(open) if open.index == part.index && open.head == part.head => return,
            Some(open) if open.index != part.index => {
                self.held += BLOCK_SIZE + part.text.len();
                self.waiting.push_back(part);
                return;
            }
            Some(_) => self.close(events),
            None => {}
        }
        events.push(Event::Open(part.head.clone()));
        self.open = Some(part);
    }

    /// Takes a delta. One without a block gets one, if it is no call: that would have no name.
    pub(super) fn speak(&mut self, index: u64, kind: Kind, text: &str, events: &mut Vec<Event>) {
        if text.is_empty() || self.give(index, kind, text, events) {
            return;
        }
        if let Some(head) = kind.implied()
            && self.ignored != Some(index)
        {
            self.begin(Part::new(index, head), events);
            self.give(index, kind, text, events);
        }
    }

    /// Gives a delta on, or keeps it for its block's turn; says whether there is such a block.
    fn give(&mut self, index: u64, kind: Kind, text: &str, events: &mut Vec<Event>) -> bool {
        if let Some(open) = self.open.as_mut().filter(|open| open.takes(index, kind)) {
            open.spoke = true;
            events.push(Event::Delta(text.to_owned()));
        } else if let Some(part) = self.part(index, kind) {
            if !std::mem::replace(&mut part.spoke, true) {
                part.text.clear();
            }
            part.text.push_str(text);
            self.held += text.len();
        } else {
            return false;
        }
        true
    }

    /// Keeps a part of what proves a block of thinking: it is given on at the block's end.
    pub(super) fn prove(&mut self, index: u64, proof: &str) {
        if let Some(part) = self.part(index, Kind::Thinking) {
            part.proof.push_str(proof);
            self.held += proof.len();
        }
    }

    /// The block that deltas of a kind are for.
    fn part(&mut self, index: u64, kind: Kind) -> Option<&mut Part> {
        let mut parts = self.open.iter_mut().chain(&mut self.waiting);
        parts.find(|part| part.takes(index, kind))
    }

    /// A block ends.
    pub(super) fn stop(&mut self, index: u64, events: &mut Vec<Event>) {
        if self.open.as_ref().is_some_and(|open| open.index == index) {
            self.close(events);
            self.advance(events);
        } else {
            let ended = self.waiting.iter_mut().filter(|part| part.index == index);
            ended.for_each(|part| part.whole = true);
        }
    }

    /// All blocks end.
    pub(super) fn stop_all(&mut self, events: &mut Vec<Event>) {
        while self.open.is_some() {
            self.close(events);
            self.advance(events);
        }
    }

    fn close(&mut self, events: &mut Vec<Event>) {
        let Some(part) = self.open.take() else {
            return;
        };
        if Kind::of(&part.head) == Kind::Call && !part.spoke {
            let no_arguments = || String::from("{}");
            let given = Some(part.text).filter(|text| !text.is_empty());
            events.push(Event::Delta(given.unwrap_or_else(no_arguments)));
        }
        if !part.proof.is_empty() {
            events.push(Event::Proof(part.proof));
        }
        events.push(Event::Close);
    }

    /// Gives the blocks that have waited, up to one that goes on.
    fn advance(&mut self, events: &mut Vec<Event>) {
        while self.open.is_none()
            && let Some(mut part) = self.waiting.pop_front()
        {
            events.push(Event::Open(part.head.clone()));
            if part.spoke {
                events.push(Event::Delta(std::mem::take(&mut part.text)));
            }
            let whole = part.whole;
            self.open = Some(part);
            if whole {
                self.close(events);
            }
        }
        if self.waiting.is_empty() {
            self.held = 0;
        }
    }
}

impl Part {
    fn new(index: u64, head: Head) -> Self {
        Self {
            index,
            head,
            text: String::new(),
            spoke: false,
            proof: String::new(),
            whole: false,
        }
    }

    fn takes(&self, index: u64, kind: Kind) -> bool {
        self.index == index && !self.whole && Kind::of(&self.head) == kind
    }
}

impl Kind {
    const fn of(head: &Head) -> Self {
        match head {
            Head::Text | Head::Refusal => Self::Text,
            Head::Thinking { .. } => Self::Thinking,
            Head::ToolCall { .. } => Self::Call,
        }
    }

    /// What a block must be that has such deltas.
    const fn implied(self) -> Option<Head> {
        match self {
            Self::Text => Some(Head::Text),
            Self::Thinking => Some(Head::Thinking {
                origin: Origin::Anthropic { redacted: false },
            }),
            Self::Call => None,
        }
    }
}
