//! The nearest of many vectors, in memory: a sketch of signs finds those worth a closer look.

use super::HashMap;
use crate::embedding::{DIMENSIONS, Embedding};

/// How many entries are looked at closely.
const SHORTLIST: u32 = 64;
/// Words of a sketch.
const WORDS: usize = DIMENSIONS / 64;

/// A vector in whole numbers, as it is stored: 256 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code([i8; DIMENSIONS]);

impl Code {
    /// Of a text's vector.
    pub fn of(embedding: &Embedding) -> Self {
        let most = embedding
            .iter()
            .fold(0.0_f32, |most, number| most.max(number.abs()));
        let unit = f32::from(i8::MAX) / most.max(f32::MIN_POSITIVE);
        Self(embedding.map(|number| (number * unit).round_ties_even() as i8))
    }

    /// For storage.
    pub fn bytes(&self) -> [u8; DIMENSIONS] {
        self.0.map(i8::cast_unsigned)
    }

    /// From storage; none of another length or of zeros, which nothing is near.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: [u8; DIMENSIONS] = bytes.try_into().ok()?;
        let any = bytes.iter().any(|byte| *byte != 0);
        any.then(|| Self(bytes.map(u8::cast_signed)))
    }

    /// A bit for each number: whether it is above 0.
    fn sketch(&self) -> Sketch {
        let mut sketch = [0; WORDS];
        for (word, numbers) in sketch.iter_mut().zip(self.0.chunks(64)) {
            *word = numbers
                .iter()
                .fold(0, |bits, number| bits << 1 | u64::from(*number > 0));
        }
        sketch
    }

    fn dot(&self, other: &Self) -> i32 {
        let pairs = self.0.iter().zip(&other.0);
        pairs.map(|(a, b)| i32::from(*a) * i32::from(*b)).sum()
    }

    fn length(&self) -> f32 {
        (self.dot(self) as f32).sqrt()
    }
}

type Sketch = [u64; WORDS];

/// What an entry is found by before its vector is looked at.
#[derive(Debug, Clone, Copy)]
struct Handle {
    id: u64,
    scope: u64,
    sketch: Sketch,
}

/// An entry near to what was looked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbour {
    /// The entry.
    pub id: u64,
    /// The cosine of the two vectors, -1..=1.
    pub cosine: f32,
}

/// Vectors by id, some 320 bytes each.
#[derive(Debug, Default)]
pub struct Index {
    capacity: usize,
    handles: Vec<Handle>,
    codes: Vec<Code>,
    places: HashMap<u64, usize>,
}

impl Index {
    /// For so many entries at most.
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity,
            ..Self::default()
        }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.handles.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.handles.is_empty()
    }

    /// Adds an entry, in place of one of the same id. False, and nothing changed, where it is full.
    /// What differs in `scope` is never found: it stands for all but the question that an answer
    /// depends on.
    pub fn insert(&mut self, id: u64, scope: u64, code: Code) -> bool {
        self.remove(id);
        if self.handles.len() >= self.capacity {
            return false;
        }
        self.places.insert(id, self.handles.len());
        self.handles.push(Handle {
            id,
            scope,
            sketch: code.sketch(),
        });
        self.codes.push(code);
        true
    }

    /// Takes an entry out; false where there is none.
    pub fn remove(&mut self, id: u64) -> bool {
        let Some(place) = self.places.remove(&id) else {
            return false;
        };
        self.handles.swap_remove(place);
        self.codes.swap_remove(place);
        if let Some(moved) = self.handles.get(place) {
            self.places.insert(moved.id, place);
        }
        true
    }

    /// The entries of a scope whose vectors are nearest, the nearest first; of equals the older id.
    pub fn nearest(&self, scope: u64, code: &Code, most: usize) -> Vec<Neighbour> {
        let sketch = code.sketch();
        let distance = |handle: &Handle| {
            let pairs = handle.sketch.iter().zip(&sketch);
            pairs.map(|(a, b)| (a ^ b).count_ones()).sum::<u32>()
        };
        // How many entries there are at each distance says how far the shortlist reaches.
        let mut counts = [0_u32; DIMENSIONS + 1];
        let mut distances = Vec::with_capacity(self.handles.len());
        for handle in &self.handles {
            let far = if handle.scope == scope {
                distance(handle) as u16
            } else {
                u16::MAX
            };
            if let Some(count) = counts.get_mut(usize::from(far)) {
                *count += 1;
            }
            distances.push(far);
        }
        let mut within = 0;
        let reach = counts.iter().position(|count| {
            within += count;
            within >= SHORTLIST
        });
        let reach = reach.unwrap_or(DIMENSIONS) as u16;
        let length = code.length();
        let near = distances.iter().zip(self.handles.iter().zip(&self.codes));
        let near = near.filter(|(far, _)| **far <= reach);
        let mut found: Vec<Neighbour> = near
            .map(|(_, (handle, other))| Neighbour {
                id: handle.id,
                cosine: code.dot(other) as f32 / (length * other.length()).max(1.0),
            })
            .collect();
        found.sort_by(|a, b| b.cosine.total_cmp(&a.cosine).then(a.id.cmp(&b.id)));
        found.truncate(most);
        found
    }
}
