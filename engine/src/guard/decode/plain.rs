//! Bytes that turn out to be text.

use std::borrow::Cow;
use std::io::Read;

use super::Budget;

/// The most that one compressed run may grow to, bytes.
const MAX_INFLATED: usize = 1 << 20;
/// The shortest text that is taken out of binary data, bytes: as much as a short secret.
const MIN_STRING: usize = 12;
/// The least binary data that is searched for texts, bytes.
const MIN_BINARY: usize = 128;

/// The text that bytes hold: UTF-8, UTF-16, compressed, or the readable parts of something binary.
pub(super) fn text(bytes: &[u8], budget: &Budget) -> Option<String> {
    let inflated = inflate(bytes, budget);
    let bytes = inflated.as_deref().unwrap_or(bytes);
    if let Some(text) = utf16(bytes) {
        return Some(text);
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && is_readable(text)
    {
        return Some(text.to_owned());
    }
    (bytes.len() >= MIN_BINARY).then(|| strings(bytes))?
}

/// Whether these first bytes may begin a text at all: most of what looks like base64 is not.
pub(super) fn may_begin_text(head: &[u8]) -> bool {
    let packed = matches!(
        head,
        [0x1F, 0x8B, ..] | [0x78, 0x01 | 0x5E | 0x9C | 0xDA, ..]
    );
    let utf16 = matches!(head, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..])
        || head.chunks_exact(2).all(|pair| pair[1] == 0)
        || head.chunks_exact(2).all(|pair| pair[0] == 0);
    packed || utf16 || head.iter().all(|b| is_text_byte(*b))
}

fn is_text_byte(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7E | 0x80..)
}

fn is_readable(text: &str) -> bool {
    let odd = text.chars().filter(|c| {
        c.is_control() && !matches!(c, '\t' | '\n' | '\r') || *c == char::REPLACEMENT_CHARACTER
    });
    !text.is_empty() && odd.count() * 10 <= text.chars().count()
}

/// The bytes before they were compressed; none where that would be more than may be read.
fn inflate(bytes: &[u8], budget: &Budget) -> Option<Vec<u8>> {
    let most = MAX_INFLATED.min(budget.rest());
    let mut plain = Vec::new();
    let limit = u64::try_from(most).ok()? + 1;
    // What a cut stream gave up to the cut counts too.
    let _ = match bytes {
        [0x1F, 0x8B, ..] => flate2::read::MultiGzDecoder::new(bytes)
            .take(limit)
            .read_to_end(&mut plain),
        [0x78, 0x01 | 0x5E | 0x9C | 0xDA, ..] => flate2::read::ZlibDecoder::new(bytes)
            .take(limit)
            .read_to_end(&mut plain),
        _ => return None,
    };
    // More than fits was not read to its end: the budget is told of what there is no room for.
    let fits = match plain.len() > most {
        true => budget.take(usize::MAX),
        false => budget.take(plain.len()),
    };
    (fits && !plain.is_empty()).then_some(plain)
}

fn utf16(bytes: &[u8]) -> Option<String> {
    let (big, body) = match bytes {
        [0xFF, 0xFE, body @ ..] => (false, body),
        [0xFE, 0xFF, body @ ..] => (true, body),
        [0, low, ..] if *low != 0 => (true, bytes),
        [_, 0, ..] => (false, bytes),
        _ => return None,
    };
    let units: Vec<u16> = body
        .chunks_exact(2)
        .filter_map(|pair| <[u8; 2]>::try_from(pair).ok())
        .map(|pair| match big {
            true => u16::from_be_bytes(pair),
            false => u16::from_le_bytes(pair),
        })
        .collect();
    let text = String::from_utf16(&units).ok()?;
    is_readable(&text).then_some(text)
}

/// The readable runs of binary data, a line each: comments of images, names in certificates.
pub(super) fn strings(bytes: &[u8]) -> Option<String> {
    let runs = bytes.split(|b| !matches!(b, b'\t' | 0x20..=0x7E));
    let lines: Vec<Cow<'_, str>> = runs
        .filter(|run| run.len() >= MIN_STRING)
        .map(String::from_utf8_lossy)
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The readable runs of binary data in every form: as they stand, in UTF-16, and compressed.
pub(super) fn all_strings(bytes: &[u8]) -> String {
    let mut parts: Vec<String> = strings(bytes).into_iter().collect();
    parts.extend(wide_strings(bytes));
    // Most of a picture is compressed points: they are no text, and what is too much is not read.
    let budget = Budget::of(2 * MAX_INFLATED);
    for at in memchr::memchr2_iter(0x78, 0x1F, bytes) {
        let packed = bytes
            .get(at..)
            .and_then(|packed| inflate(packed, &budget))
            .and_then(|plain| String::from_utf8(plain).ok());
        parts.extend(packed.filter(|text| text.len() >= MIN_STRING && is_readable(text)));
    }
    parts.join("\n")
}

/// The runs of ASCII in UTF-16 of either order.
fn wide_strings(bytes: &[u8]) -> Vec<String> {
    let readable = |byte: &u8| matches!(byte, b'\t' | 0x20..=0x7E);
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let units = bytes.get(at..).unwrap_or_default().chunks(2);
        let run: String = units
            .take_while(|unit| unit.first().is_some_and(readable) && unit.get(1) == Some(&0))
            .filter_map(|unit| unit.first().copied().map(char::from))
            .collect();
        at += 2 * run.len();
        // In the other order, the zero of the last stands before it.
        let last = bytes.get(at).copied().filter(|byte| readable(byte));
        if run.len() + 1 >= MIN_STRING {
            found.push(run.chars().chain(last.map(char::from)).collect());
        }
        at += 1;
    }
    found
}
