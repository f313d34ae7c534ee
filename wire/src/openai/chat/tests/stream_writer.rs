use proptest::prelude::*;
use serde_json::{Value, json};

use super::answer::any_answer;
use super::stream::{assembled, read};
use crate::dialect::Envelope;
use crate::error::ErrorBody;
use crate::hub::{
    Answer, CallKind, Event, Head, Origin, Said, Stop, StreamFault, ToolNames, Usage,
};
use crate::openai::chat::{StreamReader, StreamWriter, error_event, read_answer, write_answer};

fn envelope(include_usage: bool) -> Envelope {
    Envelope {
        id: "r1".into(),
        model: "client-name".into(),
        created: 7,
        include_usage,
        tools: ToolNames::default(),
    }
}

fn write(events: &[Event], envelope: Envelope) -> String {
    let mut writer = StreamWriter::new(envelope);
    let mut out = String::new();
    for event in events {
        writer.push(event, &mut out);
    }
    out
}

fn chunks(stream: &str) -> Vec<Value> {
    let data = stream
        .split("\n\n")
        .filter_map(|event| event.strip_prefix("data: "));
    let data = data.filter(|data| *data != "[DONE]");
    data.map(|data| serde_json::from_str(data).unwrap())
        .collect()
}

fn four() -> Answer {
    Answer {
        model: "m".into(),
        said: vec![Said::Text("four".into())],
        stop: Stop::EndTurn,
        usage: Some(Usage {
            input: 5,
            output: 2,
            ..Usage::default()
        }),
    }
}

#[test]
fn a_stored_answer_is_streamed_as_openai_does() {
    let out = write(&four().events(), envelope(true));
    let chunk = |choices: Value, usage: Value| json!({"id": "chatcmpl-r1", "object": "chat.completion.chunk", "created": 7, "model": "client-name", "choices": choices, "usage": usage});
    let one = |delta: Value, reason: Value| {
        chunk(
            json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": reason}]),
            Value::Null,
        )
    };
    let usage = json!({
        "prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7,
        "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0, "cache_write_tokens_details": {"ttl_30m_tokens": 0, "ttl_12h_tokens": 0}, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0, "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0},
    });
    assert_eq!(
        chunks(&out),
        [
            one(
                json!({"role": "assistant", "content": "", "refusal": null}),
                Value::Null
            ),
            one(json!({"content": "four"}), Value::Null),
            one(json!({}), "stop".into()),
            chunk(json!([]), usage),
        ]
    );
    assert!(out.ends_with("\n\ndata: [DONE]\n\n"));
}

#[test]
fn usage_is_shown_only_to_clients_that_asked() {
    assert!(!write(&four().events(), envelope(false)).contains("usage"));
}

#[test]
fn a_call_streams_its_arguments_and_has_some_in_any_case() {
    let call = |id: &str, arguments: &str| Said::ToolCall {
        id: id.into(),
        name: "f".into(),
        namespace: None,
        arguments: arguments.into(),
        custom: false,
    };
    let answer = Answer {
        said: vec![call("toolu.1", "{\"a\":1}"), call("b", "")],
        stop: Stop::EndTurn,
        ..four()
    };
    let out = chunks(&write(&answer.events(), envelope(false)));
    let calls: Vec<&Value> = out
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["delta"]["tool_calls"].get(0))
        .collect();
    let id = calls[0]["id"].as_str().unwrap();
    assert!(id.starts_with("call_") && id.len() <= 40, "{id}");
    let begun = |index: u32, id: &str| json!({"index": index, "id": id, "type": "function", "function": {"name": "f", "arguments": ""}});
    let piece = |index: u32, text: &str| json!({"index": index, "function": {"arguments": text}});
    assert_eq!(
        calls,
        [
            &begun(0, id),
            &piece(0, "{\"a\":1}"),
            &begun(1, "b"),
            &piece(1, "{}")
        ]
    );
    assert_eq!(
        out.last().unwrap()["choices"][0]["finish_reason"],
        "tool_calls"
    );
}

#[test]
fn free_text_that_comes_wrapped_is_told_at_its_end() {
    let tools = ToolNames {
        named: [(
            "patch".to_owned(),
            ("patch".to_owned(), None, CallKind::Custom),
        )]
        .into(),
    };
    let envelope = Envelope {
        tools,
        ..envelope(false)
    };
    let head = |kind| {
        Event::Open(Head::ToolCall {
            id: "a".into(),
            name: "patch".into(),
            namespace: None,
            kind,
        })
    };
    let wrapped = [
        head(CallKind::Function),
        Event::Delta("{\"inp".into()),
        Event::Delta("ut\":\"x \\\"y\\\"\"}".into()),
        Event::Close,
    ];
    let out = chunks(&write(&wrapped, envelope.clone()));
    let call = json!({"index": 0, "id": "a", "type": "custom", "custom": {"name": "patch", "input": "x \"y\""}});
    assert_eq!(out.len(), 1);
    assert_eq!(out[0]["choices"][0]["delta"]["tool_calls"], json!([call]));
    let native = [
        head(CallKind::Custom),
        Event::Delta("free".into()),
        Event::Close,
    ];
    let out = chunks(&write(&native, envelope));
    assert_eq!(out.len(), 2);
    assert_eq!(
        out[1]["choices"][0]["delta"]["tool_calls"],
        json!([{"index": 0, "custom": {"input": "free"}}])
    );
}

#[test]
fn thinking_is_shown_without_its_proof_and_a_fault_not_at_all() {
    let events = [
        Event::Open(Head::Thinking {
            origin: Origin::Anthropic { redacted: false },
        }),
        Event::Delta("hm".into()),
        Event::Proof("sig".into()),
        Event::Close,
        Event::Ping,
        Event::Fault(StreamFault {
            kind: "overloaded_error".into(),
            code: None,
            message: "no".into(),
        }),
    ];
    let out = write(&events, envelope(false));
    assert!(!out.contains("sig") && !out.contains("overloaded"));
    assert_eq!(
        chunks(&out)[0]["choices"][0]["delta"],
        json!({"reasoning_content": "hm"})
    );
    assert!(out.ends_with(": ping\n\n"));
}

#[test]
fn an_error_closes_the_event_that_was_cut_and_is_read_as_a_fault() {
    let error = ErrorBody {
        status: 502,
        message: "the provider broke off",
        kind: "server_error",
        param: None,
        code: Some("upstream_failed"),
    };
    let event = error_event(&error);
    assert!(event.starts_with("\n\ndata: {\"error\":{") && event.ends_with("}\n\n"));
    let fault = StreamFault {
        kind: "server_error".into(),
        code: Some("upstream_failed".into()),
        message: "the provider broke off".into(),
    };
    assert_eq!(read(event.trim_start()), [Event::Fault(fault)]);
    let mut events = Vec::new();
    let mut reader = StreamReader::default();
    reader
        .push(format!(": cut{event}").as_bytes(), &mut events)
        .unwrap();
    assert!(matches!(events.last(), Some(Event::Fault(_))));
}

proptest! {
    #[test]
    fn what_is_streamed_reads_back_and_agrees_with_the_whole_answer(answer in any_answer(), chars in 1usize..5) {
        // The same in smaller pieces.
        let mut events = Vec::new();
        for event in answer.events() {
            match event {
                Event::Delta(text) => {
                    let letters: Vec<char> = text.chars().collect();
                    events.extend(letters.chunks(chars).map(|piece| Event::Delta(piece.iter().collect())));
                }
                event => events.push(event),
            }
        }
        let streamed = assembled(&read(&write(&events, envelope(true))));
        let whole = read_answer(write_answer(&answer, &envelope(true)).as_bytes());
        prop_assert_eq!(streamed.as_ref(), Some(&answer));
        prop_assert_eq!(streamed, whole);
    }
}
