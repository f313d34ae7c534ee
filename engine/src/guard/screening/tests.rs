use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::guard::lexicon::Lexicon;
use crate::guard::literals;
use crate::guard::samples::Source;

const NONCE: u64 = 42;

fn body(text: &str) -> Vec<u8> {
    let messages = json!([{"role": "user", "content": text}]);
    json!({ "model": "m", "messages": messages })
        .to_string()
        .into_bytes()
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
    // Masking what is masked changes nothing.
    let again = mask(&masked.body, &Policy::default(), NONCE).unwrap();
    assert_eq!(again.body, masked.body);
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
