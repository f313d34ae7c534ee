//! Chance from a seed: the same seed gives the same draws on every machine, so that whatever was
//! decided by chance can be replayed.
//!
//! `SplitMix64` (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014):
//! eight bytes of state; passes `BigCrush`. Written out, since what is replayed from its seed may not
//! change with the version of a library. Good for sampling; worthless for keys.

use std::f64::consts::TAU;

use serde::{Deserialize, Serialize};

/// A stream of draws.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generator {
    state: u64,
}

impl Generator {
    /// The stream of a seed. Every seed is a good one.
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// 64 bits, all equally likely.
    pub const fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.state)
    }

    /// A number of 0..1, 1 excluded, in steps of 2^-53.
    pub fn unit(&mut self) -> f64 {
        const STEP: f64 = 1.0 / (1_u64 << 53) as f64;
        (self.bits() >> 11) as f64 * STEP
    }

    /// A whole number below `bound`; 0 where `bound` is 0. The odds of two numbers differ by less
    /// than `bound` / 2^64.
    pub const fn below(&mut self, bound: usize) -> usize {
        ((self.bits() as u128 * bound as u128) >> 64) as usize
    }

    /// From the normal distribution of mean 0 and variance 1 (Box and Muller, 1958).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (TAU * self.unit()).cos()
    }
}

/// Spreads what differs in any bit over all bits.
pub(crate) const fn mix(bits: u64) -> u64 {
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_stream_is_the_published_one() {
        let mut generator = Generator::new(1_234_567);
        let drawn: [u64; 3] = std::array::from_fn(|_| generator.bits());
        assert_eq!(
            drawn,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }

    #[test]
    fn draws_have_the_moments_of_their_distributions() {
        let mut generator = Generator::new(7);
        let n = 40_000;
        let mut moments = [0.0; 4];
        for _ in 0..n {
            let (unit, normal) = (generator.unit(), generator.normal());
            assert!(normal.is_finite());
            for (sum, value) in moments
                .iter_mut()
                .zip([unit, unit * unit, normal, normal * normal])
            {
                *sum += value / f64::from(n);
            }
        }
        for (moment, expected) in moments.into_iter().zip([0.5, 1.0 / 3.0, 0.0, 1.0]) {
            assert!((moment - expected).abs() < 0.02, "{moment} {expected}");
        }
    }

    proptest! {
        #[test]
        fn draws_stay_in_range(seed in any::<u64>(), bound in 1..1000_usize) {
            let mut generator = Generator::new(seed);
            prop_assert!(generator.below(bound) < bound);
            prop_assert!((0.0..1.0).contains(&generator.unit()));
            prop_assert_eq!(generator.below(0), 0);
        }
    }
}
