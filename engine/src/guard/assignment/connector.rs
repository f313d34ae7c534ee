//! What joins a name to its value, in the common languages, formats and markups.

use super::super::reader::line_before;
use super::super::shape::{Alphabet, after, before};
use super::extract::{self, Slot};
use super::names::Name;

/// What stands between a name and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    /// `=`, `:`, `:=`, `=>`, `->`, `==`, a flag, an element: the value is the name's.
    Assign,
    /// `name("value")`.
    Call,
    /// `"name", "value"`: arguments of a call, a tuple.
    Pair,
    /// `name | value`, `name;value`: cells of a row.
    Cell,
    /// Nothing but blanks.
    Direct,
}

/// The longest annotation between a name and its `=`, bytes.
const ANNOTATION: usize = 48;
/// The longest markup tag that is stepped over, bytes.
const TAG: usize = 96;
/// How far before a name another cell is looked for, bytes.
const ROW: usize = 64;
const BLANK: Alphabet = Alphabet::range(b' ', b' ').with(b"\t");

/// Finds the value that follows a name.
pub(super) fn value(text: &str, name: &Name) -> Option<Slot> {
    let (at, quoted_name) = close(text, name.range.end);
    let at = skip_blanks(text, at);
    let (at, tagged) = skip_tags(text, name, at);
    let noted = skip_note(text, at);
    if text.get(at..noted)?.to_ascii_lowercase().contains("public") {
        return None;
    }
    let at = skip_blanks(text, skip_marks(text, noted));
    let next = after(text, at)?;
    let two = after(text, at + 1);
    let assign = |length: usize| extract::value(text, at + length, Link::Assign);
    match next {
        b'=' => match two {
            Some(b'~') => None,
            Some(b'=') => assign(2 + usize::from(after(text, at + 2) == Some(b'='))),
            Some(b'>') => assign(2),
            _ => assign(1),
        },
        b':' if two == Some(b':') => None,
        b':' if two == Some(b'=') => assign(2),
        b':' => extract::value(
            text,
            annotated(text, at + 1).unwrap_or(at + 1),
            Link::Assign,
        ),
        b'-' if two == Some(b'>') => assign(2),
        b'-' | b'>' | b'~' if at > name.range.end && two == Some(b' ') => {
            extract::value(text, at + 1, Link::Direct)
        }
        b'<' if two == Some(b'-') => assign(2),
        b'?' | b'+' | b'|' | b'&' if matches!(two, Some(b'=' | b'?' | b'|')) => {
            let run = Alphabet::range(b'?', b'?').with(b"+|&=").run(text, at, 3);
            let joined = text.get(at..at + run)?;
            joined.ends_with('=').then(|| assign(run)).flatten()
        }
        b'(' => extract::value(text, at + 1, Link::Call),
        b'>' if quoted_name => assign(1),
        b',' if quoted_name => extract::value(text, at + 1, Link::Pair),
        b'|' | b';' | b',' => cell(text, at, next),
        _ if tagged => element(text, at),
        b'\r' | b'\n' if at == name.range.end && is_label(text, name) => {
            extract::value(text, at, Link::Direct)
        }
        b'"' | b'\'' | b'`' | b'\\' if at > name.range.end && !quoted_name => {
            extract::value(text, at, Link::Direct)
        }
        _ if at > name.range.end && is_flag(text, name) => assign(0),
        0xE2 | 0xEF => spelled(text, at).and_then(|to| extract::value(text, to, Link::Assign)),
        _ if after(text, at.wrapping_sub(1)) == Some(b'\t') => extract::value(text, at, Link::Cell),
        _ => None,
    }
}

/// Whether a name that ends its line labels the line below: it is a word of its own, and no cell of
/// a row, whose next line would be another row.
fn is_label(text: &str, name: &Name) -> bool {
    let line = line_before(text, name.range.start, ROW);
    let apart = line.is_empty() || line.ends_with([' ', '*', '_', '#', '>', '"', '\'', '`']);
    apart && !line.contains([',', ';', '|', '\t'])
}

/// The cell behind a separator, up to the next one.
fn cell(text: &str, at: usize, separator: u8) -> Option<Slot> {
    let mut slot = extract::value(text, at + 1, Link::Cell)?;
    if !slot.quoted {
        let inner = text.get(slot.range.clone())?;
        let size = memchr::memchr(separator, inner.as_bytes());
        slot.range.end = slot.range.start + size.unwrap_or(inner.len());
    }
    Some(slot)
}

/// The inside of an element: its tags are as good as quotes.
fn element(text: &str, at: usize) -> Option<Slot> {
    let slot = extract::value(text, at, Link::Assign)?;
    let closed = text.get(slot.range.end..)?.starts_with("</");
    Some(Slot {
        quoted: slot.quoted || closed,
        ..slot
    })
}

/// Whether a name is a command's flag, whose argument a blank parts from it.
fn is_flag(text: &str, name: &Name) -> bool {
    let head = text.get(..name.range.start).unwrap_or_default();
    let dashes = head
        .bytes()
        .rev()
        .take(3)
        .take_while(|b| *b == b'-')
        .count();
    let outside = head
        .get(..head.len() - dashes)
        .and_then(|head| head.bytes().next_back());
    matches!(dashes, 1 | 2)
        && outside
            .is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'`' | b'['))
}

/// Steps over what closes a quoted, emphasised or indexed name; tells whether a quote did.
fn close(text: &str, from: usize) -> (usize, bool) {
    let set = Alphabet::range(b'"', b'"').with(b"'`\\]*)_!");
    let run = set.run(text, from, 6);
    let run = text.get(from..from + run).unwrap_or_default();
    let quoted = run.contains(['"', '\'', '`']);
    // `)` closes a call's name only after a quote: `get("x")`; otherwise it ends a sentence's part.
    let kept = if quoted {
        run
    } else {
        run.trim_end_matches(['\\', ')'])
    };
    (from + kept.len(), quoted)
}

fn skip_blanks(text: &str, from: usize) -> usize {
    from + BLANK.run(text, from, 40)
}

/// Steps over a remark: `API key (production): …`.
fn skip_note(text: &str, from: usize) -> usize {
    let spaced = from > 0 && after(text, from - 1) == Some(b' ');
    if !spaced || after(text, from) != Some(b'(') {
        return from;
    }
    let window = text.get(from..text.floor_char_boundary(from + ANNOTATION));
    let end = window.and_then(|window| window.find([')', '\n', '"', '\'']));
    match end {
        Some(end) if after(text, from + end) == Some(b')') => {
            let next = skip_blanks(text, from + end + 1);
            if matches!(after(text, next), Some(b':' | b'=' | b'*' | b'|')) {
                next
            } else {
                from
            }
        }
        _ => from,
    }
}

/// Steps over marks of emphasis and of optional members before the connector.
fn skip_marks(text: &str, from: usize) -> usize {
    let run = Alphabet::range(b'*', b'*')
        .with(b"_`?!\"'")
        .run(text, from, 4);
    match after(text, from + run) {
        Some(b':' | b'=') => from + run,
        _ => from,
    }
}

/// Steps over tags between a name and its value: `<th>name</th><td>value`, `<password a="b">value`.
fn skip_tags(text: &str, name: &Name, from: usize) -> (usize, bool) {
    let mut at = from;
    let before = text.as_bytes().get(..name.range.start).unwrap_or_default();
    let prefix = before
        .iter()
        .rev()
        .take(24)
        .take_while(|b| b.is_ascii_alphanumeric() || **b == b':')
        .count();
    let opens = before
        .len()
        .checked_sub(prefix + 1)
        .and_then(|at| before.get(at))
        == Some(&b'<');
    if opens {
        let window = text
            .get(at..text.floor_char_boundary(at + TAG))
            .unwrap_or_default();
        return match window.find(['>', '<', '\n']) {
            Some(end)
                if window.get(end..end + 1) == Some(">")
                    && !window.get(..end).unwrap_or_default().ends_with('/') =>
            {
                // An attribute's value is the connector's matter.
                if window
                    .get(..end)
                    .unwrap_or_default()
                    .trim_start()
                    .starts_with(['=', ':'])
                {
                    (at, false)
                } else {
                    (at + end + 1, true)
                }
            }
            _ => (at, false),
        };
    }
    let mut tagged = false;
    for _ in 0..6 {
        let rest = text
            .get(at..text.floor_char_boundary(at + TAG))
            .unwrap_or_default();
        let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
        let rest = rest.get(blank..).unwrap_or_default();
        let colon = usize::from(tagged && rest.starts_with(':'))
            + usize::from(!tagged && rest.starts_with(":<"));
        let tag = rest.get(colon..).unwrap_or_default();
        let mut inner = tag.bytes().skip(1);
        let is_tag = tag.starts_with('<')
            && inner
                .next()
                .is_some_and(|b| b == b'/' || tagged && b.is_ascii_alphabetic());
        let end = tag
            .find('>')
            .filter(|end| is_tag && !tag.get(1..*end).unwrap_or_default().contains(['<', '\n']));
        match end {
            Some(end) => at += blank + colon + end + 1,
            None if tagged => return (at + if colon > 0 { 0 } else { blank }, true),
            None => return (at, false),
        }
        tagged = true;
    }
    (at, tagged)
}

/// Where the value begins after a type annotation: `password: &str = "…"`. None where none stands
/// there.
fn annotated(text: &str, from: usize) -> Option<usize> {
    let set = Alphabet::WORD.with(b" &<>[]?.,|*':\t");
    let run = set.run(text, from, ANNOTATION);
    let type_name = text.get(from..from + run)?.trim();
    let at = from + run;
    let spaced = before(text, at) == Some(b' ');
    let typed = (spaced
        || type_name.eq_ignore_ascii_case("str")
        || type_name.eq_ignore_ascii_case("string"))
        && type_name.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '&' | '*' | '['))
        && type_name.split(' ').count() <= 4;
    (typed && after(text, at) == Some(b'=') && after(text, at + 1) != Some(b'=')).then_some(at + 1)
}

/// Connectors beyond ASCII: arrows, dashes, full-width signs. Returns where they end.
fn spelled(text: &str, at: usize) -> Option<usize> {
    let sign = text.get(at..)?.chars().next()?;
    "→⇒—–：＝".contains(sign).then(|| at + sign.len_utf8())
}
