//! `/moecraft/routing`: what a tenant sets for the router.
//!
//! Any key of the tenant may see it. Setting it takes an owner key or the operator's.

use moecraft_catalog::catalog;
use moecraft_engine::guard::Policy;
use moecraft_engine::router::{LOCAL_PREFIX, MAX_EXPLORE, MAX_FALSE_HITS, MAX_MODELS, Settings};
use worker::{Env, Method, Request, Response};

use crate::config::Config;
use crate::error::ApiError;
use crate::keys::{Caller, field, in_query, read_bounded};
use crate::router::{presented, tell};
use crate::setting::{self, bounded, filled, untelling};

/// The longest settings, bytes.
const MAX_BODY: usize = 64 << 10;
/// The longest name of a model, bytes.
const MAX_NAME: usize = 200;

/// Sets them.
///
/// # Errors
/// [`ApiError::Field`] for what cannot be used, [`ApiError::Forbidden`] for a member's key.
pub async fn put(env: &Env, config: &Config, mut request: Request) -> Result<Response, ApiError> {
    let url = request.url()?;
    let caller = Caller::of(config, presented(&request, &url)?.as_deref())?;
    let key = caller.of_tenant(in_query(&url))?;
    let body = read_bounded(&mut request, MAX_BODY).await?;
    let settings = read(&body)?;
    let text =
        serde_json::to_string(&settings).map_err(|error| ApiError::Internal(error.to_string()))?;
    tell(env, &key, Method::Put, "/routing", &text).await
}

/// Reads and checks settings.
fn read(body: &[u8]) -> Result<Settings, ApiError> {
    let settings: Settings = setting::read(body, "routing settings")?;
    models("allow", &settings.allow)?;
    models("deny", &settings.deny)?;
    if !(0.0..=MAX_EXPLORE).contains(&settings.explore) {
        let range = format!("`explore` must be true, false, or a share from 0 to {MAX_EXPLORE}");
        return Err(field("explore", &range));
    }
    if !(0.0..=MAX_FALSE_HITS).contains(&settings.false_hits) {
        let range = format!("`false_hits` must be a share from 0 to {MAX_FALSE_HITS}");
        return Err(field("false_hits", &range));
    }
    let told =
        serde_json::to_string(&settings).map_err(|error| ApiError::Internal(error.to_string()))?;
    untelling(&told, &Policy::default())?;
    Ok(settings)
}

/// Checks a list of models: an entry that means nothing would be taken for a rule that holds.
pub fn models(name: &str, list: &[String]) -> Result<(), ApiError> {
    bounded(name, list.len(), MAX_MODELS)?;
    for (index, entry) in list.iter().enumerate() {
        let place = format!("{name}[{index}]");
        filled(&place, entry, MAX_NAME)?;
        if !is_known(entry) {
            let remedy = format!(
                "`{place}` means no model: take an id of GET /v1/models, `local/NAME`, or `PROVIDER/*`"
            );
            return Err(field(&place, &remedy));
        }
    }
    Ok(())
}

fn is_known(entry: &str) -> bool {
    let provider = entry.strip_suffix("/*");
    catalog().model(entry).is_some()
        || entry.starts_with(LOCAL_PREFIX)
        || provider.is_some_and(|provider| catalog().provider(provider).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::access_key;
    use serde_json::json;

    #[test]
    fn settings_are_read_with_their_defaults() {
        assert_eq!(read(b"{}").unwrap(), Settings::USUAL);
        let body = json!({"mode": "efficiency", "allow": ["openai/*", "local/*", "openai/gpt-4o"],
            "deny": ["local/qwen/7b"], "explore": 0.05});
        let settings = read(body.to_string().as_bytes()).unwrap();
        assert_eq!((settings.allow.len(), settings.explore), (3, 0.05));
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let at_fault = |body: serde_json::Value| {
            let error = read(body.to_string().as_bytes()).expect_err("no settings");
            error.param().expect("a field").to_owned()
        };
        assert_eq!(at_fault(json!({"mod": "balanced"})), "mod");
        assert_eq!(at_fault(json!({"mode": "cheap"})), "body");
        assert_eq!(at_fault(json!([])), "body");
        assert_eq!(at_fault(json!({"explore": 0.3})), "explore");
        assert_eq!(at_fault(json!({"explore": -0.1})), "explore");
        assert_eq!(at_fault(json!({"false_hits": 0.1})), "false_hits");
        assert_eq!(
            at_fault(json!({"allow": ["openai/gpt-4o", "gpt-4o"]})),
            "allow[1]"
        );
        assert_eq!(at_fault(json!({"deny": ["nobody/*"]})), "deny[0]");
        assert_eq!(at_fault(json!({"deny": [" "]})), "deny[0]");
        assert_eq!(at_fault(json!({"deny": vec!["openai/*"; 201]})), "deny");
        let key = access_key();
        assert_eq!(
            at_fault(json!({"deny": [format!("local/{key}")]})),
            "deny[0]"
        );
    }
}
