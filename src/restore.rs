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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::{Inspected, Terms};
    use crate::samples::access_key;
    use moecraft_engine::admission::Snapshot;
    use moecraft_engine::guard::{Action, Policy};
    use moecraft_wire::hub::Stop;
    use std::rc::Rc;

    /// A value that JSON writes with escapes, its placeholder, and the table with both.
    fn masked() -> (String, String, Table) {
        let guard = Policy {
            prohibited: Action::Sanitise,
            ..Policy::default()
        };
        let snapshot = Rc::new(Snapshot {
            guard,
            ..Snapshot::default()
        });
        let line = access_key().repeat(3);
        let label = ["PRIVATE", "KEY"].join(" ");
        let text = format!("-----BEGIN {label}-----\n{line}\n{line}\n-----END {label}-----");
        let body = serde_json::json!({"messages": [{"role": "user", "content": text}]});
        let inspected = Inspected::of(body.to_string().into(), snapshot, Terms::default());
        let table = inspected.masked().unwrap().table.clone();
        let (placeholder, value) = {
            let (placeholder, value) = table.entries().next().unwrap();
            (placeholder.to_owned(), value.to_owned())
        };
        (value, placeholder, table)
    }

    fn streamed(restoration: &mut Restoration, head: Head, text: &str) -> String {
        let mut events = vec![];
        restoration.push(&Event::Open(head), &mut events);
        for piece in text.as_bytes().chunks(5) {
            let piece = String::from_utf8(piece.to_vec()).unwrap();
            restoration.push(&Event::Delta(piece), &mut events);
        }
        restoration.push(&Event::Close, &mut events);
        let texts = events.iter().map(|event| match event {
            Event::Delta(text) => text.as_str(),
            _ => "",
        });
        texts.collect()
    }

    fn whole(restoration: &Restoration, said: Said) -> String {
        let mut answer = Answer {
            model: String::new(),
            said: vec![said],
            stop: Stop::EndTurn,
            usage: None,
        };
        restoration.whole(&mut answer);
        match answer.said.remove(0) {
            Said::Text(text) | Said::Refusal(text) | Said::Thinking { text, .. } => text,
            Said::ToolCall { arguments, .. } => arguments,
        }
    }

    #[test]
    fn an_answer_that_must_be_json_stays_json() {
        let (value, placeholder, table) = masked();
        assert!(value.contains('\n'), "{value}");
        let json = format!("{{\"url\": \"{placeholder}\"}}");
        let held = serde_json::json!({ "url": value });
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        let call = |custom| Said::ToolCall {
            id: "c".into(),
            name: "f".into(),
            namespace: None,
            arguments: json.clone(),
            custom,
        };
        let head = |kind| Head::ToolCall {
            id: "c".into(),
            name: "f".into(),
            namespace: None,
            kind,
        };
        let mut asked = Restoration::new(table.clone(), true, true);
        let mut plain = Restoration::new(table, true, false);
        for restoration in [&mut asked, &mut plain] {
            let streamed = streamed(restoration, head(CallKind::Function), &json);
            assert_eq!(read(&streamed), held);
            assert_eq!(read(&whole(restoration, call(false))), held);
        }
        assert_eq!(read(&streamed(&mut asked, Head::Text, &json)), held);
        assert_eq!(read(&whole(&asked, Said::Text(json.clone()))), held);
        // Elsewhere a value stands as it is.
        let bare = json.replace(&placeholder, &value);
        assert_eq!(streamed(&mut plain, Head::Text, &json), bare);
        assert_eq!(whole(&plain, Said::Text(json.clone())), bare);
        assert_eq!(streamed(&mut asked, Head::Refusal, &json), bare);
        assert_eq!(whole(&asked, Said::Refusal(json.clone())), bare);
        assert_eq!(streamed(&mut asked, head(CallKind::Custom), &json), bare);
        assert_eq!(whole(&asked, call(true)), bare);
    }
}
