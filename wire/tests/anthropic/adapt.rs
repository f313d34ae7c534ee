//! How a Messages request is made to fit another model that speaks Messages.

use moecraft_wire::anthropic::{adapt_request, read_request, without_thinking};
use moecraft_wire::hub::{Origin, Profile, portable_id, seal};
use proptest::prelude::*;
use serde_json::{Value, json};

const CLAUDE_CODE: &str = include_str!("../golden/anthropic/claude_code.json");

fn profile() -> Profile {
    Profile::permissive("m")
}

/// The body made to fit, where it had to change, and what was left out of it.
fn adapted(body: &str, profile: &Profile) -> Option<(String, Vec<String>)> {
    let request = read_request(body.as_bytes()).unwrap();
    let written = adapt_request(body.as_bytes(), &request, profile).unwrap()?;
    Some((String::from_utf8(written.body).unwrap(), written.left_out))
}

fn refused(body: &str, profile: &Profile) -> String {
    let request = read_request(body.as_bytes()).unwrap();
    adapt_request(body.as_bytes(), &request, profile)
        .unwrap_err()
        .field
}

/// A body with these messages and fields.
fn body(messages: &str, fields: &str) -> String {
    format!(r#"{{"model":"m","max_tokens":5000,"messages":{messages}{fields}}}"#)
}

const QUESTION: &str = r#"[{"role":"user","content":"x"}]"#;

#[test]
fn what_fits_is_left_alone() {
    let same = Profile::permissive("claude-sonnet-5-5");
    assert_eq!(adapted(CLAUDE_CODE, &same), None);
}

#[test]
fn another_name_changes_nothing_but_the_name() {
    let (body, left_out) = adapted(CLAUDE_CODE, &Profile::permissive("k3")).unwrap();
    assert_eq!(body, CLAUDE_CODE.replacen("claude-sonnet-5-5", "k3", 1));
    assert!(left_out.is_empty());
}

#[test]
fn foreign_thinking_is_taken_out_and_every_other_byte_stays() {
    let sealed = seal(&Origin::Responses { id: "rs_1".into() }, Some("gAAA"));
    let foreign = format!(r#"{{"type":"thinking","thinking":"a","signature":"{sealed}"}}"#);
    let unsigned = r#"{"type":"thinking","thinking":"b","signature":""}"#;
    let real = r#"{"type": "thinking", "thinking": "\u00fc", "signature": "Eq\/=="}"#;
    let rest = r#"{ "type":"text", "text":"caf\u00e9" }"#;
    let messages = |blocks: &str, between: &str| {
        format!(
            r#"[{{"role":"user","content" : "q"}},{between}{{"role":"assistant","content":[{blocks}],"z":1.0}}]"#
        )
    };
    let alone = format!(
        r#"{{"role":"assistant","content":[{foreign}]}},{{"role":"user","content":"go on"}},"#
    );
    let before = body(
        &messages(&[&foreign, real, unsigned, rest].join(","), &alone),
        "",
    );
    let after = body(
        &messages(
            &[real, rest].join(","),
            r#"{"role":"user","content":"go on"},"#,
        ),
        "",
    );
    assert_eq!(adapted(&before, &profile()), Some((after, vec![])));

    let replays = Profile {
        replays_reasoning: true,
        ..profile()
    };
    let (after, _) = adapted(&before, &replays).unwrap();
    assert!(after.contains(unsigned) && !after.contains(&sealed));
}

#[test]
fn what_clients_tell_anthropic_alone_reaches_no_one_else() {
    let header = r#"{"type":"text","text":"x-anthropic-billing-header: cch=abc"}"#;
    let rest = r#"{ "type":"text", "text":"You are \u00fc" }"#;
    let with = |system: &str, end: &str| body(QUESTION, &format!("{system}{end}"));
    let safeguards = r#","safeguards":{"cwd":"/home"}"#;
    let both = with(&format!(r#","system":[{header},{rest}]"#), safeguards);
    assert_eq!(adapted(&both, &profile()), None);

    let other = Profile {
        anthropics_own: false,
        ..profile()
    };
    let (after, left_out) = adapted(&both, &other).unwrap();
    assert_eq!(after, with(&format!(r#","system":[{rest}]"#), ""));
    assert_eq!(left_out, ["safeguards", "x-anthropic-billing-header"]);
    let alone = with(&format!(r#","system":[{header}]"#), "");
    assert_eq!(adapted(&alone, &other).unwrap().0, with("", ""));
    for system in ["", r#","system":"You are""#, r#","system":[]"#] {
        assert_eq!(adapted(&with(system, ""), &other), None, "{system}");
    }
}

#[test]
fn ids_of_another_provider_change_on_both_sides() {
    let messages = r#"[{"role":"user","content":"q"},
        {"role":"assistant","content":[{"type":"tool_use","id":"functions.Read:0","name":"Read","input":{"a" : 1}},
            {"type":"tool_use","id":"toolu_ok","name":"Read","input":{}}]},
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"functions.Read:0","content":"x"},
            {"type":"tool_result","tool_use_id":"toolu_ok","content":"y"}]}]"#;
    let (after, _) = adapted(&body(messages, ""), &profile()).unwrap();
    let id = portable_id("functions.Read:0").into_owned();
    let body: Value = serde_json::from_str(&after).unwrap();
    assert_eq!(body["messages"][1]["content"][0]["id"], id);
    assert_eq!(body["messages"][2]["content"][0]["tool_use_id"], id);
    assert_eq!(after.matches("toolu_ok").count(), 2);
    assert!(after.contains(r#"{"a" : 1}"#));
}

#[test]
fn what_the_model_does_not_take_is_left_out_and_named() {
    let fields = r#","temperature":0.5,"top_k":3,"thinking":{"type":"adaptive"},
        "output_config":{"effort":"high"},"context_management":{"edits":[{"type":"clear_thinking_20251015"}]},"service_tier":"auto""#;
    let plain = Profile {
        sampling: false,
        reasoning: false,
        max_output_tokens: Some(4000),
        ..profile()
    };
    let (after, left_out) = adapted(&body(QUESTION, fields), &plain).unwrap();
    let expected = json!({"model": "m", "max_tokens": 4000, "service_tier": "auto",
        "messages": [{"role": "user", "content": "x"}]});
    assert_eq!(serde_json::from_str::<Value>(&after).unwrap(), expected);
    assert_eq!(
        left_out,
        [
            "temperature",
            "top_k",
            "thinking",
            "context_management",
            "output_config.effort"
        ]
    );
}

#[test]
fn what_the_model_cannot_be_held_to_becomes_a_sentence() {
    let fields = |system: &str| {
        format!(
            r#",{system}"tools":[{{"name":"t","input_schema":{{"type":"object"}}}}],
            "tool_choice":{{"type":"tool","name":"t","disable_parallel_tool_use":true}},
            "output_config":{{"effort":"low","format":{{"type":"json_schema","schema":{{"type":"object"}}}}}}"#
        )
    };
    let unbound = Profile {
        forced_tools: false,
        structured_output: false,
        ..profile()
    };
    let call = "You must call the tool t now.";
    let form =
        "Answer with JSON that follows this JSON schema, and nothing else:\n{\"type\":\"object\"}";
    let block = |text: &str| json!({"type": "text", "text": text});
    for (system, expected) in [
        ("", json!(format!("{call}\n\n{form}"))),
        (
            r#""system":"Be brief.","#,
            json!(format!("Be brief.\n\n{call}\n\n{form}")),
        ),
        (
            r#""system":[{"type":"text","text":"Be brief."}],"#,
            json!([block("Be brief."), block(call), block(form)]),
        ),
    ] {
        let (after, left_out) = adapted(&body(QUESTION, &fields(system)), &unbound).unwrap();
        let after: Value = serde_json::from_str(&after).unwrap();
        assert_eq!(after["system"], expected);
        assert_eq!(
            after["tool_choice"],
            json!({"type": "auto", "disable_parallel_tool_use": true})
        );
        assert_eq!(after["output_config"], json!({"effort": "low"}));
        assert_eq!(left_out, ["tool_choice"]);
    }
}

#[test]
fn a_budget_follows_the_bound_and_the_generation_of_the_model() {
    let asks = |budget: u32| {
        let fields = format!(r#","thinking":{{"type":"enabled","budget_tokens":{budget}}}"#);
        body(QUESTION, &fields)
    };
    let bounded = |most| Profile {
        max_output_tokens: Some(most),
        ..profile()
    };
    let thinking = |budget, profile: &Profile| {
        let (after, left_out) = adapted(&asks(budget), profile).unwrap();
        let after: Value = serde_json::from_str(&after).unwrap();
        (after["thinking"].clone(), left_out)
    };
    assert_eq!(adapted(&asks(2000), &profile()), None);
    let enabled = |budget: u32| json!({"type": "enabled", "budget_tokens": budget});
    assert_eq!(thinking(4000, &bounded(3000)), (enabled(2999), vec![]));
    assert_eq!(thinking(2000, &bounded(3000)), (enabled(2000), vec![]));
    assert_eq!(
        thinking(2000, &bounded(1024)),
        (Value::Null, vec!["thinking".into()])
    );
    let bounds_itself = Profile {
        sampling: false,
        ..profile()
    };
    let (adaptive, left_out) = thinking(2000, &bounds_itself);
    assert_eq!(adaptive["type"], "adaptive");
    assert_eq!(left_out, ["thinking.budget_tokens"]);
}

#[test]
fn thinking_goes_off_where_a_turn_of_calls_lost_its_own() {
    let sealed = seal(&Origin::Plain, None);
    let turn = |signature: &str| {
        let messages = format!(
            r#"[{{"role":"user","content":"q"}},
            {{"role":"assistant","content":[{{"type":"thinking","thinking":"t","signature":"{signature}"}},
                {{"type":"tool_use","id":"a","name":"t","input":{{}}}}]}},
            {{"role":"user","content":[{{"type":"tool_result","tool_use_id":"a","content":"x"}}]}}]"#
        );
        let fields = r#","thinking":{"type":"enabled","budget_tokens":2000},"context_management":{"edits":[{"type":"clear_thinking_20251015"}]}"#;
        body(&messages, fields)
    };
    assert_eq!(adapted(&turn("Eq="), &profile()), None);
    let (after, left_out) = adapted(&turn(&sealed), &profile()).unwrap();
    assert_eq!(left_out, ["thinking", "context_management"]);
    assert!(!after.contains("thinking") && after.contains("tool_use"));
    let adaptive = turn(&sealed).replace(r#""enabled","budget_tokens":2000"#, r#""adaptive""#);
    let (after, left_out) = adapted(&adaptive, &profile()).unwrap();
    assert!(after.contains(r#""thinking":{"type":"adaptive"}"#) && left_out.is_empty());

    // Once the provider has refused a signature, all thinking goes, and with it the switch.
    let after = String::from_utf8(without_thinking(turn("Eq=").as_bytes()).unwrap()).unwrap();
    assert!(!after.contains("thinking") && after.contains("tool_use"));
    let adaptive = adaptive.replace(&sealed, "Eq=");
    let after = String::from_utf8(without_thinking(adaptive.as_bytes()).unwrap()).unwrap();
    assert!(after.contains("adaptive") && !after.contains("signature"));
}

#[test]
fn without_thinking_keeps_every_other_byte() {
    let text = r#"{ "type":"text", "text":"caf\u00e9" }"#;
    let thinking = r#"{"type":"thinking","thinking":"t","signature":"Eq="}"#;
    let redacted = r#"{"type":"redacted_thinking","data":"Em="}"#;
    let messages = |blocks: &str| {
        format!(
            r#"[{{"role":"user","content":"q"}},{{"role":"assistant","content":[{blocks}]}},{{"role" : "user","content":"r"}}]"#
        )
    };
    let with = body(&messages(&[thinking, redacted, text].join(",")), "");
    let without = body(&messages(text), "");
    let after = without_thinking(with.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(after).unwrap(), without);
    assert_eq!(without_thinking(without.as_bytes()), None);
    assert_eq!(without_thinking(b"no json"), None);
}

#[test]
fn what_the_model_cannot_do_is_refused_by_the_clients_own_places() {
    let image = r#"{"type":"image","source":{"type":"url","url":"u"}}"#;
    let document = r#"{"type":"document","source":{"type":"url","url":"u"}}"#;
    let holds = |block: &str| {
        body(
            &format!(
                r#"[{{"role":"user","content":"x"}},{{"role":"user","content":[{{"type":"text","text":"y"}},{block}]}}]"#
            ),
            r#","system":"s""#,
        )
    };
    let inner = format!(r#"{{"type":"tool_result","tool_use_id":"a","content":[{image}]}}"#);
    let blind = Profile {
        vision: false,
        ..profile()
    };
    let unread = Profile {
        documents: false,
        ..profile()
    };
    let no_tools = Profile {
        tools: false,
        ..profile()
    };
    let complete = Profile {
        prefill: false,
        ..profile()
    };
    assert_eq!(refused(&holds(image), &blind), "messages[1].content[1]");
    assert_eq!(refused(&holds(&inner), &blind), "messages[1].content[1]");
    assert_eq!(refused(&holds(document), &unread), "messages[1].content[1]");
    assert_eq!(refused(&holds(&inner), &no_tools), "tools");
    let prefill = r#"[{"role":"user","content":"x"},{"role":"assistant","content":"I"}]"#;
    assert_eq!(
        refused(&body(prefill, r#","system":"s""#), &complete),
        "messages[1]"
    );
    assert_eq!(adapted(&body(prefill, ""), &profile()), None);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..100), content in any::<String>()) {
        let _ = without_thinking(&bytes);
        let request = read_request(CLAUDE_CODE.as_bytes()).unwrap();
        let _ = adapt_request(&bytes, &request, &profile());
        let odd = json!({"model": "m", "messages": [content, {"content": content}, {"content": [content]}]});
        let _ = without_thinking(odd.to_string().as_bytes());
    }

    #[test]
    fn what_fits_once_fits_for_good(bits in any::<u8>()) {
        let profile = Profile {
            sampling: bits & 1 == 0,
            reasoning: bits & 2 == 0,
            forced_tools: bits & 4 == 0,
            structured_output: bits & 8 == 0,
            max_output_tokens: (bits & 16 == 0).then_some(64_000),
            ..Profile::permissive("k3")
        };
        let (once, _) = adapted(CLAUDE_CODE, &profile).unwrap();
        prop_assert_eq!(adapted(&once, &profile), None);
    }
}
