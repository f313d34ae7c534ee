use super::*;
use proptest::prelude::*;
use serde_json::Value;

/// What a text comes to, without some members.
fn digest_without(text: &str, ignored: &[&str]) -> Option<Vec<u8>> {
    let mut hash = Sha256::new();
    feed_without(text, ignored, &mut hash)?;
    Some(hash.finalize().to_vec())
}

fn digest(text: &str) -> Option<Vec<u8>> {
    digest_without(text, &[])
}

#[test]
fn order_of_keys_and_white_space_do_not_matter() {
    let plain = r#"{"messages":[{"role":"user","content":"hi"}],"n":1}"#;
    let other = "{ \"n\" : 1,\n\t\"messages\": [ {\"content\":\"hi\", \"role\":\"user\"} ] }\r\n";
    assert!(digest(plain).is_some());
    assert_eq!(digest(plain), digest(other));
}

#[test]
fn members_are_left_out_at_the_top_only() {
    let without = |text| digest_without(text, &["x"]);
    assert_eq!(without(r#"{"x":{"y":1},"z":2}"#), without(r#"{"z":2}"#));
    assert_ne!(without(r#"{"z":{"x":1}}"#), without(r#"{"z":{}}"#));
}

#[test]
fn everything_else_matters() {
    let texts = [
        "{}",
        r#"{"t":1}"#,
        r#"{"t":1.0}"#,
        r#"{"t":"1"}"#,
        r#"{"t":12345678901234567890123}"#,
        r#"{"t":12345678901234567890124}"#,
        r#"{"t":[1,2]}"#,
        r#"{"t":[2,1]}"#,
        r#"{"t":[12]}"#,
        r#"{"t":[[1],2]}"#,
        r#"{"t":[[1,2]]}"#,
        r#"{"t":[]}"#,
        r#"{"t":{}}"#,
        r#"{"t":null}"#,
        r#"{"t":"a b"}"#,
        r#"{"t":"a  b"}"#,
        r#"{"t":"a\" b"}"#,
        r#"{"t":1,"t":2}"#,
        r#"{"t":2,"t":1}"#,
        r#"{"t":2}"#,
    ];
    let digests: std::collections::HashSet<_> = texts.iter().map(|text| digest(text)).collect();
    assert_eq!(digests.len(), texts.len());
}

#[test]
fn what_is_not_json_has_no_digest() {
    let broken = [
        "", "{", "}", "[1", "[1,]", "{\"a\"}", "{\"a\":}", "\"a", "\"a\\", "{}{}", "[1 2]",
    ];
    for text in broken {
        assert_eq!(digest(text), None, "{text}");
    }
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    assert!(digest(&nested(MAX_DEPTH)).is_some());
    assert_eq!(digest(&nested(MAX_DEPTH + 1)), None);
    assert_eq!(digest(&"[".repeat(1_000_000)), None);
}

fn any_json() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f32>().prop_map(|number| Value::from(f64::from(number))),
        "\\PC{0,8}|[\\[\\]{}\",:\\\\ \n]{0,8}".prop_map(Value::from),
    ];
    scalar.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map("[a-d\"\\\\]{0,2}", inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// The same value with the keys of every object in descending order.
fn reversed(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|a, b| b.0.cmp(a.0));
            let texts: Vec<String> = members
                .iter()
                .map(|(key, value)| format!("{}: {}", Value::from(key.as_str()), reversed(value)))
                .collect();
            format!("{{ {} }}", texts.join(" ,\n"))
        }
        Value::Array(items) => {
            format!(
                "[ {} ]",
                items.iter().map(reversed).collect::<Vec<_>>().join(", ")
            )
        }
        scalar => scalar.to_string(),
    }
}

proptest! {
    #[test]
    fn one_value_has_one_digest_however_it_is_laid_out(value in any_json()) {
        let compact = digest(&value.to_string());
        prop_assert_eq!(&compact, &digest(&serde_json::to_string_pretty(&value).unwrap()));
        prop_assert_eq!(&compact, &digest(&reversed(&value)));
    }

    #[test]
    fn two_values_have_two_digests(a in any_json(), b in any_json()) {
        let digest_of = |value: &Value| digest(&format!("{{\"messages\":{value}}}"));
        let [text_a, text_b] = [&a, &b].map(Value::to_string);
        prop_assert_eq!(text_a == text_b, digest_of(&a) == digest_of(&b));
    }

    #[test]
    fn a_change_of_any_one_character_changes_the_digest(value in any_json(), with in "[a-z0-9]") {
        let text = format!("{{\"messages\":{value}}}");
        let as_json = |text: &str| serde_json::from_str::<Value>(text).ok();
        for (at, old) in text.char_indices() {
            let changed = format!("{}{with}{}", &text[..at], &text[at + old.len_utf8()..]);
            if as_json(&changed).is_some_and(|new| Some(new) != as_json(&text)) {
                prop_assert_ne!(digest(&changed), digest(&text), "{} {}", text, changed);
            }
        }
    }

    #[test]
    fn no_text_whatever_makes_the_reader_panic(text in "[\\[\\]{}\",:\\\\ 1aä]{0,40}") {
        let valid = serde_json::from_str::<Value>(&text).is_ok();
        prop_assert!(digest(&text).is_some() || !valid);
    }
}
