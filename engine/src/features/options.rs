//! Lettered options: `A. first`, `B) second`, `(C) third`, one a line.

/// What the options of a question come to.
#[derive(Debug, Default)]
pub(super) struct Options {
    /// How many there are.
    pub(super) count: u32,
    bytes: f64,
    squares: f64,
    /// Bytes of the longest.
    pub(super) longest: usize,
    /// Those that are mostly digits.
    pub(super) numeric: u32,
    /// Those that begin with the same word as the one before.
    pub(super) common: u32,
    /// Those of yes, no, true, false and the like.
    pub(super) truth: u32,
    /// Those of one word.
    pub(super) names: u32,
    /// Whether one refers to the others.
    pub(super) of_above: bool,
    /// Content words of all, and those that the question has too.
    pub(super) words: (u32, u32),
    first_word: Vec<u8>,
}

impl Options {
    /// The text of the option that `line` is, if it is the next one.
    pub(super) fn next<'a>(&self, line: &'a [u8]) -> Option<&'a [u8]> {
        let line = line.trim_ascii_start();
        let inner = line.strip_prefix(b"(").unwrap_or(line);
        let (&letter, rest) = inner.split_first()?;
        let (&mark, text) = rest.split_first()?;
        let place = u32::from(letter.wrapping_sub(b'A'));
        let follows = place == self.count % 26 || place == 0;
        let marked = mark == b')' || (matches!(mark, b'.' | b':') && inner.len() == line.len());
        let spaced = text.first().is_none_or(|byte| byte.is_ascii_whitespace());
        (follows && marked && spaced).then(|| text.trim_ascii())
    }

    /// Notes the text of an option.
    pub(super) fn note(&mut self, text: &[u8]) {
        self.count += 1;
        self.bytes += text.len() as f64;
        self.squares += (text.len() as f64).powi(2);
        self.longest = self.longest.max(text.len());
        let digits = count(text, u8::is_ascii_digit);
        let letters = count(text, u8::is_ascii_alphabetic);
        self.numeric += u32::from(digits > 0 && digits >= letters);
        let mut words = text.split(|byte| !byte.is_ascii_alphanumeric() && *byte < 0x80);
        let first = words.next().unwrap_or_default();
        self.names += u32::from(words.next().is_none());
        self.common += u32::from(!first.is_empty() && first.eq_ignore_ascii_case(&self.first_word));
        self.first_word.clear();
        self.first_word.extend(first.iter().take(32));
        let lower = text
            .get(..24.min(text.len()))
            .unwrap_or_default()
            .to_ascii_lowercase();
        const TRUTH: [&[u8]; 6] = [b"yes", b"no", b"true", b"false", b"wrong", b"not wrong"];
        let truth = TRUTH.iter().any(|word| {
            let rest = lower.strip_prefix(*word);
            rest.is_some_and(|rest| rest.first().is_none_or(|b| !b.is_ascii_alphabetic()))
        });
        self.truth += u32::from(truth);
        self.of_above |= [
            &b"all of"[..],
            b"none of",
            b"both ",
            b"neither",
            b"all the above",
        ]
        .iter()
        .any(|start| lower.starts_with(start));
    }

    /// The mean of the options' bytes, and the standard deviation.
    pub(super) fn spread(&self) -> (f64, f64) {
        if self.count == 0 {
            return (0.0, 0.0);
        }
        let mean = self.bytes / f64::from(self.count);
        let variance = self.squares / f64::from(self.count) - mean * mean;
        (mean, variance.max(0.0).sqrt())
    }
}

fn count(text: &[u8], is: fn(&u8) -> bool) -> usize {
    text.iter().filter(|byte| is(byte)).count()
}
