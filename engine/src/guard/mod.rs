//! The data-flow guard: what a request holds that not every model may see.
//!
//! ```text
//! leaves ─► fold ─► rules ─► findings ─► tier
//!             │                 ▲
//!             └─► views: decoded, unescaped, joined ─► rules again, to a bounded depth
//! ```
//!
//! A text is first folded: invisible characters go, look-alikes become what they look like. One
//! pass finds every literal that a rule begins with, and hand-written validators decide.
//! What may be hidden (encoded, escaped, spaced, cut into pieces) is read again as a view of the
//! text, and what is found there is a finding at its place in the text. Rules and figures:
//! `docs/SECURITY.md`.
//!
//! All of it is pure: the same text gives the same findings, in time linear in its length.

mod assignment;
mod body;
mod cursor;
mod decode;
mod defang;
mod endpoint;
mod examine;
mod finding;
mod fold;
mod fragments;
mod hits;
mod join;
mod keyblock;
mod label;
mod leaf;
mod lexicon;
mod literals;
mod marking;
mod mask;
mod matcher;
mod medium;
mod number;
mod part;
mod people;
mod placeholder;
mod policy;
#[cfg(test)]
mod probe;
mod reader;
mod rewrite;
#[cfg(test)]
mod samples;
mod screening;
mod search;
mod shape;
mod spaced;
mod structure;
mod token;
mod unescape;
mod uri;
mod value;
mod view;
mod vocabulary;

pub use cursor::Cursor;
pub use examine::{MAX_TEXT, UNEXAMINED, examine};
pub use finding::{Family, Finding, Kind, Tier, Verdict};
pub use leaf::Leaf;
pub use lexicon::{Lexicon, MAX_TERM, MAX_TERMS};
pub use mask::{Masked, Restorer, Table};
pub use policy::{Access, Action, MAX_MODELS, Override, Policy, Recipient};
pub use screening::{Located, Screening};
