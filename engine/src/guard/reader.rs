//! Small readers over a text: windows, words, edges. No place makes them panic: every one is
//! brought to the edge of a character.

use std::ops::Range;

use super::shape::{after, before};

/// At most `size` bytes from a place on.
pub(super) fn window_after(text: &str, at: usize, size: usize) -> &str {
    let from = text.ceil_char_boundary(at);
    let to = text.floor_char_boundary(from.saturating_add(size));
    text.get(from..to).unwrap_or_default()
}

/// At most `size` bytes before a place.
pub(super) fn window_before(text: &str, at: usize, size: usize) -> &str {
    let to = text.floor_char_boundary(at);
    let from = text.ceil_char_boundary(to.saturating_sub(size));
    text.get(from..to).unwrap_or_default()
}

/// The lines of a text, each with where it begins and with its line break.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let breaks = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1);
    let open = !text.is_empty() && !text.ends_with('\n');
    let ends = breaks.chain(open.then_some(text.len()));
    let places = ends.scan(0, |from, end| Some(std::mem::replace(from, end)..end));
    places.filter_map(|place| Some((place.start, text.get(place)?)))
}

/// Whether a byte belongs to a word: ASCII letters and digits, and all beyond ASCII.
pub(super) const fn in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 128
}

/// The words of a text: runs of letters and digits, apostrophes left out.
pub(super) fn words(text: &str) -> impl DoubleEndedIterator<Item = &str> + Clone {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
}

/// Whether one of the words of a text is in a list of lower-case words.
pub(super) fn has_word(text: &str, list: &[&str]) -> bool {
    words(text).any(|word| is_one_of(word, list))
}

/// Whether a word is in a list of lower-case words, whatever its case.
pub(super) fn is_one_of(word: &str, list: &[&str]) -> bool {
    if word.is_ascii() {
        return list.iter().any(|listed| word.eq_ignore_ascii_case(listed));
    }
    let lower = word.to_lowercase();
    list.contains(&lower.as_str())
}

/// Whether a text begins with a lower-case ASCII word, whatever its case.
pub(super) fn begins(text: &str, word: &str) -> bool {
    let head = text.as_bytes().get(..word.len());
    head.is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()))
}

/// Whether a text ends with a lower-case ASCII word, whatever its case.
pub(super) fn ends(text: &str, word: &str) -> bool {
    let tail = text
        .len()
        .checked_sub(word.len())
        .and_then(|from| text.as_bytes().get(from..));
    tail.is_some_and(|tail| tail.eq_ignore_ascii_case(word.as_bytes()))
}

/// Whether a range is no part of a longer word.
pub(super) fn is_apart(text: &str, at: &Range<usize>) -> bool {
    let joined = |byte: Option<u8>| byte.is_some_and(|b| in_word(b) || b == b'_');
    !joined(before(text, at.start)) && !joined(after(text, at.end))
}

/// The rest of the line that a place is on, at most `size` bytes.
pub(super) fn line_after(text: &str, at: usize, size: usize) -> &str {
    let window = window_after(text, at, size);
    window.split('\n').next().unwrap_or_default()
}

/// The line that a place is on up to the place, at most `size` bytes.
pub(super) fn line_before(text: &str, at: usize, size: usize) -> &str {
    let window = window_before(text, at, size);
    window.rsplit('\n').next().unwrap_or_default()
}

/// Job titles, places and other words that are written with a capital and are no names.
#[rustfmt::skip]
const NO_NAMES: &[&str] = &[
    "a", "account", "accountant", "address", "admin", "all", "an", "analyst", "and", "annual",
    "any", "api", "april", "architect", "assistant", "associate", "august", "average", "bank",
    "base", "bonus", "born", "by", "card", "ceo", "cfo", "chief", "city", "class", "code",
    "company", "conditions", "consultant", "contact", "cto", "customer", "data", "date", "dear",
    "december", "department", "designer", "developer", "diagnosis", "director", "doctor", "each",
    "email", "employee", "engineer", "engineering", "every", "example", "february", "field",
    "finance", "for", "form", "from", "general", "german", "germany", "gross", "health", "hello",
    "help", "her", "hi", "his", "how", "human", "gmbh", "i", "id", "if", "in", "inc", "india",
    "llc", "ltd", "corp", "is", "it", "january", "job", "july", "june", "junior", "kingdom",
    "lead", "list", "london", "manager", "march", "marketing", "may", "medical", "minimum",
    "monthly", "my", "name", "national", "net", "new", "november", "number", "nurse", "october",
    "of", "officer", "on", "our", "paris", "patient", "patients", "payroll", "phone", "please",
    "president", "principal", "product", "programmer", "project", "python", "random", "report",
    "resources", "salaries", "salary", "sales", "scientist", "security", "senior", "september",
    "service", "software", "source", "staff", "state", "states", "summary", "table", "team",
    "test", "that", "the", "their", "this", "title", "to", "total", "type", "uk", "united", "us",
    "usa", "use", "user", "vice", "we", "what", "when", "where", "which", "who", "why", "with",
    "write", "year", "york", "you", "your",
];

/// Whether a text holds what looks like the name of a person: two words in a row with a capital
/// each, neither of them a word that is often written so.
pub(super) fn has_name(text: &str) -> bool {
    let mut last = None;
    for word in text.split([
        ' ', ',', ';', '|', '\t', '\n', ':', '(', ')', '"', '=', '*', '_', '>',
    ]) {
        let word = word.trim_matches(['.', '\'']);
        if word.is_empty() {
            continue;
        }
        let capital = is_name(word);
        if capital && last == Some(true) {
            return true;
        }
        last = Some(capital);
    }
    false
}

/// Whether a word could be a person's: a capital, then letters that are not all capitals.
fn is_name(word: &str) -> bool {
    let mut chars = word.chars();
    let first = chars.next().is_some_and(char::is_uppercase);
    let rest = chars.as_str();
    first
        && rest.chars().any(char::is_lowercase)
        && rest
            .chars()
            .all(|c| c.is_alphabetic() || c == '-' || c == '\'')
        && !is_one_of(word, NO_NAMES)
}
