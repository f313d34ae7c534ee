//! How an address is used where it stands.

use std::ops::Range;

use super::led_by;
use crate::guard::reader::{is_one_of, line_before, window_after};
use crate::guard::shape::{after, before};

/// What stands around an address.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Usage {
    /// A scheme before it.
    pub(super) url: bool,
    /// A port behind it.
    pub(super) port: bool,
    /// A path behind it, longer than `/`.
    pub(super) path: bool,
    /// A user before it.
    pub(super) login: bool,
    /// A program that connects.
    pub(super) command: bool,
    /// The name of a setting.
    pub(super) setting: bool,
}

impl Usage {
    /// Whether it is used at all.
    pub(super) fn any(self) -> bool {
        self.url || self.port || self.login || self.command || self.setting
    }
}

/// Programs that are given a host.
#[rustfmt::skip]
const COMMANDS: &[&str] = &[
    "ssh", "scp", "sftp", "rsync", "ping", "ping6", "curl", "wget", "telnet", "nc", "ncat",
    "netcat", "nmap", "dig", "nslookup", "traceroute", "tracert", "mtr", "psql", "mysql",
    "mongosh", "mongo", "redis-cli", "http", "https", "rdp", "mstsc", "vnc", "xfreerdp", "mosh",
    "ftp", "snmpwalk", "ldapsearch", "kubectl", "docker", "ansible", "mount", "smbclient",
    "openssl", "whois", "iperf", "iperf3", "arping", "host", "winrm", "evil-winrm", "proxychains",
];

/// Names of settings that hold a host.
#[rustfmt::skip]
const SETTINGS: &[&str] = &[
    "host", "hosts", "hostname", "server", "servers", "addr", "address", "endpoint", "url", "uri",
    "ip", "upstream", "backend", "master", "replica", "primary", "node", "nodes", "proxy",
    "gateway", "nameserver", "dns", "ldap", "smtp", "database", "db", "redis", "broker", "brokers",
    "bootstrap", "peer", "peers", "target", "targets", "remote", "domain", "origin", "registry",
    "listen", "bind", "connect", "datasource", "cluster", "machine", "vpn", "jumphost", "bastion",
    "ipaddress", "ip_address", "private_ip", "ansible_host", "proxy_pass", "serveralias",
    "servername", "server_name", "fqdn", "vm", "box", "instance",
];

/// Reads what stands around an address.
pub(super) fn of(text: &str, at: &Range<usize>) -> Usage {
    let line = line_before(text, at.start, 160);
    let token = line
        .rsplit([' ', '\t', '"', '\'', '`', '(', '<', ',', '='])
        .next()
        .unwrap_or_default();
    let opened = token.strip_suffix('[').unwrap_or(token);
    let scheme = opened.ends_with("://")
        || opened.contains("://") && opened.ends_with('@')
        || opened == "//";
    let rest = window_after(text, at.end, 12);
    let rest = rest.strip_prefix(']').unwrap_or(rest);
    let digits = rest.strip_prefix(':').map_or(0, |port| {
        port.bytes().take_while(u8::is_ascii_digit).count()
    });
    let beyond = rest.as_bytes().get(1 + digits).copied();
    let decimal = matches!(beyond, Some(b'.' | b':'))
        && rest
            .as_bytes()
            .get(2 + digits)
            .is_some_and(u8::is_ascii_digit);
    let port =
        (2..=5).contains(&digits) && !decimal && !beyond.is_some_and(|b| b.is_ascii_alphabetic());
    let path = rest
        .get(if digits > 0 { digits + 1 } else { 0 }..)
        .unwrap_or_default();
    Usage {
        url: scheme,
        port,
        path: path.starts_with('/')
            && path
                .as_bytes()
                .get(1)
                .is_some_and(u8::is_ascii_alphanumeric),
        login: before(text, at.start) == Some(b'@') && !scheme && token.len() > 1,
        command: led_by(text, at.start, COMMANDS),
        setting: setting(line),
    }
}

/// Whether a line ends in the name of a setting and what joins it to its value.
fn setting(line: &str) -> bool {
    let value = line.trim_end_matches(['"', '\'', '`', '[', ' ']);
    let joined = value.trim_end_matches(['=', ':', '>', ' ', '"', '\'']);
    let joint = line.get(joined.len()..).unwrap_or_default();
    if joined.len() == line.len() || joint.trim().is_empty() && !joint.contains(['"', '\'']) {
        // `nameserver 10.…`, `--host 10.…`, `server 10.…;`
        let word = line.trim_end().rsplit(' ').next().unwrap_or_default();
        let flag = word.starts_with('-') || line.trim().split(' ').count() == 1;
        return line.ends_with(' ') && flag && is_one_of(word.trim_start_matches('-'), SETTINGS);
    }
    let key = joined
        .rsplit([' ', '"', '\'', '{', ',', '(', ';', '\t', '?', '&', '['])
        .next()
        .unwrap_or_default();
    let last = key.rsplit(['_', '-', '.']).next().unwrap_or_default();
    let camel = key.len()
        - key
            .trim_end_matches(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            .len();
    let camel = key
        .get((key.len() - camel).saturating_sub(1)..)
        .unwrap_or_default();
    joint.contains([':', '=', '>'])
        && [key, last, camel]
            .iter()
            .any(|name| is_one_of(name, SETTINGS))
}

/// Whether a prefix length follows: it is a network, not a host.
pub(super) fn masked(text: &str, end: usize) -> bool {
    let rest = window_after(text, end, 4);
    let digits = rest.strip_prefix('/').map_or(0, |rest| {
        rest.bytes().take_while(u8::is_ascii_digit).count()
    });
    matches!(digits, 1..=3)
        && !rest
            .get(1 + digits..)
            .unwrap_or_default()
            .starts_with(['/', '.'])
}

/// Whether a name stands as an expression or a path of code does.
pub(super) fn code(text: &str, at: &Range<usize>, name: &str) -> bool {
    let next = after(text, at.end);
    let last = before(text, at.start);
    let call = matches!(next, Some(b'(' | b'_' | b'[' | b'{' | b'!'));
    let assigned = window_after(text, at.end, 3).trim_start().starts_with('=')
        && !window_after(text, at.end, 3).contains("==");
    let path = matches!(last, Some(b'/' | b'\\' | b'~' | b'$' | b'#'))
        && !line_before(text, at.start, 8).ends_with("//");
    let first = name.split('.').next().unwrap_or_default();
    let owner = is_one_of(
        first,
        &[
            "this",
            "self",
            "cls",
            "super",
            "window",
            "process",
            "std",
            "sys",
            "os",
            "module",
            "settings",
            "config",
            "env",
            "java",
            "import",
            "system",
            "com",
            "org",
            "threading",
        ],
    );
    let line = line_before(text, at.start, 40);
    let imported = ["import ", "from ", "package ", "using ", "use ", "require "]
        .iter()
        .any(|word| line.trim_start().starts_with(word));
    call || assigned || path || owner || imported || matches!(name.bytes().next(), Some(b'.'))
}
