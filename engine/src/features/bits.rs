//! A set of hashes that forgets which of two hashes it has when both fall on one bit.

/// Bits of the set.
const BITS: usize = 16_384;

/// Which of its bits are set.
pub(super) struct Bits {
    words: [u64; BITS / 64],
    /// How many are set.
    pub(super) count: u32,
}

impl Default for Bits {
    fn default() -> Self {
        Self {
            words: [0; BITS / 64],
            count: 0,
        }
    }
}

impl Bits {
    /// Adds a hash; whether it was new.
    pub(super) fn add(&mut self, hash: u32) -> bool {
        let (word, bit) = place(hash);
        let Some(word) = self.words.get_mut(word) else {
            return false;
        };
        let new = *word & bit == 0;
        *word |= bit;
        self.count += u32::from(new);
        new
    }

    pub(super) fn has(&self, hash: u32) -> bool {
        let (word, bit) = place(hash);
        self.words.get(word).is_some_and(|word| word & bit != 0)
    }
}

fn place(hash: u32) -> (usize, u64) {
    let bit = (hash ^ (hash >> 14)) as usize % BITS;
    (bit / 64, 1 << (bit % 64))
}
