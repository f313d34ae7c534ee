//! What a text looks like: which lines stand in a code fence, and whether it is code.

/// What opens and closes a code fence.
const FENCES: [&str; 2] = ["```", "~~~"];
/// What lines of code end with, and lines of logs and prose hardly do.
const ENDS: [char; 7] = ['{', '}', ';', '(', ')', ',', ':'];

/// The lines with their line breaks, each with whether a fence or what stands in one.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (&str, bool)> {
    let mut open: Option<&str> = None;
    text.split_inclusive('\n').map(move |line| {
        let start = line.trim_start();
        let fence = FENCES.into_iter().find(|fence| start.starts_with(fence));
        let inside = open.is_some() || fence.is_some();
        match (open, fence) {
            (None, Some(fence)) => open = Some(fence),
            (Some(own), Some(fence)) if own == fence => open = None,
            _ => {}
        }
        (line, inside)
    })
}

/// Whether blanks and the number of lines mean something: of each three lines one at least is indented
/// or ends as code does.
pub(super) fn is_code(text: &str) -> bool {
    let (mut like, mut all) = (0_usize, 0_usize);
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let indented = line.starts_with(['\t', ' ']);
        like += usize::from(indented || line.trim_end().ends_with(ENDS));
        all += 1;
    }
    like * 3 >= all && all > 0
}
