//! What a way of choosing that is not in force would have achieved, judged by outcomes that were seen
//! under the one that is.
//!
//! An outcome is seen of the chosen class alone. Where the choice was left to chance, in part, an
//! outcome counts for all those like it that were not drawn: it is weighed by one over the
//! probability of its choice. Three estimates, because each fails in a way of its own: IPS (Horvitz and
//! Thompson, 1952) is right on average and scatters most; SNIPS (Swaminathan and Joachims, 2015)
//! scatters less and is a little off where there is little; the doubly robust one (Dudík, Langford and
//! Li, 2011) begins with what the router states and corrects that by what was seen.

use serde::Serialize;

/// An outcome, and what is known of the choice that led to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Logged {
    /// Whether the proposal would have chosen the same.
    pub agrees: bool,
    /// The probability with which that was chosen: above 0, at most 1.
    pub propensity: f64,
    /// 0 bad to 1 good.
    pub outcome: f64,
    /// How far the outcome is to be believed: above 0, at most 1.
    pub weight: f64,
    /// The probability of a good answer that was stated of what was chosen.
    pub stated: f64,
    /// That of what the proposal would have chosen.
    pub proposed: f64,
}

/// A mean, and between what it probably lies (95 %).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// The estimate.
    pub mean: f64,
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// Too few outcomes bear upon it.
    TooLittleData,
    /// It would have chosen what was never tried: explore first.
    Untried,
    /// Its answers would have been better.
    Better,
    /// They would have been worse.
    Worse,
    /// What was seen tells no difference.
    NoDifference,
}

/// A proposal, judged. All means are of the probability of a good answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    /// How many outcomes were looked at.
    pub outcomes: usize,
    /// How many evenly weighed ones those that bear upon the proposal are worth.
    pub effective_size: f64,
    /// The share of choices that the proposal would have made and that had no chance of being made.
    pub untried: f64,
    /// What was achieved.
    pub achieved: Interval,
    /// Inverse propensity scoring.
    pub ips: Interval,
    /// The same with weights that sum up to one.
    pub snips: Interval,
    /// Doubly robust.
    pub dr: Interval,
    /// By how much the proposal is better, by the doubly robust estimate.
    pub gain: Interval,
    /// What follows.
    pub verdict: Judgement,
}

/// Fewer than this say nothing.
const ENOUGH: f64 = 30.0;
/// More that was never tried than this makes any estimate a guess.
const MOST_UNTRIED: f64 = 0.1;
/// An outcome stands for at most so many: a rarer choice would decide all by itself.
const MAX_IMPORTANCE: f64 = 50.0;
/// No interval reaches farther from its mean: no two probabilities lie farther apart.
const WIDEST: f64 = 1.0;
/// Half the width of an interval that holds 95 %, standard errors.
const WIDTH: f64 = 1.96;

impl Logged {
    fn is_sound(&self) -> bool {
        let unit = |figure: f64| (0.0..=1.0).contains(&figure);
        let some = |figure: f64| figure > 0.0 && figure <= 1.0;
        some(self.propensity)
            && some(self.weight)
            && unit(self.outcome)
            && unit(self.stated)
            && unit(self.proposed)
    }

    /// For how many the outcome stands under the proposal.
    fn importance(&self) -> f64 {
        match self.agrees {
            true => (1.0 / self.propensity).min(MAX_IMPORTANCE),
            false => 0.0,
        }
    }

    fn doubly_robust(&self) -> f64 {
        self.proposed + self.importance() * (self.outcome - self.stated)
    }
}

/// Judges a proposal by a history; what is out of range does not count.
pub fn evaluate(history: &[Logged]) -> Evaluation {
    let sound: Vec<Logged> = history.iter().copied().filter(Logged::is_sound).collect();
    let mean = |of: &dyn Fn(&Logged) -> f64| mean(&sound, of);
    let (first, second) = sound.iter().fold((0.0, 0.0), |(first, second), logged| {
        let weight = logged.weight * logged.importance();
        (first + weight, second + weight * weight)
    });
    let effective_size = if second > 0.0 {
        first * first / second
    } else {
        0.0
    };
    let untried = mean(&|logged| f64::from(!logged.agrees && logged.propensity >= 1.0)).mean;
    let gain = mean(&|logged| logged.doubly_robust() - logged.outcome);
    let verdict = if untried > MOST_UNTRIED {
        Judgement::Untried
    } else if effective_size < ENOUGH {
        Judgement::TooLittleData
    } else if gain.low > 0.0 {
        Judgement::Better
    } else if gain.high < 0.0 {
        Judgement::Worse
    } else {
        Judgement::NoDifference
    };
    Evaluation {
        outcomes: sound.len(),
        effective_size,
        untried,
        achieved: within_unit(mean(&|logged| logged.outcome)),
        ips: within_unit(mean(&|logged| logged.importance() * logged.outcome)),
        snips: within_unit(self_normalised(&sound, first)),
        dr: within_unit(mean(&Logged::doubly_robust)),
        gain,
        verdict,
    }
}

/// The weighted mean of a figure, with the error that its scatter gives it.
fn mean(history: &[Logged], of: &dyn Fn(&Logged) -> f64) -> Interval {
    let total: f64 = history.iter().map(|logged| logged.weight).sum();
    if total <= 0.0 {
        return interval(0.0, f64::INFINITY);
    }
    let sum: f64 = history
        .iter()
        .map(|logged| logged.weight * of(logged))
        .sum();
    let mean = sum / total;
    let scatter = |logged: &Logged| (logged.weight * (of(logged) - mean)).powi(2);
    let error = history.iter().map(scatter).sum::<f64>().sqrt() / total;
    interval(mean, error)
}

fn self_normalised(history: &[Logged], total: f64) -> Interval {
    if total <= 0.0 {
        return interval(0.0, f64::INFINITY);
    }
    let weight = |logged: &Logged| logged.weight * logged.importance();
    let sum: f64 = history.iter().map(|l| weight(l) * l.outcome).sum();
    let mean = sum / total;
    let scatter = |logged: &Logged| (weight(logged) * (logged.outcome - mean)).powi(2);
    let error = history.iter().map(scatter).sum::<f64>().sqrt() / total;
    interval(mean, error)
}

fn interval(mean: f64, error: f64) -> Interval {
    Interval {
        mean,
        low: mean - (WIDTH * error).min(WIDEST),
        high: mean + (WIDTH * error).min(WIDEST),
    }
}

fn within_unit(interval: Interval) -> Interval {
    Interval {
        mean: interval.mean.clamp(0.0, 1.0),
        low: interval.low.clamp(0.0, 1.0),
        high: interval.high.clamp(0.0, 1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Generator;
    use proptest::prelude::*;

    /// Outcomes of two classes, the first good with probability `truth[0]`, the second with `truth[1]`;
    /// the first is preferred, the other explored at `rate`. The proposal always takes the second.
    fn history(count: usize, truth: [f64; 2], stated: [f64; 2], rate: f64) -> Vec<Logged> {
        let mut chance = Generator::new(7);
        let mut one = |_| {
            let second = chance.unit() < rate;
            let at = usize::from(second);
            Logged {
                agrees: second,
                propensity: if second { rate } else { 1.0 - rate },
                outcome: f64::from(chance.unit() < truth[at]),
                weight: 1.0,
                stated: stated[at],
                proposed: stated[1],
            }
        };
        (0..count).map(&mut one).collect()
    }

    #[test]
    fn every_estimate_finds_the_truth_that_was_explored() {
        let judged = evaluate(&history(5_000, [0.5, 0.8], [0.6, 0.6], 0.2));
        for estimate in [judged.ips, judged.snips, judged.dr] {
            assert!((estimate.mean - 0.8).abs() < 0.06, "{judged:?}");
            assert!(estimate.low < 0.8 && 0.8 < estimate.high, "{judged:?}");
        }
        assert!((judged.achieved.mean - 0.56).abs() < 0.03, "{judged:?}");
        assert_eq!(judged.verdict, Judgement::Better);
        let worse = evaluate(&history(5_000, [0.8, 0.4], [0.6, 0.6], 0.2));
        assert_eq!(worse.verdict, Judgement::Worse);
        let same = evaluate(&history(1_000, [0.7, 0.7], [0.7, 0.7], 0.2));
        assert_eq!(same.verdict, Judgement::NoDifference);
    }

    #[test]
    fn what_is_stated_truly_makes_the_doubly_robust_estimate_the_surest() {
        let judged = evaluate(&history(2_000, [0.5, 0.9], [0.5, 0.9], 0.1));
        let width = |interval: Interval| interval.high - interval.low;
        assert!(width(judged.dr) < width(judged.ips), "{judged:?}");
    }

    #[test]
    fn what_was_never_tried_is_not_judged() {
        let never = evaluate(&history(1_000, [0.5, 0.8], [0.5, 0.8], 0.0));
        assert_eq!(never.verdict, Judgement::Untried);
        assert_eq!(never.untried, 1.0);
        let few = evaluate(&history(40, [0.5, 0.8], [0.5, 0.8], 0.2));
        assert_eq!(few.verdict, Judgement::TooLittleData);
        assert_eq!(evaluate(&[]).verdict, Judgement::TooLittleData);
    }

    proptest! {
        #[test]
        fn no_history_gives_anything_but_figures_in_their_range(
            figures in prop::collection::vec(any::<(bool, f64, f64, f64, f64)>(), 0..20),
        ) {
            let logged = |(agrees, propensity, outcome, weight, stated): &(bool, f64, f64, f64, f64)| Logged {
                agrees: *agrees,
                propensity: *propensity,
                outcome: *outcome,
                weight: *weight,
                stated: *stated,
                proposed: *stated,
            };
            let history: Vec<Logged> = figures.iter().map(logged).collect();
            let judged = evaluate(&history);
            for interval in [judged.achieved, judged.ips, judged.snips, judged.dr] {
                prop_assert!(0.0 <= interval.low && interval.low <= interval.mean);
                prop_assert!(interval.mean <= interval.high && interval.high <= 1.0);
            }
            prop_assert!(judged.effective_size.is_finite());
        }
    }
}
