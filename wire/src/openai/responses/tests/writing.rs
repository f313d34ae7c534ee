use serde_json::{Value, json};

use crate::hub::{Block, CallKind, Media, Message, Origin, Reasoning, Request, Role, seal};
use crate::hub::{Profile, Unsupported, Written};
use crate::openai::responses::{adapt_request, read_request, write_request};

const CODEX: &[u8] = include_bytes!("../../../../tests/golden/responses/codex_request.json");

fn modern() -> Profile {
    Profile {
        custom_tools: true,
        ..Profile::permissive("gpt-6.1-sol")
    }
}

fn request(messages: Vec<Message<'static>>) -> Request<'static> {
    let mut request = read_request(br#"{"model":"any","input":"x"}"#).unwrap();
    request.messages = messages;
    request
}

fn message(role: Role, content: Vec<Block<'static>>) -> Message<'static> {
    Message {
        role,
        content,
        name: None,
    }
}

fn text(text: &'static str) -> Block<'static> {
    Block::Text {
        text: text.into(),
        cache: None,
    }
}

fn call(id: &'static str, kind: CallKind) -> Block<'static> {
    Block::ToolCall {
        id: id.into(),
        name: "f".into(),
        namespace: None,
        arguments: "{\"a\":1}".into(),
        kind,
        cache: None,
    }
}

fn result(id: &'static str, content: Vec<Block<'static>>) -> Block<'static> {
    Block::ToolResult {
        id: id.into(),
        content,
        is_error: false,
        kind: CallKind::Function,
        cache: None,
    }
}

fn body(written: &Written) -> Value {
    serde_json::from_slice(&written.body).unwrap()
}

fn write(request: &Request<'_>, profile: &Profile) -> Value {
    body(&write_request(request, profile).unwrap())
}

fn input(messages: Vec<Message<'static>>) -> Value {
    write(&request(messages), &modern())["input"].take()
}

fn refused<T: std::fmt::Debug>(result: Result<T, Unsupported>, field: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.field, field);
    assert!(error.message.contains(field), "{}", error.message);
}

#[test]
fn leading_system_texts_are_instructions_and_later_ones_developer_messages() {
    let request = request(vec![
        message(Role::System, vec![text("one"), text("two")]),
        message(Role::System, vec![]),
        message(Role::User, vec![text("hi"), text("")]),
        message(Role::System, vec![text("late")]),
        message(Role::System, vec![]),
    ]);
    let body = write(&request, &modern());
    assert_eq!(body["instructions"], "one\n\ntwo");
    assert_eq!(
        body["input"],
        json!([
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]},
            {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "late"}]},
        ])
    );
    assert_eq!(
        (&body["store"], &body["stream"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(body["include"], json!(["reasoning.encrypted_content"]));
}

#[test]
fn instructions_alone_become_the_input() {
    let body = write(
        &request(vec![message(Role::System, vec![text("say hi")])]),
        &modern(),
    );
    assert!(body.get("instructions").is_none());
    assert_eq!(body["input"][0]["role"], "developer");
}

#[test]
fn calls_and_results_meet_whatever_the_client_did() {
    let input = input(vec![
        message(
            Role::Assistant,
            vec![
                text("two calls"),
                call("toolu_1", CallKind::Function),
                call("odd.id:1", CallKind::Custom),
                call("call_stopped", CallKind::Function),
            ],
        ),
        message(
            Role::User,
            vec![
                result("odd.id:1", vec![text("b"), text("c")]),
                result("toolu_1", vec![]),
                result("call_unknown", vec![text("stray")]),
                text("go on"),
            ],
        ),
    ]);
    let kinds: Vec<&str> = input
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        [
            "message",
            "function_call",
            "custom_tool_call",
            "function_call",
            "function_call_output",
            "custom_tool_call_output",
            "function_call_output",
            "message"
        ]
    );
    assert_eq!(input[2]["input"], "{\"a\":1}");
    let portable = input[2]["call_id"].as_str().unwrap();
    assert!(portable.starts_with("call_") && portable.len() <= 40);
    assert_eq!(
        input[5],
        json!({"type": "custom_tool_call_output", "call_id": portable, "output": "b\nc"})
    );
    assert_eq!(
        input[4],
        json!({"type": "function_call_output", "call_id": "call_stopped", "output": "(no result: the call was interrupted)"})
    );
    assert_eq!(input[6]["output"], "");
    assert_eq!(
        input[7]["content"][0]["text"],
        "(the result of an earlier tool call)\nstray"
    );
    assert_eq!(input[7]["content"][1]["text"], "go on");
}

#[test]
fn ids_that_repeat_are_paired_in_turn() {
    let turn = || {
        [
            message(Role::Assistant, vec![call("call_0", CallKind::Function)]),
            message(Role::User, vec![result("call_0", vec![text("r")])]),
        ]
    };
    let last = message(Role::Assistant, vec![call("call_0", CallKind::Function)]);
    let input = input(turn().into_iter().chain(turn()).chain([last]).collect());
    let outputs: Vec<&str> = input
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|item| item["output"].as_str())
        .collect();
    assert_eq!(outputs, ["r", "r", "(no result: the call was interrupted)"]);
}

#[test]
fn images_in_results_stay_in_them_byte_for_byte() {
    let image = Block::Image {
        source: Media::Base64 {
            media_type: "image/png".into(),
            data: "iVBOR+/=".into(),
        },
        detail: None,
        cache: None,
    };
    let input = input(vec![
        message(Role::Assistant, vec![call("c", CallKind::Function)]),
        message(Role::User, vec![result("c", vec![text("see"), image])]),
    ]);
    assert_eq!(
        input[1]["output"],
        json!([
            {"type": "input_text", "text": "see"},
            {"type": "input_image", "image_url": "data:image/png;base64,iVBOR+/="},
        ])
    );
}

#[test]
fn thinking_goes_to_its_maker_only() {
    let thinking = |origin, proof: Option<&'static str>| Block::Thinking {
        text: "hm".into(),
        proof: proof.map(Into::into),
        origin,
    };
    let id = || Origin::Responses { id: "rs_1".into() };
    let all = vec![
        thinking(Origin::Anthropic { redacted: false }, Some("sig")),
        thinking(Origin::Plain, None),
        thinking(id(), None),
        thinking(id(), Some("gAAA")),
        text("so"),
    ];
    let request = request(vec![
        message(Role::Assistant, all),
        message(Role::User, vec![text("?")]),
    ]);
    let input = &write(&request, &modern())["input"];
    assert_eq!(
        input[0],
        json!({"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}], "encrypted_content": "gAAA"})
    );
    assert_eq!(input.as_array().unwrap().len(), 3);
    let plain = Profile {
        reasoning: false,
        ..modern()
    };
    let body = write(&request, &plain);
    assert_eq!(body["input"].as_array().unwrap().len(), 2);
    assert!(body.get("include").is_none());
}

#[test]
fn tools_for_free_text_become_functions_where_there_are_none() {
    let request = read_request(CODEX).unwrap();
    let profile = Profile::permissive("local");
    let written = write_request(&request, &profile).unwrap();
    let body = body(&written);
    assert_eq!(body["tools"][0]["type"], "function");
    assert_eq!(body["tools"][0]["name"], "exec");
    assert_eq!(body["tools"][0]["parameters"]["required"], json!(["input"]));
    assert_eq!(
        body["tools"][0]["description"],
        "Runs JavaScript.\n\nThe input must follow this lark grammar:\nstart: /(.|\\n)+/"
    );
    assert_eq!(body["tools"][1]["name"], "clock__now");
    assert_eq!(body["tools"][1]["strict"], false);
    let items = body["input"].as_array().unwrap();
    let calls: Vec<(&str, &str)> = items
        .iter()
        .filter(|item| item["type"] == "function_call")
        .map(|item| {
            (
                item["name"].as_str().unwrap(),
                item["arguments"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        calls,
        [
            ("exec", "{\"input\":\"text(\\\"a\\\")\\n\"}"),
            ("clock__now", "{\"zone\":\"UTC\"}")
        ]
    );
    assert!(
        items
            .iter()
            .all(|item| !item["type"].as_str().unwrap().starts_with("custom"))
    );
    assert_eq!(
        written.left_out,
        [
            "web_search_call",
            "tools.web_search",
            "store",
            "include",
            "client_metadata"
        ]
    );
    let body = write(&request, &modern());
    assert_eq!(body["tools"][0]["type"], "custom");
    assert_eq!(body["text"], json!({"verbosity": "low"}));
    assert_eq!(
        body["prompt_cache_key"],
        "0199b5a2-7c1e-7000-8000-000000000001"
    );
}

#[test]
fn a_tool_of_another_api_is_not_made_strict_by_silence() {
    let bare = br#"{"model":"m","input":"x","tools":[{"type":"function","name":"f"}]}"#;
    let tool = write(&read_request(bare).unwrap(), &modern())["tools"][0].take();
    assert_eq!(
        tool,
        json!({"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}, "strict": false})
    );
}

#[test]
fn a_grammar_is_understood_in_the_form_of_either_api() {
    let tool = |format: &str| {
        let body = format!(
            r#"{{"model":"m","input":"x","tools":[{{"type":"custom","name":"f","format":{format}}}]}}"#
        );
        let body = write(&read_request(body.as_bytes()).unwrap(), &modern());
        body["tools"][0]["format"].clone()
    };
    let flat = json!({"type": "grammar", "syntax": "regex", "definition": "a+"});
    let nested = json!({"type": "grammar", "grammar": {"syntax": "regex", "definition": "a+"}});
    assert_eq!(tool(&flat.to_string()), flat);
    assert_eq!(tool(&nested.to_string()), flat);
    assert_eq!(tool(r#"{"type":"text"}"#), json!({"type": "text"}));
}

#[test]
fn a_choice_is_written_by_the_form_and_name_that_the_tool_has_there() {
    let choice = |named: &str, profile: &Profile| {
        let body = format!(
            r#"{{"model":"m","input":"x","tool_choice":{named},"tools":[{{"type":"custom","name":"patch"}},{{"type":"namespace","name":"clock","tools":[{{"type":"function","name":"now"}}]}}]}}"#
        );
        write(&read_request(body.as_bytes()).unwrap(), profile)["tool_choice"].clone()
    };
    let patch = r#"{"type":"custom","name":"patch"}"#;
    assert_eq!(
        choice(patch, &modern()),
        json!({"type": "custom", "name": "patch"})
    );
    let plain = Profile::permissive("m");
    assert_eq!(
        choice(patch, &plain),
        json!({"type": "function", "name": "patch"})
    );
    let now = r#"{"type":"function","name":"now"}"#;
    assert_eq!(
        choice(now, &plain),
        json!({"type": "function", "name": "clock__now"})
    );
    assert_eq!(choice(r#""required""#, &plain), "required");
    for nothing in [r#""required""#, r#"{"type":"function","name":"g"}"#] {
        let body = format!(
            r#"{{"model":"m","input":"x","tool_choice":{nothing},"tools":[{{"type":"web_search"}}]}}"#
        );
        refused(
            write_request(&read_request(body.as_bytes()).unwrap(), &plain),
            "tool_choice",
        );
    }
}

#[test]
fn what_cannot_be_carried_is_refused_by_name() {
    let plain = || request(vec![message(Role::User, vec![text("x")])]);
    let mut stops = plain();
    stops.sampling.stop = vec!["END".into()];
    refused(write_request(&stops, &modern()), "stop");
    let mut many = plain();
    many.sampling.answers = 2;
    refused(write_request(&many, &modern()), "n");
    let other = Block::Other {
        kind: "mcp_tool_use".into(),
        place: "messages[1].content[0]".into(),
        essential: true,
    };
    let other = request(vec![message(Role::User, vec![other])]);
    refused(write_request(&other, &modern()), "messages[1].content[0]");
    let file = Block::Document {
        source: Media::File("file_011".into()),
        name: None,
        cache: None,
    };
    let file = request(vec![message(Role::User, vec![file])]);
    refused(write_request(&file, &modern()), "messages[0].content[0]");
    let hosted = br#"{"model":"m","input":"x","tools":[{"type":"web_search"}],"tool_choice":{"type":"web_search"}}"#;
    refused(
        write_request(&read_request(hosted).unwrap(), &modern()),
        "tool_choice",
    );
    let prefill = request(vec![
        message(Role::User, vec![text("x")]),
        message(Role::Assistant, vec![text("{")]),
    ]);
    assert!(write_request(&prefill, &modern()).is_ok());
    let strict = Profile {
        prefill: false,
        ..modern()
    };
    refused(write_request(&prefill, &strict), "messages[1]");
}

#[test]
fn what_a_model_cannot_do_is_refused_on_both_ways() {
    let image = br#"{"model":"m","input":[{"role":"user","content":[{"type":"input_image","image_url":"https://x/y"}]}]}"#;
    let tools = br#"{"model":"m","input":"x","tools":[{"type":"function","name":"f"}]}"#;
    let state = br#"{"model":"m","input":"x","previous_response_id":"resp_1"}"#;
    let background = br#"{"model":"m","input":"x","background":true}"#;
    let limited = Profile {
        tools: false,
        vision: false,
        ..modern()
    };
    let cases: [(&[u8], &str); 3] = [
        (image, "messages[0].content[0]"),
        (tools, "tools"),
        (background, "background"),
    ];
    for (body, field) in cases {
        let request = read_request(body).unwrap();
        refused(write_request(&request, &limited), field);
        refused(adapt_request(body, &request, &limited), field);
    }
    // What is kept with a provider is that provider's to know, and nobody else's.
    let request = read_request(state).unwrap();
    refused(write_request(&request, &modern()), "previous_response_id");
    assert!(adapt_request(state, &request, &modern()).is_ok());
}

#[test]
fn hints_without_a_word_here_are_left_out_and_told() {
    let mut request = request(vec![Message {
        role: Role::User,
        content: vec![Block::Text {
            text: "x".into(),
            cache: Some(serde_json::from_str("{}").unwrap()),
        }],
        name: Some("ann".into()),
    }]);
    request.sampling.top_k = Some(4);
    request.sampling.seed = Some(1);
    request.max_output_tokens = Some(1);
    request.user = Some("u".repeat(65).into());
    let written = write_request(&request, &modern()).unwrap();
    assert_eq!(
        written.left_out,
        [
            "name",
            "cache_control",
            "max_output_tokens",
            "user",
            "top_k",
            "seed"
        ]
    );
    assert_eq!(body(&written)["max_output_tokens"], 16);
}

#[test]
fn thinking_budgets_become_efforts_that_every_model_knows() {
    let effort = |reasoning: Reasoning| {
        let mut request = request(vec![message(Role::User, vec![text("x")])]);
        request.reasoning = Some(reasoning);
        write(&request, &modern())["reasoning"].take()
    };
    for (budget, word) in [
        (1024, "low"),
        (8192, "medium"),
        (16384, "high"),
        (200_000, "high"),
    ] {
        let reasoning = Reasoning {
            budget_tokens: Some(budget),
            visible: true,
            ..Reasoning::default()
        };
        assert_eq!(
            effort(reasoning),
            json!({"effort": word, "summary": "auto"})
        );
    }
    let off = Reasoning {
        off: true,
        ..Reasoning::default()
    };
    assert_eq!(effort(off), json!({"effort": "none"}));
}

#[test]
fn what_a_model_takes_in_words_only_is_said_in_words() {
    let bare = r#"{"model":"m","input":"x","instructions":"be brief","tools":[{"type":"function","name":"f"}],"tool_choice":{"type":"function","name":"f"},"text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"}},"verbosity":"low"},"temperature":0.5,"reasoning":{"effort":"low"},"max_output_tokens":5000}"#;
    let request = read_request(bare.as_bytes()).unwrap();
    let profile = Profile {
        forced_tools: false,
        structured_output: false,
        sampling: false,
        reasoning: false,
        max_output_tokens: Some(4096),
        ..Profile::permissive("small")
    };
    let told = [
        "max_output_tokens",
        "temperature",
        "reasoning",
        "tool_choice",
        "text.format",
    ];
    let said = "be brief\n\nYou must call the tool f now.\n\nAnswer with one JSON object and nothing else. It must follow this JSON schema:\n{\"type\":\"object\"}";
    let written = write_request(&request, &profile).unwrap();
    let adapted = adapt_request(bare.as_bytes(), &request, &profile)
        .unwrap()
        .unwrap();
    for way in [&written, &adapted] {
        let body = body(way);
        assert_eq!(way.left_out, told);
        assert_eq!(body["model"], "small");
        assert_eq!(body["instructions"], said);
        assert_eq!(body["tool_choice"], "auto");
        assert_eq!(body["text"], json!({"verbosity": "low"}));
        assert_eq!(body["max_output_tokens"], 4096);
        assert!(body.get("temperature").is_none() && body.get("reasoning").is_none());
    }
}

#[test]
fn a_request_that_fits_is_not_touched() {
    let request = read_request(CODEX).unwrap();
    assert_eq!(adapt_request(CODEX, &request, &modern()).unwrap(), None);
    let renamed = Profile {
        name: "gpt-6-luna".into(),
        ..modern()
    };
    let adapted = adapt_request(CODEX, &request, &renamed).unwrap().unwrap();
    assert!(adapted.left_out.is_empty());
    let expected = String::from_utf8_lossy(CODEX).replacen("gpt-6.1-sol", "gpt-6-luna", 1);
    let values = |text: &str| -> Vec<String> {
        text.lines()
            .filter(|line| line.starts_with("{\"type\""))
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(
        values(&String::from_utf8(adapted.body).unwrap()),
        values(&expected)
    );
}

#[test]
fn foreign_thinking_is_taken_out_and_all_else_stays() {
    let sealed = seal(&Origin::Anthropic { redacted: false }, Some("sig"));
    let keep = r#"{"type":"reasoning", "id":"rs_2","summary":[],"encrypted_content":"gAAA"}"#;
    let bare = format!(
        r#"{{"model":"m","input":[{{"type":"reasoning","summary":[],"encrypted_content":"{sealed}"}},{keep},{{"role" : "user","content":"\u0078"}}],"include":["reasoning.encrypted_content","x"]}}"#
    );
    let request = read_request(bare.as_bytes()).unwrap();
    let written = adapt_request(bare.as_bytes(), &request, &Profile::permissive("m"))
        .unwrap()
        .unwrap();
    assert_eq!(
        String::from_utf8(written.body).unwrap(),
        format!(
            r#"{{"model":"m","input":[{keep},{{"role" : "user","content":"\u0078"}}],"include":["reasoning.encrypted_content","x"]}}"#
        )
    );
    let plain = Profile {
        reasoning: false,
        ..Profile::permissive("m")
    };
    let written = adapt_request(bare.as_bytes(), &request, &plain)
        .unwrap()
        .unwrap();
    assert_eq!(
        String::from_utf8(written.body).unwrap(),
        r#"{"model":"m","input":[{"role" : "user","content":"\u0078"}],"include":["x"]}"#
    );
}

#[test]
fn reasoning_that_cannot_be_verified_can_be_left_out() {
    let body = br#"{"model":"m","input":[{"role":"user","content":"x"},{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"abc"},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}]}"#;
    let without = String::from_utf8(super::super::without_thinking(body).unwrap()).unwrap();
    assert!(!without.contains("rs_1") && without.contains("function_call"));
    assert_eq!(super::super::without_thinking(without.as_bytes()), None);
}
