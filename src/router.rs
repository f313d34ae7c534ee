//! Every path but the model calls: finds the handler, checks who asks, and passes on to the
//! tenant's object what is the object's to answer.
//!
//! | path | who | what |
//! |---|---|---|
//! | `GET /healthz` | anyone | the Worker runs and its settings can be used |
//! | `GET /v1/models`, `/v1/models/{id}` | tenant key | what can be asked for |
//! | `POST /v1/messages/count_tokens` | tenant key | a provider's own count, or 404 |
//! | `POST /v1/classify` | tenant key | what the data-flow guard finds in a text |
//! | `POST /v1/route` | tenant key | what would be decided about a request |
//! | `POST /v1/feedback` | tenant key | a word on an answer |
//! | a model call with `x-moecraft-deadline` and `prefer: respond-async` | tenant key | 202 and a batch |
//! | `/v1/files`, `/v1/batches`, `/v1/messages/batches` and below | tenant key | batches (`src/batches/http.rs`) |
//! | `GET /moecraft/metrics/cost`, `/metrics/performance`, `/routing/history` | tenant key | figures |
//! | `GET /moecraft/stream` | tenant key | WebSocket: `cost_update`, `provider_health`, `guard_block`, `feedback` |
//! | `GET /moecraft/agent` | tenant key | WebSocket: where an agent dials in |
//! | `GET /moecraft/guard` | tenant key | what the tenant has set for the guard |
//! | `PUT /moecraft/guard`, `GET /moecraft/audit` | admin or owner key | setting it; what the guard did |
//! | `GET /moecraft/routing` | tenant key | what the tenant has set for the router |
//! | `POST /moecraft/policies/evaluate` | tenant key | what another way of choosing would have come to |
//! | `PUT /moecraft/routing` | admin or owner key | setting it |
//! | `GET /moecraft/learning` | tenant key | what the router has learnt |
//! | `PUT, DELETE /moecraft/learning` | admin or owner key | putting an export in its place; forgetting it |
//! | `GET /moecraft/surrogates` | tenant key | the stored answers, in figures |
//! | `DELETE /moecraft/surrogates` | admin or owner key | forgetting them, or some |
//! | `GET, POST /moecraft/keys`, `DELETE /moecraft/keys/{id}` | admin or owner key | keys |

use moecraft_engine::admission::Snapshot;
use moecraft_engine::key::TenantKey;
use moecraft_wire::Dialect;
use serde_json::json;
use worker::{Env, Headers, Method, Request, RequestInit, Response, Result, Stub, Url};

use crate::auth;
use crate::batches::deferred;
use crate::batches::http::Way;
use crate::config::{self, Config};
use crate::error::ApiError;
use crate::{
    batches, classify, count, evaluate, feedback, keys, learning, models, policy, reply, route,
    routing, surrogates,
};

/// What a handler gives: an answer, or an error of the one table.
type Handled = std::result::Result<Response, ApiError>;

impl From<worker::Error> for ApiError {
    fn from(error: worker::Error) -> Self {
        Self::Internal(error.to_string())
    }
}

/// Answers a request; errors become bodies in the asking client's form.
pub async fn route(request: Request, env: &Env) -> Result<Response> {
    let dialect = dialect(&request)?;
    match handle(request, env).await {
        Ok(response) => Ok(response),
        Err(error) => refuse(&error, dialect),
    }
}

/// The dialect of a client that makes no model call: Anthropic's clients name its API's version.
fn dialect(request: &Request) -> Result<Dialect> {
    let messages =
        request.headers().has("anthropic-version")? || request.path().starts_with("/v1/messages");
    Ok(match messages {
        true => Dialect::Messages,
        false => Dialect::Chat,
    })
}

/// An error as a response.
fn refuse(error: &ApiError, dialect: Dialect) -> Result<Response> {
    let id = reply::request_id(worker::Date::now().as_millis()).unwrap_or_default();
    let headers = Headers::new();
    headers.set("x-moecraft-request-id", &id)?;
    headers.set("content-type", "application/json")?;
    headers.set("x-moecraft-error", error.label())?;
    if let ApiError::Method { allow, .. } = error {
        headers.set("allow", allow)?;
    }
    Ok(Response::from_bytes(error.body(dialect, &id).into_bytes())?
        .with_status(error.status())
        .with_headers(headers))
}

async fn handle(request: Request, env: &Env) -> Handled {
    let url = request.url()?;
    let path = url.path().to_owned();
    let config = config::current();
    if path == "/healthz" {
        config?;
        return Ok(Response::from_json(&json!({"status": "ok"}))?);
    }
    let (config, method) = (config?, request.method());
    match (path.as_str(), &method) {
        ("/v1/models", Method::Get) => {
            let snapshot = snapshot(env, &config, &request, &url).await?;
            let now = worker::Date::now().as_millis();
            Ok(Response::from_json(&models::list(&config, &snapshot, now))?)
        }
        ("/v1/messages/count_tokens", Method::Post) => {
            let snapshot = snapshot(env, &config, &request, &url).await?;
            let key = &tenant_key(&config, &request, &url)?;
            count::count(request, &config, count::Caller { env, key }, snapshot).await
        }
        ("/v1/classify", Method::Post) => {
            let snapshot = snapshot(env, &config, &request, &url).await?;
            classify::classify(request, &snapshot).await
        }
        ("/v1/route", Method::Post) => {
            let snapshot = snapshot(env, &config, &request, &url).await?;
            let key = tenant_key(&config, &request, &url)?;
            route::route(request, &config, &key, snapshot).await
        }
        ("/v1/feedback", Method::Post) => {
            let key = tenant_key(&config, &request, &url)?;
            feedback::post(env, &key, request).await
        }
        ("/moecraft/routing", Method::Get) => {
            object(env, &config, &request, &url, "/routing").await
        }
        ("/moecraft/learning", Method::Get) => {
            object(env, &config, &request, &url, "/learning").await
        }
        ("/moecraft/learning", Method::Put | Method::Delete) => {
            learning::change(env, &config, request).await
        }
        ("/moecraft/surrogates", Method::Get) => {
            object(env, &config, &request, &url, "/surrogates").await
        }
        ("/moecraft/surrogates", Method::Delete) => surrogates::purge(env, &config, request).await,
        ("/moecraft/policies/evaluate", Method::Post) => {
            let key = tenant_key(&config, &request, &url)?;
            evaluate::post(env, &key, request).await
        }
        ("/moecraft/routing", Method::Put) => routing::put(env, &config, request).await,
        ("/moecraft/guard", Method::Get) => object(env, &config, &request, &url, "/guard").await,
        ("/moecraft/guard", Method::Put) => policy::put(env, &config, request).await,
        ("/moecraft/audit", Method::Get) => policy::audit(env, &config, &request).await,
        ("/moecraft/metrics/cost", Method::Get) => {
            object(env, &config, &request, &url, "/metrics/cost").await
        }
        ("/moecraft/metrics/performance", Method::Get) => {
            object(env, &config, &request, &url, "/metrics/performance").await
        }
        ("/moecraft/routing/history", Method::Get) => {
            object(env, &config, &request, &url, "/history").await
        }
        ("/moecraft/stream", Method::Get) => socket(env, &config, request, &url, "/stream").await,
        ("/moecraft/agent", Method::Get) => socket(env, &config, request, &url, "/agent").await,
        ("/moecraft/keys", Method::Get | Method::Post) => {
            keys::handle(env, &config, request, None).await
        }
        (path, Method::Get) if path.starts_with("/v1/models/") => {
            let snapshot = snapshot(env, &config, &request, &url).await?;
            let now = worker::Date::now().as_millis();
            let id = path.trim_start_matches("/v1/models/");
            let model = models::one(&config, &snapshot, now, id)?;
            Ok(Response::from_json(&model)?)
        }
        (path, Method::Delete) if path.starts_with("/moecraft/keys/") => {
            let key_id = path.trim_start_matches("/moecraft/keys/").to_owned();
            keys::handle(env, &config, request, Some(&key_id)).await
        }
        (path, Method::Post) if deferred::door(path).is_some() => {
            let key = tenant_key(&config, &request, &url)?;
            deferred::post(env, &key, request, &url).await
        }
        (path, method) => match Way::of(path) {
            Some(way) if way.has(method) => {
                let key = tenant_key(&config, &request, &url)?;
                batches::http::handle(env, &key, request, &url, &way).await
            }
            _ => Err(no_route(path, method)),
        },
    }
}

/// Tells a wrong method from a wrong path.
fn no_route(path: &str, method: &Method) -> ApiError {
    let allow = match path {
        "/v1/chat/completions"
        | "/v1/responses"
        | "/v1/messages"
        | "/v1/messages/count_tokens"
        | "/v1/classify"
        | "/v1/route"
        | "/v1/feedback"
        | "/moecraft/policies/evaluate"
        | "/v1/embeddings" => "POST",
        "/moecraft/keys" => "GET, POST",
        "/moecraft/learning" => "GET, PUT, DELETE",
        "/moecraft/guard" | "/moecraft/routing" => "GET, PUT",
        "/moecraft/surrogates" => "GET, DELETE",
        "/v1/models"
        | "/moecraft/metrics/cost"
        | "/moecraft/metrics/performance"
        | "/moecraft/routing/history"
        | "/moecraft/audit"
        | "/moecraft/stream"
        | "/moecraft/agent" => "GET",
        path if path.starts_with("/v1/models/") => "GET",
        path if path.starts_with("/moecraft/keys/") => "DELETE",
        path => match Way::of(path) {
            Some(way) => way.allow,
            None => return ApiError::NotFound(path.to_owned()),
        },
    };
    ApiError::Method {
        allow,
        method: method.to_string(),
    }
}

/// The presented key, from a header; a WebSocket may carry it as `?key=`, because browsers cannot
/// set headers on one.
pub fn presented(request: &Request, url: &Url) -> Result<Option<String>> {
    let headers = request.headers();
    let (authorization, api_key) = (headers.get("authorization")?, headers.get("x-api-key")?);
    let header = auth::bearer(authorization.as_deref(), api_key.as_deref()).map(str::to_owned);
    if header.is_some() || headers.get("upgrade")?.is_none() {
        return Ok(header);
    }
    let query = url.query_pairs().find(|(name, _)| name == "key");
    Ok(query.map(|(_, key)| key.into_owned()))
}

fn tenant_key(
    config: &Config,
    request: &Request,
    url: &Url,
) -> std::result::Result<TenantKey, ApiError> {
    auth::verify(config, presented(request, url)?.as_deref())
}

/// The object of a tenant. The name comes from a verified key or the operator, never from a path.
fn stub(env: &Env, tenant: &str) -> Result<Stub> {
    env.durable_object("ORCHESTRATOR")?
        .id_from_name(tenant)?
        .get_stub()
}

/// Asks a tenant's object, in the name of a key.
pub async fn ask(
    env: &Env,
    key: &TenantKey,
    method: Method,
    path: &str,
    query: Option<&str>,
) -> std::result::Result<Response, ApiError> {
    let mut init = RequestInit::new();
    init.with_method(method);
    let query = query.map_or_else(String::new, |query| format!("?{query}"));
    let request = Request::new_with_init(&format!("https://orchestrator{path}{query}"), &init)?;
    let answer = call(env, key, request).await?;
    Ok(answer)
}

/// Tells a tenant's object something, as JSON, in the name of a key.
///
/// # Errors
/// As [`ask`].
pub async fn tell(
    env: &Env,
    key: &TenantKey,
    method: Method,
    path: &str,
    json: &str,
) -> std::result::Result<Response, ApiError> {
    let mut init = RequestInit::new();
    init.with_method(method).with_body(Some(json.into()));
    let request = Request::new_with_init(&format!("https://orchestrator{path}"), &init)?;
    call(env, key, request).await
}

/// Sends a tenant's object a request, in the name of a key.
///
/// # Errors
/// As [`ask`].
pub async fn call(
    env: &Env,
    key: &TenantKey,
    request: Request,
) -> std::result::Result<Response, ApiError> {
    let request = request.clone_mut()?;
    request
        .headers()
        .set(moecraft_durable::KEY_ID_HEADER, &key.key_id)?;
    let mut answer = stub(env, &key.tenant)?.fetch_with_request(request).await?;
    match answer.status_code() {
        401 => Err(ApiError::Revoked),
        400 => {
            let bad: BadField = answer.json().await?;
            Err(ApiError::Field {
                field: bad.field,
                message: bad.message,
            })
        }
        _ => Ok(answer),
    }
}

#[derive(serde::Deserialize)]
struct BadField {
    field: String,
    message: String,
}

/// The policy of the tenant whose key the request carries.
async fn snapshot(
    env: &Env,
    config: &Config,
    request: &Request,
    url: &Url,
) -> std::result::Result<Snapshot, ApiError> {
    let key = tenant_key(config, request, url)?;
    let mut answer = ask(env, &key, Method::Get, "/snapshot", None).await?;
    Ok(answer.json().await?)
}

async fn object(env: &Env, config: &Config, request: &Request, url: &Url, path: &str) -> Handled {
    let key = tenant_key(config, request, url)?;
    ask(env, &key, Method::Get, path, url.query()).await
}

async fn socket(env: &Env, config: &Config, request: Request, url: &Url, path: &str) -> Handled {
    let key = tenant_key(config, &request, url)?;
    if request.headers().get("upgrade")?.is_none() {
        return Err(ApiError::Field {
            field: "upgrade".into(),
            message: "this path is a WebSocket: connect with the header `Upgrade: websocket`"
                .into(),
        });
    }
    // All but the key, which has done its work and must not turn up in a trace.
    let mut target = Url::parse(&format!("https://orchestrator{path}"))
        .map_err(|error| ApiError::Internal(error.to_string()))?;
    let rest = url.query_pairs().filter(|(name, _)| name != "key");
    target.query_pairs_mut().extend_pairs(rest);
    let mut init = RequestInit::new();
    init.with_headers(request.headers().clone());
    call(env, &key, Request::new_with_init(target.as_str(), &init)?).await
}
