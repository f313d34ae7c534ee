//! How a request of another dialect is written as Messages.

use std::borrow::Cow;

use moecraft_wire::anthropic::{read_request, write_request};
use moecraft_wire::hub::{
    Block, CallKind, Effort, Extra, Format, Media, Message, Origin, Profile, Reasoning, Request,
    Role, Tool, ToolChoice, ToolKind, portable_id,
};
use proptest::prelude::*;
use serde_json::value::RawValue;
use serde_json::{Value, json};

fn profile() -> Profile {
    Profile::permissive("upstream-model")
}

fn text(text: &str) -> Block<'static> {
    Block::Text {
        text: Cow::Owned(text.to_owned()),
        cache: None,
    }
}

fn call(id: &str, arguments: &str) -> Block<'static> {
    Block::ToolCall {
        id: Cow::Owned(id.to_owned()),
        name: Cow::Borrowed("look"),
        namespace: None,
        arguments: Cow::Owned(arguments.to_owned()),
        kind: CallKind::Function,
        cache: None,
    }
}

fn result(id: &str, said: &str) -> Block<'static> {
    Block::ToolResult {
        id: Cow::Owned(id.to_owned()),
        content: vec![text(said)],
        is_error: false,
        kind: CallKind::Function,
        cache: None,
    }
}

fn thinking(proof: Option<&'static str>, origin: Origin) -> Block<'static> {
    Block::Thinking {
        text: Cow::Borrowed("hm"),
        proof: proof.map(Cow::Borrowed),
        origin,
    }
}

fn message(role: Role, content: Vec<Block<'static>>) -> Message<'static> {
    Message {
        role,
        content,
        name: None,
    }
}

fn raw(json: &'static str) -> &'static RawValue {
    serde_json::from_str(json).unwrap()
}

fn function(name: &'static str) -> Tool<'static> {
    Tool {
        name: Cow::Borrowed(name),
        namespace: None,
        description: None,
        kind: ToolKind::Function {
            parameters: Some(raw(r#"{"type":"object","properties":{}}"#)),
            strict: None,
        },
        cache: None,
        deferred: false,
    }
}

fn conversation(messages: Vec<Message<'static>>) -> Request<'static> {
    let body = br#"{"model":"asked","max_tokens":100,"messages":[{"role":"user","content":"hi"}]}"#;
    let mut request = read_request(body).unwrap();
    request.messages = messages;
    request
}

fn question() -> Request<'static> {
    conversation(vec![message(Role::User, vec![text("hi")])])
}

/// The body written, and what was left out of it.
fn written(request: &Request<'_>, profile: &Profile) -> (Value, Vec<String>) {
    let written = write_request(request, profile).unwrap();
    (
        serde_json::from_slice(&written.body).unwrap(),
        written.left_out,
    )
}

/// The field that cannot be carried.
fn refused(request: &Request<'_>, profile: &Profile) -> String {
    write_request(request, profile).unwrap_err().field
}

#[test]
fn a_plain_question_becomes_the_smallest_request() {
    let written = write_request(&question(), &profile()).unwrap();
    assert_eq!(
        String::from_utf8(written.body).unwrap(),
        r#"{"model":"upstream-model","max_tokens":100,"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}],"stream":false}"#
    );
    assert!(written.left_out.is_empty());
}

#[test]
fn all_results_of_a_turn_stand_first_in_one_message_of_the_user() {
    let request = conversation(vec![
        message(Role::User, vec![text("both?")]),
        message(Role::Assistant, vec![text("yes"), call("a", r#"{"n":1}"#)]),
        message(Role::Assistant, vec![call("b", "")]),
        message(Role::User, vec![text("hurry")]),
        message(Role::User, vec![result("b", "two")]),
        message(Role::System, vec![text("it is late")]),
        message(Role::User, vec![result("a", "one")]),
    ]);
    let (body, _) = written(&request, &profile());
    assert_eq!(
        body["messages"],
        json!([
            {"role": "user", "content": [{"type": "text", "text": "both?"}]},
            {"role": "assistant", "content": [
                {"type": "text", "text": "yes"},
                {"type": "tool_use", "id": "a", "name": "look", "input": {"n": 1}},
                {"type": "tool_use", "id": "b", "name": "look", "input": {}}]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "a", "content": [{"type": "text", "text": "one"}]},
                {"type": "tool_result", "tool_use_id": "b", "content": [{"type": "text", "text": "two"}]},
                {"type": "text", "text": "hurry"},
                {"type": "text", "text": "it is late"}]}
        ])
    );
}

#[test]
fn calls_and_results_that_lost_each_other_are_made_whole() {
    let request = conversation(vec![
        message(Role::Assistant, vec![call("a", "{}"), call("b", "{}")]),
        message(Role::User, vec![result("b", "two"), result("c", "three")]),
        message(Role::Assistant, vec![call("b", "{}")]),
    ]);
    let (body, _) = written(&request, &profile());
    let again = portable_id("b#2").into_owned();
    let missing = json!([{"type": "text", "text": "(no result: the call was interrupted)"}]);
    assert_eq!(body["messages"][0]["role"], "user");
    assert_eq!(
        body["messages"][2]["content"],
        json!([
            {"type": "tool_result", "tool_use_id": "a", "content": missing, "is_error": true},
            {"type": "tool_result", "tool_use_id": "b", "content": [{"type": "text", "text": "two"}]},
            {"type": "text", "text": "Result of the earlier call c:"},
            {"type": "text", "text": "three"}
        ])
    );
    assert_eq!(body["messages"][3]["content"][0]["id"], again);
    assert_eq!(
        body["messages"][4]["content"],
        json!([{"type": "tool_result", "tool_use_id": again, "content": missing, "is_error": true}])
    );
}

#[test]
fn ids_that_anthropic_refuses_change_on_both_sides() {
    let request = conversation(vec![
        message(Role::User, vec![text("go")]),
        message(Role::Assistant, vec![call("functions.look:0", "{}")]),
        message(Role::User, vec![result("functions.look:0", "x")]),
    ]);
    let (body, _) = written(&request, &profile());
    let id = portable_id("functions.look:0").into_owned();
    assert_eq!(body["messages"][1]["content"][0]["id"], id);
    assert_eq!(body["messages"][2]["content"][0]["tool_use_id"], id);
}

#[test]
fn instructions_before_the_conversation_are_the_system_text() {
    let request = conversation(vec![
        message(Role::System, vec![text("one")]),
        message(Role::Developer, vec![text("two"), text(" ")]),
        message(Role::User, vec![text("hi")]),
        message(Role::Assistant, vec![text("ho")]),
        message(Role::Developer, vec![text("three")]),
    ]);
    let (body, _) = written(&request, &profile());
    assert_eq!(
        body["system"],
        json!([{"type": "text", "text": "one"}, {"type": "text", "text": "two"}])
    );
    let last = &body["messages"][2];
    assert_eq!(
        (&last["role"], &last["content"][0]["text"]),
        (&json!("user"), &json!("three"))
    );

    let alone = conversation(vec![message(Role::System, vec![text("do it")])]);
    let (body, _) = written(&alone, &profile());
    assert_eq!(body["messages"][0]["content"][0]["text"], "do it");
    assert_eq!(body.get("system"), None);
    assert_eq!(refused(&conversation(vec![]), &profile()), "messages");
}

#[test]
fn only_thinking_that_anthropic_signed_goes_back_to_it() {
    let signed = "EqQ/+==";
    let request = conversation(vec![
        message(Role::User, vec![text("go")]),
        message(
            Role::Assistant,
            vec![
                thinking(Some("gAAA"), Origin::Responses { id: "rs_1".into() }),
                thinking(None, Origin::Plain),
                thinking(Some(signed), Origin::Anthropic { redacted: false }),
                thinking(Some("Emw="), Origin::Anthropic { redacted: true }),
                text("done"),
            ],
        ),
        message(Role::User, vec![text("more")]),
    ]);
    let (body, left_out) = written(&request, &profile());
    assert_eq!(
        body["messages"][1]["content"],
        json!([
            {"type": "thinking", "thinking": "hm", "signature": signed},
            {"type": "redacted_thinking", "data": "Emw="},
            {"type": "text", "text": "done"}
        ])
    );
    assert!(left_out.is_empty());
}

#[test]
fn an_effort_becomes_a_budget_or_stays_one() {
    let mut request = question();
    request.max_output_tokens = Some(64_000);
    for (effort, budget, word) in [
        (Effort::Minimal, 1024, "low"),
        (Effort::Low, 2048, "low"),
        (Effort::Medium, 8192, "medium"),
        (Effort::High, 16_384, "high"),
        (Effort::Max, 32_768, "max"),
    ] {
        request.reasoning = Some(Reasoning {
            effort: Some(effort),
            visible: true,
            ..Reasoning::default()
        });
        let (body, _) = written(&request, &profile());
        assert_eq!(
            body["thinking"],
            json!({"type": "enabled", "budget_tokens": budget})
        );
        let bounds_itself = Profile {
            sampling: false,
            ..profile()
        };
        let (body, _) = written(&request, &bounds_itself);
        assert_eq!(
            body["thinking"],
            json!({"type": "adaptive", "display": "summarized"})
        );
        assert_eq!(body["output_config"], json!({"effort": word}));
    }
    request.reasoning = Some(Reasoning {
        off: true,
        effort: Some(Effort::High),
        ..Reasoning::default()
    });
    let (body, left_out) = written(&request, &profile());
    assert!(body.get("thinking").is_none() && left_out.is_empty());
}

#[test]
fn thinking_is_not_asked_for_where_it_would_be_refused() {
    let thinks = Some(Reasoning {
        effort: Some(Effort::Low),
        ..Reasoning::default()
    });
    let asks = |messages: Vec<Message<'static>>| {
        let mut request = conversation(messages);
        request.max_output_tokens = Some(8000);
        request.reasoning = thinks;
        request.tools = vec![function("look")];
        request
    };
    let turn = |first: Option<Block<'static>>| {
        let content = first.into_iter().chain([call("a", "{}")]).collect();
        asks(vec![
            message(Role::User, vec![text("go")]),
            message(Role::Assistant, content),
            message(Role::User, vec![result("a", "x")]),
        ])
    };
    let real = thinking(Some("Eq="), Origin::Anthropic { redacted: false });
    let foreign = thinking(Some("gA"), Origin::Responses { id: "rs".into() });
    let mut forced = asks(vec![message(Role::User, vec![text("go")])]);
    forced.tool_choice = Some(ToolChoice::Required);
    let mut short = asks(vec![message(Role::User, vec![text("go")])]);
    short.max_output_tokens = Some(1024);
    let unable = Profile {
        reasoning: false,
        ..profile()
    };
    for (request, profile, thinks) in [
        (turn(Some(real.clone())), profile(), true),
        (turn(Some(foreign)), profile(), false),
        (turn(None), profile(), false),
        (turn(Some(real)), unable, false),
        (forced, profile(), false),
        (short, profile(), false),
    ] {
        let (body, left_out) = written(&request, &profile);
        assert_eq!(body.get("thinking").is_some(), thinks, "{body}");
        assert_eq!(left_out.contains(&"reasoning".to_owned()), !thinks);
    }
}

#[test]
fn sampling_is_said_as_far_as_the_model_takes_it() {
    let mut request = question();
    request.sampling.temperature = Some(1.7);
    request.sampling.top_k = Some(5);
    request.sampling.seed = Some(1);
    request.sampling.frequency_penalty = Some(0.1);
    request.sampling.stop = vec!["END".into()];
    let (body, left_out) = written(&request, &profile());
    assert_eq!(
        (&body["temperature"], &body["top_k"]),
        (&json!(1.0), &json!(5))
    );
    assert_eq!(body["stop_sequences"], json!(["END"]));
    assert_eq!(left_out, ["seed", "frequency_penalty"]);

    request.sampling.top_p = Some(0.5);
    let (body, left_out) = written(&request, &profile());
    assert!(body.get("top_p").is_none() && left_out.contains(&"top_p".into()));

    let draws_itself = Profile {
        sampling: false,
        ..profile()
    };
    let (body, left_out) = written(&request, &draws_itself);
    for name in ["temperature", "top_p", "top_k"] {
        assert!(
            body.get(name).is_none() && left_out.contains(&name.into()),
            "{name}"
        );
    }
}

#[test]
fn the_answers_bound_is_the_clients_within_the_models() {
    let mut request = question();
    let mut profile = profile();
    for (asked, most, said) in [
        (Some(100), None, 100),
        (Some(9000), Some(8000), 8000),
        (None, Some(8000), 8000),
        (None, None, 8192),
    ] {
        request.max_output_tokens = asked;
        profile.max_output_tokens = most;
        assert_eq!(written(&request, &profile).0["max_tokens"], said);
    }
}

#[test]
fn tools_of_every_kind_become_functions() {
    let mut request = question();
    let custom = Tool {
        description: Some("Edits files.".into()),
        kind: ToolKind::Custom {
            format: Some(raw(
                r#"{"type":"grammar","syntax":"lark","definition":"start: \"x\""}"#,
            )),
        },
        ..function("apply_patch")
    };
    let bare = Tool {
        namespace: Some("clock".into()),
        kind: ToolKind::Function {
            parameters: Some(raw(r#"{"properties":{"n":{"type":"number"}}}"#)),
            strict: Some(true),
        },
        deferred: true,
        ..function("now")
    };
    let search = Tool {
        kind: ToolKind::Hosted {
            kind: "web_search".into(),
        },
        ..function("web_search")
    };
    request.tools = vec![custom, bare, search];
    request.tool_choice = Some(ToolChoice::Named("now".into()));
    request.parallel_tool_calls = Some(false);
    let (body, left_out) = written(&request, &profile());
    assert_eq!(
        body["tools"],
        json!([
            {"name": "apply_patch",
             "description": "Edits files.\n\nThe input is free text by this lark grammar:\nstart: \"x\"",
             "input_schema": {"type": "object", "properties": {"input": {"type": "string"}},
                              "required": ["input"], "additionalProperties": false}},
            {"name": "clock__now",
             "input_schema": {"properties": {"n": {"type": "number"}}, "type": "object"}}
        ])
    );
    assert_eq!(
        body["tool_choice"],
        json!({"type": "tool", "name": "clock__now", "disable_parallel_tool_use": true})
    );
    assert_eq!(left_out, ["tools.strict", "tools.web_search"]);

    request.tool_choice = Some(ToolChoice::Named("web_search".into()));
    assert_eq!(refused(&request, &profile()), "tool_choice");
    request.tool_choice = Some(ToolChoice::Named("nobody".into()));
    assert_eq!(refused(&request, &profile()), "tool_choice");
}

#[test]
fn free_text_and_broken_arguments_are_carried_as_input() {
    let custom = Block::ToolCall {
        id: "p".into(),
        name: "apply_patch".into(),
        namespace: Some("fs".into()),
        arguments: "*** Begin\n\"x\"".into(),
        kind: CallKind::Custom,
        cache: None,
    };
    let request = conversation(vec![
        message(Role::User, vec![text("go")]),
        message(
            Role::Assistant,
            vec![custom, call("a", "{\"n\": "), call("b", "[1]")],
        ),
        message(Role::User, vec![result("p", "ok")]),
    ]);
    let (body, _) = written(&request, &profile());
    let calls = &body["messages"][1]["content"];
    assert_eq!(calls[0]["name"], "fs__apply_patch");
    assert_eq!(calls[0]["input"], json!({"input": "*** Begin\n\"x\""}));
    assert_eq!(calls[1]["input"], json!({"input": "{\"n\":"}));
    assert_eq!(calls[2]["input"], json!({"input": "[1]"}));
    // A conversation with calls has to come with tools, though the client offers none any more.
    let names: Vec<&Value> = body["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| &t["name"])
        .collect();
    assert_eq!(names, ["fs__apply_patch", "look"]);
    assert_eq!(body["tool_choice"], json!({"type": "none"}));
}

#[test]
fn a_choice_is_written_in_anthropics_words() {
    let mut request = question();
    request.tools = vec![function("look")];
    for (choice, parallel, said) in [
        (None, None, Value::Null),
        (None, Some(true), Value::Null),
        (
            None,
            Some(false),
            json!({"type": "auto", "disable_parallel_tool_use": true}),
        ),
        (Some(ToolChoice::Auto), None, json!({"type": "auto"})),
        (Some(ToolChoice::None), Some(false), json!({"type": "none"})),
        (Some(ToolChoice::Required), None, json!({"type": "any"})),
        (
            Some(ToolChoice::Named("look".into())),
            None,
            json!({"type": "tool", "name": "look"}),
        ),
    ] {
        request.tool_choice = choice;
        request.parallel_tool_calls = parallel;
        assert_eq!(written(&request, &profile()).0["tool_choice"], said);
    }
    let willing = Profile {
        forced_tools: false,
        ..profile()
    };
    request.tool_choice = Some(ToolChoice::Named("look".into()));
    let (body, left_out) = written(&request, &willing);
    assert_eq!(body["tool_choice"], json!({"type": "auto"}));
    assert_eq!(
        body["system"][0]["text"],
        "You must call the tool look now."
    );
    assert_eq!(left_out, ["tool_choice"]);
}

#[test]
fn a_form_of_the_answer_is_bound_where_it_can_be_and_asked_for_where_not() {
    let mut request = question();
    request.format = Some(Format::Json);
    let (body, _) = written(&request, &profile());
    assert_eq!(
        body["system"][0]["text"],
        "Answer with one JSON object and nothing else."
    );

    let closed = r#"{"type":"object","properties":{"a":{"type":["object","null"],"additionalProperties":false}},"additionalProperties":false}"#;
    let open = r#"{"type":"object","properties":{"a":{"type":["object","null"]}},"additionalProperties":false}"#;
    let unable = Profile {
        structured_output: false,
        ..profile()
    };
    for (schema, profile, bound) in [
        (closed, profile(), true),
        (open, profile(), false),
        (closed, unable, false),
    ] {
        request.format = Some(Format::Schema {
            name: "answer".into(),
            description: None,
            schema: raw(schema),
            strict: Some(true),
        });
        let (body, _) = written(&request, &profile);
        let format = json!({"type": "json_schema", "schema": serde_json::from_str::<Value>(schema).unwrap()});
        match bound {
            true => assert_eq!(body["output_config"], json!({"format": format})),
            false => assert!(
                body["system"][0]["text"]
                    .as_str()
                    .unwrap()
                    .ends_with(schema)
            ),
        }
    }
}

#[test]
fn images_and_documents_are_carried_or_refused_by_place() {
    let base64 = |kind: &'static str, data: &'static str| Media::Base64 {
        media_type: kind.into(),
        data: data.into(),
    };
    let image = |source| Block::Image {
        source,
        detail: Some("high".into()),
        cache: None,
    };
    let document = |source| Block::Document {
        source,
        name: Some("N".into()),
        cache: None,
    };
    let request = conversation(vec![message(
        Role::User,
        vec![
            image(base64("image/png", "iVBO+/==")),
            image(Media::Url("https://x.test/a".into())),
            document(base64("application/pdf", "JVBE")),
            document(base64("text/csv", "YSxiCg==")),
            document(Media::Text("plain".into())),
        ],
    )]);
    let (body, left_out) = written(&request, &profile());
    let plain = |data| json!({"type": "text", "media_type": "text/plain", "data": data});
    assert_eq!(
        body["messages"][0]["content"],
        json!([
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBO+/=="}},
            {"type": "image", "source": {"type": "url", "url": "https://x.test/a"}},
            {"type": "document", "title": "N", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBE"}},
            {"type": "document", "title": "N", "source": plain("a,b\n")},
            {"type": "document", "title": "N", "source": plain("plain")}
        ])
    );
    assert_eq!(left_out, ["detail"]);

    let blind = Profile {
        vision: false,
        ..profile()
    };
    assert_eq!(refused(&request, &blind), "messages[0].content[0]");
    let unread = Profile {
        documents: false,
        ..profile()
    };
    assert_eq!(refused(&request, &unread), "messages[0].content[2]");
    for (role, block) in [
        (Role::User, image(Media::File("file_1".into()))),
        (Role::User, document(Media::File("file_1".into()))),
        (Role::User, document(base64("application/zip", "UEs="))),
        (Role::Assistant, image(Media::Url("u".into()))),
    ] {
        let request = conversation(vec![message(role, vec![text("x"), block])]);
        assert_eq!(refused(&request, &profile()), "messages[0].content[1]");
    }
    let inner = Block::ToolResult {
        id: "a".into(),
        content: vec![text("x"), image(Media::Url("u".into()))],
        is_error: false,
        kind: CallKind::Function,
        cache: None,
    };
    let request = conversation(vec![message(Role::User, vec![inner])]);
    assert_eq!(
        refused(&request, &blind),
        "messages[0].content[0].content[1]"
    );
}

#[test]
fn what_would_change_the_answer_is_refused_and_hints_are_named() {
    let mut request = question();
    request.user = Some("u-1".into());
    request.extras = ["store", "metadata"]
        .map(|name| Extra {
            name: name.into(),
            value: raw("true"),
            essential: false,
        })
        .into();
    let (body, left_out) = written(&request, &profile());
    assert_eq!(body["metadata"], json!({"user_id": "u-1"}));
    assert_eq!(left_out, ["store", "metadata"]);
    request.user = Some("u".repeat(257).into());
    let (body, left_out) = written(&request, &profile());
    assert!(body.get("metadata").is_none() && left_out.contains(&"user".into()));

    let changed = |change: &dyn Fn(&mut Request<'static>)| {
        let mut request = question();
        change(&mut request);
        refused(&request, &profile())
    };
    assert_eq!(changed(&|r| r.sampling.answers = 2), "n");
    assert_eq!(changed(&|r| r.sampling.logprobs = true), "logprobs");
    assert_eq!(changed(&|r| r.sampling.stop = vec!["\n".into()]), "stop");
    assert_eq!(
        changed(&|r| r.extras.push(Extra {
            name: "audio".into(),
            value: raw("{}"),
            essential: true
        })),
        "audio"
    );
    assert_eq!(
        changed(&|r| r.messages[0].content.push(Block::Other {
            kind: "input_audio".into(),
            place: "messages[0].content[1]".into(),
            essential: true
        })),
        "messages[0].content[1]"
    );
    let mut calls = question();
    calls.tools = vec![function("look")];
    let no_tools = Profile {
        tools: false,
        ..profile()
    };
    assert_eq!(refused(&calls, &no_tools), "tools");
}

#[test]
fn a_last_message_of_the_assistant_is_gone_on_with_where_that_can_be() {
    let request = conversation(vec![
        message(Role::User, vec![text("go")]),
        message(Role::Assistant, vec![text("I say: \n")]),
    ]);
    let (body, _) = written(&request, &profile());
    assert_eq!(body["messages"][1]["content"][0]["text"], "I say:");
    let complete = Profile {
        prefill: false,
        ..profile()
    };
    assert_eq!(refused(&request, &complete), "messages[1]");
}

#[test]
fn the_last_four_marks_of_cached_prefixes_are_kept() {
    let mark = raw(r#"{"type":"ephemeral"}"#);
    let marked = |text: &'static str| Block::Text {
        text: text.into(),
        cache: Some(mark),
    };
    let mut request = conversation(vec![
        message(Role::System, vec![marked("s")]),
        message(
            Role::User,
            vec![marked("a"), marked("b"), text("-"), marked("c")],
        ),
    ]);
    request.tools = vec![Tool {
        cache: Some(mark),
        ..function("look")
    }];
    let (body, left_out) = written(&request, &profile());
    assert!(body["tools"][0].get("cache_control").is_none());
    assert_eq!(
        body["system"][0]["cache_control"],
        json!({"type": "ephemeral"})
    );
    assert_eq!(body.to_string().matches("cache_control").count(), 4);
    assert_eq!(left_out, ["cache_control"]);
}

fn any_block() -> impl Strategy<Value = Block<'static>> {
    let id = || prop::sample::select(vec!["a", "b", "c.d:0", ""]);
    prop_oneof![
        3 => prop::sample::select(vec!["", " \n", "word", "two words "]).prop_map(text),
        2 => (id(), prop::sample::select(vec!["{}", "", "{\"n\":1}", "no json"]))
            .prop_map(|(id, arguments)| call(id, arguments)),
        2 => id().prop_map(|id| result(id, "found")),
        1 => Just(thinking(Some("Eq="), Origin::Anthropic { redacted: false })),
        1 => Just(thinking(None, Origin::Plain)),
    ]
}

fn any_conversation() -> impl Strategy<Value = Vec<Message<'static>>> {
    let role = prop::sample::select(vec![
        Role::System,
        Role::Developer,
        Role::User,
        Role::Assistant,
    ]);
    let said = (role, prop::collection::vec(any_block(), 0..4));
    let messages = prop::collection::vec(said, 0..8);
    messages.prop_map(|messages| {
        let allowed = |role, block: &Block<'_>| match block {
            Block::ToolCall { .. } | Block::Thinking { .. } => role == Role::Assistant,
            Block::ToolResult { .. } => role == Role::User,
            _ => true,
        };
        messages
            .into_iter()
            .map(|(role, mut content)| {
                content.retain(|block| allowed(role, block));
                message(role, content)
            })
            .collect()
    })
}

/// What a strict provider has against a body.
fn objection(body: &Value) -> Option<String> {
    let mut asked: Vec<&str> = Vec::new();
    let mut known: Vec<&str> = Vec::new();
    let messages = body["messages"].as_array()?;
    for (index, message) in messages.iter().enumerate() {
        let expected = if index % 2 == 0 { "user" } else { "assistant" };
        let blocks = message["content"].as_array()?;
        if message["role"] != expected || blocks.is_empty() {
            return Some(format!("turn {index} is {} or empty", message["role"]));
        }
        let results: Vec<&str> = blocks
            .iter()
            .filter_map(|b| b["tool_use_id"].as_str())
            .collect();
        if results != asked {
            return Some(format!("turn {index} answers {results:?}, not {asked:?}"));
        }
        let leading = blocks.iter().take(asked.len());
        if leading
            .filter(|block| block["type"] == "tool_result")
            .count()
            < asked.len()
        {
            return Some(format!("turn {index} does not begin with its results"));
        }
        asked = blocks
            .iter()
            .filter(|block| block["type"] == "tool_use")
            .filter_map(|block| block["id"].as_str())
            .collect();
        for id in &asked {
            let fits = id
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
            if id.is_empty() || !fits || known.contains(id) {
                return Some(format!("id {id:?} is odd or taken"));
            }
            known.push(id);
        }
        let blank = |block: &&Value| {
            block["type"] == "text" && block["text"].as_str().is_none_or(|t| t.trim().is_empty())
        };
        if let Some(block) = blocks.iter().find(blank) {
            return Some(format!("blank text: {block}"));
        }
        let last = blocks.last();
        if last.is_some_and(|block| block["type"] == "thinking") {
            return Some(format!("turn {index} ends with thinking"));
        }
        if blocks
            .iter()
            .any(|block| block["type"] == "tool_use" && !block["input"].is_object())
        {
            return Some("input is no object".into());
        }
    }
    if !known.is_empty() && body["tools"].as_array().is_none_or(Vec::is_empty) {
        return Some("calls without tools".into());
    }
    (!asked.is_empty()).then(|| "the last calls have no results".into())
}

proptest! {
    #[test]
    fn what_is_written_is_taken_by_a_strict_provider(messages in any_conversation()) {
        let request = conversation(messages);
        match write_request(&request, &profile()) {
            Ok(written) => {
                let body: Value = serde_json::from_slice(&written.body).unwrap();
                prop_assert_eq!(objection(&body), None, "{}", body);
            }
            Err(nothing_said) => prop_assert_eq!(nothing_said.field, "messages"),
        }
    }

    #[test]
    fn what_was_written_reads_and_writes_the_same(messages in any_conversation()) {
        let request = conversation(messages);
        if let Ok(written) = write_request(&request, &profile()) {
            let read = read_request(&written.body).unwrap();
            let again = write_request(&read, &profile()).unwrap();
            prop_assert_eq!(String::from_utf8(again.body).unwrap(), String::from_utf8(written.body).unwrap());
        }
    }

    #[test]
    fn a_budget_is_always_one_that_anthropic_takes(
        effort in prop::option::of(prop::sample::select(vec![Effort::Minimal, Effort::Low, Effort::Medium, Effort::High, Effort::Max])),
        budget in prop::option::of(any::<u32>()),
        asked in prop::option::of(1..100_000u32),
        most in prop::option::of(1..100_000u32),
    ) {
        let mut request = question();
        request.max_output_tokens = asked;
        request.reasoning = Some(Reasoning { effort, budget_tokens: budget, ..Reasoning::default() });
        let profile = Profile { max_output_tokens: most, ..profile() };
        let (body, left_out) = written(&request, &profile);
        let max = body["max_tokens"].as_u64().unwrap();
        match body["thinking"]["budget_tokens"].as_u64() {
            Some(budget) => prop_assert!((1024..max).contains(&budget)),
            None => prop_assert!(max <= 1024 && left_out == ["reasoning"]),
        }
    }
}
