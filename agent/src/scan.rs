//! What the guard finds in a file, with nothing sent anywhere.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Read};

use moecraft_engine::guard::{Cursor, Family, Leaf, Lexicon, MAX_TEXT, Tier, examine};
use serde::Serialize;

/// The largest file that is examined, in bytes: as much as is examined of a request.
pub const MAX_FILE: u64 = MAX_TEXT as u64;

/// Bytes at a text's beginning in which a NUL shows that it is no text.
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
    /// How long it is, bytes of UTF-8.
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

    /// Whether the file was not examined, so that nobody knows what it holds.
    #[must_use]
    pub fn is_skipped(&self) -> bool {
        matches!(self.outcome, Outcome::Skipped { .. })
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
    let text = decoded(bytes);
    if text.bytes().take(BINARY_PROBE).any(|byte| byte == 0) {
        let skipped = "it is no text";
        return Outcome::Skipped { skipped };
    }
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

/// The text of a file: UTF-16 where its mark says so, UTF-8 otherwise.
fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    let utf16 = |units: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, rest) = units.as_chunks();
        let cut = (!rest.is_empty()).then_some(char::REPLACEMENT_CHARACTER);
        let units = char::decode_utf16(pairs.iter().copied().map(unit));
        let text = units.map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER));
        text.chain(cut).collect::<String>()
    };
    match bytes {
        [0xff, 0xfe, units @ ..] => utf16(units, u16::from_le_bytes).into(),
        [0xfe, 0xff, units @ ..] => utf16(units, u16::from_be_bytes).into(),
        _ => String::from_utf8_lossy(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_said_to_be_skipped() {
        let report = scan("a.bin", &b"ELF\0\x01"[..]).unwrap();
        assert!(report.is_skipped() && !report.is_prohibited());
        assert_eq!(report.to_string(), "a.bin: skipped, it is no text\n");
        let json = serde_json::to_string(&report).unwrap();
        assert_eq!(json, r#"{"file":"a.bin","skipped":"it is no text"}"#);
    }

    #[test]
    fn utf_16_is_read_by_its_mark() {
        let text = "a é 🦀\r\n";
        let unit = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect();
        let (little, big): (Vec<u8>, Vec<u8>) = (unit(u16::to_le_bytes), unit(u16::to_be_bytes));
        let marked = |mark: [u8; 2], units: &[u8]| decoded(&[&mark, units].concat()).into_owned();
        assert_eq!(marked([0xff, 0xfe], &little), text);
        assert_eq!(marked([0xfe, 0xff], &big), text);
        assert_eq!(marked([0xff, 0xfe], &little[..3]), "a\u{fffd}");
        // UTF-32 begins alike, and stays what cannot be examined.
        let wide = scan("wide", &b"\xff\xfe\0\0a\0\0\0"[..]).unwrap();
        assert!(wide.is_skipped());
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
