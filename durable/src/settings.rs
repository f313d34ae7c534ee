//! What the operator may set for every object, with the defaults that ship.

use worker::Env;

/// Limits and periods of the object, from the Worker's variables.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    /// How long a reservation waits for its settlement, ms (`RESERVATION_MS`). Longer than the
    /// longest answer (the Worker's `STREAM_MS`), or a request still running would be closed at its
    /// estimate.
    pub(crate) reservation_ms: u64,
    /// How long an answer may be served again, ms (`SURROGATE_TTL_MS`).
    pub(crate) surrogate_ttl_ms: u64,
    /// The room for answers, bytes (`SURROGATE_BYTES`).
    pub(crate) surrogate_bytes: u64,
    /// Of so many answers that serve another question of the same meaning, a model looks at one again
    /// (`AUDIT_EVERY`); none at 0.
    pub(crate) audit_every: u64,
    /// How long equal requests wait for the one under way before another takes its place, ms
    /// (`FLIGHT_MS`).
    pub(crate) flight_ms: u64,
    /// How often the ledger is copied to D1, ms (`OUTBOX_MS`).
    pub(crate) outbox_ms: u64,
    /// The step by which providers are asked for their batches, ms (`BATCH_STEP_MS`).
    pub(crate) batch_step_ms: u64,
    /// How long a batch may take, ms (`BATCH_WINDOW_MS`).
    pub(crate) batch_window_ms: u64,
    /// How long files and ended batches are kept, ms (`BATCH_KEEP_MS`).
    pub(crate) batch_keep_ms: u64,
    /// The room for files of batches, bytes (`BATCH_BYTES`).
    pub(crate) batch_bytes: u64,
}

impl Settings {
    pub(crate) fn from_env(env: &Env) -> Self {
        let number = |name: &str, default: u64| {
            env.var(name)
                .ok()
                .and_then(|value| value.to_string().parse().ok())
                .unwrap_or(default)
        };
        Self {
            reservation_ms: number("RESERVATION_MS", 25 * 60 * 1000),
            surrogate_ttl_ms: number("SURROGATE_TTL_MS", 24 * 60 * 60 * 1000),
            surrogate_bytes: number("SURROGATE_BYTES", 64 << 20),
            audit_every: number("AUDIT_EVERY", 20),
            flight_ms: number("FLIGHT_MS", 60 * 1000),
            outbox_ms: number("OUTBOX_MS", 60 * 1000),
            batch_step_ms: number("BATCH_STEP_MS", 60 * 1000),
            batch_window_ms: number("BATCH_WINDOW_MS", 24 * 60 * 60 * 1000),
            batch_keep_ms: number("BATCH_KEEP_MS", 30 * 24 * 60 * 60 * 1000),
            batch_bytes: number("BATCH_BYTES", 1 << 30),
        }
    }
}
