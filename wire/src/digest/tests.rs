use super::*;
use serde_json::{Value, json};
use std::collections::HashSet;

fn digest(dialect: Dialect, body: &Value) -> Option<QuestionDigest> {
    let bytes = body.to_string().into_bytes();
    let request = dialect.read_request(&bytes).expect("a request");
    Some(dialect.question(&request, &bytes)?.digest)
}

fn chat(body: &Value) -> Option<QuestionDigest> {
    digest(Dialect::Chat, body)
}

/// The body with more members, or others.
fn with(body: &Value, more: Value) -> Value {
    let mut body = body.clone();
    let more = more.as_object().cloned().unwrap_or_default();
    body.as_object_mut().expect("an object").extend(more);
    body
}

fn question() -> Value {
    json!({"model": "m", "messages": [{"role": "user", "content": "Why?"}]})
}

#[test]
fn the_same_question_in_three_dialects_has_one_digest() {
    let sampling = json!({"temperature": 0.0, "top_p": 0.5});
    let turns = json!([
        {"role": "user", "content": "Why?"},
        {"role": "assistant", "content": "So."},
        {"role": "user", "content": "And then?"},
    ]);
    let mut all = turns.as_array().cloned().unwrap();
    all.insert(0, json!({"role": "system", "content": "Be brief."}));
    let in_chat = with(&json!({"model": "a", "messages": all}), sampling.clone());
    let in_responses = with(
        &json!({"model": "b", "instructions": "Be brief.", "input": turns}),
        sampling.clone(),
    );
    let in_messages = with(
        &json!({"model": "c", "max_tokens": 9, "system": "Be brief.", "messages": turns}),
        sampling,
    );
    let one = chat(&in_chat);
    assert!(one.is_some());
    assert_eq!(one, digest(Dialect::Responses, &in_responses));
    assert_eq!(one, digest(Dialect::Messages, &in_messages));
    let in_blocks =
        json!([{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}]);
    assert_eq!(
        one,
        digest(
            Dialect::Messages,
            &with(&in_messages, json!({"system": in_blocks}))
        )
    );
}

#[test]
fn an_image_and_a_format_are_the_same_in_two_dialects() {
    let url = "data:image/png;base64,AAAA";
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    let in_chat = json!({
        "model": "a",
        "messages": [{"role": "user", "content": [
            {"type": "text", "text": "What?"},
            {"type": "image_url", "image_url": {"url": url, "detail": "low"}},
        ]}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}},
    });
    let in_responses = json!({
        "model": "a",
        "input": [{"role": "user", "content": [
            {"type": "input_text", "text": "What?"},
            {"type": "input_image", "image_url": url, "detail": "low"},
        ]}],
        "text": {"format": {"type": "json_schema", "name": "n", "schema": schema}},
    });
    assert!(chat(&in_chat).is_some());
    assert_eq!(chat(&in_chat), digest(Dialect::Responses, &in_responses));
}

#[test]
fn how_to_deliver_whom_to_bill_and_where_to_stop_do_not_matter() {
    let plain = chat(&question());
    for more in [
        json!({"stream": true, "stream_options": {"include_usage": true}}),
        json!({"user": "u", "metadata": {"a": "b"}, "store": true, "prompt_cache_key": "k"}),
        json!({"max_tokens": 5}),
        json!({"max_completion_tokens": 5, "n": 1, "logprobs": false}),
        json!({"model": "other", "seed": null, "x_unknown": null}),
    ] {
        assert_eq!(plain, chat(&with(&question(), more.clone())), "{more}");
    }
}

#[test]
fn everything_else_matters() {
    let others = [
        json!({"messages": [{"role": "user", "content": "Why? "}]}),
        json!({"messages": [{"role": "user", "content": "why?"}]}),
        json!({"messages": [{"role": "system", "content": "Why?"}]}),
        json!({"messages": [{"role": "developer", "content": "Why?"}]}),
        json!({"messages": [{"role": "user", "content": "Why?", "name": "n"}]}),
        json!({"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "Why?"}]}),
        json!({"messages": [{"role": "user", "content": "Wh"}, {"role": "user", "content": "y?"}]}),
        json!({"messages": [{"role": "user", "content": [{"type": "text", "text": "Wh"}, {"type": "text", "text": "y?"}]}]}),
        json!({"temperature": 0}),
        json!({"temperature": 1}),
        json!({"top_p": 0}),
        json!({"top_k": 1}),
        json!({"seed": 0}),
        json!({"seed": 1}),
        json!({"frequency_penalty": 0.5}),
        json!({"presence_penalty": 0.5}),
        json!({"stop": "."}),
        json!({"stop": [".", "!"]}),
        json!({"response_format": {"type": "json_object"}}),
        json!({"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {}}}}),
        json!({"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"a": 1}}}}),
        json!({"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {}, "strict": true}}}),
        json!({"reasoning_effort": "high"}),
        json!({"reasoning_effort": "xhigh"}),
        json!({"reasoning_effort": "max"}),
        json!({"verbosity": "low"}),
        json!({"x_unknown": 1}),
        json!({"x_unknown": 1.0}),
    ];
    let mut digests = HashSet::from([chat(&question())]);
    for other in &others {
        let digest = chat(&with(&question(), other.clone()));
        assert!(digest.is_some(), "{other}");
        assert!(digests.insert(digest), "{other}");
    }
}

#[test]
fn what_a_digest_cannot_stand_for_has_none() {
    let tool = json!({"type": "function", "function": {"name": "f", "parameters": {}}});
    let call = json!({"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}});
    let says = |message: Value| json!({"messages": [message]});
    for more in [
        json!({"tools": [tool]}),
        says(json!({"role": "assistant", "content": null, "tool_calls": [call]})),
        says(json!({"role": "tool", "tool_call_id": "c", "content": "42"})),
        says(json!({"role": "assistant", "content": "So", "prefix": true})),
        says(json!({"role": "assistant", "content": "So", "reasoning_content": "Hm."})),
        says(json!({"role": "user", "content": [{"type": "text", "text": "a", "x": 1}]})),
        says(
            json!({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://a.example/b.png"}}]}),
        ),
        says(
            json!({"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "AA", "format": "wav"}}]}),
        ),
        json!({"response_format": {"type": "json_object", "x": 1}}),
        json!({"response_format": {"type": "grammar", "grammar": "g"}}),
        json!({"logit_bias": {"1": 2}}),
        json!({"web_search_options": {"a": 1}}),
        json!({"logprobs": true}),
        json!({"n": 2}),
    ] {
        assert_eq!(chat(&with(&question(), more.clone())), None, "{more}");
    }
    let told = json!({"model": "m", "input": "Why?"});
    for more in [
        json!({"previous_response_id": "r"}),
        json!({"conversation": "c"}),
        json!({"input": [{"type": "item_reference", "id": "i"}]}),
        json!({"input": [{"role": "user", "content": "Why?", "name": "n"}]}),
        json!({"input": [{"role": "assistant", "content": [{"type": "output_text", "text": "a", "annotations": [{"a": 1}]}]}]}),
    ] {
        assert_eq!(
            digest(Dialect::Responses, &with(&told, more.clone())),
            None,
            "{more}"
        );
    }
    let said =
        json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Why?"}]});
    for content in [
        json!([{"type": "search_result", "source": "https://a.example", "title": "t", "content": [{"type": "text", "text": "a"}]}]),
        json!([{"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "a"}, "context": "c"}]),
    ] {
        let messages = json!({"messages": [{"role": "user", "content": content}]});
        assert_eq!(
            digest(Dialect::Messages, &with(&said, messages)),
            None,
            "{content}"
        );
    }
}

#[test]
fn what_an_answer_echoes_back_does_not_stand_in_the_way() {
    let echoed = json!({"role": "assistant", "content": "So.", "refusal": null, "annotations": [], "tool_calls": null, "audio": null});
    let plain = json!({"role": "assistant", "content": "So."});
    let of = |message: &Value| chat(&with(&question(), json!({"messages": [message]})));
    assert!(of(&plain).is_some());
    assert_eq!(of(&plain), of(&echoed));
    let item = |more: Value| {
        let item = json!({"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "So."}]});
        json!({"model": "m", "input": [with(&item, more)]})
    };
    let echoed = digest(
        Dialect::Responses,
        &item(json!({"id": "msg_1", "status": "completed"})),
    );
    assert!(echoed.is_some());
    assert_eq!(echoed, digest(Dialect::Responses, &item(json!({}))));
}

#[test]
fn requests_that_differ_in_their_last_words_alone_have_the_rest_in_common() {
    let last = |body: &Value| {
        let bytes = body.to_string().into_bytes();
        let request = Dialect::Chat.read_request(&bytes).expect("a request");
        let question = Dialect::Chat.question(&request, &bytes).expect("a digest");
        question
            .last
            .map(|(text, context)| (text.to_owned(), context))
    };
    let asks = |text: &str| json!({"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": text}]});
    let (one, other) = (
        last(&with(&question(), asks("Why?"))),
        last(&with(&question(), asks("How?"))),
    );
    let ((text, context), (other, same)) = (one.expect("one text"), other.expect("one text"));
    assert_eq!((text.as_str(), other.as_str()), ("Why?", "How?"));
    assert_eq!(context, same);
    let user = |content: Value| json!({"messages": [{"role": "user", "content": content}]});
    let alone = last(&question()).expect("one text");
    for more in [
        json!({"temperature": 0}),
        json!({"messages": [{"role": "user", "content": "Why?", "name": "n"}]}),
        asks("Why?"),
    ] {
        let (_, context) = last(&with(&question(), more.clone())).expect("one text");
        assert_ne!(context, alone.1, "{more}");
    }
    let text = |text: &str| json!({"type": "text", "text": text});
    for none in [
        user(json!([text("Wh"), text("y?")])),
        json!({"messages": [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "So"}]}),
    ] {
        assert_eq!(last(&with(&question(), none.clone())), None, "{none}");
    }
}

#[test]
fn digests_stay_the_same_from_one_release_to_the_next() {
    let hex = |digest: QuestionDigest| digest.map(|byte| format!("{byte:02x}")).concat();
    assert_eq!(chat(&question()).map(hex).as_deref(), Some(PINNED));
}

const PINNED: &str = "074aa9588b364bf6b1e021b190e065dde27feda15a9fe1c8f85c085b43b77111";

#[test]
fn embeddings_are_the_same_for_the_same_inputs_and_form() {
    let of = |body: Value| of_embeddings(body.to_string().as_bytes());
    let plain = of(json!({"model": "m", "input": ["a", "b"]}));
    assert!(plain.is_some());
    assert_eq!(
        plain,
        of(json!({"user": "u", "input": ["a", "b"], "model": "n"}))
    );
    for other in [
        json!({"model": "m", "input": ["b", "a"]}),
        json!({"model": "m", "input": ["a", "b"], "dimensions": 2}),
        json!({"model": "m", "input": ["a", "b"], "encoding_format": "base64"}),
    ] {
        assert_ne!(plain, of(other.clone()), "{other}");
    }
    assert_eq!(of_embeddings(b"{}"), None);
}
