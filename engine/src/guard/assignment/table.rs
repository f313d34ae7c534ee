//! Tables whose head names a column of secrets: CSV, Markdown, HTML.

use std::ops::Range;

use super::super::hits::Hits;
use super::super::value::{self, Judged};
use super::believe::{is_answer, is_code, is_key};
use super::kind;
use super::names::Name;
use super::words::Class;

/// The longest line, bytes, and the most lines that are read as a table.
const LINE: usize = 512;
const ROWS: usize = 32;

/// Judges the cells below a name that is a head's cell. Tells whether a secret was among them.
pub(super) fn check(text: &str, name: &Name, hits: &mut Hits) -> bool {
    let Some((line, separator)) = head(text, name) else {
        return false;
    };
    let header = text.get(line.clone()).unwrap_or_default();
    let column = header
        .get(..name.range.start - line.start)
        .unwrap_or_default()
        .matches(separator)
        .count();
    let columns = header.matches(separator).count();
    let mut from = line.end + 1;
    let mut found = false;
    for _ in 0..ROWS {
        let Some(row) = row(text, from) else {
            break;
        };
        let cells = text.get(row.clone()).unwrap_or_default();
        if cells.matches(separator).count() < columns {
            break;
        }
        let Some(cell) = cell(text, &row, separator, column) else {
            break;
        };
        // Another head begins another table.
        if text.get(cell.clone()) == text.get(name.range.clone()) {
            break;
        }
        if is_secret(text, name, &cell) {
            hits.by_context(kind(name.class), cell);
            found = true;
        }
        from = row.end + 1;
    }
    found
}

/// The line that a name stands on, and what parts its cells, where all cells are names.
fn head(text: &str, name: &Name) -> Option<(Range<usize>, char)> {
    let begin = text.ceil_char_boundary(name.range.start.saturating_sub(LINE));
    let start = begin
        + text
            .get(begin..name.range.start)?
            .rfind('\n')
            .map_or(0, |at| at + 1);
    let rest = text.get(name.range.end..text.floor_char_boundary(name.range.end + LINE))?;
    let end = name.range.end + rest.find('\n')?;
    let line = text.get(start..end)?;
    let separator = ['|', '\t', ';', ',']
        .into_iter()
        .find(|c| line.contains(*c))?;
    let names = line.split(separator).all(|cell| {
        let cell = cell.trim().trim_matches(['"', '\'', '*', '`']);
        cell.len() < 40
            && cell
                .chars()
                .all(|c| c.is_alphanumeric() || "_- ./()#".contains(c))
            && cell.split(' ').count() <= 4
    });
    let cells = line
        .split(separator)
        .filter(|cell| !cell.trim().is_empty())
        .count();
    (names && cells >= 2).then_some((start..end, separator))
}

fn row(text: &str, from: usize) -> Option<Range<usize>> {
    let rest = text.get(from..text.floor_char_boundary(from + LINE))?;
    let size = rest.find('\n').unwrap_or(rest.len());
    (size > 0).then_some(from..from + size)
}

fn cell(text: &str, row: &Range<usize>, separator: char, column: usize) -> Option<Range<usize>> {
    let line = text.get(row.clone())?;
    let mut start = row.start;
    let mut pieces = line.split(separator);
    for _ in 0..column {
        start += pieces.next()?.len() + separator.len_utf8();
    }
    let raw = pieces.next()?;
    let lead = raw.trim_start_matches([' ', '"', '\'', '`', '*']);
    let begin = start + raw.len() - lead.len();
    let kept = lead.trim_end_matches([' ', '"', '\'', '`', '*', '\r']);
    Some(begin..begin + kept.len())
}

fn is_secret(text: &str, name: &Name, cell: &Range<usize>) -> bool {
    let inner = text.get(cell.clone()).unwrap_or_default();
    match (name.class, value::judge(inner)) {
        (_, Judged::Placeholder) => false,
        (Class::Code, _) => is_code(inner),
        (Class::Answer, _) => is_answer(inner),
        (Class::Weak, judged) => judged == Judged::Random && is_key(inner, name),
        (_, Judged::Random | Judged::Password) => true,
        (Class::Password, _) => value::is_weak_password(inner),
        (Class::Secret, _) => false,
    }
}
