//! Passwords and keys inside addresses and connection strings.

use std::ops::Range;

use super::finding::Kind;
use super::hits::Hits;
use super::shape::{Alphabet, Mix, after};
use super::value::{self, Judged};

#[cfg(test)]
mod tests;

const USER_INFO: Kind = Kind::credential("uri_password", "an address with a password");
const CONNECTION: Kind =
    Kind::credential("connection_string", "a connection string with a password");
const SIGNED: Kind = Kind::credential("signed_uri", "a signed address");

/// The longest user and password before a host, bytes.
const USER: usize = 1024;
/// The longest field of a connection string, bytes.
const FIELD: usize = 512;
/// Fields of connection strings that hold a password. `password=` under any name, in a query too,
/// is an assignment's matter.
const FIELDS: &[&str] = &["pwd=", "password=", "sig=", "passwd="];

pub(super) fn literals() -> Vec<&'static str> {
    [&["://", "jdbc:oracle:thin:", "@tcp(", "@//"], FIELDS].concat()
}

pub(super) fn check(text: &str, literal: usize, at: Range<usize>, hits: &mut Hits) {
    match literal {
        0 => user_info(text, &at, hits),
        1 => oracle(text, at.end, hits),
        2 => data_source(text, at.start, ':', hits),
        3 => data_source(text, at.start, '/', hits),
        _ => field(text, at, hits),
    }
}

/// `scheme://user:password@host`, `://:password@`, `://token@`.
fn user_info(text: &str, at: &Range<usize>, hits: &mut Hits) {
    let scheme = Alphabet::ALNUM.with(b"+.-").run_back(text, at.start, 32);
    if scheme == 0 {
        return;
    }
    let rest = text
        .get(at.end..text.floor_char_boundary(at.end + USER))
        .unwrap_or_default();
    let stop = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '\\');
    let authority = rest
        .get(..rest.find(stop).unwrap_or(rest.len()))
        .unwrap_or_default();
    // A password may hold `/`, `?`, `#` and `@` that should have been encoded: the last `@` before
    // a host counts, as far as the first is not beyond the address's path.
    let path = authority.find(['/', '?', '#']).unwrap_or(authority.len());
    let within = authority.get(..path).unwrap_or_default();
    let end = within.rfind('@').or_else(|| loose(authority, path));
    let Some(end) = end else {
        return;
    };
    let info = authority.get(..end).unwrap_or_default();
    let host = authority.get(end + 1..).unwrap_or_default();
    match info.split_once(':') {
        Some((user, password)) => {
            let begin = at.end + user.len() + 1;
            if is_password(user, password, host) {
                hits.by_form(USER_INFO, begin..begin + password.len());
            }
        }
        None => {
            if value::judge(info) == Judged::Random && !value::is_uuid(info) {
                hits.by_form(USER_INFO, at.end..at.end + info.len());
            }
        }
    }
}

/// An `@` behind the path's begin, where what precedes it is a user and a password with a `/`,
/// `?` or `#` in it: no port, and a host follows.
fn loose(authority: &str, path: usize) -> Option<usize> {
    let colon = authority.get(..path)?.find(':')?;
    let password = authority.get(colon + 1..path)?;
    let port = !password.is_empty() && password.bytes().all(|b| b.is_ascii_digit());
    let at = authority.get(..192.min(authority.len()))?.rfind('@')?;
    let host = authority.get(at + 1..)?;
    let size = Alphabet::ALNUM.with(b".-").run(host, 0, 128);
    let pass = authority.get(colon + 1..at)?;
    let real = host.get(..size)?.contains('.') || matches!(after(host, size), Some(b':'));
    (!port
        && real
        && !authority.get(..colon)?.contains('.')
        && value::judge(pass) != Judged::Ordinary)
        .then_some(at)
}

/// Whether the password of an address is a real one.
fn is_password(user: &str, password: &str, host: &str) -> bool {
    let plain = decoded(password);
    let weak_host = ["localhost", "127.0.0.1", "host", "example.", "[::1]"]
        .iter()
        .any(|known| host.starts_with(known))
        || host.contains("example.")
        || host.contains("hostname")
        || host.is_empty();
    if plain.len() < 3 || plain.eq_ignore_ascii_case(user) {
        return false;
    }
    match value::judge(&plain) {
        Judged::Random | Judged::Password => true,
        Judged::Placeholder => false,
        Judged::Ordinary => {
            let symbols = plain.bytes().any(|b| value::SYMBOL.has(b)) && plain.len() >= 6;
            let mixed = plain.bytes().any(|b| b.is_ascii_digit())
                && plain.bytes().any(|b| b.is_ascii_alphabetic());
            let strange = symbols || is_restless(&plain) || mixed && plain.len() >= 5;
            value::is_weak_password(&plain) || !weak_host && strange
        }
    }
}

/// Whether letters alone are no words: they change between capitals and small ones too often.
fn is_restless(plain: &str) -> bool {
    let mix = Mix::of(plain);
    mix.turns >= 7 && mix.turns * 3 >= plain.len()
}

/// With `%xx` as the bytes they stand for.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let code = text
            .get(at + 1..at + 3)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match code {
            Some(code) if byte == b'%' => {
                plain.push(code);
                at += 3;
            }
            _ => {
                plain.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// `jdbc:oracle:thin:user/password@host`.
fn oracle(text: &str, from: usize, hits: &mut Hits) {
    let rest = text
        .get(from..text.floor_char_boundary(from + USER))
        .unwrap_or_default();
    let Some((info, host)) = rest.split_once('@') else {
        return;
    };
    if let Some((user, password)) = info.split_once('/')
        && !password.contains(char::is_whitespace)
        && is_password(user, password, host)
    {
        let begin = from + user.len() + 1;
        hits.by_form(USER_INFO, begin..begin + password.len());
    }
}

/// `user:password@tcp(host:port)/db`, as Go's drivers write it, and `user/password@//host:port/db`,
/// as Oracle's do.
fn data_source(text: &str, end: usize, parted: char, hits: &mut Hits) {
    let begin = text.ceil_char_boundary(end.saturating_sub(FIELD));
    let info = text.get(begin..end).unwrap_or_default();
    let from = info
        .rfind(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '='))
        .map_or(0, |at| at + 1);
    let info = info.get(from..).unwrap_or_default();
    if let Some((user, password)) = info.split_once(parted)
        && !user.is_empty()
        && is_password(user, password, "server")
    {
        hits.by_form(USER_INFO, end - password.len()..end);
    }
}

/// A field of a connection string that a `;` parts from others, or a signature in a query.
fn field(text: &str, at: Range<usize>, hits: &mut Hits) {
    let parted = at
        .start
        .checked_sub(1)
        .and_then(|before| after(text, before));
    let signature = text
        .get(at.clone())
        .is_some_and(|name| name.eq_ignore_ascii_case("sig="));
    let fits = match parted {
        Some(b';' | b' ') => !signature,
        Some(b'&' | b'?') => true,
        _ => false,
    };
    if !fits {
        return;
    }
    let rest = text
        .get(at.end..text.floor_char_boundary(at.end + FIELD))
        .unwrap_or_default();
    let stop = |c: char| c.is_whitespace() || matches!(c, ';' | '"' | '\'' | '`' | '<' | '&');
    let inner = rest
        .get(..rest.find(stop).unwrap_or(rest.len()))
        .unwrap_or_default();
    // ODBC puts a value with signs into braces.
    let (lead, inner) = match inner
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
    {
        Some(bare) => (1, bare),
        None => (0, inner),
    };
    let start = at.end + lead;
    let range = start..start + inner.len();
    let plain = decoded(inner);
    if signature {
        if plain.len() >= 40 && value::judge(&plain) == Judged::Random {
            hits.by_context(SIGNED, range);
        }
    } else {
        let sentence = plain.trim_end_matches([',', '.', ')']);
        let secret = value::judge(sentence) != Judged::Placeholder
            && match value::judge(&plain) {
                Judged::Random | Judged::Password => true,
                Judged::Ordinary => value::is_weak_password(&plain) || is_restless(&plain),
                Judged::Placeholder => false,
            };
        if secret {
            hits.by_context(CONNECTION, range);
        }
    }
}
