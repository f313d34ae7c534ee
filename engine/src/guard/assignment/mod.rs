//! Secrets by the words around them: a name that means a secret, and a value beside it.
//!
//! ```text
//! key word ─► name ─► connector ─► value ─► judged
//!              │                     ▲
//!              └─► sentence, table, record, header, command
//! ```

mod answer;
mod believe;
mod codes;
mod command;
mod connector;
mod dialogue;
mod extract;
mod foreign;
mod header;
mod lists;
mod login;
mod names;
mod programs;
mod prose;
mod record;
mod sql;
mod table;
mod words;

#[cfg(test)]
mod tests;

use std::ops::Range;

use super::finding::Kind;
use super::hits::Hits;
use super::literals;
use super::value::{self, Judged};
use connector::Link;
use extract::Slot;
use names::Name;
use words::Class;

const PASSWORD: Kind = Kind::credential("password", "a password");
const SECRET: Kind = Kind::credential("secret_value", "a secret under a telling name");
const CODE: Kind = Kind::credential("access_code", "an access code");
const ANSWER: Kind = Kind::credential("security_answer", "an answer to a security question");
const WORD: Kind = Kind::credential("secret_word", "a word for a secret");

/// Words that names of secrets are made of.
const NAMES: &[&str] = &[
    "pass",
    "pwd",
    "pswd",
    "psw",
    "pw",
    "secret",
    "token",
    "key",
    "auth",
    "cred",
    "conn",
    "session",
    "sess",
    "cookie",
    "sid",
    "jwt",
    "pin",
    "puk",
    "otp",
    "2fa",
    "mfa",
    "code",
    "licen",
    "webhook",
    "salt",
    "signature",
    "sig",
    "hmac",
    "dsn",
    "bearer",
    "_pat",
    "securestring",
    "csrf",
    "xsrf",
    "pepper",
    "psk",
    "answer",
    "login",
    "kennwort",
    "zugangsdaten",
    "schlüssel",
    "schluessel",
    "geheim",
    "mdp",
    "jeton",
    "clé",
    "contrase",
    "clave",
    "senha",
    "chave",
    "chiave",
    "segre",
    "secreto",
    "parola",
    "wachtwoord",
    "sleutel",
    "hasło",
    "haslo",
    "klucz",
    "şifre",
    "Şifre",
    "sifre",
    "anahtar",
    "heslo",
    "lösenord",
    "losenord",
    "adgangskode",
    "salasana",
    "jelszó",
    "lozinka",
    "cvv",
    "cvc",
];
/// Words that alone make suspicious.
const BARE: &[&str] = &[
    "api_key",
    "api key",
    "apikey",
    "api-key",
    "authorization:",
    "bearer",
    "private_key",
    "private key",
    "access_key",
    "access key",
    "aws_",
    "azure_",
    "supabase_",
    "database_url",
    "postgres_",
    "ssh-rsa",
    "password",
];
/// Of [`NAMES`], those that the owner counts among these.
const BARE_NAMES: &[&str] = &["secret", "token", "bearer"];

/// What one of the literals begins.
#[derive(Debug, Clone, Copy)]
enum Begin {
    Name,
    Foreign,
    Bare,
    Login,
    Sql,
    WebKey,
    Question,
    Sent,
    Command(usize),
}

const GROUPS: &[(&[&str], Begin)] = &[
    (NAMES, Begin::Name),
    (foreign::LITERALS, Begin::Foreign),
    (BARE, Begin::Bare),
    (login::LITERALS, Begin::Login),
    (sql::LITERALS, Begin::Sql),
    (codes::LITERALS, Begin::WebKey),
    (answer::LITERALS, Begin::Question),
    (dialogue::LITERALS, Begin::Sent),
];

pub(super) fn literals() -> Vec<&'static str> {
    let groups = GROUPS.iter().flat_map(|(words, _)| words.iter().copied());
    groups.chain(command::literals()).collect()
}

/// Which group a literal is of; those of commands are last.
fn begin(literal: usize) -> (&'static str, Begin) {
    let mut index = literal;
    for (words, begin) in GROUPS {
        if let Some(word) = words.get(index) {
            return (word, *begin);
        }
        index -= words.len();
    }
    ("", Begin::Command(index))
}

pub(super) fn check(text: &str, literal: usize, at: Range<usize>, hits: &mut Hits) {
    let (word, begin) = begin(literal);
    match begin {
        Begin::Name => {
            if BARE_NAMES.contains(&word) {
                hits.suspect(WORD, at.clone());
            }
            if let Some(name) = names::around(text, at) {
                named_in(text, &name, hits);
            }
        }
        Begin::Foreign => foreign::check(text, at.end, hits),
        Begin::Bare => hits.suspect(WORD, at),
        Begin::Login => login::check(text, at, hits),
        Begin::Sql => sql::check(text, at, hits),
        Begin::WebKey => codes::web_key(text, at, hits),
        Begin::Question => answer::check(text, &at, hits),
        Begin::Sent => dialogue::check(text, &at, hits),
        Begin::Command(index) => command::check(text, index, at, hits),
    }
}

/// The end of a member's name, which says what it means, bytes.
const MEMBER: usize = 128;

/// A value whose name was parted from it: a member of a JSON object. The hit is in the value.
pub(super) fn named(name: &str, value: &str, hits: &mut Hits) {
    let tail = name.ceil_char_boundary(name.len().saturating_sub(MEMBER));
    let label = name.get(tail..).unwrap_or_default();
    let Some(name) = meant(label) else {
        return;
    };
    // The rules read a name and its value in one text.
    let text = format!("{label}:{value}");
    let begin = label.len() + 1;
    let slot = Slot {
        range: begin..text.len(),
        link: Link::Assign,
        quoted: true,
        below: false,
    };
    let mut joined = Hits::default();
    judge(&text, &name, &slot, &mut joined);
    for hit in joined.0 {
        let range = hit.range.start.saturating_sub(begin)..hit.range.end.saturating_sub(begin);
        hits.by_context(hit.kind, range);
    }
}

/// What a name by itself means: by the last word in it that means a secret.
fn meant(label: &str) -> Option<Name> {
    let (mut last, mut foreign) = (None::<Name>, None);
    literals::each_of_names(label, |literal, at| match begin(literal).1 {
        Begin::Name => {
            let name = names::around(label, at);
            let ends = |name: &Option<Name>| name.as_ref().map(|name| name.range.end);
            if ends(&name) >= ends(&last) {
                last = name;
            }
        }
        Begin::Foreign => {
            foreign = Some(Name {
                range: 0..label.len(),
                class: Class::Password,
                compound: true,
                getter: false,
            });
        }
        _ => {}
    });
    last.or(foreign)
}

/// The element of signed XML (W3C XML Signature) that is for all to see.
const PUBLISHED: &str = "SignatureValue";

/// Looks for the value of a name wherever one may stand.
fn named_in(text: &str, name: &Name, hits: &mut Hits) {
    if text.get(name.range.clone()) == Some(PUBLISHED) {
        return;
    }
    let slot = connector::value(text, name);
    if let Some(slot) = &slot {
        match judge(text, name, slot, hits) {
            Verdict::Secret => return,
            Verdict::Harmless if slot.link == Link::Assign && !slot.below => return,
            // A program's assignment ends with its value.
            Verdict::Unknown if slot.link == Link::Assign && equals(text, name, slot) => return,
            Verdict::Harmless | Verdict::Unknown => {}
        }
        if slot.link == Link::Call && login(text, name, slot, hits) {
            return;
        }
    }
    if codes::check(text, name, hits)
        || record::check(text, name, hits)
        || table::check(text, name, hits)
    {
        return;
    }
    prose::check(text, name, hits);
}

/// Whether an `=` joins a name and its value.
fn equals(text: &str, name: &Name, slot: &Slot) -> bool {
    let between = text
        .get(name.range.end..slot.range.start)
        .unwrap_or_default();
    between.contains('=') && !between.contains(':')
}

/// `auth("account", "password")`: the second argument of a call that signs in.
fn login(text: &str, name: &Name, slot: &Slot, hits: &mut Hits) -> bool {
    let label = text
        .get(name.range.clone())
        .unwrap_or_default()
        .to_ascii_lowercase();
    let signs_in = ["auth", "login", "credential", "credentials"]
        .iter()
        .any(|end| label.ends_with(end));
    let comma = slot.range.end + 1;
    if !signs_in || !slot.quoted || super::shape::after(text, comma) != Some(b',') {
        return false;
    }
    let blanks = super::shape::Alphabet::range(b' ', b' ').run(text, comma + 1, 8);
    let Some(range) = extract::quoted(text, comma + 1 + blanks) else {
        return false;
    };
    let inner = text.get(range.clone()).unwrap_or_default();
    let secret = matches!(value::judge(inner), Judged::Random | Judged::Password)
        || value::is_weak_password(inner);
    if secret {
        hits.by_context(PASSWORD, range);
    }
    secret
}

/// What became of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Secret,
    /// It stands for a secret that is not there.
    Harmless,
    /// It is none; one may follow.
    Unknown,
}

/// Judges the value in a place, and all elements where it is a list.
fn judge(text: &str, name: &Name, slot: &Slot, hits: &mut Hits) -> Verdict {
    let Some(inner) = text.get(slot.range.clone()) else {
        return Verdict::Unknown;
    };
    if inner.contains('=')
        && (slot.quoted || slot.link == Link::Assign)
        && header::is_cookie(text, name)
    {
        return header::cookies(text, slot, hits);
    }
    if let Some(verdict) = header::credentials(text, name, slot, hits) {
        return verdict;
    }
    if is_elided(text, slot.range.end) || repeats(text, name, inner) {
        return Verdict::Harmless;
    }
    // Nothing may stand after an `=`: the next line is another's then.
    if slot.below && !slot.quoted && (!is_alone(text, &slot.range) || equals(text, name, slot)) {
        return Verdict::Unknown;
    }
    if !slot.quoted && value::is_expression(inner) {
        return Verdict::Unknown;
    }
    let judged = value::judge(inner);
    if believe::is_believed(inner, judged, name, slot) {
        hits.by_context(kind(name.class), trimmed(text, &slot.range));
        return Verdict::Secret;
    }
    match judged {
        Judged::Placeholder => Verdict::Harmless,
        _ => Verdict::Unknown,
    }
}

const fn kind(class: Class) -> Kind {
    match class {
        Class::Password => PASSWORD,
        Class::Secret | Class::Weak => SECRET,
        Class::Code => CODE,
        Class::Answer => ANSWER,
    }
}

/// Whether a value goes on in dots: `sk-abcd...`.
fn is_elided(text: &str, end: usize) -> bool {
    let rest = text.get(end..).unwrap_or_default();
    rest.starts_with("...") || rest.starts_with('…')
}

/// Whether a value is its name in another spelling: `"crc-16-buypass", "Crc16Buypass"`.
fn repeats(text: &str, name: &Name, inner: &str) -> bool {
    let letters = |text: &str| {
        let each = text.bytes().filter(u8::is_ascii_alphanumeric);
        each.map(|b| b.to_ascii_lowercase()).collect::<Vec<u8>>()
    };
    let label = text.get(name.range.clone()).unwrap_or_default();
    label.is_ascii() && letters(label) == letters(inner)
}

/// Whether nothing else stands on a value's line.
fn is_alone(text: &str, range: &Range<usize>) -> bool {
    let rest = text
        .get(range.end..text.floor_char_boundary(range.end + 16))
        .unwrap_or_default();
    let line = rest.split('\n').next().unwrap_or_default();
    line.trim_matches(|c: char| c.is_whitespace() || c.is_ascii_punctuation())
        .is_empty()
}

/// A place without the blanks at its ends.
fn trimmed(text: &str, range: &Range<usize>) -> Range<usize> {
    let inner = text.get(range.clone()).unwrap_or_default();
    let lead = inner.len() - inner.trim_start().len();
    range.start + lead..range.start + lead + inner.trim().len()
}
