//! The text behind escapes: `%41`, `&#65;`, `\u0041`, `\x41`, `\101`, `=41`, and JSON in strings.

use super::rewrite::Rewriter;
use super::view::View;

/// How many quoted bytes tell quoted-printable from code.
const MIN_QUOTED: usize = 3;
/// The longest escape, bytes: `&#x0000041;`, `\U00000041`, `\u{000041}`.
const LONGEST: usize = 12;
/// How much is searched for the next escape at once, bytes.
const STRETCH: usize = 512;

/// The text with its escapes resolved, as far as there are any.
pub(super) fn unescape(view: &View<'_>, index: usize) -> Option<View<'static>> {
    let text = view.text.as_ref();
    let bytes = text.as_bytes();
    let mut out = Rewriter::new(text, index);
    let mut at = 0;
    // Quoted-printable is told from ordinary `x=10` by a soft line break, or by bytes no number is.
    let quoted_printable = memchr::memmem::find(bytes, b"=\n").is_some()
        || memchr::memmem::find(bytes, b"=\r\n").is_some()
        || memchr::memmem::find(bytes, b"uoted-printable").is_some()
        || quoted_bytes(bytes) >= MIN_QUOTED;
    while let Some(found) = next_mark(bytes, at) {
        let Some((plain, size)) = escape(text, found, quoted_printable) else {
            at = found + 1;
            continue;
        };
        at = found + size;
        let mut buffer = [0; 4];
        let plain = match plain {
            Plain::Char(char) => char.encode_utf8(&mut buffer),
            Plain::Nothing => "",
        };
        out.replace(found..at, plain);
    }
    out.view(view)
}

/// How many bytes are quoted as `=3A`, with a letter among the digits, as no number is written.
fn quoted_bytes(bytes: &[u8]) -> usize {
    let quoted = memchr::memchr_iter(b'=', bytes).filter(|at| {
        let digit = |n: usize| bytes.get(at + n).is_some_and(|b| b.is_ascii_digit());
        let letter = |n: usize| bytes.get(at + n).is_some_and(|b| (b'A'..=b'F').contains(b));
        digit(1) && letter(2)
    });
    quoted.take(MIN_QUOTED).count()
}

/// What an escape stands for.
#[derive(Debug, PartialEq, Eq)]
enum Plain {
    Char(char),
    Nothing,
}

fn next_mark(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    while at < bytes.len() {
        // A stretch at a time, so that no call looks further than it has to.
        let rest = bytes.get(at..)?;
        let stretch = rest.get(..rest.len().min(STRETCH))?;
        let three = memchr::memchr3(b'%', b'&', b'\\', stretch);
        // `=` is frequent in code and rarely an escape: looked for only up to the next of the others.
        let part = stretch.get(..three.unwrap_or(stretch.len()))?;
        let equals = memchr::memchr_iter(b'=', part).find(|at| {
            let next = |n: usize| rest.get(at + n).copied().unwrap_or(0);
            matches!(next(1), b'\n' | b'\r')
                || (next(1).is_ascii_hexdigit() && next(2).is_ascii_hexdigit())
        });
        if let Some(found) = equals.or(three) {
            return Some(at + found);
        }
        at += stretch.len();
    }
    None
}

fn escape(text: &str, at: usize, quoted_printable: bool) -> Option<(Plain, usize)> {
    let bytes = text.as_bytes();
    let window = bytes.get(at..bytes.len().min(at + LONGEST))?;
    match window.first()? {
        b'%' => percent(bytes, at),
        b'&' => entity(window),
        b'\\' => backslash(bytes, at),
        b'=' => quoted(bytes, at, quoted_printable),
        _ => None,
    }
}

fn percent(bytes: &[u8], at: usize) -> Option<(Plain, usize)> {
    // `%u0041`, as `escape` of JavaScript writes it.
    if let Some(b'u' | b'U') = bytes.get(at + 1) {
        let code = number(bytes.get(at + 2..at + 6)?, 16)?;
        return Some((Plain::Char(char::from_u32(code)?), 6));
    }
    utf8(at, 3, |at| {
        (bytes.get(at) == Some(&b'%')).then(|| pair(bytes, at + 1))?
    })
}

/// The character whose UTF-8 stands from a place on in escapes of one byte and `size` each, and how
/// much text it takes.
fn utf8(at: usize, size: usize, byte: impl Fn(usize) -> Option<u8>) -> Option<(Plain, usize)> {
    let mut run = [0; 4];
    for index in 0..run.len() {
        *run.get_mut(index)? = byte(at + size * index)?;
        let read = run.get(..=index)?;
        if let Ok(text) = std::str::from_utf8(read) {
            let char = text.chars().next()?;
            return Some((Plain::Char(char), size * read.len()));
        }
    }
    None
}

/// Named characters that can stand in a value (HTML 5, §13.5).
const NAMED: &[(&str, char)] = &[
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", ' '),
    ("num", '#'),
    ("dollar", '$'),
    ("percnt", '%'),
    ("lpar", '('),
    ("rpar", ')'),
    ("ast", '*'),
    ("plus", '+'),
    ("comma", ','),
    ("period", '.'),
    ("sol", '/'),
    ("colon", ':'),
    ("semi", ';'),
    ("equals", '='),
    ("quest", '?'),
    ("commat", '@'),
    ("excl", '!'),
    ("lowbar", '_'),
    ("hyphen", '-'),
    ("dash", '-'),
    ("Tab", '\t'),
    ("NewLine", '\n'),
    ("bsol", '\\'),
    ("lbrack", '['),
    ("rbrack", ']'),
    ("lbrace", '{'),
    ("rbrace", '}'),
];

fn entity(window: &[u8]) -> Option<(Plain, usize)> {
    if window.get(1) == Some(&b'#') {
        let hex = matches!(window.get(2), Some(b'x' | b'X'));
        let from = if hex { 3 } else { 2 };
        let radix = if hex { 16 } else { 10 };
        let digits = window.get(from..)?;
        let size = digits
            .iter()
            .take_while(|b| char::from(**b).is_digit(radix))
            .count();
        let char = char::from_u32(number(digits.get(..size)?, radix)?)?;
        let closed = usize::from(window.get(from + size) == Some(&b';'));
        return Some((Plain::Char(char), from + size + closed));
    }
    let end = memchr::memchr(b';', window)?;
    let name = window.get(1..end)?;
    match name {
        b"shy" | b"ZeroWidthSpace" | b"zwnj" | b"zwj" => Some((Plain::Nothing, end + 1)),
        _ => {
            let (_, char) = NAMED.iter().find(|(own, _)| own.as_bytes() == name)?;
            Some((Plain::Char(*char), end + 1))
        }
    }
}

fn backslash(bytes: &[u8], at: usize) -> Option<(Plain, usize)> {
    let rest = bytes.get(at + 1..)?;
    let fixed = |digits: usize, radix: u32| -> Option<(Plain, usize)> {
        let code = number(rest.get(1..=digits)?, radix)?;
        Some((Plain::Char(char::from_u32(code)?), digits + 2))
    };
    match rest.first()? {
        b'u' | b'x' if rest.get(1) == Some(&b'{') => {
            let end = memchr::memchr(b'}', rest.get(..LONGEST.min(rest.len()))?)?;
            let code = number(rest.get(2..end)?, 16)?;
            Some((Plain::Char(char::from_u32(code)?), end + 2))
        }
        b'u' => {
            let high = number(rest.get(1..5)?, 16)?;
            // A pair of surrogates is one character (RFC 8259 §7).
            if (0xD800..0xDC00).contains(&high)
                && rest.get(5..7) == Some(b"\\u")
                && let Some(low) = rest.get(7..11).and_then(|low| number(low, 16))
                && (0xDC00..0xE000).contains(&low)
            {
                let code = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
                return Some((Plain::Char(char::from_u32(code)?), 12));
            }
            Some((Plain::Char(char::from_u32(high)?), 6))
        }
        b'U' => fixed(8, 16),
        // What is no UTF-8 is taken for the code of a character.
        b'x' => {
            let byte = |at| (bytes.get(at..at + 2)? == b"\\x").then(|| pair(bytes, at + 2))?;
            utf8(at, 4, byte).or_else(|| fixed(2, 16))
        }
        b'0'..=b'3' => {
            let byte = |at| {
                let digits = bytes.get(at..at + 4)?.strip_prefix(b"\\")?;
                u8::try_from(number(digits, 8)?).ok()
            };
            utf8(at, 4, byte).or_else(|| Some((Plain::Char(char::from(byte(at)?)), 4)))
        }
        b'n' => Some((Plain::Char('\n'), 2)),
        b'r' => Some((Plain::Char('\r'), 2)),
        b't' => Some((Plain::Char('\t'), 2)),
        quote @ (b'"' | b'\'' | b'/' | b'\\' | b'`') => Some((Plain::Char(char::from(*quote)), 2)),
        _ => None,
    }
}

fn quoted(bytes: &[u8], at: usize, sure: bool) -> Option<(Plain, usize)> {
    match bytes.get(at + 1)? {
        b'\n' if sure => Some((Plain::Nothing, 2)),
        b'\r' if sure && bytes.get(at + 2) == Some(&b'\n') => Some((Plain::Nothing, 3)),
        _ => {
            let byte = |at| (bytes.get(at) == Some(&b'=')).then(|| pair(bytes, at + 1))?;
            let (plain, size) = utf8(at, 3, byte)?;
            let printable = matches!(plain, Plain::Char(char) if !char.is_control());
            let neighbour = size > 3
                || byte(at + 3).is_some()
                || at.checked_sub(3).is_some_and(|at| byte(at).is_some());
            (printable && (sure || neighbour)).then_some((plain, size))
        }
    }
}

fn pair(bytes: &[u8], at: usize) -> Option<u8> {
    u8::try_from(number(bytes.get(at..at + 2)?, 16)?).ok()
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    if digits.is_empty() || digits.len() > 8 {
        return None;
    }
    digits.iter().try_fold(0u32, |sum, digit| {
        let digit = char::from(*digit).to_digit(radix)?;
        sum.checked_mul(radix)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::rewrite::MARGIN;
    use proptest::prelude::*;

    fn plain(text: &str) -> Option<String> {
        let view = unescape(&View::of_leaf(text, 0), 0)?;
        Some(view.text.into_owned())
    }

    #[test]
    fn every_kind_of_escape_is_resolved() {
        for escaped in [
            "a%41%2e",
            "a&#65;&#x2E;",
            "a&#65&period;",
            r"a\u0041\u002e",
            r"a\u{41}\x2e",
            r"a\x{41}\056",
            r"a\101\U0000002e",
            "a=41=2E",
            "a%u0041%u002e",
            "a=\nA=2E",
        ] {
            assert_eq!(plain(escaped).as_deref(), Some("aA."), "{escaped}");
        }
        assert_eq!(plain(r#"{\"a\":\"b\"}"#).as_deref(), Some(r#"{"a":"b"}"#));
        assert_eq!(plain(r"\ud83d\ude00").as_deref(), Some("😀"));
        for utf8 in [
            "%C3%A9",
            r"\xc3\xa9",
            r"\303\251",
            "=C3=A9",
            r"\xe9",
            r"\351",
        ] {
            assert_eq!(plain(utf8).as_deref(), Some("é"), "{utf8}");
        }
    }

    #[test]
    fn what_is_no_escape_stays() {
        for text in [
            "100% of a & b",
            "x=10",
            r"C:\dir",
            "a == b",
            "",
            "%zz &unknown;",
        ] {
            assert_eq!(plain(text), None, "{text}");
        }
    }

    #[test]
    fn only_the_neighbourhood_of_escapes_is_read_again() {
        let text = format!(
            "{}%41{}%42{}",
            "x".repeat(5000),
            "y".repeat(5000),
            "z".repeat(5000)
        );
        let view = unescape(&View::of_leaf(&text, 0), 0).unwrap();
        assert!(
            view.text.len() < 6 * MARGIN && view.text.contains("xAy") && view.text.contains("yBz")
        );
    }

    #[test]
    fn a_mark_is_found_on_both_sides_of_a_stretch() {
        for mark in ["%41", "=41", "=\n", "&#65;"] {
            for before in STRETCH - 3..STRETCH + 3 {
                let text = "x".repeat(before) + mark + "y%42";
                assert_eq!(
                    next_mark(text.as_bytes(), 0),
                    Some(before),
                    "{mark} {before}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[%&#;=\\\\ux{}0-9a-f\\n😀é]{0,60}") {
            if let Some(view) = unescape(&View::of_leaf(&text, 0), 0) {
                prop_assert!(view.text.len() <= text.len() + view.pieces.len());
            }
        }
    }
}
