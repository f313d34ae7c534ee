use proptest::prelude::*;
use serde_json::{Value, json};

use super::{any_json, body, parse};
use crate::error::WireError;
use crate::hub::{
    Block, CallKind, Effort, Format, Media, Origin, Request, Role, ToolChoice, ToolKind,
};
use crate::openai::chat::{MAX_MESSAGES, read_request};

const AGENT: &[u8] = include_bytes!("../../../../tests/golden/chat/request-agent.json");

fn refused(body: &str) -> (Option<String>, String) {
    let error = read_request(body.as_bytes()).unwrap_err();
    (error.param().map(str::to_owned), error.to_string())
}

fn texts<'r>(request: &'r Request<'_>) -> Vec<&'r str> {
    request.texts().map(|(_, text)| text).collect()
}

#[test]
fn text_and_parts_are_read_where_they_stand() {
    let body = br#"{"model":"m","unknown":{"kept":1},"messages":[{"role":"system","content":"be brief"},{"role":"user","content":[{"type":"text","text":"a \"b\""},{"type":"image_url","image_url":{"url":"data:,"}}]}]}"#;
    let request = read_request(body).unwrap();
    assert_eq!(request.model, "m");
    assert!(body.as_ptr_range().contains(&request.model.as_ptr()));
    assert_eq!(texts(&request), ["be brief", "a \"b\""]);
    assert!(matches!(
        request.messages[1].content[1],
        Block::Image { source: Media::Url(ref url), .. } if url == "data:,"
    ));
    assert_eq!(request.extras[0].name, "unknown");
    assert_eq!(request.extras[0].value.get(), r#"{"kept":1}"#);
}

#[test]
fn the_request_of_an_agent_is_understood_whole() {
    let request = read_request(AGENT).unwrap();
    assert_eq!(request.model, "gpt-5.5");
    assert!(request.stream && request.include_usage);
    assert_eq!(request.max_output_tokens, Some(32_000));
    assert_eq!(request.tool_choice, Some(ToolChoice::Auto));
    assert_eq!(request.parallel_tool_calls, Some(true));
    assert_eq!(request.reasoning.unwrap().effort, Some(Effort::Medium));
    let roles: Vec<Role> = request.messages.iter().map(|m| m.role).collect();
    use Role::{Assistant, System, User};
    assert_eq!(roles, [System, User, Assistant, User, User, User]);
    let Block::Image { source, detail, .. } = &request.messages[1].content[1] else {
        panic!("no image");
    };
    let png = Media::Base64 {
        media_type: "image/png".into(),
        data: "iVBORw0KGgo=".into(),
    };
    assert_eq!((source, detail.as_deref()), (&png, Some("low")));
    let assistant = &request.messages[2].content;
    assert!(
        matches!(&assistant[0], Block::Thinking { text, origin: Origin::Plain, proof: None } if text == "Two files.")
    );
    assert!(
        matches!(&assistant[1], Block::ToolCall { id, name, arguments, kind: CallKind::Function, .. } if id == "call_1" && name == "read" && arguments == r#"{"path":"a.txt"}"#)
    );
    assert!(
        matches!(&assistant[2], Block::ToolCall { name, arguments, kind: CallKind::Custom, .. } if name == "apply_patch" && arguments == "*** Begin Patch")
    );
    assert!(
        matches!(&request.messages[3].content[..], [Block::ToolResult { id, kind: CallKind::Function, .. }] if id == "call_1")
    );
    assert!(
        matches!(&request.messages[4].content[..], [Block::ToolResult { id, kind: CallKind::Custom, .. }] if id == "call_2")
    );
    assert_eq!(request.messages[5].name.as_deref(), Some("ada"));
    assert!(matches!(
        request.tools[0].kind,
        ToolKind::Function {
            parameters: Some(_),
            strict: Some(false)
        }
    ));
    assert!(matches!(
        request.tools[1].kind,
        ToolKind::Custom { format: Some(_) }
    ));
    let extras: Vec<_> = request
        .extras
        .iter()
        .map(|e| (e.name.as_ref(), e.essential))
        .collect();
    assert_eq!(extras, [("store", false)]);
}

#[test]
fn an_error_names_the_field() {
    let user = r#"{"role":"user","content":"x"}"#;
    let with = |field: &str| format!(r#"{{"model":"m","messages":[{user}],{field}}}"#);
    let saying = |message: &str| format!(r#"{{"model":"m","messages":[{message}]}}"#);
    let long = "x".repeat(257);
    let cases = [
        (r#"{"messages":[]}"#.to_owned(), "model"),
        (format!(r#"{{"messages":[{user}]}}"#), "model"),
        (format!(r#"{{"model":3,"messages":[{user}]}}"#), "model"),
        (format!(r#"{{"model":null,"messages":[{user}]}}"#), "model"),
        (format!(r#"{{"model":"","messages":[{user}]}}"#), "model"),
        (
            format!(r#"{{"model":"{long}","messages":[{user}]}}"#),
            "model",
        ),
        (
            format!(r#"{{"model":"m","model":"m","messages":[{user}]}}"#),
            "model",
        ),
        (r#"{"model":"m"}"#.to_owned(), "messages"),
        (r#"{"model":"m","messages":[]}"#.to_owned(), "messages"),
        (r#"{"model":"m","messages":"x"}"#.to_owned(), "messages"),
        (
            format!(r#"{{"model":"m","messages":{{"0":{user}}}}}"#),
            "messages",
        ),
        (saying(r#""hello""#), "messages[0]"),
        (saying(r#"["user","x"]"#), "messages[0]"),
        (saying("[[]]"), "messages[0]"),
        (saying(r#"{"content":"x"}"#), "messages[0].role"),
        (
            saying(r#"{"role":{"user":null},"content":"x"}"#),
            "messages[0].role",
        ),
        (
            saying(&format!(r#"{user},{{"role":"robot"}}"#)),
            "messages[1].role",
        ),
        (
            saying(r#"{"role":"user","content":7}"#),
            "messages[0].content",
        ),
        (
            saying(r#"{"role":"user","content":{}}"#),
            "messages[0].content",
        ),
        (
            saying(r#"{"role":"user","content":[{"text":"x"}]}"#),
            "messages[0].content[0].type",
        ),
        (
            saying(r#"{"role":"user","content":[{"type":"text","text":1}]}"#),
            "messages[0].content[0].text",
        ),
        (
            saying(r#"{"role":"user","content":[{"type":"image_url","image_url":{}}]}"#),
            "messages[0].content[0].image_url.url",
        ),
        (
            saying(r#"{"role":"assistant","tool_calls":{}}"#),
            "messages[0].tool_calls",
        ),
        (
            saying(r#"{"role":"assistant","tool_calls":[{"id":1}]}"#),
            "messages[0].tool_calls[0].id",
        ),
        (with(r#""stream":"yes""#), "stream"),
        (with(r#""stream_options":1"#), "stream_options"),
        (with(r#""stream_options":[true]"#), "stream_options"),
        (
            with(r#""stream_options":{"include_usage":"yes"}"#),
            "stream_options",
        ),
        (with(r#""max_tokens":-1"#), "max_tokens"),
        (with(r#""max_tokens":"many""#), "max_tokens"),
        (
            with(r#""max_completion_tokens":1.5"#),
            "max_completion_tokens",
        ),
        (with(r#""temperature":3"#), "temperature"),
        (with(r#""temperature":2.1"#), "temperature"),
        (with(r#""temperature":"hot""#), "temperature"),
        (with(r#""top_p":"x""#), "top_p"),
        (with(r#""seed":"x""#), "seed"),
        (with(r#""n":0"#), "n"),
        (with(r#""n":129"#), "n"),
        (with(r#""stop":7"#), "stop"),
        (with(r#""stop":["a",7]"#), "stop[1]"),
        (with(r#""tools":{}"#), "tools"),
        (with(r#""tools":[1]"#), "tools[0]"),
        (
            with(r#""tools":[{"type":"function"}]"#),
            "tools[0].function",
        ),
        (
            with(r#""tools":[{"type":"function","function":{}}]"#),
            "tools[0].function.name",
        ),
        (with(r#""tools":[{}]"#), "tools[0].type"),
        ("[]".to_owned(), "body"),
        ("null".to_owned(), "body"),
        ("7".to_owned(), "body"),
        (format!(r#"["m",[{user}]]"#), "body"),
    ];
    for (body, field) in cases {
        let (param, message) = refused(&body);
        assert_eq!(param.as_deref(), Some(field), "{body}: {message}");
        let begin = field.split(['.', '[']).next().unwrap();
        assert!(message.contains(begin), "{message}");
    }
}

#[test]
fn broken_json_and_bad_utf8_are_told_apart() {
    for body in [
        "",
        "{",
        "<html></html>",
        "{\"model\":\"m\",}",
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]} x",
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"\\ud800\"}]}",
    ] {
        let error = read_request(body.as_bytes()).unwrap_err();
        assert!(matches!(error, WireError::Syntax(_)), "{body}: {error:?}");
    }
    assert_eq!(
        read_request(b"{\"model\":\"\xff\"}").unwrap_err(),
        WireError::Encoding(10)
    );
}

#[test]
fn too_many_messages_are_refused() {
    let of = |count: usize| {
        let message = json!({"role": "user", "content": "x"});
        json!({"model": "m", "messages": vec![message; count]}).to_string()
    };
    assert!(read_request(of(MAX_MESSAGES).as_bytes()).is_ok());
    assert_eq!(
        refused(&of(MAX_MESSAGES + 1)).0.as_deref(),
        Some("messages")
    );
}

#[test]
fn depth_harms_nobody() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let unknown = format!(
        r#"{{"messages":[{{"role":"user","content":"x"}}],"x":{},"model":"m"}}"#,
        nested(1_000_000)
    );
    assert!(read_request(unknown.as_bytes()).is_ok());
    let known = format!(r#"{{"model":"m","messages":{}}}"#, nested(1_000_000));
    assert!(refused(&known).1.contains("messages"));
}

#[test]
fn a_part_of_an_unknown_kind_refuses_other_dialects_but_its_text_is_seen() {
    let body = br#"{"model":"m","messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"eA==","format":"wav"}},{"type":"odd","text":"secret"},{"type":"text"},{"type":"file","file":{"filename":"x"}}]}]}"#;
    let request = read_request(body).unwrap();
    assert_eq!(texts(&request), ["secret"]);
    let others: Vec<_> = request
        .blocks()
        .filter_map(|block| match block {
            Block::Other {
                kind,
                place,
                essential: true,
            } => Some((kind.as_ref(), place.as_str())),
            _ => None,
        })
        .collect();
    let place = |at: usize| format!("messages[0].content[{at}]");
    assert_eq!(
        others,
        [
            ("input_audio", place(0).as_str()),
            ("odd", &place(1)),
            ("text", &place(2)),
            ("file", &place(3)),
        ]
    );
}

#[test]
fn the_older_function_form_is_read_and_bound_to_this_dialect() {
    let body = br#"{"model":"m","functions":[{"name":"f"}],"function_call":"auto","messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{\"a\":1}"}},{"role":"function","name":"f","content":"42"}]}"#;
    let request = read_request(body).unwrap();
    assert!(request.uses_tools());
    assert_eq!(texts(&request), ["x", "{\"a\":1}", "42"]);
    assert!(request.extras.iter().all(|extra| extra.essential));
    let bound = request.blocks().filter(|b| {
        matches!(
            b,
            Block::Other {
                essential: true,
                ..
            }
        )
    });
    assert_eq!(bound.count(), 2);
}

#[test]
fn the_places_of_images_and_files_are_told_apart() {
    let source = |part: Value| {
        let body = json!({"model": "m", "messages": [{"role": "user", "content": [part]}]});
        let body = body.to_string();
        let request = read_request(body.as_bytes()).unwrap();
        match &request.messages[0].content[0] {
            Block::Image { source, .. } | Block::Document { source, .. } => format!("{source:?}"),
            other => format!("{other:?}"),
        }
    };
    let image = |url: &str| source(json!({"type": "image_url", "image_url": {"url": url}}));
    assert_eq!(image("https://a/b.png"), r#"Url("https://a/b.png")"#);
    assert_eq!(
        image("data:image/png;base64,eA=="),
        r#"Base64 { media_type: "image/png", data: "eA==" }"#
    );
    for odd in [
        "data:;base64,eA==",
        "data:text/plain,x",
        "data:a/b;charset=x;base64,eA==",
    ] {
        assert_eq!(image(odd), format!("Url({odd:?})"));
    }
    let short = json!({"type": "image_url", "image_url": "https://a/b.png"});
    assert_eq!(source(short), r#"Url("https://a/b.png")"#);
    let bytes = json!({"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,eA=="}});
    assert_eq!(
        source(bytes),
        r#"Base64 { media_type: "application/pdf", data: "eA==" }"#
    );
    let left = json!({"type": "file", "file": {"file_id": "file-1"}});
    assert_eq!(source(left), r#"File("file-1")"#);
}

#[test]
fn what_cannot_be_read_of_a_known_field_is_kept_as_it_stands() {
    let cases = [
        (
            json!({"tool_choice": {"type": "allowed_tools", "allowed_tools": {}}}),
            Some(true),
        ),
        (
            json!({"tool_choice": {"type": "function", "function": {"name": "f"}}}),
            None,
        ),
        (json!({"tool_choice": "required"}), None),
        (json!({"response_format": {"type": "grammar"}}), Some(true)),
        (json!({"response_format": {"type": "text"}}), None),
        (json!({"response_format": null}), None),
        (json!({"reasoning_effort": "ultra"}), Some(false)),
        (json!({"reasoning_effort": "none"}), None),
        (json!({"top_k": -1}), Some(false)),
        (json!({"top_k": 40}), None),
        (json!({"stream_options": null}), Some(false)),
        (
            json!({"stream_options": {"include_usage": false}}),
            Some(false),
        ),
        (json!({"stream_options": {"include_usage": true}}), None),
        (json!({"logit_bias": {"1": -100}}), Some(true)),
        (json!({"logit_bias": {}}), Some(false)),
        (json!({"modalities": ["text"]}), Some(false)),
        (json!({"modalities": ["text", "audio"]}), Some(true)),
        (
            json!({"prediction": {"type": "content", "content": "x"}}),
            Some(true),
        ),
        (json!({"metadata": {"a": "b"}}), Some(false)),
        (json!({"verbosity": "low"}), Some(false)),
    ];
    for (fields, expected) in cases {
        let body = body(&fields);
        let request = read_request(&body).unwrap();
        let extras: Vec<bool> = request.extras.iter().map(|extra| extra.essential).collect();
        assert_eq!(extras, expected.into_iter().collect::<Vec<_>>(), "{fields}");
    }
}

#[test]
fn choices_formats_and_bounds_are_read() {
    let read = |fields: Value| {
        let body = body(&fields);
        format!(
            "{:?}",
            read_request(&body).map(|r| (r.tool_choice, r.format, r.max_output_tokens))
        )
    };
    let named = json!({"tool_choice": {"type": "custom", "custom": {"name": "f"}}});
    assert!(read(named).contains(r#"Named("f")"#));
    let both = json!({"max_tokens": 1, "max_completion_tokens": 2});
    assert!(read(both).contains("Some(2)"));
    let schema = body(
        &json!({"response_format": {"type": "json_schema", "json_schema": {"name": "n", "strict": true, "schema": {"type": "object"}}}}),
    );
    let request = read_request(&schema).unwrap();
    assert!(
        matches!(request.format, Some(Format::Schema { schema, strict: Some(true), .. }) if schema.get() == r#"{"type":"object"}"#)
    );
    for (stop, count) in [(json!("a"), 1), (json!(["a", "b"]), 2), (json!(null), 0)] {
        let body = body(&json!({"stop": stop}));
        assert_eq!(read_request(&body).unwrap().sampling.stop.len(), count);
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read_request(&bytes);
    }

    #[test]
    fn no_json_makes_the_reader_panic(value in any_json(), messages in prop::collection::vec(any_json(), 0..4)) {
        let _ = read_request(value.to_string().as_bytes());
        let mut whole = parse(&body(&json!({})));
        whole["messages"] = messages.into();
        if let Value::Object(fields) = value {
            for (name, value) in fields {
                whole[name] = value;
            }
        }
        let _ = read_request(whole.to_string().as_bytes());
    }
}
