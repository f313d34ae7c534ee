use proptest::prelude::*;
use serde_json::{Value, json};

use super::{body, parse};
use crate::hub::{Profile, Unsupported, Written};
use crate::openai::chat::{adapt_request, read_request};

fn adapt(body: &[u8], profile: &Profile) -> Result<Option<Written>, Unsupported> {
    let request = read_request(body).unwrap();
    adapt_request(body, &request, profile)
}

fn adapted(body: &[u8], profile: &Profile) -> String {
    let written = adapt(body, profile).unwrap().unwrap();
    assert!(written.left_out.is_empty(), "{:?}", written.left_out);
    String::from_utf8(written.body).unwrap()
}

const ODD: &str = r#"{ "messages" : [ {"role":"user","content":"\u0047r\u00fc\u00dfe \ud83d\ude42","name":"n"} ],
	"model":"m", "x_unknown":{"deep":[1.50,1e3,12345678901234567890,null,"\/"]},"temperature":1.0, "logit_bias":{"50256":-100} }"#;

#[test]
fn a_body_that_fits_is_not_touched() {
    assert_eq!(
        adapt(ODD.as_bytes(), &Profile::permissive("m")).unwrap(),
        None
    );
    let streamed = ODD.replacen(
        '{',
        r#"{"stream":true,"stream_options":{"include_usage":true},"#,
        1,
    );
    assert_eq!(
        adapt(streamed.as_bytes(), &Profile::permissive("m")).unwrap(),
        None
    );
}

#[test]
fn another_name_changes_the_name_alone() {
    let out = adapted(ODD.as_bytes(), &Profile::permissive("o/\"q\""));
    assert_eq!(out, ODD.replace(r#""model":"m""#, r#""model":"o/\"q\"""#));
}

#[test]
fn a_name_with_escapes_is_replaced_too() {
    let body = ODD.replace(r#""model":"m""#, r#""model":"\u006d""#);
    let out = adapted(body.as_bytes(), &Profile::permissive("other"));
    let mut expected = parse(ODD.as_bytes());
    expected["model"] = "other".into();
    assert_eq!(parse(out.as_bytes()), expected);
    assert!(out.contains("12345678901234567890,null,\"\\/\""));
}

#[test]
fn a_stream_gains_nothing_but_the_wish_for_the_usage() {
    let streamed = ODD.replacen('{', r#"{"stream":true,"#, 1);
    let out = adapted(streamed.as_bytes(), &Profile::permissive("m"));
    let wish = r#""stream_options":{"include_usage":true},"#;
    assert_eq!(out.replacen(wish, "", 1), streamed);
    let both = adapted(streamed.as_bytes(), &Profile::permissive("other"));
    let named = streamed.replace(r#""model":"m""#, r#""model":"other""#);
    assert_eq!(both.replacen(wish, "", 1), named);
}

#[test]
fn usage_is_asked_of_the_upstream_whatever_the_client_says() {
    for options in [
        "",
        r#""stream_options":null,"#,
        r#""stream_options":{},"#,
        r#""stream_options":{"include_usage":null},"#,
        r#""stream\u005foptions":{},"#,
        r#""stream_options":{"include_usage":false,"other":1},"#,
    ] {
        for model in ["m", "other"] {
            let body = format!(
                r#"{{"model":"m",{options}"stream":true,"messages":[{{"role":"user","content":"\"stream_options\""}}]}}"#
            );
            assert!(!read_request(body.as_bytes()).unwrap().include_usage);
            let out = adapted(body.as_bytes(), &Profile::permissive(model));
            let request = read_request(out.as_bytes()).unwrap();
            assert!(request.include_usage && request.model == model, "{out}");
            assert_eq!(out.contains("other\":1"), options.contains("other\":1"));
        }
    }
}

#[test]
fn what_the_model_does_not_take_is_left_out_and_named() {
    let fields = json!({"temperature": 1, "top_p": 0.5, "top_k": 3, "frequency_penalty": 0, "seed": 1, "reasoning_effort": "low"});
    let body = body(&fields);
    let profile = Profile {
        sampling: false,
        reasoning: false,
        ..Profile::permissive("m")
    };
    let written = adapt(&body, &profile).unwrap().unwrap();
    assert_eq!(
        written.left_out,
        [
            "temperature",
            "top_p",
            "top_k",
            "frequency_penalty",
            "reasoning_effort"
        ]
    );
    assert_eq!(
        parse(&written.body),
        parse(&super::body(&json!({"seed": 1})))
    );
}

#[test]
fn the_bound_goes_by_the_name_that_the_model_knows() {
    let profile = Profile {
        max_completion_tokens: true,
        ..Profile::permissive("m")
    };
    let new = json!({"max_completion_tokens": 9});
    let cases = [
        (json!({"max_tokens": 9}), Some(new.clone())),
        (
            json!({"max_tokens": 5, "max_completion_tokens": 9}),
            Some(new.clone()),
        ),
        (new, None),
        (json!({"max_tokens": null}), None),
    ];
    for (fields, expected) in cases {
        let written = adapt(&body(&fields), &profile).unwrap();
        let written = written.map(|written| parse(&written.body));
        assert_eq!(
            written,
            expected.map(|fields| parse(&body(&fields))),
            "{fields}"
        );
    }
    let old = body(&json!({"max_tokens": 9}));
    assert_eq!(adapt(&old, &Profile::permissive("m")).unwrap(), None);
}

#[test]
fn a_bound_beyond_the_model_s_own_is_lowered() {
    for newer in [false, true] {
        let profile = Profile {
            max_output_tokens: Some(8192),
            max_completion_tokens: newer,
            ..Profile::permissive("m")
        };
        let newest = json!({"max_completion_tokens": 8192});
        let oldest = json!({"max_tokens": 8192});
        let cases = [
            (
                json!({"max_tokens": 128_000}),
                if newer { &newest } else { &oldest },
            ),
            (json!({"max_completion_tokens": 128_000}), &newest),
            (
                json!({"max_tokens": null, "max_completion_tokens": 128_000}),
                &newest,
            ),
        ];
        for (fields, expected) in cases {
            let mut out = parse(adapted(&body(&fields), &profile).as_bytes());
            if let Some(fields) = out.as_object_mut() {
                fields.retain(|_, value| !value.is_null());
            }
            assert_eq!(out, parse(&body(expected)), "{fields} {newer}");
        }
        assert_eq!(adapt(&body(&newest), &profile).unwrap(), None);
        let both = body(&json!({"max_tokens": 5, "max_completion_tokens": 128_000}));
        let out = parse(adapted(&both, &profile).as_bytes());
        assert_eq!(out["max_completion_tokens"], 8192);
        let lower = if newer { Value::Null } else { 5.into() };
        assert_eq!(out["max_tokens"], lower);
        assert_eq!(adapt(&body(&json!({})), &profile).unwrap(), None);
    }
}

#[test]
fn fields_that_bind_the_answer_become_sentences_where_the_model_lacks_them() {
    let profile = Profile {
        forced_tools: false,
        structured_output: false,
        ..Profile::permissive("m")
    };
    let user = json!({"role": "user", "content": "x"});
    let tool = json!([{"type": "function", "function": {"name": "f"}}]);
    let named = json!({"type": "function", "function": {"name": "f"}});
    let schema = json!({"type": "json_schema", "json_schema": {"name": "a", "schema": {"z": 1}}});
    let words = "You must call the tool f now.\n\nAnswer with JSON that follows this JSON schema, and nothing else:\n{\"z\":1}";
    let part = |text: &str| json!({"type": "text", "text": text});
    let cases = [
        (vec![], vec![json!({"role": "system", "content": words})]),
        (
            vec![json!({"role": "system", "content": "Be brief.", "name": "n"})],
            vec![
                json!({"role": "system", "content": format!("Be brief.\n\n{words}"), "name": "n"}),
            ],
        ),
        (
            vec![
                json!({"role": "system", "content": "Be brief."}),
                json!({"role": "developer", "content": [part("And kind.")]}),
            ],
            vec![
                json!({"role": "system", "content": "Be brief."}),
                json!({"role": "developer", "content": [part("And kind."), part(words)]}),
            ],
        ),
    ];
    for (before, after) in cases {
        let messages = |system: Vec<Value>| [system, vec![user.clone()]].concat();
        let asked = body(
            &json!({"messages": messages(before), "tools": tool, "tool_choice": named, "response_format": schema}),
        );
        assert_eq!(adapt(&asked, &Profile::permissive("m")).unwrap(), None);
        let written = adapt(&asked, &profile).unwrap().unwrap();
        let expected =
            body(&json!({"messages": messages(after), "tools": tool, "tool_choice": "auto"}));
        assert_eq!(parse(&written.body), parse(&expected));
        assert_eq!(written.left_out, ["tool_choice", "response_format"]);
    }
    let required = body(&json!({"tools": tool, "tool_choice": "required"}));
    let written = adapt(&required, &profile).unwrap().unwrap();
    let first = &parse(&written.body)["messages"][0];
    assert_eq!(first["content"], "You must call a tool now.");
    for free in ["auto", "none"] {
        let free = body(
            &json!({"tools": tool, "tool_choice": free, "response_format": {"type": "json_object"}}),
        );
        assert_eq!(adapt(&free, &profile).unwrap(), None);
    }
}

#[test]
fn custom_tools_and_prefills_are_refused_by_their_place() {
    let tools = json!([{"type": "function", "function": {"name": "f"}}, {"type": "custom", "custom": {"name": "patch"}}]);
    let user = json!({"role": "user", "content": "x"});
    let begun = json!([user, {"role": "assistant", "content": "So"}]);
    let willing = Profile {
        custom_tools: true,
        ..Profile::permissive("m")
    };
    let unwilling = Profile {
        prefill: false,
        ..Profile::permissive("m")
    };
    for (fields, field) in [
        (json!({"tools": tools}), "tools[1]"),
        (json!({"messages": begun}), "messages[1]"),
    ] {
        let body = body(&fields);
        assert_eq!(adapt(&body, &willing).unwrap(), None);
        assert_eq!(adapt(&body, &unwilling).unwrap_err().field, field);
    }
}

#[test]
fn what_the_model_cannot_do_is_refused() {
    let image = json!({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://a/b"}}]});
    let file = json!({"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]});
    let tool = json!([{"type": "function", "function": {"name": "f"}}]);
    type Without = fn(&mut Profile);
    let cases: [(&str, Value, Without); 3] = [
        ("messages", json!({"messages": [image]}), |p| {
            p.vision = false
        }),
        ("messages", json!({"messages": [file]}), |p| {
            p.documents = false
        }),
        ("tools", json!({"tools": tool}), |p| p.tools = false),
    ];
    for (field, fields, without) in cases {
        let body = body(&fields);
        let mut profile = Profile::permissive("m");
        assert_eq!(adapt(&body, &profile).unwrap(), None);
        without(&mut profile);
        assert_eq!(adapt(&body, &profile).unwrap_err().field, field);
    }
}

proptest! {
    #[test]
    fn a_rewritten_model_changes_nothing_else(model in "[a-z/\"\\\\.-]{1,20}", text in ".{0,60}", name in "[a-z\"-]{1,12}") {
        let body = json!({"a": [1.5, null], "model": model, "messages": [{"role": "user", "content": text}], "z": {"k": "v"}});
        let bytes = serde_json::to_vec(&body).unwrap();
        let read = read_request(&bytes).unwrap();
        prop_assert_eq!(read.model.as_ref(), model.as_str());
        let out = match adapt(&bytes, &Profile::permissive(&name)).unwrap() {
            Some(written) => parse(&written.body),
            None => body.clone(),
        };
        let mut expected = body;
        expected["model"] = name.into();
        prop_assert_eq!(out, expected);
    }

    #[test]
    fn an_adapted_request_needs_no_more_adapting(stream: bool, bounded: bool, hot: bool, other: bool, sampling: bool, newer: bool) {
        let mut fields = json!({"stream": stream});
        if bounded { fields["max_tokens"] = 7.into(); }
        if hot { fields["temperature"] = 1.into(); }
        let profile = Profile { sampling, max_completion_tokens: newer, ..Profile::permissive(if other { "o" } else { "m" }) };
        let body = body(&fields);
        let changes = stream || other || bounded && newer || hot && !sampling;
        let written = adapt(&body, &profile).unwrap();
        prop_assert_eq!(written.is_some(), changes);
        if let Some(written) = written {
            prop_assert_eq!(adapt(&written.body, &profile).unwrap(), None);
        }
    }
}
