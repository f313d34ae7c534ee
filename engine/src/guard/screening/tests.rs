use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::guard::lexicon::Lexicon;
use crate::guard::literals;
use crate::guard::samples::{self, Source};

const NONCE: u64 = 42;

fn body(text: &str) -> Vec<u8> {
    let messages = json!([{"role": "user", "content": text}]);
    json!({ "model": "m", "messages": messages })
        .to_string()
        .into_bytes()
}

fn mask(body: &[u8], policy: &Policy, nonce: u64) -> Option<Masked> {
    Screening::of(body, policy).mask(body, policy, nonce)
}

fn content(body: &[u8]) -> String {
    let value: Value = serde_json::from_slice(body).unwrap();
    value["messages"][0]["content"].as_str().unwrap().to_owned()
}

fn restored(masked: &Masked) -> String {
    let mut restorer = masked.table.restorer(false);
    let mut out = restorer.push(&content(&masked.body));
    out.push_str(&restorer.finish());
    out
}

#[test]
fn people_are_told_what_and_where_and_never_the_value() {
    let token = Source::new(1).github_token();
    let screening = Screening::of(&body(&format!("a\nb\nuse {token}")), &Policy::default());
    assert_eq!(screening.tier, Tier::Prohibited);
    let summary = screening.summary();
    assert!(
        summary.contains("GitHub") && summary.contains("messages[0].content, line 3"),
        "{summary}"
    );
    assert!(!summary.contains(&token[..8]));
    assert_eq!(screening.findings[0].bytes, token.len());
}

#[test]
fn what_is_no_json_is_not_let_through() {
    assert_eq!(
        Screening::of(b"{", &Policy::default()).tier,
        Tier::Prohibited
    );
    assert_eq!(mask(b"{", &Policy::default(), NONCE), None);
}

#[test]
fn a_masked_body_holds_placeholders_and_comes_back_whole() {
    let (token, password) = (Source::new(2).github_token(), Source::new(2).password());
    let text = format!("token {token}\n\"password\": \"{password}\"\nagain {token} and {password}");
    let masked = mask(&body(&text), &Policy::default(), NONCE).unwrap();
    let sent = content(&masked.body);
    assert!(
        !sent.contains(&token[4..]) && !sent.contains(&password),
        "{sent}"
    );
    assert_eq!(masked.table.entries().count(), 2);
    assert_eq!(restored(&masked), text);
    // What is masked needs no masking again.
    let screening = Screening::beside(&masked.body, &Policy::default(), &masked.table);
    assert_ne!(screening.tier, Tier::Prohibited);
}

#[test]
fn a_value_keeps_its_placeholder_in_the_next_turn() {
    let token = Source::new(3).github_token();
    let placeholder = |text: &str| {
        let masked = mask(&body(text), &Policy::default(), NONCE).unwrap();
        masked.table.entries().next().unwrap().0.to_owned()
    };
    assert_eq!(
        placeholder(&format!("use {token}")),
        placeholder(&format!("more before {token} and after"))
    );
}

#[test]
fn a_text_that_holds_the_placeholder_gets_another() {
    let token = Source::new(4).github_token();
    let masked = mask(&body(&token), &Policy::default(), NONCE).unwrap();
    let placeholder = masked.table.entries().next().unwrap().0.to_owned();
    let text = format!("{placeholder} and {token}");
    let masked = mask(&body(&text), &Policy::default(), NONCE).unwrap();
    assert_eq!(restored(&masked), text);
}

#[test]
fn what_no_placeholder_can_stand_for_is_not_masked() {
    let text = "STRICTLY CONFIDENTIAL - DO NOT DISTRIBUTE\nWe buy them in May.";
    assert_eq!(
        Screening::of(&body(text), &Policy::default()).tier,
        Tier::Prohibited
    );
    assert_eq!(mask(&body(text), &Policy::default(), NONCE), None);
    let number = json!({"messages": [{"content": "ok"}], "card_number": 4_539_148_803_436_467_u64});
    let bytes = number.to_string().into_bytes();
    if Screening::of(&bytes, &Policy::default()).tier == Tier::Prohibited {
        assert_eq!(mask(&bytes, &Policy::default(), NONCE), None);
    }
}

#[test]
fn brackets_around_a_value_do_not_hide_it() {
    let key = samples::Source::new(6).letters("ABCDEFGHJKLMNPQR", 16);
    let hidden = [
        format!("[[AKIA{key}_abcdefgh]]"),
        format!(
            "DB_PASSWORD=[[X_{}]]",
            Source::new(6).password().to_lowercase()
        ),
    ];
    for text in hidden {
        let tier = Screening::of(&body(&text), &Policy::default()).tier;
        assert_eq!(tier, Tier::Prohibited, "{text}");
    }
}

#[test]
fn a_value_inside_json_is_kept_as_it_is_meant() {
    let password = format!("{}\"x\\y9", Source::new(6).password());
    let body = json!({"messages": [
        {"role": "assistant", "content": [{"type": "tool_use", "input": {"db_password": password}}]},
        {"role": "assistant", "tool_calls": [{"function": {"arguments": json!({"db_password": password}).to_string()}}]},
        {"role": "user", "content": format!("DB_PASSWORD='{password}'")},
    ]});
    let masked = mask(body.to_string().as_bytes(), &Policy::default(), NONCE).unwrap();
    let entries = masked.table.entries();
    let values: Vec<String> = entries
        .map(|(placeholder, _)| masked.table.restorer(false).push(placeholder))
        .collect();
    assert!(values.contains(&password), "{values:?}");
}

#[test]
fn lines_are_counted_from_text_to_text() {
    let token = Source::new(7).github_token();
    let two = format!("{token}\n\nand {token}\nfn main() {{\n    run();\n}}\n");
    let messages = json!({"messages": [{"content": two}, {"content": format!("\n{token}")}]});
    let screening = Screening::of(messages.to_string().as_bytes(), &Policy::default());
    let of = |family| {
        let found = screening
            .findings
            .iter()
            .filter(move |f| f.kind.family == family);
        found.map(|found| found.line).collect::<Vec<_>>()
    };
    assert_eq!(of(Family::Credential), [1, 3, 2]);
}

fn kinds(body: &Value) -> Vec<&'static str> {
    let screening = Screening::of(body.to_string().as_bytes(), &Policy::default());
    screening.counts().into_keys().collect()
}

#[test]
fn content_that_is_kept_at_the_provider_is_prohibited() {
    for body in [
        json!({"input": "go on", "previous_response_id": "resp_1"}),
        json!({"input": "go on", "conversation": {"id": "conv_1"}}),
        json!({"input": "go on", "conversation": "conv_1"}),
        json!({"prompt": {"id": "pmpt_1"}}),
        json!({"input": [{"type": "item_reference", "id": "msg_1"}]}),
        json!({"messages": [{"content": [{"type": "document", "source": {"type": "file", "file_id": "f_1"}}]}]}),
    ] {
        assert_eq!(kinds(&body), ["held_elsewhere"], "{body}");
    }
    for body in [
        json!({"prompt": "go on", "previous_response_id": null, "conversation": ""}),
        json!({"tools": [{"parameters": {"properties": {"file_id": {"type": "string"}}}}]}),
    ] {
        assert!(kinds(&body).is_empty(), "{body}");
    }
}

#[test]
fn documents_that_the_provider_is_to_fetch_are_prohibited() {
    let part = |part: Value| json!({"messages": [{"role": "user", "content": [part]}]});
    let address = "https://example.com/a";
    for body in [
        part(json!({"type": "input_file", "file_url": address})),
        part(json!({"type": "input_file", "file_url": "http://data:1/"})),
        json!({"contents": [{"parts": [{"fileData": {"fileUri": address}}]}]}),
    ] {
        assert_eq!(kinds(&body), ["fetched_elsewhere"], "{body}");
        let screening = Screening::of(body.to_string().as_bytes(), &Policy::default());
        assert_eq!(screening.tier, Tier::Prohibited);
        assert!(
            screening
                .mask(body.to_string().as_bytes(), &Policy::default(), 1)
                .is_none()
        );
    }
    let picture = STANDARD.encode([0x91; 40]);
    for body in [
        part(json!({"image_url": {"url": format!("data:image/png;base64,{picture}")}})),
        part(json!({"type": "image_url", "image_url": {"detail": "low", "url": address}})),
        part(
            json!({"type": "input_file", "file_url": format!("data:text/plain;base64,{}", STANDARD.encode("Good morning."))}),
        ),
        part(json!({"type": "text", "text": address})),
        json!({"tools": [{"parameters": {"properties": {"file_url": {"type": "string"}, "url": {"type": "string"}}}}]}),
    ] {
        assert!(kinds(&body).is_empty(), "{body}");
    }
}

#[test]
fn text_as_token_numbers_is_found_by_its_form() {
    for body in [json!({"input": [17, 4]}), json!({"prompt": [[17, 4], [5]]})] {
        assert_eq!(kinds(&body), ["token_numbers"], "{body}");
    }
    for body in [
        json!({"input": ["17"]}),
        json!({"input": [{"n": 17}], "logit": [1, 2]}),
    ] {
        assert!(kinds(&body).is_empty(), "{body}");
    }
}

#[test]
fn documents_that_cannot_be_read_are_prohibited_and_pictures_in_strict_mode() {
    let encoded = |head: &[u8]| STANDARD.encode([head, &[0x91; 2_000]].concat());
    let document = |data: String| json!({"messages": [{"content": [{"source": {"data": data}}]}]});
    for head in [&b"%PDF-1.7\n"[..], b"PK\x03\x04\x14\0"] {
        assert_eq!(kinds(&document(encoded(head))), ["unexamined"]);
        let url = format!("data:application/x;base64,{}", encoded(head));
        assert_eq!(kinds(&document(url)), ["unexamined"]);
    }
    let other = format!("data:application/x;base64,{}", encoded(b"\x01\x02"));
    assert_eq!(kinds(&document(other)), ["unexamined"]);
    let picture = document(encoded(b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR"));
    assert!(kinds(&picture).is_empty());
    let strict = Policy {
        strict: true,
        ..Policy::default()
    };
    let tier = Screening::of(picture.to_string().as_bytes(), &strict).tier;
    assert_eq!(tier, Tier::Prohibited);
}

#[test]
fn what_begins_like_a_picture_hides_nothing() {
    let token = Source::new(8).github_token();
    let head = STANDARD.encode([&b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR"[..], &[0; 2]].concat());
    for begin in ["iVBORw0KGg", &head] {
        let text = format!("{begin}{}{token}", "A".repeat(1_100));
        let tier = Screening::of(&body(&text), &Policy::default()).tier;
        assert_eq!(tier, Tier::Prohibited, "{begin}");
    }
}

#[test]
fn a_name_reaches_what_stands_below_and_beside_it() {
    let password = Source::new(9).password();
    for body in [
        json!({"db_password": {"value": password}}),
        json!({"db_password": [password]}),
        json!({"env": [{"name": "DB_PASSWORD", "value": password}]}),
        json!({"env": [{"value": password, "name": "DB_PASSWORD"}]}),
        json!({"ssn": 536_229_471}),
    ] {
        assert!(!kinds(&body).is_empty(), "{body}");
    }
    let plain = json!({"env": [{"name": "PATH", "value": password}], "max_tokens": 100_000, "seed": 1_234_567});
    assert!(kinds(&plain).is_empty());
}

#[test]
fn a_token_of_letters_is_found_in_a_member_s_name() {
    let letters = samples::Source::new(3).letters("abcdefghijkmnopqrstuvwxyz", 12);
    let token = format!(
        "AKIA{}",
        samples::Source::new(3).letters("ABCDEFGHJKLMNPQR", 16)
    );
    assert_eq!(kinds(&json!({ letters: 1 })), Vec::<&str>::new());
    assert!(!kinds(&json!({ token: 1 })).is_empty());
}

#[test]
fn restricted_terms_are_masked_and_code_stays() {
    let policy = Policy {
        lexicon: Lexicon {
            restricted: vec!["ledgerd".into()],
            ..Lexicon::default()
        },
        ..Policy::default()
    };
    let text = "fn main() {\n    ledgerd::run();\n}";
    let masked = mask(&body(text), &policy, NONCE).unwrap();
    let sent = content(&masked.body);
    assert!(sent.starts_with("fn main() {\n    [[TENANT_RESTRICTED_") && !sent.contains("ledgerd"));
    assert_eq!(restored(&masked), text);
}

/// What rules begin with, values, and what joins and hides them, one after another.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(literals::all()).prop_map(str::to_owned),
        "[A-Za-z0-9+/=_-]{0,60}",
        "[0-9 .-]{0,20}",
        "[ \n\t\"'`=:;,.(){}<>\\[\\]|@#$%&*/\\\\+-]{0,4}",
        "(\\\\x|%|\\\\u00|=|&#)[0-9a-f]{2}",
        "\\PC{0,8}",
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_pieces_of_rules_make_it_panic(text in pieces(), next in pieces()) {
        let messages = json!([{"role": "user", "content": text}, {"role": "user", "content": next}]);
        let body = json!({ "messages": messages }).to_string().into_bytes();
        let screening = Screening::of(&body, &Policy::default());
        for found in &screening.findings {
            prop_assert!(found.start + found.bytes <= text.len().max(next.len()));
        }
        if let Some(masked) = mask(&body, &Policy::default(), NONCE) {
            prop_assert_eq!(restored(&masked), text);
        }
    }

    #[test]
    fn what_is_masked_comes_back_whatever_stands_around(before in "\\PC{0,20}", behind in "[ .,\"\\n]\\PC{0,20}", seed in 0u64..500) {
        let token = Source::new(seed).github_token();
        let text = format!("{before} {token}{behind}");
        if let Some(masked) = mask(&body(&text), &Policy::default(), NONCE) {
            prop_assert!(!content(&masked.body).contains(&token[4..]));
            prop_assert_eq!(restored(&masked), text);
        }
    }
}
