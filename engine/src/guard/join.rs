//! A value that was cut into pieces, put together again: by line breaks, by string concatenation,
//! by marks of emphasis, by blanks between its letters.

use std::ops::Range;

use super::shape::{Alphabet, table};
use super::view::{Builder, Owner, Scope, View};

/// What a value is made of, on both sides of a gap.
const VALUE: Alphabet = Alphabet::ALNUM.with(b"-_./+=~:@$%");
/// What a byte may be: a value's, or one that a gap begins with.
const IN_VALUE: u8 = 1;
const OPENS: u8 = 2;
const SORTS: [u8; 256] = table(&[
    VALUE,
    Alphabet::range(b'\t', b'\r').with(b" \"'`\\*<|{([/~"),
]);
/// How much of a value is read to one side of a gap, and how much of the text around that, bytes.
const LONG: usize = 512;
const REACH: usize = 96;
/// How much of a side tells whether it is a word, bytes.
const SIDE: usize = 32;
/// The longest gap between two pieces, bytes: `" +\n` and the next line's indentation, or a comment.
const MAX_GAP: usize = 96;

/// The text around the gaps that may have been put into values, without them, as far as there are
/// any. What is found in it counts only across a gap: the rest has been read already.
pub(super) fn join(view: &View<'_>, index: usize) -> Option<View<'static>> {
    let text = view.text.as_ref();
    let bytes = text.as_bytes();
    let mut out = Builder::new(Owner::View(index));
    let (mut kept, mut at, mut any) = (0, 0, false);
    while let Some(next) = next_opening(bytes, at) {
        at = next;
        match gap(bytes, at) {
            Some(end) if at > kept && joins(text, at, end) => {
                let near = at.saturating_sub(REACH + VALUE.run_back(text, at, LONG));
                if !any || near > margin_end(text, kept) {
                    if any {
                        out.keep(text, kept..margin_end(text, kept));
                        out.put("\n", at..at);
                    }
                    kept = text.ceil_char_boundary(near);
                }
                out.keep(text, kept..at);
                (kept, at, any) = (end, end, true);
            }
            _ => at += 1,
        }
    }
    if !any {
        return None;
    }
    out.keep(text, kept..margin_end(text, kept));
    Some(out.view(Scope::Border, view.depth + 1))
}

/// How far the text behind a gap is read with it.
fn margin_end(text: &str, gap: usize) -> usize {
    text.ceil_char_boundary(gap + VALUE.run(text, gap, LONG) + REACH)
}

/// The next place where a gap may begin, right behind a value. One blank between two words is none.
fn next_opening(bytes: &[u8], from: usize) -> Option<usize> {
    let next = |at: usize| bytes.get(at + 1).copied().unwrap_or(0);
    let blank = |at: usize| matches!(next(at), b' ' | b'\t' | b'\n' | b'\r' | b'\\' | b'|');
    let sort = |byte: &u8| SORTS[usize::from(*byte)];
    let from = from.max(1);
    let pairs = bytes.get(from - 1..)?.iter().zip(bytes.get(from..)?);
    let found = (from..).zip(pairs).find(|(at, (before, here))| {
        sort(here) & OPENS != 0 && sort(before) & IN_VALUE != 0 && (**here != b' ' || blank(*at))
    });
    found.map(|(at, _)| at)
}

/// Whether what stands on both sides of a gap may be one value: not where both are words.
fn joins(text: &str, from: usize, to: usize) -> bool {
    let left = from - VALUE.run_back(text, from, SIDE);
    let right = to + VALUE.run(text, to, SIDE);
    let side = |range: Range<usize>| text.get(range).unwrap_or_default();
    right > to && (is_odd(side(left..from)) || is_odd(side(to..right)))
}

/// Whether this is no word: digits, capitals inside, or marks between letters.
fn is_odd(side: &str) -> bool {
    let mut bytes = side.bytes();
    let first = bytes.next();
    let marked = |b: u8| {
        matches!(
            b,
            b'-' | b'_' | b'/' | b'+' | b'=' | b'@' | b'$' | b'%' | b'~'
        )
    };
    first.is_some_and(|b| b.is_ascii_digit() || marked(b))
        || bytes.any(|b| b.is_ascii_digit() || b.is_ascii_uppercase() || marked(b))
        || side.trim_end_matches(['.', ':']).contains(['.', ':'])
}

/// The end of a gap that begins here, right behind a piece; none where there is no gap.
fn gap(bytes: &[u8], from: usize) -> Option<usize> {
    match bytes.get(from)? {
        b'"' | b'\'' | b'`' => concatenation(bytes, from).or_else(|| marks(bytes, from)),
        b'\n' | b'\r' | b'\\' => line_break(bytes, from),
        b' ' if bytes.get(from + 1) == Some(&b'|') => marks(bytes, from),
        b' ' | b'\t' => blank_then_break(bytes, from),
        b'*' | b'<' | b'/' | b'~' | b'|' | b'{' | b'(' | b'[' => marks(bytes, from),
        _ => None,
    }
}

fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

/// A quote, what glues strings together, a quote: `' + '`, `" "`, `", "`, `" .\n"`, `" & _\n"`.
fn concatenation(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from + 1;
    let mut new_statement = false;
    let limit = bytes.len().min(from + MAX_GAP);
    while at < limit {
        match bytes.get(at)? {
            quote if is_quote(*quote) => return Some(at + 1),
            b'\n' | b';' => {
                new_statement = true;
                at += 1;
            }
            b' ' | b'\t' | b'\r' | b'+' | b'.' | b'&' | b'|' | b',' | b'<' | b'>' | b'(' | b')'
            | b'[' | b']' | b'\\' | b'~' | b'^' | b'=' | b'_' | b'$' | b'{' | b'}' | b'#'
            | b'-' | b'*' | b'/' => at += 1,
            byte if byte.is_ascii_alphanumeric() || *byte == b'@' => {
                let word = bytes.get(at..limit)?;
                let size = word
                    .iter()
                    .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'@'))
                    .count();
                let quoted = word.get(size).is_some_and(|b| is_quote(*b));
                // A prefix of a string literal (`f"`), a call (`.concat("`), or the next statement (`x += "`).
                let called = bytes.get(at - 1) == Some(&b'.');
                if !(size <= 2 && quoted || called || new_statement) {
                    return None;
                }
                at += size;
            }
            _ => return None,
        }
    }
    None
}

/// A line break, and what stands at the beginning of the next line: an indentation, the mark of a
/// quotation, of a comment, of a change, a list's dash, a quote.
fn line_break(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    let mut broken = false;
    let limit = bytes.len().min(from + MAX_GAP);
    while at < limit {
        match bytes.get(at)? {
            b'\n' => {
                broken = true;
                at += 1;
            }
            b'\r' | b' ' | b'\t' | b'\\' => at += 1,
            b'>' | b'#' | b'*' | b'|' | b'"' | b'\'' | b'`' | b';' | b'+' | b',' if broken => {
                at += 1
            }
            b'/' | b'-'
                if broken
                    && bytes
                        .get(at + 1)
                        .is_some_and(|b| matches!(b, b'/' | b' ' | b'-')) =>
            {
                at += 1
            }
            b'/' if broken && bytes.get(at - 1) == Some(&b'/') => at += 1,
            // The number of a list's next point.
            b'0'..=b'9' if broken && matches!(bytes.get(at + 1..at + 3), Some(b". " | b") ")) => {
                at += 3
            }
            _ => break,
        }
    }
    broken.then_some(at)
}

fn blank_then_break(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let blanks = rest
        .iter()
        .take(8)
        .take_while(|b| matches!(b, b' ' | b'\t'))
        .count();
    match rest.get(blanks)? {
        b'\n' | b'\r' | b'\\' => line_break(bytes, from + blanks),
        _ => None,
    }
}

/// Emphasis, a tag, a comment, a table's border, between two pieces.
fn marks(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    let limit = bytes.len().min(from + MAX_GAP);
    while at < limit {
        let rest = bytes.get(at..limit)?;
        match rest.first()? {
            b'*' | b'`' => at += 1,
            b'~' if rest.get(1) == Some(&b'~') => at += 2,
            b' ' if rest.get(1) == Some(&b'|')
                || (at > from && bytes.get(at - 1) == Some(&b'|')) =>
            {
                at += 1
            }
            b'|' => at += 1,
            b'<' => at += closed(rest, b"<!--", b"-->").or_else(|| tag(rest))?,
            b'/' => at += closed(rest, b"/*", b"*/")?,
            b'{' => at += closed(rest, b"{{!", b"}}").or_else(|| closed(rest, b"{#", b"#}"))?,
            b'[' => at += closed(rest, b"[", b"]").filter(|size| *size <= 24)?,
            b'(' => at += closed(rest, b"(", b")").filter(|size| *size <= 24)?,
            _ => break,
        }
    }
    (at > from).then_some(at)
}

fn closed(rest: &[u8], opens: &[u8], closes: &[u8]) -> Option<usize> {
    let inner = rest.strip_prefix(opens)?;
    let end = memchr::memmem::find(inner, closes)?;
    Some(opens.len() + end + closes.len())
}

fn tag(rest: &[u8]) -> Option<usize> {
    let letter = rest.get(1).filter(|b| **b == b'/').map_or(1, |_| 2);
    let named = rest.get(letter).is_some_and(u8::is_ascii_alphabetic);
    let end = memchr::memchr(b'>', rest)?;
    named.then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn joined(text: &str) -> String {
        join(&View::of_leaf(text, 0), 0).map_or_else(String::new, |view| view.text.into_owned())
    }

    #[test]
    fn gaps_of_every_kind_close() {
        for cut in [
            "x = 'AbC1' + 'dEf2'",
            "x = \"AbC1\" \"dEf2\"",
            "x = \"AbC1\" .\n    \"dEf2\"",
            "x = [\"AbC1\", \"dEf2\"].join('')",
            "x = \"AbC1\" & _\n \"dEf2\"",
            "x = 'AbC1'\nx += 'dEf2'",
            "x = f\"AbC1\" f\"dEf2\"",
            "x = \"AbC1\".concat(\"dEf2\")",
            "AbC1\ndEf2",
            "AbC1\\\n  dEf2",
            "> AbC1\n> dEf2",
            "+AbC1\n+dEf2",
            "// AbC1\n// dEf2",
            "AbC1**dEf2**",
            "AbC1<b>dEf2</b>",
            "AbC1</span><span>dEf2",
            "AbC1<!-- x -->dEf2",
            "AbC1/* x */dEf2",
            "AbC1`dEf2`",
            "| AbC1 | dEf2 |",
        ] {
            assert!(joined(cut).contains("AbC1dEf2"), "{cut}: {}", joined(cut));
        }
    }

    #[test]
    fn sentences_stay_apart() {
        for text in ["a word and another.", "\"one\" is \"two\"", "f(a, b)"] {
            assert_eq!(joined(text), "", "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "([a-z\"'`+.&|<>*/\\\\ \\n{}\\[\\]()#-]{0,20}|\\PC{0,6}){0,6}") {
            joined(&text);
        }
    }
}
