use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

const PACE: Pace = Pace { step_ms: 60_000 };

#[test]
fn a_provider_is_asked_after_1_2_5_and_10_minutes_and_then_every_ten() {
    let minutes = |looks| PACE.wait_ms(looks, 0.5) / 60_000;
    assert_eq!([0, 1, 2, 3, 4, 100].map(minutes), [1, 2, 5, 10, 10, 10]);
    let spread = |draw| PACE.wait_ms(0, draw);
    assert!(spread(0.0) < spread(0.5) && spread(0.5) < spread(1.0));
    assert!((54_000..=66_000).contains(&spread(0.0)) && (54_000..=66_000).contains(&spread(1.0)));
}

#[test]
fn a_line_that_is_told_when_to_come_back_does_not_come_sooner() {
    let wait = |tries, named| retry_ms(PACE, tries, named, 0.5);
    assert_eq!(wait(1, None), 60_000);
    assert_eq!(wait(3, None), 240_000);
    assert_eq!(wait(60, None), 30 * 60_000, "bounded");
    assert_eq!(wait(200, None), 30 * 60_000, "bounded");
    assert_eq!(wait(1, Some(900_000)), 900_000);
}

#[test]
fn a_line_has_one_id_in_the_ledger_and_shares_it_with_no_other() {
    let mut seen = BTreeSet::new();
    for batch in ["batch_a", "batch_b"] {
        for line in 0..500 {
            let id = request_id(batch, 1_795_000_000_000, line);
            assert_eq!(id, request_id(batch, 1_795_000_000_000, line));
            assert_eq!(id.len(), 36);
            assert_eq!(id.as_bytes()[14], b'7', "{id}: a UUID of version 7");
            assert!(
                b"89ab".contains(&id.as_bytes()[19]),
                "{id}: of the usual variant"
            );
            assert!(seen.insert(id));
        }
    }
    let ids = [1, 2, 1 << 40].map(|at| request_id("b", at, 9));
    assert!(ids.is_sorted(), "ordered by time");
}

#[test]
fn a_result_tells_whose_it_is() {
    assert_eq!(read_provider_id("s1", &provider_id("s1", 0)), Some(0));
    assert_eq!(
        read_provider_id("s1", &provider_id("s1", 49_999)),
        Some(49_999)
    );
    for strange in [
        "s2-1",
        "s1",
        "s1-",
        "s1-x",
        "s1-01",
        "s1-+1",
        "s1--1",
        "s1-99999999999",
    ] {
        assert_eq!(read_provider_id("s1", strange), None, "{strange}");
    }
}

#[test]
fn a_batch_goes_through_its_phases() {
    let running = Progress {
        counts: Counts {
            total: 3,
            ..Counts::default()
        },
        expires_at: 100,
        ..Progress::default()
    };
    assert_eq!(running.phase(99), Phase::Running);
    assert_eq!(running.leftover(99), None);
    assert_eq!(running.phase(100), Phase::Closing { cancelled: false });
    assert_eq!(running.leftover(100), Some(Outcome::Expired));
    let cancelled = Progress {
        cancelled_at: Some(50),
        ..running
    };
    assert_eq!(cancelled.phase(60), Phase::Closing { cancelled: true });
    assert_eq!(cancelled.leftover(60), Some(Outcome::Canceled));
    let all = running
        .counts
        .with(Outcome::Succeeded)
        .with(Outcome::Errored)
        .with(Outcome::Expired);
    assert_eq!(all.open(), 0);
    let ended = |counts, cancelled_at| Progress {
        counts,
        cancelled_at,
        ended_at: Some(70),
        ..running
    };
    assert_eq!(ended(all, None).phase(80), Phase::Expired);
    let none = running.counts.with(Outcome::Succeeded);
    assert_eq!(
        ended(none, None).phase(200),
        Phase::Completed,
        "it ended in time"
    );
    assert_eq!(ended(none, Some(50)).phase(80), Phase::Cancelled);
    assert_eq!(
        Progress {
            refused: true,
            ..running
        }
        .phase(1),
        Phase::Refused
    );
}

fn created() -> Event {
    Event::Created {
        upstream: "up".into(),
    }
}

fn listed(found: Option<(&str, bool)>) -> Event {
    let found = found.map(|(upstream, proven)| Found {
        upstream: upstream.into(),
        proven,
    });
    Event::Listed { found }
}

fn after(events: impl IntoIterator<Item = Event>) -> (Submission, Step) {
    let mut submission = Submission::default();
    let mut step = Step::Wait(0);
    for event in events {
        step = submission.learn(event, PACE, 0.5);
    }
    (submission, step)
}

#[test]
fn a_lost_answer_is_cleared_by_the_provider_s_list_and_not_by_trying_again() {
    let (lost, step) = after([Event::Unclear]);
    assert_eq!((lost.state, step), (State::Doubtful, Step::Wait(60_000)));
    assert_eq!(lost.call(false), Some(Call::List));
    let (found, _) = after([Event::Unclear, listed(Some(("up", true)))]);
    assert_eq!(
        (found.state, found.upstream.as_deref()),
        (State::Running, Some("up"))
    );
    let (_, once) = after([Event::Unclear, listed(None)]);
    assert!(matches!(once, Step::Wait(_)), "it may not be listed yet");
    let (_, twice) = after([Event::Unclear, listed(None), listed(None)]);
    assert_eq!(twice, Step::GiveBack(0));
}

#[test]
fn a_list_that_cannot_be_read_says_nothing() {
    let unread = [
        Event::Unclear,
        Event::Unreachable,
        Event::Unreachable,
        listed(None),
    ];
    assert!(matches!(after(unread).1, Step::Wait(_)));
}

#[test]
fn whoever_died_while_making_it_may_have_told_the_provider() {
    assert_eq!(Submission::default().restarted().state, State::Doubtful);
    let (running, _) = after([created()]);
    assert_eq!(running.clone().restarted(), running);
}

#[test]
fn a_batch_that_proves_another_s_is_left_alone_and_looked_past() {
    let (adopted, _) = after([Event::Unclear, listed(Some(("theirs", false)))]);
    assert_eq!(
        adopted.call(true),
        Some(Call::Look),
        "what may be another's is not cancelled"
    );
    let strange = [
        Event::Unclear,
        listed(Some(("theirs", false))),
        Event::Finished,
        Event::Strange,
    ];
    let (left, _) = after(strange);
    assert_eq!(
        (left.state, left.strangers),
        (State::Doubtful, vec!["theirs".to_owned()])
    );
    let (own, _) = after([created(), Event::Finished, Event::Strange]);
    assert_eq!(
        own.state,
        State::Ended,
        "one's own stays one's own, whatever its results say"
    );
}

#[test]
fn a_busy_provider_is_left_alone_as_long_as_it_asks_for() {
    let busy = |wait_ms| after([Event::Busy { wait_ms }]).1;
    assert_eq!(busy(None), Step::GiveBack(60_000));
    assert_eq!(busy(Some(5)), Step::GiveBack(60_000));
    assert_eq!(busy(Some(300_000)), Step::GiveBack(300_000));
    assert_eq!(after([Event::Refused]).1, Step::Ordinary);
}

#[test]
fn one_that_is_to_close_is_cancelled_once() {
    let (mut running, _) = after([created()]);
    assert_eq!(running.call(false), Some(Call::Look));
    assert_eq!(running.call(true), Some(Call::Cancel));
    running.learn(Event::Cancelled, PACE, 0.5);
    assert_eq!(running.call(true), Some(Call::Look));
    assert_eq!(running.learn(Event::Finished, PACE, 0.5), Step::Collect);
    assert_eq!(running.call(true), Some(Call::Results));
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        "[a-c]".prop_map(|upstream| Event::Created { upstream }),
        Just(Event::Refused),
        any::<Option<u64>>().prop_map(|wait_ms| Event::Busy { wait_ms }),
        Just(Event::Unclear),
        ("[a-c]", any::<bool>()).prop_map(|(upstream, proven)| Event::Listed {
            found: Some(Found { upstream, proven })
        }),
        Just(Event::Listed { found: None }),
        Just(Event::Unfinished),
        Just(Event::Finished),
        Just(Event::Strange),
        Just(Event::Unreachable),
        Just(Event::Gone),
        Just(Event::Cancelled),
    ]
}

proptest! {
    /// The rule that keeps a submission from being paid for twice: from the moment that its making was
    /// left in doubt, or had succeeded, its lines are given back only after the provider's list was
    /// read twice without it.
    #[test]
    fn nothing_is_given_back_that_the_provider_may_have(events in prop::collection::vec(event(), 0..40), draw in 0.0..1.0) {
        let mut submission = Submission::default();
        for event in events {
            let before = submission.clone();
            let empty = event == Event::Listed { found: None };
            match submission.learn(event, PACE, draw) {
                Step::Ordinary => prop_assert_eq!(before.state, State::Creating),
                Step::GiveBack(_) => {
                    let seen_twice = before.state == State::Doubtful && before.absent == 1 && empty;
                    prop_assert!(before.state == State::Creating || seen_twice);
                }
                Step::Collect => prop_assert_eq!(submission.state, State::Ended),
                Step::Wait(ms) => {
                    prop_assert!(ms > 0);
                    continue;
                }
            }
            break;
        }
    }

    /// A restart at any moment loses nothing that was known.
    #[test]
    fn a_restart_forgets_no_batch_of_the_provider_s(events in prop::collection::vec(event(), 0..40)) {
        let mut submission = Submission::default();
        for event in events {
            submission.learn(event, PACE, 0.5);
            let again = submission.clone().restarted();
            prop_assert_eq!(&again.upstream, &submission.upstream);
            prop_assert_ne!(again.state, State::Creating);
        }
    }

    /// Counts never lose a line.
    #[test]
    fn every_line_is_counted_once(ends in prop::collection::vec(0..4_u8, 0..200)) {
        let outcomes = [Outcome::Succeeded, Outcome::Errored, Outcome::Canceled, Outcome::Expired];
        let total = ends.len() as u64;
        let counts = ends.iter().fold(Counts { total, ..Counts::default() }, |counts, end| {
            counts.with(outcomes[usize::from(*end)])
        });
        prop_assert_eq!(counts.done(), total);
        prop_assert_eq!(counts.open(), 0);
    }

    /// Whatever text a provider sends for a line's name, reading it does not panic.
    #[test]
    fn no_name_makes_the_reader_panic(submission in ".{0,40}", name in ".{0,80}") {
        let _ = read_provider_id(&submission, &name);
    }
}

#[test]
fn what_only_memory_held_begins_again() {
    use LineState::{Calling, Done, Grouped, Held, Pending, Submitted};
    for (state, again) in [
        (Pending, Pending),
        (Held, Pending),
        (Grouped, Pending),
        (Calling, Pending),
        (Submitted, Submitted),
        (Done, Done),
    ] {
        assert_eq!(state.restarted(), again);
    }
}
