//! Who serves models, and how it is reached.

use serde::{Deserialize, Serialize};

/// A service that models are called at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// Short id, the first part of its models' ids.
    pub id: String,
    /// The name people know it by.
    pub name: String,
    /// How it is reached.
    pub access: Access,
    /// The wire formats it answers, the best supported first.
    pub dialects: Vec<Dialect>,
    /// How it takes batches; None where it has no API for them that is spoken here.
    pub batch: Option<BatchAccess>,
}

/// How a provider takes batches, and how large they may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchAccess {
    /// What its API is like.
    pub api: BatchApi,
    /// The most requests of a batch.
    pub max_requests: u32,
    /// The most bytes of a batch's requests.
    pub max_bytes: u64,
}

/// An API for batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchApi {
    /// OpenAI's: a file is uploaded, and a batch made of it.
    Openai,
    /// Anthropic's: a batch is one request.
    Anthropic,
}

/// How a provider is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Over HTTP, with a key.
    Http(HttpAccess),
    /// Through a binding of the Worker with this name, such as `AI`. It needs no key: who may
    /// deploy the Worker may use it, and the platform's account pays.
    Binding(String),
}

/// Where a provider answers over HTTP, and what opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpAccess {
    /// Address that `/chat/completions` or `/messages` is appended to; no slash at the end.
    pub base_url: String,
    /// The variable that overrides `base_url`, such as `OPENAI_BASE_URL`.
    pub base_url_var: String,
    /// The secret that holds its key, such as `OPENAI_API_KEY`. Without it no model of this
    /// provider can be called.
    pub key_secret: String,
}

/// A wire format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// OpenAI's `POST /chat/completions`, as most providers speak it.
    OpenaiChat,
    /// OpenAI's `POST /responses`.
    OpenaiResponses,
    /// OpenAI's `POST /embeddings`.
    OpenaiEmbeddings,
    /// Anthropic's `POST /messages`.
    AnthropicMessages,
}

impl Provider {
    /// Where it answers over HTTP; None if it is reached through a binding.
    pub fn http(&self) -> Option<&HttpAccess> {
        match &self.access {
            Access::Http(http) => Some(http),
            Access::Binding(_) => None,
        }
    }

    /// The name of the Worker's binding it is reached through; None if it is reached over HTTP.
    pub fn binding(&self) -> Option<&str> {
        match &self.access {
            Access::Http(_) => None,
            Access::Binding(name) => Some(name),
        }
    }

    /// Whether it answers this wire format.
    pub fn speaks(&self, dialect: Dialect) -> bool {
        self.dialects.contains(&dialect)
    }
}
