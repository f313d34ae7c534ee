//! Hashed words and pairs of words, for linear models over 32,768 inputs.

/// How many different hashes there are.
pub const NGRAM_BUCKETS: u32 = 1 << 15;

/// What tells these hashes from others of the same words; a model learned with one seed is of no
/// use with another.
const SEED: u32 = 0x9E37_79B1;

/// The buckets of the words of `text` and of each two words in a row, in their order, each less than
/// [`NGRAM_BUCKETS`]. Letters are taken small, digits as 0; every punctuation mark of ASCII is a word.
pub fn ngrams(text: &str) -> impl Iterator<Item = u32> {
    let mut rest = text.as_bytes();
    let mut before = None;
    let mut second = None;
    std::iter::from_fn(move || {
        if let Some(pair) = second.take() {
            return Some(pair);
        }
        rest = rest.trim_ascii_start();
        let (&first, _) = rest.split_first()?;
        let length = if is_word(first) {
            rest.iter().take_while(|byte| is_word(**byte)).count()
        } else {
            1
        };
        let (word, after) = rest.split_at_checked(length)?;
        rest = after;
        let hash = word
            .iter()
            .fold(SEED, |hash, &byte| step(hash, folded(byte)));
        second = before.map(|before: u32| bucket(step(before, b' ').rotate_left(5) ^ hash));
        before = Some(hash);
        Some(bucket(hash))
    })
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

fn folded(byte: u8) -> u8 {
    if byte.is_ascii_digit() {
        b'0'
    } else {
        byte.to_ascii_lowercase()
    }
}

fn step(hash: u32, byte: u8) -> u32 {
    (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
}

/// The finaliser of MurmurHash3, so that every bit of the hash counts for the bucket.
fn bucket(hash: u32) -> u32 {
    let hash = (hash ^ (hash >> 16)).wrapping_mul(0x85EB_CA6B);
    let hash = (hash ^ (hash >> 13)).wrapping_mul(0xC2B2_AE35);
    (hash ^ (hash >> 16)) % NGRAM_BUCKETS
}
