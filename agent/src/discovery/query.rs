//! Short questions to a model server, bounded in time and size.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, Url};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// The largest answer, in bytes. Ollama sends a model's licence and template along.
const MAX_ANSWER: usize = 4 * 1024 * 1024;

/// Why a server did not say what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Silence {
    /// Nothing listens there, or something else than was looked for, or it is not ready.
    Absent,
    /// It is there but did not answer in time.
    Busy,
}

/// One server, to be asked.
pub(super) struct Query<'a> {
    pub(super) http: &'a Client,
    pub(super) base: &'a Url,
}

/// An answer with the name that the server gives itself.
pub(super) struct Answer<T> {
    pub(super) server: Option<String>,
    pub(super) value: T,
}

impl Query<'_> {
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Silence> {
        Ok(self.get_named(path).await?.value)
    }

    pub(super) async fn get_named<T: DeserializeOwned>(
        &self,
        path: &str,
    ) -> Result<Answer<T>, Silence> {
        self.ask(self.http.get(self.url(path)?)).await
    }

    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<T, Silence> {
        Ok(self
            .ask(self.http.post(self.url(path)?).json(body))
            .await?
            .value)
    }

    fn url(&self, path: &str) -> Result<Url, Silence> {
        self.base.join(path).map_err(|_| Silence::Absent)
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
    ) -> Result<Answer<T>, Silence> {
        let mut response = request
            .timeout(PATIENCE)
            .send()
            .await
            .map_err(|e| silence(&e))?;
        if !response.status().is_success() {
            return Err(Silence::Absent);
        }
        let server = response
            .headers()
            .get("server")
            .and_then(|name| name.to_str().ok())
            .map(str::to_owned);
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|e| silence(&e))? {
            if body.len() + piece.len() > MAX_ANSWER {
                return Err(Silence::Absent);
            }
            body.extend_from_slice(&piece);
        }
        let value = serde_json::from_slice(&body).map_err(|_| Silence::Absent)?;
        Ok(Answer { server, value })
    }
}

fn silence(error: &reqwest::Error) -> Silence {
    if error.is_timeout() {
        Silence::Busy
    } else {
        Silence::Absent
    }
}
