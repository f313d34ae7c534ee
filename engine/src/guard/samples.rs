//! Secrets that were never anybody's, made when a test runs.

/// A source of letters that gives the same for the same seed.
pub(super) struct Source(u64);

impl Source {
    pub(super) fn new(seed: u32) -> Self {
        Self(u64::from(seed) ^ 0x9E37_79B9_7F4A_7C15)
    }

    /// A number below `bound`.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        // Knuth's constants for a linear congruential generator; the high bits are the good ones.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }

    /// So many letters of an alphabet.
    pub(super) fn letters(&mut self, alphabet: &str, count: usize) -> String {
        let alphabet: Vec<char> = alphabet.chars().collect();
        (0..count)
            .map(|_| alphabet[self.below(alphabet.len())])
            .collect()
    }
}

pub(super) const ALNUM: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A token in the form of GitHub's, without its check sum.
pub(super) fn github_token(seed: u32) -> String {
    format!("ghp_{}", Source::new(seed).letters(ALNUM, 36))
}

/// A password as people choose them.
pub(super) fn password(seed: u32) -> String {
    let mut source = Source::new(seed);
    format!(
        "{}{}{}!",
        source.letters("ABCDEFGH", 1),
        source.letters("aeioubdgklmnrst", 7),
        source.letters("123456789", 3)
    )
}
