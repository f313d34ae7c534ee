//! A text as a vector of 256 numbers: the sum of its word pieces' vectors, out of a small table.
//!
//! The table was distilled from a sentence model; see `models/embedding/NOTICE` for its origin and
//! licence. It knows words, not their order: "12 metres in feet" and "12 feet in metres" are the
//! same to it. So it finds what is alike, and never says that two texts mean the same. English
//! only.

mod characters;
mod vocabulary;

use std::sync::LazyLock;

use thiserror::Error;

use characters::Part;
use vocabulary::Vocabulary;

/// How many numbers a vector has.
pub const DIMENSIONS: usize = 256;
/// How many word pieces of a text are read.
pub const MAX_TOKENS: usize = 128;
/// Longer words are left out, bytes.
const MAX_WORD: usize = 100;
/// How much of a text is looked through for word pieces, bytes.
const MAX_BYTES: usize = 16 * 1024;
/// How much of a long text's end is read by [`Table::embed_ends`], bytes: some 100 pieces.
const END_BYTES: usize = 512;

/// What the table's file begins with.
const MAGIC: &[u8] = b"MCE1";
/// Bytes of the file before the codebook.
const HEADER: usize = 16;
/// How many vectors each part of the codebook has.
const CODES: usize = 256;

/// The vector of a text, of length 1.
pub type Embedding = [f32; DIMENSIONS];

/// What is known of a word on its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Meaning {
    /// The direction of its vector.
    pub direction: Embedding,
    /// The length of its vector: words of little meaning are short.
    pub weight: f32,
    /// It is one piece, hence a common word.
    pub whole: bool,
}

/// The bytes are no table of this format, or not for this vocabulary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not an embedding table: {0}")]
struct FormatError(&'static str);

/// Vectors of word pieces. A piece's vector is put together from parts, each one of 256 in the
/// codebook, times the piece's length: words of little meaning are short.
#[derive(Debug, Default)]
pub struct Table {
    vocabulary: Option<Vocabulary>,
    /// Numbers of a part.
    width: usize,
    /// For each part 256 vectors.
    codebook: Vec<f32>,
    /// For each piece its length, in half precision.
    lengths: &'static [u8],
    /// For each piece the vector of each of its parts.
    codes: &'static [u8],
}

impl Table {
    /// The table that comes with the engine.
    pub fn shipped() -> &'static Self {
        static TABLE: LazyLock<Table> = LazyLock::new(|| {
            let bytes = include_bytes!("../../models/embedding/table.bin");
            // A test reads the file; were it broken all the same, nothing would be known of any
            // text.
            Table::read(bytes, Vocabulary::shipped()).unwrap_or_default()
        });
        &TABLE
    }

    /// Reads a table, little-endian: `MCE1`, rows (u32), dimensions, parts, codes, 0 (u16 each),
    /// codebook (f16), lengths (f16), codes (u8). The vocabulary has a piece for each row.
    fn read(table: &'static [u8], vocabulary: Vocabulary) -> Result<Self, FormatError> {
        const SHORT: FormatError = FormatError("it ends too early");
        let (header, body) = table.split_at_checked(HEADER).ok_or(SHORT)?;
        let [m0, m1, m2, m3, r0, r1, r2, r3, d0, d1, p0, p1, c0, c1, _, _] = *header else {
            return Err(SHORT);
        };
        if [m0, m1, m2, m3] != MAGIC {
            return Err(FormatError("another beginning"));
        }
        let rows = u32::from_le_bytes([r0, r1, r2, r3]) as usize;
        let parts = usize::from(u16::from_le_bytes([p0, p1]));
        let shape = [u16::from_le_bytes([d0, d1]), u16::from_le_bytes([c0, c1])].map(usize::from);
        if shape != [DIMENSIONS, CODES] || parts == 0 || !DIMENSIONS.is_multiple_of(parts) {
            return Err(FormatError("another shape"));
        }
        if vocabulary.rows != rows {
            return Err(FormatError("another vocabulary"));
        }
        let (codebook, body) = body.split_at_checked(2 * CODES * DIMENSIONS).ok_or(SHORT)?;
        let (lengths, codes) = body.split_at_checked(2 * rows).ok_or(SHORT)?;
        if codes.len() != rows * parts {
            return Err(SHORT);
        }
        let (codebook, _) = codebook.as_chunks();
        Ok(Self {
            vocabulary: Some(vocabulary),
            width: DIMENSIONS / parts,
            codebook: codebook.iter().copied().map(from_half).collect(),
            lengths,
            codes,
        })
    }

    /// The vector of the first 128 word pieces of a text; none where no word is known.
    pub fn embed(&self, text: &str) -> Option<Embedding> {
        Some(self.sum(&self.rows(text, MAX_TOKENS))?.direction)
    }

    /// What a word means; none where it is not known.
    pub fn meaning(&self, word: &str) -> Option<Meaning> {
        self.sum(&self.rows(word, MAX_TOKENS))
    }

    /// The vector of a long text's beginning and end, 64 pieces each, since what is asked stands
    /// before or after what it is asked about.
    pub fn embed_ends(&self, text: &str) -> Option<Embedding> {
        let all = self.rows(text, MAX_TOKENS + 1);
        if all.len() <= MAX_TOKENS && text.len() <= MAX_BYTES {
            return Some(self.sum(&all)?.direction);
        }
        let end = text.ceil_char_boundary(text.len().saturating_sub(END_BYTES));
        let end = self.rows(text.get(end..).unwrap_or(""), END_BYTES);
        let half = MAX_TOKENS / 2;
        let end = end
            .get(end.len().saturating_sub(half)..)
            .unwrap_or_default();
        let beginning = all.get(..half.min(all.len())).unwrap_or_default();
        Some(self.sum(&[beginning, end].concat())?.direction)
    }

    /// The word pieces that [`embed`](Self::embed) reads of a text, those that continue a word
    /// marked by `##`.
    pub fn pieces(&self, text: &str) -> impl Iterator<Item = &'static str> {
        let rows = self.rows(text, MAX_TOKENS).into_iter();
        rows.filter_map(|row| str::from_utf8(self.vocabulary?.piece(row)?).ok())
    }

    /// The rows of at most `most` pieces.
    fn rows(&self, text: &str, most: usize) -> Vec<usize> {
        let Some(vocabulary) = self.vocabulary else {
            return Vec::new();
        };
        let mut rows = Vec::with_capacity(most + MAX_WORD);
        each_word(text, |word| {
            vocabulary.cut(word, &mut rows);
            rows.len() < most
        });
        rows.truncate(most);
        rows
    }

    /// The sum of the rows' vectors.
    fn sum(&self, rows: &[usize]) -> Option<Meaning> {
        let parts = DIMENSIONS.checked_div(self.width)?;
        let (lengths, _) = self.lengths.as_chunks();
        let mut sum = [0.0; DIMENSIONS];
        for &row in rows {
            let length = from_half(*lengths.get(row)?);
            let codes = self.codes.get(row * parts..)?.get(..parts)?;
            let books = self.codebook.chunks_exact(CODES * self.width);
            for ((part, book), &code) in sum.chunks_exact_mut(self.width).zip(books).zip(codes) {
                let vector = book.get(usize::from(code) * self.width..)?;
                for (total, number) in part.iter_mut().zip(vector) {
                    *total += length * number;
                }
            }
        }
        let norm = sum.iter().map(|number| number * number).sum::<f32>().sqrt();
        (norm > 0.0).then(|| Meaning {
            direction: sum.map(|number| number / norm),
            weight: norm,
            whole: rows.len() == 1,
        })
    }
}

/// Calls `each` with the words of a text, in small letters of ASCII, until it says no. Words with a
/// letter that is none of ASCII's even without its accent are left out.
fn each_word(text: &str, mut each: impl FnMut(&[u8]) -> bool) {
    let mut word = [0_u8; MAX_WORD];
    let (mut length, mut foreign) = (0, false);
    let end = text.floor_char_boundary(MAX_BYTES);
    for character in text.get(..end).unwrap_or("").chars().chain([' ']) {
        let part = Part::of(character);
        match part {
            Part::Letter(letter) => {
                if let Some(slot) = word.get_mut(length) {
                    *slot = letter;
                }
                length += 1;
            }
            Part::Foreign => foreign = true,
            Part::Nothing => {}
            Part::Mark(_) | Part::Break => {
                let known = word
                    .get(..length)
                    .filter(|word| !foreign && !word.is_empty());
                if known.is_some_and(|word| !each(word)) {
                    return;
                }
                (length, foreign) = (0, false);
                if let Part::Mark(mark) = part
                    && !each(&[mark])
                {
                    return;
                }
            }
        }
    }
}

/// A finite half-precision number, IEEE 754 binary16: its bits at the places that they have in
/// single precision, and then the difference of the exponents' biases.
fn from_half(bytes: [u8; 2]) -> f32 {
    let half = u32::from(u16::from_le_bytes(bytes));
    let moved = (half & 0x8000) << 16 | (half & 0x7FFF) << 13;
    f32::from_bits(moved) * f32::from_bits((127 + 112) << 23)
}

#[cfg(test)]
mod tests;
