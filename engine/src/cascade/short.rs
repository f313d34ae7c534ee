//! The short form of an answer: what two models' answers are compared by.

use std::borrow::Cow;

use serde_json::Value;
use sha2::{Digest, Sha256};

/// The longest answer that is read, bytes: the last of it says what it comes to.
const READ: usize = 16 * 1024;
/// The longest short form, bytes.
const MOST_BYTES: usize = 40;
/// What a final answer is introduced by.
const MARKS: [&str; 8] = [
    "answer is",
    "answer:",
    "answer:**",
    "####",
    "\"answer\":",
    "answer**:",
    "antwort:",
    "answer =",
];
/// How many characters a digest of a call has.
const DIGEST: usize = 10;

/// The short form of a text: a number, the letter of an option, or a word or two; none where the text
/// does not come down to one.
pub fn of_text(text: &str) -> Option<String> {
    let text = text.trim();
    let from = text.ceil_char_boundary(text.len().saturating_sub(READ));
    let end = text.get(from..)?;
    let alone = || (text.len() <= MOST_BYTES && !text.contains('\n')).then(|| plain(text))?;
    // A last line that is set off is what the text comes to.
    let last = || {
        let last = end.lines().next_back()?.trim();
        plain(last.strip_prefix("**")?.strip_suffix("**")?)
    };
    boxed(end)
        .or_else(|| marked(end))
        .or_else(alone)
        .or_else(last)
}

/// The short form of a call: a digest of what is called with which arguments, however they are
/// written; none where the arguments are no JSON object.
pub fn of_call(name: &str, arguments: &str) -> Option<String> {
    let value: Value = serde_json::from_str(arguments).ok()?;
    let mut hash = Sha256::new();
    hash.update(name);
    hash.update([0]);
    // Keys come in order.
    hash.update(value.as_object().map(|_| value.to_string())?);
    let digest: String = hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    digest.get(..DIGEST).map(str::to_owned)
}

fn boxed(text: &str) -> Option<String> {
    let at = text.rfind("\\boxed{")?;
    let inside = text.get(at + "\\boxed{".len()..)?;
    let mut depth = 1_usize;
    let end = inside.char_indices().find(|(_, c)| {
        depth = match c {
            '{' => depth + 1,
            '}' => depth.saturating_sub(1),
            _ => depth,
        };
        depth == 0
    });
    plain(inside.get(..end?.0)?)
}

fn marked(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let places = MARKS
        .iter()
        .filter_map(|mark| Some(lower.rfind(mark)? + mark.len()));
    let told = text.get(places.max()?..)?.trim_start();
    let line = told.lines().next().unwrap_or_default();
    // Up to the end of the sentence; the point of a decimal number is none.
    let end = line.find(". ").unwrap_or(line.len());
    plain(line.get(..end)?)
}

/// A number without sign of currency, unit or grouping, a letter without brackets, or the words in
/// lower case.
fn plain(text: &str) -> Option<String> {
    let text =
        text.trim_matches(|c: char| c.is_whitespace() || "*_`\"'$.,;:!{}()[]\\€£".contains(c));
    let text: Cow<'_, str> = match text.strip_prefix("text{") {
        Some(inside) => Cow::Borrowed(inside),
        None => Cow::Borrowed(text),
    };
    if text.len() > MOST_BYTES || !text.contains(char::is_alphanumeric) {
        return None;
    }
    number(&text)
        .or_else(|| letter(&text))
        .or_else(|| (text.split_whitespace().count() <= 3).then(|| text.to_lowercase()))
}

/// A decimal number at the beginning, with at most a unit behind it.
fn number(text: &str) -> Option<String> {
    let (sign, rest) = match text.strip_prefix(['-', '−']) {
        Some(rest) => ("-", rest.trim_start_matches('$')),
        None => ("", text),
    };
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == ',' || c == '.'));
    let (digits, unit) = rest.split_at_checked(end.unwrap_or(rest.len()))?;
    let digits = digits.trim_end_matches(['.', ',']).replace(',', "");
    // What goes on is an expression, a time or a date, and no unit.
    let unit = unit.trim();
    let goes_on = unit
        .chars()
        .any(|c| c.is_ascii_digit() || "+*/^=:-\\<>".contains(c));
    if digits.parse::<f64>().is_err() || goes_on || unit.split_whitespace().count() > 2 {
        return None;
    }
    let digits = match digits.contains('.') {
        true => digits.trim_end_matches('0').trim_end_matches('.'),
        false => &digits,
    };
    Some(format!("{sign}{digits}"))
}

/// The letter of an option: alone, or before what the option says.
fn letter(text: &str) -> Option<String> {
    let mut chars = text.chars();
    let letter = chars.next().filter(char::is_ascii_alphabetic)?;
    let rest = chars.as_str();
    let alone = rest.is_empty();
    let before = letter.is_ascii_uppercase() && rest.starts_with([')', '.', ':']);
    (alone || before).then(|| letter.to_ascii_uppercase().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_answer_has_one_short_form_however_it_is_told() {
        for (texts, short) in [
            (
                &[
                    "18",
                    "18.",
                    "$18",
                    "The answer is 18.",
                    "18.00",
                    "18 dollars",
                    "**18**",
                    "1 + 17 = ...\nso it comes to\n#### 18",
                    "First we add the two, then the third.\n\nThe answer is 18.",
                    "She has nine, and nine more makes it twice as much: \\boxed{18}. Done.",
                    "Nine and nine come to eighteen, as above.\n**Answer:** 18 dollars. I hope this helps you.",
                    "{\"reasoning\": \"nine and nine are eighteen\", \"answer\": \"18\"}",
                ][..],
                "18",
            ),
            (&["1,250", "1250", "$1,250.00"], "1250"),
            (&["-3.5", "-3.50", "−3.5"], "-3.5"),
            (
                &[
                    "B",
                    "b",
                    "(B)",
                    "B.",
                    "B) Paris",
                    "**B**",
                    "It is on the Seine, so what is asked for is Paris. The answer is (B).",
                    "It is on the Seine, and nothing else fits.\n**B) Paris**",
                ],
                "B",
            ),
            (&["Paris", "paris.", "**Paris**"], "paris"),
        ] {
            for text in texts {
                assert_eq!(of_text(text).as_deref(), Some(short), "{text}");
            }
        }
    }

    #[test]
    fn what_does_not_come_down_to_one_has_none() {
        for text in [
            "",
            "…",
            "It depends on what you want to do with it, and on how long you have.",
            "It is a long story.\nIt has no end.\nNobody knows why.",
            "The answer is that there is none which would hold for all of the cases that were named.",
            "What a pity that it is not so.",
        ] {
            assert_eq!(of_text(text), None, "{text}");
        }
        for text in ["3/4", "12:30", "2 + 2", "10^5"] {
            assert_eq!(
                of_text(text).as_deref(),
                Some(text),
                "not cut down to its first number"
            );
        }
    }

    #[test]
    fn a_call_is_known_by_what_it_says() {
        let one = of_call("f", r#"{"a": 1, "b": [2]}"#);
        assert_eq!(one.as_deref().map(str::len), Some(DIGEST));
        assert_eq!(one, of_call("f", r#"{"b":[2],"a":1}"#));
        assert_ne!(one, of_call("g", r#"{"b":[2],"a":1}"#));
        assert_ne!(one, of_call("f", r#"{"b":[2],"a":2}"#));
        assert_eq!(of_call("f", "[]"), None);
        assert_eq!(of_call("f", "{"), None);
    }

    proptest! {
        #[test]
        fn any_text_has_a_short_form_that_is_short_or_none(
            text in prop_oneof!["\\PC{0,120}", "[a-b0-9 .,$*\\\\{}\\n#−-]{0,80}", "answer:\\PC{0,60}"],
        ) {
            if let Some(short) = of_text(&text) {
                prop_assert!(!short.is_empty() && short.len() <= 2 * MOST_BYTES);
            }
        }
    }
}
