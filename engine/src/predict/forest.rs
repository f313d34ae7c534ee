//! Boosted trees: the sum of many small decision trees over the inputs.

use super::artifact::{Damage, Reader};

/// The most splits of a tree, so that a branch fits in a byte.
pub const MOST_SPLITS: usize = 127;
/// Bytes of a split: input (u16), threshold (i16), below and above (i8 each).
const SPLIT: usize = 6;
/// Bytes of a leaf: its value (i16) in units of the forest's scale.
const LEAF: usize = 2;

/// Trees over a row of inputs.
///
/// A split goes `below` where the input is at most its threshold, else `above`. A branch of 0 or
/// more is another split, always a later one; `-1 - n` is leaf `n`.
#[derive(Debug, Clone)]
pub(crate) struct Forest<'a> {
    start: f32,
    scale: f32,
    trees: Vec<Tree<'a>>,
}

#[derive(Debug, Clone, Copy)]
struct Tree<'a> {
    splits: &'a [[u8; SPLIT]],
    leaves: &'a [[u8; LEAF]],
}

impl<'a> Forest<'a> {
    /// Reads trees over so many inputs.
    pub(crate) fn read(from: &mut Reader<'a>, width: usize) -> Result<Self, Damage> {
        let (start, scale) = (from.f32()?, from.f32()?);
        let count = from.u16()?;
        let trees = (0..count)
            .map(|_| Tree::read(from, width))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            start,
            scale,
            trees,
        })
    }

    /// The log-odds of a row of inputs.
    pub(crate) fn score(&self, inputs: &[i16]) -> f32 {
        let sum: i32 = self
            .trees
            .iter()
            .map(|tree| i32::from(tree.leaf(inputs)))
            .sum();
        self.start + self.scale * sum as f32
    }
}

impl<'a> Tree<'a> {
    fn read(from: &mut Reader<'a>, width: usize) -> Result<Self, Damage> {
        let count = usize::from(from.u8()?);
        if count > MOST_SPLITS {
            return Err(Damage::Range("splits of a tree"));
        }
        let (splits, _) = from.bytes(count * SPLIT)?.as_chunks();
        let (leaves, _) = from.bytes((count + 1) * LEAF)?.as_chunks();
        let tree = Self { splits, leaves };
        for (place, split) in splits.iter().enumerate() {
            let (input, _, branches) = parts(*split);
            let sound = |branch: i8| match usize::try_from(branch) {
                Ok(next) => next > place && next < count,
                Err(_) => leaf_of(branch) < leaves.len(),
            };
            if input >= width || !branches.into_iter().all(sound) {
                return Err(Damage::Range("split of a tree"));
            }
        }
        Ok(tree)
    }

    /// The value of the leaf that the inputs lead to. Branches lead forward only, so this ends.
    fn leaf(&self, inputs: &[i16]) -> i16 {
        let mut branch = if self.splits.is_empty() { -1 } else { 0 };
        while let Some(split) = usize::try_from(branch)
            .ok()
            .and_then(|at| self.splits.get(at))
        {
            let (input, threshold, [below, above]) = parts(*split);
            let value = inputs.get(input).copied().unwrap_or_default();
            branch = if value <= threshold { below } else { above };
        }
        let leaf = self.leaves.get(leaf_of(branch));
        leaf.map_or(0, |bytes| i16::from_le_bytes(*bytes))
    }
}

/// Input, threshold, branches below and above.
fn parts([i0, i1, t0, t1, below, above]: [u8; SPLIT]) -> (usize, i16, [i8; 2]) {
    (
        usize::from(u16::from_le_bytes([i0, i1])),
        i16::from_le_bytes([t0, t1]),
        [below.cast_signed(), above.cast_signed()],
    )
}

/// The leaf that a branch below 0 stands for.
const fn leaf_of(branch: i8) -> usize {
    !branch as u8 as usize
}
