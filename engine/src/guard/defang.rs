//! Addresses made unfit for clicking: `hxxp://db[.]corp`, `10(.)1(.)2(.)3`, `ann[@]mail[dot]io`.

use std::ops::Range;

use super::reader::{begins, in_word};
use super::rewrite::Rewriter;
use super::shape::{after, before};
use super::view::View;

/// What brackets are put around, and what it stands for.
const SIGNS: &[(&str, &str)] = &[
    ("://", "://"),
    ("dot", "."),
    ("at", "@"),
    (".", "."),
    (":", ":"),
    ("@", "@"),
    ("/", "/"),
];
/// What is written for `http`, lower case.
const SCHEMES: &[&str] = &["hxxp", "h**p", "htxp", "hxtp"];

/// The text with its addresses as they are meant, as far as any is written otherwise.
pub(super) fn refang(view: &View<'_>, index: usize) -> Option<View<'static>> {
    let text = view.text.as_ref();
    let mut out = Rewriter::new(text, index);
    let mut at = 0;
    while let Some((place, plain)) = next(text, at) {
        at = place.end;
        out.replace(place, plain);
    }
    out.view(view)
}

/// The next place from `from` on that is meant otherwise.
fn next(text: &str, from: usize) -> Option<(Range<usize>, &'static str)> {
    let bytes = text.as_bytes().get(from..)?;
    // An `h` is frequent: schemes are found by what follows them.
    memchr::memchr3_iter(b'[', b'(', b':', bytes)
        .map(|at| from + at)
        .find_map(|at| scheme(text, from, at).or_else(|| sign(text, at)))
}

/// A sign in brackets, with a blank or none around it, inside an address.
fn sign(text: &str, at: usize) -> Option<(Range<usize>, &'static str)> {
    let close = match text.as_bytes().get(at)? {
        b'[' => b']',
        b'(' => b')',
        _ => return None,
    };
    let rest = text.get(at + 1..)?;
    let (sign, plain) = SIGNS
        .iter()
        .find(|(sign, _)| begins(rest, sign) && after(rest, sign.len()) == Some(close))?;
    let blank = |at: usize| usize::from(after(text, at) == Some(b' '));
    let mut place = at..at + sign.len() + 2;
    if before(text, at) == Some(b' ') && blank(place.end) == 1 {
        place = at - 1..place.end + 1;
    }
    let joined = |byte: Option<u8>| byte.is_some_and(|b| in_word(b) || matches!(b, b'[' | b']'));
    let ends = joined(before(text, place.start));
    let goes_on = joined(after(text, place.end)) || after(text, place.end) == Some(b'/');
    (ends && goes_on).then_some((place, plain))
}

/// A scheme before the colon or bracket at a place.
fn scheme(text: &str, from: usize, at: usize) -> Option<(Range<usize>, &'static str)> {
    let head = text.get(from..at)?;
    let head = head.strip_suffix(['s', 'S']).unwrap_or(head);
    let start = SCHEMES.iter().find_map(|scheme| {
        let start = head.len().checked_sub(scheme.len())?;
        begins(head.get(start..)?, scheme).then_some(from + start)
    })?;
    let apart = !before(text, start).is_some_and(in_word);
    apart.then_some((start..from + head.len(), "http"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(text: &str) -> Option<String> {
        Some(refang(&View::of_leaf(text, 0), 0)?.text.into_owned())
    }

    #[test]
    fn every_mark_is_taken_for_what_it_stands_for() {
        for (written, meant) in [
            ("see hxxp://a[.]b", "see http://a.b"),
            ("hXXps[:]//a(.)b[:]80/x", "https://a.b:80/x"),
            ("hxxps[://]a[dot]b", "https://a.b"),
            ("ann[@]b [.] io", "ann@b.io"),
            ("ann [at] b (dot) io", "ann@b.io"),
            ("h**p://a", "http://a"),
        ] {
            assert_eq!(plain(written).as_deref(), Some(meant), "{written}");
        }
    }

    #[test]
    fn code_and_sentences_are_none() {
        for text in [
            "x[:] = a[1:2]",
            "f(.5) [.]",
            "http://a.b",
            "(at 5)",
            "[a-z.]",
            "a: b",
            "",
        ] {
            assert_eq!(plain(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "([\\[\\](){}.:@/ ]|hxxps?|dot|at|\\PC){0,40}") {
            refang(&View::of_leaf(&text, 0), 0);
        }
    }
}
