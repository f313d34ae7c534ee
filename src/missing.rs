//! Paths that an upstream turned out not to have.
//!
//! Which dialects a provider speaks stands in the catalogue, but a base URL can be set to anything,
//! and a general upstream is only known by trying. What is learned here is kept per isolate: it
//! saves a call, and nothing depends on it.

use std::cell::RefCell;
use std::collections::HashMap;

use moecraft_wire::Dialect;

/// The most that is remembered; the next one starts afresh.
const MAX_KNOWN: usize = 256;
/// How long it is believed, ms: an upstream may learn a dialect.
const BELIEVED_MS: u64 = 10 * 60_000;

thread_local! {
    static MISSING: RefCell<HashMap<(String, Dialect), u64>> = RefCell::default();
}

/// Notes that there is no such path at this base URL.
pub fn remember(base_url: &str, dialect: Dialect, now: u64) {
    MISSING.with_borrow_mut(|known| {
        if known.len() >= MAX_KNOWN {
            known.clear();
        }
        known.insert((base_url.to_owned(), dialect), now);
    });
}

/// Whether the path was found missing before.
pub fn is_known(base_url: &str, dialect: Dialect, now: u64) -> bool {
    MISSING.with_borrow(|known| {
        let at = match known.is_empty() {
            true => None,
            false => known.get(&(base_url.to_owned(), dialect)),
        };
        at.is_some_and(|at| now.saturating_sub(*at) < BELIEVED_MS)
    })
}
