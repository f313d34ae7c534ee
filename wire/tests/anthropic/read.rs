//! How a Messages request is read.

use moecraft_wire::WireError;
use moecraft_wire::anthropic::{read_count_request, read_request};
use moecraft_wire::hub::{
    Block, CallKind, Effort, Format, Media, Origin, Role, ToolChoice, ToolKind, seal,
};
use proptest::prelude::*;

const CLAUDE_CODE: &str = include_str!("../golden/anthropic/claude_code.json");

/// A body with these messages.
fn body(messages: &str) -> String {
    format!(r#"{{"model":"m","max_tokens":10,"messages":{messages}}}"#)
}

/// A body with these blocks in a message of this role.
fn content(role: &str, blocks: &str) -> String {
    body(&format!(r#"[{{"role":"{role}","content":[{blocks}]}}]"#))
}

/// The field at fault.
fn fault(body: &str) -> String {
    match read_request(body.as_bytes()) {
        Err(WireError::Field { field, message }) => {
            assert!(message.contains(&format!("`{field}`")), "{message}");
            field
        }
        Err(other) => other.to_string(),
        Ok(_) => String::from("nothing"),
    }
}

#[test]
fn a_request_of_claude_code_is_read_whole() {
    let request = read_request(CLAUDE_CODE.as_bytes()).unwrap();
    assert_eq!(request.model, "claude-sonnet-5-5");
    assert_eq!(request.max_output_tokens, Some(128_000));
    assert!(request.stream && request.include_usage);
    let roles: Vec<Role> = request
        .messages
        .iter()
        .map(|message| message.role)
        .collect();
    assert_eq!(
        roles,
        [
            Role::System,
            Role::User,
            Role::System,
            Role::Assistant,
            Role::User,
            Role::System,
            Role::User
        ]
    );
    let texts: Vec<&str> = request.texts().map(|(_, text)| text).collect();
    assert_eq!(texts[..2], ["You are a coding agent.", "Be brief."]);
    assert!(texts.contains(&"Working directory: /srv/app"));
    assert!(texts.contains(&"fn main() { println!(\"ü\"); }"));
    assert!(request.messages[5].content.is_empty());

    let [thinking, _, call] = request.messages[3].content.as_slice() else {
        panic!("{:?}", request.messages[3]);
    };
    assert!(matches!(
        thinking,
        Block::Thinking { text, proof: Some(proof), origin: Origin::Anthropic { redacted: false } }
            if text.is_empty() && proof == "EqQBCkYIBRgCKkD0x9vY+3kq/Zt8mA=="
    ));
    assert!(matches!(
        call,
        Block::ToolCall { id, name, arguments, kind: CallKind::Function, .. }
            if id == "toolu_01AbCdEf" && name == "Read"
                && arguments == r#"{"file_path":"/srv/app/main.rs", "limit": 20.0}"#
    ));
    let deferred: Vec<bool> = request.tools.iter().map(|tool| tool.deferred).collect();
    assert_eq!(deferred, [false, true]);
    let reasoning = request.reasoning.unwrap();
    assert_eq!(reasoning.effort, Some(Effort::Medium));
    assert!(!reasoning.off && !reasoning.visible && reasoning.budget_tokens.is_none());
    assert!(
        request.user.is_none(),
        "its ids of device and session are nobody's business"
    );
    let extras: Vec<(&str, bool)> = request
        .extras
        .iter()
        .map(|extra| (extra.name.as_ref(), extra.essential))
        .collect();
    assert_eq!(
        extras,
        [("context_management", false), ("safeguards", false)]
    );
}

#[test]
fn the_text_that_changes_each_turn_is_dropped_only_from_the_system_text() {
    let line = r#"{"type":"text","text":"x-anthropic-billing-header: cch=1"}"#;
    let body = format!(
        r#"{{"model":"m","max_tokens":1,"system":[{line}],"messages":[{{"role":"user","content":[{line}]}}]}}"#
    );
    let request = read_request(body.as_bytes()).unwrap();
    assert_eq!(request.messages.len(), 1);
    assert_eq!(request.messages[0].role, Role::User);
    assert_eq!(request.texts().count(), 1);
}

#[test]
fn what_is_wrong_is_told_by_its_field() {
    let user = |block: &str| content("user", block);
    let top = |field: &str| {
        format!(
            r#"{{"model":"m","max_tokens":1,"messages":[{{"role":"user","content":"x"}}],{field}}}"#
        )
    };
    for (body, field) in [
        (r#"{"max_tokens":1,"messages":[]}"#.into(), "model"),
        (
            r#"{"model":"m","messages":[{"role":"user","content":"x"}]}"#.into(),
            "max_tokens",
        ),
        (r#"{"model":"m","max_tokens":1}"#.into(), "messages"),
        (
            r#"{"model":"","max_tokens":1,"messages":[]}"#.into(),
            "model",
        ),
        (
            r#"{"model":"m","max_tokens":-1,"messages":[]}"#.into(),
            "max_tokens",
        ),
        (
            r#"{"model":"m","max_tokens":1,"model":"n","messages":[]}"#.into(),
            "model",
        ),
        ("[]".into(), "body"),
        (body("[]"), "messages"),
        (body("7"), "messages"),
        (
            body(r#"[{"role":"tool","content":"x"}]"#),
            "messages[0].role",
        ),
        (body(r#"[{"role":"user"}]"#), "messages[0].content"),
        (
            body(r#"[{"role":"user","content":null}]"#),
            "messages[0].content",
        ),
        (body(r#"[["user","x"]]"#), "messages[0]"),
        (user(r#"{"text":"x"}"#), "messages[0].content[0].type"),
        (user(r#"{"type":7}"#), "messages[0].content[0].type"),
        (user(r#"{"type":"text"}"#), "messages[0].content[0].text"),
        (
            user(r#"{"type":"text","text":["x"]}"#),
            "messages[0].content[0].text",
        ),
        (
            user(r#"{"type":"text","text":"x"},{"type":"text","text":1}"#),
            "messages[0].content[1].text",
        ),
        (
            user(r#"{"type":"text","text":"x","text":"y"}"#),
            "messages[0].content[0].text",
        ),
        (user(r#"{"type":"image"}"#), "messages[0].content[0].source"),
        (
            user(r#"{"type":"image","source":{"type":"base64"}}"#),
            "messages[0].content[0].source.media_type",
        ),
        (
            user(r#"{"type":"image","source":{"type":"url","url":1}}"#),
            "messages[0].content[0].source.url",
        ),
        (
            user(r#"{"type":"tool_result","content":"x"}"#),
            "messages[0].content[0].tool_use_id",
        ),
        (
            user(r#"{"type":"tool_result","tool_use_id":"a","is_error":"no"}"#),
            "messages[0].content[0].is_error",
        ),
        (
            user(r#"{"type":"tool_result","tool_use_id":"a","content":[{"type":"text"}]}"#),
            "messages[0].content[0].content[0].text",
        ),
        (
            user(r#"{"type":"tool_result","tool_use_id":"a","content":[{}]}"#),
            "messages[0].content[0].content[0].type",
        ),
        (
            content(
                "assistant",
                r#"{"type":"tool_use","id":"a","name":"n","input":"{}"}"#,
            ),
            "messages[0].content[0].input",
        ),
        (
            top(r#""system":[{"type":"image","source":{"type":"url","url":"u"}}]"#),
            "system[0].type",
        ),
        (top(r#""tools":[{"input_schema":{}}]"#), "tools[0].name"),
        (top(r#""tools":[{"name":"t"}]"#), "tools[0].input_schema"),
        (
            top(r#""tools":[{"name":"t","input_schema":[]}]"#),
            "tools[0].input_schema",
        ),
        (top(r#""tool_choice":{"type":"must"}"#), "tool_choice.type"),
        (top(r#""tool_choice":{"type":"tool"}"#), "tool_choice.name"),
        (top(r#""tool_choice":"auto""#), "tool_choice"),
        (top(r#""temperature":"hot""#), "temperature"),
        (top(r#""stop_sequences":"x""#), "stop_sequences"),
        (
            top(r#""output_config":{"format":{"type":"json_schema"}}"#),
            "output_config.format.schema",
        ),
        (
            top(r#""output_config":{"format":{"type":"xml"}}"#),
            "output_config.format.type",
        ),
        (top(r#""metadata":{"user_id":7}"#), "metadata.user_id"),
    ] {
        assert_eq!(fault(&body), field, "{body}");
    }
    assert!(matches!(
        read_request(b"{\"model\":"),
        Err(WireError::Syntax(_))
    ));
    assert!(matches!(
        read_request(b"{\"model\":\"\xff\"}"),
        Err(WireError::Encoding(10))
    ));
}

#[test]
fn counting_needs_no_bound_on_the_answer() {
    let body = br#"{"model":"m","messages":[{"role":"user","content":"x"}]}"#;
    assert!(read_request(body).is_err());
    assert_eq!(read_count_request(body).unwrap().max_output_tokens, None);
}

#[test]
fn a_seal_is_opened_and_thinking_without_a_signature_is_nobodys() {
    let responses = Origin::Responses { id: "rs_1".into() };
    for (signature, proof, origin) in [
        (
            "EqQ=".to_owned(),
            Some("EqQ="),
            Origin::Anthropic { redacted: false },
        ),
        (seal(&responses, Some("gAAA")), Some("gAAA"), responses),
        (seal(&Origin::Plain, None), None, Origin::Plain),
        ("moecraft.broken".to_owned(), None, Origin::Plain),
        (String::new(), None, Origin::Plain),
    ] {
        let block = format!(r#"{{"type":"thinking","thinking":"t","signature":"{signature}"}}"#);
        let body = content("assistant", &block);
        let request = read_request(body.as_bytes()).unwrap();
        let Block::Thinking {
            text,
            proof: read,
            origin: whose,
        } = &request.messages[0].content[0]
        else {
            panic!("{request:?}");
        };
        assert_eq!(
            (text.as_ref(), read.as_deref(), whose),
            ("t", proof, &origin)
        );
    }
    let body = content("assistant", r#"{"type":"redacted_thinking","data":"Emw="}"#);
    let request = read_request(body.as_bytes()).unwrap();
    assert!(matches!(
        &request.messages[0].content[0],
        Block::Thinking { proof: Some(data), origin: Origin::Anthropic { redacted: true }, .. } if data == "Emw="
    ));
}

#[test]
fn unknown_blocks_matter_only_where_the_client_gave_them() {
    for (role, block, matters) in [
        ("user", r#"{"type":"container_upload","file_id":"f"}"#, true),
        (
            "user",
            r#"{"type":"image","source":{"type":"later"}}"#,
            true,
        ),
        (
            "assistant",
            r#"{"type":"server_tool_use","id":"s","name":"web_search","input":{}}"#,
            false,
        ),
        (
            "assistant",
            r#"{"type":"web_search_tool_result","tool_use_id":"s","content":{"type":"error"}}"#,
            false,
        ),
        (
            "assistant",
            r#"{"type":"later","text":{"deep":1},"source":7,"is_error":"odd"}"#,
            false,
        ),
    ] {
        let body = content(role, &format!(r#"{{"type":"text","text":"x"}},{block}"#));
        let request = read_request(body.as_bytes()).unwrap();
        let Block::Other {
            place, essential, ..
        } = &request.messages[0].content[1]
        else {
            panic!("{request:?}");
        };
        assert_eq!(
            (place.as_str(), *essential),
            ("messages[0].content[1]", matters),
            "{block}"
        );
    }
    let body = content(
        "user",
        r#"{"type":"tool_result","tool_use_id":"a","content":[{"type":"tool_reference","tool_name":"t"}]}"#,
    );
    let request = read_request(body.as_bytes()).unwrap();
    let place = "messages[0].content[0].content[0]";
    assert!(request.blocks().any(
        |block| matches!(block, Block::Other { place: at, essential: false, .. } if at == place)
    ));
}

#[test]
fn media_and_texts_keep_what_they_are() {
    let body = content(
        "user",
        r#"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBO+/=="}},
        {"type":"image","source":{"type":"url","url":"https:\/\/x.test\/a.png"}},
        {"type":"document","title":"T","source":{"type":"base64","media_type":"application/pdf","data":"JVBE"}},
        {"type":"document","source":{"type":"text","media_type":"text/plain","data":"plain"}},
        {"type":"document","source":{"type":"content","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}},
        {"type":"document","source":{"type":"file","file_id":"file_1"}},
        {"type":"search_result","source":"https://x.test","title":"R","content":[{"type":"text","text":"found"}]}"#,
    );
    let request = read_request(body.as_bytes()).unwrap();
    let sources: Vec<(&Media<'_>, Option<&str>)> = request
        .blocks()
        .map(|block| match block {
            Block::Image { source, .. } => (source, None),
            Block::Document { source, name, .. } => (source, name.as_deref()),
            other => panic!("{other:?}"),
        })
        .collect();
    let base64 = |kind: &'static str, data: &'static str| Media::Base64 {
        media_type: kind.into(),
        data: data.into(),
    };
    assert_eq!(
        sources,
        [
            (&base64("image/png", "iVBO+/=="), None),
            (&Media::Url("https://x.test/a.png".into()), None),
            (&base64("application/pdf", "JVBE"), Some("T")),
            (&Media::Text("plain".into()), None),
            (&Media::Text("a\nb".into()), None),
            (&Media::File("file_1".into()), None),
            (&Media::Text("found".into()), Some("R")),
        ]
    );
}

#[test]
fn options_are_read_into_the_hubs_words() {
    let body = r#"{"model":"m","max_tokens":10,"messages":[{"role":"user","content":""}],
        "tools":[{"type":"custom","name":"t","input_schema":{"type":"object"},"strict":true,"cache_control":{"type":"ephemeral"}},
                 {"type":"web_search_20250305","name":"web_search","max_uses":3}],
        "tool_choice":{"type":"tool","name":"t","disable_parallel_tool_use":true},
        "thinking":{"type":"enabled","budget_tokens":2000},"temperature":0.5,"top_p":0.9,"top_k":40,
        "stop_sequences":["END"],"output_format":{"type":"json_schema","schema":{"type":"object"}},
        "container":"c","mcp_servers":[],"service_tier":"auto","stream":null}"#;
    let request = read_request(body.as_bytes()).unwrap();
    assert!(!request.stream && request.messages[0].content.is_empty());
    assert!(matches!(
        &request.tools[0].kind,
        ToolKind::Function {
            parameters: Some(_),
            strict: Some(true)
        }
    ));
    assert!(request.tools[0].cache.is_some());
    assert!(
        matches!(&request.tools[1].kind, ToolKind::Hosted { kind } if kind == "web_search_20250305")
    );
    assert_eq!(request.tool_choice, Some(ToolChoice::Named("t".into())));
    assert_eq!(request.parallel_tool_calls, Some(false));
    let reasoning = request.reasoning.unwrap();
    assert_eq!(
        (reasoning.budget_tokens, reasoning.visible),
        (Some(2000), true)
    );
    assert_eq!(request.sampling.stop, ["END"]);
    assert_eq!(request.sampling.top_k, Some(40));
    assert!(matches!(request.format, Some(Format::Schema { .. })));
    let essential: Vec<&str> = request
        .extras
        .iter()
        .filter(|extra| extra.essential)
        .map(|extra| extra.name.as_ref())
        .collect();
    assert_eq!(essential, ["container", "mcp_servers"]);

    let disabled = r#"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"x"}],"thinking":{"type":"disabled"}}"#;
    let reasoning = read_request(disabled.as_bytes())
        .unwrap()
        .reasoning
        .unwrap();
    assert!(reasoning.off && !reasoning.visible);
}

/// JSON of any shape, with the names that a request has.
fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i32>().prop_map(Into::into),
        prop::sample::select(vec![
            "text",
            "image",
            "tool_use",
            "tool_result",
            "thinking",
            "user",
            "assistant",
            "system",
            "base64",
            "auto",
            "moecraft.x",
            ""
        ])
        .prop_map(Into::into),
    ];
    let name = prop::sample::select(vec![
        "model",
        "messages",
        "max_tokens",
        "role",
        "content",
        "type",
        "text",
        "source",
        "system",
        "tools",
        "id",
        "tool_use_id",
        "input",
        "thinking",
        "signature",
        "tool_choice",
        "name",
        "output_config",
        "data",
    ]);
    leaf.prop_recursive(5, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::vec((name.clone(), inner), 0..6).prop_map(|members| {
                let members = members
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value));
                serde_json::Value::Object(members.collect())
            }),
        ]
    })
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_request(&bytes);
    }

    #[test]
    fn no_json_makes_the_reader_panic(json in any_json()) {
        let _ = read_request(json.to_string().as_bytes());
        let request = serde_json::json!({"model": "m", "max_tokens": 1, "messages": json});
        let _ = read_request(request.to_string().as_bytes());
        let content = serde_json::json!([{"role": "assistant", "content": [json]}]);
        let request = serde_json::json!({"model": "m", "max_tokens": 1, "messages": content});
        let _ = read_request(request.to_string().as_bytes());
    }
}
