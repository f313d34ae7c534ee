//! What the JSON payloads of the tunnel say, and their bounds.

use std::collections::{BTreeMap, BTreeSet};

use moecraft_catalog::Trust;
use serde::{Deserialize, Serialize};

use super::{
    MAX_FAIL_TEXT, MAX_MODELS, REQUEST_HEADERS, is_agent_id, is_allowed_path, is_model_name,
};

/// The longest version text, header value or content type, in bytes.
const MAX_VALUE: usize = 256;
/// Capabilities per model, and the longest name of one in bytes.
const MAX_CAPABILITIES: usize = 16;
const MAX_CAPABILITY: usize = 32;

/// What a model can do, by name: `chat`, `tools`, `json_schema`, `vision`, `embeddings`.
pub type Capabilities = BTreeSet<String>;

/// A payload that is well-formed JSON but outside the protocol's bounds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// The agent's id is empty, too long or holds other characters than letters, digits, `.`, `_`, `-`.
    #[error("not an agent id")]
    AgentId,
    /// More models than [`MAX_MODELS`].
    #[error("{0} models, at most {MAX_MODELS} may be registered")]
    TooManyModels(usize),
    /// A model's name is empty, too long or not visible ASCII.
    #[error("not a model name")]
    ModelName,
    /// Two models of one registration share a name.
    #[error("model {0} is registered twice")]
    DuplicateModel(String),
    /// A model with a context or a parallelism of zero.
    #[error("model {0} has no context or no slot")]
    EmptyModel(String),
    /// Too many capabilities, or one that is empty or too long.
    #[error("model {0} has capabilities out of bounds")]
    Capabilities(String),
    /// A path outside the allow-list.
    #[error("path is not allowed")]
    Path,
    /// A header outside the allow-list.
    #[error("header is not allowed")]
    Header,
    /// A text that is too long or holds control characters.
    #[error("{0} is too long or not printable")]
    Text(&'static str),
    /// A number that is no HTTP status of a final answer.
    #[error("{0} is no HTTP status")]
    Status(u16),
}

/// What a model server is, which decides how it is discovered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ServerKind {
    /// llama.cpp's own server.
    #[serde(rename = "llama.cpp")]
    LlamaCpp,
    /// Ollama.
    #[serde(rename = "ollama")]
    Ollama,
    /// vLLM's OpenAI-compatible server.
    #[serde(rename = "vllm")]
    Vllm,
    /// LM Studio.
    #[serde(rename = "lm-studio")]
    LmStudio,
    /// Anything else that speaks the OpenAI API.
    #[serde(rename = "openai-compatible")]
    OpenAiCompatible,
}

impl ServerKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::LlamaCpp,
        Self::Ollama,
        Self::Vllm,
        Self::LmStudio,
        Self::OpenAiCompatible,
    ];

    /// The name on the wire and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::LlamaCpp => "llama.cpp",
            Self::Ollama => "ollama",
            Self::Vllm => "vllm",
            Self::LmStudio => "lm-studio",
            Self::OpenAiCompatible => "openai-compatible",
        }
    }
}

/// One model that an agent can reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalModel {
    /// The name its server knows it by; `local/<name>` in the catalogue.
    pub name: String,
    /// What serves it.
    pub server: ServerKind,
    /// The context that one request really has, in tokens: not what the model was trained for.
    pub context_tokens: u32,
    /// Requests its server works on at once.
    pub parallel: u32,
    /// What it can do.
    pub capabilities: Capabilities,
    /// Whether it is trusted by its name and by what its server says of it. An agent that does not
    /// say has not looked.
    #[serde(default)]
    pub trust: Trust,
}

impl LocalModel {
    /// Checks every bound.
    ///
    /// # Errors
    /// The first bound that is broken.
    pub fn check(&self) -> Result<(), MessageError> {
        if !is_model_name(&self.name) {
            return Err(MessageError::ModelName);
        }
        if self.context_tokens == 0 || self.parallel == 0 {
            return Err(MessageError::EmptyModel(self.name.clone()));
        }
        let named = |c: &String| (1..=MAX_CAPABILITY).contains(&c.len()) && is_model_name(c);
        if self.capabilities.len() > MAX_CAPABILITIES || !self.capabilities.iter().all(named) {
            return Err(MessageError::Capabilities(self.name.clone()));
        }
        Ok(())
    }
}

/// What an agent says of itself: sent first on a new socket, and again when its models change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Register {
    /// The agent's id; the same as in the address it dialled.
    pub agent: String,
    /// The agent's program version.
    pub version: String,
    /// All models it serves now; names are unique.
    pub models: Vec<LocalModel>,
}

impl Register {
    /// Checks every bound.
    ///
    /// # Errors
    /// The first bound that is broken.
    pub fn check(&self) -> Result<(), MessageError> {
        if !is_agent_id(&self.agent) {
            return Err(MessageError::AgentId);
        }
        check_text("version", &self.version)?;
        if self.models.len() > MAX_MODELS {
            return Err(MessageError::TooManyModels(self.models.len()));
        }
        let mut names = BTreeSet::new();
        for model in &self.models {
            model.check()?;
            if !names.insert(model.name.as_str()) {
                return Err(MessageError::DuplicateModel(model.name.clone()));
            }
        }
        Ok(())
    }
}

/// The head of a request: always a POST, to the server that has the model. The agent alone knows
/// where that is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// The server's path, one of [`is_allowed_path`].
    pub path: String,
    /// The model's name as registered.
    pub model: String,
    /// Headers of [`REQUEST_HEADERS`], by lower-case name.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
}

impl Open {
    /// Checks every bound.
    ///
    /// # Errors
    /// The first bound that is broken.
    pub fn check(&self) -> Result<(), MessageError> {
        if !is_allowed_path(&self.path) {
            return Err(MessageError::Path);
        }
        if !is_model_name(&self.model) {
            return Err(MessageError::ModelName);
        }
        for (name, value) in &self.headers {
            if !REQUEST_HEADERS.contains(&name.as_str()) {
                return Err(MessageError::Header);
            }
            check_text("header", value)?;
        }
        Ok(())
    }
}

/// The head of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The server's HTTP status, 200 to 599.
    pub status: u16,
    /// The server's content type, if it named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
}

impl Head {
    /// Checks every bound.
    ///
    /// # Errors
    /// The first bound that is broken.
    pub fn check(&self) -> Result<(), MessageError> {
        if !(200..=599).contains(&self.status) {
            return Err(MessageError::Status(self.status));
        }
        self.content_type
            .as_deref()
            .map_or(Ok(()), |text| check_text("content type", text))
    }
}

/// Why a request through the tunnel failed: the `type` of the error that the caller sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailKind {
    /// No agent is connected.
    AgentOffline,
    /// The agent's socket broke, or the agent broke the protocol.
    AgentLost,
    /// Nothing came before the deadline.
    AgentTimeout,
    /// The agent has no room for another stream.
    AgentBusy,
    /// No connected agent serves this model now.
    ModelGone,
    /// The model server could not be reached or broke off.
    ServerLost,
    /// The request itself is not allowed: path, header or size. No other agent would take it either.
    Refused,
    /// The request holds what the model must not be given. Another model may be allowed to have it.
    Prohibited,
}

impl FailKind {
    /// The HTTP status that says the same.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::AgentOffline | Self::AgentBusy | Self::ModelGone => 503,
            Self::AgentLost | Self::ServerLost => 502,
            Self::AgentTimeout => 504,
            Self::Refused => 400,
            Self::Prohibited => 403,
        }
    }
}

/// The end of a stream that has no good end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Fail {
    /// Why.
    pub kind: FailKind,
    /// The same for a person. Never holds anything of a prompt or an answer.
    pub message: String,
}

impl Fail {
    /// A failure whose text is cut to [`MAX_FAIL_TEXT`].
    #[must_use]
    pub fn new(kind: FailKind, message: impl Into<String>) -> Self {
        let mut message: String = message.into();
        message.truncate(message.floor_char_boundary(MAX_FAIL_TEXT));
        Self { kind, message }
    }

    /// Checks every bound.
    ///
    /// # Errors
    /// The text is too long.
    pub fn check(&self) -> Result<(), MessageError> {
        if self.message.len() > MAX_FAIL_TEXT {
            return Err(MessageError::Text("message"));
        }
        Ok(())
    }
}

/// Texts that end up in headers: short and visible.
fn check_text(what: &'static str, text: &str) -> Result<(), MessageError> {
    let visible = text.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    if text.len() > MAX_VALUE || !visible {
        return Err(MessageError::Text(what));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(name: &str) -> LocalModel {
        LocalModel {
            name: name.into(),
            server: ServerKind::LlamaCpp,
            context_tokens: 4096,
            parallel: 1,
            capabilities: ["chat".to_owned()].into(),
            trust: Trust::Untrusted,
        }
    }

    fn register(models: Vec<LocalModel>) -> Register {
        Register {
            agent: "box-1".into(),
            version: "0.1.0".into(),
            models,
        }
    }

    #[test]
    fn a_registration_reads_as_documented() {
        let text = r#"{"agent":"box-1","version":"0.1.0","models":[{"name":"qwen2.5:0.5b","server":"llama.cpp","context_tokens":4096,"parallel":1,"capabilities":["chat"],"trust":"untrusted"}]}"#;
        let read: Register = serde_json::from_str(text).unwrap();
        assert_eq!(read, register(vec![model("qwen2.5:0.5b")]));
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
        let silent = text.replace(r#","trust":"untrusted""#, "");
        assert_eq!(serde_json::from_str::<Register>(&silent).unwrap(), read);
    }

    #[test]
    fn every_server_kind_is_named_alike_everywhere() {
        for kind in ServerKind::ALL {
            let json = serde_json::to_value(kind).unwrap();
            assert_eq!(json, kind.name());
        }
    }

    #[test]
    fn a_registration_out_of_bounds_is_refused() {
        let many = (0..=MAX_MODELS).map(|i| model(&format!("m{i}"))).collect();
        assert_eq!(
            register(many).check(),
            Err(MessageError::TooManyModels(MAX_MODELS + 1))
        );
        assert_eq!(
            register(vec![model("a"), model("a")]).check(),
            Err(MessageError::DuplicateModel("a".into()))
        );
        assert_eq!(
            register(vec![model("with space")]).check(),
            Err(MessageError::ModelName)
        );
        assert_eq!(
            register(vec![model(&"x".repeat(129))]).check(),
            Err(MessageError::ModelName)
        );
        let empty = LocalModel {
            context_tokens: 0,
            ..model("a")
        };
        assert_eq!(
            register(vec![empty]).check(),
            Err(MessageError::EmptyModel("a".into()))
        );
        let anonymous = Register {
            agent: "../etc".into(),
            ..register(vec![])
        };
        assert_eq!(anonymous.check(), Err(MessageError::AgentId));
    }

    #[test]
    fn only_inference_paths_and_harmless_headers_pass() {
        let open = |path: &str, header: &str| Open {
            path: path.into(),
            model: "m".into(),
            headers: [(header.to_owned(), "x".to_owned())].into(),
        };
        assert_eq!(open("/v1/messages", "accept").check(), Ok(()));
        for path in [
            "/api/delete",
            "/v1/models",
            "/v1/chat/completions/../x",
            "/props",
            "",
        ] {
            assert_eq!(
                open(path, "accept").check(),
                Err(MessageError::Path),
                "{path}"
            );
        }
        for header in ["authorization", "cookie", "host", "Accept"] {
            assert_eq!(
                open("/v1/messages", header).check(),
                Err(MessageError::Header)
            );
        }
        let mut split = open("/v1/messages", "accept");
        split.headers.insert("accept".into(), "a\r\nx: y".into());
        assert_eq!(split.check(), Err(MessageError::Text("header")));
    }

    #[test]
    fn a_failures_text_is_cut_at_a_character() {
        let fail = Fail::new(FailKind::ServerLost, "é".repeat(MAX_FAIL_TEXT));
        assert_eq!(fail.message.len(), MAX_FAIL_TEXT);
        assert_eq!(fail.check(), Ok(()));
    }
}
