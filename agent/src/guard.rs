//! The guard on this machine: what an untrusted model is not given, whatever the service has let pass.

use std::borrow::Cow;

use moecraft_catalog::Trust;
use moecraft_engine::guard::{Policy, Screening, Tier};
use moecraft_wire::tunnel::{Fail, FailKind};
use serde::Deserialize;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// Bodies that are examined at once. One whose stream is cancelled is examined to its end all the same,
/// so this also bounds what cancelled streams may hold.
const AT_ONCE: usize = 4;

static EXAMINING: Semaphore = Semaphore::const_new(AT_ONCE);

/// Gives a request's body back if the model may be given it.
///
/// # Errors
/// The body holds what the model must not be given, or it could not be examined. The text names kinds and
/// places, never values.
pub(crate) async fn pass(model: &str, trust: Trust, body: Vec<u8>) -> Result<Vec<u8>, Fail> {
    let unexamined = || Fail::new(FailKind::Prohibited, "the request could not be examined");
    let permit = EXAMINING.acquire().await.map_err(|_| unexamined())?;
    let model = model.to_owned();
    // Away from the socket's thread: a large body takes longer than a heartbeat may wait.
    let examined = spawn_blocking(move || {
        let _permit = permit;
        examine(&model, trust, &body).map(|()| body)
    });
    examined.await.unwrap_or_else(|_| {
        tracing::error!("a request could not be examined");
        Err(unexamined())
    })
}

fn examine(model: &str, trust: Trust, body: &[u8]) -> Result<(), Fail> {
    if trust == Trust::Trusted && !asks_another(model, body) {
        return Ok(());
    }
    let screening = Screening::of(body, &Policy::default());
    if screening.tier > Tier::Prohibited {
        return Ok(());
    }
    let found = screening.counts();
    let found = found.iter().map(|(kind, count)| format!("{kind} {count}"));
    let found = found.collect::<Vec<_>>().join(", ");
    tracing::warn!(
        model,
        found,
        "a request was withheld from an untrusted model"
    );
    let summary = screening.summary();
    let message = format!("{model} is not trusted with what the request holds: {summary}");
    Err(Fail::new(FailKind::Prohibited, message))
}

/// Whether the server would take the request for another model than the one that is trusted, or nobody
/// can say for which: a server of many models goes by the body.
fn asks_another(model: &str, body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Asked<'b> {
        #[serde(borrow)]
        model: Option<Cow<'b, str>>,
    }
    serde_json::from_slice::<Asked<'_>>(body)
        .map_or(true, |asked| asked.model.is_some_and(|name| name != model))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_speaks_for_the_model_it_names() {
        assert!(!asks_another("m", br#"{"model":"m","messages":[]}"#));
        assert!(!asks_another("m\"", br#"{"model":"m\""}"#));
        assert!(!asks_another("m", br#"{"messages":[{"model":"other"}]}"#));
        assert!(asks_another("m", br#"{"model":"other"}"#));
        assert!(asks_another("m", br#"{"model":"m","model":"other"}"#));
        assert!(asks_another("m", br#"{"model":["m"]}"#));
        assert!(asks_another("m", b"no json"));
    }
}
