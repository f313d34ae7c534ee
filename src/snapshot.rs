//! Each tenant's policy snapshot, as this isolate last saw it.
//!
//! The object checks the version at every admission and sends the new snapshot when it differs, so
//! a copy here is never trusted, only tried.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use moecraft_engine::admission::Snapshot;

/// The most tenants remembered; the next one starts afresh.
const MAX_TENANTS: usize = 1024;

thread_local! {
    static SNAPSHOTS: RefCell<HashMap<String, Rc<Snapshot>>> = RefCell::default();
}

/// The snapshot last seen, or the empty policy.
pub fn of(tenant: &str) -> Rc<Snapshot> {
    SNAPSHOTS.with_borrow(|known| known.get(tenant).cloned().unwrap_or_default())
}

/// Remembers a tenant's snapshot.
pub fn remember(tenant: &str, snapshot: Snapshot) {
    SNAPSHOTS.with_borrow_mut(|known| {
        if known.len() >= MAX_TENANTS && !known.contains_key(tenant) {
            known.clear();
        }
        known.insert(tenant.to_owned(), Rc::new(snapshot));
    });
}
