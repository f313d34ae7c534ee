//! When an earlier answer may be served again, and the key it is found by.
//!
//! The key covers everything that can change the answer: the policy or model asked for, what was
//! chosen, and the whole request body but for fields that only say how to deliver or whom to
//! bill. Bodies that differ in white space or in the order of keys have one key. Whatever else
//! differs, be it only in how a number or a character is written, has another: a needless miss
//! costs one call, a false hit is a wrong answer.

use sha2::{Digest, Sha256};
use thiserror::Error;

/// Begins what is hashed: a change of the format must change every key.
const FORMAT: &[u8] = b"moecraft surrogate 2\0";
/// Fields at the top of a body that never change the answer; the model is a part of its own.
const IGNORED: [&str; 8] = [
    "model",
    "stream",
    "stream_options",
    "user",
    "metadata",
    "store",
    "safety_identifier",
    "prompt_cache_key",
];
/// How deep arrays and objects may lie in one another; the wire formats' parser has this limit.
const MAX_DEPTH: usize = 128;

/// Why a body has no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ReplayError {
    /// Brackets, quotes, colons or commas are not where JSON has them.
    #[error("the body is not JSON")]
    Malformed,
    /// More than [`MAX_DEPTH`] levels.
    #[error("the body is nested too deeply")]
    TooDeep,
}

/// What an answer depends on, within one tenant.
#[derive(Debug, Clone, Copy)]
pub struct ReplayParts<'a> {
    /// The policy or model the client's name stands for, such as `moecraft/auto`.
    pub requested: &'a str,
    /// The class or model that was chosen to answer.
    pub chosen: &'a str,
    /// The request body as it came: a JSON object that the wire format's parser has accepted.
    pub body: &'a str,
}

/// The key of a request in the surrogate cache of its tenant: 64 hexadecimal digits.
pub fn replay_key(parts: &ReplayParts) -> Result<String, ReplayError> {
    let mut reader = Reader {
        text: parts.body,
        at: 0,
    };
    let mut body = reader.value(0)?;
    reader.end()?;
    if let Node::Object(members) = &mut body {
        members.retain(|(key, _)| !IGNORED.contains(key));
    }
    let mut hash = Sha256::new_with_prefix(FORMAT);
    for part in [parts.requested, parts.chosen] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    body.feed(&mut hash);
    Ok(hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

/// What the rule about replay looks at in a request.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ReplayTraits<'a> {
    /// The client named a policy and left the choice of model open.
    pub policy: bool,
    /// `temperature`, where given.
    pub temperature: Option<f64>,
    /// A `seed` was given.
    pub seed: bool,
    /// `n`, the number of answers asked for, where given.
    pub answers: Option<u32>,
    /// Tools are offered, or results of tools are in the history.
    pub tool_use: bool,
    /// The `cache-control` header, where given.
    pub cache_control: Option<&'a str>,
}

/// Whether an earlier answer may be served for such a request, and its answer be kept.
///
/// Never for the turns of tool use, for several answers at once, or when the client's header says
/// no. A policy's answer may be, unless the client asked for variety. A model that was named must
/// answer itself, unless the client asked for the same answer every time.
pub fn replayable(traits: &ReplayTraits) -> bool {
    let forbidden = traits.cache_control.is_some_and(forbids)
        || traits.tool_use
        || traits.answers.is_some_and(|answers| answers > 1);
    let deterministic = traits.seed || traits.temperature == Some(0.0);
    let varied = !deterministic && traits.temperature.is_some_and(|degrees| degrees != 0.0);
    !forbidden
        && if traits.policy {
            !varied
        } else {
            deterministic
        }
}

/// Whether a `cache-control` header has one of the directives that switch replay off.
fn forbids(header: &str) -> bool {
    header.split(',').any(|directive| {
        let directive = directive.trim();
        directive.eq_ignore_ascii_case("no-store") || directive.eq_ignore_ascii_case("no-cache")
    })
}

/// A JSON value whose strings and numbers are as written, quotes included.
enum Node<'a> {
    Scalar(&'a str),
    Array(Vec<Node<'a>>),
    /// Keys without their quotes, in ascending order; equal keys in the order written, since
    /// which of them counts is the reader's affair.
    Object(Vec<(&'a str, Node<'a>)>),
}

impl Node<'_> {
    /// Writes JSON without white space: no two values that differ are written alike.
    fn feed(&self, hash: &mut Sha256) {
        match self {
            Self::Scalar(text) => hash.update(text),
            Self::Array(items) => {
                hash.update("[");
                for item in items {
                    item.feed(hash);
                    hash.update(",");
                }
                hash.update("]");
            }
            Self::Object(members) => {
                hash.update("{");
                for (key, value) in members {
                    hash.update("\"");
                    hash.update(key);
                    hash.update("\":");
                    value.feed(hash);
                    hash.update(",");
                }
                hash.update("}");
            }
        }
    }
}

/// Reads the structure of JSON and leaves scalars as they are: unlike a parser into numbers, it
/// cannot make two long numbers equal.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Result<Node<'a>, ReplayError> {
        if depth > MAX_DEPTH {
            return Err(ReplayError::TooDeep);
        }
        match self.peek() {
            Some(b'{') => {
                let mut members = self.list(b'}', |reader| {
                    let key = reader.string()?;
                    reader.expect(b':')?;
                    Ok((key, reader.value(depth + 1)?))
                })?;
                members.sort_by_key(|(key, _)| *key);
                Ok(Node::Object(members))
            }
            Some(b'[') => Ok(Node::Array(
                self.list(b']', |reader| reader.value(depth + 1))?,
            )),
            Some(b'"') => {
                let start = self.at;
                self.string()?;
                Ok(Node::Scalar(self.since(start)))
            }
            _ => self.bare(),
        }
    }

    /// The members between the bracket at the cursor and `close`.
    fn list<T>(
        &mut self,
        close: u8,
        mut item: impl FnMut(&mut Self) -> Result<T, ReplayError>,
    ) -> Result<Vec<T>, ReplayError> {
        self.at += 1;
        let mut items = Vec::new();
        if self.peek() == Some(close) {
            self.at += 1;
            return Ok(items);
        }
        loop {
            items.push(item(self)?);
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(byte) if byte == close => {
                    self.at += 1;
                    return Ok(items);
                }
                _ => return Err(ReplayError::Malformed),
            }
        }
    }

    /// A string, without its quotes and as written.
    fn string(&mut self) -> Result<&'a str, ReplayError> {
        self.expect(b'"')?;
        let start = self.at;
        loop {
            match self.text.as_bytes().get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => self.at += 2,
                Some(_) => self.at += 1,
                None => return Err(ReplayError::Malformed),
            }
        }
        let inner = self.since(start);
        self.at += 1;
        Ok(inner)
    }

    /// A number or one of the three words.
    fn bare(&mut self) -> Result<Node<'a>, ReplayError> {
        let start = self.at;
        let rest = self.text.as_bytes().get(start..).unwrap_or_default();
        let part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        self.at += rest.iter().take_while(|byte| part(byte)).count();
        if self.at == start {
            return Err(ReplayError::Malformed);
        }
        Ok(Node::Scalar(self.since(start)))
    }

    fn expect(&mut self, byte: u8) -> Result<(), ReplayError> {
        if self.peek() != Some(byte) {
            return Err(ReplayError::Malformed);
        }
        self.at += 1;
        Ok(())
    }

    /// The next byte that is not white space, with the cursor on it.
    fn peek(&mut self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.at..)?;
        self.at += rest
            .iter()
            .take_while(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r'))
            .count();
        self.text.as_bytes().get(self.at).copied()
    }

    /// What lies between `start` and the cursor, both of which stand at ASCII bytes.
    fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn end(&mut self) -> Result<(), ReplayError> {
        if self.peek().is_some() {
            Err(ReplayError::Malformed)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn key(body: &str) -> String {
        try_key(body).expect("valid JSON")
    }

    fn try_key(body: &str) -> Result<String, ReplayError> {
        replay_key(&ReplayParts {
            requested: "moecraft/auto",
            chosen: "haiku",
            body,
        })
    }

    #[test]
    fn order_of_keys_and_white_space_do_not_matter() {
        let plain = r#"{"model":"auto","messages":[{"role":"user","content":"hi"}],"n":1}"#;
        let other = "{ \"n\" : 1,\n\t\"messages\": [ {\"content\":\"hi\", \"role\":\"user\"} ],
            \"model\":\"auto\" }\r\n";
        assert_eq!(key(plain), key(other));
        assert_eq!(key(plain).len(), 64);
    }

    #[test]
    fn delivery_and_billing_fields_do_not_matter_at_the_top_only() {
        let bare = r#"{"messages":[]}"#;
        for field in IGNORED {
            assert_eq!(
                key(bare),
                key(&format!(r#"{{"{field}":{{"x":1}},"messages":[]}}"#))
            );
            let inside = format!(r#"{{"messages":[{{"{field}":1}}]}}"#);
            assert_ne!(key(&inside), key(r#"{"messages":[{}]}"#), "{field}");
        }
    }

    #[test]
    fn everything_else_matters() {
        let bodies = [
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
        let keys: std::collections::HashSet<String> = bodies.iter().map(|b| key(b)).collect();
        assert_eq!(keys.len(), bodies.len());
    }

    #[test]
    fn what_was_asked_for_and_what_was_chosen_matter() {
        let of = |requested, chosen| {
            replay_key(&ReplayParts {
                requested,
                chosen,
                body: "{}",
            })
            .expect("valid JSON")
        };
        let keys = [of("a", "bc"), of("ab", "c"), of("abc", ""), of("", "abc")];
        let different: std::collections::HashSet<&String> = keys.iter().collect();
        assert_eq!(different.len(), keys.len());
    }

    #[test]
    fn keys_stay_the_same_from_one_release_to_the_next() {
        assert_eq!(
            key(r#"{"messages":[{"role":"user","content":"hi"}]}"#),
            "b097e950b879b6c4df6eb93abc9491343eb409e82f43f583fa0c97182c813376"
        );
    }

    #[test]
    fn what_is_not_json_has_no_key() {
        let broken = [
            "", "{", "}", "[1", "[1,]", "{\"a\"}", "{\"a\":}", "\"a", "\"a\\", "{}{}", "[1 2]",
        ];
        for body in broken {
            assert_eq!(try_key(body), Err(ReplayError::Malformed), "{body}");
        }
        let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert!(try_key(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(try_key(&nested(MAX_DEPTH + 1)), Err(ReplayError::TooDeep));
        assert_eq!(try_key(&"[".repeat(1_000_000)), Err(ReplayError::TooDeep));
    }

    #[test]
    fn a_policys_answer_is_replayed_unless_variety_was_asked_for() {
        let policy = ReplayTraits {
            policy: true,
            ..ReplayTraits::default()
        };
        assert!(replayable(&policy));
        assert!(replayable(&ReplayTraits {
            temperature: Some(0.0),
            ..policy
        }));
        assert!(!replayable(&ReplayTraits {
            temperature: Some(0.7),
            ..policy
        }));
        assert!(replayable(&ReplayTraits {
            temperature: Some(0.7),
            seed: true,
            ..policy
        }));
        assert!(replayable(&ReplayTraits {
            answers: Some(1),
            ..policy
        }));
        assert!(!replayable(&ReplayTraits {
            answers: Some(2),
            ..policy
        }));
        assert!(!replayable(&ReplayTraits {
            temperature: Some(f64::NAN),
            ..policy
        }));
    }

    #[test]
    fn a_named_models_answer_is_replayed_only_if_it_was_to_be_the_same() {
        let named = ReplayTraits::default();
        assert!(!replayable(&named));
        assert!(!replayable(&ReplayTraits {
            temperature: Some(1.0),
            ..named
        }));
        assert!(replayable(&ReplayTraits {
            temperature: Some(0.0),
            ..named
        }));
        assert!(replayable(&ReplayTraits {
            seed: true,
            ..named
        }));
        assert!(!replayable(&ReplayTraits {
            seed: true,
            answers: Some(3),
            ..named
        }));
    }

    #[test]
    fn tool_use_and_the_clients_header_switch_replay_off() {
        for policy in [true, false] {
            let sure = ReplayTraits {
                policy,
                seed: true,
                ..ReplayTraits::default()
            };
            assert!(replayable(&sure));
            assert!(!replayable(&ReplayTraits {
                tool_use: true,
                ..sure
            }));
            for header in ["no-store", "No-Cache", "max-age=0 , no-store"] {
                assert!(!replayable(&ReplayTraits {
                    cache_control: Some(header),
                    ..sure
                }));
            }
            let header = Some("max-age=60, x-no-store");
            assert!(replayable(&ReplayTraits {
                cache_control: header,
                ..sure
            }));
        }
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
                    .map(|(key, value)| {
                        format!("{}: {}", Value::from(key.as_str()), reversed(value))
                    })
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
        fn one_value_has_one_key_however_it_is_laid_out(value in any_json()) {
            let compact = key(&value.to_string());
            prop_assert_eq!(&compact, &key(&serde_json::to_string_pretty(&value).unwrap()));
            prop_assert_eq!(&compact, &key(&reversed(&value)));
        }

        #[test]
        fn two_values_have_two_keys(a in any_json(), b in any_json()) {
            let key_of = |value: &Value| key(&format!("{{\"messages\":{value}}}"));
            let [text_a, text_b] = [&a, &b].map(Value::to_string);
            prop_assert_eq!(text_a == text_b, key_of(&a) == key_of(&b));
        }

        #[test]
        fn a_change_of_any_one_character_changes_the_key(value in any_json(), with in "[a-z0-9]") {
            let text = format!("{{\"messages\":{value}}}");
            let as_json = |text: &str| serde_json::from_str::<Value>(text).ok();
            for (at, old) in text.char_indices() {
                let changed = format!("{}{with}{}", &text[..at], &text[at + old.len_utf8()..]);
                if as_json(&changed).is_some_and(|new| Some(new) != as_json(&text)) {
                    prop_assert_ne!(key(&changed), key(&text), "{} {}", text, changed);
                }
            }
        }

        #[test]
        fn no_text_whatever_makes_the_reader_panic(text in "[\\[\\]{}\",:\\\\ 1aä]{0,40}") {
            let valid = serde_json::from_str::<Value>(&text).is_ok();
            prop_assert!(try_key(&text).is_ok() || !valid);
        }
    }
}
