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

/// The snapshot last seen, or the empty policy.
pub fn of(tenant: &str) -> Rc<Snapshot> {
    SNAPSHOTS.with_borrow(|known| {
        let known = known.get(tenant);
        known.map_or_else(Rc::default, |known| known.snapshot.clone())
    })
}

/// The places that failed requests of this isolate's a moment ago.
pub fn refused(tenant: &str, now: u64) -> Vec<BlockedPlace> {
    SNAPSHOTS.with_borrow_mut(|known| {
        let Some(known) = known.get_mut(tenant) else {
            return Vec::new();
        };
        known.refused.retain(|place| place.until_ms > now);
        known.refused.clone()
    })
}

/// Remembers a tenant's snapshot.
pub fn remember(tenant: &str, snapshot: Snapshot) {
    with(tenant, |known| known.snapshot = Rc::new(snapshot));
}

/// Notes a place to be passed over for a moment, until the object's word on it is known.
pub fn pass_over(tenant: &str, place: BlockedPlace) {
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
    fn a_place_that_failed_is_passed_over_for_a_moment_by_its_tenant() {
        let place = BlockedPlace {
            provider: "p".into(),
            model: None,
            until_ms: 100,
            why: FailureClass::OutOfQuota,
        };
        pass_over("a", place);
        assert_eq!(refused("a", 99).len(), 1);
        assert_eq!(refused("b", 99).len(), 0);
        assert_eq!(refused("a", 100).len(), 0);
    }
}
