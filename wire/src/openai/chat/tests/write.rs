use std::borrow::Cow;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::requests::{
    call, function, image, raw, request, result, says, text, try_write, written,
};
use super::{body, profile};
use crate::hub::{
    Block, CallKind, Effort, Extra, Format, Media, Profile, Reasoning, Role, Sampling, Tool,
    ToolChoice, ToolKind,
};
use crate::openai::chat::{read_request, write_request};

#[test]
fn free_text_is_wrapped_for_models_that_know_only_functions() {
    let mut asked = request(vec![
        says(
            Role::Assistant,
            vec![call("a", "*** \"x\"", CallKind::Custom)],
        ),
        says(Role::User, vec![result("a", vec![text("ok")])]),
    ]);
    let format = r#"{"type":"grammar","syntax":"lark","definition":"start: X"}"#;
    asked.tools = vec![Tool {
        namespace: Some("ns".into()),
        description: Some("Edits.".into()),
        kind: ToolKind::Custom {
            format: Some(raw(format)),
        },
        ..function("f")
    }];
    asked.tool_choice = Some(ToolChoice::Named("f".into()));
    let body = written(&asked, &Profile::permissive("m"));
    let schema = json!({"type": "object", "properties": {"input": {"type": "string"}}, "required": ["input"], "additionalProperties": false});
    let description = "Edits.\n\nThe input must follow this lark grammar:\nstart: X";
    assert_eq!(
        body["tools"],
        json!([{"type": "function", "function": {"name": "ns__f", "description": description, "parameters": schema}}])
    );
    assert_eq!(
        body["tool_choice"],
        json!({"type": "function", "function": {"name": "ns__f"}})
    );
    assert_eq!(
        body["messages"][0]["tool_calls"][0]["function"]["arguments"],
        r#"{"input":"*** \"x\""}"#
    );
    let body = written(&asked, &profile());
    let format =
        json!({"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: X"}});
    assert_eq!(
        body["tools"],
        json!([{"type": "custom", "custom": {"name": "ns__f", "description": "Edits.", "format": format}}])
    );
    assert_eq!(
        body["tool_choice"],
        json!({"type": "custom", "custom": {"name": "ns__f"}})
    );
    assert_eq!(
        body["messages"][0]["tool_calls"][0]["custom"],
        json!({"name": "f", "input": "*** \"x\""})
    );
}

#[test]
fn the_fields_have_this_dialects_names() {
    let mut asked = request(vec![says(Role::User, vec![text("q")])]);
    asked.stream = true;
    asked.max_output_tokens = Some(64_000);
    asked.user = Some("u".into());
    asked.tools = vec![function("f")];
    asked.tool_choice = Some(ToolChoice::Required);
    asked.parallel_tool_calls = Some(false);
    asked.reasoning = Some(Reasoning {
        budget_tokens: Some(5_000),
        ..Reasoning::default()
    });
    asked.format = Some(Format::Schema {
        name: "n".into(),
        description: None,
        schema: raw(r#"{"type":"object"}"#),
        strict: Some(true),
    });
    asked.sampling = Sampling {
        temperature: Some(1.0),
        top_k: Some(4),
        stop: vec!["END".into()],
        ..Sampling::default()
    };
    let limited = Profile {
        max_output_tokens: Some(16_384),
        max_completion_tokens: true,
        ..profile()
    };
    let (body, left_out) = try_write(&asked, &limited).unwrap();
    assert_eq!(
        body,
        json!({
            "model": "upstream-name",
            "messages": [{"role": "user", "content": "q"}],
            "stream": true,
            "stream_options": {"include_usage": true},
            "max_completion_tokens": 16_384,
            "user": "u",
            "tools": [{"type": "function", "function": {"name": "f"}}],
            "tool_choice": "required",
            "parallel_tool_calls": false,
            "reasoning_effort": "medium",
            "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}, "strict": true}},
            "temperature": 1.0,
            "stop": ["END"],
        })
    );
    assert_eq!(left_out, ["top_k"]);
}

#[test]
fn what_the_model_does_not_take_is_left_out_or_said_in_words() {
    let mut asked = request(vec![says(Role::User, vec![text("q")])]);
    asked.sampling.temperature = Some(0.5);
    asked.reasoning = Some(Reasoning {
        effort: Some(Effort::High),
        ..Reasoning::default()
    });
    asked.tools = vec![function("f")];
    asked.tool_choice = Some(ToolChoice::Named("f".into()));
    asked.format = Some(Format::Schema {
        name: "n".into(),
        description: None,
        schema: raw(r#"{"type":"object"}"#),
        strict: None,
    });
    asked.extras = vec![Extra {
        name: "metadata".into(),
        value: raw("{}"),
        essential: false,
    }];
    let poor = Profile {
        sampling: false,
        reasoning: false,
        forced_tools: false,
        structured_output: false,
        ..profile()
    };
    let (body, left_out) = try_write(&asked, &poor).unwrap();
    assert_eq!(
        body,
        json!({
            "model": "upstream-name",
            "messages": [
                {"role": "system", "content": "You must call the tool f now.\n\nAnswer with JSON that follows this JSON schema, and nothing else:\n{\"type\":\"object\"}"},
                {"role": "user", "content": "q"},
            ],
            "tools": [{"type": "function", "function": {"name": "f"}}],
            "tool_choice": "auto",
        })
    );
    assert_eq!(
        left_out,
        [
            "metadata",
            "tool_choice",
            "response_format",
            "reasoning",
            "temperature"
        ]
    );
}

#[test]
fn schemas_stand_as_the_client_wrote_them() {
    let schema = r#"{"z":1.50, "a" : {"$ref":"\u0023"}}"#;
    let mut asked = request(vec![says(Role::User, vec![text("q")])]);
    asked.tools = vec![Tool {
        kind: ToolKind::Function {
            parameters: Some(raw(schema)),
            strict: None,
        },
        ..function("f")
    }];
    asked.format = Some(Format::Schema {
        name: "n".into(),
        description: None,
        schema: raw(schema),
        strict: None,
    });
    let body = write_request(&asked, &profile()).unwrap().body;
    let body = String::from_utf8(body).unwrap();
    assert_eq!(body.matches(schema).count(), 2, "{body}");
}

#[test]
fn a_record_in_place_of_a_users_id_is_left_out() {
    let mut asked = request(vec![says(Role::User, vec![text("q")])]);
    asked.user = Some("u".repeat(64).into());
    assert!(written(&asked, &profile())["user"].is_string());
    asked.user = Some("u".repeat(65).into());
    let (body, left_out) = try_write(&asked, &profile()).unwrap();
    assert_eq!(
        (&body["user"], left_out),
        (&Value::Null, vec!["user".to_owned()])
    );
}

#[test]
fn thinking_that_is_switched_off_stays_off() {
    let mut asked = request(vec![says(Role::User, vec![text("q")])]);
    asked.reasoning = Some(Reasoning {
        off: true,
        ..Reasoning::default()
    });
    assert_eq!(written(&asked, &profile())["reasoning_effort"], "none");
    asked.reasoning = Some(Reasoning::default());
    assert_eq!(written(&asked, &profile())["reasoning_effort"], Value::Null);
}

#[test]
fn what_cannot_be_carried_is_refused_by_name() {
    let user = |block: Block<'static>| request(vec![says(Role::User, vec![text("q"), block])]);
    let document = |source: Media<'static>| Block::Document {
        source,
        name: None,
        cache: None,
    };
    let other = Block::Other {
        kind: Cow::Borrowed("odd"),
        place: "input[3]".into(),
        essential: true,
    };
    let blind = Profile {
        vision: false,
        documents: false,
        ..profile()
    };
    let cases = [
        (user(image()), &blind, "messages[0].content[1]"),
        (
            user(result("a", vec![image()])),
            &blind,
            "messages[0].content[1]",
        ),
        (
            user(document(Media::Base64 {
                media_type: "application/pdf".into(),
                data: "eA==".into(),
            })),
            &blind,
            "messages[0].content[1]",
        ),
        (
            user(document(Media::Url("https://a".into()))),
            &profile(),
            "messages[0].content[1]",
        ),
        (
            user(document(Media::File("file-1".into()))),
            &profile(),
            "messages[0].content[1]",
        ),
        (user(other), &profile(), "input[3]"),
    ];
    for (asked, profile, field) in cases {
        let error = try_write(&asked, profile).unwrap_err();
        assert_eq!(error.field, field, "{error}");
    }
    let mut asked = request(vec![says(Role::User, vec![text("q")])]);
    asked.extras = vec![Extra {
        name: "container".into(),
        value: raw("{}"),
        essential: true,
    }];
    assert_eq!(
        try_write(&asked, &profile()).unwrap_err().field,
        "container"
    );
    let started = request(vec![says(Role::Assistant, vec![text("so")])]);
    let strict = Profile {
        prefill: false,
        ..profile()
    };
    assert_eq!(
        try_write(&started, &strict).unwrap_err().field,
        "messages[0]"
    );
    assert!(try_write(&started, &profile()).is_ok());
}

#[test]
fn hosted_tools_are_left_out_unless_they_are_forced() {
    let mut asked = request(vec![says(Role::User, vec![text("q")])]);
    asked.tools = vec![Tool {
        kind: ToolKind::Hosted {
            kind: "web_search".into(),
        },
        cache: Some(raw("{}")),
        ..function("web_search")
    }];
    asked.tool_choice = Some(ToolChoice::Auto);
    let (body, left_out) = try_write(&asked, &profile()).unwrap();
    assert_eq!(left_out, ["cache_control", "web_search"]);
    assert!(body.get("tools").is_none() && body.get("tool_choice").is_none());
    for forced in [ToolChoice::Required, ToolChoice::Named("web_search".into())] {
        asked.tool_choice = Some(forced);
        let error = try_write(&asked, &profile()).unwrap_err();
        assert_eq!(error.field, "tool_choice");
    }
}

#[test]
fn documents_of_text_are_shown_to_every_model() {
    let document = Block::Document {
        source: Media::Text("body".into()),
        name: Some("a.txt".into()),
        cache: None,
    };
    let asked = request(vec![says(Role::User, vec![document])]);
    let plain = Profile {
        documents: false,
        ..profile()
    };
    assert_eq!(
        written(&asked, &plain)["messages"][0]["content"],
        "a.txt:\nbody"
    );
}

proptest! {
    #[test]
    fn what_both_know_survives_writing_and_reading(
        texts in prop::collection::vec(".{1,12}", 3),
        temperature in prop::option::of(0.0..2.0f64),
        max in prop::option::of(1u32..9_000),
        stop in prop::collection::vec("[a-z]{1,3}", 0..3),
        effort in prop::option::of(prop::sample::select(vec!["low", "medium", "high", "none"])),
        n in 0u32..4,
        stream: bool,
        called: bool,
        choice in prop::option::of(prop::sample::select(vec![json!("auto"), json!("none"), json!("required"), json!({"type": "function", "function": {"name": "f"}})])),
        seed: Option<i64>,
    ) {
        let mut messages = vec![
            json!({"role": "system", "content": texts[0]}),
            json!({"role": "user", "name": "u", "content": [{"type": "text", "text": texts[1]}, {"type": "image_url", "image_url": {"url": "https://a/b", "detail": "low"}}]}),
        ];
        if called {
            messages.extend([
                json!({"role": "assistant", "content": texts[2], "reasoning_content": "hm", "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{\"a\": 1}"}}]}),
                json!({"role": "tool", "tool_call_id": "c1", "content": texts[2]}),
            ]);
        }
        let mut fields = json!({
            "messages": messages, "temperature": temperature, "max_tokens": max, "stop": stop, "stream": stream,
            "reasoning_effort": effort, "seed": seed, "logprobs": n == 1,
            "tools": [{"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}, "strict": true}}],
            "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}},
        });
        if n > 0 { fields["n"] = n.into(); }
        if let Some(choice) = choice { fields["tool_choice"] = choice; }
        if stream { fields["stream_options"] = json!({"include_usage": true}); }
        let body = body(&fields);
        let mut first = read_request(&body).unwrap();
        let bytes = write_request(&first, &profile()).unwrap();
        prop_assert!(bytes.left_out.is_empty(), "{:?}", bytes.left_out);
        let again = read_request(&bytes.body).unwrap();
        first.model = "upstream-name".into();
        prop_assert_eq!(format!("{first:?}"), format!("{again:?}"));
    }
}
