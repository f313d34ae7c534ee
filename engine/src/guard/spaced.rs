//! A value whose letters stand apart, one by one or in groups: `g h p _ A`, `g-h-p-_-A`,
//! `ghp_ Ab3d Ef5h`.

use std::ops::Range;

use super::shape::{Alphabet, table};
use super::view::{Builder, Owner, Scope, View};

/// What may stand between the groups.
const SEPARATES: Alphabet = Alphabet::range(b'\t', b'\n').with(b" -._,|/*:;~");
/// Dots that are used as separators.
const DOTS: [&str; 3] = ["·", "•", "∙"];
/// What a group of several letters is made of.
const GROUPED: Alphabet = Alphabet::ALNUM.with(b"_-.+/=~$");
/// The fewest letters that stand apart, and the fewest groups of several.
const MIN_LETTERS: usize = 8;
const MIN_GROUPS: usize = 4;
/// The largest group, bytes.
const MAX_GROUP: usize = 10;
/// The longest separator, bytes.
const MAX_SEPARATOR: usize = 3;

/// The rows of letters and of groups, put together, a line each: one view of the letters, which
/// read as text, and one of the groups, which prove something by their form alone.
pub(super) fn unspace(
    view: &View<'_>,
    index: usize,
) -> impl Iterator<Item = View<'static>> + use<> {
    let text = view.text.as_ref();
    let depth = view.depth + 1;
    let letters = together(text, index, next_letters);
    let groups = together(text, index, next_groups);
    let rows = [(letters, Scope::Text), (groups, Scope::Pieces)];
    rows.into_iter()
        .filter(|(rows, _)| rows.len() > 0)
        .map(move |(rows, scope)| rows.view(scope, depth))
}

/// All rows of one sort, a line each.
fn together(text: &str, index: usize, next: fn(&str, usize) -> Option<Row>) -> Builder {
    let mut out = Builder::new(Owner::View(index));
    let mut at = 0;
    while let Some(row) = next(text, at) {
        let end = row.last().map_or(at, |last| last.end);
        for group in row {
            out.keep(text, group);
        }
        out.put("\n", end..end);
        at = end.max(at + 1);
    }
    out
}

/// The places of a row's groups.
type Row = Vec<Range<usize>>;

/// What a byte may be: of a separator, where it begins one; of a group of several letters.
const SEPARATOR: u8 = 1;
const GROUP: u8 = 2;
const PARTS: [u8; 256] = table(&[
    SEPARATES.with(&[DOTS[0].as_bytes()[0], DOTS[1].as_bytes()[0]]),
    GROUPED,
]);

/// The next row of single letters: the same separator stands on both sides of the second.
fn next_letters(text: &str, from: usize) -> Option<Row> {
    let bytes = text.as_bytes();
    let letters = |at: usize| row(text, at).filter(|row| width(row) == 1);
    let first = if from == 0 { letters(0) } else { None };
    let behind_another = || {
        let from = from.max(1);
        let pairs = bytes.get(from - 1..)?.iter().zip(bytes.get(from..)?);
        let threes = (from..).zip(pairs.zip(bytes.get(from + 1..)?));
        let mut apart = threes.filter(|(at, ((before, letter), separator))| {
            PARTS[usize::from(**separator)] & SEPARATOR != 0
                && letter.is_ascii_graphic()
                && !before.is_ascii_alphanumeric()
                && (3..=5).any(|next| bytes.get(at + next) == Some(*separator))
        });
        apart.find_map(|(at, _)| letters(at))
    };
    first.or_else(behind_another)
}

/// The next row of groups of several letters: the second and the third are of one size.
fn next_groups(text: &str, from: usize) -> Option<Row> {
    let (mut first, mut second) = (from..from, from..from);
    loop {
        let third = next_group(text.as_bytes(), second.end)?;
        let size = third.len();
        let near =
            |last: &Range<usize>, next: &Range<usize>| next.start - last.end <= MAX_SEPARATOR;
        let alike = size == second.len() && size <= first.len() && (2..=MAX_GROUP).contains(&size);
        if alike
            && near(&first, &second)
            && near(&second, &third)
            && let Some(row) = row(text, first.end - size).filter(|row| width(row) > 1)
        {
            return Some(row);
        }
        (first, second) = (second, third);
    }
}

fn next_group(bytes: &[u8], from: usize) -> Option<Range<usize>> {
    let grouped = |byte: &u8| PARTS[usize::from(*byte)] & GROUP != 0;
    let start = from + bytes.get(from..)?.iter().position(grouped)?;
    let size = bytes.get(start..)?.iter().position(|byte| !grouped(byte));
    Some(start..size.map_or(bytes.len(), |size| start + size))
}

/// How many letters a row's groups have.
fn width(row: &Row) -> usize {
    row.first().map_or(0, Range::len)
}

/// The groups of a row that begins here; none where there is none, or it is too short.
fn row(text: &str, from: usize) -> Option<Row> {
    let bytes = text.as_bytes();
    let before = from.checked_sub(1).and_then(|at| bytes.get(at));
    if before.is_some_and(u8::is_ascii_alphanumeric) || !bytes.get(from)?.is_ascii_graphic() {
        return None;
    }
    let (size, separator) = match separator(text, from + 1) {
        Some(separator) => (1, separator),
        None => {
            let size = GROUPED.run(text, from, MAX_GROUP + 1);
            (size, separator(text, from + size)?)
        }
    };
    let is_group = |at: usize| match size {
        1 => bytes.get(at).is_some_and(u8::is_ascii_graphic),
        _ => GROUPED.run(text, at, size) == size,
    };
    if size > MAX_GROUP || !is_group(from) {
        return None;
    }
    let mut row = Vec::new();
    let mut end = from + size;
    row.push(from..end);
    while bytes.get(end..end + separator.len()) == Some(separator.as_bytes()) {
        let next = end + separator.len();
        if is_group(next) && !continues(bytes, next + size) {
            row.push(next..next + size);
            end = next + size;
            continue;
        }
        // The last group of several may be shorter.
        let rest = GROUPED.run(text, next, size);
        if size > 1 && (1..size).contains(&rest) && !continues(bytes, next + rest) {
            row.push(next..next + rest);
        }
        break;
    }
    let least = if size == 1 { MIN_LETTERS } else { MIN_GROUPS };
    (row.len() >= least).then_some(row)
}

/// Whether a word goes on here.
fn continues(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_some_and(u8::is_ascii_alphanumeric)
}

/// What stands between two groups.
fn separator(text: &str, at: usize) -> Option<&str> {
    let rest = text.get(at..)?;
    if let Some(dot) = DOTS.into_iter().find(|dot| rest.starts_with(dot)) {
        return rest.get(..dot.len());
    }
    SEPARATES.has(*rest.as_bytes().first()?).then_some(())?;
    let blanks = Alphabet::EMPTY
        .with(b" \n")
        .run(text, at + 1, MAX_SEPARATOR - 1);
    rest.get(..1 + blanks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(text: &str) -> Vec<String> {
        let views = unspace(&View::of_leaf(text, 0), 0);
        views.map(|view| view.text.into_owned()).collect()
    }

    #[test]
    fn letters_that_stand_apart_come_together() {
        for text in [
            "the a B 3 _ d E 6 h",
            "(apart): a/B/3/_/d/E/6/h",
            "a-B-3-_-d-E-6-h",
            "a·B·3·_·d·E·6·h.",
            "a\nB\n3\n_\nd\nE\n6\nh",
            "a, B, 3, _, d, E, 6, h ok",
        ] {
            assert_eq!(rows(text), ["aB3_dE6h\n"], "{text}");
        }
        assert_eq!(rows("a b c in a short row"), Vec::<String>::new());
    }

    #[test]
    fn groups_of_one_size_come_together() {
        assert_eq!(
            rows("x: lsv2 _pt_ 39eb cd2b 0f, ok"),
            ["lsv2_pt_39ebcd2b0f\n"]
        );
        assert_eq!(rows("as it is the book of a day"), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "([a-c]{1,3}[ ./·,-]{0,2}|\\PC{0,4}){0,12}") {
            rows(&text);
        }
    }
}
