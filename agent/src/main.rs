//! The command line of `moecraft-agent`.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use moecraft_agent::address::{AddressError, is_exposed, upgrade_url};
use moecraft_agent::discovery::{Catalogue, Finder, INTERVAL, Server, ServerError, usual_servers};
use moecraft_agent::http_client;
use moecraft_agent::identity::{stable_id, state_dir};
use moecraft_agent::link::{Agent, Outcome, Timing};
use moecraft_agent::scan;
use moecraft_wire::tunnel::{MAX_AGENT_ID, is_agent_id};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::prelude::*;

/// Exit code when the service does not accept the key: for a supervisor, not to be restarted.
const KEY_REFUSED: u8 = 3;
/// Exit code when another agent of the same id has taken over.
const REPLACED: u8 = 4;
/// Exit code when a file could not be examined, whatever was found in others.
const NOT_SCANNED: u8 = 2;

/// Joins the model servers of this machine to MOECraft.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    /// How much is written to stderr: off, error, warn, info, debug.
    #[arg(long, global = true, env = "MOECRAFT_LOG", default_value = "info")]
    log: LevelFilter,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Connect, and serve until stopped.
    ///
    /// Ends with 3 if the service does not accept the key, with 4 if another agent of the same name has
    /// taken over.
    Connect(Connect),
    /// Show the models that are found.
    Models(Servers),
    /// Look for what no untrusted model may be given, in files and without a network.
    ///
    /// Says of each file its tier (0 prohibited, 1 restricted, 2 general) and of each finding kind, place
    /// and length, never the text. Ends with 0 if nothing of tier 0 was found, with 1 if something was,
    /// with 2 if a file could not be read, is too large or no text, whatever was found in others.
    Scan(Scan),
}

#[derive(Args)]
struct Scan {
    /// The files; - is the standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Write one JSON object a file, each in a line.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Connect {
    /// The service's address, such as https://moecraft.example.
    #[arg(long, env = "MOECRAFT_URL")]
    url: String,
    /// The key. Other users of this machine can read a command line: rather set the environment.
    #[arg(long, env = "MOECRAFT_KEY", hide_env_values = true)]
    key: String,
    /// The agent's name, unique within the tenant. By default the host's name and a random part that is
    /// kept in the state folder.
    #[arg(long, value_parser = agent_name)]
    name: Option<String>,
    #[command(flatten)]
    servers: Servers,
}

#[derive(Args)]
struct Servers {
    /// A model server on this machine, such as ollama=http://127.0.0.1:11434; may be repeated. KIND is
    /// llama.cpp, ollama, vllm, lm-studio or openai-compatible. If none is given, the usual ports are
    /// looked at.
    #[arg(long = "server", value_name = "KIND=URL")]
    servers: Vec<Server>,
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Address(#[from] AddressError),
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error("the HTTP client cannot be set up: {0}")]
    Http(#[from] reqwest::Error),
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("no home folder to keep the agent's name in; give one with --name")]
    NoState,
    #[error("TLS cannot be set up")]
    Tls,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    // Of this program's own events only: a library's might tell what is in a request.
    let own = Targets::new().with_target("moecraft_agent", cli.log);
    tracing_subscriber::registry()
        .with(
            tracing_subscriber::fmt::layer()
                .with_writer(io::stderr)
                .with_filter(own),
        )
        .init();
    let done = match cli.command {
        Command::Connect(options) => run(connect(options)),
        Command::Models(options) => run(models(options)),
        Command::Scan(options) => Ok(scan(&options)),
    };
    done.unwrap_or_else(|error| {
        tracing::error!("{error}");
        ExitCode::FAILURE
    })
}

fn run(command: impl Future<Output = Result<ExitCode, Failure>>) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(command)
}

async fn connect(options: Connect) -> Result<ExitCode, Failure> {
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| Failure::Tls)?;
    let id = match options.name {
        Some(name) => name,
        None => default_id()?,
    };
    let url = upgrade_url(&options.url, &id)?;
    if is_exposed(&url) {
        tracing::warn!("the key crosses the network in the clear; use https://");
    }
    let http = http_client()?;
    let mut finder = finder(&http, options.servers)?;
    let (found, catalogue) = watch::channel(Arc::new(finder.find().await));
    let looking = tokio::spawn(finder.keep_looking(found, INTERVAL));
    let agent = Agent {
        url,
        key: options.key.into(),
        id,
        catalogue,
        http,
        timing: Timing::default(),
    };
    let (stop, stopped) = watch::channel(false);
    let (mut term, mut int) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    tokio::spawn(async move {
        tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
        stop.send_replace(true);
    });
    let outcome = agent.run(stopped).await;
    looking.abort();
    Ok(match outcome {
        Outcome::Stopped => {
            tracing::info!("stopped");
            ExitCode::SUCCESS
        }
        Outcome::KeyRefused => {
            tracing::error!("the service does not accept the key");
            ExitCode::from(KEY_REFUSED)
        }
        Outcome::Replaced => {
            tracing::error!(
                "another agent of the name {:?} has taken over; give this one another --name",
                agent.id
            );
            ExitCode::from(REPLACED)
        }
    })
}

async fn models(options: Servers) -> Result<ExitCode, Failure> {
    let catalogue = finder(&http_client()?, options)?.find().await;
    io::stdout()
        .lock()
        .write_all(table(&catalogue).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// Goes on after a file that cannot be examined, so that one run names everything.
fn scan(options: &Scan) -> ExitCode {
    let (mut found, mut failed) = (false, false);
    for path in &options.files {
        match scan_file(path, options.json) {
            Ok(report) => {
                found |= report.is_prohibited();
                failed |= report.is_skipped();
            }
            Err(error) => {
                tracing::error!("{}: {error}", path.display());
                failed = true;
            }
        }
    }
    ExitCode::from(match (failed, found) {
        (true, _) => NOT_SCANNED,
        (false, found) => u8::from(found),
    })
}

/// Examines one file and writes the report.
fn scan_file(path: &Path, json: bool) -> io::Result<scan::Report> {
    let name = path.display().to_string();
    let report = if path == Path::new("-") {
        scan::scan(&name, io::stdin().lock())?
    } else {
        scan::scan(&name, File::open(path)?)?
    };
    let text = if json {
        serde_json::to_string(&report)? + "\n"
    } else {
        report.to_string()
    };
    io::stdout().lock().write_all(text.as_bytes())?;
    Ok(report)
}

fn finder(http: &reqwest::Client, options: Servers) -> Result<Finder, Failure> {
    let servers = match options.servers {
        none if none.is_empty() => usual_servers()?,
        named => named,
    };
    Ok(Finder::new(http.clone(), servers))
}

fn default_id() -> Result<String, Failure> {
    let dir = state_dir(std::env::var_os("XDG_STATE_HOME"), std::env::var_os("HOME"))
        .ok_or(Failure::NoState)?;
    let host = gethostname::gethostname();
    Ok(stable_id(&dir, &host.to_string_lossy())?)
}

fn agent_name(text: &str) -> Result<String, String> {
    if is_agent_id(text) {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "a name has 1 to {MAX_AGENT_ID} letters, digits, dots, dashes and underscores"
        ))
    }
}

/// The models as lines with columns.
fn table(catalogue: &Catalogue) -> String {
    let heads = [
        "MODEL",
        "SERVER",
        "AT",
        "CONTEXT",
        "PARALLEL",
        "TRUST",
        "CAPABILITIES",
    ]
    .map(str::to_owned);
    let rows = catalogue.models().iter().map(|model| {
        let capabilities: Vec<&str> = model.capabilities.iter().map(String::as_str).collect();
        [
            model.name.clone(),
            model.server.name().to_owned(),
            catalogue
                .server_of(&model.name)
                .map(ToString::to_string)
                .unwrap_or_default(),
            model.context_tokens.to_string(),
            model.parallel.to_string(),
            model.trust.as_str().to_owned(),
            capabilities.join(" "),
        ]
    });
    let lines: Vec<[String; 7]> = std::iter::once(heads).chain(rows).collect();
    let mut widths = [0; 7];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.len());
        }
    }
    let mut text = String::new();
    for line in &lines {
        let cells: Vec<String> = line
            .iter()
            .zip(widths)
            .map(|(cell, w)| format!("{cell:w$}"))
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}
