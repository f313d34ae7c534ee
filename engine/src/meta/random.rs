//! A small generator of random numbers, seeded by the caller.

use std::f64::consts::TAU;

/// `SplitMix64` (Steele, Lea and Flood, 2014), which passes `BigCrush`.
///
/// It is written out since a logged decision is replayed from its seed: the stream may not change
/// with the version of a library. Not for secrets.
#[derive(Debug, Clone)]
pub struct Generator(u64);

impl Generator {
    /// A stream of its own for every seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// Uniform in 0 (included) to 1 (excluded), in steps of 2⁻⁵³.
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// From the normal distribution of mean 0 and variance 1 (Box and Muller, 1958).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (TAU * self.uniform()).cos()
    }
}

/// Spreads what differs in any bit over all bits.
pub(super) fn mix(bits: u64) -> u64 {
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_that_of_the_reference() {
        let mut generator = Generator::new(1_234_567);
        let expected = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert_eq!(expected, std::array::from_fn(|_| generator.bits()));
    }

    #[test]
    fn draws_have_the_moments_of_their_distributions() {
        let mut generator = Generator::new(7);
        let n = 40_000;
        let mut moments = [0.0; 4];
        for _ in 0..n {
            let (uniform, normal) = (generator.uniform(), generator.normal());
            assert!((0.0..1.0).contains(&uniform) && normal.is_finite());
            for (sum, value) in
                moments
                    .iter_mut()
                    .zip([uniform, uniform * uniform, normal, normal * normal])
            {
                *sum += value / f64::from(n);
            }
        }
        for (moment, expected) in moments.into_iter().zip([0.5, 1.0 / 3.0, 0.0, 1.0]) {
            assert!((moment - expected).abs() < 0.02, "{moment} {expected}");
        }
    }
}
