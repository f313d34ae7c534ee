//! Each tenant's policy snapshot, as this isolate last saw it.
//!
//! The object checks the version at every admission and sends the new snapshot when it differs, so
//! a copy here is never trusted, only tried.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use moecraft_engine::admission::{BlockedPlace, Snapshot};

/// The most tenants remembered; the next one starts afresh.
const MAX_TENANTS: usize = 1024;
/// The most refusals of a tenant's remembered.
const MAX_REFUSED: usize = 16;

thread_local! {
    static SNAPSHOTS: RefCell<HashMap<String, Known>> = RefCell::default();
}

/// What this isolate knows of a tenant.
#[derive(Default)]
struct Known {
    snapshot: Rc<Snapshot>,
    /// Places that refused a request of this isolate's, and that the object need not have learnt of
    /// yet.
    refused: Vec<BlockedPlace>,
}

/// The snapshot last seen, or the empty policy; places that refused just now are blocked in it.
pub fn of(tenant: &str, now: u64) -> Rc<Snapshot> {
    SNAPSHOTS.with_borrow_mut(|known| {
        let Some(known) = known.get_mut(tenant) else {
            return Rc::default();
        };
        known.refused.retain(|place| place.until_ms > now);
        if known.refused.is_empty() {
            return known.snapshot.clone();
        }
        let mut snapshot = Snapshot::clone(&known.snapshot);
        snapshot.health.extend(known.refused.iter().cloned());
        Rc::new(snapshot)
    })
}

/// Remembers a tenant's snapshot.
pub fn remember(tenant: &str, snapshot: Snapshot) {
    with(tenant, |known| known.snapshot = Rc::new(snapshot));
}

/// Blocks a place for a moment, until the object's word on it is known.
pub fn leave_alone(tenant: &str, place: BlockedPlace) {
    with(tenant, |known| {
        known.refused.truncate(MAX_REFUSED);
        known.refused.push(place);
    });
}

fn with(tenant: &str, change: impl FnOnce(&mut Known)) {
    SNAPSHOTS.with_borrow_mut(|known| {
        if known.len() >= MAX_TENANTS && !known.contains_key(tenant) {
            known.clear();
        }
        change(known.entry(tenant.to_owned()).or_default());
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use moecraft_engine::health::FailureClass;

    #[test]
    fn a_place_that_refused_is_left_alone_for_a_moment_by_its_tenant() {
        let place = BlockedPlace {
            provider: "p".into(),
            model: None,
            until_ms: 100,
            why: FailureClass::OutOfQuota,
        };
        leave_alone("a", place);
        assert!(of("a", 99).blocked("p", "m").is_some());
        assert!(of("b", 99).blocked("p", "m").is_none());
        assert!(of("a", 100).blocked("p", "m").is_none());
    }
}
