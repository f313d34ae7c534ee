//! Blocks of lines that an earlier result has told already: the model finds them above.
//!
//! Refers only to lines that stand in full in what was sent before, never to another reference.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use super::form::lines;

/// The fewest lines that are referred to.
const LEAST_LINES: usize = 6;
/// More bytes than this are referred to.
const LEAST_BYTES: usize = 200;
/// The most lines remembered of a conversation.
const MAX_LINES: usize = 200_000;
/// How much of a block's first and last line a reference quotes, bytes.
const QUOTED: usize = 60;
/// What tells a reference.
const AS_ABOVE: &str = " lines as in an earlier result, from `";

/// The lines that results have told.
#[derive(Default)]
pub(super) struct Told {
    texts: Vec<String>,
    lines: Vec<Line>,
    /// How many runs of lines there were.
    runs: usize,
    /// By a digest of [`LEAST_LINES`] lines, where the first block of them begins.
    blocks: HashMap<u64, usize>,
}

/// A line that was told.
struct Line {
    text: usize,
    at: Range<usize>,
    /// Lines of one run stand one behind another in what was sent.
    run: usize,
}

impl Told {
    /// Remembers the lines of a result as it was sent.
    pub(super) fn note(&mut self, text: &str) {
        let from = self.lines.len();
        let mut at = 0;
        self.runs += 1;
        for (line, fenced) in lines(text) {
            let whole = at..at + content(line).len();
            at += line.len();
            if fenced || line.contains(AS_ABOVE) || self.lines.len() >= MAX_LINES {
                self.runs += 1;
                continue;
            }
            self.lines.push(Line {
                text: self.texts.len(),
                at: whole,
                run: self.runs,
            });
        }
        self.texts.push(text.to_owned());
        for first in from..self.lines.len() {
            let block = self.lines.get(first..first + LEAST_LINES);
            let Some(block) = block.filter(|block| is_one_run(block)) else {
                continue;
            };
            let key = digest(block.iter().map(|line| self.read(line)));
            self.blocks.entry(key).or_insert(first);
        }
    }

    /// The text with what was told before referred to; none where there is nothing of the kind.
    pub(super) fn referring(&self, text: &str) -> Option<String> {
        let all: Vec<(&str, bool)> = lines(text).collect();
        let mut out = String::new();
        let mut changed = false;
        let mut at = 0;
        while let Some((line, _)) = all.get(at) {
            let rest = all.get(at..).unwrap_or_default();
            match self.known(rest) {
                0 => {
                    out.push_str(line);
                    at += 1;
                }
                count => {
                    let block = rest.get(..count).unwrap_or_default();
                    refer(block, &mut out);
                    changed = true;
                    at += count;
                }
            }
        }
        changed.then_some(out)
    }

    /// How many of the first lines have been told as they stand here; 0 where too few.
    fn known(&self, lines: &[(&str, bool)]) -> usize {
        let Some(head) = lines.get(..LEAST_LINES) else {
            return 0;
        };
        let key = digest(head.iter().map(|(line, _)| content(line)));
        let Some(earlier) = self.blocks.get(&key).and_then(|&at| self.lines.get(at..)) else {
            return 0;
        };
        let run = earlier.first().map(|line| line.run);
        let same = earlier
            .iter()
            .zip(lines)
            .take_while(|(told, (line, fenced))| {
                !fenced && Some(told.run) == run && self.read(told) == content(line)
            });
        let count = same.count();
        let bytes: usize = lines.iter().take(count).map(|(line, _)| line.len()).sum();
        match count >= LEAST_LINES && bytes > LEAST_BYTES {
            true => count,
            false => 0,
        }
    }

    fn read(&self, line: &Line) -> &str {
        let text = self.texts.get(line.text);
        text.and_then(|text| text.get(line.at.clone()))
            .unwrap_or_default()
    }
}

fn is_one_run(block: &[Line]) -> bool {
    block.first().map(|line| line.run) == block.last().map(|line| line.run)
}

/// A line without its line break.
fn content(line: &str) -> &str {
    line.strip_suffix('\n').unwrap_or(line)
}

fn digest<'l>(lines: impl Iterator<Item = &'l str>) -> u64 {
    let mut hasher = DefaultHasher::new();
    lines.for_each(|line| line.hash(&mut hasher));
    hasher.finish()
}

fn refer(block: &[(&str, bool)], out: &mut String) {
    let mut telling = block
        .iter()
        .map(|(line, _)| *line)
        .filter(|line| !line.trim().is_empty());
    let first = telling.next().unwrap_or_default();
    let last = telling.next_back().unwrap_or(first);
    let (count, first, last) = (block.len(), quoted(first), quoted(last));
    out.push_str(&format!("[{count}{AS_ABOVE}{first}` to `{last}`]"));
    if block.last().is_some_and(|(line, _)| line.ends_with('\n')) {
        out.push('\n');
    }
}

/// The beginning of a line: whole words, and no half of what stands in double brackets.
fn quoted(line: &str) -> &str {
    let line = line.trim();
    if line.len() <= QUOTED {
        return line;
    }
    let head = line.get(..line.floor_char_boundary(QUOTED)).unwrap_or("");
    let head = head
        .rsplit_once(char::is_whitespace)
        .map_or("", |(head, _)| head);
    match head.rfind("[[") {
        Some(open) if !head.get(open..).unwrap_or("").contains("]]") => {
            head.get(..open).unwrap_or("").trim_end()
        }
        _ => head.trim_end(),
    }
}
