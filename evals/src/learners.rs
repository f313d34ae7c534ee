//! What outcomes teach of each tier of a pool, as they teach the service of each class.

use moecraft_engine::meta::{Evidence, Inputs, Learner};
use moecraft_engine::router::FEATURES;

/// Time between outcomes, ms: what one voice may say in an hour is bounded.
const BETWEEN_MS: u64 = 60_000;

/// A learner for each tier.
pub(crate) struct Learners {
    tiers: Vec<Learner>,
    now_ms: u64,
}

impl Learners {
    /// That have learned nothing yet.
    pub(crate) fn new(tiers: usize) -> Self {
        Self {
            tiers: (0..tiers).map(|_| Learner::new(FEATURES)).collect(),
            now_ms: 0,
        }
    }

    /// Corrects each tier's probability of a prompt. Gives what is to be learned by.
    pub(crate) fn correct(&self, p: &mut [f64], told: &[f32]) -> Vec<Inputs> {
        let correct = |(p, learner): (&mut f64, &Learner)| {
            let inputs = Inputs::new(*p, told);
            *p = learner.posterior(&inputs).probability();
            inputs
        };
        p.iter_mut().zip(&self.tiers).map(correct).collect()
    }

    /// Learns from the outcome of a tier, which nobody has told of before.
    pub(crate) fn learn(&mut self, tier: usize, inputs: &[Inputs], score: f64) {
        self.now_ms += BETWEEN_MS;
        let now_ms = self.now_ms;
        let Some((learner, inputs)) = self.tiers.get_mut(tier).zip(inputs.get(tier)) else {
            return;
        };
        let update = learner.update(inputs, Evidence::new(score, 1.0), now_ms, now_ms);
        if update.drift.is_some() {
            let others = self.tiers.iter_mut().enumerate();
            let others = others.filter(|(other, _)| *other != tier);
            others.for_each(|(_, learner)| learner.widen());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn learners_find_the_share_of_good_answers_of_their_own_tier() {
        let mut learners = Learners::new(2);
        let told = [0.0; FEATURES];
        for outcome in 0..400 {
            let mut p = [0.8, 0.8];
            let inputs = learners.correct(&mut p, &told);
            learners.learn(0, &inputs, f64::from(u8::from(outcome % 10 < 3)));
        }
        let mut p = [0.8, 0.8];
        learners.correct(&mut p, &told);
        assert!((0.2..0.4).contains(&p[0]), "{p:?}");
        assert!((p[1] - 0.8).abs() < 1e-6, "{p:?}");
    }
}
