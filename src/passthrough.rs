//! The way back when something is wrong: `MOECRAFT_ENABLED=false` hands every request under `/v1/`
//! to the default provider, untouched but for the key. No object, no routing, no record.
//!
//! One rule holds here, too: nothing of tier 0 or 1 reaches an untrusted model. A body says which
//! model it is for anywhere in it, and the last word counts where it says so twice, so it is read to
//! its end before any of it goes out: bodies are no longer streamed through. No object is asked, so
//! what a tenant has set for the guard is not known: the usual policy holds.

use std::collections::BTreeMap;
use std::rc::Rc;

use moecraft_catalog::{Trust, catalog};
use moecraft_engine::guard::Recipient;
use moecraft_engine::router::least;
use moecraft_wire::{Dialect, Members};
use percent_encoding::percent_decode_str;
use serde_json::json;
use wasm_bindgen::prelude::*;

use crate::beside::trust_of;
use crate::config::{self, Endpoint};
use crate::egress::Cleared;
use crate::error::ApiError;
use crate::guard::{Inspected, Terms};
use crate::{auth, dispatch};

/// The longest body that is passed on, bytes.
const MAX_BODY: usize = 32 << 20;

/// Where a request goes when the gateway is switched off, or why it goes nowhere.
#[wasm_bindgen]
pub struct PassThrough {
    dialect: Dialect,
    path: String,
    /// The request turns into a socket, whose messages nobody reads.
    socket: bool,
    way: Result<Way, ApiError>,
    tier: Option<u8>,
    cleared: Option<Cleared>,
}

/// An open way.
struct Way {
    url: String,
    /// The headers that replace the client's.
    headers: Vec<String>,
    /// All the headers of a request for a model that is not trusted.
    bare: Vec<String>,
    /// The least trust of the models behind it that are known.
    trust: Trust,
    endpoint: Endpoint,
    /// Whether the model that the request is for is not trusted.
    untrusted: bool,
}

#[wasm_bindgen]
impl PassThrough {
    /// Finds the way of a request. `path` is the request's path with its query. The tenant key is
    /// still asked for: without it, anybody could spend the provider's.
    #[wasm_bindgen(constructor)]
    pub fn new(
        path: &str,
        authorization: Option<String>,
        api_key: Option<String>,
        socket: bool,
    ) -> Self {
        let dialect = match path.starts_with("/v1/messages") {
            true => Dialect::Messages,
            false => Dialect::Chat,
        };
        let presented = auth::bearer(authorization.as_deref(), api_key.as_deref());
        let way = config::current()
            .map_err(ApiError::from)
            .and_then(|config| {
                auth::verify(&config, presented)?;
                let endpoint = config.default_endpoint(dialect).ok_or_else(|| {
                    ApiError::NoCandidate(
                        "the gateway is switched off and no provider is configured".into(),
                    )
                })?;
                let rest = path
                    .strip_prefix("/v1/")
                    .ok_or_else(|| ApiError::NotFound(path.to_owned()))?;
                Ok(Way {
                    url: format!("{}/{rest}", endpoint.base_url),
                    headers: dispatch::credentials(endpoint, dialect),
                    bare: match dialect {
                        Dialect::Messages => dispatch::messages_headers(endpoint, &BTreeMap::new()),
                        Dialect::Chat | Dialect::Responses => [
                            dispatch::json_headers(),
                            dispatch::credentials(endpoint, dialect),
                        ]
                        .concat(),
                    },
                    trust: trust_in(endpoint),
                    endpoint: endpoint.clone(),
                    untrusted: false,
                })
            });
        Self {
            dialect,
            path: path.to_owned(),
            socket,
            way,
            tier: None,
            cleared: None,
        }
    }

    /// Whether the request's body is to be read, up to `limit`; then `examine` or `too_large`.
    /// Otherwise `examine_bare`.
    pub fn wants_body(&self) -> bool {
        self.way.is_ok() && !self.socket
    }

    /// The longest body to read, bytes.
    pub fn limit(&self) -> u32 {
        MAX_BODY as u32
    }

    /// The body is longer than `limit`.
    pub fn too_large(&mut self) {
        self.way = Err(ApiError::TooLarge { limit: MAX_BODY });
    }

    /// The body, whole.
    pub fn examine(&mut self, body: Vec<u8>) {
        let Ok(way) = &mut self.way else { return };
        // Where no model is named (files, batches), any of the provider's may come to see it.
        let members = Members::of(&body);
        let named = members.iter().flat_map(|members| members.all("model"));
        let trust = named
            .map(|name| match serde_json::from_str::<String>(name) {
                Ok(name) => trust_of(&name),
                Err(_) => Trust::Untrusted,
            })
            .reduce(least)
            .unwrap_or(way.trust);
        let inspected = Inspected::of(body, Rc::default(), Terms::default());
        let trust = least(trust, inspected.trust_at(&way.endpoint));
        way.untrusted = !inspected.clearance().trusts(&recipient(trust));
        self.examine_path(trust);
        if self.way.is_ok() {
            self.clear(&inspected, trust);
        }
    }

    /// There is no body, or a socket is asked for.
    pub fn examine_bare(&mut self) {
        let Ok(way) = &mut self.way else { return };
        let trust = way.trust;
        way.untrusted = self.socket && trust == Trust::Untrusted;
        self.examine_path(trust);
        if self.socket && self.way.is_ok() {
            // What a socket will carry cannot be examined: as a body that is none.
            let inspected = Inspected::of(Vec::new(), Rc::default(), Terms::default());
            self.clear(&inspected, trust);
        }
    }

    /// Whether the request's own body may be sent.
    pub fn may_send_own(&self) -> bool {
        self.cleared.as_ref().is_some_and(Cleared::is_own)
    }

    /// Whether the client's headers stay behind: an untrusted model is told nothing that the guard
    /// has not seen.
    pub fn drops_headers(&self) -> bool {
        self.way.as_ref().is_ok_and(|way| way.untrusted)
    }

    /// Where to; none when the request is refused.
    pub fn url(&self) -> Option<String> {
        let way = self.way.as_ref().ok().filter(|_| self.cleared.is_some())?;
        Some(way.url.clone())
    }

    /// The headers that replace the client's, as a JSON object.
    pub fn headers(&self) -> String {
        dispatch::header_object(match &self.way {
            Ok(way) if way.untrusted => &way.bare,
            Ok(way) => &way.headers,
            Err(_) => &[],
        })
    }

    /// The headers of the refusal, as a JSON object.
    pub fn told(&self) -> String {
        let error = self
            .way
            .as_ref()
            .err()
            .map(|error| error.label().to_owned());
        let tier = self.tier.map(|tier| tier.to_string());
        let told = [("x-moecraft-error", error), ("x-moecraft-tier", tier)];
        let told = told
            .into_iter()
            .filter_map(|(name, value)| Some([name.to_owned(), value?]));
        dispatch::header_object(&told.flatten().collect::<Vec<_>>())
    }

    /// The status of the refusal.
    pub fn status(&self) -> u16 {
        self.way.as_ref().err().map_or(200, ApiError::status)
    }

    /// The body of the refusal.
    pub fn body(&self) -> String {
        self.way
            .as_ref()
            .err()
            .map(|error| error.body(self.dialect, ""))
            .unwrap_or_default()
    }
}

impl PassThrough {
    /// The path goes out with the request, and with it the query that the client wrote: as it is, and
    /// as the provider reads it.
    fn examine_path(&mut self, trust: Trust) {
        let read = percent_decode_str(&self.path).decode_utf8_lossy();
        let path = json!({"path": self.path, "read": read})
            .to_string()
            .into_bytes();
        let inspected = Inspected::of(path, Rc::default(), Terms::default());
        self.clear(&inspected, trust);
    }

    fn clear(&mut self, inspected: &Inspected, trust: Trust) {
        self.tier = Some(inspected.tier().number());
        match Cleared::of(inspected, &recipient(trust), |_| Ok(None)) {
            Ok(cleared) => self.cleared = Some(cleared),
            Err(_) => {
                self.cleared = None;
                let why = format!(
                    "the model it is for is not trusted with data of tier {}",
                    inspected.tier().number()
                );
                self.way = Err(inspected.stopped(&why, None));
            }
        }
    }
}

/// Whoever answers: no tenant's policy is known that could name anybody.
fn recipient(trust: Trust) -> Recipient<'static> {
    Recipient {
        model: "",
        trust,
        local: false,
    }
}

/// The least trust of the models that an endpoint has. Of a general upstream none is known.
fn trust_in(endpoint: &Endpoint) -> Trust {
    let models = catalog().models.iter();
    let own = models.filter(|model| model.provider == endpoint.provider);
    own.map(|model| model.trust)
        .reduce(least)
        .unwrap_or(Trust::Untrusted)
}
