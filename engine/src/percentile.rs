//! Percentiles by the nearest-rank method: always one of the samples, never a value between.

use serde::Serialize;

/// The three figures that latency is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Percentiles {
    /// Half of the samples are at most this.
    pub p50: u32,
    /// 95 % of the samples are at most this.
    pub p95: u32,
    /// 99 % of the samples are at most this.
    pub p99: u32,
}

/// p50, p95 and p99 of the samples, which are left sorted; none of no samples.
pub fn percentiles(samples: &mut [u32]) -> Option<Percentiles> {
    samples.sort_unstable();
    Some(Percentiles {
        p50: nearest_rank(samples, 50)?,
        p95: nearest_rank(samples, 95)?,
        p99: nearest_rank(samples, 99)?,
    })
}

/// The smallest sample that at least `percent` % of the samples do not exceed.
///
/// `sorted` is in ascending order. None if it is empty; above 100 counts as 100.
pub fn nearest_rank(sorted: &[u32], percent: u8) -> Option<u32> {
    let rank = (sorted.len() as u64 * u64::from(percent.min(100))).div_ceil(100);
    sorted.get(rank.saturating_sub(1) as usize).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ranks_are_those_of_the_textbook() {
        let sorted = [15, 20, 35, 40, 50];
        let at = |percent| nearest_rank(&sorted, percent);
        assert_eq!([at(0), at(5), at(30)], [Some(15), Some(15), Some(20)]);
        assert_eq!([at(40), at(50), at(100)], [Some(20), Some(35), Some(50)]);
    }

    #[test]
    fn a_hundred_samples_give_their_own_ranks() {
        let mut samples: Vec<u32> = (1..=100).rev().collect();
        let expected = Percentiles {
            p50: 50,
            p95: 95,
            p99: 99,
        };
        assert_eq!(percentiles(&mut samples), Some(expected));
        assert_eq!(percentiles(&mut []), None);
        assert_eq!(
            percentiles(&mut [7]),
            Some(Percentiles {
                p50: 7,
                p95: 7,
                p99: 7
            })
        );
    }

    proptest! {
        #[test]
        fn enough_samples_lie_at_or_below_and_too_few_below(
            mut samples in proptest::collection::vec(any::<u32>(), 1..200),
            percent in 1..=100_u8,
        ) {
            samples.sort_unstable();
            let value = nearest_rank(&samples, percent).unwrap();
            let needed = samples.len() * usize::from(percent);
            prop_assert!(samples.iter().filter(|s| **s <= value).count() * 100 >= needed);
            prop_assert!(samples.iter().filter(|s| **s < value).count() * 100 < needed);
        }
    }
}
