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
use crate::json::{self, Object, Text, span_of, splice};

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
    let Object(named): Object<Named<'_>> = serde_json::from_slice(body).ok()?;
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
    let Object(answer) = serde_json::from_slice(body).ok()?;
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
