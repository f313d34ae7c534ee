use super::answers::{ANSWER, call, envelope};
use super::{events_of, stream};
use crate::hub::{
    Answer, Assembler, CallKind, Event, Head, Origin, Said, Stop, StreamFault, Usage,
};
use crate::openai::responses::{StreamWriter, read_answer};

const STREAM: &str = include_str!("../../../../tests/golden/responses/stream.sse");
const WRITTEN: &str = include_str!("../../../../tests/golden/responses/written.sse");

fn assembled(events: &[Event]) -> Answer {
    let mut assembler = Assembler::default();
    events.iter().for_each(|event| assembler.push(event));
    assembler.answer().unwrap()
}

fn written(events: &[Event]) -> String {
    let mut writer = StreamWriter::new(envelope());
    let mut out = String::new();
    events.iter().for_each(|event| writer.push(event, &mut out));
    out
}

fn kinds(text: &str) -> Vec<&str> {
    text.lines()
        .filter_map(|line| line.strip_prefix("event: "))
        .collect()
}

const ADDED: &str = r#"{"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","id":"fc_0","call_id":"c0","name":"f","arguments":""}}"#;
const DONE: &str =
    r#"{"type":"response.completed","response":{"model":"m","status":"completed","output":[]}}"#;

#[test]
fn a_stream_and_its_whole_answer_say_the_same() {
    let events = events_of([STREAM.as_bytes()]);
    assert_eq!(assembled(&events), read_answer(ANSWER).unwrap());
    assert_eq!(
        events[0],
        Event::Start {
            model: "gpt-6.1-sol-2026-09-01".into()
        }
    );
    assert_eq!(
        events[2..8],
        [
            Event::Open(Head::Thinking {
                origin: Origin::Responses { id: "rs_1".into() }
            }),
            Event::Delta("**Plan".into()),
            Event::Delta("ning**".into()),
            Event::Delta("\n\nThen the file.".into()),
            Event::Proof("gAAA-whole".into()),
            Event::Close,
        ]
    );
    assert_eq!(events.last(), Some(&Event::End));
}

#[test]
fn every_split_point_gives_the_same_events() {
    let whole = events_of([STREAM.as_bytes()]);
    for at in 0..STREAM.len() {
        let (head, tail) = STREAM.as_bytes().split_at(at);
        assert_eq!(events_of([head, tail]), whole, "split at {at}");
    }
    assert_eq!(events_of(STREAM.as_bytes().chunks(1)), whole);
    let windows = STREAM.replace('\n', "\r\n").replace("data: ", "data:");
    assert_eq!(events_of(windows.as_bytes().chunks(7)), whole);
}

#[test]
fn items_side_by_side_become_blocks_one_after_the_other() {
    let second = ADDED
        .replace("\"output_index\":0", "\"output_index\":1")
        .replace("c0", "c1");
    let delta = |index: u8, text: &str| {
        format!(
            r#"{{"type":"response.function_call_arguments.delta","output_index":{index},"delta":"{text}"}}"#
        )
    };
    let whole = |index: u8, text: &str| {
        format!(
            r#"{{"type":"response.output_item.done","output_index":{index},"item":{{"type":"function_call","call_id":"c{index}","name":"f","arguments":"{text}"}}}}"#
        )
    };
    let lines = [
        ADDED.to_owned(),
        second,
        delta(1, "b1"),
        delta(0, "a1"),
        whole(1, "b1b2"),
        delta(0, "a2"),
        whole(0, "a1a2"),
        DONE.to_owned(),
    ];
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let events = stream(&lines);
    let open = |id: &str| {
        Event::Open(Head::ToolCall {
            id: id.into(),
            name: "f".into(),
            namespace: None,
            kind: CallKind::Function,
        })
    };
    let text = |text: &str| Event::Delta(text.into());
    assert_eq!(
        events[1..],
        [
            open("c0"),
            text("a1"),
            text("a2"),
            Event::Close,
            open("c1"),
            text("b1"),
            Event::Close,
            Event::Stop(Stop::ToolUse),
            Event::End
        ]
    );
}

#[test]
fn a_proof_that_comes_late_does_not_open_within_the_text_after_it() {
    let delta = |text: &str| {
        format!(
            r#"{{"type":"response.output_text.delta","output_index":1,"content_index":0,"delta":"{text}"}}"#
        )
    };
    let events = stream(&[
        r#"{"type":"response.created","response":{"model":"m"}}"#,
        r#"{"type":"response.output_item.added","output_index":0,"item":{"type":"reasoning","id":"rs","summary":[]}}"#,
        &delta("A"),
        r#"{"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","id":"rs","summary":[],"encrypted_content":"ENC"}}"#,
        &delta("B"),
        DONE,
    ]);
    let id = "rs".into();
    let origin = Origin::Responses { id };
    assert_eq!(
        events[1..],
        [
            Event::Open(Head::Thinking { origin }),
            Event::Proof("ENC".into()),
            Event::Close,
            Event::Open(Head::Text),
            Event::Delta("A".into()),
            Event::Delta("B".into()),
            Event::Close,
            Event::Stop(Stop::EndTurn),
            Event::End
        ]
    );
}

#[test]
fn servers_that_stream_less_are_understood() {
    let item = r#"{"type":"response.output_item.done","output_index":0,"item":{"type":"message","content":[{"type":"output_text","text":"hi"}]}}"#;
    let whole = r#"{"type":"response.completed","response":{"status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"hi"}]}]}}"#;
    let bare = [
        r#"{"type":"response.output_text.delta","delta":"h"}"#,
        r#"{"type":"response.output_text.delta","delta":"i"}"#,
        r#"{"type":"response.completed"}"#,
    ];
    for lines in [&[item, DONE][..], &[whole], &bare] {
        let answer = assembled(&stream(lines));
        assert_eq!(answer.said, [Said::Text("hi".into())], "{lines:?}");
        assert_eq!(answer.stop, Stop::EndTurn);
    }
    let only_done = [
        ADDED,
        r#"{"type":"response.function_call_arguments.done","output_index":0,"arguments":"{}"}"#,
        DONE,
    ];
    assert_eq!(assembled(&stream(&only_done)).said, [call("c0", "f", "{}")]);
}

#[test]
fn reasoning_in_full_is_read_where_there_is_no_summary() {
    let lines = [
        r#"{"type":"response.reasoning_text.delta","output_index":0,"content_index":0,"delta":"a"}"#,
        r#"{"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":0,"delta":"again"}"#,
        r#"{"type":"response.reasoning_text.delta","output_index":0,"content_index":1,"delta":"b"}"#,
        DONE,
    ];
    assert!(matches!(
        assembled(&stream(&lines)).said.as_slice(),
        [Said::Thinking { text, proof: None, .. }] if text == "a\n\nb"
    ));
    let silent = [
        r#"{"type":"response.output_item.added","output_index":0,"item":{"type":"reasoning","id":"rs_1","summary":[]}}"#,
        r#"{"type":"response.output_text.delta","output_index":1,"delta":"x"}"#,
        DONE,
    ];
    assert_eq!(assembled(&stream(&silent)).said, [Said::Text("x".into())]);
}

#[test]
fn an_incomplete_response_ends_with_its_reason() {
    let end = |rest: &str| {
        let line = format!(r#"{{"type":"response.incomplete","response":{{{rest}}}}}"#);
        let events = stream(&[ADDED, &line]);
        assert_eq!(events[events.len() - 3], Event::Close);
        events[events.len() - 2].clone()
    };
    assert_eq!(
        end(r#""incomplete_details":{"reason":"max_output_tokens"}"#),
        Event::Stop(Stop::MaxTokens)
    );
    assert_eq!(
        end(r#""incomplete_details":{"reason":"content_filter"}"#),
        Event::Stop(Stop::Refusal)
    );
}

#[test]
fn failures_in_the_stream_are_faults_and_nothing_follows_them() {
    let fault = |kind: &str, code: Option<&str>, message: &str| {
        Event::Fault(StreamFault {
            kind: kind.into(),
            code: code.map(str::to_owned),
            message: message.into(),
        })
    };
    let cases = [
        (
            r#"{"type":"response.failed","response":{"status":"failed","error":{"code":"server_is_overloaded","message":"m"},"output":[]}}"#,
            fault("", Some("server_is_overloaded"), "m"),
        ),
        (
            r#"{"type":"error","code":"rate_limit_exceeded","message":"m","param":null,"sequence_number":3}"#,
            fault("", Some("rate_limit_exceeded"), "m"),
        ),
        (
            r#"{"type":"error","error":{"type":"server_error","code":null,"message":"m"}}"#,
            fault("server_error", None, "m"),
        ),
        (
            r#"{"error":{"message":"m","type":"t"}}"#,
            fault("t", None, "m"),
        ),
    ];
    for (line, expected) in cases {
        let events = stream(&[ADDED, line, DONE]);
        assert_eq!(events.last(), Some(&expected), "{line}");
    }
    for garbage in [
        "<html>",
        "[1]",
        r#"{"type":"response.output_text.delta","delta":7}"#,
        r#"{"type":"response.completed""#,
    ] {
        let events = stream(&[garbage, DONE]);
        assert!(
            matches!(events.as_slice(), [Event::Fault(fault)] if fault.kind == "garbled"),
            "{events:?}"
        );
    }
}

#[test]
fn what_is_unknown_is_passed_over() {
    let events = stream(&[
        r#"{"type":"response.web_search_call.searching","output_index":0,"item_id":"ws"}"#,
        r#"{"type":"response.new_thing","delta":{"odd":1},"item":7}"#,
        DONE,
        "[DONE]",
        r#"{"type":"response.output_text.delta","delta":"late"}"#,
    ]);
    assert_eq!(
        events,
        [
            Event::Start { model: "m".into() },
            Event::Stop(Stop::EndTurn),
            Event::End
        ]
    );
}

#[test]
fn signs_of_life_are_told() {
    let text = ": comment\n\ndata: {\"type\":\"response.created\",\"response\":{\"model\":\"m\"}}\n\nevent: response.in_progress\ndata: {\"type\":\"response.in_progress\"}\n\n";
    let start = Event::Start { model: "m".into() };
    assert_eq!(
        events_of([text.as_bytes()]),
        [Event::Ping, start, Event::Ping]
    );
}

#[test]
fn blocks_that_interleave_without_end_are_refused() {
    let lines: Vec<String> = (0..1026)
        .map(|index| ADDED.replace("\"output_index\":0", &format!("\"output_index\":{index}")))
        .collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let events = stream(&lines);
    assert!(matches!(events.last(), Some(Event::Fault(fault)) if fault.kind == "garbled"));
}

#[test]
fn a_stream_is_written_event_for_event() {
    let answer = Answer {
        model: "upstream".into(),
        said: vec![
            Said::Thinking {
                text: "hm".into(),
                proof: Some("sig".into()),
                origin: Origin::Anthropic { redacted: false },
            },
            Said::Text("Für dich".into()),
            call("toolu_1", "clock__now", "{\"zone\":\"UTC\"}"),
            call(
                "toolu_2",
                "apply_patch",
                "{\"input\":\"*** Begin Patch\\n\"}",
            ),
        ],
        stop: Stop::ToolUse,
        usage: Some(Usage {
            input: 10,
            output: 5,
            ..Usage::default()
        }),
    };
    let text = written(&answer.events());
    assert_eq!(text, WRITTEN, "{text}");
    let kinds = kinds(&text);
    assert_eq!(kinds.first(), Some(&"response.created"));
    assert_eq!(kinds.last(), Some(&"response.completed"));
    assert_eq!(
        kinds
            .iter()
            .filter(|kind| **kind == "response.output_item.done")
            .count(),
        4
    );
}

#[test]
fn free_text_inside_json_is_told_when_it_is_whole() {
    let head = Head::ToolCall {
        id: "c".into(),
        name: "apply_patch".into(),
        namespace: None,
        kind: CallKind::Function,
    };
    let mut writer = StreamWriter::new(envelope());
    let mut out = String::new();
    writer.push(&Event::Open(head), &mut out);
    let before = out.len();
    for piece in ["{\"inp", "ut\":\"*** Be", "gin\\n\"}"] {
        writer.push(&Event::Delta(piece.into()), &mut out);
    }
    assert_eq!(out.len(), before);
    writer.push(&Event::Close, &mut out);
    assert_eq!(
        kinds(&out[before..]),
        [
            "response.custom_tool_call_input.delta",
            "response.custom_tool_call_input.done",
            "response.output_item.done"
        ]
    );
    assert!(out[before..].contains(r#""delta":"*** Begin\n""#));
}

#[test]
fn a_fault_writes_nothing_more() {
    let fault = Event::Fault(StreamFault {
        kind: "overloaded_error".into(),
        code: None,
        message: "m".into(),
    });
    let start = Event::Start { model: "m".into() };
    let half = [start, Event::Open(Head::Text), Event::Delta("x".into())];
    let mut cut = half.to_vec();
    cut.extend([fault, Event::Close, Event::Stop(Stop::EndTurn), Event::End]);
    assert_eq!(written(&cut), written(&half));
    assert!(
        !written(&cut).contains("response.completed") && !written(&cut).contains("response.failed")
    );
}

#[test]
fn life_is_shown_with_an_event_that_codex_counts() {
    let start = Event::Start { model: "m".into() };
    let text = written(&[Event::Ping, start, Event::Ping]);
    assert_eq!(
        kinds(&text),
        [
            "response.created",
            "response.in_progress",
            "response.in_progress"
        ]
    );
}

#[test]
fn an_answer_at_its_bound_ends_incomplete() {
    let answer = Answer {
        model: "m".into(),
        said: vec![Said::Text("x".into())],
        stop: Stop::MaxTokens,
        usage: None,
    };
    let text = written(&answer.events());
    assert_eq!(kinds(&text).last(), Some(&"response.incomplete"));
    assert!(text.contains(r#""incomplete_details":{"reason":"max_output_tokens"}"#));
}

#[test]
fn an_answer_that_cannot_be_repeated_whole_is_never_called_complete() {
    let mut writer = StreamWriter::new(envelope());
    let mut out = String::new();
    writer.push(&Event::Open(Head::Text), &mut out);
    let piece = Event::Delta("x".repeat(1 << 20));
    for _ in 0..9 {
        writer.push(&piece, &mut out);
    }
    writer.push(&Event::Close, &mut out);
    writer.push(&Event::End, &mut out);
    assert_eq!(kinds(&out).last(), Some(&"response.output_text.delta"));
    assert!(out.len() < 9 << 20);
}
