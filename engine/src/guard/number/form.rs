//! What a number looks like: digits, letters and where separators may stand.

/// A number that fits a form, without its separators.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fit {
    /// Where it ends in the text.
    pub(super) end: usize,
    bytes: [u8; Self::MOST],
    size: usize,
}

impl Fit {
    const MOST: usize = 40;

    /// Letters in upper case, digits.
    pub(super) fn compact(&self) -> &[u8] {
        self.bytes.get(..self.size).unwrap_or_default()
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.size) {
            *place = byte.to_ascii_uppercase();
            self.size += 1;
        }
    }
}

/// How long a separator is that stands at a place: a blank, `-`, `.`, `/`, or a blank that does
/// not break.
pub(super) fn separator(text: &str, at: usize) -> Option<usize> {
    let rest = text.as_bytes().get(at..)?;
    match rest {
        [b' ' | b'-' | b'.' | b'/', ..] => Some(1),
        [0xc2, 0xa0, ..] => Some(2),
        _ => None,
    }
}

/// Reads a number by its form: `9` is a digit, `A` a letter, `X` either, `_` a separator that may
/// be missing, and everything else itself.
pub(super) fn fit(form: &str, text: &str, at: usize) -> Option<Fit> {
    let mut fit = Fit {
        end: at,
        bytes: [0; Fit::MOST],
        size: 0,
    };
    for wanted in form.bytes() {
        let byte = text.as_bytes().get(fit.end).copied();
        let fits = match wanted {
            b'9' => byte.is_some_and(|b| b.is_ascii_digit()),
            b'A' => byte.is_some_and(|b| b.is_ascii_alphabetic()),
            b'X' => byte.is_some_and(|b| b.is_ascii_alphanumeric()),
            b'_' => {
                fit.end += separator(text, fit.end).unwrap_or(0);
                continue;
            }
            _ => byte == Some(wanted),
        };
        if !fits {
            return None;
        }
        if let Some(byte) = byte.filter(u8::is_ascii_alphanumeric) {
            fit.push(byte);
        }
        fit.end += 1;
    }
    Some(fit)
}

/// Whether a number ends here: no letter or digit follows, and no further group of digits.
pub(super) fn ends(text: &str, at: usize) -> bool {
    let byte = |at: usize| text.as_bytes().get(at).copied();
    let next = byte(at);
    if next.is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return false;
    }
    let grouped = matches!(next, Some(b'-' | b'.' | b'/' | b':' | b'%'));
    !(grouped && byte(at + 1).is_some_and(|b| b.is_ascii_alphanumeric()))
}

/// Whether a number begins here: it is not the later part of something longer.
pub(super) fn begins(text: &str, at: usize) -> bool {
    let byte = |back: usize| {
        at.checked_sub(back)
            .and_then(|at| text.as_bytes().get(at))
            .copied()
    };
    let before = byte(1);
    if before.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | b'#')) {
        return false;
    }
    let joined = matches!(
        before,
        Some(b'-' | b'.' | b'/' | b'\\' | b'%' | b'+' | b'&' | b'@')
    );
    !(joined && byte(2).is_some_and(|b| b.is_ascii_alphanumeric()))
}
