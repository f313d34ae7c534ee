//! The lines of a batch: where one stands, how it ends, and what it is known by.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::admission::Replay;

/// Where a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineState {
    /// To be planned, at its time.
    Pending,
    /// Equal to a line under way: planned once that one is done, to be served its answer.
    Held,
    /// Admitted, and written into a submission that is not sealed yet.
    Grouped,
    /// Being admitted, or called through the ordinary path.
    Calling,
    /// Part of a submission.
    Submitted,
    /// It has its result.
    Done,
}

impl LineState {
    /// The name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Held => "held",
            Self::Grouped => "grouped",
            Self::Calling => "calling",
            Self::Submitted => "submitted",
            Self::Done => "done",
        }
    }

    /// Where the line stands after the object was started anew: what only memory held is lost, and
    /// begins again.
    #[must_use]
    pub const fn restarted(self) -> Self {
        match self {
            Self::Held | Self::Grouped | Self::Calling => Self::Pending,
            other => other,
        }
    }

    /// Whether equal lines wait for this one.
    pub const fn leads(self) -> bool {
        matches!(self, Self::Grouped | Self::Calling | Self::Submitted)
    }
}

/// How a line has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It has its answer.
    Succeeded,
    /// It could not be answered.
    Errored,
    /// The batch was cancelled before it was answered.
    Canceled,
    /// Time ran out before it was answered.
    Expired,
}

/// How a line was sent, by which its answer is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The catalogue id of the model.
    pub model: String,
    /// The provider.
    pub provider: String,
    /// The path under the provider's base URL, which tells the dialect: `/chat/completions`.
    pub path: String,
    /// The client left the choice of model open.
    pub policy: bool,
    /// On what conditions the answer may be replayed, where it may.
    pub replay: Option<Replay>,
    /// When it was planned, Unix ms.
    pub at: u64,
}

/// The id of a line in the ledger: a UUIDv7 of the batch's time and a digest of the batch and the
/// line's number. The same whenever it is asked for, so that no line can be paid for under two ids.
pub fn request_id(batch: &str, created_ms: u64, line: u32) -> String {
    let mut hash = Sha256::new_with_prefix(b"moecraft batch line\0");
    hash.update(batch);
    hash.update([0]);
    hash.update(line.to_be_bytes());
    let digest = hash.finalize();
    let random = digest
        .iter()
        .take(10)
        .fold(0_u128, |n, byte| n << 8 | u128::from(*byte));
    let (high, low) = ((random >> 68) & 0xfff, (random >> 2) & ((1 << 62) - 1));
    let id =
        u128::from(created_ms & ((1 << 48) - 1)) << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low;
    let hex = format!("{id:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    [
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32),
    ]
    .join("-")
}

/// What a line is called in a submission: the submission's own id is in it, so that results tell
/// whose they are. At most 64 letters, digits and dashes, as the providers ask.
pub fn provider_id(submission: &str, line: u32) -> String {
    format!("{submission}-{line}")
}

/// The number of the line that [`provider_id`] named so; none where it is another submission's.
pub fn read_provider_id(submission: &str, name: &str) -> Option<u32> {
    let number = name.strip_prefix(submission)?.strip_prefix('-')?;
    let canonical = number == "0" || !number.starts_with(['0', '+']);
    number.parse().ok().filter(|_| canonical)
}
