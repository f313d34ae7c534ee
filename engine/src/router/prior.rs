//! What is assumed of a prompt that is unlike all that was learned from.
//!
//! The data that the predictions were learned from are questions with a right answer. Real traffic
//! is mostly something else: small talk, letters, code to be written, designs. No outcome of such
//! traffic was at hand, so that its prior is set, not measured: an item-response model (Rasch 1960)
//! in which each class has an ability and each prompt a difficulty, which is the score of the seed
//! formula. The abilities are such that at usual prices the classes part where the seed's thresholds
//! were: scores below about 0.3 go to the cheapest class, from about 0.7 on to the dearest. What has
//! one right answer (an exam's question with lettered options, formulas, a sum in words, a puzzle of
//! clues) counts as hard: that it is asked at all says that the answer matters, and the seed's words
//! say nothing of its difficulty.

use crate::features::{Features, index};
use crate::logistic::probability;
use crate::predict::Tier;

/// How fast success falls as difficulty passes ability.
const SLOPE: f64 = 8.0;
/// Difficulties at which half of the answers are good, by class.
const ABILITY: [(Tier, f64); 3] = [
    (Tier::Cheap, 0.75),
    (Tier::Mid, 0.96),
    (Tier::Expensive, 1.11),
];

/// The difficulty of what has one right answer, at least.
const EXAM: f64 = 0.75;

/// What is assumed of one prompt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prior {
    /// The seed formula's score: −0.3 the easiest, 0.8 the hardest.
    pub difficulty: f64,
}

impl Prior {
    /// Of a prompt's features.
    pub fn of(features: &Features) -> Self {
        let score = 0.7 * features.complexity - 0.3 * features.confidence + 0.1 * features.urgency;
        Self {
            difficulty: match has_one_answer(features) {
                true => score.max(EXAM),
                false => score,
            },
        }
    }

    /// The probability of a good answer by a class.
    pub fn p(&self, tier: Tier) -> f64 {
        let ability = ABILITY
            .iter()
            .find(|(of, _)| *of == tier)
            .map_or(0.0, |(_, ability)| *ability);
        probability(SLOPE * (ability - self.difficulty))
    }
}

/// Whether the prompt asks for what is right or wrong, by its form.
fn has_one_answer(features: &Features) -> bool {
    // Counts are kept as ln(1 + count).
    let count = |name: &str| {
        let place = index(name).and_then(|place| features.vector.get(place));
        place.map_or(0.0, |logarithm| logarithm.exp_m1().round())
    };
    let exam = count("options") >= 3.0;
    let formulas = count("latex") >= 2.0;
    let sum = count("numbers") >= 3.0 && count("questions") >= 1.0;
    let related = index("clue_relation").and_then(|place| features.vector.get(place));
    let related = related.is_some_and(|share| *share > 0.0);
    let puzzle = count("clues") >= 2.0 && (related || count("attribute_lists") >= 2.0);
    exam || formulas || sum || puzzle
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::{Prompt, Role, Turn};
    use crate::router::{Care, Figures, Worth, choose};

    const FOREIGN: Care = Care {
        foreign: 1.0,
        trial: 0.0,
        draw: 0.5,
    };

    /// The tier chosen for a foreign prompt of this difficulty, at the classes' usual prices.
    fn tier(difficulty: f64) -> Tier {
        let prior = Prior { difficulty };
        let costs = [0.000_28, 0.003_5, 0.014_6];
        let figures: Vec<Figures> = Tier::ALL
            .into_iter()
            .zip(costs)
            .map(|(tier, cost_usd)| Figures {
                p: 0.5,
                prior: prior.p(tier),
                cost_usd,
                latency_ms: 0.0,
            })
            .collect();
        let worth = Worth {
            value: 1.0,
            lambda: 7.0,
            second: 0.0,
            floor: 0.0,
        };
        let choice = choose(&figures, &worth, &FOREIGN).expect("three tiers");
        Tier::ALL[choice.index]
    }

    #[test]
    fn classes_part_where_the_seed_had_its_thresholds() {
        for (difficulty, expected) in [
            (-0.3, Tier::Cheap),
            (0.27, Tier::Cheap),
            (0.34, Tier::Mid),
            (0.65, Tier::Mid),
            (0.72, Tier::Expensive),
            (0.8, Tier::Expensive),
        ] {
            assert_eq!(tier(difficulty), expected, "{difficulty}");
        }
    }

    #[test]
    fn what_has_one_right_answer_is_hard() {
        let difficulty = |text| {
            let messages = [Turn {
                role: Role::User,
                text,
            }];
            let prompt = Prompt {
                messages: &messages,
                ..Prompt::default()
            };
            Prior::of(&Features::of(&prompt)).difficulty
        };
        let exam = "Which gas is the most abundant?\nA. Neon\nB. Argon\nC. Nitrogen\nD. Helium";
        assert!(difficulty(exam) >= EXAM);
        assert!(difficulty("Which gas is the most abundant?") < 0.3);
        let sum = "Tom has 3 boxes of 12 eggs each and drops 7 of them. How many are left?";
        assert!(difficulty(sum) >= EXAM);
        assert!(difficulty("What can I cook for 4 people in 30 minutes?") < 0.3);
        assert!(difficulty("Find all $x$ for which $x^2 = \\frac{1}{4}$.") >= EXAM);
        let puzzle = "Four people live in a row.\n1. Ann lives directly left of Bob.\n2. Cid is \
                      somewhere right of Dan.\nWho lives first?";
        assert!(difficulty(puzzle) >= EXAM);
        assert!(difficulty("1. Buy milk\n2. Call Ann\nSort these by urgency.") < 0.3);
    }

    #[test]
    fn harder_is_less_likely_and_dearer_is_better() {
        for step in -30..=80 {
            let [here, next] = [step, step + 1].map(|step| Prior {
                difficulty: f64::from(step) / 100.0,
            });
            for (tier, dearer) in Tier::ALL.iter().zip(Tier::ALL.iter().skip(1)) {
                assert!(here.p(*tier) > next.p(*tier));
                assert!(here.p(*dearer) > here.p(*tier));
                assert!((0.0..=1.0).contains(&here.p(*tier)));
            }
        }
    }
}
