//! Internal systems: private addresses, hosts below internal domains, shares, consoles on loopback.
//!
//! The address alone is talk (`what is 192.168.1.1?`). It is an endpoint where it is used as one: in a
//! URL, with a port, behind a command that connects, as the value of a setting.

mod host;
mod ip;
mod usage;

use std::ops::Range;

use super::finding::{Family, Kind};
use super::hits::Hits;
use super::part::{self, Part};
use super::reader::{begins, in_word, line_before, window_after, window_before};
use super::shape::{Alphabet, after, before};

const ADDRESS: Kind = Kind::of(
    "private_address",
    "a private network address",
    Family::Endpoint,
);
const HOST: Kind = Kind::of("internal_host", "an internal host", Family::Endpoint);
const SHARE: Kind = Kind::of("network_share", "a network share", Family::Endpoint);
const CONSOLE: Kind = Kind::of(
    "admin_console",
    "an administration console",
    Family::Endpoint,
);

const PARTS: &[Part] = &[
    Part {
        literals: &["10.", "172.", "192.168.", "100.", "169.254."],
        check: private_v4,
    },
    Part {
        literals: &["fd", "fc", "fe80:"],
        check: private_v6,
    },
    Part {
        literals: host::LITERALS,
        check: internal_host,
    },
    Part {
        literals: &["\\\\", "smb://", "cifs://", "nfs://", "afp://"],
        check: share,
    },
    Part {
        literals: &[
            "localhost",
            "127.0.0.1",
            "[::1]",
            "0.0.0.0",
            "host.docker.internal",
        ],
        check: loopback,
    },
];

pub(super) fn literals() -> Vec<&'static str> {
    part::literals(PARTS)
}

pub(super) fn check(text: &str, literal: usize, at: Range<usize>, hits: &mut Hits) {
    part::check(PARTS, literal, text, at, hits);
}

fn private_v4(text: &str, at: Range<usize>, hits: &mut Hits) {
    let left = before(text, at.start);
    if left.is_some_and(|b| in_word(b) || b == b'.' || b == b'_') || left == Some(b'-') {
        return;
    }
    let Some((end, octets)) = ip::v4(text, at.start) else {
        return;
    };
    let used = usage::of(text, &(at.start..end));
    let strong = used.url || used.port || used.login;
    let network = !strong && (usage::masked(text, end) || octets.ends_with(&[0]));
    if ip::private(octets) && !network && used.any() && (used.path || !ip::textbook(octets)) {
        hits.by_context(ADDRESS, at.start..end);
    }
}

fn private_v6(text: &str, at: Range<usize>, hits: &mut Hits) {
    let left = before(text, at.start);
    if left.is_some_and(|b| in_word(b) || b == b':' || b == b'.' || b == b'_') {
        return;
    }
    let Some(end) = ip::v6(text, at.start) else {
        return;
    };
    let used = usage::of(text, &(at.start..end));
    if used.any() && !usage::masked(text, end) {
        hits.by_context(ADDRESS, at.start..end);
    }
}

/// The mark of an internal domain stands here: reads the host around it.
fn internal_host(text: &str, at: Range<usize>, hits: &mut Hits) {
    let Some(range) = host::around(text, &at) else {
        return;
    };
    let name = text.get(range.clone()).unwrap_or_default();
    let Some(sort) = host::internal(name) else {
        return;
    };
    let used = usage::of(text, &range);
    let distinct = match sort {
        host::Sort::Certain => true,
        host::Sort::Likely => host::distinct(name),
        host::Sort::Unlikely => false,
    };
    let code = usage::code(text, &range, name);
    if !code && (used.url || used.port || used.login || used.command || used.setting || distinct)
        || used.url
    {
        hits.by_context(HOST, range);
    }
}

/// `\\server\share`, also with doubled backslashes, and the URLs of file servers.
fn share(text: &str, at: Range<usize>, hits: &mut Hits) {
    const NAME: Alphabet = Alphabet::ALNUM.with(b"-._$");
    let url = text.get(at.clone()).is_some_and(|sign| sign.ends_with('/'));
    let slash = if url { b'/' } else { b'\\' };
    let slashes = |at: usize| {
        text.bytes()
            .skip(at)
            .take(4)
            .take_while(|b| *b == slash)
            .count()
    };
    if before(text, at.start)
        .is_some_and(|b| in_word(b) || matches!(b, b'\\' | b']' | b')' | b'}' | b'*' | b'+'))
    {
        return;
    }
    let lead = if url { 0 } else { slashes(at.start) };
    let server = if url { at.end } else { at.start + lead };
    let size = NAME.run(text, server, 80);
    let gap = slashes(server + size);
    let path = server + size + gap;
    let folder = NAME.run(text, path, 80);
    let doubled = lead == 4 && gap == 2 || lead == 2 && gap == 1;
    let name = text.get(server..server + size).unwrap_or_default();
    let folder_name = text.get(path..path + folder).unwrap_or_default();
    let deeper = after(text, path + folder) == Some(slash);
    let dashed = name
        .bytes()
        .any(|b| b.is_ascii_digit() || b == b'-' || b == b'.')
        && name.bytes().any(|b| b.is_ascii_alphabetic());
    let loud = name.len() > 3 && name.bytes().all(|b| b.is_ascii_uppercase());
    let code = name.strip_prefix(['x', 'u', 'U']).unwrap_or_default();
    let escape = code.len() > 1 && code.bytes().all(|b| b.is_ascii_hexdigit());
    let named = name.starts_with(|c: char| c.is_ascii_alphanumeric()) && !escape;
    let quiet = [
        "server",
        "localhost",
        "wsl$",
        "wsl.localhost",
        "example",
        "host",
        "computer",
        "machine",
        ".",
    ];
    let known = quiet.iter().any(|known| name.eq_ignore_ascii_case(known))
        || name.ends_with(".example.com");
    let likely =
        dashed || loud || deeper || folder_name.ends_with('$') || name.len() > 5 && folder > 4;
    let shown = folder_name.eq_ignore_ascii_case("share") && name.len() < 8 && !dashed;
    if named && (url || doubled) && size > 2 && folder > 1 && !known && likely && !shown {
        hits.by_context(SHARE, at.start..path + folder);
    }
}

/// Ports of consoles and stores that are administered through them.
const ADMIN_PORTS: &[u32] = &[
    2375, 2376, 2379, 4194, 4646, 4848, 5601, 5984, 6443, 7474, 7990, 8001, 8086, 8161, 8200, 8500,
    8529, 8686, 8983, 9093, 9200, 9443, 9600, 9870, 9990, 10250, 10255, 15671, 15672, 16686, 19999,
    50070, 61616,
];

/// Parts of paths that only administrators open.
#[rustfmt::skip]
const ADMIN_PATHS: &[&str] = &[
    "admin", "actuator", "console", "manager", "management", "secrets", "secret", "root", "_cluster", "_cat",
    "_nodes", "_search", "namespaces", "internal", "phpmyadmin", "adminer", "jmx", "jolokia",
    "hawtio", "heapdump", "pprof", "graphiql", "h2-console", "wp-admin", "server-status",
];

/// Loopback with a port and the path of a console.
fn loopback(text: &str, at: Range<usize>, hits: &mut Hits) {
    if before(text, at.start).is_some_and(|b| in_word(b) || b == b'.' || b == b'-') {
        return;
    }
    let rest = window_after(text, at.end, 120);
    let Some(rest) = rest.strip_prefix(':') else {
        return;
    };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let port: u32 = rest
        .get(..digits)
        .and_then(|port| port.parse().ok())
        .unwrap_or(0);
    let path = rest.get(digits..).unwrap_or_default();
    let path = path
        .split([' ', '\n', '"', '\'', '`', ')', '<', '>', ','])
        .next()
        .unwrap_or_default();
    let path = path.trim_end_matches(['.', '!', '?', ';', ':']);
    let segments = path
        .split(['/', '?', '#', '=', '&'])
        .filter(|segment| !segment.is_empty());
    let admin = segments.clone().any(|segment| {
        ADMIN_PATHS
            .iter()
            .any(|known| segment.eq_ignore_ascii_case(known))
    });
    let deep = segments.count() > 0;
    let tutorial = matches!(port, 3000 | 5000 | 8000)
        && matches!(path.trim_end_matches('/'), "/admin" | "/console");
    if path.starts_with('/') && !tutorial && (admin || ADMIN_PORTS.contains(&port) && deep) {
        let head = line_before(text, at.start, 12);
        let scheme = ["https://", "http://"]
            .into_iter()
            .find(|scheme| head.ends_with(scheme))
            .map_or(0, str::len);
        hits.by_context(CONSOLE, at.start - scheme..at.end + 1 + digits + path.len());
    }
}

/// Whether a text that ends before a value ends with a word of a list, and what joins them.
fn led_by(text: &str, at: usize, words: &[&str]) -> bool {
    let lead = window_before(text, at, 40);
    let lead = lead.rsplit('\n').next().unwrap_or_default();
    lead.split([' ', '\t', '=', '(', '`', '"', '\'', '$', '|', ';', '/'])
        .any(|word| {
            words
                .iter()
                .any(|listed| word.len() == listed.len() && begins(word, listed))
        })
}

#[cfg(test)]
mod tests;
