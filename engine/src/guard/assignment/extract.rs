//! Where a value begins and ends.

use std::ops::Range;

use super::super::shape::{Alphabet, after};
use super::connector::Link;

/// A place where a value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slot {
    /// The value without its quotes, bytes.
    pub(super) range: Range<usize>,
    pub(super) link: Link,
    pub(super) quoted: bool,
    /// Whether it stands on a line below its name.
    pub(super) below: bool,
}

/// The longest quoted value that is looked for, bytes.
pub(super) const LONGEST: usize = 4096;
/// The longest value without quotes, bytes.
const BARE: usize = 512;
/// The longest name of a call around a value, bytes.
const CALLEE: usize = 40;

/// Reads the value that begins at a place, or after blanks there.
pub(super) fn value(text: &str, from: usize, link: Link) -> Option<Slot> {
    let (at, below) = start(text, from, link);
    let slot = |range: Range<usize>, quoted: bool| Slot {
        range,
        link,
        quoted,
        below,
    };
    if let Some(range) = quoted(text, at) {
        return Some(slot(range, true));
    }
    if let Some(range) = block(text, at) {
        return Some(Slot {
            range,
            link,
            quoted: true,
            below: true,
        });
    }
    if matches!(link, Link::Call | Link::Pair) {
        return wrapped(text, at).map(|range| slot(range, true));
    }
    if let Some(range) = wrapped(text, at) {
        return Some(slot(range, true));
    }
    let range = bare(text, at);
    if let Some(range) = fallback(text, &range) {
        return Some(slot(range, true));
    }
    (!range.is_empty()).then(|| slot(range, false))
}

/// Steps over blanks, tags of YAML, and to the next line where this one ends.
fn start(text: &str, from: usize, link: Link) -> (usize, bool) {
    let blank = Alphabet::range(b' ', b' ').with(b"\t*");
    let mut at = from + blank.run(text, from, 80);
    if after(text, at) == Some(b'\\') && matches!(after(text, at + 1), Some(b'\n' | b'\r')) {
        at += 1;
    }
    let rest = |at: usize| text.get(at..).unwrap_or_default();
    for open in ["!!str ", "!!binary ", "[[", "[ ", "[", "&quot;"] {
        if rest(at).starts_with(open) {
            at += open.len();
            break;
        }
    }
    if link == Link::Cell {
        return (at, false);
    }
    let mut below = false;
    for _ in 0..2 {
        let run = Alphabet::range(b'\r', b'\r').with(b"\n").run(text, at, 4);
        if run == 0 {
            break;
        }
        below = true;
        at += run + blank.run(text, at + run, 80);
        if rest(at).starts_with("```") {
            at += 3 + Alphabet::ALNUM.run(text, at + 3, 12);
        }
    }
    (at, below)
}

/// The inside of quotes, escaped ones too. None where no quote stands, or none closes it.
pub(super) fn quoted(text: &str, from: usize) -> Option<Range<usize>> {
    let prefix = Alphabet::LETTER.with(b"@$").run(text, from, 3);
    let slashes = |at: usize| Alphabet::range(b'\\', b'\\').run(text, at, 8);
    let prefix = if prefix <= 2 { prefix } else { 0 };
    let escape = slashes(from + prefix);
    let at = from + prefix + escape;
    let open = text.get(at..)?.chars().next()?;
    let close: &[char] = match open {
        '"' => &['"'],
        '\'' => &['\''],
        '`' => &['`'],
        '“' | '„' => &['”', '“'],
        '‘' | '‚' => &['’', '‘'],
        '«' => &['»'],
        '「' => &['」'],
        _ => return None,
    };
    let mut begin = at + open.len_utf8();
    let window = |from: usize, most: usize| text.get(from..text.floor_char_boundary(from + most));
    let triple = |at: usize| {
        let run = window(at, 3)?;
        (run.len() == 3 && run.chars().all(|c| c == open)).then_some(3)
    };
    if open.is_ascii() && triple(at).is_some() {
        begin = at + 3;
        let rest = window(begin, LONGEST)?;
        let end = rest
            .match_indices(close)
            .map(|(end, _)| begin + end)
            .find(|end| triple(*end).is_some())?;
        return Some(begin..end);
    }
    let rest = window(begin, LONGEST)?;
    let end = rest
        .match_indices(close)
        .map(|(end, _)| begin + end)
        .find(|end| {
            let written = text.as_bytes().get(..*end).unwrap_or_default();
            let before = written
                .iter()
                .rev()
                .take(8)
                .take_while(|b| **b == b'\\')
                .count();
            // An odd backslash more than the opening quote has escapes a quote inside the value.
            before == escape || escape == 0 && before % 2 == 0 || before < escape
        })?;
    let range = begin..end - written_escape(text, end, escape);
    let lines = text.get(range.clone())?;
    (!lines.contains('\n') || open == '`').then_some(range)
}

/// How many backslashes before a closing quote belong to it.
fn written_escape(text: &str, end: usize, escape: usize) -> usize {
    let before = text.as_bytes().get(..end).unwrap_or_default();
    before
        .iter()
        .rev()
        .take(escape)
        .take_while(|b| **b == b'\\')
        .count()
}

/// A YAML block: `|` or `>` at a line's end, and the deeper lines below.
fn block(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = text.get(at..text.floor_char_boundary(at + LONGEST))?;
    let marks = rest.strip_prefix(['|', '>'])?;
    let marks = marks.trim_start_matches(['-', '+', '2', '4']);
    let body = marks
        .strip_prefix('\n')
        .or_else(|| marks.strip_prefix("\r\n"))?;
    let indent = body.len() - body.trim_start_matches(' ').len();
    if indent == 0 {
        return None;
    }
    let begin = at + rest.len() - body.len() + indent;
    let mut size = 0;
    for line in body.split_inclusive('\n') {
        let depth = line.len() - line.trim_start_matches(' ').len();
        if depth < indent {
            break;
        }
        size += line.len();
    }
    let end = begin - indent + body.get(..size)?.trim_end().len();
    Some(begin..end)
}

/// The quoted argument of a call around the value, or of a constructor: `String::from("…")`. A
/// call that looks something up has a name there; its default follows.
fn wrapped(text: &str, at: usize) -> Option<Range<usize>> {
    let set = Alphabet::WORD.with(b".:<> ?");
    let run = set.run(text, at, CALLEE);
    let callee = text.get(at..at + run)?.trim();
    if run == 0 || after(text, at + run) != Some(b'(') || callee.split(' ').count() > 2 {
        return None;
    }
    let first = quoted(text, skip_spaces(text, at + run + 1))?;
    let lower = callee.to_ascii_lowercase();
    let looks_up = [
        "env", "get", "read", "load", "fetch", "config", "lookup", "find", "var", "input",
        "prompt", "require", "resolve",
    ];
    if !looks_up.iter().any(|word| lower.contains(word)) {
        return Some(first);
    }
    let comma = skip_spaces(text, first.end + 1);
    if after(text, comma) != Some(b',') {
        return None;
    }
    quoted(text, skip_spaces(text, comma + 1))
}

fn skip_spaces(text: &str, from: usize) -> usize {
    from + Alphabet::range(b' ', b' ').with(b"\t").run(text, from, 16)
}

/// What is taken where a variable is not set: `process.env.X || "…"`, `${X:-…}`.
fn fallback(text: &str, first: &Range<usize>) -> Option<Range<usize>> {
    let head = text.get(first.clone())?;
    if let Some(at) = head.strip_prefix("${").and_then(|_| head.find(":-")) {
        let begin = first.start + at + 2;
        let end = text.get(begin..first.end)?.find('}')?;
        return Some(begin..begin + end);
    }
    if !head.starts_with(|c: char| c.is_ascii_alphabetic()) || !head.contains(['.', '(', '[']) {
        return None;
    }
    let line = text.get(first.start..text.floor_char_boundary(first.start + 120))?;
    let line = line.get(..line.find('\n').unwrap_or(line.len()))?;
    let at = ["|| ", "?? ", " or ", "?: ", "||", "??"]
        .iter()
        .find_map(|mark| Some(line.find(mark)? + mark.len()))?;
    quoted(text, skip_spaces(text, first.start + at))
}

/// A value without quotes: up to a blank, a quote or a bracket of markup; without what ends a
/// sentence or an argument.
pub(super) fn bare(text: &str, at: usize) -> Range<usize> {
    let rest = text
        .get(at..text.floor_char_boundary(at + BARE))
        .unwrap_or_default();
    let stop = |c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '"' | '`' | '<' | '>' | '，' | '。' | '、' | '；' | '”' | '»' | '」' | '）'
            )
    };
    let quote = rest.find('\'').filter(|quote| {
        *quote > 0
            && rest.get(quote + 1..).is_none_or(|rest| {
                rest.starts_with(|c: char| !c.is_alphanumeric()) || rest.is_empty()
            })
    });
    // A placeholder's brackets are part of it.
    let inside = if rest.starts_with('<') {
        rest.find('>').filter(|end| *end < 64).map(|end| end + 1)
    } else {
        None
    };
    let end = inside.unwrap_or_else(|| rest.find(stop).unwrap_or(rest.len()));
    // The text of a link ends where its address begins.
    let end = rest
        .get(..end)
        .and_then(|word| word.find("]("))
        .unwrap_or(end);
    let end = quote.map_or(end, |quote| end.min(quote));
    let word = rest.get(..end).unwrap_or_default();
    at..at + trimmed(cut(word)).len()
}

/// A value's part before the next field of a list, a query or a row.
fn cut(word: &str) -> &str {
    let next_field = |at: usize| {
        let rest = word.get(at + 1..).unwrap_or_default();
        let name = Alphabet::WORD.with(b".-").run(rest, 0, 40);
        name > 0
            && rest
                .get(name..)
                .is_some_and(|rest| rest.starts_with(['=', ':']) && rest.len() > 1)
    };
    let end = word
        .match_indices(['&', ';', ',', '#', '|', '\\'])
        .map(|(at, _)| at)
        .find(|at| {
            let rest = word.get(at + 1..).unwrap_or_default();
            let byte = word.as_bytes().get(*at).copied();
            rest.is_empty()
                || next_field(*at)
                || byte == Some(b'\\') && rest.starts_with(['n', 'r', 't', '"', '\''])
                || byte == Some(b',') && rest.starts_with(['"', '\'', '{', '['])
        });
    word.get(..end.unwrap_or(word.len())).unwrap_or(word)
}

/// Without what ends a sentence, an argument or emphasis.
pub(super) fn trimmed(word: &str) -> &str {
    let mut word = word;
    loop {
        let closes = |open: char, close: char| {
            word.ends_with(close) && word.matches(open).count() < word.matches(close).count()
        };
        let ends = word.ends_with(['.', ',', ';', ':', '\'', '"'])
            || closes('(', ')')
            || closes('[', ']')
            || closes('{', '}')
            || word.ends_with("**");
        let last = word.chars().next_back().map_or(0, char::len_utf8);
        if !ends || last == 0 {
            return word;
        }
        word = word.get(..word.len() - last).unwrap_or_default();
    }
}
