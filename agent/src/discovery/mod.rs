//! Which model servers run on this machine, and what each of them really offers.
//!
//! Nothing is guessed from a port: a server counts as what it is taken for only if it answers like it. A
//! context is what one request gets, not what the model was trained for; where a server does not say, the
//! smallest that is usual.

mod llama_cpp;
mod lm_studio;
mod ollama;
mod openai;
mod query;
mod vllm;

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use moecraft_catalog::{Family, Trust, family_of, trust_of_name};
use moecraft_wire::tunnel::{LocalModel, MAX_MODELS, ServerKind};
use reqwest::{Client, Url};
use tokio::sync::watch;

use self::query::{Query, Silence};
use crate::address::{AddressError, server_url};

/// Between two looks at the model servers.
pub const INTERVAL: Duration = Duration::from_secs(30);

/// The context of a model whose server does not tell, in tokens: what llama.cpp's and Ollama's users get
/// unless they ask for more.
const UNKNOWN_CONTEXT: u32 = 4096;

/// Looks in a row that a server may leave unanswered, as when it is busy, before its models are dropped.
const PATIENCE: u32 = 3;

/// A model server and where it listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// What it is.
    pub kind: ServerKind,
    /// Its address on the loopback.
    pub base: Url,
}

/// A `--server` value that cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServerError {
    /// Not `KIND=URL`.
    #[error(
        "a server is given as KIND=URL, with a KIND of llama.cpp, ollama, vllm, lm-studio or openai-compatible"
    )]
    Form,
    /// The URL leads off this machine or is none.
    #[error(transparent)]
    Address(#[from] AddressError),
}

impl FromStr for Server {
    type Err = ServerError;

    fn from_str(text: &str) -> Result<Self, ServerError> {
        let (kind, url) = text.split_once('=').ok_or(ServerError::Form)?;
        let kind = ServerKind::ALL
            .into_iter()
            .find(|known| known.name() == kind)
            .ok_or(ServerError::Form)?;
        Ok(Self {
            kind,
            base: server_url(url)?,
        })
    }
}

/// The servers that are looked for when none is named, on their usual ports.
///
/// # Errors
/// None; the addresses are valid.
pub fn usual_servers() -> Result<Vec<Server>, ServerError> {
    [
        "llama.cpp=http://127.0.0.1:8080",
        "ollama=http://127.0.0.1:11434",
        "vllm=http://127.0.0.1:8000",
        "lm-studio=http://127.0.0.1:1234",
    ]
    .into_iter()
    .map(str::parse)
    .collect()
}

/// The models of this machine, each with the server that has it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Catalogue {
    models: Vec<LocalModel>,
    servers: HashMap<String, Url>,
}

impl Catalogue {
    /// The models of these servers, in order: of two with one name the first counts. Models out of the
    /// tunnel's bounds and those beyond its number are left out, and logged.
    pub fn new(found: impl IntoIterator<Item = (Url, Vec<LocalModel>)>) -> Self {
        let mut catalogue = Self::default();
        for (base, models) in found {
            for model in models {
                if let Err(error) = model.check() {
                    tracing::warn!(%error, server = %base, "a model is left out");
                } else if catalogue.servers.contains_key(&model.name) {
                    tracing::debug!(model = model.name, server = %base, "a model is there twice");
                } else if catalogue.models.len() >= MAX_MODELS {
                    tracing::warn!(model = model.name, "too many models, one is left out");
                } else {
                    catalogue.servers.insert(model.name.clone(), base.clone());
                    catalogue.models.push(model);
                }
            }
        }
        catalogue
    }

    /// Every model.
    #[must_use]
    pub fn models(&self) -> &[LocalModel] {
        &self.models
    }

    /// The base address of the server that has a model.
    #[must_use]
    pub fn server_of(&self, model: &str) -> Option<&Url> {
        self.servers.get(model)
    }

    /// Whether a model is trusted. One that is not there is not.
    #[must_use]
    pub fn trust_of(&self, model: &str) -> Trust {
        let known = self.models.iter().find(|known| known.name == model);
        known.map_or(Trust::Untrusted, |known| known.trust)
    }
}

/// Whether a model is trusted: by its name, unless its server says something of it that is not, such as
/// an architecture or the file it was read from. What a server says cannot make a name trusted: many
/// models of others are built like Llama.
fn trust_of<'s>(name: &str, said: impl IntoIterator<Item = &'s str>) -> Trust {
    let betrayed = said.into_iter().any(|text| {
        let ascii = |c: char| if c.is_ascii() { c } else { '-' };
        let plain: String = tail(text).chars().map(ascii).collect();
        family_of(&plain).map(Family::trust) == Some(Trust::Untrusted)
    });
    if betrayed {
        Trust::Untrusted
    } else {
        trust_of_name(&format!("local/{name}"))
    }
}

/// The last two parts of a path: the folders above are named by the machine's user.
fn tail(path: &str) -> &str {
    let cut = path.rmatch_indices(['/', '\\']).nth(1);
    cut.and_then(|(at, _)| path.get(at + 1..)).unwrap_or(path)
}

/// Looks at the same servers again and again.
#[derive(Debug)]
pub struct Finder {
    http: Client,
    servers: Vec<Known>,
}

#[derive(Debug)]
struct Known {
    server: Server,
    models: Vec<LocalModel>,
    unanswered: u32,
}

impl Finder {
    /// A finder for these servers.
    #[must_use]
    pub fn new(http: Client, servers: Vec<Server>) -> Self {
        let known = |server| Known {
            server,
            models: Vec::new(),
            unanswered: 0,
        };
        Self {
            http,
            servers: servers.into_iter().map(known).collect(),
        }
    }

    /// What the servers offer now. One that does not answer in time keeps its models for a while: it may
    /// be busy with a request of ours.
    pub async fn find(&mut self) -> Catalogue {
        let looks = self
            .servers
            .iter()
            .map(|known| ask(&self.http, &known.server));
        let answers = join_all(looks).await;
        for (known, answer) in self.servers.iter_mut().zip(answers) {
            known.update(answer);
        }
        Catalogue::new(
            self.servers
                .iter()
                .map(|known| (known.server.base.clone(), known.models.clone())),
        )
    }

    /// Looks each `interval` and publishes what is different, for as long as anybody listens.
    pub async fn keep_looking(mut self, found: watch::Sender<Arc<Catalogue>>, interval: Duration) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(interval) => {}
                () = found.closed() => return,
            }
            let now = self.find().await;
            found.send_if_modified(|known| {
                let different = **known != now;
                if different {
                    *known = Arc::new(now);
                }
                different
            });
        }
    }
}

impl Known {
    fn update(&mut self, answer: Result<Vec<LocalModel>, Silence>) {
        match answer {
            Ok(models) => {
                self.models = models;
                self.unanswered = 0;
            }
            Err(Silence::Busy) if self.unanswered + 1 < PATIENCE => self.unanswered += 1,
            Err(_) => self.models.clear(),
        }
    }
}

async fn ask(http: &Client, server: &Server) -> Result<Vec<LocalModel>, Silence> {
    let query = Query {
        http,
        base: &server.base,
    };
    match server.kind {
        ServerKind::LlamaCpp => llama_cpp::models(&query).await,
        ServerKind::Ollama => ollama::models(&query).await,
        ServerKind::Vllm => vllm::models(&query).await,
        ServerKind::LmStudio => lm_studio::models(&query).await,
        ServerKind::OpenAiCompatible => openai::models(&query).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(name: &str, context_tokens: u32) -> LocalModel {
        LocalModel {
            name: name.into(),
            server: ServerKind::Vllm,
            context_tokens,
            parallel: 1,
            capabilities: Default::default(),
            trust: Trust::Untrusted,
        }
    }

    fn base(port: u16) -> Url {
        server_url(&format!("http://127.0.0.1:{port}")).unwrap()
    }

    #[test]
    fn a_server_is_named_by_kind_and_url() {
        let server: Server = "ollama=http://localhost:11434".parse().unwrap();
        assert_eq!(
            server,
            Server {
                kind: ServerKind::Ollama,
                base: base(11434)
            }
        );
        assert_eq!("ollama".parse::<Server>(), Err(ServerError::Form));
        assert_eq!(
            "other=http://localhost:1".parse::<Server>(),
            Err(ServerError::Form)
        );
        assert!(matches!(
            "vllm=http://10.0.0.1:8000".parse::<Server>(),
            Err(ServerError::Address(_))
        ));
        assert_eq!(usual_servers().unwrap().len(), 4);
    }

    #[test]
    fn a_name_is_trusted_unless_its_server_knows_better() {
        let none: [&str; 0] = [];
        assert_eq!(trust_of("llama3.2:3b", none), Trust::Trusted);
        assert_eq!(trust_of("llama3.2:3b", ["llama"]), Trust::Trusted);
        assert_eq!(trust_of("my-llama", ["llama", "qwen2"]), Trust::Untrusted);
        assert_eq!(trust_of("phi", ["/m/Qwen/x.gguf"]), Trust::Untrusted);
        assert_eq!(trust_of("phi", ["C:\\m\\é-yi-34b.gguf"]), Trust::Untrusted);
        assert_eq!(
            trust_of("phi", ["/home/yi/models/x.gguf"]),
            Trust::Trusted,
            "the user's name says nothing"
        );
        assert_eq!(trust_of("assistant", ["llama"]), Trust::Untrusted);
        assert_eq!(trust_of("gpt-4o", ["llama"]), Trust::Untrusted);
    }

    #[test]
    fn of_two_models_with_one_name_the_first_counts() {
        let catalogue = Catalogue::new([
            (base(1), vec![model("a", 1)]),
            (base(2), vec![model("a", 2), model("b", 2)]),
        ]);
        assert_eq!(catalogue.models(), [model("a", 1), model("b", 2)]);
        assert_eq!(catalogue.server_of("a"), Some(&base(1)));
        assert_eq!(catalogue.server_of("b"), Some(&base(2)));
        assert_eq!(catalogue.server_of("c"), None);
    }

    #[test]
    fn a_catalogue_can_always_be_registered() {
        let many = (0..MAX_MODELS + 5)
            .map(|i| model(&format!("m{i}"), 1))
            .collect();
        let odd = vec![model("no good name", 1), model("no-context", 0)];
        let catalogue = Catalogue::new([(base(1), odd), (base(2), many)]);
        assert_eq!(catalogue.models().len(), MAX_MODELS);
        assert!(catalogue.models().iter().all(|m| m.check().is_ok()));
    }

    #[test]
    fn a_busy_server_keeps_its_models_for_a_while_and_an_absent_one_does_not() {
        let server = Server {
            kind: ServerKind::Vllm,
            base: base(1),
        };
        let mut known = Known {
            server,
            models: vec![],
            unanswered: 0,
        };
        known.update(Ok(vec![model("a", 1)]));
        for _ in 1..PATIENCE {
            known.update(Err(Silence::Busy));
            assert_eq!(known.models.len(), 1);
        }
        known.update(Err(Silence::Busy));
        assert!(known.models.is_empty());
        known.update(Ok(vec![model("a", 1)]));
        known.update(Err(Silence::Absent));
        assert!(known.models.is_empty());
    }
}
