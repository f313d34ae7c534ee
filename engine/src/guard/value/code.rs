//! What programs and settings say in place of a value: references, calls, types, technical names.

use super::super::shape::Alphabet;
use super::letters;

/// Where a value is kept, instead of the value.
const REFERENCES: &[&str] = &[
    "env:", "env.", "env(", "env[", "vault:", "secret:", "secrets.", "secrets/", "ssm:", "op://", "arn:", "file:",
    "kms:", "ref+", "keyring:", "projects/", "azurekeyvault", "@microsoft.keyvault", "akv:", "bw:",
    "process.env", "os.environ", "os.getenv", "system.getenv", "import.meta", "var.", "local.",
    "module.", "data.", "each.", "values.", ".values", "self.", "this.", "config.", "settings.", "params.", "request.", "req.", "ctx.",
    "aws:", "gcp:", "resolve:", "!ref", "!sub", "!vault", "!getatt", "!secret", "enc[", "enc(", "ejson", "sops:", "doppler:", "infisical:",
    "credentials(", "credential:", "http://", "https://", "pk_live_", "pk_test_", "sb_publishable_", "phc_", "pub-", "public-",
];

/// Whether a value says where the real one is to be found.
pub(super) fn is_reference(value: &str) -> bool {
    let head = value.get(..value.floor_char_boundary(24)).unwrap_or(value).to_ascii_lowercase();
    REFERENCES.iter().any(|known| head.starts_with(known))
        || is_call(value)
        || value.starts_with('@') && value.len() > 1 && names(value.get(1..).unwrap_or_default(), &['.', ':', '/', '-'])
}

/// `getpass()`, `config['x']`, `secrets.token_hex(16)`, `a::b::<T>(c)`.
fn is_call(value: &str) -> bool {
    let head = value.trim_start_matches(['&', '*', '!', '(']);
    let name = Alphabet::WORD.with(b".:$?>-").run(head, 0, head.len());
    let (Some(callee), Some(rest)) = (head.get(..name), head.get(name..)) else {
        return false;
    };
    let callee = callee.trim_end_matches(['?', '.', ':', '$']);
    let opens = rest.starts_with(['(', '[']) && (rest.contains([')', ']']) || rest.len() == 1 || rest.contains(['\'', '"']));
    opens && callee.len() >= 2 && names(callee, &['.', ':', '>', '-', '?', '$'])
}

/// What no setting has without quotes, but programs have all over: `path::name`, `call(`, `list[`,
/// `macro!`, `&name`, `a ? b`.
pub(super) fn is_expression(value: &str) -> bool {
    let head = value.trim_start_matches(['&', '*', '!', '(', '-', '[', '@', '#']);
    let name = Alphabet::WORD.with(b".:?").run(head, 0, head.len());
    let (Some(callee), Some(rest)) = (head.get(..name), head.get(name..)) else {
        return false;
    };
    let letters = callee.bytes().filter(u8::is_ascii_alphabetic).count();
    let word = letters >= 3 && names(callee.trim_matches(['.', ':', '?']), &['.', ':', '?']) && (callee.len() < 8 || !letters::are_random(callee));
    is_statement(value)
        || value.ends_with('(')
        || ["::", "](", "![", "=>", "){", "}(", "]{", "()", "->", ").", "\"."].iter().any(|mark| value.contains(mark))
        || word && rest.starts_with(['(', '[', '{'])
        || word && (rest.starts_with("![") || rest.starts_with("!(") || rest.starts_with("->"))
        || !callee.is_empty() && rest.starts_with('(') && rest.ends_with(')') && names(callee, &['.']) && rest.bytes().all(|b| b.is_ascii_digit() || b"(),. ".contains(&b))
        || word && rest.is_empty() && head.len() < value.len()
}

/// A piece of a program without blanks, as minified scripts are.
fn is_statement(value: &str) -> bool {
    let marks = value.bytes().filter(|b| b"(){}[];,=.".contains(b)).count();
    value.len() >= 20 && marks >= 4 && value.contains(['(', '{', ';', '[']) && !letters::are_random(value)
}

/// A regular expression.
pub(super) fn is_pattern(value: &str) -> bool {
    ["(?:", "(?i", "[^", "[a-z", "[A-Z", "a-zA-Z", "A-Za-z", "0-9]", "\\d", "\\w", "\\s", "\\b", "\\u00"].iter().any(|mark| value.contains(mark))
        || value.matches('|').count() >= 2 && value.split('|').all(|word| word.bytes().all(|b| b.is_ascii_alphabetic() || b"()^$_-?".contains(&b)))
}

/// `name=value`, which belongs to that name: `ssl=True`, `user_id=77`.
pub(super) fn is_field(value: &str) -> bool {
    let head = value.trim_start_matches(['-', '&', '?', '*']);
    let Some((name, rest)) = head.split_once('=') else {
        return false;
    };
    let lower = name.bytes().filter(u8::is_ascii_lowercase).count();
    name.len() >= 3
        && !rest.trim_matches('=').is_empty()
        && (lower == name.len() || name.contains(['_', '-', '.']))
        && name.bytes().all(|b| b.is_ascii_alphabetic() || b"_-.".contains(&b))
}

/// Whether a value is an expression, a type, a path, an address or a technical name, however long.
pub(super) fn is(value: &str) -> bool {
    is_type(value) || is_path(value) || is_technical(value) || is_member(value) || is_slug(value)
}

/// `Option<String>`, `&'static str`, `string|null`, `Vec[u8]`, `str?`.
fn is_type(value: &str) -> bool {
    let parts = value.split(['<', '>', '|', '[', ']', '?', '&', ',', '*', '(', ')', '\'', '{', '}', ';', '=']);
    let mut many = 0;
    let typed = parts.filter(|part| !part.is_empty()).all(|part| {
        many += 1;
        names(part, &[':', '.'])
    });
    typed && many > 0 && !value.starts_with(['*', '?', '=']) && !value.bytes().any(|b| b.is_ascii_digit())
        && !(value.contains(['&', '*', '=', '?']) && many > 1 && !value.contains(['<', '|', '[', '(', '{', ',']) && !value.starts_with('&'))
}

/// A file, an address, a query: words joined by slashes.
fn is_path(value: &str) -> bool {
    if value.contains("://") {
        return true;
    }
    let rooted = value.starts_with(['/', '~', '.', '\\']) || value.get(1..3) == Some(":\\");
    let mut many = 0;
    let words = value.split(['/', '\\']).all(|part| {
        many += 1;
        part.len() < 48 && (part.len() < 8 || !letters::are_random(part)) && part.bytes().all(|b| Alphabet::WORD.with(b".-:@*~%+").has(b))
    });
    words && (many >= 3 || rooted && many >= 2 || many == 2 && has_extension(value))
        || words && many == 2 && value.bytes().all(|b| !b.is_ascii_digit())
        || words && many == 2 && value.split('/').all(is_slug)
}

/// A path that ends in a file's extension, whatever is in between.
pub(super) fn is_file(value: &str) -> bool {
    value.contains('/') && has_extension(value) && value.bytes().all(|b| Alphabet::WORD.with(b".-:@*~%+/").has(b))
}

/// Versions, times, sizes, digests, algorithms, hosts and mail addresses.
pub(super) fn is_technical(value: &str) -> bool {
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
    value.strip_prefix('#').is_some_and(|hex| matches!(hex.len(), 3 | 4 | 6 | 8) && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn is_number(value: &str) -> bool {
    let rest = value.trim_start_matches(['<', '>', '=', '~', '^', '+', '-', '$', '€', '#']);
    let digits = rest.bytes().filter(u8::is_ascii_digit).count();
    let letters = rest.bytes().filter(u8::is_ascii_alphabetic).count();
    digits > 0
        && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-+:,/ %".contains(&b))
        && (letters == 0 || letters <= 2 && digits > letters && rest.bytes().take(1).all(|b| b.is_ascii_digit()) && rest.len() - letters > digits || rest.starts_with("0x") && rest.len() < 12)
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
    let major = parts.next().is_some_and(|part| (1..5).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()));
    let minor = parts.next().is_some_and(|part| part == "x" || part == "*" || (1..9).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()));
    major && minor && parts.all(|part| part.len() < 12 && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'*'))
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
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-')
}

/// `HS256`, `AES-256-GCM`, `RSA-OAEP-256`, `utf-8`: names in one case with the numbers of a
/// standard.
fn is_algorithm(value: &str) -> bool {
    const NAMES: &[&str] = &[
        "aes", "rsa", "sha", "hmac", "ecdsa", "ed", "hs", "rs", "es", "ps", "utf", "iso", "gcm", "cbc", "pbkdf",
        "argon", "bcrypt", "scrypt", "x", "p", "secp", "curve", "chacha", "poly", "oaep", "base", "md", "crc", "blake", "pkcs", "oauth", "openid", "http", "tls", "ssl", "ipv", "int", "uint", "float", "i", "u", "f", "id", "k", "r", "kw", "ctr", "ecdh", "dsa", "des", "python", "node", "java", "php", "es", "ecma", "w", "windows", "win", "web", "token", "kek", "dek",
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
            b.is_ascii_alphanumeric() || b == b'-' || b == b'_' || b == b'/' || b == b'+' || b == b'.'
        })
        && digits
}

/// `self.password`, `req.body.token`, `Foo::bar`, `a->b`.
fn is_member(value: &str) -> bool {
    value.contains(['.', ':', '>']) && names(value, &['.', ':', '>', '-', '?']) && !value.ends_with('?')
        || has_extension(value) && value.bytes().all(|b| Alphabet::WORD.with(b".-").has(b))
}

/// `settings.json`, `db-03.example`: words that end in a point and a short word.
fn has_extension(value: &str) -> bool {
    value.rsplit_once('.').is_some_and(|(_, end)| {
        (2..=5).contains(&end.len()) && end.bytes().all(|b| b.is_ascii_lowercase())
    })
}

/// `my-app-1`, `user_password_2`, `US_EAST_1`, `app-secret-v2`: words of one case joined, numbers of
/// one or two digits among them.
fn is_slug(value: &str) -> bool {
    let mix = super::Mix::of(value);
    let one_case = mix.lower == 0 || mix.upper == 0;
    let mut many = 0;
    let parts = value.split(['-', '_', '.', ':', '/']).all(|part| {
        many += 1;
        let letters = Alphabet::LETTER.run(part, 0, part.len());
        let rest = part.get(letters..).unwrap_or_default();
        rest.len() <= 2 && rest.bytes().all(|b| b.is_ascii_digit())
    });
    let snake = value.contains('_')
        && one_case
        && mix.digit <= mix.lower + mix.upper
        && value.split('_').all(|part| part.bytes().all(|b| b.is_ascii_alphanumeric()));
    snake || parts && (one_case && many >= 2 || mix.digit <= 1 && mix.other == 0 || mix.digit == 0)
}

/// Whether a string is one identifier, or several joined by some of these.
fn names(value: &str, joints: &[char]) -> bool {
    let mut any = false;
    let all = value.split(joints).filter(|part| !part.is_empty()).all(|part| {
        any = true;
        part.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '$')
            && part.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$')
            && part.len() < 64
            && (!part.bytes().any(|b| b.is_ascii_digit()) || part.bytes().filter(u8::is_ascii_digit).count() <= 2 && value.len() > part.len() && part.len() < 20 || part.contains('_'))
            && (part.len() < 16 || !letters::are_random(part))
    });
    any && all
}
