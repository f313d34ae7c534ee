//! Numbers, versions, digests and the other names that technical texts are full of.

use super::letters;

/// Versions, times, sizes, digests, algorithms, hosts and mail addresses.
pub(super) fn is(value: &str) -> bool {
    let value = value.trim_matches(['"', '\'', '`', ',', ';', ')', '(', '.']);
    is_number(value)
        || is_digest(value)
        || is_version(value)
        || is_mail(value)
        || is_algorithm(value)
        || is_pattern(value)
        || is_colour(value)
        || value.starts_with("--")
        || value.starts_with([')', '}', ',', ';', ':', ']', '+']) && value.contains(['.', '(', '+'])
}

/// `#c0ffee`.
fn is_colour(value: &str) -> bool {
    value.strip_prefix('#').is_some_and(|hex| {
        matches!(hex.len(), 3 | 4 | 6 | 8) && hex.bytes().all(|b| b.is_ascii_hexdigit())
    })
}

fn is_number(value: &str) -> bool {
    let rest = value.trim_start_matches(['<', '>', '=', '~', '^', '+', '-', '$', '€', '#']);
    let digits = rest.bytes().filter(u8::is_ascii_digit).count();
    let letters = rest.bytes().filter(u8::is_ascii_alphabetic).count();
    digits > 0
        && rest
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._-+:,/ %".contains(&b))
        && (letters == 0
            || letters <= 2
                && digits > letters
                && rest.bytes().take(1).all(|b| b.is_ascii_digit())
                && rest.len() - letters > digits
            || rest.starts_with("0x") && rest.len() < 12)
}

/// `sha256:…`, `sha512-…`, `h1:…`.
fn is_digest(value: &str) -> bool {
    let head = value.get(..8).unwrap_or(value).to_ascii_lowercase();
    let known = ["sha1", "sha256", "sha384", "sha512", "md5", "h1"];
    known.iter().any(|name| {
        head.strip_prefix(name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '-', '=']))
    })
}

/// `v1.2.3`, `^4.0`, `2.0.0-rc.1`, `name@1.2.3`.
fn is_version(value: &str) -> bool {
    let after = value.rsplit_once('@').map_or(value, |(_, version)| version);
    let bare = after.trim_start_matches(['v', 'V', '^', '~', '>', '=', '<', ' ']);
    let mut parts = bare.split(['.', '-', '+']);
    let major = parts.next().is_some_and(|part| {
        (1..5).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    });
    let minor = parts.next().is_some_and(|part| {
        part == "x"
            || part == "*"
            || (1..9).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    });
    major
        && minor
        && parts.all(|part| {
            part.len() < 12 && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'*')
        })
}

fn is_mail(value: &str) -> bool {
    let Some((user, host)) = value.split_once('@') else {
        return false;
    };
    let end = host.rsplit_once('.').map_or("", |(_, end)| end);
    !user.is_empty()
        && host.len() > 3
        && (2..=6).contains(&end.len())
        && end.bytes().all(|b| b.is_ascii_lowercase())
        && host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-')
}

/// `HS256`, `AES-256-GCM`, `RSA-OAEP-256`, `utf-8`: names in one case with the numbers of a
/// standard.
fn is_algorithm(value: &str) -> bool {
    const NAMES: &[&str] = &[
        "aes", "rsa", "sha", "hmac", "ecdsa", "ed", "hs", "rs", "es", "ps", "utf", "iso", "gcm",
        "cbc", "pbkdf", "argon", "bcrypt", "scrypt", "x", "p", "secp", "curve", "chacha", "poly",
        "oaep", "base", "md", "crc", "blake", "pkcs", "oauth", "openid", "http", "tls", "ssl",
        "ipv", "int", "uint", "float", "i", "u", "f", "id", "k", "r", "kw", "ctr", "ecdh", "dsa",
        "des", "python", "node", "java", "php", "es", "ecma", "w", "windows", "win", "web",
        "token", "kek", "dek",
    ];
    let mut digits = false;
    value.len() < 28
        && value
            .split(|c: char| !c.is_ascii_alphanumeric())
            .flat_map(|part| part.split(|c: char| c.is_ascii_digit()))
            .filter(|word| !word.is_empty())
            .all(|word| NAMES.iter().any(|name| word.eq_ignore_ascii_case(name)))
        && value.bytes().all(|b| {
            digits |= b.is_ascii_digit();
            b.is_ascii_alphanumeric()
                || b == b'-'
                || b == b'_'
                || b == b'/'
                || b == b'+'
                || b == b'.'
        })
        && digits
}

/// Technical terms that have a number in them, up to it.
const NUMBERED: &[&str] = &[
    "argon2", "base32", "base58", "base64", "crc16", "crc32", "crc64", "ed25519", "ed448", "es256",
    "float32", "float64", "hs256", "http1", "http2", "http3", "i18", "int16", "int32", "int64",
    "ip4", "ip6", "ipv4", "ipv6", "k8", "l10", "md4", "md5", "oauth1", "oauth2", "p256", "p384",
    "p521", "pbkdf2", "pkcs1", "pkcs11", "pkcs12", "pkcs7", "pkcs8", "rs256", "s3", "sha1",
    "sha224", "sha256", "sha3", "sha384", "sha512", "uint8", "uint16", "uint32", "uint64", "utf8",
    "utf16", "v1", "v2", "v3", "v4", "win32", "win64", "x25519", "x509",
];

/// `CachedX509Token`, `ed25519.Ed25519PrivateKey`: a name whose numbers are all of such terms, and
/// whose letters are no random ones.
pub(super) fn is_named(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let bytes = lower.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut numbers = (0..bytes.len()).filter(|at| digit(*at) && !digit(at + 1));
    let term = |last: usize| {
        let head = lower.get(..=last).unwrap_or_default();
        NUMBERED.iter().any(|term| head.ends_with(term))
    };
    let name = value
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"._-:".contains(&b));
    let letters: String = value.chars().filter(|c| !c.is_ascii_digit()).collect();
    name && digit_count(bytes) > 0
        && letters.len() > digit_count(bytes)
        && numbers.all(term)
        && !letters::are_random(&letters)
}

fn digit_count(bytes: &[u8]) -> usize {
    bytes.iter().filter(|b| b.is_ascii_digit()).count()
}

/// A regular expression.
pub(super) fn is_pattern(value: &str) -> bool {
    [
        "(?:", "(?i", "[^", "[a-z", "[A-Z", "a-zA-Z", "A-Za-z", "0-9]", "\\d", "\\w", "\\s", "\\b",
        "\\u00",
    ]
    .iter()
    .any(|mark| value.contains(mark))
        || value.matches('|').count() >= 2
            && value.split('|').all(|word| {
                word.bytes()
                    .all(|b| b.is_ascii_alphabetic() || b"()^$_-?".contains(&b))
            })
}
