//! Lists of words, looked up whatever their case.

use std::sync::OnceLock;

/// A list of words.
pub(super) struct Vocabulary {
    /// The words in small letters, blanks between them.
    text: &'static str,
    /// The words' digests, sorted.
    digests: OnceLock<Vec<u64>>,
}

impl Vocabulary {
    pub(super) const fn new(text: &'static str) -> Self {
        Self {
            text,
            digests: OnceLock::new(),
        }
    }

    /// Whether a word is in the list.
    pub(super) fn has(&self, word: &str) -> bool {
        let digests = self.digests.get_or_init(|| {
            let mut digests: Vec<_> = self.text.split_ascii_whitespace().map(digest).collect();
            digests.sort_unstable();
            digests
        });
        digests.binary_search(&digest(word)).is_ok()
    }

    /// The length of the longest of the words that a text begins with; none where it begins with
    /// none. No word is longer than `most` bytes.
    pub(super) fn longest(&self, text: &str, most: usize) -> Option<usize> {
        (1..=most.min(text.len()))
            .rev()
            .find(|end| text.get(..*end).is_some_and(|head| self.has(head)))
    }
}

/// FNV-1a of a word in small letters. At 64 bits no two words of the lists, and hardly ever a word
/// and another text, have the same.
fn digest(word: &str) -> u64 {
    word.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01B3)
    })
}
