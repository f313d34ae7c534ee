//! Pictures, sounds and documents that a body holds in base64.

use super::decode;

/// What something in base64 is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Medium {
    /// A picture or a sound: what can be read of it are its comments.
    Recording,
    /// A document: its text is packed in ways that are not read here.
    Document,
}

/// From this length on a string may be one, bytes.
const MIN_RECORDING: usize = 1_024;
const MIN_DOCUMENT: usize = 64;
/// How much of a string shows how it begins: 48 bytes.
const HEAD: usize = 64;

/// How they begin, what follows at which byte, and what they are. The whole header must fit: a few
/// letters are soon written before a text.
const HEADERS: &[(&[u8], usize, &[u8], Medium)] = &[
    (b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR", 0, b"", Medium::Recording),
    (b"\xFF\xD8\xFF\xE0", 6, b"JFIF\0", Medium::Recording),
    (b"\xFF\xD8\xFF\xE1", 6, b"Exif\0\0", Medium::Recording),
    (
        b"\xFF\xD8\xFF\xE1",
        6,
        b"http://ns.adobe.com/",
        Medium::Recording,
    ),
    (b"\xFF\xD8\xFF\xE2", 6, b"ICC_PROFILE\0", Medium::Recording),
    (b"\xFF\xD8\xFF\xEE", 6, b"Adobe", Medium::Recording),
    (b"\xFF\xD8\xFF\xDB\0", 0, b"", Medium::Recording),
    (b"GIF87a", 0, b"", Medium::Recording),
    (b"GIF89a", 0, b"", Medium::Recording),
    (b"RIFF", 8, b"WEBPVP8", Medium::Recording),
    (b"RIFF", 8, b"WAVEfmt ", Medium::Recording),
    (b"ID3\x02", 0, b"", Medium::Recording),
    (b"ID3\x03", 0, b"", Medium::Recording),
    (b"ID3\x04", 0, b"", Medium::Recording),
    (b"OggS\0\x02", 0, b"", Medium::Recording),
    (b"%PDF-", 0, b"", Medium::Document),
    (b"PK\x03\x04", 0, b"", Medium::Document),
    // Office before 2007 (MS-CFB §2.2).
    (
        b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
        0,
        b"",
        Medium::Document,
    ),
    (b"7z\xBC\xAF\x27\x1C", 0, b"", Medium::Document),
    (b"Rar!\x1A\x07", 0, b"", Medium::Document),
];

/// What a string is in base64, and its readable parts; none where it is no such thing.
pub(super) fn read(text: &str) -> Option<(Medium, String)> {
    let (kind, encoded) = match text.strip_prefix("data:") {
        Some(rest) => {
            let head = rest.get(..rest.floor_char_boundary(128))?;
            let at = head.find("base64,")?;
            (head.get(..at)?, rest.get(at + 7..)?)
        }
        None => ("", text),
    };
    if encoded.len() < MIN_DOCUMENT {
        return None;
    }
    let head = decode::base64(encoded.get(..HEAD)?)?;
    let known = HEADERS.iter().find(|(begin, at, further, _)| {
        let behind = head.get(*at..).unwrap_or_default();
        head.starts_with(begin) && behind.starts_with(further)
    });
    let medium = match known {
        Some((.., medium)) => *medium,
        None if kind.starts_with("application/") => Medium::Document,
        None => return None,
    };
    if medium == Medium::Recording && encoded.len() < MIN_RECORDING {
        return None;
    }
    let bytes = decode::base64(encoded)?;
    // A document that is a text is read as one.
    if known.is_none() && std::str::from_utf8(&bytes).is_ok() {
        return None;
    }
    Some((medium, decode::strings(&bytes)))
}
