use super::*;
use proptest::prelude::*;

const LEASE: u64 = 100;

fn asking(id: &str) -> Asking<'_> {
    Asking {
        key: "k",
        id,
        at: 0,
    }
}

fn is_under_way(flights: &Flights, asking: &Asking<'_>, now: u64) -> bool {
    flights.seek(asking, now) == Following::Waits
}

/// Flights with one under way, and these waiting.
fn led(by: &str, followers: &[&str]) -> Flights {
    let mut flights = Flights::new(LEASE);
    flights.lead(&asking(by), 0);
    for follower in followers {
        assert_eq!(flights.follow(&asking(follower), 0), Following::Waits);
    }
    flights
}

#[test]
fn the_first_leads_and_equal_requests_wait() {
    let flights = led("a", &[]);
    assert!(is_under_way(&flights, &asking("b"), 0));
    assert!(
        !is_under_way(&flights, &asking("a"), 0),
        "its own message, sent twice"
    );
    let other = Asking {
        key: "other",
        ..asking("b")
    };
    assert!(!is_under_way(&flights, &other, 0));
}

#[test]
fn all_are_told_when_the_leader_has_ended_and_one_of_them_leads() {
    let mut flights = led("a", &["b", "c"]);
    flights.land("a");
    assert_eq!(flights.released(), ["b", "c"]);
    assert_eq!(flights.follow(&asking("b"), 1), Following::Over);
    flights.lead(&asking("b"), 1);
    assert_eq!(flights.follow(&asking("c"), 1), Following::Waits);
    flights.land("a");
    assert!(
        is_under_way(&flights, &asking("d"), 1),
        "an end told twice ends nobody else"
    );
}

#[test]
fn an_answer_serves_all_who_wait_for_it_whoever_brings_it() {
    let mut flights = led("a", &["b"]);
    flights.serve("other");
    assert!(flights.released().is_empty());
    flights.serve("k");
    assert_eq!(flights.released(), ["b"]);
    assert_eq!(flights.patience_ms("b", 0), 0);
}

#[test]
fn after_an_answer_that_serves_nobody_else_each_calls_by_itself_for_a_while() {
    let mut flights = led("a", &["b", "c"]);
    flights.disperse("a", 10);
    assert_eq!(flights.released(), ["b", "c"]);
    for id in ["b", "c", "d"] {
        assert_eq!(flights.seek(&asking(id), 10), Following::Over);
        flights.lead(&asking(id), 10);
    }
    assert_eq!(flights.count(), (0, 0));
    let later = Asking {
        at: 10 + LEASE,
        ..asking("e")
    };
    flights.lead(&later, 10 + LEASE);
    assert!(is_under_way(
        &flights,
        &Asking { id: "f", ..later },
        10 + LEASE
    ));
}

#[test]
fn a_leader_that_is_not_heard_of_loses_its_place() {
    let mut flights = led("a", &["b"]);
    assert_eq!(flights.patience_ms("b", 40), LEASE - 40);
    assert_eq!(flights.follow(&asking("b"), LEASE), Following::Over);
    flights.lead(&asking("b"), LEASE);
    assert!(is_under_way(&flights, &asking("c"), LEASE));
    flights.land("a");
    assert!(
        is_under_way(&flights, &asking("c"), LEASE),
        "the first one's end is no news any more"
    );
}

#[test]
fn nobody_waits_for_ever() {
    let mut flights = led("a", &[]);
    for (now, id) in [(LEASE, "b"), (2 * LEASE - 1, "c")] {
        flights.land(if now == LEASE { "a" } else { "b" });
        flights.lead(&asking(id), now);
        assert!(is_under_way(&flights, &asking("d"), now));
    }
    assert!(!is_under_way(&flights, &asking("d"), 2 * LEASE));
    flights.lead(&asking("d"), 2 * LEASE);
    let late = Asking {
        at: 2 * LEASE,
        ..asking("e")
    };
    assert!(
        is_under_way(&flights, &late, 2 * LEASE),
        "it goes alone, and the leader still leads"
    );
    flights.land("c");
    assert!(!is_under_way(&flights, &late, 2 * LEASE));
}

#[test]
fn a_leader_whose_client_has_left_is_told_whether_to_go_on() {
    let mut flights = led("a", &["b"]);
    assert!(flights.is_awaited("a"));
    flights.leave("b");
    assert_eq!(flights.released(), ["b"]);
    assert!(!flights.is_awaited("a"));
    assert!(
        !is_under_way(&flights, &asking("c"), 0),
        "it leads no longer"
    );
    assert!(!flights.is_awaited("nobody"));
}

#[test]
fn what_was_rolled_back_never_led() {
    let mut flights = led("a", &["b"]);
    flights.roll_back();
    assert_eq!(flights.released(), ["b"]);
    assert!(!is_under_way(&flights, &asking("c"), 0));
    flights.lead(&asking("c"), 0);
    flights.confirm();
    flights.roll_back();
    assert!(is_under_way(&flights, &asking("d"), 0));
}

#[test]
fn the_crowd_is_bounded() {
    let mut flights = led("a", &[]);
    let ids: Vec<String> = (0..=MAX_FOLLOWERS).map(|n| n.to_string()).collect();
    let last = ids.iter().map(|id| flights.follow(&asking(id), 0)).last();
    assert_eq!(last, Some(Following::Crowded));
    for flight in 0..10 {
        let key = format!("k{flight}");
        flights.lead(
            &Asking {
                key: &key,
                id: &key,
                at: 0,
            },
            0,
        );
        for id in &ids {
            let id = format!("{flight}/{id}");
            flights.follow(
                &Asking {
                    key: &key,
                    id: &id,
                    at: 0,
                },
                0,
            );
        }
    }
    assert_eq!(flights.count().1, MAX_WAITING);
}

#[test]
fn leaders_are_bounded_and_make_way_when_their_time_is_over() {
    let mut flights = Flights::new(LEASE);
    let lead = |flights: &mut Flights, n: usize, now| {
        let id = n.to_string();
        flights.lead(
            &Asking {
                key: &id,
                id: &id,
                at: now,
            },
            now,
        );
        flights.count().0
    };
    for n in 0..MAX_FLIGHTS + 5 {
        assert!(lead(&mut flights, n, 0) <= MAX_FLIGHTS);
    }
    assert_eq!(lead(&mut flights, MAX_FLIGHTS + 9, LEASE), 1);
}

#[derive(Debug, Clone)]
enum Step {
    Admit(u8),
    Land(u8),
    Disperse(u8),
    Leave(u8),
    Serve,
    Pass(u64),
}

proptest! {
    /// Whatever happens: each that waits is told in the end, nobody twice, and at any time one leads.
    #[test]
    fn nobody_is_forgotten(steps in prop::collection::vec(prop_oneof![
        (0..20_u8).prop_map(Step::Admit),
        (0..20_u8).prop_map(Step::Land),
        (0..20_u8).prop_map(Step::Disperse),
        (0..20_u8).prop_map(Step::Leave),
        Just(Step::Serve),
        (0..80_u64).prop_map(Step::Pass),
    ], 0..80)) {
        let (mut flights, mut now) = (Flights::new(LEASE), 0);
        let mut parked = std::collections::BTreeSet::new();
        for step in steps {
            match step {
                Step::Admit(n) => {
                    let id = n.to_string();
                    let asking = Asking { key: "k", id: &id, at: now };
                    match flights.follow(&asking, now) {
                        Following::Waits => drop(parked.insert(id.clone())),
                        Following::Over => flights.lead(&asking, now),
                        Following::Crowded => prop_assert!(false, "so few are no crowd"),
                    }
                }
                Step::Land(n) => flights.land(&n.to_string()),
                Step::Disperse(n) => flights.disperse(&n.to_string(), now),
                Step::Leave(n) => flights.leave(&n.to_string()),
                Step::Serve => flights.serve("k"),
                Step::Pass(ms) => now += ms,
            }
            for id in flights.released() {
                if flights.patience_ms(&id, now) == 0 {
                    parked.remove(&id);
                }
            }
            for id in &parked {
                prop_assert!(flights.patience_ms(id, now) > 0, "{id} waits for nothing");
            }
            prop_assert_eq!(flights.count().1, parked.len());
            prop_assert!(flights.count().0 <= 1);
        }
    }
}
