//! Every place where a request can leave the Worker or the object, and what it takes its body from.
//!
//! A model is sent nothing but what the gate has cleared (`src/egress.rs`). Here every line that can
//! send anything at all is listed; one that is not in the list fails the check, and has to be given
//! its place by somebody who has thought of the gate.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The folders whose code runs in the Worker.
const FOLDERS: [&str; 2] = ["src", "durable/src"];

/// What sends, by the ending of the file that says it.
const SENDS: [(&str, &[&str]); 2] = [
    (
        "js",
        &[
            "fetch(",
            ".run(",
            "WebSocket(",
            "connect(",
            "XMLHttpRequest",
            "EventSource",
        ],
    ),
    (
        "rs",
        &[
            "Fetch::",
            ".send()",
            "fetch_with_",
            ".ai(",
            "Socket::",
            ".service(",
            "Fetcher",
            "fetch(",
        ],
    ),
];

/// A line that sends, and the texts in its file that say what is sent, and that it is sent nowhere
/// else; none where no model is sent anything.
struct Known {
    file: &'static str,
    line: &'static str,
    says: &'static [&'static str],
}

const fn to_model(file: &'static str, line: &'static str, says: &'static [&'static str]) -> Known {
    Known { file, line, says }
}

const fn inside(file: &'static str, line: &'static str) -> Known {
    Known {
        file,
        line,
        says: &[],
    }
}

const EXCHANGE: &str = "src/shell/exchange.js";
const COUNT: &str = "src/count.rs";
const COUNT_SAYS: &[&str] = &[
    "let body = cleared.written()",
    ".with_redirect(RequestRedirect::Manual)",
];

const KNOWN: &[Known] = &[
    // To models.
    to_model(
        EXCHANGE,
        "const outcome = await Promise.race([judge(exchange, place.fetch(exchange.url(), init), turn), late]);",
        &["body: cleared(exchange, body), redirect: \"manual\" };"],
    ),
    to_model(
        "src/shell/binding.js",
        "fetch: (_url, { body }) => binding.run(model, JSON.parse(new TextDecoder().decode(body)), { returnRawResponse: true }),",
        &["{ body }) => binding.run(model,"],
    ),
    to_model(
        "src/shell/passthrough.js",
        "return await fetch(url, { method: request.method, headers, body: way.may_send_own() ? body : undefined, redirect: \"manual\" });",
        &["body: way.may_send_own() ? body : undefined, redirect: \"manual\""],
    ),
    to_model(
        COUNT,
        "Fetch::Request(Request::new_with_init(&url, &init)?)",
        COUNT_SAYS,
    ),
    to_model(COUNT, ".send()", COUNT_SAYS),
    // To providers' batches: what is made of cleared lines, and questions that carry nothing.
    to_model(
        "src/shell/batches.js",
        "return fetch(question.url(), { method: question.method(), headers: JSON.parse(question.headers()), body: question.body(), redirect: \"manual\", signal });",
        &["body: question.body(), redirect: \"manual\""],
    ),
    to_model(
        "src/shell/batches.js",
        "const response = await fetch(url, { headers: JSON.parse(lookup.headers()), redirect: \"manual\", signal });",
        &["JSON.parse(lookup.headers()), redirect: \"manual\""],
    ),
    // Inside the gateway.
    inside(
        EXCHANGE,
        "if (tunnelled) await place.fetch(exchange.cancel_url(), { method: \"POST\" }).catch(() => {});",
    ),
    inside("src/shell/orchestrator.js", "fetch(request) {"),
    inside("src/shell/worker.js", "async fetch(request, env, ctx) {"),
    inside(
        "src/shell/worker.js",
        "return core.fetch(request, env, ctx);",
    ),
    inside(
        "src/shell/orchestrator.js",
        "const response = await this.#open().fetch(request);",
    ),
    inside(
        "src/router.rs",
        "let mut answer = stub(env, &key.tenant)?.fetch_with_request(request).await?;",
    ),
    inside(
        "src/lib.rs",
        "pub async fn fetch(request: Request, env: Env, _context: Context) -> Result<Response> {",
    ),
    inside(
        "durable/src/orchestrator.rs",
        "async fn fetch(&self, mut request: Request) -> Result<Response> {",
    ),
    inside(
        "durable/src/tunnel/mod.rs",
        "if ws.as_ref().ready_state() == worker::web_sys::WebSocket::OPEN",
    ),
];

/// Checks the code as it stands.
pub(crate) fn check(root: &Path) -> Result<()> {
    let wrong = violations(&sources(root)?);
    if !wrong.is_empty() {
        bail!("the gate can be passed by:\n  {}", wrong.join("\n  "));
    }
    eprintln!("every way out is known");
    Ok(())
}

/// A file's path from the root, and its text.
type Source = (String, String);

fn sources(root: &Path) -> Result<Vec<Source>> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = FOLDERS.iter().map(|folder| root.join(folder)).collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if sends(&path.to_string_lossy()).is_some() {
                let name = path.strip_prefix(root)?.to_string_lossy().into_owned();
                found.push((name, std::fs::read_to_string(&path)?));
            }
        }
    }
    Ok(found)
}

fn sends(file: &str) -> Option<&'static [&'static str]> {
    let ending = file.rsplit('.').next()?;
    let known = SENDS.iter().find(|(of, _)| *of == ending);
    known.map(|(_, words)| *words)
}

/// One sentence for each way out that is not known, takes its body from elsewhere, or is gone.
fn violations(sources: &[Source]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut seen = vec![0; KNOWN.len()];
    for (file, text) in sources {
        let words = sends(file).unwrap_or_default();
        let code = text.lines().map(str::trim).filter(|line| !is_comment(line));
        for line in code.filter(|line| words.iter().any(|word| line.contains(word))) {
            let known = KNOWN.iter().zip(&mut seen);
            let known = known.filter(|(known, _)| known.file == file && known.line == line);
            let Some((known, seen)) = { known }.next() else {
                wrong.push(format!("{file}: a new way out: {line}"));
                continue;
            };
            *seen += 1;
            if !known.says.iter().all(|says| text.contains(says)) {
                wrong.push(format!(
                    "{file}: its body does not come from the gate, or may be sent on: {line}"
                ));
            }
        }
    }
    for (known, seen) in KNOWN.iter().zip(seen) {
        if seen != 1 {
            wrong.push(format!(
                "{}: {seen} times, not once: {}",
                known.file, known.line
            ));
        }
    }
    wrong
}

fn is_comment(line: &str) -> bool {
    line.starts_with("//") || line.starts_with('*') || line.starts_with("/*")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn as_it_stands() -> Vec<Source> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .expect("a root");
        sources(root).expect("readable")
    }

    fn changed(file: &str, change: impl Fn(&str) -> String) -> Vec<String> {
        let mut sources = as_it_stands();
        let source = sources.iter_mut().find(|(name, _)| name == file);
        let (_, text) = source.expect("there is such a file");
        *text = change(text);
        violations(&sources)
    }

    #[test]
    fn every_way_out_is_known_and_takes_its_body_from_the_gate() {
        assert_eq!(violations(&as_it_stands()), Vec::<String>::new());
    }

    #[test]
    fn a_new_way_out_is_found_in_either_language() {
        for (file, line) in [
            (EXCHANGE, "  await fetch(url, { body });"),
            ("src/shell/relay.js", "env.AI.run(model, body);"),
            ("src/dispatch.rs", "    Fetch::Url(url).send().await"),
            (
                "durable/src/outbox.rs",
                "env.service(\"X\")?.fetch_with_request(r)",
            ),
        ] {
            let wrong = changed(file, |text| format!("{text}\n{line}\n"));
            assert_eq!(wrong.len(), 1, "{line}: {wrong:?}");
            assert!(wrong[0].contains("a new way out"), "{wrong:?}");
        }
    }

    #[test]
    fn a_known_way_out_may_not_take_its_body_from_elsewhere() {
        let wrong = changed(EXCHANGE, |text| {
            text.replace(
                "body: cleared(exchange, body)",
                "body: exchange.payload() ?? body",
            )
        });
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        let twice = changed(COUNT, |text| format!("{text}\n        .send()\n"));
        assert_eq!(twice.len(), 1, "{twice:?}");
    }

    #[test]
    fn no_way_out_follows_a_redirect() {
        for (file, said, ways) in [
            (EXCHANGE, ", redirect: \"manual\"", 1),
            ("src/shell/passthrough.js", ", redirect: \"manual\"", 2),
            (COUNT, "RequestRedirect::Manual", 2),
        ] {
            let wrong = changed(file, |text| text.replace(said, ""));
            assert_eq!(wrong.len(), ways, "{file}: {wrong:?}");
        }
    }

    #[test]
    fn what_is_gone_leaves_the_list() {
        let wrong = changed("src/shell/binding.js", |_| String::new());
        assert_eq!(wrong.len(), 1, "{wrong:?}");
    }
}
