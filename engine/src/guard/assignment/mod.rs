//! Secrets by the words around them: a name that means a secret, and a value beside it.
//!
//! ```text
//! key word ─► name ─► connector ─► value ─► judged
//!              │                     ▲
//!              └─► sentence, table, record, header, command
//! ```

mod codes;
mod command;
mod connector;
mod extract;
mod header;
mod names;
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
    "pass", "pwd", "pswd", "psw", "pw", "secret", "token", "key", "auth", "cred", "conn", "session", "sess", "cookie", "sid", "jwt",
    "pin", "puk", "otp", "2fa", "mfa", "code", "licen", "webhook", "salt", "signature", "sig", "hmac", "dsn", "bearer", "_pat", "securestring",
    "csrf", "xsrf", "pepper", "psk", "answer", "login", "kennwort", "zugangsdaten", "schlüssel", "schluessel", "geheim", "mdp", "jeton", "clé", "contrase", "clave", "senha",
    "chave", "chiave", "segre", "secreto", "parola", "wachtwoord", "sleutel", "hasło", "haslo", "klucz", "şifre", "Şifre", "sifre", "anahtar",
    "heslo", "lösenord", "losenord", "adgangskode", "salasana", "jelszó", "lozinka", "cvv", "cvc",
];
/// The same in scripts that are not split into names.
const FOREIGN: &[&str] = &[
    "ароль", "АРОЛЬ", "ароля", "пapoль", "секрет", "токен", "люч", "密码", "密碼", "口令", "密钥", "密鑰", "金鑰", "令牌", "私钥", "パスワード", "暗証番号", "秘密鍵", "トークン", "キー",
    "비밀번호", "암호", "토큰", "키", "κωδικός", "mật khẩu", "kata sandi", "كلمة المرور", "كلمة السر", "סיסמה", "पासवर्ड", "รหัสผ่าน", "パスコード", "合言葉", "凭证", "凭据",
];
/// Words that alone make suspicious.
const BARE: &[&str] = &[
    "api_key", "api key", "apikey", "api-key", "authorization:", "bearer", "private_key", "private key", "access_key", "access key", "aws_",
    "azure_", "supabase_", "database_url", "postgres_", "ssh-rsa", "password",
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
    Command(usize),
}

const GROUPS: &[(&[&str], Begin)] = &[
    (NAMES, Begin::Name),
    (FOREIGN, Begin::Foreign),
    (BARE, Begin::Bare),
    (prose::LOGINS, Begin::Login),
    (sql::LITERALS, Begin::Sql),
    (codes::LITERALS, Begin::WebKey),
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
        Begin::Foreign => prose::unspaced(text, at.end, hits),
        Begin::Bare => hits.suspect(WORD, at),
        Begin::Login => prose::login(text, at, hits),
        Begin::Sql => sql::check(text, at, hits),
        Begin::WebKey => codes::web_key(text, at, hits),
        Begin::Command(index) => command::check(text, index, at, hits),
    }
}

/// A value whose name was parted from it: a member of a JSON object. The hit is in the value.
pub(super) fn named(name: &str, value: &str, hits: &mut Hits) {
    let words = NAMES.iter().filter_map(|word| {
        let at = find_ignoring_case(name, word)?;
        names::around(name, at..at + word.len())
    });
    let Some(name) = words.max_by_key(|name| name.range.end) else {
        return;
    };
    let slot = Slot {
        range: 0..value.len(),
        link: Link::Assign,
        quoted: true,
        below: false,
    };
    judge(value, &name, &slot, hits);
}

fn find_ignoring_case(text: &str, word: &str) -> Option<usize> {
    let text = text.as_bytes();
    let found = |window: &[u8]| window.eq_ignore_ascii_case(word.as_bytes());
    let last = text.windows(word.len()).rposition(found)?;
    Some(last)
}

/// Looks for the value of a name wherever one may stand.
fn named_in(text: &str, name: &Name, hits: &mut Hits) {
    let slot = connector::value(text, name);
    if let Some(slot) = &slot {
        match judge(text, name, slot, hits) {
            Verdict::Secret => return,
            Verdict::Harmless if slot.link == Link::Assign && !slot.below => return,
            // A program's assignment ends with its value.
            Verdict::Unknown if slot.link == Link::Assign && equals(text, name, &slot) => return,
            Verdict::Harmless | Verdict::Unknown => {}
        }
        if slot.link == Link::Call && login(text, name, slot, hits) {
            return;
        }
    }
    if codes::check(text, name, hits) || record::check(text, name, hits) || table::check(text, name, hits) {
        return;
    }
    prose::check(text, name, hits);
}

/// Whether an `=` joins a name and its value.
fn equals(text: &str, name: &Name, slot: &Slot) -> bool {
    let between = text.get(name.range.end..slot.range.start).unwrap_or_default();
    between.contains('=') && !between.contains(':')
}

/// `auth("account", "password")`: the second argument of a call that signs in.
fn login(text: &str, name: &Name, slot: &Slot, hits: &mut Hits) -> bool {
    let label = text.get(name.range.clone()).unwrap_or_default().to_ascii_lowercase();
    let signs_in = ["auth", "login", "credential", "credentials"].iter().any(|end| label.ends_with(end));
    let comma = slot.range.end + 1;
    if !signs_in || !slot.quoted || super::shape::after(text, comma) != Some(b',') {
        return false;
    }
    let blanks = super::shape::Alphabet::range(b' ', b' ').run(text, comma + 1, 8);
    let Some(range) = extract::quoted(text, comma + 1 + blanks) else {
        return false;
    };
    let inner = text.get(range.clone()).unwrap_or_default();
    let secret = matches!(value::judge(inner), Judged::Random | Judged::Password) || value::is_weak_password(inner);
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
    if inner.contains('=') && (slot.quoted || slot.link == Link::Assign) && header::is_cookie(text, name) {
        return header::cookies(text, slot, hits);
    }
    if let Some(verdict) = header::credentials(text, name, slot, hits) {
        return verdict;
    }
    if is_elided(text, slot.range.end) {
        return Verdict::Harmless;
    }
    if slot.below && !is_alone(text, &slot.range) && !slot.quoted {
        return Verdict::Unknown;
    }
    if !slot.quoted && value::is_expression(inner) {
        return Verdict::Unknown;
    }
    let judged = value::judge(inner);
    if is_believed(inner, judged, name, slot) {
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

/// Whether a value is a secret, given how sure its name and its place are.
fn is_believed(inner: &str, judged: Judged, name: &Name, slot: &Slot) -> bool {
    let sure = matches!(slot.link, Link::Assign) || slot.link == Link::Call && !name.getter;
    match (name.class, judged) {
        (Class::Code, _) if sure && is_code(inner) => true,
        (_, Judged::Placeholder) => false,
        (Class::Code, judged) => sure && slot.link != Link::Call && (matches!(judged, Judged::Password | Judged::Random) && inner.len() >= 12 || value::is_chained(inner)),
        (Class::Answer, _) => sure && is_answer(inner),
        (Class::Weak, Judged::Random) => (sure || slot.link == Link::Pair && inner.len() >= 24) && is_key(inner, name),
        (Class::Weak, _) => false,
        (_, Judged::Random) => slot.link != Link::Call || !name.getter || inner.len() >= 20 && !value::is_hex(inner),
        (Class::Password, Judged::Password) => sure || slot.quoted || value::is_striking(inner),
        (Class::Secret, Judged::Password) => {
            let mix = super::shape::Mix::of(inner);
            let various = mix.other > 0 && mix.digit >= 2 && inner.len() >= 8 || mix.turns >= 5;
            sure && (slot.quoted && (mix.other > 0 || inner.len() >= 12) || various && !has_call(inner)) || value::is_striking(inner) && slot.link != Link::Pair
        }
        (Class::Password, Judged::Ordinary) => {
            let told = slot.quoted && matches!(slot.link, Link::Pair | Link::Direct) && (value::is_chained(inner) || value::is_irregular(inner) && !value::is_expression(inner));
            told || sure && !name.getter && slot.link == Link::Assign && (value::is_weak_password(inner) || slot.quoted && is_phrase(inner, name))
        }
        (Class::Secret, Judged::Ordinary) => sure && slot.quoted && value::is_chained(inner),
    }
}

fn has_call(inner: &str) -> bool {
    inner.contains(['(', '[', '{'])
}

/// Whether a random value is long and various enough to be a key where the name hardly says so.
fn is_key(inner: &str, name: &Name) -> bool {
    if value::is_uuid(inner) {
        return false;
    }
    let various = super::shape::Mix::of(inner).classes() == 3;
    if value::is_hex(inner) {
        return name.compound && matches!(inner.len(), 32 | 40 | 48 | 64 | 128);
    }
    inner.len() >= if name.compound { 16 } else { 20 } && (various || name.compound)
}

/// A name or the like; not a word of a description.
fn is_answer(inner: &str) -> bool {
    (3..48).contains(&inner.len())
        && inner.starts_with(char::is_uppercase)
        && !matches!(value::judge(inner), Judged::Placeholder)
        && inner.split(' ').count() <= 4
        && inner.split(' ').all(|word| word.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '\''))
}

/// Four to ten digits, perhaps in groups; or groups of letters and digits.
fn is_code(inner: &str) -> bool {
    let digits = inner.bytes().filter(u8::is_ascii_digit).count();
    let plain = inner.bytes().all(|b| b.is_ascii_digit() || b == b'-' || b == b' ');
    let first = inner.bytes().next();
    if inner.bytes().all(|b| Some(b) == first) || "0123456789".contains(inner) {
        return false;
    }
    if plain {
        return (4..=10).contains(&digits) && inner.bytes().next().is_some_and(|b| b.is_ascii_digit());
    }
    let groups = inner.split('-').all(|group| {
        (3..=8).contains(&group.len()) && group.bytes().all(|b| b.is_ascii_alphanumeric())
    });
    groups && digits >= 2 && inner.len() >= 8 && matches!(value::judge(inner), Judged::Random | Judged::Password)
}

/// Four to eight words that make no sentence, under a name that means such.
fn is_phrase(inner: &str, name: &Name) -> bool {
    const GRAMMAR: &[&str] = &["the", "a", "is", "to", "your", "for", "of", "and", "or", "must", "be", "in", "with", "not", "password", "please", "this", "that", "passphrase"];
    let words: Vec<&str> = inner.split(' ').take(10).collect();
    name.class == Class::Password
        && (4..=8).contains(&words.len())
        && words.iter().all(|word| {
            word.len() >= 3 && word.bytes().all(|b| b.is_ascii_lowercase()) && !GRAMMAR.contains(word)
        })
}

/// Whether a value goes on in dots: `sk-abcd...`.
fn is_elided(text: &str, end: usize) -> bool {
    let rest = text.get(end..).unwrap_or_default();
    rest.starts_with("...") || rest.starts_with('…')
}

/// Whether nothing else stands on a value's line.
fn is_alone(text: &str, range: &Range<usize>) -> bool {
    let rest = text.get(range.end..text.floor_char_boundary(range.end + 16)).unwrap_or_default();
    let line = rest.split('\n').next().unwrap_or_default();
    line.trim_matches(|c: char| c.is_whitespace() || c.is_ascii_punctuation()).is_empty()
}

/// A place without the blanks at its ends.
fn trimmed(text: &str, range: &Range<usize>) -> Range<usize> {
    let inner = text.get(range.clone()).unwrap_or_default();
    let lead = inner.len() - inner.trim_start().len();
    range.start + lead..range.start + lead + inner.trim().len()
}
