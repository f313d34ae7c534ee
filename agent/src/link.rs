//! The connection to the service: dialled, kept, and dialled again.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use moecraft_wire::tunnel::{ALIVE_MS, HEARTBEAT_MS, MAX_MESSAGE};
use reqwest::{Client, Url};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Error as WsError;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use crate::discovery::Catalogue;
use crate::session::{self, Ending};

/// How long a connect with its upgrade may take.
const DIAL: Duration = Duration::from_secs(15);

/// A service key. It is never printed.
#[derive(Clone)]
pub struct Key(String);

impl From<String> for Key {
    fn from(key: String) -> Self {
        Self(key)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// The times of a link.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// Between two heartbeats; one that is not answered by the next ends the connection.
    pub heartbeat: Duration,
    /// Between two signs of life while a request is open.
    pub alive: Duration,
    /// Before the first attempt to connect again; doubles with each further one.
    pub first_retry: Duration,
    /// The longest pause between two attempts.
    pub last_retry: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_millis(HEARTBEAT_MS),
            alive: Duration::from_millis(ALIVE_MS),
            first_retry: Duration::from_millis(100),
            last_retry: Duration::from_secs(10),
        }
    }
}

impl Timing {
    /// The pause after so many failures in a row, with up to half of it added by `jitter` in 0..1, so
    /// that agents that lost the same service do not come back at the same moment.
    #[must_use]
    pub fn retry(&self, failures: u32, jitter: f64) -> Duration {
        let doubled = self
            .first_retry
            .saturating_mul(2_u32.saturating_pow(failures));
        doubled
            .min(self.last_retry)
            .mul_f64(1.0 + jitter.clamp(0.0, 1.0) / 2.0)
    }
}

/// An agent: who it is, whom it dials, and what it serves.
#[derive(Debug)]
pub struct Agent {
    /// The service's agent address, as of [`crate::address::upgrade_url`].
    pub url: Url,
    /// The service's key.
    pub key: Key,
    /// The agent's id.
    pub id: String,
    /// What model servers offer now. A change is registered at once.
    pub catalogue: watch::Receiver<Arc<Catalogue>>,
    /// For requests to model servers, as of [`crate::http_client`].
    pub http: Client,
    /// The link's times.
    pub timing: Timing,
}

/// Why an agent has stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was told to.
    Stopped,
    /// The service does not accept the key. A wrong key heals by a person's hand only, so the agent does
    /// not go on trying behind that person's back.
    KeyRefused,
    /// Another agent of the same id has taken over. Two of them would replace each other for ever.
    Replaced,
}

enum Dialled {
    Connected(Box<WebSocketStream<MaybeTlsStream<TcpStream>>>),
    KeyRefused,
    Failed(String),
}

impl Agent {
    /// Keeps the agent connected until `stop` turns true or there is no point in going on.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) -> Outcome {
        let mut failures = 0;
        loop {
            let dialled = tokio::select! {
                dialled = self.dial() => dialled,
                _ = stop.wait_for(|stop| *stop) => return Outcome::Stopped,
            };
            let why = match dialled {
                Dialled::KeyRefused => return Outcome::KeyRefused,
                Dialled::Failed(why) => why,
                Dialled::Connected(socket) => {
                    tracing::info!(agent = self.id, "connected");
                    match session::run(self, *socket, &mut stop).await {
                        (Ending::Stopped, _) => return Outcome::Stopped,
                        (Ending::Replaced, _) => return Outcome::Replaced,
                        (Ending::Lost(why), proven) => {
                            if proven {
                                failures = 0;
                            }
                            why
                        }
                    }
                }
            };
            let pause = self.timing.retry(failures, fastrand::f64());
            failures = failures.saturating_add(1);
            tracing::warn!(reason = why, retry_ms = pause.as_millis(), "not connected");
            tokio::select! {
                () = sleep(pause) => {}
                _ = stop.wait_for(|stop| *stop) => return Outcome::Stopped,
            }
        }
    }

    async fn dial(&self) -> Dialled {
        let mut request = match self.url.as_str().into_client_request() {
            Ok(request) => request,
            Err(error) => return Dialled::Failed(error.to_string()),
        };
        let Ok(mut bearer) = HeaderValue::try_from(format!("Bearer {}", self.key.0)) else {
            return Dialled::KeyRefused;
        };
        bearer.set_sensitive(true);
        request.headers_mut().insert("authorization", bearer);
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_MESSAGE))
            .max_frame_size(Some(MAX_MESSAGE));
        match timeout(DIAL, connect_async_with_config(request, Some(config), true)).await {
            Ok(Ok((socket, _))) => Dialled::Connected(Box::new(socket)),
            Ok(Err(WsError::Http(answer))) => match answer.status() {
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Dialled::KeyRefused,
                status => Dialled::Failed(format!("the service answered {status}")),
            },
            Ok(Err(error)) => Dialled::Failed(error.to_string()),
            Err(_) => Dialled::Failed("the service did not answer".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_double_up_to_a_bound() {
        let timing = Timing::default();
        let pauses: Vec<u128> = (0..9).map(|n| timing.retry(n, 0.0).as_millis()).collect();
        assert_eq!(
            pauses,
            [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]
        );
        assert_eq!(timing.retry(u32::MAX, 0.0).as_millis(), 10_000);
    }

    #[test]
    fn jitter_adds_at_most_half() {
        let timing = Timing::default();
        assert_eq!(timing.retry(0, 0.5).as_millis(), 125);
        assert_eq!(timing.retry(40, 1.0).as_millis(), 15_000);
    }

    #[test]
    fn a_key_is_not_printed() {
        assert!(!format!("{:?}", Key::from("moe_secret".to_owned())).contains("secret"));
    }
}
