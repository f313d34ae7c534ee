//! JSON without the blanks between its parts. Names, texts and numbers stay as they are written, and in
//! their order.

use serde::de::IgnoredAny;

/// The text, where all of it is one JSON object or array that can be written shorter.
pub(super) fn minified(text: &str) -> Option<String> {
    let body = text.trim();
    if !body.starts_with(['{', '[']) || serde_json::from_str::<IgnoredAny>(body).is_err() {
        return None;
    }
    let mut out = String::with_capacity(body.len());
    let mut from = 0;
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in body.bytes().enumerate() {
        if quoted {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => quoted = false,
                _ => {}
            }
        } else if byte == b'"' {
            quoted = true;
        } else if byte.is_ascii_whitespace() {
            out.push_str(body.get(from..at)?);
            from = at + 1;
        }
    }
    out.push_str(body.get(from..)?);
    (out.len() < text.len()).then_some(out)
}
