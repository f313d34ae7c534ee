//! What programs and settings say in place of a value: references, calls, types, technical names.

use super::super::shape::Alphabet;
use super::{letters, technical};

/// Where a value is kept, instead of the value.
const REFERENCES: &[&str] = &[
    "env:",
    "env.",
    "env(",
    "env[",
    "vault:",
    "secret:",
    "secrets.",
    "secrets/",
    "ssm:",
    "op://",
    "arn:",
    "file:",
    "kms:",
    "ref+",
    "keyring:",
    "projects/",
    "azurekeyvault",
    "@microsoft.keyvault",
    "akv:",
    "bw:",
    "process.env",
    "os.environ",
    "os.getenv",
    "system.getenv",
    "import.meta",
    "var.",
    "local.",
    "module.",
    "data.",
    "each.",
    "values.",
    ".values",
    "self.",
    "this.",
    "config.",
    "settings.",
    "params.",
    "request.",
    "req.",
    "ctx.",
    "aws:",
    "gcp:",
    "resolve:",
    "!ref",
    "!sub",
    "!vault",
    "!getatt",
    "!secret",
    "enc[",
    "enc(",
    "ejson",
    "sops:",
    "doppler:",
    "infisical:",
    "credentials(",
    "credential:",
    "http://",
    "https://",
    "pk_live_",
    "pk_test_",
    "sb_publishable_",
    "phc_",
    "pub-",
    "public-",
];

/// Whether a value says where the real one is to be found.
pub(super) fn is_reference(value: &str) -> bool {
    let head = value
        .get(..value.floor_char_boundary(24))
        .unwrap_or(value)
        .to_ascii_lowercase();
    REFERENCES.iter().any(|known| head.starts_with(known))
        || is_call(value)
        || value.starts_with('@')
            && value.len() > 1
            && names(value.get(1..).unwrap_or_default(), &['.', ':', '/', '-'])
}

/// `getpass()`, `config['x']`, `secrets.token_hex(16)`, `a::b::<T>(c)`.
fn is_call(value: &str) -> bool {
    let head = value.trim_start_matches(['&', '*', '!', '(']);
    let name = Alphabet::WORD.with(b".:$?>-").run(head, 0, head.len());
    let (Some(callee), Some(rest)) = (head.get(..name), head.get(name..)) else {
        return false;
    };
    let callee = callee.trim_end_matches(['?', '.', ':', '$']);
    let opens = rest.starts_with(['(', '['])
        && (rest.contains([')', ']']) || rest.len() == 1 || rest.contains(['\'', '"']));
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
    let word = letters >= 3
        && names(callee.trim_matches(['.', ':', '?']), &['.', ':', '?'])
        && (callee.len() < 8 || !letters::are_random(callee));
    is_statement(value)
        || value.ends_with('(')
        || [
            "::", "](", "![", "=>", "){", "}(", "]{", "()", "->", ").", "\".",
        ]
        .iter()
        .any(|mark| value.contains(mark))
        || word && rest.starts_with(['(', '[', '{'])
        || word && (rest.starts_with("![") || rest.starts_with("!(") || rest.starts_with("->"))
        || !callee.is_empty()
            && rest.starts_with('(')
            && rest.ends_with(')')
            && names(callee, &['.'])
            && rest
                .bytes()
                .all(|b| b.is_ascii_digit() || b"(),. ".contains(&b))
        || word && rest.is_empty() && head.len() < value.len()
}

/// A piece of a program without blanks, as minified scripts are.
fn is_statement(value: &str) -> bool {
    let marks = value.bytes().filter(|b| b"(){}[];,=.".contains(b)).count();
    value.len() >= 20
        && marks >= 4
        && value.contains(['(', '{', ';', '['])
        && !letters::are_random(value)
}

/// `name=value`, which belongs to that name: `ssl=True`, `user_id=77`.
pub(super) fn is_field(value: &str) -> bool {
    let head = value.trim_start_matches(['-', '&', '?', '*']);
    let Some((name, rest)) = head.split_once('=') else {
        return false;
    };
    let lower = name.bytes().filter(u8::is_ascii_lowercase).count();
    let plain = rest.trim_end_matches(['.', ',', ')', ';']);
    let setting = matches!(plain, "true" | "false" | "null" | "nil" | "None")
        || !plain.is_empty() && plain.bytes().all(|b| b.is_ascii_digit());
    name.len() >= 3
        && !rest.trim_matches('=').is_empty()
        && (lower == name.len() || name.contains(['_', '-', '.']) || setting && lower > 2)
        && name
            .bytes()
            .all(|b| b.is_ascii_alphabetic() || b"_-.".contains(&b))
}

/// Whether a value is an expression, a type, a path, an address or a technical name, however long.
pub(super) fn is(value: &str) -> bool {
    is_type(value) || is_path(value) || technical::is(value) || is_member(value) || is_slug(value)
}

/// `Option<String>`, `&'static str`, `string|null`, `Vec[u8]`, `str?`.
fn is_type(value: &str) -> bool {
    let parts = value.split([
        '<', '>', '|', '[', ']', '?', '&', ',', '*', '(', ')', '\'', '{', '}', ';', '=',
    ]);
    let mut many = 0;
    let typed = parts.filter(|part| !part.is_empty()).all(|part| {
        many += 1;
        names(part, &[':', '.'])
    });
    // Between words, operators alone are no type but a password: `one&two`.
    let operators = value.contains(['&', '*', '=', '?']) && !value.starts_with('&');
    let brackets = value.contains(['<', '|', '[', '(', '{', ',']);
    typed
        && many > 0
        && !value.starts_with(['*', '?', '='])
        && !value.bytes().any(|b| b.is_ascii_digit())
        && (many == 1 || brackets || !operators)
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
        part.len() < 48
            && (part.len() < 8 || !letters::are_random(part))
            && part
                .bytes()
                .all(|b| Alphabet::WORD.with(b".-:@*~%+").has(b))
    });
    words && (many >= 3 || rooted && many >= 2 || many == 2 && has_extension(value))
        || words && many == 2 && value.bytes().all(|b| !b.is_ascii_digit())
        || words && many == 2 && value.split('/').all(is_slug)
}

/// A path that ends in a file's extension, whatever is in between.
pub(super) fn is_file(value: &str) -> bool {
    value.contains('/')
        && has_extension(value)
        && value
            .bytes()
            .all(|b| Alphabet::WORD.with(b".-:@*~%+/").has(b))
}

/// `self.password`, `req.body.token`, `Foo::bar`, `a->b`.
fn is_member(value: &str) -> bool {
    value.contains(['.', ':', '>'])
        && names(value, &['.', ':', '>', '-', '?'])
        && !value.ends_with('?')
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
        && value
            .split('_')
            .all(|part| part.bytes().all(|b| b.is_ascii_alphanumeric()));
    snake || parts && (one_case && many >= 2 || mix.digit <= 1 && mix.other == 0 || mix.digit == 0)
}

/// Whether a string is one identifier, or several joined by some of these.
fn names(value: &str, joints: &[char]) -> bool {
    let mut any = false;
    let all = value
        .split(joints)
        .filter(|part| !part.is_empty())
        .all(|part| {
            any = true;
            part.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '$')
                && part
                    .chars()
                    .all(|c| c.is_alphanumeric() || c == '_' || c == '$')
                && part.len() < 64
                && (!part.bytes().any(|b| b.is_ascii_digit())
                    || part.bytes().filter(u8::is_ascii_digit).count() <= 2
                        && value.len() > part.len()
                        && part.len() < 32
                    || part.contains('_'))
                && (part.len() < 16 || !letters::are_random(part) || technical::is_named(part))
        });
    any && all
}
