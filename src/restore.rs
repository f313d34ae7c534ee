//! The values of a masked request, put back into its answer.
//!
//! A placeholder may be cut anywhere by the upstream's events, so the beginning of what may become
//! one is held back until more of it is there, or the block ends.

use moecraft_engine::guard::{Restorer, Table};
use moecraft_wire::hub::{Answer, CallKind, Event, Head, Said};

/// Puts values back into an answer, event by event.
#[derive(Debug)]
pub struct Restoration {
    table: Table,
    /// Whether calls get their values back, too: a model that is not trusted could make one to carry
    /// a value elsewhere.
    calls: bool,
    /// Whether the answer's text is JSON, so that values are escaped for its strings.
    json: bool,
    /// The open block's, where it gets its values back.
    open: Option<Restorer>,
}

impl Restoration {
    /// For an answer to a request that was masked with this table. `calls`: calls get their values
    /// back, too. `json`: the answer's text was asked for as JSON.
    pub fn new(table: Table, calls: bool, json: bool) -> Self {
        Self {
            table,
            calls,
            json,
            open: None,
        }
    }

    /// Takes an event, and gives those that the client is to see.
    pub fn push(&mut self, event: &Event, out: &mut Vec<Event>) {
        match event {
            Event::Delta(text) => {
                let text = match &mut self.open {
                    Some(restorer) => restorer.push(text),
                    None => text.clone(),
                };
                if !text.is_empty() {
                    out.push(Event::Delta(text));
                }
                return;
            }
            Event::Open(head) => {
                let json = match head {
                    Head::Text => self.json,
                    Head::ToolCall { kind, .. } => *kind == CallKind::Function,
                    _ => false,
                };
                let kept = matches!(head, Head::ToolCall { .. }) && !self.calls;
                self.open = (!kept).then(|| self.table.restorer(json));
            }
            Event::Ping => {}
            _ => out.extend(self.rest()),
        }
        out.push(event.clone());
    }

    /// What is still held back, where no more will come.
    pub fn rest(&mut self) -> Option<Event> {
        let held = self.open.as_mut()?.finish();
        (!held.is_empty()).then_some(Event::Delta(held))
    }

    /// The whole answer with its values.
    pub fn whole(&self, answer: &mut Answer) {
        for said in &mut answer.said {
            let (text, json) = match said {
                Said::Text(text) => (text, self.json),
                Said::Refusal(text) | Said::Thinking { text, .. } => (text, false),
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
}
