//! A conversation, written as the items of `input`.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::json;

use super::fit::Fit;
use super::input::{InputItem, InputPart, Output, file, image};
use crate::hub::{
    Block, CallKind, Media, Message, Origin, Profile, Role, Unsupported, flat_name, portable_id,
};

/// What a call whose client stopped gets for a result: the API refuses a call without one.
const INTERRUPTED: &str = "(no result: the call was interrupted)";

/// Writes messages as items. `first` is the place of the first of them in the request.
///
/// # Errors
/// [`Unsupported`] for a block that has no form here.
pub(super) fn write_items<'r>(
    messages: &'r [Message<'_>],
    first: usize,
    profile: &'r Profile,
    fit: &mut Fit,
) -> Result<Vec<InputItem<'r>>, Unsupported> {
    let mut writer = Writer {
        profile,
        fit,
        items: Vec::with_capacity(messages.len()),
        results: HashMap::new(),
        open: HashMap::new(),
    };
    for block in messages.iter().flat_map(|message| &message.content) {
        if let Block::ToolResult { id, .. } = block {
            *writer.results.entry(id).or_default() += 1;
        }
    }
    for (index, message) in messages.iter().enumerate() {
        writer.message(message, first + index)?;
    }
    Ok(writer.items)
}

struct Writer<'r, 'f> {
    profile: &'r Profile,
    fit: &'f mut Fit,
    items: Vec<InputItem<'r>>,
    /// How many results of each call are still to come.
    results: HashMap<&'r str, u32>,
    /// The calls that wait for their result, by id: of which kind each is.
    open: HashMap<&'r str, Vec<CallKind>>,
}

impl<'r> Writer<'r, '_> {
    fn message(&mut self, message: &'r Message<'_>, at: usize) -> Result<(), Unsupported> {
        if message.name.is_some() {
            self.fit.leave_out("name");
        }
        let role = match message.role {
            Role::System | Role::Developer => "developer",
            Role::User => "user",
            Role::Assistant => "assistant",
        };
        let mut parts = Vec::new();
        for (index, block) in message.content.iter().enumerate() {
            let place = format!("messages[{at}].content[{index}]");
            match block {
                Block::Thinking {
                    text,
                    proof,
                    origin,
                } => {
                    self.flush(role, &mut parts);
                    self.thinking(text, proof.as_deref(), origin);
                }
                Block::ToolCall { .. } => {
                    self.flush(role, &mut parts);
                    self.call(block);
                }
                Block::ToolResult {
                    id,
                    content,
                    is_error,
                    ..
                } => {
                    let output = self.output(content, *is_error, &place)?;
                    match self.open.get_mut(id.as_ref()).and_then(Vec::pop) {
                        Some(kind) => {
                            self.flush(role, &mut parts);
                            self.result(id, kind, output);
                        }
                        None => parts.extend(told(output)),
                    }
                    self.note(block);
                }
                _ => parts.extend(self.part(block, message.role, &place)?),
            }
        }
        self.flush(role, &mut parts);
        Ok(())
    }

    fn flush(&mut self, role: &'static str, parts: &mut Vec<InputPart<'r>>) {
        if !parts.is_empty() {
            let content = std::mem::take(parts);
            self.items.push(InputItem::Message { role, content });
        }
    }

    /// Its maker takes thinking back by its proof; without one it would be looked up by its id,
    /// and nothing is stored.
    fn thinking(&mut self, text: &'r str, proof: Option<&'r str>, origin: &'r Origin) {
        if let (true, Origin::Responses { id }, Some(proof)) =
            (self.profile.reasoning, origin, proof)
        {
            let summary = (!text.is_empty()).then_some(InputPart::SummaryText { text });
            self.items.push(InputItem::Reasoning {
                id,
                summary: summary.into_iter().collect(),
                encrypted_content: proof,
            });
        }
    }

    fn call(&mut self, block: &'r Block<'_>) {
        let Block::ToolCall {
            id,
            name,
            namespace,
            arguments,
            kind,
            ..
        } = block
        else {
            return;
        };
        self.note(block);
        let name = flat_name(namespace.as_deref(), name);
        let call_id = portable_id(id);
        let (item, kind) = match kind {
            CallKind::Custom if self.profile.custom_tools => {
                let input = arguments.as_ref();
                let item = InputItem::CustomToolCall {
                    call_id,
                    name,
                    input,
                };
                (item, CallKind::Custom)
            }
            _ => {
                let arguments = match kind {
                    CallKind::Custom => Cow::Owned(json!({ "input": arguments }).to_string()),
                    CallKind::Function if arguments.is_empty() => Cow::Borrowed("{}"),
                    CallKind::Function => Cow::Borrowed(arguments.as_ref()),
                };
                let item = InputItem::FunctionCall {
                    call_id,
                    name,
                    arguments,
                };
                (item, CallKind::Function)
            }
        };
        self.items.push(item);
        match self.results.get_mut(id.as_ref()) {
            Some(left) if *left > 0 => {
                *left -= 1;
                self.open.entry(id).or_default().push(kind);
            }
            _ => self.result(id, kind, Output::Text(Cow::Borrowed(INTERRUPTED))),
        }
    }

    fn result(&mut self, id: &'r str, kind: CallKind, output: Output<'r>) {
        let call_id = portable_id(id);
        self.items.push(match kind {
            CallKind::Function => InputItem::FunctionCallOutput { call_id, output },
            CallKind::Custom => InputItem::CustomToolCallOutput { call_id, output },
        });
    }

    fn output(
        &mut self,
        content: &'r [Block<'_>],
        is_error: bool,
        place: &str,
    ) -> Result<Output<'r>, Unsupported> {
        let mut parts = Vec::new();
        for (index, block) in content.iter().enumerate() {
            parts.extend(self.part(block, Role::User, &format!("{place}.content[{index}]"))?);
        }
        if parts.is_empty() && is_error {
            return Ok(Output::Text(Cow::Borrowed("(the tool failed)")));
        }
        // One text is what every server of this API takes.
        let texts: Option<Vec<&str>> = parts
            .iter()
            .map(|part| match part {
                InputPart::InputText { text } => Some(text.as_ref()),
                _ => None,
            })
            .collect();
        Ok(match texts {
            Some(texts) => Output::Text(Cow::Owned(texts.join("\n"))),
            None => Output::Parts(parts),
        })
    }

    /// Writes a block that stands inside a message or a result; none for one that is left out.
    fn part(
        &mut self,
        block: &'r Block<'_>,
        role: Role,
        place: &str,
    ) -> Result<Option<InputPart<'r>>, Unsupported> {
        self.note(block);
        Ok(match block {
            Block::Text { text, .. } if text.is_empty() => None,
            Block::Text { text, .. } if role == Role::Assistant => {
                Some(InputPart::OutputText { text })
            }
            Block::Text { text, .. } => Some(InputPart::InputText {
                text: Cow::Borrowed(text),
            }),
            Block::Refusal { text } => Some(InputPart::Refusal { refusal: text }),
            Block::Image { source, detail, .. } => Some(InputPart::InputImage {
                source: image(source, place)?,
                detail: detail.as_deref(),
            }),
            Block::Document {
                source: Media::Text(text),
                ..
            } => Some(InputPart::InputText {
                text: Cow::Borrowed(text),
            }),
            Block::Document { source, name, .. } => {
                let (source, usual) = file(source, place)?;
                let filename = name.as_deref().or(usual);
                Some(InputPart::InputFile { filename, source })
            }
            Block::Other {
                kind,
                place,
                essential: true,
            } => {
                let message = format!("`{place}`: `{kind}` has no form in the Responses API");
                return Err(Unsupported::new(place, message));
            }
            Block::Other { kind, .. } => {
                self.fit.leave_out(kind);
                None
            }
            // Neither stands inside a message, and results do not nest.
            Block::Thinking { .. } | Block::ToolCall { .. } | Block::ToolResult { .. } => None,
        })
    }

    fn note(&mut self, block: &Block<'_>) {
        if let Block::Text { cache: Some(_), .. }
        | Block::Image { cache: Some(_), .. }
        | Block::Document { cache: Some(_), .. }
        | Block::ToolCall { cache: Some(_), .. }
        | Block::ToolResult { cache: Some(_), .. } = block
        {
            self.fit.leave_out("cache_control");
        }
    }
}

/// A result without its call, as words of the user's.
fn told(output: Output<'_>) -> Vec<InputPart<'_>> {
    let lead = "(the result of an earlier tool call)";
    match output {
        Output::Text(text) => vec![InputPart::InputText {
            text: Cow::Owned(format!("{lead}\n{text}")),
        }],
        Output::Parts(mut parts) => {
            let text = Cow::Borrowed(lead);
            parts.insert(0, InputPart::InputText { text });
            parts
        }
    }
}
