//! Writes a stream: each block is an item, each item is told from its beginning to its whole.

use super::frame::{OfItem, OfPart, OfResponse, emit};
use super::output::{ClientCall, Item, Part, Response, incomplete, item};
use crate::dialect::Envelope;
use crate::hub::{CallKind, Event, Head, Said, Stop, Usage};

/// The longest answer, bytes. A longer one is cut: its last events have to repeat it whole.
const MAX_KEPT: usize = 8 << 20;

/// Writes a stream.
#[derive(Debug)]
pub struct StreamWriter {
    envelope: Envelope,
    sequence: u64,
    started: bool,
    over: bool,
    open: Option<Open>,
    output: Vec<Item>,
    kept: usize,
    usage: Option<Usage>,
    stop: Stop,
}

/// The block that is being told.
#[derive(Debug)]
struct Open {
    said: Said,
    id: String,
    /// What its deltas are.
    deltas: Deltas,
    spoke: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deltas {
    Text,
    Refusal,
    Summary,
    Arguments,
    Input,
    /// Free text that comes wrapped in JSON: it can only be taken out of it as a whole.
    Wrapped,
}

impl StreamWriter {
    /// A writer of one stream.
    pub fn new(envelope: Envelope) -> Self {
        Self {
            envelope,
            sequence: 0,
            started: false,
            over: false,
            open: None,
            output: Vec::new(),
            kept: 0,
            usage: None,
            stop: Stop::EndTurn,
        }
    }

    /// Takes an event, and adds what the client is to see of it. After a fault nothing is added:
    /// Codex gives up at a stream that says it failed, and asks again where it just ends.
    pub fn push(&mut self, event: &Event, out: &mut String) {
        if self.over {
            return;
        }
        match event {
            Event::Start { .. } => self.start(out),
            Event::Open(head) => {
                self.start(out);
                self.close(out);
                self.open(head, out);
            }
            Event::Delta(text) => self.delta(text, out),
            Event::Proof(more) => {
                if let Some(Open {
                    said: Said::Thinking { proof, .. },
                    ..
                }) = &mut self.open
                {
                    proof.get_or_insert_default().push_str(more);
                }
            }
            Event::Close => self.close(out),
            Event::Usage(usage) => self.usage = Some(*usage),
            Event::Stop(stop) => self.stop = stop.clone(),
            Event::End => self.end(out),
            Event::Fault(_) => self.over = true,
            Event::Ping if self.started => self.begun("response.in_progress", out),
            Event::Ping => {}
        }
    }

    fn start(&mut self, out: &mut String) {
        if !std::mem::replace(&mut self.started, true) {
            self.begun("response.created", out);
            self.begun("response.in_progress", out);
        }
    }

    fn begun(&mut self, kind: &str, out: &mut String) {
        let response = Response::begun(&self.envelope);
        emit(&mut self.sequence, kind, OfResponse { response }, out);
    }

    fn open(&mut self, head: &Head, out: &mut String) {
        let said = said_of(head);
        let mut blank = item(&said, self.output.len(), &self.envelope);
        blank.blank();
        let deltas = match head {
            Head::Text => Deltas::Text,
            Head::Refusal => Deltas::Refusal,
            Head::Thinking { .. } => Deltas::Summary,
            Head::ToolCall {
                name,
                namespace,
                kind,
                ..
            } => {
                let custom = *kind == CallKind::Custom;
                let call = ClientCall::of(name, namespace.as_deref(), custom, &self.envelope);
                match &blank {
                    _ if call.wrapped => Deltas::Wrapped,
                    Item::CustomToolCall { .. } => Deltas::Input,
                    _ => Deltas::Arguments,
                }
            }
        };
        let output_index = self.output.len();
        let item = OfItem {
            output_index,
            item: &blank,
        };
        emit(&mut self.sequence, "response.output_item.added", item, out);
        let open = Open {
            said,
            id: blank.id().to_owned(),
            deltas,
            spoke: false,
        };
        if let Some(part) = open
            .deltas
            .blank_part()
            .filter(|_| deltas != Deltas::Summary)
        {
            let mut fields = open.fields(output_index);
            fields.part = Some(&part);
            emit(
                &mut self.sequence,
                "response.content_part.added",
                fields,
                out,
            );
        }
        self.open = Some(open);
    }

    fn delta(&mut self, text: &str, out: &mut String) {
        let output_index = self.output.len();
        let Some(open) = &mut self.open else {
            return;
        };
        self.kept += text.len();
        if self.kept > MAX_KEPT {
            self.over = true;
            return;
        }
        open.text().push_str(text);
        if text.is_empty() || open.deltas == Deltas::Wrapped {
            return;
        }
        let first = !std::mem::replace(&mut open.spoke, true);
        if let (true, Deltas::Summary, Some(part)) = (first, open.deltas, open.deltas.blank_part())
        {
            let mut fields = open.fields(output_index);
            fields.part = Some(&part);
            let kind = "response.reasoning_summary_part.added";
            emit(&mut self.sequence, kind, fields, out);
        }
        let mut fields = open.fields(output_index);
        fields.delta = Some(text);
        fields.logprobs = (open.deltas == Deltas::Text).then_some([]);
        emit(&mut self.sequence, open.deltas.more(), fields, out);
    }

    fn close(&mut self, out: &mut String) {
        let Some(open) = self.open.take() else {
            return;
        };
        let output_index = self.output.len();
        let item = item(&open.said, output_index, &self.envelope);
        self.tell_whole(&open, &item, out);
        let fields = OfItem {
            output_index,
            item: &item,
        };
        emit(&mut self.sequence, "response.output_item.done", fields, out);
        self.output.push(item);
    }

    /// The events between the last delta and the end of the item.
    fn tell_whole(&mut self, open: &Open, item: &Item, out: &mut String) {
        let fields = || open.fields(self.output.len());
        let sequence = &mut self.sequence;
        match item {
            Item::Message { content, .. } => {
                for part in content {
                    let mut done = fields();
                    match part {
                        Part::OutputText { text, logprobs, .. } => {
                            done.text = Some(text);
                            done.logprobs = Some(*logprobs);
                        }
                        Part::Refusal { refusal } => done.refusal = Some(refusal),
                        Part::SummaryText { .. } => {}
                    }
                    emit(sequence, open.deltas.done(), done, out);
                    let mut done = fields();
                    done.part = Some(part);
                    emit(sequence, "response.content_part.done", done, out);
                }
            }
            Item::Reasoning { summary, .. } => {
                for part in summary {
                    let mut done = fields();
                    if let Part::SummaryText { text } = part {
                        done.text = Some(text);
                    }
                    emit(sequence, open.deltas.done(), done, out);
                    let mut done = fields();
                    done.part = Some(part);
                    emit(sequence, "response.reasoning_summary_part.done", done, out);
                }
            }
            Item::FunctionCall {
                name, arguments, ..
            } => {
                if !open.spoke {
                    let mut more = fields();
                    more.delta = Some(arguments);
                    emit(sequence, open.deltas.more(), more, out);
                }
                let mut done = fields();
                done.name = Some(name);
                done.arguments = Some(arguments);
                emit(sequence, open.deltas.done(), done, out);
            }
            Item::CustomToolCall { input, .. } => {
                if !open.spoke && !input.is_empty() {
                    let mut more = fields();
                    more.delta = Some(input);
                    emit(sequence, open.deltas.more(), more, out);
                }
                let mut done = fields();
                done.input = Some(input);
                emit(sequence, open.deltas.done(), done, out);
            }
        }
    }

    fn end(&mut self, out: &mut String) {
        self.start(out);
        self.close(out);
        self.over = true;
        let kind = match incomplete(&self.stop, &self.output) {
            Some(_) => "response.incomplete",
            None => "response.completed",
        };
        let response = Response::ended(&self.envelope, &self.output, &self.stop, self.usage);
        emit(&mut self.sequence, kind, OfResponse { response }, out);
    }
}

impl Open {
    fn fields(&self, output_index: usize) -> OfPart<'_> {
        OfPart {
            item_id: &self.id,
            output_index,
            content_index: matches!(self.deltas, Deltas::Text | Deltas::Refusal).then_some(0),
            summary_index: (self.deltas == Deltas::Summary).then_some(0),
            ..OfPart::default()
        }
    }

    fn text(&mut self) -> &mut String {
        match &mut self.said {
            Said::Text(text)
            | Said::Refusal(text)
            | Said::Thinking { text, .. }
            | Said::ToolCall {
                arguments: text, ..
            } => text,
        }
    }
}

impl Deltas {
    const fn more(self) -> &'static str {
        match self {
            Self::Text => "response.output_text.delta",
            Self::Refusal => "response.refusal.delta",
            Self::Summary => "response.reasoning_summary_text.delta",
            Self::Arguments => "response.function_call_arguments.delta",
            Self::Input | Self::Wrapped => "response.custom_tool_call_input.delta",
        }
    }

    const fn done(self) -> &'static str {
        match self {
            Self::Text => "response.output_text.done",
            Self::Refusal => "response.refusal.done",
            Self::Summary => "response.reasoning_summary_text.done",
            Self::Arguments => "response.function_call_arguments.done",
            Self::Input | Self::Wrapped => "response.custom_tool_call_input.done",
        }
    }

    fn blank_part(self) -> Option<Part> {
        let text = String::new();
        match self {
            Self::Text => Some(Part::text("")),
            Self::Refusal => Some(Part::Refusal { refusal: text }),
            Self::Summary => Some(Part::SummaryText { text }),
            Self::Arguments | Self::Input | Self::Wrapped => None,
        }
    }
}

fn said_of(head: &Head) -> Said {
    match head.clone() {
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
    }
}
