//! The agent against a scripted service on one side and scripted model servers on the other, over real
//! sockets on the loopback.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod command;
mod discovery;
mod guard;
mod link;
mod requests;
mod scan;
mod server;
mod service;

use std::sync::Arc;
use std::time::Duration;

use moecraft_agent::address::upgrade_url;
use moecraft_agent::discovery::Catalogue;
use moecraft_agent::http_client;
use moecraft_agent::link::{Agent, Outcome, Timing};
use moecraft_catalog::trust_of_name;
use moecraft_wire::tunnel::{LocalModel, ServerKind};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use self::server::ModelServer;
use self::service::Service;

pub(crate) const KEY: &str = "moe_test_key";

/// Fails a test that hangs; no test depends on how long anything takes.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), future)
        .await
        .expect("this should have happened by now")
}

/// Heartbeats that do not come during a test, and quick retries.
pub(crate) fn quiet() -> Timing {
    Timing {
        heartbeat: Duration::from_secs(3600),
        alive: Duration::from_secs(3600),
        first_retry: Duration::from_millis(1),
        last_retry: Duration::from_millis(5),
    }
}

pub(crate) fn model(name: &str) -> LocalModel {
    LocalModel {
        name: name.into(),
        server: ServerKind::OpenAiCompatible,
        context_tokens: 4096,
        parallel: 1,
        capabilities: ["chat".to_owned()].into(),
        trust: trust_of_name(&format!("local/{name}")),
    }
}

/// Text in the form of an AWS access key id, different for each seed. Made here, so that none is stored.
pub(crate) fn key_shaped(seed: u64) -> String {
    let mut state = seed;
    let tail = std::iter::repeat_with(|| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        char::from(digits[(state >> 59) as usize])
    });
    ["AK", "IA"]
        .into_iter()
        .flat_map(str::chars)
        .chain(tail.take(16))
        .collect()
}

/// A running agent, and what moves it.
pub(crate) struct Running {
    pub(crate) found: watch::Sender<Arc<Catalogue>>,
    pub(crate) stop: watch::Sender<bool>,
    pub(crate) task: JoinHandle<Outcome>,
}

/// Starts an agent that serves these models of these servers.
pub(crate) fn start(
    service: &Service,
    servers: &[(&ModelServer, &[&str])],
    timing: Timing,
) -> Running {
    let found = servers.iter().map(|(server, names)| {
        let models = names.iter().map(|name| model(name)).collect();
        (server.base.clone(), models)
    });
    let (found, catalogue) = watch::channel(Arc::new(Catalogue::new(found)));
    let (stop, stopped) = watch::channel(false);
    let agent = Agent {
        url: upgrade_url(&service.url, "box-1").unwrap(),
        key: KEY.to_owned().into(),
        id: "box-1".into(),
        catalogue,
        http: http_client().unwrap(),
        timing,
    };
    let task = tokio::spawn(async move { agent.run(stopped).await });
    Running { found, stop, task }
}
