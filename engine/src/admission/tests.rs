//! What the two sides must understand of one another.

use super::*;
use crate::guard::Policy;
use crate::health::{FailureClass, Health, Limits};

const NOW: u64 = 1_795_000_000_000;

fn attempt(result: &str, failure: Option<Failure>) -> Attempt {
    Attempt {
        provider: "p".into(),
        model: "m".into(),
        result: result.into(),
        failure,
        windows: vec![],
    }
}

/// Health after this failure of model `m` at provider `p`.
fn after(failure: Failure) -> Health {
    let attempt = attempt("no", Some(failure));
    let mut health = Health::default();
    health.observe(&attempt.observation(NOW).unwrap(), NOW, 0.5);
    health
}

fn snapshot(guard: Policy, local: Vec<LocalModel>, health: &Health, now: u64) -> Snapshot {
    let own = Own {
        guard,
        ..Own::default()
    };
    Snapshot::of(own, local, health, now).expect("it can be written")
}

#[test]
fn an_attempt_is_observed_as_it_was_made() {
    let limits = Limits::parse([("x-ratelimit-remaining-tokens", "0")], NOW);
    let failures = [
        Failure::new(FailureClass::Overloaded),
        Failure::unreachable(),
        Failure {
            retry_after_ms: Some(7),
            ..Failure::new(FailureClass::RateLimited)
        },
    ];
    for failure in failures {
        let attempt = Attempt {
            windows: limits.exhausted(),
            ..attempt("no", Some(failure))
        };
        let json = serde_json::to_string(&attempt).unwrap();
        let back: Attempt = serde_json::from_str(&json).unwrap();
        assert_eq!(back, attempt);
        let seen = back.observation(NOW).unwrap();
        assert_eq!(seen.failure, Some(failure));
        assert_eq!((seen.provider, seen.model), ("p", "m"));
        assert_eq!(seen.windows, limits.exhausted());
    }
}

#[test]
fn a_served_attempt_is_as_small_as_it_was() {
    let attempt = attempt(Attempt::OK, None);
    let json = r#"{"model":"m","provider":"p","result":"ok"}"#;
    assert_eq!(serde_json::to_string(&attempt).unwrap(), json);
    let seen: Attempt = serde_json::from_str(json).unwrap();
    assert_eq!(seen.observation(NOW).unwrap().failure, None);
}

#[test]
fn an_answer_that_broke_off_is_a_failure_whatever_its_result_is_called() {
    let attempt = attempt(Attempt::OK, Some(Failure::new(FailureClass::Idle)));
    let failure = attempt.observation(NOW).unwrap().failure.unwrap();
    assert_eq!(failure.class, FailureClass::Idle);
}

#[test]
fn one_machine_s_failure_says_nothing_of_the_tenant_s_others() {
    let local = Attempt {
        model: "local/m".into(),
        ..attempt("no", Some(Failure::unreachable()))
    };
    let failure = local.observation(NOW).unwrap().failure.unwrap();
    assert_eq!(failure.scope, Scope::Model);
}

#[test]
fn a_failure_of_unknown_kind_says_nothing_of_the_place() {
    let old: Attempt =
        serde_json::from_str(r#"{"model":"m","provider":"p","result":"status 500"}"#).unwrap();
    assert!(old.observation(NOW).is_none());
}

#[test]
fn a_version_follows_the_blocked_places_and_the_time_they_return() {
    let well = snapshot(Policy::default(), vec![], &Health::default(), NOW);
    assert_eq!(well, Snapshot::default());
    let health = after(Failure::new(FailureClass::Auth));
    let ill = snapshot(Policy::default(), vec![], &health, NOW);
    assert_ne!(ill.version, well.version);
    assert_eq!(snapshot(Policy::default(), vec![], &health, NOW + 1), ill);
    let back = health.next_return(NOW).unwrap();
    assert_eq!(snapshot(Policy::default(), vec![], &health, back - 1), ill);
    let on_probation = snapshot(Policy::default(), vec![], &health, back);
    assert!(![ill.version, well.version].contains(&on_probation.version));
    let told = after(Failure::new(FailureClass::RateLimited));
    let back = told.next_return(NOW).unwrap();
    assert_eq!(
        snapshot(Policy::default(), vec![], &told, back),
        well,
        "needs no probe"
    );
}

#[test]
fn a_place_that_returns_is_half_open_for_all_until_one_has_claimed_it() {
    let mut health = after(Failure::new(FailureClass::Auth));
    let back = health.next_return(NOW).unwrap();
    assert!(!snapshot(Policy::default(), vec![], &health, back - 1).is_half_open("p", "m"));
    let returns = snapshot(Policy::default(), vec![], &health, back);
    assert!(returns.is_half_open("p", "m") && returns.is_half_open("p", "n"));
    assert!(!returns.is_half_open("q", "m"));
    assert!(returns.blocked("p", "m").is_none(), "one may call it");
    let json = serde_json::to_string(&returns).unwrap();
    assert_eq!(serde_json::from_str::<Snapshot>(&json).unwrap(), returns);

    assert!(health.claim_probe("p", "m", back));
    let probed = snapshot(Policy::default(), vec![], &health, back);
    assert!(!probed.is_half_open("p", "m"));
    assert!(probed.blocked("p", "m").is_some());
}

#[test]
fn a_place_is_blocked_by_itself_or_with_its_provider() {
    let all = after(Failure::new(FailureClass::OutOfQuota));
    let all = snapshot(Policy::default(), vec![], &all, NOW);
    assert!(all.blocked("p", "m").is_some() && all.blocked("p", "n").is_some());
    assert!(all.blocked("q", "m").is_none());
    let one = after(Failure::new(FailureClass::RateLimited));
    let one = snapshot(Policy::default(), vec![], &one, NOW);
    assert_eq!(
        one.blocked("p", "m").unwrap().why,
        FailureClass::RateLimited
    );
    assert!(one.blocked("p", "n").is_none());
}

#[test]
fn a_snapshot_of_before_is_still_read() {
    let old: Snapshot = serde_json::from_str(r#"{"version":0,"local":[]}"#).unwrap();
    assert_eq!(old, Snapshot::default());
}

#[test]
fn a_policy_of_the_tenant_s_makes_another_version_and_the_usual_one_makes_none() {
    let of = |guard| snapshot(guard, vec![], &Health::default(), NOW);
    assert_eq!(of(Policy::default()), Snapshot::default());
    let strict = of(Policy {
        strict: true,
        ..Policy::default()
    });
    assert_ne!(strict.version, 0);
    let told = serde_json::to_string(&strict).expect("serialises");
    assert_eq!(serde_json::from_str::<Snapshot>(&told).ok(), Some(strict));
}
