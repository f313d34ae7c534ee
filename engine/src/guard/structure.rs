//! Tier 1: source code, and talk of how a team's own application is built.
//!
//! Code is told by the density of lines that only code has, whatever its language; structure by a
//! possessive beside a word for a part of software. A general question (`write a function that …`)
//! is neither.

mod code;

use std::ops::Range;

use super::finding::{Family, Kind};
use super::hits::Hits;
use super::part::{self, Part};
use super::reader::{in_word, is_one_of, line_after, line_before, window_after, words};
use super::shape::{after, before};

pub(super) use code::scan;

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

#[cfg(test)]
mod tests;
