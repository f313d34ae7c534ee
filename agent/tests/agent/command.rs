//! The program as a person runs it.

use std::process::{Output, Stdio};

use tokio::process::Command;

use crate::server::ModelServer;
use crate::service::Service;
use crate::{KEY, soon};

/// The program in an empty environment but for a home, and a proxy that it must not use.
fn agent(home: &std::path::Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_moecraft-agent"));
    command
        .args(args)
        .env_clear()
        .env("HOME", home)
        .env("http_proxy", "http://127.0.0.1:1")
        .env("all_proxy", "http://127.0.0.1:1")
        .env("MOECRAFT_KEY", KEY)
        .env("MOECRAFT_LOG", "debug")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn assert_discreet(output: &Output) {
    assert!(!text(&output.stdout).contains(KEY) && !text(&output.stderr).contains(KEY));
}

#[tokio::test]
async fn models_are_shown_as_a_table() {
    let home = tempfile::tempdir().unwrap();
    let base = ModelServer::fixed(
        "",
        &[(
            "GET /v1/models",
            r#"{"data":[{"id":"a-model-of-mine","context_length":8192}]}"#,
        )],
    )
    .await;
    let server = format!("openai-compatible={base}");
    let output = soon(agent(home.path(), &["models", "--server", &server]).output())
        .await
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let expected = format!(
        "MODEL            SERVER             AT{0:1$}CONTEXT  PARALLEL  TRUST      CAPABILITIES\n\
         a-model-of-mine  openai-compatible  {base}  8192     1         untrusted  chat\n",
        "",
        base.as_str().len(),
    );
    assert_eq!(text(&output.stdout), expected);
}

#[tokio::test]
async fn a_refused_key_has_an_exit_code_of_its_own() {
    let home = tempfile::tempdir().unwrap();
    let service = Service::start().await;
    let run = agent(home.path(), &["connect", "--url", &service.url])
        .spawn()
        .unwrap();
    service.refuse(401).await;
    let output = soon(run.wait_with_output()).await.unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("does not accept the key"));
    assert_discreet(&output);
}

#[tokio::test]
async fn it_serves_until_it_is_told_to_stop() {
    let home = tempfile::tempdir().unwrap();
    let service = Service::start().await;
    let base = ModelServer::fixed(
        "",
        &[
            ("GET /v1/models", r#"{"data":[{"id":"mine"}]}"#),
            ("POST /v1/chat/completions", r#"{"whisper":"answer"}"#),
        ],
    )
    .await;
    let server = format!("openai-compatible={base}");
    let run = agent(
        home.path(),
        &["connect", "--url", &service.url, "--server", &server],
    )
    .spawn()
    .unwrap();
    let mut tunnel = service.accept().await;
    let register = tunnel.register().await;
    assert_eq!(register.models[0].name, "mine");
    let stored = std::fs::read_to_string(home.path().join(".local/state/moecraft/agent-id"));
    assert_eq!(stored.unwrap().trim(), register.agent);
    assert_eq!(
        tunnel.path,
        format!("/moecraft/agent?agent={}", register.agent)
    );

    tunnel
        .request(
            1,
            "mine",
            "/v1/chat/completions",
            b"{\"whisper\":\"prompt\"}",
        )
        .await;
    assert_eq!(tunnel.answer(1).await.body, br#"{"whisper":"answer"}"#);

    let pid = run.id().unwrap().to_string();
    let kill = Command::new("kill")
        .args(["-TERM", &pid])
        .status()
        .await
        .unwrap();
    assert!(kill.success());
    assert_eq!(tunnel.next().await, None, "the socket is closed");
    let output = soon(run.wait_with_output()).await.unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(!text(&output.stderr).contains("whisper"));
    assert_discreet(&output);
}

#[tokio::test]
async fn a_server_that_is_not_on_this_machine_is_an_error_of_usage() {
    let home = tempfile::tempdir().unwrap();
    let server = "ollama=http://192.0.2.1:11434";
    let output = soon(agent(home.path(), &["models", "--server", server]).output())
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("on this machine"));
}
