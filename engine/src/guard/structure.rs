//! Tier 1: source code, and talk of how a team's own application is built.
//!
//! Code is told by the density of lines that only code has, whatever its language; structure by a
//! possessive beside a word for a part of software. A general question (`write a function that …`)
//! is neither.

use std::ops::Range;

use super::finding::{Family, Kind};
use super::hits::Hits;
use super::part::{self, Part};
use super::reader::{
    begins, ends, in_word, is_one_of, line_after, line_before, window_after, window_before, words,
};
use super::shape::{after, before};

const CODE: Kind = Kind::of("source_code", "source code", Family::Structure);
const STRUCTURE: Kind = Kind::of(
    "application_structure",
    "the structure of an application",
    Family::Structure,
);

const PARTS: &[Part] = &[
    Part {
        literals: POSSESSIVES,
        check: possessive,
    },
    Part {
        literals: TREES,
        check: tree,
    },
];

/// Whose it is.
#[rustfmt::skip]
const POSSESSIVES: &[&str] = &[
    "our", "ours", "my", "we", "unser", "unsere", "unserem", "unseren", "unserer", "unseres",
    "mein", "meine", "meinem", "meinen", "meiner", "wir", "notre", "nos", "mon", "ma", "mes",
    "nuestro", "nuestra", "nuestros", "nuestras", "mi", "mis", "nosso", "nossa", "nossos",
    "nossas", "meu", "minha", "nostro", "nostra", "nostri", "nostre", "mio", "mia", "onze", "ons",
    "mijn", "nasz", "nasza", "nasze", "naszym", "naszej", "наш", "наша", "наши", "нашем", "我们的",
    "私たちの", "弊社の", "우리",
];

/// Parts of software.
#[rustfmt::skip]
const NOUNS: &[&str] = &[
    "service", "services", "microservice", "microservices", "repo", "repos", "repository",
    "repositories", "module", "modules", "class", "classes", "table", "tables", "schema",
    "schemas", "endpoint", "endpoints", "handler", "handlers", "index", "indexes", "indices",
    "migration", "migrations", "codebase", "monorepo", "pipeline", "pipelines", "tree", "backend",
    "frontend", "api", "apis", "database", "db", "query", "queries", "controller", "controllers",
    "component", "components", "middleware", "queue", "queues", "worker", "workers", "cluster",
    "deployment", "deployments", "dockerfile", "package", "packages", "library", "libs", "sdk",
    "model", "models", "entity", "entities", "resolver", "reducer", "store", "router", "routes",
    "gateway", "architecture", "stack", "infrastructure", "infra", "terraform", "helm",
    "namespace", "namespaces", "cron", "job", "jobs", "lambda", "lambdas", "function", "functions",
    "method", "methods", "interface", "interfaces", "struct", "trait", "enum", "dto", "orm",
    "cache", "topic", "topics", "consumer", "producer", "webhook", "webhooks", "build", "branch",
    "branches", "commit", "ci", "tests", "test", "script", "scripts", "config", "code", "app",
    "application", "server", "client", "cli", "plugin", "folder", "directory", "workflow",
    "datenbank", "dienst", "dienste", "tabelle", "tabellen", "klasse", "klassen", "modul",
    "module", "schnittstelle", "verzeichnis", "abfrage", "dépôt", "classe", "classes", "base",
    "requête", "servicio", "servicios", "clase", "tabla", "módulo", "repositorio", "consulta",
    "serviço", "tabela", "repositório", "servizio", "tabella", "modulo", "archivio", "dienst",
    "klasse", "сервис", "репозиторий", "таблица", "модуль", "klasa", "usługa", "serwis", "服务",
    "仓库", "サービス", "リポジトリ", "서비스",
];

/// Marks of a drawn tree of files.
const TREES: &[&str] = &["├──", "└──", "|-- ", "`-- ", "+-- "];

pub(super) fn literals() -> Vec<&'static str> {
    part::literals(PARTS)
}

pub(super) fn check(text: &str, literal: usize, at: Range<usize>, hits: &mut Hits) {
    part::check(PARTS, literal, text, at, hits);
}

/// How many words may stand between a possessive and the part of software.
const NEAR: usize = 5;

fn possessive(text: &str, at: Range<usize>, hits: &mut Hits) {
    let shown = text.get(at.clone()).unwrap_or_default();
    let word = |byte: Option<u8>| byte.is_some_and(in_word);
    if shown.is_ascii()
        && (word(before(text, at.start))
            || word(after(text, at.end))
            || before(text, at.start) == Some(b'_'))
    {
        return;
    }
    let window = window_after(text, at.end, 60);
    let sentence = window
        .split(['.', '?', '!', '\n'])
        .next()
        .unwrap_or_default();
    // `we` owns nothing, but `we have a service`, `we deploy with helm` speak of what is there.
    let own = !is_one_of(shown, &["we", "wir"]);
    let reach = if own { NEAR } else { NEAR + 2 };
    let verb = own
        || words(sentence).take(2).any(|word| {
            is_one_of(
                word,
                &[
                    "have", "use", "run", "deploy", "built", "build", "store", "split", "call",
                    "haben", "nutzen", "keep",
                ],
            )
        });
    let noun = words(sentence)
        .take(reach)
        .find(|word| is_one_of(word, NOUNS) || glued(word));
    if let Some(noun) = noun.filter(|_| verb) {
        let from = at.start;
        let size = window.find(noun).map_or(0, |found| found + noun.len());
        hits.by_context(STRUCTURE, from..at.end + size);
    }
}

/// Whether a word is named as code names things: `OrdersRepo`, `user_id`.
fn glued(word: &str) -> bool {
    let humps = word
        .as_bytes()
        .windows(2)
        .filter(|two| matches!(two, [a, b] if a.is_ascii_lowercase() && b.is_ascii_uppercase()))
        .count();
    humps > 0 && word.len() > 6 && word.is_ascii()
}

fn tree(text: &str, at: Range<usize>, hits: &mut Hits) {
    let head = line_before(text, at.start, 60);
    if head
        .chars()
        .all(|c| matches!(c, ' ' | '│' | '|' | '\t' | '\u{a0}'))
    {
        let line = line_after(text, at.end, 200);
        hits.by_context(STRUCTURE, at.start..at.end + line.len());
    }
}

/// A line's share in proving that it is code, at most this many bytes of it read.
const WIDTH: usize = 300;
/// So many lines of code one after another are code, and so many points in a text.
const ENOUGH: u32 = 3;
/// Lines that may stand between two of code.
const GAP: u32 = 6;

/// Finds the stretches of a text that are code.
pub(super) fn scan(text: &str, hits: &mut Hits) {
    let mut run: Option<(Range<usize>, u32)> = None;
    let mut idle = 0;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
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
        at += line.len();
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
    let ended = [
        ";", "{", "}", "})", "},", "):", "->", "\\", "*/", "),", "/>",
    ]
    .iter()
    .any(|tail| ends(code, tail))
        && code != "}";
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

/// Whether a line begins as code does.
fn opened(code: &str) -> bool {
    let first = code.as_bytes().first().map(u8::to_ascii_lowercase);
    OPENINGS.iter().any(|(head, marks)| {
        let likely = head.as_bytes().first().copied() == first;
        likely
            && begins(code, head)
            && code
                .get(head.len()..)
                .is_some_and(|rest| rest.contains(*marks))
    })
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

impl Marks {
    fn of(code: &str) -> Self {
        let mut marks = Self::default();
        let [mut opens, mut closes, mut parts] = [false; 3];
        for two in code.as_bytes().windows(2) {
            match two {
                [b'=' | b'-', b'>']
                | [b':', b':' | b'=']
                | [b'=' | b'!' | b'+', b'=']
                | [b'&', b'&']
                | [b'|', b'|']
                | [b'(', b')']
                | [b']', b'(']
                | [b'+', b'+']
                | [b'<', b'/']
                | [b'/', b'>'] => marks.inner += 1,
                [name, b'('] if name.is_ascii_alphanumeric() || *name == b'_' => {
                    marks.called = true
                }
                [b'=', b' ' | b'"' | b'\''] => marks.assigned = true,
                _ => {}
            }
            opens |= two.contains(&b'{');
            closes |= two.contains(&b'}');
            parts |= two.contains(&b';') || two == b"=>";
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
    let colon = code.match_indices(':').take(12).any(|(at, _)| {
        let name = window_before(code, at, 40);
        let file = name.rsplit([' ', '(', '/']).next().unwrap_or_default();
        let kind = file
            .rsplit_once('.')
            .is_some_and(|(stem, kind)| !stem.is_empty() && SOURCES.contains(&kind));
        kind && code.as_bytes().get(at + 1).is_some_and(u8::is_ascii_digit)
    });
    python || colon
}
