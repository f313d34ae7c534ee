//! Where in a JSON text a reader stopped, as the path of a field: `messages[0].role`.
//!
//! A reader's error says the line and the column. The path is read off the text up to there, once
//! something is wrong: reading itself keeps no account of where it is.

use std::fmt::Write;
use std::ops::Range;

/// An object or a list that has not ended yet.
enum Open {
    /// The key that was read last, and whether its colon was.
    Object { key: Range<usize>, colon: bool },
    /// The number of the element, and whether it has begun.
    List { index: usize, begun: bool },
}

/// The path of the value that `error` is about: the one before which the reader stopped, or else the
/// one after which it did. Empty for the whole.
pub(super) fn path(text: &str, error: &serde_json::Error) -> String {
    let lines = text.split_inclusive('\n').take(error.line() - 1);
    let stop = lines.map(str::len).sum::<usize>() + error.column();
    let mut open = vec![];
    let mut bytes = text.bytes().enumerate().take(stop);
    while let Some((at, byte)) = bytes.next() {
        if let Some(Open::List { begun, .. }) = open.last_mut() {
            *begun |= !byte.is_ascii_whitespace() && byte != b']';
        }
        match byte {
            b'{' => open.push(Open::Object {
                key: 0..0,
                colon: false,
            }),
            b'[' => open.push(Open::List {
                index: 0,
                begun: false,
            }),
            b'}' | b']' => drop(open.pop()),
            b'"' => {
                let mut escaped = false;
                let end = bytes.find(|(_, byte)| {
                    let ends = *byte == b'"' && !escaped;
                    escaped = *byte == b'\\' && !escaped;
                    ends
                });
                if let Some(Open::Object { key, colon: false }) = open.last_mut() {
                    *key = at..end.map_or(at, |(end, _)| end + 1);
                }
            }
            b':' | b',' => match open.last_mut() {
                Some(Open::Object { colon, .. }) => *colon = byte == b':',
                Some(Open::List { index, begun }) => {
                    *index += 1;
                    *begun = false;
                }
                None => {}
            },
            _ => {}
        }
    }
    // Some readers enter a list before they refuse it: then the list is meant, and not what it begins
    // with. A list at its very beginning is one that was not entered.
    let behind = text.as_bytes().get(stop..).unwrap_or_default();
    if matches!(
        open.last(),
        Some(Open::List {
            index: 0,
            begun: false
        })
    ) && error.to_string().starts_with("invalid type: sequence")
        && !behind.trim_ascii_start().starts_with(b"[")
    {
        open.pop();
    }
    written(text, &open)
}

fn written(text: &str, open: &[Open]) -> String {
    let mut path = String::new();
    for level in open {
        match level {
            Open::Object { key, colon: true } => {
                let key = text.get(key.clone()).unwrap_or_default();
                let dot = if path.is_empty() { "" } else { "." };
                let key = serde_json::from_str(key).unwrap_or_else(|_| key.to_owned());
                let _ = write!(path, "{dot}{key}");
            }
            Open::Object { .. } => {}
            Open::List { index, .. } => {
                let _ = write!(path, "[{index}]");
            }
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::de::Visitor;
    use serde::{Deserialize, Deserializer};
    use std::collections::BTreeMap;

    use super::super::{Object, Text};

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only reading it matters")]
    struct Sample<'a> {
        #[serde(borrow)]
        name: Text<'a>,
        count: Option<u8>,
        kind: Option<Choice>,
        #[serde(default)]
        list: Vec<Object<BTreeMap<String, Vec<i8>>>>,
        either: Option<Either>,
        #[serde(borrow)]
        inner: Option<Box<Sample<'a>>>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Choice {
        One,
    }

    /// Enters what it is given before it knows whether it can take it.
    #[derive(Debug)]
    struct Either;

    impl<'de> Deserialize<'de> for Either {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Text;
            impl Visitor<'_> for Text {
                type Value = Either;

                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("a text")
                }

                fn visit_str<E>(self, _: &str) -> Result<Either, E> {
                    Ok(Either)
                }
            }
            deserializer.deserialize_any(Text)
        }
    }

    /// What a reader says that keeps account of its path all along.
    fn told(text: &str) -> Option<String> {
        let mut reader = serde_json::Deserializer::from_str(text);
        let error = serde_path_to_error::deserialize::<_, Object<Sample<'_>>>(&mut reader).err()?;
        let path = error.path().to_string();
        let data = error.into_inner().is_data();
        data.then_some(if path == "." { String::new() } else { path })
    }

    fn read_off(text: &str) -> Option<String> {
        let error = serde_json::from_str::<Object<Sample<'_>>>(text).err()?;
        error.is_data().then(|| super::path(text, &error))
    }

    #[test]
    fn every_way_to_be_wrong_has_its_path() {
        for (text, path) in [
            ("[]", ""),
            ("{}", ""),
            (r#"{"name":1}"#, "name"),
            (r#"{"name": [] }"#, "name"),
            ("{\n \"name\":\n\n {} }", "name"),
            (r#"{"name":"a","name":"b"}"#, ""),
            (r#"{"name":"a,\"]:\\","count":300}"#, "count"),
            (r#"{"name":"a","kind":"two"}"#, "kind"),
            (r#"{"name":"a","list":{}}"#, "list"),
            (
                r#"{"name":"a","list":[{},{"x":[1],"\u0079":[1, 2,"3"]}]}"#,
                "list[1].y[2]",
            ),
            (r#"{"name":"a","list":[{"x":[ {"y":1}]}]}"#, "list[0].x[0]"),
            (r#"{"name":"a","list":[{}, []]}"#, "list[1]"),
            (r#"{"name":"a","list":[ [1]]}"#, "list[0]"),
            (r#"{"name":"a","either":[1]}"#, "either"),
            (r#"{"name":"a","inner":{"inner":null}}"#, "inner"),
            (
                r#"{"name":"a","inner":{"name":"b","inner":{"name":null}} }"#,
                "inner.inner.name",
            ),
        ] {
            assert_eq!(read_off(text).as_deref(), Some(path), "{text}");
            assert_eq!(told(text).as_deref(), Some(path), "{text}");
        }
    }

    fn value() -> impl Strategy<Value = serde_json::Value> {
        use serde_json::Value;
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i16>().prop_map(Value::from),
            "[a\\[\\]{}:,\"\\\\]{0,4}".prop_map(Value::from),
            Just(Value::from("one")),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            let key = "name|count|kind|list|inner|x\"";
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map(key, inner, 0..4).prop_map(Value::from_iter),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_path_is_that_of_a_reader_that_keeps_account(value in value(), pretty: bool) {
            let text = if pretty { format!("{value:#}") } else { value.to_string() };
            prop_assert_eq!(read_off(&text), told(&text), "{}", text);
        }
    }
}
