use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::any_json;
use crate::hub::{
    Answer, Assembler, CallKind, Event, Head, Origin, Said, Stop, StreamFault, Usage,
};
use crate::openai::chat::{StreamReader, read_answer};

macro_rules! golden {
    ($name:literal) => {
        include_str!(concat!("../../../../tests/golden/chat/", $name, ".sse"))
    };
}

const TEXT: &str = golden!("stream-text");
const CALLS: &str = golden!("stream-parallel-calls");
const REASONING: &str = golden!("stream-reasoning");
const ROUTER_ERROR: &str = golden!("stream-router-error");
const OLD_FUNCTION: &str = golden!("stream-old-function");

pub(super) fn read(stream: &str) -> Vec<Event> {
    let mut events = Vec::new();
    StreamReader::default()
        .push(stream.as_bytes(), &mut events)
        .unwrap();
    events
}

pub(super) fn assembled(events: &[Event]) -> Option<Answer> {
    let mut assembler = Assembler::default();
    for event in events {
        assembler.push(event);
    }
    assembler.answer()
}

/// A stream of these chunks, with its end.
fn stream(chunks: &[Value]) -> String {
    let chunks: String = chunks
        .iter()
        .map(|chunk| format!("data: {chunk}\n\n"))
        .collect();
    chunks + "data: [DONE]\n\n"
}

/// A chunk with this delta of the only choice.
fn chunk(delta: Value) -> Value {
    json!({"id": "a", "model": "m", "choices": [{"index": 0, "delta": delta}]})
}

fn finish(reason: &str) -> Value {
    json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
}

fn piece(index: u32, id: Option<&str>, name: Option<&str>, arguments: &str) -> Value {
    chunk(
        json!({"tool_calls": [{"index": index, "id": id, "function": {"name": name, "arguments": arguments}}]}),
    )
}

fn said_call(id: &str, name: &str, arguments: &str) -> Said {
    Said::ToolCall {
        id: id.into(),
        name: name.into(),
        namespace: None,
        arguments: arguments.into(),
        custom: false,
    }
}

fn text(text: &str) -> Event {
    Event::Delta(text.into())
}

fn call(id: &str, name: &str) -> Event {
    Event::Open(Head::ToolCall {
        id: id.into(),
        name: name.into(),
        namespace: None,
        kind: CallKind::Function,
    })
}

fn usage(input: u64, cache_read: u64, output: u64, reasoning: u64) -> Event {
    Event::Usage(Usage {
        input,
        cache_read,
        output,
        reasoning,
        ..Usage::default()
    })
}

#[test]
fn text_usage_and_end_come_in_order() {
    let model = "gpt-4o-mini-2024-07-18".into();
    assert_eq!(
        read(TEXT),
        [
            Event::Start { model },
            Event::Open(Head::Text),
            text("Grüße"),
            text(" 🙂"),
            Event::Close,
            usage(11, 8, 6, 0),
            Event::Stop(Stop::EndTurn),
            Event::End,
        ]
    );
    assert!(assembled(&read(TEXT)).unwrap().is_whole_text());
}

#[test]
fn calls_that_take_turns_come_one_after_the_other() {
    assert_eq!(
        read(CALLS)[1..],
        [
            call("call_aaa", "read"),
            text(r#"{"path":"#),
            text(r#""a.txt""#),
            text("}"),
            Event::Close,
            call("call_bbb", "weather"),
            text(r#"{"city":"Bern"}"#),
            Event::Close,
            usage(82, 0, 31, 0),
            Event::Stop(Stop::ToolUse),
            Event::End,
        ]
    );
}

#[test]
fn reasoning_is_thinking_that_nobody_proves() {
    let origin = Origin::Plain;
    let model = "deepseek-reasoner".into();
    assert_eq!(
        read(REASONING),
        [
            Event::Ping,
            Event::Start { model },
            Event::Open(Head::Thinking { origin }),
            text("2+2"),
            text(" is 4"),
            Event::Close,
            Event::Open(Head::Text),
            text("4"),
            Event::Close,
            usage(14, 0, 9, 7),
            Event::Stop(Stop::EndTurn),
            Event::End,
        ]
    );
    let both = chunk(json!({"reasoning": "hm", "reasoning_content": "hm"}));
    let said = assembled(&read(&stream(&[both, finish("stop")])))
        .unwrap()
        .said;
    assert!(
        matches!(&said[..], [Said::Thinking { text, .. }] if text == "hm"),
        "{said:?}"
    );
}

#[test]
fn an_error_in_the_middle_is_a_fault_and_the_last_event() {
    let events = read(ROUTER_ERROR);
    assert_eq!(events[..2], [Event::Ping, Event::Ping]);
    assert_eq!(
        events.last(),
        Some(&Event::Fault(StreamFault {
            kind: String::new(),
            code: Some("502".into()),
            message: "Provider disconnected".into(),
        }))
    );
    let fault = |data: &str| match read(&format!("data: {data}\n\n{TEXT}")).as_slice() {
        [Event::Fault(fault)] => (
            fault.kind.clone(),
            fault.code.clone(),
            fault.message.clone(),
        ),
        other => panic!("{other:?}"),
    };
    let full = fault(r#"{"error":{"message":"Overloaded","type":"server_error","code":null}}"#);
    assert_eq!(full, ("server_error".into(), None, "Overloaded".into()));
    assert_eq!(fault(r#"{"error":"out of memory"}"#).2, "out of memory");
    for odd in ["<html>", "[1]", "7", "null", r#"{"choices":7}"#, "\u{fffd}"] {
        assert_eq!(fault(odd).0, "garbled", "{odd}");
    }
}

#[test]
fn a_cut_stream_is_known_by_its_missing_end() {
    let cut = TEXT.replace("data: [DONE]\n\n", "");
    let events = read(&cut);
    assert!(!events.contains(&Event::End));
    assert_eq!(
        events.last(),
        Some(&usage(11, 8, 6, 0)),
        "what was paid for is known all the same"
    );
    assert_eq!(assembled(&events), None);
}

#[test]
fn the_older_function_form_is_a_call() {
    let answer = assembled(&read(OLD_FUNCTION)).unwrap();
    assert_eq!(
        answer.said,
        [said_call("chatcmpl-B1_0", "weather", r#"{"city":"Bern"}"#)]
    );
    assert_eq!(answer.stop, Stop::ToolUse);
}

#[test]
fn calls_of_one_index_are_told_apart_by_their_ids() {
    let chunks = [
        piece(0, Some("a"), Some("f"), "{}"),
        piece(0, Some("b"), Some("g"), "{\"x\":"),
        piece(0, None, None, "1}"),
        finish("stop"),
    ];
    let answer = assembled(&read(&stream(&chunks))).unwrap();
    assert_eq!(
        answer.said,
        [said_call("a", "f", "{}"), said_call("b", "g", "{\"x\":1}")]
    );
}

#[test]
fn an_id_that_is_repeated_or_a_name_that_comes_late_makes_no_new_call() {
    let chunks = [
        piece(0, Some("a"), None, ""),
        piece(0, Some("a"), Some("f"), "{"),
        piece(0, Some("a"), Some("f"), "}"),
        piece(0, Some("z"), None, " "),
        piece(0, Some(""), Some(""), " "),
        finish("tool_calls"),
    ];
    let answer = assembled(&read(&stream(&chunks))).unwrap();
    assert_eq!(answer.said, [said_call("a", "f", "{}  ")]);
}

#[test]
fn text_after_a_call_waits_for_it() {
    let chunks = [
        chunk(json!({"content": "a"})),
        piece(0, Some("x"), Some("f"), "{"),
        chunk(json!({"content": "b"})),
        chunk(json!({"content": "c"})),
        piece(0, None, None, "}"),
        finish("stop"),
    ];
    let answer = assembled(&read(&stream(&chunks))).unwrap();
    assert_eq!(
        answer.said,
        [
            Said::Text("a".into()),
            said_call("x", "f", "{}"),
            Said::Text("bc".into())
        ]
    );
}

#[test]
fn only_the_first_choice_is_told_and_the_answer_is_not_served_again() {
    let other =
        json!({"choices": [{"index": 1, "delta": {"content": "vier"}, "finish_reason": "stop"}]});
    let chunks = [chunk(json!({"content": "four"})), other, finish("stop")];
    let answer = assembled(&read(&stream(&chunks))).unwrap();
    assert_eq!(answer.text(), "four");
    assert!(!answer.is_whole_text());
}

#[test]
fn what_says_more_than_its_text_is_not_served_again() {
    let whole = [chunk(json!({"content": "four"})), finish("stop")];
    assert!(assembled(&read(&stream(&whole))).unwrap().is_whole_text());
    let logprobs = json!({"choices": [{"index": 0, "delta": {}, "logprobs": {"content": [1]}}]});
    for more in [
        chunk(json!({"tool_calls": [{"index": 0, "function": {"name": "f"}}]})),
        chunk(json!({"function_call": {"name": "f"}})),
        chunk(json!({"refusal": "no"})),
        chunk(json!({"reasoning": "hm"})),
        chunk(json!({"annotations": [1]})),
        chunk(json!({"audio": {"id": "a"}})),
        logprobs,
        finish("length"),
    ] {
        let chunks = [
            chunk(json!({"content": "four"})),
            finish("stop"),
            more.clone(),
        ];
        let answer = assembled(&read(&stream(&chunks))).unwrap();
        assert!(!answer.is_whole_text(), "{more}");
    }
    let endless = assembled(&read(&stream(&[chunk(json!({"content": "four"}))]))).unwrap();
    assert_eq!(endless.stop, Stop::EndTurn);
    assert!(!endless.is_whole_text(), "nobody said that it was whole");
}

#[test]
fn an_answer_that_the_provider_broke_off_is_a_fault() {
    let chunks = [
        chunk(json!({"content": "half"})),
        finish("insufficient_system_resource"),
    ];
    let events = read(&stream(&chunks));
    assert!(
        matches!(events.last(), Some(Event::Fault(fault)) if fault.kind == "insufficient_system_resource")
    );
}

#[test]
fn what_waits_is_bounded() {
    let mut reader = StreamReader::default();
    let mut events = Vec::new();
    let mut push = |chunk: Value| {
        reader
            .push(format!("data: {chunk}\n\n").as_bytes(), &mut events)
            .unwrap();
        matches!(events.last(), Some(Event::Fault(_)))
    };
    assert!(!push(piece(0, Some("a"), Some("f"), "")));
    let long = "x".repeat(1 << 20);
    let failed = (1..12)
        .map(|_| push(piece(1, Some("b"), Some("g"), &long)))
        .position(|f| f);
    assert_eq!(failed, Some(8));
    let many: Vec<Value> = (0..1_100)
        .map(|at| piece(at, Some(&at.to_string()), Some("f"), ""))
        .collect();
    assert!(matches!(read(&stream(&many)).last(), Some(Event::Fault(_))));
}

/// The order that the hub asks for.
fn is_in_order(events: &[Event]) -> bool {
    let mut rest = events
        .iter()
        .filter(|event| **event != Event::Ping)
        .peekable();
    let mut next_is = |want: fn(&Event) -> bool| rest.next_if(|event| want(event)).is_some();
    if next_is(|e| matches!(e, Event::Fault(_))) {
        return rest.next().is_none();
    }
    if !next_is(|e| matches!(e, Event::Start { .. })) {
        return rest.next().is_none();
    }
    loop {
        if !next_is(|e| matches!(e, Event::Open(_))) {
            break;
        }
        while next_is(|e| matches!(e, Event::Delta(text) if !text.is_empty())) {}
        if !next_is(|e| *e == Event::Close) {
            break;
        }
    }
    while next_is(|e| matches!(e, Event::Usage(_))) {}
    if next_is(|e| matches!(e, Event::Stop(_))) && !next_is(|e| *e == Event::End) {
        return false;
    }
    next_is(|e| matches!(e, Event::Fault(_)));
    rest.next().is_none()
}

fn any_chunk() -> impl Strategy<Value = Value> {
    let words = prop::sample::select(vec!["content", "reasoning_content", "reasoning", "refusal"]);
    let reason = prop::sample::select(vec!["stop", "tool_calls", "length", "content_filter"]);
    prop_oneof![
        4 => (words, "[a-z]{0,3}").prop_map(|(field, text)| chunk(json!({field: text}))),
        4 => (0u32..3, "[a-z]{0,3}").prop_map(|(index, arguments)| {
            let id = format!("call_{index}");
            piece(index, Some(&id), Some("f"), &arguments)
        }),
        1 => reason.prop_map(finish),
        1 => Just(json!({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}})),
    ]
}

proptest! {
    #[test]
    fn the_same_events_come_wherever_the_bytes_are_cut(which in 0usize..5, crlf: bool, tight: bool, cuts in prop::collection::vec(0usize..2_500, 0..12)) {
        let mut stream = [TEXT, CALLS, REASONING, ROUTER_ERROR, OLD_FUNCTION][which].to_owned();
        let whole = read(&stream);
        if tight { stream = stream.replace("data: ", "data:"); }
        if crlf { stream = stream.replace('\n', "\r\n"); }
        let mut cuts: Vec<usize> = cuts.into_iter().map(|at| at.min(stream.len())).collect();
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        let mut reader = StreamReader::default();
        let mut events = Vec::new();
        for pair in cuts.windows(2) {
            reader.push(&stream.as_bytes()[pair[0]..pair[1]], &mut events).unwrap();
        }
        prop_assert_eq!(events, whole);
    }

    #[test]
    fn events_keep_their_order_and_lose_nothing(chunks in prop::collection::vec(any_chunk(), 0..14)) {
        let events = read(&stream(&chunks));
        prop_assert!(is_in_order(&events), "{:?}", events);
        prop_assert_eq!(events.last(), Some(&Event::End));
        // What was said before the usage came after a reason is the answer.
        let mut reason = false;
        let said = chunks.iter().take_while(|chunk| {
            reason |= chunk["choices"][0]["finish_reason"].is_string();
            !(reason && chunk["usage"].is_object())
        });
        let (mut words, mut calls) = (BTreeMap::<&str, String>::new(), BTreeMap::<String, String>::new());
        for delta in said.map(|chunk| &chunk["choices"][0]["delta"]) {
            for (field, kind) in [("content", "text"), ("reasoning_content", "thinking"), ("reasoning", "thinking"), ("refusal", "refusal")] {
                words.entry(kind).or_default().push_str(delta[field].as_str().unwrap_or_default());
            }
            if let Some(call) = delta["tool_calls"].get(0) {
                let id = call["id"].as_str().unwrap().to_owned();
                calls.entry(id).or_default().push_str(call["function"]["arguments"].as_str().unwrap());
            }
        }
        let (mut told, mut told_calls) = (BTreeMap::<&str, String>::new(), BTreeMap::<String, String>::new());
        for kind in ["text", "thinking", "refusal"] { told.insert(kind, String::new()); }
        if words.is_empty() { words = told.clone(); }
        for said in assembled(&events).unwrap().said {
            match said {
                Said::Text(text) => told.entry("text").or_default().push_str(&text),
                Said::Thinking { text, .. } => told.entry("thinking").or_default().push_str(&text),
                Said::Refusal(text) => told.entry("refusal").or_default().push_str(&text),
                Said::ToolCall { id, arguments, .. } => prop_assert_eq!(told_calls.insert(id, arguments), None),
            }
        }
        prop_assert_eq!((told, told_calls), (words, calls));
    }

    #[test]
    fn nothing_makes_the_reader_panic_or_lose_its_order(bytes in prop::collection::vec(any::<u8>(), 0..200), values in prop::collection::vec(any_json(), 0..6), deltas in prop::collection::vec(any_json(), 0..6)) {
        let mut events = Vec::new();
        StreamReader::default().push(&bytes, &mut events).unwrap();
        let chunks: Vec<Value> = values.into_iter().chain(deltas.into_iter().map(chunk)).collect();
        let events = read(&stream(&chunks));
        prop_assert!(is_in_order(&events), "{:?}", events);
    }

    #[test]
    fn a_stream_and_a_whole_answer_say_the_same(pieces in prop::collection::vec("[a-z]{1,3}", 0..4), arguments in prop::collection::vec("[a-z]{1,3}", 0..3)) {
        let mut chunks: Vec<Value> = pieces.iter().map(|text| chunk(json!({"content": text}))).collect();
        let mut message = json!({"role": "assistant", "content": pieces.concat()});
        if !arguments.is_empty() {
            chunks.push(piece(0, Some("c"), Some("f"), ""));
            chunks.extend(arguments.iter().map(|text| piece(0, None, None, text)));
            message["tool_calls"] = json!([{"id": "c", "type": "function", "function": {"name": "f", "arguments": arguments.concat()}}]);
        }
        chunks.insert(0, json!({"model": "m", "choices": []}));
        chunks.push(finish("stop"));
        let whole = json!({"model": "m", "choices": [{"message": message, "finish_reason": "stop"}]});
        prop_assert_eq!(assembled(&read(&stream(&chunks))), read_answer(whole.to_string().as_bytes()));
    }
}
