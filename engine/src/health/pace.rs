//! How long each model takes to answer: a running mean, told when it has changed enough to matter.
//!
//! What is told becomes part of the tenant's policy, and a policy that changes has every Worker plan
//! once more. So a mean is told once it is of some answers, and then only when it is off by a quarter.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How long answers of a model take, ms, by its catalogue id.
pub type Paces = BTreeMap<String, u32>;

/// The most models remembered. Room is made by the one that answered longest ago.
const MAX_MODELS: usize = 64;
/// The longest name remembered, bytes: clients make some up.
const MAX_NAME: usize = 200;
/// Of how many answers a mean is, about: the newest count most.
const MEMORY: f64 = 8.0;
/// Fewer answers than this are not told of.
const ENOUGH: u32 = 4;
/// Shorter times are all alike, ms: nobody waits.
const INSTANT_MS: f64 = 250.0;
/// No answer counts for more, ms: a machine that slept says nothing of a model.
const LONGEST_MS: f64 = 600_000.0;
/// How far what was told may be off until it is told anew, as a share of it.
const SLACK: f64 = 0.25;

/// One model's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Pace {
    model: String,
    mean_ms: f64,
    answers: u32,
    /// What was told; none as long as it is of too few answers.
    told_ms: Option<u32>,
    /// When it answered last, Unix ms.
    at: u64,
}

/// How long each model took of late.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Watch(Vec<Pace>);

impl Watch {
    /// Takes in an answer that took so long and came at `now` (Unix ms). Gives whether there is news.
    pub(super) fn note(&mut self, model: &str, took_ms: u32, now: u64) -> bool {
        if model.len() > MAX_NAME {
            return false;
        }
        let took = f64::from(took_ms).clamp(INSTANT_MS, LONGEST_MS);
        let known = self.0.iter_mut().find(|pace| pace.model == model);
        let Some(pace) = known else {
            let full = self.0.len() >= MAX_MODELS;
            let oldest = self.0.iter().enumerate().min_by_key(|(_, pace)| pace.at);
            let oldest = oldest.filter(|_| full).map(|(index, _)| index);
            let gone = oldest.map(|index| self.0.swap_remove(index));
            self.0.push(Pace {
                model: model.to_owned(),
                mean_ms: took,
                answers: 1,
                told_ms: None,
                at: now,
            });
            return gone.is_some_and(|gone| gone.told_ms.is_some());
        };
        pace.at = now;
        pace.answers = pace.answers.saturating_add(1);
        pace.mean_ms += (took - pace.mean_ms) / f64::from(pace.answers).min(MEMORY);
        let off = |told: u32| (pace.mean_ms - f64::from(told)).abs() > SLACK * f64::from(told);
        let news = pace.answers >= ENOUGH && pace.told_ms.is_none_or(off);
        if news {
            pace.told_ms = Some(pace.mean_ms.round() as u32);
        }
        news
    }

    /// Whether nothing was noted yet.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What was told last.
    pub(super) fn told(&self) -> Paces {
        let told = |pace: &Pace| Some((pace.model.clone(), pace.told_ms?));
        self.0.iter().filter_map(told).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn watched(times: &[u32]) -> (Watch, usize) {
        let mut watch = Watch::default();
        let news = times.iter().filter(|ms| watch.note("m", **ms, 1)).count();
        (watch, news)
    }

    fn told(times: &[u32]) -> Option<u32> {
        watched(times).0.told().remove("m")
    }

    #[test]
    fn a_mean_is_told_once_it_is_of_some_answers_and_then_only_when_it_has_moved() {
        assert_eq!(told(&[2_000; 3]), None);
        assert_eq!(told(&[1_000, 2_000, 3_000, 2_000]), Some(2_000));
        let (watch, news) = watched(&[2_000; 500]);
        assert_eq!((watch.told()["m"], news), (2_000, 1));
        let slower: Vec<u32> = [2_000; 8].into_iter().chain([9_000; 40]).collect();
        let (watch, news) = watched(&slower);
        assert!((7_000..=9_000).contains(&watch.told()["m"]), "{watch:?}");
        assert!((3..10).contains(&news), "{news}");
    }

    #[test]
    fn one_answer_that_hangs_says_little() {
        let mut times = vec![2_000; 20];
        times.push(6_000);
        assert_eq!(told(&times), Some(2_000));
        assert_eq!(told(&[1, 3, 90, 200]), Some(250), "nobody waits");
    }

    #[test]
    fn memory_is_bounded_and_the_newest_stay() {
        let mut watch = Watch::default();
        for n in 0..500u32 {
            for _ in 0..ENOUGH {
                watch.note(&format!("m{n}"), 1_000, n.into());
            }
        }
        watch.note(&"x".repeat(MAX_NAME + 1), 1_000, 1_000);
        let told = watch.told();
        assert_eq!(told.len(), MAX_MODELS);
        assert!(told.contains_key("m499") && !told.contains_key("m400"));
    }

    proptest! {
        #[test]
        fn a_mean_lies_among_what_it_is_of(times in prop::collection::vec(any::<u32>(), 4..60)) {
            let held: Vec<f64> = times.iter().map(|ms| f64::from(*ms).clamp(INSTANT_MS, LONGEST_MS)).collect();
            let (least, most) = held.iter().fold((f64::MAX, 0.0_f64), |(a, b), ms| (a.min(*ms), b.max(*ms)));
            let told = f64::from(told(&times).expect("enough"));
            prop_assert!(least - 1.0 <= told && told <= most + 1.0);
        }
    }
}
