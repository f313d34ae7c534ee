//! What every dialect says, in one form. A dialect reads into these types and writes from them;
//! no dialect knows another.
//!
//! ```text
//! client's bytes ── read ──► Request ── write ──► upstream's bytes
//! client's bytes ◄─ write ── Event…  ◄── read ─── upstream's bytes
//! ```
//!
//! Between equal dialects nothing is written anew: the client's bytes go to the upstream and the
//! upstream's to the client, so that what is unknown here passes untouched. The reading still
//! happens, for what the gateway decides and counts by.

mod answer;
mod event;
mod ids;
mod request;
mod seal;

pub use answer::{Answer, Assembler, Said};
pub use event::{Event, Head, Origin, Stop, StreamFault, Usage};
pub use ids::portable_id;
pub use request::{
    Block, CallKind, Effort, Extra, Format, Media, Message, Profile, Reasoning, Request, Role,
    Sampling, Tool, ToolChoice, ToolKind, ToolNames, Unsupported, Written, flat_name,
};
pub use seal::{SEAL_MARK, seal, unseal};
