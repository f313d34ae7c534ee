//! Tenant keys that prove themselves: who a request is from is known without any look-up.
//!
//! ```text
//! moe_ base64url(payload) . base64url(HMAC-SHA256(secret, DOMAIN ‖ payload))
//! payload = version (1) ‖ scope (1) ‖ issued at, ms (6, big endian) ‖ key id (8) ‖ tenant (1..63)
//! ```
//!
//! A key is valid for as long as its secret is; the tenant's object knows which key ids are
//! revoked.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use thiserror::Error;

/// What every key begins with, so that secret scanners know one when they see it.
pub const PREFIX: &str = "moe_";
/// The shortest signing secret that is accepted, bytes.
pub const MIN_SECRET_BYTES: usize = 32;
/// The longest tenant name, bytes.
pub const MAX_TENANT_BYTES: usize = 63;

/// Keeps a signature made for a key from being one of anything else under the same secret.
const DOMAIN: &[u8] = b"moecraft tenant key\0";
const VERSION: u8 = 1;
/// Version, scope, time and key id.
const HEAD_BYTES: usize = 16;
const TAG_BYTES: usize = 32;
const TAG_CHARS: usize = base64_chars(TAG_BYTES);
const MIN_CHARS: usize = PREFIX.len() + base64_chars(HEAD_BYTES + 1) + 1 + TAG_CHARS;
const MAX_CHARS: usize = PREFIX.len() + base64_chars(HEAD_BYTES + MAX_TENANT_BYTES) + 1 + TAG_CHARS;

const fn base64_chars(bytes: usize) -> usize {
    (bytes * 4).div_ceil(3)
}

/// What the holder of a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Send requests and read figures.
    Member,
    /// Also manage keys, budgets and policy.
    Owner,
}

/// What a valid key says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantKey {
    /// The tenant's name, which names its object.
    pub tenant: String,
    /// Which of the tenant's keys this is: 16 hexadecimal digits.
    pub key_id: String,
    /// What it allows.
    pub scope: Scope,
    /// When it was made, Unix ms.
    pub issued_at_ms: u64,
}

/// Why a key was not made or not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyError {
    /// The signing secret is too short to be safe.
    #[error("the signing secret must have at least {MIN_SECRET_BYTES} bytes")]
    WeakSecret,
    /// The tenant's name does not follow the grammar.
    #[error(
        "a tenant name is 1 to {MAX_TENANT_BYTES} of a-z, 0-9, '.', '_', '-' and begins with a letter or digit"
    )]
    Tenant,
    /// The time does not fit into 48 bits.
    #[error("the time of issue is out of range")]
    Time,
    /// The text is not of the form of a key.
    #[error("not a key of this service")]
    Malformed,
    /// The key was signed with another secret, or changed.
    #[error("the key's signature does not match")]
    Signature,
}

/// Makes a key for `tenant`, signed with `secret`.
///
/// `key_id` comes from the caller's source of randomness and should be unique in the tenant.
pub fn mint(
    secret: &[u8],
    tenant: &str,
    scope: Scope,
    issued_at_ms: u64,
    key_id: [u8; 8],
) -> Result<String, KeyError> {
    if !is_tenant_name(tenant) {
        return Err(KeyError::Tenant);
    }
    let [0, 0, time @ ..] = issued_at_ms.to_be_bytes() else {
        return Err(KeyError::Time);
    };
    let scope = match scope {
        Scope::Member => 0,
        Scope::Owner => 1,
    };
    let payload = [&[VERSION, scope][..], &time, &key_id, tenant.as_bytes()].concat();
    let tag = signer(secret, &payload)?.finalize().into_bytes();
    Ok(format!(
        "{PREFIX}{}.{}",
        URL_SAFE_NO_PAD.encode(&payload),
        URL_SAFE_NO_PAD.encode(tag)
    ))
}

/// Reads a key that one of `secrets` signed: the current one first, then those it replaces.
///
/// Secrets that are too short never verify anything. The signature is compared in constant time,
/// and nothing of the payload is believed before it matches.
pub fn verify<S: AsRef<[u8]>>(secrets: &[S], text: &str) -> Result<TenantKey, KeyError> {
    if !(MIN_CHARS..=MAX_CHARS).contains(&text.len()) {
        return Err(KeyError::Malformed);
    }
    let (payload, tag) = decode(text).ok_or(KeyError::Malformed)?;
    let mut usable = secrets
        .iter()
        .filter_map(|secret| signer(secret.as_ref(), &payload).ok());
    match usable.next() {
        None => Err(KeyError::WeakSecret),
        Some(first) if first.clone().verify_slice(&tag).is_ok() => read(&payload),
        Some(_) if usable.any(|signer| signer.verify_slice(&tag).is_ok()) => read(&payload),
        Some(_) => Err(KeyError::Signature),
    }
}

/// Whether `name` can be a tenant: `[a-z0-9][a-z0-9._-]{0,62}`.
pub fn is_tenant_name(name: &str) -> bool {
    let inner = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
    name.len() <= MAX_TENANT_BYTES
        && name.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit())
        && name.as_bytes().iter().all(inner)
}

fn signer(secret: &[u8], payload: &[u8]) -> Result<Hmac<Sha256>, KeyError> {
    if secret.len() < MIN_SECRET_BYTES {
        return Err(KeyError::WeakSecret);
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).map_err(|_| KeyError::WeakSecret)?;
    mac.update(DOMAIN);
    mac.update(payload);
    Ok(mac)
}

/// Splits a key into payload and tag. The decoder takes only the one canonical spelling.
fn decode(text: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let (payload, tag) = text.strip_prefix(PREFIX)?.split_once('.')?;
    Some((
        URL_SAFE_NO_PAD.decode(payload).ok()?,
        URL_SAFE_NO_PAD.decode(tag).ok()?,
    ))
}

/// Reads a payload whose signature has matched.
fn read(payload: &[u8]) -> Result<TenantKey, KeyError> {
    let (head, tenant) = payload
        .split_first_chunk::<HEAD_BYTES>()
        .ok_or(KeyError::Malformed)?;
    let [VERSION, scope, t0, t1, t2, t3, t4, t5, key_id @ ..] = head else {
        return Err(KeyError::Malformed);
    };
    let scope = match scope {
        0 => Scope::Member,
        1 => Scope::Owner,
        _ => return Err(KeyError::Malformed),
    };
    let tenant = std::str::from_utf8(tenant).map_err(|_| KeyError::Malformed)?;
    if !is_tenant_name(tenant) {
        return Err(KeyError::Malformed);
    }
    Ok(TenantKey {
        tenant: tenant.to_owned(),
        key_id: key_id.iter().map(|byte| format!("{byte:02x}")).collect(),
        scope,
        issued_at_ms: u64::from_be_bytes([0, 0, *t0, *t1, *t2, *t3, *t4, *t5]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
    const OTHER: &[u8] = b"fedcba9876543210fedcba9876543210";
    const ID: [u8; 8] = [0xde, 0xad, 0, 1, 2, 3, 4, 5];

    fn key() -> String {
        mint(SECRET, "acme", Scope::Member, 1_795_305_600_123, ID).expect("valid")
    }

    #[test]
    fn a_key_says_who_made_it_when_and_what_for() {
        let read = verify(&[SECRET], &key());
        let expected = TenantKey {
            tenant: "acme".into(),
            key_id: "dead000102030405".into(),
            scope: Scope::Member,
            issued_at_ms: 1_795_305_600_123,
        };
        assert_eq!(read, Ok(expected));
        let owner = mint(SECRET, "acme", Scope::Owner, 0, ID).expect("valid");
        assert_eq!(
            verify(&[SECRET], &owner).map(|key| key.scope),
            Ok(Scope::Owner)
        );
    }

    #[test]
    fn a_key_is_safe_in_headers_and_addresses() {
        let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        assert!(key().starts_with("moe_") && key().chars().all(safe));
    }

    #[test]
    fn a_foreign_secret_is_refused_and_a_replaced_one_still_accepted() {
        assert_eq!(verify(&[OTHER], &key()), Err(KeyError::Signature));
        assert!(verify(&[OTHER, SECRET], &key()).is_ok());
        assert!(verify(&[SECRET, OTHER], &key()).is_ok());
        assert_eq!(verify::<&[u8]>(&[], &key()), Err(KeyError::WeakSecret));
    }

    #[test]
    fn a_short_secret_signs_and_verifies_nothing() {
        let short = &SECRET[..MIN_SECRET_BYTES - 1];
        assert_eq!(
            mint(short, "acme", Scope::Member, 0, ID),
            Err(KeyError::WeakSecret)
        );
        assert_eq!(verify(&[short], &key()), Err(KeyError::WeakSecret));
        assert_eq!(
            verify(&[b"".as_slice(), OTHER], &key()),
            Err(KeyError::Signature)
        );
    }

    #[test]
    fn every_truncation_is_refused() {
        let key = key();
        for end in 0..key.len() {
            assert!(verify(&[SECRET], &key[..end]).is_err(), "{end} bytes");
            assert!(
                verify(&[SECRET], &key[key.len() - end..]).is_err(),
                "last {end} bytes"
            );
        }
        assert!(verify(&[SECRET], &format!("{key}A")).is_err());
    }

    #[test]
    fn every_change_of_one_byte_is_refused() {
        let key = key();
        for position in 0..key.len() {
            for byte in 0..0x80_u8 {
                let mut changed = key.clone().into_bytes();
                if changed[position] == byte {
                    continue;
                }
                changed[position] = byte;
                let changed = String::from_utf8(changed).expect("ASCII");
                assert!(verify(&[SECRET], &changed).is_err(), "{changed}");
            }
        }
    }

    #[test]
    fn a_signature_over_the_bare_payload_is_not_a_key() {
        let payload = URL_SAFE_NO_PAD
            .decode(&key()[4..key().find('.').expect("dot")])
            .expect("b64");
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET).expect("any length");
        mac.update(&payload);
        let tag = mac.finalize().into_bytes();
        let forged = format!(
            "moe_{}.{}",
            URL_SAFE_NO_PAD.encode(payload),
            URL_SAFE_NO_PAD.encode(tag)
        );
        assert_eq!(verify(&[SECRET], &forged), Err(KeyError::Signature));
    }

    #[test]
    fn names_and_times_out_of_bounds_are_not_signed() {
        let long = "a".repeat(MAX_TENANT_BYTES + 1);
        for name in ["", "-a", ".a", "_a", "A", "a b", "a/b", "ä", "a\n", &long] {
            assert_eq!(
                mint(SECRET, name, Scope::Member, 0, ID),
                Err(KeyError::Tenant),
                "{name}"
            );
        }
        assert_eq!(
            mint(SECRET, "a", Scope::Member, 1 << 48, ID),
            Err(KeyError::Time)
        );
    }

    proptest! {
        #[test]
        fn what_is_minted_is_read_back(
            tenant in "[a-z0-9][a-z0-9._-]{0,62}",
            owner in any::<bool>(),
            issued_at_ms in 0..(1_u64 << 48),
            key_id in any::<[u8; 8]>(),
            secret in proptest::collection::vec(any::<u8>(), 32..80),
        ) {
            let scope = if owner { Scope::Owner } else { Scope::Member };
            let text = mint(&secret, &tenant, scope, issued_at_ms, key_id).unwrap();
            let key = verify(&[&secret], &text).unwrap();
            prop_assert_eq!(key.key_id, format!("{:016x}", u64::from_be_bytes(key_id)));
            prop_assert_eq!((key.tenant, key.scope, key.issued_at_ms), (tenant, scope, issued_at_ms));
            prop_assert_eq!(verify(&[OTHER], &text), Err(KeyError::Signature));
        }

        #[test]
        fn no_text_whatever_is_accepted_or_makes_the_reader_panic(text in "(moe_)?[A-Za-z0-9_.-]{0,200}|\\PC{0,200}") {
            prop_assert!(verify(&[SECRET], &text).is_err());
        }
    }
}
