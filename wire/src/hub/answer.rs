//! A whole answer, and how it is put together from events or taken apart into them.

use serde::{Deserialize, Serialize};

use super::event::{Event, Head, Origin, Stop, StreamFault, Usage};
use super::request::CallKind;

/// The most bytes of an answer that are kept together, so that an endless stream stays within
/// bounds; what goes beyond is still relayed.
const MAX_KEPT: usize = 8 << 20;

/// A whole answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The model that gave it, as the upstream names it.
    pub model: String,
    /// What it says, in order.
    pub said: Vec<Said>,
    /// Why it ends.
    pub stop: Stop,
    /// The provider's token counts, where it sent any.
    pub usage: Option<Usage>,
}

/// One block of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// Text.
    Text(String),
    /// Thinking.
    Thinking {
        /// What can be read of it.
        text: String,
        /// What proves it.
        proof: Option<String>,
        /// Whose proof that is.
        origin: Origin,
    },
    /// A call.
    ToolCall {
        /// Pairs it with its result.
        id: String,
        /// What is called.
        name: String,
        /// The tool's namespace, in dialects that have them.
        namespace: Option<String>,
        /// JSON text of an object, or free text.
        arguments: String,
        /// Which of the two: whether it is free text.
        custom: bool,
    },
    /// The model declined, in these words.
    Refusal(String),
}

impl Answer {
    /// The answer as the events of a stream.
    pub fn events(&self) -> Vec<Event> {
        let mut events = vec![Event::Start {
            model: self.model.clone(),
        }];
        for said in &self.said {
            let (head, text, proof) = match said {
                Said::Text(text) => (Head::Text, text, None),
                Said::Refusal(text) => (Head::Refusal, text, None),
                Said::Thinking {
                    text,
                    proof,
                    origin,
                } => {
                    let origin = origin.clone();
                    (Head::Thinking { origin }, text, proof.clone())
                }
                Said::ToolCall {
                    id,
                    name,
                    namespace,
                    arguments,
                    custom,
                } => {
                    let head = Head::ToolCall {
                        id: id.clone(),
                        name: name.clone(),
                        namespace: namespace.clone(),
                        kind: match custom {
                            true => CallKind::Custom,
                            false => CallKind::Function,
                        },
                    };
                    (head, arguments, None)
                }
            };
            events.push(Event::Open(head));
            if !text.is_empty() {
                events.push(Event::Delta(text.clone()));
            }
            events.extend(proof.map(Event::Proof));
            events.push(Event::Close);
        }
        events.extend(self.usage.map(Event::Usage));
        events.extend([Event::Stop(self.stop.clone()), Event::End]);
        events
    }

    /// The text of the answer, without thinking and calls.
    pub fn text(&self) -> String {
        self.said
            .iter()
            .filter_map(|said| match said {
                Said::Text(text) => Some(text.as_str()),
                _ => None,
            })
            .collect()
    }

    /// Whether the answer is one whole text that may be served again: it ended by itself and holds
    /// nothing beyond its text.
    pub fn is_whole_text(&self) -> bool {
        self.stop == Stop::EndTurn
            && matches!(self.said.as_slice(), [Said::Text(text)] if !text.is_empty())
    }
}

/// Puts an answer together from its events, and keeps what the gateway counts by.
#[derive(Debug, Default)]
pub struct Assembler {
    model: String,
    said: Vec<Said>,
    open: bool,
    kept: usize,
    usage: Option<Usage>,
    stop: Option<Stop>,
    ended: bool,
    fault: Option<StreamFault>,
    events: u64,
}

impl Assembler {
    /// Takes the next event.
    pub fn push(&mut self, event: &Event) {
        if !matches!(event, Event::Ping) {
            self.events += 1;
        }
        match event {
            Event::Start { model } => self.model.clone_from(model),
            Event::Open(head) => {
                self.open = true;
                self.said.push(match head.clone() {
                    Head::Text => Said::Text(String::new()),
                    Head::Refusal => Said::Refusal(String::new()),
                    Head::Thinking { origin } => Said::Thinking {
                        text: String::new(),
                        proof: None,
                        origin,
                    },
                    Head::ToolCall {
                        id,
                        name,
                        namespace,
                        kind,
                    } => Said::ToolCall {
                        id,
                        name,
                        namespace,
                        arguments: String::new(),
                        custom: kind == CallKind::Custom,
                    },
                });
            }
            Event::Delta(more) => self.extend(more),
            Event::Proof(more) => {
                if let Some(Said::Thinking { proof, .. }) = self.said.last_mut() {
                    proof.get_or_insert_default().push_str(more);
                }
            }
            Event::Close => self.open = false,
            Event::Usage(usage) => self.usage = Some(*usage),
            Event::Stop(stop) => self.stop = Some(stop.clone()),
            Event::End => self.ended = true,
            Event::Fault(fault) => self.fault = Some(fault.clone()),
            Event::Ping => {}
        }
    }

    fn extend(&mut self, more: &str) {
        self.kept += more.len();
        if self.kept > MAX_KEPT {
            return;
        }
        match self.said.last_mut() {
            Some(
                Said::Text(text)
                | Said::Refusal(text)
                | Said::Thinking { text, .. }
                | Said::ToolCall {
                    arguments: text, ..
                },
            ) if self.open => text.push_str(more),
            _ => {}
        }
    }

    /// What was said so far.
    pub fn said(&self) -> &[Said] {
        &self.said
    }

    /// How many events have come, signs of life not counted.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// The provider's token counts, once they have come.
    pub fn usage(&self) -> Option<Usage> {
        self.usage
    }

    /// What the upstream says went wrong.
    pub fn fault(&self) -> Option<&StreamFault> {
        self.fault.as_ref()
    }

    /// Whether the answer came to its proper end.
    pub fn has_ended(&self) -> bool {
        self.ended && self.fault.is_none()
    }

    /// All that was said so far, thinking and arguments included: for counting when the provider
    /// did not.
    pub fn all_text(&self) -> String {
        let texts = self.said.iter().map(|said| match said {
            Said::Text(text)
            | Said::Refusal(text)
            | Said::Thinking { text, .. }
            | Said::ToolCall {
                arguments: text, ..
            } => text.as_str(),
        });
        texts.collect()
    }

    /// The answer, where it came to its proper end and is not too long to keep.
    pub fn answer(&self) -> Option<Answer> {
        let whole = self.has_ended() && self.kept <= MAX_KEPT;
        whole.then(|| Answer {
            model: self.model.clone(),
            said: self.said.clone(),
            stop: self.stop.clone().unwrap_or(Stop::EndTurn),
            usage: self.usage,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_said() -> impl Strategy<Value = Said> {
        prop_oneof![
            ".{0,20}".prop_map(Said::Text),
            ".{0,20}".prop_map(Said::Refusal),
            (".{0,20}", prop::option::of("[a-z]{1,9}")).prop_map(|(text, proof)| Said::Thinking {
                text,
                proof,
                origin: Origin::Anthropic { redacted: false },
            }),
            ("[a-z]{1,9}", ".{0,20}", any::<bool>()).prop_map(|(id, arguments, custom)| {
                Said::ToolCall {
                    name: id.clone(),
                    id,
                    namespace: None,
                    arguments,
                    custom,
                }
            }),
        ]
    }

    proptest! {
        #[test]
        fn an_answer_taken_apart_is_the_same_put_together(said in prop::collection::vec(any_said(), 0..5)) {
            let answer = Answer { model: "m".into(), said, stop: Stop::ToolUse, usage: Some(Usage::default()) };
            let mut assembler = Assembler::default();
            for event in answer.events() {
                assembler.push(&event);
            }
            prop_assert_eq!(assembler.answer(), Some(answer));
        }
    }

    #[test]
    fn an_answer_without_its_end_is_none() {
        let mut assembler = Assembler::default();
        assembler.push(&Event::Open(Head::Text));
        assembler.push(&Event::Delta("half".into()));
        assert_eq!(assembler.answer(), None);
        assert_eq!(assembler.all_text(), "half");
    }
}
