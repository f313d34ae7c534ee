//! `/moecraft/learning`: what the router has learnt of a tenant, to be kept, moved or forgotten.
//!
//! Any key of the tenant may see it. Changing it takes an owner key or the operator's.

use moecraft_engine::router::{CLASSES, Stored};
use serde::Deserialize;
use serde::de::IgnoredAny;
use worker::{Env, Method, Request, Response};

use crate::config::Config;
use crate::error::ApiError;
use crate::keys::{Caller, in_query, read_bounded};
use crate::router::{ask, presented, tell};
use crate::setting::{self, bounded};

/// The longest import, bytes.
const MAX_BODY: usize = 64 << 10;

/// What an export holds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Export {
    classes: Vec<Stored>,
    /// The changes that were found: they are history, and are not taken over.
    #[serde(default, rename = "drifts")]
    _drifts: IgnoredAny,
}

/// Puts an export in the place of what was learnt, or forgets it.
///
/// # Errors
/// [`ApiError::Field`] for what cannot be used, [`ApiError::Forbidden`] for a member's key.
pub async fn change(
    env: &Env,
    config: &Config,
    mut request: Request,
) -> Result<Response, ApiError> {
    let url = request.url()?;
    let caller = Caller::of(config, presented(&request, &url)?.as_deref())?;
    let key = caller.of_tenant(in_query(&url))?;
    if request.method() == Method::Delete {
        return ask(env, &key, Method::Delete, "/learning", None).await;
    }
    let body = read_bounded(&mut request, MAX_BODY).await?;
    let Export { classes, .. } = setting::read(&body, "export")?;
    bounded("classes", classes.len(), CLASSES.len())?;
    let text =
        serde_json::to_string(&classes).map_err(|error| ApiError::Internal(error.to_string()))?;
    tell(env, &key, Method::Put, "/learning", &text).await
}
