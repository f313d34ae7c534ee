//! A stream on its way to the client: read for what the gateway counts by, and handed on untouched,
//! less its usage, or written anew: in another dialect, or with the values of a masked request.

use moecraft_wire::hub::{Assembler, Event, Head, StreamFault, Usage};
use moecraft_wire::openai::chat::UsageHider;
use moecraft_wire::{Dialect, Envelope, ErrorBody, StreamReader, StreamWriter};

use crate::restore::Restoration;

/// How much of a stream is held back to see how it begins, bytes.
const MAX_HELD: usize = 1 << 20;
/// How the readers of streams call what is no event of their dialect.
pub const GARBLED: &str = "garbled";

/// The stream of one answer.
#[derive(Debug)]
pub struct AnswerStream {
    /// The client's dialect.
    dialect: Dialect,
    id: String,
    reader: StreamReader,
    told: Assembler,
    way: Way,
    events: Vec<Event>,
    /// What is for the client of the bytes that were held back.
    held: Vec<u8>,
    judged: usize,
    began: bool,
    broken: Option<String>,
}

/// How chunks go to the client.
#[derive(Debug)]
enum Way {
    /// As they came.
    Untouched,
    /// Without the usage, for which the client did not ask.
    HideUsage(UsageHider),
    /// Written anew in the client's dialect.
    Translate {
        writer: StreamWriter,
        /// Puts the values of a masked request back.
        restoration: Option<Restoration>,
        /// Whether the client, who did not ask to read thinking, is spared it.
        spared: bool,
        /// Whether the open block is one it is spared.
        hidden: bool,
    },
}

/// What the first bytes of a stream show.
#[derive(Debug, PartialEq, Eq)]
pub enum Beginning {
    /// An answer: the first of it is there.
    Answer,
    /// An error in place of an answer: another candidate may still be asked.
    Error(StreamFault),
    /// Nothing yet, or only the promise of an answer.
    Unclear,
}

/// A beginning that makes no sense.
fn nonsense(message: impl Into<String>) -> StreamFault {
    StreamFault {
        kind: GARBLED.to_owned(),
        code: None,
        message: message.into(),
    }
}

impl AnswerStream {
    /// A stream in the dialect of `upstream`, for a client that speaks `client`. A translated one
    /// shows thinking only where `thinking` is wanted. One with a `restoration` is translated even
    /// into the same dialect.
    pub fn new(
        upstream: Dialect,
        client: Dialect,
        thinking: bool,
        envelope: Envelope,
        restoration: Option<Restoration>,
    ) -> Self {
        let id = envelope.id.clone();
        let way = if upstream != client || restoration.is_some() {
            Way::Translate {
                writer: client.writer(envelope),
                restoration,
                spared: !thinking,
                hidden: false,
            }
        } else if client == Dialect::Chat && !envelope.include_usage {
            Way::HideUsage(UsageHider::default())
        } else {
            Way::Untouched
        };
        Self {
            dialect: client,
            id,
            reader: upstream.reader(),
            told: Assembler::default(),
            way,
            events: Vec::new(),
            held: Vec::new(),
            judged: 0,
            began: false,
            broken: None,
        }
    }

    /// Takes the first bytes, until they show what the stream is; `ended` when no more will come.
    ///
    /// An answer is known by its first word: providers promise one and then report that they are
    /// overloaded, and until a word is out another candidate can still take over.
    pub fn judge(&mut self, bytes: &[u8], ended: bool) -> Beginning {
        self.judged += bytes.len();
        let out = self.edit(bytes);
        if self.edits() {
            self.held.extend_from_slice(&out);
        }
        if let Some(error) = self.broken.take() {
            return Beginning::Error(nonsense(error));
        }
        match self.told.fault() {
            // Nothing of it has gone to the client yet, be there words before the error or not.
            Some(fault) => return Beginning::Error(fault.clone()),
            _ if self.began || self.told.has_ended() => return Beginning::Answer,
            _ => {}
        }
        match (ended, self.told.events()) {
            (true, 0) => Beginning::Error(nonsense("the stream was empty")),
            (true, _) => Beginning::Error(nonsense("the stream broke off before its first word")),
            // A megabyte is an answer of some kind: no more is held back.
            (false, _) if self.judged >= MAX_HELD => Beginning::Answer,
            (false, _) => Beginning::Unclear,
        }
    }

    /// Whether the upstream has promised an answer, be it only by an empty first event.
    pub fn is_promised(&self) -> bool {
        self.told.events() > 0 && self.told.fault().is_none()
    }

    /// Whether more has come than is held back.
    pub fn is_long(&self) -> bool {
        self.judged >= MAX_HELD
    }

    /// What the client is to see of the bytes that were judged, where chunks are edited.
    pub fn take_held(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.held)
    }

    /// Whether chunks have to be passed through [`Self::edit`].
    pub fn edits(&self) -> bool {
        !matches!(self.way, Way::Untouched)
    }

    /// Takes bytes that went to the client as they were.
    pub fn observe(&mut self, bytes: &[u8]) {
        self.events.clear();
        if let Err(error) = self.reader.push(bytes, &mut self.events) {
            self.broken = Some(error.to_string());
        }
        for event in &self.events {
            self.began |= matches!(
                event,
                Event::Delta(_) | Event::Proof(_) | Event::Close | Event::Stop(_)
            );
            self.told.push(event);
        }
    }

    /// Takes bytes, and gives those that go to the client.
    pub fn edit(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.observe(bytes);
        match &mut self.way {
            Way::Untouched => bytes.to_vec(),
            Way::HideUsage(hider) => hider.push(bytes).unwrap_or_default(),
            Way::Translate {
                writer,
                restoration,
                spared,
                hidden,
            } => {
                let (mut out, mut restored) = (String::new(), Vec::new());
                let events = match restoration {
                    None => &self.events,
                    Some(restoration) => {
                        for event in &self.events {
                            restoration.push(event, &mut restored);
                        }
                        &restored
                    }
                };
                for event in events {
                    if let Event::Open(head) = event {
                        *hidden = *spared && matches!(head, Head::Thinking { .. });
                    }
                    if !*hidden {
                        writer.push(event, &mut out);
                    } else if *event == Event::Close {
                        *hidden = false;
                    }
                }
                out.into_bytes()
            }
        }
    }

    /// Whether the stream cannot be read on.
    pub fn is_broken(&self) -> bool {
        self.broken.is_some() || self.told.fault().is_some()
    }

    /// Whether what came last is kept from the client: Codex gives up at an error of the provider's
    /// own, and asks once more when its stream just ends without one.
    pub fn withholds(&self) -> bool {
        self.dialect == Dialect::Responses && !self.edits() && self.told.fault().is_some()
    }

    /// Whether the stream came to its proper end.
    pub fn is_whole(&self) -> bool {
        self.broken.is_none() && self.told.has_ended()
    }

    /// What must still be written to the client: nothing after a proper end, otherwise an error
    /// event, so that a broken answer is never taken for a whole one.
    pub fn last_words(&mut self) -> Option<Vec<u8>> {
        let fault = self.told.fault();
        // An error event of the upstream's own has told the client already, in the same dialect.
        let told = fault.is_some_and(|fault| fault.kind != GARBLED)
            && !self.withholds()
            && !matches!(self.way, Way::Translate { .. });
        if self.is_whole() || told {
            return None;
        }
        let rest = match &mut self.way {
            Way::Translate {
                writer,
                restoration: Some(restoration),
                hidden: false,
                ..
            } => restoration.rest().map(|event| {
                let mut out = String::new();
                writer.push(&event, &mut out);
                out
            }),
            _ => None,
        };
        let message = self
            .broken
            .as_deref()
            .or(fault.map(|fault| fault.message.as_str()))
            .unwrap_or("the upstream broke off in the middle of the answer; what came is incomplete: ask again");
        let error = ErrorBody {
            status: 502,
            message,
            kind: "server_error",
            param: None,
            code: Some("stream_cut"),
        };
        let error = self.dialect.error_event(&error, &self.id);
        Some((rest.unwrap_or_default() + &error).into_bytes())
    }

    /// What was said, put together.
    pub fn told(&self) -> &Assembler {
        &self.told
    }

    /// The tokens, and whether the figures are the provider's: of a stream that was cut its last
    /// word on them has not come, and `count` counts the answer so far.
    pub fn usage(&self, prompt: Usage, count: impl FnOnce(&str) -> u64) -> (Usage, bool) {
        match self.told.usage() {
            Some(usage) if self.is_whole() => (usage, true),
            known => {
                let usage = known.unwrap_or(prompt);
                let output = usage.output.max(count(&self.told.all_text()));
                (Usage { output, ..usage }, false)
            }
        }
    }
}
