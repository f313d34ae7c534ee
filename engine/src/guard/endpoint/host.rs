//! Names of hosts inside an organisation.

use std::ops::Range;

use crate::guard::reader::{begins, ends, is_one_of};
use crate::guard::shape::{Alphabet, before};

/// What marks a name as internal.
#[rustfmt::skip]
pub(super) const LITERALS: &[&str] = &[
    ".internal", ".corp", ".lan", ".local", ".intranet", ".private", ".home.arpa", ".localdomain",
    ".svc", ".consul", ".ts.net", ".intra", ".priv", ".inside", ".in-house", ".vpc", "corp.",
    "int.", "intra.", "intranet.", "internal.", "lan.", "private.", "priv.", "vpn.", "mgmt.",
    "ad.", "prod-internal.", ".vpce.amazonaws.com", ".elb.amazonaws.com", ".privatelink.", "ip-10-", "ip-172-", "ip-192-",
];

/// The last labels of names that no public server answers for.
#[rustfmt::skip]
const SUFFIXES: &[&str] = &[
    "internal", "corp", "lan", "intranet", "localdomain", "intra", "consul", "priv", "vpc",
];
/// Those that are words of code as well.
const WORDS: &[&str] = &["local", "private", "svc", "inside"];
/// Labels that mark a part of a public domain as internal.
#[rustfmt::skip]
const ZONES: &[&str] = &[
    "corp", "int", "intra", "intranet", "internal", "lan", "priv", "mgmt", "ad",
];
/// Names that everybody's documents hold.
#[rustfmt::skip]
const PUBLIC: &[&str] = &[
    "host.docker.internal", "gateway.docker.internal", "localhost.localdomain",
    "kubernetes.default.svc", "kubernetes.default.svc.cluster.local", "svc.cluster.local",
    "metadata.google.internal", "kubernetes.docker.internal", "host.containers.internal",
    "host.lima.internal", "cluster.local",
];
/// Labels that stand for any name.
#[rustfmt::skip]
const SHOWN: &[&str] = &[
    "example", "foo", "bar", "my-svc", "my-service", "myservice", "my-namespace", "mynamespace",
    "acme-example", "yourcompany", "your-company", "company-name", "xxx", "mycompany",
    "service-name", "my-app", "myapp",
];
/// What public domains end in, as far as internal names are put below them.
#[rustfmt::skip]
const TOPS: &[&str] = &[
    "com", "net", "org", "io", "dev", "co", "de", "fr", "uk", "eu", "us", "cloud", "app", "ai",
    "tech", "es", "it", "nl", "pl", "ch", "at", "be", "se", "no", "dk", "fi", "pt", "br", "mx",
    "jp", "cn", "in", "au", "ca", "nz", "za", "ru", "ie", "info", "biz", "gov", "edu", "systems",
    "group", "global", "solutions", "inc", "company", "software", "network", "services", "online",
    "xyz", "kr", "sg", "cz", "ro", "hu", "gr", "tr", "il",
];

/// How surely a name is internal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// Wherever it stands.
    Certain,
    /// If it does not look like code.
    Likely,
    /// Where it is used as a host.
    Unlikely,
}

/// The whole name around a mark; none where the mark is only part of a label.
pub(super) fn around(text: &str, at: &Range<usize>) -> Option<Range<usize>> {
    const NAME: Alphabet = Alphabet::ALNUM.with(b"-.");
    let start = at.start - NAME.run_back(text, at.start, 150);
    let end = at.end + NAME.run(text, at.end, 150);
    let name = text.get(start..end)?;
    let end = start + name.trim_end_matches(['.', '-']).len();
    let start = start + (name.len() - name.trim_start_matches(['.', '-']).len());
    let joined = before(text, start).is_some_and(|b| b == b'_' || b == b'$' || b >= 128);
    (start < end && !joined && at.start < end).then_some(start..end)
}

/// Whether a name is of an internal host, and how surely.
pub(super) fn internal(name: &str) -> Option<Sort> {
    let labels: Vec<&str> = name.split('.').collect();
    let (top, head) = labels.split_last()?;
    let proper = labels
        .iter()
        .all(|label| !label.is_empty() && label.len() < 64);
    let shown = labels.iter().any(|label| is_one_of(label, SHOWN)) || is_one_of(name, PUBLIC);
    if !proper || shown || head.is_empty() || labels.len() > 8 {
        return None;
    }
    let cluster = ends(name, ".svc.cluster.local")
        || ends(name, ".ts.net") && labels.len() > 3
        || ends(name, ".home.arpa")
        || ends(name, ".vpce.amazonaws.com")
        || ends(name, ".elb.amazonaws.com") && begins(name, "internal-")
        || head
            .iter()
            .skip(1)
            .any(|label| is_one_of(label, &["privatelink"]));
    if cluster {
        return Some(Sort::Certain);
    }
    if is_one_of(top, SUFFIXES) {
        return Some(Sort::Likely);
    }
    if is_one_of(top, WORDS) {
        let several = head.len() > 1 && distinct(name) && marked(name);
        return Some(if several {
            Sort::Likely
        } else {
            Sort::Unlikely
        });
    }
    let zone = labels.len() >= 3
        && labels
            .iter()
            .take(labels.len() - 2)
            .any(|label| is_one_of(label, ZONES));
    let reversed = labels.first().is_some_and(|first| {
        is_one_of(
            first,
            &[
                "com", "org", "net", "io", "java", "javax", "sun", "jdk", "dev",
            ],
        )
    });
    let first = labels
        .first()
        .is_some_and(|first| is_one_of(first, &["ad", "int", "lan", "mgmt", "priv"]));
    let public = is_one_of(top, TOPS);
    (zone && public && !reversed).then_some(if first { Sort::Unlikely } else { Sort::Likely })
}

/// Whether a name looks like one that administrators give: several labels, or a hyphen or a digit in
/// one.
pub(super) fn distinct(name: &str) -> bool {
    let labels = name.split('.').count();
    let lower = !name.bytes().any(|b| b.is_ascii_uppercase());
    let upper = !name.bytes().any(|b| b.is_ascii_lowercase());
    (lower || upper) && (marked(name) || labels >= 3)
}

/// Whether a name holds a hyphen or a digit.
fn marked(name: &str) -> bool {
    name.bytes().any(|b| b == b'-' || b.is_ascii_digit())
}
