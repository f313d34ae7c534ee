use proptest::prelude::*;
use serde_json::{Value, json};

use super::{any_json, parse};
use crate::dialect::Envelope;
use crate::hub::{Answer, CallKind, Origin, Said, Stop, ToolNames, Usage};
use crate::openai::chat::{read_answer, write_answer};

const CALLS: &[u8] = include_bytes!("../../../../tests/golden/chat/answer-calls.json");
const STORED: &str = r#"{"id":"old","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"four"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":1}}}"#;

fn envelope() -> Envelope {
    Envelope {
        id: "new".into(),
        model: "client-name".into(),
        created: 7,
        ..Envelope::default()
    }
}

fn call(id: &str, name: &str, arguments: &str, custom: bool) -> Said {
    Said::ToolCall {
        id: id.into(),
        name: name.into(),
        namespace: None,
        arguments: arguments.into(),
        custom,
    }
}

#[test]
fn reads_the_text_and_the_counts_of_a_completion() {
    let answer = read_answer(STORED.as_bytes()).unwrap();
    let usage = Usage {
        input: 5,
        cache_read: 4,
        output: 2,
        reasoning: 1,
        ..Usage::default()
    };
    assert_eq!(answer.usage, Some(usage));
    assert!(answer.is_whole_text());
    assert_eq!(answer.text(), "four");
    assert_eq!(answer.model, "m");
}

#[test]
fn calls_are_told_from_what_is_said_and_not_from_the_reason() {
    let answer = read_answer(CALLS).unwrap();
    assert_eq!(
        answer.said,
        [
            Said::Text("Let me look.".into()),
            call("call_1", "read", r#"{"path":"a.txt"}"#, false),
            call("call_2", "apply_patch", "*** Begin Patch", true),
        ]
    );
    assert_eq!(answer.stop, Stop::ToolUse);
    assert_eq!(answer.usage.unwrap().prompt(), 1117);
}

#[test]
fn only_one_whole_text_may_be_served_again() {
    for (from, to) in [
        ("\"stop\"", "\"length\""),
        ("\"stop\"", "\"content_filter\""),
        ("\"stop\"", "null"),
        ("\"stop\"", "\"eos\""),
        (
            "\"content\":\"four\"",
            "\"content\":null,\"tool_calls\":[{}]",
        ),
        (
            "\"content\":\"four\"",
            "\"content\":\"four\",\"tool_calls\":[{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]",
        ),
        (
            "\"content\":\"four\"",
            "\"content\":\"four\",\"function_call\":{\"name\":\"f\"}",
        ),
        (
            "\"content\":\"four\"",
            "\"content\":\"four\",\"refusal\":\"no\"",
        ),
        (
            "\"content\":\"four\"",
            "\"content\":\"four\",\"reasoning_content\":\"hm\"",
        ),
        (
            "\"content\":\"four\"",
            "\"content\":\"four\",\"reasoning\":\"hm\"",
        ),
        (
            "\"content\":\"four\"",
            "\"content\":\"four\",\"annotations\":[{\"type\":\"url_citation\"}]",
        ),
        (
            "\"content\":\"four\"",
            "\"content\":\"four\",\"audio\":{\"id\":\"a\"}",
        ),
        (
            "\"content\":\"four\"",
            "\"content\":[{\"type\":\"text\",\"text\":\"four\"},{\"type\":\"thinking\"}]",
        ),
        (
            "\"index\":0,",
            "\"index\":0,\"logprobs\":{\"content\":[1]},",
        ),
        (
            "\"choices\":[",
            "\"choices\":[{\"index\":1,\"message\":{\"content\":\"vier\"},\"finish_reason\":\"stop\"},",
        ),
        ("four", ""),
    ] {
        let answer = read_answer(STORED.replace(from, to).as_bytes()).unwrap();
        assert!(!answer.is_whole_text(), "{from} -> {to}");
    }
    for (from, to) in [
        (
            "\"content\":\"four\"",
            "\"content\":\"four\",\"refusal\":null,\"annotations\":[],\"tool_calls\":[]",
        ),
        (
            "\"content\":\"four\"",
            "\"content\":[{\"type\":\"text\",\"text\":\"four\"}]",
        ),
        ("\"index\":0,", "\"index\":0,\"logprobs\":null,"),
    ] {
        let answer = read_answer(STORED.replace(from, to).as_bytes()).unwrap();
        assert!(
            answer.is_whole_text() && answer.text() == "four",
            "{from} -> {to}"
        );
    }
}

#[test]
fn what_is_no_answer_is_none() {
    for body in [
        "<html>",
        "",
        "[]",
        "null",
        "{}",
        r#"{"error":{"message":"overloaded"}}"#,
        r#"{"choices":[{}]}"#,
        r#"["m",[]]"#,
    ] {
        assert_eq!(read_answer(body.as_bytes()), None, "{body}");
    }
    let broken = STORED.replace("\"stop\"", "\"insufficient_system_resource\"");
    assert_eq!(read_answer(broken.as_bytes()), None);
}

#[test]
fn calls_without_ids_get_one_that_no_other_turn_has() {
    let body = |id: &str| {
        json!({"id": id, "choices": [{"message": {"tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}, {"function": {"name": "g"}}]}}]}).to_string()
    };
    let ids = |id: &str| match read_answer(body(id).as_bytes()).unwrap().said.as_slice() {
        [
            Said::ToolCall {
                id: a, arguments, ..
            },
            Said::ToolCall { id: b, .. },
            _,
        ] => {
            assert_eq!(arguments, r#"{"a":1}"#);
            [a.clone(), b.clone()]
        }
        other => panic!("{other:?}"),
    };
    let all = [ids("r1"), ids("r2")].concat();
    let distinct: std::collections::HashSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), 4);
}

#[test]
fn an_answer_is_written_under_its_own_id_and_date_with_every_field_that_clients_read() {
    let answer = read_answer(STORED.as_bytes()).unwrap();
    assert_eq!(
        parse(write_answer(&answer, &envelope()).as_bytes()),
        json!({
            "id": "chatcmpl-new", "object": "chat.completion", "created": 7, "model": "client-name",
            "choices": [{
                "index": 0,
                "message": {"role": "assistant", "content": "four", "refusal": null, "annotations": []},
                "logprobs": null,
                "finish_reason": "stop",
            }],
            "usage": {
                "prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11,
                "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0, "cache_write_tokens_details": {"ttl_30m_tokens": 0, "ttl_12h_tokens": 0}, "audio_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": 1, "audio_tokens": 0, "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0},
            },
        })
    );
}

#[test]
fn calls_go_to_the_client_under_its_own_names() {
    let own = |name: &str, kind| (name.to_owned(), None, kind);
    let tools = ToolNames {
        named: [(
            "apply_patch".to_owned(),
            own("apply_patch", CallKind::Custom),
        )]
        .into(),
    };
    let answer = Answer {
        model: "m".into(),
        said: vec![
            call("toolu.1", "apply_patch", r#"{"input":"a \"b\""}"#, false),
            call("b", "read", "", false),
            call("c", "apply_patch", "free", true),
        ],
        stop: Stop::EndTurn,
        usage: None,
    };
    let envelope = Envelope {
        tools,
        ..envelope()
    };
    let choice = parse(write_answer(&answer, &envelope).as_bytes())["choices"][0].take();
    assert_eq!(choice["finish_reason"], "tool_calls");
    assert_eq!(choice["message"]["content"], Value::Null);
    let calls = &choice["message"]["tool_calls"];
    assert_eq!(
        calls[0]["custom"],
        json!({"name": "apply_patch", "input": "a \"b\""})
    );
    assert_eq!(calls[0]["type"], "custom");
    assert!(calls[0]["id"].as_str().unwrap().starts_with("call_"));
    assert_eq!(
        calls[1]["function"],
        json!({"name": "read", "arguments": "{}"})
    );
    assert_eq!(calls[2]["custom"]["input"], "free");
}

#[test]
fn every_end_has_its_word() {
    let word = |stop: Stop, said: Vec<Said>| {
        let answer = Answer {
            model: String::new(),
            said,
            stop,
            usage: None,
        };
        let choice = parse(write_answer(&answer, &envelope()).as_bytes())["choices"][0].take();
        choice["finish_reason"].as_str().unwrap().to_owned()
    };
    let text = || vec![Said::Text("x".into())];
    for (stop, expected) in [
        (Stop::EndTurn, "stop"),
        (Stop::Sequence(Some("END".into())), "stop"),
        (Stop::Pause, "stop"),
        (Stop::MaxTokens, "length"),
        (Stop::ContextFull, "length"),
        (Stop::Refusal, "content_filter"),
    ] {
        assert_eq!(word(stop.clone(), text()), expected, "{stop:?}");
    }
    assert_eq!(
        word(Stop::Refusal, vec![Said::Refusal("no".into())]),
        "stop"
    );
    assert_eq!(
        word(Stop::ToolUse, vec![call("a", "f", "{}", false)]),
        "tool_calls"
    );
    assert_eq!(
        word(Stop::MaxTokens, vec![call("a", "f", "{", false)]),
        "length"
    );
}

/// Answers in the order in which this dialect's messages hold their fields.
pub(super) fn any_answer() -> impl Strategy<Value = Answer> {
    let words = || prop::option::of(".{1,20}");
    let calls = prop::collection::vec(("[a-z_]{1,9}", "[a-z]{1,9}", any::<bool>()), 0..3);
    let counts = prop::option::of((0u64..999, 0u64..999, 0u64..999, 0u64..999));
    (words(), words(), words(), calls, counts, any::<bool>()).prop_map(
        |(thinking, text, refusal, calls, counts, cut)| {
            let mut said = Vec::new();
            said.extend(thinking.map(|text| Said::Thinking {
                text,
                proof: None,
                origin: Origin::Plain,
            }));
            said.extend(text.map(Said::Text));
            let refused = refusal.is_some();
            said.extend(refusal.map(Said::Refusal));
            let called = !calls.is_empty();
            said.extend(
                calls
                    .into_iter()
                    .enumerate()
                    .map(|(at, (id, name, custom))| {
                        let arguments = if custom {
                            "free \"text\""
                        } else {
                            r#"{"a":"b"}"#
                        };
                        call(&format!("{id}{at}"), &name, arguments, custom)
                    }),
            );
            Answer {
                model: "client-name".into(),
                said,
                stop: match (cut, called, refused) {
                    (true, ..) => Stop::MaxTokens,
                    (_, true, _) => Stop::ToolUse,
                    (.., true) => Stop::Refusal,
                    _ => Stop::EndTurn,
                },
                usage: Some(counts.map_or(
                    Usage::default(),
                    |(input, cache_read, output, reasoning)| Usage {
                        input,
                        cache_read,
                        output,
                        reasoning,
                        ..Usage::default()
                    },
                )),
            }
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_reads_back(answer in any_answer()) {
        let written = write_answer(&answer, &envelope());
        prop_assert_eq!(read_answer(written.as_bytes()), Some(answer));
    }

    #[test]
    fn nothing_makes_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), value in any_json(), message in any_json()) {
        let _ = read_answer(&bytes);
        let _ = read_answer(value.to_string().as_bytes());
        let whole = json!({"choices": [{"message": message, "finish_reason": "stop"}], "usage": value});
        let _ = read_answer(whole.to_string().as_bytes());
    }
}
