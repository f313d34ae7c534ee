//! `/moecraft/keys`: making and revoking tenant keys.
//!
//! The operator's admin key does it for any tenant; an owner key for its own.

use futures::StreamExt;
use moecraft_engine::key::{self, KeyError, Scope, TenantKey};
use serde::Deserialize;
use serde_json::json;
use worker::{Env, Method, Request, Response, Url};

use crate::auth;
use crate::config::Config;
use crate::error::ApiError;
use crate::router::{ask, presented};

/// The longest body, bytes.
const MAX_BODY: usize = 4096;
/// How much of a body that is too long is still taken, bytes: a client that is cut off while it sends
/// sees a broken connection in place of the reason.
const DRAINED: usize = 64 << 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewKey {
    #[serde(default)]
    tenant: Option<String>,
    #[serde(default)]
    owner: bool,
}

/// Answers the paths under `/moecraft/keys`; `revoke` is the id in the path of a `DELETE`.
pub async fn handle(
    env: &Env,
    config: &Config,
    mut request: Request,
    revoke: Option<&str>,
) -> Result<Response, ApiError> {
    let url = request.url()?;
    let caller = Caller::of(config, presented(&request, &url)?.as_deref())?;
    if let Some(key_id) = revoke {
        let key_id = key_id.to_ascii_lowercase();
        if !is_key_id(&key_id) {
            return Err(field(
                "key_id",
                "the path must end in a key's id, 16 hexadecimal digits",
            ));
        }
        let key = caller.of_tenant(in_query(&url))?;
        return ask(env, &key, Method::Delete, &format!("/keys/{key_id}"), None).await;
    }
    if request.method() == Method::Get {
        let key = caller.of_tenant(in_query(&url))?;
        return ask(env, &key, Method::Get, "/keys", None).await;
    }
    let body = read_bounded(&mut request, MAX_BODY).await?;
    let new: NewKey = moecraft_wire::from_bytes(&body).map_err(|error| {
        field(
            "body",
            &format!("the body must be {{\"tenant\": \"NAME\", \"owner\": false}}: {error}"),
        )
    })?;
    let key = caller.of_tenant(new.tenant)?;
    // The object knows whether an owner's key was revoked.
    ask(env, &key, Method::Get, "/keys", None).await?;
    let tenant = key.tenant;
    let scope = if new.owner {
        Scope::Owner
    } else {
        Scope::Member
    };
    let mut id = [0; 8];
    getrandom::fill(&mut id).map_err(|error| ApiError::Internal(error.to_string()))?;
    let secret = config
        .key_secrets
        .first()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let now = worker::Date::now().as_millis();
    let text = key::mint(secret, &tenant, scope, now, id).map_err(|error| match error {
        KeyError::Tenant => field("tenant", &error.to_string()),
        other => ApiError::Internal(other.to_string()),
    })?;
    let minted = auth::verify(config, Some(&text))?;
    let answer =
        json!({"key": text, "key_id": minted.key_id, "tenant": minted.tenant, "owner": new.owner});
    Ok(Response::from_json(&answer)?.with_status(201))
}

/// The body, unless it is longer than `limit` bytes. A request without one has an empty one.
///
/// # Errors
/// [`ApiError::TooLarge`].
pub async fn read_bounded(request: &mut Request, limit: usize) -> Result<Vec<u8>, ApiError> {
    let (mut body, mut size) = (Vec::new(), 0);
    if request.inner().body().is_none() {
        return Ok(body);
    }
    let mut stream = request.stream()?;
    while let Some(chunk) = stream.next().await {
        let chunk = chunk?;
        size += chunk.len();
        if size <= limit {
            body.extend_from_slice(&chunk);
        } else if size > DRAINED {
            break;
        }
    }
    match size > limit {
        true => Err(ApiError::TooLarge { limit }),
        false => Ok(body),
    }
}

/// Who administers.
pub enum Caller {
    /// The operator.
    Admin,
    /// An owner of the tenant.
    Owner(TenantKey),
}

impl Caller {
    /// The caller behind a presented key.
    ///
    /// # Errors
    /// [`ApiError::Forbidden`] for a member's key.
    pub fn of(config: &Config, presented: Option<&str>) -> Result<Self, ApiError> {
        if auth::is_admin(config, presented) {
            return Ok(Self::Admin);
        }
        let key = auth::verify(config, presented)?;
        match key.scope {
            Scope::Owner => Ok(Self::Owner(key)),
            Scope::Member => Err(ApiError::Forbidden),
        }
    }

    /// The tenant that is administered, as a key to ask its object with.
    ///
    /// # Errors
    /// [`ApiError::Forbidden`] for a tenant that is not the owner's, [`ApiError::Field`] where the
    /// operator names none.
    pub fn of_tenant(&self, named: Option<String>) -> Result<TenantKey, ApiError> {
        match (self, named) {
            (Self::Owner(key), None) => Ok(key.clone()),
            (Self::Owner(key), Some(tenant)) if tenant == key.tenant => Ok(key.clone()),
            (Self::Owner(_), Some(_)) => Err(ApiError::Forbidden),
            (Self::Admin, Some(tenant)) if key::is_tenant_name(&tenant) => Ok(TenantKey {
                tenant,
                key_id: "admin".to_owned(),
                scope: Scope::Owner,
                issued_at_ms: 0,
            }),
            (Self::Admin, _) => Err(field(
                "tenant",
                "`tenant` must name the tenant: lower-case letters, digits, `.`, `_`, `-`, at most 63",
            )),
        }
    }
}

/// The tenant that the address names.
pub fn in_query(url: &Url) -> Option<String> {
    let pair = url.query_pairs().find(|(name, _)| name == "tenant")?;
    Some(pair.1.into_owned())
}

fn is_key_id(text: &str) -> bool {
    text == "static" || (text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// A field that cannot be used.
pub fn field(name: &str, message: &str) -> ApiError {
    ApiError::Field {
        field: name.to_owned(),
        message: message.to_owned(),
    }
}
