//! `MOECraftOrchestrator`: the one writer of a tenant's state.
//!
//! One Durable Object per tenant, single-threaded, with its own SQLite. Each file holds one thing
//! the object keeps; [`orchestrator`] is the class itself and the only place where they meet.
//! Whatever must be atomic is done in one turn without an await, inside one transaction.
#![deny(missing_docs)]

mod admit;
mod audit;
mod batches;
mod evaluate;
mod feedback;
mod figures;
mod health;
mod history;
mod learning;
mod ledger;
mod live;
mod orchestrator;
mod outbox;
mod parts;
mod policy;
mod quality;
mod recent;
mod revocation;
mod routing;
mod row;
mod savings;
mod schema;
mod settings;
mod settle;
mod sql;
mod surrogates;
mod totals;
pub mod tunnel;

pub use feedback::Feedback;
pub use orchestrator::{KEY_ID_HEADER, MOECraftOrchestrator};
pub use policy::outline;
