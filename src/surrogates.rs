//! `/moecraft/surrogates`: the stored answers in figures, and forgetting some of them.

use worker::{Env, Method, Request, Response};

use crate::config::Config;
use crate::error::ApiError;
use crate::keys::{Caller, in_query};
use crate::router::{ask, presented};

/// Forgets stored answers: all, or those that the query's `key`, `model` and `older_than` mean.
///
/// # Errors
/// [`ApiError::Forbidden`] for a member's key, [`ApiError::Field`] for a condition that cannot be used.
pub async fn purge(env: &Env, config: &Config, request: Request) -> Result<Response, ApiError> {
    let url = request.url()?;
    let caller = Caller::of(config, presented(&request, &url)?.as_deref())?;
    let key = caller.of_tenant(in_query(&url))?;
    ask(env, &key, Method::Delete, "/surrogates", url.query()).await
}
