//! A conversation of any dialect as Anthropic wants it: the system text apart, users and assistant
//! in turns, the user first, and after calls all their results before anything else.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::block::{OutBlock, OutSource, Side, Turn};
use super::pairing::pair;
use super::tools::{arguments, free_input};
use super::write::Notes;
use crate::hub::{
    Block, CallKind, Media, Message, Origin, Profile, Request, Role, Unsupported, flat_name,
    portable_id,
};

/// Writes the conversation: the system text, and the turns.
pub(super) fn history<'r>(
    request: &'r Request<'_>,
    profile: &Profile,
    notes: &mut Notes,
) -> Result<(Vec<OutBlock<'r>>, Vec<Turn<'r>>), Unsupported> {
    let messages = &request.messages;
    let instructs = |message: &Message<'_>| matches!(message.role, Role::System | Role::Developer);
    // Where nobody asks anything, the last instruction is the question.
    let leading = messages
        .iter()
        .position(|message| !instructs(message))
        .unwrap_or(messages.len().saturating_sub(1));
    let mut system = Vec::new();
    let mut turns: Vec<Turn<'r>> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        if message.name.is_some() {
            notes.add("messages.name");
        }
        let side = match message.role {
            Role::Assistant => Side::Assistant,
            Role::System | Role::Developer | Role::User => Side::User,
        };
        let mut content = Vec::with_capacity(message.content.len());
        for (at, block) in message.content.iter().enumerate() {
            let place = || format!("messages[{index}].content[{at}]");
            content.extend(write_block(block, side, profile, notes, &place)?);
        }
        if index < leading {
            system.append(&mut content);
            if let Some(at) = system
                .iter()
                .position(|block| !matches!(block, OutBlock::Text { .. }))
            {
                let message = "instructions can only be text for this model";
                return Err(Unsupported::new(
                    format!("messages[{index}].content[{at}]"),
                    message,
                ));
            }
        } else {
            say(&mut turns, side, content);
        }
    }
    let turns = without_loose_thinking(turns);
    if turns.is_empty() {
        let message = "there is no message for the model to answer";
        return Err(Unsupported::new("messages", message));
    }
    let mut turns = pair(turns);
    if let Some(Turn {
        role: Side::Assistant,
        content,
    }) = turns.last_mut()
    {
        if !profile.prefill {
            let field = format!("messages[{}]", messages.len().saturating_sub(1));
            let message = "this model cannot go on with a message of the assistant; end with a message of the user";
            return Err(Unsupported::new(field, message));
        }
        if let Some(OutBlock::Text { text, .. }) = content.last_mut() {
            *text = Cow::Owned(text.trim_end().to_owned());
        }
    }
    Ok((system, turns))
}

/// Adds to the last turn, or begins the next one.
fn say<'r>(turns: &mut Vec<Turn<'r>>, role: Side, mut content: Vec<OutBlock<'r>>) {
    match turns.last_mut() {
        _ if content.is_empty() => {}
        Some(turn) if turn.role == role => turn.content.append(&mut content),
        _ => turns.push(Turn { role, content }),
    }
}

/// The turns without thinking that nothing came of: no turn may end with it.
fn without_loose_thinking(turns: Vec<Turn<'_>>) -> Vec<Turn<'_>> {
    let mut kept = Vec::with_capacity(turns.len());
    for Turn { role, mut content } in turns {
        let is_thinking = |block: &OutBlock<'_>| {
            matches!(
                block,
                OutBlock::Thinking { .. } | OutBlock::RedactedThinking { .. }
            )
        };
        let end = content.iter().rposition(|block| !is_thinking(block));
        content.truncate(end.map_or(0, |at| at + 1));
        say(&mut kept, role, content);
    }
    kept
}

/// One block; none where there is nothing to say, or nothing that may be said to this model.
fn write_block<'r>(
    block: &'r Block<'_>,
    side: Side,
    profile: &Profile,
    notes: &mut Notes,
    place: &impl Fn() -> String,
) -> Result<Option<OutBlock<'r>>, Unsupported> {
    let refuse = |message: &str| Err(Unsupported::new(place(), message));
    Ok(Some(match block {
        // Anthropic refuses text without a visible character.
        Block::Text { text, .. } | Block::Refusal { text } if text.trim().is_empty() => {
            return Ok(None);
        }
        Block::Text { text, cache } => OutBlock::Text {
            text: Cow::Borrowed(text),
            cache_control: *cache,
        },
        Block::Refusal { text } => OutBlock::text(text.as_ref()),
        Block::Image { .. } | Block::Document { .. } if side == Side::Assistant => {
            return refuse("a message of the assistant can hold no image or document");
        }
        Block::Image { .. } if !profile.vision => return refuse("this model takes no images"),
        Block::Image {
            source,
            detail,
            cache,
        } => {
            if detail.is_some() {
                notes.add("detail");
            }
            match image(source) {
                Some(source) => OutBlock::Image {
                    source,
                    cache_control: *cache,
                },
                None => return refuse("send the image as base64 or by its URL"),
            }
        }
        Block::Document {
            source: Media::Text(text),
            cache,
            ..
        } if !profile.documents => OutBlock::Text {
            text: Cow::Borrowed(text),
            cache_control: *cache,
        },
        Block::Document { .. } if !profile.documents => {
            return refuse("this model takes no documents");
        }
        Block::Document {
            source,
            name,
            cache,
        } => match document(source) {
            Some(source) => OutBlock::Document {
                source,
                title: name.as_deref(),
                cache_control: *cache,
            },
            None => return refuse("send the document as a PDF or a text, in base64 or by its URL"),
        },
        Block::Thinking {
            text,
            proof: Some(proof),
            origin: Origin::Anthropic { redacted },
        } if side == Side::Assistant => match redacted {
            true => OutBlock::RedactedThinking { data: proof },
            false => OutBlock::Thinking {
                thinking: text,
                signature: Cow::Borrowed(proof),
            },
        },
        // Thinking of another maker is refused; and what no maker proves was never Anthropic's.
        Block::Thinking { .. } => return Ok(None),
        Block::ToolCall {
            id,
            name,
            namespace,
            arguments: text,
            kind,
            cache,
        } => OutBlock::ToolUse {
            id: portable_id(id),
            name: flat_name(namespace.as_deref(), name),
            input: match kind {
                CallKind::Function => arguments(text),
                CallKind::Custom => free_input(text),
            },
            cache_control: *cache,
        },
        Block::ToolResult {
            id,
            content,
            is_error,
            cache,
            ..
        } => {
            let mut inner = Vec::with_capacity(content.len());
            for (at, block) in content.iter().enumerate() {
                let place = || format!("{}.content[{at}]", place());
                inner.extend(write_inner(block, profile, notes, &place)?);
            }
            OutBlock::ToolResult {
                tool_use_id: portable_id(id),
                content: inner,
                is_error: *is_error,
                cache_control: *cache,
            }
        }
        Block::Other {
            kind,
            place,
            essential,
        } => {
            if *essential {
                let message = format!("this model has no content of type `{kind}`");
                return Err(Unsupported::new(place.as_str(), message));
            }
            notes.add(kind);
            return Ok(None);
        }
    }))
}

/// A block within a tool's result.
fn write_inner<'r>(
    block: &'r Block<'_>,
    profile: &Profile,
    notes: &mut Notes,
    place: &impl Fn() -> String,
) -> Result<Option<OutBlock<'r>>, Unsupported> {
    match block {
        Block::ToolCall { .. } | Block::ToolResult { .. } | Block::Thinking { .. } => Err(
            Unsupported::new(place(), "a result can hold text, images and documents only"),
        ),
        _ => {
            let place: &dyn Fn() -> String = place;
            write_block(block, Side::User, profile, notes, &place)
        }
    }
}

fn image<'r>(source: &'r Media<'_>) -> Option<OutSource<'r>> {
    match source {
        Media::Base64 { media_type, data } => Some(OutSource::Base64 { media_type, data }),
        Media::Url(url) => Some(OutSource::Url { url }),
        Media::Text(_) | Media::File(_) => None,
    }
}

fn document<'r>(source: &'r Media<'_>) -> Option<OutSource<'r>> {
    let plain = |data| OutSource::Text {
        media_type: "text/plain",
        data,
    };
    match source {
        Media::Base64 { media_type, data } if media_type.starts_with("text/") => {
            let text = String::from_utf8(STANDARD.decode(data.as_ref()).ok()?).ok()?;
            Some(plain(Cow::Owned(text)))
        }
        Media::Base64 { media_type, data } if media_type == "application/pdf" => {
            Some(OutSource::Base64 { media_type, data })
        }
        Media::Base64 { .. } | Media::File(_) => None,
        Media::Url(url) => Some(OutSource::Url { url }),
        Media::Text(text) => Some(plain(Cow::Borrowed(text))),
    }
}
