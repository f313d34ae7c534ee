use proptest::prelude::*;

use super::*;

fn create(requests: Value) -> Result<Vec<(String, String)>, WireError> {
    let body = json!({ "requests": requests }).to_string();
    let read = read_create(body.as_bytes(), 3)?;
    Ok(read
        .into_iter()
        .map(|r| (r.custom_id.into_owned(), r.params.to_owned()))
        .collect())
}

#[test]
fn a_batch_is_a_list_of_named_requests() {
    let read = create(json!([
        {"custom_id": "a-1_B", "params": {"model": "m"}},
        {"custom_id": "b", "params": {"stream": false}},
    ]));
    let expected = [("a-1_B", r#"{"model":"m"}"#), ("b", r#"{"stream":false}"#)];
    let expected = expected.map(|(id, params)| (id.to_owned(), params.to_owned()));
    assert_eq!(read.unwrap(), expected);
}

#[test]
fn what_is_wrong_is_told_by_request_and_field() {
    let named = |id: &str| json!({"custom_id": id, "params": {}});
    for (bad, param) in [
        (json!([]), "requests"),
        (
            json!([named("a"), named("b"), named("c"), named("d")]),
            "requests",
        ),
        (
            json!([named("a"), named("b"), named("a")]),
            "requests[2].custom_id",
        ),
        (json!([named("")]), "requests[0].custom_id"),
        (json!([named("a b")]), "requests[0].custom_id"),
        (json!([named(&"x".repeat(65))]), "requests[0].custom_id"),
        (
            json!([named("a"), {"custom_id": "b"}]),
            "requests[1].params",
        ),
        (json!([{"params": {}}]), "requests[0].custom_id"),
        (
            json!([{"custom_id": "a", "params": 1}]),
            "requests[0].params",
        ),
        (
            json!([{"custom_id": "a", "params": {"stream": true}}]),
            "requests[0].params.stream",
        ),
        (json!({}), "requests"),
    ] {
        let error = create(bad.clone()).unwrap_err();
        assert_eq!(error.param(), Some(param), "{bad}: {error}");
    }
}

#[test]
fn a_provider_is_sent_what_the_gateway_could_read() {
    let sent = [request("s-0", b"{\"model\": \"m\"}"), request("s-1", b"{}")];
    let body = [
        b"{\"requests\":[".to_vec(),
        sent.join(&b","[..]),
        b"]}".to_vec(),
    ]
    .concat();
    let read = read_create(&body, 9).unwrap();
    assert_eq!(read[0].params, "{\"model\": \"m\"}");
    assert_eq!(read[1].custom_id, "s-1");
}

#[test]
fn results_are_read_as_they_are_written() {
    let answered = result_line("c", true, br#"{"id":"m"}"#);
    let read = read_output(answered.as_bytes()).unwrap();
    assert_eq!(read.result, Outcome::Succeeded(r#"{"id":"m"}"#));
    let error = r#"{"error":{"message":"x","type":"overloaded_error"},"type":"error"}"#;
    let refused = result_line("c", false, error.as_bytes());
    assert_eq!(
        read_output(refused.as_bytes()).unwrap().result,
        Outcome::Errored(error)
    );
    assert_eq!(status_of(error), 529);
    assert_eq!(status_of("{}"), 500);
    for (kind, outcome) in [
        ("canceled", Outcome::Canceled),
        ("expired", Outcome::Expired),
    ] {
        let line = dropped_line("c", kind);
        assert_eq!(read_output(line.as_bytes()).unwrap().result, outcome);
    }
    assert!(read_output(br#"{"custom_id":"c","result":{"type":"new"}}"#).is_none());
}

#[test]
fn a_provider_s_batch_tells_how_many_requests_it_has() {
    let body = json!({"id": "b", "processing_status": "ended", "created_at": "t",
        "request_counts": {"processing": 0, "succeeded": 2, "errored": 1, "canceled": 0, "expired": 4}});
    let read = read_batch(body.to_string().as_bytes()).unwrap();
    assert!(read.ended);
    assert_eq!(read.requests, 7);
    let list = json!({"data": [body], "has_more": false}).to_string();
    assert_eq!(read_batches(list.as_bytes()).unwrap(), (vec![read], false));
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_create(&bytes, 10);
        let _ = read_output(&bytes);
        let _ = read_batch(&bytes);
        let _ = read_batches(&bytes);
        let _ = result_line("c", true, &bytes);
        let _ = status_of(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn no_json_makes_a_reader_panic(id in ".{0,20}", kind in ".{0,12}", cut in 0_usize..200) {
        let text = json!({"requests": [{"custom_id": id, "params": {"k": kind}}],
            "custom_id": id, "result": {"type": kind, "message": {}, "error": {}}}).to_string();
        let part = text.as_bytes().get(..cut.min(text.len())).unwrap_or_default();
        let _ = read_create(part, 1);
        let _ = read_output(part);
        let _ = read_create(text.as_bytes(), 1);
        let _ = read_output(text.as_bytes());
    }
}
