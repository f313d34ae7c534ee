//! Lines that say nothing new: the same one many times over, empty ones, and blanks at their ends.

use super::form::{is_code, lines};

/// How often a line must come one after another to be told once.
const LEAST_RUN: usize = 4;
/// A line shorter than this is cheaper than what would be said of it, bytes.
const LEAST_LINE: usize = 16;

/// The text with runs of one line folded; none where there are none, or where it is code.
pub(super) fn folded(text: &str) -> Option<String> {
    let all: Vec<(&str, bool)> = lines(text).collect();
    let mut out = String::new();
    let mut rest = all.as_slice();
    let mut changed = false;
    while let Some(&(line, fenced)) = rest.first() {
        let same = |other: &&(&str, bool)| other.0 == line && !other.1;
        let run = match fenced || line.len() < LEAST_LINE {
            true => 1,
            false => rest.iter().take_while(same).count().max(1),
        };
        out.push_str(line);
        match run {
            0..LEAST_RUN => run_of(line, run - 1, &mut out),
            _ => {
                out.push_str(&format!("[the line above comes {} more times]\n", run - 1));
                changed = true;
            }
        }
        rest = rest.get(run..).unwrap_or_default();
    }
    (changed && !is_code(text)).then_some(out)
}

fn run_of(line: &str, count: usize, out: &mut String) {
    (0..count).for_each(|_| out.push_str(line));
}

/// The text without blanks at the ends of its lines, and with one empty line where there are more; none
/// where it is code. Code fences stay as they are.
pub(super) fn without_blanks(text: &str) -> Option<String> {
    if is_code(text) {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for (line, fenced) in lines(text) {
        if fenced {
            out.push_str(line);
            empty = 0;
            continue;
        }
        let said = line.trim_end_matches([' ', '\t', '\r', '\n']);
        empty = if said.is_empty() { empty + 1 } else { 0 };
        if empty > 1 {
            continue;
        }
        out.push_str(said);
        if line.ends_with('\n') {
            out.push('\n');
        }
    }
    (out.len() < text.len()).then_some(out)
}
