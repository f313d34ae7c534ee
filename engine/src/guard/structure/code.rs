//! Source code, told by its lines.

use std::ops::Range;

use crate::guard::finding::{Family, Kind};
use crate::guard::hits::Hits;
use crate::guard::reader::{begins, lines, window_after, window_before};
use crate::guard::shape::{Alphabet, table};

const CODE: Kind = Kind::of("source_code", "source code", Family::Structure);

/// A line's share in proving that it is code, at most this many bytes of it read.
const WIDTH: usize = 300;
/// So many lines of code one after another are code, and so many points in a text.
const ENOUGH: u32 = 3;
/// Lines that may stand between two of code.
const GAP: u32 = 6;

/// Finds the stretches of a text that are code.
pub(in super::super) fn scan(text: &str, hits: &mut Hits) {
    let mut run: Option<(Range<usize>, u32)> = None;
    let mut idle = 0;
    for (at, line) in lines(text) {
        let points = weight(window_after(line, 0, WIDTH).trim_end());
        let end = at + line.trim_end().len();
        if points > 0 {
            let (start, sum) = run
                .take()
                .map_or((at, 0), |(range, sum)| (range.start, sum));
            run = Some((start..end, sum + points));
            idle = 0;
        } else {
            idle += 1;
            if idle > GAP {
                close(&mut run, hits);
            }
        }
    }
    close(&mut run, hits);
}

fn close(run: &mut Option<(Range<usize>, u32)>, hits: &mut Hits) {
    if let Some((range, points)) = run.take()
        && points >= ENOUGH
    {
        hits.by_context(CODE, range);
    }
}

/// How a line of code begins, and what else it then holds.
#[rustfmt::skip]
const OPENINGS: &[(&str, &[char])] = &[
    ("def ", &['(', ':']), ("class ", &[':', '{', '(']), ("async ", &['(', '{']),
    ("function ", &['(']), ("fn ", &['(']), ("pub ", &['{', '(', ';', ':']), ("func ", &['(']),
    ("import ", &[';', '\'', '"', '.', '_', '{']), ("from ", &['\'', '"', '.', '_']),
    ("const ", &['=']), ("let ", &['=']), ("var ", &['=', ';']), ("public ", &['(', '{', ';']),
    ("private ", &['(', '{', ';']), ("protected ", &['(', '{', ';']),
    ("static ", &['(', '{', ';', '=']), ("return ", &['(', ';', '.', '_', '=', '[']),
    ("if (", &[')']), ("if ", &[':', '{', '=']), ("elif ", &[':']), ("else if", &['{', '(']),
    ("for (", &[')']), ("for ", &[':', '{']), ("while ", &[':', '(']), ("switch ", &['(', '{']),
    ("package ", &[';', '.']), ("using ", &[';']), ("namespace ", &['{', ';']),
    ("#include", &['<', '"']), ("#define ", &['_', '(']), ("struct ", &['{']), ("enum ", &['{']),
    ("interface ", &['{']), ("impl ", &['{']), ("trait ", &['{']), ("type ", &['=', '{']),
    ("export ", &['=', '{', '(']), ("module.exports", &['=']), ("use ", &[';', ':']),
    ("mod ", &[';', '{']), ("try", &[':', '{']), ("catch ", &['(']), ("except", &[':']),
    ("with ", &[':']), ("@", &['(']), ("<?php", &['<']), ("create table", &['(']),
    ("create index", &['(']), ("create view", &['s']), ("alter table", &['a', 'A']),
    ("insert into", &['(']), ("select ", &['*', ',', '=', '.', '_']), ("update ", &['=']),
    ("join ", &['=', '.']), ("where ", &['=', '<', '>']), ("resource \"", &['{']),
    ("variable \"", &['{']), ("module \"", &['{']), ("apiversion:", &['/', 'v']),
    ("kind:", &[' ']), ("image:", &[':', '/']), ("volumes:", &[':']), ("services:", &[':']),
    ("run ", &['-', '/']), ("copy ", &['/', '.']), ("entrypoint", &['[']), ("workdir", &['/']),
    ("@@ ", &['-']), ("diff --git", &['/']), ("+++ ", &['/', '.']), ("--- a/", &['/']),
    ("traceback (", &[')']), ("at ", &['(', ':']), ("file \"", &[',']), ("message ", &['{']),
    ("rpc ", &['(']), ("val ", &['=']), ("data class", &['(']), ("fun ", &['(']), ("end", &['\0']),
    ("local ", &['=']), ("begin", &['\0']), ("println", &['(']), ("print(", &[')']),
    ("console.", &['(']), ("self.", &['=', '(']), ("this.", &['=', '(']), ("describe(", &['{']),
    ("it(", &['{']), ("test(", &['{']), ("expect(", &[')']), ("assert", &['=', '(', ';']),
    ("#[", &[']']), ("template<", &['>']), ("<template", &['>']), ("<script", &['>']),
    ("<div", &['>']),
];

/// How surely a line is code: 0 not at all, 3 beyond doubt.
fn weight(line: &str) -> u32 {
    let code = line.trim_start_matches(['+', '-', '>', ' ', '\t']);
    if code.len() < 2 {
        return u32::from(matches!(code, "}" | "{"));
    }
    let opened = opened(code);
    let ended = ended(code);
    let Marks {
        inner,
        called,
        assigned,
        whole,
    } = Marks::of(code);
    let located = located(code);
    match (opened, ended) {
        _ if whole || located => 3,
        (true, true) => 2,
        (true, false) => 1 + u32::from(called || inner > 0),
        (false, true) => {
            u32::from(called || assigned || inner > 0 || code.len() < 40)
                + u32::from(called && assigned)
        }
        (false, false) => u32::from(called && assigned || inner > 0 && (called || assigned)),
    }
}

/// Whether a line ends as code does.
fn ended(code: &str) -> bool {
    const TAILS: &[&str] = &["})", "},", "):", "->", "*/", "),", "/>"];
    match code.as_bytes().last() {
        Some(b';' | b'{' | b'\\') => true,
        Some(b'}') => code != "}",
        Some(b')' | b',' | b':' | b'>' | b'/') => TAILS.iter().any(|tail| code.ends_with(tail)),
        _ => false,
    }
}

/// Which of [`OPENINGS`] begin with a byte: a bit for each.
const BY_FIRST: [u128; 128] = {
    let mut by_first = [0; 128];
    let mut index = 0;
    while index < OPENINGS.len() {
        by_first[OPENINGS[index].0.as_bytes()[0] as usize] |= 1 << index;
        index += 1;
    }
    by_first
};

/// Whether a line begins as code does.
fn opened(code: &str) -> bool {
    let first = code.as_bytes().first().map(u8::to_ascii_lowercase);
    let mut likely = first
        .and_then(|first| BY_FIRST.get(usize::from(first)))
        .copied();
    while let Some(left) = likely.filter(|left| *left > 0) {
        if let Some((head, marks)) = OPENINGS.get(left.trailing_zeros() as usize)
            && begins(code, head)
            && code
                .get(head.len()..)
                .is_some_and(|rest| rest.contains(*marks))
        {
            return true;
        }
        likely = Some(left & (left - 1));
    }
    false
}

/// Marks that code has inside its lines.
#[derive(Default)]
struct Marks {
    /// Operators that are written nowhere else.
    inner: u32,
    /// A name with a bracket behind it.
    called: bool,
    /// Something is given a value.
    assigned: bool,
    /// The line is a whole definition, with its body.
    whole: bool,
}

/// What any of the marks begins with, or a bracket that calls.
const MARK: [u8; 256] = table(&[Alphabet::EMPTY.with(b"=-:!+&|(]</{};")]);

impl Marks {
    fn of(code: &str) -> Self {
        let bytes = code.as_bytes();
        let mut marks = Self::default();
        let [mut opens, mut closes, mut parts] = [false; 3];
        let all = bytes.iter().enumerate();
        for (at, mark) in all.filter(|(_, byte)| MARK[usize::from(**byte)] != 0) {
            match (mark, bytes.get(at + 1).unwrap_or(&0)) {
                (b'=', b'>') => {
                    marks.inner += 1;
                    parts = true;
                }
                (b'-', b'>')
                | (b':', b':' | b'=')
                | (b'=' | b'!' | b'+', b'=')
                | (b'&', b'&')
                | (b'|', b'|')
                | (b'(', b')')
                | (b']', b'(')
                | (b'+', b'+')
                | (b'<', b'/')
                | (b'/', b'>') => marks.inner += 1,
                (b'=', b' ' | b'"' | b'\'') => marks.assigned = true,
                (b'{', _) => opens = true,
                (b'}', _) => closes = true,
                (b';', _) => parts = true,
                _ => {}
            }
            let name = at.checked_sub(1).and_then(|at| bytes.get(at));
            marks.called |= *mark == b'(' && name.is_some_and(|b| Alphabet::WORD.has(*b));
        }
        marks.whole = opens && closes && parts && marks.called;
        marks
    }
}

/// Whether a line names a place in a source file: `handler.ts:12`, `File "a.py", line 3`.
fn located(code: &str) -> bool {
    #[rustfmt::skip]
    const SOURCES: &[&str] = &[
        "ts", "tsx", "js", "jsx", "py", "rs", "go", "java", "kt", "rb", "php", "cs", "cpp", "c",
        "h", "swift", "scala", "vue", "ex", "mjs",
    ];
    let python = begins(code, "file \"") && code.contains(", line ");
    let colons = memchr::memchr_iter(b':', code.as_bytes());
    let colon = colons.take(12).any(|at| {
        let name = window_before(code, at, 40);
        let file = name.rsplit([' ', '(', '/']).next().unwrap_or_default();
        let kind = file
            .rsplit_once('.')
            .is_some_and(|(stem, kind)| !stem.is_empty() && SOURCES.contains(&kind));
        kind && code.as_bytes().get(at + 1).is_some_and(u8::is_ascii_digit)
    });
    python || colon
}
