//! JSON that can be mended without a model: what is taken away or added carries no meaning.

use std::borrow::Cow;

use super::json::check;
use super::{Form, Part};

/// How many brackets are closed at the end: more are missing only where much else is.
const MOST_CLOSED: usize = 8;

/// The text as it should have been written, where that is beyond doubt: without a fence around it,
/// without commas before a closing bracket, and with the brackets closed that are open at its end.
/// The last only where the answer is `whole`, that is, ended by itself: of one that was cut nobody
/// knows what is missing. None where it would still not have its form.
pub fn repaired(form: Form<'_>, text: &str, whole: bool) -> Option<String> {
    let bare = unfenced(text.trim().trim_start_matches('\u{FEFF}'))?;
    let mended = match serde_json::from_str::<serde::de::IgnoredAny>(bare) {
        Ok(_) => Cow::Borrowed(bare),
        Err(_) => Cow::Owned(balanced(bare, whole)?),
    };
    let sound = form != Form::Free && check(form, &mended, Part::Text).is_none();
    sound.then(|| mended.into_owned())
}

/// What stands in the one block of code of a text; the text itself where it begins as JSON does.
fn unfenced(text: &str) -> Option<&str> {
    if text.starts_with(['{', '[']) {
        return Some(text);
    }
    let (_, inside) = text.split_once("```")?;
    let (language, inside) = inside.split_once('\n')?;
    let (inside, after) = inside.split_once("```").unwrap_or((inside, ""));
    let plain = language.trim().chars().all(char::is_alphanumeric);
    (plain && !after.contains("```")).then(|| inside.trim())
}

/// The text with its brackets closed and no comma before a closing one.
fn balanced(text: &str, whole: bool) -> Option<String> {
    let mut out = String::with_capacity(text.len() + MOST_CLOSED);
    let mut open = Vec::new();
    let (mut quoted, mut escaped) = (false, false);
    for c in text.chars() {
        if quoted {
            (quoted, escaped) = match c {
                _ if escaped => (true, false),
                '\\' => (true, true),
                c => (c != '"', false),
            };
        } else {
            match c {
                '"' => quoted = true,
                '{' => open.push('}'),
                '[' => open.push(']'),
                '}' | ']' => {
                    if open.pop() != Some(c) {
                        return None;
                    }
                    drop_comma(&mut out);
                }
                _ => {}
            }
        }
        out.push(c);
    }
    if quoted || open.len() > MOST_CLOSED || !(open.is_empty() || whole) {
        return None;
    }
    if !open.is_empty() {
        drop_comma(&mut out);
    }
    out.extend(open.iter().rev());
    Some(out)
}

fn drop_comma(out: &mut String) {
    let end = out.trim_end().len();
    if out.get(..end).is_some_and(|out| out.ends_with(',')) {
        out.truncate(end - 1);
    }
}
