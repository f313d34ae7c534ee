//! The values of a masked request, put back into its answer.
//!
//! A placeholder may be cut anywhere by the upstream's events, so the beginning of what may become
//! one is held back until more of it is there, or the block ends.

use moecraft_engine::guard::Table;
use moecraft_wire::hub::{Answer, CallKind, Event, Head, Said};

/// Puts values back into an answer, event by event.
#[derive(Debug)]
pub struct Restoration {
    table: Table,
    /// Whether calls get their values back, too: a model that is not trusted could make one to carry
    /// a value elsewhere.
    calls: bool,
    open: Block,
    /// The end of the open block's text that may begin a placeholder.
    held: String,
}

/// What the open block's text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Block {
    Text,
    Json,
    Left,
}

impl Restoration {
    /// For an answer to a request that was masked with this table.
    pub fn new(table: Table, calls: bool) -> Self {
        Self {
            table,
            calls,
            open: Block::Left,
            held: String::new(),
        }
    }

    /// Takes an event, and gives those that the client is to see.
    pub fn push(&mut self, event: &Event, out: &mut Vec<Event>) {
        match event {
            Event::Delta(text) => {
                let text = self.restored(text);
                if !text.is_empty() {
                    out.push(Event::Delta(text));
                }
                return;
            }
            Event::Open(head) => {
                self.open = match head {
                    Head::ToolCall { .. } if !self.calls => Block::Left,
                    Head::ToolCall {
                        kind: CallKind::Function,
                        ..
                    } => Block::Json,
                    _ => Block::Text,
                }
            }
            Event::Ping => {}
            _ => out.extend(self.rest()),
        }
        out.push(event.clone());
    }

    /// What is still held back, where no more will come.
    pub fn rest(&mut self) -> Option<Event> {
        let held = std::mem::take(&mut self.held);
        (!held.is_empty()).then_some(Event::Delta(held))
    }

    /// The whole answer with its values.
    pub fn whole(&self, answer: &mut Answer) {
        for said in &mut answer.said {
            let (text, json) = match said {
                Said::Text(text) | Said::Refusal(text) | Said::Thinking { text, .. } => {
                    (text, false)
                }
                Said::ToolCall {
                    arguments, custom, ..
                } if self.calls => (arguments, !*custom),
                Said::ToolCall { .. } => continue,
            };
            let mut restorer = self.table.restorer(json);
            let mut restored = restorer.push(text);
            restored.push_str(&restorer.finish());
            *text = restored;
        }
    }

    fn restored(&mut self, more: &str) -> String {
        if self.open == Block::Left {
            return more.to_owned();
        }
        let mut text = std::mem::take(&mut self.held);
        text.push_str(more);
        // A restorer lives as long as its table is borrowed. All that it knows between two pieces is
        // what it holds back, so a new one goes on from there.
        let mut restorer = self.table.restorer(self.open == Block::Json);
        let certain = restorer.push(&text);
        self.held = restorer.finish();
        certain
    }
}
