use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::dialect::Envelope;
use crate::error::ErrorBody;
use crate::hub::{Answer, CallKind, Origin, Said, Stop, ToolNames, Usage, unseal};
use crate::openai::responses::{error_event, read_answer, write_answer};

pub(super) const ANSWER: &[u8] = include_bytes!("../../../../tests/golden/responses/answer.json");

pub(super) fn envelope() -> Envelope {
    let special =
        |name: &str, space: Option<&str>, kind| (name.to_owned(), space.map(str::to_owned), kind);
    let named = BTreeMap::from([
        (
            "apply_patch".to_owned(),
            special("apply_patch", None, CallKind::Custom),
        ),
        (
            "clock__now".to_owned(),
            special("now", Some("clock"), CallKind::Function),
        ),
    ]);
    Envelope {
        id: "0199b5a2-7c1e-7000-8000-000000000001".into(),
        model: "claude-moecraft-auto".into(),
        created: 1_763_700_000,
        include_usage: false,
        tools: ToolNames { named },
    }
}

pub(super) fn call(id: &str, name: &str, arguments: &str) -> Said {
    Said::ToolCall {
        id: id.into(),
        name: name.into(),
        namespace: None,
        arguments: arguments.into(),
        custom: false,
    }
}

fn answer(said: Vec<Said>, stop: Stop) -> Answer {
    Answer {
        model: "m".into(),
        said,
        stop,
        usage: None,
    }
}

fn written(said: Vec<Said>, stop: Stop) -> Value {
    serde_json::from_str(&write_answer(&answer(said, stop), &envelope())).unwrap()
}

#[test]
fn a_whole_answer_is_read() {
    let answer = read_answer(ANSWER).unwrap();
    assert_eq!(answer.model, "gpt-6.1-sol-2026-09-01");
    assert_eq!(answer.stop, Stop::ToolUse);
    assert_eq!(
        answer.said,
        [
            Said::Thinking {
                text: "**Planning**\n\nThen the file.".into(),
                proof: Some("gAAA-whole".into()),
                origin: Origin::Responses { id: "rs_1".into() },
            },
            Said::Text("Für dich 🙂".into()),
            Said::ToolCall {
                id: "call_1".into(),
                name: "now".into(),
                namespace: Some("clock".into()),
                arguments: "{\"zone\":\"UTC\"}".into(),
                custom: false,
            },
            Said::ToolCall {
                id: "call_2".into(),
                name: "apply_patch".into(),
                namespace: None,
                arguments: "*** Begin Patch\n*** End Patch\n".into(),
                custom: true,
            },
        ]
    );
    // The buckets are disjoint, and add up to what the provider calls input.
    let usage = answer.usage.unwrap();
    assert_eq!(
        usage,
        Usage {
            input: 100,
            cache_read: 8000,
            cache_write: 1000,
            cache_write_long: 200,
            output: 90,
            reasoning: 64,
        }
    );
    assert_eq!(usage.prompt(), 9300);
}

#[test]
fn token_counts_that_do_not_add_up_never_exceed_their_total() {
    let usage = |usage: &str| {
        let body = format!(r#"{{"status":"completed","output":[],"usage":{usage}}}"#);
        read_answer(body.as_bytes()).unwrap().usage.unwrap()
    };
    let odd = usage(
        r#"{"input_tokens":10,"input_tokens_details":{"cached_tokens":8,"cache_write_tokens":7,"cache_write_tokens_details":{"ttl_12h_tokens":9}},"output_tokens":1}"#,
    );
    assert_eq!(
        (
            odd.input,
            odd.cache_read,
            odd.cache_write,
            odd.cache_write_long
        ),
        (0, 8, 0, 2)
    );
    let plain = usage(r#"{"input_tokens":10,"output_tokens":1}"#);
    assert_eq!((plain.input, plain.prompt(), plain.output), (10, 10, 1));
    let times = usage(
        r#"{"input_tokens":10,"input_tokens_details":{"cache_write_tokens_details":{"ttl_30m_tokens":3,"ttl_12h_tokens":4}}}"#,
    );
    assert_eq!(
        (times.input, times.cache_write, times.cache_write_long),
        (3, 3, 4)
    );
}

#[test]
fn why_it_ended_follows_from_status_and_content() {
    let stop = |rest: &str| {
        let body = format!(r#"{{"object":"response",{rest}}}"#);
        read_answer(body.as_bytes()).map(|answer| answer.stop)
    };
    let text =
        r#"[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"x"}]}]"#;
    let refusal =
        r#"[{"type":"message","role":"assistant","content":[{"type":"refusal","refusal":"no"}]}]"#;
    let call = r#"[{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}]"#;
    let cases = [
        (
            format!(r#""status":"completed","output":{text}"#),
            Some(Stop::EndTurn),
        ),
        (
            format!(r#""status":"completed","output":{call}"#),
            Some(Stop::ToolUse),
        ),
        (
            format!(r#""status":"completed","output":{refusal}"#),
            Some(Stop::Refusal),
        ),
        (
            format!(
                r#""status":"incomplete","incomplete_details":{{"reason":"max_output_tokens"}},"output":{call}"#
            ),
            Some(Stop::MaxTokens),
        ),
        (
            format!(
                r#""status":"incomplete","incomplete_details":{{"reason":"content_filter"}},"output":{text}"#
            ),
            Some(Stop::Refusal),
        ),
        (
            format!(r#""status":"incomplete","incomplete_details":null,"output":{text}"#),
            Some(Stop::MaxTokens),
        ),
        (
            r#""status":"failed","output":[],"error":{"code":"server_error","message":"m"}"#
                .to_owned(),
            None,
        ),
        (r#""status":"in_progress","output":[]"#.to_owned(), None),
        (r#""status":"completed""#.to_owned(), None),
    ];
    for (rest, expected) in cases {
        assert_eq!(stop(&rest), expected, "{rest}");
    }
    assert!(read_answer(b"<html>").is_none() && read_answer(b"[]").is_none());
}

#[test]
fn items_of_the_providers_own_tools_are_passed_over() {
    let body = br#"{"output":[{"type":"web_search_call","id":"ws_1","action":{"type":"search"}},{"type":"tool_search_call","arguments":{"q":1}},{"type":"reasoning","id":"rs_1","summary":[]},{"type":"message","content":[{"type":"output_text","text":"x"},{"type":"new_part","text":"?"}]}]}"#;
    assert_eq!(read_answer(body).unwrap().said, [Said::Text("x".into())]);
}

#[test]
fn a_written_answer_has_every_field_that_clients_want() {
    let usage = Usage {
        input: 1,
        cache_read: 2,
        cache_write: 3,
        cache_write_long: 4,
        output: 5,
        reasoning: 2,
    };
    let answer = Answer {
        usage: Some(usage),
        ..answer(vec![Said::Text("hi".into())], Stop::EndTurn)
    };
    let body: Value = serde_json::from_str(&write_answer(&answer, &envelope())).unwrap();
    assert_eq!(
        body,
        json!({
            "id": "resp_0199b5a2-7c1e-7000-8000-000000000001", "object": "response", "created_at": 1_763_700_000,
            "status": "completed", "error": null, "incomplete_details": null, "instructions": null,
            "max_output_tokens": null, "metadata": {}, "model": "claude-moecraft-auto",
            "output": [{
                "type": "message", "id": "msg_0199b5a2-7c1e-7000-8000-000000000001_0", "status": "completed", "role": "assistant",
                "content": [{"type": "output_text", "text": "hi", "annotations": [], "logprobs": []}],
            }],
            "parallel_tool_calls": true, "previous_response_id": null, "reasoning": {"effort": null, "summary": null},
            "store": false, "temperature": null, "text": {"format": {"type": "text"}}, "tool_choice": "auto", "tools": [],
            "top_p": null, "truncation": "disabled",
            "usage": {
                "input_tokens": 10,
                "input_tokens_details": {"cached_tokens": 2, "cache_write_tokens": 7, "cache_write_tokens_details": {"ttl_30m_tokens": 3, "ttl_12h_tokens": 4}},
                "output_tokens": 5, "output_tokens_details": {"reasoning_tokens": 2}, "total_tokens": 15,
            },
        })
    );
    let silent = written(vec![], Stop::EndTurn);
    assert_eq!(silent["usage"]["input_tokens_details"]["cached_tokens"], 0);
}

#[test]
fn calls_go_by_the_clients_own_names_and_forms() {
    let output = &written(
        vec![
            call(
                "functions.apply_patch:0",
                "apply_patch",
                r#"{"input":"*** Begin\n"}"#,
            ),
            call("call_2", "apply_patch", "*** bare"),
            call("call_3", "clock__now", ""),
            call("call_4", "other", "{}"),
        ],
        Stop::ToolUse,
    )["output"];
    assert_eq!(
        (&output[0]["type"], &output[0]["input"]),
        (&json!("custom_tool_call"), &json!("*** Begin\n"))
    );
    assert!(output[0]["call_id"].as_str().unwrap().starts_with("call_"));
    assert_eq!(output[1]["input"], "*** bare");
    assert_eq!(
        (
            &output[2]["name"],
            &output[2]["namespace"],
            &output[2]["arguments"]
        ),
        (&json!("now"), &json!("clock"), &json!("{}"))
    );
    assert!(output[3].get("namespace").is_none());
    let own = Said::ToolCall {
        id: "c".into(),
        name: "exec".into(),
        namespace: Some("functions".into()),
        arguments: String::new(),
        custom: true,
    };
    let item = &written(vec![own], Stop::ToolUse)["output"][0];
    assert_eq!((item.get("namespace"), &item["input"]), (None, &json!("")));
}

#[test]
fn thinking_of_another_maker_is_sealed() {
    let thinking = |origin: Origin, proof: Option<&str>| Said::Thinking {
        text: "hm".into(),
        proof: proof.map(str::to_owned),
        origin,
    };
    let maker = Origin::Anthropic { redacted: false };
    let own = Origin::Responses { id: "rs_9".into() };
    let output = &written(
        vec![
            thinking(maker.clone(), Some("sig")),
            thinking(own, Some("gAAA")),
            thinking(Origin::Plain, None),
        ],
        Stop::EndTurn,
    )["output"];
    let sealed = |item: &Value| unseal(item["encrypted_content"].as_str().unwrap());
    assert_eq!(sealed(&output[0]), Some((maker, Some("sig".into()))));
    assert_eq!(
        (&output[1]["id"], &output[1]["encrypted_content"]),
        (&json!("rs_9"), &json!("gAAA"))
    );
    assert_eq!(sealed(&output[2]), Some((Origin::Plain, None)));
    assert_eq!(
        output[2]["summary"],
        json!([{"type": "summary_text", "text": "hm"}])
    );
}

#[test]
fn an_answer_that_was_cut_off_says_so() {
    let cut = written(vec![Said::Text("x".into())], Stop::MaxTokens);
    assert_eq!(
        (&cut["status"], &cut["incomplete_details"]),
        (
            &json!("incomplete"),
            &json!({"reason": "max_output_tokens"})
        )
    );
    let filtered = written(vec![Said::Text("x".into())], Stop::Refusal);
    assert_eq!(
        filtered["incomplete_details"],
        json!({"reason": "content_filter"})
    );
    let declined = written(vec![Said::Refusal("no".into())], Stop::Refusal);
    assert_eq!(declined["status"], "completed");
}

#[test]
fn an_error_in_the_middle_closes_what_was_cut_and_never_completes() {
    let error = ErrorBody {
        status: 529,
        message: "overloaded",
        kind: "server_error",
        param: None,
        code: None,
    };
    let text = error_event(&error);
    assert!(text.starts_with("\n\nevent: error\ndata: ") && text.ends_with("\n\n"));
    let data: Value = serde_json::from_str(text.trim().split_once("data: ").unwrap().1).unwrap();
    assert_eq!(
        data,
        json!({"type": "error", "code": "server_error", "message": "overloaded", "param": null, "sequence_number": 0})
    );
}
