use proptest::prelude::*;

use super::*;

/// 2026-11-18 17:06:40 UTC.
const NOW: u64 = 1_795_021_600_000;

fn parse(headers: &[(&str, &str)]) -> Limits {
    Limits::parse(headers.iter().copied(), NOW)
}

/// The window of this name.
fn window(limits: &Limits, name: &str) -> Window {
    let found = limits.windows.iter().find(|window| window.name == name);
    found.unwrap().clone()
}

fn exhausted(headers: &[(&str, &str)]) -> Vec<(String, Scope)> {
    let windows = parse(headers).exhausted();
    let named = windows
        .iter()
        .map(|window| (window.name.clone(), window.scope()));
    named.collect()
}

#[test]
fn retry_after_is_seconds_or_a_date_and_milliseconds_go_before() {
    let wait = |headers: &[_]| parse(headers).retry_after_ms;
    assert_eq!(wait(&[("retry-after", "30")]), Some(30_000));
    let date = "Wed, 18 Nov 2026 17:07:40 GMT";
    assert_eq!(wait(&[("retry-after", date)]), Some(60_000));
    let past = "Wed, 18 Nov 2026 17:00:00 GMT";
    assert_eq!(wait(&[("retry-after", past)]), Some(0));
    let both = [("retry-after-ms", "1500"), ("retry-after", "2")];
    assert_eq!(wait(&both), Some(1_500));
    assert_eq!(wait(&[("retry-after", "later")]), None);
    assert_eq!(
        wait(&[("retry-after-ms", "x"), ("retry-after", "2")]),
        Some(2_000)
    );
}

#[test]
fn whether_to_retry_is_heeded_where_it_is_clear() {
    let may = |value| parse(&[("x-should-retry", value)]).should_retry;
    assert_eq!(may("false"), Some(false));
    assert_eq!(may("true"), Some(true));
    assert_eq!(may("perhaps"), None);
    assert_eq!(parse(&[]).should_retry, None);
}

#[test]
fn anthropic_s_api_limits_are_read() {
    let limits = parse(&[
        ("anthropic-ratelimit-input-tokens-limit", "40000"),
        ("anthropic-ratelimit-input-tokens-remaining", "39000"),
        (
            "anthropic-ratelimit-input-tokens-reset",
            "2026-11-18T17:07:40Z",
        ),
        ("anthropic-ratelimit-requests-remaining", "0"),
        ("anthropic-ratelimit-requests-reset", "2026-11-18T17:06:41Z"),
    ]);
    let tokens = window(&limits, "input-tokens");
    assert_eq!(
        (tokens.limit, tokens.remaining),
        (Some(40_000), Some(39_000))
    );
    assert_eq!(tokens.reset_ms, Some(NOW + 60_000));
    assert_eq!(limits.exhausted(), [window(&limits, "requests")]);
    assert_eq!(tokens.scope(), Scope::Model);
}

#[test]
fn openai_s_limits_are_read() {
    let limits = parse(&[
        ("x-ratelimit-limit-tokens", "150000"),
        ("x-ratelimit-remaining-tokens", "0"),
        ("x-ratelimit-reset-tokens", "6m0s"),
        ("x-ratelimit-remaining-requests", "59"),
        ("x-ratelimit-reset-requests", "20ms"),
    ]);
    assert_eq!(window(&limits, "tokens").reset_ms, Some(NOW + 360_000));
    assert_eq!(window(&limits, "requests").reset_ms, Some(NOW + 20));
    assert_eq!(limits.exhausted(), [window(&limits, "tokens")]);
}

#[test]
fn a_window_with_hardly_a_token_left_is_exhausted_and_one_with_hardly_a_request_is_not() {
    let left = |window: &str, limit: &str, remaining: &str| {
        let name = |field: &str| format!("anthropic-ratelimit-{window}-{field}");
        let (all, rest) = (name("limit"), name("remaining"));
        !exhausted(&[(&all, limit), (&rest, remaining)]).is_empty()
    };
    assert!(left("input-tokens", "100000", "1999"));
    assert!(!left("input-tokens", "100000", "2000"));
    assert!(left("output-tokens", "8000", "10"));
    assert!(!left("requests", "1000", "1"));
    assert!(left("requests", "1000", "0"));
    let no_limit = [("x-ratelimit-remaining-tokens", "1")];
    assert_eq!(exhausted(&no_limit), [], "of how much is not known");
}

#[test]
fn limits_without_a_window_s_name_are_of_requests() {
    let reset = (NOW + 5_000).to_string();
    let limits = parse(&[
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", &reset),
    ]);
    assert_eq!(window(&limits, "requests").reset_ms, Some(NOW + 5_000));
}

#[test]
fn codex_s_windows_are_of_the_account() {
    let limits = parse(&[
        ("x-codex-primary-used-percent", "100"),
        ("x-codex-primary-window-minutes", "300"),
        ("x-codex-primary-reset-at", "1795025200"),
        ("x-codex-secondary-used-percent", "99.9"),
        ("x-codex-credits-balance", "0"),
    ]);
    let primary = window(&limits, "codex-primary");
    assert_eq!(primary.reset_ms, Some(NOW + 3_600_000));
    assert_eq!(window(&limits, "codex-secondary").used_percent, Some(99));
    assert_eq!(primary.scope(), Scope::Provider);
    assert_eq!(limits.exhausted(), [primary]);
}

#[test]
fn a_subscription_s_refusal_is_its_account_windows() {
    let headers = [
        ("anthropic-ratelimit-unified-status", "rejected"),
        ("anthropic-ratelimit-unified-reset", "1795025200"),
        (
            "anthropic-ratelimit-unified-representative-claim",
            "five_hour",
        ),
        ("anthropic-ratelimit-unified-5h-status", "rejected"),
        ("anthropic-ratelimit-unified-5h-reset", "1795025200"),
        ("anthropic-ratelimit-unified-5h-utilization", "1.01"),
        ("anthropic-ratelimit-unified-7d-status", "allowed_warning"),
        ("anthropic-ratelimit-unified-7d_oi-status", "rejected"),
    ];
    assert_eq!(
        exhausted(&headers),
        [("unified-5h".to_owned(), Scope::Provider)]
    );
    let five_hours = window(&parse(&headers), "unified-5h");
    assert_eq!(five_hours.reset_ms, Some(NOW + 3_600_000));
    assert_eq!(five_hours.used_percent, Some(100));
}

#[test]
fn a_refusal_about_one_model_is_of_that_model() {
    let told = [
        ("anthropic-ratelimit-unified-status", "rejected"),
        ("anthropic-ratelimit-unified-5h-status", "allowed"),
        ("anthropic-ratelimit-unified-7d_oi-status", "rejected"),
    ];
    assert_eq!(
        exhausted(&told),
        [("unified-7d_oi".to_owned(), Scope::Model)]
    );
    let claimed = [
        ("anthropic-ratelimit-unified-status", "rejected"),
        (
            "anthropic-ratelimit-unified-representative-claim",
            "seven_day_opus",
        ),
    ];
    assert_eq!(
        exhausted(&claimed),
        [("unified-7d_opus".to_owned(), Scope::Model)]
    );
}

#[test]
fn a_bare_refusal_is_of_the_account() {
    let headers = [("anthropic-ratelimit-unified-status", "rejected")];
    assert_eq!(
        exhausted(&headers),
        [("unified".to_owned(), Scope::Provider)]
    );
}

#[test]
fn an_account_that_may_go_on_is_not_exhausted() {
    let headers = [
        ("anthropic-ratelimit-unified-status", "allowed"),
        ("anthropic-ratelimit-unified-5h-status", "rejected"),
        ("anthropic-ratelimit-unified-5h-utilization", "1.2"),
        ("anthropic-ratelimit-unified-overage-status", "allowed"),
    ];
    assert_eq!(exhausted(&headers), []);
}

#[test]
fn that_no_extra_use_is_allowed_is_no_refusal() {
    let headers = [
        ("anthropic-ratelimit-unified-5h-status", "allowed"),
        ("anthropic-ratelimit-unified-overage-status", "rejected"),
        (
            "anthropic-ratelimit-unified-overage-disabled-reason",
            "org_level_disabled",
        ),
    ];
    assert_eq!(exhausted(&headers), []);
}

#[test]
fn a_window_is_small_in_json() {
    let limits = parse(&[("x-ratelimit-remaining-tokens", "0")]);
    let json = serde_json::to_string(&limits.windows).unwrap();
    assert_eq!(json, r#"[{"name":"tokens","remaining":0}]"#);
    let back: Vec<Window> = serde_json::from_str(&json).unwrap();
    assert_eq!(back, limits.windows);
}

/// Header names, right and nearly right.
fn header_name() -> impl Strategy<Value = String> {
    prop_oneof![
        "anthropic-ratelimit-(unified-)?([a-z0-9_]{0,6}-)?(status|reset|limit|remaining|utilization)",
        "anthropic-ratelimit-unified-representative-claim",
        "x-ratelimit-(limit|remaining|reset)(-[a-z-]{0,50})?",
        "x-codex-([a-z]{0,9}-)?(used-percent|reset-at|reset-after-seconds)",
        "retry-after(-ms)?",
        ".{0,60}",
    ]
}

/// Values, right and wrong.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        "(rejected|allowed|five_hour|seven_day_x)",
        "-?[0-9]{0,25}(\\.[0-9]{0,9})?(ms|s|m|h)?",
        ".{0,60}",
    ]
}

proptest! {
    #[test]
    fn no_headers_make_the_reader_panic_or_exceed_its_bounds(
        headers in prop::collection::vec((header_name(), value()), 0..60),
        now in 0u64..1 << 53,
    ) {
        let pairs = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let limits = Limits::parse(pairs, now);
        let furthest = now + super::super::times::LONGEST_MS;
        prop_assert!(limits.retry_after_ms <= Some(furthest - now));
        prop_assert!(limits.windows.len() <= MAX_WINDOWS);
        for window in &limits.windows {
            prop_assert!(window.name.len() <= MAX_TEXT);
            prop_assert!(window.reset_ms <= Some(furthest));
            prop_assert!(window.used_percent <= Some(100));
        }
        for window in limits.exhausted() {
            prop_assert!(window.is_exhausted());
            prop_assert!(limits.windows.contains(&window));
        }
    }
}
