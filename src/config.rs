//! What the operator has set: which providers can be called, and the secrets that open the gateway.
//!
//! Read once per isolate from the Worker's variables and secrets. A provider of the catalogue is
//! callable when its key is set, or its base URL (for a proxy that needs no key). `UPSTREAM_URL`
//! adds general upstreams, one or several base URLs in order of preference, which take any model
//! by its upstream name.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use moecraft_catalog::{self as catalogue, BatchAccess, Model, catalog};
use moecraft_wire::Dialect;
use thiserror::Error;

/// The most general upstreams that are used.
const MAX_UPSTREAMS: usize = 8;

/// A setting that cannot be used; names the variable and the remedy.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// The isolate was never configured.
    #[error("the Worker has not been configured")]
    Missing,
    /// Keys cannot be verified.
    #[error(
        "MOECRAFT_KEY_SECRET must hold at least 32 characters: set it with `wrangler secret put MOECRAFT_KEY_SECRET`"
    )]
    KeySecret,
    /// A period is no number.
    #[error("{variable} must be a whole number of milliseconds, not `{value}`")]
    Number {
        /// The variable.
        variable: &'static str,
        /// What it holds.
        value: String,
    },
    /// A base URL is none.
    #[error("{variable} must be a list of http or https URLs, not `{value}`")]
    BaseUrl {
        /// The variable.
        variable: String,
        /// What it holds.
        value: String,
    },
}

/// Somewhere a model can be called over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The provider's id in the catalogue, or `upstream`, `upstream-2`, …
    pub provider: String,
    /// The base URL, with `/v1` and without a slash at its end.
    pub base_url: String,
    /// The key to call it with.
    pub key: Option<String>,
    /// The binding of the Worker it is reached through, in place of a URL.
    pub binding: Option<String>,
    /// What it speaks to chat models in, the best supported first.
    pub dialects: Vec<Dialect>,
    /// Whether it makes embeddings.
    pub embeddings: bool,
    /// How it takes batches, where it does.
    pub batch: Option<BatchAccess>,
}

impl Endpoint {
    /// Whether it is a general upstream, and not a provider of the catalogue's.
    pub fn is_general(&self) -> bool {
        catalog().provider(&self.provider).is_none()
    }

    fn of(provider: &catalogue::Provider, base_url: String, key: Option<String>) -> Self {
        Self {
            provider: provider.id.clone(),
            base_url,
            key,
            binding: provider.binding().map(str::to_owned),
            dialects: provider
                .dialects
                .iter()
                .filter_map(|dialect| match dialect {
                    catalogue::Dialect::OpenaiChat => Some(Dialect::Chat),
                    catalogue::Dialect::OpenaiResponses => Some(Dialect::Responses),
                    catalogue::Dialect::AnthropicMessages => Some(Dialect::Messages),
                    catalogue::Dialect::OpenaiEmbeddings => None,
                })
                .collect(),
            embeddings: provider.speaks(catalogue::Dialect::OpenaiEmbeddings),
            batch: provider.batch,
        }
    }
}

/// How long the gateway waits for an upstream, ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// For the first event of a stream (`FIRST_BYTE_MS`).
    pub first_byte: u32,
    /// For an answer that is not a stream (`ANSWER_MS`).
    pub answer: u32,
    /// For the next chunk of a stream, and for the client to take one (`IDLE_MS`).
    pub idle: u32,
    /// For the whole of a stream (`STREAM_MS`). Reservations must outlast it.
    pub stream: u32,
    /// Before a client that waits for a silent stream gets a sign of life (`KEEP_ALIVE_MS`). Proxies
    /// on the way cut a silent connection after a minute or two, clients after five.
    pub keep_alive: u32,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            first_byte: 120_000,
            answer: 600_000,
            idle: 120_000,
            stream: 20 * 60_000,
            keep_alive: 15_000,
        }
    }
}

/// The gateway's settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// Secrets that tenant keys may be signed with, the newest first.
    pub key_secrets: Vec<Vec<u8>>,
    /// Opens the administration of every tenant.
    pub admin_key: Option<String>,
    /// One ready key of the tenant `default`, for benchmarks and trials.
    pub static_key: Option<String>,
    /// How long upstreams are waited for.
    pub deadlines: Deadlines,
    providers: BTreeMap<String, Endpoint>,
    upstreams: Vec<Endpoint>,
    callable: Vec<String>,
}

impl Config {
    /// Reads the settings from the Worker's variables and secrets, and the names of its bindings.
    ///
    /// # Errors
    /// [`ConfigError`] for the first setting that cannot be used.
    pub fn from_vars(
        vars: &BTreeMap<String, String>,
        bindings: &BTreeSet<String>,
    ) -> Result<Self, ConfigError> {
        let get = |name: &str| vars.get(name).filter(|value| !value.is_empty()).cloned();
        let key_secrets: Vec<Vec<u8>> = ["MOECRAFT_KEY_SECRET", "MOECRAFT_KEY_SECRET_OLD"]
            .iter()
            .filter_map(|name| get(name))
            .map(String::into_bytes)
            .collect();
        if key_secrets.is_empty() || key_secrets.iter().any(|secret| secret.len() < 32) {
            return Err(ConfigError::KeySecret);
        }
        let mut providers = BTreeMap::new();
        for provider in &catalog().providers {
            let endpoint = match (provider.http(), provider.binding()) {
                (Some(http), _) => {
                    let (key, url) = (get(&http.key_secret), get(&http.base_url_var));
                    if key.is_none() && url.is_none() {
                        continue;
                    }
                    let url = url.unwrap_or_else(|| http.base_url.clone());
                    Endpoint::of(provider, base_url(&http.base_url_var, &url)?, key)
                }
                (None, Some(binding)) if bindings.contains(binding) => {
                    Endpoint::of(provider, String::new(), None)
                }
                _ => continue,
            };
            providers.insert(provider.id.clone(), endpoint);
        }
        let mut upstreams = Vec::new();
        let urls = get("UPSTREAM_URL").unwrap_or_default();
        for url in urls.split(',').map(str::trim).filter(|url| !url.is_empty()) {
            let provider = match upstreams.len() {
                0 => "upstream".to_owned(),
                n => format!("upstream-{}", n + 1),
            };
            upstreams.push(Endpoint {
                provider,
                base_url: versioned(&base_url("UPSTREAM_URL", url)?),
                key: get("UPSTREAM_API_KEY"),
                binding: None,
                dialects: vec![Dialect::Chat, Dialect::Messages, Dialect::Responses],
                embeddings: true,
                batch: None,
            });
        }
        upstreams.truncate(MAX_UPSTREAMS);
        // A general upstream takes any model by the name its vendor gives it; the models behind a
        // binding have names of the platform's own.
        let by_name =
            |provider: &catalogue::Provider| !upstreams.is_empty() && provider.http().is_some();
        let callable = catalog()
            .providers
            .iter()
            .filter(|provider| by_name(provider) || providers.contains_key(&provider.id))
            .map(|provider| provider.id.clone())
            .collect();
        let usual = Deadlines::default();
        let ms = |name, usual| match get(name) {
            None => Ok(usual),
            Some(value) => value.parse().map_err(|_| ConfigError::Number {
                variable: name,
                value,
            }),
        };
        Ok(Self {
            deadlines: Deadlines {
                first_byte: ms("FIRST_BYTE_MS", usual.first_byte)?,
                answer: ms("ANSWER_MS", usual.answer)?,
                idle: ms("IDLE_MS", usual.idle)?,
                stream: ms("STREAM_MS", usual.stream)?,
                keep_alive: ms("KEEP_ALIVE_MS", usual.keep_alive)?,
            },
            key_secrets,
            admin_key: get("MOECRAFT_ADMIN_KEY"),
            static_key: get("MOECRAFT_STATIC_KEY"),
            providers,
            upstreams,
            callable,
        })
    }

    /// Whether any upstream takes models by name, whoever makes them.
    pub fn has_upstreams(&self) -> bool {
        !self.upstreams.is_empty()
    }

    /// The providers whose models can be called, there or at a general upstream.
    pub fn callable(&self) -> &[String] {
        &self.callable
    }

    /// Whether a model can be called.
    pub fn can_call(&self, model: &Model) -> bool {
        self.callable.contains(&model.provider)
    }

    /// Where a model can be called, its own provider first.
    pub fn endpoints(&self, provider: &str) -> impl Iterator<Item = &Endpoint> {
        self.providers
            .get(provider)
            .into_iter()
            .chain(&self.upstreams)
    }

    /// Where requests of a dialect go when the gateway is switched off.
    pub fn default_endpoint(&self, dialect: Dialect) -> Option<&Endpoint> {
        let known = self.upstreams.iter().chain(self.providers.values());
        known
            .filter(|endpoint| endpoint.binding.is_none())
            .find(|endpoint| endpoint.dialects.contains(&dialect))
    }
}

fn base_url(variable: &str, url: &str) -> Result<String, ConfigError> {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    match rest {
        Some(rest) if !rest.is_empty() && !url.contains(char::is_whitespace) => {
            Ok(url.trim_end_matches('/').to_owned())
        }
        _ => Err(ConfigError::BaseUrl {
            variable: variable.to_owned(),
            value: url.to_owned(),
        }),
    }
}

/// General upstreams are given with or without their `/v1`.
fn versioned(url: &str) -> String {
    if url.ends_with("/v1") {
        url.to_owned()
    } else {
        format!("{url}/v1")
    }
}

thread_local! {
    static CONFIG: RefCell<Result<Rc<Config>, ConfigError>> = const { RefCell::new(Err(ConfigError::Missing)) };
}

/// Sets the isolate's settings.
pub fn install(config: Result<Config, ConfigError>) {
    CONFIG.set(config.map(Rc::new));
}

/// The isolate's settings.
///
/// # Errors
/// [`ConfigError`] when they could not be read.
pub fn current() -> Result<Rc<Config>, ConfigError> {
    CONFIG.with_borrow(Clone::clone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vars(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let secret = ("MOECRAFT_KEY_SECRET", "0123456789abcdef0123456789abcdef");
        let pairs = pairs.iter().copied().chain([secret]);
        pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
    }

    #[test]
    fn a_provider_is_callable_once_its_key_is_set() {
        let config =
            Config::from_vars(&vars(&[("OPENAI_API_KEY", "sk")]), &BTreeSet::new()).unwrap();
        let endpoints: Vec<_> = config.endpoints("openai").collect();
        assert_eq!(endpoints.len(), 1);
        assert!(endpoints[0].base_url.starts_with("https://"));
        assert_eq!(config.endpoints("mistral").count(), 0);
    }

    #[test]
    fn general_upstreams_keep_their_order_behind_the_model_s_own_provider() {
        let config = Config::from_vars(
            &vars(&[
                ("OPENAI_API_KEY", "sk"),
                ("UPSTREAM_URL", "http://127.0.0.1:1, http://127.0.0.1:2/v1/"),
            ]),
            &BTreeSet::new(),
        )
        .unwrap();
        let order: Vec<_> = config
            .endpoints("openai")
            .map(|e| e.provider.as_str())
            .collect();
        assert_eq!(order, ["openai", "upstream", "upstream-2"]);
        let urls: Vec<_> = config
            .endpoints("none")
            .map(|e| e.base_url.as_str())
            .collect();
        assert_eq!(urls, ["http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"]);
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        assert_eq!(
            Config::from_vars(&BTreeMap::new(), &BTreeSet::new()),
            Err(ConfigError::KeySecret)
        );
        let error = Config::from_vars(&vars(&[("UPSTREAM_URL", "localhost:1")]), &BTreeSet::new())
            .unwrap_err();
        assert!(error.to_string().contains("UPSTREAM_URL"));
    }
}
