//! `POST /moecraft/policies/evaluate`: what another way of choosing would have come to.

use moecraft_engine::key::TenantKey;
use moecraft_engine::router::{MAX_LAMBDA, Proposal};
use worker::{Env, Method, Request, Response};

use crate::error::ApiError;
use crate::keys::{field, read_bounded};
use crate::router::tell;
use crate::routing::models;
use crate::setting;

/// The longest proposal, bytes.
const MAX_BODY: usize = 64 << 10;

/// Has the tenant's object judge a proposal by the tenant's history.
///
/// # Errors
/// [`ApiError::Field`] for what cannot be used.
pub async fn post(env: &Env, key: &TenantKey, mut request: Request) -> Result<Response, ApiError> {
    let body = read_bounded(&mut request, MAX_BODY).await?;
    let proposal = read(&body)?;
    let text =
        serde_json::to_string(&proposal).map_err(|error| ApiError::Internal(error.to_string()))?;
    tell(env, key, Method::Post, "/evaluate", &text).await
}

fn read(body: &[u8]) -> Result<Proposal, ApiError> {
    let proposal: Proposal = setting::read(body, "proposal")?;
    models("allow", &proposal.allow)?;
    models("deny", &proposal.deny)?;
    let lambda = proposal.lambda.unwrap_or(0.0);
    match (0.0..=MAX_LAMBDA).contains(&lambda) {
        true => Ok(proposal),
        false => Err(field(
            "lambda",
            &format!(
                "`lambda` must be a number from 0 to {MAX_LAMBDA}: what the cost of the dearest candidate weighs"
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_used_is_named() {
        for (body, param) in [
            (r#"{"lambda":-1}"#, "lambda"),
            (r#"{"lambda":1e9}"#, "lambda"),
            (r#"{"lamda":1}"#, "lamda"),
            (r#"{"deny":["x"]}"#, "deny[0]"),
            ("[]", "body"),
        ] {
            let error = read(body.as_bytes()).expect_err(body);
            assert_eq!(error.param(), Some(param), "{body}");
        }
        assert_eq!(read(b"{}").unwrap(), Proposal::default());
        assert_eq!(read(br#"{"lambda":0.5}"#).unwrap().lambda, Some(0.5));
    }
}
