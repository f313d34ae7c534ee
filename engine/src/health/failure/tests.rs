use proptest::prelude::*;

use super::*;
use FailureClass::*;

const NOW: u64 = 1_795_000_000_000;

fn failure(status: u16, headers: &[(&str, &str)], body: &str) -> Failure {
    let refusal = Refusal::parse(status, body.as_bytes(), NOW);
    classify(&refusal, &Limits::parse(headers.iter().copied(), NOW), NOW)
}

fn anthropic(kind: &str, message: &str, code: Option<&str>) -> String {
    let details = code.map(|code| serde_json::json!({"error_code": code}));
    let error = serde_json::json!({"type": kind, "message": message, "details": details});
    serde_json::json!({"type": "error", "error": error, "request_id": "req_1"}).to_string()
}

fn openai(kind: &str, code: Option<&str>, message: &str) -> String {
    let error = serde_json::json!({"message": message, "type": kind, "param": null, "code": code});
    serde_json::json!({ "error": error }).to_string()
}

#[test]
fn what_an_agent_withholds_is_about_the_request_and_not_the_model() {
    let body = openai("prohibited", None, "qwen3 is not trusted with this");
    let class = failure(403, &[], &body).class;
    assert_eq!(class, RefusedByPolicy);
    assert!(!class.blocks() && !class.fails_over());
}

#[test]
fn anthropic_s_errors_by_type() {
    let forms = [
        (400, "invalid_request_error", InvalidRequest),
        (401, "authentication_error", Auth),
        (402, "billing_error", OutOfQuota),
        (403, "permission_error", Auth),
        (404, "not_found_error", ModelNotFound),
        (413, "request_too_large", ContextTooLong),
        (429, "rate_limit_error", RateLimited),
        (500, "api_error", Retryable),
        (504, "timeout_error", Retryable),
        (529, "overloaded_error", Overloaded),
    ];
    for (status, kind, class) in forms {
        let body = anthropic(kind, "no", None);
        assert_eq!(failure(status, &[], &body).class, class, "{kind}");
        assert_eq!(
            failure(status, &[], "").class,
            class,
            "{status} without a body"
        );
        // The same as an event inside a stream, where the status says nothing.
        assert_eq!(failure(200, &[], &body).class, class, "{kind} in a stream");
    }
}

#[test]
fn anthropic_s_error_codes_go_before_types() {
    let forms = [
        (
            429,
            "rate_limit_error",
            "contract_spend_limit_reached",
            OutOfQuota,
        ),
        (
            429,
            "rate_limit_error",
            "enforced_spend_limit_reached",
            OutOfQuota,
        ),
        (
            402,
            "billing_error",
            "linked_organization_spend_limit_reached",
            OutOfQuota,
        ),
        (
            402,
            "billing_error",
            "linked_organization_billing_unavailable",
            OutOfQuota,
        ),
        (
            400,
            "invalid_request_error",
            "organization_on_hold",
            OutOfQuota,
        ),
        (
            400,
            "invalid_request_error",
            "claude_code_version_too_old",
            InvalidRequest,
        ),
        (429, "rate_limit_error", "ramp_limit_exceeded", RateLimited),
        (
            529,
            "overloaded_error",
            "compaction_unavailable",
            Overloaded,
        ),
    ];
    for (status, kind, code, class) in forms {
        let body = anthropic(kind, "no", Some(code));
        assert_eq!(failure(status, &[], &body).class, class, "{code}");
    }
}

#[test]
fn anthropic_s_messages_tell_what_its_type_does_not() {
    let forms = [
        (
            "prompt is too long: 204000 tokens > 200000 maximum",
            ContextTooLong,
        ),
        (
            "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000",
            ContextTooLong,
        ),
        (
            "Your credit balance is too low to access the Anthropic API.",
            OutOfQuota,
        ),
        (
            "You have reached your specified API usage limits.",
            OutOfQuota,
        ),
        (
            "messages.1.content: \"prompt is too long\" is no block",
            InvalidRequest,
        ),
    ];
    for (message, class) in forms {
        let body = anthropic("invalid_request_error", message, None);
        assert_eq!(failure(400, &[], &body).class, class, "{message}");
    }
}

#[test]
fn openai_s_errors_by_code_and_type() {
    let forms = [
        (
            429,
            "insufficient_quota",
            Some("insufficient_quota"),
            OutOfQuota,
        ),
        (429, "billing", Some("credit_balance_exhausted"), OutOfQuota),
        (
            429,
            "billing",
            Some("organization_spend_limit_exceeded"),
            OutOfQuota,
        ),
        (
            429,
            "billing",
            Some("project_spend_limit_exceeded"),
            OutOfQuota,
        ),
        (
            429,
            "billing",
            Some("organization_usage_limit_exceeded"),
            OutOfQuota,
        ),
        (429, "usage_limit_reached", None, OutOfQuota),
        (429, "usage_not_included", None, OutOfQuota),
        (429, "tokens", Some("rate_limit_exceeded"), RateLimited),
        (429, "requests", Some("slow_down"), RateLimited),
        (503, "server_error", Some("slow_down"), Overloaded),
        (
            503,
            "server_error",
            Some("server_is_overloaded"),
            Overloaded,
        ),
        (
            400,
            "invalid_request_error",
            Some("context_length_exceeded"),
            ContextTooLong,
        ),
        (
            400,
            "invalid_request_error",
            Some("content_policy_violation"),
            RefusedByPolicy,
        ),
        (
            400,
            "invalid_request_error",
            Some("content_filter"),
            RefusedByPolicy,
        ),
        (
            404,
            "invalid_request_error",
            Some("model_not_found"),
            ModelNotFound,
        ),
        (
            403,
            "invalid_request_error",
            Some("model_not_found"),
            ModelNotFound,
        ),
        (401, "invalid_request_error", Some("invalid_api_key"), Auth),
        (400, "invalid_request_error", None, InvalidRequest),
        (500, "server_error", None, Retryable),
    ];
    for (status, kind, code, class) in forms {
        let body = openai(kind, code, "no");
        assert_eq!(failure(status, &[], &body).class, class, "{kind} {code:?}");
    }
}

#[test]
fn a_failed_response_in_a_stream_is_read_by_its_code() {
    let forms = [
        ("server_is_overloaded", Overloaded),
        ("context_length_exceeded", ContextTooLong),
        ("insufficient_quota", OutOfQuota),
        ("rate_limit_exceeded", RateLimited),
    ];
    for (code, class) in forms {
        let event = serde_json::json!({
            "type": "response.failed",
            "response": {"error": {"code": code, "message": "no"}},
        });
        assert_eq!(failure(200, &[], &event.to_string()).class, class, "{code}");
    }
}

#[test]
fn openrouter_s_number_is_a_status() {
    let body = r#"{"error":{"code":402,"message":"Insufficient credits","metadata":{}}}"#;
    assert_eq!(failure(402, &[], body).class, OutOfQuota);
    let in_stream = r#"{"error":{"code":502,"message":"Provider disconnected"}}"#;
    assert_eq!(failure(200, &[], in_stream).class, Retryable);
}

#[test]
fn local_servers_errors_are_known() {
    let too_long = r#"{"error":{"code":400,"message":"the request exceeds the available context size, try increasing it","type":"exceed_context_size_error","n_prompt_tokens":9000,"n_ctx":4096}}"#;
    assert_eq!(failure(400, &[], too_long).class, ContextTooLong);
    let loading = r#"{"error":{"message":"Loading model","type":"unavailable_error","code":503}}"#;
    assert_eq!(failure(503, &[], loading).class, Overloaded);
    let vllm = r#"{"object":"error","message":"This model's maximum context length is 4096 tokens.","type":"BadRequestError","code":400}"#;
    assert_eq!(failure(400, &[], vllm).class, ContextTooLong);
    assert_eq!(failure(501, &[], "").class, ModelNotFound);
}

#[test]
fn quotas_and_limits_in_other_providers_words() {
    let dashscope = |code: &str| {
        let error = serde_json::json!({"code": code, "type": code, "message": "no"});
        serde_json::json!({ "error": error }).to_string()
    };
    let moonshot = openai("exceeded_current_quota_error", None, "please recharge");
    assert_eq!(failure(429, &[], &moonshot).class, OutOfQuota);
    let busy = openai("engine_overloaded_error", None, "try again later");
    assert_eq!(failure(429, &[], &busy).class, Overloaded);
    let deepseek = openai(
        "unknown_error",
        Some("invalid_request_error"),
        "Insufficient Balance",
    );
    assert_eq!(failure(402, &[], &deepseek).class, OutOfQuota);
    for status in [400, 403, 429] {
        let free = failure(status, &[], &dashscope("AllocationQuota.FreeTierOnly"));
        assert_eq!((free.class, free.scope), (OutOfQuota, Scope::Model));
        let unpaid = failure(status, &[], &dashscope("Arrearage"));
        assert_eq!((unpaid.class, unpaid.scope), (OutOfQuota, Scope::Provider));
    }
    for code in ["Throttling.AllocationQuota", "Throttling.RateQuota"] {
        assert_eq!(
            failure(429, &[], &dashscope(code)).class,
            RateLimited,
            "{code}"
        );
    }
}

#[test]
fn google_s_one_word_for_every_limit_is_told_apart_by_its_message() {
    let google = |status: u16, word: &str, message: &str| {
        let error = serde_json::json!({"code": status, "message": message, "status": word});
        failure(
            status,
            &[],
            &serde_json::json!([{ "error": error }]).to_string(),
        )
    };
    let limit = |message: &str| google(429, "RESOURCE_EXHAUSTED", message);
    let usual = "You exceeded your current quota, please check your plan and billing details.";
    assert_eq!(limit(usual).class, OutOfQuota);
    let minute = limit(&format!("{usual}\nPlease retry in 34.07s."));
    assert_eq!(
        (minute.class, minute.retry_after_ms),
        (RateLimited, Some(34_070))
    );
    assert_eq!(
        limit(&format!("{usual}\nPlease retry in 2h3m.")).class,
        OutOfQuota
    );
    let day = limit("Quota exceeded for requests per day. Please retry in 5s.");
    assert_eq!(day.class, OutOfQuota);
    assert_eq!(limit("Resource has been exhausted.").class, RateLimited);
    assert_eq!(google(503, "UNAVAILABLE", "busy").class, Overloaded);
    let long =
        "The input token count (2000000) exceeds the maximum number of tokens allowed (1048576).";
    assert_eq!(google(400, "INVALID_ARGUMENT", long).class, ContextTooLong);
}

#[test]
fn a_prompt_that_is_too_long_is_known_in_many_words_and_nothing_else_is_taken_for_it() {
    let class = |status, message: &str| {
        failure(status, &[], &openai("invalid_request_error", None, message)).class
    };
    let too_long = [
        "Range of input length should be [1, 30720]",
        "This endpoint's maximum context length is 200000 tokens. However, you requested about 300000 tokens",
        "Invalid request: Your request exceeded model token limit: 8192",
        "Your input exceeds the context window of this model.",
        "The request's 9000 tokens exceed the model's context length of 8192.",
        "Bad request: prompt is too long for the model",
    ];
    for message in too_long {
        for status in [400, 413, 422] {
            assert_eq!(class(status, message), ContextTooLong, "{status} {message}");
        }
        assert_eq!(class(401, message), Auth, "{message}");
        assert_eq!(class(500, message), Retryable, "{message}");
    }
    let others = [
        "context length must be a positive integer",
        "context_window: Extra inputs are not permitted",
        "unknown parameter: input token count",
        "max_tokens exceeds the limit of 8192",
        "messages[0].content: \"my prompt is too long\" is no list",
    ];
    for message in others {
        assert_eq!(class(400, message), InvalidRequest, "{message}");
    }
}

#[test]
fn what_is_no_answer_is_unreadable() {
    assert_eq!(failure(200, &[], "<html>welcome</html>").class, Unreadable);
    assert_eq!(failure(302, &[], "").class, Unreadable);
}

#[test]
fn the_usual_types_do_not_go_before_the_status() {
    let usual = ["invalid_request_error", "server_error", "api_error"];
    for (status, class) in [(400, InvalidRequest), (401, Auth), (404, ModelNotFound)] {
        for kind in usual {
            let body = openai(kind, None, "no");
            assert_eq!(failure(status, &[], &body).class, class, "{kind} {status}");
        }
    }
}

#[test]
fn a_subscription_s_end_is_a_quota_with_its_reset() {
    let headers = [
        ("anthropic-ratelimit-unified-status", "rejected"),
        ("anthropic-ratelimit-unified-reset", "1795003600"),
        ("anthropic-ratelimit-unified-5h-status", "rejected"),
        ("anthropic-ratelimit-unified-5h-reset", "1795003600"),
    ];
    let ended = failure(429, &headers, &anthropic("rate_limit_error", "no", None));
    assert_eq!((ended.class, ended.scope), (OutOfQuota, Scope::Provider));
    assert_eq!(ended.retry_after_ms, Some(3_600_000));
}

#[test]
fn one_model_s_window_does_not_reach_the_others() {
    let headers = [
        ("anthropic-ratelimit-unified-status", "rejected"),
        ("anthropic-ratelimit-unified-5h-status", "allowed"),
        ("anthropic-ratelimit-unified-7d_oi-status", "rejected"),
        ("anthropic-ratelimit-unified-7d_oi-reset", "1795600000"),
    ];
    let ended = failure(429, &headers, "");
    assert_eq!((ended.class, ended.scope), (OutOfQuota, Scope::Model));
    assert_eq!(ended.retry_after_ms, Some(600_000_000));
}

#[test]
fn a_429_that_cannot_be_waited_out_is_a_quota() {
    let class = |header| failure(429, &[header], "").class;
    assert_eq!(class(("x-should-retry", "false")), OutOfQuota);
    assert_eq!(class(("retry-after", "61")), OutOfQuota);
    assert_eq!(class(("retry-after", "60")), RateLimited);
    assert_eq!(class(("x-should-retry", "true")), RateLimited);
    let plan = r#"{"error":{"type":"usage_limit_reached","message":"no","plan_type":"pro","resets_at":1795003600}}"#;
    assert_eq!(failure(429, &[], plan).retry_after_ms, Some(3_600_000));
}

#[test]
fn a_rate_limit_says_how_long_to_wait() {
    let said = |message: &str| {
        let body = openai("tokens", Some("rate_limit_exceeded"), message);
        failure(429, &[], &body).retry_after_ms
    };
    assert_eq!(
        said("Rate limit reached. Please try again in 1.898s."),
        Some(1_898)
    );
    assert_eq!(said("Please try again in 28ms. Visit us."), Some(28));
    assert_eq!(said("Please try again in 20 seconds."), Some(20_000));
    assert_eq!(said("Please try again in 20 minutes."), None);
    assert_eq!(said("Please try again in "), None);
    assert_eq!(said("Slow down"), None);
    let body = openai("tokens", Some("rate_limit_exceeded"), "try again in 9s");
    let header = failure(429, &[("retry-after-ms", "250")], &body);
    assert_eq!(header.retry_after_ms, Some(250), "the header is more exact");
}

#[test]
fn what_each_class_allows() {
    let table = [
        // class, another target, the same target, about the place
        (Retryable, true, true, true),
        (RateLimited, true, false, true),
        (OutOfQuota, true, false, true),
        (Overloaded, true, true, true),
        (ContextTooLong, true, false, false),
        (RefusedByPolicy, false, false, false),
        (InvalidRequest, false, false, false),
        (Auth, true, false, true),
        (ModelNotFound, true, false, false),
        (TimeoutFirstByte, true, false, true),
        (Idle, true, false, true),
        (Unreadable, true, false, true),
    ];
    for (class, fails_over, retries, blocks) in table {
        let allowed = (class.fails_over(), class.retries(), class.blocks());
        assert_eq!(allowed, (fails_over, retries, blocks), "{class:?}");
    }
}

#[test]
fn a_provider_that_says_no_retry_is_not_asked_again() {
    assert!(failure(500, &[], "").retries);
    assert!(!failure(500, &[("x-should-retry", "false")], "").retries);
}

#[test]
fn how_far_a_failure_reaches() {
    assert_eq!(failure(401, &[], "").scope, Scope::Provider);
    assert_eq!(failure(403, &[], "").scope, Scope::Model);
    assert_eq!(failure(402, &[], "").scope, Scope::Provider);
    assert_eq!(failure(429, &[], "").scope, Scope::Model);
    assert_eq!(failure(500, &[], "").scope, Scope::Model);
    assert_eq!(Failure::unreachable().scope, Scope::Provider);
}

proptest! {
    #[test]
    fn no_refusal_makes_it_panic_and_each_has_a_class(status: u16, code in ".{0,20}", kind in ".{0,20}", message in ".{0,60}") {
        let refusal = Refusal {
            status,
            error_type: kind,
            error_code: code,
            message,
            resets_ms: None,
        };
        let failure = classify(&refusal, &Limits::default(), NOW);
        prop_assert!(failure.class.blocks() || failure.retry_after_ms.is_none());
    }
}
