use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use FailureClass::*;

const NOW: u64 = 1_795_000_000_000;
const MINUTE: u64 = 60_000;
/// The jitter that changes nothing.
const EVEN: f64 = 0.5;

/// A call of model `m` at provider `p`, admitted and ended at the same time.
fn call(health: &mut Health, failure: Option<Failure>, at: u64) -> Vec<Change> {
    call_of(health, "m", at, failure, &[], at)
}

fn call_of(
    health: &mut Health,
    model: &str,
    admitted_ms: u64,
    failure: Option<Failure>,
    windows: &[Window],
    now: u64,
) -> Vec<Change> {
    let seen = Observation {
        provider: "p",
        model,
        admitted_ms,
        failure,
        windows,
    };
    health.observe(&seen, now, EVEN)
}

fn fails(class: FailureClass) -> Option<Failure> {
    Some(Failure::new(class))
}

fn told(class: FailureClass, retry_after_ms: u64) -> Option<Failure> {
    Some(Failure {
        retry_after_ms: Some(retry_after_ms),
        ..Failure::new(class)
    })
}

fn window(name: &str, status: Option<&str>, remaining: Option<u64>, reset_ms: u64) -> Window {
    Window {
        name: name.into(),
        status: status.map(str::to_owned),
        remaining,
        reset_ms: Some(reset_ms),
        ..Window::default()
    }
}

/// How long model `m` is left alone from `at` on, ms.
fn pause(health: &Health, at: u64) -> Option<u64> {
    let blocked = health.blocked_until("p", "m", at);
    blocked.map(|blocked| blocked.until_ms - at)
}

#[test]
fn a_place_without_trouble_is_called_and_nothing_is_kept() {
    let mut health = Health::default();
    assert!(health.claim_probe("p", "m", NOW));
    assert_eq!(call(&mut health, None, NOW), []);
    assert_eq!(health.revision(), 0);
    assert_eq!(serde_json::to_string(&health).unwrap(), r#"{"entries":[]}"#);
}

#[test]
fn a_place_that_fails_is_left_after_some_failures_in_a_row() {
    for (class, patience) in [
        (Retryable, 3),
        (TimeoutFirstByte, 3),
        (Idle, 3),
        (Unreadable, 3),
        (Overloaded, 2),
    ] {
        let mut health = Health::default();
        for _ in 1..patience {
            assert_eq!(call(&mut health, fails(class), NOW), [], "{class:?}");
            assert_eq!(pause(&health, NOW), None, "{class:?}");
        }
        let changes = call(&mut health, fails(class), NOW);
        let expected = Change {
            provider: "p".into(),
            model: Some("m".into()),
            state: State::Open,
            until_ms: NOW + 5_000,
            why: class,
        };
        assert_eq!(changes, [expected]);
        assert_eq!(pause(&health, NOW), Some(5_000));
    }
}

#[test]
fn failures_between_successes_do_not_add_up() {
    let mut health = Health::default();
    for _ in 0..10 {
        call(&mut health, fails(Retryable), NOW);
        call(&mut health, fails(Retryable), NOW);
        assert_eq!(call(&mut health, None, NOW), [], "it was never left");
    }
    assert_eq!(pause(&health, NOW), None);
}

#[test]
fn a_place_without_money_or_key_is_left_at_once_and_with_it_the_provider() {
    for class in [OutOfQuota, Auth] {
        let mut health = Health::default();
        let changes = call(&mut health, fails(class), NOW);
        assert_eq!(changes[0].model, None);
        assert_eq!(pause(&health, NOW), Some(5 * MINUTE));
        assert!(health.blocked_until("p", "another", NOW).is_some());
        assert!(health.blocked_until("q", "m", NOW).is_none());
    }
}

#[test]
fn what_is_wrong_with_the_request_says_nothing_of_the_place() {
    let mut health = Health::default();
    for class in [
        ContextTooLong,
        RefusedByPolicy,
        InvalidRequest,
        ModelNotFound,
    ] {
        for _ in 0..10 {
            assert_eq!(call(&mut health, fails(class), NOW), []);
        }
    }
    assert_eq!(health.revision(), 0);
}

#[test]
fn a_short_rate_limit_is_waited_out_as_told_and_needs_no_probe() {
    let mut health = Health::default();
    call(&mut health, told(RateLimited, 7_000), NOW);
    assert_eq!(pause(&health, NOW), Some(7_000));
    let back = NOW + 7_000;
    assert!(!health.claim_probe("p", "m", back - 1));
    assert!(
        (0..10).all(|_| health.claim_probe("p", "m", back)),
        "all may call again"
    );
}

#[test]
fn a_rate_limit_that_says_nothing_is_left_twice_as_long_each_time() {
    let mut health = Health::default();
    let mut at = NOW;
    let pauses = (0..8).map(|_| {
        call(&mut health, fails(RateLimited), at);
        let pause = pause(&health, at).unwrap();
        at += pause;
        pause / 1000
    });
    assert_eq!(pauses.collect::<Vec<_>>(), [1, 2, 4, 8, 16, 32, 60, 60]);
}

#[test]
fn a_reset_soon_is_believed_and_one_far_away_is_probed_before() {
    let mut soon = Health::default();
    call(&mut soon, told(OutOfQuota, 2 * MINUTE), NOW);
    assert_eq!(pause(&soon, NOW), Some(2 * MINUTE));
    let back = NOW + 2 * MINUTE;
    assert!((0..10).all(|_| soon.claim_probe("p", "m", back)));

    let mut far = Health::default();
    let mut at = NOW;
    let pauses = (0..6).map(|_| {
        call(&mut far, told(OutOfQuota, 7 * 24 * 60 * MINUTE), at);
        let pause = pause(&far, at).unwrap();
        at += pause;
        assert!(far.claim_probe("p", "m", at));
        assert!(!far.claim_probe("p", "m", at), "one probe only");
        pause / MINUTE
    });
    assert_eq!(pauses.collect::<Vec<_>>(), [5, 10, 20, 40, 60, 60]);
}

#[test]
fn one_caller_probes_and_the_next_only_when_nothing_came_of_it() {
    let mut health = Health::default();
    call(&mut health, fails(Auth), NOW);
    let back = NOW + 5 * MINUTE;
    assert!(health.claim_probe("p", "m", back));
    assert!(!health.claim_probe("p", "m", back));
    assert!(
        !health.claim_probe("p", "another", back),
        "it probes the provider"
    );
    assert!(!health.claim_probe("p", "m", back + PROBE_MS - 1));
    assert!(health.claim_probe("p", "m", back + PROBE_MS));
}

#[test]
fn a_probe_s_success_closes_even_when_its_answer_took_long() {
    let mut health = Health::default();
    call(&mut health, fails(Auth), NOW);
    let probe = NOW + 5 * MINUTE;
    assert!(health.claim_probe("p", "m", probe));
    assert!(health.claim_probe("p", "m", probe + PROBE_MS));
    let changes = call_of(&mut health, "m", probe, None, &[], probe + 3 * PROBE_MS);
    assert_eq!((changes[0].state, changes[0].until_ms), (State::Closed, 0));
    assert_eq!(pause(&health, probe + 3 * PROBE_MS), None);
}

#[test]
fn a_probe_s_failure_of_any_kind_leaves_the_place_again() {
    let mut health = Health::default();
    for _ in 0..3 {
        call(&mut health, fails(Retryable), NOW);
    }
    let probe = NOW + 5_000;
    assert!(health.claim_probe("p", "m", probe));
    call(&mut health, fails(Retryable), probe);
    assert_eq!(
        pause(&health, probe),
        Some(10_000),
        "once is enough, and twice as long"
    );
}

#[test]
fn what_began_before_a_place_was_left_changes_nothing() {
    let mut health = Health::default();
    call(&mut health, fails(OutOfQuota), NOW);
    let revision = health.revision();
    for failure in [None, fails(OutOfQuota), fails(Auth)] {
        let late = call_of(&mut health, "m", NOW - 1, failure, &[], NOW + MINUTE);
        assert_eq!(late, []);
    }
    assert_eq!(health.revision(), revision);
    assert_eq!(pause(&health, NOW), Some(5 * MINUTE));
}

#[test]
fn a_new_kind_of_trouble_starts_at_the_foot_of_its_ladder() {
    let mut health = Health::default();
    let scope = Scope::Model;
    let mut at = NOW;
    for _ in 0..4 {
        call(&mut health, fails(RateLimited), at);
        at += pause(&health, at).unwrap();
    }
    let quota = Failure {
        scope,
        ..Failure::new(OutOfQuota)
    };
    call(&mut health, Some(quota), at);
    assert_eq!(pause(&health, at), Some(5 * MINUTE));
}

#[test]
fn a_window_that_is_used_up_is_left_before_it_refuses() {
    let mut health = Health::default();
    let spent = [window("tokens", None, Some(0), NOW + 40_000)];
    let changes = call_of(&mut health, "m", NOW, None, &spent, NOW);
    assert_eq!(
        (changes[0].why, changes[0].until_ms),
        (RateLimited, NOW + 40_000)
    );
    assert!(health.blocked_until("p", "another", NOW).is_none());

    let mut health = Health::default();
    let spent = [window("codex-primary", None, None, NOW + 240 * MINUTE)];
    let spent = spent.map(|window| Window {
        used_percent: Some(100),
        ..window
    });
    let changes = call_of(&mut health, "m", NOW, None, &spent, NOW);
    assert_eq!(
        (changes[0].why, changes[0].until_ms),
        (OutOfQuota, NOW + 5 * MINUTE)
    );
    assert!(
        health.blocked_until("p", "another", NOW).is_some(),
        "of the account"
    );
}

#[test]
fn a_window_that_has_room_or_is_reset_at_once_is_not_left() {
    let mut health = Health::default();
    let windows = [
        window("tokens", None, Some(1), NOW + 40_000),
        window("unified-5h", Some("allowed_warning"), None, NOW + MINUTE),
        window("requests", None, Some(0), NOW + 20),
        window("requests", None, Some(0), NOW - 20),
    ];
    assert_eq!(call_of(&mut health, "m", NOW, None, &windows, NOW), []);
    assert_eq!(health.revision(), 0);
}

#[test]
fn one_model_s_dead_window_leaves_the_others_alone() {
    let mut health = Health::default();
    let dead = [window(
        "unified-7d_oi",
        Some("rejected"),
        None,
        NOW + 600 * MINUTE,
    )];
    let refused = Failure {
        scope: Scope::Model,
        ..Failure::new(OutOfQuota)
    };
    call_of(&mut health, "opus", NOW, Some(refused), &dead, NOW);
    assert!(health.blocked_until("p", "opus", NOW).is_some());
    assert!(health.claim_probe("p", "haiku", NOW));
    // The same window is told with the answers of the models that it is not about.
    call_of(&mut health, "haiku", NOW, None, &dead, NOW);
    assert!(health.blocked_until("p", "haiku", NOW).is_none());
    assert!(health.blocked_until("p", "opus", NOW).is_some());
}

#[test]
fn a_place_is_blocked_for_the_longer_of_its_own_and_its_provider_s_time() {
    let mut health = Health::default();
    call(&mut health, told(RateLimited, 9_000), NOW);
    call(&mut health, told(OutOfQuota, 20_000), NOW);
    let blocked = health.blocked_until("p", "m", NOW).unwrap();
    assert_eq!((blocked.until_ms, blocked.why), (NOW + 20_000, OutOfQuota));
    assert_eq!(health.next_return(NOW), Some(NOW + 9_000));
    assert_eq!(health.blocked(NOW).count(), 2);
}

#[test]
fn what_is_remembered_is_bounded_and_the_blocked_stay_longest() {
    let mut health = Health::default();
    call(&mut health, fails(OutOfQuota), NOW);
    for i in 0..2 * MAX_PLACES as u64 {
        call_of(
            &mut health,
            &format!("m{i}"),
            NOW + i,
            fails(Retryable),
            &[],
            NOW + i,
        );
    }
    assert_eq!(health.entries.len(), MAX_PLACES);
    assert!(health.blocked_until("p", "m", NOW + 1000).is_some());
    let long = "x".repeat(MAX_NAME + 1);
    call_of(&mut health, &long, NOW, fails(RateLimited), &[], NOW);
    assert!(
        health
            .entries
            .iter()
            .all(|entry| entry.model.as_ref() != Some(&long))
    );
}

#[test]
fn what_is_read_back_decides_as_before() {
    let mut health = Health::default();
    call(&mut health, fails(OutOfQuota), NOW);
    call(&mut health, fails(Retryable), NOW);
    let json = serde_json::to_string(&health).unwrap();
    let mut back: Health = serde_json::from_str(&json).unwrap();
    assert_eq!(back.entries, health.entries);
    assert_eq!(pause(&back, NOW), pause(&health, NOW));
    let at = NOW + 5 * MINUTE;
    assert!(back.claim_probe("p", "m", at) && !back.claim_probe("p", "m", at));
}

/// What may happen to a tenant's places.
#[derive(Debug, Clone)]
enum Event {
    Wait(u64),
    Claim(usize),
    /// A call that was admitted so long ago.
    Call(usize, u64, Option<Failure>, Vec<Window>),
}

const MODELS: [&str; 3] = ["a", "b", "c"];

fn failure() -> impl Strategy<Value = Failure> {
    let classes = prop::sample::select(vec![
        Retryable,
        RateLimited,
        OutOfQuota,
        Overloaded,
        Auth,
        TimeoutFirstByte,
        Idle,
        Unreadable,
        InvalidRequest,
    ]);
    let scopes = prop::sample::select(vec![Scope::Model, Scope::Provider]);
    let waits = prop::option::of(0u64..1 << 40);
    (classes, scopes, waits).prop_map(|(class, scope, retry_after_ms)| Failure {
        scope,
        retry_after_ms,
        ..Failure::new(class)
    })
}

fn exhausted() -> impl Strategy<Value = Window> {
    let names = prop::sample::select(vec![
        "tokens",
        "unified-5h",
        "unified-7d_oi",
        "codex-primary",
    ]);
    (names, any::<bool>(), prop::option::of(0u64..1 << 42)).prop_map(
        |(name, rejected, reset_ms)| Window {
            name: name.into(),
            status: rejected.then(|| "rejected".into()),
            remaining: Some(0),
            used_percent: Some(100),
            reset_ms,
            ..Window::default()
        },
    )
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        2 => (0u64..400_000).prop_map(Event::Wait),
        3 => (0..MODELS.len()).prop_map(Event::Claim),
        3 => (
            0..MODELS.len(),
            prop_oneof![Just(0u64), 0u64..100_000],
            prop::option::weighted(0.8, failure()),
            prop::collection::vec(exhausted(), 0..2),
        ).prop_map(|(model, ago, failure, windows)| Event::Call(model, ago, failure, windows)),
    ]
}

proptest! {
    #[test]
    fn whatever_happens(events in prop::collection::vec(event(), 1..80), jitter in -1.0f64..2.0) {
        let mut health = Health::default();
        let mut now = 1u64 << 41;
        // When each place was last given to a prober, while it was half-open.
        let mut probed: BTreeMap<(Option<String>, u64), u64> = BTreeMap::new();
        for event in events {
            let before = health.clone();
            match event {
                Event::Wait(ms) => now += ms,
                Event::Claim(model) => {
                    let half_open: Vec<_> = before.entries.iter()
                        .filter(|entry| entry.covers(MODELS[model]) && entry.is_half_open(now))
                        .map(|entry| (entry.model.clone(), entry.since_ms))
                        .collect();
                    let blocked = before.blocked_until("p", MODELS[model], now);
                    let granted = health.claim_probe("p", MODELS[model], now);
                    prop_assert_eq!(granted, blocked.is_none());
                    if granted && !half_open.is_empty() {
                        prop_assert!(!health.claim_probe("p", MODELS[model], now + PROBE_MS - 1));
                        for place in half_open {
                            let last = probed.insert(place, now);
                            prop_assert!(last.is_none_or(|last| now - last >= PROBE_MS));
                        }
                    }
                }
                Event::Call(model, ago, failure, windows) => {
                    let seen = Observation {
                        provider: "p",
                        model: MODELS[model],
                        admitted_ms: now - ago,
                        failure,
                        windows: &windows,
                    };
                    let changes = health.observe(&seen, now, jitter);
                    if failure.is_none() && ago == 0 && windows.is_empty() {
                        prop_assert!(health.claim_probe("p", MODELS[model], now), "success closes");
                        prop_assert!(health.entries.iter().all(|entry| !entry.covers(MODELS[model])));
                    }
                    prop_assert!(changes.is_empty() || health.revision() > before.revision());
                    for change in changes.iter().filter(|change| change.state == State::Open) {
                        prop_assert!(change.until_ms > now);
                        let told = failure.and_then(|failure| failure.retry_after_ms);
                        let resets = windows.iter().filter_map(|w| Some(w.reset_ms?.saturating_sub(now)));
                        let longest = QUOTA_LADDER[4] / 10 * 11;
                        prop_assert!(change.until_ms - now <= longest);
                        // Nothing is left for longer than both the ladder's foot and what was told.
                        let furthest = resets.chain(told).max().unwrap_or(0).max(QUOTA_LADDER[0] * 2);
                        let first = before.entries.iter().all(|e| e.model != change.model);
                        prop_assert!(!first || change.until_ms - now <= furthest);
                    }
                }
            }
            if health.entries != before.entries {
                prop_assert!(health.revision() > before.revision(), "every change is told");
            }
            for entry in &health.entries {
                prop_assert!(entry.until_ms <= now + QUOTA_LADDER[4] / 10 * 11);
            }
            prop_assert!(health.entries.len() <= MODELS.len() + 1);
            let back: Health = serde_json::from_str(&serde_json::to_string(&health).unwrap()).unwrap();
            prop_assert_eq!(&back.entries, &health.entries);
        }
    }

    #[test]
    fn any_jitter_keeps_within_a_tenth(jitter in prop::num::f64::ANY) {
        let mut health = Health::default();
        let seen = Observation { provider: "p", model: "m", admitted_ms: NOW, failure: fails(Auth), windows: &[] };
        health.observe(&seen, NOW, jitter);
        let pause = pause(&health, NOW).unwrap();
        prop_assert!((5 * MINUTE * 9 / 10..=5 * MINUTE * 11 / 10).contains(&pause));
    }
}
