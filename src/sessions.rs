//! Which model each session was answered by last, as this isolate has seen it.
//!
//! Coding agents send the whole conversation with every turn, under one session id. While the
//! provider's prompt cache still holds it, another model may cost more than its list price says.
//! What is remembered here only saves money: nothing depends on it.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use moecraft_engine::prompt::Optimise;
use sha2::{Digest, Sha256};

/// The most sessions remembered; the next one starts afresh.
const MAX_SESSIONS: usize = 1024;
/// How long a provider's cache holds a prompt, ms: five minutes at Anthropic, as much at OpenAI.
const WARM_MS: u64 = 5 * 60_000;
/// The longest session id that is kept, bytes.
const MAX_ID: usize = 128;

/// The headers that carry a session's id, the most telling first.
const HEADERS: [&str; 4] = [
    "x-claude-code-session-id",
    "session-id",
    "thread-id",
    "x-session-id",
];

/// What is known of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The catalogue id of the model that answered last.
    pub model: String,
    /// Tokens of the conversation then, the answer included.
    pub tokens: u32,
    /// How far its prompts were made shorter.
    pub optimise: Optimise,
    at: u64,
}

thread_local! {
    static SESSIONS: RefCell<HashMap<String, Session>> = RefCell::default();
}

/// The session of a request, out of its headers: of the tenant's own, whoever sends the same id. A
/// digest, because a client may write anything there.
pub fn key(tenant: &str, headers: &BTreeMap<String, String>) -> Option<String> {
    let id = HEADERS.iter().find_map(|name| headers.get(*name))?;
    (id.len() <= MAX_ID).then(|| {
        let digest = Sha256::digest(format!("{tenant} {id}"));
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    })
}

/// The session's model, while its prompt is warm.
pub fn warm(key: &str, now: u64) -> Option<Session> {
    let session = SESSIONS.with_borrow(|known| known.get(key).cloned())?;
    (now.saturating_sub(session.at) < WARM_MS).then_some(session)
}

/// Remembers who answered.
pub fn remember(key: &str, model: &str, tokens: u64, optimise: Optimise, at: u64) {
    SESSIONS.with_borrow_mut(|known| {
        if known.len() >= MAX_SESSIONS && !known.contains_key(key) {
            known.clear();
        }
        let session = Session {
            model: model.to_owned(),
            tokens: u32::try_from(tokens).unwrap_or(u32::MAX),
            optimise,
            at,
        };
        known.insert(key.to_owned(), session);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_warm_for_some_minutes_and_its_tenant_s_alone() {
        let headers = BTreeMap::from([("session-id".to_owned(), "s".to_owned())]);
        let (mine, theirs) = (key("a", &headers).unwrap(), key("b", &headers).unwrap());
        remember(&mine, "openai/gpt-5.5", 10, Optimise::Off, 1_000);
        assert_eq!(warm(&mine, 2_000).unwrap().model, "openai/gpt-5.5");
        assert_eq!(warm(&mine, 1_000 + WARM_MS), None);
        assert_eq!(warm(&theirs, 2_000), None);
        assert_eq!(key("a", &BTreeMap::new()), None);
    }
}
