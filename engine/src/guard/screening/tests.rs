use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::guard::lexicon::Lexicon;
use crate::guard::samples::{self, github_token, password};

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
    // What is masked needs no masking again.
    let screening = Screening::beside(&masked.body, &Policy::default(), &masked.table);
    assert_ne!(screening.tier, Tier::Prohibited);
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
fn brackets_around_a_value_do_not_hide_it() {
    let key = samples::Source::new(6).letters("ABCDEFGHJKLMNPQR", 16);
    let hidden = [
        format!("[[AKIA{key}_abcdefgh]]"),
        "DB_PASSWORD=[[X_hunterab]]".to_owned(),
    ];
    for text in hidden {
        let tier = Screening::of(&body(&text), &Policy::default()).tier;
        assert_eq!(tier, Tier::Prohibited, "{text}");
    }
}

#[test]
fn a_value_inside_json_is_kept_as_it_is_meant() {
    let password = format!("{}\"x\\y9", password(6));
    let body = json!({"messages": [
        {"role": "assistant", "content": [{"type": "tool_use", "input": {"db_password": password}}]},
        {"role": "assistant", "tool_calls": [{"function": {"arguments": json!({"db_password": password}).to_string()}}]},
        {"role": "user", "content": format!("DB_PASSWORD='{password}'")},
    ]});
    let masked = mask(body.to_string().as_bytes(), &Policy::default(), NONCE).unwrap();
    let entries: Vec<_> = masked.table.entries().map(|(_, value)| value).collect();
    assert!(entries.contains(&password.as_str()), "{entries:?}");
}

#[test]
fn lines_are_counted_from_text_to_text() {
    let token = github_token(7);
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
