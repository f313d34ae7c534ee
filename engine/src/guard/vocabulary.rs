//! Lists of words, looked up whatever their case.

use std::borrow::Cow;
use std::sync::OnceLock;

/// A list of words.
pub(super) struct Vocabulary {
    /// The words in small letters, blanks between them.
    text: &'static str,
    sorted: OnceLock<Vec<&'static str>>,
}

impl Vocabulary {
    pub(super) const fn new(text: &'static str) -> Self {
        Self {
            text,
            sorted: OnceLock::new(),
        }
    }

    fn sorted(&self) -> &[&'static str] {
        self.sorted.get_or_init(|| {
            let mut words: Vec<_> = self.text.split_ascii_whitespace().collect();
            words.sort_unstable();
            words
        })
    }

    /// Whether a word is in the list.
    pub(super) fn has(&self, word: &str) -> bool {
        let lower = match word.bytes().any(|b| b.is_ascii_uppercase()) {
            true => Cow::Owned(word.to_ascii_lowercase()),
            false => Cow::Borrowed(word),
        };
        self.sorted().binary_search(&lower.as_ref()).is_ok()
    }

    /// The length of the longest of the words that a text begins with; none where it begins with
    /// none. No word is longer than `most` bytes.
    pub(super) fn longest(&self, text: &str, most: usize) -> Option<usize> {
        (1..=most.min(text.len()))
            .rev()
            .find(|end| text.get(..*end).is_some_and(|head| self.has(head)))
    }
}
