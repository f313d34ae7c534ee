use std::collections::HashSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::profile;
use super::requests::{call, image, request, result, says, text, written};
use crate::hub::{Block, CallKind, Message, Origin, Profile, Role};

/// The messages as `role: content`, calls and ids behind.
fn shown(messages: Vec<Message<'_>>) -> Vec<String> {
    let body = written(&request(messages), &profile());
    assert_eq!(strict(&body), None);
    let show = |message: &Value| {
        let mut line = format!(
            "{}: {}",
            message["role"].as_str().unwrap(),
            message["content"]
        );
        for call in message["tool_calls"].as_array().into_iter().flatten() {
            line.push_str(&format!(" +{}", call["id"].as_str().unwrap()));
        }
        if let Some(id) = message["tool_call_id"].as_str() {
            line.push_str(&format!(" ={id}"));
        }
        line
    };
    body["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(show)
        .collect()
}

/// What a strict provider says against a body, if anything.
fn strict(body: &Value) -> Option<String> {
    let mut asked: HashSet<String> = HashSet::new();
    let mut before = "";
    for (index, message) in body["messages"].as_array()?.iter().enumerate() {
        let role = message["role"].as_str()?;
        if role == "system" && index > 0 {
            return Some(format!("messages[{index}]: instructions in the middle"));
        }
        if role == before && role != "tool" {
            return Some(format!("messages[{index}]: two of {role} in a row"));
        }
        if role == "tool" {
            let id = message["tool_call_id"].as_str()?;
            if !asked.remove(id) {
                return Some(format!("messages[{index}]: no call {id}"));
            }
            if !message["content"].is_string() {
                return Some(format!("messages[{index}]: a result that is no text"));
            }
        } else if !asked.is_empty() {
            return Some(format!("messages[{index}]: no results for {asked:?}"));
        }
        let calls = message["tool_calls"].as_array();
        if message["content"].is_null() && calls.is_none() {
            return Some(format!("messages[{index}]: says nothing"));
        }
        for call in calls.into_iter().flatten() {
            let id = call["id"].as_str()?;
            let portable = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
            if id.is_empty() || id.len() > 40 || !id.bytes().all(portable) {
                return Some(format!("messages[{index}]: id {id}"));
            }
            if call["type"] == "function" {
                let arguments = call["function"]["arguments"].as_str()?;
                if serde_json::from_str::<serde_json::Map<_, _>>(arguments).is_err() {
                    return Some(format!("messages[{index}]: arguments {arguments}"));
                }
            }
            asked.insert(id.to_owned());
        }
        before = role;
    }
    (!asked.is_empty()).then(|| format!("no results for {asked:?}"))
}

#[test]
fn instructions_become_one_message_and_late_ones_a_part_of_the_users_turn() {
    use Role::{Assistant, Developer, System, User};
    let lines = shown(vec![
        says(System, vec![text("a"), text("b")]),
        says(Developer, vec![text("c")]),
        says(User, vec![text("q")]),
        says(System, vec![text("late")]),
        says(System, vec![]),
        says(Assistant, vec![text("r")]),
        says(System, vec![text("later")]),
        says(User, vec![text("q2")]),
    ]);
    assert_eq!(
        lines,
        [
            r#"system: "a\n\nb\n\nc""#,
            r#"user: "q\n\nlate""#,
            r#"assistant: "r""#,
            r#"user: "later\n\nq2""#,
        ]
    );
}

#[test]
fn results_follow_their_calls_in_order_and_text_comes_after_them() {
    use CallKind::Function;
    let lines = shown(vec![
        says(Role::User, vec![text("q")]),
        says(
            Role::Assistant,
            vec![
                text("look"),
                call("a", "{}", Function),
                call("b", "{}", Function),
            ],
        ),
        says(
            Role::User,
            vec![
                text("and?"),
                result("b", vec![text("B1"), text("B2")]),
                result("a", vec![text("A")]),
            ],
        ),
    ]);
    assert_eq!(
        lines,
        [
            r#"user: "q""#,
            r#"assistant: "look" +a +b"#,
            r#"tool: "A" =a"#,
            r#"tool: "B1\n\nB2" =b"#,
            r#"user: "and?""#,
        ]
    );
}

#[test]
fn calls_in_messages_of_their_own_join_one_turn() {
    let lines = shown(vec![
        says(Role::User, vec![text("q")]),
        says(Role::Assistant, vec![text("look")]),
        says(Role::Assistant, vec![call("a", "{}", CallKind::Function)]),
        says(Role::Assistant, vec![call("b", "{}", CallKind::Function)]),
        says(Role::User, vec![result("a", vec![text("A")])]),
        says(Role::User, vec![result("b", vec![text("B")])]),
        says(Role::Assistant, vec![call("a", "{}", CallKind::Function)]),
        says(Role::User, vec![result("a", vec![text("A2")])]),
    ]);
    assert_eq!(
        lines,
        [
            r#"user: "q""#,
            r#"assistant: "look" +a +b"#,
            r#"tool: "A" =a"#,
            r#"tool: "B" =b"#,
            r#"assistant: null +a"#,
            r#"tool: "A2" =a"#,
        ]
    );
}

#[test]
fn calls_that_share_an_id_get_ids_of_their_own() {
    let calls = || {
        vec![
            call("a", "{}", CallKind::Function),
            call("a", "{}", CallKind::Function),
        ]
    };
    let body = written(
        &request(vec![
            says(Role::Assistant, calls()),
            says(
                Role::User,
                vec![result("a", vec![text("1")]), result("a", vec![text("2")])],
            ),
        ]),
        &profile(),
    );
    assert_eq!(strict(&body), None);
    assert_eq!(body["messages"][0]["tool_calls"][0]["id"], "a");
    assert_eq!(
        [
            &body["messages"][1]["content"],
            &body["messages"][2]["content"]
        ],
        ["1", "2"]
    );
}

#[test]
fn a_call_without_result_and_a_result_without_call_are_mended() {
    let lines = shown(vec![
        says(
            Role::User,
            vec![result("gone", vec![text("old")]), text("q")],
        ),
        says(Role::Assistant, vec![call("a", "{}", CallKind::Function)]),
        says(Role::User, vec![text("stop")]),
    ]);
    assert_eq!(
        lines,
        [
            r#"user: "Result of an earlier tool call:\nold\n\nq""#,
            r#"assistant: null +a"#,
            r#"tool: "(no result: the call was interrupted)" =a"#,
            r#"user: "stop""#,
        ]
    );
}

#[test]
fn images_of_a_result_follow_all_results() {
    let messages = vec![
        says(
            Role::Assistant,
            vec![
                call("a", "{}", CallKind::Function),
                call("b", "{}", CallKind::Function),
            ],
        ),
        says(
            Role::User,
            vec![result("a", vec![image()]), result("b", vec![text("B")])],
        ),
    ];
    let body = written(&request(messages), &profile());
    assert_eq!(strict(&body), None);
    assert_eq!(body["messages"][1]["content"], "(the result follows)");
    assert_eq!(
        body["messages"][3],
        json!({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,eA=="}}]})
    );
}

#[test]
fn a_failed_call_says_so() {
    let mut failed = result("a", vec![text("no such file")]);
    if let Block::ToolResult { is_error, .. } = &mut failed {
        *is_error = true;
    }
    let lines = shown(vec![
        says(Role::Assistant, vec![call("a", "{}", CallKind::Function)]),
        says(Role::User, vec![failed]),
    ]);
    assert_eq!(lines[1], r#"tool: "Error: no such file" =a"#);
}

#[test]
fn ids_that_others_refuse_are_changed_on_both_sides() {
    let long = "x".repeat(64);
    for id in ["toolu:1.weird", &long, ""] {
        let lines = shown(vec![
            says(Role::Assistant, vec![call(id, "{}", CallKind::Function)]),
            says(Role::User, vec![result(id, vec![text("A")])]),
        ]);
        assert!(lines[1].starts_with(r#"tool: "A" ="#), "{lines:?}");
    }
}

#[test]
fn only_thinking_that_nobody_has_to_prove_is_sent_back_and_only_where_it_is_wanted() {
    let thought = |origin: Origin| Block::Thinking {
        text: "hm".into(),
        proof: None,
        origin,
    };
    let messages = |origin: Origin| {
        request(vec![
            says(Role::User, vec![text("q")]),
            says(Role::Assistant, vec![thought(origin), text("a")]),
            says(Role::User, vec![text("q")]),
        ])
    };
    let shown = |origin: Origin, profile: &Profile| {
        written(&messages(origin), profile)["messages"][1]["reasoning_content"].clone()
    };
    assert_eq!(shown(Origin::Plain, &profile()), "hm");
    assert_eq!(shown(Origin::Plain, &Profile::permissive("m")), Value::Null);
    for origin in [
        Origin::Anthropic { redacted: false },
        Origin::Responses { id: "rs_1".into() },
    ] {
        assert_eq!(shown(origin, &profile()), Value::Null);
    }
}

#[test]
fn a_turn_of_which_nothing_is_left_disappears() {
    let foreign = Block::Thinking {
        text: "hm".into(),
        proof: Some("sig".into()),
        origin: Origin::Anthropic { redacted: false },
    };
    let lines = shown(vec![
        says(Role::User, vec![text("a")]),
        says(Role::Assistant, vec![foreign, text("")]),
        says(Role::User, vec![text("b")]),
    ]);
    assert_eq!(lines, [r#"user: "a\n\nb""#]);
}

fn any_block() -> impl Strategy<Value = Block<'static>> {
    let id = || prop::sample::select(vec!["a", "b", "c.d", "call_1"]);
    prop_oneof![
        "[a-z]{0,3}".prop_map(|text| Block::Text {
            text: text.into(),
            cache: None
        }),
        Just(image()),
        Just(Block::Refusal { text: "no".into() }),
        Just(Block::Thinking {
            text: "t".into(),
            proof: None,
            origin: Origin::Plain
        }),
        (
            id(),
            prop::sample::select(vec!["", "{}", "{\"a\":1}", "[1]", "{cut"]),
            any::<bool>()
        )
            .prop_map(|(id, arguments, custom)| {
                call(
                    id,
                    arguments,
                    if custom {
                        CallKind::Custom
                    } else {
                        CallKind::Function
                    },
                )
            }),
        (id(), "[a-z]{0,3}", any::<bool>()).prop_map(|(id, text, picture)| {
            let mut content = vec![Block::Text {
                text: text.into(),
                cache: None,
            }];
            content.extend(picture.then(image));
            result(id, content)
        }),
    ]
}

fn any_message() -> impl Strategy<Value = Message<'static>> {
    let role = prop::sample::select(vec![Role::System, Role::User, Role::Assistant]);
    (role, prop::collection::vec(any_block(), 0..4)).prop_map(|(role, content)| {
        // Calls are the assistant's, results and images the user's.
        let fits = |block: &Block<'_>| match block {
            Block::ToolCall { .. } | Block::Thinking { .. } | Block::Refusal { .. } => {
                role == Role::Assistant
            }
            Block::ToolResult { .. } | Block::Image { .. } => role == Role::User,
            _ => true,
        };
        says(role, content.into_iter().filter(fits).collect())
    })
}

proptest! {
    #[test]
    fn whatever_the_history_a_strict_provider_takes_it(messages in prop::collection::vec(any_message(), 1..10), custom: bool) {
        let profile = Profile { custom_tools: custom, ..profile() };
        let body = written(&request(messages), &profile);
        prop_assert_eq!(strict(&body), None, "{}", body);
    }
}
