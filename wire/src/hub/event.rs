//! An answer on its way: the events that every dialect's stream comes down to.

use serde::{Deserialize, Serialize};

use super::request::CallKind;

/// One step of an answer.
///
/// A reader gives them in this order, whatever the upstream does:
///
/// ```text
/// Start  Usage?  ( Open Delta* Proof? Close )*  Usage*  Stop  End      | Fault, anywhere
/// ```
///
/// The early usage tells the prompt's buckets where the upstream knows them at once, so that they
/// are known of a stream that is cut too; its output is not the whole.
///
/// Blocks never interleave: a dialect whose calls do is put in order by its reader. `Ping` may come
/// anywhere. A stream without [`Event::End`] was cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The answer begins.
    Start {
        /// The model that gives it, as the upstream names it.
        model: String,
    },
    /// A block begins.
    Open(Head),
    /// More of the open block: text, thinking, or arguments.
    Delta(String),
    /// What proves the open block of thinking.
    Proof(String),
    /// The open block is whole.
    Close,
    /// The tokens so far: each takes the place of the last, none is added to it.
    Usage(Usage),
    /// Why the answer ends.
    Stop(Stop),
    /// The answer is whole.
    End,
    /// The upstream says that it failed.
    Fault(StreamFault),
    /// A sign of life.
    Ping,
}

/// What a block is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Head {
    /// Text for the reader.
    Text,
    /// Thinking.
    Thinking {
        /// Who proves it.
        origin: Origin,
    },
    /// A call.
    ToolCall {
        /// Pairs it with its result.
        id: String,
        /// What is called.
        name: String,
        /// The namespace of the tool, in dialects that have them.
        namespace: Option<String>,
        /// JSON or free text.
        kind: CallKind,
    },
    /// The model declines.
    Refusal,
}

/// Who made a piece of thinking, and takes its proof back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Anthropic: a signature, or a redacted block.
    Anthropic {
        /// Nothing of the block can be read: all of it is in the proof.
        redacted: bool,
    },
    /// OpenAI's Responses: encrypted content of a reasoning item.
    Responses {
        /// The item's id.
        id: String,
    },
    /// A model that proves nothing (`reasoning_content`).
    Plain,
}

/// Why an answer ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// The model has said what it wanted.
    EndTurn,
    /// It came to one of the client's stop texts, which one where that is told.
    Sequence(Option<String>),
    /// It came to the bound on its answer.
    MaxTokens,
    /// It came to the end of its context.
    ContextFull,
    /// It waits for the results of its calls.
    ToolUse,
    /// It declined, or a filter did.
    Refusal,
    /// It paused a long turn of its own tools.
    Pause,
}

/// Tokens of one answer, in disjoint buckets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Prompt tokens that no cache knew.
    pub input: u64,
    /// Prompt tokens read from the provider's cache.
    pub cache_read: u64,
    /// Prompt tokens written to its cache for the usual time (5 minutes at Anthropic).
    pub cache_write: u64,
    /// Prompt tokens written for the long time (an hour, or twelve).
    pub cache_write_long: u64,
    /// Tokens of the answer, reasoning included.
    pub output: u64,
    /// How many of `output` were reasoning.
    pub reasoning: u64,
}

impl Usage {
    /// All tokens of the prompt, cached or not: what OpenAI counts as input.
    pub fn prompt(&self) -> u64 {
        self.input
            .saturating_add(self.cache_read)
            .saturating_add(self.cache_write)
            .saturating_add(self.cache_write_long)
    }
}

/// What an upstream says when it fails in the middle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamFault {
    /// Its class in the upstream's words, such as `overloaded_error`; may be empty.
    pub kind: String,
    /// Its code, where it has one.
    pub code: Option<String>,
    /// What it says.
    pub message: String,
}
