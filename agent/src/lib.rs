//! `moecraft-agent`: joins the model servers of one's own machine to MOECraft.
//!
//! The agent dials out and keeps one WebSocket open ([`link`]); on it the tenant's object opens streams,
//! each a request for a model that the agent has registered ([`session`]); the agent alone knows which
//! server on the loopback has that model ([`discovery`]) and moves the answer back ([`upstream`]). What an untrusted
//! model must not be given stays here, whatever the service has let pass ([`guard`]); the same rules look
//! over files ([`scan`]).
#![deny(missing_docs)]

pub mod address;
pub mod discovery;
mod guard;
pub mod identity;
pub mod link;
pub mod scan;
mod session;
mod upstream;

use std::time::Duration;

/// An HTTP client for model servers: never through a proxy, never after a redirect, so that a request
/// reaches the address it was meant for and no other. Connections are not kept: llama.cpp announces
/// keep-alive and closes after a streamed answer, which loses the next request on a kept one.
///
/// # Errors
/// The client cannot be set up.
pub fn http_client() -> reqwest::Result<reqwest::Client> {
    /// A server on the loopback answers a connect at once or is not there.
    const CONNECT: Duration = Duration::from_secs(2);
    /// Longer than any deadline of the object, which cancels; this is for an object that forgot.
    const SILENCE: Duration = Duration::from_secs(900);
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .pool_max_idle_per_host(0)
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE)
        .build()
}
