//! Whole turns of Codex over upstreams of the other dialects.

use serde_json::{Value, json};

use crate::dialect::{Dialect, Envelope};
use crate::hub::{Profile, ToolNames};
use crate::openai::responses::read_request;

const CODEX: &str = include_str!("../../../../tests/golden/responses/codex_request.json");
const CALLS_OF_CLAUDE: &str = r#"event: message_start
data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-5-5","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":7,"cache_creation_input_tokens":0,"cache_read_input_tokens":3,"output_tokens":1}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Two calls."}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqQB+/=="}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: content_block_start
data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_1","name":"exec","input":{}}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"input\":\"text(\\\"ü"}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"\\\")\\n\"}"}}

event: content_block_stop
data: {"type":"content_block_stop","index":1}

event: content_block_start
data: {"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_2","name":"clock__now","input":{}}}

event: content_block_stop
data: {"type":"content_block_stop","index":2}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":20}}

event: message_stop
data: {"type":"message_stop"}

"#;
const CALLS_OF_A_LOCAL_MODEL: &str = r#"data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"qwen","choices":[{"index":0,"delta":{"role":"assistant","content":null},"finish_reason":null}]}

data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"qwen","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"functions.exec:0","type":"function","function":{"name":"exec","arguments":"{\"input\":"}},{"index":1,"id":"functions.clock__now:1","type":"function","function":{"name":"clock__now","arguments":"{}"}}]},"finish_reason":null}]}

data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"qwen","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\"text(\\\"ü\\\")\\n\"}"}}]},"finish_reason":null}]}

data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"qwen","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

data: [DONE]

"#;

/// What Codex makes of a stream: the items that are done, if the response is complete.
fn items(upstream: Dialect, stream: &str) -> Vec<Value> {
    let request = read_request(CODEX.as_bytes()).unwrap();
    let mut reader = upstream.reader();
    let mut writer = Dialect::Responses.writer(Envelope {
        id: "1".into(),
        tools: ToolNames::of(&request),
        ..Envelope::default()
    });
    let (mut events, mut text) = (Vec::new(), String::new());
    reader.push(stream.as_bytes(), &mut events).unwrap();
    events
        .iter()
        .for_each(|event| writer.push(event, &mut text));
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    let events: Vec<Value> = data
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(events.last().unwrap()["type"], "response.completed");
    let done = events
        .into_iter()
        .filter(|event| event["type"] == "response.output_item.done");
    done.map(|mut event| event["item"].take()).collect()
}

/// The next request of Codex: it drops the ids of items, and adds the results of its calls.
fn next_turn(items: &[Value]) -> String {
    let mut body: Value = serde_json::from_str(CODEX).unwrap();
    let input = body["input"].as_array_mut().unwrap();
    for item in items {
        let mut item = item.clone();
        item.as_object_mut().unwrap().remove("id");
        input.push(item);
    }
    for item in items {
        let output = match item["type"].as_str().unwrap() {
            "function_call" => "function_call_output",
            "custom_tool_call" => "custom_tool_call_output",
            _ => continue,
        };
        input.push(json!({"type": output, "call_id": item["call_id"], "output": "done"}));
    }
    body.to_string()
}

fn write(body: &str, upstream: Dialect) -> Value {
    let request = read_request(body.as_bytes()).unwrap();
    let profile = Profile::permissive("other");
    let written = upstream.write_request(&request, &profile).unwrap();
    serde_json::from_slice(&written.body).unwrap()
}

#[test]
fn calls_come_back_in_the_form_that_codex_offered_the_tools_in() {
    for (upstream, stream) in [
        (Dialect::Messages, CALLS_OF_CLAUDE),
        (Dialect::Chat, CALLS_OF_A_LOCAL_MODEL),
    ] {
        let items = items(upstream, stream);
        let calls: Vec<&Value> = items
            .iter()
            .filter(|item| item["type"] != "reasoning")
            .collect();
        assert_eq!(calls.len(), 2);
        assert_eq!(calls[0]["type"], "custom_tool_call");
        assert_eq!(
            (&calls[0]["name"], &calls[0]["input"]),
            (&json!("exec"), &json!("text(\"ü\")\n"))
        );
        assert!(calls[0].get("namespace").is_none());
        assert_eq!(calls[1]["type"], "function_call");
        assert_eq!(
            (
                &calls[1]["name"],
                &calls[1]["namespace"],
                &calls[1]["arguments"]
            ),
            (&json!("now"), &json!("clock"), &json!("{}"))
        );
        for call in calls {
            let id = call["call_id"].as_str().unwrap();
            assert!(
                id.len() <= 40
                    && id
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b)),
                "{id}"
            );
        }
    }
}

#[test]
fn thinking_goes_back_to_its_maker_as_it_was_signed() {
    let body = write(
        &next_turn(&items(Dialect::Messages, CALLS_OF_CLAUDE)),
        Dialect::Messages,
    );
    let messages = body["messages"].as_array().unwrap();
    let [.., calls, results] = messages.as_slice() else {
        panic!("{body}");
    };
    assert_eq!(
        calls["content"][0],
        json!({"type": "thinking", "thinking": "Two calls.", "signature": "EqQB+/=="})
    );
    assert_eq!(
        calls["content"][1]["input"],
        json!({"input": "text(\"ü\")\n"})
    );
    assert_eq!(calls["content"][2]["name"], "clock__now");
    let answered: Vec<&Value> = results["content"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| &result["tool_use_id"])
        .collect();
    assert_eq!(answered, ["toolu_1", "toolu_2"]);
}

#[test]
fn the_next_turn_may_go_to_any_other_provider() {
    let turn = next_turn(&items(Dialect::Messages, CALLS_OF_CLAUDE));
    let chat = write(&turn, Dialect::Chat);
    let messages = chat["messages"].as_array().unwrap();
    let [.., calls, one, two] = messages.as_slice() else {
        panic!("{chat}");
    };
    assert_eq!(calls["tool_calls"].as_array().unwrap().len(), 2);
    assert_eq!(
        (&one["tool_call_id"], &two["tool_call_id"]),
        (&json!("toolu_1"), &json!("toolu_2"))
    );
    assert!(!chat.to_string().contains("EqQB+/==") && !chat.to_string().contains("moecraft."));

    let request = read_request(turn.as_bytes()).unwrap();
    let profile = Profile::permissive("gpt-6.1-sol");
    let adapted = Dialect::Responses.adapt_request(turn.as_bytes(), &request, &profile);
    let body: Value = serde_json::from_slice(&adapted.unwrap().unwrap().body).unwrap();
    let reasoning: Vec<&Value> = body["input"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|item| item["type"] == "reasoning")
        .collect();
    // OpenAI's own stays, Claude's is taken out.
    assert_eq!(reasoning.len(), 1);
    assert_eq!(reasoning[0]["encrypted_content"], "gAAAAABpQ0FG");
}
