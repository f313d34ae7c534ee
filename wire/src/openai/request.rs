//! A chat completion request, read without copying its text.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use thiserror::Error;

/// The most messages one request may hold (OpenAI's own limit is 2,048).
pub const MAX_MESSAGES: usize = 2048;

/// The longest model name, bytes.
const MAX_MODEL_NAME: usize = 256;
/// The most answers one request may ask for (OpenAI's own limit).
const MAX_ANSWERS: u32 = 128;

/// A request that cannot be read; says which field and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WireError {
    /// The body is not UTF-8.
    #[error("the body is not valid UTF-8 at byte {0}; send JSON encoded as UTF-8")]
    Encoding(usize),
    /// The body is not JSON.
    #[error("the body is not valid JSON: {0}")]
    Syntax(String),
    /// A field is missing, or has the wrong type or value.
    #[error("{message}")]
    Field {
        /// The path of the field, such as `messages[0].role`.
        field: String,
        /// What is wrong with it.
        message: String,
    },
}

impl WireError {
    fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Field {
            field: field.into(),
            message: message.into(),
        }
    }

    /// The path of the field at fault, where one is.
    pub fn param(&self) -> Option<&str> {
        match self {
            Self::Field { field, .. } => Some(field),
            _ => None,
        }
    }
}

/// Who speaks in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Instructions of the application.
    System,
    /// The newer name for the same.
    Developer,
    /// The person or program that asks.
    User,
    /// The model.
    Assistant,
    /// The result of a tool call.
    Tool,
    /// The result of a call in the older function form.
    Function,
}

/// The content of a message: one text or a list of parts.
#[derive(Debug, Clone, PartialEq)]
pub enum Content<'a> {
    /// One text.
    Text(Cow<'a, str>),
    /// Text, images, audio and files.
    Parts(Vec<Part<'a>>),
}

/// One part of a message. What it carries beyond text stays in the raw body.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Part<'a> {
    /// `text`, `image_url`, `input_audio`, `file` or `refusal`.
    #[serde(rename = "type", borrow)]
    pub kind: Cow<'a, str>,
    /// The text of a `text` part.
    #[serde(borrow, default)]
    pub text: Option<Cow<'a, str>>,
}

/// One message of the conversation.
#[derive(Debug, Clone, Deserialize)]
pub struct Message<'a> {
    /// Who speaks.
    pub role: Role,
    /// What is said; absent in a message that only calls tools.
    #[serde(borrow, default)]
    pub content: Option<Content<'a>>,
    /// Tool calls of the assistant, as sent.
    #[serde(borrow, default)]
    pub tool_calls: Option<Vec<&'a RawValue>>,
}

impl Message<'_> {
    /// The texts of the message, in order.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let (one, parts) = match &self.content {
            None => (None, &[][..]),
            Some(Content::Text(text)) => (Some(text.as_ref()), &[][..]),
            Some(Content::Parts(parts)) => (None, parts.as_slice()),
        };
        one.into_iter()
            .chain(parts.iter().filter_map(|part| part.text.as_deref()))
    }

    /// Whether the message holds an image.
    pub fn has_image(&self) -> bool {
        matches!(&self.content, Some(Content::Parts(parts)) if parts.iter().any(|p| p.kind == "image_url"))
    }
}

#[derive(Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: Option<bool>,
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    model: &'a RawValue,
    #[serde(borrow)]
    messages: Vec<Object<Message<'a>>>,
    #[serde(default)]
    stream: Option<bool>,
    #[serde(borrow, default, deserialize_with = "even_null")]
    stream_options: Option<&'a RawValue>,
    #[serde(default)]
    max_tokens: Option<u32>,
    #[serde(default)]
    max_completion_tokens: Option<u32>,
    #[serde(default)]
    temperature: Option<f64>,
    #[serde(default)]
    seed: Option<i64>,
    #[serde(default)]
    n: Option<u32>,
    #[serde(borrow, default)]
    tools: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    response_format: Option<&'a RawValue>,
}

/// A chat completion request: what the gateway decides by, and where in the body it stands.
#[derive(Debug)]
pub struct ChatRequest<'a> {
    /// The model the client names.
    pub model: Cow<'a, str>,
    /// Where the model's JSON string stands in the body, quotes included.
    pub model_span: Range<usize>,
    /// The conversation, never empty.
    pub messages: Vec<Message<'a>>,
    /// Whether the client wants a stream.
    pub stream: bool,
    /// Whether the client asked for the usage chunk at the stream's end.
    pub include_usage: bool,
    /// Where the value of `stream_options` stands in the body, if it is there.
    pub stream_options_span: Option<Range<usize>>,
    /// The client's bound on the answer, tokens.
    pub max_output_tokens: Option<u32>,
    /// Sampling temperature.
    pub temperature: Option<f64>,
    /// Sampling seed.
    pub seed: Option<i64>,
    /// How many answers are wanted.
    pub n: u32,
    /// How many tools are offered.
    pub tools: usize,
    /// Whether the answer must be JSON.
    pub json_output: bool,
}

impl<'a> ChatRequest<'a> {
    /// Reads a request body.
    ///
    /// # Errors
    /// [`WireError`], naming the field where one is at fault.
    pub fn parse(body: &'a [u8]) -> Result<Self, WireError> {
        let text =
            std::str::from_utf8(body).map_err(|error| WireError::Encoding(error.valid_up_to()))?;
        let Object(body): Object<Body<'a>> =
            serde_json::from_str(text).map_err(|_| explain(text))?;
        let model: Cow<'a, str> = serde_json::from_str::<Text<'a>>(body.model.get())
            .map_err(|_| WireError::field("model", "`model` must be a string"))?
            .0;
        if model.is_empty() || model.len() > MAX_MODEL_NAME {
            let message = format!("`model` must be 1 to {MAX_MODEL_NAME} bytes long");
            return Err(WireError::field("model", message));
        }
        if body.messages.is_empty() {
            return Err(WireError::field(
                "messages",
                "`messages` must hold at least one message",
            ));
        }
        if body.messages.len() > MAX_MESSAGES {
            return Err(WireError::field(
                "messages",
                format!(
                    "`messages` holds {} messages; at most {MAX_MESSAGES} are accepted: drop or summarise the oldest",
                    body.messages.len()
                ),
            ));
        }
        if body.temperature.is_some_and(|t| !(0.0..=2.0).contains(&t)) {
            return Err(WireError::field(
                "temperature",
                "`temperature` must lie between 0 and 2",
            ));
        }
        if body.n.is_some_and(|n| !(1..=MAX_ANSWERS).contains(&n)) {
            let message = format!("`n` must lie between 1 and {MAX_ANSWERS}");
            return Err(WireError::field("n", message));
        }
        let stream_options = match body.stream_options {
            Some(raw) => Some(
                serde_json::from_str::<Option<Object<StreamOptions>>>(raw.get()).map_err(|_| {
                    WireError::field(
                        "stream_options",
                        "`stream_options` must be an object such as {\"include_usage\": true}",
                    )
                })?,
            )
            .flatten(),
            None => None,
        };
        Ok(Self {
            model,
            model_span: span(text, body.model),
            messages: body
                .messages
                .into_iter()
                .map(|Object(message)| message)
                .collect(),
            stream: body.stream.unwrap_or(false),
            include_usage: stream_options.is_some_and(|Object(o)| o.include_usage == Some(true)),
            stream_options_span: body.stream_options.map(|raw| span(text, raw)),
            max_output_tokens: body.max_completion_tokens.or(body.max_tokens),
            temperature: body.temperature,
            seed: body.seed,
            n: body.n.unwrap_or(1),
            tools: body.tools.map_or(0, |t| t.len()),
            json_output: body
                .response_format
                .is_some_and(|raw| raw.get().contains("json")),
        })
    }

    /// Whether any message shows an image.
    pub fn has_image(&self) -> bool {
        self.messages.iter().any(Message::has_image)
    }

    /// Whether the conversation is in the middle of tool use.
    pub fn has_tool_turns(&self) -> bool {
        self.messages
            .iter()
            .any(|m| matches!(m.role, Role::Tool | Role::Function) || m.tool_calls.is_some())
    }
}

/// The body with the bytes at each span replaced; spans are in order and do not overlap.
pub fn rewrite(body: &[u8], edits: &[(Range<usize>, &[u8])]) -> Vec<u8> {
    let grown: usize = edits.iter().map(|(_, with)| with.len()).sum();
    let mut out = Vec::with_capacity(body.len() + grown);
    let mut from = 0;
    for (at, with) in edits {
        out.extend_from_slice(&body[from..at.start]);
        out.extend_from_slice(with);
        from = at.end;
    }
    out.extend_from_slice(&body[from..]);
    out
}

/// The edit that makes the upstream report its usage at the stream's end, whatever the client asked.
pub fn include_usage(body: &[u8], request: &ChatRequest<'_>) -> (Range<usize>, Vec<u8>) {
    match &request.stream_options_span {
        Some(span) => {
            let mut options: serde_json::Map<String, serde_json::Value> =
                serde_json::from_slice(&body[span.clone()]).unwrap_or_default();
            options.insert("include_usage".into(), true.into());
            let text = serde_json::Value::Object(options).to_string();
            (span.clone(), text.into_bytes())
        }
        None => {
            let open = body.iter().position(|b| *b == b'{').map_or(0, |at| at + 1);
            let text = br#""stream_options":{"include_usage":true},"#;
            (open..open, text.to_vec())
        }
    }
}

/// Keeps a `null` as a value that stands somewhere: it has to be replaced, not doubled.
fn even_null<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

fn span(text: &str, raw: &RawValue) -> Range<usize> {
    let start = raw.get().as_ptr() as usize - text.as_ptr() as usize;
    start..start + raw.get().len()
}

/// Reads a refused body once more, slowly, to say where it went wrong.
fn explain(text: &str) -> WireError {
    let mut reader = serde_json::Deserializer::from_str(text);
    match serde_path_to_error::deserialize::<_, Object<Body<'_>>>(&mut reader) {
        Ok(_) => WireError::Syntax("there is more after the end of the object".into()),
        Err(error) => {
            let path = error.path().to_string();
            let inner = error.into_inner();
            if inner.is_syntax() || inner.is_eof() {
                return WireError::Syntax(inner.to_string());
            }
            let message = inner.to_string();
            // A missing or doubled field is reported at its parent, and names itself in the message.
            let child = ["missing field", "duplicate field"]
                .iter()
                .any(|start| message.starts_with(start));
            let field = match (path.as_str(), message.split('`').nth(1)) {
                (".", Some(name)) if child => name.to_owned(),
                (parent, Some(name)) if child => format!("{parent}.{name}"),
                (".", _) => String::from("body"),
                (path, _) => path.to_owned(),
            };
            let message = format!("`{field}`: {message}");
            WireError::Field { field, message }
        }
    }
}

/// An object, and nothing else: derived readers take an array of the fields' values as well.
#[derive(Debug, Clone)]
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }
        deserializer.deserialize_any(Members(PhantomData)).map(Self)
    }
}

impl<'de> Deserialize<'de> for Role {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl Visitor<'_> for Name {
            type Value = Role;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("one of `system`, `developer`, `user`, `assistant`, `tool`, `function`")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Role, E> {
                Ok(match name {
                    "system" => Role::System,
                    "developer" => Role::Developer,
                    "user" => Role::User,
                    "assistant" => Role::Assistant,
                    "tool" => Role::Tool,
                    "function" => Role::Function,
                    other => return Err(E::invalid_value(de::Unexpected::Str(other), &self)),
                })
            }
        }
        deserializer.deserialize_any(Name)
    }
}

/// A string that is borrowed where it holds no escapes.
#[derive(Deserialize, Serialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Content<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrParts;
        impl<'de> Visitor<'de> for TextOrParts {
            type Value = Content<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a list of content parts")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Content::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Content::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut parts = Vec::new();
                while let Some(Object(part)) = seq.next_element()? {
                    parts.push(part);
                }
                Ok(Content::Parts(parts))
            }
        }
        deserializer.deserialize_any(TextOrParts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refused(body: &str) -> (Option<String>, String) {
        let error = ChatRequest::parse(body.as_bytes()).unwrap_err();
        (error.param().map(str::to_owned), error.to_string())
    }

    #[test]
    fn reads_text_and_parts() {
        let body = br#"{"model":"m","unknown":{"kept":1},"messages":[{"role":"system","content":"be brief"},{"role":"user","content":[{"type":"text","text":"a \"b\""},{"type":"image_url","image_url":{"url":"data:,"}}]}]}"#;
        let request = ChatRequest::parse(body).unwrap();
        assert_eq!(request.model, "m");
        assert_eq!(&body[request.model_span.clone()], br#""m""#);
        let texts: Vec<&str> = request.messages.iter().flat_map(Message::texts).collect();
        assert_eq!(texts, ["be brief", "a \"b\""]);
        assert!(request.has_image());
    }

    #[test]
    fn an_error_names_the_field() {
        let cases = [
            (r#"{"messages":[]}"#, "model"),
            (
                r#"{"model":3,"messages":[{"role":"user","content":"x"}]}"#,
                "model",
            ),
            (
                r#"{"model":"","messages":[{"role":"user","content":"x"}]}"#,
                "model",
            ),
            (r#"{"model":"m"}"#, "messages"),
            (r#"{"model":"m","messages":[]}"#, "messages"),
            (r#"{"model":"m","messages":"x"}"#, "messages"),
            (
                r#"{"model":"m","messages":[{"content":"x"}]}"#,
                "messages[0].role",
            ),
            (
                r#"{"model":"m","messages":[{"role":"user","content":"x"},{"role":"robot"}]}"#,
                "messages[1].role",
            ),
            (
                r#"{"model":"m","messages":[{"role":"user","content":7}]}"#,
                "messages[0].content",
            ),
            (
                r#"{"model":"m","messages":[{"role":"user","content":"x"}],"stream":"yes"}"#,
                "stream",
            ),
            (
                r#"{"model":"m","messages":[{"role":"user","content":"x"}],"max_tokens":-1}"#,
                "max_tokens",
            ),
            (
                r#"{"model":"m","messages":[{"role":"user","content":"x"}],"temperature":3}"#,
                "temperature",
            ),
            (
                r#"{"model":"m","messages":[{"role":"user","content":"x"}],"stream_options":1}"#,
                "stream_options",
            ),
            (
                r#"{"model":"m","model":"m","messages":[{"role":"user","content":"x"}]}"#,
                "model",
            ),
            (r#"[]"#, "body"),
            (r#"["m",[{"role":"user","content":"x"}]]"#, "body"),
            (r#"{"model":"m","messages":[["user","x"]]}"#, "messages[0]"),
            (r#"{"model":"m","messages":[[[]]]}"#, "messages[0]"),
            (
                r#"{"model":"m","messages":[{"role":{"user":null},"content":"x"}]}"#,
                "messages[0].role",
            ),
            (
                r#"{"model":"m","messages":[{"role":"user","content":"x"}],"stream_options":[true]}"#,
                "stream_options",
            ),
            (
                r#"{"model":"m","messages":[{"role":"user","content":"x"}],"n":129}"#,
                "n",
            ),
        ];
        for (body, field) in cases {
            let (param, message) = refused(body);
            assert_eq!(param.as_deref(), Some(field), "{body}: {message}");
            assert!(message.contains(field), "{message}");
        }
    }

    #[test]
    fn broken_json_and_bad_utf8_are_told_apart() {
        for body in [
            "",
            "{",
            "{\"model\":\"m\",}",
            "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]} x",
        ] {
            assert!(
                matches!(
                    ChatRequest::parse(body.as_bytes()),
                    Err(WireError::Syntax(_))
                ),
                "{body}"
            );
        }
        assert_eq!(
            ChatRequest::parse(b"{\"model\":\"\xff\"}").unwrap_err(),
            WireError::Encoding(10)
        );
    }

    #[test]
    fn too_many_messages_are_refused() {
        let message = r#"{"role":"user","content":"x"},"#.repeat(MAX_MESSAGES + 1);
        let body = format!(
            r#"{{"model":"m","messages":[{}]}}"#,
            message.trim_end_matches(',')
        );
        assert_eq!(refused(&body).0.as_deref(), Some("messages"));
    }

    #[test]
    fn usage_is_asked_of_the_upstream_whatever_the_client_says() {
        for options in [
            "",
            r#""stream_options":null,"#,
            r#""stream_options":{},"#,
            r#""stream_options":{"include_usage":false,"other":1},"#,
        ] {
            let body = format!(
                r#"{{"model":"m",{options}"stream":true,"messages":[{{"role":"user","content":"x"}}]}}"#
            );
            let request = ChatRequest::parse(body.as_bytes()).unwrap();
            assert!(!request.include_usage);
            let (at, text) = include_usage(body.as_bytes(), &request);
            let out = rewrite(body.as_bytes(), &[(at, &text)]);
            assert!(
                ChatRequest::parse(&out).unwrap().include_usage,
                "{}",
                String::from_utf8_lossy(&out)
            );
        }
    }

    proptest! {
        #[test]
        fn no_input_makes_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = ChatRequest::parse(&bytes);
        }

        #[test]
        fn a_rewritten_model_changes_nothing_else(model in "[a-z/\"\\\\.-]{1,20}", text in ".{0,60}", name in "[a-z-]{1,12}") {
            let body = serde_json::json!({"a": [1.5, null], "model": model, "messages": [{"role": "user", "content": text}], "z": {"k": "v"}});
            let bytes = serde_json::to_vec(&body).unwrap();
            let request = ChatRequest::parse(&bytes).unwrap();
            prop_assert_eq!(request.model.as_ref(), model.as_str());
            let quoted = serde_json::to_vec(&name).unwrap();
            let out: serde_json::Value = serde_json::from_slice(&rewrite(&bytes, &[(request.model_span, &quoted)])).unwrap();
            let mut expected = body;
            expected["model"] = name.into();
            prop_assert_eq!(out, expected);
        }
    }
}
