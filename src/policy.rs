//! `/moecraft/guard` and `/moecraft/audit`: what a tenant sets for the data-flow guard, and what the
//! guard did.
//!
//! Any key of the tenant may see the policy. Setting it, and reading the audit, takes an owner key or
//! the operator's: the audit tells whose requests were stopped.

use moecraft_engine::guard::{MAX_MODELS, MAX_TERM, MAX_TERMS, Policy};
use worker::{Env, Method, Request, Response};

use crate::config::Config;
use crate::error::ApiError;
use crate::keys::{Caller, in_query, read_bounded};
use crate::router::{ask, presented, tell};
use crate::setting::{self, bounded, filled, untelling};

/// The longest policy, bytes.
const MAX_BODY: usize = 64 << 10;
/// The longest name of a model, bytes.
const MAX_NAME: usize = 200;
/// The longest reason, bytes.
const MAX_REASON: usize = 500;

/// Sets the policy.
///
/// # Errors
/// [`ApiError::Field`] for what cannot be used, [`ApiError::Forbidden`] for a member's key.
pub async fn put(env: &Env, config: &Config, mut request: Request) -> Result<Response, ApiError> {
    let url = request.url()?;
    let caller = Caller::of(config, presented(&request, &url)?.as_deref())?;
    let key = caller.of_tenant(in_query(&url))?;
    let body = read_bounded(&mut request, MAX_BODY).await?;
    let policy = read(&body)?;
    let text =
        serde_json::to_string(&policy).map_err(|error| ApiError::Internal(error.to_string()))?;
    tell(env, &key, Method::Put, "/guard", &text).await
}

/// A page of the audit.
///
/// # Errors
/// [`ApiError::Field`] for a parameter that there is not, [`ApiError::Forbidden`] for a member's key.
pub async fn audit(env: &Env, config: &Config, request: &Request) -> Result<Response, ApiError> {
    let url = request.url()?;
    let caller = Caller::of(config, presented(request, &url)?.as_deref())?;
    let key = caller.of_tenant(in_query(&url))?;
    let rest = url.query_pairs().filter(|(name, _)| name != "tenant");
    let mut query = url.clone();
    query.query_pairs_mut().clear().extend_pairs(rest);
    let query = query.query().filter(|query| !query.is_empty());
    ask(env, &key, Method::Get, "/audit", query).await
}

/// Reads and checks a policy.
fn read(body: &[u8]) -> Result<Policy, ApiError> {
    let policy: Policy = setting::read(body, "policy")?;
    let lexicon = &policy.lexicon;
    let lists = [
        ("distrusted", &policy.distrusted, MAX_MODELS, MAX_NAME),
        (
            "lexicon.confidential",
            &lexicon.confidential,
            MAX_TERMS,
            MAX_TERM,
        ),
        (
            "lexicon.restricted",
            &lexicon.restricted,
            MAX_TERMS,
            MAX_TERM,
        ),
        ("lexicon.domains", &lexicon.domains, MAX_TERMS, MAX_TERM),
    ];
    for (name, list, most, longest) in lists {
        bounded(name, list.len(), most)?;
        for (index, entry) in list.iter().enumerate() {
            filled(&format!("{name}[{index}]"), entry, longest)?;
        }
    }
    bounded("overrides", policy.overrides.len(), MAX_MODELS)?;
    for (index, leave) in policy.overrides.iter().enumerate() {
        filled(&format!("overrides[{index}].model"), &leave.model, MAX_NAME)?;
        let place = format!("overrides[{index}].reason");
        filled(&place, &leave.reason, MAX_REASON)?;
    }
    untelling(&moecraft_durable::outline(&policy).to_string(), &policy)?;
    Ok(policy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::access_key;
    use serde_json::json;

    fn at_fault(body: &str) -> String {
        let error = read(body.as_bytes()).expect_err(body);
        error.param().expect("a field").to_owned()
    }

    #[test]
    fn a_policy_is_read_with_its_defaults() {
        assert_eq!(read(b"{}").unwrap(), Policy::default());
        assert!(read(br#"{"strict":true}"#).unwrap().strict);
        let policy = read(br#"{"prohibited":"sanitise","lexicon":{"domains":["corp.example"]}}"#);
        assert_eq!(policy.unwrap().lexicon.domains, ["corp.example"]);
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        assert_eq!(at_fault(r#"{"stict":true}"#), "stict");
        assert_eq!(at_fault(r#"{"overrides":[{"model":"a/b"}]}"#), "reason");
        assert_eq!(at_fault(r#"{"prohibited":"allow"}"#), "body");
        assert_eq!(at_fault("[]"), "body");
        assert_eq!(at_fault("{"), "body");
        let blank = r#"{"overrides":[{"model":"a/b","reason":" "}]}"#;
        assert_eq!(at_fault(blank), "overrides[0].reason");
        assert_eq!(
            at_fault(r#"{"lexicon":{"confidential":[""]}}"#),
            "lexicon.confidential[0]"
        );
        let many = json!({"distrusted": vec!["a/b"; MAX_MODELS + 1]}).to_string();
        assert_eq!(at_fault(&many), "distrusted");
        let long = json!({"lexicon": {"restricted": ["x".repeat(MAX_TERM + 1)]}}).to_string();
        assert_eq!(at_fault(&long), "lexicon.restricted[0]");
    }

    #[test]
    fn what_the_audit_is_told_holds_nothing_that_the_new_policy_protects() {
        let key = access_key();
        let distrusted = json!({"distrusted": ["a/b", key]}).to_string();
        assert_eq!(at_fault(&distrusted), "distrusted[1]");
        let told = |reason: &str| {
            let leave = json!({"model": "moonshot/kimi-k3", "reason": reason});
            json!({"overrides": [leave], "lexicon": {"confidential": ["bluebird"]}}).to_string()
        };
        assert_eq!(
            at_fault(&told(&format!("see {key}"))),
            "overrides[0].reason"
        );
        assert_eq!(at_fault(&told("for bluebird")), "overrides[0].reason");
        assert!(read(told("contract of 2026").as_bytes()).is_ok());
    }
}
