//! The way back when something is wrong: `MOECRAFT_ENABLED=false` hands every request under `/v1/`
//! to the default provider, untouched but for the key. No object, no routing, no record.

use moecraft_wire::Dialect;
use wasm_bindgen::prelude::*;

use crate::config;
use crate::error::ApiError;
use crate::{auth, dispatch};

/// Where a request goes when the gateway is switched off, or why it goes nowhere.
#[wasm_bindgen]
pub struct PassThrough {
    dialect: Dialect,
    target: Result<(String, Vec<String>), ApiError>,
}

#[wasm_bindgen]
impl PassThrough {
    /// Finds the way of a request. `path` is the request's path with its query. The tenant key is
    /// still asked for: without it, anybody could spend the provider's.
    #[wasm_bindgen(constructor)]
    pub fn new(path: &str, authorization: Option<String>, api_key: Option<String>) -> Self {
        let dialect = match path.starts_with("/v1/messages") {
            true => Dialect::Messages,
            false => Dialect::Chat,
        };
        let presented = auth::bearer(authorization.as_deref(), api_key.as_deref());
        let target = config::current()
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
                let url = format!("{}/{rest}", endpoint.base_url);
                Ok((url, dispatch::credentials(endpoint, dialect)))
            });
        Self { dialect, target }
    }

    /// Where to; none when the request is refused.
    pub fn url(&self) -> Option<String> {
        self.target.as_ref().ok().map(|(url, _)| url.clone())
    }

    /// The headers that replace the client's, as a JSON object.
    pub fn headers(&self) -> String {
        dispatch::header_object(self.target.as_ref().map_or(&[], |(_, headers)| headers))
    }

    /// The status of the refusal.
    pub fn status(&self) -> u16 {
        self.target.as_ref().err().map_or(200, ApiError::status)
    }

    /// The body of the refusal.
    pub fn body(&self) -> String {
        self.target
            .as_ref()
            .err()
            .map(|error| error.body(self.dialect, ""))
            .unwrap_or_default()
    }
}
