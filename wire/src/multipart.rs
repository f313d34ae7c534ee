//! `multipart/form-data` (RFC 7578), read in place: an uploaded file is not copied.

use memchr::memmem::Finder;
use thiserror::Error;

/// The most fields of a form.
const MAX_FIELDS: usize = 32;
/// The longest head of a field, bytes.
const MAX_HEAD: usize = 8 << 10;

/// Why a form cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MultipartError {
    /// The content type is no form's, or names no boundary.
    #[error("the content type must be `multipart/form-data` with a boundary")]
    ContentType,
    /// The parts are not where the boundary says.
    #[error("the form is cut short or malformed")]
    Malformed,
    /// More fields than are read.
    #[error("the form has too many fields")]
    TooMany,
}

/// A field of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field<'a> {
    /// Its name.
    pub name: String,
    /// The name of the file, where it is one.
    pub filename: Option<String>,
    /// What it holds.
    pub content: &'a [u8],
}

/// Reads the fields of a form.
///
/// # Errors
/// [`MultipartError`].
pub fn read<'a>(content_type: &str, body: &'a [u8]) -> Result<Vec<Field<'a>>, MultipartError> {
    let boundary = boundary(content_type).ok_or(MultipartError::ContentType)?;
    let dashes = format!("--{boundary}");
    // Every part but the first begins on a line of its own.
    let next = format!("\r\n{dashes}");
    let next = Finder::new(next.as_bytes());
    let mut rest = match body.strip_prefix(dashes.as_bytes()) {
        Some(rest) => rest,
        None => after(body, &next).ok_or(MultipartError::Malformed)?.1,
    };
    let mut fields = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Ok(fields);
        }
        if fields.len() == MAX_FIELDS {
            return Err(MultipartError::TooMany);
        }
        let part = rest
            .strip_prefix(b"\r\n")
            .ok_or(MultipartError::Malformed)?;
        let (part, behind) = after(part, &next).ok_or(MultipartError::Malformed)?;
        fields.extend(field(part)?);
        rest = behind;
    }
}

/// What stands before the first match, and what behind it.
fn after<'a>(text: &'a [u8], finder: &Finder<'_>) -> Option<(&'a [u8], &'a [u8])> {
    let at = finder.find(text)?;
    Some((text.get(..at)?, text.get(at + finder.needle().len()..)?))
}

/// The field that a part is; none for one without a name.
fn field(part: &[u8]) -> Result<Option<Field<'_>>, MultipartError> {
    // A part without any header begins with the empty line.
    let (head, content) = match part.strip_prefix(b"\r\n") {
        Some(content) => (&b""[..], content),
        None => after(part, &Finder::new(b"\r\n\r\n")).ok_or(MultipartError::Malformed)?,
    };
    if head.len() > MAX_HEAD {
        return Err(MultipartError::Malformed);
    }
    let head = String::from_utf8_lossy(head);
    let disposition = head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim()
            .eq_ignore_ascii_case("content-disposition")
            .then_some(value)
    });
    let Some(disposition) = disposition else {
        return Ok(None);
    };
    let name = parameter(disposition, "name");
    Ok(name.map(|name| Field {
        name,
        filename: parameter(disposition, "filename"),
        content,
    }))
}

/// The boundary that a content type names.
fn boundary(content_type: &str) -> Option<String> {
    let kind = content_type.split(';').next()?.trim();
    let boundary = parameter(content_type, "boundary")?;
    let fits = kind.eq_ignore_ascii_case("multipart/form-data")
        && (1..=70).contains(&boundary.len())
        && boundary.is_ascii();
    fits.then_some(boundary)
}

/// A parameter of a header: `name=value`, or `name="value"` with `\"` and `%22` for quotes.
fn parameter(header: &str, name: &str) -> Option<String> {
    let mut rest = header.split_once(';')?.1;
    loop {
        let (key, value) = rest.split_once('=')?;
        let (value, behind) = match value.strip_prefix('"') {
            None => value.split_once(';').unwrap_or((value, "")),
            Some(quoted) => {
                let mut escaped = false;
                let end = quoted.find(|c| {
                    let ends = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    ends
                })?;
                let behind = quoted.get(end + 1..)?;
                (
                    quoted.get(..end)?,
                    behind.trim_start().trim_start_matches(';'),
                )
            }
        };
        if key.trim().eq_ignore_ascii_case(name) {
            let plain = value.replace("\\\"", "\"").replace("%22", "\"");
            return Some(plain.trim_end().to_owned());
        }
        rest = behind;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TYPE: &str = "multipart/form-data; boundary=X";

    fn form(parts: &[(&str, &str)]) -> Vec<u8> {
        let parts = parts
            .iter()
            .map(|(head, content)| format!("--X\r\n{head}\r\n\r\n{content}\r\n"));
        let mut body: String = parts.collect();
        body.push_str("--X--\r\n");
        body.into_bytes()
    }

    #[test]
    fn fields_and_files_are_read_in_order() {
        let body = form(&[
            ("Content-Disposition: form-data; name=\"purpose\"", "batch"),
            (
                "content-disposition: form-data; name=\"file\"; filename=\"a \\\"b\\\";.jsonl\"\r\ncontent-type: text/plain",
                "{}\r\n--Y\r\n{}",
            ),
        ]);
        let fields = read(TYPE, &body).unwrap();
        assert_eq!(
            (fields[0].name.as_str(), fields[0].content),
            ("purpose", &b"batch"[..])
        );
        assert_eq!(fields[1].filename.as_deref(), Some("a \"b\";.jsonl"));
        assert_eq!(fields[1].content, b"{}\r\n--Y\r\n{}");
    }

    #[test]
    fn the_boundary_may_be_quoted_and_text_may_stand_before_the_first_part() {
        let body = [
            b"hello\r\n".as_slice(),
            &form(&[("content-disposition: form-data; name=a", "1")]),
        ]
        .concat();
        for kind in [
            "Multipart/Form-Data; charset=utf-8; boundary=\"X\"",
            "multipart/form-data;boundary=X",
        ] {
            assert_eq!(read(kind, &body).unwrap()[0].name, "a", "{kind}");
        }
    }

    #[test]
    fn what_is_no_form_is_refused() {
        let whole = form(&[("content-disposition: form-data; name=a", "1")]);
        for kind in [
            "application/json",
            "multipart/form-data",
            "multipart/form-data; boundary=",
            "multipart/mixed; boundary=X",
        ] {
            assert_eq!(
                read(kind, &whole),
                Err(MultipartError::ContentType),
                "{kind}"
            );
        }
        for cut in [0, 1, 5, 20, whole.len() - 6] {
            assert_eq!(
                read(TYPE, &whole[..cut]),
                Err(MultipartError::Malformed),
                "{cut}"
            );
        }
        let many = vec![("content-disposition: form-data; name=a", "1"); 33];
        assert_eq!(read(TYPE, &form(&many)), Err(MultipartError::TooMany));
    }

    proptest! {
        #[test]
        fn no_form_makes_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), kind in ".{0,60}") {
            let _ = read(TYPE, &bytes);
            let _ = read(&kind, &bytes);
        }

        #[test]
        fn no_cut_form_makes_the_reader_panic(name in ".{0,20}", content in ".{0,60}", cut in 0_usize..200) {
            let head = format!("content-disposition: form-data; name=\"{name}\"; filename={name}");
            let body = form(&[(&head, &content)]);
            let _ = read(TYPE, body.get(..cut.min(body.len())).unwrap_or_default());
            let _ = read(TYPE, &body);
        }

        #[test]
        fn what_a_file_holds_comes_out_byte_for_byte(content in prop::collection::vec(any::<u8>(), 0..200)) {
            let head = b"--X\r\ncontent-disposition: form-data; name=\"f\"\r\n\r\n".as_slice();
            let body = [head, &content, b"\r\n--X--".as_slice()].concat();
            let inside = content.windows(5).any(|five| five == b"\r\n--X") || content.starts_with(b"--X");
            prop_assume!(!inside);
            prop_assert_eq!(read(TYPE, &body).unwrap()[0].content, content.as_slice());
        }
    }
}
