use proptest::prelude::*;
use serde_json::{Map, Value};

use super::answers::envelope;
use super::events_of;
use crate::hub::{
    Answer, Assembler, Block, CallKind, Effort, Event, Format, Head, Media, Message, Origin,
    Profile, Reasoning, Request, Role, Said, Sampling, Stop, Tool, ToolChoice, ToolKind, Usage,
};
use crate::openai::responses::{
    StreamReader, StreamWriter, adapt_request, read_answer, read_request, write_answer,
    write_request,
};

/// JSON that often looks like something of this dialect.
fn any_json() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "message",
        "function_call",
        "function_call_output",
        "custom_tool_call",
        "reasoning",
        "additional_tools",
        "input_text",
        "output_text",
        "input_image",
        "refusal",
        "namespace",
        "function",
        "custom",
        "user",
        "assistant",
        "developer",
        "none",
        "auto",
        "completed",
        "incomplete",
        "response.completed",
        "response.output_item.added",
        "response.output_item.done",
        "response.output_text.delta",
        "response.content_part.added",
        "error",
        "data:image/png;base64,AA",
        "moecraft.x",
        "",
    ]);
    let key = prop::sample::select(vec![
        "type",
        "role",
        "content",
        "id",
        "call_id",
        "name",
        "namespace",
        "arguments",
        "input",
        "output",
        "summary",
        "encrypted_content",
        "tools",
        "model",
        "text",
        "refusal",
        "image_url",
        "file_data",
        "tool_choice",
        "stream",
        "reasoning",
        "format",
        "status",
        "response",
        "item",
        "part",
        "output_index",
        "content_index",
        "delta",
        "usage",
        "input_tokens",
        "incomplete_details",
        "error",
        "code",
        "instructions",
        "include",
    ]);
    let leaf = prop_oneof![
        word.prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        Just(Value::Null),
    ];
    leaf.prop_recursive(5, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..8).prop_map(|pairs| Value::Object(
                pairs
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), value))
                    .collect::<Map<_, _>>()
            )),
        ]
    })
}

fn any_origin() -> impl Strategy<Value = Origin> {
    "[a-z]{1,6}".prop_map(|id| Origin::Responses {
        id: format!("rs_{id}"),
    })
}

fn any_said() -> impl Strategy<Value = Said> {
    prop_oneof![
        ".{0,20}".prop_map(Said::Text),
        ".{0,20}".prop_map(Said::Refusal),
        (".{0,20}", ".{1,9}", any_origin()).prop_map(|(text, proof, origin)| Said::Thinking {
            text,
            proof: Some(proof),
            origin,
        }),
        (
            "[a-z0-9_]{1,40}",
            "[a-z]{1,9}",
            prop::option::of("[a-e]{1,6}"),
            ".{1,20}",
            any::<bool>()
        )
            .prop_map(|(id, name, namespace, arguments, custom)| Said::ToolCall {
                id,
                name,
                namespace,
                arguments,
                custom,
            }),
    ]
}

fn any_usage() -> impl Strategy<Value = Usage> {
    let count = 0..1_000_000u64;
    (
        count.clone(),
        count.clone(),
        count.clone(),
        count.clone(),
        count,
    )
        .prop_map(
            |(input, cache_read, cache_write, cache_write_long, output)| Usage {
                input,
                cache_read,
                cache_write,
                cache_write_long,
                output,
                reasoning: output / 2,
            },
        )
}

/// Answers with the end that follows from what they hold, as this dialect tells it.
fn any_answer() -> impl Strategy<Value = Answer> {
    (
        prop::collection::vec(any_said(), 0..6),
        any_usage(),
        any::<bool>(),
    )
        .prop_map(|(said, usage, cut)| {
            let stop = if cut {
                Stop::MaxTokens
            } else if said
                .iter()
                .any(|said| matches!(said, Said::ToolCall { .. }))
            {
                Stop::ToolUse
            } else if said.iter().any(|said| matches!(said, Said::Refusal(_))) {
                Stop::Refusal
            } else {
                Stop::EndTurn
            };
            Answer {
                model: envelope().model,
                said,
                stop,
                usage: Some(usage),
            }
        })
}

fn write_stream(events: &[Event]) -> String {
    let mut writer = StreamWriter::new(envelope());
    let mut out = String::new();
    events.iter().for_each(|event| writer.push(event, &mut out));
    out
}

fn assembled(events: &[Event]) -> Option<Answer> {
    let mut assembler = Assembler::default();
    events.iter().for_each(|event| assembler.push(event));
    assembler.answer()
}

/// Whether the events come in the order that a reader promises.
fn in_order(events: &[Event]) -> bool {
    let (mut started, mut open, mut proved, mut stopped, mut over) =
        (false, None::<Head>, false, false, false);
    for event in events {
        let fine = match event {
            _ if over => false,
            Event::Ping => true,
            Event::Fault(_) => {
                over = true;
                true
            }
            Event::Start { .. } => !std::mem::replace(&mut started, true),
            Event::Open(head) => {
                proved = false;
                started && !stopped && open.replace(head.clone()).is_none()
            }
            Event::Delta(text) => open.is_some() && !proved && !text.is_empty(),
            Event::Proof(_) => {
                matches!(open, Some(Head::Thinking { .. })) && !std::mem::replace(&mut proved, true)
            }
            Event::Close => open.take().is_some(),
            Event::Usage(_) => started && open.is_none() && !stopped,
            Event::Stop(_) => started && open.is_none() && !std::mem::replace(&mut stopped, true),
            Event::End => stopped && !std::mem::replace(&mut over, true),
        };
        if !fine {
            return false;
        }
    }
    true
}

fn text<'a>(text: String) -> Block<'a> {
    Block::Text {
        text: text.into(),
        cache: None,
    }
}

/// A turn in the form that reading gives it: each message is one item.
fn any_turn() -> impl Strategy<Value = Vec<Message<'static>>> {
    let one = |role, block| {
        vec![Message {
            role,
            content: vec![block],
            name: None,
        }]
    };
    let media = prop_oneof![
        ("[a-z]{1,5}/[a-z]{1,5}", "[A-Za-z0-9+/]{0,12}").prop_map(|(media_type, data)| {
            Media::Base64 {
                media_type: media_type.into(),
                data: data.into(),
            }
        }),
        "https://[a-z]{1,8}".prop_map(|url| Media::Url(url.into())),
        "file-[a-z]{1,8}".prop_map(|id| Media::File(id.into())),
    ];
    prop_oneof![
        ".{1,20}".prop_map(move |said| one(Role::User, text(said))),
        ".{1,20}".prop_map(move |said| one(Role::Assistant, text(said))),
        ".{1,20}".prop_map(move |said| one(Role::Developer, text(said))),
        ".{1,20}".prop_map(move |said| one(Role::Assistant, Block::Refusal { text: said.into() })),
        (media, prop::option::of("low|high")).prop_map(move |(source, detail)| one(
            Role::User,
            Block::Image {
                source,
                detail: detail.map(Into::into),
                cache: None
            }
        )),
        (".{0,20}", ".{1,9}", any_origin()).prop_map(move |(said, proof, origin)| one(
            Role::Assistant,
            Block::Thinking {
                text: said.into(),
                proof: Some(proof.into()),
                origin
            }
        )),
        (
            "[a-z0-9_]{1,40}",
            "[a-z]{1,9}",
            ".{1,20}",
            ".{1,20}",
            any::<bool>()
        )
            .prop_map(move |(id, name, arguments, output, custom)| {
                let kind = match custom {
                    true => CallKind::Custom,
                    false => CallKind::Function,
                };
                let call = Block::ToolCall {
                    id: id.clone().into(),
                    name: name.into(),
                    namespace: None,
                    arguments: arguments.into(),
                    kind,
                    cache: None,
                };
                let result = Block::ToolResult {
                    id: id.into(),
                    content: vec![text(output)],
                    is_error: false,
                    kind,
                    cache: None,
                };
                [one(Role::Assistant, call), one(Role::User, result)].concat()
            }),
    ]
}

fn any_tool() -> impl Strategy<Value = Tool<'static>> {
    ("[a-z]{1,9}", prop::option::of(".{0,20}"), any::<bool>()).prop_map(
        |(name, description, custom)| Tool {
            name: name.into(),
            namespace: None,
            description: description.map(Into::into),
            kind: match custom {
                true => ToolKind::Custom {
                    format: Some(serde_json::from_str("{\"type\":\"text\"}").unwrap()),
                },
                false => ToolKind::Function {
                    parameters: Some(
                        serde_json::from_str("{\"type\":\"object\",\"a\":1.50}").unwrap(),
                    ),
                    strict: Some(true),
                },
            },
            cache: None,
            deferred: false,
        },
    )
}

fn any_request() -> impl Strategy<Value = Request<'static>> {
    let effort = prop::sample::select(vec![
        Effort::Minimal,
        Effort::Low,
        Effort::Medium,
        Effort::High,
        Effort::Max,
    ]);
    let turns = prop::collection::vec(any_turn(), 1..6);
    let options = (
        any::<bool>(),
        prop::option::of(16..9000u32),
        prop::option::of((0..=4u8).prop_map(|quarters| f64::from(quarters) / 4.0)),
        prop::option::of(effort),
        any::<bool>(),
    );
    (
        ".{0,20}",
        turns,
        prop::collection::vec(any_tool(), 0..4),
        options,
    )
        .prop_map(|(system, turns, mut tools, options)| {
            let (stream, max_output_tokens, top_p, effort, visible) = options;
            let system = (!system.is_empty()).then(|| Message {
                role: Role::System,
                content: vec![text(system)],
                name: None,
            });
            tools.sort_by(|one, other| one.name.cmp(&other.name));
            tools.dedup_by(|one, other| one.name == other.name);
            let choice = tools
                .first()
                .map(|tool| ToolChoice::Named(tool.name.clone()));
            Request {
                model: "m".into(),
                messages: system
                    .into_iter()
                    .chain(turns.into_iter().flatten())
                    .collect(),
                parallel_tool_calls: choice.as_ref().map(|_| false),
                tool_choice: choice,
                tools,
                stream,
                include_usage: true,
                max_output_tokens,
                sampling: Sampling {
                    top_p,
                    ..Sampling::default()
                },
                reasoning: effort.map(|effort| Reasoning {
                    effort: Some(effort),
                    visible,
                    ..Reasoning::default()
                }),
                format: visible.then_some(Format::Schema {
                    name: "n".into(),
                    description: None,
                    schema: serde_json::from_str("{\"z\":1, \"a\":2}").unwrap(),
                    strict: None,
                }),
                user: Some("u".into()),
                extras: Vec::new(),
            }
        })
}

/// The frames of one item, from its beginning to its end; the last tells whether it is told in
/// pieces, or whole at its end alone.
fn item_frames((kind, text, proof, pieces): &(u8, String, bool, bool), at: usize) -> Vec<String> {
    let frame = |kind: &str, rest: String| {
        format!(r#"{{"type":"response.{kind}","output_index":{at},{rest}}}"#)
    };
    let added = |item: String| frame("output_item.added", format!(r#""item":{{{item}}}"#));
    let done = |item: String| frame("output_item.done", format!(r#""item":{{{item}}}"#));
    let deltas = |kind: &str| -> Vec<String> {
        let chars = text.chars().filter(|_| *pieces);
        chars
            .map(|c| frame(kind, format!(r#""delta":"{c}""#)))
            .collect()
    };
    let (begun, told, whole) = match kind {
        0 => (
            r#""type":"message","content":[]"#.to_owned(),
            deltas("output_text.delta"),
            format!(r#""type":"message","content":[{{"type":"output_text","text":"{text}"}}]"#),
        ),
        1 => (
            format!(r#""type":"function_call","call_id":"c{at}","name":"f","arguments":"""#),
            deltas("function_call_arguments.delta"),
            format!(r#""type":"function_call","call_id":"c{at}","name":"f","arguments":"{text}""#),
        ),
        _ => {
            let proof = match proof {
                true => format!(r#","encrypted_content":"p{at}""#),
                false => String::new(),
            };
            (
                format!(r#""type":"reasoning","id":"rs{at}","summary":[]"#),
                deltas("reasoning_summary_text.delta"),
                format!(
                    r#""type":"reasoning","id":"rs{at}","summary":[{{"type":"summary_text","text":"{text}"}}]{proof}"#
                ),
            )
        }
    };
    [vec![added(begun)], told, vec![done(whole)]].concat()
}

proptest! {
    #[test]
    fn items_in_any_interleaving_lose_nothing(
        items in prop::collection::vec((0u8..3, "[a-z]{0,4}", any::<bool>(), any::<bool>()), 1..5),
        turns in prop::collection::vec(any::<prop::sample::Index>(), 40),
    ) {
        let mut queues: Vec<_> = items.iter().enumerate().map(|(at, item)| item_frames(item, at).into_iter()).collect();
        let mut text = String::new();
        let mut turns = turns.iter().cycle();
        while queues.iter().any(|queue| queue.len() > 0) {
            let waiting: Vec<usize> = (0..queues.len()).filter(|at| queues[*at].len() > 0).collect();
            let at = turns.next().map_or(0, |turn| waiting[turn.index(waiting.len())]);
            text.extend(queues[at].next().map(|frame| format!("data: {frame}\n\n")));
        }
        text.push_str("data: {\"type\":\"response.completed\"}\n\n");
        let events = events_of([text.as_bytes()]);
        prop_assert!(in_order(&events), "{events:?}");
        let mut told: Vec<String> = assembled(&events).unwrap().said.iter().map(|said| match said {
            Said::Thinking { text, proof, .. } => format!("2{text}/{}", proof.is_some()),
            Said::ToolCall { id, arguments, .. } => format!("1{arguments}/{id}"),
            Said::Text(text) | Said::Refusal(text) => format!("0{text}"),
        }).collect();
        let mut expected: Vec<String> = items.iter().enumerate().filter_map(|(at, (kind, text, proof, _))| match kind {
            0 => Some(format!("0{text}")),
            1 => Some(format!("1{text}/c{at}")),
            _ => (!text.is_empty() || *proof).then(|| format!("2{text}/{proof}")),
        }).collect();
        told.sort();
        expected.sort();
        prop_assert_eq!(told, expected, "{}", text);
    }

    #[test]
    fn a_written_request_is_read_as_the_same(request in any_request()) {
        let profile = Profile { custom_tools: true, ..Profile::permissive("m") };
        let written = write_request(&request, &profile).unwrap();
        prop_assert!(written.left_out.is_empty(), "{:?}", written.left_out);
        let mut back = read_request(&written.body).unwrap();
        // The writer always says where the state is.
        let own: Vec<String> = back.extras.drain(..).map(|extra| extra.name.into_owned()).collect();
        prop_assert_eq!(own, ["store", "include"]);
        prop_assert_eq!(format!("{back:?}"), format!("{request:?}"));
        prop_assert_eq!(adapt_request(&written.body, &back, &profile).unwrap(), None);
    }

    #[test]
    fn a_written_answer_is_read_as_the_same(answer in any_answer()) {
        prop_assert_eq!(read_answer(write_answer(&answer, &envelope()).as_bytes()), Some(answer));
    }

    #[test]
    fn a_written_stream_is_read_as_the_same(answer in any_answer(), cuts in prop::collection::vec(1usize..200, 1..20)) {
        let text = write_stream(&answer.events());
        let mut rest = text.as_bytes();
        let mut pieces = Vec::new();
        for cut in cuts.iter().cycle() {
            let (piece, tail) = rest.split_at(rest.len().min(*cut));
            pieces.push(piece);
            rest = tail;
            if rest.is_empty() {
                break;
            }
        }
        let events = events_of(pieces);
        prop_assert!(in_order(&events), "{events:?}");
        prop_assert_eq!(assembled(&events), Some(answer));
    }

    #[test]
    fn sequence_numbers_and_the_last_event_account_for_all(answer in any_answer()) {
        let text = write_stream(&answer.events());
        let data: Vec<Value> = text.lines().filter_map(|line| line.strip_prefix("data: ")).map(|line| serde_json::from_str(line).unwrap()).collect();
        for (index, event) in data.iter().enumerate() {
            prop_assert_eq!(&event["sequence_number"], &Value::from(index));
        }
        let whole: Vec<&Value> = data.iter().filter(|event| event["type"] == "response.output_item.done").map(|event| &event["item"]).collect();
        let last = data.last().unwrap();
        prop_assert_eq!(last["response"]["output"].as_array().unwrap().iter().collect::<Vec<_>>(), whole);
        // The stream's last object is the answer as it is written whole.
        let answer: Value = serde_json::from_str(&write_answer(&answer, &envelope())).unwrap();
        prop_assert_eq!(&last["response"], &answer);
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read_request(&bytes);
        let _ = read_answer(&bytes);
        let mut events = Vec::new();
        let _ = StreamReader::default().push(&bytes, &mut events);
        prop_assert!(in_order(&events));
    }

    #[test]
    fn no_json_makes_a_reader_or_writer_panic(values in prop::collection::vec(any_json(), 0..12)) {
        let mut text = String::new();
        for value in &values {
            let body = serde_json::json!({"model": "m", "input": [value], "tools": [value], "tool_choice": value}).to_string();
            for body in [value.to_string(), body] {
                let _ = read_answer(body.as_bytes());
                if let Ok(request) = read_request(body.as_bytes()) {
                    for profile in [Profile::permissive("x"), Profile { reasoning: false, forced_tools: false, structured_output: false, ..Profile::permissive("x") }] {
                        let _ = write_request(&request, &profile);
                        let _ = adapt_request(body.as_bytes(), &request, &profile);
                    }
                }
            }
            text.push_str(&format!("data: {value}\n\n"));
        }
        let events = events_of([text.as_bytes()]);
        prop_assert!(in_order(&events), "{events:?}");
    }

    #[test]
    fn any_events_of_items_come_out_in_order(steps in prop::collection::vec((0usize..9, 0u8..3, 0u8..2), 0..40)) {
        let text: String = steps.iter().map(|(which, item, part)| {
            let at = format!(r#""output_index":{item},"content_index":{part}"#);
            let line = match which {
                0 => format!(r#""type":"response.output_item.added",{at},"item":{{"type":"function_call","call_id":"c","name":"f"}}"#),
                1 => format!(r#""type":"response.function_call_arguments.delta",{at},"delta":"x""#),
                2 => format!(r#""type":"response.output_item.done",{at},"item":{{"type":"function_call","call_id":"c","name":"f","arguments":"xy"}}"#),
                3 => format!(r#""type":"response.output_text.delta",{at},"delta":"t""#),
                4 => format!(r#""type":"response.content_part.done",{at}"#),
                5 => format!(r#""type":"response.output_item.done",{at},"item":{{"type":"message","content":[{{"type":"output_text","text":"tt"}}]}}"#),
                6 => format!(r#""type":"response.reasoning_summary_text.delta",{at},"summary_index":{part},"delta":"r""#),
                7 => format!(r#""type":"response.output_item.done",{at},"item":{{"type":"reasoning","id":"rs","summary":[],"encrypted_content":"p"}}"#),
                _ => format!(r#""type":"response.refusal.done",{at},"refusal":"no""#),
            };
            format!("data: {{{line}}}\n\n")
        }).chain([format!("data: {}\n\n", r#"{"type":"response.completed"}"#)]).collect();
        let events = events_of([text.as_bytes()]);
        prop_assert!(in_order(&events), "{events:?}");
        prop_assert_eq!(events.last(), Some(&Event::End));
    }
}
