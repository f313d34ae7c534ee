//! `moecraft-agent scan` as a person or a script runs it.

use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::{key_shaped, soon};

fn command(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_moecraft-agent"));
    command
        .arg("scan")
        .args(args)
        .env_clear()
        .current_dir(dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

async fn scan(dir: &Path, args: &[&str], stdin: &[u8]) -> Output {
    let mut run = command(dir, args).spawn().unwrap();
    let mut input = run.stdin.take().unwrap();
    input.write_all(stdin).await.unwrap();
    drop(input);
    soon(run.wait_with_output()).await.unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// A configuration file with a credential in its third line.
fn config(key: &str) -> String {
    format!("# größe\n[default]\n  aws_access_key_id = {key}\n")
}

#[tokio::test]
async fn what_is_found_is_named_by_place_and_never_shown() {
    let dir = tempfile::tempdir().unwrap();
    let key = key_shaped(1);
    std::fs::write(dir.path().join("config"), config(&key)).unwrap();
    let output = scan(dir.path(), &["config"], b"").await;
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{shown}");
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines[0], "config: tier 0");
    assert!(lines[1].starts_with("config:3:23 "), "{shown}");
    assert!(lines[1].ends_with("(20 bytes)"), "{shown}");
    assert_eq!(lines.len(), 2);
    assert!(!shown.contains(&key) && !text(&output.stderr).contains(&key));
}

#[tokio::test]
async fn the_standard_input_is_a_file_and_json_a_line_for_each() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("plain"), "Explain JWT tokens.\n").unwrap();
    let key = key_shaped(2);
    let output = scan(
        dir.path(),
        &["--json", "plain", "-"],
        config(&key).as_bytes(),
    )
    .await;
    assert_eq!(output.status.code(), Some(1));
    let reports: Vec<Value> = text(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        reports[0],
        serde_json::json!({"file": "plain", "tier": 2, "findings": []})
    );
    assert_eq!(
        (&reports[1]["file"], &reports[1]["tier"]),
        (&"-".into(), &0.into())
    );
    let found = &reports[1]["findings"][0];
    assert_eq!((&found["line"], &found["column"]), (&3.into(), &23.into()));
    assert_eq!(
        (&found["family"], &found["bytes"]),
        (&"credential".into(), &20.into())
    );
    assert!(!text(&output.stdout).contains(&key));
}

#[tokio::test]
async fn harmless_files_end_well_and_binary_ones_are_not_taken_for_such() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("notes.md"), "What is a token?\n").unwrap();
    std::fs::write(dir.path().join("image"), b"\x89PNG\0\0").unwrap();
    let output = scan(dir.path(), &["notes.md"], b"").await;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let output = scan(dir.path(), &["notes.md", "image"], b"").await;
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        text(&output.stdout),
        "notes.md: tier 2\nimage: skipped, it is no text\n"
    );
}

#[tokio::test]
async fn a_file_that_cannot_be_examined_is_an_error_and_hides_no_other() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("notes.md"), "What is a token?\n").unwrap();
    let large = std::fs::File::create(dir.path().join("large")).unwrap();
    large.set_len(moecraft_agent::scan::MAX_FILE + 1).unwrap();
    let output = scan(dir.path(), &["missing", "large", "notes.md"], b"").await;
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(text(&output.stdout), "notes.md: tier 2\n");
    let said = text(&output.stderr);
    assert!(
        said.contains("missing: ") && said.contains("large: it is larger"),
        "{said}"
    );

    let output = scan(dir.path(), &[], b"").await;
    assert_eq!(
        output.status.code(),
        Some(2),
        "no file is an error of usage"
    );
}

#[tokio::test]
async fn a_file_in_utf_16_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let units = "\u{feff}".to_owned() + &config(&key_shaped(3));
    let bytes: Vec<u8> = units.encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(dir.path().join("wide"), bytes).unwrap();
    let output = scan(dir.path(), &["wide"], b"").await;
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
    assert!(text(&output.stdout).contains("wide:3:23 "));
}
