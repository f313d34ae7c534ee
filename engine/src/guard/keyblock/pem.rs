//! Private keys in PEM (RFC 7468), also of OpenPGP, SSH2, OpenSSH and OpenVPN: with their line breaks
//! written as `\n`, indented, quoted, on one line, or cut before the end.

use std::ops::Range;

use super::super::finding::Kind;
use super::super::hits::{Hit, Hits};
use super::super::shape::Alphabet;
use super::super::token::{Disguise, Reach, random};
use super::PRIVATE_KEY;

const PGP_KEY: Kind = Kind::credential("pgp_private_key", "an OpenPGP private key");
const HEADER: Kind = Kind::credential("private_key_header", "the head of a private key");

/// The longest label between the dashes, bytes.
const LONGEST_LABEL: usize = 80;

/// The longest block that is read, bytes: a key of 8192 bits has 6,400. Without its header a
/// shorter one is enough.
const LONGEST_BLOCK: usize = 16 * 1024;
const LONGEST_BODY: usize = 4 * 1024;

/// The fewest base64 characters of a private key: the shortest, of an elliptic curve, has 60.
const SHORTEST_BODY: usize = 60;

/// A line shorter than this is no line of a key, unless it is the last.
const SHORTEST_LINE: usize = 16;

/// How many header lines a block may have, such as `Proc-Type: 4,ENCRYPTED`.
const MOST_HEADERS: usize = 8;

const BODY: Alphabet = Alphabet::BASE64.with(b"=");

/// What may stand between two lines of a key: blanks, quotes, signs of comment and continuation.
const BETWEEN: Alphabet = Alphabet::EMPTY.with(b" \t\r\n\"'`,\\>|#*;()[]");

/// Looks at `-----BEGIN`.
pub(super) fn at_begin(text: &str, at: Range<usize>, hits: &mut Hits) {
    let Some(label) = Label::read(text, at.end) else {
        return;
    };
    let start = at.start;
    match Block::read(text, label.end, LONGEST_BLOCK) {
        Some(block) => hits.by_form(label.kind, start..block.end_with_footer(text)),
        None => hits.suspect(HEADER, start..label.end),
    }
}

/// Looks at `-----END`, for a key whose beginning was cut off.
pub(super) fn at_end(text: &str, at: Range<usize>, hits: &mut Hits) {
    let Some(label) = Label::read(text, at.end) else {
        return;
    };
    if known(hits, at.start) {
        return;
    }
    let belongs = BODY.or(BETWEEN);
    let start = at.start - belongs.run_back(text, at.start, LONGEST_BLOCK);
    if Block::read(text, start, LONGEST_BLOCK).is_some_and(|block| block.end <= at.start) {
        hits.by_form(label.kind, start..label.end);
    }
}

/// Whether a place is part of what was found last.
fn known(hits: &Hits, place: usize) -> bool {
    let covers = |hit: &Hit| hit.range.contains(&place);
    hits.0.iter().rev().take(4).any(covers)
}

/// Looks at the base64 of `openssh-key-v1`, wherever it stands.
pub(super) fn at_openssh(text: &str, at: Range<usize>, hits: &mut Hits) {
    if !known(hits, at.start)
        && text.get(at.clone()) == Some("b3BlbnNzaC1rZXktdj")
        && let Some(block) = Block::read(text, at.start, LONGEST_BODY)
    {
        hits.by_form(PRIVATE_KEY, at.start..block.end);
    }
}

/// Looks at `-----BEGIN` in ROT13.
pub(super) fn at_rot13_begin(text: &str, at: Range<usize>, hits: &mut Hits) {
    if holds(text, at.end, at.end + LONGEST_LABEL, "CEVINGR XRL") {
        disguised(text, &at, Disguise::Rot13, hits);
    }
}

/// Looks at `-----BEGIN` written backwards.
pub(super) fn at_reversed_begin(text: &str, at: Range<usize>, hits: &mut Hits) {
    if holds(
        text,
        at.start.saturating_sub(LONGEST_LABEL),
        at.start,
        "YEK ETAVIRP",
    ) {
        disguised(text, &at, Disguise::Reversed, hits);
    }
}

/// Whether something stands between two places.
fn holds(text: &str, from: usize, to: usize, needle: &str) -> bool {
    let bytes = text.as_bytes().get(from..to.min(text.len()));
    let mut windows = bytes.unwrap_or_default().windows(needle.len());
    windows.any(|window| window == needle.as_bytes())
}

fn disguised(text: &str, at: &Range<usize>, worn: Disguise, hits: &mut Hits) {
    let reach = Reach {
        before: 0,
        after: LONGEST_BLOCK,
    };
    let Some(bare) = worn.undo(text, at, reach, |byte| byte.is_ascii()) else {
        return;
    };
    let mut found = Hits::default();
    at_begin(&bare.text, bare.at.clone(), &mut found);
    for hit in found.0 {
        if hit.kind != HEADER {
            hits.by_form(hit.kind, bare.place(&hit.range));
        }
    }
}

/// The words between the dashes, those of a private key.
struct Label {
    kind: Kind,
    /// After the closing dashes.
    end: usize,
}

impl Label {
    fn read(text: &str, from: usize) -> Option<Self> {
        let words = Alphabet::ALNUM.with(b" _");
        let end = from + words.run(text, from, LONGEST_LABEL);
        let label = text.get(from..end)?.to_ascii_uppercase();
        let dashes = Alphabet::EMPTY.with(b"-").run(text, end, 5);
        let private = ["PRIVATE KEY", "ENCRYPTED PRIVATE", "OPENVPN STATIC KEY"]
            .iter()
            .any(|words| label.contains(words));
        let kind = if label.contains("PGP") {
            PGP_KEY
        } else {
            PRIVATE_KEY
        };
        (private && dashes >= 4).then_some(Self {
            kind,
            end: end + dashes,
        })
    }
}

/// The body of a key.
struct Block {
    /// After its last base64 character.
    end: usize,
}

impl Block {
    /// Reads the lines of a body from a place on; none where too little of one is there.
    fn read(text: &str, from: usize, longest: usize) -> Option<Self> {
        let limit = from.saturating_add(longest);
        let mut body = String::new();
        let mut at = from;
        let mut end = from;
        let mut headers = 0;
        let mut ended = false;
        while at < limit && !ended {
            at = between(text, at);
            if let Some(next) = header(text, at).filter(|_| headers < MOST_HEADERS) {
                headers += 1;
                at = next;
                continue;
            }
            let (line, next) = line(text, at);
            ended = line.len() < SHORTEST_LINE;
            if !ended || body.len() + line.len() >= SHORTEST_BODY && last(text, next) {
                end = next;
                body.push_str(&line);
            }
            at = next;
        }
        let whole = body.len() >= SHORTEST_BODY && random(&body, Alphabet::BASE64);
        whole.then_some(Self { end })
    }

    /// After the closing line, where there is one.
    fn end_with_footer(&self, text: &str) -> usize {
        let at = between(text, self.end);
        let checksum = BODY.run(text, at, 5);
        let footer = [at, between(text, at + checksum)]
            .into_iter()
            .find_map(|at| {
                let dashes = Alphabet::EMPTY.with(b"- ").run(text, at, 6);
                let rest = text.get(at + dashes..)?;
                let end = rest
                    .get(..3)
                    .is_some_and(|word| word.eq_ignore_ascii_case("end"));
                (dashes >= 4 && end).then(|| Label::read(text, at + dashes + 3))?
            });
        footer.map_or(self.end, |label| label.end)
    }
}

/// One line of base64, and where it ends. A slash may be escaped, as in JSON.
fn line(text: &str, from: usize) -> (String, usize) {
    let mut line = String::new();
    let mut at = from;
    loop {
        let end = at + BODY.run(text, at, LONGEST_BLOCK.saturating_sub(line.len()));
        line.push_str(text.get(at..end).unwrap_or_default());
        at = end;
        if !text
            .as_bytes()
            .get(at..)
            .is_some_and(|rest| rest.starts_with(b"\\/"))
        {
            return (line, at);
        }
        at += 1;
    }
}

/// Passes what stands between two lines; `\n` and its kin are among it.
fn between(text: &str, from: usize) -> usize {
    let mut at = from;
    loop {
        match text.as_bytes().get(at..).unwrap_or_default() {
            [b'\\', b'n' | b'r' | b't', ..] => at += 2,
            [b'\\', b'/', ..] => return at,
            // Strings put together: `"…" + "…"`.
            [b'"' | b'\'', b' ', b'+', ..] => at += 3,
            [b'"' | b'\'', b'+', ..] => at += 2,
            [byte, ..] if BETWEEN.has(*byte) => at += 1,
            _ => return at,
        }
    }
}

/// Passes a header line, such as `Comment: "x"`; none where there is none.
fn header(text: &str, from: usize) -> Option<usize> {
    let name = Alphabet::ALNUM.with(b"-").run(text, from, 24);
    let rest = text.get(from + name..)?;
    if name < 3 || !rest.starts_with(": ") {
        return None;
    }
    let size = rest
        .bytes()
        .take(200)
        .take_while(|byte| *byte != b'\n' && *byte != b'\\')
        .count();
    Some(from + name + size)
}

/// Whether what follows a last, short line is the end of a body.
fn last(text: &str, at: usize) -> bool {
    let rest = text.as_bytes().get(between(text, at)..).unwrap_or_default();
    matches!(rest, [] | [b'-', ..] | [b'=', ..])
}
