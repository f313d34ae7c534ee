//! Mail addresses, written as such or spelt out to hide them from machines.

use std::ops::Range;

use crate::guard::finding::{Family, Kind};
use crate::guard::hits::Hits;
use crate::guard::reader::{in_word, is_one_of, line_before, window_after, window_before, words};
use crate::guard::shape::before;

const EMAIL: Kind = Kind::of("email", "a mail address", Family::Personal);

pub(super) const LITERALS: &[&str] = &["@"];

/// What is written in place of `@`.
#[rustfmt::skip]
pub(super) const SPELT: &[&str] = &[
    "(at)", "[at]", "{at}", "<at>", "(@)", "[@]", " at ", "_at_", "-at-", "(arroba)", "[arroba]",
    " arroba ", " arobase ", "(arobase)", " chiocciola ", "(ät)", " ät ", " @ ", "( at )",
    "[ at ]", " apenstaartje ", " małpa ", " собака ",
];

/// What is written in place of `.`.
const DOTS: &[&str] = &["dot", "punto", "point", "punkt", "ponto", "kropka", "точка"];

/// Common endings of domains, where the address could be an expression as well.
#[rustfmt::skip]
const COMMON: &[&str] = &[
    "com", "org", "net", "io", "de", "fr", "es", "it", "nl", "uk", "eu", "ch", "at", "be", "pl",
    "pt", "br", "me", "dev", "co", "edu", "gov", "info", "us", "ca", "au", "in", "jp", "cn", "ru",
    "se", "no", "dk", "fi", "ie", "cz", "app", "ai",
];

/// Endings that are of files, not of domains.
#[rustfmt::skip]
const FILES: &[&str] = &[
    "png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "js", "mjs", "cjs", "jsx", "ts", "tsx",
    "css", "scss", "less", "json", "html", "htm", "xml", "yml", "yaml", "toml", "lock", "txt",
    "pdf", "exe", "dll", "tgz", "gz", "tar", "java", "class", "cpp", "hpp", "vue", "sql", "csv",
    "log", "service", "socket", "timer", "target", "mount", "conf", "cfg", "ini", "bat", "wasm",
    "map", "internal", "local",
];

/// Senders that are nobody.
#[rustfmt::skip]
const NOBODY: &[&str] = &[
    "noreply", "no-reply", "donotreply", "do-not-reply", "no_reply", "mailer-daemon", "postmaster",
    "git", "nobody", "bounce", "bounces",
];

/// Programs that take `user@host`.
const SHELLS: &[&str] = &[
    "ssh",
    "scp",
    "sftp",
    "rsync",
    "mosh",
    "sshfs",
    "autossh",
    "ssh-copy-id",
];

/// Names that stand for any domain (RFC 2606 and what people write in their place).
#[rustfmt::skip]
const EXAMPLES: &[&str] = &[
    "example", "yourdomain", "mydomain", "yourcompany", "mycompany", "your-domain", "your-company",
    "somedomain", "domain", "youremail",
];

/// An `@` stands here.
pub(super) fn check(text: &str, at: Range<usize>, hits: &mut Hits) {
    let before = window_before(text, at.start, 64);
    let local = before.len()
        - before
            .trim_end_matches(|c: char| c.is_alphanumeric() || "._%+-'".contains(c))
            .len();
    let local =
        window_before(text, at.start, local).trim_start_matches(['.', '\'', '-', '%', '+', '_']);
    let domain = domain(text, at.end);
    if local.is_empty() || local.ends_with('.') || domain.is_empty() {
        return;
    }
    let start = at.start - local.len();
    let end = at.end + domain.len();
    if personal(local, domain) && !in_address(text, start) && !in_code(text, start, &(at.end..end))
    {
        hits.by_form(EMAIL, start..end);
    }
}

/// The domain that begins at a place, without what cannot be its end.
fn domain(text: &str, at: usize) -> &str {
    let window = window_after(text, at, 100);
    let size = window
        .find(|c: char| !(c.is_alphanumeric() || c == '-' || c == '.'))
        .unwrap_or(window.len());
    let mut domain = window
        .get(..size)
        .unwrap_or_default()
        .trim_end_matches(['.', '-']);
    // `ann@mail.com.Then` and `ann@mail.com.2` lack a blank: what is no ending is left out.
    while let Some((head, last)) = domain.rsplit_once('.') {
        let next_sentence = last.starts_with(char::is_uppercase)
            && last.contains(char::is_lowercase)
            && head.contains('.')
            && head.chars().all(|c| !c.is_uppercase());
        let number = last.chars().all(|c| c.is_ascii_digit())
            && head.contains('.')
            && !head.chars().all(|c| c.is_ascii_digit() || c == '.');
        if !next_sentence && !number {
            break;
        }
        domain = head;
    }
    domain
}

/// Whether local part and domain can be somebody's.
fn personal(local: &str, domain: &str) -> bool {
    let labels: Vec<&str> = domain.split('.').collect();
    let [.., name, top] = labels.as_slice() else {
        return false;
    };
    let labelled = labels
        .iter()
        .all(|label| !label.is_empty() && !label.starts_with('-') && label.len() < 64);
    let letters = top.chars().all(char::is_alphabetic) && (2..=18).contains(&top.len())
        || top.starts_with("xn--");
    let reserved = is_one_of(
        top,
        &["test", "example", "invalid", "localhost", "localdomain"],
    ) || is_one_of(
        name,
        &["foo", "bar", "baz", "email", "test", "domain", "somewhere"],
    ) && is_one_of(
        local,
        &[
            "foo", "bar", "baz", "test", "user", "me", "you", "name", "someone", "john", "jane",
            "email", "a", "b", "admin", "info", "mail", "username",
        ],
    ) || labels.iter().any(|label| is_one_of(label, EXAMPLES))
        || is_one_of(name, &["noreply", "iam"])
        || domain.contains("noreply")
        || domain.ends_with("gserviceaccount.com");
    let file = is_one_of(top, FILES)
        && !(is_one_of(top, &["internal", "local"]) && labels.len() > 1 && local.contains('.'));
    let code = is_one_of(
        labels.first().unwrap_or(&""),
        &["self", "this", "super", "std"],
    );
    let shouted = local.len() == 1 && top.chars().any(char::is_uppercase);
    let placeholder = is_one_of(
        local,
        &[
            "example",
            "your.email",
            "youremail",
            "your_email",
            "your-email",
            "your.name",
            "yourname",
        ],
    );
    labelled
        && letters
        && !reserved
        && !file
        && !code
        && !shouted
        && !placeholder
        && !is_one_of(local.split('+').next().unwrap_or(local), NOBODY)
}

/// What stands at a line's end without a blank or a bracket in it.
fn token(line: &str) -> &str {
    let parts = [' ', '\t', '"', '\'', '`', '(', '<', ',', ';'];
    line.rsplit(parts).next().unwrap_or_default()
}

/// Whether it is the user and host of an address or of a remote shell, which are not mail.
fn in_address(text: &str, start: usize) -> bool {
    let line = line_before(text, start, 120);
    let token = token(line);
    let authority = |(_, rest): (&str, &str)| !rest.contains(['/', '?', '#']);
    let address = token.rsplit_once("://").is_some_and(authority)
        || token.starts_with('@')
        || token.ends_with(':')
            && !token
                .trim_end_matches(':')
                .ends_with(|c: char| c.is_alphabetic());
    let shell = words(line)
        .rev()
        .take(8)
        .any(|word| is_one_of(word, SHELLS))
        && line.trim_end().rsplit(' ').next().is_some_and(|last| {
            is_one_of(last, SHELLS)
                || last.starts_with('-')
                || last.len() < 40 && line.contains(" -")
        });
    address || shell
}

/// Whether it stands as an expression or a path does: `x@self.w(…)`, `a@b.co:path`, `@scope/pkg@v1.x`.
fn in_code(text: &str, start: usize, domain: &Range<usize>) -> bool {
    let end = domain.end;
    let domain = text.get(domain.clone()).unwrap_or_default();
    let next = text.as_bytes().get(end).copied();
    let after = text.as_bytes().get(end + 1).copied();
    let call = matches!(next, Some(b'(' | b'['));
    let path = next == Some(b':')
        && after.is_some_and(|b| b.is_ascii_alphanumeric() || b == b'/' || b == b'~');
    let scope = match before(text, start) {
        Some(b'@') => true,
        Some(b'/') => !(token(line_before(text, start, 120)).contains("://") && known(domain)),
        _ => false,
    };
    call || path && !after.is_some_and(|b| b.is_ascii_digit()) || scope
}

/// Something that is written in place of `@` stands here: an address where a domain follows that is
/// spelt out too, or that could be nothing else.
pub(super) fn check_spelt(text: &str, at: Range<usize>, hits: &mut Hits) {
    let sign = text.get(at.clone()).unwrap_or_default();
    let bracketed = sign.starts_with(['(', '[', '{', '<']) || sign.starts_with(" (");
    // English `at` goes with `dot` alone: `at any point in time` is none.
    let dots = if matches!(sign, " at " | " AT " | " At ") {
        DOTS.get(..1).unwrap_or_default()
    } else {
        DOTS
    };
    let before = window_before(text, at.start, 64);
    let kept = before.trim_end_matches(' ');
    let local = kept.len()
        - kept
            .trim_end_matches(|c: char| c.is_alphanumeric() || "._%+-".contains(c))
            .len();
    let start = at.start - (before.len() - kept.len()) - local;
    let local = text.get(start..start + local).unwrap_or_default();
    let Some((domain, spelt, end)) = spelt_domain(text, at.end, dots) else {
        return;
    };
    // Operators stand between blanks too: `x @ y . T`.
    let plain = |name: &str| name.len() > 3 && !name.contains(char::is_uppercase);
    let certain = match sign {
        " @ " => known(&domain) || spelt && plain(local) && plain(&domain),
        _ => bracketed || spelt,
    };
    if local.is_empty() || !certain || !personal(local, &domain) {
        return;
    }
    // `(local dot part) at …`: the words before belong to it as well.
    let head = window_before(text, start, 40);
    let mut begin = start;
    for dot in DOTS {
        for joint in [
            format!(" {dot} "),
            format!(" ({dot}) "),
            format!("[{dot}]"),
            format!("({dot})"),
        ] {
            if let Some(front) = head.strip_suffix(joint.as_str()) {
                let word = front.len() - front.trim_end_matches(char::is_alphanumeric).len();
                begin = begin.min(start - joint.len() - word);
            }
        }
    }
    hits.by_form(EMAIL, begin..end);
}

/// Whether a domain has one of the common endings.
fn known(domain: &str) -> bool {
    let top = domain.rsplit('.').next();
    top.is_some_and(|top| is_one_of(top, COMMON))
}

/// Reads a domain whose dots may be words or in brackets; gives it with true dots, whether one was
/// a word, and where it ends.
fn spelt_domain(text: &str, at: usize, dots: &[&str]) -> Option<(String, bool, usize)> {
    let window = window_after(text, at, 100);
    let mut domain = String::new();
    let mut spelt = false;
    let mut place = window.len() - window.trim_start_matches(' ').len();
    let mut end = None;
    loop {
        let rest = window.get(place..)?;
        let label: String = rest
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '-')
            .take(40)
            .collect();
        if label.is_empty() || is_one_of(&label, DOTS) {
            break;
        }
        domain.push_str(&label);
        place += label.len();
        end = Some(place);
        let Some((size, word)) = dot(window.get(place..)?, dots) else {
            break;
        };
        domain.push('.');
        spelt |= word;
        place += size;
    }
    let domain = domain.trim_end_matches('.').to_owned();
    domain.contains('.').then_some((domain, spelt, at + end?))
}

/// A dot at a text's beginning, with its length and whether it is spelt out.
fn dot(rest: &str, dots: &[&str]) -> Option<(usize, bool)> {
    let trimmed = rest.trim_start_matches([' ', '(', '[', '{', '<', '_', '-']);
    let lead = rest.len() - trimmed.len();
    for word in dots.iter().chain(&["."]) {
        let Some(head) = trimmed.get(..word.len()) else {
            continue;
        };
        let behind = trimmed.get(word.len()..).unwrap_or_default();
        let tail = behind.len()
            - behind
                .trim_start_matches([' ', ')', ']', '}', '>', '_', '-'])
                .len();
        let is_word = *word != ".";
        let apart = lead > 0 && tail > 0 || !is_word && lead == tail;
        let follows = behind.as_bytes().get(tail).copied().is_some_and(in_word);
        if head.eq_ignore_ascii_case(word) && apart && follows {
            return Some((lead + word.len() + tail, is_word || lead > 0));
        }
    }
    None
}
