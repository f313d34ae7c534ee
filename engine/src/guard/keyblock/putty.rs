//! PuTTY's private keys (`.ppk`).

use std::ops::Range;

use super::super::finding::Kind;
use super::super::hits::Hits;
use super::super::shape::Alphabet;
use super::super::token::random;

const KIND: Kind = Kind::credential("putty_private_key", "a PuTTY private key");

const BODY: Alphabet = Alphabet::BASE64.with(b"=");

/// The fewest base64 characters of the private part: of an Ed25519 key, 44.
const SHORTEST: usize = 40;

/// The most lines and the longest of them, bytes.
const MOST_LINES: usize = 200;
const LONGEST_LINE: usize = 80;

/// Looks at `Private-Lines:`.
pub(super) fn at_private_lines(text: &str, at: Range<usize>, hits: &mut Hits) {
    let count = at.end + Alphabet::EMPTY.with(b" 0123456789").run(text, at.end, 6);
    let mut body = String::new();
    let mut end = count;
    for _ in 0..MOST_LINES {
        let from = end + breaks(text, end);
        let line = BODY.run(text, from, LONGEST_LINE);
        // `Private-MAC: …` is the line after the last.
        if line == 0 || text.as_bytes().get(from + line) == Some(&b'-') {
            break;
        }
        body.push_str(text.get(from..from + line).unwrap_or_default());
        end = from + line;
    }
    if body.len() >= SHORTEST && random(&body, Alphabet::BASE64) {
        hits.by_form(KIND, at.start..end);
    }
}

/// The line break at a place, and the indentation after it, bytes.
fn breaks(text: &str, at: usize) -> usize {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    let escaped = match rest {
        [b'\\', b'r', b'\\', b'n', ..] => 4,
        [b'\\', b'n', ..] => 2,
        _ => 0,
    };
    escaped
        + Alphabet::EMPTY
            .with(b" \t\r\n>")
            .run(text, at + escaped, 40)
}
