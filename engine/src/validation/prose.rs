//! What of an answer is prose: not code, nor a table, a list's mark or a heading.

/// How much of an answer's beginning, and of its end, is read as prose, bytes.
const READ: usize = 32 * 1024;

/// The prose of an answer.
#[derive(Debug, Default)]
pub(super) struct Prose<'a> {
    /// Its lines, without what marks them.
    pub(super) lines: Vec<&'a str>,
    /// Whether a block of code is open at the end.
    pub(super) open_fence: bool,
    /// What kind the last line is.
    pub(super) last: Last,
}

/// What an answer ends with.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Last {
    /// A paragraph's line.
    #[default]
    Paragraph,
    /// A list's, a table's or a heading's line, or code.
    Other,
}

/// Takes the prose out of an answer.
pub(super) fn of(text: &str) -> Prose<'_> {
    let mut prose = Prose::default();
    let mut fence: Option<(u8, usize)> = None;
    let mut read = 0;
    for line in text.lines() {
        read += line.len() + 1;
        let bare = line.trim();
        if bare.is_empty() {
            continue;
        }
        prose.last = Last::Other;
        match (fence, fence_of(bare)) {
            (None, Some((mark, length, _))) => fence = Some((mark, length)),
            (Some((mark, length)), Some((same, longer, true)))
                if same == mark && longer >= length =>
            {
                fence = None;
            }
            (Some(_), _) => {}
            (None, None) if is_table(bare) || bare.starts_with('#') || is_indented(line) => {}
            (None, None) => {
                let unmarked = unlisted(bare);
                if unmarked.len() == bare.len() {
                    prose.last = Last::Paragraph;
                }
                if read <= READ || read + READ > text.len() {
                    prose.lines.push(unmarked);
                }
            }
        }
    }
    prose.open_fence = fence.is_some();
    prose
}

/// The mark of a fence, its length, and whether nothing follows, so that it may close a block.
fn fence_of(line: &str) -> Option<(u8, usize, bool)> {
    let mark = line
        .bytes()
        .next()
        .filter(|mark| matches!(mark, b'`' | b'~'))?;
    let length = line.bytes().take_while(|byte| *byte == mark).count();
    let rest = line.get(length..).unwrap_or_default();
    // Code within a line is no fence.
    let fence = length >= 3 && !rest.contains('`');
    fence.then_some((mark, length, rest.trim().is_empty()))
}

fn is_table(line: &str) -> bool {
    line.starts_with('|') || line.matches(" | ").count() > 1
}

/// Whether Markdown takes a line for code.
fn is_indented(line: &str) -> bool {
    line.starts_with("    ") || line.starts_with('\t')
}

/// The line without the mark of a list or of a quotation.
fn unlisted(line: &str) -> &str {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let after = line.get(digits..).unwrap_or_default();
    if (1..=3).contains(&digits)
        && let Some(rest) = after.strip_prefix(['.', ')'])
        && rest.starts_with(' ')
    {
        return rest.trim_start();
    }
    line.strip_prefix(['-', '*', '+', '•', '>'])
        .filter(|rest| rest.starts_with(' '))
        .map_or(line, str::trim_start)
}
