//! The Embeddings API: `POST /v1/embeddings`. Requests and answers go through as they came, but for
//! the model's name.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::chat::usage;
use super::text_or::{LongForm, TextOr};
use crate::error::WireError;
use crate::hub::Usage;
use crate::json::{self, Object, Text, from_bytes, span_of, splice};

/// The most inputs one request may hold (OpenAI's own limit).
pub const MAX_INPUTS: usize = 2048;
/// The longest model name, bytes.
const MAX_MODEL_NAME: usize = 256;

/// A request for embeddings.
#[derive(Debug)]
pub struct EmbeddingRequest<'a> {
    /// The model the client names.
    pub model: Cow<'a, str>,
    /// How long the vectors are to be; none where the client does not say.
    pub dimensions: Option<u32>,
    /// How the vectors are to be written, such as `float` or `base64`.
    pub encoding_format: Option<Cow<'a, str>>,
    /// The end user, as an opaque id of the client's.
    pub user: Option<Cow<'a, str>>,
    inputs: Vec<Input<'a>>,
}

/// One input.
#[derive(Debug, PartialEq, Eq)]
enum Input<'a> {
    Text(Cow<'a, str>),
    /// One token of an input that the client has cut into tokens itself.
    Token,
    /// An input as a list of so many tokens.
    Tokens(u32),
}

impl EmbeddingRequest<'_> {
    /// How many vectors are wanted.
    pub fn inputs(&self) -> usize {
        match self.inputs.first() {
            // A list of tokens is one input.
            Some(Input::Token) => 1,
            _ => self.inputs.len(),
        }
    }

    /// The inputs that are text.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.inputs.iter().filter_map(|input| match input {
            Input::Text(text) => Some(text.as_ref()),
            _ => None,
        })
    }

    /// How many tokens the inputs have that are given as tokens.
    pub fn given_tokens(&self) -> u32 {
        let tokens = self.inputs.iter().map(|input| match input {
            Input::Text(_) => 0,
            Input::Token => 1,
            Input::Tokens(count) => *count,
        });
        tokens.fold(0, u32::saturating_add)
    }
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    model: Text<'a>,
    input: TextOr<'a, Vec<Input<'a>>>,
    dimensions: Option<u32>,
    encoding_format: Option<Text<'a>>,
    user: Option<Text<'a>>,
}

/// Reads a request.
///
/// # Errors
/// [`WireError`], naming the field at fault.
pub fn read_request(body: &[u8]) -> Result<EmbeddingRequest<'_>, WireError> {
    let body: Body<'_> = json::read(body)?;
    let Text(model) = body.model;
    if model.is_empty() || model.len() > MAX_MODEL_NAME {
        let message = format!("`model` must be 1 to {MAX_MODEL_NAME} bytes long");
        return Err(WireError::field("model", message));
    }
    let inputs = match body.input {
        TextOr::Text(text) => vec![Input::Text(text)],
        TextOr::Long(inputs) => inputs,
    };
    let request = EmbeddingRequest {
        model,
        dimensions: body.dimensions,
        encoding_format: body.encoding_format.map(|Text(format)| format),
        user: body.user.map(|Text(user)| user),
        inputs,
    };
    let is_token = |input: &Input<'_>| *input == Input::Token;
    let tokens = request
        .inputs
        .iter()
        .filter(|input| is_token(input))
        .count();
    if tokens != 0 && tokens != request.inputs.len() {
        let message = "`input` must hold texts or lists of tokens, or be one list of tokens";
        return Err(WireError::field("input", message));
    }
    let count = request.inputs();
    if count == 0 || count > MAX_INPUTS {
        let message = format!("`input` holds {count} inputs; 1 to {MAX_INPUTS} are accepted");
        return Err(WireError::field("input", message));
    }
    Ok(request)
}

/// The body with another model's name; none where the name is right already. All else stays byte
/// for byte.
pub fn adapt_request(body: &[u8], model: &str) -> Option<Vec<u8>> {
    #[derive(Deserialize)]
    struct Named<'a> {
        #[serde(borrow)]
        model: &'a RawValue,
    }
    let Object(named): Object<Named<'_>> = from_bytes(body).ok()?;
    let Text(own) = serde_json::from_str(named.model.get()).ok()?;
    let at = span_of(body, named.model.get())?;
    let quoted = serde_json::Value::from(model).to_string();
    (own != model).then(|| splice(body, vec![(at, Cow::Owned(quoted.into_bytes()))]))
}

#[derive(Deserialize)]
struct Embeddings<'a> {
    #[serde(borrow)]
    data: Vec<Object<Embedding<'a>>>,
    usage: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Embedding<'a> {
    /// Numbers, or base64.
    #[serde(borrow)]
    embedding: &'a RawValue,
}

fn read_answer(body: &[u8]) -> Option<Embeddings<'_>> {
    let Object(answer) = from_bytes(body).ok()?;
    Some(answer)
}

/// Whether the bytes are an answer with embeddings.
pub fn is_answer(body: &[u8]) -> bool {
    let is_vector = |Object(item): &Object<Embedding<'_>>| {
        let text = item.embedding.get();
        text.starts_with(['[', '"']) && !matches!(text, "[]" | "\"\"")
    };
    read_answer(body)
        .is_some_and(|answer| !answer.data.is_empty() && answer.data.iter().all(is_vector))
}

/// The provider's token counts, where the answer has them.
pub fn read_usage(body: &[u8]) -> Option<Usage> {
    usage::read_usage(read_answer(body)?.usage?)
}

impl LongForm for Vec<Input<'_>> {
    const WHAT: &'static str = "a list of strings or tokens";
}

impl<'de: 'a, 'a> Deserialize<'de> for Input<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneInput;
        impl<'de> Visitor<'de> for OneInput {
            type Value = Input<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string, a token, or a list of tokens")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Input::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Input::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_u64<E: de::Error>(self, _: u64) -> Result<Self::Value, E> {
                Ok(Input::Token)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut count: u32 = 0;
                while seq.next_element::<u64>()?.is_some() {
                    count = count.saturating_add(1);
                }
                Ok(Input::Tokens(count))
            }
        }
        deserializer.deserialize_any(OneInput)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn refused(body: &Value) -> Option<String> {
        let body = body.to_string();
        let error = read_request(body.as_bytes()).unwrap_err();
        error.param().map(str::to_owned)
    }

    #[test]
    fn every_form_of_input_is_counted() {
        for (input, inputs, texts, tokens) in [
            (json!("a"), 1, vec!["a"], 0),
            (json!(["a", "b\"c"]), 2, vec!["a", "b\"c"], 0),
            (json!([1, 2, 3]), 1, vec![], 3),
            (json!([[1, 2], [3]]), 2, vec![], 3),
            (json!(["a", [1, 2]]), 2, vec!["a"], 2),
        ] {
            let body = json!({"model": "m", "input": input, "x": {"deep": 1}}).to_string();
            let request = read_request(body.as_bytes()).unwrap();
            assert_eq!(request.inputs(), inputs, "{input}");
            assert_eq!(request.texts().collect::<Vec<_>>(), texts);
            assert_eq!(request.given_tokens(), tokens);
        }
    }

    #[test]
    fn the_other_fields_are_read() {
        let body =
            br#"{"model":"m","input":"a","dimensions":256,"encoding_format":"base64","user":"u"}"#;
        let request = read_request(body).unwrap();
        assert_eq!(request.model, "m");
        assert_eq!(request.dimensions, Some(256));
        assert_eq!(request.encoding_format.as_deref(), Some("base64"));
        assert_eq!(request.user.as_deref(), Some("u"));
    }

    #[test]
    fn an_error_names_the_field() {
        let many = vec!["x"; MAX_INPUTS + 1];
        for (body, field) in [
            (json!({"input": "a"}), "model"),
            (json!({"model": "", "input": "a"}), "model"),
            (json!({"model": "x".repeat(257), "input": "a"}), "model"),
            (json!({"model": 1, "input": "a"}), "model"),
            (json!({"model": "m"}), "input"),
            (json!({"model": "m", "input": 7}), "input"),
            (json!({"model": "m", "input": []}), "input"),
            (json!({"model": "m", "input": {}}), "input"),
            (json!({"model": "m", "input": many}), "input"),
            (json!({"model": "m", "input": [1, "a"]}), "input"),
            (json!({"model": "m", "input": ["a", null]}), "input[1]"),
            (json!({"model": "m", "input": [[1, "a"]]}), "input[0][1]"),
            (
                json!({"model": "m", "input": "a", "dimensions": -1}),
                "dimensions",
            ),
            (json!(["m", "a"]), "body"),
        ] {
            assert_eq!(refused(&body).as_deref(), Some(field), "{body}");
        }
        assert!(matches!(read_request(b"{"), Err(WireError::Syntax(_))));
        assert!(matches!(read_request(b"\xff"), Err(WireError::Encoding(0))));
    }

    #[test]
    fn the_name_alone_changes() {
        let body = br#"{ "input" : ["\u00fc", 1.50], "model" : "a" , "x":null}"#;
        let out = adapt_request(body, "o/\"b\"").unwrap();
        let expected = br#"{ "input" : ["\u00fc", 1.50], "model" : "o/\"b\"" , "x":null}"#;
        assert_eq!(out, expected);
        assert_eq!(adapt_request(body, "a"), None);
        assert_eq!(adapt_request(br#"{"model":"\u0061"}"#, "a"), None);
        assert_eq!(adapt_request(b"[]", "a"), None);
    }

    #[test]
    fn an_answer_is_known_by_its_vectors() {
        let usage = r#""usage":{"prompt_tokens":8,"total_tokens":8}"#;
        for vector in ["[0.1,-2e-3]", "\"AACAPwAAAEA=\""] {
            let body = format!(
                r#"{{"object":"list","data":[{{"object":"embedding","index":0,"embedding":{vector}}}],"model":"m",{usage}}}"#
            );
            assert!(is_answer(body.as_bytes()), "{body}");
            assert_eq!(read_usage(body.as_bytes()).unwrap().input, 8);
        }
        for body in [
            "<html>".to_owned(),
            "{}".to_owned(),
            format!(r#"{{"data":[],{usage}}}"#),
            format!(r#"{{"data":[{{}}],{usage}}}"#),
            r#"{"data":[{"embedding":[]}]}"#.to_owned(),
            r#"{"data":[{"embedding":null}]}"#.to_owned(),
            r#"{"error":{"message":"no"}}"#.to_owned(),
        ] {
            assert!(!is_answer(body.as_bytes()), "{body}");
        }
        assert_eq!(read_usage(br#"{"data":[{"embedding":[1]}]}"#), None);
    }

    proptest! {
        #[test]
        fn no_input_makes_the_readers_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[\\[\\]{}\":,a-e0-9 ]{0,80}") {
            let named = format!(r#"{{"model":"m","input":{text}}}"#);
            for body in [bytes.as_slice(), text.as_bytes(), named.as_bytes()] {
                let _ = (read_request(body).is_ok(), is_answer(body), read_usage(body), adapt_request(body, "m"));
            }
        }
    }
}
