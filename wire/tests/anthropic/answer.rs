//! How answers and streams of Messages are read and written.

use moecraft_wire::anthropic::{
    StreamReader, StreamWriter, read_answer, read_request, write_answer,
};
use moecraft_wire::hub::{
    Answer, Assembler, Block, CallKind, Event, Head, Origin, Said, Stop, StreamFault, Usage,
};
use moecraft_wire::{Dialect, Envelope};
use proptest::prelude::*;
use serde_json::{Value, json};

const STREAM: &str = include_str!("../golden/anthropic/tool_turn.sse");
const WHOLE: &str = include_str!("../golden/anthropic/tool_turn.json");

fn read_chunks<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<Event> {
    let mut reader = StreamReader::default();
    let mut events = Vec::new();
    for chunk in chunks {
        reader.push(chunk, &mut events).unwrap();
    }
    events
}

fn read(stream: &str) -> Vec<Event> {
    read_chunks([stream.as_bytes()])
}

/// A stream of these events' data.
fn sse(events: &[Value]) -> String {
    let event = |data: &Value| {
        format!(
            "event: {}\ndata: {data}\n\n",
            data["type"].as_str().unwrap_or("x")
        )
    };
    events.iter().map(event).collect()
}

fn start(index: u64, block: Value) -> Value {
    json!({"type": "content_block_start", "index": index, "content_block": block})
}

fn delta(index: u64, kind: &str, member: &str, text: &str) -> Value {
    json!({"type": "content_block_delta", "index": index, "delta": {"type": kind, member: text}})
}

fn say(index: u64, text: &str) -> Value {
    delta(index, "text_delta", "text", text)
}

fn think(index: u64, text: &str) -> Value {
    delta(index, "thinking_delta", "thinking", text)
}

fn argue(index: u64, text: &str) -> Value {
    delta(index, "input_json_delta", "partial_json", text)
}

fn stop(index: u64) -> Value {
    json!({"type": "content_block_stop", "index": index})
}

fn begin() -> Value {
    json!({"type": "message_start", "message": {"model": "m", "usage": {"input_tokens": 5, "output_tokens": 1}}})
}

fn end(reason: &str) -> [Value; 2] {
    [
        json!({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 9}}),
        json!({"type": "message_stop"}),
    ]
}

fn text_block() -> Value {
    json!({"type": "text", "text": ""})
}

fn tool_block(id: &str) -> Value {
    json!({"type": "tool_use", "id": id, "name": "t", "input": {}})
}

/// What a stream of these blocks says.
fn said(blocks: &[Value]) -> Vec<Said> {
    let mut events = vec![begin()];
    events.extend_from_slice(blocks);
    events.extend(end("end_turn"));
    assembled(&read(&sse(&events))).unwrap().said
}

fn assembled(events: &[Event]) -> Option<Answer> {
    let mut assembler = Assembler::default();
    events.iter().for_each(|event| assembler.push(event));
    assembler.answer()
}

fn envelope() -> Envelope {
    Envelope {
        id: "01".into(),
        model: "asked".into(),
        ..Envelope::default()
    }
}

fn write(events: &[Event]) -> String {
    let mut writer = StreamWriter::new(envelope());
    let mut out = String::new();
    events.iter().for_each(|event| writer.push(event, &mut out));
    out
}

fn call(id: &str, arguments: &str) -> Said {
    Said::ToolCall {
        id: id.into(),
        name: "t".into(),
        namespace: None,
        arguments: arguments.into(),
        custom: false,
    }
}

#[test]
fn a_stream_gives_its_events_in_the_hubs_order() {
    let thinking = |redacted| {
        Event::Open(Head::Thinking {
            origin: Origin::Anthropic { redacted },
        })
    };
    let call = |id: &str, name: &str| {
        Event::Open(Head::ToolCall {
            id: id.into(),
            name: name.into(),
            namespace: None,
            kind: CallKind::Function,
        })
    };
    let delta = |text: &str| Event::Delta(text.into());
    assert_eq!(
        read(STREAM),
        [
            Event::Start {
                model: "claude-sonnet-5-5".into()
            },
            Event::Usage(Usage {
                input: 12,
                cache_read: 4000,
                cache_write: 100,
                cache_write_long: 200,
                output: 3,
                reasoning: 0,
            }),
            thinking(false),
            delta("Two files, "),
            Event::Ping,
            delta("two reads."),
            Event::Proof("EqQBCkYIBRgCKkB7/mQ==".into()),
            Event::Close,
            thinking(true),
            Event::Proof("EmwKAhgBEgy3va3pzix/LafPsn4a".into()),
            Event::Close,
            Event::Open(Head::Text),
            delta("I’ll "),
            delta("read both."),
            Event::Close,
            call("toolu_01A", "Read"),
            delta("{\"file_path\": "),
            delta("\"a.rs\"}"),
            Event::Close,
            call("toolu_01B", "List"),
            delta("{}"),
            Event::Close,
            Event::Usage(Usage {
                input: 12,
                cache_read: 4000,
                cache_write: 100,
                cache_write_long: 200,
                output: 87,
                reasoning: 21,
            }),
            Event::Stop(Stop::ToolUse),
            Event::End,
        ]
    );
}

#[test]
fn the_same_answer_reads_the_same_whole_and_as_a_stream() {
    let whole = read_answer(WHOLE.as_bytes()).unwrap();
    assert_eq!(assembled(&read(STREAM)), Some(whole));
}

#[test]
fn every_cut_of_a_stream_gives_the_same_events() {
    let whole = read(STREAM);
    for at in 0..STREAM.len() {
        let (one, two) = STREAM.as_bytes().split_at(at);
        assert_eq!(read_chunks([one, two]), whole, "cut at {at}");
    }
    assert_eq!(read_chunks(STREAM.as_bytes().chunks(1)), whole);
    let crlf = STREAM.replace('\n', "\r\n").replace("data: ", "data:");
    assert_eq!(read_chunks(crlf.as_bytes().chunks(3)), whole);
}

#[test]
fn a_cut_stream_tells_the_buckets_of_its_prompt() {
    let (cut, _) = STREAM.split_once("event: content_block_stop").unwrap();
    let mut assembler = Assembler::default();
    read(cut).iter().for_each(|event| assembler.push(event));
    let usage = assembler.usage().unwrap();
    assert_eq!((usage.input, usage.cache_read), (12, 4000));
    assert_eq!((usage.cache_write, usage.cache_write_long), (100, 200));
    assert!(!assembler.has_ended());
}

#[test]
fn an_early_usage_is_told_once_and_only_where_it_says_something() {
    let begun =
        |usage: Value| json!({"type": "message_start", "message": {"model": "m", "usage": usage}});
    let known = begun(json!({"input_tokens": 5, "output_tokens": 1}));
    let zeros = begun(json!({"input_tokens": 0, "output_tokens": 0}));
    let told = |frames: &[Value]| {
        let events = read(&sse(frames));
        events
            .iter()
            .filter(|event| matches!(event, Event::Usage(_)))
            .count()
    };
    assert_eq!(told(&[known.clone(), start(0, text_block()), known]), 1);
    assert_eq!(told(&[zeros]), 0);
}

#[test]
fn an_early_usage_shows_nothing_and_gives_way_to_the_last() {
    let events = read(STREAM);
    let early = events
        .iter()
        .position(|event| matches!(event, Event::Usage(_)));
    let mut without = events.clone();
    without.remove(early.unwrap());
    for dialect in [Dialect::Chat, Dialect::Responses, Dialect::Messages] {
        let written = |events: &[Event]| {
            let mut writer = dialect.writer(Envelope {
                include_usage: true,
                ..envelope()
            });
            let mut out = String::new();
            events.iter().for_each(|event| writer.push(event, &mut out));
            out
        };
        assert_eq!(written(&events), written(&without), "{dialect:?}");
    }
}

#[test]
fn a_delta_that_does_not_fit_its_block_gets_one_that_does() {
    let text = |text: &str| Said::Text(text.into());
    let thought = |text: &str| Said::Thinking {
        text: text.into(),
        proof: None,
        origin: Origin::Anthropic { redacted: false },
    };
    for (blocks, expected) in [
        // Thinking within a block of text.
        (
            vec![
                start(0, text_block()),
                think(0, "hm"),
                say(0, "so"),
                stop(0),
            ],
            vec![text(""), thought("hm"), text("so")],
        ),
        // A delta before its block.
        (
            vec![say(0, "a"), start(0, text_block()), say(0, "b"), stop(0)],
            vec![text("ab")],
        ),
        // Arguments of a call that never began.
        (vec![argue(3, "{}"), say(0, "a"), stop(0)], vec![text("a")]),
        // Text and arguments that stand in the start itself.
        (
            vec![
                start(0, json!({"type": "text", "text": "now "})),
                say(0, "then"),
                stop(0),
            ],
            vec![text("now then")],
        ),
        (
            vec![
                start(
                    0,
                    json!({"type": "tool_use", "id": "a", "name": "t", "input": {"n": 1}}),
                ),
                stop(0),
            ],
            vec![call("a", r#"{"n":1}"#)],
        ),
    ] {
        assert_eq!(said(&blocks), expected, "{blocks:?}");
    }
}

#[test]
fn blocks_that_interleave_come_one_after_another() {
    let both = [call("a", r#"{"n":1}"#), call("b", r#"{"n":2}"#)];
    let blocks = [
        start(1, tool_block("a")),
        argue(1, "{\"n\":"),
        start(2, tool_block("b")),
        argue(2, "{\"n\":"),
        argue(1, "1}"),
        argue(2, "2}"),
        stop(2),
        stop(1),
    ];
    assert_eq!(said(&blocks), both);
    // No block is ever ended, or all have one index.
    let unended: Vec<Value> = blocks
        .iter()
        .filter(|block| block["type"] != "content_block_stop")
        .cloned()
        .collect();
    assert_eq!(said(&unended), both);
    let reset = [
        start(0, tool_block("a")),
        argue(0, r#"{"n":1}"#),
        start(0, tool_block("b")),
        argue(0, r#"{"n":2}"#),
        stop(0),
    ];
    assert_eq!(said(&reset), both);
}

#[test]
fn what_only_anthropics_own_tools_say_is_passed_over() {
    let blocks = [
        start(
            0,
            json!({"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}),
        ),
        argue(0, "{\"query\":"),
        stop(0),
        start(
            1,
            json!({"type": "web_search_tool_result", "tool_use_id": "s", "content": [{"type": "web_search_result"}]}),
        ),
        stop(1),
        start(2, json!({"type": "text", "text": "", "citations": []})),
        json!({"type": "content_block_delta", "index": 2, "delta": {"type": "citations_delta", "citation": {"type": "later"}}}),
        say(2, "found"),
        stop(2),
        json!({"type": "later", "delta": "anything", "index": "odd"}),
    ];
    assert_eq!(said(&blocks), [Said::Text("found".into())]);
}

#[test]
fn the_stop_follows_from_the_calls_where_the_reason_does_not_say() {
    let with_call = [start(0, tool_block("a")), stop(0)];
    for (reason, blocks, expected) in [
        ("end_turn", &with_call[..], Stop::ToolUse),
        ("later", &with_call, Stop::ToolUse),
        ("max_tokens", &with_call, Stop::MaxTokens),
        ("tool_use", &[], Stop::EndTurn),
        ("stop_sequence", &[], Stop::Sequence(None)),
        ("refusal", &[], Stop::Refusal),
        ("pause_turn", &[], Stop::Pause),
        ("model_context_window_exceeded", &[], Stop::ContextFull),
    ] {
        let events = [&[begin()][..], blocks, &end(reason)].concat();
        let answer = assembled(&read(&sse(&events))).unwrap();
        assert_eq!(answer.stop, expected, "{reason}");
    }
    let whole = r#"{"type":"message","content":[{"type":"tool_use","id":"a","name":"t","input":{"n":1}}],"stop_reason":"end_turn"}"#;
    let answer = read_answer(whole.as_bytes()).unwrap();
    assert_eq!((answer.stop, answer.usage), (Stop::ToolUse, None));
    let stopped = r#"{"content":[],"stop_reason":"stop_sequence","stop_sequence":"END"}"#;
    assert_eq!(
        read_answer(stopped.as_bytes()).unwrap().stop,
        Stop::Sequence(Some("END".into()))
    );
}

#[test]
fn a_stream_without_its_end_has_none() {
    let half = [begin(), start(0, text_block()), say(0, "half")];
    let events = read(&sse(&half));
    assert_eq!(assembled(&events), None);
    assert_eq!(events.last(), Some(&Event::Delta("half".into())));
    // No reason, but an end.
    let ended = [&half[..], &[json!({"type": "message_stop"})]].concat();
    assert_eq!(assembled(&read(&sse(&ended))).unwrap().stop, Stop::EndTurn);
}

#[test]
fn trouble_in_the_middle_is_told_and_ends_the_stream() {
    let fault = |kind: &str, code: Option<&str>, message: &str| {
        Event::Fault(StreamFault {
            kind: kind.into(),
            code: code.map(Into::into),
            message: message.into(),
        })
    };
    let after = sse(&[say(0, "ignored")]);
    for (event, expected) in [
        (
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded","details":{"error_code":"c"}},"request_id":"r"}"#,
            fault("overloaded_error", Some("c"), "Overloaded"),
        ),
        (
            r#"{"error":"model not loaded"}"#,
            fault("", None, "model not loaded"),
        ),
        (
            "<html>502</html>",
            fault("garbled", None, "an event of the stream is no JSON object"),
        ),
        (
            "[1]",
            fault("garbled", None, "an event of the stream is no JSON object"),
        ),
        (
            r#"{"type":"content_block_start","index":0,"content_block":"x"}"#,
            fault("garbled", None, "a block of the stream cannot be read"),
        ),
    ] {
        let events = read(&format!("data: {event}\n\n{after}"));
        assert_eq!(events, [expected], "{event}");
    }
    assert_eq!(
        read(": hold on\n\nevent: ping\ndata: {\"type\": \"ping\"}\n\ndata: [DONE]\n\n"),
        [Event::Ping, Event::Ping]
    );
}

#[test]
fn what_is_left_open_is_bounded() {
    let mut reader = StreamReader::default();
    let mut events = Vec::new();
    reader
        .push(sse(&[start(0, text_block())]).as_bytes(), &mut events)
        .unwrap();
    let next = sse(&[start(1, text_block()), say(1, &"x".repeat(1 << 20))]);
    for _ in 0..10 {
        reader.push(next.as_bytes(), &mut events).unwrap();
    }
    assert!(
        matches!(events.last(), Some(Event::Fault(_))),
        "{}",
        events.len()
    );
    assert_eq!(
        events
            .iter()
            .filter(|event| matches!(event, Event::Fault(_)))
            .count(),
        1
    );
}

#[test]
fn other_things_are_no_answer() {
    for body in [
        "",
        "<html>",
        "[]",
        "{}",
        r#"{"type":"error","error":{"type":"api_error","message":"x"}}"#,
        r#"{"type":"completion","content":[]}"#,
        r#"{"type":"message","content":"text"}"#,
    ] {
        assert_eq!(read_answer(body.as_bytes()), None, "{body}");
    }
}

fn answer(said: Vec<Said>, stop: Stop) -> Answer {
    Answer {
        model: "upstream".into(),
        said,
        stop,
        usage: Some(Usage {
            input: 10,
            cache_read: 20,
            cache_write: 3,
            cache_write_long: 4,
            output: 7,
            reasoning: 2,
        }),
    }
}

#[test]
fn a_stream_is_written_with_every_event_and_field_that_sdks_rely_on() {
    let answer = answer(
        vec![Said::Text("Hi".into()), call("c.1", r#"{"n":1}"#)],
        Stop::ToolUse,
    );
    let id = moecraft_wire::hub::portable_id("c.1");
    assert_eq!(
        write(&answer.events()),
        [
            "event: message_start",
            r#"data: {"type":"message_start","message":{"id":"msg_01","type":"message","role":"assistant","model":"asked","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":0,"output_tokens_details":{"thinking_tokens":0},"service_tier":"standard"}}}"#,
            "",
            "event: content_block_start",
            r#"data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
            "",
            "event: content_block_delta",
            r#"data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}"#,
            "",
            "event: content_block_stop",
            r#"data: {"type":"content_block_stop","index":0}"#,
            "",
            "event: content_block_start",
            &format!(r#"data: {{"type":"content_block_start","index":1,"content_block":{{"type":"tool_use","id":"{id}","name":"t","input":{{}}}}}}"#),
            "",
            "event: content_block_delta",
            r#"data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"n\":1}"}}"#,
            "",
            "event: content_block_stop",
            r#"data: {"type":"content_block_stop","index":1}"#,
            "",
            "event: message_delta",
            r#"data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"input_tokens":10,"cache_creation_input_tokens":7,"cache_read_input_tokens":20,"cache_creation":{"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":4},"output_tokens":7,"output_tokens_details":{"thinking_tokens":2}}}"#,
            "",
            "event: message_stop",
            r#"data: {"type":"message_stop"}"#,
            "",
            "",
        ]
        .join("\n")
    );
}

#[test]
fn a_whole_answer_is_written_with_every_field() {
    let stopped = Stop::Sequence(Some("END".into()));
    let written = write_answer(&answer(vec![Said::Text("Hi".into())], stopped), &envelope());
    assert_eq!(
        written,
        r#"{"id":"msg_01","type":"message","role":"assistant","model":"asked","content":[{"type":"text","text":"Hi"}],"stop_reason":"stop_sequence","stop_sequence":"END","usage":{"input_tokens":10,"cache_creation_input_tokens":7,"cache_read_input_tokens":20,"cache_creation":{"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":4},"output_tokens":7,"output_tokens_details":{"thinking_tokens":2},"service_tier":"standard"}}"#
    );
}

#[test]
fn nothing_follows_a_fault_and_pings_are_passed_on() {
    let fault = Event::Fault(StreamFault {
        kind: "x".into(),
        code: None,
        message: "y".into(),
    });
    let start = Event::Start { model: "m".into() };
    let broken = write(&[start.clone(), fault, Event::Delta("z".into()), Event::End]);
    assert_eq!(broken, write(&[start]));
    assert_eq!(
        write(&[Event::Ping]),
        "event: ping\ndata: {\"type\":\"ping\"}\n\n"
    );
}

#[test]
fn a_refusal_in_words_is_a_text_and_the_reason() {
    let refusal = answer(vec![Said::Refusal("I cannot.".into())], Stop::EndTurn);
    let whole: Value = serde_json::from_str(&write_answer(&refusal, &envelope())).unwrap();
    assert_eq!(
        whole["content"],
        json!([{"type": "text", "text": "I cannot."}])
    );
    assert_eq!(whole["stop_reason"], "refusal");
    assert!(write(&refusal.events()).contains(r#""stop_reason":"refusal""#));
}

#[test]
fn thinking_of_another_maker_comes_back_to_its_maker() {
    for (origin, proof) in [
        (Origin::Responses { id: "rs_1".into() }, Some("gAAA")),
        (Origin::Anthropic { redacted: false }, Some("EqQ/+==")),
        (Origin::Anthropic { redacted: true }, Some("Emw=")),
        (Origin::Plain, None),
    ] {
        let redacted = origin == Origin::Anthropic { redacted: true };
        let thought = Said::Thinking {
            text: if redacted { "".into() } else { "hm".into() },
            proof: proof.map(Into::into),
            origin: origin.clone(),
        };
        let answer = answer(vec![thought, Said::Text("so".into())], Stop::EndTurn);
        let whole: Value = serde_json::from_str(&write_answer(&answer, &envelope())).unwrap();
        let next = json!({"model": "m", "max_tokens": 1, "messages": [
            {"role": "user", "content": "q"}, {"role": "assistant", "content": whole["content"]}]});
        let next = next.to_string();
        let request = read_request(next.as_bytes()).unwrap();
        assert!(matches!(
            &request.messages[1].content[0],
            Block::Thinking { proof: read, origin: whose, .. }
                if read.as_deref() == proof && *whose == origin
        ));
    }
}

fn any_said() -> impl Strategy<Value = Said> {
    let origin = prop_oneof![
        Just(Origin::Anthropic { redacted: false }),
        Just(Origin::Anthropic { redacted: true }),
        Just(Origin::Responses { id: "rs_1".into() }),
        Just(Origin::Plain),
    ];
    let object = "[a-z]{1,3}|\\PC{0,4}".prop_map(|text| json!({ "k": text }).to_string());
    prop_oneof![
        "\\PC{0,12}".prop_map(Said::Text),
        "\\PC{1,12}".prop_map(Said::Refusal),
        ("\\PC{0,12}", prop::option::of("[a-z]{1,9}"), origin).prop_map(|(text, proof, origin)| {
            Said::Thinking {
                text,
                proof,
                origin,
            }
        }),
        ("[a-z.]{1,9}", prop_oneof![object, Just("{}".to_owned())])
            .prop_map(|(id, arguments)| call(&id, &arguments)),
        ("[a-z]{1,9}", "(?s).{0,20}").prop_map(|(id, input)| Said::ToolCall {
            id,
            name: "patch".into(),
            namespace: Some("fs".into()),
            arguments: input,
            custom: true,
        }),
    ]
}

/// Cuts every delta into single characters, as an upstream may.
fn in_characters(events: Vec<Event>) -> Vec<Event> {
    let cut = |event| match event {
        Event::Delta(text) => text.chars().map(|c| Event::Delta(c.into())).collect(),
        other => vec![other],
    };
    events.into_iter().flat_map(cut).collect()
}

/// Whether events follow the order that the hub promises.
fn in_order(events: &[Event]) -> bool {
    #[derive(PartialEq)]
    enum At {
        Before,
        Started,
        Between,
        Within,
        Proved,
        Counting,
        Stopped,
        Over,
    }
    let mut at = At::Before;
    for event in events {
        at = match (event, at) {
            (_, At::Over) => return false,
            (Event::Ping, at) => at,
            (Event::Fault(_), _) => At::Over,
            (Event::Start { .. }, At::Before) => At::Started,
            (Event::Usage(_), At::Started) => At::Between,
            (Event::Open(_), At::Started | At::Between) => At::Within,
            (Event::Delta(_), At::Within) => At::Within,
            (Event::Proof(_), At::Within) => At::Proved,
            (Event::Close, At::Within | At::Proved) => At::Between,
            (Event::Usage(_), At::Between | At::Counting) => At::Counting,
            (Event::Stop(_), At::Started | At::Between | At::Counting) => At::Stopped,
            (Event::End, At::Stopped) => At::Over,
            _ => return false,
        };
    }
    true
}

fn any_frame() -> impl Strategy<Value = Value> {
    let index = 0..3u64;
    let block = prop::sample::select(vec![
        text_block(),
        tool_block("a"),
        tool_block("b"),
        json!({"type": "thinking", "thinking": "", "signature": ""}),
        json!({"type": "redacted_thinking", "data": "Em="}),
        json!({"type": "server_tool_use", "id": "s"}),
        json!({}),
    ]);
    let others = prop::sample::select(vec![
        begin(),
        json!({"type": "ping"}),
        json!({"type": "message_stop"}),
        json!({"type": "message_delta", "delta": {"stop_reason": null}, "usage": {"output_tokens": 3}}),
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 4}}),
        json!({"type": "error", "error": null}),
        json!({"type": "later"}),
    ]);
    prop_oneof![
        4 => (index.clone(), block).prop_map(|(index, block)| start(index, block)),
        3 => index.clone().prop_map(|index| say(index, "t")),
        3 => index.clone().prop_map(|index| think(index, "h")),
        3 => index.clone().prop_map(|index| argue(index, "{}")),
        2 => index.clone().prop_map(|index| delta(index, "signature_delta", "signature", "Eq")),
        4 => index.prop_map(stop),
        2 => others,
    ]
}

proptest! {
    #[test]
    fn whole_answers_and_streams_say_the_same(said in prop::collection::vec(any_said(), 0..5), fine in any::<bool>()) {
        let calls = said.iter().any(|said| matches!(said, Said::ToolCall { .. }));
        let answer = answer(said, if calls { Stop::ToolUse } else { Stop::EndTurn });
        let events = if fine { in_characters(answer.events()) } else { answer.events() };
        let streamed = read(&write(&events));
        prop_assert!(in_order(&streamed));
        let whole = read_answer(write_answer(&answer, &envelope()).as_bytes()).unwrap();
        prop_assert_eq!(assembled(&streamed), Some(whole));
    }

    #[test]
    fn an_answer_of_its_own_comes_back_as_it_was(texts in prop::collection::vec("\\PC{1,9}", 1..4), calls in 0..3usize) {
        let mut said: Vec<Said> = texts.into_iter().map(|text| Said::Thinking {
            text,
            proof: Some("Eq=".into()),
            origin: Origin::Anthropic { redacted: false },
        }).collect();
        said.push(Said::Text("so".into()));
        said.extend((0..calls).map(|n| call(&format!("toolu_{n}"), r#"{"n":1}"#)));
        let stop = if calls > 0 { Stop::ToolUse } else { Stop::EndTurn };
        let answer = Answer { model: "asked".into(), ..answer(said, stop) };
        prop_assert_eq!(assembled(&read(&write(&answer.events()))), Some(answer));
    }

    #[test]
    fn whatever_a_server_sends_the_order_holds(frames in prop::collection::vec(any_frame(), 0..24), cuts in 1..40usize) {
        let stream = sse(&frames);
        let events = read(&stream);
        prop_assert!(in_order(&events), "{events:?}");
        prop_assert_eq!(read_chunks(stream.as_bytes().chunks(cuts)), events);
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_answer(&bytes);
        let mut events = Vec::new();
        let _ = StreamReader::default().push(&bytes, &mut events);
        let framed = [b"data: ", bytes.as_slice(), b"\n\n"].concat();
        let _ = StreamReader::default().push(&framed, &mut events);
    }
}
