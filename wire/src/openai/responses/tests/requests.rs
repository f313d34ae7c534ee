use crate::error::WireError;
use crate::hub::{
    Block, CallKind, Effort, Format, Media, Origin, Reasoning, Request, Role, ToolChoice, ToolKind,
    ToolNames, seal,
};
use crate::openai::responses::read_request;

const CODEX: &[u8] = include_bytes!("../../../../tests/golden/responses/codex_request.json");

fn with(rest: &str) -> String {
    format!(r#"{{"model":"m","input":"hi"{rest}}}"#)
}

fn refused(body: &str) -> (Option<String>, String) {
    let error = read_request(body.as_bytes()).unwrap_err();
    (error.param().map(str::to_owned), error.to_string())
}

fn only(body: &str) -> Block<'static> {
    let body: &'static str = body.to_owned().leak();
    let request = read_request(body.as_bytes()).unwrap();
    let mut messages = request.messages.into_iter();
    let mut content = messages.next().unwrap().content.into_iter();
    assert!(messages.next().is_none());
    content.next().unwrap()
}

#[test]
fn a_turn_of_codex_is_read_whole() {
    let request = read_request(CODEX).unwrap();
    let roles: Vec<Role> = request
        .messages
        .iter()
        .map(|message| message.role)
        .collect();
    use Role::{Assistant, Developer, User};
    assert_eq!(
        roles,
        [
            Developer, User, Assistant, Assistant, Assistant, User, User, Assistant, Assistant,
            User
        ]
    );
    let blocks: Vec<&Block<'_>> = request.blocks().collect();
    assert!(matches!(
        blocks[2],
        Block::Image { source: Media::Base64 { media_type, data }, detail: Some(detail), .. }
            if media_type == "image/png" && data == "iVBORw0KGgo=" && detail == "high"
    ));
    assert!(matches!(
        blocks[3],
        Block::Thinking { text, proof: Some(proof), origin: Origin::Responses { id } }
            if text == "**Looking**\n\nAt the clock." && proof == "gAAAAABpQ0FG" && id.is_empty()
    ));
    assert!(matches!(
        blocks[4],
        Block::ToolCall { id, name, namespace: None, arguments, kind: CallKind::Custom, .. }
            if id == "call_1" && name == "exec" && arguments == "text(\"a\")\n"
    ));
    assert!(matches!(
        blocks[5],
        Block::ToolCall { name, namespace: Some(space), kind: CallKind::Function, .. }
            if name == "now" && space == "clock"
    ));
    assert!(matches!(
        blocks[6],
        Block::ToolResult { id, content, kind: CallKind::Custom, .. }
            if id == "call_1" && matches!(content.as_slice(), [Block::Text { text, .. }] if text == "a")
    ));
    assert!(blocks.iter().any(|block| matches!(
        block,
        Block::Other { kind, place, essential: false } if kind == "web_search_call" && place == "input[8]"
    )));
    assert_eq!(
        request.reasoning,
        Some(Reasoning {
            effort: Some(Effort::Medium),
            visible: true,
            ..Reasoning::default()
        })
    );
    assert!(request.stream && request.include_usage);
    assert_eq!(request.tool_choice, Some(ToolChoice::Auto));
    let hints: Vec<&str> = request
        .extras
        .iter()
        .map(|extra| extra.name.as_ref())
        .collect();
    assert_eq!(
        hints,
        [
            "store",
            "include",
            "prompt_cache_key",
            "client_metadata",
            "text.verbosity"
        ]
    );
    assert!(request.extras.iter().all(|extra| !extra.essential));
}

#[test]
fn tools_are_found_in_the_list_and_in_the_conversation() {
    let request = read_request(CODEX).unwrap();
    let names: Vec<(&str, Option<&str>)> = request
        .tools
        .iter()
        .map(|tool| (tool.name.as_ref(), tool.namespace.as_deref()))
        .collect();
    // What stands in the namespace `functions` is called without it.
    assert_eq!(
        names,
        [("web_search", None), ("exec", None), ("now", Some("clock"))]
    );
    assert!(matches!(&request.tools[0].kind, ToolKind::Hosted { kind } if kind == "web_search"));
    assert!(matches!(
        request.tools[1].kind,
        ToolKind::Custom { format: Some(_) }
    ));
    let told = ToolNames::of(&request).named;
    assert_eq!(told["clock__now"].1.as_deref(), Some("clock"));
    assert_eq!(told["exec"].2, CallKind::Custom);
}

#[test]
fn a_tool_that_is_offered_twice_is_kept_once() {
    let body = r#"{"model":"m","tools":[{"type":"function","name":"f","description":"first"}],"input":[
        {"role":"user","content":"x"},
        {"type":"tool_search_output","call_id":"c","tools":[{"type":"function","name":"f"},{"type":"function","name":"g"}]}]}"#;
    let request = read_request(body.as_bytes()).unwrap();
    let names: Vec<_> = request
        .tools
        .iter()
        .map(|tool| (tool.name.as_ref(), tool.description.as_deref()))
        .collect();
    assert_eq!(names, [("f", Some("first")), ("g", None)]);
}

#[test]
fn text_without_escapes_is_borrowed() {
    let body = with(r#","instructions":"be brief""#);
    let request = read_request(body.as_bytes()).unwrap();
    assert_eq!(request.messages[0].role, Role::System);
    let inside = body.as_bytes().as_ptr_range();
    for (_, text) in request.texts() {
        assert!(inside.contains(&text.as_ptr()), "{text} was copied");
    }
}

#[test]
fn the_easy_forms_say_the_same_as_the_full_ones() {
    let easy = r#"{"model":"m","input":[{"role":"assistant","content":"hi"}]}"#;
    let full = r#"{"model":"m","input":[{"type":"message","id":"msg_1","status":"completed","role":"assistant","content":[{"type":"output_text","text":"hi","annotations":[]}]}]}"#;
    assert_eq!(format!("{:?}", only(easy)), format!("{:?}", only(full)));
    assert!(matches!(
        only(r#"{"model":"m","input":[{"role":"assistant","content":[{"type":"refusal","refusal":"no"}]}]}"#),
        Block::Refusal { text } if text == "no"
    ));
}

#[test]
fn files_and_images_keep_where_they_are() {
    let block = |part: &str| {
        only(&format!(
            r#"{{"model":"m","input":[{{"role":"user","content":[{part}]}}]}}"#
        ))
    };
    let image = |part: &str| match block(part) {
        Block::Image { source, .. } | Block::Document { source, .. } => source,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        image(r#"{"type":"input_image","image_url":"https://x/a.png"}"#),
        Media::Url("https://x/a.png".into())
    );
    assert_eq!(
        image(r#"{"type":"input_image","file_id":"file-1"}"#),
        Media::File("file-1".into())
    );
    assert_eq!(
        image(r#"{"type":"input_image","image_url":"data:image\/png;base64,AA\u003d\u003d"}"#),
        Media::Base64 {
            media_type: "image/png".into(),
            data: "AA==".into()
        }
    );
    assert_eq!(
        image(r#"{"type":"input_image","image_url":"data:text/plain,;base64,x"}"#),
        Media::Url("data:text/plain,;base64,x".into())
    );
    assert!(matches!(
        block(r#"{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,JVBE"}"#),
        Block::Document { source: Media::Base64 { .. }, name: Some(name), .. } if name == "a.pdf"
    ));
    assert!(matches!(
        block(r#"{"type":"input_file","file_data":"JVBE"}"#),
        Block::Other {
            essential: true,
            ..
        }
    ));
}

#[test]
fn sealed_thinking_is_given_back_to_its_maker() {
    let item = |proof: &str| {
        only(&format!(
            r#"{{"model":"m","input":[{{"type":"reasoning","id":"rs_1","summary":[{{"type":"summary_text","text":"hm"}}],"encrypted_content":"{proof}"}}]}}"#
        ))
    };
    let maker = Origin::Anthropic { redacted: false };
    assert!(matches!(
        item(&seal(&maker, Some("sig=="))),
        Block::Thinking { text, proof: Some(proof), origin } if text == "hm" && proof == "sig==" && origin == maker
    ));
    assert!(matches!(
        item("moecraft.broken"),
        Block::Thinking {
            proof: None,
            origin: Origin::Plain,
            ..
        }
    ));
    assert!(matches!(
        item("gAAA"),
        Block::Thinking { proof: Some(_), origin: Origin::Responses { id }, .. } if id == "rs_1"
    ));
}

#[test]
fn options_are_read_in_all_their_forms() {
    let choice = |value: &str| {
        let body: &'static str = with(&format!(r#","tool_choice":{value}"#)).leak();
        read_request(body.as_bytes()).unwrap().tool_choice
    };
    assert_eq!(choice("null"), None);
    assert_eq!(choice(r#""none""#), Some(ToolChoice::None));
    assert_eq!(choice(r#""required""#), Some(ToolChoice::Required));
    for kind in ["function", "custom"] {
        let named = choice(&format!(r#"{{"type":"{kind}","name":"f"}}"#));
        assert_eq!(named, Some(ToolChoice::Named("f".into())));
    }
    assert_eq!(
        choice(r#"{"type":"web_search"}"#),
        Some(ToolChoice::Named("web_search".into()))
    );
    let body = with(
        r#","tool_choice":{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"f"}]}"#,
    );
    let request = read_request(body.as_bytes()).unwrap();
    assert_eq!(request.tool_choice, Some(ToolChoice::Required));
    assert!(
        request
            .extras
            .iter()
            .any(|extra| extra.name == "tool_choice" && extra.essential)
    );

    let body = with(
        r#","text":{"format":{"type":"json_schema","name":"n","strict":true,"schema":{"b":1,"a":2}}},"reasoning":{"effort":"none"},"max_output_tokens":9,"top_p":0.5"#,
    );
    let request = read_request(body.as_bytes()).unwrap();
    assert!(matches!(
        request.format,
        Some(Format::Schema { name, schema, strict: Some(true), .. }) if name == "n" && schema.get() == r#"{"b":1,"a":2}"#
    ));
    assert!(request.reasoning.unwrap().off);
    assert_eq!(
        (request.max_output_tokens, request.sampling.top_p),
        (Some(9), Some(0.5))
    );
    let plain = with(r#","text":{"format":{"type":"text"}},"reasoning":{},"stream":null"#);
    let request = read_request(plain.as_bytes()).unwrap();
    assert!(request.format.is_none() && request.reasoning.is_none() && !request.stream);
}

#[test]
fn what_would_change_the_answer_is_told_from_hints() {
    let essential = |rest: &str| -> Vec<(String, bool)> {
        let body = with(rest);
        let request: Request<'_> = read_request(body.as_bytes()).unwrap();
        let extras = request.extras.iter();
        extras
            .map(|extra| (extra.name.to_string(), extra.essential))
            .collect()
    };
    assert_eq!(
        essential(
            r#","previous_response_id":"resp_1","metadata":{},"new_field":[1],"background":false,"prompt":null"#
        ),
        [
            ("previous_response_id".into(), true),
            ("metadata".into(), false),
            ("new_field".into(), false),
            ("background".into(), false),
        ]
    );
    assert_eq!(
        essential(r#","background":true,"include":["message.output_text.logprobs"]"#),
        [("background".into(), true), ("include".into(), true)]
    );
    assert!(
        read_request(br#"{"model":"m","prompt":{"id":"p"}}"#)
            .unwrap()
            .messages
            .is_empty()
    );
}

#[test]
fn an_unknown_item_or_part_is_kept_by_name() {
    assert!(matches!(
        only(r#"{"model":"m","input":[{"type":"item_reference","id":"msg_1"}]}"#),
        Block::Other { kind, place, essential: true } if kind == "item_reference" && place == "input[0]"
    ));
    assert!(matches!(
        only(
            r#"{"model":"m","input":[{"type":"computer_call_output","call_id":"c","output":{"type":"computer_screenshot"}}]}"#
        ),
        Block::Other {
            essential: true,
            ..
        }
    ));
    assert!(matches!(
        only(
            r#"{"model":"m","input":[{"type":"tool_search_call","call_id":null,"arguments":{"q":[]},"status":"completed"}]}"#
        ),
        Block::Other {
            essential: false,
            ..
        }
    ));
    assert!(matches!(
        only(r#"{"model":"m","input":[{"role":"user","content":[{"type":"input_audio","input_audio":{}}]}]}"#),
        Block::Other { place, essential: true, .. } if place == "input[0].content[0]"
    ));
}

#[test]
fn an_error_names_the_field() {
    let item =
        |item: &str| format!(r#"{{"model":"m","input":[{{"role":"user","content":"x"}},{item}]}}"#);
    let cases = [
        (r#"{"input":"x"}"#.to_owned(), "model"),
        (r#"{"model":"","input":"x"}"#.to_owned(), "model"),
        (r#"{"model":7,"input":"x"}"#.to_owned(), "model"),
        (
            r#"{"model":"m","model":"m","input":"x"}"#.to_owned(),
            "model",
        ),
        (
            format!(r#"{{"model":"{}","input":"x"}}"#, "m".repeat(257)),
            "model",
        ),
        (r#"{"model":"m"}"#.to_owned(), "input"),
        (r#"{"model":"m","input":[]}"#.to_owned(), "input"),
        (r#"{"model":"m","input":7}"#.to_owned(), "input"),
        (r#"{"model":"m","input":["x"]}"#.to_owned(), "input[0]"),
        (item("{}"), "input[1].type"),
        (item(r#"{"role":"robot","content":"x"}"#), "input[1].role"),
        (item(r#"{"type":"message","content":"x"}"#), "input[1].role"),
        (item(r#"{"role":"user"}"#), "input[1].content"),
        (item(r#"{"role":"user","content":{}}"#), "input[1].content"),
        (
            item(r#"{"role":"user","content":[{"text":"x"}]}"#),
            "input[1].content[0].type",
        ),
        (
            item(r#"{"role":"user","content":[{"type":7}]}"#),
            "input[1].content[0].type",
        ),
        (
            item(r#"{"role":"user","content":[{"type":"input_text"}]}"#),
            "input[1].content[0].text",
        ),
        (
            item(r#"{"role":"user","content":[{"type":"input_image"}]}"#),
            "input[1].content[0].image_url",
        ),
        (
            item(r#"{"role":"user","content":[{"type":"input_file"}]}"#),
            "input[1].content[0].file_data",
        ),
        (
            item(r#"{"type":"function_call","name":"f","arguments":"{}"}"#),
            "input[1].call_id",
        ),
        (
            item(r#"{"type":"function_call","call_id":"c","arguments":"{}"}"#),
            "input[1].name",
        ),
        (
            item(r#"{"type":"function_call","call_id":"c","name":"f","arguments":{}}"#),
            "input[1].arguments",
        ),
        (
            item(r#"{"type":"custom_tool_call","call_id":"c","name":"f"}"#),
            "input[1].input",
        ),
        (
            item(r#"{"type":"function_call_output","output":"x"}"#),
            "input[1].call_id",
        ),
        (
            item(r#"{"type":"function_call_output","call_id":"c"}"#),
            "input[1].output",
        ),
        (
            item(r#"{"type":"additional_tools","tools":[{"name":"f"}]}"#),
            "input[1].tools[0].type",
        ),
        (with(r#","tools":[{"type":"function"}]"#), "tools[0].name"),
        (
            with(r#","tools":[{"type":"namespace","name":"n","tools":[{"type":"custom"}]}]"#),
            "tools[0].tools[0].name",
        ),
        (with(r#","tools":{}"#), "tools"),
        (with(r#","tool_choice":"any""#), "tool_choice"),
        (
            with(r#","tool_choice":{"type":"function"}"#),
            "tool_choice.name",
        ),
        (with(r#","stream":"yes""#), "stream"),
        (with(r#","temperature":3"#), "temperature"),
        (with(r#","top_p":-0.1"#), "top_p"),
        (with(r#","max_output_tokens":-1"#), "max_output_tokens"),
        (
            with(r#","reasoning":{"effort":"huge"}"#),
            "reasoning.effort",
        ),
        (with(r#","reasoning":[null]"#), "reasoning"),
        (
            with(r#","text":{"format":{"type":"xml"}}"#),
            "text.format.type",
        ),
        (
            with(r#","text":{"format":{"type":"json_schema","name":"n"}}"#),
            "text.format.schema",
        ),
        ("[]".to_owned(), "body"),
    ];
    for (body, field) in cases {
        let (param, message) = refused(&body);
        assert_eq!(param.as_deref(), Some(field), "{body}: {message}");
        assert!(message.contains(field), "{message}");
    }
    assert!(matches!(read_request(b"{"), Err(WireError::Syntax(_))));
    assert_eq!(
        read_request(b"{\"model\":\"\xff\"}").unwrap_err(),
        WireError::Encoding(10)
    );
}

#[test]
fn sizes_are_bounded() {
    let items = r#"{"role":"user","content":"x"},"#.repeat(4097);
    let body = format!(
        r#"{{"model":"m","input":[{}]}}"#,
        items.trim_end_matches(',')
    );
    assert_eq!(refused(&body).0.as_deref(), Some("input"));
    let tools: String = (0..2049)
        .map(|n| format!(r#"{{"type":"function","name":"f{n}"}},"#))
        .collect();
    let body = with(&format!(r#","tools":[{}]"#, tools.trim_end_matches(',')));
    assert_eq!(refused(&body).0.as_deref(), Some("tools"));
    let deep = format!(r#"{{"model":"m","input":{}}}"#, "[".repeat(100_000));
    assert!(read_request(deep.as_bytes()).is_err());
}
