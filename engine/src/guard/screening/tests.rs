use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::guard::lexicon::Lexicon;
use crate::guard::samples::{github_token, password};

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
    let token = github_token(1);
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
    let (token, password) = (github_token(2), password(2));
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
    let token = github_token(3);
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
    let token = github_token(4);
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

proptest! {
    #[test]
    fn what_is_masked_comes_back_whatever_stands_around(before in "\\PC{0,20}", behind in "[ .,\"\\n]\\PC{0,20}", seed in 0u32..500) {
        let token = github_token(seed);
        let text = format!("{before} {token}{behind}");
        if let Some(masked) = mask(&body(&text), &Policy::default(), NONCE) {
            prop_assert!(!content(&masked.body).contains(&token[4..]));
            prop_assert_eq!(restored(&masked), text);
        }
    }
}
