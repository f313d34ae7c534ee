//! Secrets that were never anybody's, made when a test runs: none is written down.

/// A source of values by lot, the same for the same seed.
pub(super) struct Source(u64);

pub(super) const ALNUM: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

impl Source {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
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

    /// One of several.
    pub(super) fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// So many letters of a set.
    pub(super) fn letters(&mut self, set: &str, size: usize) -> String {
        let set: Vec<char> = set.chars().collect();
        (0..size).map(|_| self.pick(&set)).collect()
    }

    /// So many digits, no two of them alike in a row.
    pub(super) fn digits(&mut self, size: usize) -> String {
        let mut digits = String::new();
        while digits.len() < size {
            let digit = self.letters("0123456789", 1);
            if !digits.ends_with(&digit) {
                digits += &digit;
            }
        }
        digits
    }

    pub(super) fn hex(&mut self, size: usize) -> String {
        self.letters("0123456789abcdef", size)
    }

    /// A key of letters of both cases and digits.
    pub(super) fn key(&mut self, size: usize) -> String {
        self.letters(ALNUM, size)
    }

    /// A token in the form of GitHub's, without its check sum.
    pub(super) fn github_token(&mut self) -> String {
        format!("ghp_{}", self.key(36))
    }

    pub(super) fn word(&mut self) -> &'static str {
        self.pick(&[
            "castle", "garden", "marble", "falcon", "walnut", "meadow", "lantern", "copper",
        ])
    }

    /// A password as people choose them: two words, a number and a sign.
    pub(super) fn password(&mut self) -> String {
        let mut first = self.word().to_owned();
        first.get_mut(..1).map(str::make_ascii_uppercase);
        let number = 10 + self.below(89);
        format!("{first}-{}{number}!", self.word())
    }

    /// Three words and a number.
    pub(super) fn chain(&mut self) -> String {
        let number = 20 + self.below(70);
        format!("{}-{}-{}-{number}", self.word(), self.word(), self.word())
    }
}
