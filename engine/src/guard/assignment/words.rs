//! The words of names: which mean a secret, and which say that it is something about one.

/// What sort of secret a name means. It decides which values are believed to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Chosen by a person: even a plain value may be one.
    Password,
    /// Made by a machine, as a rule.
    Secret,
    /// May be a secret: only a random value is believed.
    Weak,
    /// A code of digits.
    Code,
    /// The answer to a question that only one person can answer: any word.
    Answer,
}

/// Names of things that people choose.
const PASSWORD: &[&str] = &[
    "password", "passwords", "passwd", "passwort", "passwörter", "pass", "passphrase", "passcode", "pwd", "pswd", "psw", "psswd", "pword",
    "pw", "psk", "wpapsk", "kennwort", "senha", "contraseña", "contrasena", "clave", "wachtwoord", "hasło", "haslo", "parola", "mdp", "passe",
    "şifre", "sifre", "şifresi", "heslo", "lösenord", "losenord", "adgangskode", "passord", "salasana", "jelszó", "lozinka", 
];
/// Ends of words written together: `dbpassword`.
const PASSWORD_END: &[&str] = &["password", "passwd", "passwort", "passphrase", "kennwort", "pwd", "passwords"];
/// Words that end like names of passwords, and are none.
const NO_PASSWORD: &[&str] = &["compass", "bypass", "encompass", "trespass", "surpass", "overpass", "underpass", "multipass", "subpass", "renderpass", "highpass", "lowpass", "bandpass"];
/// Names of things that machines make.
const SECRET: &[&str] = &[
    "secret", "secrets", "token", "tokens", "apikey", "apikeys", "credential", "credentials", "creds",
    "cred", "zugangsdaten", "jeton", "jetons", "pat", "jwt", "bearer", "geheimnis", "segredo", "secreto", "segreto",
    "authorization", "geheim", "accesskey", "secretkey", "privatekey", "dsn", "conn",
];
const SECRET_END: &[&str] = &[
    "token", "secret", "apikey", "secretkey", "accesskey", "privatekey", "authkey", "credentials", "masterkey",
    "signingkey", "encryptionkey", "schlüssel",
];
/// Names of what is mostly harmless.
const WEAK: &[&str] = &[
    "auth", "session", "sess", "sid", "sessid", "sessionid", "phpsessid", "jsessionid", "cookie", "cookies", "salt", "pepper", "signature", "sig",
    "seed", "nonce", "hmac", "schlüssel", "schluessel", "clé", "cle", "chave", "chiave", "sleutel", "klucz", "anahtar", "license", "licence", "webhook", "csrf", "xsrf", "otpauth", "login",
];
/// Words before `key`, and the like, that make it a secret.
const KEYS: &[&str] = &[
    "api", "access", "private", "secret", "signing", "sign", "encryption", "encrypt", "crypto", "cipher", "license", "licence", "master",
    "auth", "authentication", "authorization", "role", "app", "application", "account", "subscription", "shared",
    "deploy", "webhook", "hmac", "jwt", "aes", "wifi", "wireless", "network", "activation", "product", "registration", "consumer", "root",
    "ingest", "integration", "recovery", "decryption", "session", "admin", "write", "read", "rest", "bot", "vault",
    "datadog", "dd", "twilio", "stripe", "openai", "anthropic", "google", "gcp", "maps", "aws", "azure", "s3", "github", "gitlab",
    "sendgrid", "mailgun", "mailchimp", "cloudflare", "cf", "supabase", "firebase", "algolia", "airtable", "newrelic", "relic",
    "pagerduty", "opsgenie", "grafana", "sentry", "segment", "amplitude", "mixpanel", "heroku", "vercel", "netlify",
    "huggingface", "cohere", "mistral", "groq", "deepseek", "gemini", "claude", "shopify", "square", "paypal", "braintree", "plaid",
    "postmark", "sparkpost", "slack", "discord", "telegram", "zoom", "okta", "auth0", "jira", "confluence", "atlassian", "linear",
    "notion", "dropbox", "box", "hubspot", "salesforce", "zendesk", "intercom", "fastly", "akamai", "linode", "vultr", "digitalocean", "do",
    "rapidapi", "weather", "openweather", "mapbox", "here", "tomtom", "alchemy", "infura", "etherscan", "coinbase", "binance", "kraken",
    "snyk", "sonar", "codecov", "circleci", "travis", "jenkins", "npm", "pypi", "docker", "quay", "artifactory", "nexus", "elastic", "kibana",
    "splunk", "logdna", "loggly", "papertrail", "rollbar", "bugsnag", "honeycomb", "launchdarkly", "contentful", "sanity", "prisma",
];
/// Words before `key` and `token` that make it harmless.
const PUBLIC: &[&str] = &[
    "public", "pub", "publishable", "publishing", "primary", "foreign", "partition", "sort", "cache", "group", "row", "unique", "index", "composite",
    "idempotency", "dedup", "hash", "map", "object", "routing", "lookup", "translation", "i18n", "hot", "shortcut",
    "site", "anon", "measurement", "candidate", "natural", "surrogate", "dict", "json", "registry", "locale", "message", "column", "field", "query",
    "react", "item", "node", "list", "sorting", "grouping", "join", "press", "arrow", "pressed", "modifier", "verify", "verification",
    ];
/// Words before `token` that make it a piece of a text or a mark of a place.
const LEXICAL: &[&str] = &[
    "page", "pagination", "continuation", "next", "previous", "prev", "cancellation", "cancel", "stop", "eos", "bos", "pad", "sync", "design", "lexer", "public", "syntax",
    "special", "unk", "cls", "sep", "mask", "whitespace", "comma", "semi", "colon", "dot", "eq", "as", "fn", "let", "keyword", "color", "colour",
];
/// Words before `code` that make it one to keep.
const CODES: &[&str] = &[
    "pin", "otp", "2fa", "mfa", "sms", "totp", "time", "backup", "recovery", "security", "access", "login", "unlock", "pass",
    "door", "alarm", "gate", "auth", "authentication", "verification", "confirmation", "entry", "card", "pairing", "puk", "tan", "sicherheits",
];
/// Words after a key word that make it something about a secret.
const ABOUT: &[&str] = &[
    "id", "ids", "type", "types", "expiry", "expires", "expire", "expiration", "expired", "exp", "count", "counts", "counter", "url", "uri", "urls", "uris",
    "name", "names", "header", "headers", "hash", "hashed", "hashes", "hasher", "hashing", "digest", "length", "len", "field", "fields", "prefix", "suffix",
    "policy", "policies", "regex", "regexp", "pattern", "path", "paths", "file", "files", "filename", "dir", "directory", "folder", "arn", "max", "min", "limit", "limits", "ttl",
    "endpoint", "endpoints", "age", "size", "index", "idx", "manager", "store", "provider", "providers", "service", "services", "class", "format", "label", "hint", "placeholder",
    "title", "message", "messages", "msg", "error", "errors", "reset", "required", "valid", "invalid", "validator", "validation", "strength", "version", "algorithm",
    "alg", "algo", "method", "methods", "mode", "usage", "budget", "bucket", "stream", "parser", "kind", "status", "state", "rotation", "created", "updated", "at", "timestamp", "date", "issuer",
    "audience", "scope", "scopes", "model", "ratio", "rate", "per", "cost", "price", "visible", "visibility", "enabled", "disabled", "ref", "refs", "reference", "selector", "template",
    "var", "variable", "param", "params", "parameter", "arg", "args", "option", "options", "opt", "opts", "column", "table", "view", "form", "button", "page", "screen", "dialog", "link", "icon", "description",
    "desc", "doc", "docs", "documentation", "tests", "spec", "handler", "callback", "fn", "func", "function", "helper", "helpers", "util", "utils", "module", "controller", "guard", "middleware", "filter", "factory",
    "builder", "generator", "request", "response", "event", "events", "listener", "interface", "schema", "cache", "pool", "lock", "bits", "pair", "pairs", "usages", "up", "down", "left", "right", "board", "boards", "words", "press",
    "stroke", "frame", "frames", "point", "ring", "chain", "info", "metadata", "attribute", "attributes", "attr", "property", "properties", "element", "node", "range", "start", "end", "pos", "position", "offset", "span", "line",
    "tree", "separator", "delimiter", "space", "input", "inputs", "box", "prompt", "complexity", "history", "checker", "check", "checks", "tgz", "js", "ts", "py", "go", "rs", "json", "yaml", "yml", "md", "html", "css", "txt", "pem", "crt",
    "whl", "gz", "zip", "jar", "java", "php", "rb", "sh", "cpp", "hpp", "h", "c", "cs", "tsx", "jsx", "vue", "toml", "ini", "conf", "xml", "svg", "png", "fingerprint", "thumbprint", "identifier", "owner", "user", "username", "email", "domain", "host", "port", "region", "bytes",
    "set", "map", "list", "iter", "iterator", "kinds", "tokenizer", "authority", "authorization", "only", "authenticator", "less", "protected", "protection", "free", "management", "encoder", "decoder", "encoding", "plugin", "plugins",
    "engine", "vendor", "backend", "adapter", "config", "configs", "configuration", "settings", "setting", "verifier", "verify", "verification", "interval", "timeout", "io", "delay", "retries", "retry", "attempts", "window", "period", "threshold", "padding", "mask", "masked", "reader", "writer", "source", "sources", "cookie", "crypto", "parse", "signature", "types", "utils", "serializer", "loader", "resolver", "scheme", "schemes", "strategy", "grant", "flow", "stdin", "question", "identity", "identities", "binder", "binders", "server", "client", "last", "next", "first", "loss", "probs", "embedding", "embeddings", "mapping", "mappings", "sequence", "transfer", "balance", "symbol", "decimals", "supply", "contract", "holder", "amount", "trees",
    "entered", "changed", "exists", "missing", "matches", "match", "mismatch", "incorrect", "wrong", "confirm", "ok", "bearer", "shared",
];
/// First words of names that ask or count.
const QUESTION: &[&str] = &[
    "is", "has", "have", "should", "can", "must", "allow", "allows", "require", "requires", "show", "hide", "use", "uses", "enable", "disable", "max", "min", "num", "n", "total",
    "count", "no", "forgot", "forget", "missing", "invalid", "number", "avg", "tokenize",
];
/// First words of functions whose argument is no secret itself.
const GETTER: &[&str] = &[
    "get", "fetch", "load", "find", "read", "remove", "delete", "clear", "revoke", "rotate", "toggle", "on", "handle", "parse", "render", "print", "lex", "peek", "consume", "next",
    "assert", "expect", "import", "require", "describe", "lookup", "resolve", "retrieve", "query", "list", "env", "getenv", "config", "secret", "secrets", "session", "cookie", "cookies", "token", "tokens",
];

/// Beginnings of words of languages that add endings.
const PASSWORD_STEMS: &[&str] = &[
    "passwort", "passwört", "kennwort", "kennwört", "contraseñ", "contrasen", "lösenord", "losenord", "şifre", "Şifre", "sifre", "wachtwoord", "senha", "hasł", "hasl", "hesl",
    "adgangskode", "passord", "salasan", "jelsz", "lozink", "parola", "parolă", "parolë",
];
const KEY_STEMS: &[&str] = &["anahtar", "klucz", "schlüssel", "schluessel", "sleutel", "chiav", "chave", "klíč"];
/// The longest ending, bytes.
const ENDING: usize = 6;

fn begins_with(stems: &[&str], word: &str) -> bool {
    stems.iter().any(|stem| {
        word.len() <= stem.len() + ENDING && word.get(..stem.len()).is_some_and(|head| head.eq_ignore_ascii_case(stem))
    })
}

fn among(list: &[&str], word: &str) -> bool {
    list.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Whether a word is in capitals or in small letters, but for the first.
fn is_one_case(word: &str) -> bool {
    let mut rest = word.bytes().skip(1);
    rest.all(|b| b.is_ascii_lowercase()) || !word.bytes().any(|b| b.is_ascii_lowercase())
}

fn ends_in(list: &[&str], word: &str) -> bool {
    list.iter().any(|end| {
        let from = word.len().checked_sub(end.len());
        from.filter(|from| *from > 0)
            .and_then(|from| word.get(from..))
            .is_some_and(|tail| tail.eq_ignore_ascii_case(end))
    })
}

/// What a word of a name means, given the words before it.
pub(super) fn class(word: &str, before: Option<&str>, further: Option<&str>) -> Option<Class> {
    let after = |list: &[&str]| before.is_some_and(|before| among(list, before));
    if among(&["key", "keys", "schlüssel", "clé"], word) {
        if after(PUBLIC) || before.is_some_and(|word| word.eq_ignore_ascii_case("service")) && further.is_none() {
            return None;
        }
        let known = after(KEYS) || further.is_some_and(|word| among(KEYS, word) && !after(PUBLIC));
        return Some(if known { Class::Secret } else { Class::Weak });
    }
    if among(&["code", "codes"], word) {
        return after(CODES).then_some(Class::Code);
    }
    if among(&["pin", "puk", "otp", "tan", "cvv", "cvc", "totp", "pincode", "passcode", "暗証番号"], word) {
        return Some(Class::Code);
    }
    if word.eq_ignore_ascii_case("string") || word.eq_ignore_ascii_case("str") {
        return match before {
            Some(before) if before.eq_ignore_ascii_case("secure") => Some(Class::Password),
            Some(_) if after(&["connection", "conn"]) => Some(Class::Weak),
            _ => None,
        };
    }
    if word.eq_ignore_ascii_case("answer") {
        return after(&["security", "secret"]).then_some(Class::Answer);
    }
    if begins_with(KEY_STEMS, word) {
        return Some(if after(KEYS) { Class::Secret } else { Class::Weak });
    }
    let short = word.len() >= 5 && ends_in(&["pass", "pw"], word) && is_one_case(word) && !among(NO_PASSWORD, word) && !ends_in(NO_PASSWORD, word);
    if among(PASSWORD, word) || short || ends_in(PASSWORD_END, word) || begins_with(PASSWORD_STEMS, word) {
        return Some(Class::Password);
    }
    if among(SECRET, word) || ends_in(SECRET_END, word) {
        if word.eq_ignore_ascii_case("token") && after(LEXICAL) {
            return None;
        }
        return Some(Class::Secret);
    }
    among(WEAK, word).then_some(Class::Weak)
}

/// Whether a word after a key word makes the name one of something about the secret.
pub(super) fn is_about(word: &str) -> bool {
    among(ABOUT, word)
}

/// Whether a word before a key word says that it is for all to see.
pub(super) fn is_public(word: &str) -> bool {
    among(&["public", "pub", "publishable", "max", "num", "min"], word)
}

/// Whether a name that begins with this word asks, counts or does something.
pub(super) fn is_question(word: &str) -> bool {
    among(QUESTION, word)
}

/// Whether a function whose name begins with this word is told a name rather than a secret.
pub(super) fn is_getter(word: &str) -> bool {
    among(GETTER, word)
}

/// Whether a word is several written together, such as `apikey`.
pub(super) fn is_joined(word: &str) -> bool {
    ends_in(PASSWORD_END, word) || ends_in(SECRET_END, word) || word.len() > 5 && ends_in(&["key"], word)
}
