//! `POST /v1/messages/count_tokens`: a provider's true count, or 404.
//!
//! Clients that plan by the count (when to shorten a conversation) go on with an estimate of their
//! own after a 404; a made-up figure would mislead them.

use std::rc::Rc;

use moecraft_catalog::{Trust, catalog};
use moecraft_engine::admission::{AuditEvent, Block, BlockedPlace, Snapshot};
use moecraft_engine::guard::{Access, Recipient};
use moecraft_engine::key::TenantKey;
use moecraft_engine::router::{Target as Wanted, least};
use moecraft_wire::{Dialect, Members, anthropic};
use worker::{Env, Fetch, Headers, Method, Request, RequestInit, RequestRedirect, Response};

use crate::beside::trust_of;
use crate::config::{Config, Endpoint};
use crate::dispatch::messages_headers;
use crate::egress::Cleared;
use crate::error::ApiError;
use crate::guard::{Inspected, Terms};
use crate::keys::read_bounded;
use crate::planning::is_reserved;
use crate::reply::request_id;
use crate::router::tell;

/// The longest body that is counted, bytes.
const MAX_BODY: usize = 32 << 20;
/// The most upstreams asked for one count.
const MAX_ASKED: usize = 3;

/// Who asks, and how the tenant's object is told of a request that was stopped.
#[derive(Clone, Copy)]
pub struct Caller<'c> {
    /// The Worker's bindings.
    pub env: &'c Env,
    /// The tenant's key.
    pub key: &'c TenantKey,
}

/// Counts a prompt's tokens where they can be counted truly.
///
/// # Errors
/// [`ApiError::Wire`] for a body that cannot be read, [`ApiError::Uncounted`] where no provider that
/// counts serves the model.
pub async fn count(
    mut request: Request,
    config: &Config,
    caller: Caller<'_>,
    snapshot: Snapshot,
) -> Result<Response, ApiError> {
    let now = worker::Date::now().as_millis();
    let body = read_bounded(&mut request, MAX_BODY).await?;
    let model = anthropic::read_count_request(&body)?.model.into_owned();
    let Place {
        provider,
        name,
        model: id,
        trust,
    } = place(&model).ok_or_else(|| ApiError::Uncounted(short(&model)))?;
    let snapshot = Rc::new(snapshot);
    let inspected = Inspected::of(body, snapshot.clone(), Terms::default());
    let recipient = Recipient {
        model: &id,
        trust,
        local: false,
    };
    // A count of what the model will not be sent, or only masked, is none.
    let cleared = Cleared::of(&inspected, &recipient, |body| Ok(Some(named(body, &name))));
    let uncounted = || ApiError::Uncounted(short(&model));
    let Some(cleared) = cleared.ok().filter(|cleared| cleared.table().is_none()) else {
        let block = Block {
            id: request_id(now)?,
            at: now,
            key_id: caller.key.key_id.clone(),
            snapshot: None,
            note: inspected.note(AuditEvent::Block, Some(&id)),
        };
        let block =
            serde_json::to_string(&block).map_err(|error| ApiError::Internal(error.to_string()))?;
        tell(caller.env, caller.key, Method::Post, "/blocks", &block).await?;
        return Err(uncounted());
    };
    let headers = request.headers();
    let heard = ["anthropic-version", "anthropic-beta"];
    let client = heard
        .iter()
        .filter(|_| inspected.clearance().trusts(&recipient))
        .filter_map(|name| Some(((*name).to_owned(), headers.get(name).ok()??)))
        .collect();
    let awake = |endpoint: &&Endpoint| {
        let mut places = snapshot.health.iter();
        !places.any(|place| rests(place, endpoint, now))
    };
    let sees = |endpoint: &&Endpoint| {
        let recipient = Recipient {
            trust: least(trust, inspected.trust_at(endpoint)),
            ..recipient
        };
        inspected.clearance().access(&recipient) == Access::Whole
    };
    let counting = config
        .endpoints(&provider)
        .filter(sees)
        .filter(|endpoint| endpoint.dialects.contains(&Dialect::Messages))
        .filter(awake)
        .take(MAX_ASKED);
    for endpoint in counting {
        let answer = ask(endpoint, messages_headers(endpoint, &client), &cleared).await;
        if let Ok(mut answer) = answer
            && answer.status_code() == 200
        {
            // Its headers are the provider's business with the gateway.
            let count = answer.bytes().await?;
            let response = Response::from_bytes(count)?;
            response.headers().set("content-type", "application/json")?;
            let tier = inspected.tier().number().to_string();
            response.headers().set("x-moecraft-tier", &tier)?;
            return Ok(response);
        }
    }
    Err(ApiError::Uncounted(short(&model)))
}

fn short(model: &str) -> String {
    model.chars().take(100).collect()
}

/// Where a model's tokens are counted.
struct Place {
    /// The provider whose endpoint is asked.
    provider: String,
    /// The name it knows the model by.
    name: String,
    /// The model's catalogue id, or `upstream/<name>`.
    model: String,
    trust: Trust,
}

/// Where to ask; none where the router will choose the model, because each counts in its own way.
fn place(model: &str) -> Option<Place> {
    // A prompt for the tenant's own machine is for no provider's eyes.
    if is_reserved(model) {
        return None;
    }
    let known = match Wanted::resolve(model, catalog()) {
        Ok(Wanted::Auto | Wanted::Mode(_)) => return None,
        Ok(Wanted::Model(id) | Wanted::Preferred(id)) => catalog().model(&id),
        Err(_) => None,
    };
    Some(match known {
        None => Place {
            provider: String::new(),
            name: model.to_owned(),
            model: format!("upstream/{model}"),
            trust: trust_of(model),
        },
        Some(known) => Place {
            provider: known.provider.clone(),
            name: known.upstream_name.clone(),
            model: known.id.clone(),
            trust: known.trust,
        },
    })
}

fn rests(place: &BlockedPlace, endpoint: &Endpoint, now: u64) -> bool {
    place.provider == endpoint.provider && place.model.is_none() && place.until_ms > now
}

fn named(body: &[u8], name: &str) -> Vec<u8> {
    match Members::of(body) {
        Some(mut members) => {
            members.set("model", &name);
            members.to_bytes()
        }
        None => body.to_vec(),
    }
}

async fn ask(
    endpoint: &Endpoint,
    headers: Vec<String>,
    cleared: &Cleared,
) -> worker::Result<Response> {
    let sent = Headers::new();
    for pair in headers.chunks_exact(2) {
        sent.set(&pair[0], &pair[1])?;
    }
    let body = cleared.written().map(js_sys::Uint8Array::from);
    let mut init = RequestInit::new();
    init.with_method(Method::Post)
        .with_headers(sent)
        // Wherever a redirect leads, nobody has cleared the body for that place.
        .with_redirect(RequestRedirect::Manual)
        .with_body(body.map(Into::into));
    let url = format!("{}/messages/count_tokens", endpoint.base_url);
    Fetch::Request(Request::new_with_init(&url, &init)?)
        .send()
        .await
}
