//! Pairs of questions by grammar: which of them the same answer fits, and which only look so.

use std::collections::HashSet;

use moecraft_engine::random::Generator;
use serde::Serialize;

use super::dressing::{changed, cluttered, dressed, one};
use super::grammar::{Filler, Slot, Theme, fill};

/// Two questions, and whether the answer to one fits the other.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Pair {
    pub(super) query: String,
    pub(super) cached_query: String,
    pub(super) label: u8,
    /// Some people would say that the answer fits all the same.
    pub(super) disputed: bool,
    /// How the pair was made.
    pub(super) kind: &'static str,
    /// Pairs of one group have themes in common.
    pub(super) group: usize,
}

/// The share of pairs that are worded loosely, saying more than they ask.
const LOOSE: f64 = 0.3;
/// The share of those of them that differ of which some would say that they do not.
const DISPUTED: f64 = 0.12;

impl Pair {
    /// What people would say: that the answer fits, also where that is disputed.
    pub(super) fn grade(&self) -> f64 {
        f64::from(u8::from(self.label == 1 || self.disputed))
    }
}

/// A filler for each slot.
pub(super) type Filling<'a> = Vec<&'a Filler>;

/// So many pairs of each theme at most; fewer where the theme has no more to say.
pub(super) fn pairs(themes: &[Theme], each: usize, seed: u64) -> Vec<Pair> {
    let mut chance = Generator::new(seed);
    let mut pairs = Vec::new();
    for at in 0..themes.len() {
        let mut known = HashSet::new();
        for _ in 0..each {
            let Some(pair) = draw(themes, at, &mut chance) else {
                continue;
            };
            let key = (pair.query.clone(), pair.cached_query.clone());
            if pair.query != pair.cached_query && known.insert(key) {
                pairs.push(pair);
            }
        }
    }
    pairs
}

fn draw(themes: &[Theme], at: usize, chance: &mut Generator) -> Option<Pair> {
    let theme = &themes[at];
    let filling = filling(theme, chance);
    let asked = theme.one(&theme.same, &filling, chance);
    let (other, label, kind) = match chance.below(100) {
        0..8 if theme.turned.is_some() => {
            let (mut other, (one, two, same)) = (filling.clone(), theme.turned?);
            other.swap(one, two);
            (
                theme.near(&asked, &filling, &other, chance),
                u8::from(same),
                "turned",
            )
        }
        0..26 => (theme.one(&theme.same, &filling, chance), 1, "reworded"),
        26..36 => (asked.clone(), 1, "dressed"),
        36..60 => {
            let other = theme.swapped(&filling, chance)?;
            (theme.near(&asked, &filling, &other, chance), 0, "slot")
        }
        60..78 => (theme.one(&theme.other, &filling, chance), 0, "look-alike"),
        78..86 => (changed(&asked, chance)?, 0, "changed"),
        86..95 => (sibling(themes, at, &filling, chance)?, 0, "sibling"),
        _ => {
            let other = one(themes, chance);
            if other.group == theme.group {
                return None;
            }
            let filling = self::filling(other, chance);
            (other.one(&other.same, &filling, chance), 0, "foreign")
        }
    };
    let loose = chance.unit() < LOOSE;
    let (asked, other) = if loose {
        loosened(asked, other, chance)
    } else {
        (asked, other)
    };
    let disputed = loose && label == 0 && chance.unit() < DISPUTED;
    // Half of the pairs stay as written, so that what differs is seen without its dress.
    let (bare, dress) = (chance.unit() < 0.4, chance.unit() < 0.5);
    let (query, cached_query) = if bare && kind != "dressed" {
        (other, asked)
    } else if dress {
        (dressed(&other, chance), asked)
    } else {
        (dressed(&other, chance), dressed(&asked, chance))
    };
    let turn = chance.unit() < 0.5;
    let (query, cached_query) = if turn {
        (cached_query, query)
    } else {
        (query, cached_query)
    };
    Some(Pair {
        query,
        cached_query,
        label,
        disputed,
        kind,
        group: theme.group,
    })
}

/// With more said than asked, on one side or both.
fn loosened(asked: String, other: String, chance: &mut Generator) -> (String, String) {
    match chance.below(4) {
        0 => (cluttered(&asked, chance), other),
        1 => (asked, cluttered(&other, chance)),
        _ => (cluttered(&asked, chance), cluttered(&other, chance)),
    }
}

/// Something else asked about the same, in the words of another theme over the same list.
fn sibling(
    themes: &[Theme],
    at: usize,
    filling: &Filling<'_>,
    chance: &mut Generator,
) -> Option<String> {
    let theme = &themes[at];
    let list = theme.slots.first()?.list.as_ref()?;
    let related = |other: &&Theme| {
        other.group != theme.group
            && other
                .slots
                .first()
                .is_some_and(|slot| slot.list.as_ref() == Some(list))
    };
    let siblings: Vec<&Theme> = themes.iter().filter(related).collect();
    if siblings.is_empty() {
        return None;
    }
    let other = *one(&siblings, chance);
    let mut theirs = self::filling(other, chance);
    *theirs.first_mut()? = filling.first()?;
    Some(other.one(&other.same, &theirs, chance))
}

/// Fillers drawn for all slots; two slots of one list hold different ones.
pub(super) fn filling<'a>(theme: &'a Theme, chance: &mut Generator) -> Filling<'a> {
    let mut chosen: Filling<'a> = Vec::new();
    for slot in &theme.slots {
        let mut filler = one(&slot.fillers, chance);
        while slot.list.is_some() && chosen.contains(&filler) {
            filler = one(&slot.fillers, chance);
        }
        chosen.push(filler);
    }
    chosen
}

impl Theme {
    /// One of the frames, filled.
    fn one(&self, frames: &[String], filling: &Filling<'_>, chance: &mut Generator) -> String {
        let frame = if frames.is_empty() {
            one(&self.same, chance)
        } else {
            one(frames, chance)
        };
        self.fill(frame, filling, chance)
    }

    pub(super) fn fill(
        &self,
        frame: &str,
        filling: &Filling<'_>,
        chance: &mut Generator,
    ) -> String {
        let chosen: Vec<&str> = filling
            .iter()
            .map(|filler| one(filler, chance).as_str())
            .collect();
        fill(frame, &self.slots, &chosen)
    }

    /// Whether every wording has the slot in it.
    fn names(&self, slot: &Slot) -> bool {
        let slot = format!("{{{}", slot.name);
        self.same.iter().all(|frame| frame.contains(&slot))
    }

    /// Whether every wording says all that makes another question of it.
    pub(super) fn names_all(&self) -> bool {
        self.slots.iter().all(|slot| self.names(slot))
    }

    /// Another filler in one slot.
    pub(super) fn swapped<'a>(
        &'a self,
        filling: &Filling<'a>,
        chance: &mut Generator,
    ) -> Option<Filling<'a>> {
        // Only what every wording names makes another question of it.
        let named = |place: &usize| self.names(&self.slots[*place]);
        let places: Vec<usize> = (0..self.slots.len()).filter(named).collect();
        if places.is_empty() {
            return None;
        }
        let place = *one(&places, chance);
        let mut other = filling.clone();
        *other.get_mut(place)? = one(&self.slots[place].fillers, chance);
        let distinct = self
            .slots
            .iter()
            .zip(&other)
            .enumerate()
            .all(|(at, (slot, filler))| {
                slot.list.is_none() || at == place || other.get(place) != Some(filler)
            });
        (other != *filling && distinct).then_some(other)
    }

    /// The question with another filling: mostly in the very words of `asked`.
    fn near(
        &self,
        asked: &str,
        filling: &Filling<'_>,
        other: &Filling<'_>,
        chance: &mut Generator,
    ) -> String {
        let frames = self.same.iter().filter(|frame| {
            let mut plain = Generator::new(0);
            chance.unit() < 0.6 && self.fill(frame, filling, &mut plain) == asked
        });
        let frame = frames.collect::<Vec<_>>();
        match frame.first() {
            Some(frame) => self.fill(frame, other, chance),
            None => self.one(&self.same, other, chance),
        }
    }
}
