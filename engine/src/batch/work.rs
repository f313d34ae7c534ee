//! What the object gives the Worker's shell to do, and is told of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Call, Kept, Outcome};

/// A line to be planned, or whose answer has come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineWork {
    /// The batch.
    pub batch: String,
    /// The line's number in it, from 0.
    pub line: u32,
    /// Its id in the ledger.
    pub id: String,
    /// The client's name for it.
    pub custom_id: String,
    /// The tenant.
    pub tenant: String,
    /// The key that the batch came with.
    pub key_id: String,
    /// The path its request is for: `/v1/chat/completions`.
    pub endpoint: String,
    /// The headers of the batch that matter to its requests.
    pub client: BTreeMap<String, String>,
    /// It goes the ordinary way, whatever its provider offers.
    pub ordinary: bool,
    /// How often it was tried in vain.
    pub tries: u32,
    /// Until when its settlement is awaited, Unix ms.
    pub hold_until: u64,
    /// How it was sent, where it was.
    pub kept: Option<Kept>,
}

/// What has come of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "came")]
pub enum Came {
    /// It has its result.
    Done {
        /// How it ended.
        outcome: Outcome,
        /// The line of the results, as the client's API has it.
        text: String,
    },
    /// It is to be tried again.
    Again {
        /// How long the provider asks to be left alone, ms.
        wait_ms: Option<u64>,
        /// From now on it goes the ordinary way.
        ordinary: bool,
    },
}

/// A line with what has come of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Landed {
    /// The batch.
    pub batch: String,
    /// The line's number in it.
    pub line: u32,
    /// The settlement of its request, where one was drawn up.
    pub settlement: Option<String>,
    /// What has come of it.
    pub came: Came,
}

/// A submission that the provider is to be asked about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubmissionWork {
    /// Its id.
    pub id: String,
    /// The batch.
    pub batch: String,
    /// The provider.
    pub provider: String,
    /// What to ask.
    pub call: Call,
    /// The provider's id of it.
    pub upstream: Option<String>,
    /// Whether that batch is certainly this one.
    pub proven: bool,
    /// Batches that are known to be another's.
    pub strangers: Vec<String>,
    /// When it was made, Unix ms.
    pub created: u64,
    /// How many lines it has.
    pub lines: u32,
}
