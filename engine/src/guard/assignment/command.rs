//! Passwords on command lines, where a flag's letter alone says what follows.

use std::ops::Range;

use super::super::finding::Kind;
use super::super::hits::Hits;
use super::super::shape::{Alphabet, before};
use super::super::value::{self, Judged};
use super::programs::{Form, PROGRAMS, Program};
use super::{PASSWORD, extract};

/// Programs that are told an account and a password through a pipe.
const PIPED: &[&str] = &[
    "--password-stdin",
    "sudo -s",
    "passwd --stdin",
    "chpasswd",
    "| kinit",
];
/// Lines of a password file of PostgreSQL: its port, or any.
const PGPASS: &[&str] = &[":5432:", ":5433:", ":6432:", ":*:"];
/// The longest command, bytes, and the most words of one.
const WINDOW: usize = 600;
const WORDS: usize = 48;
const LINE: Kind = Kind::credential("password_file_line", "a line of a password file");

pub(super) fn literals() -> impl Iterator<Item = &'static str> {
    let programs = PROGRAMS.iter().map(|program| program.name);
    programs
        .chain(PIPED.iter().copied())
        .chain(PGPASS.iter().copied())
}

pub(super) fn check(text: &str, index: usize, at: Range<usize>, hits: &mut Hits) {
    if let Some(program) = PROGRAMS.get(index) {
        if Alphabet::WORD.with(b"-").run_back(text, at.start, 1) == 0 {
            flags(text, program, at.end, hits);
        }
    } else if index < PROGRAMS.len() + PIPED.len() {
        piped(text, at.start, hits);
    } else {
        pgpass(text, at, hits);
    }
}

/// The words of a command, quoted ones whole; a backslash at a line's end goes on.
fn arguments(text: &str, from: usize) -> impl Iterator<Item = Range<usize>> {
    let limit = text.floor_char_boundary(from + WINDOW);
    let mut at = from;
    std::iter::from_fn(move || {
        loop {
            let rest = text.get(at..limit)?;
            let skip = rest.len() - rest.trim_start_matches([' ', '\t']).len();
            let rest = rest.get(skip..)?;
            at += skip;
            let joined = ["\\\n", "\\\r\n", "^\n", "`\n"]
                .iter()
                .find(|join| rest.starts_with(**join));
            match joined {
                Some(join) => at += join.len(),
                None if rest.is_empty() || rest.starts_with(['\n', '\r', ';', '|']) => return None,
                None => break,
            }
        }
        let begin = at;
        let mut quote = None;
        let rest = text.get(at..limit)?;
        let size = rest.char_indices().find(|(_, c)| match quote {
            Some(open) => {
                if *c == open {
                    quote = None;
                }
                *c == '\n'
            }
            None => {
                if matches!(c, '"' | '\'') {
                    quote = Some(*c);
                }
                c.is_whitespace() || *c == '`'
            }
        });
        let size = size.map_or(rest.len(), |(size, _)| size);
        if size == 0 {
            return None;
        }
        at += size;
        Some(begin..at)
    })
    .take(WORDS)
}

fn flags(text: &str, program: &Program, from: usize, hits: &mut Hits) {
    let mut pending = None;
    for (index, range) in arguments(text, from).enumerate() {
        let word = text.get(range.clone()).unwrap_or_default();
        if let Some(form) = pending.take()
            && !(word.starts_with('-') && word.len() <= 3)
        {
            argument(text, range.clone(), form, hits);
            continue;
        }
        for (flag, form) in program.flags {
            if word == *flag && *form != Form::Attached {
                pending = Some(*form);
            } else if let Some(rest) = word.strip_prefix(flag)
                && !rest.is_empty()
                && (*form == Form::Attached
                    || rest.starts_with('=')
                    || *form == Form::Pair && flag.len() == 2)
            {
                let begin = range.end - rest.trim_start_matches('=').len();
                argument(text, begin..range.end, *form, hits);
            }
        }
        let placed = match program.name {
            "net use" => !word.starts_with(['/', '\\']) && !word.ends_with(':'),
            "net user" => index > 0 && !word.starts_with('/'),
            _ => false,
        };
        if placed {
            argument(text, range, Form::Apart, hits);
        } else if matches!(program.name, "sqlplus" | "impdp" | "expdp" | "sqlldr")
            && word.contains('@')
        {
            argument(text, range, Form::Slash, hits);
        }
    }
}

/// Judges a flag's argument.
fn argument(text: &str, range: Range<usize>, form: Form, hits: &mut Hits) {
    let word = text.get(range.clone()).unwrap_or_default();
    let inner = word.trim_matches(['"', '\'']);
    let begin = range.start + (word.len() - word.trim_start_matches(['"', '\'']).len());
    let range = match form {
        Form::Pair => match inner.find([':', '%', ',']) {
            Some(colon) => {
                // The shell's quotes may stand round the password alone.
                let quotes = inner.len() - inner.trim_end_matches(['"', '\'']).len();
                let rest = inner.get(colon + 1..).unwrap_or_default();
                let lead = rest.len() - rest.trim_start_matches(['"', '\'']).len();
                begin + colon + 1 + lead..begin + inner.len() - quotes
            }
            None => return,
        },
        Form::Slash => match (inner.find('/'), inner.rfind('@')) {
            (Some(slash), Some(end)) if slash < end => begin + slash + 1..begin + end,
            _ => return,
        },
        Form::Apart | Form::Attached => begin..begin + inner.len(),
    };
    add(text, PASSWORD, range, true, hits);
}

/// `weak`: the place is sure enough for a value that is no more than a word with a number.
fn add(text: &str, kind: Kind, range: Range<usize>, weak: bool, hits: &mut Hits) {
    let inner = text.get(range.clone()).unwrap_or_default();
    let secret = match value::judge(inner) {
        Judged::Random | Judged::Password => true,
        Judged::Ordinary => weak && value::is_weak_password(inner),
        Judged::Placeholder => false,
    };
    if secret {
        hits.by_context(kind, range);
    }
}

/// `echo VALUE | docker login --password-stdin`, `echo "user:VALUE" | chpasswd`.
fn piped(text: &str, at: usize, hits: &mut Hits) {
    let begin = text.ceil_char_boundary(at.saturating_sub(WINDOW / 2));
    let line = text.get(begin..at).unwrap_or_default();
    let line = line
        .get(line.rfind('\n').map_or(0, |cut| cut + 1)..)
        .unwrap_or_default();
    let head = line.rsplit_once('|').map_or(line, |(head, _)| head);
    let echo = ["echo ", "printf ", "<<< "]
        .iter()
        .find_map(|word| Some(at - line.len() + head.rfind(word)? + word.len()));
    let Some(from) = echo.or_else(|| fed(text, at)) else {
        return;
    };
    let is_option = |word: &str| word.starts_with('-') || word.contains('%');
    let Some(range) =
        arguments(text, from).find(|range| !text.get(range.clone()).is_none_or(is_option))
    else {
        return;
    };
    let word = text.get(range.clone()).unwrap_or_default();
    let form = if word.contains(':') {
        Form::Pair
    } else {
        Form::Apart
    };
    argument(text, range, form, hits);
}

/// Where what a command is fed with begins: `chpasswd <<< '…'`, `chpasswd <<EOF` and a line.
fn fed(text: &str, at: usize) -> Option<usize> {
    let limit = text.floor_char_boundary(at + WINDOW / 4);
    let rest = text.get(at..limit)?;
    let line = rest.lines().next()?;
    let mark = line.find("<<")?;
    let inline = line.get(mark..)?.strip_prefix("<<<");
    Some(match inline {
        Some(word) => at + line.len() - word.len(),
        None => at + line.len() + 1,
    })
}

/// `host:port:database:user:password`, alone on its line.
fn pgpass(text: &str, at: Range<usize>, hits: &mut Hits) {
    let field = Alphabet::WORD.with(b".-*");
    let host = field.run_back(text, at.start, 128);
    let start = at.start - host;
    if host == 0
        || !matches!(
            before(text, start),
            None | Some(b'\n' | b' ' | b'`' | b'"' | b'\'')
        )
    {
        return;
    }
    let mut from = at.end;
    for _ in 0..2 {
        let size = field.run(text, from, 64);
        if size == 0 || text.as_bytes().get(from + size) != Some(&b':') {
            return;
        }
        from += size + 1;
    }
    add(text, LINE, extract::bare(text, from), true, hits);
}
