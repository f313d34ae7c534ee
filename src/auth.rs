//! Who is asking: tenant keys that verify themselves, without any look-up.
//!
//! A key that is wrong, foreign or cut never reaches an object. Whether a good key was revoked is
//! the object's to say, at admission.

use moecraft_engine::key::{self, Scope, TenantKey};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::config::Config;
use crate::error::ApiError;

/// The tenant of the static key.
const STATIC_TENANT: &str = "default";

/// The key a request carries, from either header that clients use.
pub fn bearer<'a>(authorization: Option<&'a str>, api_key: Option<&'a str>) -> Option<&'a str> {
    let bearer = authorization.and_then(|value| {
        let (scheme, key) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
    });
    bearer.or(api_key).filter(|key| !key.is_empty())
}

/// The tenant key behind a presented key.
///
/// # Errors
/// [`ApiError::Unauthorized`], whatever is wrong with it: the answer tells a guesser nothing.
pub fn verify(config: &Config, presented: Option<&str>) -> Result<TenantKey, ApiError> {
    let presented = presented.ok_or(ApiError::Unauthorized)?;
    if config
        .static_key
        .as_deref()
        .is_some_and(|key| same(key, presented))
    {
        return Ok(TenantKey {
            tenant: STATIC_TENANT.to_owned(),
            key_id: "static".to_owned(),
            scope: Scope::Member,
            issued_at_ms: 0,
        });
    }
    let secrets: Vec<&[u8]> = config.key_secrets.iter().map(Vec::as_slice).collect();
    key::verify(&secrets, presented).map_err(|_| ApiError::Unauthorized)
}

/// Whether the presented key is the operator's.
pub fn is_admin(config: &Config, presented: Option<&str>) -> bool {
    matches!((&config.admin_key, presented), (Some(key), Some(presented)) if same(key, presented))
}

/// Compares in constant time; digests first, so that not even the lengths show.
fn same(a: &str, b: &str) -> bool {
    Sha256::digest(a).ct_eq(&Sha256::digest(b)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_header_carries_the_key() {
        assert_eq!(bearer(Some("Bearer k"), None), Some("k"));
        assert_eq!(bearer(Some("bearer k"), Some("x")), Some("k"));
        assert_eq!(bearer(None, Some("x")), Some("x"));
        assert_eq!(bearer(Some("Basic k"), None), None);
        assert_eq!(bearer(Some("Bearer "), None), None);
    }
}
