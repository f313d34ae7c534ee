//! The words a prompt is told by: what they ask for, which field they belong to, what part they
//! play in a sentence. English only: a prompt in another language is judged by its size and
//! structure.

mod lists;

use lists::LISTS;

/// What a word says of the prompt it stands in. The first five are the hints of the seed's figures;
/// they are told by the exact word, the others by the word without its ending too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Class {
    /// Asks for long reasoning, or names a field where it is usual.
    Hard,
    /// Asks for a piece of work.
    Task,
    /// Asks for a fact, or is small talk.
    Lookup,
    /// Adds a condition to be met.
    Constraint,
    /// Presses for time.
    Urgent,
    /// Holds an English sentence together.
    Function,
    Negation,
    Superlative,
    Comparison,
    Conditional,
    Quantifier,
    Conjunction,
    Ordinal,
    NumberWord,
    /// Places one thing by another.
    Relation,
    FirstPerson,
    /// Asks for a proof.
    Prove,
    Write,
    Explain,
    Calculate,
    Choose,
    Enumerate,
    Json,
    Brief,
    /// Ties the steps of a sum together.
    Step,
    Money,
    Time,
    Measure,
    Everyday,
    Law,
    Medicine,
    Psychology,
    Biology,
    Physics,
    Chemistry,
    Algebra,
    Geometry,
    Probability,
    Economics,
    Business,
    History,
    Philosophy,
    Society,
    Computing,
    Engineering,
    Logic,
    Science,
}

/// How many classes there are.
pub(super) const CLASSES: usize = Class::Science as usize + 1;

/// The classes told by the exact word only.
const EXACT: u64 = (1 << (Class::Conjunction as u64 + 1)) - 1;

/// A set of classes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Set(u64);

impl Set {
    pub(super) const fn has(self, class: Class) -> bool {
        self.0 & (1 << class as u64) != 0
    }

    pub(super) fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// Slots of the hash table over all lists, some two for each word.
const SLOTS: usize = 8192;

/// Where a word is: 1 + 65,536 · list + its beginning in the list; 0 is an empty slot. A word stands
/// in the first free slot from that of its hash on, once for each list that has it.
static TABLE: [u32; SLOTS] = {
    let mut table = [0; SLOTS];
    let mut list = 0;
    while list < LISTS.len() {
        let words = LISTS[list].1.as_bytes();
        let mut start = 0;
        while start < words.len() {
            let mut hash = START;
            let mut end = start;
            while end < words.len() && words[end] != b' ' {
                hash = step(hash, words[end]);
                end += 1;
            }
            let mut slot = slot_of(hash);
            while table[slot] != 0 {
                slot = (slot + 1) % SLOTS;
            }
            table[slot] = 1 + ((list as u32) << 16) + start as u32;
            start = end + 1;
        }
        list += 1;
    }
    table
};

/// What a hash begins with: FNV-1a.
pub(super) const START: u32 = 0x811C_9DC5;

/// Adds a byte to a hash.
pub(super) const fn step(hash: u32, byte: u8) -> u32 {
    (hash ^ byte as u32).wrapping_mul(0x0100_0193)
}

const fn slot_of(hash: u32) -> usize {
    (hash ^ (hash >> 15)) as usize % SLOTS
}

/// The hash of a word in small letters.
fn hash(word: &[u8]) -> u32 {
    word.iter().copied().fold(START, step)
}

/// What has been seen of the lexicon in a text.
pub(super) struct Seen {
    /// A bit for each slot of the table.
    slots: [u64; SLOTS / 64],
    hits: [u32; CLASSES],
    different: [u32; CLASSES],
}

impl Default for Seen {
    fn default() -> Self {
        Self {
            slots: [0; SLOTS / 64],
            hits: [0; CLASSES],
            different: [0; CLASSES],
        }
    }
}

impl Seen {
    /// Notes a word in small letters, whose [`hash`] is given, and says what it is.
    pub(super) fn note(&mut self, word: &[u8], hash: u32) -> Set {
        let mut classes = Set::default();
        for (slot, class) in entries(word, hash) {
            classes.add(Set(1 << class as u64));
            self.count(slot, class);
        }
        if classes == Set::default() {
            for stem in stems(word) {
                for (slot, class) in entries(stem, self::hash(stem)) {
                    if EXACT & (1 << class as u64) == 0 {
                        classes.add(Set(1 << class as u64));
                        self.count(slot, class);
                    }
                }
                if classes != Set::default() {
                    break;
                }
            }
        }
        classes
    }

    fn count(&mut self, slot: usize, class: Class) {
        if let Some(hits) = self.hits.get_mut(class as usize) {
            *hits += 1;
        }
        let bit = 1 << (slot % 64);
        if let Some(word) = self.slots.get_mut(slot / 64)
            && *word & bit == 0
        {
            *word |= bit;
            if let Some(different) = self.different.get_mut(class as usize) {
                *different += 1;
            }
        }
    }

    /// How many words were of the class.
    pub(super) fn hits(&self, class: Class) -> u32 {
        self.hits.get(class as usize).copied().unwrap_or(0)
    }

    /// How many different words were of the class.
    pub(super) fn different(&self, class: Class) -> u32 {
        self.different.get(class as usize).copied().unwrap_or(0)
    }
}

/// The slots that hold `word`, with the class each stands for.
fn entries(word: &[u8], hash: u32) -> impl Iterator<Item = (usize, Class)> {
    let first = slot_of(hash);
    (first..SLOTS)
        .chain(0..first)
        .map_while(|slot| Some((slot, TABLE.get(slot)?.checked_sub(1)?)))
        .filter_map(move |(slot, entry)| {
            let (class, words) = LISTS.get((entry >> 16) as usize)?;
            let after = words.as_bytes().get((entry & 0xFFFF) as usize..)?;
            let rest = after.strip_prefix(word)?;
            (matches!(rest.first(), None | Some(b' '))).then_some((slot, *class))
        })
}

/// A word without the endings of English, the shortest ending first.
fn stems(word: &[u8]) -> impl Iterator<Item = &[u8]> {
    const ENDINGS: [&[u8]; 6] = [b"s", b"d", b"es", b"ed", b"ly", b"ing"];
    let long = word.len() > 4;
    ENDINGS
        .iter()
        .filter_map(move |ending| word.strip_suffix(*ending))
        .filter(move |stem| long && stem.len() > 2)
}

#[cfg(test)]
mod tests;
