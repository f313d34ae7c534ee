//! Writes the messages of a request: instructions first, each call followed by its result.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet, VecDeque};

use serde::de::IgnoredAny;
use serde_json::json;
use serde_json::value::RawValue;

use super::turn::{BREAK, Part, Turn, media, text_part};
use super::write::LeftOut;
use crate::hub::{
    Block, CallKind, Message, Origin, Profile, Role, Unsupported, flat_name, portable_id,
};
use crate::json::Object;

/// What stands for the result of a call that never got one: every call must have one.
const NO_RESULT: &str = "(no result: the call was interrupted)";
/// Turns the hub's messages into this dialect's.
#[derive(Debug)]
pub(super) struct Conversation<'r, 'w> {
    profile: &'w Profile,
    left_out: &'w mut LeftOut,
    turns: Vec<Turn<'r>>,
    /// The assistant's turn that is not over, so that a call may still join it.
    assistant: Option<usize>,
    /// Where the results of the latest calls of an id go: some servers give one id to several.
    awaited: HashMap<Cow<'r, str>, VecDeque<usize>>,
    /// The ids of the calls in the assistant's turn.
    called: HashSet<Cow<'r, str>>,
}

impl<'r, 'w> Conversation<'r, 'w> {
    /// For this model; what is left out is added to the list.
    pub(super) fn new(profile: &'w Profile, left_out: &'w mut LeftOut) -> Self {
        Self {
            profile,
            left_out,
            turns: Vec::new(),
            assistant: None,
            awaited: HashMap::new(),
            called: HashSet::new(),
        }
    }

    /// The messages, with these sentences at the end of the instructions.
    ///
    /// # Errors
    /// [`Unsupported`] for what the model cannot be shown.
    pub(super) fn turns(
        mut self,
        messages: &'r [Message<'r>],
        sentences: Vec<Cow<'r, str>>,
    ) -> Result<Vec<Turn<'r>>, Unsupported> {
        let instructs = |m: &Message<'_>| matches!(m.role, Role::System | Role::Developer);
        let begin = messages.iter().position(|m| !instructs(m));
        let begin = begin.unwrap_or(messages.len());
        let mut instructions = Vec::new();
        for (index, message) in messages.iter().enumerate() {
            for (at, block) in message.content.iter().enumerate() {
                let place = || format!("messages[{index}].content[{at}]");
                match block {
                    Block::Text { text, cache } if index < begin => {
                        self.mark(*cache);
                        instructions.extend(text_part(text));
                    }
                    block => self.block(message, block, &place)?,
                }
            }
        }
        for turn in &mut self.turns {
            // Thinking alone: servers want a content beside it.
            if turn.parts.is_empty() && turn.tool_calls.is_empty() {
                let text = Cow::Borrowed("");
                turn.parts.push(Part::Text { text });
            }
        }
        instructions.extend(sentences.into_iter().map(|text| Part::Text { text }));
        if !instructions.is_empty() {
            let system = Turn {
                role: "system",
                parts: instructions,
                ..Turn::default()
            };
            self.turns.insert(0, system);
        }
        Ok(self.turns)
    }

    fn block(
        &mut self,
        message: &'r Message<'r>,
        block: &'r Block<'r>,
        place: &dyn Fn() -> String,
    ) -> Result<(), Unsupported> {
        match block {
            Block::Text { text, cache } => {
                self.mark(*cache);
                if let Some(part) = text_part(text) {
                    self.turn(message).parts.push(part);
                }
            }
            Block::Refusal { text } => {
                let parts = text_part(text);
                self.turn(message).parts.extend(parts);
            }
            Block::Image { cache, .. } | Block::Document { cache, .. } => {
                self.mark(*cache);
                let part = media(self.profile, block, place)?;
                self.user(message.name.as_deref()).parts.push(part);
            }
            Block::Thinking { text, origin, .. } => {
                if self.profile.replays_reasoning && *origin == Origin::Plain && !text.is_empty() {
                    self.turn(message).reasoning_content.push_str(text);
                }
            }
            Block::ToolCall {
                id,
                name,
                namespace,
                arguments,
                kind,
                cache,
            } => {
                self.mark(*cache);
                let name = flat_name(namespace.as_deref(), name);
                self.call(message, portable_id(id), &name, arguments, *kind);
            }
            Block::ToolResult {
                id,
                content,
                is_error,
                cache,
                ..
            } => {
                self.mark(*cache);
                self.result(portable_id(id), content, *is_error, place)?;
            }
            Block::Other {
                kind,
                place,
                essential: true,
            } => {
                let message = format!("`{place}`: `{kind}` cannot be carried to this model");
                return Err(Unsupported::new(place, message));
            }
            Block::Other { kind, .. } => self.left_out.add(kind),
        }
        Ok(())
    }

    fn mark(&mut self, cache: Option<&RawValue>) {
        if cache.is_some() {
            self.left_out.add("cache_control");
        }
    }

    /// The turn that what the speaker says belongs to. Instructions in the middle become a part of
    /// the user's turn: the templates of most local models refuse them there.
    fn turn(&mut self, message: &'r Message<'r>) -> &mut Turn<'r> {
        let name = message.name.as_deref();
        match message.role {
            Role::Assistant => self.assistant(name),
            Role::User => self.user(name),
            Role::System | Role::Developer => self.user(None),
        }
    }

    fn user(&mut self, name: Option<&'r str>) -> &mut Turn<'r> {
        self.assistant = None;
        let last = self.turns.last();
        if !last.is_some_and(|last| last.role == "user" && last.name == name) {
            self.push("user", name);
        }
        let last = self.turns.len() - 1;
        &mut self.turns[last]
    }

    fn assistant(&mut self, name: Option<&'r str>) -> &mut Turn<'r> {
        let at = self.assistant.unwrap_or(self.turns.len());
        if at == self.turns.len() {
            self.push("assistant", name);
            self.assistant = Some(at);
            self.called.clear();
        }
        &mut self.turns[at]
    }

    fn push(&mut self, role: &'static str, name: Option<&'r str>) {
        self.turns.push(Turn {
            role,
            name,
            ..Turn::default()
        });
    }

    /// A call, and the place of its result directly after its turn.
    fn call(
        &mut self,
        message: &'r Message<'r>,
        id: Cow<'r, str>,
        name: &str,
        arguments: &str,
        kind: CallKind,
    ) {
        let turn = self.assistant(message.name.as_deref());
        let at = turn.tool_calls.len();
        let own = self.called.insert(id.clone());
        let results = self.awaited.entry(id.clone()).or_default();
        if own {
            // Calls of this id in earlier turns have had their time.
            results.clear();
        }
        results.push_back(self.turns.len());
        let id = match own {
            true => id,
            false => portable_id(&format!("{id}.{at}")).into_owned().into(),
        };
        let call = match kind {
            CallKind::Custom if self.profile.custom_tools => {
                json!({"id": id, "type": "custom", "custom": {"name": name, "input": arguments}})
            }
            kind => {
                let arguments = object_text(arguments, kind);
                json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}})
            }
        };
        self.assistant(message.name.as_deref())
            .tool_calls
            .push(call);
        self.turns.push(Turn {
            role: "tool",
            parts: vec![Part::Text {
                text: Cow::Borrowed(NO_RESULT),
            }],
            tool_call_id: Some(id),
            ..Turn::default()
        });
    }

    /// A result goes to its call, wherever it stands; what is no text follows as the user's, since
    /// a tool's message holds text alone.
    fn result(
        &mut self,
        id: Cow<'r, str>,
        content: &'r [Block<'r>],
        is_error: bool,
        place: &dyn Fn() -> String,
    ) -> Result<(), Unsupported> {
        self.assistant = None;
        let mut texts = Vec::new();
        let mut seen = Vec::new();
        for block in content {
            match block {
                Block::Text { text, cache } => {
                    self.mark(*cache);
                    texts.push(text.as_ref());
                }
                Block::Image { .. } | Block::Document { .. } => {
                    seen.push(media(self.profile, block, place)?);
                }
                Block::Other {
                    kind,
                    place,
                    essential: true,
                } => {
                    let message = format!("`{place}`: `{kind}` cannot be carried to this model");
                    return Err(Unsupported::new(place, message));
                }
                Block::Other { kind, .. } => self.left_out.add(kind),
                _ => texts.extend(block.texts()),
            }
        }
        let mut text = texts.join(BREAK);
        if text.is_empty() && !seen.is_empty() {
            text.push_str("(the result follows)");
        }
        if is_error {
            text.insert_str(0, "Error: ");
        }
        match self.awaited.get_mut(&id).and_then(VecDeque::pop_front) {
            Some(at) => self.turns[at].parts = vec![Part::Text { text: text.into() }],
            None => {
                let text = format!("Result of an earlier tool call:\n{text}").into();
                self.user(None).parts.push(Part::Text { text });
            }
        }
        if !seen.is_empty() {
            self.user(None).parts.extend(seen);
        }
        Ok(())
    }
}

/// Arguments as the JSON text of an object: strict servers parse those of the history too.
fn object_text(arguments: &str, kind: CallKind) -> Cow<'_, str> {
    let is_object = || serde_json::from_str::<Object<IgnoredAny>>(arguments).is_ok();
    match kind {
        CallKind::Function if arguments.trim().is_empty() => Cow::Borrowed("{}"),
        CallKind::Function if is_object() => Cow::Borrowed(arguments),
        _ => Cow::Owned(json!({"input": arguments}).to_string()),
    }
}
