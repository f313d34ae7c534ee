//! What the counts that a provider reports teach about one's own.
//!
//! Vocabularies change with models and are often not published. The ratio of reported to counted
//! tokens is steady for one model and one kind of text, so a moving average of it is all there is to
//! learn.

use serde::{Deserialize, Serialize};

use super::classes::{Class, Classes};

/// How far a request moves the average, once it has settled.
const RATE: f64 = 0.05;
/// For how many requests the assumption that the count is right speaks at the beginning.
const PRIOR: f64 = 2.0;
/// Counts below this say more of the envelope than of the text, tokens.
const TELLING: u32 = 64;
/// A ratio beyond these bounds is no matter of vocabulary.
const LEAST: f64 = 0.4;
const MOST: f64 = 2.5;

/// What a text mostly consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Words in Latin letters.
    Words,
    /// Code, markup and data: many marks between the words.
    Code,
    /// Numbers, digests and identifiers.
    Figures,
    /// Chinese, Japanese or Korean.
    Ideographs,
    /// Another script.
    Scripts,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::Words,
        Self::Code,
        Self::Figures,
        Self::Ideographs,
        Self::Scripts,
    ];

    /// What a text mostly consists of.
    pub fn of(classes: &Classes) -> Self {
        let sum = |of: &[Class]| {
            of.iter()
                .map(|class| u64::from(classes[*class]))
                .sum::<u64>()
        };
        let words = sum(&[Class::Word, Class::Step]);
        let marks = sum(&[Class::Mark, Class::FurtherMark, Class::Break]);
        let figures = sum(&[Class::DigitGroup, Class::Mixed]);
        let ideographs = sum(&[Class::Kana, Class::Han, Class::Hangul]);
        let scripts = sum(&[Class::Cyrillic, Class::Semitic, Class::Indic]) / 3;
        let all = words + marks + figures + ideographs + scripts;
        if 2 * ideographs > all {
            Self::Ideographs
        } else if 2 * scripts > all {
            Self::Scripts
        } else if 3 * figures > all {
            Self::Figures
        } else if 2 * marks > words {
            Self::Code
        } else {
            Self::Words
        }
    }
}

/// What is known of a ratio.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Ratio {
    /// Reported to counted tokens.
    value: f64,
    /// How many requests have told of it.
    seen: u32,
}

impl Default for Ratio {
    fn default() -> Self {
        Self {
            value: 1.0,
            seen: 0,
        }
    }
}

/// What is known of one model's counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Correction([Ratio; Kind::ALL.len()]);

impl Correction {
    /// Learns from a request: what was counted, and what the provider reports.
    pub fn learn(&mut self, kind: Kind, counted: u32, reported: u32) {
        let Some(ratio) = self.0.get_mut(kind as usize).filter(|_| counted >= TELLING) else {
            return;
        };
        let seen = (f64::from(reported) / f64::from(counted)).clamp(LEAST, MOST);
        let rate = RATE.max(1.0 / (f64::from(ratio.seen) + 1.0 + PRIOR));
        ratio.value += rate * (seen - ratio.value);
        ratio.seen = ratio.seen.saturating_add(1);
    }

    /// A count, corrected.
    pub fn correct(&self, kind: Kind, counted: u32) -> u32 {
        let ratio = self.0.get(kind as usize).map_or(1.0, |ratio| ratio.value);
        (f64::from(counted) * ratio).round() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_a_text_mostly_is_is_told_by_its_parts() {
        for (text, kind) in [
            (
                "The committee met on Tuesday to discuss the bridge.",
                Kind::Words,
            ),
            ("let x = f(a, b)?;\n    x.map(|y| y + 1)\n", Kind::Code),
            ("3f2a9c 81b7d0 55e1f2 90ac31", Kind::Figures),
            ("请解释一下量子纠缠的基本原理。", Kind::Ideographs),
            ("Объясните основные принципы.", Kind::Scripts),
            ("", Kind::Words),
        ] {
            assert_eq!(Kind::of(&Classes::of(text)), kind, "{text}");
        }
    }

    #[test]
    fn a_steady_ratio_is_learnt_and_the_other_kinds_stay() {
        let mut correction = Correction::default();
        for _ in 0..30 {
            correction.learn(Kind::Code, 1000, 1200);
        }
        let corrected = correction.correct(Kind::Code, 1000);
        assert!((1175..=1200).contains(&corrected), "{corrected}");
        assert_eq!(correction.correct(Kind::Words, 1000), 1000);
    }

    #[test]
    fn short_prompts_teach_nothing() {
        let mut correction = Correction::default();
        correction.learn(Kind::Words, 3, 40);
        assert_eq!(correction, Correction::default());
    }

    proptest! {
        #[test]
        fn no_report_moves_a_count_beyond_its_bounds(reports in prop::collection::vec((64u32.., any::<u32>()), 0..50)) {
            let mut correction = Correction::default();
            for (counted, reported) in reports {
                correction.learn(Kind::Words, counted, reported);
            }
            let corrected = correction.correct(Kind::Words, 1000);
            prop_assert!((400..=2500).contains(&corrected));
            let text = serde_json::to_string(&correction).unwrap();
            let again: Correction = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(again.correct(Kind::Words, 1000), corrected);
        }
    }
}
