//! Requests as many users make them: the same asked again and again, in other words, beside questions
//! that differ from it in one word.

use std::collections::HashSet;

use moecraft_engine::random::Generator;
use serde::Serialize;

use super::dressing::{dressed, one};
use super::generate::{Filling, filling};
use super::grammar::{Slot, Theme};

/// One request of a workload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Request {
    id: String,
    query: String,
    /// Requests that have it in common want the same answer, all others another one.
    intent: String,
}

/// How much more often the first intents are asked than the last: the exponent of Zipf's law.
const SKEW: f64 = 0.9;
/// How many fillings of a theme are asked for.
const FILLINGS: usize = 6;
/// How many of them are asked for in all frames that ask for something else.
const LOOKED_ALIKE: usize = 2;
/// The share of requests for what nobody else asks for.
const ONE_OFF: f64 = 0.15;
/// The share of the others that is said as it was before, word for word.
const REPEATED: f64 = 0.2;

/// A question without its words.
struct Intent<'a> {
    theme: usize,
    /// The frame, where it is one that asks for something else.
    other: Option<usize>,
    filling: Filling<'a>,
}

impl Intent<'_> {
    /// Equal for questions that want the same answer.
    fn name(&self, mark: &str, themes: &[Theme]) -> String {
        let theme = &themes[self.theme];
        let frame = self.other.map(|frame| &theme.other[frame]);
        // What a frame leaves out makes no other question of it.
        let named =
            |slot: &Slot| frame.is_none_or(|frame| frame.contains(&format!("{{{}", slot.name)));
        let slots = theme.slots.iter().zip(&self.filling);
        let mut names: Vec<&str> = slots
            .map(|(slot, filler)| match filler.first() {
                Some(filler) if named(slot) => filler,
                _ => "",
            })
            .collect();
        if let (Some((a, b, true)), None) = (theme.turned, frame)
            && names.get(a) > names.get(b)
        {
            names.swap(a, b);
        }
        let other = self
            .other
            .map_or(String::new(), |frame| format!("!{frame}"));
        format!("{mark}{}{other}:{}", self.theme, names.join("|"))
    }

    fn said(&self, themes: &[Theme], chance: &mut Generator) -> String {
        let theme = &themes[self.theme];
        let frame = match self.other {
            Some(frame) => &theme.other[frame],
            None => one(&theme.same, chance),
        };
        dressed(&theme.fill(frame, &self.filling, chance), chance)
    }
}

/// So many requests: mostly about `themes`, one after another as they are drawn, and now and then one of a
/// theme of `foreign`.
pub(super) fn requests(
    themes: &[Theme],
    foreign: &[Theme],
    count: usize,
    seed: u64,
) -> Vec<Request> {
    let mut chance = Generator::new(seed);
    let intents = intents(themes, &mut chance);
    let plain: Vec<usize> = (0..foreign.len())
        .filter(|theme| foreign[*theme].names_all())
        .collect();
    let weights = (1..=intents.len()).map(|rank| (rank as f64).powf(-SKEW));
    let reach: Vec<f64> = weights
        .scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        })
        .collect();
    let total = reach.last().copied().unwrap_or_default();
    let mut said: Vec<Vec<String>> = vec![Vec::new(); intents.len()];
    let mut requests = Vec::with_capacity(count);
    for number in 0..count {
        let (query, intent) = if chance.unit() < ONE_OFF {
            let theme = *one(&plain, &mut chance);
            let intent = Intent {
                theme,
                other: None,
                filling: filling(&foreign[theme], &mut chance),
            };
            (
                intent.said(foreign, &mut chance),
                intent.name("one-off ", foreign),
            )
        } else {
            let drawn = chance.unit() * total;
            let at = reach.partition_point(|reach| *reach <= drawn);
            let (intent, before) = (&intents[at], &mut said[at]);
            let query = if !before.is_empty() && chance.unit() < REPEATED {
                one(before, &mut chance).clone()
            } else {
                intent.said(themes, &mut chance)
            };
            before.push(query.clone());
            (query, intent.name("", themes))
        };
        requests.push(Request {
            id: format!("r{number}"),
            query,
            intent,
        });
    }
    requests
}

/// What is asked for, in the order of how often: of each theme a question, some that differ from it in one
/// place, and for two of them what only looks like them.
fn intents<'a>(themes: &'a [Theme], chance: &mut Generator) -> Vec<Intent<'a>> {
    let mut intents: Vec<Intent<'a>> = Vec::new();
    for (at, theme) in themes.iter().enumerate() {
        let first = filling(theme, chance);
        let mut fillings = vec![first.clone()];
        if let Some((a, b, _)) = theme.turned {
            let mut turned = first.clone();
            turned.swap(a, b);
            fillings.push(turned);
        }
        for _ in 0..4 * FILLINGS {
            let other = theme.swapped(&first, chance);
            fillings.extend(other.filter(|other| !fillings.contains(other)));
        }
        fillings.truncate(FILLINGS);
        let alike = fillings.iter().take(LOOKED_ALIKE).flat_map(|filling| {
            (0..theme.other.len()).map(move |frame| (Some(frame), filling.clone()))
        });
        let alike: Vec<_> = alike.collect();
        let asked = fillings.into_iter().map(|filling| (None, filling));
        intents.extend(asked.chain(alike).map(|(other, filling)| Intent {
            theme: at,
            other,
            filling,
        }));
    }
    let mut known = HashSet::new();
    intents.retain(|intent| known.insert(intent.name("", themes)));
    for last in (1..intents.len()).rev() {
        intents.swap(last, chance.below(last + 1));
    }
    intents
}

#[cfg(test)]
mod tests {
    use super::super::grammar;
    use super::*;
    use std::collections::HashMap;
    use std::path::Path;

    fn workload(seed: u64) -> Vec<Request> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/semcache");
        let themes = grammar::workload(&folder).expect("the themes of the workload");
        let foreign = grammar::read(&folder).expect("the grammar");
        requests(&themes, &foreign, 3_000, seed)
    }

    #[test]
    fn the_same_seed_asks_the_same() {
        assert_eq!(workload(1), workload(1));
        assert_ne!(workload(1), workload(2));
    }

    #[test]
    fn most_is_asked_again_and_in_other_words() {
        let requests = workload(1);
        let mut wordings: HashMap<&str, HashSet<&str>> = HashMap::new();
        let (mut again, mut equal) = (0, 0);
        for request in &requests {
            let known = wordings.contains_key(request.intent.as_str());
            let said = wordings.entry(&request.intent).or_default();
            again += usize::from(known);
            equal += usize::from(!said.insert(&request.query));
        }
        assert!(again > requests.len() / 2, "{again}");
        assert!(equal < again * 2 / 3, "{equal} of {again}");
    }

    #[test]
    fn nothing_is_said_that_stands_for_two_intents() {
        let requests = workload(1);
        let mut meant: HashMap<String, &str> = HashMap::new();
        for Request { query, intent, .. } in &requests {
            let letters = query.to_lowercase().replace("the ", "");
            let before = meant.insert(letters, intent);
            assert!(before.is_none_or(|before| before == intent), "{query}");
        }
    }
}
