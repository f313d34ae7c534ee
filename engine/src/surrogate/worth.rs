//! What an answer's place in the cache is worth, and which answers go when room is needed.
//!
//! Greedy-Dual-Size-Frequency (L. Cherkasova, *Improving WWW Proxies Performance with
//! Greedy-Dual-Size-Frequency Caching Policy*, HP Labs HPL-98-69R1, 1998, after P. Cao and S. Irani,
//! *Cost-Aware WWW Proxy Caching Algorithms*, USENIX 1997):
//!
//! ```text
//! priority = inflation + uses × cost / bytes
//! ```
//!
//! The lowest goes, and the inflation becomes its priority. A priority is written when an answer comes
//! in and anew with each use, so that what nobody asks for any more is overtaken by what is asked for
//! now, however dear it was: that is how age counts.

/// What an answer is weighed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Worth {
    /// What the call cost, nano-dollars: what asking again would.
    pub cost: u64,
    /// The room it takes, bytes.
    pub bytes: u64,
    /// How often it has served a request, its own included.
    pub uses: u64,
}

impl Worth {
    /// The priority at an inflation. An answer that cost nothing counts a nano-dollar: it took time.
    pub fn priority(&self, inflation: f64) -> f64 {
        inflation + self.uses.max(1) as f64 * self.cost.max(1) as f64 / self.bytes.max(1) as f64
    }
}

/// How many answers have to go to make room for `excess` bytes, and the inflation after that.
/// `lowest` holds their sizes and priorities, the lowest priority first.
pub fn victims(lowest: &[(u64, f64)], excess: u64, inflation: f64) -> (usize, f64) {
    let (mut freed, mut inflation) = (0_u64, inflation);
    for (count, (bytes, priority)) in lowest.iter().enumerate() {
        if freed >= excess {
            return (count, inflation);
        }
        freed = freed.saturating_add(*bytes);
        inflation = inflation.max(*priority);
    }
    (lowest.len(), inflation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A cache as the object keeps one, in memory.
    #[derive(Default)]
    struct Shelf {
        /// By key: what it is weighed by, and its priority.
        kept: std::collections::BTreeMap<u8, (Worth, f64)>,
        inflation: f64,
    }

    impl Shelf {
        fn held(&self) -> u64 {
            self.kept.values().map(|(worth, _)| worth.bytes).sum()
        }

        fn use_(&mut self, key: u8) {
            if let Some((worth, priority)) = self.kept.get_mut(&key) {
                worth.uses += 1;
                *priority = worth.priority(self.inflation);
            }
        }

        /// Puts an answer in; gives what had to go for it.
        fn keep(&mut self, key: u8, worth: Worth, limit: u64) -> Vec<(u8, f64)> {
            self.kept
                .insert(key, (worth, worth.priority(self.inflation)));
            let mut order: Vec<_> = self
                .kept
                .iter()
                .map(|(key, (w, p))| (*key, w.bytes, *p))
                .collect();
            order.sort_by(|a, b| a.2.total_cmp(&b.2));
            let lowest: Vec<_> = order
                .iter()
                .map(|(_, bytes, priority)| (*bytes, *priority))
                .collect();
            let excess = self.held().saturating_sub(limit);
            let (count, inflation) = victims(&lowest, excess, self.inflation);
            self.inflation = inflation;
            let gone: Vec<_> = order
                .iter()
                .take(count)
                .map(|(key, _, p)| (*key, *p))
                .collect();
            self.kept
                .retain(|key, _| !gone.iter().any(|(gone, _)| gone == key));
            gone
        }
    }

    fn worth() -> impl Strategy<Value = Worth> {
        (0_u64..1_000_000, 1_u64..4_000).prop_map(|(cost, bytes)| Worth {
            cost,
            bytes,
            uses: 1,
        })
    }

    proptest! {
        #[test]
        fn the_bound_holds_and_what_stays_is_worth_more_than_what_went(
            steps in prop::collection::vec((any::<u8>(), prop::option::of(worth())), 0..200),
            limit in 4_000_u64..20_000,
        ) {
            let mut shelf = Shelf::default();
            for (key, worth) in steps {
                let before = shelf.inflation;
                match worth {
                    None => shelf.use_(key),
                    Some(worth) => {
                        let gone = shelf.keep(key, worth, limit);
                        let last = gone.last().map(|(_, priority)| *priority);
                        for (_, priority) in shelf.kept.values() {
                            prop_assert!(last.is_none_or(|last| *priority >= last));
                        }
                        let freed = |gone: &[(u8, f64)]| gone.is_empty() || shelf.held() <= limit;
                        prop_assert!(freed(&gone));
                    }
                }
                prop_assert!(shelf.held() <= limit);
                prop_assert!(shelf.inflation >= before);
            }
        }
    }

    #[test]
    fn no_more_goes_than_has_to() {
        let lowest = [(10, 1.0), (10, 2.0), (10, 3.0)];
        assert_eq!(victims(&lowest, 0, 0.5), (0, 0.5));
        assert_eq!(victims(&lowest, 1, 0.5), (1, 1.0));
        assert_eq!(victims(&lowest, 11, 0.5), (2, 2.0));
        assert_eq!(victims(&lowest, 99, 0.5), (3, 3.0));
        assert_eq!(victims(&[], 99, 0.5), (0, 0.5));
    }

    #[test]
    fn a_dear_a_short_and_a_much_used_answer_are_worth_more() {
        let plain = Worth {
            cost: 1_000,
            bytes: 1_000,
            uses: 1,
        };
        let of = |worth: Worth| worth.priority(0.0);
        assert!(
            of(Worth {
                cost: 2_000,
                ..plain
            }) > of(plain)
        );
        assert!(
            of(Worth {
                bytes: 500,
                ..plain
            }) > of(plain)
        );
        assert!(of(Worth { uses: 2, ..plain }) > of(plain));
        assert!(of(Worth { cost: 0, ..plain }) > 0.0);
    }

    #[test]
    fn what_nobody_asks_for_any_more_is_overtaken_however_dear_it_was() {
        let mut shelf = Shelf::default();
        let cheap = Worth {
            cost: 10_000,
            bytes: 1_000,
            uses: 1,
        };
        shelf.keep(
            0,
            Worth {
                cost: 100_000,
                ..cheap
            },
            3_000,
        );
        let gone_after = (1..=255_u8).position(|key| {
            shelf
                .keep(key, cheap, 3_000)
                .iter()
                .any(|(gone, _)| *gone == 0)
        });
        assert!(gone_after.is_some_and(|after| after > 3), "{gone_after:?}");
    }
}
