//! Money: integer nano-dollars, computed exactly and rounded once.

use moecraft_catalog::Price;
use serde::{Deserialize, Serialize};

/// Prices are per this many tokens.
const PRICED_TOKENS: u128 = 1_000_000;
/// Nano-dollars in a dollar.
const NANOS: u64 = 1_000_000_000;

/// Tokens of one request, in disjoint buckets: each token is in exactly one of the first four.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Prompt tokens that no cache knew.
    pub input: u64,
    /// Prompt tokens read from the provider's cache.
    pub cache_read: u64,
    /// Prompt tokens written to the provider's cache.
    pub cache_write: u64,
    /// Tokens of the answer, reasoning included.
    pub output: u64,
    /// How many of `output` were reasoning. For information: they are paid for as output.
    pub reasoning: u64,
}

impl Usage {
    /// All tokens of the prompt, cached or not.
    pub fn prompt(&self) -> u64 {
        self.input
            .saturating_add(self.cache_read)
            .saturating_add(self.cache_write)
    }
}

/// What `usage` costs at `price`, in nano-dollars.
///
/// The sum is exact and rounded up once, so that a paid call never counts as free. A sum that
/// does not fit becomes `u64::MAX`.
pub fn cost(price: &Price, usage: &Usage) -> u64 {
    let rates = price.rates(usage.prompt());
    let buckets = [
        (usage.input, rates.input),
        (usage.cache_read, rates.cache_read),
        (usage.cache_write, rates.cache_write),
        (usage.output, rates.output),
    ];
    let total = buckets.iter().fold(0_u128, |sum, &(tokens, rate)| {
        sum.saturating_add(u128::from(tokens) * u128::from(rate))
    });
    u64::try_from(total.div_ceil(PRICED_TOKENS)).unwrap_or(u64::MAX)
}

/// Dollars as an exact decimal without needless zeros: `0.00021`.
pub fn format_usd(nanos: u64) -> String {
    let text = format!("{}.{:09}", nanos / NANOS, nanos % NANOS);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use moecraft_catalog::{Rates, Tier};
    use proptest::prelude::*;

    fn price(input: u64, cache_read: u64, cache_write: u64, output: u64) -> Price {
        Price {
            input,
            cache_read,
            cache_write,
            output,
            ..Price::local().clone()
        }
    }

    fn any_price() -> impl Strategy<Value = Price> {
        let rate = || 0..=100_000_000_000_u64;
        (rate(), rate(), rate(), rate()).prop_map(|(i, r, w, o)| price(i, r, w, o))
    }

    fn any_usage() -> impl Strategy<Value = Usage> {
        let tokens = || 0..=10_000_000_u64;
        (tokens(), tokens(), tokens(), tokens()).prop_map(
            |(input, cache_read, cache_write, output)| Usage {
                input,
                cache_read,
                cache_write,
                output,
                reasoning: output / 2,
            },
        )
    }

    #[test]
    fn a_request_costs_the_sum_of_its_buckets() {
        let haiku = price(1_000_000_000, 100_000_000, 1_250_000_000, 5_000_000_000);
        let usage = Usage {
            input: 10,
            cache_read: 1000,
            cache_write: 100,
            output: 20,
            reasoning: 5,
        };
        assert_eq!(cost(&haiku, &usage), 10_000 + 100_000 + 125_000 + 100_000);
    }

    #[test]
    fn a_fraction_of_a_nano_dollar_counts_as_a_whole_one_once() {
        let usage = Usage {
            input: 1,
            output: 1,
            ..Usage::default()
        };
        assert_eq!(cost(&price(1, 0, 0, 1), &usage), 1);
        assert_eq!(cost(Price::local(), &usage), 0);
    }

    #[test]
    fn cached_tokens_count_towards_a_long_prompt() {
        let rates = Rates {
            input: 4_000_000,
            cache_read: 2_000_000,
            cache_write: 0,
            output: 0,
        };
        let mut price = price(2_000_000, 1_000_000, 0, 0);
        price.tiers = vec![Tier {
            above_prompt_tokens: 100,
            rates,
        }];
        let usage = |input, cache_read| Usage {
            input,
            cache_read,
            ..Usage::default()
        };
        assert_eq!(cost(&price, &usage(50, 50)), 100 + 50);
        assert_eq!(cost(&price, &usage(50, 51)), 200 + 102);
    }

    #[test]
    fn dollars_are_written_exactly() {
        let cases = [
            (0, "0"),
            (1, "0.000000001"),
            (210_000, "0.00021"),
            (NANOS, "1"),
            (12_840_000_000, "12.84"),
            (100 * NANOS, "100"),
            (u64::MAX, "18446744073.709551615"),
        ];
        for (nanos, text) in cases {
            assert_eq!(format_usd(nanos), text);
        }
    }

    proptest! {
        #[test]
        fn the_cost_is_the_exact_sum_rounded_up(price in any_price(), usage in any_usage()) {
            let exact = u128::from(usage.input) * u128::from(price.input)
                + u128::from(usage.cache_read) * u128::from(price.cache_read)
                + u128::from(usage.cache_write) * u128::from(price.cache_write)
                + u128::from(usage.output) * u128::from(price.output);
            let nanos = u128::from(cost(&price, &usage));
            prop_assert!(nanos * PRICED_TOKENS >= exact);
            prop_assert!(nanos * PRICED_TOKENS < exact + PRICED_TOKENS);
        }

        #[test]
        fn more_tokens_never_cost_less(price in any_price(), a in any_usage(), b in any_usage()) {
            let both = Usage {
                input: a.input + b.input,
                cache_read: a.cache_read + b.cache_read,
                cache_write: a.cache_write + b.cache_write,
                output: a.output + b.output,
                reasoning: 0,
            };
            prop_assert!(cost(&price, &both) >= cost(&price, &a).max(cost(&price, &b)));
            prop_assert!(cost(&price, &both) <= cost(&price, &a) + cost(&price, &b));
        }

        #[test]
        fn any_figures_whatever_are_safe(rate in any::<u64>(), tokens in any::<u64>()) {
            let usage = Usage {
                input: tokens,
                cache_read: tokens,
                cache_write: tokens,
                output: tokens,
                reasoning: tokens,
            };
            let exact = 4 * u128::from(rate).saturating_mul(u128::from(tokens) / 4);
            let nanos = cost(&price(rate, rate, rate, rate), &usage);
            prop_assert!(nanos == u64::MAX || u128::from(nanos) >= exact / PRICED_TOKENS);
        }

        #[test]
        fn written_dollars_read_back_to_the_same_amount(nanos in any::<u64>()) {
            let text = format_usd(nanos);
            let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
            let back = whole.parse::<u128>().unwrap() * u128::from(NANOS)
                + format!("{fraction:0<9}").parse::<u128>().unwrap();
            prop_assert_eq!(back, u128::from(nanos));
            prop_assert!(!text.contains('.') || !text.ends_with('0'));
        }
    }
}
