//! What an upstream said when it did not serve, in whatever form it said it.

use serde_json::Value;

use super::times::moment_ms;

/// The longest message kept, bytes.
const MAX_MESSAGE: usize = 2048;
/// The longest type or code kept, bytes.
const MAX_WORD: usize = 128;

/// An upstream's error, as far as it says what is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status; 200 for an error inside a stream.
    pub status: u16,
    /// The class of error, such as `rate_limit_error`; empty where none is told.
    pub error_type: String,
    /// The code for programs, such as `insufficient_quota`; empty where none is told.
    pub error_code: String,
    /// The text for people; empty where none is told.
    pub message: String,
    /// When a limit is reset, Unix ms, where the body says so.
    pub resets_ms: Option<u64>,
}

impl Refusal {
    /// Reads an error body, or the data of an error event, that came at `now` (Unix ms). A body in
    /// no known form is a message as a whole.
    ///
    /// Known are `{"error":{"type","code","message"}}` with its variants (a code that is a number,
    /// Anthropic's `details.error_code`, a `resets_at`, Google's `status` for a type and its list
    /// around the whole), `response.failed` events, an `error` that is a text, and a bare `message`
    /// or `detail`.
    pub fn parse(status: u16, body: &[u8], now: u64) -> Self {
        let json: Value = std::str::from_utf8(body)
            .ok()
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default();
        let json = json.get(0).unwrap_or(&json);
        let nested = ["/error", "/response/error"].map(|path| json.pointer(path));
        let error = nested.into_iter().flatten().find(|error| error.is_object());
        let error = error.unwrap_or(json);
        let at = |paths: &[&str], limit| {
            let found = paths.iter().filter_map(|path| error.pointer(path));
            found.filter_map(word).next().map(|text| cut(text, limit))
        };
        let whole = || match json.is_object() {
            true => String::new(),
            false => cut(String::from_utf8_lossy(body).into_owned(), MAX_MESSAGE),
        };
        let resets = ["/resets_at", "/resets_in_seconds"].map(|path| error.pointer(path));
        Self {
            status,
            error_type: at(&["/type", "/status"], MAX_WORD).unwrap_or_default(),
            error_code: at(&["/details/error_code", "/error_code", "/code"], MAX_WORD)
                .unwrap_or_default(),
            message: at(&["/message", "/detail", "/error"], MAX_MESSAGE).unwrap_or_else(whole),
            resets_ms: resets
                .into_iter()
                .flatten()
                .find_map(|reset| moment_ms(&word(reset)?, now)),
        }
    }
}

fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn cut(mut text: String, limit: usize) -> String {
    text.truncate(text.floor_char_boundary(limit));
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: u64 = 1_795_000_000_000;

    fn words(body: &str) -> [String; 3] {
        let refusal = Refusal::parse(400, body.as_bytes(), NOW);
        [refusal.error_type, refusal.error_code, refusal.message]
    }

    #[test]
    fn every_form_is_read() {
        let forms = [
            (
                r#"{"error":{"message":"m","type":"t","param":null,"code":"c"}}"#,
                ["t", "c", "m"],
            ),
            (
                r#"{"error":{"message":"m","type":"t","code":null}}"#,
                ["t", "", "m"],
            ),
            (
                r#"{"error":{"code":402,"message":"m","metadata":{}}}"#,
                ["", "402", "m"],
            ),
            (
                r#"{"type":"error","error":{"type":"t","message":"m","details":{"error_code":"c"}}}"#,
                ["t", "c", "m"],
            ),
            (
                r#"{"type":"response.failed","response":{"error":{"code":"c","message":"m"}}}"#,
                ["", "c", "m"],
            ),
            (
                r#"[{"error":{"code":429,"message":"m","status":"S"}}]"#,
                ["S", "429", "m"],
            ),
            (r#"{"error":"m"}"#, ["", "", "m"]),
            (r#"{"detail":"m"}"#, ["", "", "m"]),
            (r#"{"message":"m"}"#, ["", "", "m"]),
            (
                "<html>bad gateway</html>",
                ["", "", "<html>bad gateway</html>"],
            ),
            ("{}", ["", "", ""]),
            ("", ["", "", ""]),
        ];
        for (body, expected) in forms {
            assert_eq!(words(body), expected, "{body}");
        }
    }

    #[test]
    fn a_reset_is_a_moment_or_a_period() {
        let reset = |body: &str| Refusal::parse(429, body.as_bytes(), NOW).resets_ms;
        assert_eq!(
            reset(r#"{"error":{"resets_at":1795003600}}"#),
            Some(NOW + 3_600_000)
        );
        assert_eq!(
            reset(r#"{"error":{"resets_in_seconds":60}}"#),
            Some(NOW + 60_000)
        );
        assert_eq!(
            reset(r#"{"error":{"resets_at":null,"resets_in_seconds":60}}"#),
            Some(NOW + 60_000)
        );
        assert_eq!(reset(r#"{"error":{"resets_at":{}}}"#), None);
    }

    proptest! {
        #[test]
        fn no_body_makes_the_reader_panic_or_exceed_its_bounds(body: Vec<u8>, text in r#"\{"error":\{"(message|code)":".{0,3000}"\}\}"#) {
            for body in [body.as_slice(), text.as_bytes()] {
                let refusal = Refusal::parse(500, body, NOW);
                prop_assert!(refusal.message.len() <= MAX_MESSAGE);
                prop_assert!(refusal.error_code.len() <= MAX_WORD);
            }
        }
    }
}
