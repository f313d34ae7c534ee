//! The bytes of a trained model: a header, and what is read from the rest, front to back.
//!
//! Header, little-endian: `MCPM`, version (u16), 0 (u16), CRC-32 of the rest (u32), length of the
//! rest (u32). Numbers are little-endian; a text is its length (u8) and its UTF-8 bytes.

use thiserror::Error;

/// What a model's file begins with.
pub const MAGIC: [u8; 4] = *b"MCPM";
/// The version of the format that is written and read.
pub const VERSION: u16 = 1;
/// Bytes before the rest.
const HEADER: usize = 16;

/// Why bytes are no model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Damage {
    /// They begin otherwise, or end too early or too late.
    #[error("not a model file")]
    Shape,
    /// They are of another version of the format.
    #[error("version {0} of the model format, not {VERSION}")]
    Version(u16),
    /// The checksum differs.
    #[error("the checksum differs")]
    Checksum,
    /// The model was trained on other features or on another embedding.
    #[error("trained on other inputs")]
    Inputs,
    /// A number is not finite or out of its range.
    #[error("out of range: {0}")]
    Range(&'static str),
    /// There is no model of this name.
    #[error("no such pool in the file")]
    Pool,
}

/// The file of a model whose body is given.
pub fn sealed(body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    let mut file = Vec::with_capacity(HEADER + body.len());
    file.extend_from_slice(&MAGIC);
    file.extend_from_slice(&VERSION.to_le_bytes());
    file.extend_from_slice(&[0, 0]);
    file.extend_from_slice(&checksum(body).to_le_bytes());
    file.extend_from_slice(&length.to_le_bytes());
    file.extend_from_slice(body);
    file
}

fn checksum(body: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(body);
    crc.sum()
}

/// The checksum that a file states of its body; none of what is too short for a header.
pub(super) fn stated_checksum(file: &[u8]) -> Option<u32> {
    let (sum, _) = file.get(8..)?.split_first_chunk()?;
    Some(u32::from_le_bytes(*sum))
}

/// What is left to be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// The body of a file, once its header and checksum are right.
    pub(crate) fn open(file: &'a [u8]) -> Result<Self, Damage> {
        let (header, rest) = file.split_first_chunk::<HEADER>().ok_or(Damage::Shape)?;
        let mut header = Reader { rest: header };
        if header.array::<4>()? != MAGIC {
            return Err(Damage::Shape);
        }
        let version = header.u16()?;
        if version != VERSION {
            return Err(Damage::Version(version));
        }
        header.u16()?;
        let sum = header.u32()?;
        if header.u32()? as usize != rest.len() {
            return Err(Damage::Shape);
        }
        if checksum(rest) != sum {
            return Err(Damage::Checksum);
        }
        Ok(Self { rest })
    }

    /// What is given, without a header.
    pub(crate) const fn of(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn bytes(&mut self, count: usize) -> Result<&'a [u8], Damage> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Damage::Shape)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Damage> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(Damage::Shape)?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Damage> {
        self.array().map(u8::from_le_bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Damage> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Damage> {
        self.array().map(u32::from_le_bytes)
    }

    /// A finite number.
    pub(crate) fn f32(&mut self) -> Result<f32, Damage> {
        let number = f32::from_le_bytes(self.array()?);
        if number.is_finite() {
            Ok(number)
        } else {
            Err(Damage::Range("not finite"))
        }
    }

    pub(super) fn f32s(&mut self, count: usize) -> Result<Vec<f32>, Damage> {
        (0..count).map(|_| self.f32()).collect()
    }

    pub(super) fn text(&mut self) -> Result<&'a str, Damage> {
        let length = self.u8()?;
        std::str::from_utf8(self.bytes(usize::from(length))?).map_err(|_| Damage::Range("text"))
    }
}
