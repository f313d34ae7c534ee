use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn line(value: &Value) -> std::result::Result<(String, String), LineError> {
    let text = value.to_string();
    read_line(text.as_bytes(), Endpoint::Chat)
        .map(|line| (line.custom_id.into_owned(), line.body.to_owned()))
}

fn good() -> Value {
    json!({"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "m"}})
}

fn with(field: &str, value: Value) -> Value {
    let mut line = good();
    line[field] = value;
    line
}

fn without(field: &str) -> Value {
    let mut line = good();
    line.as_object_mut().unwrap().remove(field);
    line
}

#[test]
fn a_line_has_a_name_and_a_body() {
    let (custom_id, body) = line(&good()).unwrap();
    assert_eq!(
        (custom_id.as_str(), body.as_str()),
        ("a", r#"{"model":"m"}"#)
    );
    let plain = with("body", json!({"model": "m", "stream": false}));
    assert!(line(&plain).is_ok(), "a stream that is not asked for");
}

#[test]
fn what_is_wrong_with_a_line_is_told_by_its_field() {
    for (bad, code, param) in [
        (
            without("custom_id"),
            "missing_required_parameter",
            "custom_id",
        ),
        (with("custom_id", json!(1)), "invalid_type", "custom_id"),
        (
            with("custom_id", json!("")),
            "invalid_custom_id",
            "custom_id",
        ),
        (
            with("custom_id", json!("x".repeat(513))),
            "invalid_custom_id",
            "custom_id",
        ),
        (without("method"), "missing_required_parameter", "method"),
        (with("method", json!("GET")), "invalid_method", "method"),
        (without("url"), "missing_required_parameter", "url"),
        (with("url", json!("/v1/responses")), "invalid_url", "url"),
        (without("body"), "missing_required_parameter", "body"),
        (with("body", json!([1])), "invalid_body", "body"),
        (
            with("body", json!({"stream": true})),
            "invalid_body",
            "body.stream",
        ),
    ] {
        let error = line(&bad).unwrap_err();
        assert_eq!((error.code, error.param), (code, Some(param)), "{bad}");
        assert!(
            error.message.contains(&format!("`{param}")),
            "{}",
            error.message
        );
    }
    for bad in ["", "{", "[]", "\"x\"", "{}{}", "nul"] {
        let error = read_line(bad.as_bytes(), Endpoint::Chat).unwrap_err();
        assert!(
            ["invalid_json_line", "missing_required_parameter"].contains(&error.code),
            "{bad}"
        );
    }
    assert_eq!(
        read_line(b"\xff", Endpoint::Chat).unwrap_err().code,
        "invalid_json_line"
    );
}

#[test]
fn what_is_wrong_with_a_batch_is_told_by_its_field() {
    let body = |endpoint: &str, window: &str, metadata: Value| {
        json!({"input_file_id": "f", "endpoint": endpoint, "completion_window": window, "metadata": metadata})
            .to_string()
    };
    for endpoint in Endpoint::ALL {
        let read =
            read_create(body(endpoint.as_str(), "24h", json!({"k": "v"})).as_bytes()).unwrap();
        assert_eq!(read.endpoint, endpoint);
    }
    let many: std::collections::BTreeMap<_, _> = (0..17).map(|n| (n.to_string(), "v")).collect();
    for (bad, param) in [
        (body("/v1/completions", "24h", Value::Null), "endpoint"),
        (
            body("/v1/responses", "1h", Value::Null),
            "completion_window",
        ),
        (body("/v1/responses", "24h", json!(many)), "metadata"),
        (
            body("/v1/responses", "24h", json!({"k": "v".repeat(513)})),
            "metadata",
        ),
        ("{}".to_owned(), "input_file_id"),
    ] {
        assert_eq!(
            read_create(bad.as_bytes()).unwrap_err().param(),
            Some(param),
            "{bad}"
        );
    }
}

#[test]
fn a_provider_reads_what_it_is_sent_as_the_gateway_reads_its_clients() {
    let sent = request_line("s-1", Endpoint::Responses, b"{\n \"model\": \"m\"}");
    assert_eq!(
        sent.iter().filter(|byte| **byte == b'\n').count(),
        1,
        "one line"
    );
    let read = read_line(&sent, Endpoint::Responses).unwrap();
    assert_eq!(read.custom_id, "s-1");
    let body: Value = serde_json::from_str(read.body).unwrap();
    assert_eq!(body, json!({"model": "m"}));
    let create = create_body("file-1", Endpoint::Embeddings, "s");
    let read = read_create(create.as_bytes()).unwrap();
    assert_eq!(read.metadata.unwrap()["moecraft_submission"], "s");
}

#[test]
fn a_provider_s_batch_tells_whose_it_is_and_whether_it_is_done() {
    let object = |status: &str| {
        json!({"id": "b", "status": status, "output_file_id": "o", "error_file_id": null,
               "metadata": {"moecraft_submission": "s"}})
    };
    for (status, ended) in [
        ("validating", false),
        ("in_progress", false),
        ("finalizing", false),
        ("cancelling", false),
        ("completed", true),
        ("failed", true),
        ("expired", true),
        ("cancelled", true),
    ] {
        let read = read_batch(object(status).to_string().as_bytes()).unwrap();
        assert_eq!(read.ended, ended, "{status}");
        assert_eq!(
            (read.submission.as_deref(), read.files),
            (Some("s"), vec!["o".to_owned()])
        );
    }
    let list =
        json!({"data": [object("completed"), {"id": "x", "metadata": null}], "has_more": true});
    let (batches, more) = read_batches(list.to_string().as_bytes()).unwrap();
    assert!(more && batches.len() == 2 && batches[1].submission.is_none());
    assert_eq!(
        read_id(br#"{"id":"file-9","object":"file"}"#).as_deref(),
        Some("file-9")
    );
    assert!(read_batch(b"[]").is_none() && read_batches(b"{}").is_none());
}

#[test]
fn a_result_is_one_line_whatever_the_answer_is() {
    for body in ["{\"a\":\n 1}", "not json", "{\"a\":1}", ""] {
        let line = result_line("c\n", "0190-1", 200, body.as_bytes());
        assert!(!line.contains('\n'), "{line}");
        let read = read_output(line.as_bytes()).unwrap();
        assert_eq!(read.custom_id, "c\n");
        assert_eq!(read.response.unwrap().0, 200);
    }
    let dropped = dropped_line("c", "0190-1", "batch_expired", "too late");
    let read = read_output(dropped.as_bytes()).unwrap();
    assert_eq!(
        (read.response, read.code.as_deref()),
        (None, Some("batch_expired"))
    );
}

#[test]
fn a_batch_tells_when_it_came_to_what() {
    let batch = |status, ended_at| Batch {
        id: "batch_1",
        endpoint: Endpoint::Chat,
        status,
        faults: &[],
        input_file_id: "file-1",
        output_file_id: None,
        error_file_id: None,
        created_at: 10,
        expires_at: 20,
        cancelling_at: None,
        ended_at,
        counts: (3, 1, 2),
        metadata: None,
    };
    let done = batch(Status::Completed, Some(15)).to_value();
    assert_eq!(done["status"], "completed");
    assert_eq!(done["completed_at"], 15);
    assert_eq!(done["cancelled_at"], Value::Null);
    assert_eq!(
        done["request_counts"],
        json!({"total": 3, "completed": 1, "failed": 2})
    );
    let running = batch(Status::InProgress, None).to_value();
    assert_eq!(
        (&running["in_progress_at"], &running["finalizing_at"]),
        (&json!(10), &Value::Null)
    );
    let listed = page(&[done, running], false);
    assert_eq!(
        (&listed["first_id"], &listed["has_more"]),
        (&json!("batch_1"), &json!(false))
    );
}

proptest! {
    /// No line makes the readers panic, and what is read is what was sent.
    #[test]
    fn no_line_makes_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_line(&bytes, Endpoint::Chat);
        let _ = read_create(&bytes);
        let _ = read_output(&bytes);
        let _ = read_batch(&bytes);
        let _ = read_batches(&bytes);
        let _ = read_id(&bytes);
    }

    /// The same of JSON of every shape, cut anywhere.
    #[test]
    fn no_json_makes_a_reader_panic(id in ".{0,20}", cut in 0_usize..200, body in ".{0,60}") {
        let text = json!({"custom_id": id, "method": "POST", "url": "/v1/chat/completions",
            "body": {"model": body}, "response": {"status_code": 200, "body": body}}).to_string();
        let part = text.as_bytes().get(..cut.min(text.len())).unwrap_or_default();
        let _ = read_line(part, Endpoint::Chat);
        let _ = read_output(part);
        let read = read_output(text.as_bytes()).unwrap();
        prop_assert_eq!(read.custom_id, id.as_str());
        let line = result_line(&id, "r", 200, text.as_bytes());
        prop_assert!(!line.contains('\n'));
    }
}
