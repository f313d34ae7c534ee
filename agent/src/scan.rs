//! What the guard finds in a file, with nothing sent anywhere.

use std::fmt;
use std::io::{self, Read};

use moecraft_engine::guard::{Cursor, Family, Leaf, Lexicon, Tier, examine};
use serde::Serialize;

/// The largest file that is examined, in bytes: as large as a request may be.
pub const MAX_FILE: u64 = 16 * 1024 * 1024;

/// Bytes at a file's beginning in which a NUL shows that it is no text.
const BINARY_PROBE: usize = 8192;

/// What is said of one file.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The file, as it was named.
    pub file: String,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What came of a file.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Outcome {
    /// It was examined.
    Examined {
        /// The tier of the whole.
        tier: Tier,
        /// What was found, in the file's order.
        findings: Vec<Place>,
    },
    /// It was not.
    Skipped {
        /// Why.
        skipped: &'static str,
    },
}

/// Something that was found: what and where, never the text.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The kind's id, such as `github_token`.
    pub kind: &'static str,
    /// The kind's name for people.
    pub title: &'static str,
    /// What sort of thing it is.
    pub family: Family,
    /// The line it begins in, from 1.
    pub line: usize,
    /// The character of that line it begins at, from 1.
    pub column: usize,
    /// How long it is, bytes.
    pub bytes: usize,
}

impl Report {
    /// Whether something of tier 0 was found.
    #[must_use]
    pub fn is_prohibited(&self) -> bool {
        let Outcome::Examined { tier, .. } = self.outcome else {
            return false;
        };
        tier == Tier::Prohibited
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = &self.file;
        match &self.outcome {
            Outcome::Skipped { skipped } => writeln!(f, "{file}: skipped, {skipped}"),
            Outcome::Examined { tier, findings } => {
                writeln!(f, "{file}: tier {}", tier.number())?;
                findings.iter().try_for_each(|place| {
                    let Place { line, column, .. } = place;
                    let Place {
                        kind, title, bytes, ..
                    } = place;
                    writeln!(f, "{file}:{line}:{column} {kind} {title} ({bytes} bytes)")
                })
            }
        }
    }
}

/// Examines a file.
///
/// # Errors
/// It cannot be read, or is larger than [`MAX_FILE`].
pub fn scan(file: &str, content: impl Read) -> io::Result<Report> {
    let mut bytes = Vec::new();
    content.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE {
        let text = format!("it is larger than {MAX_FILE} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, text));
    }
    Ok(Report {
        file: file.to_owned(),
        outcome: outcome(&bytes),
    })
}

fn outcome(bytes: &[u8]) -> Outcome {
    if bytes.iter().take(BINARY_PROBE).any(|byte| *byte == 0) {
        let skipped = "it is no text";
        return Outcome::Skipped { skipped };
    }
    let text = String::from_utf8_lossy(bytes);
    let verdict = examine(&[Leaf::of(text.as_ref())], &Lexicon::default(), false);
    let mut findings = verdict.findings;
    findings.sort_by_key(|finding| finding.start);
    let mut cursor = Cursor::new(&text);
    let places = findings.iter().map(|finding| {
        cursor.advance(finding.start);
        Place {
            kind: finding.kind.id,
            title: finding.kind.title,
            family: finding.kind.family,
            line: cursor.line,
            column: cursor.column,
            bytes: finding.end.saturating_sub(finding.start),
        }
    });
    Outcome::Examined {
        tier: verdict.tier,
        findings: places.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_said_to_be_skipped() {
        let report = scan("a.bin", &b"ELF\0\x01"[..]).unwrap();
        assert!(!report.is_prohibited());
        assert_eq!(report.to_string(), "a.bin: skipped, it is no text\n");
        let json = serde_json::to_string(&report).unwrap();
        assert_eq!(json, r#"{"file":"a.bin","skipped":"it is no text"}"#);
    }

    #[test]
    fn a_file_beyond_the_bound_is_not_examined_in_part() {
        let endless = scan("endless", io::repeat(b'a')).unwrap_err();
        assert_eq!(endless.kind(), io::ErrorKind::FileTooLarge);
    }

    #[test]
    fn a_report_reads_as_documented() {
        let place = Place {
            kind: "github_token",
            title: "a GitHub token",
            family: Family::Credential,
            line: 3,
            column: 5,
            bytes: 40,
        };
        let report = Report {
            file: "src/a.rs".into(),
            outcome: Outcome::Examined {
                tier: Tier::Prohibited,
                findings: vec![place],
            },
        };
        assert!(report.is_prohibited());
        assert_eq!(
            report.to_string(),
            "src/a.rs: tier 0\nsrc/a.rs:3:5 github_token a GitHub token (40 bytes)\n"
        );
        assert_eq!(
            serde_json::to_string(&report).unwrap(),
            r#"{"file":"src/a.rs","tier":0,"findings":[{"kind":"github_token","title":"a GitHub token","family":"credential","line":3,"column":5,"bytes":40}]}"#
        );
    }
}
