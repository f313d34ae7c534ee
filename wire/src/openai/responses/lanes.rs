//! Puts the blocks of a stream in order: items may be under way side by side in the stream, the
//! events they become may not.

use thiserror::Error;

use super::answer::{SECTION, Spoken};
use crate::hub::{CallKind, Event, Head, Origin, Said};

/// The most blocks that are under way at one time.
const MAX_LANES: usize = 1024;
/// The most bytes that wait because a block before theirs is still open.
const MAX_WAITING: usize = 8 << 20;

/// A stream whose blocks cannot be put in order.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("more than {MAX_LANES} blocks or {MAX_WAITING} bytes of the answer wait for one another")]
pub(super) struct Overflow;

/// The blocks of the items that are under way, in the order they began. The first that is not
/// closed flows; the others wait for it.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    lanes: Vec<Lane>,
    spoken: Spoken,
    used: bool,
}

#[derive(Debug)]
struct Lane {
    /// `output_index`.
    item: u64,
    /// `content_index`; 0 for an item that is one block.
    part: u64,
    head: Head,
    /// What has not gone out yet.
    text: String,
    proof: Option<String>,
    /// Whether any text has come.
    spoke: bool,
    /// The section of reasoning that came last: whether of the summary, and which.
    section: Option<(bool, u64)>,
    /// No more will come of the block.
    whole: bool,
    /// No more will come of its item.
    finished: bool,
    opened: bool,
    closed: bool,
}

impl Lanes {
    /// Begins a block, where it has not begun.
    pub(super) fn open(&mut self, item: u64, part: u64, head: Head) {
        if self.find(item, part).is_some() {
            return;
        }
        self.used = true;
        self.spoken.calls |= matches!(head, Head::ToolCall { .. });
        self.spoken.refusal |= head == Head::Refusal;
        self.lanes.push(Lane {
            item,
            part,
            head,
            text: String::new(),
            proof: None,
            spoke: false,
            section: None,
            whole: false,
            finished: false,
            opened: false,
            closed: false,
        });
    }

    fn find(&mut self, item: u64, part: u64) -> Option<&mut Lane> {
        let mut lanes = self.lanes.iter_mut();
        lanes.find(|lane| (lane.item, lane.part) == (item, part))
    }

    /// More of a block.
    pub(super) fn extend(&mut self, item: u64, part: u64, text: &str) {
        if let Some(lane) = self.find(item, part) {
            lane.extend(text);
        }
    }

    /// The whole text of a block, where none of it has come yet.
    pub(super) fn fill(&mut self, item: u64, part: u64, text: &str) {
        if let Some(lane) = self.find(item, part)
            && !lane.spoke
        {
            lane.extend(text);
        }
    }

    /// More of a section of reasoning.
    pub(super) fn reason(&mut self, item: u64, section: (bool, u64), text: &str) {
        let origin = Origin::Responses { id: String::new() };
        self.open(item, 0, Head::Thinking { origin });
        let Some(lane) = self.find(item, 0) else {
            return;
        };
        let last = *lane.section.get_or_insert(section);
        // The same reasoning may come twice, in full and as its summary: what came first is kept.
        if last.0 != section.0 {
            return;
        }
        if last.1 != section.1 && lane.spoke {
            lane.extend(SECTION);
        }
        lane.section = Some(section);
        lane.extend(text);
    }

    /// No more will come of a block. Calls and reasoning are only whole with their item.
    pub(super) fn close_part(&mut self, item: u64, part: u64) {
        if let Some(lane) = self.find(item, part)
            && let Head::Text | Head::Refusal = lane.head
        {
            lane.whole = true;
        }
    }

    /// Takes an item that is whole: what did not come before is taken from it.
    pub(super) fn finish(&mut self, item: u64, said: Vec<(u64, Said)>) {
        for (part, said) in said {
            self.open(item, part, head_of(&said));
            match said {
                Said::Text(text) | Said::Refusal(text) => self.fill(item, part, &text),
                Said::ToolCall { arguments, .. } => self.fill(item, part, &arguments),
                Said::Thinking { text, proof, .. } => {
                    self.fill(item, part, &text);
                    if let Some(lane) = self.find(item, part)
                        && let Head::Thinking { .. } = lane.head
                    {
                        lane.proof = proof;
                    }
                }
            }
        }
        for lane in self.lanes.iter_mut().filter(|lane| lane.item == item) {
            lane.whole = true;
            lane.finished = true;
        }
    }

    /// Nothing more will come at all.
    pub(super) fn close(&mut self) {
        for lane in &mut self.lanes {
            lane.whole = true;
        }
    }

    /// Gives out what may go out by now.
    ///
    /// # Errors
    /// [`Overflow`] when too much has to wait.
    pub(super) fn flow(&mut self, events: &mut Vec<Event>) -> Result<(), Overflow> {
        for lane in self.lanes.iter_mut().filter(|lane| !lane.closed) {
            lane.flow(events);
            // One that is silent so far may still have a proof to give.
            if !lane.closed {
                break;
            }
        }
        self.lanes.retain(|lane| !(lane.closed && lane.finished));
        let waiting: usize = self.lanes.iter().map(|lane| lane.text.len()).sum();
        match self.lanes.len() > MAX_LANES || waiting > MAX_WAITING {
            true => Err(Overflow),
            false => Ok(()),
        }
    }

    /// Whether no block has ever begun.
    pub(super) fn were_none(&self) -> bool {
        !self.used
    }

    /// What was among the blocks.
    pub(super) fn spoken(&self) -> Spoken {
        self.spoken
    }
}

impl Lane {
    fn extend(&mut self, text: &str) {
        if !self.whole {
            self.spoke |= !text.is_empty();
            self.text.push_str(text);
        }
    }

    fn flow(&mut self, events: &mut Vec<Event>) {
        // Reasoning of which nothing can be read or proved does not become a block.
        let silent = !self.spoke && self.proof.is_none();
        if silent && matches!(self.head, Head::Thinking { .. }) {
            self.closed = self.whole;
            return;
        }
        if !std::mem::replace(&mut self.opened, true) {
            events.push(Event::Open(self.head.clone()));
        }
        if !self.text.is_empty() {
            events.push(Event::Delta(std::mem::take(&mut self.text)));
        }
        if self.whole {
            events.extend(self.proof.take().map(Event::Proof));
            events.push(Event::Close);
            self.closed = true;
        }
    }
}

/// What a block is.
pub(super) fn head_of(said: &Said) -> Head {
    match said {
        Said::Text(_) => Head::Text,
        Said::Refusal(_) => Head::Refusal,
        Said::Thinking { origin, .. } => Head::Thinking {
            origin: origin.clone(),
        },
        Said::ToolCall {
            id,
            name,
            namespace,
            custom,
            ..
        } => Head::ToolCall {
            id: id.clone(),
            name: name.clone(),
            namespace: namespace.clone(),
            kind: match custom {
                true => CallKind::Custom,
                false => CallKind::Function,
            },
        },
    }
}
